"""What was done on a ticket, written down by itself, and taken back (S7)."""

from urllib.parse import urlencode

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from base.posting import post_or_back_to, to_top_of
from support.admin_forms import amount_typed
from support.allowances import in_words
from support.answering import Done
from support.desk_forms import LogForm, TakeBackForm, left_of
from support.desk_ticket import bookable
from support.errors import SupportError
from support.models import Ticket
from support.views.desk.doors import desk_ticket, reader_of
from support.views.desk.ticket import ticket_page
from support.work import LEADS_TO_OFFER, take_back_work

PAGE = "support:desk_ticket"


@login_required
@post_or_back_to(PAGE)
def log(request: HttpRequest, public_id: str) -> HttpResponse:
    """Logs work without an answer."""
    found, now = desk_ticket(request, public_id), timezone.now()
    form = LogForm(request.POST, proposed=bookable(found, now))
    if not form.is_valid():
        return ticket_page(request, found, status=422, forms={"logging": form}, opened="logging")
    try:
        work = form.work()
        work.log(ticket=found, by=reader_of(request), now=now)
    except SupportError as refusal:
        found = desk_ticket(request, public_id)
        data, proposed = request.POST.copy(), bookable(found, now)
        if refusal.code == "left_changed":
            data["work-left"] = left_of(proposed)
        form = LogForm(data, proposed=proposed)
        form.is_valid()
        form.refuse(refusal)
        return ticket_page(
            request,
            found,
            status=409,
            forms={"logging": form},
            opened="logging",
            gone=refusal,
            offer=refusal.code in LEADS_TO_OFFER,
        )
    if offering := to_offer(request, found, work):
        return offering
    messages.success(request, _("Logged. The client reads it on their page."))
    return to_top_of(PAGE, public_id=found.public_id)


def to_offer(request: HttpRequest, ticket: Ticket, work: Done) -> HttpResponse | None:
    """After `work` was logged: to where the rest is offered, with how much that is (S7); None where nothing is."""
    rest = work.to_be_offered()
    if not rest:
        return None
    said = in_words(rest, work.unit)
    messages.success(request, _("What was left is logged. Offer the rest here: %(rest)s.") % {"rest": said})
    query = urlencode({"unit": work.unit, "amount": amount_typed(rest, work.unit)})
    return redirect(f"{reverse('support:desk_make_offer', args=[ticket.public_id])}?{query}#main")


@login_required
@post_or_back_to(PAGE)
def take_back(request: HttpRequest, public_id: str, work_id: str) -> HttpResponse:
    """Takes back one row that was logged by mistake."""
    found = desk_ticket(request, public_id)
    work = get_object_or_404(found.work, public_id=work_id)
    form = TakeBackForm(request.POST)
    status, gone = 422, None
    if form.is_valid():
        try:
            take_back_work(work=work, why=form.cleaned_data["why"], by=reader_of(request), now=timezone.now())
        except SupportError as refusal:
            form.refuse(refusal)
            status, gone = 409, refusal
        else:
            messages.success(request, _("Taken back. What it used of the support is there again."))
            return to_top_of(PAGE, public_id=found.public_id)
    return ticket_page(
        request, found, status=status, forms={"taking_back": form}, gone=gone, taking_back_of=work.pk
    )
