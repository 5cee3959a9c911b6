"""What was bought: the list, and one contact with its diary and outcome."""

import uuid
from datetime import datetime
from typing import Any
from urllib.parse import quote

from django.conf import settings
from django.contrib import messages
from django.db.models import Q
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from base.access import get_visible
from base.errors import Refusal
from marketplace import returns
from marketplace.contacts import set_outcome
from marketplace.diary import write_diary
from marketplace.first_contact import clock_of
from marketplace.follow_up import next_step
from marketplace.forms.contacts import DiaryForm, OutcomeForm
from marketplace.models import Contact, ContactEvent, Lead, ReviewRequest
from marketplace.reviews import to_be_asked_again
from marketplace.views.paging import newest_first
from profiles.current import BusinessRequest, business_required

LIST_SIZE = 20
TO_CALL_SIZE = 20
Outcome = Contact.Outcome
FILTERS = {
    "open": Q(outcome=Outcome.OPEN, returned_at=None),
    "won": Q(outcome=Outcome.WON, returned_at=None),
    "lost": Q(outcome__in=(Outcome.LOST, Outcome.NO_ANSWER), returned_at=None),
    "returned": Q(returned_at__isnull=False),
}


@business_required
@require_GET
def contact_list(request: BusinessRequest) -> HttpResponse:
    """Whom nobody has called yet, the longest waiting first; below them the others, newest first."""
    now = timezone.now()
    mine = Contact.objects.filter(professional=request.business).select_related("lead")
    only = request.GET.get("only", "")
    to_call: list[Contact] = []
    others = mine.filter(FILTERS.get(only, Q()))
    if only in ("", "open"):
        to_call = list(mine.first_contact_open().order_by("bought_at", "id")[:TO_CALL_SIZE])
        others = others.exclude(pk__in=[contact.pk for contact in to_call])
    page = newest_first(others, request, by="bought_at", size=LIST_SIZE, among=mine)
    # One statement for all: where each stands among those that the guarantee counts (G1).
    kept = Contact.objects.filter(professional=request.business).kept().values_list("pk", flat=True)
    number_of = {pk: number for number, pk in enumerate(kept, start=1)}

    def line(contact: Contact) -> dict[str, Any]:
        return {
            "contact": contact,
            "lead": contact.lead,
            "clock": clock_of(contact, now),
            "number": number_of.get(contact.pk),
        }

    return render(
        request,
        "marketplace/contacts.html",
        {
            "only": only if only in FILTERS else "",
            "to_call": [line(contact) for contact in to_call] if page.first else [],
            "contacts": [line(contact) for contact in page.rows],
            "page": page,
        },
    )


def _contact(request: BusinessRequest, public_id: uuid.UUID) -> Contact:
    contacts = Contact.objects.select_related("lead__category", "lead__province", "professional")
    return get_visible(contacts, request, public_id=public_id)


@business_required
@require_GET
def contact_page(request: BusinessRequest, public_id: uuid.UUID) -> HttpResponse:
    """A contact that was bought, with the homeowner's details (M5)."""
    return _show(request, _contact(request, public_id), timezone.now())


@business_required
@require_POST
def diary(request: BusinessRequest, public_id: uuid.UUID) -> HttpResponse:
    """Writes something into the diary."""
    now = timezone.now()
    contact = _contact(request, public_id)
    form = DiaryForm(request.POST, contact=contact)
    if form.is_valid():
        try:
            write_diary(contact=contact, **form.cleaned_data, by=request.user, now=now)
        except Refusal as refusal:
            form.add_error(refusal.field, str(refusal))
        else:
            messages.success(request, _("Written in the diary."))
            return redirect("marketplace:contact", public_id=contact.public_id)
    return _show(request, contact, now, diary_form=form)


@business_required
@require_POST
def outcome(request: BusinessRequest, public_id: uuid.UUID) -> HttpResponse:
    """Says how it ended, or corrects that."""
    now = timezone.now()
    contact = _contact(request, public_id)
    form = OutcomeForm(request.POST)
    if form.is_valid():
        try:
            set_outcome(contact=contact, **form.cleaned_data, by=request.user, now=now)
        except Refusal as refusal:
            form.add_error(refusal.field, str(refusal))
        else:
            messages.success(request, _("The outcome is recorded. You can correct it here."))
            return redirect("marketplace:contact", public_id=contact.public_id)
    return _show(request, contact, now, outcome_form=form)


def _show(
    request: BusinessRequest,
    contact: Contact,
    now: datetime,
    *,
    diary_form: DiaryForm | None = None,
    outcome_form: OutcomeForm | None = None,
) -> HttpResponse:
    """The contact's page; a form that was refused is shown with what was wrong."""
    entries = list(contact.diary.select_related("written_by"))
    review_request = ReviewRequest.objects.filter(contact=contact).select_related("review").first()
    asked_return = contact.returns.order_by("asked_at", "id").last()
    return render(
        request,
        "marketplace/contact.html",
        {
            "contact": contact,
            "lead": contact.lead,
            "clock": clock_of(contact, now),
            "number": _number(contact),
            "next": next_step(contact, entries),
            "now": now,
            "diary": entries,
            "outcomes": [(event.at, _outcome_label(event)) for event in contact.events.all()],
            "diary_form": diary_form
            or DiaryForm(contact=contact, initial={"happened_at": timezone.localtime(now)}),
            "outcome_form": outcome_form
            or OutcomeForm(initial={"outcome": contact.outcome, "lost_reason": contact.lost_reason}),
            "summary_mail": _summary_mail(contact.lead, request.business.name),
            "asked_return": asked_return,
            "return_until": returns.last_day_to_ask(contact),
            "can_be_returned": asked_return is None and returns.obstacle(contact=contact, now=now) is None,
            "review_request": review_request,
            "asks_again": review_request is not None and bool(to_be_asked_again([review_request], now)),
        },
    )


def _outcome_label(event: ContactEvent) -> str:
    label = str(Outcome(event.to_state).label)
    if event.reason:
        return f"{label}, {Contact.LostReason(event.reason).label}"
    return label


def _number(contact: Contact) -> int | None:
    """Its place among the kept contacts of its professional, in the guarantee's order (G1)."""
    if contact.returned_at is not None:
        return None
    kept = Contact.objects.filter(professional=contact.professional_id).kept()
    return kept.filter(
        Q(bought_at__lt=contact.bought_at) | Q(bought_at=contact.bought_at, pk__lte=contact.pk)
    ).count()


def _summary_mail(lead: Lead, business: str) -> str:
    """A mailto: address with the frame of a summary, in the homeowner's language (G22)."""
    with translation.override(lead.language or settings.LANGUAGE_CODE):
        subject = _("%(business)s: what we agreed about “%(title)s”") % {
            "business": business,
            "title": lead.title,
        }
        body = _(
            "Hello %(name)s,\n\nThank you for your time. This is what we agreed:\n\n- \n- \n\n"
            "What happens next, and when:\n\n- \n\nIf I have forgotten anything, please tell me.\n\n%(business)s"
        ) % {"name": lead.homeowner_name, "business": business}
    return f"mailto:{quote(lead.homeowner_email)}?subject={quote(subject)}&body={quote(body)}"
