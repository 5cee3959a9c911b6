"""Contacts given back because the lead was bad: asked for, withdrawn, decided (M7)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import Enum
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Exists, OuterRef, Q
from django.utils.formats import date_format
from django.utils.translation import gettext_lazy as _

from base import links
from base.days import end_of_day, marketplace_day
from billing import wallet
from billing.models import Wallet, WalletEntry
from mail import outbox
from marketplace import return_days
from marketplace.errors import MarketplaceError
from marketplace.evidence import add_evidence, forget_person
from marketplace.leads import close_lead
from marketplace.models import Contact, Lead, ReturnEvent, ReturnRequest
from marketplace.reasons import read_reason
from marketplace.return_days import LastDays
from profiles.models import Professional
from profiles.pictures import Picture
from profiles.plain_text import length_as_read, many_lines

Reason = ReturnRequest.Reason
State = ReturnRequest.State

EXPLANATION_AT_LEAST = 10
# How often one reason may be withdrawn: whoever goes on asking keeps staff reading for nothing.
WITHDRAWN_AT_MOST = 2


class Aftermath(Enum):
    """What becomes of the lead when a contact with it was returned."""

    PLACE_FREED = "place_freed"
    LEAD_CLOSED = "lead_closed"
    # It has ended already, and with it its places.
    LEAD_ENDED = "lead_ended"


# The lead itself is bad where nobody else could do anything with it either; then it is sold no more.
AFTERMATH: dict[str, Aftermath] = {
    Reason.WRONG_DETAILS: Aftermath.LEAD_CLOSED,
    Reason.DUPLICATE: Aftermath.LEAD_CLOSED,
    Reason.NOT_REAL: Aftermath.LEAD_CLOSED,
    Reason.NEVER_ASKED: Aftermath.LEAD_CLOSED,
    Reason.WRONG_PLACE: Aftermath.PLACE_FREED,
    Reason.WITHDREW: Aftermath.LEAD_ENDED,
    # None of those above, so the request is good for others.
    Reason.STAFF: Aftermath.PLACE_FREED,
}
# What staff say who take a contact back unasked.
REASONS_OF_STAFF = [(reason.value, reason.label) for reason in Reason if reason != Reason.WITHDREW]


def last_days(contact: Contact) -> LastDays:
    """Until which local days the contact's return can be asked for, by the calendar alone."""
    withdrawn_at = contact.lead.withdrawn_at
    return return_days.last_days(
        bought_on=contact.bought_on, withdrawn_on=withdrawn_at and marketplace_day(withdrawn_at)
    )


def last_day_for(contact: Contact, reason: str) -> date | None:
    """The last local day, inclusive, on which a return can be asked for `reason`; None: no business gives it."""
    if reason not in AFTERMATH or reason == Reason.STAFF:
        return None
    days = last_days(contact)
    return days.withdrew if reason == Reason.WITHDREW else days.ordinary


def reasons_open(contact: Contact, now: datetime) -> list[str]:
    """The reasons for which a return can be asked for at `now`, by the clock alone, in the order of the form."""
    days = {reason: last_day_for(contact, reason) for reason in Reason.values}
    return [reason for reason, last in days.items() if last is not None and now < end_of_day(last)]


def reasons_left(contact: Contact, now: datetime) -> list[str]:
    """Of the reasons open at `now`, those for which no return was refused nor withdrawn too often."""
    before = Counter(contact.returns.order_by().values_list("reason", "state"))
    return [
        reason
        for reason in reasons_open(contact, now)
        if not before[reason, State.REFUSED] and before[reason, State.WITHDRAWN] < WITHDRAWN_AT_MOST
    ]


def decide_by(return_request: ReturnRequest) -> date:
    """The last local day on which the promised decision is in time, inclusive."""
    return return_days.decide_by(marketplace_day(return_request.asked_at))


def obstacle(*, contact: Contact, now: datetime) -> MarketplaceError | None:
    """Why no return of this contact can be asked for at `now`, whatever the reason; None: it can."""
    standing = _cannot_be_credited(contact)
    if standing:
        return standing
    if contact.returns.filter(state=State.ASKED).exists():
        return MarketplaceError(
            "return_undecided",
            _("You have already asked for this return, and we have not decided yet. You need do nothing."),
        )
    if not reasons_open(contact, now):
        return _too_late(contact, last_days(contact).latest)
    if not reasons_left(contact, now):
        return MarketplaceError(
            "no_reason_left",
            _(
                "A return of this contact was refused, or withdrawn twice, for every reason that is still open. "
                "If something is badly wrong with it, write to us."
            ),
        )
    return None


@dataclass(frozen=True, slots=True)
class DaysLeft:
    """The last local days, inclusive, on which a return would be taken; None: not for such a reason (`LastDays`)."""

    ordinary: date | None = None
    withdrew: date | None = None


def days_left(contact: Contact, now: datetime) -> DaysLeft:
    """Until when the contact's return would be taken at `now`: of what `ask_return` would refuse, nothing is told,
    neither for reasons that were refused or withdrawn too often, nor where something else is in the way."""
    if obstacle(contact=contact, now=now):
        return DaysLeft()
    days, left = last_days(contact), set(reasons_left(contact, now))
    return DaysLeft(
        ordinary=days.ordinary if left - {Reason.WITHDREW} else None,
        withdrew=days.withdrew if Reason.WITHDREW in left else None,
    )


def may_come_back(professional: Professional, now: datetime) -> list[Contact]:
    """The contacts whose return is undecided, or could be asked for at `now` by the clock alone, with their leads, in
    the order of purchase; in one query."""
    since = return_days.earliest_purchase(marketplace_day(now))
    undecided = ReturnRequest.objects.filter(contact=OuterRef("pk"), state=State.ASKED)
    contacts = (
        Contact.objects.filter(professional=professional, returned_at=None, refunded_at=None, frozen_at=None)
        .annotate(undecided=Exists(undecided))
        .filter(Q(undecided=True) | Q(bought_on__gte=since))
        .select_related("lead")
        .order_by("bought_at", "id")
    )
    return [contact for contact in contacts if contact.undecided or reasons_open(contact, now)]


def _too_late(contact: Contact, last: date) -> MarketplaceError:
    """`last`: of the reason that was given, or the latest of all."""
    if last > last_days(contact).ordinary:
        sentence = _(
            "The homeowner withdrew this request, and for that reason the contact could be returned until "
            "%(day)s. If something is badly wrong with it, write to us."
        )
    else:
        sentence = _(
            "A contact can be returned until %(days)d days after it was bought. For this one that was "
            "%(day)s. If something is badly wrong with it, write to us."
        )
    said = {"day": date_format(last, "DATE_FORMAT"), "days": return_days.ASKED_WITHIN.days}
    return MarketplaceError("return_too_late", sentence % said)


def _cannot_be_credited(contact: Contact) -> MarketplaceError | None:
    """No contact is credited twice, and none while an open claim counts it (M7)."""
    if contact.returned_at:
        return MarketplaceError(
            "already_returned", _("This contact has already been returned, and its price credited.")
        )
    if contact.refunded_at:
        return MarketplaceError(
            "already_refunded",
            _("The guarantee has already paid the price of this contact back, so it cannot be returned too."),
        )
    if contact.frozen_at:
        return MarketplaceError(
            "frozen_in_claim",
            _(
                "This contact is part of a guarantee claim that is being looked at. It cannot be returned meanwhile."
            ),
        )
    return None


@transaction.atomic
def ask_return(
    *,
    contact: Contact,
    reason: str,
    explanation: str,
    by: Any,
    now: datetime,
    pictures: Sequence[Picture] = (),
) -> ReturnRequest:
    """Asks for a contact to be taken back (M7), with up to five pictures that show why. The same request sent twice
    is one.

    A return that was refused can be asked for again within its days, but not for the same reason; nor for one that
    was withdrawn twice. That the homeowner withdrew is a reason where they did.
    Raises MarketplaceError.
    """
    _lock_professional(contact)
    contact = Contact.objects.select_for_update(no_key=True).get(pk=contact.pk)
    standing = contact.returns.filter(state=State.ASKED, reason=reason).first()
    if standing:
        return standing
    refusal = obstacle(contact=contact, now=now)
    if refusal:
        raise refusal
    last = last_day_for(contact, reason)
    if last is None:
        raise MarketplaceError("unknown_reason", _("Choose one of the reasons for a return."), field="reason")
    if now >= end_of_day(last):
        raise _too_late(contact, last)
    if contact.returns.filter(state=State.REFUSED, reason=reason).exists():
        raise MarketplaceError(
            "refused_before",
            _("A return for this reason was already refused. If there is another reason, choose that one."),
            field="reason",
        )
    withdrawn = contact.returns.filter(state=State.WITHDRAWN, reason=reason).count()
    if withdrawn >= WITHDRAWN_AT_MOST:
        raise MarketplaceError(
            "withdrawn_before",
            _(
                "You have withdrawn a return for this reason more than once. "
                "If there is another reason, choose that one."
            ),
            field="reason",
        )
    explanation = many_lines(explanation)
    if length_as_read(explanation) < EXPLANATION_AT_LEAST:
        raise MarketplaceError(
            "explanation_too_short",
            _("Tell us in a sentence what is wrong, so that we can decide without asking back."),
            field="explanation",
        )
    asked = ReturnRequest.objects.create(
        contact=contact, reason=reason, explanation=explanation, asked_at=now
    )
    _note(asked, by=by, before="", why=explanation, now=now)
    if pictures:
        # Last, for files are not rolled back: what fails in it takes its own away.
        add_evidence(return_request=asked, pictures=pictures, now=now)
    return asked


@transaction.atomic
def withdraw_return(*, return_request: ReturnRequest, by: Any, now: datetime) -> ReturnRequest:
    """Takes a return back that is not decided yet. Raises MarketplaceError."""
    asked = _lock(return_request)
    if asked.state == State.WITHDRAWN:
        return asked
    _move(asked, to=State.WITHDRAWN, by=by, why="", now=now)
    return asked


def can_be_asked_again(asked: ReturnRequest) -> bool:
    """Whether this undecided request, once withdrawn, may be asked for a second time for the same reason, while its
    days last."""
    before = asked.contact.returns.filter(state=State.WITHDRAWN, reason=asked.reason).count()
    return before + 1 < WITHDRAWN_AT_MOST


@transaction.atomic
def accept_return(*, return_request: ReturnRequest, by: Any, note: str, now: datetime) -> ReturnRequest:
    """Takes the contact back: its price is credited once, and the lead's place freed or the lead closed (M7).

    `note` is read by the professional; it may be empty. Raises MarketplaceError, PermissionDenied.
    """
    asked = _lock(return_request)
    _check_decider(by, asked.contact.professional)
    if asked.state == State.ACCEPTED:
        return asked
    note = read_reason(note, field="note")
    _move(asked, to=State.ACCEPTED, by=by, why=note, now=now)
    _take_back(asked, by=by, now=now)
    _tell(asked, "marketplace/return_accepted", note, now)
    return asked


@transaction.atomic
def refuse_return(*, return_request: ReturnRequest, by: Any, note: str, now: datetime) -> ReturnRequest:
    """Leaves the contact where it is; `note` says why, and the professional reads it.

    Raises MarketplaceError, PermissionDenied.
    """
    asked = _lock(return_request)
    _check_decider(by, asked.contact.professional)
    if asked.state == State.REFUSED:
        return asked
    why = _reason_given(note)
    _move(asked, to=State.REFUSED, by=by, why=why, now=now)
    _tell(asked, "marketplace/return_refused", why, now)
    return asked


@transaction.atomic
def return_by_staff(
    *, contact: Contact, by: Any, note: str, now: datetime, reason: str = Reason.STAFF
) -> ReturnRequest:
    """Takes a contact back that nobody has asked to return, also after its days; `note` says why (M7).

    `reason`, one of REASONS_OF_STAFF, decides what becomes of the request, as where a business asked for it.
    Raises MarketplaceError, PermissionDenied.
    """
    if reason not in dict(REASONS_OF_STAFF):
        raise MarketplaceError("unknown_reason", _("Choose one of the reasons for a return."), field="reason")
    professional = _lock_professional(contact)
    _check_decider(by, professional)
    Wallet.objects.select_for_update(no_key=True).get(professional=professional)
    Lead.objects.select_for_update(no_key=True).get(pk=contact.lead_id)
    contact = Contact.objects.select_for_update(no_key=True).get(pk=contact.pk)
    accepted = contact.returns.filter(state=State.ACCEPTED).first()
    if accepted:
        return accepted
    if contact.returns.filter(state=State.ASKED).exists():
        raise MarketplaceError(
            "return_undecided",
            _("The professional has asked for this return. Decide that request instead."),
        )
    why = _reason_given(note)
    given_back = ReturnRequest.objects.create(
        contact=contact,
        reason=reason,
        explanation=why,
        state=State.ACCEPTED,
        asked_at=now,
        decided_at=now,
    )
    _note(given_back, by=by, before="", why=why, now=now)
    _forget_who_is_erased(given_back)
    _take_back(given_back, by=by, now=now)
    _tell(given_back, "marketplace/return_by_staff", why, now)
    return given_back


def _lock_professional(contact: Contact) -> Professional:
    """Purchases, returns and claims of one business follow one another: this closes the race of a claim being
    submitted while one of its contacts is returned."""
    return (
        Professional.objects.select_for_update(no_key=True, of=("self",))
        .select_related("owner")
        .get(pk=contact.professional_id)
    )


def _lock(return_request: ReturnRequest) -> ReturnRequest:
    """The request as it stands now, with everything that its decision changes, locked in the house's order."""
    contact = return_request.contact
    professional = _lock_professional(contact)
    Wallet.objects.select_for_update(no_key=True).filter(professional=professional).first()
    lead = Lead.objects.select_for_update(no_key=True).get(pk=contact.lead_id)
    contact = Contact.objects.select_for_update(no_key=True).get(pk=contact.pk)
    contact.professional, contact.lead = professional, lead
    asked = ReturnRequest.objects.select_for_update(no_key=True).get(pk=return_request.pk)
    asked.contact = contact
    return asked


def _check_decider(by: Any, professional: Professional) -> None:
    """Moderators decide, and nobody on a business that they own or belong to."""
    if not by.has_perm("marketplace.decide_return"):
        raise PermissionDenied
    if professional.has_person(by):
        raise MarketplaceError(
            "own_business", _("You belong to this business, so somebody else has to decide this.")
        )


def _reason_given(note: str) -> str:
    return read_reason(note, field="note", missing=str(_("Write down why. The professional will read it.")))


def _move(asked: ReturnRequest, *, to: str, by: Any, why: str, now: datetime) -> None:
    before = asked.state
    if to not in ReturnRequest.MOVES[before]:
        raise MarketplaceError(
            "return_decided",
            _("This return has been decided or withdrawn in the meantime, so nothing was changed."),
        )
    asked.state = to
    asked.decided_at = now
    asked.save(update_fields=["state", "decided_at"])
    _note(asked, by=by, before=before, why=why, now=now)
    _forget_who_is_erased(asked)


def _forget_who_is_erased(ended: ReturnRequest) -> None:
    """What was told about a homeowner after they were erased goes as soon as it has served: the job that anonymises
    looks at no request twice (X5)."""
    if ended.contact.lead.anonymised_at is not None:
        forget_person(ReturnRequest.objects.filter(pk=ended.pk))


def _take_back(accepted: ReturnRequest, *, by: Any, now: datetime) -> None:
    """Credits the price and lets go of the lead. All that it touches is locked."""
    contact = accepted.contact
    refusal = _cannot_be_credited(contact)
    if refusal:
        raise refusal
    contact.return_entry = wallet.credit(
        wallet=Wallet.objects.get(professional_id=contact.professional_id),
        amount_cents=contact.price_cents,
        kind=WalletEntry.Kind.RETURN,
        cause=f"contact:{contact.public_id}",
        now=now,
    )
    contact.returned_at = now
    contact.next_step, contact.next_step_due_at = "", None
    contact.save(update_fields=["returned_at", "return_entry", "next_step", "next_step_due_at"])
    _let_go_of_lead(accepted, by=by, now=now)


def _let_go_of_lead(accepted: ReturnRequest, *, by: Any, now: datetime) -> None:
    """Frees the place, or closes a lead that is itself bad and tells its other buyers; whatever became of the lead
    meanwhile (expired, closed, withdrawn), the return stands."""
    lead = Lead.objects.get(pk=accepted.contact.lead_id)
    aftermath = AFTERMATH[accepted.reason]
    if aftermath is Aftermath.PLACE_FREED:
        lead.places_taken -= 1
        lead.save(update_fields=["places_taken"])
    elif aftermath is Aftermath.LEAD_CLOSED:
        if Lead.State.CLOSED in Lead.MOVES[lead.state]:
            # The note is for the professional; other buyers, the homeowner and the lead's history get the reason
            # alone. Nor are buyers told that the job is closed, as though it had been one.
            close_lead(lead=lead, by=by, reason="", ground=accepted.reason, now=now, tells_buyers=False)
        # Also where it had ended already; of one that was withdrawn they have heard, and have that reason.
        if lead.details_shown:
            _tell_other_buyers(accepted, lead, now)


def _tell_other_buyers(accepted: ReturnRequest, lead: Lead, now: datetime) -> None:
    """What one buyer found, the others will: they hear it while they can still give the contact back. Not who."""
    others = lead.contacts.kept().exclude(pk=accepted.contact_id)
    letters = []
    for contact in others.select_related("professional__owner", "lead"):
        owner = contact.professional.owner
        standing = obstacle(contact=contact, now=now)
        letters.append(
            outbox.Letter(
                kind="marketplace/lead_found_bad",
                # Of the contact: another return for another reason tells them nothing new.
                cause=f"contact:{contact.public_id}",
                to=owner.email,
                language=owner.language,
                context={
                    "lead": lead,
                    "reason": accepted.reason,
                    "ask_until": days_left(contact, now).ordinary,
                    "too_late": standing is not None and standing.code == "return_too_late",
                    "contact_url": links.absolute("marketplace:contact", public_id=contact.public_id),
                },
            )
        )
    outbox.write_many(letters, now=now)


def _note(asked: ReturnRequest, *, by: Any, before: str, why: str, now: datetime) -> None:
    ReturnEvent.objects.create(
        return_request=asked, actor=by, from_state=before, to_state=asked.state, reason=why, at=now
    )


def _tell(decided: ReturnRequest, kind: str, note: str, now: datetime) -> None:
    contact = decided.contact
    owner = contact.professional.owner
    outbox.write(
        kind=kind,
        cause=f"return:{decided.pk}",
        to=owner.email,
        language=owner.language,
        context={
            "return_request": decided,
            "contact": contact,
            "lead": contact.lead,
            "note": note,
            "price_cents": contact.price_cents,
            "left": days_left(contact, now),
            "contact_url": links.absolute("marketplace:contact", public_id=contact.public_id),
        },
        now=now,
    )
