"""What was done on tickets is written down, and booked: on an allowance, as a courtesy, or as an exception (S5–S7)."""

import uuid
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Sum
from django.utils.translation import gettext as _

from profiles.models import User
from support import allowances, notices
from support.allowances import days_at, in_words, proposed_for
from support.courtesy import COURTESY_MINUTES
from support.credited import follow_credit_notes
from support.desk_calendar import desk_day
from support.errors import SupportError, form_used
from support.models import Allowance, Ticket, Work
from support.models.allowances import Unit
from support.placing import Place
from support.splits import Split, courtesy_left, split
from support.tickets import locked, place_ticket, refuse_own_ticket

Kind = Work.Kind
COURTESY, EXCEPTION = Kind.COURTESY, Kind.EXCEPTION
# Not a kind of work: the rest is written down once it was offered and paid (S6, S7).
OFFER = "offer"
# Whole units in one go: above this somebody has mistyped.
AT_MOST = 10_000
# Refusals of which an offer of more support is the way on (S6): pages show it beside the sentence.
LEADS_TO_OFFER = frozenset({"more_than_left", "used_up", "too_long", "ended", "unpaid"})


def log_work(
    *,
    ticket: Ticket,
    amount: int,
    unit: str,
    done: str,
    by: User,
    now: datetime,
    form_id: uuid.UUID,
    allowance: Allowance | None = None,
    rest: str = "",
    why: str = "",
    more: bool = False,
    left_seen: int | None = None,
) -> list[Work]:
    """Writes down what was done on a ticket of a client, `amount` whole minutes or interventions, today: the client
    reads it as it is. A ticket that was placed nowhere is placed by it.

    Of `allowance` what is left is taken, and `rest` is what becomes of what is beyond that, or of all where no
    allowance is given: "courtesy" (short, charged to nobody), "exception" (for the reason `why`), "offer" (what is left
    is booked, the rest is not: whoever logs makes an offer of it), or "": then nothing is booked and the refusal says
    how much is left; its way on is an offer (`LEADS_TO_OFFER`). On a ticket on which an intervention is counted
    already, another is counted only where `more` says so (S7). `left_seen` is what the form showed as left: where
    somebody was quicker, and the split is no longer the one that was chosen, nothing is booked.

    The same `form_id` again returns what stands. Returns one row, or two where it was split.

    Raises SupportError: "nothing_written", "no_amount", "too_much", "form_used", "merged", "no_client" (a question:
    work is booked for clients), "appeal", "own_business", "other_client", "other_unit", "other_placement" (the ticket
    is placed elsewhere: place it anew first), "counted_already", "rest_needed", "left_changed", "something_left" (no
    courtesy while what the ticket is placed against can take it), "too_long" (for a courtesy), "courtesy_in_minutes",
    "no_reason"; and as `allowances.use`: "not_started", "ended", "unpaid", "used_up", "more_than_left".
    """
    done, why = done.strip(), why.strip()
    _refuse_unwritten(amount, done, rest, why)
    with transaction.atomic():
        ticket = locked(ticket)
        standing = list(Work.objects.filter(form_id=form_id).order_by("pk"))
        if standing:
            _refuse_another(standing, ticket, amount, unit, done, by, allowance, rest)
            return standing
        _refuse_ticket(ticket, by)
        if allowance is not None:
            # Locked after its ticket, as everywhere, and read anew: what is left of it is judged here.
            allowance = Allowance.objects.select_for_update(no_key=True, of=("self",)).get(pk=allowance.pk)
            _refuse_allowance(ticket, allowance, unit)
        _refuse_counted(ticket, unit, more)
        parts = _what_becomes_of(ticket, allowance, amount, unit, rest, now)
        if left_seen is not None and allowance is not None and rest:
            _refuse_other_split(amount, left_seen, parts.taken)
        if parts.rest and rest == COURTESY:
            _refuse_courtesy(ticket, allowance, parts, unit, now)
        if not ticket.placement:
            ticket = place_ticket(
                ticket=ticket, placement=Place(allowance).placement, allowance=allowance, by=by, now=now
            )
        said = {"form_id": form_id, "ticket": ticket, "unit": unit, "done": done, "by": by, "at": now}
        written = []
        if allowance is not None and parts.taken:
            written.append(_charged(allowance, parts.taken, said, now))
        if parts.rest and rest != OFFER:
            written.append(_charged_to_nobody(rest, parts.rest, why, said))
        return written


def _charged(allowance: Allowance, amount: int, said: dict[str, Any], now: datetime) -> Work:
    """Books `amount` on an allowance, which is locked; `said` are the columns that all of one form have."""
    public_id = uuid.uuid4()
    entry = allowances.use(
        allowance=allowance,
        amount=amount,
        cause=f"work:{public_id}",
        today=desk_day(now),
        now=now,
        by=said["by"],
    )
    row = Work.objects.create(
        public_id=public_id, kind=Kind.ALLOWANCE, amount=amount, allowance=allowance, entry=entry, **said
    )
    notices.tell_of_use(allowance, said["ticket"], now)
    return row


def _charged_to_nobody(kind: str, amount: int, why: str, said: dict[str, Any]) -> Work:
    """Writes down a courtesy, which its ticket counts, or an exception with its reason; `said` as in `_charged`."""
    row = Work.objects.create(kind=kind, amount=amount, why=why[:250] if kind == EXCEPTION else "", **said)
    if kind == COURTESY:
        ticket = said["ticket"]
        ticket.courtesy_minutes += amount
        ticket.save(update_fields=["courtesy_minutes"])
    return row


def take_back_work(*, work: Work, why: str, by: User, now: datetime) -> Work:
    """Takes back one row that was booked by mistake, whole and once: what an allowance gave it has again, and what was
    a courtesy may be given again. The client reads it as taken back, with the reason. Taken back already, nothing
    changes.

    Raises SupportError: "no_reason", "own_business".
    """
    why = why.strip()
    if not why:
        raise SupportError("no_reason", _("Say why it is taken back: the client reads it."), field="why")
    with transaction.atomic():
        chain = _locked_chain(work.ticket_id)
        work = Work.objects.get(pk=work.pk)
        if work.taken_back_at is not None:
            return work
        refuse_own_ticket(chain[0], by)
        if work.entry is not None:
            back = allowances.take_back(entry=work.entry, now=now, by=by)
            follow_credit_notes(allowance=back.allowance, cause=f"entry:{back.pk}", now=now)
        work.taken_back_at, work.taken_back_by, work.taken_back_why = now, by, why[:250]
        work.save(update_fields=["taken_back_at", "taken_back_by", "taken_back_why"])
        if work.kind == COURTESY:
            # Also of what its ticket was merged into: there it is what may still be given.
            for ticket in chain:
                ticket.courtesy_minutes = min(COURTESY_MINUTES, courtesies_of(ticket))
                ticket.save(update_fields=["courtesy_minutes"])
        return work


def courtesies_of(ticket: Ticket) -> int:
    """Whole minutes of the courtesies that stand on a ticket and on those that were merged into it."""
    standing = Work.objects.standing().filter(kind=COURTESY, ticket__in=ticket.family())
    return standing.aggregate(total=Sum("amount"))["total"] or 0


def proposals(ticket: Ticket, unit: str, now: datetime) -> Sequence[Allowance]:
    """The allowances that could take what is logged on a ticket now: what it is placed against first, then what ends
    first (S7). Nothing is charged until somebody confirms it."""
    if ticket.client is None:
        return []
    found = proposed_for(ticket.client, days_at(now), unit)
    return sorted(found, key=lambda allowance: allowance.pk != ticket.allowance_id)


def _courtesy_left(ticket: Ticket, unit: str) -> int:
    return courtesy_left(ticket.courtesy_minutes) if unit == Unit.MINUTES else 0


def _what_becomes_of(
    ticket: Ticket, allowance: Allowance | None, amount: int, unit: str, rest: str, now: datetime
) -> Split:
    """How it is split, of an allowance that is locked. Without a choice for the rest nothing is: the use of all of it
    is asked for, and refused with what is left."""
    if allowance is None:
        if rest not in (COURTESY, EXCEPTION):
            raise SupportError(
                "rest_needed",
                _("Choose the allowance, or say that it is a courtesy or an exception."),
                field="rest",
            )
        return split(amount, 0, _courtesy_left(ticket, unit))
    if not rest:
        return Split(taken=amount, rest=0, short=False)
    if allowance.left == 0:
        if rest == OFFER:
            allowances.refuse_unusable(allowance, amount, days_at(now))
        _refuse_unusable(allowance, now)
    return split(amount, allowance.left, _courtesy_left(ticket, unit))


def _refuse_unusable(allowance: Allowance, now: datetime) -> None:
    """Of one of which nothing is left: why else it could not be used, which no rest changes."""
    try:
        allowances.refuse_unusable(allowance, 1, days_at(now))
    except SupportError as refusal:
        if refusal.code != "used_up":
            raise


def _refuse_unwritten(amount: int, done: str, rest: str, why: str) -> None:
    if not done:
        raise SupportError("nothing_written", _("Write what was done: the client reads it."), field="done")
    if amount < 1:
        raise SupportError("no_amount", _("Write how much it was, at least 1."), field="amount")
    if amount > AT_MOST:
        raise SupportError(
            "too_much",
            _("At most %(most)d can be logged in one go. Look at the number again.") % {"most": AT_MOST},
            field="amount",
        )
    if rest not in ("", OFFER, COURTESY, EXCEPTION):
        raise ValueError(f"{rest!r} is nothing that becomes of a rest.")
    if rest == EXCEPTION and not why:
        raise SupportError("no_reason", _("Say why you make an exception: the client reads it."), field="why")


def _refuse_another(
    standing: Sequence[Work],
    ticket: Ticket,
    amount: int,
    unit: str,
    done: str,
    by: User,
    allowance: Allowance | None,
    rest: str,
) -> None:
    first = standing[0]
    said = (first.ticket_id, first.unit, first.done, first.by_id)
    in_all = sum(row.amount for row in standing)
    booked = {row.allowance_id for row in standing if row.kind == Kind.ALLOWANCE}
    others = {row.kind for row in standing if row.kind != Kind.ALLOWANCE}
    if (
        said != (ticket.pk, unit, done, by.pk)
        or not (in_all == amount or (rest == OFFER and in_all < amount))
        or not booked <= {allowance.pk if allowance else None}
        or not others <= {rest}
    ):
        raise form_used(first.done[:40])


def _refuse_ticket(ticket: Ticket, by: User) -> None:
    if ticket.merged_into is not None:
        raise SupportError(
            "merged",
            _("This ticket was merged into %(number)s. Log it there.")
            % {"number": ticket.merged_into.number},
        )
    if ticket.kind == Ticket.Kind.APPEAL:
        raise SupportError("appeal", _("An appeal is heard at no charge: nothing is logged on it."))
    if ticket.client is None:
        raise SupportError(
            "no_client", _("Work is logged for clients. Link this question to a client first.")
        )
    refuse_own_ticket(ticket, by)


def _refuse_allowance(ticket: Ticket, allowance: Allowance, unit: str) -> None:
    if allowance.client_id != ticket.client_id:
        raise SupportError(
            "other_client", _("That support was agreed with another client."), field="allowance"
        )
    if allowance.unit != unit:
        raise SupportError(
            "other_unit",
            _("“%(what)s” is counted in %(unit)s. Log it in these, or choose another allowance.")
            % {"what": allowance.what, "unit": allowance.get_unit_display()},
            field="allowance",
        )
    if ticket.placement and ticket.allowance_id != allowance.pk:
        # Both sides see what a ticket is placed against: it is charged nowhere else before they could.
        placed = ticket.allowance.what if ticket.allowance else Ticket.Placement.OUTSIDE.label
        raise SupportError(
            "other_placement",
            _("This ticket is placed against “%(placed)s”. To log it on “%(what)s”, place it there first.")
            % {"placed": placed, "what": allowance.what},
            field="allowance",
        )


def _refuse_counted(ticket: Ticket, unit: str, more: bool) -> None:
    if unit == Unit.INTERVENTIONS and not more and _is_counted(ticket):
        raise SupportError(
            "counted_already",
            _("An intervention is counted on this ticket already. Say so if it was one more."),
            field="more",
        )


def _is_counted(ticket: Ticket) -> bool:
    counted = Work.objects.standing().filter(unit=Unit.INTERVENTIONS, ticket__in=ticket.family())
    return counted.exists()


def _refuse_other_split(amount: int, left_seen: int, taken: int) -> None:
    if min(amount, left_seen) != taken:
        raise SupportError(
            "left_changed",
            _("Somebody else has used this support meanwhile. Look at what is left, then choose again."),
            field="amount",
        )


def _refuse_courtesy(
    ticket: Ticket, allowance: Allowance | None, parts: Split, unit: str, now: datetime
) -> None:
    if unit != Unit.MINUTES:
        raise SupportError(
            "courtesy_in_minutes", _("A courtesy is counted in minutes: log it in minutes."), field="unit"
        )
    if not parts.short:
        raise SupportError(
            "too_long",
            _(
                "A courtesy is at most %(most)s in all on a ticket, and %(given)s were given on this one already. "
                "Send an offer, or make an exception."
            )
            % {
                "most": in_words(COURTESY_MINUTES, Unit.MINUTES),
                "given": in_words(ticket.courtesy_minutes, Unit.MINUTES),
            },
            field="rest",
        )
    placed = ticket.allowance_id
    if allowance is None and placed and any(each.pk == placed for each in proposals(ticket, unit, now)):
        raise SupportError(
            "something_left",
            _("Something is left of “%(what)s”, which this ticket is placed against: log it there.")
            % {"what": ticket.allowance},
            field="allowance",
        )


def _locked_chain(ticket_id: int) -> list[Ticket]:
    """A ticket, what it was merged into, and so on, each locked: in the order of their ids, as merging does."""
    chain = [ticket_id]
    while True:
        rows = Ticket.objects.select_for_update(no_key=True, of=("self",)).filter(pk__in=chain).order_by("pk")
        found = {row.pk: row for row in rows}
        into = found[chain[-1]].merged_into_id
        if into is None:
            return [found[pk] for pk in chain]
        chain.append(into)
