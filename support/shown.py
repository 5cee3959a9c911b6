"""What client and desk are shown of agreements and allowances: both see the same numbers from here (S4, S7)."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import cache
from typing import Any

from django.conf import settings
from django.db.models import F
from django.utils import timezone
from django.utils.formats import date_format, time_format
from django.utils.translation import get_language, gettext_lazy, ngettext, pgettext_lazy
from django.utils.translation import gettext as _

from base.dates import with_weekday
from support.allowance_rules import Days, State
from support.allowances import in_words, states_of
from support.desk_calendar import CLOSURE, WEEKEND, Deadline, Name, desk_zone
from support.models import Agreement, Allowance, Call, Ticket, TicketEvent
from support.models.allowances import AllowanceQuerySet, Unit
from support.work_shown import entries_shown

_UNUSABLE = {
    State.NOT_STARTED: gettext_lazy("not begun"),
    State.ENDED: pgettext_lazy("allowance", "ended"),
    State.UNPAID: gettext_lazy("plan lapsed"),
    State.USED_UP: gettext_lazy("used up"),
}


@dataclass(frozen=True, slots=True)
class AllowanceShown:
    """An allowance on a page. Of interventions `left` is a bare number, for what is counted stands beside `given`."""

    allowance: Allowance
    left: str
    given: str
    ends_on: date | None
    state: State

    @property
    def state_said(self) -> str:
        """Why it cannot be used, in a word or two; "" where it can."""
        if self.state == State.UNPAID and not self.allowance.period_id:
            return _("unpaid")
        return str(_UNUSABLE.get(self.state, ""))


def allowances_shown(allowances: AllowanceQuerySet, days: Days) -> Sequence[AllowanceShown]:
    """In the order of their end, those that can be used first. Four queries, with their extensions."""
    rows = list(
        allowances.with_last_day()
        .select_related("period", "client__customer", "offer")
        .prefetch_related("extensions")
        .order_by(F("last_day").asc(nulls_last=True), "pk")
    )
    states = states_of(rows, days)
    shown = [_shown(row, states[row.pk]) for row in rows]
    return sorted(shown, key=lambda each: each.state != State.USABLE)


def _shown(allowance: Allowance, state: State) -> AllowanceShown:
    return AllowanceShown(
        allowance=allowance,
        left=str(allowance.left)
        if allowance.unit == Unit.INTERVENTIONS
        else in_words(allowance.left, allowance.unit),
        given=in_words(allowance.given, allowance.unit),
        ends_on=allowance.ends_on,
        state=state,
    )


def agreement_shown(agreement: Agreement, days: Days) -> dict[str, Any]:
    """The context of an agreement's page: its versions, newest first, its lines, its allowances with every entry, and
    its sessions."""
    versions = list(
        agreement.versions.order_by("-number").select_related("written_by").prefetch_related("lines")
    )
    of_agreement = Allowance.objects.filter(lines__version__agreement=agreement)
    if agreement.subscription_id:
        of_agreement |= Allowance.objects.filter(period__subscription=agreement.subscription_id)
    allowances = allowances_shown(Allowance.objects.filter(pk__in=of_agreement.values("pk")), days)
    entries = entries_shown([each.allowance for each in allowances])
    return {
        "agreement": agreement,
        "version": versions[0],
        "earlier": versions[1:],
        "lines": versions[0].lines.all(),
        "allowances": [(each, entries.get(each.allowance.pk, [])) for each in allowances],
        "sessions": agreement.sessions.select_related("consultant"),
    }


def why_then(deadline: Deadline) -> Sequence[str]:
    """Why a deadline is when it is, in words (S2): from when the clock ran, where what was asked came outside of
    opening hours; how much working time an answer may take; and each day that it skips."""
    said = []
    if deadline.began_at != deadline.asked_at:
        began = deadline.began_at.astimezone(desk_zone())
        said.append(
            _("It came outside of opening hours, so the clock began on %(day)s at %(time)s (%(zone)s)")
            % {
                "day": with_weekday(began.date()),
                "time": date_format(began, "TIME_FORMAT"),
                "zone": desk_zone().key,
            }
        )
    said.append(
        _("One working day is %(amount)s of opening hours")
        % {"amount": in_words(deadline.minutes, Unit.MINUTES)}
    )
    return said + [_skipped(date.fromisoformat(day), kind, name) for day, kind, name in deadline.days_off]


def _skipped(day: date, kind: str, name: Name) -> str:
    said = {"day": with_weekday(day), "name": _here(name)}
    if kind == WEEKEND:
        return _("%(day)s: the desk does not work on this weekday") % said
    if kind == CLOSURE:
        return _("%(day)s: the desk is closed (%(name)s)") % said
    return _("%(day)s: public holiday (%(name)s)") % said


def _here(name: Name) -> str:
    """The name of a day off in the language that is spoken; of one that the site has learnt since, in another."""
    if isinstance(name, str):
        return name
    return name.get(get_language() or settings.LANGUAGE_CODE) or next(iter(name.values()), "")


def time_left(due_at: datetime, now: datetime) -> str:
    """How long is left until `due_at`, or how late it is, by the clock: "3 h 10 min left", "4 days late". At the very
    deadline it is not late (S9)."""
    late = now > due_at
    between = now - due_at if late else due_at - now
    if between < timedelta(minutes=1):
        return _("less than a minute late") if late else _("less than a minute left")
    if between < timedelta(days=2):
        said = in_words(between // timedelta(minutes=1), Unit.MINUTES)
    else:
        said = ngettext("%(days)s day", "%(days)s days", between.days) % {"days": between.days}
    return _("%(time)s late") % {"time": said} if late else _("%(time)s left") % {"time": said}


def moments_in_words() -> Callable[[datetime], str]:
    """What writes moments as a list shows them, in the reader's language and zone: "Tue 03/11/2026, 10:00". It is for
    one page: each day and each minute of it is put into words once."""
    zone = timezone.get_current_timezone()

    @cache
    def day_in_words(day: date) -> str:
        return f"{date_format(day, 'D')} {date_format(day, 'SHORT_DATE_FORMAT')}"

    @cache
    def minute_in_words(minute: time) -> str:
        return time_format(minute, "TIME_FORMAT")

    def in_words(moment: datetime) -> str:
        local = moment.astimezone(zone)
        return (
            f"{day_in_words(local.date())}, {minute_in_words(local.time().replace(second=0, microsecond=0))}"
        )

    return in_words


def about_in_words(event: TicketEvent) -> str:
    """What an event of a ticket was about, in the reader's language. What older ones hold are words already."""
    if event.kind == TicketEvent.Kind.PLACED and event.about == Ticket.Placement.OUTSIDE:
        return str(Ticket.Placement.OUTSIDE.label)
    direction, _colon, outcome = event.about.partition(":")
    if direction in Call.Direction.values and outcome in Call.Outcome.values:
        return f"{Call.Direction(direction).label}: {Call.Outcome(outcome).label}"
    return event.about
