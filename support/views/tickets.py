"""The client's side of tickets: opened, followed, rated."""

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from base.access import get_visible
from support.models import Ticket


@require_safe
@login_required
def ticket(request: HttpRequest, public_id: str) -> HttpResponse:
    """One ticket: what was said, by when an answer is due, and what was done."""
    found = get_visible(Ticket.objects.select_related("client__customer"), request, public_id=public_id)
    return render(request, "support/ticket.html", {"ticket": found, "messages_said": found.messages.public()})
