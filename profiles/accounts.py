"""How people sign up and in: allauth, with our mails."""

import uuid
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.models import EmailAddress
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import get_language

from mail import outbox
from profiles.browsers import remember_browser
from profiles.current import find_business
from profiles.models import User


class AccountAdapter(DefaultAccountAdapter):
    """Account mails go through the outbox like all others (X3); a browser is remembered on sign-in (G8)."""

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Writes the mail that allauth calls `template_prefix` ("account/email/password_reset_key").

        Each is its own cause: a second code is a second mail. Whom no account is known of is written to in the
        language of the page, like whoever has just signed up.
        """
        reader = context.get("user") or _user_of(email)
        outbox.write(
            kind=f"account/{template_prefix.rpartition('/')[2]}",
            cause=f"account:{uuid.uuid4().hex}",
            to=email,
            language=(reader.language if reader else "") or get_language() or "",
            time_zone=reader.time_zone if reader else "",
            context={"email": email, **context},
            # allauth calls this as a view calls a job: here the clock is read.
            now=timezone.now(),  # noqa: TID251
        )

    def post_login(self, request: HttpRequest, user: User, **kwargs: Any) -> HttpResponse:
        """Marks the browser in which a professional's people sign in."""
        response: HttpResponse = super().post_login(request, user, **kwargs)
        business = find_business(user)
        if business is not None:
            remember_browser(response, business.pk)
        return response


def _user_of(email: str) -> User | None:
    address = EmailAddress.objects.filter(email__iexact=email).select_related("user").first()
    return address.user if address else None
