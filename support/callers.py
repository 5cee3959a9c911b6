"""Whose call it is: telephone numbers as they are said, and the clients who have them (S1, S3)."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from django.conf import settings
from django.db.models import Q
from phonenumber_field.phonenumber import PhoneNumber

from base.tax_ids import normal_tax_id
from billing.customers import language_of
from profiles.errors import ProfileError
from profiles.phones import read_phone
from support.models import Client, ClientPerson
from support.models.clients import ClientQuerySet


@dataclass(frozen=True, slots=True)
class Caller:
    """Who has a number: the clients, and the one person of the client where no other has it. Nobody: neither."""

    clients: tuple[Client, ...] = ()
    people: tuple[ClientPerson, ...] = field(default=(), repr=False)

    @property
    def client(self) -> Client | None:
        """The client whose call it is; None where nobody has the number, or several have it: then a person chooses."""
        return self.clients[0] if len(self.clients) == 1 else None

    @property
    def person(self) -> ClientPerson | None:
        """Who of the client it is, where only one of its people has the number."""
        return self.people[0] if self.client is not None and len(self.people) == 1 else None


@dataclass(frozen=True, slots=True)
class Number:
    """A number at which a client is reached, and whose it is."""

    whose: str
    phone: PhoneNumber


def numbers_of(client: Client) -> Sequence[Number]:
    """Where somebody is reached who speaks for a client: its people, then its business. One query, or two."""
    people = ClientPerson.objects.speaking().filter(client=client).exclude(phone="").order_by("pk")
    found = [Number(person.name or person.email, person.phone) for person in people]
    business = client.customer.professional
    if business is not None and business.phone and business.closed_at is None:
        found.append(Number(business.name, business.phone))
    return list({each.phone: each for each in reversed(found)}.values())[::-1]


def read_number(said: str) -> tuple[str, str]:
    """A number as it is called (+39061234567) and "", or "" and what was said where nobody could call that; both empty
    where nothing was said: the number was withheld."""
    # What no column holds, and no reader sees.
    said = "".join(each for each in said if each.isprintable()).strip()
    try:
        return read_phone(said), ""
    except ProfileError:
        return "", said[:40]


def who_calls(phone: str) -> Caller:
    """Whose number `phone` (as `read_number` gives it) is. Who has only been sent a quote is no client yet (S1)."""
    return who_call([phone]).get(phone, Caller())


def who_call(phones: Iterable[str]) -> Mapping[str, Caller]:
    """As `who_calls`, for many numbers in two queries; what nobody has is not in it."""
    wanted = {phone for phone in phones if phone}
    if not wanted:
        return {}
    signed = Client.objects.signed().order_by()
    people = ClientPerson.objects.speaking().filter(phone__in=wanted, client__in=signed.values("pk"))
    businesses = signed.filter(
        Q(customer__professional__phone__in=wanted) & Q(customer__professional__closed_at=None)
    )
    clients: dict[str, dict[int, Client]] = {}
    named: dict[str, list[ClientPerson]] = {}
    for person in people.select_related("client__customer__professional__owner").order_by("pk"):
        clients.setdefault(str(person.phone), {})[person.client_id] = person.client
        named.setdefault(str(person.phone), []).append(person)
    for client in businesses.select_related("customer__professional__owner").order_by("pk"):
        business = client.customer.professional
        assert business is not None
        clients.setdefault(str(business.phone), {}).setdefault(client.pk, client)
    return {
        phone: Caller(tuple(found.values()), tuple(named.get(phone, ()))) for phone, found in clients.items()
    }


def find_clients(said: str, most: int = 10, *, among: ClientQuerySet | None = None) -> Sequence[Client]:
    """Clients by a part of their name, or of the name or address of whoever speaks for them, or by a whole number or
    tax id: at most so many, by name. Among those who are clients (S1), or `among` others."""
    said = said.strip()
    if len(said) < 2:
        return []
    number, _said = read_number(said)
    people = Q(name__icontains=said) | Q(email__icontains=said.lower())
    named = Q(customer__name__icontains=said) | Q(customer__professional__name__icontains=said)
    if number:
        people |= Q(phone=number)
        named |= Q(customer__professional__phone=number)
    if tax_id := normal_tax_id(said):
        named |= Q(customer__tax_id=tax_id)
    speaking = ClientPerson.objects.speaking().filter(people)
    rows = Client.objects.signed() if among is None else among
    found = rows.filter(named | Q(pk__in=speaking.values("client")))
    return list(found.select_related("customer").order_by("customer__name", "pk")[:most])


def speaks(client: Client) -> str:
    """The language in which a client is written to: that of a business is its owner's."""
    if client.customer.professional is not None:
        return language_of(client.customer)
    return client.language or settings.LANGUAGE_CODE
