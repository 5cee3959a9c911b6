"""Calls at the consultants' desk: logged, listed, linked to whose they were; and the time in session (S3)."""

from collections.abc import Callable, Sequence
from typing import Any, Concatenate, ParamSpec, cast
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required, permission_required
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from base.dates import with_weekday
from base.posting import post_or_back_to
from profiles.models import User
from support import in_session
from support.call_forms import CallForm, FindClientForm, InSessionForm, LinkCallForm
from support.callers import find_clients, who_calls
from support.calls import link_call, log_call
from support.calls_shown import desk_calls, shown_at_the_desk
from support.errors import SupportError
from support.models import Call, Client, Ticket
from support.views.desk.doors import client_named

P = ParamSpec("P")
PER_PAGE = 50
ONLY = ("missed", "unknown", "not_returned")


def consultants_only(
    view: Callable[Concatenate[HttpRequest, P], HttpResponse],
) -> Callable[Concatenate[HttpRequest, P], HttpResponse]:
    """For whoever answers tickets and calls."""
    return login_required(permission_required("support.answer_ticket", raise_exception=True)(view))


@require_safe
@consultants_only
def calls(request: HttpRequest) -> HttpResponse:
    """Every call, newest first: those of nobody known wait for somebody who says whose they are."""
    return _list(request)


@require_POST
@consultants_only
def begin(request: HttpRequest) -> HttpResponse:
    """The reader is in session from now until the time that they say."""
    now = timezone.now()
    form = InSessionForm(request.POST)
    if not form.is_valid():
        return _list(request, in_session_form=form, status=422)
    try:
        session = in_session.begin_session(consultant=_user(request), until=form.moment(now), now=now)
    except SupportError as refusal:
        form.add_error(refusal.field, str(refusal))
        return _list(request, in_session_form=form, status=409)
    until = date_format(timezone.localtime(session.until), "TIME_FORMAT")
    messages.success(
        request, _("You are in session until %(time)s. The desk's page says so.") % {"time": until}
    )
    return redirect("support:calls")


@require_POST
@consultants_only
def end(request: HttpRequest) -> HttpResponse:
    """The reader is back."""
    if in_session.end_session(consultant=_user(request), now=timezone.now()):
        messages.success(request, _("Welcome back. Calls reach you again."))
    return redirect("support:calls")


@require_http_methods(["GET", "HEAD", "POST"])
@consultants_only
def new_call(request: HttpRequest) -> HttpResponse:
    """Logs a call. `?client=` is whose it was, where that was chosen; else the number says it."""
    now = timezone.now()
    client = client_named(request)
    asked = {name: request.GET[name] for name in ("phone", "ticket", "what") if name in request.GET}
    form = CallForm(
        request.POST if request.method == "POST" else None,
        initial=asked,
        client=client,
        reader=_user(request),
        now=now,
    )
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                call = log_call(by=_user(request), now=now, client=client, **form.said())
            except SupportError as refusal:
                form.add_error(refusal.field if refusal.field in form.fields else None, str(refusal))
                status = 409
            else:
                return _logged(request, call)
    finding, found = _found(request)
    context = {"form": form, "client": client, "finding": finding, "found": found}
    return render(request, "support/calls/new.html", context, status=status)


@require_safe
@consultants_only
def find_client(request: HttpRequest) -> HttpResponse:
    """Clients that fit what is typed: a part of a page, asked for while typing."""
    _finding, found = _found(request)
    template = "support/calls/found_to_choose.html" if "choose" in request.GET else "support/calls/found.html"
    return render(request, template, {"found": found})


@require_safe
@consultants_only
def call(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """One call; of one of nobody known, whose it was is said here."""
    return _page(request, _call(request, public_id))


@post_or_back_to("support:call")
@consultants_only
def link(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Says whose a call was."""
    found = _call(request, public_id)
    form = LinkCallForm(request.POST, clients=(), others=True)
    if not form.is_valid():
        return _page(request, found, form, status=422)
    data = form.cleaned_data
    try:
        linked = link_call(
            call=found,
            client=data["client"],
            with_others=data["with_others"],
            by=_user(request),
            now=timezone.now(),
        )
    except SupportError as refusal:
        form.add_error(refusal.field, str(refusal))
        return _page(request, _call(request, public_id), form, status=409)
    if linked.wait and linked.wait.ended_at is None:
        messages.success(
            request,
            _("It was a call of %(client)s, to be returned by %(moment)s.")
            % {"client": linked.client, "moment": _moment(linked)},
        )
    else:
        messages.success(request, _("It was a call of %(client)s.") % {"client": linked.client})
    return redirect("support:call", public_id)


def _logged(request: HttpRequest, call: Call) -> HttpResponse:
    """Where one goes after a call was logged, and what came of it."""
    if call.outcome == Call.Outcome.MISSED and call.wait is not None:
        said = _("Logged. It is to be returned by %(moment)s.") % {"moment": _moment(call)}
    elif call.client is None and call.number_said:
        said = _("Logged as one of an unknown number. If it was a client's, say here whose.")
    elif call.client is None:
        said = _("Logged. Nobody with this number is a client of ours, as far as we know.")
    else:
        said = _("Logged.")
    messages.success(request, said)
    mine = call.ticket_id and Ticket.objects.at_the_desk(request.user).filter(pk=call.ticket_id).exists()
    if mine and call.ticket is not None:
        return redirect("support:desk_ticket", call.ticket.public_id)
    return redirect("support:call", call.public_id)


def _list(
    request: HttpRequest, *, in_session_form: InSessionForm | None = None, status: int = 200
) -> HttpResponse:
    now = timezone.now()
    only = request.GET.get("only", "")
    only = only if only in ONLY else ""
    rows = desk_calls(Call.objects.at_the_desk(request.user), only)
    page = Paginator(rows, PER_PAGE).get_page(request.GET.get("page"))
    context = {
        "page": page,
        "calls": shown_at_the_desk(page.object_list, now),
        "only": only,
        "session": in_session.session_of(_user(request), now),
        "others": in_session.others_in_session(_user(request), now),
        "in_session_form": in_session_form or InSessionForm(),
    }
    return render(request, "support/calls/list.html", context, status=status)


def _page(
    request: HttpRequest, found: Call, form: LinkCallForm | None = None, *, status: int = 200
) -> HttpResponse:
    now = timezone.now()
    own = Client.objects.visible_to(request.user).values("pk")
    having = list(who_calls(str(found.phone)).clients) if found.client_id is None else []
    finding, looked_for = _found(request)
    known = {each.pk for each in having}
    clients = having + [each for each in looked_for if each.pk not in known]
    others = 0
    if found.client_id is None and found.phone:
        others = Call.objects.unclaimed().filter(phone=found.phone).exclude(pk=found.pk).count()
    context = {
        "call": found,
        "shown": shown_at_the_desk([found], now)[0],
        "form": form or LinkCallForm(clients=clients, others=bool(others)),
        "clients": Client.objects.filter(pk__in=[each.pk for each in clients]).exclude(pk__in=own),
        "having": having,
        "others": others,
        "finding": finding,
    }
    return render(request, "support/calls/call.html", context, status=status)


def _found(request: HttpRequest) -> tuple[FindClientForm, Sequence[Client]]:
    form = FindClientForm(request.GET if "q" in request.GET else None)
    said: Any = form.cleaned_data["q"] if form.is_bound and form.is_valid() else ""
    return form, find_clients(said)


def _call(request: HttpRequest, public_id: UUID) -> Call:
    calls = Call.objects.at_the_desk(request.user).select_related("client__customer", "ticket", "wait", "by")
    return get_object_or_404(calls, public_id=public_id)


def _moment(call: Call) -> str:
    assert call.wait is not None
    return with_weekday(timezone.localtime(call.wait.due_at))


def _user(request: HttpRequest) -> User:
    return cast(User, request.user)
