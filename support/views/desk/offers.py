"""Offers of more support, at the desk: made for a ticket or for a client without one, looked through, changed, sent and
withdrawn (S6)."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required, permission_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from base.errors import Refusal
from base.posting import post_or_back_to, to_top_of
from support.admin_forms import show_refusal
from support.errors import SupportError
from support.models import Client, Offer, Ticket
from support.offer_forms import OfferForm, SendOfferForm, WithdrawOfferForm
from support.offers import change_offer, client_offered, make_offer, send_offer, withdraw_offer
from support.offers_shown import offer_shown
from support.views.desk.doors import desk_ticket, reader_of
from support.views.desk.ticket import ticket_page

PAGE = "support:desk_offer"


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def make(request: HttpRequest, public_id: str) -> HttpResponse:
    """A draft for a ticket, which the desk alone sees: for what the ticket belongs to, unless something else is
    written. Of the query, `unit` and `amount` say what was beyond what is left (S7)."""
    found = desk_ticket(request, public_id)
    if not request.user.has_perm("support.add_offer"):
        raise PermissionDenied
    try:
        client = client_offered(found)
    except SupportError as refusal:
        return ticket_page(request, found, status=409, refusal=refusal)
    return _making(request, client, found)


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
@permission_required("support.add_offer", raise_exception=True)
def make_for(request: HttpRequest, public_id: str) -> HttpResponse:
    """A draft for a client who has not asked on a ticket."""
    others = Client.objects.signed().of_others(request.user).select_related("customer__professional")
    return _making(request, get_object_or_404(others, public_id=public_id))


def _making(request: HttpRequest, client: Client, ticket: Ticket | None = None) -> HttpResponse:
    likely = {name: request.GET.get(name) for name in ("unit", "amount")}
    if ticket is not None and ticket.allowance is not None:
        likely["what"] = ticket.allowance.what
    form, status = OfferForm(initial=likely), 200
    if request.method == "POST":
        form, status = OfferForm(request.POST), 422
        if form.is_valid():
            try:
                offer = make_offer(
                    client=client,
                    by=reader_of(request),
                    now=timezone.now(),
                    public_id=form.cleaned_data["form_id"],
                    ticket=ticket,
                    **form.said(),
                )
            except Refusal as refusal:
                show_refusal(form, refusal)
                status = 409
            else:
                drafted = _("%(number)s is a draft. Look through it, then send it.")
                messages.success(request, drafted % {"number": offer.number})
                return to_top_of(PAGE, public_id=offer.public_id)
    context = {"form": form, "client": client, "ticket": ticket}
    return render(request, "support/desk/make_offer.html", context, status=status)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def offer(request: HttpRequest, public_id: str) -> HttpResponse:
    """A draft as its client will read it, to be looked through and changed; what was sent is looked at."""
    if request.method != "POST":
        return _page(request, _found(request, public_id))
    found, status = _to_change(request, public_id), 422
    form = OfferForm(request.POST)
    if form.is_valid():
        try:
            change_offer(offer=found, by=reader_of(request), now=timezone.now(), **form.said())
        except Refusal as refusal:
            show_refusal(form, refusal)
            status = 409
        else:
            messages.success(request, _("The draft is saved."))
            return to_top_of(PAGE, public_id=public_id)
    return _page(request, _found(request, public_id), status=status, form=form)


@login_required
@post_or_back_to(PAGE)
def send(request: HttpRequest, public_id: str) -> HttpResponse:
    """Sends it, and answers its ticket with it. Where something was said or called there meanwhile, that is shown and
    marked, and the same press once more sends it (S8)."""
    found = _to_change(request, public_id)
    had = SendOfferForm(request.POST).had()
    try:
        send_offer(offer=found, by=reader_of(request), now=timezone.now(), **had)
    except Refusal as refusal:
        return _page(request, _found(request, public_id), status=409, had=had, refusal=refusal)
    messages.success(request, _("Sent to whoever signs for the client."))
    return to_top_of(PAGE, public_id=public_id)


@login_required
@post_or_back_to(PAGE)
def withdraw(request: HttpRequest, public_id: str) -> HttpResponse:
    """Takes it back. Of one that was sent the client is told why."""
    found, status = _to_change(request, public_id), 422
    form = WithdrawOfferForm(request.POST)
    if form.is_valid():
        try:
            withdraw_offer(
                offer=found,
                reason=form.cleaned_data["reason"],
                by=reader_of(request),
                now=timezone.now(),
            )
        except Refusal as refusal:
            show_refusal(form, refusal)
            status = 409
        else:
            messages.success(request, _("The offer is withdrawn."))
            return to_top_of(PAGE, public_id=public_id)
    return _page(request, _found(request, public_id), status=status, withdrawing=form)


def _found(request: HttpRequest, public_id: str) -> Offer:
    """The offer, for whoever may look at it. Raises Http404 for everybody else: that there is one says something."""
    rows = Offer.objects.at_the_desk(request.user).select_related(
        "client__customer", "ticket", "allowance", "prepayment__invoice"
    )
    return get_object_or_404(rows, public_id=public_id)


def _to_change(request: HttpRequest, public_id: str) -> Offer:
    """The same, for whoever may change it. Raises PermissionDenied for who may only look."""
    found = _found(request, public_id)
    if not request.user.has_perm("support.change_offer"):
        raise PermissionDenied
    return found


def _page(
    request: HttpRequest, found: Offer, *, status: int = 200, refusal: Refusal | None = None, **sent: Any
) -> HttpResponse:
    """`sent` is what was sent and refused, as `offer_shown` takes it."""
    shown = offer_shown(found, reader=reader_of(request), now=timezone.now(), **sent)
    return render(request, "support/desk/offer.html", shown | {"refusal": refusal}, status=status)
