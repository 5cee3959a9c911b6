"""M3: the most specific rule wins; category is compared first, then province, then size."""

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marketplace.pricing import Rule, price_of, ranked, survey

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


RULES = st.lists(
    st.builds(
        Rule,
        st.sampled_from([None, 1, 9]),
        st.sampled_from([None, 2, 9]),
        st.sampled_from(["", "medium", "small"]),
        st.integers(1, 1000),
    ),
    unique_by=lambda rule: (rule.category_id, rule.province_id, rule.size),
)


@given(RULES)
def test_a_less_specific_rule_never_changes_who_wins(rules):
    """M3. Adding one after the other: the winner changes only to one that ranks higher and fits."""
    for number, added in enumerate(rules):
        before, after = ranked(rules[:number], **HERE), ranked(rules[: number + 1], **HERE)
        if before and (not added.fits(**HERE) or added.rank < before[0].rank):
            assert after[0] == before[0]
        elif added.fits(**HERE):
            assert after[0] == added
        assert (after[0].price_cents if after else None) == price_of(rules[: number + 1], **HERE)


@given(RULES)
def test_the_survey_says_what_asking_for_every_combination_says(rules):
    categories, provinces, sizes = (1, 9), (2, 9), ("medium", "small")
    asked = {
        (category, province, size): ranked(rules, category_id=category, province_id=province, size=size)
        for category, province, size in product(categories, provinces, sizes)
    }
    found = survey(rules, category_ids=categories, province_ids=provinces, sizes=sizes)
    assert set(found.unpriced) == {choice for choice, fitting in asked.items() if not fitting}
    assert set(found.idle) == set(rules) - {fitting[0] for fitting in asked.values() if fitting}


def test_two_rules_alike_are_refused_by_the_database(db):
    from django.db import IntegrityError, transaction

    from marketplace.models import PriceRule
    from tests.making import make_category

    for category in (None, make_category()):
        PriceRule.objects.create(category=category, price_cents=100)
        with pytest.raises(IntegrityError), transaction.atomic():
            PriceRule.objects.create(category=category, price_cents=200)


def test_a_rule_says_in_words_what_it_is_for(db):
    from marketplace.models import PriceRule
    from tests.making import make_category

    rules = [PriceRule(size="large", price_cents=1), PriceRule(category=make_category(), price_cents=1)]
    assert [str(rule) for rule in rules] == [
        "every category · every province · large", "Bathrooms · every province · every size",
    ]  # fmt: skip
