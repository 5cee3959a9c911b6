"""What is done from a contact's page and writes its own diary: calls, messages, the summary, the reminder (G22)."""

import uuid
from datetime import datetime
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from base.access import get_visible
from base.errors import Refusal
from marketplace import attempts, summaries
from marketplace.follow_up import choose_reminder
from marketplace.forms.contacts import ReminderForm, SummaryForm
from marketplace.models import Contact
from marketplace.seen import note_seen
from profiles.current import BusinessRequest, business_required


def _contact(request: BusinessRequest, public_id: uuid.UUID) -> Contact:
    return get_visible(Contact.objects.select_related("lead", "professional"), request, public_id=public_id)


def _note_seen(request: BusinessRequest, contact: Contact, now: datetime) -> None:
    """The page shows the homeowner's address or telephone."""
    note_seen(leads=[contact.lead], user=request.user, professional=request.business, now=now)


def _back(contact: Contact) -> HttpResponse:
    return redirect("marketplace:contact", public_id=contact.public_id)


@business_required
@require_POST
def reach(request: BusinessRequest, public_id: uuid.UUID, way: str) -> HttpResponse:
    """Notes that a call or a message begins; the next page hands over to the telephone, WhatsApp or the mail program.

    Asked by our own script, which has handed over already, it answers with the question that follows.
    """
    contact = _contact(request, public_id)
    now = timezone.now()
    try:
        attempt = attempts.begin_attempt(contact=contact, way=way, by=request.user, now=now)
    except Refusal as refusal:
        messages.error(request, str(refusal))
        return _back(contact)
    if request.headers.get("X-Quince-Handed-Over"):
        return render(
            request,
            "marketplace/attempts.html",
            {"contact": contact, "attempts": attempts.open_attempts(contact, now)},
        )
    return redirect("marketplace:reached", public_id=contact.public_id, attempt=attempt.public_id)


@business_required
@require_GET
def reached(request: BusinessRequest, public_id: uuid.UUID, attempt: uuid.UUID) -> HttpResponse:
    """Hands over by a link, for whoever has no script, and asks what became of it."""
    contact = _contact(request, public_id)
    shown = get_object_or_404(contact.attempts, public_id=attempt)
    try:
        attempts.refuse_if_out_of_reach(contact.lead)
    except Refusal as refusal:
        messages.error(request, str(refusal))
        return _back(contact)
    if shown.settled_at is not None:
        return _back(contact)
    _note_seen(request, contact, timezone.now())
    address = attempts.ways_to(contact.lead, request.business.name)[shown.way]
    return render(
        request,
        "marketplace/reached.html",
        {"contact": contact, "lead": contact.lead, "attempt": shown, "attempts": [shown], "address": address},
    )


@business_required
@require_POST
def settle(request: BusinessRequest, public_id: uuid.UUID, attempt: uuid.UUID) -> HttpResponse:
    """Says what became of an attempt, in one press."""
    contact = _contact(request, public_id)
    begun = get_object_or_404(contact.attempts, public_id=attempt)
    try:
        settled = attempts.settle_attempt(
            attempt=begun, answer=request.POST.get("answer", ""), by=request.user, now=timezone.now()
        )
    except Refusal as refusal:
        messages.error(request, str(refusal))
        return _back(contact)
    if settled.entry is None:
        messages.info(request, _("Nothing was written in the diary."))
    else:
        messages.success(
            request,
            _("Written in the diary: %(what)s. If you agreed on something, add a note.")
            % {"what": settled.entry.get_kind_display()},
        )
    return _back(contact)


@business_required
@require_http_methods(["GET", "HEAD", "POST"])
def summary(request: BusinessRequest, public_id: uuid.UUID) -> HttpResponse:
    """The summary for the homeowner: begun from the diary, edited, sent (G22)."""
    now = timezone.now()
    contact = _contact(request, public_id)
    obstacle = summaries.obstacle(contact=contact, now=now)
    if obstacle is None:
        _note_seen(request, contact, now)
    if request.method == "POST":
        form = SummaryForm(request.POST)
        if form.is_valid():
            try:
                summaries.send_summary(contact=contact, **form.cleaned_data, by=request.user, now=now)
            except Refusal as refusal:
                form.add_error(refusal.field, str(refusal))
            else:
                messages.success(request, _("Your summary is on its way. A copy is in the diary."))
                return _back(contact)
    else:
        form = SummaryForm(initial=_draft(request, contact) if obstacle is None else None)
    return render(
        request,
        "marketplace/summary.html",
        {
            "contact": contact,
            "lead": contact.lead,
            "form": form,
            "obstacle": obstacle,
            "replies_to": request.business.owner.email,
            "sender": settings.DEFAULT_FROM_EMAIL,
        },
    )


def _draft(request: BusinessRequest, contact: Contact) -> dict[str, Any]:
    entries = list(contact.diary.select_related("summary"))
    draft = summaries.draft_summary(contact, entries, request.business.name)
    return {"key": uuid.uuid4(), "subject": draft.subject, "text": draft.text}


@business_required
@require_POST
def remind(request: BusinessRequest, public_id: uuid.UUID) -> HttpResponse:
    """Puts the next step off to a day of one's own choosing, or takes that back."""
    contact = _contact(request, public_id)
    form = ReminderForm(request.POST)
    if not form.is_valid():
        messages.error(request, _("This is no date. Choose a day from today to a year from now."))
        return _back(contact)
    day = form.cleaned_data["day"]
    try:
        choose_reminder(contact=contact, day=day, now=timezone.now())
    except Refusal as refusal:
        messages.error(request, str(refusal))
    else:
        said = (
            _("It comes up again on %(day)s.") % {"day": date_format(day, "DATE_FORMAT")}
            if day
            else _("It comes up again when we suggest it.")
        )
        messages.success(request, said)
    return _back(contact)
