"""What was done on tickets, and what it was booked on (S5, S7)."""

from __future__ import annotations

import uuid
from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from support.models.allowances import Allowance, AllowanceEntry, Unit
from support.models.tickets import Ticket


class WorkQuerySet(models.QuerySet["Work"]):
    def visible_to(self, user: Any) -> WorkQuerySet:
        return self.filter(ticket__in=Ticket.objects.visible_to(user))

    def of_ticket(self, ticket: Ticket) -> WorkQuerySet:
        """What was done on a ticket and on those that were merged into it, newest first, also what was taken back."""
        rows = self.filter(ticket__in=ticket.family()).select_related("by", "allowance", "taken_back_by")
        return rows.order_by("-at", "-pk")

    def standing(self) -> WorkQuerySet:
        """Those that were not taken back."""
        return self.filter(taken_back_at=None)


class Work(models.Model):
    """Who did what on a ticket, how much of it and when: the client reads it as it is. Of one piece of work that is
    more than what is left of an allowance there are two rows, with one `form_id`."""

    class Kind(models.TextChoices):
        ALLOWANCE = "allowance", _("taken from the allowance")
        # Ten minutes or less in all on the ticket, charged to nobody (S5).
        COURTESY = "courtesy", _("courtesy")
        # By a consultant, for a reason (S7).
        EXCEPTION = "exception", _("exception")

    public_id = models.UUIDField(_("public id"), default=uuid.uuid4, unique=True, editable=False)
    # The form it was sent with: the same one twice is one piece of work.
    form_id = models.UUIDField(_("form"), editable=False)
    ticket = models.ForeignKey(
        Ticket,
        on_delete=models.PROTECT,
        related_name="work",
        db_index=False,  # `work_of_ticket` begins with it.
        verbose_name=_("ticket"),
    )
    kind = models.CharField(_("booked as"), max_length=10, choices=Kind)
    unit = models.CharField(_("unit"), max_length=15, choices=Unit)
    amount = models.PositiveIntegerField(pgettext_lazy("support", "amount"))
    done = models.TextField(_("what was done"))
    why = models.CharField(_("why an exception"), max_length=250, blank=True)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", verbose_name=_("by")
    )
    at = models.DateTimeField(_("at"))
    allowance = models.ForeignKey(
        Allowance,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="work",
        verbose_name=_("allowance"),
    )
    entry = models.OneToOneField(
        AllowanceEntry,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="work",
        verbose_name=_("entry"),
    )
    taken_back_at = models.DateTimeField(_("taken back"), null=True, blank=True)
    taken_back_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
        verbose_name=_("taken back by"),
    )
    taken_back_why = models.CharField(_("why it was taken back"), max_length=250, blank=True)

    objects = WorkQuerySet.as_manager()

    class Meta:
        verbose_name = _("work")
        verbose_name_plural = _("work")
        ordering: ClassVar = ["-at", "-id"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["form_id", "kind"], name="one_work_per_form_and_kind"),
            models.CheckConstraint(condition=Q(amount__gte=1), name="work_has_an_amount"),
            models.CheckConstraint(
                condition=Q(kind="allowance", allowance__isnull=False, entry__isnull=False)
                | (~Q(kind="allowance") & Q(allowance=None, entry=None)),
                name="work_booked_where_it_says",
            ),
            models.CheckConstraint(
                condition=~Q(kind="courtesy") | Q(unit="minutes"), name="courtesy_is_counted_in_minutes"
            ),
            models.CheckConstraint(
                condition=Q(kind="exception") & ~Q(why="") | ~Q(kind="exception") & Q(why=""),
                name="work_exception_has_a_reason",
            ),
            models.CheckConstraint(
                condition=Q(taken_back_at=None, taken_back_by=None, taken_back_why="")
                | (Q(taken_back_at__isnull=False, taken_back_by__isnull=False) & ~Q(taken_back_why="")),
                name="work_taken_back_for_a_reason",
            ),
        ]
        indexes: ClassVar = [models.Index(fields=["ticket", "-at"], name="work_of_ticket")]

    def __str__(self) -> str:
        return self.done[:60]
