"""Buying a contact, and what is said of one afterwards."""

import uuid
from collections.abc import Collection, Iterable
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple

from django.db import transaction
from django.db.models import BigIntegerField, Case, Exists, F, QuerySet, Subquery, Sum, When
from django.utils.translation import gettext_lazy as _

from base.days import marketplace_day, month_of
from base.money import money
from base.prepared import Prepared
from billing import wallet as ledger
from billing.errors import BillingError
from billing.models import Period, Wallet, WalletEntry
from mail import outbox
from marketplace.errors import MarketplaceError
from marketplace.follow_up import remember_next_step
from marketplace.homeowners import page_of
from marketplace.models import (
    FIRST_CONTACT_WITHIN,
    Contact,
    ContactEvent,
    HomeownerWordEvent,
    Lead,
    Step,
)
from marketplace.signals import homeowner_speaks
from profiles.addresses import address_key, proved_keys
from profiles.models import Professional, Suspension, User

# A homeowner who says the same again within it has pressed twice, or corrects something else beside it.
ONE_SAYING = timedelta(hours=1)


def buy_contact(*, professional: Professional, lead: Lead, price_seen_cents: int, now: datetime) -> Contact:
    """Buys `lead` for `professional` in one transaction: debits, reveals, starts the 24 hours, and tells the
    homeowner who will call (M4).

    The same purchase sent again returns the contact that was bought. `price_seen_cents` is what the page showed.
    Raises MarketplaceError: bought_before (and returned), suspended, no_plan, not_live, sold_out, own_lead,
    price_changed, over_monthly_limit, balance_too_low. A refusal leaves nothing behind.
    """
    try:
        with transaction.atomic():
            return _buy(professional.pk, lead.pk, price_seen_cents, now)
    except BillingError as error:
        if error.code != "balance_too_low":
            raise
        # Read after the transaction has been undone, for the sentence alone.
        balance = Wallet.objects.filter(professional=professional).values_list("balance_cents", flat=True)
        raise _balance_too_low(price_seen_cents, balance.first() or 0) from error


def _buy(professional_id: int, lead_id: int, price_seen_cents: int, now: datetime) -> Contact:
    # This lock stands in line for everything that one business does with its contacts: two clicks of the same
    # purchase, and a purchase against a claim that is being submitted.
    buyer = (
        Professional.objects.select_for_update(no_key=True, of=("self",))
        .only("id", "owner_id", "name", "phone")
        .get(pk=professional_id)
    )
    # Read without a lock: the price never changes once published, and the place is claimed further down.
    lead = Lead.objects.only(
        "id", "state", "published_at", "price_cents", "places", "places_taken", "title", "title_masked",
        "language", "homeowner_name", "homeowner_email", "public_id", "link_version",
    ).get(pk=lead_id)  # fmt: skip
    standing = _standing(buyer, lead, now)
    if standing.bought is not None:
        return _bought_already(standing.bought)
    _refuse_unless_allowed(standing)
    _refuse_unless_buyable(lead, now)
    _refuse_if_own(buyer, lead)
    price_cents = lead.price_cents or 0
    if price_cents != price_seen_cents:
        raise MarketplaceError(
            "price_changed",
            _("The price of this contact is %(price)s, not what you were shown. Look at it again and decide.")
            % {"price": money(price_cents)},
        )
    _refuse_if_over_limit(standing, price_cents)
    if standing.wallet is None:
        raise _balance_too_low(price_cents, 0)
    public_id = uuid.uuid4()
    entry = ledger.debit(
        wallet=Wallet(pk=standing.wallet),
        amount_cents=price_cents,
        kind=WalletEntry.Kind.PURCHASE,
        cause=f"contact:{public_id}",
        now=now,
    )
    # Of sixteen buyers for the last place this lets one through: the row is locked, looked at and changed at once.
    if not Lead.objects.buyable(now).filter(pk=lead_id).update(places_taken=F("places_taken") + 1):
        lead.refresh_from_db(fields=["state", "places", "places_taken"])
        _refuse_unless_buyable(lead, now)
        raise MarketplaceError("not_live", _("This request can no longer be bought."))
    contact = Contact.objects.create(
        public_id=public_id,
        professional=buyer,
        lead=lead,
        price_cents=price_cents,
        bought_at=now,
        bought_on=marketplace_day(now),
        purchase_entry=entry,
        next_step=Step.CALL_FIRST,
        next_step_due_at=now + FIRST_CONTACT_WITHIN,
    )
    outbox.write(
        kind="marketplace/contact_bought",
        cause=f"contact:{public_id}",
        to=lead.homeowner_email,
        language=lead.language,
        context={
            "name": lead.homeowner_name,
            "title": lead.masked_title,
            "business": buyer.name,
            "phone": buyer.phone.as_national if buyer.phone else "",
            "page_url": page_of(lead),
        },
        now=now,
    )
    return contact


def obstacle(*, professional: Professional, lead: Lead, now: datetime) -> MarketplaceError | None:
    """Why `professional` cannot buy `lead` at `now`, for a page to say it beforehand; None: it can.

    Asks nothing that `buy_contact` does not ask again, inside its locks, and never whose request it is: a page
    that said so would tell who asked for what (M5).
    """
    standing = _standing(professional, lead, now)
    price_cents = lead.price_cents or 0
    try:
        _refuse_unless_allowed(standing)
        _refuse_unless_buyable(lead, now)
        _refuse_if_over_limit(standing, price_cents)
    except MarketplaceError as refusal:
        return refusal
    if standing.balance_cents < price_cents:
        return _balance_too_low(price_cents, standing.balance_cents)
    return None


def _bought_already(contact_id: int) -> Contact:
    """Asked before everything else: the same purchase sent again is answered also when it could be made no more."""
    contact = Contact.objects.get(pk=contact_id)
    if contact.returned_at is not None:
        raise MarketplaceError(
            "bought_before", _("You bought this contact before and returned it. It cannot be bought again.")
        )
    return contact


class _Standing(NamedTuple):
    """Whether a professional may buy a lead at all, and the contact if it was bought already."""

    bought: int | None
    suspended: bool
    plan_in_force: bool
    wallet: int | None
    balance_cents: int
    limit_cents: int | None
    spent_cents: int


def _standings(
    *, buyer: int, lead: int, today: date, month: date, next_month: date
) -> QuerySet[Professional, tuple[Any, ...]]:
    of_buyer = {"professional": buyer}
    bought = Contact.objects.filter(**of_buyer, lead=lead).order_by()
    spent = Contact.objects.spent_in_month(buyer, month, next_month).order_by()
    return Professional.objects.filter(pk=buyer).values_list(
        Subquery(bought.values("pk")[:1]),
        Exists(Suspension.objects.standing().filter(**of_buyer)),
        Exists(Period.objects.in_force(today).filter(**of_buyer)),
        "wallet",
        "wallet__balance_cents",
        "lead_preferences__monthly_limit_cents",
        # Added up only where there is a limit to hold it against.
        Case(
            When(
                lead_preferences__monthly_limit_cents__isnull=False,
                then=Subquery(
                    spent.values("professional").annotate(sum=Sum("price_cents")).values("sum"),
                    output_field=BigIntegerField(),
                ),
            )
        ),
    )


_STANDING = Prepared(_standings)


def _standing(buyer: Professional, lead: Lead, now: datetime) -> _Standing:
    """In one statement; inside the buyer's lock nothing of it changes any more, save the balance by a credit."""
    today = marketplace_day(now)
    month, next_month = month_of(today)
    row = _STANDING.first(buyer=buyer.pk, lead=lead.pk, today=today, month=month, next_month=next_month)
    if row is None:
        raise Professional.DoesNotExist
    bought, suspended, in_force, wallet, balance_cents, limit_cents, spent_cents = row
    return _Standing(bought, suspended, in_force, wallet, balance_cents or 0, limit_cents, spent_cents or 0)


def _refuse_unless_allowed(standing: _Standing) -> None:
    """A suspension before a missing plan: contracting one would not help (G19, M4)."""
    if standing.suspended:
        raise MarketplaceError(
            "suspended",
            _("Your business is suspended, so it cannot buy contacts. The contacts you bought stay yours."),
        )
    if not standing.plan_in_force:
        raise MarketplaceError(
            "no_plan", _("You have no plan in force. Contract a plan, and then buy this contact.")
        )


def _refuse_if_own(buyer: Professional, lead: Lead) -> None:
    """By addresses that somebody has proved to be theirs: whoever could try others would learn whose request it is."""
    if address_key(lead.homeowner_email) in proved_keys(buyer.pk):
        raise MarketplaceError("own_lead", _("You cannot buy this request. You have not been charged."))


def _refuse_unless_buyable(lead: Lead, now: datetime) -> None:
    """By its state and its date, never by a job having run (M2)."""
    expires_at = lead.expires_at
    if lead.state != Lead.State.PUBLISHED or expires_at is None or expires_at <= now:
        raise MarketplaceError("not_live", _("This request can no longer be bought: it has ended."))
    if lead.places_left <= 0:
        raise MarketplaceError(
            "sold_out", _("All the places of this request are taken. You have not been charged.")
        )


def _refuse_if_over_limit(standing: _Standing, price_cents: int) -> None:
    """What a business set for itself, whatever is on its balance (M11)."""
    limit_cents, spent_cents = standing.limit_cents, standing.spent_cents
    if limit_cents is not None and spent_cents + price_cents > limit_cents:
        raise MarketplaceError(
            "over_monthly_limit",
            _(
                "This contact costs %(price)s, and your monthly limit of %(limit)s leaves %(left)s: you have spent "
                "%(spent)s this month. The owner of the business can change the limit in your preferences for new "
                "jobs."
            )
            % {
                "price": money(price_cents),
                "limit": money(limit_cents),
                "left": money(max(0, limit_cents - spent_cents)),
                "spent": money(spent_cents),
            },
        )


def _balance_too_low(price_cents: int, balance_cents: int) -> MarketplaceError:
    return MarketplaceError(
        "balance_too_low",
        _(
            "This contact costs %(price)s and your balance is %(balance)s: %(missing)s are missing. "
            "Add money to your balance, then buy it."
        )
        % {
            "price": money(price_cents),
            "balance": money(balance_cents),
            "missing": money(price_cents - balance_cents),
        },
    )


def set_outcome(*, contact: Contact, outcome: str, lost_reason: str, by: User, now: datetime) -> Contact:
    """Says how a contact ended, or corrects it; each change is kept (G2, M6).

    `lost_reason` belongs to a lost contact and to no other. Saying the same again changes nothing. In an open claim
    a job won can still be taken back (G15): no claim is submitted with one, so it was set between a rejection and
    the appeal, and the professional is told to put it right.
    Raises MarketplaceError: returned, frozen (an open claim counts it), refunded, lost_reason_missing.
    """
    if outcome == Contact.Outcome.LOST and not lost_reason:
        raise MarketplaceError(
            "lost_reason_missing", _("Say why this contact was lost."), field="lost_reason"
        )
    if outcome != Contact.Outcome.LOST:
        lost_reason = ""
    with transaction.atomic():
        fresh = Contact.objects.select_for_update(no_key=True, of=("self",)).get(pk=contact.pk)
        if (fresh.outcome, fresh.lost_reason) == (outcome, lost_reason):
            return fresh
        refuse_if_returned(fresh)
        if fresh.is_outcome_held:
            raise MarketplaceError(
                "frozen", _("This contact is part of an open claim, so its outcome cannot be changed now.")
            )
        if fresh.refunded_at is not None:
            raise MarketplaceError(
                "refunded",
                _(
                    "The guarantee paid this contact back, so its outcome stays as it was. "
                    "If it became a job after all, its page says how to tell us."
                ),
            )
        ContactEvent.objects.create(
            contact=fresh,
            actor=by,
            from_state=fresh.outcome,
            to_state=outcome,
            reason=str(Contact.LostReason(lost_reason).value) if lost_reason else "",
            at=now,
        )
        fresh.outcome, fresh.lost_reason = outcome, lost_reason
        fresh.save(update_fields=["outcome", "lost_reason"])
        remember_next_step(fresh)
        return fresh


def refuse_if_returned(contact: Contact) -> None:
    """Raises MarketplaceError("returned"): nothing more is written about a contact that was given back."""
    if contact.returned_at is not None:
        raise MarketplaceError("returned", _("You returned this contact, so nothing more is recorded on it."))


def record_homeowner_word(*, contact: Contact, word: str, by: User | None, now: datetime) -> Contact:
    """Records what the homeowner said, with its history; the professional never sees it (G2).

    `by` is the member of staff whom they told, None where they said it on their own page. Saying the same again
    changes nothing, unless it `_is_said_anew`. Whoever gave a verdict, or paid, while this waited for the contact did
    not know of it: a confirmation has to come after the word (G2), and a word after the refund is looked at (G24), so
    it is said no earlier than either. Raises MarketplaceError: own_business (nobody decides on a business that they
    belong to), unknown_word.
    """
    if word not in Contact.Word.values:
        raise MarketplaceError("unknown_word", _("Choose what the homeowner said."), field="word")
    with transaction.atomic():
        fresh = (
            Contact.objects.select_for_update(no_key=True, of=("self",))
            .select_related("professional")
            .get(pk=contact.pk)
        )
        if by is not None and fresh.professional.has_person(by):
            raise MarketplaceError(
                "own_business", _("You belong to this business, so somebody else must record this.")
            )
        if fresh.homeowner_word == word and not _is_said_anew(fresh, by, now):
            return fresh
        judged = [moment for _receiver, moment in homeowner_speaks.send(sender=Contact, contact=fresh)]
        said_at = max(moment for moment in (now, fresh.refunded_at, *judged) if moment is not None)
        HomeownerWordEvent.objects.create(
            contact=fresh, actor=by, from_state=fresh.homeowner_word, to_state=word, at=said_at
        )
        fresh.homeowner_word, fresh.homeowner_word_at = word, said_at
        fresh.save(update_fields=["homeowner_word", "homeowner_word_at"])
        return fresh


def _is_said_anew(contact: Contact, by: User | None, now: datetime) -> bool:
    """Whether whoever said already that they hired this business now says so once more: in answer to a verdict given
    since, which did not settle it (G2), or of a job that came after the refund (G24). Within the hour it is one
    saying, unless the refund came in between."""
    said_at, refunded_at = contact.homeowner_word_at, contact.refunded_at
    return (
        by is None
        and contact.homeowner_word == Contact.Word.HIRED_THEM
        and said_at is not None
        and (now - said_at > ONE_SAYING or (refunded_at is not None and said_at < refunded_at))
    )


def freeze_contacts(*, contacts: Iterable[Contact], now: datetime) -> None:
    """Marks contacts as counted by an open claim: none can be returned, nor its outcome changed (M7, G13).

    Call inside the transaction that submits the claim, with the professional's row locked.
    Raises MarketplaceError("returned") if one of them was returned meanwhile.
    """
    ids = {contact.pk for contact in contacts}
    with transaction.atomic():
        frozen = Contact.objects.filter(pk__in=ids, returned_at=None).update(frozen_at=now)
        if frozen != len(ids):
            raise MarketplaceError(
                "returned", _("One of these contacts was returned meanwhile. Look at the claim again.")
            )


def unfreeze_contacts(*, contact_ids: Collection[int]) -> None:
    """The claim that counted them is no longer open. Contacts that are not frozen stay as they are."""
    Contact.objects.filter(pk__in=contact_ids, frozen_at__isnull=False).update(frozen_at=None)


def mark_refunded(*, contact_ids: Collection[int], now: datetime) -> None:
    """The guarantee paid their prices back, so they can never be returned (M7). Keeps an earlier mark."""
    Contact.objects.filter(pk__in=contact_ids, refunded_at=None).update(refunded_at=now)
