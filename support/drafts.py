"""What became of a quote or an offer, in words: of a draft its history says what it said before and after (X4)."""

from collections.abc import Iterable, Mapping
from datetime import date

from django.db.models import TextChoices
from django.utils.formats import date_format
from django.utils.translation import gettext

from base.models import StateEvent


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


def steps_of(events: Iterable[StateEvent], states: type[TextChoices]) -> list[tuple[StateEvent, str]]:
    """The history of a quote or an offer, each step with what it was: a draft that stays one was changed."""
    return [
        (
            event,
            gettext("changed") if event.from_state == event.to_state else str(states(event.to_state).label),
        )
        for event in events
    ]
