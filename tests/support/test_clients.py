"""Who is a client, and who speaks and signs for one (S1)."""

from datetime import date

import pytest
from django.contrib.auth.models import AnonymousUser

from billing.customers import customer_of
from billing.models import Customer
from support.clients import Reader, client_of, name_person, open_client, readers_of, signs_for
from support.errors import SupportError
from support.models import Client, ClientPerson
from tests.making import make_user
from tests.support.making import NOW, registrar


def test_whoever_was_only_quoted_to_is_no_client(studio):
    assert list(Client.objects.signed()) == []


def test_a_signed_agreement_makes_a_client_and_two_make_one(studio, agreement, desk_lead):
    from support.agreements import Line, sign_agreement
    from support.models import Agreement

    sign_agreement(
        client=studio,
        title="Shop",
        text="",
        lines=[Line(kind="service", what="Shop")],
        signed=Agreement.Signed.PAPER,
        by=desk_lead,
        now=NOW,
    )
    assert list(Client.objects.signed()) == [studio]


def test_a_business_is_one_client_however_often_it_is_asked_for(pro):
    customer = customer_of(pro)
    assert client_of(customer, NOW) == client_of(customer, NOW)
    assert Client.objects.get().customer == customer


def test_an_address_that_speaks_for_a_client_opens_no_other(studio):
    with pytest.raises(SupportError) as refusal:
        open_client(name="Anna", email=" ANNA@example.com", language="it", now=NOW, by=registrar())
    assert (refusal.value.code, refusal.value.field) == ("client_exists", "email")
    assert Client.objects.count() == 1


def test_whom_we_invoice_already_is_not_opened_a_second_time(pro, studio):
    customer_of(pro)
    Customer.objects.create(name="Once invoiced", email="Once@example.com")
    for email in ("PRO@example.com", "once@example.com"):
        with pytest.raises(SupportError) as refusal:
            open_client(name="Anna", email=email, language="it", now=NOW, by=registrar())
        assert (refusal.value.code, refusal.value.field) == ("customer_exists", "email")
    assert list(Client.objects.all()) == [studio]


def test_an_address_is_kept_in_lower_case(studio):
    assert studio.people.get().email == "anna@example.com"


def test_whoever_has_proved_the_address_sees_the_client(studio, anna):
    assert list(Client.objects.visible_to(anna)) == [studio]


def test_an_address_is_the_same_however_its_account_writes_it(studio):
    assert list(Client.objects.visible_to(make_user("Anna@Example.com"))) == [studio]


def test_an_address_that_was_not_proved_shows_nothing(studio, anna):
    anna.emailaddress_set.update(verified=False)
    assert list(Client.objects.visible_to(anna)) == []


def test_strangers_and_nobody_see_no_client(studio, stranger):
    assert list(Client.objects.visible_to(stranger)) == []
    assert list(Client.objects.visible_to(AnonymousUser())) == []


def test_who_speaks_for_the_client_no_more_sees_it_no_more(studio, anna):
    studio.people.update(ended_on=date(2026, 11, 2))
    assert list(Client.objects.visible_to(anna)) == []
    assert not signs_for(studio, anna)


def test_owner_and_members_see_the_client_that_their_business_is(pro):
    member = make_user()
    pro.members.add(member)
    client = client_of(customer_of(pro), NOW)
    assert list(Client.objects.visible_to(pro.owner)) == [client]
    assert list(Client.objects.visible_to(member)) == [client]


def test_the_owner_alone_signs_for_a_business(pro):
    member = make_user()
    pro.members.add(member)
    client = client_of(customer_of(pro), NOW)
    assert signs_for(client, pro.owner)
    assert not signs_for(client, member)


def addresses(client, **which):
    return [reader.email for reader in readers_of(client, **which)]


def test_a_member_whose_account_was_deactivated_is_not_written_to(pro):
    gone = make_user("gone@example.com")
    pro.members.add(gone, make_user("member@example.com"))
    gone.is_active = False
    gone.save()
    assert addresses(client_of(customer_of(pro), NOW)) == [pro.owner.email, "member@example.com"]


def test_of_a_business_owner_and_members_are_written_to_and_the_owner_alone_where_it_is_signed(pro):
    client = client_of(customer_of(pro), NOW)
    pro.members.add(make_user("member@example.com", language="es-mx", time_zone="America/Tijuana"))
    name_person(
        client=client,
        name="Book keeper",
        email="books@example.com",
        role=ClientPerson.Role.ASKS,
        by=registrar(),
    )
    assert readers_of(client) == [
        Reader("pro@example.com", pro.owner.language, pro.owner.time_zone),
        Reader("member@example.com", "es-mx", "America/Tijuana"),
        Reader("books@example.com", client.language),
    ]
    assert addresses(client, signing=True) == ["pro@example.com"]


def test_a_member_who_was_also_named_is_written_to_once(pro):
    client = client_of(customer_of(pro), NOW)
    pro.members.add(make_user("member@example.com", language="es-mx"))
    name_person(
        client=client, name="Them", email="member@example.com", role=ClientPerson.Role.ASKS, by=registrar()
    )
    assert [(reader.email, reader.language) for reader in readers_of(client)[1:]] == [
        ("member@example.com", "es-mx")
    ]


def test_of_a_business_that_was_closed_those_alone_are_written_to_who_were_named(pro):
    client = client_of(customer_of(pro), NOW)
    pro.members.add(make_user("member@example.com"))
    name_person(
        client=client,
        name="Book keeper",
        email="books@example.com",
        role=ClientPerson.Role.ASKS,
        by=registrar(),
    )
    pro.closed_at = NOW
    pro.save()
    client.refresh_from_db()
    assert addresses(client) == ["books@example.com"]
    assert addresses(client, signing=True) == []


def test_who_was_removed_from_a_business_is_written_to_no_more(pro):
    member = make_user("member@example.com")
    client = client_of(customer_of(pro), NOW)
    pro.members.add(member)
    pro.members.remove(member)
    assert addresses(client) == ["pro@example.com"]


def test_of_other_clients_those_sign_who_are_named_for_it(studio, anna, stranger):
    ClientPerson.objects.create(client=studio, name="Bruno", email="bruno@example.com")
    bruno = make_user("bruno@example.com")
    assert signs_for(studio, anna)
    assert not signs_for(studio, bruno)
    assert not signs_for(studio, stranger)


def test_whoever_is_staff_sees_no_client_by_that(studio, consultant):
    assert list(Client.objects.visible_to(consultant)) == []
