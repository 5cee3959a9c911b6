"""M3: the most specific rule wins; category is compared first, then province, then size."""

from itertools import product

import pytest

from marketplace.pricing import Rule, price_of

HERE = {"category_id": 1, "province_id": 2, "size": "medium"}


def test_without_a_rule_there_is_no_price():
    assert price_of([], **HERE) is None
    assert (
        price_of([Rule(9, None, "", 100), Rule(None, 9, "", 100), Rule(None, None, "small", 100)], **HERE)
        is None
    )


def test_a_rule_for_everything_prices_everything():
    assert price_of([Rule(None, None, "", 100)], **HERE) == 100


def test_of_all_rules_that_fit_the_order_is_category_then_province_then_size():
    """Every subset of the eight rules that fit: the winner is always the first of the ranking."""
    ranking = [
        Rule(category, province, size, price)
        for price, (category, province, size) in enumerate(
            product((1, None), (2, None), ("medium", "")), start=1
        )
    ]
    for chosen in range(1, 2 ** len(ranking)):
        subset = [rule for bit, rule in enumerate(ranking) if chosen >> bit & 1]
        assert price_of(reversed(subset), **HERE) == subset[0].price_cents


def test_the_category_alone_beats_province_and_size_together():
    assert price_of([Rule(None, 2, "medium", 500), Rule(1, None, "", 300)], **HERE) == 300


def test_two_rules_alike_are_an_error():
    with pytest.raises(ValueError, match="alike"):
        price_of([Rule(1, None, "", 300), Rule(1, None, "", 400)], **HERE)


def test_two_rules_alike_are_refused_by_the_database(db):
    from django.db import IntegrityError, transaction

    from marketplace.models import PriceRule
    from tests.making import make_category

    for category in (None, make_category()):
        PriceRule.objects.create(category=category, price_cents=100)
        with pytest.raises(IntegrityError), transaction.atomic():
            PriceRule.objects.create(category=category, price_cents=200)
