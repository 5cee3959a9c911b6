"""Money is whole cents of the site's one currency; here is how a reader sees it."""

from decimal import Decimal

from babel.numbers import format_currency
from django.conf import settings
from django.utils.translation import get_language

# Babel writes amounts by country: plain "es" would print Mexican amounts the Spanish way.
FORMATS = {"en": "en_US", "es-mx": "es_MX", "it": "it_IT"}


def money(cents: int) -> str:
    """`cents` as the reader's language writes it, with the currency: $1,234.50; with a true minus: −$200.00."""
    locale = FORMATS.get(get_language() or "", "en_US")
    return format_currency(Decimal(cents) / 100, settings.CURRENCY, locale=locale).replace("-", "−")
