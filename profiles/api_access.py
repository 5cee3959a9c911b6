"""Who asks the API, what they may, and how often."""

from datetime import timedelta
from typing import Any

from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from rest_framework import exceptions
from rest_framework.authentication import BaseAuthentication, get_authorization_header
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle

from base.limits import take
from profiles.addresses import network_of
from profiles.api_keys import key_of, note_use
from profiles.models import ApiKey, User

WINDOW = timedelta(minutes=1)


class KeyAuthentication(BaseAuthentication):
    """`Authorization: Bearer quince_…`. Nobody is let in by a cookie: no page of another site can ask in their name."""

    SCHEME = "Bearer"

    def authenticate(self, request: Request) -> tuple[User, ApiKey] | None:
        words = get_authorization_header(request).split()
        if not words:
            return None
        now = timezone.now()
        shown = words[1].decode("latin-1") if len(words) == 2 else ""
        key = key_of(shown, now=now) if words[0].lower() == self.SCHEME.lower().encode() else None
        if key is None:
            raise exceptions.AuthenticationFailed(
                _(
                    "This key does not exist, was revoked, or has expired. Make another on your page of integrations."
                )
            )
        note_use(key, now=now)
        return key.user, key

    def authenticate_header(self, request: Request) -> str:
        return f'{self.SCHEME} realm="api"'


class HasScope(BasePermission):
    """Lets in who has a key with the scope that the view names for the method."""

    def has_permission(self, request: Request, view: Any) -> bool:
        if not isinstance(request.auth, ApiKey):
            return False
        # Whoever asks for the head asks for what the body would say.
        wanted = view.scopes.get("GET" if request.method == "HEAD" else request.method)
        if wanted is None:
            # A method that there is not is answered as such; of one that names no scope nobody is let in.
            return request.method == "OPTIONS" or request.method not in view.allowed_methods
        if wanted in request.auth.scope_set:
            return True
        self.message = _("This key may not do that: it needs the scope “%(scope)s”.") % {"scope": wanted}
        return False


class Throttle(BaseThrottle):
    """So many requests a minute of one key; of one network, for whoever shows none."""

    def allow_request(self, request: Request, view: Any) -> bool:
        self.now = timezone.now()
        if isinstance(request.auth, ApiKey):
            who = f"key:{request.auth.pk}"
        else:
            who = f"network:{network_of(request._request)}"
        return take("api", who, most=settings.API_REQUESTS_A_MINUTE, window=WINDOW, now=self.now)

    def wait(self) -> float:
        return WINDOW.total_seconds() - self.now.timestamp() % WINDOW.total_seconds()
