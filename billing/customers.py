"""Who is invoiced, and in which language."""

from django.conf import settings
from django.db.models import Q

from base.tax_ids import GENERIC_RFCS
from billing.models import Customer, GatewayPayment
from profiles.models import Professional


def customer_of(professional: Professional) -> Customer:
    """Who is invoiced: to begin with, the business as its profile names it and its owner's address."""
    return Customer.objects.get_or_create(professional=professional, defaults=_to_begin_with(professional))[0]


def customer_to_be(professional: Professional) -> Customer:
    """The same to look at: nothing is written where there is none yet."""
    found = Customer.objects.filter(professional=professional).first()
    return found or Customer(professional=professional, **_to_begin_with(professional))


def same_payer(professional: Professional) -> list[Customer]:
    """The customers of other businesses that are invoiced under the same tax id, or to the same e-mail: flagged to
    staff, no more (G10). Two queries."""
    customer = Customer.objects.filter(professional=professional).first()
    if customer is None:
        return []
    same = Q()
    if customer.tax_id and customer.tax_id not in GENERIC_RFCS:
        same |= Q(tax_id=customer.tax_id)
    if customer.email:
        same |= Q(email__iexact=customer.email)
    if not same:
        return []
    others = Customer.objects.exclude(pk=customer.pk).exclude(professional=None)
    return list(others.filter(same).select_related("professional").order_by("pk"))


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


def language_of_payer(payment: GatewayPayment) -> str:
    """Of whoever pays at a gateway: what was opened in a language to be paid is in that."""
    if payment.prepayment is not None:
        return payment.prepayment.language
    assert payment.professional is not None  # The database holds that it is of one of them.
    return language_of(customer_of(payment.professional))
