"""Mail servers that misbehave; settings.EMAIL_BACKEND names one of them."""

import smtplib
from collections.abc import Sequence

from django.core.mail import EmailMessage
from django.core.mail.backends.base import BaseEmailBackend


class Fake(BaseEmailBackend):
    """Takes what it is sent. `sent` is emptied by each test that reads it."""

    sent: list[EmailMessage] = []

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        self.sent.extend(email_messages)
        return len(email_messages)


class RefusesAna(Fake):
    """Takes everybody's mail but hers."""

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        for message in email_messages:
            if message.to == ["ana@example.com"]:
                raise smtplib.SMTPRecipientsRefused({"ana@example.com": (550, b"no such ana@example.com")})
        return super().send_messages(email_messages)


class CannotBeReached(Fake):
    """As a server that hangs until the timeout, or is not there."""

    opened = 0

    def open(self) -> None:
        type(self).opened += 1
        raise TimeoutError("timed out")


class TakesNothing(Fake):
    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        return 0


class LooksForRecipients(Fake):
    """As Django's own: what has no recipient is not sent, which only the number says."""

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        return super().send_messages([message for message in email_messages if message.recipients()])


class KillsItsWorker(Fake):
    """The worker dies between claim and mark; what was sent before that was sent."""

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        super().send_messages(email_messages)
        raise SystemExit("killed")
