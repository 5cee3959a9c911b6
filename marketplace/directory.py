"""Who stands in the directory and in which order, and whose page is public (M13).

Asked of dates and rows at every visit, never of a job having run: a suspension, or a plan that lapses, hides at
once (G19, M9).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from math import ceil

from django.db.models import Avg, CharField, Count, Exists, OuterRef, Q, QuerySet, Subquery, Value, Window
from django.db.models.functions import MD5, Cast, Coalesce, Concat, Greatest, Least

from billing.models import Period
from marketplace.models import Category, Interest, Province, Review
from profiles.models import Photo, Professional, Project, Suspension

PAGE_SIZE = 20
# More good reviews than these move nobody up: whoever has been here for years does not stand first for ever.
REVIEWS_THAT_MOVE_UP = 3


def public(today: date) -> QuerySet[Professional]:
    """Professionals whose page everybody sees on `today`, the marketplace's date: with a plan in force, not suspended
    and not closed (M9, M13, G19, X5)."""
    return _not_hidden().filter(Exists(Period.objects.in_force(today).filter(professional=OuterRef("pk"))))


def _not_hidden() -> QuerySet[Professional]:
    return Professional.objects.filter(~Exists(_suspended("pk")), closed_at=None)


def is_public(professional: Professional, today: date) -> bool:
    """Whether everybody sees the page of `professional` on `today`."""
    return public(today).filter(pk=professional.pk).exists()


def _suspended(professional: str) -> QuerySet[Suspension]:
    return Suspension.objects.standing().filter(professional=OuterRef(professional))


def _period(professional: str, today: date) -> Subquery:
    """The period by which the plan of `professional`, a column, is in force, as a value; None where none is.

    Not by EXISTS, so that it is looked up by index (`period_in_force`), one business after the other: joined, it was
    worked out for all the businesses there are.
    """
    in_force = Period.objects.in_force(today).filter(professional=OuterRef(professional)).order_by()
    return Subquery(in_force.values("pk")[:1])


def listed(category: Category, province: Province, today: date) -> QuerySet[Professional]:
    """Who stands in the page of a category in a province: interested in the pair, `public`, and with something to
    read about them. A page without a description is public all the same; it is only not offered to anybody."""
    return (
        _not_hidden()
        .alias(period=_period("pk", today))
        .filter(
            interests__category=category,
            interests__province=province,
            description_length__gt=0,
            period__isnull=False,
        )
    )


def _listed_interests(today: date) -> QuerySet[Interest]:
    """The interests of whoever stands in the directory: where one is enough to know that somebody does."""
    return Interest.objects.alias(period=_period("professional", today)).filter(
        ~Exists(_suspended("professional")),
        period__isnull=False,
        professional__closed_at=None,
        professional__description_length__gt=0,
    )


def ranked(professionals: QuerySet[Professional], today: date) -> QuerySet[Professional]:
    """In the order of the directory, which its pages explain: first who shows more, and those who show the same in
    an order that is drawn anew each day. No place is sold, so nobody's is lost by not paying.

    Points: one for each of logo, photos of work and a project with photos, and up to three for good reviews, less
    the others. Both are scalars of one row, so that they are looked up by index for those in the page's pair and
    never worked out for the whole marketplace.
    """
    kinds_of_photos = (
        Photo.objects.filter(professional=OuterRef("pk"))
        .order_by()
        .values("professional")
        .annotate(kinds=Count("use", distinct=True))
        .values("kinds")
    )
    good = Count("pk", filter=Q(handling__gte=4)) - Count("pk", filter=Q(handling__lt=4))
    balance = (
        Review.objects.counting()
        .filter(professional=OuterRef("pk"))
        .order_by()
        .values("professional")
        .annotate(good=good)
        .values("good")
    )
    reviews = Greatest(Value(0), Least(Value(REVIEWS_THAT_MOVE_UP), Coalesce(Subquery(balance), Value(0))))
    return professionals.annotate(
        points=Coalesce(Subquery(kinds_of_photos), Value(0)) + reviews,
        drawn=MD5(Concat(Value(f"{today.isoformat()} "), Cast("pk", CharField()))),
    ).order_by("-points", "drawn")


@dataclass(frozen=True, slots=True)
class Rating:
    """What counting reviews say of attention and handling, and of the work where that is shown (G2). Never without
    the number of reviews behind it; where there is none, there is no Rating."""

    count: int
    handling: float
    work_count: int
    workmanship: float | None

    @property
    def stars(self) -> int:
        """Whole stars, the half one up."""
        return int(self.handling + 0.5)


@dataclass(frozen=True, slots=True)
class Card:
    """One professional as the directory shows them."""

    professional: Professional
    logo: Photo | None
    rating: Rating | None
    provinces: list[Province]
    projects: int


@dataclass(frozen=True, slots=True)
class Listing:
    """One page of the directory; `total` is how many stand in all of its pages."""

    cards: list[Card]
    number: int
    total: int

    @property
    def pages(self) -> int:
        return max(1, ceil(self.total / PAGE_SIZE))


def page_of(category: Category, province: Province, number: int, today: date) -> Listing:
    """The page `number`, from 1, of a category in a province; six queries, however many stand on it.

    A page behind the last has no cards.
    """
    first = (number - 1) * PAGE_SIZE
    rows = list(
        ranked(listed(category, province, today), today).annotate(total=Window(Count("*")))[
            first : first + PAGE_SIZE
        ]
    )
    return Listing(cards_of(rows, category), number, getattr(rows[0], "total") if rows else 0)  # noqa: B009


def cards_of(professionals: Sequence[Professional], category: Category) -> list[Card]:
    """What is shown of each, in the order given; the provinces are those in which they do `category`."""
    ids = [professional.pk for professional in professionals]
    logos = {photo.professional_id: photo for photo in Photo.objects.filter(professional__in=ids, use="logo")}
    ratings = ratings_of(ids)
    provinces: dict[int, list[Province]] = {}
    interests = Interest.objects.filter(professional__in=ids, category=category).select_related("province")
    for interest in interests.order_by("province__name"):
        provinces.setdefault(interest.professional_id, []).append(interest.province)
    projects = dict(
        Project.objects.filter(professional__in=ids)
        .order_by()
        .values_list("professional")
        .annotate(number=Count("pk"))
    )
    return [
        Card(
            professional,
            logos.get(professional.pk),
            ratings.get(professional.pk),
            provinces.get(professional.pk, []),
            projects.get(professional.pk, 0),
        )
        for professional in professionals
    ]


def ratings_of(professional_ids: Sequence[int]) -> dict[int, Rating]:
    """Professional id → their Rating, in one query; who has no review that counts is left out."""
    work = Review.WORKMANSHIP_SHOWN
    rows = (
        Review.objects.counting()
        .filter(professional__in=professional_ids)
        .order_by()
        .values_list("professional")
        .annotate(
            count=Count("pk"),
            handling=Avg("handling"),
            work_count=Count("workmanship", filter=work),
            workmanship=Avg("workmanship", filter=work),
        )
    )
    return {pk: Rating(*figures) for pk, *figures in rows}


def categories_with_somebody(today: date) -> QuerySet[Category]:
    """All categories, each with `somebody`, which is None where nobody stands in any of its pages."""
    return Category.objects.annotate(somebody=_one(_listed_interests(today).filter(category=OuterRef("pk"))))


def provinces_with_somebody(category: Category, today: date) -> QuerySet[Province]:
    """The provinces in whose page of `category` somebody stands."""
    here = _listed_interests(today).filter(category=category, province=OuterRef("pk"))
    return Province.objects.alias(somebody=_one(here)).filter(somebody__isnull=False)


def _one(interests: QuerySet[Interest]) -> Subquery:
    """The first that is found; EXISTS may be answered by reading them all."""
    return Subquery(interests.order_by().values("pk")[:1])
