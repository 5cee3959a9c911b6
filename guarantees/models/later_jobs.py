"""Contacts that became jobs after the guarantee had paid them back."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Exists, F, OuterRef, Q
from django.utils.translation import gettext_lazy as _

from billing.models import WalletEntry
from guarantees.models.claims import Claim, ClaimItem
from marketplace.models import Contact, ContactQuerySet, Review


class LaterJob(models.Model):
    """A contact that became a job after the guarantee had paid it back, as its business said (G24): what it had cost,
    and how much of that the balance held and gave back."""

    contact = models.OneToOneField(Contact, on_delete=models.PROTECT, related_name="later_job")
    price_cents = models.BigIntegerField(_("price (cents)"))
    taken_cents = models.BigIntegerField(_("taken back (cents)"))
    # None where the balance held nothing.
    entry = models.OneToOneField(
        WalletEntry, null=True, blank=True, on_delete=models.PROTECT, related_name="later_job"
    )
    told_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", verbose_name=_("told by")
    )
    told_at = models.DateTimeField(_("told"))

    class Meta:
        verbose_name = _("later job, told by its business")
        verbose_name_plural = _("later jobs, told by their businesses")
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(taken_cents__gte=0, taken_cents__lte=F("price_cents")),
                name="no_more_taken_back_than_paid",
            ),
            models.CheckConstraint(
                condition=Q(taken_cents=0, entry=None) | Q(taken_cents__gt=0, entry__isnull=False),
                name="what_is_taken_back_has_its_entry",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.contact}"


class RefundedContactQuerySet(ContactQuerySet):
    def called_jobs(self) -> RefundedContactQuerySet:
        """Those that are said to have become a job since the refund: by the homeowner, on whichever page, by a review
        of the work done, or by the business itself (G24)."""
        paid = ClaimItem.objects.filter(claim__state=Claim.State.APPROVED)
        # By the claims that were paid, which are few: contacts are many.
        found = self.filter(pk__in=paid.values("contact"))
        return found.filter(self._WORD | self._REVIEW | Q(later_job__isnull=False))

    def to_be_looked_at(self) -> RefundedContactQuerySet:
        """Of these, those of which the business has said nothing, and which nobody has looked at since it was said."""
        looks = LaterJobLook.objects.filter(contact=OuterRef("pk"))
        word = self._WORD & ~Exists(looks.filter(at__gte=OuterRef("homeowner_word_at")))
        review = self._REVIEW & ~Exists(looks.filter(at__gte=OuterRef("review__written_at")))
        return self.called_jobs().filter(word | review, later_job=None)

    _WORD = Q(homeowner_word=Contact.Word.HIRED_THEM, homeowner_word_at__gte=F("refunded_at"))
    _REVIEW = Q(review__workmanship__isnull=False, review__written_at__gte=F("refunded_at"))


class RefundedContact(Contact):
    """A contact that the guarantee paid back, as the reviewers' list of jobs that came later shows it (G24)."""

    objects: ClassVar = RefundedContactQuerySet.as_manager()

    class Meta:
        proxy = True
        verbose_name = _("job that came later")
        verbose_name_plural = _("jobs that came later")

    @property
    def is_hired_since(self) -> bool:
        """Whether the homeowner has said since the refund that they hired this business."""
        said_at, refunded_at = self.homeowner_word_at, self.refunded_at
        hired = self.homeowner_word == self.Word.HIRED_THEM
        return hired and said_at is not None and refunded_at is not None and said_at >= refunded_at

    @property
    def review_of_work(self) -> Review | None:
        """The homeowner's review, if it has come since the refund and rates the work done."""
        review: Review | None = getattr(self, "review", None)
        if review is None or review.workmanship is None or self.refunded_at is None:
            return None
        return review if review.written_at >= self.refunded_at else None


class LaterJobLook(models.Model):
    """A reviewer has looked at a contact that is said to have become a job, and notes what they found or did (G24)."""

    contact = models.ForeignKey(Contact, on_delete=models.CASCADE, related_name="later_job_looks")
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", verbose_name=_("by")
    )
    at = models.DateTimeField(_("at"))
    note = models.TextField(_("note"), max_length=2000)

    class Meta:
        verbose_name = _("look at a job that came later")
        verbose_name_plural = _("looks at jobs that came later")
        ordering: ClassVar = ["at", "id"]

    def __str__(self) -> str:
        return self.note[:60]
