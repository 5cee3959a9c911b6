"""Planned sessions, at the desk: listed, planned with a client, moved, held and cancelled (S4)."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from base.errors import Refusal
from base.posting import post_or_back_to, to_top_of
from support.admin_forms import show_refusal
from support.call_forms import FindClientForm
from support.callers import find_clients
from support.errors import SupportError
from support.models import Agreement, Client, PlannedSession, Ticket
from support.session_forms import CancelForm, MoveForm, SessionForm
from support.sessions import agreements_to_meet, cancel_session, hold_session, move_session, plan_session
from support.sessions_shown import Which, in_groups, listed, session_shown
from support.staff import who_hold_sessions
from support.views.desk.doors import client_named, desk_ticket, reader_of
from support.views.desk.ticket import ticket_page

PAGE = "support:desk_session"
PER_PAGE = 50


@require_safe
@login_required
def sessions(request: HttpRequest) -> HttpResponse:
    """Those that are planned, first what has passed and nobody has said of whether it was held; or what has ended."""
    if not request.user.has_perm("support.view_plannedsession"):
        raise PermissionDenied
    said = request.GET.get("which", "")
    which = Which(said) if said in Which.values else Which.PLANNED
    page = Paginator(listed(reader_of(request), which), PER_PAGE).get_page(request.GET.get("page"))
    context = {
        "page": page,
        "groups": in_groups(page.object_list, timezone.now()),
        "which": which,
        "tabs": [(each, each == which) for each in Which],
        "may_plan": request.user.has_perm("support.add_plannedsession"),
    }
    return render(request, "support/desk/sessions.html", context)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def plan(request: HttpRequest) -> HttpResponse:
    """One with the client that the address names (`?client=`, and maybe `agreement=`, the id of one of theirs); without
    one, somebody is looked for, and nothing is planned."""
    if not request.user.has_perm("support.add_plannedsession"):
        raise PermissionDenied
    client = client_named(request)
    if client is not None:
        return _plan(request, Agreement.objects.filter(client=client), request.GET.get("agreement"))
    if request.method == "POST":
        return to_top_of("support:desk_plan_session")
    form = FindClientForm(request.GET if "q" in request.GET else None)
    said: Any = form.cleaned_data["q"] if form.is_bound and form.is_valid() else ""
    own = Client.objects.ids_visible_to(request.user)
    found = [each for each in find_clients(said) if each.pk not in own]
    return render(request, "support/desk/plan_with.html", {"finding": form, "found": found})


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def plan_for_ticket(request: HttpRequest, public_id: str) -> HttpResponse:
    """One with the client of a ticket, under the agreement to which that belongs where somebody has said which."""
    ticket = desk_ticket(request, public_id)
    if not request.user.has_perm("support.add_plannedsession"):
        raise PermissionDenied
    try:
        agreements = agreements_to_meet(ticket)
    except SupportError as refusal:
        return ticket_page(request, ticket, status=409, refusal=refusal)
    version = ticket.agreement_version
    return _plan(request, agreements, version.agreement_id if version else None, ticket)


def _plan(
    request: HttpRequest, agreements: QuerySet[Agreement], likely: Any, ticket: Ticket | None = None
) -> HttpResponse:
    """`likely` is the id of the agreement that is proposed; without one the newest is."""
    newest = agreements.select_related("client__customer").latest("signed_on", "pk")
    form = SessionForm(
        request.POST if request.method == "POST" else None,
        initial={"agreement": likely or newest.pk, "consultant": request.user.pk},
        agreements=agreements.order_by("-signed_on", "-pk"),
        consultants=who_hold_sessions(),
    )
    status = 422 if form.is_bound else 200
    if form.is_valid():
        try:
            planned = plan_session(**form.said(), by=reader_of(request), now=timezone.now())
        except Refusal as refusal:
            show_refusal(form, refusal)
            status = 409
        else:
            messages.success(request, _("Planned. Client and consultant are told by mail."))
            return to_top_of(PAGE, public_id=planned.public_id)
    context = {"form": form, "client": newest.client, "ticket": ticket}
    return render(request, "support/desk/plan_session.html", context, status=status)


@require_safe
@login_required
def session(request: HttpRequest, public_id: str) -> HttpResponse:
    """One session, and what can be done with it."""
    return _page(request, _found(request, public_id))


@login_required
@post_or_back_to(PAGE)
def move(request: HttpRequest, public_id: str) -> HttpResponse:
    """Gives it another time."""
    found, status = _to_change(request, public_id), 422
    form = MoveForm(request.POST, session=found)
    if form.is_valid():
        try:
            move_session(session=found, **form.cleaned_data, by=reader_of(request), now=timezone.now())
        except Refusal as refusal:
            show_refusal(form, refusal)
            status = 409
        else:
            messages.success(request, _("Moved. Client and consultant are told by mail."))
            return to_top_of(PAGE, public_id=public_id)
    return _page(request, _found(request, public_id), status=status, moving=form)


@login_required
@post_or_back_to(PAGE)
def hold(request: HttpRequest, public_id: str) -> HttpResponse:
    """Says that it took place."""
    found = _to_change(request, public_id)
    try:
        hold_session(session=found, by=reader_of(request), now=timezone.now())
    except Refusal as refusal:
        return _page(request, _found(request, public_id), status=409, refusal=refusal)
    messages.success(request, _("It is written down that the session was held."))
    return to_top_of(PAGE, public_id=public_id)


@login_required
@post_or_back_to(PAGE)
def cancel(request: HttpRequest, public_id: str) -> HttpResponse:
    """Says that it does not take place, and why."""
    found, status = _to_change(request, public_id), 422
    form = CancelForm(request.POST)
    if form.is_valid():
        try:
            cancel_session(session=found, **form.cleaned_data, by=reader_of(request), now=timezone.now())
        except Refusal as refusal:
            show_refusal(form, refusal)
            status = 409
        else:
            messages.success(request, _("Cancelled. Client and consultant are told by mail."))
            return to_top_of(PAGE, public_id=public_id)
    return _page(request, _found(request, public_id), status=status, cancelling=form)


def _found(request: HttpRequest, public_id: str) -> PlannedSession:
    """The session, for whoever may look at it. Raises Http404 for everybody else: that there is one says something."""
    rows = PlannedSession.objects.at_the_desk(request.user).select_related(
        "agreement__client__customer", "consultant"
    )
    return get_object_or_404(rows, public_id=public_id)


def _to_change(request: HttpRequest, public_id: str) -> PlannedSession:
    """The same, for whoever may change it. Raises PermissionDenied for who may only look."""
    found = _found(request, public_id)
    if not request.user.has_perm("support.change_plannedsession"):
        raise PermissionDenied
    return found


def _page(
    request: HttpRequest,
    found: PlannedSession,
    *,
    status: int = 200,
    refusal: Refusal | None = None,
    **sent: Any,
) -> HttpResponse:
    """`sent` is what was sent and refused, as `session_shown` takes it."""
    shown = session_shown(found, reader=reader_of(request), now=timezone.now(), **sent)
    return render(request, "support/desk/session.html", shown | {"refusal": refusal}, status=status)
