"""What is said on a ticket by the desk: answers, notes, and that something needs no answer."""

from collections.abc import Mapping
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.utils.translation import gettext as _

from base.links import absolute
from base.posting import post_or_back_to, to_top_of
from support.answering import answer_and_log
from support.desk_forms import AnswerForm, NoAnswerForm, NoteForm, WorkForm, left_of
from support.desk_ticket import bookable, language_of_asker, last_call, last_message, places_of
from support.errors import SupportError
from support.looking import stop_looking
from support.messages import add_note, needs_no_answer
from support.models import ArticleText, SavedReply, Ticket
from support.placing import read_place
from support.views.desk.doors import desk_ticket, reader_of
from support.views.desk.logging import to_offer
from support.views.desk.ticket import ticket_page
from support.work import LEADS_TO_OFFER

PAGE = "support:desk_ticket"


@login_required
@post_or_back_to(PAGE)
def answer(request: HttpRequest, public_id: str) -> HttpResponse:
    """Answers, with the work that it took where some is said, and closes where that was pressed; or puts a saved reply
    into what is being written."""
    found, now = desk_ticket(request, public_id), timezone.now()
    form = AnswerForm(request.POST, request.FILES, ticket=found, places=places_of(found, now))
    working = WorkForm(request.POST, proposed=bookable(found, now), optional=True)
    if "insert" in request.POST:
        return _inserted(request, found, working)
    right = form.is_valid()
    if not (working.empty or working.is_valid()) or not right:
        return _again(request, found, form, working, status=422)
    said, close, by = form.cleaned_data, "close" in request.POST, reader_of(request)
    try:
        work = None if working.empty else working.work()
        answer_and_log(
            ticket=found,
            text=said["text"],
            by=by,
            now=now,
            seen=said["seen"],
            seen_call=said["seen_call"],
            files=form.uploads(),
            close=close,
            public_id=said["form_id"],
            work=work,
            place=read_place(said.get("where", "")),
        )
    except SupportError as refusal:
        return _refused(request, found, said, refusal)
    stop_looking(ticket=found, by=by)
    if work and (offering := to_offer(request, found, work)):
        return offering
    if close:
        messages.success(request, _("Answered and closed. %(number)s is done.") % {"number": found.number})
        return redirect("support:desk")
    messages.success(request, _("Answered. Whoever asked is written to."))
    return to_top_of(PAGE, public_id=found.public_id)


def _refused(
    request: HttpRequest, found: Ticket, said: Mapping[str, Any], refusal: SupportError
) -> HttpResponse:
    """The page again with what was typed (`said`). Where something was said or called meanwhile it is shown and marked,
    and the same press once more sends the answer (S8)."""
    # Read anew: it is somebody else's change that refused it.
    found = desk_ticket(request, str(found.public_id))
    proposed = bookable(found, timezone.now())
    data = request.POST.copy()
    if refusal.code == "news":
        data["seen"] = str(last_message(found))
        data["seen_call"] = str(last_call(found))
    if refusal.code == "left_changed":
        data["work-left"] = left_of(proposed)
    form = AnswerForm(data, ticket=found, places=places_of(found, timezone.now()))
    working = WorkForm(data, proposed=proposed, optional=True)
    form.is_valid()
    if not working.empty and refusal.field in working.fields and refusal.field not in form.fields:
        working.is_valid()
        working.refuse(refusal)
    else:
        form.refuse(refusal)
    return _again(
        request,
        found,
        form,
        working,
        status=409,
        had_seen=said["seen"],
        had_seen_call=said["seen_call"],
        news=refusal.code == "news",
        gone=refusal,
        offer=refusal.code in LEADS_TO_OFFER,
    )


def _again(
    request: HttpRequest, found: Ticket, form: AnswerForm, working: WorkForm, *, status: int, **more: Any
) -> HttpResponse:
    if working.empty:
        # What is said of no work is no mistake.
        working = WorkForm(proposed=list(working.proposed.values()), optional=True)
    return ticket_page(
        request,
        found,
        status=status,
        forms={"answering": form, "working": working},
        opened="answering",
        files_to_choose=bool(request.FILES),
        **more,
    )


def _inserted(request: HttpRequest, found: Ticket, working: WorkForm) -> HttpResponse:
    """What is being written, with a saved reply or the address of an article behind it. Nothing is sent."""
    what, _dash, named = request.POST.get("insert", "").partition("-")
    language = language_of_asker(found)
    added = ""
    if what == "reply":
        chosen = _number(request.POST.get("reply"))
        reply = SavedReply.objects.usable_by(request.user).filter(pk=chosen).first()
        added = reply.text_in(language) if reply else ""
    elif what == "article":
        article = ArticleText.objects.published().bare().filter(pk=_number(named)).first()
        added = f"{article.title}: {absolute('support:article', slug=article.slug)}" if article else ""
    parts = [request.POST.get("text", "").rstrip(), added]
    seen, seen_call = (_number(request.POST.get(name)) for name in ("seen", "seen_call"))
    form = AnswerForm(
        ticket=found,
        places=places_of(found, timezone.now()),
        initial={
            "where": request.POST.get("where", ""),
            "text": "\n\n".join(filter(None, parts)),
            "seen": seen,
            "seen_call": seen_call,
            "form_id": request.POST.get("form_id", ""),
        },
    )
    looked_for = request.POST.get("article_said", "") if what == "search" else ""
    return _again(
        request,
        found,
        form,
        working,
        status=200,
        had_seen=seen,
        had_seen_call=seen_call,
        looked_for=looked_for,
    )


def _number(said: str | None) -> int:
    """An id out of a form; what is none is nobody's."""
    return int(said) if said and said.isascii() and said.isdecimal() and len(said) < 16 else 0


@login_required
@post_or_back_to(PAGE)
def note(request: HttpRequest, public_id: str) -> HttpResponse:
    """A note that the desk alone reads."""
    found = desk_ticket(request, public_id)
    form = NoteForm(request.POST)
    status, gone = 422, None
    if form.is_valid():
        try:
            add_note(
                ticket=found,
                text=form.cleaned_data["text"],
                by=reader_of(request),
                now=timezone.now(),
                public_id=form.cleaned_data["form_id"],
            )
        except SupportError as refusal:
            form.refuse(refusal)
            status, gone = 409, refusal
        else:
            messages.success(request, _("Noted."))
            return to_top_of(PAGE, public_id=found.public_id)
    return ticket_page(request, found, status=status, forms={"noting": form}, gone=gone)


@login_required
@post_or_back_to(PAGE)
def no_answer(request: HttpRequest, public_id: str, message_id: str) -> HttpResponse:
    """Says that one message needs no answer, and why."""
    found = desk_ticket(request, public_id)
    message = get_object_or_404(found.messages, public_id=message_id)
    form = NoAnswerForm(request.POST)
    status, gone = 422, None
    if form.is_valid():
        try:
            needs_no_answer(
                message=message, why=form.cleaned_data["why"], by=reader_of(request), now=timezone.now()
            )
        except SupportError as refusal:
            form.refuse(refusal)
            status, gone = 409, refusal
        else:
            messages.success(request, _("It needs no answer: noted with your reason."))
            return to_top_of(PAGE, public_id=found.public_id)
    return ticket_page(
        request, found, status=status, forms={"no_answer": form}, gone=gone, no_answer_to=message.pk
    )
