"""One ticket on the desk: its page, and who else has it open."""

import uuid
from collections.abc import Sequence
from typing import Any

from django.contrib.auth.decorators import login_required
from django.forms import BaseForm, Textarea
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.utils.html import escape
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from mail.kept_files import message_response
from support.attachments import attachment_response
from support.desk_forms import (
    AnswerForm,
    CallForm,
    CloseForm,
    HandOverForm,
    LinkForm,
    LogForm,
    MergeForm,
    NoAnswerForm,
    NoteForm,
    PlaceForm,
    PutBackForm,
    ReopenForm,
    TakeBackForm,
    UnlinkForm,
    WorkForm,
)
from support.desk_ticket import articles_for, bookable, logs_work, news_said, ticket_shown
from support.documents import document_response
from support.errors import SupportError
from support.looking import keep_looking, looks_at
from support.models import Attachment, Ticket
from support.tickets import agreed_then
from support.views.desk.doors import desk_ticket, reader_of


@require_safe
@login_required
def ticket(request: HttpRequest, public_id: str) -> HttpResponse:
    """One ticket, for whoever answers it; that they look at it is told to others who do."""
    found = desk_ticket(request, public_id)
    if request.method == "GET":
        keep_looking(ticket=found, by=reader_of(request), now=timezone.now())
    return ticket_page(request, found)


def ticket_page(
    request: HttpRequest,
    found: Ticket,
    *,
    status: int = 200,
    had_seen: int | None = None,
    had_seen_call: int | None = None,
    forms: dict[str, Any] | None = None,
    looked_for: str = "",
    gone: SupportError | None = None,
    **more: Any,
) -> HttpResponse:
    """The page; `forms` are those that were sent and refused, by their name in the template. What one of them says is
    said above where it stands on the page no more, as after what a colleague did meanwhile; `gone` is what that is,
    where it is known."""
    now = timezone.now()
    shown = ticket_shown(
        found, reader=reader_of(request), now=now, had_seen=had_seen, had_seen_call=had_seen_call
    )
    proposed = bookable(found, now)
    context: dict[str, Any] = {
        "shown": shown,
        "ticket": found,
        "now": now,
        "answering": AnswerForm(
            ticket=found,
            places=shown.places,
            initial={"seen": shown.thread.seen, "seen_call": shown.thread.seen_call, "form_id": uuid.uuid4()},
        ),
        "noting": NoteForm(initial={"form_id": uuid.uuid4()}),
        "handing_over": HandOverForm(people=shown.others_may_have_it),
        "putting_back": PutBackForm(),
        "closing": CloseForm(),
        "reopening": ReopenForm(),
        "merging": MergeForm(),
        "no_answer": NoAnswerForm(),
        "placing": PlaceForm(
            places=shown.places,
            initial={"where": found.allowance_id or found.placement or None},
        ),
        # Whoever opens a call to return is here to call: that stands first, and to write instead is the exception.
        "returning": found.kind == Ticket.Kind.CALL_BACK and found.state == Ticket.State.OPEN,
        "can_be_reopened": found.can_be_reopened(now),
        "logs_work": logs_work(found),
        "working": WorkForm(proposed=proposed, optional=True),
        "logging": LogForm(proposed=proposed),
        "taking_back": TakeBackForm(),
        "linking": LinkForm(by=reader_of(request)),
        "unlinking": UnlinkForm(),
        "calling": CallForm(
            initial={
                "seen": shown.thread.seen_call,
                "seen_message": shown.thread.seen,
                "form_id": uuid.uuid4(),
                "phone": found.phone or "",
            }
        ),
        "articles": articles_for(found, looked_for),
        "looked_for": looked_for,
    }
    context |= (forms or {}) | more
    page = render(request, "support/desk/ticket.html", context, status=status)
    sent = [form for form in (forms or {}).values() if form.errors]
    if not sent or any(stands_in(page, form) for form in sent):
        return page
    context |= {
        "refusal": gone or no_longer_possible(found),
        "typed": typed_in([form for form in (forms or {}).values() if form.is_bound]),
    }
    context["gone_at"] = GONE_AT.get(next(iter(forms or ())), "")
    return render(request, "support/desk/ticket.html", context, status=status)


# The address of such a form leads to where it stood, past the top of the page.
GONE_AT = dict.fromkeys(
    ("linking", "unlinking", "handing_over", "putting_back", "merging", "closing", "reopening"), "more"
) | {"no_answer": "message", "taking_back": "done"}


def stands_in(page: HttpResponse, form: BaseForm) -> bool:
    """Whether what is wrong with `form` can be read there."""
    said, there = page.content.decode(), (escape(each) for errors in form.errors.values() for each in errors)
    return any(each in said for each in there)


def no_longer_possible(found: Ticket) -> SupportError:
    """Of a form that its page has no more: why, as far as the ticket says."""
    if found.is_open:
        return SupportError(
            "changed_meanwhile",
            _(
                "This is no longer possible: somebody has changed the ticket since you opened its page. Nothing was "
                "done. This is how it stands now."
            ),
        )
    return SupportError(
        "not_open",
        _("This is no longer possible: the ticket is %(state)s. Nothing was done.")
        % {"state": found.get_state_display()},
    )


def typed_in(forms: Sequence[BaseForm]) -> list[str]:
    """What was written at length in forms that are gone, so that it can be taken from the page."""
    fields = (form[name] for form in forms for name in form.fields)
    values = (field.value() for field in fields if isinstance(field.field.widget, Textarea))
    return [value for value in values if value and value.strip()]


@login_required
@require_POST
def looking(request: HttpRequest, public_id: str) -> HttpResponse:
    """Said by a page that is open, again and again: its reader still looks, or writes. Answers with who else does, and
    with how much was said since."""
    found = desk_ticket(request, public_id)
    reader, now = reader_of(request), timezone.now()
    keep_looking(ticket=found, by=reader, now=now, writing=request.POST.get("writing") == "yes")
    seen, seen_call = (request.POST.get(name, "") for name in ("seen", "seen_call"))
    news = 0
    if all(each.isdecimal() and len(each) < 16 for each in (seen, seen_call)):
        news = news_said(found, int(seen), int(seen_call), reader)
    context = {"ticket": found, "looking": looks_at([found.pk], reader, now).get(found.pk, ()), "news": news}
    return render(request, "support/desk/looking.html", context)


@require_safe
@login_required
def file(request: HttpRequest, public_id: str, file_id: str) -> HttpResponse:
    """A file that came with a message, to be saved."""
    found = desk_ticket(request, public_id)
    return attachment_response(get_object_or_404(Attachment, message__ticket=found, public_id=file_id))


@require_safe
@login_required
def raw_mail(request: HttpRequest, public_id: str, message_id: str) -> HttpResponse:
    """The e-mail that a message came by, as it came, to be saved."""
    message = get_object_or_404(
        desk_ticket(request, public_id).messages.select_related("mail"), public_id=message_id
    )
    if message.mail is None:
        raise Http404
    return message_response(message.mail)


@require_safe
@login_required
def document(request: HttpRequest, public_id: str, agreement_id: str = "") -> HttpResponse:
    """The document of what was agreed when the ticket was opened, to be saved; where nobody has said which agreement is
    meant, of one of its client."""
    found = desk_ticket(request, public_id)
    version = found.agreement_version
    if agreement_id and found.client:
        agreement = get_object_or_404(found.client.agreements, public_id=agreement_id)
        version = agreed_then(found.client, agreement, found.asked_at)
    if version is None:
        raise Http404
    return document_response(version.document, version.agreement.number)
