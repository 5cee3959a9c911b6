"""Which dates of the guarantee a business is reminded of, and the link in a mail that stops one kind of them."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.signing import BadSignature
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from guarantees.forms import RemindersForm
from guarantees.reminder_choices import choose_reminders, stop_reminders, wanted, whose
from profiles.current import BusinessRequest, business_required


@business_required
@require_http_methods(["GET", "HEAD", "POST"])
def reminders(request: BusinessRequest) -> HttpResponse:
    """The owner chooses, to whom the reminders go; members see what is chosen."""
    business = request.business
    is_owner = business.owner_id == request.user.pk
    if request.method == "POST" and not is_owner:
        raise PermissionDenied
    form = RemindersForm(
        request.POST if request.method == "POST" else None, initial={"topics": wanted(business)}
    )
    if form.is_valid():
        choose_reminders(professional=business, topics=form.cleaned_data["topics"], now=timezone.now())
        messages.success(request, _("Your choices are saved."))
        return redirect("guarantees:reminders")
    form.fields["topics"].disabled = not is_owner
    context = {"form": form, "is_owner": is_owner, "email": business.owner.email}
    return render(request, "guarantees/reminders.html", context, status=422 if form.errors else 200)


@never_cache
@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
def stop(request: HttpRequest, token: str) -> HttpResponse:
    """Stops the reminders about one topic, without an account: the link itself says whose and which.

    Only a POST does it, the mail program's (RFC 8058) or that of the page's button; it brings no session and needs
    none. Looking does nothing: machines open links too. Nothing is shown of the business, and a link that is not ours
    says the same as one of a business that is no more.
    """
    try:
        found = whose(token)
    except BadSignature:
        found = None
    if found is None:
        response = render(request, "guarantees/stop_reminders_ended.html", status=404)
    else:
        business, topic = found
        if request.method == "POST":
            stop_reminders(professional=business, topic=topic, now=timezone.now())
        stopped = business.stopped_reminders.filter(topic=topic).exists()
        with translation.override(business.owner.language or translation.get_language()):
            response = render(
                request, "guarantees/stop_reminders.html", {"stopped": stopped, "topic": topic.label}
            )
    response.headers["X-Robots-Tag"] = "noindex, nofollow"
    return response
