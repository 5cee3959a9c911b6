"""The client's side of tickets: opened, followed, added to, closed, rated."""

import uuid
from datetime import datetime
from typing import cast

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from base.access import get_visible
from base.errors import Refusal
from base.paging import in_order
from base.posting import post_or_back_to, to_top_of
from base.shown_forms import ShownForm, read_form, show_form
from profiles.models import User
from support.attachments import attachment_response, read_files
from support.calls_shown import calls_shown
from support.desk_calendar import deadline
from support.library_shown import readers_language
from support.matching import matching_articles
from support.messages import ask_again
from support.models import Attachment, Call, Client, Message, Ticket
from support.shown import why_then
from support.ticket_forms import OpenTicketForm, RateForm, SayMoreForm
from support.ticket_shown import in_list, note_seen, ticket_shown
from support.tickets import can_be_rated, close_ticket, followed, not_answered, open_ticket, rate_ticket
from support.topics import topics_of
from support.turns import refuse_too_many_messages, refuse_too_many_tickets, refuse_too_much, sent_before

SHOWN = 20
CALLS_SHOWN = 10
FORM = "ticket"
MORE = "ticket message"


@never_cache
@require_safe
@login_required
def tickets(request: HttpRequest) -> HttpResponse:
    """What the reader, or whoever they speak for, has asked: what goes on first, the newest before the rest."""
    user = cast(User, request.user)
    now = timezone.now()
    rows = in_list(Ticket.objects.visible_to(user))
    clients = _clients_of(user)
    context = {
        "page": in_order(rows, request, order=("done", "-asked_at", "-pk"), size=SHOWN),
        "clients": clients,
        "calls": calls_shown(Call.objects.visible_to(user), now, newest=CALLS_SHOWN),
        "now": now,
        "zone": timezone.get_current_timezone_name(),
    }
    return render(request, "support/tickets.html", context)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def new_ticket(request: HttpRequest) -> HttpResponse:
    """Asks something for a client, and says before by when it would be answered. Whoever speaks for none asks as
    everybody does."""
    user = cast(User, request.user)
    clients = _clients_of(user)
    if not clients:
        return redirect("support:ask")
    now = timezone.now()
    topics = topics_of(clients)
    if request.method != "POST":
        form = OpenTicketForm(clients=clients, topics=topics)
        return _new_page(request, form, show_form(FORM, now), now)
    shown = read_form(FORM, request.POST.get("form", "")) or show_form(FORM, now)
    form = OpenTicketForm(request.POST, request.FILES, clients=clients, topics=topics)
    status = 422
    if form.is_valid():
        try:
            ticket = _open(form, user, shown, now)
        except Refusal as refusal:
            form.refuse(refusal)
            status = _status(refusal)
            if refusal.code == "form_used":
                # Another ticket has a form of its own; what was typed stays.
                shown = show_form(FORM, now)
        else:
            messages.success(request, _("We have it. We have also written to you by when it is answered."))
            return redirect("support:ticket", ticket.public_id)
    return _new_page(request, form, shown, now, status=status)


def _open(form: OpenTicketForm, user: User, shown: ShownForm, now: datetime) -> Ticket:
    client, topic = form.said_client(), form.said_topic()
    assert client is not None
    said = form.cleaned_data
    files = read_files(said["files"])
    if not sent_before(shown.form_id):
        refuse_too_much(user, files, now)
        refuse_too_many_tickets(user, now)
    return open_ticket(
        public_id=shown.form_id,
        client=client,
        subject=said["subject"],
        text=said["text"],
        channel=Ticket.Channel.WEB,
        asked_at=now,
        now=now,
        asker=user,
        name=user.get_full_name(),
        email=user.email,
        phone=said["phone"],
        language=user.language or translation.get_language(),
        agreement=topic.agreement if topic else None,
        about=topic.label if topic else "",
        files=files,
    )


def _new_page(
    request: HttpRequest, form: OpenTicketForm, shown: ShownForm, now: datetime, status: int = 200
) -> HttpResponse:
    if form.is_bound and request.FILES:
        form.add_error("files", _("Please choose your files again."))
    due = deadline(now)
    asked = " ".join(str(form[name].value() or "") for name in ("subject", "text"))
    context = {
        "form": form,
        "shown": shown,
        "due_at": due.due_at,
        "why": why_then(due),
        "zone": timezone.get_current_timezone_name(),
        "suggested": matching_articles(asked, readers_language(request)) if form.is_bound else (),
    }
    return render(request, "support/new_ticket.html", context, status=status)


@never_cache
@require_safe
@login_required
def ticket(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """One ticket: what was said, by when an answer is due, and what was done."""
    found = _ticket(request, public_id)
    if found.state == Ticket.State.MERGED:
        return redirect("support:ticket", followed(found).public_id)
    now = timezone.now()
    if request.method == "GET":
        note_seen(found, now)
    return _page(request, found, now)


@never_cache
@require_safe
@login_required
def ticket_file(request: HttpRequest, public_id: uuid.UUID, file: uuid.UUID) -> HttpResponse:
    """A file that came with something said on it, to be saved. Not one of the desk's own notes."""
    found = _ticket(request, public_id)
    public = Message.objects.public().filter(ticket=found)
    return attachment_response(get_object_or_404(Attachment, public_id=file, message__in=public))


@never_cache
@post_or_back_to("support:ticket")
@login_required
def say_more(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """Adds something. A closed ticket is opened again by it, or another follows it."""
    found = _ticket(request, public_id)
    user, now = cast(User, request.user), timezone.now()
    shown = read_form(MORE, request.POST.get("form", "")) or show_form(MORE, now)
    form = SayMoreForm(request.POST, request.FILES)
    if not form.is_valid():
        return _page(request, found, now, saying=form, shown=shown, status=422)
    try:
        files = read_files(form.cleaned_data["files"])
        if not sent_before(shown.form_id):
            refuse_too_much(user, files, now)
            refuse_too_many_messages(user, now)
        message = ask_again(
            ticket=found,
            text=form.cleaned_data["text"],
            channel=Ticket.Channel.WEB,
            at=now,
            now=now,
            by=user,
            name=user.get_full_name(),
            email=user.email,
            files=files,
            public_id=shown.form_id,
        )
    except Refusal as refusal:
        form.refuse(refusal)
        if refusal.code == "form_used":
            shown = show_form(MORE, now)
        return _page(
            request, _ticket(request, public_id), now, saying=form, shown=shown, status=_status(refusal)
        )
    if message.ticket_id == found.pk or found.state == Ticket.State.MERGED:
        messages.success(request, _("Added. Whoever answers you sees it."))
    else:
        messages.success(
            request, _("That one was closed long ago, so we have opened another one that follows it.")
        )
    return to_top_of("support:ticket", public_id=message.ticket.public_id)


@never_cache
@post_or_back_to("support:ticket")
@login_required
def close(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """The client's side needs no more: whoever waited waits no more."""
    found = _ticket(request, public_id)
    try:
        close_ticket(ticket=found, by=cast(User, request.user), now=timezone.now(), by_client=True)
    except Refusal as refusal:
        return _refused(request, public_id, refusal)
    messages.success(request, _("Closed. If you write again, it is opened again."))
    return redirect("support:ticket", public_id)


@never_cache
@post_or_back_to("support:ticket")
@login_required
def rate(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """How it was handled, from 1 to 5; said again, the last stands."""
    found = _ticket(request, public_id)
    now = timezone.now()
    form = RateForm(request.POST)
    if not form.is_valid():
        if not can_be_rated(found):
            return _refused(request, public_id, not_answered())
        return _page(request, found, now, rating=form, status=422)
    try:
        rate_ticket(
            ticket=found,
            rating=form.cleaned_data["rating"],
            text=form.cleaned_data["text"],
            by=cast(User, request.user),
            now=now,
        )
    except Refusal as refusal:
        return _refused(request, public_id, refusal)
    messages.success(request, _("Thank you for telling us."))
    return to_top_of("support:ticket", public_id=public_id)


def _clients_of(user: User) -> list[Client]:
    """The clients for whom `user` speaks: whoever was only sent a quote is none yet (S1)."""
    clients = Client.objects.visible_to(user).signed().select_related("customer__professional")
    return list(clients.order_by("customer__name", "pk"))


def _ticket(request: HttpRequest, public_id: uuid.UUID) -> Ticket:
    found = Ticket.objects.select_related(
        "client__customer", "agreement_version__agreement", "allowance", "merged_into"
    ).exclude(state=Ticket.State.EXPIRED)
    return get_visible(found, request, public_id=public_id)


def _status(refusal: Refusal) -> int:
    if refusal.code == "too_many":
        return 429
    return 422 if refusal.field else 409


def _refused(request: HttpRequest, public_id: uuid.UUID, refusal: Refusal) -> HttpResponse:
    """The page as things stand, with why nothing was done."""
    return _page(request, _ticket(request, public_id), timezone.now(), refusal=refusal, status=409)


def _page(
    request: HttpRequest,
    found: Ticket,
    now: datetime,
    *,
    saying: SayMoreForm | None = None,
    shown: ShownForm | None = None,
    rating: RateForm | None = None,
    refusal: Refusal | None = None,
    status: int = 200,
) -> HttpResponse:
    if saying is not None and request.FILES:
        saying.add_error("files", _("Please choose your files again."))
    rated = {"rating": found.rating, "text": found.rating_text} if found.rating else None
    context = ticket_shown(found, cast(User, request.user), now) | {
        "saying": saying or SayMoreForm(),
        "shown": shown or show_form(MORE, now),
        "rating": rating or RateForm(initial=rated),
        "refusal": refusal,
        "reopened_within": Ticket.REOPENED_WITHIN.days,
    }
    return render(request, "support/ticket.html", context, status=status)
