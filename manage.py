#!/usr/bin/env python
"""Django's command line."""

import os
import sys

TRY_AGAIN = (
    75  # As in mail.management.commands.receive_mail, which cannot be asked where Django does not start.
)


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    try:
        from django.core.management import execute_from_command_line

        execute_from_command_line(sys.argv)
    except Exception as error:
        if sys.argv[1:2] != ["receive_mail"]:
            raise
        # An installation in disorder is no fault of the mail, which would be sent back for it. What the error says may
        # reach whoever wrote the mail, so its name must do.
        print(f"Not stored: {type(error).__name__}. `manage.py check` says more.", file=sys.stderr)
        sys.exit(TRY_AGAIN)


if __name__ == "__main__":
    main()
