"""Support as people write it: hours and minutes, read into whole minutes (S7)."""

import re
from fractions import Fraction

_H, _MIN = r"(?:h(?:r?s?|ours?|oras?)|or[ae])\.?", r"m(?:in[a-z]*)?\.?"
_WAYS = tuple(
    re.compile(way)
    for way in (
        r"(?P<hours>\d{1,5}):(?P<minutes>[0-5]\d)",
        # A bare number is hours.
        rf"(?P<hours>\d{{1,5}}(?:[.,]\d{{1,4}})?)\s*(?:{_H})?",
        rf"(?P<hours>\d{{1,5}})\s*{_H}\s*(?P<minutes>\d{{1,2}})\s*(?:{_MIN})?",
        rf"(?P<minutes>\d{{1,6}})\s*{_MIN}",
    )
)


def read_minutes(text: str) -> int:
    """Whole minutes of what somebody wrote: "10", "2:30", "2 h 30 min", "1.5 h", "45 min".

    Raises ValueError for anything else, and where it comes to no whole minute.
    """
    written = " ".join(text.lower().split())
    for way in _WAYS:
        if found := way.fullmatch(written):
            said = found.groupdict()
            hours = Fraction((said.get("hours") or "0").replace(",", "."))
            minutes = hours * 60 + int(said.get("minutes") or 0)
            if minutes.denominator == 1:
                return int(minutes)
    raise ValueError(f"{text!r} is no amount of hours and minutes.")
