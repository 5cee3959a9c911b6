"""Whose an address is: the same person, however an e-mail is written (G8, M4); the same visitor, by the network's."""

import ipaddress
from collections.abc import Collection

from allauth.account.adapter import get_adapter
from allauth.account.models import EmailAddress
from django.db.models import Q, QuerySet, Value
from django.db.models.functions import Replace
from django.http import HttpRequest

_GMAIL = {"gmail.com", "googlemail.com"}


def address_key(email: str) -> str:
    """The address, written the same way for the same person: no case, no +tag, no dots at Gmail."""
    local, _at, domain = email.strip().casefold().rpartition("@")
    local = local.partition("+")[0] or local
    if domain in _GMAIL:
        local, domain = local.replace(".", ""), "gmail.com"
    return f"{local}@{domain}"


_OF_BUSINESS = ("user__owned_business", "user__businesses")


def proved_keys(professional_id: int) -> set[str]:
    """The keys of the addresses that the owner and the members of a business have proved to be theirs."""
    # Two ways, each by its index: asked for one or the other, the database reads every address there is.
    owners, members = (
        EmailAddress.objects.filter(**{way: professional_id}, verified=True).values_list("email", flat=True)
        for way in _OF_BUSINESS
    )
    return {address_key(address) for address in owners.union(members)}


def network_of(request: HttpRequest) -> str:
    """Where a visitor comes from, as sign-in throttling sees it behind our proxies. Of the new kind of address, the
    network: everybody who has one has millions of them."""
    address = ipaddress.ip_address(get_adapter().get_client_ip(request))
    if address.version == 6 and address.ipv4_mapped:
        address = (
            address.ipv4_mapped
        )  # On a socket for both kinds, an old address comes dressed as a new one.
    if address.version == 6:
        return str(ipaddress.ip_network((address, 64), strict=False))
    return str(address)


def proved_keys_of(professional_ids: Collection[int]) -> dict[int, set[str]]:
    """`proved_keys` of many businesses at once; one that has none is missing."""
    keys: dict[int, set[str]] = {}
    for business in _OF_BUSINESS:
        proved = EmailAddress.objects.filter(**{f"{business}__in": professional_ids}, verified=True)
        for professional, email in proved.values_list(business, "email"):
            keys.setdefault(professional, set()).add(address_key(email))
    return keys


def proved_of(email: str) -> QuerySet[EmailAddress]:
    """The addresses proved to be theirs by whom `email` belongs to, however each is written: `address_key`, asked of
    the database."""
    local, _at, domain = address_key(email).rpartition("@")
    proved = EmailAddress.objects.filter(verified=True)
    if domain in _GMAIL:
        proved = proved.alias(plain=Replace("email", Value("."), Value("")))
        ways = [("plain", local, name.replace(".", "")) for name in sorted(_GMAIL)]
    else:
        ways = [("email", local, domain)]
    same = Q()
    for column, name, at in ways:
        same |= Q(**{f"{column}__iexact": f"{name}@{at}"}) | Q(
            **{f"{column}__istartswith": f"{name}+", f"{column}__iendswith": f"@{at}"}
        )
    return proved.filter(same)
