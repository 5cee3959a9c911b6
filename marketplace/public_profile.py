"""The public page of one professional: where it is, what stands on it, and why it may not be public (M13)."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.urls import reverse
from django.utils.text import slugify

from billing.subscriptions import plan_in_force
from marketplace.directory import Rating, ratings_of
from marketplace.models import Category, Interest, Province, Review
from profiles.models import Answer, Photo, Professional, Project, Question
from profiles.suspensions import is_suspended

# So many digits of the public id stand in an address. Two of a hundred thousand businesses share them once in fifty
# thousand such marketplaces; they are told apart by their names then.
DIGITS = 12
_ADDRESS = re.compile(rf"(?:(?P<name>[-a-zA-Z0-9_]+)-)?(?P<digits>[0-9a-f]{{{DIGITS}}})")
NAME_LENGTH = 60
REVIEWS_SHOWN = 20
# Photos on the page; a profile may hold more, and each is one press away in its own size.
WORK_SHOWN = 48
PROJECTS_SHOWN = 24
PHOTOS_OF_A_PROJECT = 8


def address_part(professional: Professional) -> str:
    """What stands for a professional in the address of their page: the name as far as letters from A to Z can write
    it, and the digits that find it. A name in another writing leaves the digits alone."""
    digits = professional.public_id.hex[:DIGITS]
    name = slugify(professional.name)[:NAME_LENGTH].strip("-_")
    return f"{name}-{digits}" if name else digits


def page_address(professional: Professional) -> str:
    """The one address of a professional's page; another name in front of the same digits leads there."""
    return reverse("marketplace:professional", args=[address_part(professional)])


def find_professional(address: str) -> Professional | None:
    """Whoever an address stands for, also by an earlier name, public or not; None: nobody."""
    found = _ADDRESS.fullmatch(address)
    if not found:
        return None
    first, last = (UUID(found["digits"].ljust(32, filler)) for filler in "0f")
    alike = list(Professional.objects.filter(public_id__gte=first, public_id__lte=last).order_by("pk"))
    return next((each for each in alike if address_part(each) == address), alike[0] if alike else None)


@dataclass(frozen=True, slots=True)
class Place:
    """A trade and the provinces in which a professional does it."""

    category: Category
    provinces: list[Province]


@dataclass(frozen=True, slots=True)
class ShownProject:
    """A project with the photos of it that are shown; `more` are kept back."""

    project: Project
    photos: list[Photo]
    more: int


@dataclass(frozen=True, slots=True)
class PublicProfile:
    """Everything that a professional's page shows, and nothing else of them: no telephone, address, tax id, plan,
    balance, contact or outcome (M5, M8, M9, G2).

    The telephone is among what is not shown: homeowners are called by the professionals who bought their request,
    and are told the number then (M4). On a page it would be gathered by machines, and a job won beside the
    marketplace would neither be counted nor guaranteed.
    """

    professional: Professional
    logo: Photo | None
    work: list[Photo]
    projects: list[ShownProject]
    answers: list[Answer]
    places: list[Place]
    rating: Rating | None
    reviews: list[Review]
    reviews_page: int
    reviews_pages: int


def profile_of(professional: Professional, *, reviews_page: int, today: date) -> PublicProfile:
    """What the page of `professional` shows on `today`, with so many pages of reviews turned; six queries."""
    photos = list(Photo.objects.filter(professional=professional).order_by("uploaded_at", "pk"))
    rating = ratings_of([professional.pk]).get(professional.pk)
    first = (reviews_page - 1) * REVIEWS_SHOWN
    return PublicProfile(
        professional=professional,
        logo=next((photo for photo in photos if photo.use == Photo.Use.LOGO), None),
        work=[photo for photo in photos if photo.use == Photo.Use.WORK][:WORK_SHOWN],
        projects=_projects(professional, photos),
        answers=list(_answers(professional, today)),
        places=places_of(professional),
        rating=rating,
        reviews=list(_reviews(professional)[first : first + REVIEWS_SHOWN]),
        reviews_page=reviews_page,
        reviews_pages=max(1, -(-(rating.count if rating else 0) // REVIEWS_SHOWN)),
    )


def _projects(professional: Professional, photos: Sequence[Photo]) -> list[ShownProject]:
    of_project: dict[int, list[Photo]] = {}
    for photo in photos:
        if photo.project_id is not None:
            of_project.setdefault(photo.project_id, []).append(photo)
    shown = []
    for project in Project.objects.filter(professional=professional)[:PROJECTS_SHOWN]:
        its = of_project.get(project.pk, [])
        shown.append(ShownProject(project, its[:PHOTOS_OF_A_PROJECT], max(0, len(its) - PHOTOS_OF_A_PROJECT)))
    return shown


def _answers(professional: Professional, today: date) -> QuerySet[Answer]:
    """To what is asked of them today: an answer to a question that is asked no more is out of date."""
    asked = Question.objects.asked_of(professional.first_contracted_on, today)
    return (
        Answer.objects.filter(professional=professional, question__in=asked.order_by())
        .select_related("question")
        .order_by("question__position", "question")
    )


def _reviews(professional: Professional) -> QuerySet[Review]:
    """Newest first. Whatever became of the contact: a bad review is not made to go by giving the contact back."""
    return (
        Review.objects.counting()
        .filter(professional=professional)
        .select_related("contact")
        .only(
            "public_id",
            "author_name",
            "handling",
            "workmanship",
            "workmanship_is_open",
            "text",
            "written_at",
            "published_at",
            "answer",
            "answered_at",
            "contact__outcome",
        )
        .order_by("-published_at", "-pk")
    )


def places_of(professional: Professional) -> list[Place]:
    """Their trades, each with its provinces, in a lasting order."""
    places: dict[int, Place] = {}
    interests = Interest.objects.filter(professional=professional).select_related("category", "province")
    for interest in interests.order_by("category__slug", "province__name"):
        place = places.setdefault(interest.category_id, Place(interest.category, []))
        place.provinces.append(interest.province)
    return list(places.values())


@dataclass(frozen=True, slots=True)
class Visibility:
    """Why a page is not public, and why it is not in the directory, for its own people: codes, most pressing first.

    `hidden`: "suspended", "no_plan". `unlisted`: "no_description", "no_interests".
    """

    hidden: list[str]
    unlisted: list[str]


def visibility_of(professional: Professional, today: date) -> Visibility:
    """What keeps `professional` from being seen on `today`."""
    hidden: list[str] = []
    unlisted: list[str] = []
    if is_suspended(professional):
        hidden.append("suspended")
    if not plan_in_force(professional, today):
        hidden.append("no_plan")
    if not professional.description_length:
        unlisted.append("no_description")
    if not professional.interests.exists():
        unlisted.append("no_interests")
    return Visibility(hidden, unlisted)


def is_own_page(professional: Professional, user: Any) -> bool:
    """Whether `user` works for this business: they see its page before everybody does."""
    return Professional.objects.visible_to(user).filter(pk=professional.pk).exists()
