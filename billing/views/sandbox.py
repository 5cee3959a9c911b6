"""The page of the test gateway: whoever stands before it plays the payer and the bank. No money moves."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from billing.gateways import find_gateway
from billing.gateways.sandbox import deliver, event_of
from billing.models import GatewayPayment, Reversal

State = GatewayPayment.State
# What can be pressed, and what the bank then tells us.
TELLS = {
    "pay": "payment.paid",
    "later": "payment.pending",
    "fail": "payment.failed",
    "dispute": "dispute.money_withdrawn",
    "win": "dispute.money_returned",
}
OFFERED = {
    State.STARTED: ("pay", "later", "fail", "cancel"),
    State.PENDING: ("pay", "fail"),
    State.PAID: ("dispute",),
    State.REVERSED: ("win",),
}


@require_http_methods(["GET", "HEAD", "POST"])
def page(request: HttpRequest, public_id: str) -> HttpResponse:
    """404 unless the test gateway is the one that is configured."""
    if find_gateway("test") is None:
        raise Http404
    payment = get_object_or_404(
        GatewayPayment.objects.select_related("professional", "invoice", "prepayment"),
        public_id=public_id,
        gateway="test",
    )
    offered = OFFERED.get(State(payment.state), ())
    told = True
    if request.method == "POST":
        pressed = request.POST.get("press")
        if pressed == "cancel":
            return redirect(f"{_back(payment)}?left=1")
        if pressed in offered:
            told = _tell(payment, pressed)
        if told:
            return redirect(_back(payment))
    return render(
        request,
        "billing/sandbox.html",
        {
            "payment": payment,
            "description": payment.description,
            "offered": offered,
            "not_delivered": not told,
            "back": _back(payment),
        },
        status=200 if told else 502,
    )


def _tell(payment: GatewayPayment, pressed: str) -> bool:
    now = timezone.now()
    reversal = f"dispute_{payment.reversals.count() + 1}_{payment.public_id.hex}"
    if pressed == "win":
        reversal = payment.reversals.filter(state=Reversal.State.STANDING).latest("id").reference
    return deliver(event_of(payment, TELLS[pressed], now=now, reversal=reversal), now=now)


def _back(payment: GatewayPayment) -> str:
    if payment.prepayment is not None:
        return payment.prepayment.path
    return reverse("billing:payment", args=[payment.public_id])
