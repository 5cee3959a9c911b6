"""Who comes in at the desk."""

from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec, cast
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404

from profiles.models import User
from support.models import Client, Ticket

P = ParamSpec("P")


def desk_only(
    view: Callable[Concatenate[HttpRequest, P], HttpResponse],
) -> Callable[Concatenate[HttpRequest, P], HttpResponse]:
    """For whoever answers tickets, or hears appeals: others who are signed in are refused."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        if not answers_tickets(request.user):
            raise PermissionDenied
        return view(request, *args, **kwargs)

    return login_required(guarded)


def answers_tickets(user: object) -> bool:
    person = cast(User, user)
    return person.has_perm("support.answer_ticket") or person.has_perm("support.hear_appeal")


def desk_ticket(request: HttpRequest, public_id: str) -> Ticket:
    """The ticket, for whoever may answer it. Raises Http404 for everybody else: that there is one says something."""
    return get_object_or_404(tickets_of(request), public_id=public_id)


def tickets_of(request: HttpRequest) -> QuerySet[Ticket]:
    return Ticket.objects.at_the_desk(request.user).select_related(
        "client__customer",
        "consultant",
        "asker",
        "allowance",
        "agreement_version__agreement",
        "follows",
    )


def reader_of(request: HttpRequest) -> User:
    return cast(User, request.user)


def client_named(request: HttpRequest) -> Client | None:
    """The client that the address names; None where it names none. Raises Http404 where there is no such client, or
    the reader speaks for it."""
    said = request.GET.get("client")
    if not said:
        return None
    try:
        public_id = UUID(said)
    except ValueError as error:
        raise Http404 from error
    others = Client.objects.signed().exclude(pk__in=Client.objects.visible_to(request.user).values("pk"))
    return get_object_or_404(others, public_id=public_id)
