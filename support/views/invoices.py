"""Invoices as a client of the desk sees them: a business of the marketplace has them among its own too (M14)."""

from typing import Any

from django.contrib.auth.decorators import login_required
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from billing.models import Invoice
from billing.models.invoices import InvoiceQuerySet
from billing.views.balance import bank
from billing.views.invoices import as_pdf, invoice_shown
from support.models import Client


@require_safe
@login_required
def invoice(request: HttpRequest, public_id: str) -> HttpResponse:
    """One invoice, fit for printing, and how it is paid while it is owed. Somebody else's is not there."""
    return render(request, "support/invoice.html", _context(request, public_id))


@require_safe
@login_required
def invoice_pdf(request: HttpRequest, public_id: str) -> HttpResponse:
    """The same as a PDF. Where none can be made, it is not there."""
    context = _context(request, public_id)
    return as_pdf(request, "billing/invoice_pdf.html", context, context["invoice"].number)


def of_the_desk(user: Any) -> InvoiceQuerySet:
    """What was invoiced to those for whom `user` speaks. Of a business of the marketplace that is what it bought at the
    desk, and the rests of that: whoever was named for it reads nothing of its plan and its balance."""
    bought = Q(prepayment__isnull=False) | Q(rest_of__prepayment__isnull=False)
    return Invoice.objects.filter(
        Q(customer__professional=None) | bought, customer__client__in=Client.objects.visible_to(user)
    )


def _context(request: HttpRequest, public_id: str) -> dict[str, Any]:
    found = get_object_or_404(of_the_desk(request.user), public_id=public_id)
    return invoice_shown(found) | {"bank": bank()}
