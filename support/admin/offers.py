"""Offers of more support in the office: made, changed while they are drafts, sent and withdrawn (S6)."""

from __future__ import annotations

import re
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from base.errors import Refusal
from base.money import money
from support.admin.office import DeskAdmin, of_others, status_of, steps_of, user_of
from support.admin_forms import Chooser, WithdrawForm, show_refusal
from support.desk_calendar import desk_day
from support.desk_ticket import desk_thread
from support.models import Client, Offer, Ticket
from support.offer_forms import NewOfferForm, OfferForm, SendOfferForm
from support.offers import answered_with, change_offer, make_offer, send_offer, withdraw_offer

State = Offer.State


@admin.register(Offer)
class OfferAdmin(DeskAdmin):
    number_letter = "O"
    list_display = ("number", "what", "client", "price", "state", "valid_until")
    list_filter = ("state",)
    list_select_related = ("client__customer",)
    search_fields = ("what", "client__customer__name", "client__customer__email")
    search_help_text = _(
        "A number (O-2026-000015), or part of what it is for, or of the client's name or e-mail."
    )

    @admin.display(description=_("number"), ordering="-pk")
    def number(self, offer: Offer) -> str:
        return offer.number

    @admin.display(description=_("price"), ordering="price_cents")
    def price(self, offer: Offer) -> str:
        return money(offer.price_cents)

    def get_urls(self) -> list[URLPattern]:
        wrap = self.admin_site.admin_view
        return [
            path("<int:pk>/send/", wrap(require_POST(self.send)), name="support_offer_send"),
            path("<int:pk>/withdraw/", wrap(require_POST(self.withdraw)), name="support_offer_withdraw"),
            *super().get_urls(),
        ]

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        """A draft, which the desk alone sees. Of the query, `client` says whose, `ticket` what it answers (S6), `unit`
        and `amount` what was beyond what is left (S7)."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        clients = of_others(Client.objects.signed().select_related("customer"), request.user, "pk")
        tickets = Ticket.objects.at_the_desk(request.user).filter(client__in=clients)
        said = request.POST.get("ticket") or request.GET.get("ticket") or ""
        ticket = tickets.filter(pk=said).first() if re.fullmatch(r"[0-9]{1,18}", said) else None
        form = NewOfferForm(
            request.POST or None,
            initial={name: request.GET.get(name) for name in ("client", "unit", "amount")}
            | {"ticket": ticket and ticket.pk},
            clients=clients,
            tickets=tickets,
            chooser=Chooser(Offer._meta.get_field("client"), self.admin_site),
        )
        if form.is_valid():
            try:
                offer = make_offer(
                    client=form.cleaned_data["client"],
                    by=user_of(request),
                    now=timezone.now(),
                    public_id=form.cleaned_data["form_id"],
                    ticket=form.cleaned_data["ticket"],
                    **form.said(),
                )
            except Refusal as refusal:
                show_refusal(form, refusal)
            else:
                drafted = gettext("%(number)s is a draft. Look through it, then send it.")
                messages.success(request, drafted % {"number": offer.number})
                return redirect("admin:support_offer_change", offer.pk)
        title = gettext("Make an offer")
        return self.page(request, "offer_add", title, status=status_of(form), form=form, ticket=ticket)

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """A draft is changed here; what was sent is looked at."""
        if request.method != "POST":
            return self._show(request, self.row(request, object_id))
        offer = self.row(request, object_id, change=True)
        form = OfferForm(request.POST)
        if form.is_valid():
            try:
                change_offer(offer=offer, by=user_of(request), now=timezone.now(), **form.said())
            except Refusal as refusal:
                show_refusal(form, refusal)
            else:
                self.note(request, offer, gettext("The draft was changed."))
                messages.success(request, gettext("The draft is saved."))
                return redirect("admin:support_offer_change", offer.pk)
        return self._show(request, offer, form=form)

    def send(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Where something was said or called meanwhile on the ticket that it answers, that is shown and marked, and the
        same press once more sends it (S8)."""
        offer = self.row(request, pk, change=True)
        had = SendOfferForm(request.POST).had()
        try:
            send_offer(offer=offer, by=user_of(request), now=timezone.now(), **had)
        except Refusal as refusal:
            messages.error(request, str(refusal))
            return self._show(request, offer, status=409, had=had)
        messages.success(request, gettext("Sent to whoever signs for the client."))
        return redirect("admin:support_offer_change", pk)

    def withdraw(self, request: HttpRequest, pk: int) -> HttpResponse:
        offer = self.row(request, pk, change=True)
        form = WithdrawForm(request.POST, auto_id="withdraw_%s")
        if form.is_valid():
            try:
                withdraw_offer(
                    offer=offer, reason=form.cleaned_data["reason"], by=user_of(request), now=timezone.now()
                )
            except Refusal as refusal:
                show_refusal(form, refusal)
            else:
                messages.success(request, gettext("The offer is withdrawn."))
                return redirect("admin:support_offer_change", pk)
        return self._show(request, offer, withdrawing=form)

    def _show(
        self,
        request: HttpRequest,
        offer: Offer,
        *,
        form: OfferForm | None = None,
        withdrawing: WithdrawForm | None = None,
        had: dict[str, int] | None = None,
        status: int | None = None,
    ) -> HttpResponse:
        """`had` is what was in view of its ticket when it was sent, and refused."""
        may_change = self.has_change_permission(request)
        if form is None and offer.state == State.DRAFT and may_change:
            form = OfferForm(initial=OfferForm.of(offer))
        withdrawing = withdrawing or WithdrawForm(auto_id="withdraw_%s")
        answering = answered_with(offer) if offer.state == State.DRAFT and may_change else None
        thread = None
        if answering is not None:
            seen, seen_call = (had["seen"], had["seen_call"]) if had else (None, None)
            thread = desk_thread(answering, user_of(request), seen, seen_call)
        can_end = State.WITHDRAWN in Offer.MOVES[offer.state]
        return self.page(
            request,
            "offer",
            str(offer),
            status=status or status_of(*(each for each in (form, withdrawing) if each is not None)),
            offer=offer,
            form=form,
            events=steps_of(offer.events.select_related("actor"), State),
            answering=answering,
            thread=thread,
            sending=SendOfferForm(
                initial={"seen": thread.seen, "seen_call": thread.seen_call} if thread else None
            ),
            withdrawing=withdrawing if may_change and can_end else None,
            expired=offer.state == State.SENT and desk_day(timezone.now()) > offer.valid_until,
            may_see_invoice=request.user.has_perm("billing.view_invoice"),
        )
