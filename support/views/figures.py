"""The figures of the desk, for who leads it (S12)."""

import re
from datetime import date
from typing import Any

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from base.charts import columns
from base.dates import short_month
from base.sheets import Sheet
from base.spreadsheets import csv_response
from support.figures import Period, heads_of, period, sheets_of, shown_of
from support.models import Client

# Widths at which charts are drawn: one for a telephone, one for the rest.
WIDTHS = (("narrow", 300.0), ("wide", 720.0))


@require_safe
@login_required
def figures(request: HttpRequest) -> HttpResponse:
    """All of them, on one page."""
    _let_in(request)
    now = timezone.now()
    wanted = _period(request)
    sheets = sheets_of(wanted, now=now, without=_own(request))
    return render(
        request,
        "support/figures.html",
        {
            "period": wanted,
            "heads": heads_of(wanted, now=now),
            "sheets": shown_of(sheets.values()),
            "charts": {"months": _shares(sheets["months"]), "use": _hours(sheets["use"])},
            "months": [(f"{month:%Y-%m}", wanted.name(month)) for month in reversed(wanted.months)],
            "only": f"{wanted.only:%Y-%m}" if wanted.only else "",
        },
    )


@require_safe
@login_required
def figures_csv(request: HttpRequest, code: str) -> Any:
    """One table, whole, for a spreadsheet."""
    _let_in(request)
    wanted = _period(request)
    sheet = sheets_of(wanted, now=timezone.now(), without=_own(request)).get(code)
    if sheet is None:
        raise Http404
    until = wanted.months[-1]
    return csv_response(sheet.lines, name=f"support-{until:%Y-%m}-{code}.csv")


def _let_in(request: HttpRequest) -> None:
    if request.user.has_perm("support.view_figures"):
        return
    if request.user.has_perm("support.answer_ticket"):
        raise PermissionDenied
    raise Http404


def _own(request: HttpRequest) -> list[int]:
    """Clients for whom the reader speaks: of them they are told nothing as staff."""
    return list(Client.objects.visible_to(request.user).values_list("pk", flat=True))


def _period(request: HttpRequest) -> Period:
    """Raises Http404 for an address that names no month, or one to come."""
    said = request.GET.get("month", "")
    if not said:
        return period(now=timezone.now())
    if not re.fullmatch(r"20[0-9]{2}-(0[1-9]|1[0-2])", said):
        raise Http404
    try:
        return period(now=timezone.now(), month=date.fromisoformat(f"{said}-01"))
    except ValueError as error:
        raise Http404 from error


def _shares(sheet: Sheet) -> dict[str, Any]:
    values = [(short_month(row[0]), None if row[1] is None else round(row[1] * 100)) for row in sheet.rows]
    return _drawn(values, _("The share that was answered within the promise, month by month"), whole=100)


def _hours(sheet: Sheet) -> dict[str, Any]:
    values = [(short_month(row[0]), row[1]) for row in sheet.rows]
    return _drawn(values, _("The time used of allowances, month by month"))


def _drawn(values: list[tuple[str, int | None]], title: str, whole: int | None = None) -> dict[str, Any]:
    """Nothing where there is nothing to draw."""
    if not any(value is not None for _label, value in values):
        return {}
    drawn = [(name, columns(values, width=width, whole=whole)) for name, width in WIDTHS]
    return {"title": title, "drawn": drawn}
