"""The ledger of allowances: the only place that writes an entry (S7)."""

from collections.abc import Sequence
from datetime import date, datetime, time

from django.db import transaction
from django.utils import formats
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from base.days import marketplace_day
from billing.models import Period
from profiles.models import User
from support.allowance_rules import Days, State, state_of
from support.desk_calendar import desk_day, desk_zone
from support.errors import SupportError
from support.models import Allowance, AllowanceEntry, Client
from support.models.allowances import Unit
from support.splits import almost_used

Kind = AllowanceEntry.Kind


def days_at(moment: datetime) -> Days:
    """The dates by which allowances are judged at `moment` (aware)."""
    return Days(desk=desk_day(moment), marketplace=marketplace_day(moment))


def days_on(day: date, now: datetime) -> Days:
    """The dates by which they are judged for what was done on `day`, the desk's date, and is written down at `now`.

    Of today it is this moment. Of another day no hour is known: the desk's noon stands for it, the middle of its work.
    """
    if day == desk_day(now):
        return days_at(now)
    return days_at(datetime.combine(day, time(12), tzinfo=desk_zone()))


def states_of(allowances: Sequence[Allowance], days: Days) -> dict[int, State]:
    """The state of each on `days`, by its id: a query for all that plans include, and one for all the others, which may
    have been bought; the rows know their periods."""
    periods = [each.period_id for each in allowances if each.period_id]
    in_force = set(
        Period.objects.in_force(days.marketplace).filter(pk__in=periods).values_list("pk", flat=True)
        if periods
        else ()
    )
    others = [each.pk for each in allowances if not each.period_id]
    paid_for = set(
        Allowance.objects.paid_for().filter(pk__in=others).values_list("pk", flat=True) if others else ()
    )
    return {
        each.pk: state_of(
            today=days.of(plan=each.period_id is not None),
            starts_on=each.starts_on,
            ends_on=each.ends_on,
            left=each.left,
            paid=each.period_id in in_force if each.period_id else each.pk in paid_for,
        )
        for each in allowances
    }


def open_allowance(
    *,
    client: Client,
    what: str,
    unit: str,
    amount: int,
    starts_on: date,
    cause: str,
    now: datetime,
    expires_on: date | None = None,
    period: Period | None = None,
    kind: AllowanceEntry.Kind = Kind.AGREED,
    by: User | None = None,
) -> Allowance:
    """An allowance of `amount` whole units, with the entry that gives it. Call it inside the transaction of its cause.

    Raises SupportError as `add_to` does.
    """
    with transaction.atomic():
        allowance = Allowance.objects.create(
            client=client,
            what=what[:150],
            unit=unit,
            starts_on=starts_on,
            expires_on=expires_on,
            period=period,
        )
        add_to(allowance=allowance, amount=amount, kind=kind, cause=cause, now=now, by=by)
        return allowance


def add_to(
    *,
    allowance: Allowance,
    amount: int,
    kind: AllowanceEntry.Kind,
    cause: str,
    now: datetime,
    by: User | None = None,
) -> AllowanceEntry:
    """Adds whole units that were agreed or bought. `allowance` needs its id only; what it says is brought up to date.

    Asked again for the same kind and cause, it returns the entry that stands and changes nothing.

    Raises SupportError("cause_taken") if that entry is of another allowance or amount.
    """
    return _book(allowance, amount, kind, cause, now, by)


def use(
    *, allowance: Allowance, amount: int, cause: str, today: date, now: datetime, by: User
) -> AllowanceEntry:
    """Takes whole units that were used on `today`, the desk's date; what a plan includes is judged by the marketplace's
    date then (`days_on`). Asked again for the same cause, it returns the entry that stands.

    Raises SupportError: "not_started", "ended", "unpaid" (its plan has lapsed), "used_up" (nothing is left), or
    "more_than_left": what is left is the most that can be used, and the rest is placed otherwise (S5, S6).
    """
    return _book(allowance, -amount, Kind.USED, cause, now, by, days_on(today, now))


def take_back(*, entry: AllowanceEntry, now: datetime, by: User) -> AllowanceEntry:
    """Reverses a use, whole and once: entries are never altered. Asked again, it returns the entry that stands."""
    if entry.kind != Kind.USED:
        raise ValueError("Only what was used can be taken back.")
    return _book(entry.allowance, -entry.amount, Kind.REVERSED, f"entry:{entry.pk}", now, by)


def take_credited(
    *, allowance: Allowance, amount: int, cause: str, now: datetime, by: User | None = None
) -> AllowanceEntry:
    """Takes away whole units of what was bought, for their money was given back: of what is left, and never more. Call
    it with the allowance locked (`support.credited`)."""
    return _book(allowance, -amount, Kind.CREDITED, cause, now, by)


def _book(
    allowance: Allowance,
    amount: int,
    kind: AllowanceEntry.Kind,
    cause: str,
    now: datetime,
    by: User | None,
    days: Days | None = None,
) -> AllowanceEntry:
    """Lock, look, judge, insert. The lock closes two races: two people who both see the last half hour, and two
    retries of one cause that both find no entry. So the look comes after the lock, and before what is left is judged:
    the same use sent again after it took the last is the use that stands, not a refusal."""
    if (amount < 0) != (kind in (Kind.USED, Kind.CREDITED)) or amount == 0:
        raise ValueError("Amounts are positive; what an entry is of gives it its sign.")
    with transaction.atomic():
        # Without its period, which whoever waited for the lock would see as it was before: it is read after.
        locked = Allowance.objects.select_for_update(no_key=True, of=("self",)).get(pk=allowance.pk)
        entry = AllowanceEntry.objects.filter(kind=kind, cause=cause).first()
        if entry is None:
            if days is not None:
                refuse_unusable(locked, -amount, days)
            locked.left += amount
            if kind in (Kind.AGREED, Kind.BOUGHT, Kind.CREDITED):
                locked.given += amount
            if kind in (Kind.AGREED, Kind.BOUGHT):
                _told_anew(locked)
            locked.save(update_fields=["left", "given", "told_almost_used_at", "told_used_up_at"])
            entry = AllowanceEntry.objects.create(
                allowance=locked,
                amount=amount,
                left_after=locked.left,
                kind=kind,
                cause=cause,
                by=by,
                at=now,
            )
        elif (entry.allowance_id, entry.amount) != (locked.pk, amount):
            raise SupportError(
                "cause_taken", _("This was already booked with another amount. Nothing was changed.")
            )
    allowance.left, allowance.given = locked.left, locked.given
    return entry


def _told_anew(allowance: Allowance) -> None:
    """Of a larger one than was told of both sides are told again, once its own marks are passed (S7)."""
    allowance.told_used_up_at = None
    if not almost_used(allowance.given, allowance.left):
        allowance.told_almost_used_at = None


def refuse_unusable(allowance: Allowance, amount: int, days: Days) -> None:
    """Raises SupportError, as `use` says ("more_than_left" last), unless `amount` whole units can be used on `days`."""
    state = states_of([allowance], days)[allowance.pk]
    if state != State.USABLE:
        raise SupportError(str(state), _why_not(allowance, state))
    if amount > allowance.left:
        raise SupportError(
            "more_than_left",
            _("Only %(left)s are left of this support. Book these, and choose how the rest is placed.")
            % {"left": in_words(allowance.left, allowance.unit)},
            field="rest",
        )


def _why_not(allowance: Allowance, state: State) -> str:
    if state == State.NOT_STARTED:
        return _("This support can be used from %(day)s on. Nothing was booked.") % {
            "day": formats.date_format(allowance.starts_on, "DATE_FORMAT")
        }
    if state == State.ENDED and allowance.ends_on:
        return _("This support could be used until %(day)s. Nothing was booked.") % {
            "day": formats.date_format(allowance.ends_on, "DATE_FORMAT")
        }
    if state == State.UNPAID and allowance.period_id is None:
        return _(
            "What this support was bought with is no longer here: its invoice is to be paid again, or was taken "
            "back. Nothing was booked."
        )
    if state == State.UNPAID:
        return _(
            "The plan that includes this support has lapsed, for its invoice is unpaid. Nothing was booked."
        )
    return _("Nothing is left of this support. Nothing was booked.")


def in_words(amount: int, unit: str) -> str:
    """An amount as it is read: "2 h 30 min", "45 min", "3 interventions"."""
    if unit == Unit.INTERVENTIONS:
        return ngettext("%(count)d intervention", "%(count)d interventions", amount) % {"count": amount}
    hours, minutes = divmod(amount, 60)
    parts = ([_("%(hours)d h") % {"hours": hours}] if hours else []) + (
        [_("%(minutes)d min") % {"minutes": minutes}] if minutes or not hours else []
    )
    return " ".join(parts)


def proposed_for(client: Client, days: Days, unit: str) -> Sequence[Allowance]:
    """Those of a client that could take what is logged on `days`, what ends first first: the first is proposed, and
    nothing is charged until somebody confirms it (S7)."""
    return list(Allowance.objects.filter(client=client, unit=unit).usable(days).select_related("period"))
