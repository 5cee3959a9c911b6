"""The statement of a balance by month: a page, a file for spreadsheets, and a PDF where it can be made."""

import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime
from typing import Any

from django.core.paginator import Paginator
from django.http import Http404, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from base.days import add_months, marketplace_day, marketplace_zone
from base.pdf import can_make_pdf, pdf_response
from base.spreadsheets import amount, csv_response
from billing.models import Customer, Wallet
from billing.statements import (
    Line,
    Statement,
    every_line,
    lines_between,
    months_of,
    statement_of,
)
from profiles.current import BusinessRequest, business_required

PER_PAGE = 100
# A PDF is laid out in memory while its reader waits. Of a longer month the spreadsheet has everything.
PDF_LINES_AT_MOST = 1_000


class MonthConverter:
    """A month in an address: 2026-03."""

    regex = "20[0-9]{2}-(?:0[1-9]|1[0-2])"

    @classmethod
    def read(cls, text: str) -> date:
        """The month that somebody typed. Raises ValueError for what no address names."""
        if not re.fullmatch(cls.regex, text):
            raise ValueError(text)
        return cls().to_python(text)

    def to_python(self, value: str) -> date:
        return date.fromisoformat(f"{value}-01")

    def to_url(self, value: date) -> str:
        return f"{value:%Y-%m}"


class _Rows(Sequence[Line]):
    """The lines of a statement for a paginator, which asks for one page of them."""

    def __init__(self, statement: Statement) -> None:
        self.statement = statement

    def __len__(self) -> int:
        return self.statement.count

    def __getitem__(self, part: Any) -> Any:
        return lines_between(self.statement, part.start, part.stop)


@require_safe
@business_required
def choose(request: BusinessRequest) -> HttpResponse:
    """To the month that the form names, else to this one."""
    try:
        month = MonthConverter.read(request.GET["month"]) if "month" in request.GET else _this_month()
    except ValueError as error:
        raise Http404 from error
    return redirect("billing:statement", month)


@require_safe
@business_required
def statement(request: BusinessRequest, month: date) -> HttpResponse:
    """One month: what the balance was, every entry, what it was in the end."""
    wallet, shown = _statement(request, month)
    months = months_of(wallet, _this_month())
    return render(
        request,
        "billing/statement.html",
        _context(request, shown)
        | {
            "page": Paginator(_Rows(shown), PER_PAGE).get_page(request.GET.get("page")),
            "months": months if month in months else [*months, month],
            "earlier": add_months(month, -1) if month > months[-1] else None,
            "later": add_months(month, 1) if month < months[0] else None,
            "has_pdf": _has_pdf(shown),
            "too_long_for_pdf": can_make_pdf() and shown.count > PDF_LINES_AT_MOST,
        },
    )


@require_safe
@business_required
def statement_csv(request: BusinessRequest, month: date) -> HttpResponseBase:
    """The same month for a spreadsheet, however many entries it has."""
    _wallet, shown = _statement(request, month)
    return csv_response(_csv_rows(shown, marketplace_day(timezone.now())), name=f"{_name(month)}.csv")


@require_safe
@business_required
def statement_pdf(request: BusinessRequest, month: date) -> HttpResponse:
    """The same month as a PDF. Where none can be made, and of a month that is too long for one, it is not there."""
    _wallet, shown = _statement(request, month)
    if not _has_pdf(shown):
        raise Http404
    context = _context(request, shown) | {"lines": lines_between(shown, 0, PDF_LINES_AT_MOST)}
    html = render_to_string("billing/statement_pdf.html", context, request)
    return pdf_response(html, name=f"{_name(month)}.pdf")


def _this_month() -> date:
    return marketplace_day(timezone.now()).replace(day=1)


def _statement(request: BusinessRequest, month: date) -> tuple[Wallet | None, Statement]:
    """Raises Http404 for a month that has not begun."""
    if month > _this_month():
        raise Http404
    wallet = Wallet.objects.filter(professional=request.business).first()
    return wallet, statement_of(wallet, month)


def _has_pdf(shown: Statement) -> bool:
    return can_make_pdf() and shown.count <= PDF_LINES_AT_MOST


def _context(request: BusinessRequest, shown: Statement) -> dict[str, Any]:
    return {
        "statement": shown,
        "business": request.business,
        "customer": Customer.objects.filter(professional=request.business).first(),
        "zone": marketplace_zone(),
        "now": timezone.now(),
        "this_month": _this_month(),
    }


def _name(month: date) -> str:
    return f"quince-{month:%Y-%m}"


def _csv_rows(shown: Statement, today: date) -> Iterator[Iterable[object]]:
    """A heading, the opening balance, a row for each entry, the closing balance: of a month that goes on, today's."""
    yield (_("Date"), _("Time"), _("What"), _("Origin"), _("Amount"), _("Balance"))
    yield (shown.first_day, "", _("Opening balance"), "", "", amount(shown.opening_cents))
    for line in every_line(shown):
        local = _local(line.at)
        yield (
            local.date(), f"{local:%H:%M}", line.kind, line.origin.words,
            amount(line.amount_cents), amount(line.balance_cents),
        )  # fmt: skip
    yield (min(shown.last_day, today), "", _("Closing balance"), "", "", amount(shown.closing_cents))


def _local(moment: datetime) -> datetime:
    return moment.astimezone(marketplace_zone())
