"""What a contact costs (M3): pure, imports nothing of Django."""

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Rule:
    """One price rule; None and "" fit everything. `price_cents` has the tax included."""

    category_id: int | None
    province_id: int | None
    size: str
    price_cents: int


def price_of(rules: Iterable[Rule], *, category_id: int, province_id: int, size: str) -> int | None:
    """The price in cents of the most specific rule that fits, None where no rule does (M3).

    Category is compared first, then province, then size: a rule that names the category beats one that names
    province and size but not the category. Raises ValueError if two rules that fit are alike.
    """
    best: tuple[bool, bool, bool] | None = None
    price: int | None = None
    for rule in rules:
        if rule.category_id not in (None, category_id):
            continue
        if rule.province_id not in (None, province_id):
            continue
        if rule.size not in ("", size):
            continue
        rank = (rule.category_id is not None, rule.province_id is not None, rule.size != "")
        if rank == best:
            raise ValueError("Two price rules are alike.")
        if best is None or rank > best:
            best, price = rank, rule.price_cents
    return price
