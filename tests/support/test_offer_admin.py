"""Offers in the office: made, changed, sent and withdrawn; and work, which is looked at (S6, X4)."""

from uuid import uuid4

import pytest
import time_machine
from django.urls import reverse

from mail.models import OutgoingMail
from support.calls import call_back
from support.messages import ask_again
from support.models import Offer, Work
from support.offers import make_offer
from support.tickets import close_ticket
from support.work import log_work
from tests.making import make_staff
from tests.support.making import NOW, opened
from tests.support.offering import draft, typed
from tests.support.office import cost_the_same

pytestmark = pytest.mark.django_db
ADD = reverse("admin:support_offer_add")


@pytest.fixture(autouse=True)
def clock():
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def office(consultant, client_of):
    return client_of(consultant)


def at(offer, name="change"):
    return reverse(f"admin:support_offer_{name}", args=[offer.pk])


def made(agreement, by, number=0):
    return make_offer(
        client=agreement.client, what=f"Website {number}", unit="minutes", amount=60, price_cents=1000,
        valid_until=NOW.date(), by=by, now=NOW,
    )  # fmt: skip


def test_a_consultant_makes_changes_sends_and_withdraws_one(office, agreement, consultant):
    sent = typed(client=agreement.client.pk)
    response = office.post(ADD, sent, follow=True)
    assert response.status_code == 200
    assert office.post(ADD, sent, follow=True).status_code == 200
    offer = Offer.objects.get()
    assert (offer.amount, offer.price_cents, offer.made_by) == (150, 290_000, consultant)
    assert "2 h 30 min" in response.content.decode()
    office.post(at(offer), typed(client=agreement.client.pk, amount="3"))
    offer.refresh_from_db()
    assert offer.amount == 180
    assert office.post(at(offer, "send"), follow=True).status_code == 200
    assert OutgoingMail.objects.filter(kind="support/offer_sent").count() == 1
    assert office.post(at(offer, "withdraw")).status_code == 422
    assert office.post(at(offer, "withdraw"), {"reason": "A mistake."}).status_code == 302
    assert Offer.objects.get().state == "withdrawn"


@pytest.mark.parametrize(
    "changes",
    [
        {"amount": "ten"},
        {"amount": "0"},
        {"price": "0"},
        {"what": ""},
        {"valid_until": "soon"},
        {"expires_on": "2026-11-29"},
        {"client": "x"},
        {"unit": "interventions", "amount": "1:30"},
    ],
)
def test_what_is_wrong_is_told_beside_it_and_what_was_typed_stays(office, agreement, changes):
    response = office.post(ADD, typed(**({"client": agreement.client.pk, "text": "Keep this."} | changes)))
    assert (response.status_code, Offer.objects.count()) == (422, 0)
    assert "Keep this." in response.content.decode()


def test_a_transfer_that_names_the_offer_is_recorded_by_finance(agreement, anna, consultant, client_of):
    from support.offers import accept_offer, send_offer

    offer = send_offer(offer=made(agreement, consultant), by=consultant, now=NOW)
    accept_offer(offer=offer, by=anna, price_seen_cents=1000, now=NOW)
    finance = client_of(make_staff("finance"))
    page = finance.get(reverse("admin:billing_prepayment_change", args=[Offer.objects.get().prepayment_id]))
    assert f"?number={offer.number}" in page.content.decode()
    add = reverse("admin:billing_invoicepayment_add")
    said = {
        "number": offer.number.lower(),
        "amount": "9.99",
        "received_on": "2026-11-02",
        "reference": "sepa 1",
    }
    assert "9.99" in finance.post(add, said).content.decode()
    assert Offer.objects.get().state == "accepted"
    assert finance.post(add, said | {"amount": "10.00"}).status_code == 302
    assert Offer.objects.get().state == "paid"


def test_nobody_sees_offers_to_themselves_here(agreement, anna, consultant, client_of):
    from django.contrib.auth.models import Group

    anna.is_staff = True
    anna.save()
    anna.groups.add(Group.objects.get(name="consultant"))
    offer = made(agreement, consultant)
    assert client_of(anna).get(at(offer)).status_code == 404


def test_lists_cost_the_same_with_one_and_with_thirty(office, agreement, allowance, anna, consultant):
    def grow(number):
        made(agreement, consultant, number)
        log_work(
            ticket=opened(agreement.client, anna), amount=5, unit="minutes", done="So.", by=consultant, now=NOW,
            form_id=uuid4(), allowance=allowance,
        )  # fmt: skip

    addresses = [reverse("admin:support_offer_changelist"), reverse("admin:support_work_changelist")]
    cost_the_same(office, addresses, grow)


def test_work_is_only_looked_at(office, agreement, allowance, anna, consultant):
    log_work(
        ticket=opened(agreement.client, anna), amount=5, unit="minutes", done="Moved it.", by=consultant, now=NOW,
        form_id=uuid4(), allowance=allowance,
    )  # fmt: skip
    work = Work.objects.get()
    address = reverse("admin:support_work_change", args=[work.pk])
    assert "Moved it." in office.get(address).content.decode()
    assert office.post(address, {"done": "Else."}).status_code == 403
    assert office.get(reverse("admin:support_work_add")).status_code == 403


def seen_of(ticket):
    call = ticket.calls.order_by("-pk").first()
    return {"seen": ticket.messages.latest("pk").pk, "seen_call": call.pk if call else 0}


@pytest.mark.parametrize("news", ["written", "called", "nothing seen"])
def test_an_offer_answers_nothing_that_its_sender_has_not_read(office, agreement, anna, consultant, news):
    ticket = opened(agreement.client, anna)
    offer = draft(agreement, consultant, ticket=ticket)
    seen = seen_of(ticket)
    page = office.get(at(offer)).content.decode()
    assert "How do I publish?" in page
    assert all(f'name="{name}" value="{value}"' in page for name, value in seen.items())
    if news == "written":
        ask_again(ticket=ticket, text="It burns!", channel="web", at=NOW, now=NOW, by=anna, email=anna.email)
    elif news == "called":
        said = {
            "outcome": "answered",
            "by": make_staff("consultant", email="bea@quince.example"),
            "summary": "It burns!",
            "waits": True,
        }
        call_back(ticket=ticket, now=NOW, **said)
    response = office.post(at(offer, "send"), {} if news == "nothing seen" else seen)
    said = "Somebody called meanwhile" if news == "called" else "Something was said while you wrote"
    assert (response.status_code, said in response.content.decode()) == (409, True)
    assert (Offer.objects.get().state, OutgoingMail.objects.filter(kind="support/offer_sent").count()) == (
        "draft",
        0,
    )
    assert not ticket.messages.filter(kind="answer").exists()
    assert "How do I publish?" in response.content.decode() and "New</span>" in response.content.decode()
    # It is shown and marked: the same press once more sends it.
    again = response.context["sending"].initial
    assert again == seen_of(ticket)
    for _twice in range(2):
        assert office.post(at(offer, "send"), again).status_code == 302
    assert (Offer.objects.get().state, ticket.messages.filter(kind="answer").count()) == ("sent", 1)


def test_where_it_answers_nothing_the_thread_is_not_asked_for(office, agreement, anna, consultant):
    ticket = opened(agreement.client, anna)
    offer = draft(agreement, consultant, ticket=ticket)
    close_ticket(ticket=ticket, by=anna, now=NOW, by_client=True)
    assert "How do I publish?" not in office.get(at(offer)).content.decode()
    assert office.post(at(offer, "send")).status_code == 302
