"""The page on which somebody makes the keys of their programs, and revokes them."""

from allauth.account.decorators import reauthentication_required
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from base.access import get_visible
from base.errors import Refusal
from profiles.api_keys import create_key, revoke_key
from profiles.forms import KeyForm
from profiles.models import ApiKey, User


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@login_required
@reauthentication_required
def integrations(request: HttpRequest) -> HttpResponse:
    """Who signed in a while ago says first who they are: a key opens what a session does, and for longer. The new key
    stands in the answer to the press alone, and is written down nowhere."""
    assert isinstance(request.user, User)
    now = timezone.now()
    form, shown, status = KeyForm(), "", 200
    if request.method == "POST":
        form, status = KeyForm(request.POST), 422
        if form.is_valid():
            try:
                _key, shown = create_key(user=request.user, **form.said(now), now=now)
            except Refusal as refusal:
                form.refuse(refusal)
            else:
                form, status = KeyForm(), 200
    keys = [(key, key.is_usable(now)) for key in ApiKey.objects.visible_to(request.user)]
    return render(
        request, "profiles/integrations.html", {"form": form, "keys": keys, "shown": shown}, status=status
    )


@require_POST
@login_required
def revoke(request: HttpRequest, public_id: str) -> HttpResponse:
    """Needs no proof of who it is: ending a key that was stolen must be quick."""
    key = revoke_key(key=get_visible(ApiKey.objects, request, public_id=public_id), now=timezone.now())
    messages.success(request, _("“%(name)s” opens nothing any more.") % {"name": key.name})
    return redirect("profiles:integrations")
