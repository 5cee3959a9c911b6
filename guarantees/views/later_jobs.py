"""Where the owner of a business says that a contact paid back by the guarantee became a job after all (G24)."""

from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from base.access import get_visible
from base.errors import Refusal
from base.money import money
from billing.models import Wallet
from guarantees.later_jobs import tell_later_job, to_be_taken
from guarantees.models import LaterJob
from marketplace.models import Contact
from profiles.current import BusinessRequest, business_required, own_business_of


@business_required
@require_http_methods(["GET", "HEAD", "POST"])
def later_job(request: BusinessRequest, public_id: UUID) -> HttpResponse:
    """What exactly would happen, and the button that does it."""
    contact: Contact = get_visible(
        Contact.objects.select_related("lead", "professional"), request, public_id=public_id
    )
    if contact.refunded_at is None:
        raise Http404
    own_business_of(request)
    refused: Refusal | None = None
    if request.method == "POST":
        try:
            job = tell_later_job(
                contact=contact, by=request.user, taken_seen_cents=_seen(request), now=timezone.now()
            )
        except Refusal as refusal:
            refused = refusal
        else:
            messages.success(request, _thanks(job))
            return redirect("marketplace:contact", public_id=public_id)
    elif LaterJob.objects.filter(contact=contact).exists():
        return redirect("marketplace:contact", public_id=public_id)
    wallet = Wallet.objects.filter(professional=contact.professional_id).first()
    balance = wallet.balance_cents if wallet else 0
    taken = to_be_taken(contact, balance)
    return render(
        request,
        "guarantees/later_job.html",
        {
            "contact": contact,
            "balance_cents": balance,
            "taken_cents": taken,
            "left_cents": balance - taken,
            "refused": refused,
        },
        status=409 if refused else 200,
    )


def _thanks(job: LaterJob) -> str:
    if not job.taken_cents:
        return _("Thank you for telling us. Your balance held nothing, so nothing was taken back.")
    return _("Thank you for telling us. %(amount)s have been taken back from your balance.") % {
        "amount": money(job.taken_cents)
    }


def _seen(request: BusinessRequest) -> int:
    """What the page had said would be taken; -1 where nothing, or no number, was sent: it is shown again."""
    try:
        return int(request.POST.get("taken_cents", ""))
    except ValueError:
        return -1
