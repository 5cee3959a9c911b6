"""Giving a contact back: the form, its pictures, and what became of it (M7)."""

import uuid
from datetime import datetime

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from base.access import get_visible
from base.errors import Refusal
from base.private_files import picture_response
from marketplace import returns
from marketplace.evidence import PICTURES_AT_MOST, read_evidence
from marketplace.evidence import add_evidence as keep_evidence
from marketplace.forms.returns import EvidenceForm, ReturnForm
from marketplace.models import Contact, ReturnEvent, ReturnEvidence, ReturnRequest
from marketplace.return_days import ASKED_WITHIN, DECIDED_WITHIN
from marketplace.seen import note_seen
from profiles.current import BusinessRequest, business_required


def _contact(request: HttpRequest, public_id: uuid.UUID) -> Contact:
    contacts = Contact.objects.select_related("lead__category", "lead__province")
    return get_visible(contacts, request, public_id=public_id)


@business_required
@require_http_methods(["GET", "HEAD", "POST"])
def return_contact(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """Asks for a return, or shows what became of those asked for."""
    now = timezone.now()
    contact = _contact(request, public_id)
    reasons = returns.reasons_left(contact, now)
    form = ReturnForm(request.POST or None, request.FILES or None, reasons=reasons)
    if request.method == "POST" and form.is_valid():
        try:
            asked = returns.ask_return(
                contact=contact,
                reason=form.cleaned_data["reason"],
                explanation=form.cleaned_data["explanation"],
                pictures=read_evidence(form.uploads(), contact=contact, now=now),
                by=request.user,
                now=now,
            )
        except Refusal as refusal:
            form.add_error(refusal.field, str(refusal))
        else:
            messages.success(
                request,
                _("We have your request. We will decide by the end of %(day)s and write to you.")
                % {"day": date_format(returns.decide_by(asked), "DATE_FORMAT")},
            )
            return redirect("marketplace:return", public_id=contact.public_id)
    return _show(request, contact, form, now)


def _show(
    request: HttpRequest, contact: Contact, form: ReturnForm | EvidenceForm | None, now: datetime
) -> HttpResponse:
    """The page; `form` is the one that asks, or the one that adds pictures and was refused."""
    asked_for = list(contact.returns.order_by("-asked_at", "-id").prefetch_related("events", "evidence"))
    return render(
        request,
        "marketplace/return.html",
        {
            "contact": contact,
            "lead": contact.lead,
            "form": form,
            "evidence_form": form if isinstance(form, EvidenceForm) else EvidenceForm(),
            "left": returns.days_left(contact, now),
            "asked_within_days": ASKED_WITHIN.days,
            "decided_within_days": DECIDED_WITHIN.days,
            "pictures_at_most": PICTURES_AT_MOST,
            "obstacle": returns.obstacle(contact=contact, now=now),
            "asked_for": [
                {
                    "asked": asked,
                    "evidence": list(asked.evidence.all()),
                    "decide_by": returns.decide_by(asked),
                    # What whoever decided wrote for the professional.
                    "note": next((event.reason for event in asked.events.all() if _decides(event)), ""),
                }
                for asked in asked_for
            ],
        },
    )


def _decides(event: ReturnEvent) -> bool:
    return event.to_state in (ReturnRequest.State.ACCEPTED, ReturnRequest.State.REFUSED)


@business_required
@require_POST
def add_evidence(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """Adds pictures to the request that waits for its decision."""
    now = timezone.now()
    contact = _contact(request, public_id)
    asked = contact.returns.filter(state=ReturnRequest.State.ASKED).first()
    if asked is None:
        raise Http404
    form = EvidenceForm(request.POST, request.FILES)
    if form.is_valid():
        try:
            pictures = read_evidence(form.cleaned_data["evidence"], contact=contact, now=now)
            keep_evidence(return_request=asked, pictures=pictures, now=now)
        except Refusal as refusal:
            form.add_error("evidence", str(refusal))
        else:
            messages.success(request, _("Your pictures are with the return."))
            return redirect("marketplace:return", public_id=contact.public_id)
    return _show(request, contact, form, now)


@business_required
@require_GET
def evidence(request: BusinessRequest, public_id: uuid.UUID, picture: uuid.UUID) -> HttpResponse:
    """One picture, to the business that sent it: it may show the homeowner's details (M5)."""
    contact = _contact(request, public_id)
    shown = get_object_or_404(ReturnEvidence, return_request__contact=contact, public_id=picture)
    note_seen(leads=[contact.lead], user=request.user, professional=request.business, now=timezone.now())
    return picture_response(shown.image, str(shown.public_id), keep=True)


@business_required
@require_http_methods(["GET", "HEAD", "POST"])
def withdraw_return(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """Says what withdrawing the undecided request means, and does it when the button is pressed; where there is none
    any more, says so."""
    contact = _contact(request, public_id)
    asked = contact.returns.order_by("asked_at", "id").last()
    if asked is None:
        raise Http404
    now = timezone.now()
    if request.method != "POST":
        if asked.state != ReturnRequest.State.ASKED:
            return redirect("marketplace:return", public_id=contact.public_id)
        context = {
            "contact": contact,
            "lead": contact.lead,
            "asked": asked,
            "again": returns.can_be_asked_again(asked),
            "over": asked.reason not in returns.reasons_open(contact, now),
            "until": returns.last_day_for(contact, asked.reason),
        }
        return render(request, "marketplace/return_withdraw.html", context)
    try:
        returns.withdraw_return(return_request=asked, by=request.user, now=now)
    except Refusal as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, _("You have withdrawn the return. The contact stays yours."))
    return redirect("marketplace:return", public_id=contact.public_id)
