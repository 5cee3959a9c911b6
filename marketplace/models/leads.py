"""Requests for jobs, what they are about, and what a contact of one costs."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta
from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy as _
from phonenumber_field.modelfields import PhoneNumberField
from simple_history.models import HistoricalRecords

from base.models import StateEvent
from base.private_files import not_public
from base.translated import Translated
from profiles.models import Professional

# A lead can be bought this long after it was published (M2).
LEAD_LIVES = timedelta(days=30)
# What of a lead that can be bought does not depend on the clock: the condition of the feed's indexes.
_BUYABLE = Q(state="published", places_taken__lt=F("places"))


class Category(models.Model):
    """A trade."""

    slug = models.SlugField(_("slug"), unique=True)
    name = Translated()
    name_en = models.CharField(_("name in English"), max_length=80)
    name_es = models.CharField(_("name in Spanish"), max_length=80, blank=True)
    name_it = models.CharField(_("name in Italian"), max_length=80, blank=True)

    class Meta:
        verbose_name = _("category")
        verbose_name_plural = _("categories")
        ordering: ClassVar = ["slug"]

    def __str__(self) -> str:
        return str(self.name)


class Province(models.Model):
    """A province or state, by its official name, which is the same in every language."""

    slug = models.SlugField(_("slug"), unique=True)
    name = models.CharField(_("name"), max_length=80)

    class Meta:
        verbose_name = _("province")
        verbose_name_plural = _("provinces")
        ordering: ClassVar = ["name"]

    def __str__(self) -> str:
        return self.name


class Size(models.TextChoices):
    SMALL = "small", _("small")
    MEDIUM = "medium", _("medium")
    LARGE = "large", _("large")


class PriceRule(models.Model):
    """What a contact costs. An empty criterion fits all; category is compared first, then province, then size (M3)."""

    category = models.ForeignKey(
        Category, null=True, blank=True, on_delete=models.CASCADE, verbose_name=_("category")
    )
    province = models.ForeignKey(
        Province, null=True, blank=True, on_delete=models.CASCADE, verbose_name=_("province")
    )
    size = models.CharField(_("size"), max_length=10, choices=Size, blank=True)
    price_cents = models.BigIntegerField(_("price, tax included (cents)"))

    history = HistoricalRecords()

    class Meta:
        verbose_name = _("price rule")
        verbose_name_plural = _("price rules")
        constraints: ClassVar = [
            models.UniqueConstraint(
                Coalesce("category", 0),
                Coalesce("province", 0),
                "size",
                name="no_two_price_rules_alike",
                violation_error_message=_("There is already a rule for this category, province and size."),
            ),
            models.CheckConstraint(condition=Q(price_cents__gt=0), name="price_positive"),
        ]

    def __str__(self) -> str:
        parts = (
            self.category or _("every category"),
            self.province or _("every province"),
            self.get_size_display() or _("every size"),
        )
        return " · ".join(map(str, parts))


def in_reach(lead: str = "") -> Q:
    """`Lead.details_shown` as a condition; `lead` is the way there from the rows that are asked ("contact__lead")."""
    way = f"{lead}__" if lead else ""
    return Q(**{f"{way}withdrawn_at": None, f"{way}anonymised_at": None})


class LeadQuerySet(models.QuerySet["Lead"]):
    def visible_to(self, user: Any) -> LeadQuerySet:
        """Leads that were published, to whoever works for a business; never with the homeowner's details (M5)."""
        if not Professional.objects.visible_to(user).exists():
            return self.none()
        return self.filter(state__in=Lead.SHOWN)

    def shown_once_to(self, user: Any) -> LeadQuerySet:
        """As `visible_to`, and those withdrawn since, of which nothing may be told but that they are over (M1, M5)."""
        if not Professional.objects.visible_to(user).exists():
            return self.none()
        return self.filter(published_at__isnull=False)

    def live(self, now: datetime) -> LeadQuerySet:
        """Published, not expired by its date (M2)."""
        return self.filter(state=Lead.State.PUBLISHED, published_at__gt=now - LEAD_LIVES)

    def buyable(self, now: datetime) -> LeadQuerySet:
        """Live, with a place left (M3)."""
        return self.live(now).filter(places_taken__lt=F("places"))


class Lead(models.Model):
    """A homeowner's request for a job. The homeowner's details are seen by buyers and permitted staff only (M5)."""

    class State(models.TextChoices):
        UNCONFIRMED = "unconfirmed", _("waiting for its mail to be confirmed")
        WAITING = "waiting", _("waiting for a moderator")
        PUBLISHED = "published", _("published")
        REJECTED = "rejected", _("rejected")
        EXPIRED = "expired", _("expired")
        CLOSED = "closed", _("closed")
        WITHDRAWN = "withdrawn", _("withdrawn by the homeowner")

    MOVES: ClassVar[dict[str, set[str]]] = {
        State.UNCONFIRMED: {State.WAITING, State.WITHDRAWN},
        State.WAITING: {State.PUBLISHED, State.REJECTED, State.WITHDRAWN},
        State.PUBLISHED: {State.EXPIRED, State.CLOSED, State.WITHDRAWN},
        State.REJECTED: {State.WITHDRAWN},
        State.EXPIRED: {State.CLOSED, State.WITHDRAWN},
        State.CLOSED: {State.WITHDRAWN},
        State.WITHDRAWN: set(),
    }
    # Was published and is still shown to businesses, though not all of it can be bought (M5).
    SHOWN: ClassVar = (State.PUBLISHED, State.EXPIRED, State.CLOSED)
    # Who asked: not even read where it must not be shown (M5).
    HOMEOWNER: ClassVar = ("homeowner_name", "homeowner_email", "homeowner_phone")

    class Timing(models.TextChoices):
        AT_ONCE = "at_once", _("as soon as possible")
        MONTH = "month", _("within a month")
        QUARTER = "quarter", _("within three months")
        FLEXIBLE = "flexible", _("no hurry")

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    # Of the form that a homeowner sent: sent twice, it is one request (M1). Empty: entered by staff.
    form_id = models.UUIDField(unique=True, null=True, blank=True, editable=False)
    category = models.ForeignKey(Category, verbose_name=_("category"), on_delete=models.PROTECT)
    province = models.ForeignKey(Province, verbose_name=_("province"), on_delete=models.PROTECT)
    town = models.CharField(_("town or district"), max_length=80)
    title = models.CharField(_("what is wanted"), max_length=120)
    description = models.TextField(_("description"), max_length=4000)
    size = models.CharField(_("size"), max_length=10, choices=Size)
    timing = models.CharField(_("when"), max_length=10, choices=Timing, default=Timing.FLEXIBLE)
    budget_cents = models.BigIntegerField(_("budget (cents)"), null=True, blank=True)

    # What is shown before buying where contact details stood in the text; empty where none did (M5).
    town_masked = models.CharField(max_length=240, blank=True, default="", db_default="", editable=False)
    title_masked = models.CharField(max_length=360, blank=True, default="", db_default="", editable=False)
    description_masked = models.TextField(blank=True, default="", db_default="", editable=False)

    homeowner_name = models.CharField(_("homeowner's name"), max_length=100)
    homeowner_email = models.EmailField(_("homeowner's e-mail"))
    # The same for the same person, however they write their address (profiles.addresses).
    homeowner_key = models.CharField(max_length=254, blank=True, default="", db_default="", editable=False)
    homeowner_phone = PhoneNumberField(_("homeowner's telephone"))
    language = models.CharField(
        _("homeowner's language"), max_length=10, choices=settings.LANGUAGES, default="es-mx"
    )
    # Of the link to the homeowner's page: one with a lower number is no longer valid (M1).
    link_version = models.PositiveSmallIntegerField(default=1, db_default=1, editable=False)
    email_verified_at = models.DateTimeField(_("e-mail verified"), null=True, blank=True)
    phone_verified_at = models.DateTimeField(_("telephone verified"), null=True, blank=True)

    state = models.CharField(_("state"), max_length=15, choices=State, default=State.WAITING)
    created_at = models.DateTimeField(_("created"))
    # From here on nobody who bought it sees the homeowner's details (M1).
    withdrawn_at = models.DateTimeField(_("withdrawn"), null=True, blank=True)
    # The homeowner wants it anonymised as soon as no open claim or return needs it (X5).
    erase_asked_at = models.DateTimeField(_("erasure asked for"), null=True, blank=True)
    # From here on it holds nobody's details (X5).
    anonymised_at = models.DateTimeField(_("anonymised"), null=True, blank=True)
    published_at = models.DateTimeField(_("published"), null=True, blank=True)
    # Whoever wants to hear of it at once has been written to (M11).
    announced_at = models.DateTimeField(_("announced"), null=True, blank=True, editable=False)
    # Frozen when it is published (M3).
    price_cents = models.BigIntegerField(_("price (cents)"), null=True, blank=True)
    places = models.PositiveSmallIntegerField(_("how many may buy it"), default=4)
    places_taken = models.PositiveSmallIntegerField(_("how many have bought it"), default=0, editable=False)

    objects = LeadQuerySet.as_manager()

    class Meta:
        verbose_name = _("lead")
        verbose_name_plural = _("leads")
        permissions: ClassVar = [
            ("moderate_lead", _("Can publish and reject leads")),
            ("view_homeowner", _("Can see homeowners' contact details")),
        ]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(places_taken__lte=F("places")), name="no_more_buyers_than_places"
            ),
            models.CheckConstraint(
                condition=~Q(state__in=["published", "expired", "closed"])
                | Q(published_at__isnull=False, price_cents__isnull=False),
                name="published_lead_has_price_and_date",
            ),
            models.CheckConstraint(
                condition=Q(state="withdrawn", withdrawn_at__isnull=False)
                | (~Q(state="withdrawn") & Q(withdrawn_at=None)),
                name="withdrawn_lead_says_when",
            ),
        ]
        indexes: ClassVar = [
            # What is to be anonymised, and because it was asked for (X5).
            models.Index(
                fields=["published_at", "id"], name="lead_to_anonymise", condition=Q(anonymised_at=None)
            ),
            models.Index(
                fields=["id"],
                name="lead_to_erase",
                condition=Q(anonymised_at=None, erase_asked_at__isnull=False),
            ),
            # The feed: what can be bought, newest first; and by category and province.
            models.Index(fields=["-published_at", "-id"], name="lead_feed", condition=Q(state="published")),
            models.Index(
                fields=["category", "province", "-published_at"],
                name="lead_by_trade",
                condition=Q(state="published"),
            ),
            # The moderators' queue, oldest first; and who else asked for the same (M2).
            models.Index(fields=["created_at", "id"], name="lead_queue", condition=Q(state="waiting")),
            models.Index(fields=["homeowner_key", "category", "created_at"], name="lead_by_mail"),
            models.Index(fields=["homeowner_phone", "category", "created_at"], name="lead_by_phone"),
            # Which requests were never confirmed and are to be removed.
            models.Index(fields=["created_at"], name="lead_unconfirmed", condition=Q(state="unconfirmed")),
            # The feed in its other orders; and in its first, where most of what is published is sold out.
            models.Index(fields=["-published_at", "-id"], name="lead_buyable", condition=_BUYABLE),
            models.Index(fields=["price_cents", "-id"], name="lead_cheapest", condition=_BUYABLE),
            models.Index(
                fields=["places_taken", "-published_at", "-id"], name="lead_fewest_buyers", condition=_BUYABLE
            ),
            # What is to be announced, in the order in which it was published.
            models.Index(
                fields=["published_at", "id"],
                name="lead_to_announce",
                condition=Q(state="published", announced_at=None),
            ),
        ]

    @property
    def masked_title(self) -> str:
        """The title as it is shown to whoever has not bought the contact (M5)."""
        return self.title_masked or self.title

    @property
    def masked_town(self) -> str:
        """The town as it is shown to whoever has not bought the contact (M5)."""
        return self.town_masked or self.town

    @property
    def masked_description(self) -> str:
        """The description as it is shown to whoever has not bought the contact (M5)."""
        return self.description_masked or self.description

    @property
    def is_masked(self) -> bool:
        """Whether something that was written is not shown before buying."""
        return bool(self.title_masked or self.town_masked or self.description_masked)

    @property
    def is_shown(self) -> bool:
        """Whether businesses are shown what is wanted (M5)."""
        return self.state in self.SHOWN

    @property
    def asked_by_homeowner(self) -> bool:
        """Whether it came through the form, and not from a member of staff who was told of it."""
        return self.form_id is not None

    @property
    def expires_at(self) -> datetime | None:
        return self.published_at + LEAD_LIVES if self.published_at else None

    @property
    def places_left(self) -> int:
        return self.places - self.places_taken

    @property
    def details_shown(self) -> bool:
        """Whether the homeowner is in reach: who bought the request sees who asked and what they wrote, may call and
        write to them, and they may still say something here. Not once it was withdrawn or anonymised (M1, M5, X5).

        Every page of a buyer asks this before it shows any of it; `in_reach` is the same as a condition.
        """
        return self.withdrawn_at is None and self.anonymised_at is None

    @property
    def title_for_buyers(self) -> str:
        """The title, by which buyers know their contacts apart, without details that are no longer shown (M1)."""
        return self.title if self.details_shown else self.masked_title

    @property
    def town_for_buyers(self) -> str:
        """As the title."""
        return self.town if self.details_shown else self.masked_town

    def __str__(self) -> str:
        """As it is shown to strangers: messages and lists of the office print it, whoever reads them (M5)."""
        return self.masked_title


class LeadEvent(StateEvent):
    lead = models.ForeignKey(Lead, on_delete=models.CASCADE, related_name="events")
    # Of a rejection or a closing that the homeowner was told of: one of `marketplace.grounds`. What was written
    # beside it is the reason.
    ground = models.CharField(max_length=15, blank=True, default="", db_default="", editable=False)

    # The reasons of what moves nothing: the homeowner made the links to their page useless that they had, and a
    # moderator spoke to them on their telephone.
    LINK_RENEWED: ClassVar = "link_version"
    PHONE_VERIFIED: ClassVar = "phone_verified_at"

    class Meta(StateEvent.Meta):
        verbose_name = _("lead event")
        verbose_name_plural = _("lead events")

    @property
    def moved(self) -> bool:
        """Whether the request came into another state by it."""
        return self.from_state != self.to_state

    @property
    def label(self) -> str:
        """What happened, in the reader's language."""
        if self.moved:
            return str(Lead.State(self.to_state).label)
        if self.reason == self.PHONE_VERIFIED:
            return str(_("telephone verified"))
        return str(_("old links made useless"))


class LeadPhotoQuerySet(models.QuerySet["LeadPhoto"]):
    def visible_to(self, user: Any) -> LeadPhotoQuerySet:
        """All of them to staff who see requests; to businesses those of the requests that they see: what is wanted is
        shown before it is bought, until the homeowner withdraws (M1, M5)."""
        if user.is_staff and user.has_perm("marketplace.view_lead"):
            return self
        return self.filter(lead__in=Lead.objects.visible_to(user))


class LeadPhoto(models.Model):
    """A picture that the homeowner sent with the request, re-encoded like every upload.

    It shows somebody's home, so nobody has its address for ever: a page hands it out that asks who is there.
    """

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    lead = models.ForeignKey(Lead, on_delete=models.CASCADE, related_name="photos")
    image = models.ImageField(_("image"), storage=not_public)
    thumbnail = models.ImageField(_("thumbnail"), storage=not_public)
    width = models.PositiveIntegerField(editable=False)
    height = models.PositiveIntegerField(editable=False)
    content_hash = models.CharField(_("content hash"), max_length=64, editable=False)
    uploaded_at = models.DateTimeField(_("uploaded"))

    objects = LeadPhotoQuerySet.as_manager()

    class Meta:
        verbose_name = _("photo of a lead")
        verbose_name_plural = _("photos of leads")
        ordering: ClassVar = ["uploaded_at", "id"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["lead", "content_hash"], name="lead_photo_once"),
        ]

    def __str__(self) -> str:
        return f"{self.lead}"


class DetailsSeen(models.Model):
    """Somebody was shown a homeowner's details on a local day: the first time of that day (X5)."""

    lead = models.ForeignKey(Lead, on_delete=models.CASCADE, related_name="seen_by")
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name=_("who"), on_delete=models.CASCADE, related_name="+"
    )
    # For whom they looked; empty: for the marketplace itself.
    professional = models.ForeignKey(
        Professional, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    seen_on = models.DateField(_("day"))
    seen_at = models.DateTimeField(_("first seen that day"))

    class Meta:
        verbose_name = _("look at a homeowner's details")
        verbose_name_plural = _("looks at homeowners' details")
        ordering: ClassVar = ["seen_at", "id"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["lead", "user", "seen_on"], name="one_look_a_day"),
        ]

    def __str__(self) -> str:
        return f"{self.lead} · {self.user} · {self.seen_on}"
