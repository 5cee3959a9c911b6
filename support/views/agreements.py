"""What a client sees of what was agreed: agreements with what is left of them, and quotes to accept or decline."""

from typing import cast

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from base.access import get_visible
from base.days import marketplace_day
from profiles.models import User
from support.allowances import days_at
from support.clients import signs_for
from support.desk_calendar import desk_day
from support.documents import document_response
from support.errors import SupportError
from support.forms import AcceptQuoteForm, DeclineForm
from support.models import Agreement, Allowance, Client, Offer, Quote
from support.quotes import accept_quote, decline_quote
from support.shown import agreement_shown, allowances_shown
from support.views.invoices import of_the_desk
from support.work_shown import courtesies_shown


@require_safe
@login_required
def agreements(request: HttpRequest) -> HttpResponse:
    """What was agreed with whoever the reader speaks for, what is left, and what is proposed."""
    now = timezone.now()
    quotes = Quote.objects.visible_to(request.user).filter(
        state=Quote.State.SENT, valid_until__gte=desk_day(now)
    )
    return render(
        request,
        "support/agreements.html",
        {
            "agreements": Agreement.objects.visible_to(request.user).select_related("client__customer"),
            "allowances": allowances_shown(Allowance.objects.visible_to(request.user), days_at(now)),
            "quotes": quotes.select_related("client__customer"),
            # Whoever speaks for one knows whose it is.
            "name_client": len(Client.objects.visible_to(request.user)[:2]) > 1,
            "offers": Offer.objects.visible_to(request.user).waiting(desk_day(now)),
            "courtesies": courtesies_shown(
                Client.objects.visible_to(request.user).select_related("customer")
            ),
            "invoices": of_the_desk(request.user),
            "today": marketplace_day(now),
        },
    )


@require_safe
@login_required
def agreement(request: HttpRequest, public_id: str) -> HttpResponse:
    """One agreement: what it says today, what it said before, and each use of what it includes."""
    found = get_visible(
        Agreement.objects.select_related("client__customer", "subscription__plan"),
        request,
        public_id=public_id,
    )
    context = agreement_shown(found, days_at(timezone.now())) | {"zone": timezone.get_current_timezone_name()}
    return render(request, "support/agreement.html", context)


@require_safe
@login_required
def agreement_document(request: HttpRequest, public_id: str, number: int) -> HttpResponse:
    """The document of one version, to be saved."""
    found = get_visible(Agreement.objects, request, public_id=public_id)
    version = found.versions.filter(number=number).first()
    if version is None:
        raise Http404
    return document_response(version.document, found.number)


@require_safe
@login_required
def quote(request: HttpRequest, public_id: str) -> HttpResponse:
    """One quote. Whoever signs for the client accepts or declines it here."""
    return _quote_page(request, _quote(request, public_id))


@require_safe
@login_required
def quote_document(request: HttpRequest, public_id: str) -> HttpResponse:
    found = _quote(request, public_id)
    return document_response(found.document, found.number)


@require_POST
@login_required
def accept(request: HttpRequest, public_id: str) -> HttpResponse:
    """Accepts it: it becomes an agreement."""
    found = _quote_to_answer(request, public_id)
    form = AcceptQuoteForm(request.POST)
    if not form.is_valid():
        return _quote_page(request, found, accepting=form, status=422)
    try:
        made = accept_quote(
            quote=found,
            by=cast(User, request.user),
            price_seen_cents=form.cleaned_data["price_seen_cents"],
            now=timezone.now(),
        )
    except SupportError as refusal:
        form.add_error(None, str(refusal.sentence))
        return _quote_page(request, _quote(request, public_id), accepting=form, status=409)
    messages.success(request, _("Agreed. This is our agreement from now on."))
    return redirect("support:agreement", public_id=made.public_id)


@require_POST
@login_required
def decline(request: HttpRequest, public_id: str) -> HttpResponse:
    """Declines it, with or without a reason."""
    found = _quote_to_answer(request, public_id)
    form = DeclineForm(request.POST)
    if not form.is_valid():
        return _quote_page(request, found, declining=form, status=422)
    try:
        decline_quote(
            quote=found, reason=form.cleaned_data["reason"], by=cast(User, request.user), now=timezone.now()
        )
    except SupportError as refusal:
        form.add_error(None, str(refusal.sentence))
        return _quote_page(request, _quote(request, public_id), declining=form, status=409)
    messages.success(request, _("Declined. Nothing was agreed; we have been told."))
    return redirect("support:quote", public_id=found.public_id)


def _quote(request: HttpRequest, public_id: str) -> Quote:
    found = Quote.objects.select_related("client__customer__professional", "agreement")
    return get_visible(found, request, public_id=public_id)


def _quote_to_answer(request: HttpRequest, public_id: str) -> Quote:
    """Raises PermissionDenied for whoever may see it and does not sign for its client."""
    found = _quote(request, public_id)
    if not signs_for(found.client, cast(User, request.user)):
        raise PermissionDenied
    return found


def _quote_page(
    request: HttpRequest,
    quote: Quote,
    *,
    accepting: AcceptQuoteForm | None = None,
    declining: DeclineForm | None = None,
    status: int = 200,
) -> HttpResponse:
    today = desk_day(timezone.now())
    context = {
        "quote": quote,
        "lines": quote.lines.all(),
        "open": quote.can_be_accepted(today),
        "signs": signs_for(quote.client, cast(User, request.user)),
        "accepting": accepting or AcceptQuoteForm(initial={"price_seen_cents": quote.price_cents}),
        "declining": declining or DeclineForm(),
    }
    return render(request, "support/quote.html", context, status=status)
