"""The promise: its terms, and the claims made on it."""

from __future__ import annotations

import uuid
from datetime import date, timedelta
from operator import attrgetter
from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Exists, F, OuterRef, Q
from django.utils.translation import gettext_lazy as _

from base.append_only import append_only
from base.models import StateEvent
from billing.models import WalletEntry
from guarantees import rules
from mail.models import IncomingMail
from marketplace.models import Contact
from profiles.models import Professional, Suspension


class GuaranteeTermsQuerySet(models.QuerySet["GuaranteeTerms"]):
    def binding(self, contracted_on: date | None, today: date) -> GuaranteeTerms:
        """The version that binds a professional: the one in force on S; before S, today's (G20).

        Picked from all versions, read once: a queryset that is asked for many professionals makes one query.
        """
        # A slip in a version for a day to come is mended by adding it anew: of one date the latest added binds.
        versions = sorted(self, key=attrgetter("in_force_from", "pk"))
        on = max(contracted_on or today, versions[0].in_force_from)
        return [version for version in versions if version.in_force_from <= on][-1]


@append_only
class GuaranteeTerms(models.Model):
    """One dated version of the guarantee's numbers. Added, never edited; of one date the latest added binds (G20)."""

    class FirstContact(models.TextChoices):
        ADVISE = "advise", _("advise: the delay is evidence only")
        REQUIRE = "require", _("require: reached late or never fails the claim")
        IGNORE = "ignore", _("ignore")

    in_force_from = models.DateField(_("in force from"))
    contacts = models.PositiveSmallIntegerField(_("contacts"), default=15)
    purchase_months = models.PositiveSmallIntegerField(_("months to buy them in"), default=3)
    grace_days = models.PositiveSmallIntegerField(_("days to claim after that"), default=15)
    waiting_months = models.PositiveSmallIntegerField(_("months to wait after the last"), default=1)
    description_over = models.PositiveSmallIntegerField(
        _("description longer than (characters)"), default=200
    )
    project_photos = models.PositiveSmallIntegerField(_("photos in one project"), default=2)
    work_photos = models.PositiveSmallIntegerField(_("photos of finished work"), default=4)
    contact_reviews = models.PositiveSmallIntegerField(_("positive reviews from contacts"), default=1)
    earlier_reviews = models.PositiveSmallIntegerField(_("reviews from earlier clients"), default=2)
    first_contact = models.CharField(
        _("first contact within 24 hours"), max_length=10, choices=FirstContact, default=FirstContact.ADVISE
    )
    first_contact_hours = models.PositiveSmallIntegerField(_("hours to the first contact"), default=24)
    extend_for_wait = models.BooleanField(_("keep the window open for the waiting month"), default=False)
    added_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("added by"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
    )
    added_at = models.DateTimeField(_("added"))

    objects = GuaranteeTermsQuerySet.as_manager()

    class Meta:
        verbose_name = _("guarantee terms")
        verbose_name_plural = _("guarantee terms")
        ordering: ClassVar = ["-in_force_from", "-id"]
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(contacts__gte=1), name="terms_count_a_contact_at_least"),
        ]

    @property
    def to_first_contact(self) -> timedelta:
        """How long after the purchase the first contact is in time (G21)."""
        return timedelta(hours=self.first_contact_hours)

    def as_rules(self) -> rules.Terms:
        """The numbers, as the pure rules read them."""
        return rules.Terms(**{name: getattr(self, name) for name in rules.Terms.__dataclass_fields__})

    def __str__(self) -> str:
        return f"{self.in_force_from}"


class ExtraDays(models.Model):
    """Days added to one professional's claim window by staff, with a reason (G5)."""

    professional = models.ForeignKey(
        Professional, on_delete=models.PROTECT, related_name="extra_days", verbose_name=_("professional")
    )
    days = models.PositiveSmallIntegerField(_("days"))
    reason = models.TextField(_("reason"))
    given_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", verbose_name=_("given by")
    )
    given_at = models.DateTimeField(_("given"))
    # The row that cost the business its time ("return:12"); empty where staff found the reason themselves.
    cause = models.CharField(_("cause"), max_length=40, blank=True, default="", db_default="", editable=False)

    class Meta:
        verbose_name = _("extra days")
        verbose_name_plural = _("extra days")
        ordering: ClassVar = ["-given_at", "-id"]
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(days__gte=1), name="extra_days_positive"),
            models.UniqueConstraint(fields=["cause"], condition=~Q(cause=""), name="extra_days_once_a_cause"),
        ]

    def __str__(self) -> str:
        return f"{self.professional} +{self.days}"


class DeclinedExtraDays(models.Model):
    """Extra days that were proposed, and that somebody decided not to give: they are proposed no more (G5)."""

    professional = models.ForeignKey(Professional, on_delete=models.PROTECT, related_name="+")
    cause = models.CharField(_("cause"), max_length=40, unique=True)
    days = models.PositiveSmallIntegerField(_("days"))
    reason = models.TextField(_("reason"))
    declined_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", verbose_name=_("declined by")
    )
    declined_at = models.DateTimeField(_("declined"))

    class Meta:
        verbose_name = _("extra days declined")
        verbose_name_plural = _("extra days declined")
        ordering: ClassVar = ["-declined_at", "-id"]

    def __str__(self) -> str:
        return f"{self.professional} · {self.cause}"


class Ending(models.TextChoices):
    """How a contact ended, in the professional's words for the claim (G11)."""

    HIRED_OTHER = "hired_other", _("the homeowner hired somebody else")
    GAVE_UP = "gave_up", _("the homeowner gave up the job")
    TOO_EXPENSIVE = "too_expensive", _("our price was too high")
    NO_ANSWER = "no_answer", _("the homeowner never answered")
    WRONG_DETAILS = "wrong_details", _("the details were wrong")
    STILL_OPEN = "still_open", _("the homeowner has not decided")
    OTHER = "other", _("something else")


class Story(models.Model):
    """What happened with one contact, as the professional tells it. It stays with the contact, whichever contacts
    a later claim counts (G11)."""

    contact = models.OneToOneField(Contact, on_delete=models.CASCADE, related_name="story")
    text = models.TextField(_("what happened"), max_length=3000, blank=True)
    ending = models.CharField(_("how it ended"), max_length=15, choices=Ending, blank=True)
    written_at = models.DateTimeField(_("written"))

    class Meta:
        verbose_name = _("story")
        verbose_name_plural = _("stories")

    def __str__(self) -> str:
        return self.text[:60]


class ClaimQuerySet(models.QuerySet["Claim"]):
    def visible_to(self, user: Any) -> ClaimQuerySet:
        return self.filter(professional__in=Professional.objects.visible_to(user))

    def open(self) -> ClaimQuerySet:
        """Submitted, or more information wanted."""
        return self.filter(state__in=Claim.OPEN)


class Claim(models.Model):
    """A professional's request that the guarantee be paid."""

    class State(models.TextChoices):
        DRAFT = "draft", _("draft")
        SUBMITTED = "submitted", _("submitted")
        MORE_INFORMATION = "more_information", _("more information wanted")
        APPROVED = "approved", _("approved")
        REJECTED = "rejected", _("rejected")
        REJECTED_AS_FALSE = "rejected_as_false", _("rejected as false")
        WITHDRAWN = "withdrawn", _("withdrawn")

    OPEN: ClassVar = (State.SUBMITTED, State.MORE_INFORMATION)
    DECIDED: ClassVar = (State.APPROVED, State.REJECTED, State.REJECTED_AS_FALSE)

    # Every allowed move; a test walks every pair.
    MOVES: ClassVar[dict[str, set[str]]] = {
        State.DRAFT: {State.SUBMITTED, State.WITHDRAWN},
        State.SUBMITTED: {
            State.MORE_INFORMATION,
            State.APPROVED,
            State.REJECTED,
            State.REJECTED_AS_FALSE,
            State.WITHDRAWN,
        },
        State.MORE_INFORMATION: {State.SUBMITTED, State.REJECTED, State.REJECTED_AS_FALSE, State.WITHDRAWN},
        State.REJECTED: {State.SUBMITTED},  # An appeal was upheld (G19).
        State.REJECTED_AS_FALSE: {State.SUBMITTED},
        State.APPROVED: set(),
        State.WITHDRAWN: set(),
    }

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    professional = models.ForeignKey(Professional, on_delete=models.PROTECT, related_name="claims")
    state = models.CharField(_("state"), max_length=20, choices=State, default=State.DRAFT)
    begun_at = models.DateTimeField(_("begun"))
    submitted_at = models.DateTimeField(_("submitted"), null=True, blank=True)
    # The local date on which it is judged as made; more information asked for keeps it (G17).
    made_on = models.DateField(_("made on"), null=True, blank=True)
    terms = models.ForeignKey(
        GuaranteeTerms, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    amount_cents = models.BigIntegerField(_("amount (cents)"), null=True, blank=True)
    # Ids, numbers and dates without personal data, with the verdict they gave; replayed, never queried (G13).
    submission_snapshot = models.JSONField(_("frozen at submission"), null=True, blank=True, editable=False)
    decision_snapshot = models.JSONField(_("frozen at decision"), null=True, blank=True, editable=False)
    decided_at = models.DateTimeField(_("decided"), null=True, blank=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("decided by"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
    )
    decision_reason = models.TextField(_("reason of the decision"), blank=True)
    four_eyes_applied_at = models.DateTimeField(_("four eyes applied"), null=True, blank=True)
    refund_entry = models.OneToOneField(
        WalletEntry, null=True, blank=True, on_delete=models.PROTECT, related_name="claim_refunded"
    )
    suspension = models.OneToOneField(
        Suspension, null=True, blank=True, on_delete=models.PROTECT, related_name="claim"
    )

    objects = ClaimQuerySet.as_manager()

    class Meta:
        verbose_name = _("claim")
        verbose_name_plural = _("claims")
        ordering: ClassVar = ["submitted_at", "id"]
        permissions: ClassVar = [
            ("review_claim", _("Can see a claim's evidence, give verdicts and decide claims")),
            ("hear_appeal", _("Can hear appeals")),
        ]
        constraints: ClassVar = [
            # One chance at a time (G10).
            models.UniqueConstraint(
                fields=["professional"],
                condition=Q(state__in=["draft", "submitted", "more_information"]),
                name="one_undecided_claim",
            ),
            # Once refunded, never again (G10).
            models.UniqueConstraint(
                fields=["professional"], condition=Q(state="approved"), name="one_refund_ever"
            ),
            models.CheckConstraint(
                condition=Q(state="approved", refund_entry__isnull=False)
                | (~Q(state="approved") & Q(refund_entry=None)),
                name="approved_means_refunded",
            ),
            models.CheckConstraint(
                condition=Q(state__in=["draft", "withdrawn"])
                | Q(
                    submitted_at__isnull=False,
                    made_on__isnull=False,
                    terms__isnull=False,
                    amount_cents__isnull=False,
                    submission_snapshot__isnull=False,
                ),
                name="submitted_claim_is_frozen",
            ),
            # Who that is the triggers of `guarantees.four_eyes` look at (G18).
            models.CheckConstraint(
                condition=Q(four_eyes_applied_at=None) | Q(decided_by__isnull=False),
                name="four_eyes_have_a_decider",
            ),
        ]
        # The reviewers' queue, oldest first.
        indexes: ClassVar = [
            models.Index(
                fields=["submitted_at"],
                name="claim_open",
                condition=Q(state__in=["submitted", "more_information"]),
            )
        ]

    @property
    def is_open(self) -> bool:
        return self.state in self.OPEN

    @property
    def own_suspension(self) -> Suspension | None:
        """The suspension that came with the finding that the claim is false. One that stood before that was decided
        has another cause, and outlives the claim's appeal (G19)."""
        suspension, decided_at = self.suspension, self.decided_at
        if suspension is None or decided_at is None or suspension.suspended_at < decided_at:
            return None
        # Of the same moment, and somebody else's: it was there first.
        return suspension if suspension.decided_by_id == self.decided_by_id else None

    def __str__(self) -> str:
        return f"{self.professional} · {self.get_state_display()}"


class ClaimMailQuerySet(models.QuerySet["ClaimMail"]):
    def good_on(self, today: date) -> ClaimMailQuerySet:
        """By which a draft can still be submitted on `today` (local), as made on an earlier day (G12)."""
        return self.filter(submit_by__gte=today, received_on__lt=today)

    def of_drafts(self) -> ClaimMailQuerySet:
        return self.filter(claim__state=Claim.State.DRAFT)


class ClaimMail(models.Model):
    """A mail of the owner that a claim was begun with, or that joined it; kept beside it as evidence (G12, G13)."""

    claim = models.ForeignKey(Claim, on_delete=models.CASCADE, related_name="mails")
    mail = models.OneToOneField(IncomingMail, on_delete=models.PROTECT, related_name="claim_mail")
    # The local day on which it reached the mailbox: of a draft it is judged as made that day…
    received_on = models.DateField(_("received on"))
    # … if it is submitted by this one.
    submit_by = models.DateField(_("to be submitted by"))

    objects = ClaimMailQuerySet.as_manager()

    class Meta:
        verbose_name = _("mail of a claim")
        verbose_name_plural = _("mails of a claim")
        ordering: ClassVar = ["received_on", "id"]
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(submit_by__gte=F("received_on")), name="claim_mail_in_order"),
        ]

    def __str__(self) -> str:
        return f"{self.claim} · {self.received_on}"


class ClaimItem(models.Model):
    """One counted contact of a submitted claim: the story as told then, and the reviewer's verdict (G11, G14)."""

    class Verdict(models.TextChoices):
        CONFIRMED = "confirmed", _("confirmed")
        UNREACHABLE = "unreachable", _("could not be reached")
        FALSE = "false", _("false")

    claim = models.ForeignKey(Claim, on_delete=models.CASCADE, related_name="items")
    contact = models.ForeignKey(Contact, on_delete=models.PROTECT, related_name="claim_items")
    position = models.PositiveSmallIntegerField(_("position"))
    price_cents = models.BigIntegerField(_("price (cents)"))
    story = models.TextField(_("what happened"))
    # By which the same story is found elsewhere (`guarantees.copies`); empty where nothing is left of it.
    story_fingerprint = models.CharField(max_length=64, blank=True, default="", db_default="", editable=False)
    ending = models.CharField(_("how it ended"), max_length=15, choices=Ending)
    verdict = models.CharField(_("verdict"), max_length=15, choices=Verdict, blank=True)
    note = models.TextField(_("note"), max_length=2000, blank=True)
    verdict_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("verdict by"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
    )
    verdict_at = models.DateTimeField(_("verdict given"), null=True, blank=True)

    class Meta:
        verbose_name = _("contact in a claim")
        verbose_name_plural = _("contacts in a claim")
        ordering: ClassVar = ["position"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["claim", "contact"], name="a_contact_once_in_a_claim"),
            models.UniqueConstraint(fields=["claim", "position"], name="a_position_once_in_a_claim"),
            models.CheckConstraint(
                condition=Q(verdict="", verdict_by=None, verdict_at=None)
                | (~Q(verdict="") & Q(verdict_by__isnull=False, verdict_at__isnull=False)),
                name="verdict_has_a_person",
            ),
        ]
        # Where else does this story stand? Asked when a claim is looked at and when it is decided.
        indexes: ClassVar = [
            models.Index(
                fields=["story_fingerprint"], name="claim_item_story", condition=~Q(story_fingerprint="")
            )
        ]

    def __str__(self) -> str:
        return f"{self.position}"


class VerdictEvent(StateEvent):
    """A verdict given or changed; `reason` is the note, or why it was changed (G14, G16)."""

    item = models.ForeignKey(ClaimItem, on_delete=models.CASCADE, related_name="events")

    class Meta(StateEvent.Meta):
        verbose_name = _("verdict event")
        verbose_name_plural = _("verdict events")


class ClaimQuestionQuerySet(models.QuerySet["ClaimQuestion"]):
    def unsettled(self) -> ClaimQuestionQuerySet:
        """Those that nothing has settled, answered or not: no verdict on the contact but *false* was given after the
        question was asked, and no appeal upheld (G16, G17, G19)."""
        verdicts = VerdictEvent.objects.filter(item=OuterRef("item"), at__gt=OuterRef("asked_at"))
        upheld = ClaimEvent.objects.filter(
            claim=OuterRef("item__claim"), kind="appeal_upheld", at__gt=OuterRef("asked_at")
        )
        return self.exclude(Exists(verdicts.exclude(to_state=ClaimItem.Verdict.FALSE))).exclude(
            Exists(upheld)
        )

    def waiting(self) -> ClaimQuestionQuerySet:
        """Those that neither an answer nor a verdict has ended."""
        return self.unsettled().filter(answered_at=None)


class ClaimQuestion(models.Model):
    """A question to the professional about one contact of a claim, and the answer (G16, G17)."""

    class Purpose(models.TextChoices):
        INFORMATION = "information", _("more information")
        DOUBT = "doubt", _("doubt about the truth")

    item = models.ForeignKey(ClaimItem, on_delete=models.CASCADE, related_name="questions")
    purpose = models.CharField(_("purpose"), max_length=15, choices=Purpose)
    text = models.TextField(_("question"), max_length=2000)
    asked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", verbose_name=_("asked by")
    )
    asked_at = models.DateTimeField(_("asked"))
    # The last local day on which the answer is waited for.
    answer_by = models.DateField(_("to be answered by"))
    answer = models.TextField(_("answer"), max_length=3000, blank=True)
    answered_at = models.DateTimeField(_("answered"), null=True, blank=True)

    objects = ClaimQuestionQuerySet.as_manager()

    class Meta:
        verbose_name = _("question about a contact")
        verbose_name_plural = _("questions about contacts")
        ordering: ClassVar = ["asked_at", "id"]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(answered_at=None, answer="") | (Q(answered_at__isnull=False) & ~Q(answer="")),
                name="answered_means_an_answer",
            ),
        ]

    @property
    def is_doubt(self) -> bool:
        return self.purpose == self.Purpose.DOUBT

    def __str__(self) -> str:
        return self.text[:60]


class ClaimEvent(StateEvent):
    """A move of a claim, or something that happened to it without one (an appeal refused, a problem told)."""

    claim = models.ForeignKey(Claim, on_delete=models.CASCADE, related_name="events")
    kind = models.CharField(_("what"), max_length=30, blank=True)
    # What it stood on, as ids, numbers and dates: of a decision its snapshot, four eyes and suspension, which the
    # claim itself loses when an appeal is upheld (G13, G18); of something to be put right what made it fail (G15).
    stood_on = models.JSONField(_("stood on"), default=dict, blank=True, editable=False)

    class Meta(StateEvent.Meta):
        verbose_name = _("claim event")
        verbose_name_plural = _("claim events")
