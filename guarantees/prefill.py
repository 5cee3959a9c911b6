"""A beginning for the story of a contact, made from its diary (G11). Never saved by itself."""

from collections.abc import Iterable
from datetime import datetime
from typing import Protocol

from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext as _


class Entry(Protocol):
    """What of a diary entry goes into a story."""

    happened_at: datetime
    text: str

    def get_kind_display(self) -> str: ...


def starting_text(entries: Iterable[Entry]) -> str:
    """One line for each call, message, visit or note, by when it happened, in the reader's language and zone.

    Nothing where the diary is empty.
    """
    lines = []
    for entry in sorted(entries, key=lambda entry: entry.happened_at):
        said = {
            "day": date_format(localtime(entry.happened_at), "DATE_FORMAT"),
            "what": entry.get_kind_display(),
            "text": entry.text.strip(),
        }
        line = _("%(day)s: %(what)s. %(text)s") if said["text"] else _("%(day)s: %(what)s.")
        lines.append(line % said)
    return "\n".join(lines)
