"""The home page, and the choice of language."""

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import check_for_language
from django.views import i18n

from base.days import marketplace_day
from guarantees.models import GuaranteeTerms
from profiles.current import find_business


def home(request: HttpRequest) -> HttpResponse:
    """What Quince is, for a stranger; what to do now, for a professional; the way to the office, for staff."""
    if not request.user.is_authenticated:
        terms = GuaranteeTerms.objects.binding(None, marketplace_day(timezone.now()))
        return render(request, "home.html", {"terms": terms})
    business = find_business(request.user)
    if business is None:
        return render(request, "home_without_business.html")
    request.business = business  # type: ignore[attr-defined]
    return render(request, "dashboard.html", {"business": business})


def set_language(request: HttpRequest) -> HttpResponseBase:
    """Django's own choice of language, kept on the profile of whoever is signed in, for their mails too (X2)."""
    language = request.POST.get("language", "")
    if request.user.is_authenticated and check_for_language(language):
        request.user.language = language
        request.user.save(update_fields=["language"])
    return i18n.set_language(request)
