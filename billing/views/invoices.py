"""A professional's invoices, and who is invoiced."""

from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from base.access import get_visible
from base.days import marketplace_day
from base.pdf import can_make_pdf, pdf_response
from base.spreadsheets import csv_response
from billing.customers import customer_of, customer_to_be
from billing.forms import CustomerForm
from billing.invoices import save_customer
from billing.models import CreditNote, Invoice, Plan
from billing.models.invoices import CreditNoteQuerySet, InvoiceQuerySet
from billing.views.balance import bank
from billing.yearly import rows_of_year
from profiles.current import BusinessRequest, business_required, own_business_of
from profiles.models import Professional

PER_PAGE = 25


@require_safe
@business_required
def invoices(request: BusinessRequest) -> HttpResponse:
    """Every invoice, newest first."""
    found, notes = _papers_of(request.business)
    years = notes.order_by().values_list("year", flat=True)
    return render(
        request,
        "billing/invoices.html",
        {
            "page": Paginator(found.prefetch_related("credit_notes"), PER_PAGE).get_page(
                request.GET.get("page")
            ),
            "years": found.order_by().values_list("year", flat=True).union(years).order_by("-year"),
            "is_owner": request.business.owner_id == request.user.pk,
            "today": marketplace_day(timezone.now()),
        },
    )


@require_safe
@business_required
def invoices_csv(request: BusinessRequest, year: int) -> HttpResponseBase:
    """A year's invoices and credit notes for a spreadsheet."""
    rows = rows_of_year(year, *_papers_of(request.business), marketplace_day(timezone.now()))
    return csv_response(rows, name=f"quince-{year}.csv")


def _papers_of(business: Professional) -> tuple[InvoiceQuerySet, CreditNoteQuerySet]:
    """Every invoice, and every credit note, to a business."""
    return (
        Invoice.objects.filter(customer__professional=business),
        CreditNote.objects.filter(invoice__customer__professional=business),
    )


@require_safe
@business_required
def invoice(request: BusinessRequest, public_id: str) -> HttpResponse:
    """One invoice, fit for printing. Somebody else's is not there."""
    return render(request, "billing/invoice.html", _invoice_context(request, public_id))


@require_safe
@business_required
def invoice_pdf(request: BusinessRequest, public_id: str) -> HttpResponse:
    """The same as a PDF. Where none can be made, it is not there."""
    context = _invoice_context(request, public_id)
    return as_pdf(request, "billing/invoice_pdf.html", context, context["invoice"].number)


@require_safe
@business_required
def credit_note(request: BusinessRequest, public_id: str) -> HttpResponse:
    """One credit note, fit for printing. Somebody else's is not there."""
    return render(request, "billing/credit_note.html", _credit_note_context(request, public_id))


@require_safe
@business_required
def credit_note_pdf(request: BusinessRequest, public_id: str) -> HttpResponse:
    """The same as a PDF. Where none can be made, it is not there."""
    context = _credit_note_context(request, public_id)
    return as_pdf(request, "billing/credit_note_pdf.html", context, context["note"].number)


def _invoice_context(request: BusinessRequest, public_id: str) -> dict[str, Any]:
    found = get_visible(Invoice.objects.all(), request, public_id=public_id)
    return invoice_shown(found) | {"bank": bank(request.business)}


def invoice_shown(invoice: Invoice) -> dict[str, Any]:
    """What the page and the PDF of an invoice show of it, whoever bought; besides it where its money goes (`bank`)."""
    return {
        "invoice": invoice,
        "payment": invoice.payment,
        "credit_notes": invoice.credit_notes.order_by("id"),
        "today": marketplace_day(timezone.now()),
        "rate_percent": invoice.tax_rate_basis_points / 100,
        "has_pdf": can_make_pdf(),
    }


def _credit_note_context(request: BusinessRequest, public_id: str) -> dict[str, Any]:
    found = get_visible(CreditNote.objects.select_related("invoice"), request, public_id=public_id)
    return {
        "note": found,
        "rate_percent": found.tax_rate_basis_points / 100,
        "has_pdf": can_make_pdf(),
    }


def as_pdf(request: HttpRequest, template: str, context: dict[str, Any], name: str) -> HttpResponse:
    """Raises Http404 where none can be made."""
    if not can_make_pdf():
        raise Http404
    return pdf_response(render_to_string(template, context, request), name=f"{name}.pdf")


@business_required
def details(request: BusinessRequest) -> HttpResponse:
    """Who is invoiced from now on, also before the first plan is contracted, which issues an invoice at once (M14);
    only the owner may change it. Whoever comes from a plan goes back to it."""
    business = own_business_of(request)
    plan = Plan.objects.offered().filter(code=request.GET.get("plan", "")).first()
    back = reverse("billing:contract", args=[plan.code]) if plan else reverse("billing:invoices")
    form = CustomerForm(request.POST or None, instance=customer_to_be(business))
    if request.method == "POST" and form.is_valid():
        save_customer(
            customer=customer_of(business),
            values={name: form.cleaned_data[name] for name in form.changed_data},
        )
        messages.success(request, _("Saved. Your next invoices will carry these details."))
        return redirect(back)
    return render(request, "billing/details.html", {"form": form, "plan": plan, "back": back})
