"""When the desk works (S2): what staff say of it. Public holidays come from a library, by country and region."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.dates import WEEKDAYS
from django.utils.translation import gettext_lazy as _
from simple_history.models import HistoricalRecords


class OpeningHours(models.Model):
    """One interval of local time in which the desk works on a weekday; an end of 00:00 is midnight."""

    weekday = models.PositiveSmallIntegerField(_("weekday"), choices=sorted(WEEKDAYS.items()))
    opens = models.TimeField(_("from"))
    closes = models.TimeField(_("to"), help_text=_("00:00 is midnight at the end of the day."))

    history = HistoricalRecords()

    class Meta:
        verbose_name = _("opening hours")
        verbose_name_plural = _("opening hours")
        ordering: ClassVar = ["weekday", "opens"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["weekday", "opens"], name="desk_opens_once"),
            models.CheckConstraint(condition=Q(weekday__lte=6), name="desk_weekday_exists"),
            models.CheckConstraint(
                condition=Q(closes="00:00") | Q(closes__gt=F("opens")), name="desk_closes_after_it_opens"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_weekday_display()} {self.opens:%H:%M}–{self.closes:%H:%M}"


class Closure(models.Model):
    """Days on which the desk does not work besides public holidays: a patron saint, summer, a move."""

    first_day = models.DateField(_("first day"))
    last_day = models.DateField(_("last day"))
    name = models.CharField(
        _("why"), max_length=120, help_text=_("Clients read it where it moves an answer to a later day.")
    )

    history = HistoricalRecords()

    class Meta:
        verbose_name = _("closure")
        verbose_name_plural = _("closures")
        ordering: ClassVar = ["first_day"]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(last_day__gte=F("first_day")), name="closure_ends_after_it_starts"
            ),
        ]

    def __str__(self) -> str:
        return self.name


class CheckedYear(models.Model):
    """A year whose holidays and closures somebody has looked through. From November on the next one is asked for."""

    year = models.PositiveSmallIntegerField(_("year"), primary_key=True)
    checked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", verbose_name=_("checked by")
    )
    checked_at = models.DateTimeField(_("checked"))

    class Meta:
        verbose_name = _("year that was checked")
        verbose_name_plural = _("years that were checked")

    def __str__(self) -> str:
        return str(self.year)
