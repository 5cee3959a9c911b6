"""Paying online: the way to the gateway's page, the page that says how a payment stands, and the webhook."""

from datetime import datetime, timedelta

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST, require_safe

from base.access import get_visible
from base.days import marketplace_day
from billing.errors import BillingError
from billing.forms import TopUpAmountForm, cents_of
from billing.gateway_inbox import count_refused, receive_event
from billing.gateways import WebhookRefused, find_gateway
from billing.models import GatewayPayment, Invoice, RefusedWebhook, Wallet
from billing.payments import start_invoice_payment, start_top_up, taken_back_and_owed
from billing.views.balance import bank
from profiles.current import BusinessRequest, business_required
from profiles.networks import network_key
from profiles.suspensions import is_suspended

# A webhook says a few lines; nobody needs more to say them.
LARGEST_WEBHOOK = 256 * 1024  # bytes
# How often the page of a payment looks again by itself, in seconds, and how long after it was begun.
LOOK_AGAIN, LOOK_FOR = 5, timedelta(minutes=30)
State = GatewayPayment.State


@business_required
def top_up(request: BusinessRequest) -> HttpResponse:
    """The amount of a top-up, and on to the page on which it is paid. Owner and members alike: who may spend the
    balance may fill it."""
    form = TopUpAmountForm(request.POST or None)
    refusal = None
    if request.method == "POST" and form.is_valid():
        try:
            payment = start_top_up(
                professional=request.business,
                amount_cents=cents_of(form.cleaned_data["amount"]),
                by=request.user,
                now=timezone.now(),
                public_id=form.cleaned_data["form_id"],
            )
        except BillingError as error:
            if error.field:
                form.add_error(error.field, str(error))
            else:
                refusal = error
        else:
            return on_to(payment, timezone.now())
    wrong = request.method == "POST"
    return render(
        request,
        "billing/top_up.html",
        {
            "form": form,
            "refusal": refusal,
            "wallet": Wallet.objects.filter(professional=request.business).first(),
            "taken_back": taken_back_and_owed(request.business),
            "bank": bank(request.business),
            "is_suspended": is_suspended(request.business),
        },
        status=(409 if refusal else 422) if wrong else 200,
    )


@require_POST
@business_required
def pay(request: BusinessRequest, public_id: str) -> HttpResponse:
    """On to the page on which an invoice is paid. Owner and members alike: it takes nothing from the business."""
    invoice = get_visible(Invoice.objects.all(), request, public_id=public_id)
    now = timezone.now()
    return on_to(start_invoice_payment(invoice=invoice, by=request.user, now=now), now)


def on_to(payment: GatewayPayment, now: datetime) -> HttpResponse:
    """To the gateway's page while it can be paid there, else to where its payer sees how it stands."""
    if payment.can_be_paid(now):
        return redirect(payment.page)
    return redirect("billing:payment", payment.public_id)


@require_safe
@business_required
def payment(request: BusinessRequest, public_id: str) -> HttpResponse:
    """How a payment stands. Who comes back from the gateway's page lands here: coming back books nothing."""
    now = timezone.now()
    found = get_visible(
        GatewayPayment.objects.select_related(
            "invoice", "professional", "prepayment", "top_up", "invoice_payment"
        ),
        request,
        public_id=public_id,
    )
    if found.prepayment is not None:
        return redirect(found.prepayment.path)
    wallet = Wallet.objects.filter(professional=found.professional).first()
    waits = found.state in (State.STARTED, State.PENDING)
    left = found.state == State.STARTED and "left" in request.GET
    return render(
        request,
        "billing/payment.html",
        {
            "payment": found,
            "left": left,
            "look_again": LOOK_AGAIN if waits and not left and now - found.created_at < LOOK_FOR else None,
            "can_be_paid": found.can_be_paid(now),
            "top_up": getattr(found, "top_up", None),
            "invoice_payment": getattr(found, "invoice_payment", None),
            "reversals": found.reversals.select_related("entry", "rest_invoice", "reopened__invoice"),
            "balance_cents": wallet.balance_cents if wallet else 0,
            "plays_the_bank": found.gateway == "test" and find_gateway("test") is not None,
            "today": marketplace_day(now),
        },
    )


@csrf_exempt
@require_POST
def webhook(request: HttpRequest, code: str) -> HttpResponse:
    """Where a gateway tells us what became of a payment. 200 once it is stored, whatever becomes of it; 400 for
    whoever cannot prove to be the gateway; 404 for a gateway that is not configured here."""
    gateway = find_gateway(code)
    if gateway is None:
        raise Http404
    now = timezone.now()
    if _announced_bytes(request) > LARGEST_WEBHOOK:
        count_refused(
            gateway=gateway, reason=RefusedWebhook.Reason.TOO_LARGE, network=network_key(request), now=now
        )
        return HttpResponse("too large", status=413, content_type="text/plain")
    try:
        receive_event(
            gateway=gateway,
            body=request.body,
            headers=request.headers,
            network=network_key(request),
            now=now,
        )
    except WebhookRefused as refused:
        return HttpResponse(refused.reason.value, status=400, content_type="text/plain")
    return HttpResponse("ok", content_type="text/plain")


def _announced_bytes(request: HttpRequest) -> int:
    announced = request.headers.get("Content-Length", "")
    return int(announced) if announced.isascii() and announced.isdigit() else 0
