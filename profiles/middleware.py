"""Shows every page in the reader's language and time zone (X1, X2); knows a business's browsers and networks (G8);
refuses what is far too much to be a form."""

import zoneinfo
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone, translation

from base.days import marketplace_day
from profiles.browsers import professional_of_browser, remember_browser
from profiles.networks import remember_network
from profiles.uploads import MOST_FILES, length_of


class ReaderMiddleware:
    """Activates the signed-in user's time zone, and their language where they chose one; else Django's choice."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        zone = language = ""
        if request.user.is_authenticated:
            zone, language = request.user.time_zone, request.user.language
        if zone:
            timezone.activate(zoneinfo.ZoneInfo(zone))
        else:
            timezone.deactivate()
        if language:
            translation.activate(language)
            request.LANGUAGE_CODE = translation.get_language()
        return self.get_response(request)


class BrowserMiddleware:
    """Marks the browser in which somebody works for a business, also where they signed in before it was theirs, and
    writes down the network."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        business = getattr(request, "business", None)
        if business is not None:
            if professional_of_browser(request) != business.pk:
                remember_browser(response, business.pk)
            # When a page is looked at: a purchase waits for nothing that it does not need.
            if request.method == "GET":
                remember_network(request, business, marketplace_day(timezone.now()))
        return response


class BodyMiddleware:
    """Refuses what is larger than any form of its sender, before it is read: files that no form asked for would be
    written to the disk all the same, whatever their size. Who is signed in has forms with photos, everybody else none.

    Stands before the check against forgery, which reads the form. A view that `bounded_uploads` guards says more
    kindly what is wrong.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(
        self, request: HttpRequest, view: Callable[..., HttpResponse], args: Any, kwargs: Any
    ) -> HttpResponse | None:
        most = settings.DATA_UPLOAD_MAX_MEMORY_SIZE
        if request.user.is_authenticated:
            most += MOST_FILES * settings.PHOTO_MAX_BYTES
        if length_of(request) <= most or getattr(view, "bounds_itself", False):
            return None
        return render(request, "413.html", status=413)
