"""What is said of professionals, and who was asked to say it (G8, M12)."""

from __future__ import annotations

import uuid
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from base.models import StateEvent
from marketplace.models.contacts import Contact
from profiles.models import Professional


class ReviewRequest(models.Model):
    """Leave to review a professional: of a contact's homeowner, or of an earlier client (M12)."""

    class Origin(models.TextChoices):
        ASKED = "asked", _("asked by the professional")
        OWN_PAGE = "own_page", _("from the homeowner's own page")

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    professional = models.ForeignKey(
        Professional, verbose_name=_("professional"), on_delete=models.CASCADE, related_name="review_requests"
    )
    # Empty: an earlier client, tied to no contact.
    contact = models.ForeignKey(
        Contact,
        verbose_name=_("contact"),
        null=True,
        blank=True,
        on_delete=models.CASCADE,
        related_name="review_requests",
    )
    name = models.CharField(_("name"), max_length=100)
    email = models.EmailField(_("e-mail"))
    # The address written the same way for the same person: nobody is asked twice, nor spammed by many.
    author_key = models.CharField(_("person asked"), max_length=254)
    language = models.CharField(_("language"), max_length=10, choices=settings.LANGUAGES, default="es-mx")
    # Whoever reviews from their own page was not asked, and no link was sent (M1).
    origin = models.CharField(_("where from"), max_length=10, choices=Origin, default=Origin.ASKED)
    sent_at = models.DateTimeField(_("sent"))
    used_at = models.DateTimeField(_("used"), null=True, blank=True)
    # Of the link that was sent last: each is reminded of once.
    reminded_at = models.DateTimeField(_("reminded"), null=True, blank=True)

    class Meta:
        verbose_name = _("review request")
        verbose_name_plural = _("review requests")
        ordering: ClassVar = ["-sent_at", "-id"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["contact"], condition=Q(contact__isnull=False), name="one_review_request_per_contact"
            ),
            models.UniqueConstraint(
                fields=["professional", "author_key"],
                condition=Q(contact=None),
                name="one_review_request_per_client",
            ),
        ]
        indexes: ClassVar = [
            # How often one address was asked today, by whomever.
            models.Index(fields=["author_key", "sent_at"], name="review_request_to_person"),
            # How many a professional asked today.
            models.Index(fields=["professional", "sent_at"], name="review_request_of_pro"),
            # Whom to remind.
            models.Index(
                fields=["sent_at", "id"],
                name="review_request_to_remind",
                condition=Q(used_at=None, reminded_at=None),
            ),
        ]

    @property
    def name_for_business(self) -> str:
        """By which the business knows whoever it asked: the name that they signed with once that is published, before
        any moderator has read it the name that they were asked under; empty where the homeowner is out of reach (M1,
        M12)."""
        review: Review | None = getattr(self, "review", None)
        if review is not None and review.state == Review.State.PUBLISHED:
            return review.author_name
        if self.contact is not None and not self.contact.lead.details_shown:
            return ""
        return self.name

    def __str__(self) -> str:
        return f"{self.professional} · {self.name}"


class ReviewOptOut(models.Model):
    """Somebody whom no business may ask for a review any more: they said so (M12, X5)."""

    # A hash of their address (`reviews.opting_out.person_of`).
    person = models.CharField(_("person"), max_length=64, unique=True, editable=False)
    said_at = models.DateTimeField(_("said"))

    class Meta:
        verbose_name = _("person not to be asked for reviews")
        verbose_name_plural = _("people not to be asked for reviews")
        ordering: ClassVar = ["-said_at", "-id"]

    def __str__(self) -> str:
        return self.person


class ReviewQuerySet(models.QuerySet["Review"]):
    def counting(self) -> ReviewQuerySet:
        """Published, and not from the professional's own account, e-mail or browser (G8)."""
        return self.filter(state=Review.State.PUBLISHED, own_hand="")

    def positive(self) -> ReviewQuerySet:
        """4 or 5 of 5 for attention and handling (G8)."""
        return self.filter(handling__gte=4)


class Review(models.Model):
    """What somebody says of a professional. Counts, and is seen, once a moderator has published it."""

    class State(models.TextChoices):
        WAITING = "waiting", _("waiting for a moderator")
        PUBLISHED = "published", _("published")
        REJECTED = "rejected", _("rejected")
        TAKEN_DOWN = "taken_down", _("taken down")

    MOVES: ClassVar[dict[str, set[str]]] = {
        State.WAITING: {State.PUBLISHED, State.REJECTED},
        State.PUBLISHED: {State.TAKEN_DOWN},
        State.REJECTED: set(),
        State.TAKEN_DOWN: {State.PUBLISHED},
    }

    class OwnHand(models.TextChoices):
        """Why a review is the professional's own, and so never counts (G8)."""

        ACCOUNT = "account", _("written from the professional's own account")
        EMAIL = "email", _("asked of the professional's own e-mail")
        BROWSER = "browser", _("written in the professional's own browser")

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    request = models.OneToOneField(
        ReviewRequest, verbose_name=_("review request"), on_delete=models.PROTECT, related_name="review"
    )
    professional = models.ForeignKey(
        Professional, verbose_name=_("professional"), on_delete=models.CASCADE, related_name="reviews"
    )
    contact = models.OneToOneField(
        Contact,
        verbose_name=_("contact"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="review",
    )
    # Who it is, by the address it was asked of, written the same way for the same person.
    author_key = models.CharField(_("author"), max_length=254)
    author_name = models.CharField(_("name shown"), max_length=100)
    handling = models.PositiveSmallIntegerField(
        _("attention and handling"), choices=[(n, str(n)) for n in range(1, 6)]
    )
    workmanship = models.PositiveSmallIntegerField(
        _("workmanship"), choices=[(n, str(n)) for n in range(1, 6)], null=True, blank=True
    )
    # Whether the professional had marked the contact as won when it was written. Elsewhere stars for the work are the
    # homeowner's word that they were hired, and showing them would tell the professional of it (G2).
    workmanship_is_open = models.BooleanField(default=False, editable=False)
    text = models.TextField(_("review"), max_length=3000)
    # The network it was written from, by a key: a signal to the moderator (G8).
    network = models.CharField(_("network"), max_length=64, blank=True, editable=False)
    own_hand = models.CharField(_("written by the professional"), max_length=10, choices=OwnHand, blank=True)
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.WAITING)
    # As whoever wrote it was told; empty while it waits or is shown.
    why_not_shown = models.TextField(
        _("why it is not shown"), max_length=2000, blank=True, default="", db_default="", editable=False
    )
    written_at = models.DateTimeField(_("written"))
    published_at = models.DateTimeField(_("published"), null=True, blank=True)
    # The professional's one answer, shown below the review (M12); empty again once staff took it away.
    answer = models.TextField(_("the professional's answer"), max_length=2000, blank=True)
    answered_at = models.DateTimeField(_("answered"), null=True, blank=True)

    # Where `workmanship_shown` shows it, as a condition: an average over what is hidden would tell of it (G2).
    WORKMANSHIP_SHOWN: ClassVar = Q(workmanship_is_open=True) & (
        Q(contact=None) | Q(contact__outcome=Contact.Outcome.WON)
    )

    objects = ReviewQuerySet.as_manager()

    class Meta:
        verbose_name = _("review")
        verbose_name_plural = _("reviews")
        ordering: ClassVar = ["-written_at", "-id"]
        permissions: ClassVar = [("moderate_review", _("Can publish and reject reviews"))]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(handling__range=(1, 5)) & (Q(workmanship=None) | Q(workmanship__range=(1, 5))),
                name="ratings_are_1_to_5",
            ),
            models.CheckConstraint(
                condition=Q(answer="") | Q(answered_at__isnull=False), name="review_answer_says_when"
            ),
        ]
        indexes: ClassVar = [
            # Who else wrote from there? Asked when a moderator reads a review (G8).
            models.Index(fields=["network"], name="review_network", condition=~Q(network="")),
            # What counts for the guarantee.
            models.Index(
                fields=["professional"], name="review_counting", condition=Q(state="published", own_hand="")
            ),
        ]

    @property
    def workmanship_shown(self) -> int | None:
        """Workmanship as everybody outside the office may see it: of a contact, only where the professional had marked
        it as won when it was written, and has not corrected that since (G2)."""
        won = self.contact is None or self.contact.outcome == Contact.Outcome.WON
        return self.workmanship if self.workmanship_is_open and won else None

    def __str__(self) -> str:
        return f"{self.professional} · {self.handling}/5"


class ReviewEvent(StateEvent):
    review = models.ForeignKey(
        Review, verbose_name=_("review"), on_delete=models.CASCADE, related_name="events"
    )

    class Meta(StateEvent.Meta):
        verbose_name = _("review event")
        verbose_name_plural = _("review events")


class ReviewReport(models.Model):
    """Somebody says that a published review should not stand; a moderator decides (M12)."""

    class Reason(models.TextChoices):
        UNTRUE = "untrue", _("what it says is not true")
        NO_CLIENT = "no_client", _("whoever wrote it never dealt with this business")
        OWN_REVIEW = "own_review", _("the business wrote it itself")
        OFFENSIVE = "offensive", _("it insults somebody")
        PERSONAL = "personal", _("it gives away somebody's details")
        OTHER = "other", _("another reason")

    class State(models.TextChoices):
        OPEN = "open", _("waiting for a moderator")
        UPHELD = "upheld", _("upheld: the review was taken down")
        DISMISSED = "dismissed", _("dismissed: the review stands")

    MOVES: ClassVar[dict[str, set[str]]] = {
        State.OPEN: {State.UPHELD, State.DISMISSED},
        State.UPHELD: set(),
        State.DISMISSED: set(),
    }

    review = models.ForeignKey(
        Review, verbose_name=_("review"), on_delete=models.CASCADE, related_name="reports"
    )
    reason = models.CharField(_("reason"), max_length=15, choices=Reason)
    text = models.TextField(_("what is wrong"), max_length=1000, blank=True)
    # Signed in: who; else nobody, and the network alone tells one reader from another.
    reporter = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    network = models.CharField(max_length=64, editable=False)
    reported_at = models.DateTimeField(_("reported"))
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.OPEN)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("decided by"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
    )
    decided_at = models.DateTimeField(_("decided"), null=True, blank=True)

    class Meta:
        verbose_name = _("report of a review")
        verbose_name_plural = _("reports of reviews")
        ordering: ClassVar = ["reported_at", "id"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["review", "network"],
                condition=Q(state="open", reporter=None),
                name="one_open_report_per_network",
            ),
            models.UniqueConstraint(
                fields=["review", "reporter"],
                condition=Q(state="open", reporter__isnull=False),
                name="one_open_report_per_reader",
            ),
            models.CheckConstraint(
                condition=Q(state="open", decided_at=None, decided_by=None)
                | (~Q(state="open") & Q(decided_at__isnull=False, decided_by__isnull=False)),
                name="decided_report_says_who_and_when",
            ),
        ]
        indexes: ClassVar = [
            # What waits for a moderator.
            models.Index(
                fields=["review", "reported_at"], name="review_report_open", condition=Q(state="open")
            ),
            # How much one network reported today.
            models.Index(fields=["network", "reported_at"], name="review_report_of_network"),
        ]

    def __str__(self) -> str:
        return f"{self.review} · {self.get_reason_display()}"
