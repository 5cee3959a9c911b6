"""Invoices as a client of the desk sees them: a business of the marketplace has them among its own too (M14)."""

from typing import Any

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from billing.models import Invoice
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


def bank() -> dict[str, str]:
    """Where a transfer goes."""
    return {
        "seller": settings.SELLER_NAME,
        "name": settings.BANK_NAME,
        "account": settings.BANK_ACCOUNT,
    }


def _context(request: HttpRequest, public_id: str) -> dict[str, Any]:
    clients = Client.objects.visible_to(request.user)
    found = get_object_or_404(Invoice.objects.filter(customer__client__in=clients), public_id=public_id)
    return invoice_shown(found) | {"bank": bank()}
