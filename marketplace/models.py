"""Leads, the contacts that are bought from them, and what becomes of those."""

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
from base.translated import Translated
from billing.models import WalletEntry
from profiles.models import Professional

# Within this time of the purchase every contact should be contacted (G21).
FIRST_CONTACT_WITHIN = timedelta(hours=24)
# A lead can be bought this long after it was published (M2).
LEAD_LIVES = timedelta(days=30)


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
        everything = _("all")
        return f"{self.category or everything} · {self.province or everything} · {self.size or everything}"


class LeadQuerySet(models.QuerySet["Lead"]):
    def visible_to(self, user: Any) -> LeadQuerySet:
        """Leads that were published, to whoever works for a business; never with the homeowner's details (M5)."""
        if not Professional.objects.visible_to(user).exists():
            return self.none()
        return self.filter(state__in=(Lead.State.PUBLISHED, Lead.State.CLOSED))

    def live(self, now: datetime) -> LeadQuerySet:
        """Published, not expired by its date (M2)."""
        return self.filter(state=Lead.State.PUBLISHED, published_at__gt=now - LEAD_LIVES)

    def buyable(self, now: datetime) -> LeadQuerySet:
        """Live, with a place left (M3)."""
        return self.live(now).filter(places_taken__lt=F("places"))


class Lead(models.Model):
    """A homeowner's request for a job. The homeowner's details are seen by buyers and permitted staff only (M5)."""

    class State(models.TextChoices):
        WAITING = "waiting", _("waiting for a moderator")
        PUBLISHED = "published", _("published")
        REJECTED = "rejected", _("rejected")
        CLOSED = "closed", _("closed")

    MOVES: ClassVar[dict[str, set[str]]] = {
        State.WAITING: {State.PUBLISHED, State.REJECTED},
        State.PUBLISHED: {State.CLOSED},
        State.REJECTED: set(),
        State.CLOSED: set(),
    }

    class Timing(models.TextChoices):
        AT_ONCE = "at_once", _("as soon as possible")
        MONTH = "month", _("within a month")
        QUARTER = "quarter", _("within three months")
        FLEXIBLE = "flexible", _("no hurry")

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    category = models.ForeignKey(Category, verbose_name=_("category"), on_delete=models.PROTECT)
    province = models.ForeignKey(Province, verbose_name=_("province"), on_delete=models.PROTECT)
    town = models.CharField(_("town or district"), max_length=80)
    title = models.CharField(_("what is wanted"), max_length=120)
    description = models.TextField(_("description"), max_length=4000)
    size = models.CharField(_("size"), max_length=10, choices=Size)
    timing = models.CharField(_("when"), max_length=10, choices=Timing, default=Timing.FLEXIBLE)
    budget_cents = models.BigIntegerField(_("budget (cents)"), null=True, blank=True)

    homeowner_name = models.CharField(_("homeowner's name"), max_length=100)
    homeowner_email = models.EmailField(_("homeowner's e-mail"))
    homeowner_phone = PhoneNumberField(_("homeowner's telephone"))
    language = models.CharField(
        _("homeowner's language"), max_length=10, choices=settings.LANGUAGES, default="es-mx"
    )
    email_verified_at = models.DateTimeField(_("e-mail verified"), null=True, blank=True)
    phone_verified_at = models.DateTimeField(_("telephone verified"), null=True, blank=True)

    state = models.CharField(_("state"), max_length=10, choices=State, default=State.WAITING)
    created_at = models.DateTimeField(_("created"))
    published_at = models.DateTimeField(_("published"), null=True, blank=True)
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
                condition=~Q(state__in=["published", "closed"])
                | Q(published_at__isnull=False, price_cents__isnull=False),
                name="published_lead_has_price_and_date",
            ),
        ]
        indexes: ClassVar = [
            # The feed: what can be bought, newest first; and by category and province.
            models.Index(fields=["-published_at", "-id"], name="lead_feed", condition=Q(state="published")),
            models.Index(
                fields=["category", "province", "-published_at"],
                name="lead_by_trade",
                condition=Q(state="published"),
            ),
        ]

    @property
    def expires_at(self) -> datetime | None:
        return self.published_at + LEAD_LIVES if self.published_at else None

    @property
    def places_left(self) -> int:
        return self.places - self.places_taken

    def __str__(self) -> str:
        return self.title


class LeadEvent(StateEvent):
    lead = models.ForeignKey(Lead, on_delete=models.CASCADE, related_name="events")

    class Meta(StateEvent.Meta):
        verbose_name = _("lead event")
        verbose_name_plural = _("lead events")


class ContactQuerySet(models.QuerySet["Contact"]):
    def visible_to(self, user: Any) -> ContactQuerySet:
        """Contacts that `user`'s business bought, returned ones too: what was bought stays visible (M5, G19)."""
        return self.filter(professional__in=Professional.objects.visible_to(user))

    def kept(self) -> ContactQuerySet:
        """Not returned: what the guarantee counts, in its order (G1)."""
        return self.filter(returned_at=None).order_by("bought_at", "id")

    def first_contact_open(self) -> ContactQuerySet:
        """Bought, kept, and nobody has been in touch yet (G21)."""
        return self.filter(first_contact_at=None, returned_at=None)


class Contact(models.Model):
    """A lead that one professional has bought: the unit that the guarantee counts."""

    class Outcome(models.TextChoices):
        OPEN = "open", _("open")
        WON = "won", _("won the job")
        LOST = "lost", _("lost")
        NO_ANSWER = "no_answer", _("never answered")

    class LostReason(models.TextChoices):
        PRICE = "price", _("the price")
        OTHER_HIRED = "other_hired", _("somebody else was hired")
        GAVE_UP = "gave_up", _("the homeowner gave up the job")
        NOT_MY_TRADE = "not_my_trade", _("not work that we do")
        OTHER = "other", _("another reason")

    class Word(models.TextChoices):
        """What the homeowner said (G2). Never shown to the professional."""

        HIRED_THEM = "hired_them", _("hired this business")
        HIRED_OTHER = "hired_other", _("hired somebody else")
        HIRED_NOBODY = "hired_nobody", _("hired nobody")
        UNDECIDED = "undecided", _("has not decided")
        NEVER_CONTACTED = "never_contacted", _("was never contacted")

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    professional = models.ForeignKey(Professional, on_delete=models.PROTECT, related_name="contacts")
    lead = models.ForeignKey(Lead, on_delete=models.PROTECT, related_name="contacts")
    # Frozen at purchase (M3).
    price_cents = models.BigIntegerField(_("price paid (cents)"))
    bought_at = models.DateTimeField(_("bought"))
    # The marketplace's local date of the purchase: what the guarantee's dates are counted from (X1).
    bought_on = models.DateField(_("bought on"))
    purchase_entry = models.OneToOneField(
        WalletEntry, on_delete=models.PROTECT, related_name="contact_bought"
    )

    outcome = models.CharField(_("outcome"), max_length=10, choices=Outcome, default=Outcome.OPEN)
    lost_reason = models.CharField(_("why it was lost"), max_length=15, choices=LostReason, blank=True)

    # The earliest outgoing diary entry, by when it happened (G21).
    first_contact_at = models.DateTimeField(_("first contact"), null=True, blank=True)
    reminded_at = models.DateTimeField(_("reminded of the 24 hours"), null=True, blank=True)
    overdue_noted_at = models.DateTimeField(_("told that the 24 hours have passed"), null=True, blank=True)

    returned_at = models.DateTimeField(_("returned"), null=True, blank=True)
    return_entry = models.OneToOneField(
        WalletEntry, null=True, blank=True, on_delete=models.PROTECT, related_name="contact_returned"
    )
    # Set while an open claim counts it: it cannot be returned meanwhile (M7, G13).
    frozen_at = models.DateTimeField(_("frozen in an open claim"), null=True, blank=True)
    # Set when the guarantee paid its price back: it can never be returned after that (M7).
    refunded_at = models.DateTimeField(_("refunded by the guarantee"), null=True, blank=True)

    homeowner_word = models.CharField(_("what the homeowner said"), max_length=15, choices=Word, blank=True)
    homeowner_word_at = models.DateTimeField(_("when the homeowner said it"), null=True, blank=True)

    objects = ContactQuerySet.as_manager()

    class Meta:
        verbose_name = _("contact")
        verbose_name_plural = _("contacts")
        ordering: ClassVar = ["-bought_at", "-id"]
        permissions: ClassVar = [
            ("view_homeowner_word", _("Can see and record what a homeowner said")),
        ]
        constraints: ClassVar = [
            # Also what makes the same purchase, sent twice, buy once (M4).
            models.UniqueConstraint(fields=["professional", "lead"], name="a_lead_is_bought_once"),
            models.CheckConstraint(condition=Q(price_cents__gt=0), name="contact_price_positive"),
            models.CheckConstraint(
                condition=Q(returned_at=None, return_entry=None)
                | Q(returned_at__isnull=False, return_entry__isnull=False),
                name="returned_contact_was_credited",
            ),
            models.CheckConstraint(
                condition=Q(returned_at=None) | Q(refunded_at=None), name="no_contact_credited_twice"
            ),
            models.CheckConstraint(
                condition=Q(returned_at=None) | Q(frozen_at=None), name="no_frozen_contact_is_returned"
            ),
            models.CheckConstraint(
                condition=Q(outcome="lost") | Q(lost_reason=""), name="only_a_lost_contact_says_why"
            ),
            models.CheckConstraint(
                condition=Q(first_contact_at=None) | Q(first_contact_at__gte=F("bought_at")),
                name="first_contact_after_purchase",
            ),
        ]
        indexes: ClassVar = [
            # A professional's contacts in the guarantee's order (G1).
            models.Index(fields=["professional", "bought_at", "id"], name="contact_of_professional"),
            # The 24-hour check: who is to be reminded, and who is late.
            models.Index(
                fields=["bought_at", "id"],
                name="contact_to_remind",
                condition=Q(first_contact_at=None, returned_at=None, reminded_at=None, overdue_noted_at=None),
            ),
            models.Index(
                fields=["bought_at", "id"],
                name="contact_overdue",
                condition=Q(first_contact_at=None, returned_at=None, overdue_noted_at=None),
            ),
        ]

    @property
    def first_contact_due_at(self) -> datetime:
        return self.bought_at + FIRST_CONTACT_WITHIN

    @property
    def hours_to_first_contact(self) -> float | None:
        """Hours from the purchase to the first contact; None: not reached yet (G21)."""
        if self.first_contact_at is None:
            return None
        return (self.first_contact_at - self.bought_at) / timedelta(hours=1)

    def __str__(self) -> str:
        return f"{self.professional} · {self.lead}"


class ContactEvent(StateEvent):
    """A change of the outcome (`from_state` → `to_state`), kept for the reviewer (G2)."""

    contact = models.ForeignKey(Contact, on_delete=models.CASCADE, related_name="events")

    class Meta(StateEvent.Meta):
        verbose_name = _("contact event")
        verbose_name_plural = _("contact events")


class HomeownerWordEvent(StateEvent):
    """What the homeowner said, each time it was recorded. Apart from the other events, so that no page of the
    professional can show it by listing those (G2)."""

    contact = models.ForeignKey(Contact, on_delete=models.CASCADE, related_name="word_events")

    class Meta(StateEvent.Meta):
        verbose_name = _("homeowner's word")
        verbose_name_plural = _("homeowners' words")


class DiaryEntry(models.Model):
    """Something that happened with a contact, and when that was written down. Added, never edited (M6)."""

    class Kind(models.TextChoices):
        CALL = "call", _("call, spoken to")
        CALL_UNANSWERED = "call_unanswered", _("call, not answered")
        MESSAGE = "message", _("message sent")
        MAIL = "mail", _("mail sent")
        VISIT = "visit", _("visit")
        INCOMING = "incoming", _("the homeowner was in touch")
        QUOTE = "quote", _("quote given")
        NOTE = "note", _("note")

    # What counts as having been in touch (G21).
    OUTGOING: ClassVar = (Kind.CALL, Kind.CALL_UNANSWERED, Kind.MESSAGE, Kind.MAIL, Kind.VISIT)

    contact = models.ForeignKey(Contact, on_delete=models.CASCADE, related_name="diary")
    kind = models.CharField(_("what"), max_length=20, choices=Kind)
    happened_at = models.DateTimeField(_("when it happened"))
    written_at = models.DateTimeField(_("when it was written down"))
    written_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+", verbose_name=_("by")
    )
    text = models.TextField(_("notes"), max_length=2000, blank=True)

    class Meta:
        verbose_name = _("diary entry")
        verbose_name_plural = _("diary entries")
        ordering: ClassVar = ["happened_at", "id"]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(happened_at__lte=F("written_at")), name="diary_not_in_the_future"
            ),
        ]

    @property
    def written_late(self) -> bool:
        """More than 24 hours between the two is a signal to the reviewer (G21)."""
        return self.written_at - self.happened_at > FIRST_CONTACT_WITHIN

    def __str__(self) -> str:
        return f"{self.get_kind_display()} · {self.happened_at:%Y-%m-%d %H:%M}"


class ReturnRequest(models.Model):
    """A professional's request to give a contact back, and its decision (M7)."""

    class Reason(models.TextChoices):
        WRONG_DETAILS = "wrong_details", _("the contact details are wrong")
        DUPLICATE = "duplicate", _("it is a duplicate of another request")
        NOT_REAL = "not_real", _("it is not a real request")
        WRONG_PLACE = "wrong_place", _("wrong category or area")
        NEVER_ASKED = "never_asked", _("the homeowner never asked for it")
        STAFF = "staff", _("decided by staff")

    class State(models.TextChoices):
        ASKED = "asked", _("waiting for a decision")
        WITHDRAWN = "withdrawn", _("withdrawn")
        ACCEPTED = "accepted", _("accepted")
        REFUSED = "refused", _("refused")

    MOVES: ClassVar[dict[str, set[str]]] = {
        State.ASKED: {State.WITHDRAWN, State.ACCEPTED, State.REFUSED},
        State.WITHDRAWN: set(),
        State.ACCEPTED: set(),
        State.REFUSED: set(),
    }

    contact = models.ForeignKey(Contact, on_delete=models.PROTECT, related_name="returns")
    reason = models.CharField(_("reason"), max_length=15, choices=Reason)
    explanation = models.TextField(_("explanation"), max_length=2000)
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.ASKED)
    asked_at = models.DateTimeField(_("asked"))
    decided_at = models.DateTimeField(_("decided"), null=True, blank=True)

    class Meta:
        verbose_name = _("return")
        verbose_name_plural = _("returns")
        ordering: ClassVar = ["asked_at", "id"]
        permissions: ClassVar = [("decide_return", _("Can decide returns"))]
        constraints: ClassVar = [
            # Neither two at once, nor another once one was accepted.
            models.UniqueConstraint(
                fields=["contact"],
                condition=Q(state__in=["asked", "accepted"]),
                name="one_return_per_contact",
            ),
        ]
        # The moderator's queue.
        indexes: ClassVar = [
            models.Index(fields=["asked_at"], name="return_waiting", condition=Q(state="asked"))
        ]

    def __str__(self) -> str:
        return f"{self.contact}"


class ReturnEvent(StateEvent):
    return_request = models.ForeignKey(ReturnRequest, on_delete=models.CASCADE, related_name="events")

    class Meta(StateEvent.Meta):
        verbose_name = _("return event")
        verbose_name_plural = _("return events")


class ReviewRequest(models.Model):
    """A link sent to somebody who may review a professional: a contact's homeowner, or an earlier client (M12)."""

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    professional = models.ForeignKey(Professional, on_delete=models.CASCADE, related_name="review_requests")
    # Empty: an earlier client, tied to no contact.
    contact = models.ForeignKey(
        Contact, null=True, blank=True, on_delete=models.CASCADE, related_name="review_requests"
    )
    name = models.CharField(_("name"), max_length=100)
    email = models.EmailField(_("e-mail"))
    # The address written the same way for the same person: nobody is asked twice, nor spammed by many.
    author_key = models.CharField(_("person asked"), max_length=254)
    language = models.CharField(_("language"), max_length=10, choices=settings.LANGUAGES, default="es-mx")
    sent_at = models.DateTimeField(_("sent"))
    used_at = models.DateTimeField(_("used"), null=True, blank=True)

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
        ]

    def __str__(self) -> str:
        return f"{self.professional} · {self.name}"


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

    request = models.OneToOneField(ReviewRequest, on_delete=models.PROTECT, related_name="review")
    professional = models.ForeignKey(Professional, on_delete=models.CASCADE, related_name="reviews")
    contact = models.OneToOneField(
        Contact, null=True, blank=True, on_delete=models.PROTECT, related_name="review"
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
    text = models.TextField(_("review"), max_length=3000)
    own_hand = models.CharField(_("written by the professional"), max_length=10, choices=OwnHand, blank=True)
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.WAITING)
    written_at = models.DateTimeField(_("written"))
    published_at = models.DateTimeField(_("published"), null=True, blank=True)

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
        ]
        indexes: ClassVar = [
            # What counts for the guarantee.
            models.Index(
                fields=["professional"], name="review_counting", condition=Q(state="published", own_hand="")
            ),
        ]

    def __str__(self) -> str:
        return f"{self.professional} · {self.handling}/5"


class ReviewEvent(StateEvent):
    review = models.ForeignKey(Review, on_delete=models.CASCADE, related_name="events")

    class Meta(StateEvent.Meta):
        verbose_name = _("review event")
        verbose_name_plural = _("review events")
