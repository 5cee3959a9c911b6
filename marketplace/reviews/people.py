"""Who asks, is asked and writes: names fit to show, and the addresses of the business itself (G8)."""

from __future__ import annotations

from allauth.account.models import EmailAddress
from django.utils.translation import gettext_lazy as _

from billing.models import Customer
from marketplace.errors import MarketplaceError
from profiles.addresses import address_key
from profiles.models import Professional
from profiles.plain_text import length_as_read, one_line

NAME_AT_LEAST = 2
NAME_AT_MOST = 100


def read_name(name: str, *, field: str) -> str:
    told = one_line(name)
    if length_as_read(told) < NAME_AT_LEAST or len(told) > NAME_AT_MOST:
        raise MarketplaceError(
            "name_missing",
            _("Write a name of %(least)d to %(most)d characters.")
            % {"least": NAME_AT_LEAST, "most": NAME_AT_MOST},
            field=field,
        )
    return told


def own_keys(professional: Professional) -> set[str]:
    """The addresses of the business itself: of its owner, of whoever is or was a member, and where invoices go.

    More than those by which a purchase is refused (`proved_keys`): nobody learns anything from being refused here.
    """
    people = professional.people_ever()
    addresses = {
        *people.values_list("email", flat=True),
        *EmailAddress.objects.filter(user__in=people).values_list("email", flat=True),
        *professional.invitations.exclude(accepted_by=None).values_list("email", flat=True),
        *Customer.objects.filter(professional=professional).values_list("email", flat=True),
    }
    return {address_key(address) for address in addresses}
