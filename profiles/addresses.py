"""Whose an address is: the same person, however an e-mail is written (G8, M4); the same visitor, by the network's."""

import ipaddress

from allauth.account.adapter import get_adapter
from allauth.account.models import EmailAddress
from django.db.models import Q
from django.http import HttpRequest

_GMAIL = {"gmail.com", "googlemail.com"}


def address_key(email: str) -> str:
    """The address, written the same way for the same person: no case, no +tag, no dots at Gmail."""
    local, _at, domain = email.strip().casefold().rpartition("@")
    local = local.partition("+")[0] or local
    if domain in _GMAIL:
        local, domain = local.replace(".", ""), "gmail.com"
    return f"{local}@{domain}"


def proved_keys(professional_id: int) -> set[str]:
    """The keys of the addresses that the owner and the members of a business have proved to be theirs."""
    proved = EmailAddress.objects.filter(
        Q(user__owned_business=professional_id) | Q(user__businesses=professional_id), verified=True
    )
    return {address_key(address) for address in proved.values_list("email", flat=True)}


def network_of(request: HttpRequest) -> str:
    """Where a visitor comes from, as sign-in throttling sees it behind our proxies. Of the new kind of address, the
    network: everybody who has one has millions of them."""
    address = ipaddress.ip_address(get_adapter().get_client_ip(request))
    if address.version == 6:
        return str(ipaddress.ip_network((address, 64), strict=False))
    return str(address)
