"""Clients and the people who speak for them (S1)."""

import uuid
from dataclasses import dataclass
from datetime import date, datetime

from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from base.locks import Of, one_after_the_other
from base.registry import speak_for_customers
from base.tax_ids import normal_tax_id
from billing.customers import language_of
from billing.models import Customer
from profiles.models import User
from support.errors import SupportError, form_used, own_business
from support.models import Client, ClientPerson


def client_of(customer: Customer, now: datetime) -> Client:
    """The client that a customer is, made if there is none yet. It becomes one by an agreement alone."""
    with transaction.atomic():
        client, made = Client.objects.get_or_create(
            customer=customer, defaults={"language": language_of(customer), "created_at": now}
        )
        if made and customer.professional is None and customer.email:
            # Nobody owns it, so whoever is invoiced signs until somebody else is named.
            ClientPerson.objects.create(
                client=client,
                name=customer.name[:120],
                email=customer.email.lower(),
                role=ClientPerson.Role.SIGNS,
            )
        return client


def open_client(
    *,
    name: str,
    email: str,
    language: str,
    by: User,
    now: datetime,
    tax_id: str = "",
    address: str = "",
    phone: str = "",
    public_id: uuid.UUID | None = None,
) -> Client:
    """Somebody to whom a quote can be sent, with the person who is written to and who signs. `public_id` is what makes
    two sendings of one form one client: the same id again returns what stands.

    Of one address one client is opened, also by two forms at the same moment. Raises SupportError: "client_exists" (the
    address speaks for a client), "customer_exists" (we invoice it already, and it becomes a client by `client_of`),
    "form_used", "own_business" (the address is one of `by`).
    """
    email = email.strip().lower()
    public_id = public_id or uuid.uuid4()
    try:
        with transaction.atomic():
            # There is no row to lock yet.
            one_after_the_other(Of.CLIENT_ADDRESS, email)
            if standing := _opened_by(public_id, name):
                return standing
            _refuse_known(email)
            customer = Customer.objects.create(name=name, email=email, tax_id=tax_id, address=address)
            client = Client.objects.create(
                public_id=public_id, customer=customer, language=language, created_at=now
            )
            ClientPerson.objects.create(
                client=client, name=name, email=email, phone=phone, role=ClientPerson.Role.SIGNS
            )
            refuse_own(client, by, field="email")
            return client
    except IntegrityError:
        # The same form, sent at once with two addresses.
        if standing := _opened_by(public_id, name):
            return standing
        raise


def _opened_by(public_id: uuid.UUID, name: str) -> Client | None:
    """The client that this form has opened. Raises SupportError "form_used" where it was somebody else."""
    standing = Client.objects.filter(public_id=public_id).select_related("customer").first()
    if standing and standing.customer.name != name:
        raise form_used(str(standing))
    return standing


def _refuse_known(email: str) -> None:
    standing = ClientPerson.objects.speaking().filter(email=email).select_related("client__customer").first()
    if standing:
        raise SupportError(
            "client_exists",
            _("%(email)s speaks for the client %(client)s already. Quote to that client.")
            % {"email": email, "client": standing.client},
            field="email",
        )
    invoiced = Customer.objects.filter(Q(email__iexact=email) | Q(professional__owner__email__iexact=email))
    if customer := invoiced.order_by("pk").first():
        raise SupportError(
            "customer_exists",
            _(
                "We invoice %(customer)s at %(email)s already. Add them as “Somebody we invoice already”, so that they "
                "stay one customer."
            )
            % {"email": email, "customer": customer},
            field="email",
        )


@dataclass(frozen=True, slots=True)
class Reader:
    """Somebody who is written to for a client. An empty language or zone is the site's or the desk's."""

    email: str
    language: str
    time_zone: str = ""


def readers_of(client: Client, *, signing: bool = False) -> list[Reader]:
    """Everybody who speaks for a client, once each: of a business its owner and its members who can sign in, unless it
    was closed, and whoever was named. With `signing`, those alone who sign for it: of a business its owner.

    Members have the same pages of the desk as the owner (`ClientQuerySet.visible_to`): what is written to all who speak
    for a client would otherwise reach the one person who may not be the one who asks, calls and uses the support.
    """
    business = client.customer.professional
    readers = []
    if business is not None and business.closed_at is None:
        of_business = [business.owner]
        if not signing:
            of_business += business.members.filter(is_active=True).order_by("pk")
        readers += [Reader(each.email, each.language, each.time_zone) for each in of_business]
    people = ClientPerson.objects.speaking().filter(client=client)
    if signing:
        people = people.none() if business is not None else people.filter(role=ClientPerson.Role.SIGNS)
    readers += [Reader(email, client.language) for email in people.values_list("email", flat=True)]
    by_address: dict[str, Reader] = {}
    for reader in readers:
        # As themselves where they have an account with the business.
        by_address.setdefault(reader.email.lower(), reader)
    return list(by_address.values())


def signers_in_words(client: Client) -> str:
    """The addresses to which goes what only who signs for a client is sent; "" where nobody does."""
    return ", ".join(reader.email for reader in readers_of(client, signing=True))


def signs_for(client: Client, user: User) -> bool:
    """Whether `user` may accept quotes and offers for a client: the owner of the business, or somebody named for it
    whose address is proved."""
    business = client.customer.professional
    if business is not None:
        return business.owner_id == user.pk
    named = ClientPerson.objects.speaking().filter(client=client, role=ClientPerson.Role.SIGNS)
    return named.proved_by(user).exists()


def belongs_to(client: Client, user: User) -> bool:
    """Whether `user` is on the client's side: of its business, or speaks for it."""
    business = client.customer.professional
    if business is not None and business.has_person(user):
        return True
    return Client.objects.visible_to(user).filter(pk=client.pk).exists()


def speaks_for_customer(customer_id: int, user: User) -> bool:
    """Whether `user` speaks for the client that a customer is: billing asks it of whoever records its money."""
    return Client.objects.visible_to(user).filter(customer=customer_id).exists()


speak_for_customers.append(speaks_for_customer)


def refuse_own(client: Client, by: User, field: str | None = None) -> None:
    """Raises SupportError "own_business": nobody of the desk does anything for, or agrees anything with, who they speak
    for themselves."""
    if belongs_to(client, by):
        raise own_business(field)


def find_customer(said: str) -> Customer:
    """The customer that staff name by tax id, e-mail or the exact name.

    Raises SupportError: "no_such_customer", "several_customers" (they have to be named more exactly).
    """
    said = said.strip()
    named = (
        Q(name__iexact=said) | Q(email__iexact=said) | Q(professional__owner__email__iexact=said)
        | Q(professional__name__iexact=said)
    )  # fmt: skip
    if tax_id := normal_tax_id(said):
        named |= Q(tax_id=tax_id)
    customers = list(Customer.objects.filter(named).select_related("professional__owner")[:2])
    if not customers:
        raise SupportError(
            "no_such_customer",
            _("We invoice nobody of this name, e-mail or tax id. Write it exactly, or open a new client."),
            field="who",
        )
    if len(customers) > 1:
        raise SupportError(
            "several_customers",
            _("Several customers have this. Write the tax id or the e-mail of the one you mean."),
            field="who",
        )
    return customers[0]


def change_language(*, client: Client, language: str, by: User) -> Client:
    """The language in which a client is written to. That of a business is its owner's own choice.

    Raises SupportError("own_business").
    """
    refuse_own(client, by)
    client.language = language
    client.save(update_fields=["language"])
    return client


def name_person(
    *, client: Client, name: str, email: str, role: str, by: User, phone: str = ""
) -> ClientPerson:
    """Somebody speaks for a client from now on: who proves that address sees the client's pages.

    Raises SupportError: "person_exists", "owner_signs" (for a business nobody else does), "own_business": nobody of the
    desk says it of themselves either, for they could accept what the desk offers.
    """
    email = email.strip().lower()
    with transaction.atomic():
        client = _locked(client)
        refuse_own(client, by)
        _refuse_person(client, email, role)
        person = ClientPerson.objects.create(client=client, name=name, email=email, phone=phone, role=role)
        refuse_own(client, by, field="email")
        return person


def change_person(
    *, person: ClientPerson, name: str, email: str, role: str, by: User, phone: str = ""
) -> ClientPerson:
    """Raises SupportError: "person_ended", "last_signer", "own_business", and as `name_person`."""
    email = email.strip().lower()
    with transaction.atomic():
        client = _locked(person.client)
        refuse_own(client, by)
        person = _still_speaking(person)
        _refuse_person(client, email, role, but=person)
        if role != ClientPerson.Role.SIGNS:
            _refuse_without_signer(client, person, field="role")
        person.name, person.email, person.phone, person.role = name, email, phone, role
        person.save()
        refuse_own(client, by, field="email")
        return person


def end_person(*, person: ClientPerson, by: User, today: date) -> ClientPerson:
    """Somebody speaks for the client no more: its pages are closed to them at once. Ended twice, it is once.

    Raises SupportError: "last_signer", "own_business" (also who speaks for a client ends it for nobody, and so not for
    themselves, to decide of its business the next moment).
    """
    with transaction.atomic():
        client = _locked(person.client)
        refuse_own(client, by)
        person = ClientPerson.objects.get(pk=person.pk)
        if person.ended_on is not None:
            return person
        _refuse_without_signer(client, person)
        person.ended_on = today
        person.save(update_fields=["ended_on"])
        return person


def _locked(client: Client) -> Client:
    """Its people are changed one after the other: of two who sign, both at once could be ended."""
    locked = Client.objects.select_for_update(no_key=True, of=("self",)).select_related(
        "customer__professional"
    )
    return locked.get(pk=client.pk)


def _still_speaking(person: ClientPerson) -> ClientPerson:
    person = ClientPerson.objects.get(pk=person.pk)
    if person.ended_on is not None:
        raise SupportError(
            "person_ended",
            _("%(name)s speaks for this client no more. Add them anew.") % {"name": person.name},
        )
    return person


def _refuse_person(client: Client, email: str, role: str, but: ClientPerson | None = None) -> None:
    others = ClientPerson.objects.speaking().filter(client=client, email=email)
    if (others.exclude(pk=but.pk) if but else others).exists():
        raise SupportError(
            "person_exists",
            _("%(email)s speaks for this client already.") % {"email": email},
            field="email",
        )
    if role == ClientPerson.Role.SIGNS and client.customer.professional is not None:
        raise SupportError(
            "owner_signs", _("For a business of the marketplace its owner alone signs."), field="role"
        )


def _refuse_without_signer(client: Client, person: ClientPerson, field: str | None = None) -> None:
    """A client without anybody who signs could accept no quote, and nobody would be told of one."""
    if person.role != ClientPerson.Role.SIGNS or client.customer.professional is not None:
        return
    signing = ClientPerson.objects.speaking().filter(client=client, role=ClientPerson.Role.SIGNS)
    if not signing.exclude(pk=person.pk).exists():
        raise SupportError(
            "last_signer",
            _("Nobody else signs for this client. Name somebody who does, then change this."),
            field=field,
        )
