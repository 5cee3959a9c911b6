"""Offers of more support in the office: made, changed while they are drafts, sent and withdrawn (S6)."""

from __future__ import annotations

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
from support.admin.office import DeskAdmin, of_others, status_of, user_of
from support.admin_forms import Chooser, show_refusal
from support.models import Client, Offer
from support.offer_forms import NewOfferForm, OfferForm, SendOfferForm, WithdrawOfferForm
from support.offers import change_offer, make_offer, send_offer, withdraw_offer
from support.offers_shown import offer_shown


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
        """A draft for a client without a ticket, which the desk alone sees; of the query, `client` says whose. What
        answers a ticket is made from there (`support.views.desk.offers`)."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        clients = of_others(Client.objects.signed().select_related("customer"), request.user, "pk")
        form = NewOfferForm(
            request.POST or None,
            initial={"client": request.GET.get("client")},
            clients=clients,
            chooser=Chooser(Offer._meta.get_field("client"), self.admin_site),
        )
        if form.is_valid():
            try:
                offer = make_offer(
                    client=form.cleaned_data["client"],
                    by=user_of(request),
                    now=timezone.now(),
                    public_id=form.cleaned_data["form_id"],
                    **form.said(),
                )
            except Refusal as refusal:
                show_refusal(form, refusal)
            else:
                drafted = gettext("%(number)s is a draft. Look through it, then send it.")
                messages.success(request, drafted % {"number": offer.number})
                return redirect("admin:support_offer_change", offer.pk)
        title = gettext("Make an offer")
        return self.page(request, "offer_add", title, status=status_of(form), form=form)

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
        form = WithdrawOfferForm(request.POST)
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
        withdrawing: WithdrawOfferForm | None = None,
        had: dict[str, int] | None = None,
        status: int | None = None,
    ) -> HttpResponse:
        """`had` is what was in view of its ticket when it was sent, and refused."""
        shown = offer_shown(
            offer,
            reader=user_of(request),
            now=timezone.now(),
            form=form,
            withdrawing=withdrawing,
            had=had,
        )
        pressed = [each for each in (form, withdrawing) if each is not None]
        return self.page(request, "offer", str(offer), status=status or status_of(*pressed), **shown)
