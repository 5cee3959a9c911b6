"""What a contact costs (M3): pure, imports nothing of Django."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from itertools import pairwise, product


@dataclass(frozen=True, slots=True)
class Rule:
    """One price rule; None and "" fit everything. `price_cents` has the tax included."""

    category_id: int | None
    province_id: int | None
    size: str
    price_cents: int

    @property
    def rank(self) -> tuple[bool, bool, bool]:
        """Which criteria it names; compared in this order (M3)."""
        return self.category_id is not None, self.province_id is not None, self.size != ""

    def fits(self, *, category_id: int, province_id: int, size: str) -> bool:
        return (
            self.category_id in (None, category_id)
            and self.province_id in (None, province_id)
            and self.size in ("", size)
        )


def ranked(rules: Iterable[Rule], *, category_id: int, province_id: int, size: str) -> list[Rule]:
    """The rules that fit, the most specific first: the first one wins (M3).

    Category is compared first, then province, then size: a rule that names the category beats one that names
    province and size but not the category. Raises ValueError if two rules that fit are alike.
    """
    fitting = [
        rule for rule in rules if rule.fits(category_id=category_id, province_id=province_id, size=size)
    ]
    fitting.sort(key=lambda rule: rule.rank, reverse=True)
    if any(before.rank == after.rank for before, after in pairwise(fitting)):
        raise ValueError("Two price rules are alike.")
    return fitting


def price_of(rules: Iterable[Rule], *, category_id: int, province_id: int, size: str) -> int | None:
    """The price in cents of the most specific rule that fits, None where no rule does (M3).

    Raises ValueError if two rules that fit are alike.
    """
    fitting = ranked(rules, category_id=category_id, province_id=province_id, size=size)
    return fitting[0].price_cents if fitting else None


@dataclass(frozen=True, slots=True)
class Survey:
    """`idle`: the rules that price nothing; `unpriced`: (category, province, size) that no rule prices."""

    idle: tuple[Rule, ...]
    unpriced: tuple[tuple[int, int, str], ...]


def survey(
    rules: Collection[Rule],
    *,
    category_ids: Collection[int],
    province_ids: Collection[int],
    sizes: Collection[str],
) -> Survey:
    """Looks at every combination there is, eight looks at most for each, however many rules there are."""
    by_criteria = {(rule.category_id, rule.province_id, rule.size): rule for rule in rules}
    winners: set[Rule] = set()
    unpriced = []
    for category, province, size in product(category_ids, province_ids, sizes):
        for criteria in product((category, None), (province, None), (size, "")):
            if winner := by_criteria.get(criteria):
                winners.add(winner)
                break
        else:
            unpriced.append((category, province, size))
    return Survey(tuple(rule for rule in rules if rule not in winners), tuple(unpriced))
