"""Stories told twice: known by a fingerprint that is written down with them, and found by its index."""

from collections import defaultdict
from collections.abc import Collection
from hashlib import sha256

from django.db.models import BooleanField, Case, ExpressionWrapper, F, Q, When, Window
from django.db.models.functions import RowNumber

from guarantees.claim_signals import Copy
from guarantees.models import Claim, ClaimItem
from profiles.plain_text import bare

# Of each story. A text that goes round stands in hundreds of claims: the latest show it.
SHOWN_AT_MOST = 3


def fingerprint(story: str) -> str:
    """The same for two stories that differ in case, accents, white space or punctuation alone; empty where there is no
    letter and no digit in it, as where a story was erased."""
    words = bare(story)
    return sha256(words.encode()).hexdigest() if words else ""


def copies_of(fingerprints: Collection[str], claim: Claim) -> dict[str, tuple[Copy, ...]]:
    """Fingerprint → where the same story stands in claims of other businesses: first in those submitted before this
    one, of which it may be a copy, the latest first. One query."""
    at = claim.submitted_at
    is_earlier = Q(claim__submitted_at__lt=at) | Q(claim__submitted_at=at, claim__lt=claim.pk)
    found: dict[str, list[Copy]] = defaultdict(list)
    items = (
        ClaimItem.objects.filter(story_fingerprint__in={each for each in fingerprints if each})
        .exclude(claim__professional=claim.professional_id)
        .annotate(
            is_earlier=ExpressionWrapper(is_earlier, BooleanField()),
            nth=Window(
                RowNumber(),
                partition_by=F("story_fingerprint"),
                order_by=[Case(When(is_earlier, then=0), default=1), F("claim").desc(), F("position")],
            ),
        )
        .filter(nth__lte=SHOWN_AT_MOST)
        .order_by("nth")
        .values_list(
            "story_fingerprint",
            "claim",
            "claim__professional",
            "claim__professional__name",
            "claim__made_on",
            "position",
            "is_earlier",
        )
    )
    for story, other, business, name, made_on, position, earlier in items:
        assert made_on is not None  # Only a submitted claim has contacts.
        found[story].append(Copy(other, business, name, made_on, position, earlier))
    return {story: tuple(copies) for story, copies in found.items()}
