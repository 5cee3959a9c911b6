"""Offers and work in the office: listed, found, and looked at with what became of them (X4). They are handled at the
desk."""

from uuid import uuid4

import pytest
import time_machine
from django.urls import reverse

from support.models import Offer, Work
from support.offers import accept_offer, change_offer, make_offer, send_offer
from support.work import log_work
from tests.making import make_staff
from tests.support.desk_pages import at as at_the_desk
from tests.support.desk_pages import text_of
from tests.support.making import NOW, opened
from tests.support.offering import draft, typed
from tests.support.office import cost_the_same

pytestmark = pytest.mark.django_db
LIST = reverse("admin:support_offer_changelist")


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


def test_one_is_looked_at_with_what_became_of_it_and_led_to_the_desk(office, agreement, anna, consultant):
    offer = draft(agreement, consultant, ticket=opened(agreement.client, anna), text="As we said.")
    said = {"unit": "interventions", "amount": 3, "price_cents": 1000, "valid_until": offer.valid_until}
    change_offer(offer=offer, what="Shop", by=consultant, now=NOW, **said)
    page = text_of(office.get(at(offer)))
    shown = (offer.number, "Website → Shop", "3 interventions", "changed", str(offer.ticket))
    assert all(said in page for said in shown)
    for address in (LIST, at(offer)):
        assert f'href="{at_the_desk("desk_offer", offer)}"' in text_of(office.get(address))


def test_nothing_is_made_or_changed_there(office, agreement, consultant):
    offer = made(agreement, consultant)
    add = reverse("admin:support_offer_add")
    assert [office.get(add).status_code, office.post(add).status_code] == [403, 403]
    assert office.post(at(offer), typed(what="Shop")).status_code == 403
    assert office.post(at(offer, "delete"), {"post": "yes"}).status_code == 403
    assert (Offer.objects.get().what, Offer.objects.get().state) == ("Website 0", "draft")


def test_a_client_leads_to_its_offers_at_the_desk(office, agreement, consultant):
    offer, client = made(agreement, consultant), agreement.client
    page = text_of(office.get(reverse("admin:support_client_change", args=[client.pk])))
    assert all(
        at_the_desk(*each) in page for each in (("desk_offer", offer), ("desk_make_offer_for", client))
    )


@pytest.mark.parametrize("role", ["moderator", "terms"])
def test_others_see_nothing_of_it(role, agreement, consultant, client_of):
    browser, offer = client_of(make_staff(role)), made(agreement, consultant)
    assert [browser.get(each).status_code for each in (LIST, at(offer), at(offer, "history"))] == [403] * 3


def test_one_is_found_by_its_number(office, agreement, consultant):
    first, _second = made(agreement, consultant), made(agreement, consultant, 1)
    found = office.get(LIST, {"q": first.number.lower()}).context["cl"].result_list
    assert [row.pk for row in found] == [first.pk]


def test_a_transfer_that_names_the_offer_is_recorded_by_finance(agreement, anna, consultant, client_of):
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
    assert client_of(anna).get(LIST).context["cl"].result_list.count() == 0
    assert client_of(anna).get(at(offer)).status_code == 302
    assert client_of(anna).get(at_the_desk("desk_offer", offer)).status_code == 404


def test_lists_cost_the_same_with_one_and_with_thirty(office, agreement, allowance, anna, consultant):
    offer = made(agreement, consultant)

    def grow(number):
        made(agreement, consultant, number + 1)
        offer.events.create(actor=consultant, from_state="draft", to_state="draft", at=NOW)
        log_work(
            ticket=opened(agreement.client, anna), amount=5, unit="minutes", done="So.", by=consultant, now=NOW,
            form_id=uuid4(), allowance=allowance,
        )  # fmt: skip

    addresses = [LIST, at(offer), reverse("admin:support_work_changelist")]
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
