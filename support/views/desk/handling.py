"""What is done with a ticket besides answering: taken, handed over, placed, closed, merged."""

from collections.abc import Callable

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from base.posting import post_or_back_to, to_top_of
from profiles.forms import RefusableForm
from support.calls import call_back
from support.clients import find_customer
from support.desk import NUMBER
from support.desk_forms import (
    CallForm,
    CloseForm,
    HandOverForm,
    LinkForm,
    MergeForm,
    PlaceForm,
    PutBackForm,
    ReopenForm,
    UnlinkForm,
)
from support.desk_ticket import last_call, last_message, places_of, two_shown, who_may_have
from support.errors import SupportError
from support.merging import merge_tickets, refuse_merge
from support.models import Client, Ticket
from support.placing import read_place
from support.questions import link_to_client, unlink_from_client
from support.tickets import (
    close_ticket,
    hand_over,
    place_ticket,
    put_back,
    reopen_ticket,
    take_ticket,
)
from support.views.desk.doors import desk_ticket, reader_of, tickets_of
from support.views.desk.ticket import ticket_page

PAGE = "support:desk_ticket"


def _do(
    request: HttpRequest,
    found: Ticket,
    form: RefusableForm | None,
    name: str,
    job: Callable[[], Ticket],
    said: str,
    *,
    had_seen: int | None = None,
    had_seen_call: int | None = None,
) -> HttpResponse:
    """Runs `job` where `form` is right, and goes on to the page; else the page says what is wrong, with what was typed.
    `name` is that of the form in the template."""
    if form is not None and not form.is_valid():
        return ticket_page(request, found, status=422, forms={name: form}, opened=name)
    try:
        done = job()
    except SupportError as refusal:
        found = desk_ticket(request, str(found.public_id))
        if refusal.code == "not_placed":
            # What is to be done first is done there.
            return ticket_page(request, found, status=409, refusal=refusal, opened="placing")
        if form is None:
            return ticket_page(request, found, status=409, refusal=refusal)
        form.refuse(refusal)
        return ticket_page(
            request,
            found,
            status=409,
            forms={name: form},
            opened=name,
            had_seen=had_seen,
            had_seen_call=had_seen_call,
            gone=refusal,
        )
    messages.success(request, said)
    return to_top_of(PAGE, public_id=done.public_id)


@login_required
@post_or_back_to(PAGE)
def take(request: HttpRequest, public_id: str) -> HttpResponse:
    found, now = desk_ticket(request, public_id), timezone.now()

    def job() -> Ticket:
        return take_ticket(ticket=found, by=reader_of(request), now=now)

    return _do(request, found, None, "", job, _("It is yours now."))


@login_required
@post_or_back_to(PAGE)
def give(request: HttpRequest, public_id: str) -> HttpResponse:
    """Hands it over to somebody else, who is told."""
    found, now = desk_ticket(request, public_id), timezone.now()
    form = HandOverForm(request.POST, people=who_may_have(found))

    def job() -> Ticket:
        to, why = form.cleaned_data["to"], form.cleaned_data["why"]
        return hand_over(ticket=found, to=to, by=reader_of(request), why=why, now=now)

    return _do(request, found, form, "handing_over", job, _("Handed over. They are told by e-mail."))


@login_required
@post_or_back_to(PAGE)
def release(request: HttpRequest, public_id: str) -> HttpResponse:
    """Puts it back: anybody may take it."""
    found, now = desk_ticket(request, public_id), timezone.now()
    form = PutBackForm(request.POST)

    def job() -> Ticket:
        return put_back(ticket=found, by=reader_of(request), why=form.cleaned_data["why"], now=now)

    return _do(request, found, form, "putting_back", job, _("Put back: anybody may take it."))


@login_required
@post_or_back_to(PAGE)
def place(request: HttpRequest, public_id: str) -> HttpResponse:
    """Places it against an allowance of its client, or outside (S4)."""
    found, now = desk_ticket(request, public_id), timezone.now()
    form = PlaceForm(request.POST, places=places_of(found, now))

    def job() -> Ticket:
        place = read_place(form.cleaned_data["where"])
        assert place is not None
        return place_ticket(
            ticket=found,
            placement=place.placement,
            allowance=place.allowance,
            by=reader_of(request),
            now=now,
        )

    return _do(request, found, form, "placing", job, _("Placed."))


@login_required
@post_or_back_to(PAGE)
def close(request: HttpRequest, public_id: str) -> HttpResponse:
    """The desk is done with it; nothing may be due, and it has to be placed (S4)."""
    found, now = desk_ticket(request, public_id), timezone.now()
    form = CloseForm(request.POST)

    def job() -> Ticket:
        return close_ticket(ticket=found, by=reader_of(request), why=form.cleaned_data["why"], now=now)

    return _do(request, found, form, "closing", job, _("Closed."))


@login_required
@post_or_back_to(PAGE)
def reopen(request: HttpRequest, public_id: str) -> HttpResponse:
    found, now = desk_ticket(request, public_id), timezone.now()
    form = ReopenForm(request.POST)

    def job() -> Ticket:
        return reopen_ticket(ticket=found, by=reader_of(request), why=form.cleaned_data["why"], now=now)

    return _do(request, found, form, "reopening", job, _("Open again."))


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def merge(request: HttpRequest, public_id: str) -> HttpResponse:
    """Carries it on at another one of the same client, which its reader must be able to answer too. Nobody takes that
    back, so both are shown before (`?into=` is the number of the other) and the press is there."""
    found, now = desk_ticket(request, public_id), timezone.now()
    if request.method != "POST" and "into" not in request.GET:
        return redirect(PAGE, public_id=found.public_id)
    form = MergeForm(request.POST if request.method == "POST" else request.GET)

    def into() -> Ticket:
        said = NUMBER.fullmatch(form.cleaned_data["into"].strip())
        other = tickets_of(request).filter(pk=int(said[1])).first() if said else None
        if other is None:
            raise SupportError(
                "no_such_ticket", _("There is no ticket with this number that you answer."), field="into"
            )
        return other

    def job() -> Ticket:
        return merge_tickets(ticket=found, into=into(), by=reader_of(request), now=now)

    if request.method == "POST":
        return _do(request, found, form, "merging", job, _("Merged: it goes on here."))
    status = 422
    if form.is_valid():
        try:
            other = into()
            # No press is offered that would be refused.
            refuse_merge(found, other)
        except SupportError as refusal:
            form.refuse(refusal)
            status = 409
        else:
            return render(request, "support/desk/merge.html", two_shown(found, other))
    return ticket_page(request, found, status=status, forms={"merging": form}, opened="merging")


@login_required
@post_or_back_to(PAGE)
def link(request: HttpRequest, public_id: str) -> HttpResponse:
    """Says whose question it is: it is that client's from now on, with the promise (S1)."""
    found, now = desk_ticket(request, public_id), timezone.now()
    form = LinkForm(request.POST, by=reader_of(request))

    def job() -> Ticket:
        client = Client.objects.filter(customer=find_customer(form.cleaned_data["who"])).first()
        if client is None:
            raise SupportError(
                "no_client", _("We have signed nothing with them yet, so they are no client."), field="who"
            )
        return link_to_client(
            ticket=found,
            client=client,
            by=reader_of(request),
            now=now,
            name_asker=form.cleaned_data.get("name_asker", False),
        )

    return _do(request, found, form, "linking", job, _("It is this client's now."))


@login_required
@post_or_back_to(PAGE)
def unlink(request: HttpRequest, public_id: str) -> HttpResponse:
    """Takes back a link to the wrong client."""
    found, now = desk_ticket(request, public_id), timezone.now()
    form = UnlinkForm(request.POST)

    def job() -> Ticket:
        why = form.cleaned_data["why"]
        return unlink_from_client(ticket=found, why=why, by=reader_of(request), now=now)

    return _do(request, found, form, "unlinking", job, _("It is nobody's question again."))


@login_required
@post_or_back_to(PAGE)
def call(request: HttpRequest, public_id: str) -> HttpResponse:
    """Logs that they were called, and what came of it (S3)."""
    found, now = desk_ticket(request, public_id), timezone.now()
    form = CallForm(request.POST)

    def job() -> Ticket:
        said = form.cleaned_data
        try:
            call_back(
                ticket=found,
                outcome=said["outcome"],
                by=reader_of(request),
                now=now,
                phone=said["phone"],
                summary=said["summary"],
                waits=said["waits"],
                seen=said["seen"],
                seen_message=said["seen_message"],
                public_id=said["form_id"],
            )
        except SupportError as refusal:
            if refusal.code == "news":
                # The page that follows shows what the others did: the same press once more logs this one.
                data = request.POST.copy()
                data["seen"], data["seen_message"] = str(last_call(found)), str(last_message(found))
                form.data = data
            raise
        return found

    had = form.cleaned_data if form.is_valid() else {}
    return _do(
        request,
        found,
        form,
        "calling",
        job,
        _("The call is logged."),
        had_seen=had.get("seen_message"),
        had_seen_call=had.get("seen"),
    )
