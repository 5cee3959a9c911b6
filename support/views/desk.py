"""The consultants' desk (S8)."""

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from support.models import Ticket


@require_safe
@login_required
def ticket(request: HttpRequest, public_id: str) -> HttpResponse:
    """One ticket, for whoever answers it."""
    found = get_object_or_404(Ticket.objects.at_the_desk(request.user), public_id=public_id)
    return render(
        request, "support/desk_ticket.html", {"ticket": found, "messages_said": found.messages.all()}
    )
