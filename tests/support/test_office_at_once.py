"""The office's forms pressed at the same moment, on PostgreSQL: one form makes one thing, and the week stays one."""

from datetime import time
from functools import partial
from uuid import uuid4

import pytest
from django.db import transaction

from billing.models import Customer
from support import clients
from support.clients import end_person, name_person
from support.desk_calendar import refuse_hours
from support.errors import SupportError
from support.models import Client, OpeningHours, Quote
from tests.billing.test_at_once import held_up, without_row_locks
from tests.support.making import registrar
from tests.support.office import NOW, make_client, make_draft, make_lead_of_the_desk
from tests.together import together

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]


def make_twice(client, lead):
    form_id = uuid4()
    return together(*(lambda: make_draft(client, lead, public_id=form_id).pk for _ in range(2)))


def test_one_form_sent_twice_at_once_makes_one_quote():
    client, lead = make_client(), make_lead_of_the_desk()
    made = make_twice(client, lead)
    assert set(made) == {Quote.objects.get().pk}


def open_at_once(**form_id):
    said = {"name": "Studio Bianchi", "email": "anna@example.com", "language": "en", "now": NOW}
    return together(*[partial(clients.open_client, **said, by=registrar(), **form_id)] * 3)


def test_one_form_sent_at_once_opens_one_client():
    form_id = uuid4()
    opened = open_at_once(public_id=form_id)
    assert {each.pk for each in opened} == {Client.objects.get().pk}
    assert Customer.objects.count() == Client.objects.get().people.count() == 1


def test_two_forms_for_one_address_at_once_open_one_client():
    opened = open_at_once()
    assert sorted(getattr(each, "code", "opened") for each in opened) == [
        "client_exists",
        "client_exists",
        "opened",
    ]
    assert Client.objects.count() == Customer.objects.count() == 1


def test_without_the_lock_on_the_address_there_would_be_three(monkeypatch):
    monkeypatch.setattr(clients, "one_after_the_other", lambda of, text: None)
    held_up(monkeypatch, clients, "_refuse_known", 3)
    open_at_once()
    assert Client.objects.count() == 3


def end_both(client):
    name_person(client=client, name="Bruno", email="bruno@example.com", role="signs", by=registrar())
    people = list(client.people.all())
    return together(
        *(
            lambda person=person: end_person(person=person, today=NOW.date(), by=registrar())
            for person in people
        )
    )


def test_of_two_who_sign_one_stays_however_both_are_ended_at_once(monkeypatch):
    client = make_client()
    held_up(monkeypatch, clients, "_refuse_without_signer", 2)
    ended = end_both(client)
    assert sorted(getattr(each, "code", "ended") for each in ended) == ["ended", "last_signer"]
    assert client.people.speaking().count() == 1


def test_without_the_lock_nobody_would_sign_any_more(monkeypatch):
    client = make_client()
    without_row_locks(monkeypatch, Client)
    held_up(monkeypatch, clients, "_refuse_without_signer", 2)
    end_both(client)
    assert client.people.speaking().count() == 0


def add(opens, closes):
    with transaction.atomic():
        hours = OpeningHours(weekday=5, opens=opens, closes=closes)
        refuse_hours(to_be=hours)
        hours.save()


def test_hours_added_at_once_do_not_overlap():
    added = together(lambda: add(time(9), time(12)), lambda: add(time(11), time(14)))
    assert [type(each) for each in added if each is not None] == [SupportError]
    assert OpeningHours.objects.filter(weekday=5).count() == 1
