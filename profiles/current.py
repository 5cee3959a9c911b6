"""The business for which the signed-in person works: its owner, or one of its members."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponseBase
from django.shortcuts import redirect

from profiles.models import Professional, User


class BusinessRequest(HttpRequest):
    """What a view behind `business_required` is given."""

    business: Professional
    user: User


def find_business(user: Any) -> Professional | None:
    """The business that `user` owns, else the one they are a member of, else None."""
    if not user.is_authenticated:
        return None
    owned = Professional.objects.filter(owner=user).select_related("owner").first()
    return owned or Professional.objects.filter(members=user).select_related("owner").order_by("pk").first()


def business_of(request: HttpRequest) -> Professional:
    """The business of whoever is signed in, read once per request. Raises Http404 where there is none."""
    if not hasattr(request, "business"):
        business = find_business(request.user)
        if business is None:
            raise Http404
        request.business = business  # type: ignore[attr-defined]
    return request.business  # type: ignore[attr-defined]


def own_business_of(request: HttpRequest) -> Professional:
    """The business that the signed-in person owns: only the owner claims (G10).

    Raises Http404 where there is no business at all, PermissionDenied for a member.
    """
    business = business_of(request)
    if business.owner_id != request.user.pk:
        raise PermissionDenied
    return business


def business_required(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    """For views of a professional: sets `request.business`.

    Signed out: to the sign-in page and back. Without a business yet: to the page that opens one.
    """

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not request.user.is_authenticated:
            return redirect_to_login(request.get_full_path())
        try:
            business_of(request)
        except Http404:
            return redirect("profiles:open")
        return view(request, *args, **kwargs)

    return guarded
