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


@dataclass(frozen=True, slots=True)
class Appointment:
    """A meeting that begins at an instant (aware) and lasts whole minutes. `uid` as of a day; called off, it goes."""

    uid: str
    starts_at: datetime
    minutes: int
    summary: str
    description: str = ""
    where: str = ""
    url: str = ""
    cancelled: bool = False


def calendar_file(entries: Sequence[Day | Appointment], *, now: datetime) -> str:
    """The file with these, as of `now` (aware): of two that speak of one matter, a calendar keeps the later."""
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//Quince//Quince//EN", "METHOD:PUBLISH"]
    for entry in entries:
        lines += _event(entry, now)
    lines.append("END:VCALENDAR")
    return "".join(f"{part}\r\n" for line in lines for part in _folded(line))


def _event(entry: Day | Appointment, now: datetime) -> Iterable[str]:
    yield "BEGIN:VEVENT"
    yield f"UID:{entry.uid}"
    # In minutes, which fits the 31 bits that calendars have for it until long after us.
    yield f"SEQUENCE:{int(now.timestamp()) // 60}"
    yield f"DTSTAMP:{_instant(now)}"
    yield from _when(entry)
    yield f"SUMMARY:{entry.summary.translate(_ESCAPED)}"
    if entry.description:
        yield f"DESCRIPTION:{entry.description.translate(_ESCAPED)}"
    if entry.url:
        yield f"URL:{entry.url}"
    yield "END:VEVENT"


def _when(entry: Day | Appointment) -> Iterable[str]:
    if isinstance(entry, Appointment):
        yield f"DTSTART:{_instant(entry.starts_at)}"
        yield f"DTEND:{_instant(entry.starts_at + timedelta(minutes=entry.minutes))}"
        if entry.where:
            yield f"LOCATION:{entry.where.translate(_ESCAPED)}"
        if entry.cancelled:
            yield "STATUS:CANCELLED"
    else:
        # A date without a zone: the same day wherever the calendar is opened. The end is the first day after it.
        yield f"DTSTART;VALUE=DATE:{entry.on:%Y%m%d}"
        yield f"DTEND;VALUE=DATE:{entry.on + timedelta(days=1):%Y%m%d}"
        yield "TRANSP:TRANSPARENT"


def _instant(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y%m%dT%H%M%SZ}"


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
