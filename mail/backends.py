"""Where mails go when no server is configured: real messages, one .eml file each."""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from uuid import uuid4

from django.conf import settings
from django.core.mail import EmailMessage
from django.core.mail.backends.base import BaseEmailBackend


class EmlBackend(BaseEmailBackend):
    """Writes each message into settings.MAIL_FOLDER as <Message-ID>.eml: the same mail again is the same file."""

    def __init__(self, fail_silently: bool = False, **kwargs: Any) -> None:
        super().__init__(fail_silently=fail_silently)
        self.folder = Path(settings.MAIL_FOLDER)

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        self.folder.mkdir(parents=True, exist_ok=True)
        for email in email_messages:
            message = email.message()
            name = "".join(c for c in str(message["Message-ID"]) if c.isalnum() or c in "-_.@")
            # Whole or not at all: whoever lists the folder sees no half-written mail.
            unfinished = self.folder / f".{uuid4().hex}"
            unfinished.write_bytes(message.as_bytes())
            os.replace(unfinished, self.folder / f"{name}.eml")
        return len(email_messages)
