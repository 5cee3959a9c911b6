"""What must hold of people and businesses, for `check_books`."""

from collections.abc import Iterator

from django.db.models import F, Q

from base.days import marketplace_day
from base.registry import invariant
from profiles.models import Photo, Professional, Suspension
from profiles.plain_text import length_as_read

_CHUNK = 500


@invariant("The count kept of a description is the count of its text (G7)")
def descriptions_are_counted() -> Iterator[str]:
    rows = Professional.objects.order_by("pk").values_list("pk", "description", "description_length")
    for pk, text, kept in rows.iterator(chunk_size=_CHUNK):
        counted = length_as_read(text)
        if counted != kept:
            yield f"professional {pk}: {kept} kept, {counted} counted"


@invariant("No plan was first contracted before the business was opened (G20)")
def contracted_after_opening() -> Iterator[str]:
    rows = Professional.objects.exclude(first_contracted_on=None).order_by("pk")
    for pk, opened, day in rows.values_list("pk", "created_at", "first_contracted_on").iterator(_CHUNK):
        if day and day < marketplace_day(opened):
            yield f"professional {pk}: contracted on {day}, opened on {marketplace_day(opened)}"


@invariant("A photo of a project belongs to the business of the project")
def photos_belong_to_their_business() -> Iterator[str]:
    strayed = Photo.objects.exclude(project=None).exclude(project__professional=F("professional"))
    for pk in strayed.values_list("pk", flat=True):
        yield f"photo {pk}"


@invariant("Nobody owns one business and works for another, and no owner is their own member")
def one_business_each() -> Iterator[str]:
    double = Professional.objects.filter(members__owned_business__isnull=False).distinct()
    for pk in double.values_list("pk", flat=True):
        yield f"professional {pk}"


@invariant("A suspension is lifted later, and by somebody else than decided it (G19)")
def suspensions_are_lifted_by_others() -> Iterator[str]:
    wrong = Q(lifted_by=F("decided_by")) | Q(lifted_at__lt=F("suspended_at"))
    for pk in Suspension.objects.filter(wrong).values_list("pk", flat=True):
        yield f"suspension {pk}"
