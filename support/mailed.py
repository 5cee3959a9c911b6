"""What a mail brings to a ticket (S10)."""

from django.conf import settings
from django.utils import translation
from django.utils.translation import gettext as _

from mail.kept_files import message_of
from mail.models import IncomingMail
from mail.reading import attachments_in
from support.attachments import NewFile


def files_in(mail: IncomingMail) -> list[NewFile]:
    """The files of a mail, under the names that its sender gave them, made harmless; none where it was cleared."""
    if not mail.raw or not mail.attachments.exists():
        return []
    try:
        return [NewFile(each.name, each.content) for each in attachments_in(message_of(mail))]
    except FileNotFoundError:
        return []


def text_in(mail: IncomingMail, *, language: str = "") -> str:
    """What was written this time; where that is nothing, a line in `language` that says why: its thread is read by
    people who would look for the rest."""
    if mail.text.strip():
        return mail.text.strip()
    with translation.override(language or settings.LANGUAGE_CODE):
        if mail.size > settings.INBOX_MAX_BYTES:
            return _("(This mail was too large to be kept. What it says has to be asked for again.)")
        return _("(This mail has no text.)")


def quoted_in(mail: IncomingMail) -> str:
    """What a mail quotes of others: what stands under its own words, or all of its text where they stand between what
    it quotes."""
    text, whole = mail.text.strip(), mail.whole_text.strip()
    if text == whole:
        return ""
    return whole[len(text) :].strip() if whole.startswith(text) else whole
