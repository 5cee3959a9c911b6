"""One reminder to whoever was asked for a review and has not written it (M12)."""

from datetime import datetime, timedelta

from django.db.models import Exists, OuterRef, Q, QuerySet

from base.jobs import for_each
from mail.models import OutgoingMail
from marketplace.models import ReviewRequest, in_reach
from marketplace.reviews.asking import cause_of, send_link
from marketplace.reviews.opting_out import REMINDER, is_never_to_be_asked
from profiles.models import Suspension

REMIND_AFTER = timedelta(days=5)
# Whoever was asked longer ago has forgotten what it was about: after a long stop nobody gets a late reminder.
REMIND_UNTIL = timedelta(days=20)


def to_remind(now: datetime) -> QuerySet[ReviewRequest]:
    """Requests five days old that nobody has used or was reminded of; none where it would come to nothing, or be
    rude: of a suspended or closed business, a returned contact, a homeowner out of reach."""
    return ReviewRequest.objects.filter(
        Q(contact=None) | Q(in_reach("contact__lead"), contact__returned_at=None),
        ~Exists(Suspension.objects.standing().filter(professional=OuterRef("professional"))),
        professional__closed_at=None,
        used_at=None,
        reminded_at=None,
        sent_at__lte=now - REMIND_AFTER,
        sent_at__gt=now - REMIND_UNTIL,
    )


def remind_of_reviews(*, now: datetime, batch: int = 200) -> int:
    """Reminds each once, by the link that they have; returns how many. May run twice, late, or on two workers."""
    return for_each(to_remind(now), lambda pk: _remind(pk, now), what="remind of", batch=batch)


def _remind(pk: int, now: datetime) -> bool:
    asked = (
        to_remind(now)
        .select_for_update(no_key=True, of=("self",), skip_locked=True)
        .select_related("professional", "contact__lead")
        .filter(pk=pk)
        .first()
    )
    if asked is None:
        return False
    asked.reminded_at = now
    asked.save(update_fields=["reminded_at"])
    if is_never_to_be_asked(asked.author_key):
        return False
    given_up = Q(state=OutgoingMail.State.FAILED)
    not_yet = Q(state=OutgoingMail.State.QUEUED, due_at__gt=now)
    if OutgoingMail.objects.filter(given_up | not_yet, cause=cause_of(asked)).exists():
        # The first mail has not arrived, and nobody is reminded of nothing. Given up: the professional can ask anew.
        return False
    send_link(asked, REMINDER, now)
    return True
