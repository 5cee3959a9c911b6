"""System checks of the inbox: what its settings must be before any mail is fetched."""

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Warning, register
from django.utils.module_loading import import_string

from mail.mailboxes import Address


@register()
def the_inbox_is_configured(*, app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    wrong: list[CheckMessage] = []
    for name in settings.MAIL_ROUTES:
        try:
            import_string(name)
        except ImportError:
            wrong.append(Error(f"MAIL_ROUTES names {name}, which is not there.", id="mail.E001"))
    if settings.INBOX_URL:
        wrong += _of_mailbox(settings.INBOX_URL)
    if settings.INBOUND_PROVIDER and not settings.ANYMAIL.get("WEBHOOK_SECRET"):
        wrong.append(
            Error(
                "INBOUND_PROVIDER is set and INBOUND_WEBHOOK_SECRET is not.",
                hint="Without a secret anybody could send in mails. Until it is set, none is taken.",
                id="mail.E003",
            )
        )
    # Also where neither is set: then mail comes through the pipe, of which no setting tells.
    if not settings.MAIL_AUTHSERV_ID and not settings.DEBUG:
        wrong.append(
            Warning(
                "MAIL_AUTHSERV_ID is not set, so nobody says whether a sender is who they say.",
                hint="Set it to the name with which your mail server begins its Authentication-Results.",
                id="mail.W001",
            )
        )
    return wrong


def _of_mailbox(url: str) -> list[CheckMessage]:
    try:
        address = Address.parse(url)
    except ValueError as error:
        return [Error(f"INBOX_URL cannot be read. {error}", id="mail.E002")]
    if address.scheme == "imap" and address.host not in ("127.0.0.1", "::1", "localhost"):
        return [
            Warning(
                "INBOX_URL sends its password unencrypted over the network.",
                hint="Use imaps:// or imap+tls://.",
                id="mail.W002",
            )
        ]
    return []
