"""Whoever was asked for a review can say: never again, by anybody. One press, without an account (M12, X5)."""

import hashlib
from datetime import datetime

from base import links
from marketplace.models import ReviewOptOut

# What the link in a mail is signed for. It does not end: whoever finds an old mail can still say so.
STOP_PURPOSE = "never ask for a review"


def stop_link(author_key: str) -> str:
    """Where the person of this key says that nobody is to ask them any more; their address does not stand in it."""
    return links.absolute("marketplace:stop_asking", token=links.sign(STOP_PURPOSE, person_of(author_key)))


def opt_out(*, token: str, now: datetime) -> None:
    """From now on no business can ask whoever this link was sent to. Said already, it stays as it is.

    Raises signing.BadSignature for a link that is not ours.
    """
    person = links.unsign(STOP_PURPOSE, token, max_age=None)
    ReviewOptOut.objects.get_or_create(person=person, defaults={"said_at": now})


def has_opted_out(token: str) -> bool:
    """Whether it was said by this link. Raises signing.BadSignature for one that is not ours."""
    person = links.unsign(STOP_PURPOSE, token, max_age=None)
    return ReviewOptOut.objects.filter(person=person).exists()


def is_never_to_be_asked(author_key: str) -> bool:
    return ReviewOptOut.objects.filter(person=person_of(author_key)).exists()


def person_of(author_key: str) -> str:
    """What is kept of somebody who wants to hear nothing: enough to know them again, and no address to read.

    Without a secret, for their word outlives every change of ours.
    """
    return hashlib.sha256(f"review:{author_key}".encode()).hexdigest()
