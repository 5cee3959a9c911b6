"""The homeowner's page, behind the link in their mails (M1). Looking at it does nothing: machines open links too."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from base.errors import Refusal
from marketplace.asking import CONFIRM_WITHIN, confirm_lead, is_too_late
from marketplace.models import Lead
from marketplace.views.private import homeowner_page, link_ended


@require_safe
@homeowner_page
def homeowner(request: HttpRequest, lead: Lead, token: str) -> HttpResponse:
    """Where a request stands; one that is not confirmed yet is shown with the button that confirms it."""
    if lead.state == Lead.State.UNCONFIRMED:
        return redirect("marketplace:confirm", token=token)
    return render(request, "marketplace/homeowner.html", {"lead": lead, "token": token})


@require_http_methods(["GET", "HEAD", "POST"])
@homeowner_page
def confirm(request: HttpRequest, lead: Lead, token: str) -> HttpResponse:
    """Shows what was asked for, and confirms it when the button is pressed."""
    now = timezone.now()
    if request.method == "POST":
        try:
            confirm_lead(lead, now)
        except Refusal as refusal:
            return link_ended(request, refusal)
        messages.success(request, _("Confirmed. Your request is with us now."))
        return redirect("marketplace:homeowner", token=token)
    if lead.state != Lead.State.UNCONFIRMED:
        return redirect("marketplace:homeowner", token=token)
    context = {"lead": lead, "token": token, "ends_at": lead.created_at + CONFIRM_WITHIN}
    status = 410 if is_too_late(lead, now) else 200
    return render(request, "marketplace/confirm.html", context | {"too_late": status == 410}, status=status)
