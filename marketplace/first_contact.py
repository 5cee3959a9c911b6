"""The first 24 hours of a contact (G21): what a page shows by the clock, and the check that reminds."""

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import models
from django.db.models import OuterRef, Q, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce, NullIf
from django.utils import timezone, translation
from django.utils.formats import date_format
from django.utils.translation import gettext_lazy as _

from base import links
from base.days import marketplace_zone
from base.jobs import in_batches
from mail import outbox
from marketplace.attempts import asked_about
from marketplace.models import FIRST_CONTACT_WITHIN, Attempt, Contact

_ANY = uuid.UUID(int=0)
# What is said of a call or a message that was begun, in a sentence of its own.
_BEGUN = {
    Attempt.Way.CALL: _("On %(moment)s you pressed “Call” for the homeowner of “%(title)s” in %(town)s."),
    Attempt.Way.WHATSAPP: _(
        "On %(moment)s you began a WhatsApp message to the homeowner of “%(title)s” in %(town)s."
    ),
    Attempt.Way.MAIL: _("On %(moment)s you began an e-mail to the homeowner of “%(title)s” in %(town)s."),
}

# Late enough that who was going to call has called, early enough that six hours are left to do it in: a contact
# bought in the evening is reminded of in the afternoon after, not in the night.
REMIND_AFTER = timedelta(hours=18)


class ClockState(models.TextChoices):
    """How a contact stands with its 24 hours. Reached at exactly 24 hours is in time."""

    RUNNING = "running", _("to be called")
    OVERDUE = "overdue", _("overdue")
    IN_TIME = "in_time", _("reached in time")
    LATE = "late", _("reached late")
    RETURNED = "returned", _("returned")
    GONE = "gone", _("not called before the homeowner was out of reach")


@dataclass(frozen=True, slots=True)
class Clock:
    """`time`: what is left while running, since when overdue, how long the first contact took, or after how long
    nobody was to be called any more."""

    state: ClockState
    time: timedelta

    @property
    def in_words(self) -> str:
        """`time` as hours and minutes; from two days on as days."""
        if self.time >= timedelta(hours=48):
            return str(_("%(days)s days") % {"days": self.time.days})
        return self.to_the_minute

    @property
    def to_the_minute(self) -> str:
        """`time` as hours and minutes, however many."""
        hours, minutes = divmod(int(self.time.total_seconds()) // 60, 60)
        if not hours and not minutes:
            return str(_("less than 1 min"))
        if not hours:
            return str(_("%(minutes)s min") % {"minutes": minutes})
        if not minutes:
            return str(_("%(hours)s h") % {"hours": hours})
        return str(_("%(hours)s h %(minutes)s min") % {"hours": hours, "minutes": minutes})


def clock_of(contact: Contact, now: datetime, *, within: timedelta = FIRST_CONTACT_WITHIN) -> Clock:
    """By the clock alone: the pages are right whether or not the check below has run. Of a homeowner who is not to be
    called any more no clock runs (M1). `within`: the time there is, where a claim is judged by other terms (G20)."""
    if contact.first_contact_at is not None:
        took = contact.first_contact_at - contact.bought_at
        return Clock(ClockState.IN_TIME if took <= within else ClockState.LATE, took)
    if contact.returned_at is not None:
        return Clock(ClockState.RETURNED, contact.returned_at - contact.bought_at)
    gone_at = contact.lead.withdrawn_at or contact.lead.anonymised_at
    if gone_at is not None:
        return Clock(ClockState.GONE, gone_at - contact.bought_at)
    left = contact.bought_at + within - now
    if left >= timedelta(0):
        return Clock(ClockState.RUNNING, left)
    return Clock(ClockState.OVERDUE, -left)


@dataclass(frozen=True, slots=True)
class Notice:
    """One mail of the check: which contacts are due for it, and the column that remembers it was written."""

    kind: str
    # To whoever has begun a call or a message and has not said yet what became of it.
    kind_if_tried: str
    flag: str
    due: Callable[[datetime], Q]

    @property
    def kinds(self) -> tuple[str, str]:
        """Of all its mails, whatever the reader has begun."""
        return self.kind, self.kind_if_tried

    def contacts(self, now: datetime) -> QuerySet[Contact]:
        """To be called, not told: the conditions of the partial indexes, word for word, and that of the request, which
        they cannot hold."""
        return Contact.objects.first_contact_open().filter(self.due(now)).order_by("bought_at", "id")


REMINDER = Notice(
    kind="marketplace/first_contact_reminder",
    kind_if_tried="marketplace/first_contact_tried",
    flag="reminded_at",
    # Only while there is time: after a day without a worker the late notice alone goes out.
    due=lambda now: Q(
        reminded_at=None,
        overdue_noted_at=None,
        bought_at__lte=now - REMIND_AFTER,
        bought_at__gte=now - FIRST_CONTACT_WITHIN,
    ),
)
LATE = Notice(
    kind="marketplace/first_contact_late",
    kind_if_tried="marketplace/first_contact_tried_late",
    flag="overdue_noted_at",
    due=lambda now: Q(overdue_noted_at=None, bought_at__lt=now - FIRST_CONTACT_WITHIN),
)


def count_due(*, now: datetime) -> tuple[int, int]:
    """How many `check_first_contacts` would remind and tell late."""
    return REMINDER.contacts(now).count(), LATE.contacts(now).count()


def check_first_contacts(*, now: datetime, batch: int = 500) -> tuple[int, int]:
    """Reminds once from 18 hours on while there is time, tells once when the 24 hours have passed (G21, X3).

    Finds what is due by looking, so it may run twice, late, or on two workers at once. Never inside a
    transaction. Returns how many were reminded and how many were told that they are late.
    """
    return _check(REMINDER, now, batch), _check(LATE, now, batch)


def _check(notice: Notice, now: datetime, batch: int) -> int:
    return in_batches(
        notice.contacts(now),
        lambda claimed: _tell(notice, claimed, now),
        what=f"write {notice.kind} of",
        batch=batch,
    )


def _tell(notice: Notice, claimed: list[int], now: datetime) -> int:
    """The flag and the mails, together: killed in between, neither is there and the next run does both."""
    Contact.objects.filter(pk__in=claimed).update(**{notice.flag: now})
    tried = Attempt.objects.filter(asked_about(now), contact=OuterRef("pk")).order_by("-begun_at", "-id")
    rows = Contact.objects.filter(pk__in=claimed).values_list(
        "public_id",
        "bought_at",
        _as_masked("title"),
        _as_masked("town"),
        "professional__name",
        "professional__owner__email",
        "professional__owner__language",
        "professional__owner__time_zone",
        Subquery(tried.values("begun_at")[:1]),
        Subquery(tried.values("way")[:1]),
    )
    # The address is made once: only the contact's id in it differs.
    address = links.absolute("marketplace:contact", public_id=_ANY)
    outbox.write_merged([_letter(notice, address, *row) for row in rows], now=now)
    return len(claimed)


def _as_masked(field: str) -> Coalesce:
    """The lead's title or town as strangers are shown it: no mail that is kept holds contact details (M5)."""
    return Coalesce(NullIf(f"lead__{field}_masked", Value("")), f"lead__{field}")


def _in_words(moment: datetime, zone: ZoneInfo) -> str:
    return date_format(timezone.localtime(moment, zone), "DATETIME_FORMAT")


def _letter(
    notice: Notice,
    address: str,
    public_id: object,
    bought_at: datetime,
    title: str,
    town: str,
    business: str,
    email: str,
    language: str,
    zone: str,
    tried_at: datetime | None,
    tried_by: str | None,
) -> outbox.Letter:
    """To the owner, in their language and zone. Without the homeowner's details: those stay behind the link (M5).

    `tried_at`: of the latest call or message that was begun and of which nobody has said what became of it: then
    nobody is told that they were not in touch.
    """
    of_owner = ZoneInfo(zone) if zone else marketplace_zone()
    with translation.override(language or settings.LANGUAGE_CODE):
        due = _in_words(bought_at + FIRST_CONTACT_WITHIN, of_owner)
        tried = ""
        if tried_at is not None and tried_by is not None:
            begun = {"moment": _in_words(tried_at, of_owner), "title": title, "town": town}
            tried = str(_BEGUN[Attempt.Way(tried_by)]) % begun
    return outbox.Letter(
        kind=notice.kind_if_tried if tried else notice.kind,
        cause=f"contact:{public_id}",
        to=email,
        language=language,
        context={
            "title": title,
            "town": town,
            "business": business,
            "due": due,
            "tried": tried,
            "url": address.replace(str(_ANY), str(public_id)),
        },
    )
