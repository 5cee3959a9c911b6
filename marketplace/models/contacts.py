"""Contacts: leads that a professional has bought, and what happened with them."""

from __future__ import annotations

import uuid
from datetime import date, datetime, timedelta
from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Exists, F, OuterRef, Q
from django.utils.translation import gettext_lazy as _

from base.models import StateEvent
from billing.models import WalletEntry
from marketplace.models.leads import Lead, in_reach
from profiles.models import Professional

# Within this time of the purchase every contact should be contacted (G21): what the clock, the check and the mails
# run by. The terms hold the same number for judging, and their form takes no other.
FIRST_CONTACT_WITHIN = timedelta(hours=24)


class Step(models.TextChoices):
    """What to do next with a contact (G22); why, and by when, is `marketplace.follow_up`'s to say."""

    CALL_FIRST = "call_first", _("Call now")
    CALL_AGAIN = "call_again", _("Call again")
    WRITE = "write", _("Send a message")
    SUMMARY = "summary", _("Send a summary of what you agreed")
    QUOTE = "quote", _("Give your quote")
    ASK_ABOUT_QUOTE = "ask_about_quote", _("Ask about your quote")
    IN_TOUCH = "in_touch", _("Get in touch again")


class ContactQuerySet(models.QuerySet["Contact"]):
    def visible_to(self, user: Any) -> ContactQuerySet:
        """Contacts that `user`'s business bought, returned ones too: what was bought stays visible (M5, G19)."""
        return self.filter(professional__in=Professional.objects.visible_to(user))

    def kept(self) -> ContactQuerySet:
        """Not returned: what the guarantee counts, in its order (G1)."""
        return self.filter(returned_at=None).order_by("bought_at", "id")

    def spent_in_month(self, professional: Any, month: date, next_month: date) -> ContactQuerySet:
        """Those whose prices count against the monthly limit of `professional` (an id, or an expression): bought in
        the local month of these two first days, and not returned (M11)."""
        return self.filter(
            professional=professional, bought_on__gte=month, bought_on__lt=next_month, returned_at=None
        )

    def first_contact_open(self) -> ContactQuerySet:
        """To be called: bought, kept, nobody has been in touch yet by the diary, and it has no outcome (G21).

        Of a contact that has one, or whose homeowner is out of reach, withdrawn (M1) or anonymised (X5), nothing is
        left to remind of: the pages and the check ask the same. Not by a join: the check locks what it finds, and
        requests are not to be locked; what is left to look at has been found by the partial indexes.
        """
        return self.filter(
            Exists(Lead.objects.filter(in_reach(), pk=OuterRef("lead"))),
            first_contact_at=None,
            returned_at=None,
            outcome=Contact.Outcome.OPEN,
        )


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
    professional = models.ForeignKey(
        Professional, verbose_name=_("professional"), on_delete=models.PROTECT, related_name="contacts"
    )
    lead = models.ForeignKey(Lead, verbose_name=_("lead"), on_delete=models.PROTECT, related_name="contacts")
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
    # What the diary leads to, kept with each entry, for the list of the day is sorted by it (G22). Empty: nothing.
    next_step = models.CharField(
        _("next step"), max_length=20, choices=Step, blank=True, default="", db_default=""
    )
    next_step_due_at = models.DateTimeField(_("next step due"), null=True, blank=True)
    # The day that the professional chose instead of the one suggested.
    remind_on = models.DateField(_("remind on"), null=True, blank=True)
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
            # The list of the day: what is overdue, and what is due today.
            models.Index(
                fields=["professional", "next_step_due_at"],
                name="contact_of_the_day",
                condition=Q(returned_at=None, outcome="open"),
            ),
            # What was spent in a local month, asked inside the buyer's lock at every purchase with a limit: as quick
            # for who has bought thousands before (M11).
            models.Index(
                fields=["professional", "bought_on"],
                name="contact_of_month",
                condition=Q(returned_at=None),
            ),
            # The 24-hour check: who is to be reminded, and who is late.
            models.Index(
                fields=["bought_at", "id"],
                name="contact_to_remind",
                condition=Q(
                    first_contact_at=None,
                    returned_at=None,
                    outcome="open",
                    reminded_at=None,
                    overdue_noted_at=None,
                ),
            ),
            models.Index(
                fields=["bought_at", "id"],
                name="contact_overdue",
                condition=Q(first_contact_at=None, returned_at=None, outcome="open", overdue_noted_at=None),
            ),
        ]

    @property
    def is_outcome_held(self) -> bool:
        """Whether an open claim holds the outcome. A job won it does not hold: that can still be taken back (G15)."""
        return self.frozen_at is not None and self.outcome != self.Outcome.WON

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
    # What is typed by hand has 2,000; a summary that was sent is kept whole.
    text = models.TextField(_("notes"), max_length=4000, blank=True)

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


class HomeownerQuestionQuerySet(models.QuerySet["HomeownerQuestion"]):
    def waiting(self) -> HomeownerQuestionQuerySet:
        """Not answered, and still to be: the contact was kept, and its homeowner is in reach (G22)."""
        return self.filter(in_reach("contact__lead"), answered_at=None, contact__returned_at=None)


class HomeownerQuestion(models.Model):
    """What a homeowner asks one of the businesses that bought their request; until it is answered it is an overdue
    follow-up (G22)."""

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    contact = models.ForeignKey(Contact, on_delete=models.CASCADE, related_name="questions")
    text = models.TextField(_("question"), max_length=2000)
    asked_at = models.DateTimeField(_("asked"))
    answer = models.TextField(_("answer"), max_length=2000, blank=True)
    answered_at = models.DateTimeField(_("answered"), null=True, blank=True)
    answered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
        verbose_name=_("by"),
    )

    objects = HomeownerQuestionQuerySet.as_manager()

    class Meta:
        verbose_name = _("homeowner's question")
        verbose_name_plural = _("homeowners' questions")
        ordering: ClassVar = ["asked_at", "id"]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(answered_at=None, answer="") | (Q(answered_at__isnull=False) & ~Q(answer="")),
                name="answered_question_has_an_answer",
            ),
        ]
        indexes: ClassVar = [
            # What a professional has not answered yet.
            models.Index(
                fields=["contact", "asked_at"], name="question_unanswered", condition=Q(answered_at=None)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.contact}"
