"""When the desk works, said and looked through by the desk lead (S2); and what support comes with a plan (S13)."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from base.admin import OfficeHistoryAdmin
from base.errors import Refusal
from billing.admin.recorded import LookOnly
from support.admin.office import DeskAdmin, status_of, user_of
from support.allowances import in_words
from support.calendar_forms import AskedForm, ClosureForm, HoursForm, PlanSupportForm
from support.desk_calendar import (
    confirm_year,
    days_off_in,
    deadline,
    desk_day,
    desk_zone,
    refuse_hours,
    working_calendar,
    year_to_check,
)
from support.models import CheckedYear, Closure, OpeningHours, PlanSupport
from support.shown import why_then
from support.working_time import WorkingTimeError


@admin.register(OpeningHours)
class OpeningHoursAdmin(OfficeHistoryAdmin):
    """The desk's week. Hours that overlap, or that leave none, are refused."""

    form = HoursForm
    list_display = ("weekday", "opens", "closes")
    actions = None

    def delete_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> HttpResponse:
        with transaction.atomic():
            hours = self.get_object(request, unquote(object_id))
            if hours and self.has_delete_permission(request, hours):
                try:
                    refuse_hours(instead_of=hours)
                except Refusal as refusal:
                    messages.error(request, str(refusal))
                    return redirect("admin:support_openinghours_change", hours.pk)
            return super().delete_view(request, object_id, extra_context)


@admin.register(Closure)
class ClosureAdmin(OfficeHistoryAdmin):
    form = ClosureForm
    list_display = ("name", "first_day", "last_day")
    ordering = ("-first_day",)
    actions = None


@admin.register(CheckedYear)
class CheckedYearAdmin(LookOnly, DeskAdmin):
    """Its list is the page of the desk's days: the clock's own view of this year and the next."""

    def get_queryset(self, request: HttpRequest) -> Any:
        return CheckedYear.objects.all()

    def get_urls(self) -> list[URLPattern]:
        confirm = self.admin_site.admin_view(require_POST(self.confirm))
        return [
            path("<int:year>/confirm/", confirm, name="support_checkedyear_confirm"),
            *super().get_urls(),
        ]

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        if not self.has_view_permission(request):
            raise PermissionDenied
        return self._show(request)

    def confirm(self, request: HttpRequest, year: int) -> HttpResponse:
        """Somebody has looked through a year's days off."""
        if not request.user.has_perm("support.add_checkedyear"):
            raise PermissionDenied
        try:
            confirm_year(year=year, by=user_of(request), now=timezone.now())
        except Refusal as refusal:
            messages.error(request, str(refusal))
            return self._show(request, status=409)
        messages.success(request, gettext("The days off of %(year)s are confirmed.") % {"year": year})
        return redirect("admin:support_checkedyear_changelist")

    def _show(self, request: HttpRequest, status: int | None = None) -> HttpResponse:
        today = desk_day(timezone.now())
        calendar = working_calendar()
        asked = AskedForm(request.GET if "asked" in request.GET else None)
        example = None
        if asked.is_valid():
            moment = asked.cleaned_data["asked"]
            try:
                due = deadline(moment, calendar)
            except (WorkingTimeError, OverflowError):
                asked.add_error("asked", gettext("From then on the desk is closed for more than a year."))
            else:
                example = (moment, due.due_at, why_then(due))
        checked = {row.year: row for row in CheckedYear.objects.select_related("checked_by")}
        return self.page(
            request,
            "calendar",
            gettext("The desk's days"),
            status=status or status_of(asked),
            years=[
                (year, days_off_in(year, calendar), checked.get(year))
                for year in (today.year, today.year + 1)
            ],
            to_check=year_to_check(today),
            hours=list(OpeningHours.objects.all()),
            zone=desk_zone(),
            asked=asked,
            example=example,
            may_confirm=request.user.has_perm("support.add_checkedyear"),
        )


@admin.register(PlanSupport)
class PlanSupportAdmin(OfficeHistoryAdmin):
    """What each period of a plan brings from its next period on; a plan without a row brings an hour."""

    form = PlanSupportForm
    list_display = ("plan", "in_each_period")
    list_select_related = ("plan",)
    actions = None

    @admin.display(description=_("support in each period"))
    def in_each_period(self, support: PlanSupport) -> str:
        return in_words(support.amount, support.unit)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return ("plan",) if obj else ()
