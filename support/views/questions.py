"""Where somebody who is no client asks, without a promise, and follows their question behind the link in their mail
(S1, S10). Looking at a page does nothing: machines open links too."""

import uuid
from collections.abc import Callable
from functools import wraps
from typing import Any

from allauth.account.models import EmailAddress
from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from base.errors import Refusal
from base.posting import post_or_back_to, to_top_of
from base.shown_forms import ShownForm, read_form, show_form
from profiles.addresses import network_of
from profiles.models import User
from support.attachments import attachment_response
from support.forgetting import forget_address
from support.library_shown import readers_language
from support.matching import matching_articles
from support.messages import ask_again
from support.models import Attachment, Client, Message, Ticket
from support.question_links import question_of, token_of
from support.questions import (
    CONFIRM_WITHIN,
    ask_question,
    ask_signed_in,
    clients_of,
    confirm_question,
    is_too_late,
)
from support.ticket_forms import ConfirmForm, QuestionForm, ReplyForm, SignedInQuestionForm
from support.ticket_shown import promised, thread_of
from support.turns import refuse_too_many_from, refuse_too_many_replies, refuse_too_many_tries_from

FORM = "question"
REPLY = "question reply"
# Where to the mail went, for the page that says so; in the asker's own browser alone.
COOKIE = "quince_question"
_SALT = "quince.question"
_COOKIE_SECONDS = 3600
# Shown again no longer than this: what is far too long to be taken is not sent back whole.
LONGEST_SHOWN = 20_000


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def ask(request: HttpRequest) -> HttpResponse:
    """The library first, then a question. Whoever is signed in for a client is led to where they are promised an
    answer."""
    now = timezone.now()
    user = request.user if request.user.is_authenticated else None
    if user is not None and Client.objects.visible_to(user).signed().exists():
        return redirect("support:open_ticket")
    proved = user is not None and _is_proved(user)
    if request.method != "POST":
        initial = {"subject": request.GET.get("q", "")[:200]}
        if user is not None:
            initial |= {"name": user.get_full_name(), "email": user.email}
        form = SignedInQuestionForm(initial=initial) if proved else QuestionForm(initial=initial)
        return _ask_page(request, form, show_form(FORM, now))
    network = network_of(request)
    try:
        # Whatever is sent counts, before anything of it is read.
        refuse_too_many_tries_from(network, now)
    except Refusal as refused:
        form = SignedInQuestionForm() if proved else QuestionForm()
        return _ask_page(request, form, show_form(FORM, now), refused=str(refused), status=429)
    typed = {name: str(value)[: LONGEST_SHOWN + 1] for name, value in request.POST.items()}
    shown = read_form(FORM, typed.get("form", ""))
    refusal = "" if proved else _not_by_a_person(typed.get("leave_empty", ""), shown)
    typed["leave_empty"] = ""  # Whoever's browser filled it in cannot see it to empty it.
    form = SignedInQuestionForm(typed) if proved else QuestionForm(typed)
    if shown is None or refusal:
        if shown is None or shown.is_too_old(now):
            shown = show_form(FORM, now, form_id=shown.form_id if shown else None)
        form.add_error(None, refusal or _old())
        return _ask_page(request, form, shown, status=422)
    if not form.is_valid():
        return _ask_page(request, form, shown, status=422)
    try:
        refuse_too_many_from(network, now)
        if proved:
            assert user is not None
            language = user.language or translation.get_language()
            asked = ask_signed_in(
                form_id=shown.form_id, by=user, language=language, now=now, **form.cleaned_data
            )
            messages.success(request, _("We have your question, and write to you once somebody answers it."))
            return redirect("support:ticket", asked.public_id)
        assert isinstance(form, QuestionForm)
        asked = ask_question(form_id=shown.form_id, network=network, now=now, **form.said())
    except Refusal as refused:
        form.refuse(refused)
        if refused.code in ("already_sent", "form_used"):
            # Another question has a form of its own.
            shown = show_form(FORM, now)
        return _ask_page(request, form, shown, status=429 if refused.code == "too_many" else 409)
    return _on_to_the_mail(asked)


def _is_proved(user: User) -> bool:
    return EmailAddress.objects.filter(user=user, email__iexact=user.email, verified=True).exists()


def _old() -> str:
    return _("This form had been open for very long. All that you wrote is still here: send it once more.")


def _not_by_a_person(left_empty: str, shown: ShownForm | None) -> str:
    """Why a form looks as if a program had sent it, in a sentence for the person who did after all; or nothing."""
    now = timezone.now()
    if left_empty:
        return _(
            "A field that nobody sees was filled in, as only programs do. We emptied it: send it once more."
        )
    if shown is not None and shown.is_too_fast(now):
        return _("That was very quick. Look it over once more, then send it.")
    if shown is None or shown.is_too_old(now):
        return _old()
    return ""


def _on_to_the_mail(asked: Ticket) -> HttpResponse:
    response = redirect("support:asked")
    response.set_signed_cookie(
        COOKIE,
        asked.email,
        salt=_SALT,
        max_age=_COOKIE_SECONDS,
        path=reverse("support:asked"),
        httponly=True,
        samesite="Lax",
        secure=settings.SESSION_COOKIE_SECURE,
    )
    return response


def _ask_page(
    request: HttpRequest,
    form: QuestionForm | SignedInQuestionForm,
    shown: ShownForm,
    *,
    refused: str = "",
    status: int = 200,
) -> HttpResponse:
    said = " ".join(str(form[name].value() or "") for name in ("subject", "text"))
    context = {
        "form": form,
        "shown": shown,
        "refused": refused,
        "suggested": matching_articles(said, readers_language(request)) if said.strip() else (),
    }
    return render(request, "support/ask.html", context, status=status)


@never_cache
@require_safe
def asked(request: HttpRequest) -> HttpResponse:
    """Where whoever has asked arrives: what to do next, and where the mail went."""
    email = request.get_signed_cookie(COOKIE, default="", salt=_SALT, max_age=_COOKIE_SECONDS)
    return render(request, "support/asked.html", {"email": email, "days": CONFIRM_WITHIN.days})


def behind_link(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """For views with `token` in their address: they are given the question behind it, as `ticket`, besides.

    In its asker's language, unless they chose another here. Not kept by caches, not indexed, and its address is told to
    no other site. A link that leads nowhere (any more) shows why.
    """

    @wraps(view)
    @never_cache
    def behind(request: HttpRequest, token: str, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            ticket = question_of(token)
        except Refusal as refusal:
            return _kept_private(_link_ended(request, refusal))
        chosen = request.COOKIES.get(settings.LANGUAGE_COOKIE_NAME, "")
        language = chosen if chosen in dict(settings.LANGUAGES) else ticket.language
        with translation.override(language or translation.get_language()):
            return _kept_private(view(request, *args, ticket=ticket, token=token, **kwargs))

    return behind


def _kept_private(response: HttpResponse) -> HttpResponse:
    response.headers["X-Robots-Tag"] = "noindex, nofollow"
    response.headers["Referrer-Policy"] = "same-origin"
    return response


def _link_ended(request: HttpRequest, refusal: Refusal) -> HttpResponse:
    status = 404 if refusal.code == "link_unknown" else 410
    return render(request, "support/question_ended.html", {"refusal": refusal}, status=status)


@require_safe
@behind_link
def question(request: HttpRequest, ticket: Ticket, token: str) -> HttpResponse:
    """The question and what was answered; one that is not confirmed yet, with the button that confirms it."""
    if ticket.state == Ticket.State.UNCONFIRMED:
        return _confirm_page(request, ticket, token, ConfirmForm(clients=clients_of(ticket)))
    return _page(request, ticket, token)


@post_or_back_to("support:question")
@behind_link
def confirm(request: HttpRequest, ticket: Ticket, token: str) -> HttpResponse:
    """Confirms it: from now on somebody reads it."""
    form = ConfirmForm(request.POST, clients=clients_of(ticket))
    if ticket.state == Ticket.State.UNCONFIRMED and not form.is_valid():
        return _confirm_page(request, ticket, token, form, status=422)
    client = form.said_client() if form.is_valid() else None
    try:
        ticket = confirm_question(ticket=ticket, client=client, now=timezone.now())
    except Refusal as refusal:
        return _link_ended(request, refusal)
    messages.success(request, _("Confirmed. Your question is with us now."))
    return redirect("support:question", token=token)


@post_or_back_to("support:question")
@behind_link
def reply(request: HttpRequest, ticket: Ticket, token: str) -> HttpResponse:
    """Its asker writes more."""
    now = timezone.now()
    shown = read_form(REPLY, request.POST.get("form", "")) or show_form(REPLY, now)
    form = ReplyForm(request.POST)
    if ticket.state == Ticket.State.UNCONFIRMED:
        return redirect("support:question", token=token)
    if not form.is_valid():
        return _page(request, ticket, token, form=form, shown=shown, status=422)
    try:
        refuse_too_many_replies(ticket, now)
        message = ask_again(
            ticket=ticket,
            text=form.cleaned_data["text"],
            channel=Ticket.Channel.WEB,
            at=now,
            now=now,
            by=ticket.asker,
            name=ticket.name,
            email=ticket.email,
            public_id=shown.form_id,
        )
    except Refusal as refusal:
        form.refuse(refusal)
        if refusal.code == "form_used":
            shown = show_form(REPLY, now)
        status = 429 if refusal.code == "too_many" else 409
        return _page(request, ticket, token, form=form, shown=shown, status=status)
    messages.success(request, _("Added. Whoever answers you sees it."))
    # Where it was closed long ago, another one follows it, with a link of its own.
    went_on = message.ticket_id != ticket.pk
    return to_top_of("support:question", token=token_of(message.ticket) if went_on else token)


@require_safe
@behind_link
def question_file(request: HttpRequest, ticket: Ticket, token: str, file: uuid.UUID) -> HttpResponse:
    """A file that came with something said on it, to be saved."""
    public = Message.objects.public().filter(ticket=ticket)
    return attachment_response(get_object_or_404(Attachment, public_id=file, message__in=public))


@require_http_methods(["GET", "HEAD", "POST"])
@behind_link
def erase(request: HttpRequest, ticket: Ticket, token: str) -> HttpResponse:
    """Says what being forgotten means, and forgets them when that is confirmed (X5)."""
    if ticket.client_id is not None or ticket.asker_id is not None:
        # What belongs to a client, or to an account, goes with that.
        return redirect("support:question", token=token)
    if request.method == "POST":
        forget_address(email=ticket.email, now=timezone.now())
        return render(request, "support/question_erased.html")
    asked = Ticket.objects.filter(email=ticket.email, client=None, asker=None, erased_at=None)
    return render(
        request, "support/question_erase.html", {"ticket": ticket, "token": token, "number": asked.count()}
    )


def _confirm_page(
    request: HttpRequest, ticket: Ticket, token: str, form: ConfirmForm, status: int = 200
) -> HttpResponse:
    now = timezone.now()
    too_late = is_too_late(ticket, now)
    context = {
        "ticket": ticket,
        "message": ticket.messages.earliest("pk"),
        "token": token,
        "form": form,
        "too_late": too_late,
        "ends_at": ticket.asked_at + CONFIRM_WITHIN,
        "days": CONFIRM_WITHIN.days,
    }
    return render(request, "support/confirm_question.html", context, status=410 if too_late else status)


def _page(
    request: HttpRequest,
    ticket: Ticket,
    token: str,
    *,
    form: ReplyForm | None = None,
    shown: ShownForm | None = None,
    status: int = 200,
) -> HttpResponse:
    now = timezone.now()
    said = thread_of(ticket)
    answered = any(message.kind == Message.Kind.ANSWER for message in said)
    asked = "\n".join((ticket.subject, *(message.text for message in said[:1])))
    context = {
        "ticket": ticket,
        "token": token,
        "messages_said": said,
        "form": form or ReplyForm(),
        "shown": shown or show_form(REPLY, now),
        "suggested": () if answered else matching_articles(asked, readers_language(request)),
        "zone": settings.DESK_TIME_ZONE,
        "kept_days": settings.DESK_QUESTIONS_KEPT_DAYS,
        "answered": answered,
    }
    if ticket.client_id is not None:
        context |= promised(ticket, now)
    return render(request, "support/question.html", context, status=status)
