"""Giving a contact back: the form, and what became of it (M7)."""

import uuid

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from base.access import get_visible
from base.errors import Refusal
from marketplace import returns
from marketplace.forms.returns import ReturnForm
from marketplace.models import Contact, ReturnEvent, ReturnRequest
from profiles.current import business_required


def _contact(request: HttpRequest, public_id: uuid.UUID) -> Contact:
    contacts = Contact.objects.select_related("lead__category", "lead__province")
    return get_visible(contacts, request, public_id=public_id)


@business_required
@require_http_methods(["GET", "HEAD", "POST"])
def return_contact(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """Asks for a return, or shows what became of those asked for."""
    now = timezone.now()
    contact = _contact(request, public_id)
    form = ReturnForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            asked = returns.ask_return(contact=contact, **form.cleaned_data, by=request.user, now=now)
        except Refusal as refusal:
            form.add_error(refusal.field, str(refusal))
        else:
            messages.success(
                request,
                _("We have your request. We will decide by the end of %(day)s and write to you.")
                % {"day": date_format(returns.decide_by(asked), "DATE_FORMAT")},
            )
            return redirect("marketplace:return", public_id=contact.public_id)
    asked_for = list(contact.returns.order_by("-asked_at", "-id").prefetch_related("events"))
    return render(
        request,
        "marketplace/return.html",
        {
            "contact": contact,
            "lead": contact.lead,
            "form": form,
            "obstacle": returns.obstacle(contact=contact, now=now),
            "last_day": returns.last_day_to_ask(contact),
            "asked_for": [
                {
                    "asked": asked,
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
def withdraw_return(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """Takes the undecided request back; where there is none any more, says so."""
    contact = _contact(request, public_id)
    asked = contact.returns.order_by("asked_at", "id").last()
    if asked is None:
        raise Http404
    try:
        returns.withdraw_return(return_request=asked, by=request.user, now=timezone.now())
    except Refusal as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, _("You have withdrawn the return. The contact stays yours."))
    return redirect("marketplace:return", public_id=contact.public_id)
