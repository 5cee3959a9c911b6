"""M7, M1: a request that the homeowner withdrew; leads that ended in whatever way; and what other buyers are told."""

from datetime import timedelta

import pytest
import time_machine
from django.core.cache import cache
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from base.registry import invariants
from mail.models import OutgoingMail
from marketplace import returns
from marketplace.contacts import buy_contact
from marketplace.errors import MarketplaceError
from marketplace.models import Contact, Lead, ReturnRequest
from marketplace.return_shares import Share, shares_of
from tests.making import NOW, at, buy, contract, fund, make_plan, make_pro

pytestmark = pytest.mark.django_db
Reason, State = ReturnRequest.Reason, ReturnRequest.State
DAY = timedelta(days=1)


@pytest.fixture
def buyer(pro):
    contract(pro, plan=make_plan("year", months=12))
    fund(pro, 100_000)
    return pro


def withdraw(contact, moment):
    Lead.objects.filter(pk=contact.lead_id).update(state=Lead.State.WITHDRAWN, withdrawn_at=moment)
    contact.lead.refresh_from_db()


def ask(contact, reason=Reason.WITHDREW, *, now):
    return returns.ask_return(
        contact=contact,
        reason=reason,
        explanation="They withdrew before I could visit.",
        by=contact.professional.owner,
        now=now,
    )


def accept(asked, by, now=NOW):
    return returns.accept_return(return_request=asked, by=by, note="", now=now)


@pytest.mark.parametrize(
    ("bought", "withdrawn", "asked", "taken"),
    [
        # Withdrawn on the last of the seven days: seven more.
        ("2026-03-02 12:00", "2026-03-09 23:59", "2026-03-16 23:59", True),
        ("2026-03-02 12:00", "2026-03-09 23:59", "2026-03-17 00:00", False),
        # A minute later it is the eighth day.
        ("2026-03-02 12:00", "2026-03-10 00:00", "2026-03-10 00:01", False),
        # On the day of the purchase, late in the evening, when UTC is a day ahead.
        ("2026-03-02 22:00", "2026-03-02 23:30", "2026-03-09 23:59", True),
        ("2026-03-02 22:00", "2026-03-02 23:30", "2026-03-10 00:00", False),
    ],
)
def test_that_they_withdrew_is_a_reason_for_seven_days_after(buyer, bought, withdrawn, asked, taken):
    contact = buy(buyer, now=at(bought))[0]
    withdraw(contact, at(withdrawn))
    if taken:
        assert ask(contact, now=at(asked)).state == State.ASKED
        assert Reason.WITHDREW in returns.reasons_open(contact, at(asked))
    else:
        with pytest.raises(MarketplaceError) as refused:
            ask(contact, now=at(asked))
        assert refused.value.code in ("return_too_late", "unknown_reason")
        assert Reason.WITHDREW not in returns.reasons_open(contact, at(asked))


def test_the_other_reasons_keep_their_seven_days(buyer):
    contact = buy(buyer, now=at("2026-03-02 12:00"))[0]
    withdraw(contact, at("2026-03-08 12:00"))
    assert set(returns.reasons_open(contact, at("2026-03-09 12:00"))) == set(returns.AFTERMATH) - {"staff"}
    assert returns.reasons_open(contact, at("2026-03-10 12:00")) == [Reason.WITHDREW]
    with pytest.raises(MarketplaceError) as refused:
        ask(contact, Reason.DUPLICATE, now=at("2026-03-10 12:00"))
    assert refused.value.code == "return_too_late"


def test_who_has_not_withdrawn_is_no_reason(buyer):
    (contact,) = buy(buyer)
    assert Reason.WITHDREW not in returns.reasons_open(contact, NOW)
    with pytest.raises(MarketplaceError) as refused:
        ask(contact, now=NOW)
    assert (refused.value.code, refused.value.field) == ("unknown_reason", "reason")


# Each reason's own last day, told where it belongs


def refuse(asked, by, now):
    returns.refuse_return(return_request=asked, by=by, note="It rang.", now=now)
    return OutgoingMail.objects.filter(kind="marketplace/return_refused").latest("pk").text


SEVENTH, AFTER_WITHDRAWAL = "March 9, 2026", "March 15, 2026"


@pytest.mark.parametrize(
    ("now", "told"),
    [
        ("2026-03-09 23:59", {SEVENTH, AFTER_WITHDRAWAL}),
        ("2026-03-10 00:00", {AFTER_WITHDRAWAL}),
        ("2026-03-15 23:59", {AFTER_WITHDRAWAL}),
        ("2026-03-16 00:00", set()),
    ],
)
def test_the_pages_tell_each_last_day_while_it_is_open(buyer, client_of, now, told):
    contact = buy(buyer, now=at("2026-03-02 12:00"))[0]
    withdraw(contact, at("2026-03-08 12:00"))
    with time_machine.travel(at(now), tick=False):
        browser = client_of(buyer)
        for page in ("contact", "return"):
            text = browser.get(reverse(f"marketplace:{page}", args=[contact.public_id])).text
            if told or page == "contact":
                days = {day for day in (SEVENTH, AFTER_WITHDRAWAL) if day in text}
                assert days == told, page
            else:
                assert f"could be returned until {AFTER_WITHDRAWAL}" in text


@pytest.mark.parametrize(
    ("reason", "asked", "told"),
    [
        (Reason.DUPLICATE, "2026-03-10 12:00", SEVENTH),
        (Reason.DUPLICATE, "2026-03-16 12:00", AFTER_WITHDRAWAL),  # The last of all is over.
        (Reason.WITHDREW, "2026-03-16 12:00", AFTER_WITHDRAWAL),
    ],
)
def test_too_late_names_the_day_of_what_was_asked(buyer, reason, asked, told):
    contact = buy(buyer, now=at("2026-03-02 12:00"))[0]
    withdraw(contact, at("2026-03-08 12:00"))
    with pytest.raises(MarketplaceError) as refused:
        ask(contact, reason, now=at(asked))
    assert refused.value.code == "return_too_late"
    assert told in str(refused.value)


@pytest.mark.parametrize(
    ("reason", "refused", "told"),
    [
        # Asked for another reason: both days are open, then one, then none.
        (Reason.DUPLICATE, "2026-03-09 12:00", {SEVENTH, AFTER_WITHDRAWAL}),
        (Reason.DUPLICATE, "2026-03-10 12:00", {AFTER_WITHDRAWAL}),
        (Reason.DUPLICATE, "2026-03-16 12:00", set()),
        # The reason that was refused is not offered again.
        (Reason.WITHDREW, "2026-03-09 12:00", {SEVENTH}),
        (Reason.WITHDREW, "2026-03-10 12:00", set()),
    ],
)
def test_a_refusal_tells_what_can_still_be_asked_and_no_more(buyer, moderator, reason, refused, told):
    contact = buy(buyer, now=at("2026-03-02 12:00"))[0]
    withdraw(contact, at("2026-03-08 12:00"))
    text = refuse(ask(contact, reason, now=at("2026-03-08 13:00")), moderator, at(refused))
    assert {day for day in (SEVENTH, AFTER_WITHDRAWAL) if day in text} == told
    assert ("overlooked something" in text) is (not told)


def test_where_every_reason_was_refused_no_day_is_told(buyer, moderator):
    (contact,) = buy(buyer)
    reasons = returns.reasons_open(contact, NOW)
    for reason in reasons:
        assert returns.days_left(contact, NOW).ordinary == contact.bought_on + 7 * DAY
        text = refuse(ask(contact, reason, now=NOW), moderator, NOW)
    assert returns.days_left(contact, NOW) == returns.DaysLeft()
    assert "overlooked something" in text


def test_while_something_else_is_in_the_way_no_day_is_told(buyer):
    (contact,) = buy(buyer)
    assert returns.days_left(contact, NOW).ordinary
    Contact.objects.update(frozen_at=NOW)
    contact.refresh_from_db()
    assert returns.days_left(contact, NOW) == returns.DaysLeft()
    Contact.objects.update(frozen_at=None)
    contact.refresh_from_db()
    ask(contact, Reason.DUPLICATE, now=NOW)
    assert returns.days_left(contact, NOW) == returns.DaysLeft()


def ended(contact, state):
    changes = {"withdrawn_at": NOW} if state == Lead.State.WITHDRAWN else {}
    Lead.objects.filter(pk=contact.lead_id).update(state=state, **changes)
    contact.refresh_from_db()


@pytest.mark.parametrize("state", [*Lead.SHOWN, Lead.State.WITHDRAWN])
@pytest.mark.parametrize("reason", [reason for reason in returns.AFTERMATH if reason != Reason.STAFF])
def test_whatever_became_of_the_lead_the_return_stands(buyer, moderator, state, reason):
    """A lead that is itself bad ends closed, unless it has been withdrawn; a place is freed for one reason alone."""
    if reason == Reason.WITHDREW and state != Lead.State.WITHDRAWN:
        return
    (contact,) = buy(buyer)
    ended(contact, state)
    accept(ask(contact, reason, now=NOW), moderator)
    contact.refresh_from_db()
    lead = Lead.objects.get(pk=contact.lead_id)
    closes = returns.AFTERMATH[reason] is returns.Aftermath.LEAD_CLOSED
    assert contact.returned_at == NOW
    assert lead.state == (Lead.State.CLOSED if closes and state != Lead.State.WITHDRAWN else state)
    assert lead.places_taken == (0 if reason == Reason.WRONG_PLACE else 1)
    assert [line for each in invariants for line in each.broken()] == []


def test_the_other_buyers_of_a_bad_request_are_told_once_with_their_own_last_day(buyer, moderator):
    (contact,) = buy(buyer)
    others = [make_pro() for _ in range(3)]
    bought = []
    for other, days in zip(others, (0, 0, 8), strict=True):
        contract(other)
        fund(other)
        bought.append(
            buy_contact(professional=other, lead=contact.lead, price_seen_cents=20_000, now=NOW + days * DAY)
        )
    # The first of them has returned it already; what follows is of the eighth day.
    given_back = ask(bought[0], Reason.WRONG_PLACE, now=NOW)
    accept(given_back, moderator)
    asked = ask(contact, Reason.NOT_REAL, now=NOW)
    accept(asked, moderator, now=NOW + 8 * DAY)
    accept(asked, moderator, now=NOW + 8 * DAY)
    told = {
        mail.recipient: mail.text for mail in OutgoingMail.objects.filter(kind="marketplace/lead_found_bad")
    }
    assert set(told) == {others[1].owner.email, others[2].owner.email}
    assert "seven days to return it are over" in told[others[1].owner.email]
    assert "Jan. 25, 2026" in told[others[2].owner.email]
    assert not any(buyer.name in text for text in told.values())


@pytest.mark.parametrize(
    ("state", "told"),
    [
        (Lead.State.PUBLISHED, True),
        (Lead.State.EXPIRED, True),
        (Lead.State.CLOSED, True),
        (Lead.State.WITHDRAWN, False),
    ],
)
def test_the_others_are_told_also_where_it_had_ended_already(buyer, other_pro, moderator, state, told):
    """Of a request that was withdrawn they have heard, and have that reason (M1)."""
    (contact,) = buy(buyer)
    contract(other_pro)
    fund(other_pro)
    buy_contact(professional=other_pro, lead=contact.lead, price_seen_cents=20_000, now=NOW)
    ended(contact, state)
    accept(ask(contact, Reason.NOT_REAL, now=NOW), moderator)
    mails = OutgoingMail.objects.filter(kind="marketplace/lead_found_bad")
    assert [mail.recipient for mail in mails] == ([other_pro.owner.email] if told else [])


@pytest.mark.parametrize("held", ["frozen_at", "refunded_at", "asked"])
def test_no_day_is_told_to_whom_it_could_not_help(buyer, other_pro, moderator, held):
    """M7: a contact in an open claim, one that was paid back, or one whose return waits, cannot be asked for."""
    (contact,) = buy(buyer)
    contract(other_pro)
    fund(other_pro)
    theirs = buy_contact(professional=other_pro, lead=contact.lead, price_seen_cents=20_000, now=NOW)
    if held == "asked":
        ask(theirs, Reason.DUPLICATE, now=NOW)
    else:
        Contact.objects.filter(pk=theirs.pk).update(**{held: NOW})
    accept(ask(contact, Reason.NOT_REAL, now=NOW), moderator)
    mail = OutgoingMail.objects.get(kind="marketplace/lead_found_bad")
    assert "2026" not in mail.text
    assert "are over" not in mail.text
    assert "The request is closed" in mail.text


def test_a_place_that_is_freed_is_nobody_elses_business(buyer, other_pro, moderator):
    (contact,) = buy(buyer)
    contract(other_pro)
    fund(other_pro)
    buy_contact(professional=other_pro, lead=contact.lead, price_seen_cents=20_000, now=NOW)
    accept(ask(contact, Reason.WRONG_PLACE, now=NOW), moderator)
    assert not OutgoingMail.objects.filter(kind="marketplace/lead_found_bad").exists()


# What comes back, for staff


def test_a_professionals_share_is_of_90_days_and_of_ever_beside_everybodys(
    buyer, other_pro, moderator, django_assert_num_queries
):
    cache.clear()
    old = buy(buyer, now=NOW)[0]
    accept(ask(old, Reason.WRONG_PLACE, now=NOW), moderator)
    now = NOW + 100 * DAY
    first, second = buy(buyer, 2, now=now)
    withdrawn = ask(first, Reason.WRONG_PLACE, now=now)
    returns.withdraw_return(return_request=withdrawn, by=None, now=now)
    for reason in (Reason.WRONG_PLACE, Reason.DUPLICATE):
        refused = ask(first, reason, now=now)
        returns.refuse_return(return_request=refused, by=moderator, note="It rang.", now=now)
    contract(other_pro, now=now)
    fund(other_pro, now=now)
    buy(other_pro, now=now)
    with django_assert_num_queries(2):
        shares = shares_of(buyer, now)
    assert shares.lately == Share(bought=2, returned=0, refused=2, withdrawn=1)
    assert shares.ever == Share(bought=3, returned=1, refused=2, withdrawn=1)
    assert (shares.all_lately, shares.all_ever) == (0, 25)
    assert (shares.lately.per_cent, shares.ever.per_cent) == (0, 33)
    with django_assert_num_queries(1):
        assert shares_of(other_pro, now).ever == Share(1, 0, 0, 0)
    assert second in Contact.objects.kept()


def test_what_everybody_returns_is_counted_over_the_contacts_alone(buyer):
    """A page waits for it, once an hour: without a join to every return there ever was."""
    cache.clear()
    buy(buyer)
    with CaptureQueriesContext(connection) as captured:
        shares_of(buyer, NOW)
    own, everybodys = (query["sql"] for query in captured)
    assert "JOIN" in own
    assert "JOIN" not in everybodys


def test_of_nothing_bought_there_is_no_share(pro):
    cache.clear()
    shares = shares_of(pro, NOW)
    assert (shares.ever.per_cent, shares.all_ever) == (None, None)
