import sys
from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from mail import inbox
from mail.models import IncomingMail

# What a mail server understands (sysexits.h): keep it and try again; send it back.
TRY_AGAIN, REFUSED = 75, 65
_AT_A_TIME = 1 << 20  # bytes


class Command(BaseCommand):
    """The whole way in for one message: `manage.py receive_mail --recipient ADDRESS < message.eml`.

    For the pipe of a mail server: 0 once the message is stored, whatever becomes of it, and of one above
    INBOX_MAX_BYTES its headers; 75 where it could not be stored now; 65 where there is none.
    """

    help = "Takes in one mail from standard input."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--recipient", default="", help="the address that it was delivered for")

    def handle(self, *args: Any, recipient: str, **options: Any) -> None:
        raw = sys.stdin.buffer.read(settings.INBOX_MAX_BYTES)
        size = len(raw)
        # Of a larger one the beginning will do; the rest is taken off the mail server's hands all the same.
        while more := sys.stdin.buffer.read(_AT_A_TIME):
            size += len(more)
        if not raw.strip():
            raise CommandError("There is no message on standard input.", returncode=REFUSED)
        now = timezone.now()
        try:
            mails = inbox.receive(
                raw,
                recipient=recipient,
                received_at=None,
                by=IncomingMail.Way.PIPE,
                now=now,
                only_headers_of=size if size > len(raw) else None,
            )
        except (
            Exception
        ) as error:  # The database or the disk is away: the mail server keeps it and comes again.
            raise CommandError(f"Not stored: {type(error).__name__}", returncode=TRY_AGAIN) from error
        for mail in mails:
            try:
                inbox.handle(mail.pk, now=now)
                mail.refresh_from_db()
            except Exception as error:  # It is stored; the worker goes on.
                self.stderr.write(f"Stored, and not handled yet: {type(error).__name__}")
            self.stdout.write(f"{mail.pk}: {mail.get_state_display()}")
