"""The guarantee's figures for who runs the place: one page for each day on which they were counted."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.urls import URLPattern, path
from django.utils.formats import date_format
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from base.admin import OfficeAdmin, found
from base.charts import columns, curve
from base.dates import short_month
from base.sheets import Sheet
from base.spreadsheets import csv_response
from guarantees.figures import heads_of, sheets_of
from guarantees.models import CountedDay
from profiles.admin.businesses import LookOnly

# Widths at which charts are drawn: one for a telephone, one for the rest.
WIDTHS = (("narrow", 300.0), ("wide", 720.0))


@admin.register(CountedDay)
class CountedDayAdmin(LookOnly, OfficeAdmin):
    """Read only; the jobs count. The list is the latest day's page, which leads to the others."""

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return request.user.has_perm("guarantees.view_figures")

    def get_urls(self) -> list[URLPattern]:
        sheet = self.admin_site.admin_view(require_safe(self.sheet))
        return [
            path("<int:pk>/<slug:code>.csv", sheet, name="guarantees_countedday_sheet"),
            *super().get_urls(),
        ]

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        self._let_in(request)
        return self._page(request, CountedDay.objects.first())

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        self._let_in(request)
        return self._page(request, found(CountedDay.objects.all(), object_id))

    def history_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> HttpResponse:
        """What is counted has none."""
        raise Http404

    def sheet(self, request: HttpRequest, pk: int, code: str) -> StreamingHttpResponse:
        """One table of a day, for a spreadsheet."""
        self._let_in(request)
        counted = found(CountedDay.objects.all(), pk)
        sheet = sheets_of(counted).get(code)
        if sheet is None:
            raise Http404
        return csv_response(sheet.lines, name=f"guarantee-{counted.day}-{code}.csv")

    def _let_in(self, request: HttpRequest) -> None:
        if not self.has_view_permission(request):
            raise PermissionDenied

    def _page(self, request: HttpRequest, counted: CountedDay | None) -> HttpResponse:
        sheets = {} if counted is None else sheets_of(counted)
        return render(
            request,
            "guarantees/figures_admin.html",
            {
                **self.admin_site.each_context(request),
                "opts": self.opts,
                "title": _("Figures of the guarantee"),
                "counted": counted,
                "heads": heads_of(sheets, counted.day) if counted else [],
                "sheets": list(sheets.values()),
                "months": _month_charts(sheets["months"]) if sheets else [],
                "trend": _trend_charts(sheets["trend"]) if sheets else [],
                "older": CountedDay.objects.exclude(pk=counted.pk)[:31] if counted else [],
            },
        )


def _month_charts(sheet: Sheet) -> list[tuple[str, Any]]:
    values = [(short_month(month), cents) for month, cents, _count in sheet.rows]
    return [(name, columns(values, width=width)) for name, width in WIDTHS] if values else []


def _trend_charts(sheet: Sheet) -> list[tuple[str, Any]]:
    """What can still be claimed, day by day; one day alone is no trend."""
    if len(sheet.rows) < 2:
        return []
    values = [(row[0].toordinal(), row[1] or 0) for row in sheet.rows]
    first, *_others, last = (date_format(row[0], "SHORT_DATE_FORMAT") for row in sheet.rows)
    return [(name, curve(values, width=width, ends=(first, last))) for name, width in WIDTHS]
