"""Offers as the client sees them: to accept or decline, to pay, and with the invoice once they are paid (S6)."""

from typing import Any, cast

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from base.access import get_visible
from base.errors import Refusal
from billing.gateway_events import waits_to_be_sent_back
from billing.models import GatewayPayment, Invoice
from billing.payments import can_be_prepaid_online
from billing.views.balance import bank
from billing.views.payments import on_to
from profiles.models import User
from support.clients import signs_for
from support.desk_calendar import desk_day
from support.errors import SupportError
from support.forms import DeclineForm
from support.models import Offer
from support.offer_forms import AcceptOfferForm
from support.offers import accept_offer, decline_offer, pay_offer
from support.work_shown import entries_shown

State = Offer.State


@require_safe
@login_required
def offer(request: HttpRequest, public_id: str) -> HttpResponse:
    """One offer, and how its payment stands: whoever comes back from the gateway's page lands here, which books
    nothing."""
    return _page(request, _found(request, public_id))


@require_POST
@login_required
def accept(request: HttpRequest, public_id: str) -> HttpResponse:
    """Accepts it: it can be paid."""
    found = _to_answer(request, public_id)
    form = AcceptOfferForm(request.POST)
    if not form.is_valid():
        return _page(request, found, accepting=form, status=422)
    try:
        accept_offer(
            offer=found,
            by=_user(request),
            price_seen_cents=form.cleaned_data["price_seen_cents"],
            now=timezone.now(),
        )
    except SupportError as refusal:
        form.add_error(None, str(refusal))
        return _page(request, _found(request, public_id), accepting=form, status=409)
    messages.success(request, _("Accepted. You can pay it now; until it is paid, nothing is owed."))
    return redirect("support:offer", public_id=found.public_id)


@require_POST
@login_required
def pay(request: HttpRequest, public_id: str) -> HttpResponse:
    """On to the page on which it is paid. Whoever speaks for the client may: it takes nothing from them."""
    found = _found(request, public_id)
    now = timezone.now()
    try:
        payment = pay_offer(offer=found, by=_user(request), now=now)
    except Refusal as refusal:
        return _page(request, _found(request, public_id), refusal=refusal, status=409)
    return on_to(payment, now)


@require_POST
@login_required
def decline(request: HttpRequest, public_id: str) -> HttpResponse:
    """Declines it, with or without a reason."""
    found = _to_answer(request, public_id)
    form = DeclineForm(request.POST)
    if not form.is_valid():
        return _page(request, found, declining=form, status=422)
    try:
        decline_offer(offer=found, reason=form.cleaned_data["reason"], by=_user(request), now=timezone.now())
    except Refusal as refusal:
        form.add_error(None, str(refusal))
        return _page(request, _found(request, public_id), declining=form, status=409)
    messages.success(request, _("Declined. Nothing is owed; we have been told."))
    return redirect("support:offer", public_id=found.public_id)


def _user(request: HttpRequest) -> User:
    return cast(User, request.user)


def _found(request: HttpRequest, public_id: str) -> Offer:
    offers = Offer.objects.select_related(
        "client__customer__professional", "prepayment__invoice", "allowance", "ticket"
    )
    return get_visible(offers, request, public_id=public_id)


def _to_answer(request: HttpRequest, public_id: str) -> Offer:
    """Raises PermissionDenied for whoever may see it and does not sign for its client."""
    found = _found(request, public_id)
    if not signs_for(found.client, _user(request)):
        raise PermissionDenied
    return found


def _page(
    request: HttpRequest,
    offer: Offer,
    *,
    accepting: AcceptOfferForm | None = None,
    declining: DeclineForm | None = None,
    refusal: Refusal | None = None,
    status: int = 200,
) -> HttpResponse:
    today = desk_day(timezone.now())
    payable = offer.can_be_paid(today)
    paid_with = offer.prepayment.invoice if offer.prepayment else None
    rest = Invoice.objects.owed().filter(rest_of=paid_with).first() if paid_with else None
    context: dict[str, Any] = {
        "offer": offer,
        "rest": rest,
        "to_pay": paid_with if paid_with and paid_with.is_owed else rest,
        "paid_for_nothing": offer.prepayment is not None and waits_to_be_sent_back(offer.prepayment),
        "open": offer.can_be_accepted(today),
        "payable": payable,
        "online": payable and offer.prepayment is not None and can_be_prepaid_online(offer.prepayment),
        "payment": _last_payment(offer),
        "left": "left" in request.GET,
        "invoice": paid_with,
        "bank": bank(),
        "entries": entries_shown([offer.allowance])[offer.allowance.pk] if offer.allowance else (),
        "signs": signs_for(offer.client, _user(request)),
        "accepting": accepting or AcceptOfferForm(initial={"price_seen_cents": offer.price_cents}),
        "declining": declining or DeclineForm(),
        "refusal": refusal,
    }
    return render(request, "support/offer.html", context, status=status)


def _last_payment(offer: Offer) -> GatewayPayment | None:
    return offer.prepayment.gateway_payments.first() if offer.prepayment else None
