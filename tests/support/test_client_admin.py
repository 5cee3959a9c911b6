"""Clients in the office: opened, with the people who speak for them (S1)."""

from datetime import date
from uuid import uuid4

import pytest
import time_machine
from django.urls import reverse

from billing.customers import customer_of
from billing.models import Customer
from support.clients import client_of as client_that_is
from support.clients import end_person, name_person
from support.models import Client, ClientPerson
from tests.support.making import registrar
from tests.support.office import (
    NOW,
    cost_the_same,
    make_agreement,
    make_client,
    make_draft,
    told,
)

pytestmark = pytest.mark.django_db
ADD = reverse("admin:support_client_add")
LIST = reverse("admin:support_client_changelist")


@pytest.fixture(autouse=True)
def clock():
    with time_machine.travel(NOW, tick=False):
        yield


def page(client):
    return reverse("admin:support_client_change", args=[client.pk])


def new(**changes):
    said = {
        "press": "new", "name": "Studio Bianchi", "email": "Anna@example.com", "language": "es-mx", "tax_id": "",
        "address": "", "phone": "+39 347 123 4567", "form_id": uuid4(),
    }  # fmt: skip
    return said | changes


def person(**changes):
    return {"name": "Bruno", "email": "bruno@example.com", "phone": "", "role": "asks"} | changes


def test_a_consultant_opens_one(consultant, client_of):
    response = client_of(consultant).post(ADD, new(), follow=True)
    client = Client.objects.get()
    assert (client.customer.name, client.language, str(client.people.get().phone)) == (
        "Studio Bianchi", "es-mx", "+393471234567",
    )  # fmt: skip
    assert client.people.get().role == "signs"
    assert told(response) == ["Studio Bianchi can be sent quotes now."]
    assert client.history.get().history_user == consultant


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"name": ""}, "name"), ({"email": "anna"}, "email"), ({"tax_id": "123"}, "tax_id"), ({"phone": "12"}, "phone"),
        ({"language": "xx"}, "language"), ({"email": "taken@example.com"}, "email"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said_beside_its_field_and_kept(office, changes, field):
    make_client("Taken", "taken@example.com")
    response = office.post(ADD, new(**changes))
    assert response.status_code == 422
    assert list(response.context["new"].errors) == [field]
    assert "+39 347 123 4567" in response.text or field == "phone"
    assert Client.objects.count() == 1


def test_the_form_sent_twice_opens_one(office):
    sent = new()
    first, again = (office.post(ADD, sent) for _ in range(2))
    assert first.url == again.url == page(Client.objects.get())


def test_the_form_sent_again_for_somebody_else_opens_nobody(office):
    sent = new()
    office.post(ADD, sent)
    response = office.post(ADD, sent | {"name": "Studio Verdi", "email": "verdi@example.com"})
    assert response.status_code == 422
    assert "This form has already made “Studio Bianchi”" in response.text
    assert Client.objects.count() == 1


def test_whom_we_know_is_not_opened_by_another_form(office):
    office.post(ADD, new())
    assert list(office.post(ADD, new()).context["new"].errors) == ["email"]
    assert Client.objects.count() == 1


@pytest.mark.parametrize(
    "name_it", [lambda pro: pro.name.lower(), lambda pro: pro.tax_id, lambda pro: pro.owner.email]
)
def test_a_customer_that_is_invoiced_is_found_and_added_once(office, pro, name_it):
    customer_of(pro)
    for _ in range(2):
        assert office.post(ADD, {"press": "known", "who": name_it(pro)}).status_code == 302
    assert Client.objects.get().customer.professional == pro


def test_who_is_not_found_or_not_alone_is_told_and_kept(office):
    for _ in range(2):
        Customer.objects.create(name="Two of them", email="two@example.com")
    for who in ("Nobody", "Two of them"):
        response = office.post(ADD, {"press": "known", "who": who})
        assert response.status_code == 422
        assert list(response.context["known"].errors) == ["who"]
        assert f'value="{who}"' in response.text
    assert not Client.objects.exists()


def test_nobody_adds_or_sees_the_client_that_they_belong_to(office, desk_lead, pro):
    pro.members.add(desk_lead)
    customer_of(pro)
    assert office.post(ADD, {"press": "known", "who": pro.name}).status_code == 422
    own = client_that_is(customer_of(pro), NOW)
    by_address = make_client("Own", desk_lead.email)
    other = make_client()
    assert [row.pk for row in office.get(LIST).context["cl"].result_list] == [other.pk]
    for client in (own, by_address):
        assert office.get(page(client)).status_code == 404
        assert (
            office.post(reverse("admin:support_client_person", args=[client.pk]), person()).status_code == 404
        )
        assert office.post(reverse("admin:support_client_language", args=[client.pk]), {}).status_code == 404


def test_nobody_says_of_themselves_that_they_speak_for_a_client(office, desk_lead):
    client = make_client()
    anna, own = client.people.get(), person(email=desk_lead.email.upper())
    for name, args in {"person": [], "change_person": [anna.pk]}.items():
        address = reverse(f"admin:support_client_{name}", args=[client.pk, *args])
        response = office.post(address, own | {"role": "signs"})
        assert (response.status_code, list(response.context["form"].errors)) == (422, ["email"])
    opened = {"name": "Own", "email": desk_lead.email, "language": "en", "form_id": uuid4()}
    response = office.post(ADD, opened)
    assert (response.status_code, list(response.context["new"].errors)) == (422, ["email"])
    assert list(ClientPerson.objects.all()) == [anna]


def test_whether_they_are_a_client_is_read_off_their_agreements(office, desk_lead):
    client = make_client()
    assert "not yet" in office.get(page(client)).text
    make_agreement(client, desk_lead, signed_on=date(2026, 10, 1))
    make_agreement(client, desk_lead, signed_on=date(2026, 9, 1))
    make_client("Another", "other@example.com")
    assert "since Sept. 1, 2026" in office.get(page(client)).text
    for signed, names in {"yes": ["Studio Bianchi"], "no": ["Another"]}.items():
        rows = office.get(LIST, {"signed": signed}).context["cl"].result_list
        assert [str(row) for row in rows] == names


@pytest.mark.parametrize("said", ["bianchi", "bruno@example", "3934712"])
def test_a_client_is_found_by_its_people_too(office, said):
    client = make_client()
    name_person(
        client=client,
        name="Bruno",
        email="bruno@example.com",
        role="asks",
        phone="+393471234567",
        by=registrar(),
    )
    make_client("Another", "other@example.com")
    assert [row.pk for row in office.get(LIST, {"q": said}).context["cl"].result_list] == [client.pk]


def test_somebody_is_named_changed_and_ended(office, desk_lead):
    client = make_client()
    office.post(reverse("admin:support_client_person", args=[client.pk]), person(email="Bruno@Example.com"))
    bruno = client.people.get(name="Bruno")
    assert (bruno.email, bruno.role) == ("bruno@example.com", "asks")
    change = reverse("admin:support_client_change_person", args=[client.pk, bruno.pk])
    assert 'value="bruno@example.com"' in office.get(change).text
    office.post(change, person(role="signs", phone="+39 347 123 4567"))
    bruno.refresh_from_db()
    assert (bruno.role, str(bruno.phone)) == ("signs", "+393471234567")
    end = reverse("admin:support_client_end_person", args=[client.pk, bruno.pk])
    for _ in range(2):
        assert office.post(end).status_code == 302
    bruno.refresh_from_db()
    assert bruno.ended_on == NOW.date()
    assert {row.history_user for row in bruno.history.all()} == {desk_lead}
    assert office.get(change).status_code == 404
    assert "until Nov. 2, 2026" in office.get(page(client)).text


def test_an_address_that_speaks_already_is_refused_beside_its_field(office):
    client = make_client()
    response = office.post(
        reverse("admin:support_client_person", args=[client.pk]), person(email="ANNA@example.com")
    )
    assert response.status_code == 422
    assert list(response.context["form"].errors) == ["email"]
    assert 'value="Bruno"' in response.text


def test_the_last_who_signs_stays_until_somebody_else_does(office):
    client = make_client()
    anna = client.people.get()
    end = reverse("admin:support_client_end_person", args=[client.pk, anna.pk])
    response = office.post(end)
    assert response.status_code == 409
    assert told(response) == ["Nobody else signs for this client. Name somebody who does, then change this."]
    change = reverse("admin:support_client_change_person", args=[client.pk, anna.pk])
    response = office.post(change, person(name="Anna", email="anna@example.com"))
    assert list(response.context["form"].errors) == ["role"]
    name_person(client=client, name="Bruno", email="bruno@example.com", role="signs", by=registrar())
    assert office.post(end).status_code == 302
    anna.refresh_from_db()
    assert anna.ended_on == NOW.date()


def test_for_a_business_its_owner_alone_signs(office, pro):
    client = client_that_is(customer_of(pro), NOW)
    add = reverse("admin:support_client_person", args=[client.pk])
    assert list(office.post(add, person(role="signs")).context["form"].errors) == ["role"]
    assert office.post(add, person()).status_code == 302
    end_person(person=client.people.get(), today=NOW.date(), by=registrar())
    assert ClientPerson.objects.get().ended_on


def test_a_person_of_another_client_is_not_found_there(office):
    client, other = make_client(), make_client("Another", "other@example.com")
    number = other.people.get().pk
    for name in ("change_person", "end_person"):
        assert (
            office.post(reverse(f"admin:support_client_{name}", args=[client.pk, number])).status_code == 404
        )


def test_the_language_is_changed_and_another_is_refused(office, desk_lead):
    client = make_client()
    address = reverse("admin:support_client_language", args=[client.pk])
    assert office.post(address, {"language": "xx"}).status_code == 422
    assert office.post(address, {"language": "es-mx"}).status_code == 302
    client.refresh_from_db()
    assert client.language == "es-mx"
    assert client.history.first().history_user == desk_lead


def test_a_consultant_looks_and_changes_no_people(consultant, client_of):
    client = make_client()
    browser = client_of(consultant)
    assert browser.get(page(client)).status_code == 200
    anna = client.people.get()
    for name, args in {
        "language": [],
        "person": [],
        "change_person": [anna.pk],
        "end_person": [anna.pk],
    }.items():
        address = reverse(f"admin:support_client_{name}", args=[client.pk, *args])
        assert browser.post(address, person()).status_code == 403
    assert client.people.count() == 1


@pytest.mark.parametrize("role", ["moderator", "finance", "stranger"])
def test_others_see_nothing_of_it(request, role, client_of):
    client = make_client()
    browser = client_of(request.getfixturevalue(role))
    for address in (LIST, ADD, page(client)):
        assert browser.get(address).status_code == (302 if role == "stranger" else 403)


def test_list_and_page_cost_the_same_with_one_row_and_with_thirty(office, desk_lead):
    client = make_client()

    def grow(number):
        make_client(f"Client {number}", f"client{number}@example.com")
        name_person(
            client=client, name="Bruno", email=f"bruno{number}@example.com", role="asks", by=registrar()
        )
        make_agreement(client, desk_lead)
        make_draft(client, desk_lead)

    people = reverse("admin:support_clientperson_changelist")
    cost_the_same(office, [LIST, page(client), people], grow)
