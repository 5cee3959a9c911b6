"""A date to keep, as the file that calendars read (RFC 5545); it goes with a mail that speaks of it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

FILE_NAME = "quince.ics"
MIME_TYPE = "text/calendar"

_LINE = 75  # octets, without the line's end
_ESCAPED = str.maketrans({"\\": "\\\\", ";": "\\;", ",": "\\,", "\n": "\\n", "\r": None})


@dataclass(frozen=True, slots=True)
class Day:
    """A whole day in a calendar. `uid` is the same for one matter for ever: told again with another day, it moves."""

    uid: str
    on: date
    summary: str
    description: str = ""
    url: str = ""


def calendar_file(days: Sequence[Day], *, now: datetime) -> str:
    """The file with these days, as of `now` (aware): of two that speak of one matter, a calendar keeps the later."""
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//Quince//Quince//EN", "METHOD:PUBLISH"]
    for day in days:
        lines += _event(day, now)
    lines.append("END:VCALENDAR")
    return "".join(f"{part}\r\n" for line in lines for part in _folded(line))


def _event(day: Day, now: datetime) -> Iterable[str]:
    yield "BEGIN:VEVENT"
    yield f"UID:{day.uid}"
    # In minutes, which fits the 31 bits that calendars have for it until long after us.
    yield f"SEQUENCE:{int(now.timestamp()) // 60}"
    yield f"DTSTAMP:{now.astimezone(UTC):%Y%m%dT%H%M%SZ}"
    # A date without a zone: the same day wherever the calendar is opened. The end is the first day after it.
    yield f"DTSTART;VALUE=DATE:{day.on:%Y%m%d}"
    yield f"DTEND;VALUE=DATE:{day.on + timedelta(days=1):%Y%m%d}"
    yield "TRANSP:TRANSPARENT"
    yield f"SUMMARY:{day.summary.translate(_ESCAPED)}"
    if day.description:
        yield f"DESCRIPTION:{day.description.translate(_ESCAPED)}"
    if day.url:
        yield f"URL:{day.url}"
    yield "END:VEVENT"


def _folded(line: str) -> Iterable[str]:
    """The line in pieces of at most 75 octets; each after the first begins with a space. No letter is cut in two."""
    piece, room = "", _LINE
    for letter in line:
        size = len(letter.encode())
        if size > room:
            yield piece
            piece, room = " ", _LINE - 1
        piece, room = piece + letter, room - size
    yield piece
