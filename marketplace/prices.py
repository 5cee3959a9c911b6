"""What the rules of the database give: which wins for a choice, with and without one that is being written (M3)."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from marketplace.models import Category, PriceRule, Province, Size
from marketplace.pricing import Rule, ranked, survey

_COLUMNS = ("category_id", "province_id", "size", "price_cents")


@dataclass(frozen=True, slots=True)
class Candidate:
    """A rule that fits, in words; `proposed`: the one that is being written."""

    label: str
    names: tuple[str, ...]
    price_cents: int
    wins: bool
    proposed: bool


@dataclass(frozen=True, slots=True)
class Preview:
    """The rules that fit a choice, the most specific first: as they are, and as they would be."""

    before: list[Candidate]
    after: list[Candidate] | None
    alike: bool


@dataclass(frozen=True, slots=True)
class Looked:
    """`idle`: rules that can never win; `unpriced`: each category with the provinces and sizes without a price."""

    idle: list[str]
    unpriced: list[tuple[str, list[str]]]


def all_rules(*, without: int | None = None) -> list[Rule]:
    return [Rule(*row) for row in PriceRule.objects.exclude(pk=without or 0).values_list(*_COLUMNS)]


def preview(
    proposed: Rule | None, editing: int | None, *, category: Category, province: Province, size: str
) -> Preview:
    """For one choice, as the rules are and as they would be with `proposed` (in the place of rule `editing`)."""
    words = _Words({category.pk: str(category)}, {province.pk: str(province)})
    choice = {"category_id": category.pk, "province_id": province.pk}
    before = ranked(all_rules(), **choice, size=size)
    if proposed is None:
        return Preview(words.candidates(before, None), None, alike=False)
    others = all_rules(without=editing)
    if any(_criteria(rule) == _criteria(proposed) for rule in others):
        return Preview(words.candidates(before, None), None, alike=True)
    after = ranked([*others, proposed], **choice, size=size)
    return Preview(words.candidates(before, None), words.candidates(after, proposed), alike=False)


def looked_at() -> Looked:
    """Which rules can never win, and what no rule prices."""
    categories = {category.pk: str(category) for category in Category.objects.all()}
    provinces = {province.pk: str(province) for province in Province.objects.all()}
    rules = all_rules()
    found = survey(rules, category_ids=categories, province_ids=provinces, sizes=Size.values)
    words = _Words(categories, provinces)
    gaps: dict[int, dict[int, list[str]]] = defaultdict(lambda: defaultdict(list))
    for category, province, size in found.unpriced:
        gaps[category][province].append(size)
    return Looked(
        [words.label(rule) for rule in found.idle],
        [(categories[category], words.gaps(gaps[category])) for category in gaps],
    )


def _criteria(rule: Rule) -> tuple[int | None, int | None, str]:
    return rule.category_id, rule.province_id, rule.size


@dataclass(frozen=True, slots=True)
class _Words:
    categories: dict[int, str]
    provinces: dict[int, str]

    def label(self, rule: Rule) -> str:
        return " · ".join(self.names(rule)) or "*"

    def names(self, rule: Rule) -> tuple[str, ...]:
        named = (
            self.categories.get(rule.category_id) if rule.category_id else None,
            self.provinces.get(rule.province_id) if rule.province_id else None,
            str(Size(rule.size).label) if rule.size else None,
        )
        return tuple(name for name in named if name)

    def candidates(self, rules: Iterable[Rule], proposed: Rule | None) -> list[Candidate]:
        return [
            Candidate(self.label(rule), self.names(rule), rule.price_cents, place == 0, rule is proposed)
            for place, rule in enumerate(rules)
        ]

    def gaps(self, of_category: dict[int, list[str]]) -> list[str]:
        """One line where every province lacks all sizes, else one for each province."""
        if len(of_category) == len(self.provinces) and all(
            len(sizes) == len(Size.values) for sizes in of_category.values()
        ):
            return []
        return [
            self.provinces[province]
            + (
                ""
                if len(sizes) == len(Size.values)
                else " · " + ", ".join(str(Size(size).label) for size in sizes)
            )
            for province, sizes in of_category.items()
        ]
