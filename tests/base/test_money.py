"""Money is whole cents, shown as the reader's language and country write it (X1)."""

import pytest
from django.template import Context, Template
from django.utils.translation import override

from base.money import money


@pytest.mark.parametrize(
    ("language", "cents", "shown"),
    [
        ("es-mx", 123_450, "$1,234.50"),
        ("es-mx", 5, "$0.05"),
        ("es-mx", -20_000, "−$200.00"),
        ("es-mx", 0, "$0.00"),
        ("en", 123_450, "MX$1,234.50"),
        ("it", -123_450, "−1.234,50\xa0MXN"),
        ("it", 123_450, "1.234,50\xa0MXN"),
        ("fr", 123_450, "MX$1,234.50"),
    ],
)
def test_money_is_written_as_the_language_writes_it(language, cents, shown):
    with override(language):
        assert money(cents) == shown


def test_a_sum_beyond_what_floating_point_can_hold_is_exact():
    with override("es-mx"):
        assert money(9_007_199_254_740_993_01) == "$9,007,199,254,740,993.01"


def test_the_currency_is_the_sites(settings):
    settings.CURRENCY = "EUR"
    with override("it"):
        assert money(100) == "1,00\xa0€"


def test_templates_show_money_and_nothing_where_there_is_nothing():
    template = Template("{% load quince %}[{{ some|money }}][{{ none|money }}]")
    with override("es-mx"):
        assert template.render(Context({"some": 150, "none": None})) == "[$1.50][]"
