"""What a mail brings to a ticket (S10)."""

from mail.kept_files import message_of
from mail.models import IncomingMail
from mail.reading import attachments_in
from support.attachments import NewFile


def files_in(mail: IncomingMail) -> list[NewFile]:
    """The files of a mail, under the names that its sender gave them, made harmless; none where it was cleared."""
    if not mail.raw or not mail.attachments.exists():
        return []
    return [NewFile(each.name, each.content) for each in attachments_in(message_of(mail))]


def quoted_in(mail: IncomingMail) -> str:
    """What a mail quotes of others: what stands under its own words, or all of it where those stand between the
    lines."""
    text, whole = mail.text.strip(), mail.whole_text.strip()
    return whole[len(text) :].strip() if whole.startswith(text) else whole
