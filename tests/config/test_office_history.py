"""The versions of what the office edits are read, and never written back (X4)."""

import pytest
from django.contrib import admin
from django.urls import reverse

from base.admin import OfficeHistoryAdmin
from support.models import Client, ClientPerson
from tests.making import contract, make_staff
from tests.support.making import NOW


@pytest.fixture
def person(pro):
    agreement = contract(pro, now=NOW).agreement
    return ClientPerson.objects.create(client=agreement.client, name="Bruno", email="bruno@example.com")


def versions_of(model):
    return f"admin:{model._meta.label_lower.replace('.', '_')}_simple_history"


def test_whoever_may_only_look_writes_no_version_back(person, client_of):
    address = reverse(versions_of(ClientPerson), args=[person.pk, person.history.get().history_id])
    browser = client_of(make_staff("consultant"))
    assert browser.get(address).status_code == 200
    answer = browser.post(address, {"name": "Me", "email": "me@example.com", "role": "signs"})
    assert answer.status_code == 403
    person.refresh_from_db()
    assert (person.name, person.email, person.role) == ("Bruno", "bruno@example.com", "asks")


def test_nor_does_whoever_may_change_the_row_itself(pro, client_of):
    contract(pro)
    customer = pro.customer
    address = reverse(versions_of(type(customer)), args=[customer.pk, customer.history.first().history_id])
    answer = client_of(make_staff("finance")).post(address, {"name": "Another", "email": "x@example.com"})
    assert answer.status_code == 403
    customer.refresh_from_db()
    assert customer.name == "Reformas Hidalgo"


def test_the_versions_of_what_is_kept_from_its_reader_are_kept_too(person, pro, client_of):
    consultant = make_staff("consultant")
    pro.members.add(consultant)
    browser, client = client_of(consultant), person.client
    assert browser.get(reverse("admin:support_client_change", args=[client.pk])).status_code == 404
    assert browser.get(reverse("admin:support_client_history", args=[client.pk])).status_code == 404
    address = reverse(versions_of(Client), args=[client.pk, client.history.first().history_id])
    assert browser.get(address).status_code == 404


def test_every_list_that_keeps_versions_stands_on_the_same_page():
    from simple_history.admin import SimpleHistoryAdmin

    kept = [each for each in admin.site._registry.values() if isinstance(each, SimpleHistoryAdmin)]
    assert kept
    assert all(isinstance(each, OfficeHistoryAdmin) for each in kept)
