"""Quotes, at the desk: listed, made for a client, looked through, changed, sent, withdrawn, and recorded from paper
(S4)."""

from collections.abc import Sequence
from typing import Any, TypeVar

from django.contrib import messages
from django.contrib.auth.decorators import login_required, permission_required
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from base.errors import Refusal
from base.posting import post_or_back_to, to_top_of
from support.admin_forms import BaseLines, as_typed, show_refusal
from support.call_forms import FindClientForm
from support.callers import find_clients
from support.desk_calendar import desk_day
from support.documents import document_response
from support.models import Client, Quote
from support.quote_forms import (
    ChangedDraftForm,
    DraftForm,
    NewQuoteForm,
    QuotesForm,
    SendQuoteForm,
    SignedQuoteForm,
    WithdrawQuoteForm,
)
from support.quotes import change_quote, make_quote, record_signed_quote, send_quote, withdraw_quote
from support.quotes_shown import PARTS, RECORD, desk_quotes, quote_shown
from support.views.desk.doors import reader_of

PAGE = "support:desk_quote"
PER_PAGE = 50
F = TypeVar("F", bound=DraftForm)


@require_safe
@login_required
@permission_required("support.view_quote", raise_exception=True)
def quotes(request: HttpRequest) -> HttpResponse:
    """Those that there are, the newest first. Of the query, `only` is a part of them and `q` what is looked for."""
    part, form = request.GET.get("only", ""), QuotesForm(request.GET)
    said = form.said()
    found = desk_quotes(reader_of(request), part=part, said=said)
    page = Paginator(found, PER_PAGE).get_page(request.GET.get("page"))
    context = {
        "page": page,
        "said": said,
        "form": form,
        "parts": [(name, label, name == part) for name, label, _states in PARTS],
        "part": part,
        "today": desk_day(timezone.now()),
    }
    return render(request, "support/desk/quotes.html", context)


@require_safe
@login_required
@permission_required("support.add_quote", raise_exception=True)
def choose(request: HttpRequest) -> HttpResponse:
    """For whom one is made: looked for by name, among clients and those who are none yet. `?part=found` is what was
    found alone, asked for while typing."""
    finding = FindClientForm(request.GET if "q" in request.GET else None)
    said: Any = finding.cleaned_data["q"] if finding.is_bound and finding.is_valid() else ""
    found: Sequence[Client] = find_clients(said, among=_others(request))
    context = {"finding": finding, "found": found}
    if request.GET.get("part") == "found":
        return render(request, "support/desk/quoted_found.html", context)
    return render(request, "support/desk/choose_quoted.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
@permission_required("support.add_quote", raise_exception=True)
def make(request: HttpRequest, public_id: str) -> HttpResponse:
    """A draft for a client, which the desk alone sees."""
    client = get_object_or_404(_others(request), public_id=public_id)
    today = desk_day(timezone.now())
    form, lines = NewQuoteForm(), BaseLines.of(None, starts_on=today)
    status = 200
    if "more" in request.POST:
        form, lines = _with_one_more(NewQuoteForm, request)
    elif request.method == "POST":
        form, status = NewQuoteForm(request.POST, request.FILES), 422
        lines = BaseLines.of(request.POST, starts_on=today)
        if _are_valid(form, lines):
            try:
                quote = make_quote(
                    client=client,
                    lines=lines.lines(),
                    by=reader_of(request),
                    now=timezone.now(),
                    public_id=form.cleaned_data["form_id"],
                    **form.said(),
                )
            except Refusal as refusal:
                show_refusal(form, refusal)
                status = 409
            else:
                drafted = _("%(number)s is a draft. Look through it, then send it.")
                messages.success(request, drafted % {"number": quote.number})
                return to_top_of(PAGE, public_id=quote.public_id)
    context = {"form": form, "lines": lines, "client": client, "to_choose_again": _files_lost(request)}
    return render(request, "support/desk/make_quote.html", context, status=status)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def quote(request: HttpRequest, public_id: str) -> HttpResponse:
    """A draft as its client will read it, to be looked through and changed; what was sent is looked at."""
    if request.method != "POST":
        return _page(request, _found(request, public_id))
    found, status = _to_change(request, public_id), 422
    if "more" in request.POST:
        form, lines = _with_one_more(ChangedDraftForm, request)
        return _page(request, found, form=form, lines=lines, changing=True)
    form, now = ChangedDraftForm(request.POST, request.FILES), timezone.now()
    lines = BaseLines.of(request.POST, starts_on=desk_day(now), rows=list(found.lines.all()))
    if _are_valid(form, lines):
        try:
            change_quote(
                quote=found,
                lines=lines.lines(),
                by=reader_of(request),
                now=now,
                seen=form.cleaned_data["seen"],
                **form.said(),
            )
        except Refusal as refusal:
            found, status = _found(request, public_id), 409
            form.refuse(refusal, found)
        else:
            messages.success(request, _("The draft is saved."))
            return to_top_of(PAGE, public_id=public_id)
    return _page(request, found, status=status, form=form, lines=lines, changing=True)


@require_safe
@login_required
def document(request: HttpRequest, public_id: str) -> HttpResponse:
    """The PDF that goes with it."""
    found = _found(request, public_id)
    return document_response(found.document, found.number)


@login_required
@post_or_back_to(PAGE)
def send(request: HttpRequest, public_id: str) -> HttpResponse:
    """Sends it as its sender had it in view: what somebody else has changed meanwhile is shown, and the same press once
    more sends that."""
    found = _to_change(request, public_id)
    seen = SendQuoteForm(request.POST).had()
    try:
        send_quote(quote=found, by=reader_of(request), now=timezone.now(), seen=seen)
    except Refusal as refusal:
        return _page(request, _found(request, public_id), status=409, refusal=refusal)
    messages.success(request, _("Sent to whoever signs for the client."))
    return to_top_of(PAGE, public_id=public_id)


@login_required
@post_or_back_to(PAGE)
def withdraw(request: HttpRequest, public_id: str) -> HttpResponse:
    """Takes it back. Of one that was sent the client is told why."""
    found, status = _to_change(request, public_id), 422
    form = WithdrawQuoteForm(request.POST)
    if form.is_valid():
        try:
            withdraw_quote(
                quote=found, reason=form.cleaned_data["reason"], by=reader_of(request), now=timezone.now()
            )
        except Refusal as refusal:
            show_refusal(form, refusal)
            status = 409
        else:
            messages.success(request, _("The quote is withdrawn."))
            return to_top_of(PAGE, public_id=public_id)
    return _page(request, _found(request, public_id), status=status, withdrawing=form)


@login_required
@post_or_back_to(PAGE)
def record(request: HttpRequest, public_id: str) -> HttpResponse:
    """The client signed on paper: with that it becomes an agreement."""
    found, status = _to_do(request, public_id, RECORD), 422
    form = SignedQuoteForm(request.POST, request.FILES)
    if form.is_valid():
        try:
            agreement = record_signed_quote(
                quote=found, **form.cleaned_data, by=reader_of(request), now=timezone.now()
            )
        except Refusal as refusal:
            show_refusal(form, refusal)
            status = 409
        else:
            messages.success(request, _("Recorded as %(number)s.") % {"number": agreement.number})
            return to_top_of(PAGE, public_id=public_id)
    return _page(request, _found(request, public_id), status=status, recording=form)


def _others(request: HttpRequest) -> Any:
    """Whom a quote can be made for: nobody makes one for whom they speak."""
    return Client.objects.of_others(request.user).select_related("customer__professional")


def _found(request: HttpRequest, public_id: str) -> Quote:
    """The quote, for whoever may look at it. Raises Http404 for everybody else: that there is one says something."""
    rows = Quote.objects.at_the_desk(request.user).select_related(
        "client__customer__professional", "agreement"
    )
    return get_object_or_404(rows, public_id=public_id)


def _to_do(request: HttpRequest, public_id: str, permission: str) -> Quote:
    """The same, for whoever may do that with it. Raises PermissionDenied for who may only look."""
    found = _found(request, public_id)
    if not request.user.has_perm(permission):
        raise PermissionDenied
    return found


def _to_change(request: HttpRequest, public_id: str) -> Quote:
    return _to_do(request, public_id, "support.change_quote")


def _are_valid(form: DraftForm, lines: BaseLines) -> bool:
    """Both are asked, so that all that is wrong is told at once."""
    return all([form.is_valid(), lines.is_valid()])


def _with_one_more(kind: type[F], request: HttpRequest) -> tuple[F, BaseLines]:
    """The form as it was typed so far, judged by nobody yet, and room for another line: for who has no script."""
    today = desk_day(timezone.now())
    return kind(initial=as_typed(kind(request.POST))), BaseLines.one_more(request.POST, starts_on=today)


def _files_lost(request: HttpRequest) -> bool:
    """No browser keeps the files that were chosen in a form that is shown again."""
    return bool(request.FILES)


def _page(
    request: HttpRequest,
    found: Quote,
    *,
    status: int = 200,
    refusal: Refusal | None = None,
    changing: bool = False,
    **sent: Any,
) -> HttpResponse:
    """`sent` is what was sent and refused, as `quote_shown` takes it; `changing`: its draft was."""
    shown = quote_shown(found, reader=reader_of(request), now=timezone.now(), **sent)
    more = {"refusal": refusal, "changing": changing, "to_choose_again": _files_lost(request)}
    return render(request, "support/desk/quote.html", shown | more, status=status)
