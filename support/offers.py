"""Offers of more support: made, sent, answered online, and paid (S6).

An offer is no invoice. Accepted, it can be paid (`billing.prepayments`); paid, its invoice is issued as paid, and in
the same transaction it becomes an allowance.

Locks: ticket → offer where one is sent, and prepayment → offer where one is paid or ended; nothing waits in another
order.
"""

import uuid
from datetime import date, datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.dispatch import receiver
from django.urls import reverse
from django.utils import formats, translation
from django.utils.translation import gettext as _

from base.links import absolute
from base.models import move_to
from base.money import money
from base.numbers import next_number
from billing.models import GatewayPayment, Invoice, Prepayment
from billing.payments import start_prepayment
from billing.prepayments import end_prepayment, lock_prepayment, open_prepayment
from billing.signals import invoice_paid
from profiles.models import User
from support import letters
from support.allowances import in_words, open_allowance
from support.answering import answer_and_log
from support.clients import readers_of, refuse_own, signs_for
from support.desk_calendar import desk_day
from support.drafts import changes_in_words, day_in_words
from support.errors import SupportError, form_used
from support.merging import read_by_another
from support.models import AllowanceEntry, Client, Offer, OfferEvent, OfferNumber, Ticket
from support.tickets import followed, locked_where_it_goes_on

State = Offer.State
# Whoever pays late can use what they paid for this long at least.
USABLE_FOR = timedelta(days=30)


def make_offer(
    *,
    client: Client,
    what: str,
    unit: str,
    amount: int,
    price_cents: int,
    valid_until: date,
    by: User,
    now: datetime,
    expires_on: date | None = None,
    text: str = "",
    ticket: Ticket | None = None,
    public_id: uuid.UUID | None = None,
) -> Offer:
    """A draft of `amount` whole minutes or interventions of support for `what`, for `price_cents`, tax included; seen
    by the desk alone. `public_id` is what makes two sendings of one form one offer: the same id again returns what
    stands.

    Raises SupportError: "own_business", "not_a_client" (nothing was agreed with them yet: send a quote),
    "other_client" (the ticket is of another), "appeal" (it is one), "form_used", and as `change_offer`.
    """
    refuse_own(client, by)
    said = _said(what, unit, amount, price_cents, valid_until, expires_on, text, now)
    if not Client.objects.signed().filter(pk=client.pk).exists():
        raise SupportError(
            "not_a_client",
            _("Nothing was agreed with %(client)s yet, so there is no support to add to. Send a quote.")
            % {"client": client},
        )
    if ticket is not None and ticket.client_id != client.pk:
        raise SupportError("other_client", _("That ticket is of another client."), field="ticket")
    _refuse_appeal(ticket)
    year = desk_day(now).year
    with transaction.atomic():
        # Of two sendings at once the second waits here, and then sees what the first made.
        Client.objects.select_for_update(no_key=True).get(pk=client.pk)
        standing = Offer.objects.filter(public_id=public_id).first() if public_id else None
        if standing:
            if standing.client_id != client.pk or any(
                getattr(standing, name) != value for name, value in said.items()
            ):
                raise form_used(standing.number)
            return standing
        offer = Offer.objects.create(
            public_id=public_id or uuid.uuid4(),
            client=client,
            ticket=ticket,
            year=year,
            sequence=next_number(OfferNumber, year),
            made_by=by,
            made_at=now,
            **said,
        )
        _note(offer, "", by, now)
        return offer


def change_offer(
    *,
    offer: Offer,
    what: str,
    unit: str,
    amount: int,
    price_cents: int,
    valid_until: date,
    by: User,
    now: datetime,
    expires_on: date | None = None,
    text: str = "",
) -> Offer:
    """Writes a draft anew; its history says who did, and what it said before and after (X4). The same said twice is
    said once.

    Raises SupportError: "own_business", "offer_sent" (what was sent is edited no more), "nothing_offered", "no_amount",
    "no_price", "ends_before".
    """
    refuse_own(offer.client, by)
    said = _said(what, unit, amount, price_cents, valid_until, expires_on, text, now)
    with transaction.atomic():
        offer = _locked(offer)
        if offer.state != State.DRAFT:
            raise SupportError(
                "offer_sent",
                _("This offer was sent, so it is edited no more. Withdraw it and make another."),
            )
        before = _in_words(offer)
        for name, value in said.items():
            setattr(offer, name, value)
        if changed := changes_in_words(before, _in_words(offer)):
            offer.save(update_fields=list(said))
            _note(offer, offer.state, by, now, reason=changed)
        return offer


def _in_words(offer: Offer) -> dict[str, str]:
    return {
        _("Support for"): offer.what,
        _("How much"): in_words(offer.amount, offer.unit),
        _("Price"): money(offer.price_cents),
        _("Can be accepted until"): day_in_words(offer.valid_until),
        _("To be used by"): day_in_words(offer.expires_on),
        _("What the client reads besides"): offer.text,
    }


def answered_with(offer: Offer) -> Ticket | None:
    """The ticket that `offer` answers once it is sent; None where it answers none."""
    ticket = followed(offer.ticket) if offer.ticket is not None else None
    return ticket if ticket is not None and _answers(offer, ticket) else None


def _answers(offer: Offer, ticket: Ticket) -> bool:
    # A link that was taken back, or put right, made it somebody else's: what is offered is for its client alone.
    return ticket.is_open and ticket.client_id == offer.client_id


def send_offer(
    *, offer: Offer, by: User, now: datetime, seen: int | None = None, seen_call: int | None = None
) -> Offer:
    """Sends a draft to those who sign for the client. Of one that was made for a ticket that is open, it is a person's
    answer there: a client with nothing left is answered in time, with the offer (S6). Sent again, nothing happens.

    `seen` and `seen_call` are the ids of the last message and the last call on that ticket that `by` had in front of
    them, 0 where there was none: what came after is looked at first, as with any answer (S8).

    Raises SupportError: "own_business", "offer_expired" (its last day has passed), "offer_ended" (withdrawn),
    "nobody_signs", "appeal" (its ticket is one, or was merged into one), "news", "nobody_to_write_to" (on it).
    """
    today = desk_day(now)
    with transaction.atomic():
        ticket = locked_where_it_goes_on(offer.ticket) if offer.ticket is not None else None
        offer = _locked(offer)
        if offer.sent_at is not None and offer.state != State.WITHDRAWN:
            return offer
        refuse_own(offer.client, by)
        if offer.state != State.DRAFT:
            raise SupportError("offer_ended", _("This offer was withdrawn. Make another."))
        _refuse_appeal(ticket)
        if offer.valid_until < today:
            raise SupportError(
                "offer_expired",
                _("The last day of this offer has passed. Give it a later one, then send it."),
            )
        if not readers_of(offer.client, signing=True):
            raise SupportError(
                "nobody_signs",
                _(
                    "Nobody signs for %(client)s, so nobody would read this offer. Name somebody on the client's "
                    "page, then send it."
                )
                % {"client": offer.client},
            )
        before = move_to(offer, State.SENT)
        offer.sent_at = now
        offer.save(update_fields=["state", "sent_at"])
        _note(offer, before, by, now)
        letters.offer_sent(offer, now)
        if ticket is not None and _answers(offer, ticket):
            said = said_on(ticket, offer)
            answer_and_log(ticket=ticket, text=said, by=by, now=now, seen=seen, seen_call=seen_call)
        return offer


def said_on(ticket: Ticket, offer: Offer) -> str:
    """What is read on the ticket that `offer` answers."""
    return told_to_another(offer) if read_by_another(ticket) else answer_of(offer)


def answer_of(offer: Offer) -> str:
    """What the client reads on the ticket for which an offer was made, in their language."""
    with translation.override(_language_of_asker(offer)):
        said = _("This goes beyond what is left of our agreement, so we offer you more support:")
        offered = _("%(amount)s for “%(what)s”, for %(price)s, tax included.") % {
            "amount": in_words(offer.amount, offer.unit),
            "what": offer.what,
            "price": money(offer.price_cents),
        }
        until = _(
            "It can be accepted until %(day)s by whoever signs for you. Nothing is charged before that."
        ) % {"day": formats.date_format(offer.valid_until, "DATE_FORMAT")}
    parts = [offer.text, said, offered, until, absolute("support:offer", public_id=offer.public_id)]
    return "\n\n".join(filter(None, parts))


def told_to_another(offer: Offer) -> str:
    """What is read there by whoever asked and does not speak for the client, as of a question that was linked to it:
    that there is an offer, and nothing of what it says."""
    with translation.override(_language_of_asker(offer)):
        return _(
            "This goes beyond what is left of the agreement, so we have sent an offer of more support to whoever "
            "signs for it."
        )


def _language_of_asker(offer: Offer) -> str:
    said = offer.ticket.language if offer.ticket else ""
    return said or offer.client.language or settings.LANGUAGE_CODE


def accept_offer(*, offer: Offer, by: User, price_seen_cents: int, now: datetime) -> Offer:
    """Accepted online by somebody who signs for the client: from now on it can be paid, and until it is, nothing is
    owed. Accepted twice, it is once.

    Raises SupportError: "may_not_sign", "own_offer" (whoever made it), "offer_changed" (not what the page showed),
    "offer_not_sent", "offer_expired", "offer_ended".
    """
    with transaction.atomic():
        offer = _locked(offer)
        _refuse_unsigned(offer, by)
        if offer.state in (State.ACCEPTED, State.PAID):
            return offer
        if offer.made_by_id == by.pk:
            raise SupportError("own_offer", _("You made this offer. Somebody else signs for the client."))
        if offer.price_cents != price_seen_cents:
            raise SupportError(
                "offer_changed", _("The price of this offer is not what you were shown. Look at it again.")
            )
        if offer.state == State.DRAFT:
            raise SupportError(
                "offer_not_sent", _("This offer was not sent yet, so nobody can have accepted it.")
            )
        _refuse_move(offer, State.ACCEPTED)
        if not offer.can_be_accepted(desk_day(now)):
            raise SupportError(
                "offer_expired",
                _("This offer could be accepted until %(day)s. Write to us: we will gladly make you another.")
                % {"day": formats.date_format(offer.valid_until, "DATE_FORMAT")},
            )
        language = by.language or offer.client.language or settings.LANGUAGE_CODE
        with translation.override(language):
            description = _("%(amount)s of support: %(what)s (offer %(number)s)") % {
                "amount": in_words(offer.amount, offer.unit),
                "what": offer.what,
                "number": offer.number,
            }
        before = move_to(offer, State.ACCEPTED)
        offer.prepayment = open_prepayment(
            customer=offer.client.customer,
            number=offer.number,
            description=description,
            total_cents=offer.price_cents,
            language=language,
            path=reverse("support:offer", kwargs={"public_id": offer.public_id}),
            now=now,
        )
        offer.save(update_fields=["state", "prepayment"])
        _note(offer, before, by, now)
        letters.offer_accepted(offer, now)
        return offer


def pay_offer(*, offer: Offer, by: User, now: datetime) -> GatewayPayment:
    """Opens the gateway's page for an accepted offer. Whoever speaks for the client may pay it. Not to be called inside
    a transaction.

    Raises SupportError: "not_accepted", "offer_expired" (what it would become could no longer be used); BillingError as
    `start_prepayment`.
    """
    offer = Offer.objects.select_related("prepayment").get(pk=offer.pk)
    if offer.state != State.ACCEPTED or offer.prepayment is None:
        raise SupportError(
            "not_accepted",
            _("This offer is %(state)s, so nothing is to be paid for it.")
            % {"state": offer.get_state_display()},
        )
    if offer.expires_on is not None and not offer.can_be_paid(desk_day(now)):
        raise SupportError(
            "offer_expired",
            _("What this offer was for could be used until %(day)s. Write to us: we will make you another.")
            % {"day": formats.date_format(offer.expires_on, "DATE_FORMAT")},
        )
    return start_prepayment(prepayment=offer.prepayment, by=by, now=now)


def decline_offer(*, offer: Offer, reason: str, by: User, now: datetime) -> Offer:
    """The client does not want it, also once it was accepted, as long as it is not paid; why, they may say. Declined
    twice, it is once.

    Raises SupportError: "may_not_sign", "offer_ended"; BillingError: "payment_pending".
    """
    with transaction.atomic():
        offer = _locked(offer)
        _refuse_unsigned(offer, by)
        if offer.state == State.DECLINED:
            return offer
        _end(offer, State.DECLINED, reason, by, now)
        letters.offer_declined(offer, reason, now)
        return offer


def withdraw_offer(*, offer: Offer, reason: str, by: User, now: datetime) -> Offer:
    """The desk takes back an offer that is not paid. Of one that was sent the client is told, with the reason.

    Raises SupportError: "own_business", "no_reason" (of one that was sent), "offer_ended"; BillingError:
    "payment_pending".
    """
    with transaction.atomic():
        offer = _locked(offer)
        if offer.state == State.WITHDRAWN:
            return offer
        refuse_own(offer.client, by)
        sent = offer.state != State.DRAFT
        if sent and not reason.strip():
            raise SupportError(
                "no_reason", _("Say why the offer is withdrawn: the client reads it."), field="reason"
            )
        _end(offer, State.WITHDRAWN, reason, by, now)
        if sent:
            letters.offer_withdrawn(offer, reason, now)
        return offer


@receiver(invoice_paid, sender=Invoice)
def become_allowance(invoice: Invoice, now: datetime, **kwargs: Any) -> None:
    """An offer is paid: it becomes an allowance, in the transaction that books the money, once. Paid again after the
    bank had taken the money back, it is the allowance that it was: that can be used again (`unpaid_purchases`).

    Usable from today on; whoever pays when it would be over almost, or already, has it for `USABLE_FOR` all the same.
    """
    prepayment = Prepayment.objects.filter(invoice=invoice).first()
    found = Offer.objects.filter(prepayment=prepayment).first() if prepayment else None
    if found is None:
        return
    offer = _locked(found)
    if offer.state == State.PAID:
        return
    today = desk_day(now)
    expires_on = offer.expires_on
    if expires_on is not None and expires_on < today:
        expires_on = today + USABLE_FOR
    before = move_to(offer, State.PAID)
    offer.allowance = open_allowance(
        client=offer.client,
        what=offer.what,
        unit=offer.unit,
        amount=offer.amount,
        starts_on=today,
        expires_on=expires_on,
        cause=f"offer:{offer.public_id}",
        kind=AllowanceEntry.Kind.BOUGHT,
        now=now,
    )
    offer.save(update_fields=["state", "allowance"])
    _note(offer, before, None, now, reason=invoice.number)
    letters.offer_paid(offer, invoice, now)


def _said(
    what: str,
    unit: str,
    amount: int,
    price_cents: int,
    valid_until: date,
    expires_on: date | None,
    text: str,
    now: datetime,
) -> dict[str, Any]:
    what = what.strip()
    if not what:
        raise SupportError("nothing_offered", _("Say what the support is for."), field="what")
    if amount < 1:
        raise SupportError("no_amount", _("Offer at least 1."), field="amount")
    if price_cents < 1:
        raise SupportError(
            "no_price", _("What costs nothing needs no offer: make an exception."), field="price"
        )
    if expires_on is not None and expires_on < max(valid_until, desk_day(now)):
        raise SupportError(
            "ends_before",
            _("The support would end before the offer does. Give it a later day, or none."),
            field="expires_on",
        )
    return {
        "what": what[:150],
        "unit": unit,
        "amount": amount,
        "price_cents": price_cents,
        "valid_until": valid_until,
        "expires_on": expires_on,
        "text": text.strip(),
    }


def client_offered(ticket: Ticket) -> Client:
    """To whom an offer would be made on `ticket`. Raises SupportError: "not_a_client" (it is nobody's), "appeal"."""
    _refuse_appeal(ticket)
    if ticket.client is None:
        raise SupportError(
            "not_a_client",
            _("Offers are made to clients, and this question is nobody's yet. Link it to a client first."),
        )
    return ticket.client


def _refuse_appeal(ticket: Ticket | None) -> None:
    """Its answer comes from who hears it, and whoever sends an offer need not be them (G19)."""
    if ticket is not None and ticket.kind == Ticket.Kind.APPEAL:
        raise SupportError(
            "appeal", _("An appeal is heard at no charge: there is nothing to offer on it."), field="ticket"
        )


def _refuse_unsigned(offer: Offer, by: User) -> None:
    if not signs_for(offer.client, by):
        raise SupportError(
            "may_not_sign",
            _("Only whoever signs for %(client)s can answer this offer. Ask them to open this page.")
            % {"client": offer.client},
        )


def _refuse_move(offer: Offer, to: Offer.State) -> None:
    if to not in Offer.MOVES[offer.state]:
        raise SupportError(
            "offer_ended",
            _("This offer is %(state)s already. Nothing was changed.") % {"state": offer.get_state_display()},
        )


def _end(offer: Offer, to: Offer.State, reason: str, by: User, now: datetime) -> None:
    _refuse_move(offer, to)
    if offer.prepayment is not None:
        end_prepayment(prepayment=offer.prepayment, now=now)
    before = move_to(offer, to)
    offer.save(update_fields=["state"])
    _note(offer, before, by, now, reason=reason)


def _locked(offer: Offer) -> Offer:
    """The offer, read again under its lock, after that of what can be paid for it, with what its client is.

    Whether there is something to be paid is looked at before, without a lock. Where it was accepted in between, its
    lock is given back (which is what the savepoint is for) and both are taken in their order: whoever pays it takes
    them so, and would wait for us while we wait for them.
    """
    rows = Offer.objects.select_for_update(no_key=True, of=("self",))
    while True:
        prepayment_id = Offer.objects.values_list("prepayment_id", flat=True).get(pk=offer.pk)
        before = transaction.savepoint()
        if prepayment_id is not None:
            lock_prepayment(prepayment_id)
        found = rows.select_related("client__customer__professional").get(pk=offer.pk)
        if found.prepayment_id == prepayment_id:
            transaction.savepoint_commit(before)
            return found
        transaction.savepoint_rollback(before)


def _note(offer: Offer, before: str, by: User | None, now: datetime, reason: str = "") -> None:
    OfferEvent.objects.create(
        offer=offer, actor=by, from_state=before, to_state=offer.state, reason=reason, at=now
    )
