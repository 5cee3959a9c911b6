"""Whoever was asked for a review can say: never again, by anybody. One press, without an account (M12, X5)."""

import hashlib
from datetime import datetime

from django.conf import settings
from django.db import transaction

from base import links
from mail import outbox
from mail.models import OutgoingMail
from marketplace.models import ReviewOptOut
from profiles.addresses import address_key

# What the link in a mail is signed for. It does not end: whoever finds an old mail can still say so.
STOP_PURPOSE = "never ask for a review"
TO_CLIENT, TO_HOMEOWNER = "marketplace/review_asked_client", "marketplace/review_asked_homeowner"
REMINDER = "marketplace/review_reminder"
# The mails that ask for a review.
KINDS = (TO_CLIENT, TO_HOMEOWNER, REMINDER)


def stop_link(author_key: str, language: str) -> str:
    """Where the person of this key says that nobody is to ask them any more, in the language of the mail; their address
    does not stand in it."""
    token = links.sign(STOP_PURPOSE, f"{person_of(author_key)}:{language}")
    return links.absolute("marketplace:stop_asking", token=token)


def _read(token: str) -> tuple[str, str]:
    """The person and the language of a link; the first links said none."""
    person, _colon, language = links.unsign(STOP_PURPOSE, token, max_age=None).partition(":")
    return person, language or settings.LANGUAGE_CODE


def language_of_stop_link(token: str) -> str:
    """That of the mail which the reader comes from. Raises signing.BadSignature for a link that is not ours."""
    return _read(token)[1]


def opt_out(*, token: str, now: datetime) -> None:
    """From now on no business can ask whoever this link was sent to, and what waits to be sent for one is not sent.
    Said already, it stays as it is.

    Raises signing.BadSignature for a link that is not ours.
    """
    person, _language = _read(token)
    with transaction.atomic():
        ReviewOptOut.objects.get_or_create(person=person, defaults={"said_at": now})
        # No address stands in the link, so those that wait are told apart by theirs: a day's at most.
        waiting = OutgoingMail.objects.filter(kind__in=KINDS, state=OutgoingMail.State.QUEUED)
        theirs = [
            pk
            for pk, recipient in waiting.values_list("pk", "recipient").iterator()
            if person_of(address_key(recipient)) == person
        ]
        outbox.take_back(OutgoingMail.objects.filter(pk__in=theirs), why="They want to be asked no more.")


def has_opted_out(token: str) -> bool:
    """Whether it was said by this link. Raises signing.BadSignature for one that is not ours."""
    person, _language = _read(token)
    return ReviewOptOut.objects.filter(person=person).exists()


def is_never_to_be_asked(author_key: str) -> bool:
    return ReviewOptOut.objects.filter(person=person_of(author_key)).exists()


def person_of(author_key: str) -> str:
    """What is kept of somebody who wants to hear nothing: enough to know them again, and no address to read.

    Without a secret, for their word outlives every change of ours.
    """
    return hashlib.sha256(f"review:{author_key}".encode()).hexdigest()
