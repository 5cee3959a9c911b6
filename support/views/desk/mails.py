"""Mails to the desk that were not taken in by themselves: listed with the reason, looked at, let in or set aside
(S10)."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from base.errors import Refusal
from base.posting import post_or_back_to, to_top_of
from mail import inbox
from mail.kept_files import attachment_response, message_of, message_response
from mail.models import IncomingMail
from mail.readers import may_decide
from mail.sanitised import html_response
from support.admin_forms import show_refusal
from support.mail_forms import SetAsideForm
from support.mails_shown import (
    Which,
    listed,
    mail_shown,
    mails_of_the_desk,
    reads_desk_mail,
    ticket_at_the_desk,
)
from support.views.desk.doors import reader_of

PAGE = "support:desk_incoming"
PER_PAGE = 50


@require_safe
@login_required
def mails(request: HttpRequest) -> HttpResponse:
    """What waits for a person; or what was not taken in and can be let in all the same."""
    reader = reader_of(request)
    if not reads_desk_mail(reader):
        raise PermissionDenied
    said = request.GET.get("which", "")
    which = Which(said) if said in Which.values else Which.WAITING
    page = Paginator(listed(reader, which), PER_PAGE).get_page(request.GET.get("page"))
    context = {"page": page, "which": which, "tabs": [(each, each == which) for each in Which]}
    return render(request, "support/desk/mails.html", context)


@require_safe
@login_required
def mail(request: HttpRequest, pk: int) -> HttpResponse:
    """One mail. What was taken in meanwhile is read where it stands now."""
    found = _found(request, pk)
    ticket = ticket_at_the_desk(found, reader_of(request))
    if ticket is not None:
        return redirect("support:desk_ticket", ticket.public_id)
    return _page(request, found)


@require_safe
@login_required
def html(request: HttpRequest, pk: int) -> HttpResponse:
    """Its HTML, made harmless, to be shown in a frame beside its text."""
    try:
        shown = html_response(message_of(_readable(request, pk)))
    except FileNotFoundError as error:
        raise Http404 from error
    if shown is None:
        raise Http404
    return shown


@require_safe
@login_required
def message(request: HttpRequest, pk: int) -> HttpResponse:
    """The message as it came, to be saved."""
    return message_response(_readable(request, pk))


@require_safe
@login_required
def file(request: HttpRequest, pk: int, position: int) -> HttpResponse:
    """One of its attachments, to be saved."""
    return attachment_response(_readable(request, pk), position)


@login_required
@post_or_back_to(PAGE)
def take_in(request: HttpRequest, pk: int) -> HttpResponse:
    """Lets it in, and leads to the ticket that it became part of."""
    found = _to_decide(request, pk)
    try:
        taken = inbox.take_in(mail=found, by=request.user, now=timezone.now())
    except Refusal as refusal:
        return _page(request, _found(request, pk), status=409, refusal=refusal)
    messages.success(request, _("It has been taken in."))
    ticket = ticket_at_the_desk(taken, reader_of(request))
    if ticket is None:
        return to_top_of("support:desk_mails")
    return to_top_of("support:desk_ticket", public_id=ticket.public_id)


@login_required
@post_or_back_to(PAGE)
def set_aside(request: HttpRequest, pk: int) -> HttpResponse:
    """Ends its waiting without taking it in, and says why."""
    found, status = _to_decide(request, pk), 422
    form = SetAsideForm(request.POST, mail=found)
    if form.is_valid():
        try:
            inbox.set_aside(
                mail=found, reason=form.cleaned_data["reason"], by=request.user, now=timezone.now()
            )
        except Refusal as refusal:
            show_refusal(form, refusal)
            status = 409
        else:
            messages.success(request, _("It has been set aside."))
            return to_top_of("support:desk_mails")
    return _page(request, _found(request, pk), status=status, setting_aside=form)


def _found(request: HttpRequest, pk: int) -> IncomingMail:
    """The mail, for whoever may see it. Raises Http404 for everybody else."""
    return get_object_or_404(mails_of_the_desk(reader_of(request)), pk=pk)


def _readable(request: HttpRequest, pk: int) -> IncomingMail:
    """The same, unless it was taken in: who reads it then is said where it stands."""
    found = _found(request, pk)
    if found.state == IncomingMail.State.TAKEN:
        raise Http404
    return found


def _to_decide(request: HttpRequest, pk: int) -> IncomingMail:
    """The mail, for whoever decides on it. Raises PermissionDenied for who may only look."""
    found = _found(request, pk)
    if not may_decide(request.user, found):
        raise PermissionDenied
    return found


def _page(
    request: HttpRequest,
    found: IncomingMail,
    *,
    status: int = 200,
    refusal: Refusal | None = None,
    setting_aside: SetAsideForm | None = None,
) -> HttpResponse:
    shown: dict[str, Any] = mail_shown(found, reader=reader_of(request), setting_aside=setting_aside)
    return render(request, "support/desk/mail.html", shown | {"refusal": refusal}, status=status)
