"""Giving a contact back, and its decision (M7)."""

from datetime import timedelta

import pytest
from django.core.exceptions import PermissionDenied

from base.days import marketplace_day
from billing.models import Wallet, WalletEntry
from mail.models import OutgoingMail
from marketplace import returns
from marketplace.contacts import buy_contact, freeze_contacts, mark_refunded, unfreeze_contacts
from marketplace.errors import MarketplaceError
from marketplace.models import Contact, Lead, ReturnRequest
from tests.making import NOW, at, buy, contract, fund, make_lead, make_plan

State = ReturnRequest.State
Reason = ReturnRequest.Reason
WHY = "The number belongs to somebody else."
MINUTE = timedelta(minutes=1)


@pytest.fixture
def contact(pro):
    contract(pro, plan=make_plan("year", months=12))
    fund(pro, 100_000)
    return buy(pro, now=NOW)[0]


def ask(contact, *, reason=Reason.WRONG_DETAILS, explanation=WHY, now=NOW + MINUTE):
    return returns.ask_return(
        contact=contact, reason=reason, explanation=explanation, by=contact.professional.owner, now=now
    )


def accept(asked, by, *, note="", now=NOW + 2 * MINUTE):
    return returns.accept_return(return_request=asked, by=by, note=note, now=now)


def refuse(asked, by, *, note="It rang, and she answered.", now=NOW + 2 * MINUTE):
    return returns.refuse_return(return_request=asked, by=by, note=note, now=now)


def balance(pro):
    return Wallet.objects.get(professional=pro).balance_cents


def mails(kind):
    return list(OutgoingMail.objects.filter(kind=kind).values_list("recipient", flat=True))


def events(asked):
    return list(asked.events.values_list("from_state", "to_state", "actor", "reason"))


# Asking


def test_a_return_is_asked_for_with_its_reason(contact):
    asked = ask(contact, reason=Reason.NOT_REAL, explanation="  Nobody of that name.\r\nA shop. ")
    assert (asked.state, asked.reason, asked.explanation) == (
        State.ASKED,
        Reason.NOT_REAL,
        "Nobody of that name.\nA shop.",
    )
    assert events(asked) == [("", "asked", contact.professional.owner_id, asked.explanation)]
    contact.refresh_from_db()
    assert contact.returned_at is None


@pytest.mark.parametrize(
    ("bought", "asked", "taken"),
    [
        ("2026-03-02 12:00", "2026-03-08 12:00", True),  # the day before the last
        ("2026-03-02 12:00", "2026-03-09 00:00", True),  # the seventh day begins
        ("2026-03-02 12:00", "2026-03-09 23:59", True),  # and ends
        ("2026-03-02 12:00", "2026-03-10 00:00", False),
        ("2026-03-02 12:00", "2026-03-10 12:00", False),
        # Late in the evening it is the next day in UTC already, but not in Mexico City.
        ("2026-03-02 23:30", "2026-03-09 23:59", True),
        ("2026-03-02 23:30", "2026-03-10 00:00", False),
        # Early in the morning it is the same day in both.
        ("2026-03-03 00:10", "2026-03-10 23:59", True),
    ],
)
def test_a_return_is_asked_for_until_the_end_of_the_seventh_local_day(pro, bought, asked, taken):
    contract(pro, plan=make_plan("year", months=12))
    fund(pro, 100_000)
    contact = buy(pro, now=at(bought))[0]
    if taken:
        assert ask(contact, now=at(asked)).state == State.ASKED
    else:
        with pytest.raises(MarketplaceError) as refused:
            ask(contact, now=at(asked))
        assert refused.value.code == "return_too_late"
        assert not ReturnRequest.objects.exists()


def test_the_same_request_sent_twice_is_one(contact):
    assert ask(contact) == ask(contact, now=NOW + 2 * MINUTE)
    assert ReturnRequest.objects.count() == 1


def test_one_undecided_request_at_a_time(contact):
    ask(contact)
    with pytest.raises(MarketplaceError) as refused:
        ask(contact, reason=Reason.DUPLICATE)
    assert refused.value.code == "return_undecided"


def test_the_standing_request_is_given_back_also_after_its_days(contact):
    asked = ask(contact)
    assert ask(contact, now=NOW + timedelta(days=30)) == asked


@pytest.mark.parametrize("explanation", ["", "   ", "wrong", "\u200b" * 30])
def test_a_return_is_explained(contact, explanation):
    with pytest.raises(MarketplaceError) as refused:
        ask(contact, explanation=explanation)
    assert (refused.value.code, refused.value.field) == ("explanation_too_short", "explanation")


@pytest.mark.parametrize("reason", [Reason.STAFF, "", "dislike"])
def test_a_professional_has_the_reasons_of_the_list_alone(contact, reason):
    with pytest.raises(MarketplaceError) as refused:
        ask(contact, reason=reason)
    assert (refused.value.code, refused.value.field) == ("unknown_reason", "reason")


def test_a_frozen_contact_is_not_returned(contact):
    freeze_contacts(contacts=[contact], now=NOW)
    with pytest.raises(MarketplaceError) as refused:
        ask(contact)
    assert refused.value.code == "frozen_in_claim"
    unfreeze_contacts(contact_ids=[contact.pk])
    assert ask(contact).state == State.ASKED


def test_a_refunded_contact_is_not_returned(contact):
    mark_refunded(contact_ids=[contact.pk], now=NOW)
    with pytest.raises(MarketplaceError) as refused:
        ask(contact)
    assert refused.value.code == "already_refunded"


def test_a_returned_contact_is_not_returned_again(contact, moderator):
    accept(ask(contact), moderator)
    with pytest.raises(MarketplaceError) as refused:
        ask(contact)
    assert refused.value.code == "already_returned"


def test_a_refused_return_is_asked_again_for_another_reason_only(contact, moderator):
    refuse(ask(contact), moderator)
    with pytest.raises(MarketplaceError) as refused:
        ask(contact)
    assert (refused.value.code, refused.value.field) == ("refused_before", "reason")
    assert ask(contact, reason=Reason.DUPLICATE).state == State.ASKED


def test_a_withdrawn_return_is_asked_again_for_the_same_reason(contact):
    owner = contact.professional.owner
    first = returns.withdraw_return(return_request=ask(contact), by=owner, now=NOW + MINUTE)
    second = ask(contact)
    assert (first.state, second.state, first != second) == (State.WITHDRAWN, State.ASKED, True)
    returns.withdraw_return(return_request=second, by=owner, now=NOW + MINUTE)
    with pytest.raises(MarketplaceError) as refused:
        ask(contact)
    assert (refused.value.code, refused.value.field) == ("withdrawn_before", "reason")
    assert ask(contact, reason=Reason.DUPLICATE).state == State.ASKED


# Deciding


@pytest.mark.parametrize(
    ("reason", "lead_state", "places_taken"),
    [
        (Reason.WRONG_DETAILS, Lead.State.CLOSED, 1),
        (Reason.DUPLICATE, Lead.State.CLOSED, 1),
        (Reason.NOT_REAL, Lead.State.CLOSED, 1),
        (Reason.NEVER_ASKED, Lead.State.CLOSED, 1),
        (Reason.WRONG_PLACE, Lead.State.PUBLISHED, 0),
    ],
)
def test_an_accepted_return_credits_the_price_and_lets_go_of_the_lead(
    contact, moderator, reason, lead_state, places_taken
):
    pro = contact.professional
    before = balance(pro)
    decided = accept(ask(contact, reason=reason), moderator, note="We rang too.")
    contact.refresh_from_db()
    entry = contact.return_entry
    assert (entry.kind, entry.cause, entry.amount_cents) == (
        WalletEntry.Kind.RETURN,
        f"contact:{contact.public_id}",
        contact.price_cents,
    )
    assert balance(pro) == before + contact.price_cents
    assert contact.returned_at == decided.decided_at == NOW + 2 * MINUTE
    lead = Lead.objects.get(pk=contact.lead_id)
    assert (lead.state, lead.places_taken) == (lead_state, places_taken)
    assert events(decided)[1:] == [("asked", "accepted", moderator.pk, "We rang too.")]
    assert mails("marketplace/return_accepted") == [pro.owner.email]


def test_every_reason_says_what_becomes_of_the_lead():
    assert set(returns.AFTERMATH) == set(Reason.values)


def test_a_lead_that_was_closed_meanwhile_stays_closed(contact, moderator):
    from marketplace.leads import close_lead

    asked = ask(contact, reason=Reason.NOT_REAL)
    close_lead(lead=contact.lead, by=moderator, reason="Spam", now=NOW)
    assert accept(asked, moderator).state == State.ACCEPTED


def test_accepting_twice_credits_once_and_writes_once(contact, moderator):
    asked = ask(contact)
    first, second = accept(asked, moderator), accept(asked, moderator, now=NOW + timedelta(days=1))
    assert first == second
    assert second.decided_at == NOW + 2 * MINUTE
    assert WalletEntry.objects.filter(kind=WalletEntry.Kind.RETURN).count() == 1
    assert OutgoingMail.objects.filter(kind="marketplace/return_accepted").count() == 1
    assert len(events(first)) == 2


def test_a_refused_return_changes_nothing_but_is_told(contact, moderator):
    before = balance(contact.professional)
    decided = refuse(ask(contact), moderator)
    contact.refresh_from_db()
    assert (decided.state, contact.returned_at, balance(contact.professional)) == (
        State.REFUSED,
        None,
        before,
    )
    assert refuse(decided, moderator).decided_at == decided.decided_at
    mail = OutgoingMail.objects.get(kind="marketplace/return_refused")
    assert "It rang, and she answered." in mail.text


@pytest.mark.parametrize("note", ["", "  \n"])
def test_a_refusal_says_why(contact, moderator, note):
    asked = ask(contact)
    with pytest.raises(MarketplaceError) as refused:
        refuse(asked, moderator, note=note)
    assert refused.value.code == "reason_missing"
    asked.refresh_from_db()
    assert asked.state == State.ASKED


MOVE = {
    State.WITHDRAWN: lambda asked, by: returns.withdraw_return(return_request=asked, by=by, now=NOW),
    State.ACCEPTED: accept,
    State.REFUSED: refuse,
}


@pytest.mark.parametrize("before", State.values)
@pytest.mark.parametrize("after", [State.WITHDRAWN, State.ACCEPTED, State.REFUSED])
def test_every_move_is_as_the_table_says(contact, moderator, before, after):
    asked = ask(contact)
    if before != State.ASKED:
        asked = MOVE[before](asked, moderator)
    if after in ReturnRequest.MOVES[before] or after == before:
        assert MOVE[after](asked, moderator).state == after
    else:
        with pytest.raises(MarketplaceError) as refused:
            MOVE[after](asked, moderator)
        assert refused.value.code == "return_decided"
        asked.refresh_from_db()
        assert asked.state == before


@pytest.mark.parametrize("decide", [accept, refuse])
def test_only_a_moderator_decides(contact, finance, decide):
    asked = ask(contact)
    with pytest.raises(PermissionDenied):
        decide(asked, finance)
    with pytest.raises(PermissionDenied):
        decide(asked, contact.professional.owner)


@pytest.mark.parametrize("decide", [accept, refuse])
def test_nobody_decides_on_a_business_that_they_belong_to(contact, moderator, decide):
    asked = ask(contact)
    contact.professional.members.add(moderator)
    with pytest.raises(MarketplaceError) as refused:
        decide(asked, moderator)
    assert refused.value.code == "own_business"


@pytest.mark.parametrize(
    ("happened", "code"),
    [
        (lambda contact: freeze_contacts(contacts=[contact], now=NOW), "frozen_in_claim"),
        (lambda contact: mark_refunded(contact_ids=[contact.pk], now=NOW), "already_refunded"),
    ],
)
def test_what_a_claim_took_up_meanwhile_is_not_accepted(contact, moderator, happened, code):
    asked = ask(contact)
    happened(contact)
    before = balance(contact.professional)
    with pytest.raises(MarketplaceError) as refused:
        accept(asked, moderator)
    assert refused.value.code == code
    asked.refresh_from_db()
    assert (asked.state, balance(contact.professional), mails("marketplace/return_accepted")) == (
        State.ASKED,
        before,
        [],
    )


def test_a_freed_place_is_bought_by_another_and_never_again_by_the_same(pro, other_pro, moderator):
    for buyer in (pro, other_pro):
        contract(buyer, plan=make_plan("year", months=12))
        fund(buyer, 100_000)
    lead = make_lead(now=NOW)
    Lead.objects.filter(pk=lead.pk).update(places=1)
    contact = buy_contact(professional=pro, lead=lead, price_seen_cents=20_000, now=NOW)
    with pytest.raises(MarketplaceError) as refused:
        buy_contact(professional=other_pro, lead=lead, price_seen_cents=20_000, now=NOW)
    assert refused.value.code == "sold_out"
    accept(ask(contact, reason=Reason.WRONG_PLACE), moderator)
    with pytest.raises(MarketplaceError) as refused:
        buy_contact(professional=pro, lead=lead, price_seen_cents=20_000, now=NOW)
    assert refused.value.code == "bought_before"
    assert buy_contact(professional=other_pro, lead=lead, price_seen_cents=20_000, now=NOW).pk


def test_a_suspended_business_may_still_return_what_it_bought(contact, reviewer):
    from profiles.suspensions import suspend

    suspend(professional=contact.professional, reason="false", decided_by=reviewer, now=NOW)
    assert ask(contact).state == State.ASKED


# By staff


def by_staff(contact, by, *, note="The homeowner wrote to us.", now=NOW + timedelta(days=40)):
    return returns.return_by_staff(contact=contact, by=by, note=note, now=now)


def test_staff_take_a_contact_back_after_its_days(contact, moderator):
    before = balance(contact.professional)
    given_back = by_staff(contact, moderator)
    contact.refresh_from_db()
    assert (given_back.reason, given_back.state, given_back.explanation) == (
        Reason.STAFF,
        State.ACCEPTED,
        "The homeowner wrote to us.",
    )
    assert balance(contact.professional) == before + contact.price_cents
    assert contact.returned_at == given_back.decided_at
    assert events(given_back) == [("", "accepted", moderator.pk, "The homeowner wrote to us.")]
    assert by_staff(contact, moderator) == given_back
    assert balance(contact.professional) == before + contact.price_cents
    assert mails("marketplace/return_by_staff") == [contact.professional.owner.email]
    assert Lead.objects.get(pk=contact.lead_id).places_taken == 0


@pytest.mark.parametrize(
    ("happened", "code"),
    [
        (lambda contact: freeze_contacts(contacts=[contact], now=NOW), "frozen_in_claim"),
        (lambda contact: mark_refunded(contact_ids=[contact.pk], now=NOW), "already_refunded"),
        (ask, "return_undecided"),
    ],
)
def test_staff_do_not_take_back_what_a_claim_or_a_request_holds(contact, moderator, happened, code):
    happened(contact)
    before = balance(contact.professional)
    with pytest.raises(MarketplaceError) as refused:
        by_staff(contact, moderator)
    assert refused.value.code == code
    assert balance(contact.professional) == before
    assert not ReturnRequest.objects.filter(reason=Reason.STAFF).exists()


def test_staff_say_why_and_are_moderators_of_others(contact, moderator, finance):
    with pytest.raises(MarketplaceError) as refused:
        by_staff(contact, moderator, note=" ")
    assert refused.value.code == "reason_missing"
    with pytest.raises(PermissionDenied):
        by_staff(contact, finance)
    contact.professional.members.add(moderator)
    with pytest.raises(MarketplaceError) as refused:
        by_staff(contact, moderator)
    assert refused.value.code == "own_business"


def test_the_promised_day_of_decision_is_the_fifth_local_day(contact):
    asked = ask(contact, now=at("2026-01-12 23:50"))
    assert returns.decide_by(asked) == marketplace_day(at("2026-01-17 12:00"))


def test_a_business_has_its_returns_apart_from_others(contact, other_pro, moderator):
    contract(other_pro, plan=make_plan("year", months=12))
    fund(other_pro, 100_000)
    theirs = buy_contact(professional=other_pro, lead=contact.lead, price_seen_cents=20_000, now=NOW)
    accept(ask(contact, reason=Reason.WRONG_PLACE), moderator)
    theirs.refresh_from_db()
    assert theirs.returned_at is None
    assert list(Contact.objects.kept()) == [theirs]
