"""Extra days that the product proposes: the queue, and the press that gives or declines them (G5)."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from base.days import marketplace_day
from base.errors import Refusal
from guarantees.errors import GuaranteeError
from guarantees.extra_days import GIVE, decline_proposed, give_proposed, proposals
from marketplace.admin.queues import of_others
from profiles.models import Professional


class ProposedDays:
    """For the admin of extra days: the addresses of what is proposed."""

    admin_site: Any
    opts: Any

    def get_urls(self) -> list[URLPattern]:
        wrap = self.admin_site.admin_view
        return [
            path("proposed/", wrap(require_safe(self.proposed)), name="guarantees_extradays_proposed"),
            path("proposed/decide/", wrap(require_POST(self.decide)), name="guarantees_extradays_decide"),
            *super().get_urls(),  # type: ignore[misc]
        ]

    def proposed(self, request: HttpRequest) -> HttpResponse:
        """What is proposed for all businesses but one's own, the window that ends soonest first."""
        _may_give(request)
        return self._queue(request)

    def decide(self, request: HttpRequest) -> HttpResponse:
        """Gives or declines the days proposed for one cause, as the button pressed says."""
        _may_give(request)
        try:
            messages.success(request, _decided(request))
        except Refusal as refusal:
            messages.error(request, str(refusal))
            return self._queue(request, status=409)
        return HttpResponseRedirect(_back(request))

    def _queue(self, request: HttpRequest, status: int = 200) -> HttpResponse:
        businesses = of_others(Professional.objects.all(), request.user, business="pk")
        return render(
            request,
            "admin/guarantees/extradays/proposed.html",
            {
                **self.admin_site.each_context(request),
                "opts": self.opts,
                "title": _("Extra days proposed"),
                "proposed": proposals(businesses, marketplace_day(timezone.now())),
                "name_businesses": True,
                "back": reverse("admin:guarantees_extradays_proposed"),
            },
            status=status,
        )


def _may_give(request: HttpRequest) -> None:
    if not request.user.has_perm(GIVE):
        raise PermissionDenied


def _decided(request: HttpRequest) -> str:
    """What was done, as a sentence. Raises GuaranteeError."""
    number = request.POST.get("professional", "")
    professional = Professional.objects.filter(pk=number).first() if number.isdecimal() else None
    if professional is None:
        raise GuaranteeError("no_such_business", _("There is no such business."))
    asked: dict[str, Any] = {
        "professional": professional,
        "cause": request.POST.get("cause", ""),
        "by": request.user,
        "now": timezone.now(),
    }
    if request.POST.get("press") == "give":
        days = give_proposed(**asked).days
        said = ngettext(
            "%(days)s day was given to %(business)s.", "%(days)s days were given to %(business)s.", days
        )
        return said % {"days": days, "business": professional}
    decline_proposed(**asked, reason=request.POST.get("reason", ""))
    return _("The days are not given to %(business)s, and are proposed no more.") % {"business": professional}


def _back(request: HttpRequest) -> str:
    """To the page of the office on which the button was."""
    back = request.POST.get("back", "")
    if back.startswith(reverse("admin:index")) and url_has_allowed_host_and_scheme(back, allowed_hosts=None):
        return back
    return reverse("admin:guarantees_extradays_proposed")
