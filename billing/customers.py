"""Who is invoiced, and in which language."""

from django.conf import settings

from billing.models import Customer
from profiles.models import Professional


def customer_of(professional: Professional) -> Customer:
    """Who is invoiced: to begin with, the business as its profile names it and its owner's address."""
    return Customer.objects.get_or_create(
        professional=professional,
        defaults={
            "name": professional.name,
            "tax_id": professional.tax_id,
            "email": professional.owner.email,
        },
    )[0]


def language_of(customer: Customer) -> str:
    """The language of the owner of the business that is invoiced, else the site's."""
    owner = customer.professional.owner if customer.professional else None
    return (owner.language if owner else "") or settings.LANGUAGE_CODE
