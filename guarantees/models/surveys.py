"""What homeowners are asked about the contacts of a claim, and what they answer."""

from __future__ import annotations

import uuid
from typing import ClassVar

from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.utils.translation import gettext_lazy as _

from guarantees.models.claims import Claim, ClaimItem
from marketplace.models import Contact


class HomeownerSurveyQuerySet(models.QuerySet["HomeownerSurvey"]):
    def waiting(self) -> HomeownerSurveyQuerySet:
        """Not answered, the last that was sent about its contact, and an open claim counts that contact: the one that
        asked, or one made since, which did not ask again."""
        contact = OuterRef("item__contact")
        counted = ClaimItem.objects.filter(contact=contact, claim__state__in=Claim.OPEN)
        later = HomeownerSurvey.objects.filter(item__contact=contact, sent_at__gt=OuterRef("sent_at"))
        return self.filter(Exists(counted), ~Exists(later), sent_at__isnull=False, answered_at=None)


class HomeownerSurvey(models.Model):
    """What the homeowner of one contact is asked when a claim counts it, and what they answer (G14).

    Holds the latest answer; each one is kept as a `SurveyAnswer`. Evidence for the reviewer: nothing of it is ever
    shown to the professional (G2).
    """

    class Contacted(models.TextChoices):
        YES = "yes", _("yes")
        NO = "no", _("no")
        CANNOT_SAY = "cannot_say", _("cannot say")

    class When(models.TextChoices):
        """About when the business was first in touch, counted from the day on which it got the details."""

        WITHIN_A_DAY = "within_a_day", _("the same day or the next")
        WITHIN_A_WEEK = "within_a_week", _("in the first week")
        LATER = "later", _("later")
        UNKNOWN = "unknown", _("does not remember")

    class NotAsked(models.TextChoices):
        WITHDRAWN = "withdrawn", _("has withdrawn their data")
        ERASED = "erased", _("their data is erased, or about to be")
        SAID = "said", _("had already said who was hired")
        RECENTLY = "recently", _("was asked a few days earlier, in another claim")

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    item = models.OneToOneField(ClaimItem, on_delete=models.CASCADE, related_name="survey")
    sent_at = models.DateTimeField(_("asked"), null=True, blank=True)
    not_asked = models.CharField(_("not asked because"), max_length=10, choices=NotAsked, blank=True)
    reminded_at = models.DateTimeField(_("reminded"), null=True, blank=True)
    answered_at = models.DateTimeField(_("answered"), null=True, blank=True)
    hired = models.CharField(_("who was hired"), max_length=15, choices=Contact.Word, blank=True)
    contacted = models.CharField(_("was contacted"), max_length=10, choices=Contacted, blank=True)
    contacted_when = models.CharField(_("contacted about when"), max_length=15, choices=When, blank=True)
    contacted_on = models.DateField(_("contacted on"), null=True, blank=True)

    objects = HomeownerSurveyQuerySet.as_manager()

    class Meta:
        verbose_name = _("question to a homeowner")
        verbose_name_plural = _("questions to homeowners")
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(sent_at__isnull=False, not_asked="") | (Q(sent_at=None) & ~Q(not_asked="")),
                name="asked_or_it_says_why_not",
            ),
            models.CheckConstraint(
                condition=Q(sent_at__isnull=False) | Q(reminded_at=None, answered_at=None),
                name="only_who_was_asked_answers",
            ),
            models.CheckConstraint(
                condition=Q(answered_at__isnull=False)
                | Q(hired="", contacted="", contacted_when="", contacted_on=None),
                name="what_was_said_has_a_moment",
            ),
        ]
        indexes: ClassVar = [
            # The job that reminds.
            models.Index(
                fields=["sent_at"],
                name="survey_to_remind",
                condition=Q(sent_at__isnull=False, reminded_at=None, answered_at=None),
            )
        ]

    def __str__(self) -> str:
        return f"{self.item_id}"


class SurveyAnswer(models.Model):
    """What a homeowner answered, each time: the latest stands (G14)."""

    survey = models.ForeignKey(HomeownerSurvey, on_delete=models.CASCADE, related_name="answers")
    hired = models.CharField(_("who was hired"), max_length=15, choices=Contact.Word)
    contacted = models.CharField(
        _("was contacted"), max_length=10, choices=HomeownerSurvey.Contacted, blank=True
    )
    contacted_when = models.CharField(
        _("contacted about when"), max_length=15, choices=HomeownerSurvey.When, blank=True
    )
    contacted_on = models.DateField(_("contacted on"), null=True, blank=True)
    at = models.DateTimeField(_("at"))

    class Meta:
        verbose_name = _("homeowner's answer")
        verbose_name_plural = _("homeowners' answers")
        ordering: ClassVar = ["at", "id"]

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M}"
