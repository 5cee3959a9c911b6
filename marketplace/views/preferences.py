"""Which jobs a business wants to hear of, and the link in a mail that stops the mails (M11)."""

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

from base.days import marketplace_day
from base.errors import Refusal
from marketplace.forms.preferences import PreferencesForm
from marketplace.models import LeadPreferences
from marketplace.preferences import limit_of, professional_of, save_preferences, stop_mails
from profiles.current import BusinessRequest, business_required


@business_required
@require_http_methods(["GET", "HEAD", "POST"])
def preferences(request: BusinessRequest) -> HttpResponse:
    """Trades, places, mails and the monthly limit; the owner chooses, for whom they write to and whose money it is."""
    now = timezone.now()
    business = request.business
    is_owner = business.owner_id == request.user.pk
    if request.method == "POST" and not is_owner:
        raise PermissionDenied
    form = PreferencesForm(request.POST if request.method == "POST" else None, business=business)
    if form.is_valid():
        try:
            save_preferences(professional=business, **form.chosen(), now=now)
        except Refusal as refusal:
            form.add_error(refusal.field, str(refusal))
        else:
            messages.success(request, _("Your choices are saved."))
            return redirect("marketplace:preferences")
    if not is_owner:
        for field in form.fields.values():
            field.disabled = True
    context = {
        "form": form,
        "is_owner": is_owner,
        "limit": limit_of(business, marketplace_day(now)),
        "chosen": form.initial["categories"],
        "email": business.owner.email,
    }
    status = 422 if form.errors else 200
    return render(request, "marketplace/preferences.html", context, status=status)


@never_cache
@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
def stop(request: HttpRequest, token: str) -> HttpResponse:
    """Stops the mails about new jobs, without an account: the link itself says whose.

    Only a POST does it, the mail program's (RFC 8058) or that of the page's button; it brings no session and needs
    none, so a forged request can do no more than the link. Looking does nothing: machines open links too. Nothing
    is shown of the business, and a link that is not ours says the same as one of a business that is no more.
    """
    try:
        business = professional_of(token)
    except BadSignature:
        business = None
    if business is None:
        response = render(request, "marketplace/stop_link_ended.html", status=404)
    else:
        if request.method == "POST":
            stop_mails(professional=business, now=timezone.now())
        mails = LeadPreferences.objects.filter(professional=business).values_list("mails", flat=True).first()
        with translation.override(business.owner.language or translation.get_language()):
            response = render(
                request, "marketplace/stop_mails.html", {"stopped": mails == LeadPreferences.Mails.NEVER}
            )
    response.headers["X-Robots-Tag"] = "noindex, nofollow"
    return response
