"""Returns decided by two at once, and against a purchase (M7): real threads, and what happens without the lock."""

import threading

import pytest

from billing.models import Wallet, WalletEntry
from marketplace import returns
from marketplace.contacts import buy_contact
from marketplace.errors import MarketplaceError
from marketplace.models import Lead, ReturnEvent, ReturnRequest
from tests.making import NOW, contract, fund, make_lead, make_plan, make_pro, make_staff
from tests.together import together

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]

State = ReturnRequest.State


@pytest.fixture
def lead():
    lead = make_lead(now=NOW)
    Lead.objects.filter(pk=lead.pk).update(places=2)
    return lead


@pytest.fixture
def asked(lead):
    pro = make_pro()
    contract(pro, plan=make_plan("year", months=12))
    fund(pro, 20_000)
    contact = buy_contact(professional=pro, lead=lead, price_seen_cents=20_000, now=NOW)
    return returns.ask_return(
        contact=contact, reason="wrong_place", explanation="It is in another state.", by=pro.owner, now=NOW
    )


def deciding(asked, decide):
    staff = make_staff("moderator", email=f"{threading.get_ident()}-{decide}@quince.example")
    note = "So we decide."
    return lambda: getattr(returns, decide)(return_request=asked, by=staff, note=note, now=NOW)


def two_moderators(asked, first, second):
    one, other = deciding(asked, first), deciding(asked, second)
    return together(one, other)


def unlocked(monkeypatch, parties=2):
    """Takes the locks away, and lets everybody read before anybody writes."""
    everybody_has_read = threading.Barrier(parties)

    def read(return_request):
        found = ReturnRequest.objects.select_related("contact__professional__owner", "contact__lead").get(
            pk=return_request.pk
        )
        everybody_has_read.wait(timeout=20)
        return found

    monkeypatch.setattr(returns, "_lock", read)


def test_two_moderators_who_accept_at_once_credit_once(asked):
    staff = make_staff("moderator")
    job = lambda: returns.accept_return(return_request=asked, by=staff, note="", now=NOW)  # noqa: E731
    results = together(job, job)
    assert [result.state for result in results] == [State.ACCEPTED, State.ACCEPTED]
    assert Wallet.objects.get().balance_cents == 20_000
    assert WalletEntry.objects.filter(kind=WalletEntry.Kind.RETURN).count() == 1
    assert ReturnEvent.objects.filter(to_state=State.ACCEPTED).count() == 1
    assert Lead.objects.get().places_taken == 0


def test_without_the_lock_two_who_accept_both_take_the_contact_back(asked, monkeypatch):
    staff = make_staff("moderator")
    unlocked(monkeypatch)
    job = lambda: returns.accept_return(return_request=asked, by=staff, note="", now=NOW)  # noqa: E731
    results = together(job, job)
    broken = [result for result in results if isinstance(result, Exception)]
    assert broken or ReturnEvent.objects.filter(to_state=State.ACCEPTED).count() == 2


def test_one_who_accepts_and_one_who_refuses_at_once_decide_once(asked):
    results = two_moderators(asked, "accept_return", "refuse_return")
    refused = [result for result in results if isinstance(result, MarketplaceError)]
    assert [error.code for error in refused] == ["return_decided"]
    asked.refresh_from_db()
    credited = Wallet.objects.get().balance_cents == 20_000
    assert (asked.state, credited) in [(State.ACCEPTED, True), (State.REFUSED, False)]


def test_without_the_lock_a_return_is_both_accepted_and_refused(asked, monkeypatch):
    unlocked(monkeypatch)
    results = two_moderators(asked, "accept_return", "refuse_return")
    assert {result.state for result in results} == {State.ACCEPTED, State.REFUSED}


def accept_against_a_purchase(asked, lead, monkeypatch):
    """Accepts a return while another buys a place on the lead: the purchase is given two seconds to come between
    the reading and the writing of how many places are taken."""
    other = make_pro()
    contract(other, plan=make_plan("year", months=12))
    fund(other, 20_000)
    bought = threading.Event()
    reading = threading.Event()
    save = Lead.save

    def save_late(self, *args, **kwargs):
        reading.set()
        bought.wait(timeout=2)
        return save(self, *args, **kwargs)

    def buy():
        assert reading.wait(timeout=20)
        contact = buy_contact(professional=other, lead=lead, price_seen_cents=20_000, now=NOW)
        bought.set()
        return contact

    monkeypatch.setattr(Lead, "save", save_late)
    results = together(deciding(asked, "accept_return"), buy)
    assert [type(result).__name__ for result in results] == ["ReturnRequest", "Contact"]
    return Lead.objects.get().places_taken


def test_a_place_freed_while_another_is_bought_is_counted(asked, lead, monkeypatch):
    assert accept_against_a_purchase(asked, lead, monkeypatch) == 1


def test_without_the_lock_a_place_that_was_bought_is_lost(asked, lead, monkeypatch):
    unlocked(monkeypatch, parties=1)
    assert accept_against_a_purchase(asked, lead, monkeypatch) == 0


def test_the_last_place_freed_is_bought_by_one_of_two(asked, lead):
    Lead.objects.update(places=1)
    buyers = [make_pro(), make_pro()]
    for buyer in buyers:
        contract(buyer, plan=make_plan("year", months=12))
        fund(buyer, 20_000)
    results = together(
        deciding(asked, "accept_return"),
        *(
            lambda buyer=buyer: buy_contact(professional=buyer, lead=lead, price_seen_cents=20_000, now=NOW)
            for buyer in buyers
        ),
    )
    bought = [result for result in results[1:] if not isinstance(result, Exception)]
    assert len(bought) <= 1
    assert {error.code for error in results if isinstance(error, MarketplaceError)} <= {"sold_out"}
    assert Lead.objects.get().places_taken == len(bought)


def test_the_same_return_asked_for_twice_at_once_is_one(asked):
    returns.withdraw_return(return_request=asked, by=None, now=NOW)
    job = lambda: returns.ask_return(  # noqa: E731
        contact=asked.contact, reason="duplicate", explanation="I have had it before.", by=None, now=NOW
    )
    first, second = together(job, job)
    assert first == second
    assert ReturnRequest.objects.filter(state=State.ASKED).count() == 1
