"""Days, and how long is left until one."""

from datetime import date
from typing import Any

from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext


def long_date(day: Any) -> str:
    """A date as the reader's language writes it out; nothing where there is none."""
    return date_format(day, "DATE_FORMAT") if isinstance(day, date) else ""


def time_to_answer(answer_by: date, today: date) -> str:
    """How long an answer about a claim is waited for, the same for who answers and who waits (G16, G17)."""
    left = (answer_by - today).days
    day = {"day": long_date(answer_by), "days": abs(left)}
    if left > 0:
        return (
            ngettext(
                "Until the end of %(day)s: %(days)s day left.",
                "Until the end of %(day)s: %(days)s days left.",
                left,
            )
            % day
        )
    if left == 0:
        return _("Until the end of today, %(day)s.") % day
    if left == -1:
        return (
            _("The time ended yesterday, on %(day)s. An answer still counts until a decision is taken.") % day
        )
    return _("The time ended on %(day)s. An answer still counts until a decision is taken.") % day
