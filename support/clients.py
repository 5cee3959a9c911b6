"""Clients and the people who speak for them (S1)."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from billing.customers import language_of
from billing.models import Customer
from profiles.models import User
from support.errors import SupportError
from support.models import Client, ClientPerson


def client_of(customer: Customer, now: datetime) -> Client:
    """The client that a customer is, made if there is none yet. It becomes one by an agreement alone."""
    return Client.objects.get_or_create(
        customer=customer, defaults={"language": language_of(customer), "created_at": now}
    )[0]


def open_client(
    *,
    name: str,
    email: str,
    language: str,
    now: datetime,
    tax_id: str = "",
    address: str = "",
    phone: str = "",
) -> Client:
    """Somebody to whom a quote can be sent, with the person who is written to and who signs.

    Raises SupportError("client_exists") where a client that is no business of the marketplace has that address.
    """
    email = email.strip().lower()
    with transaction.atomic():
        standing = (
            ClientPerson.objects.speaking().filter(email=email).select_related("client__customer").first()
        )
        if standing:
            raise SupportError(
                "client_exists",
                _("%(email)s speaks for the client %(client)s already. Quote to that client.")
                % {"email": email, "client": standing.client},
                field="email",
            )
        customer = Customer.objects.create(name=name, email=email, tax_id=tax_id, address=address)
        client = Client.objects.create(customer=customer, language=language, created_at=now)
        ClientPerson.objects.create(
            client=client, name=name, email=email, phone=phone, role=ClientPerson.Role.SIGNS
        )
        return client


def signs_for(client: Client, user: User) -> bool:
    """Whether `user` may accept quotes and offers for a client: the owner of the business, or somebody named for it
    whose address is proved."""
    business = client.customer.professional
    if business is not None:
        return business.owner_id == user.pk
    named = ClientPerson.objects.speaking().filter(client=client, role=ClientPerson.Role.SIGNS)
    return named.proved_by(user).exists()
