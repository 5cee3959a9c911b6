"""Where mails go when no server is configured: real messages, one .eml file each."""
