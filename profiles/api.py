"""What the views of the API begin with: whose key, whose business, and what was asked for already."""

import hashlib
import json
import uuid
from collections.abc import Callable
from datetime import datetime
from typing import Any, ClassVar, TypeVar

from django.conf import settings
from django.core.validators import ProhibitNullCharactersValidator
from django.db import models, transaction
from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.utils import OpenApiParameter
from rest_framework import exceptions, serializers
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.views import APIView

from base.api import Json, TooLarge
from profiles.api_access import HasScope, KeyAuthentication
from profiles.current import find_business
from profiles.errors import ProfileError
from profiles.models import ApiKey, Professional, RepeatedRequest, User
from profiles.plain_text import many_lines, one_line
from profiles.uploads import length_of

_Made = TypeVar("_Made", bound=models.Model)
IDEMPOTENCY = OpenApiParameter(
    "Idempotency-Key",
    str,
    OpenApiParameter.HEADER,
    required=True,
    description=(
        "Your own name for this request, of up to 100 visible characters. Sent again with the same name within a "
        "week, it is told what was done the first time and does nothing."
    ),
)


class KeyScheme(OpenApiAuthenticationExtension):
    """How a key is shown, for the document."""

    target_class = KeyAuthentication
    name = "key"

    def get_security_definition(self, auto_schema: Any) -> dict[str, Any]:
        return {
            "type": "http",
            "scheme": "bearer",
            "description": "A key of your page of integrations. Its scopes say what it may.",
        }


class Line(serializers.CharField):
    """One line, without what turns writing around."""

    def to_internal_value(self, data: Any) -> str:
        return _said(self, one_line, super().to_internal_value(data))


class Paragraphs(serializers.CharField):
    """Paragraphs, without what turns writing around."""

    def to_internal_value(self, data: Any) -> str:
        return _said(self, many_lines, super().to_internal_value(data))


def _said(field: serializers.CharField, clean: Callable[[str], str], text: str) -> str:
    ProhibitNullCharactersValidator()(text)
    text = clean(text)
    if not text:
        # Nothing but what nobody sees.
        field.fail("blank")
    return text


class OpenView(APIView):
    """A view for everybody, asked at `now`; a key is counted by itself, everybody else by their network."""

    permission_classes: list[Any] = [AllowAny]
    parser_classes = [Json]
    now: datetime

    @classmethod
    def as_view(cls, **initial: Any) -> Any:
        view: Any = super().as_view(**initial)
        view.bounds_itself = True  # For `profiles.middleware`: what is too large is answered as JSON, too.
        return view

    def perform_authentication(self, request: Request) -> None:
        try:
            super().perform_authentication(request)
        finally:
            # Here, so that whoever is refused is counted, too.
            super().check_throttles(request)

    def check_throttles(self, request: Request) -> None:
        """Done with the authentication."""

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        self.now = timezone.now()
        if length_of(request._request) > settings.DATA_UPLOAD_MAX_MEMORY_SIZE:
            raise TooLarge
        super().initial(request, *args, **kwargs)


class KeyView(OpenView):
    """A view that a key opens, by the scope of each method: `key` of `user`."""

    permission_classes = [HasScope]
    scopes: ClassVar[dict[str, str]] = {}
    key: ApiKey
    user: User

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        assert isinstance(request.auth, ApiKey) and isinstance(request.user, User)
        self.key, self.user = request.auth, request.user


class BusinessView(KeyView):
    """A view for the business that the key's owner owns or belongs to: `self.business`."""

    business: Professional

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        business = find_business(self.user)
        if business is None:
            raise exceptions.PermissionDenied(_("You have no business here yet."), code="no_business")
        self.business = business


class NoIdempotencyKey(exceptions.ParseError):
    default_detail = _(
        "Name this request in the header `Idempotency-Key`, so that it is never carried out twice."
    )
    default_code = "no_idempotency_key"


def once(view: KeyView, make: Callable[[], _Made], *, among: QuerySet[_Made]) -> tuple[_Made, bool]:
    """What `make` makes, and whether it was made now: of a request that was carried out before by this name, what was
    made then is found again `among` what its owner may see.

    Name and deed are one transaction: what was refused is not remembered, and of two at once the second waits.
    Raises NoIdempotencyKey, and ProfileError("idempotency_key_used") where the name was given to something else.
    """
    request = view.request
    name = request.headers.get("Idempotency-Key", "")
    if not name or len(name) > 100 or not name.isprintable():
        raise NoIdempotencyKey
    said = f"{request.method} {request.path}\n".encode() + canonical(request.data)
    fingerprint = hashlib.sha256(said).hexdigest()
    with transaction.atomic():
        row, is_new = RepeatedRequest.objects.get_or_create(
            key=view.key,
            idempotency_key=name,
            defaults={"fingerprint": fingerprint, "made": uuid.uuid4(), "at": view.now},
        )
        if is_new:
            made = make()
            row.made = made.public_id  # type: ignore[attr-defined]
            row.save(update_fields=["made"])
            return made, True
    if row.fingerprint != fingerprint:
        raise ProfileError(
            "idempotency_key_used",
            _("This `Idempotency-Key` was used for another request. Give each request a name of its own."),
        )
    return get_object_or_404(among, public_id=row.made), False


def canonical(data: Any) -> bytes:
    """The same bytes for the same content."""
    return json.dumps(data, sort_keys=True, ensure_ascii=False, default=str).encode()
