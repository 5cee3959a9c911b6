"""Who may see and do what, asked in one place.

Every model with an owner of which readers open one has a `visible_to(user)` on its QuerySet. A stranger gets 404, for
whether a thing exists is already something to know; who may see it but lacks the role gets 403.
"""

from typing import Any, Protocol, TypeVar

from django.core.exceptions import PermissionDenied
from django.db.models import Model, QuerySet
from django.http import HttpRequest
from django.shortcuts import get_object_or_404

ModelT = TypeVar("ModelT", bound=Model)
ModelT_co = TypeVar("ModelT_co", bound=Model, covariant=True)


class Guarded(Protocol[ModelT_co]):
    def visible_to(self, user: Any) -> "QuerySet[ModelT_co]": ...


def get_visible(
    guarded: "Guarded[ModelT]", request: HttpRequest, *, permission: str | None = None, **lookup: object
) -> ModelT:
    """The one object of `guarded` that matches `lookup`, if the signed-in user may see it.

    Raises Http404 for a stranger, PermissionDenied without `permission`.
    """
    found = get_object_or_404(guarded.visible_to(request.user), **lookup)
    if permission and not request.user.has_perm(permission):
        raise PermissionDenied
    return found
