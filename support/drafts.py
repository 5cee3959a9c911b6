"""What was changed of a draft, in words: its history says before and after (X4)."""

from collections.abc import Mapping
from datetime import date

from django.utils.formats import date_format


def changes_in_words(before: Mapping[str, str], after: Mapping[str, str]) -> str:
    """A line for each part that says something else than before: "Price: MX$10.00 → MX$12.00"; "" where none does. Both
    name the same parts."""
    return "\n".join(
        f"{part}: {said or '–'} → {after[part] or '–'}"
        for part, said in before.items()
        if said != after[part]
    )


def day_in_words(day: date | None) -> str:
    return date_format(day, "SHORT_DATE_FORMAT") if day else ""
