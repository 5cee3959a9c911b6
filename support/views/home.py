"""The desk's public page: what it is, when it works, and by when it would answer now (S1, S3)."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.cache import never_cache

from base.public_pages import public_page
from profiles.phones import read_phone
from support.desk_calendar import desk_zone
from support.desk_now import desk_now, hours_shown
from support.models import Client
from support.shown import why_then


# It says how things stand now, to the minute: nobody keeps a copy.
@never_cache
@public_page
def home(request: HttpRequest) -> HttpResponse:
    """For everybody; whoever speaks for a client is led to what is theirs."""
    state = desk_now(timezone.now())
    return render(
        request,
        "support/home.html",
        {
            "desk": state,
            "why": why_then(state.due) if state.due else (),
            "hours": hours_shown(),
            "phone": settings.DESK_PHONE,
            "phone_link": read_phone(settings.DESK_PHONE) if settings.DESK_PHONE else "",
            "address": settings.DESK_ADDRESS,
            "desk_zone": desk_zone().key,
            "zone": timezone.get_current_timezone_name(),
            "speaks_for_client": Client.objects.visible_to(request.user).signed().exists()
            if request.user.is_authenticated
            else False,
        },
    )
