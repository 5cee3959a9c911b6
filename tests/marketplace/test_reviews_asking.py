"""Asking homeowners and earlier clients for a review (G8, M12)."""

from datetime import timedelta

import pytest
from allauth.account.models import EmailAddress

from billing.models import Customer, Invoice
from billing.subscriptions import cancel_plan
from mail.models import OutgoingMail
from marketplace import reviews
from marketplace.errors import MarketplaceError
from marketplace.models import Review, ReviewRequest
from marketplace.returns import return_by_staff
from profiles.suspensions import lift_suspension, suspend
from tests.making import NOW, at, buy, contract, fund, make_plan, make_pro, make_user, pay, renew
from tests.marketplace.test_reviews import DAY, TEXT, State, ask_client, ask_owner, mails, write


@pytest.fixture
def contact(pro):
    contract(pro, plan=make_plan("year", months=12))
    fund(pro, 100_000)
    return buy(pro, now=NOW, homeowner_email="lucia@example.com", homeowner_name="Lucía Fernández")[0]


# Asking


def test_a_homeowner_is_asked_once_in_their_language(contact):
    asked = ask_owner(contact)
    assert (asked.contact, asked.email, asked.name, asked.language) == (
        contact,
        "lucia@example.com",
        "Lucía Fernández",
        "es-mx",
    )
    assert ask_owner(contact, now=NOW + DAY) == asked
    mail = mails("review_asked_homeowner").get()
    assert (mail.recipient, mail.language) == ("lucia@example.com", "es-mx")
    assert f"/review/{reviews.token_of(asked).split(':')[0]}" in mail.text


def test_the_homeowner_of_a_returned_contact_is_not_asked(contact, moderator):
    return_by_staff(contact=contact, by=moderator, note="Wrong number.", now=NOW)
    with pytest.raises(MarketplaceError) as refused:
        ask_owner(contact)
    assert refused.value.code == "contact_returned"
    assert not mails("review_asked_homeowner").exists()


def test_an_earlier_client_is_asked_once_however_the_address_is_written(pro):
    asked = ask_client(pro, "Ana.Ruiz@gmail.com")
    assert ask_client(pro, "anaruiz+casa@gmail.com", now=NOW + DAY) == asked
    assert asked.email == "Ana.Ruiz@gmail.com"
    assert mails("review_asked_client").count() == 1


class TestAskedAgain:
    """Nobody is locked out of G8 by a link that came to nothing; nobody is asked twice for what did not."""

    @pytest.fixture(params=["homeowner", "earlier client"])
    def ask(self, request, contact, pro):
        if request.param == "homeowner":
            return lambda now: ask_owner(contact, now=now)
        return lambda now: ask_client(pro, now=now)

    @pytest.mark.parametrize(
        ("later", "number"), [(60 * DAY, 1), (60 * DAY + timedelta(microseconds=1), 2), (90 * DAY, 2)]
    )
    def test_a_link_that_expired_unused_is_sent_anew_by_the_same_request(self, ask, later, number):
        asked = ask(NOW)
        again = ask(NOW + later)
        assert (again, again.sent_at) == (asked, NOW if number == 1 else NOW + later)
        assert OutgoingMail.objects.filter(kind__startswith="marketplace/review_asked").count() == number
        if number == 2:
            assert write(again, now=NOW + later + DAY).state == State.WAITING

    def test_a_mail_that_was_given_up_is_sent_anew_once_a_day(self, ask):
        asked = ask(NOW)
        OutgoingMail.objects.update(state=OutgoingMail.State.FAILED)
        assert ask(NOW + timedelta(hours=1)).sent_at == NOW
        assert ask(NOW + DAY).sent_at == NOW + DAY
        # The new one is on its way: what became of the first mail counts no more.
        assert ask(NOW + 2 * DAY).sent_at == NOW + DAY
        assert write(asked, now=NOW + 3 * DAY)

    def test_a_rejected_review_can_be_written_anew_and_is_moderated_again(self, ask, moderator):
        asked = ask(NOW)
        review = write(asked)
        reviews.reject_review(review=review, by=moderator, reason="Insults.", now=NOW + DAY)
        again = ask(NOW + 2 * DAY)
        assert (again, again.used_at) == (asked, None)
        anew = write(again, text="Llegaron tarde, pero el trabajo quedó bien.", handling=4, now=NOW + 3 * DAY)
        assert (anew, anew.state, anew.handling) == (review, State.WAITING, 4)
        kept = anew.events.latest("id")
        assert (kept.from_state, kept.to_state, kept.reason) == ("rejected", "waiting", TEXT)
        reviews.publish_review(review=anew, by=moderator, reason="", now=NOW + 4 * DAY)
        assert Review.objects.counting().get() == review

    @pytest.mark.parametrize("state", ["waiting", "published", "taken down"])
    def test_not_while_a_review_waits_or_was_published_however_old(self, ask, moderator, state):
        asked = ask(NOW)
        review = write(asked)
        if state != "waiting":
            reviews.publish_review(review=review, by=moderator, reason="", now=NOW + DAY)
        if state == "taken down":
            reviews.take_down_review(review=review, by=moderator, reason="A court said so.", now=NOW + DAY)
        OutgoingMail.objects.update(state=OutgoingMail.State.FAILED)
        assert ask(NOW + 90 * DAY).sent_at == NOW

    def test_within_the_limits_of_a_day(self, pro):
        ask_client(pro)
        later = at("2026-06-01 12:00")
        for number in range(reviews.ASKED_BY_ONE_A_DAY):
            ask_client(pro, f"client{number}@example.com", now=later)
        with pytest.raises(MarketplaceError) as refused:
            ask_client(pro, now=later)
        assert refused.value.code == "too_many_today"


def test_two_businesses_may_ask_the_same_person(pro, other_pro):
    assert ask_client(pro) != ask_client(other_pro)


def own_addresses(pro):
    member = make_user("socio@example.com")
    pro.members.add(member)
    EmailAddress.objects.create(user=pro.owner, email="second@example.com", verified=True)
    Customer.objects.update_or_create(
        professional=pro, defaults={"name": pro.name, "email": "facturas@example.com"}
    )
    return [pro.owner.email, "socio@example.com", "second@example.com", "facturas@example.com"]


def test_nobody_asks_their_own_addresses(pro):
    for address in own_addresses(pro):
        for written in (address, address.upper(), address.replace("@", "+amiga@")):
            with pytest.raises(MarketplaceError) as refused:
                ask_client(pro, written)
            assert (refused.value.code, refused.value.field) == ("own_address", "email")
    assert not ReviewRequest.objects.exists()


@pytest.mark.parametrize("name", ["", " ", "A", "x" * 101])
def test_an_earlier_client_has_a_name(pro, name):
    with pytest.raises(MarketplaceError) as refused:
        ask_client(pro, name=name)
    assert (refused.value.code, refused.value.field) == ("name_missing", "name")


@pytest.mark.parametrize(
    "name", ["Win at https://x.example", "www.x.example", "ana@example.com", "Go to x.example"]
)
def test_the_mail_carries_no_advertisement_as_a_name(pro, name):
    with pytest.raises(MarketplaceError) as refused:
        ask_client(pro, name=name)
    assert refused.value.code == "name_has_address"


def test_nor_as_the_business_s_own_name(pro):
    ask_client(pro)
    type(pro).objects.filter(pk=pro.pk).update(name="Gana hoy: x.example/pago")
    with pytest.raises(MarketplaceError) as refused:
        ask_client(pro, "b@example.com")
    assert refused.value.code == "business_has_address"


def test_earlier_clients_are_asked_once_a_plan_is_paid_while_it_is_in_force_and_not_while_suspended(
    pro, moderator, reviewer
):
    """Accounts cost nothing, nor does contracting, and the product writes to nobody for them."""
    given = {"name": "Ana", "email": "ana@example.com", "language": "es-mx", "by": pro.owner}

    def refusal(now=NOW) -> str:
        with pytest.raises(MarketplaceError) as refused:
            reviews.ask_earlier_client(professional=pro, **given, now=now)
        assert not OutgoingMail.objects.filter(recipient="ana@example.com").exists()
        return refused.value.code

    assert refusal() == "no_plan"
    subscription = contract(pro, paid=False)
    assert refusal() == "plan_not_paid"
    pay(Invoice.objects.get())
    suspension = suspend(professional=pro, reason="…", decided_by=moderator, now=NOW)
    assert refusal() == "suspended"
    lift_suspension(suspension=suspension, by=reviewer, reason="…", now=NOW)
    cancel_plan(subscription=subscription, by=pro.owner, now=NOW)
    assert refusal(NOW + 40 * DAY) == "no_plan"
    assert reviews.ask_earlier_client(professional=pro, **given, now=NOW).email == "ana@example.com"


def test_earlier_clients_are_not_asked_while_an_invoice_is_past_due(pro):
    contract(pro)
    renew(now=NOW + 32 * DAY)
    invoice = Invoice.objects.owed().get()
    assert ask_client(pro, now=at(f"{invoice.due_on} 23:59")).pk
    with pytest.raises(MarketplaceError) as refused:
        ask_client(pro, "eva@example.com", now=at(f"{invoice.due_on + DAY} 00:00"))
    assert refused.value.code == "plan_not_paid"


def test_a_day_allows_so_many_requests_and_no_more(pro):
    late = at("2026-01-10 23:50")
    for number in range(reviews.ASKED_BY_ONE_A_DAY):
        ask_client(pro, f"client{number}@example.com", now=late)
    with pytest.raises(MarketplaceError) as refused:
        ask_client(pro, "one-more@example.com", now=late)
    assert refused.value.code == "too_many_today"
    # Who was asked already is no new request; and the next local day begins twenty minutes later.
    assert ask_client(pro, "client0@example.com", now=late).sent_at == late
    assert ask_client(pro, "one-more@example.com", now=at("2026-01-11 00:10")).pk


def test_one_person_is_not_written_to_by_everybody_on_one_day(db):
    pros = [make_pro() for _ in range(reviews.ASKED_OF_ONE_A_DAY)]
    for pro in pros:
        ask_client(pro, "ana@gmail.com")
    # Nobody hears that others have asked her; the mails of a day are two, and the others wait for the next.
    for late in [make_pro() for _ in range(3)]:
        assert ask_client(late, "a.n.a@gmail.com").sent_at == NOW
    written = OutgoingMail.objects.filter(kind="marketplace/review_asked_client").order_by("id")
    assert [mail.due_at - NOW for mail in written] == [0 * DAY, 0 * DAY, DAY, DAY, 2 * DAY]
    assert ask_client(pros[-1], "a.n.a@gmail.com", now=NOW + DAY).sent_at == NOW
    assert ask_client(make_pro(), "ana@gmail.com", now=NOW + DAY).sent_at == NOW + DAY
    assert written.last().due_at == NOW + 2 * DAY
