"""What is said on a ticket by the desk: answers, notes, and that something needs no answer."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.utils.translation import gettext as _

from base.posting import post_or_back_to
from support.desk_forms import AnswerForm, NoAnswerForm, NoteForm
from support.desk_ticket import language_of_asker
from support.errors import SupportError
from support.looking import stop_looking
from support.messages import add_note, answer_ticket, needs_no_answer
from support.models import SavedReply, Ticket
from support.views.desk.doors import desk_ticket, reader_of
from support.views.desk.ticket import ticket_page

PAGE = "support:desk_ticket"


@login_required
@post_or_back_to(PAGE)
def answer(request: HttpRequest, public_id: str) -> HttpResponse:
    """Answers, and closes where that was pressed; or puts a saved reply into what is being written."""
    found = desk_ticket(request, public_id)
    if "insert" in request.POST:
        return _inserted(request, found)
    form = AnswerForm(request.POST, request.FILES)
    if not form.is_valid():
        return ticket_page(request, found, status=422, forms={"answering": form})
    said, close = form.cleaned_data, "close" in request.POST
    try:
        answer_ticket(
            ticket=found,
            text=said["text"],
            by=reader_of(request),
            now=timezone.now(),
            seen=said["seen"],
            files=form.uploads(),
            close=close,
            public_id=said["form_id"],
        )
    except SupportError as refusal:
        return _refused(request, found, refusal)
    stop_looking(ticket=found, by=reader_of(request))
    if close:
        messages.success(request, _("Answered and closed. %(number)s is done.") % {"number": found.number})
        return redirect("support:desk")
    messages.success(request, _("Answered. Whoever asked has it by e-mail."))
    return redirect(PAGE, public_id=found.public_id)


def _refused(request: HttpRequest, found: Ticket, refusal: SupportError) -> HttpResponse:
    """The page again with what was typed. Where something was said meanwhile it is shown and marked, and the same press
    once more sends the answer (S8)."""
    data = request.POST.copy()
    had_seen = AnswerForm(request.POST).fields["seen"].clean(request.POST.get("seen"))
    newest = found.messages.order_by("-pk").values_list("pk", flat=True).first()
    if refusal.code == "news":
        data["seen"] = str(newest)
    form = AnswerForm(data)
    form.is_valid()
    form.refuse(refusal)
    found = desk_ticket(request, str(found.public_id))
    return ticket_page(
        request,
        found,
        status=409,
        had_seen=had_seen,
        forms={"answering": form},
        files_to_choose=bool(request.FILES),
        news=refusal.code == "news",
    )


def _inserted(request: HttpRequest, found: Ticket) -> HttpResponse:
    """What is being written, with a saved reply behind it. Nothing is sent."""
    typed = request.POST.get("text", "").rstrip()
    reply = SavedReply.objects.usable_by(request.user).filter(pk=_number(request.POST.get("reply"))).first()
    parts = [typed, reply.text_in(language_of_asker(found)) if reply else ""]
    seen = _number(request.POST.get("seen"))
    form = AnswerForm(
        initial={
            "text": "\n\n".join(filter(None, parts)),
            "seen": seen,
            "form_id": request.POST.get("form_id", ""),
        }
    )
    return ticket_page(
        request,
        found,
        had_seen=seen,
        forms={"answering": form},
        files_to_choose=bool(request.FILES),
        writing=True,
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
    status = 422
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
            status = 409
        else:
            messages.success(request, _("Noted."))
            return redirect(PAGE, public_id=found.public_id)
    return ticket_page(request, found, status=status, forms={"noting": form})


@login_required
@post_or_back_to(PAGE)
def no_answer(request: HttpRequest, public_id: str, message_id: str) -> HttpResponse:
    """Says that one message needs no answer, and why."""
    found = desk_ticket(request, public_id)
    message = get_object_or_404(found.messages, public_id=message_id)
    form = NoAnswerForm(request.POST)
    status = 422
    if form.is_valid():
        try:
            needs_no_answer(
                message=message, why=form.cleaned_data["why"], by=reader_of(request), now=timezone.now()
            )
        except SupportError as refusal:
            form.refuse(refusal)
            status = 409
        else:
            messages.success(request, _("It needs no answer: noted with your reason."))
            return redirect(PAGE, public_id=found.public_id)
    return ticket_page(request, found, status=status, forms={"no_answer": form}, no_answer_to=message.pk)
