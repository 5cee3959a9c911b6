"""Counting what a profile shows (G7). What is *enough* is judged in `guarantees`, by the terms."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import date

from django.db.models import Count

from profiles.models import Photo, Professional, Question


@dataclass(frozen=True, slots=True)
class ProfileCounts:
    """What one professional's profile shows; named as `guarantees.rules.Facts` names it.

    `questions` is how many must be answered and `answered` how many of those are. Photos are different
    photographs, told apart by the content of the picture.
    """

    has_logo: bool
    description_length: int
    questions: int
    answered: int
    best_project_photos: int
    work_photos: int


@dataclass(slots=True)
class _Photos:
    logo: int = 0
    work: int = 0
    projects: list[int] = field(default_factory=list)


def counts_of(professional_ids: Collection[int], today: date) -> dict[int, ProfileCounts]:
    """Professional id → what their profile shows on `today` (the marketplace's date), in three queries.

    Ids that nobody has are left out. Made for batches of a few thousand.
    """
    photos = _photos_of(professional_ids)
    asked = _Questions(today)
    answered: dict[int, set[int]] = {}
    facts: dict[int, tuple[int, date | None]] = {}
    rows = (
        Professional.objects.filter(pk__in=professional_ids)
        .order_by()
        .values_list("pk", "description_length", "first_contracted_on", "answers__question_id")
    )
    for pk, length, contracted_on, question_id in rows:
        facts[pk] = length, contracted_on
        answered.setdefault(pk, set()).add(question_id)  # None where nothing is answered
    counts = {}
    for pk, (length, contracted_on) in facts.items():
        must = asked.of(contracted_on)
        shown = photos.get(pk) or _Photos()
        counts[pk] = ProfileCounts(
            has_logo=shown.logo > 0,
            description_length=length,
            questions=len(must),
            answered=len(must & answered[pk]),
            best_project_photos=max(shown.projects, default=0),
            work_photos=shown.work,
        )
    return counts


def _photos_of(professional_ids: Collection[int]) -> Mapping[int, _Photos]:
    found: dict[int, _Photos] = {}
    rows = (
        Photo.objects.filter(professional_id__in=professional_ids)
        .order_by()
        .values_list("professional_id", "use", "project_id")
        .annotate(different=Count("content_hash", distinct=True))
    )
    for pk, use, _project, different in rows:
        photos = found.setdefault(pk, _Photos())
        if use == Photo.Use.LOGO:
            photos.logo = different
        elif use == Photo.Use.WORK:
            photos.work = different
        else:
            photos.projects.append(different)
    return found


class _Questions:
    """Which questions must be answered, worked out once per day of contracting (see `QuestionQuerySet.asked_of`)."""

    def __init__(self, today: date) -> None:
        self._still = list(Question.objects.asked_of(None, today).order_by().values_list("pk", "asked_from"))
        self._by_day: dict[date | None, frozenset[int]] = {}

    def of(self, contracted_on: date | None) -> frozenset[int]:
        if contracted_on not in self._by_day:
            self._by_day[contracted_on] = frozenset(
                pk for pk, asked_from in self._still if contracted_on is None or asked_from <= contracted_on
            )
        return self._by_day[contracted_on]
