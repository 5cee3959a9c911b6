"""Who is invoiced, and in which language."""

from django.conf import settings

from billing.models import Customer
from profiles.models import Professional


def customer_of(professional: Professional) -> Customer:
    """Who is invoiced: to begin with, the business as its profile names it and its owner's address."""
    return Customer.objects.get_or_create(professional=professional, defaults=_to_begin_with(professional))[0]


def customer_to_be(professional: Professional) -> Customer:
    """The same to look at: nothing is written where there is none yet."""
    found = Customer.objects.filter(professional=professional).first()
    return found or Customer(professional=professional, **_to_begin_with(professional))


def _to_begin_with(professional: Professional) -> dict[str, str]:
    return {
        "name": professional.name,
        "tax_id": professional.tax_id,
        "email": professional.owner.email,
    }


def language_of(customer: Customer) -> str:
    """The language of the owner of the business that is invoiced, else the site's."""
    owner = customer.professional.owner if customer.professional else None
    return (owner.language if owner else "") or settings.LANGUAGE_CODE
