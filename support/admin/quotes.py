"""Quotes: made, changed while they are drafts, sent, withdrawn, and their signed papers recorded (S4)."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST, require_safe

from base.errors import Refusal
from base.money import money
from support.admin.office import DeskAdmin, of_others, status_of, user_of
from support.admin_forms import (
    BaseLines,
    ChangedDraftForm,
    NewQuoteForm,
    SignedQuoteForm,
    WithdrawForm,
    show_refusal,
)
from support.desk_calendar import desk_day
from support.documents import document_response
from support.drafts import steps_of
from support.models import Client, Quote
from support.quotes import change_quote, make_quote, record_signed_quote, send_quote, withdraw_quote

State = Quote.State
RECORD = "support.add_agreement"


@admin.register(Quote)
class QuoteAdmin(DeskAdmin):
    number_letter = "P"
    list_display = ("number", "title", "client", "price", "state", "valid_until")
    list_filter = ("state",)
    list_select_related = ("client__customer",)
    search_fields = ("title", "client__customer__name", "client__customer__email")
    search_help_text = _("A number (P-2026-000015), or part of the title, or of the client's name or e-mail.")

    @admin.display(description=_("number"), ordering="-pk")
    def number(self, quote: Quote) -> str:
        return quote.number

    @admin.display(description=_("price"), ordering="price_cents")
    def price(self, quote: Quote) -> str:
        return money(quote.price_cents)

    def get_urls(self) -> list[URLPattern]:
        wrap = self.admin_site.admin_view
        return [
            path("<int:pk>/send/", wrap(require_POST(self.send)), name="support_quote_send"),
            path("<int:pk>/withdraw/", wrap(require_POST(self.withdraw)), name="support_quote_withdraw"),
            path("<int:pk>/record/", wrap(require_POST(self.record)), name="support_quote_record"),
            path("<int:pk>/document/", wrap(require_safe(self.document)), name="support_quote_document"),
            *super().get_urls(),
        ]

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        """A draft, which the desk alone sees."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        now = timezone.now()
        clients = of_others(Client.objects.select_related("customer"), request.user, "pk")
        posted: tuple[Any, Any] = (request.POST, request.FILES) if request.method == "POST" else (None, None)
        form = NewQuoteForm(*posted, initial={"client": request.GET.get("client")}, clients=clients)
        lines = BaseLines.of(posted[0], starts_on=desk_day(now))
        # Both are asked, so that all that is wrong is told at once.
        if status_of(form, lines) == 200 and posted[0] is not None:
            try:
                quote = make_quote(
                    client=form.cleaned_data["client"],
                    lines=lines.lines(),
                    by=user_of(request),
                    now=now,
                    public_id=form.cleaned_data["form_id"],
                    **form.said(),
                )
            except Refusal as refusal:
                show_refusal(form, refusal)
            else:
                said = gettext("%(number)s is a draft. Look through it, then send it.")
                messages.success(request, said % {"number": quote.number})
                return redirect("admin:support_quote_change", quote.pk)
        title = gettext("Make a quote")
        return self.page(request, "quote_add", title, status=status_of(form, lines), form=form, lines=lines)

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """A draft is changed here; what was sent is looked at, and answered for."""
        if request.method != "POST":
            return self._show(request, self.row(request, object_id))
        quote = self.row(request, object_id, change=True)
        now = timezone.now()
        form = ChangedDraftForm(request.POST, request.FILES)
        lines = BaseLines.of(request.POST, starts_on=desk_day(now), rows=list(quote.lines.all()))
        if status_of(form, lines) == 200:
            try:
                change_quote(
                    quote=quote,
                    lines=lines.lines(),
                    by=user_of(request),
                    now=now,
                    seen=form.cleaned_data["seen"],
                    **form.said(),
                )
            except Refusal as refusal:
                show_refusal(form, refusal)
            else:
                self.note(request, quote, gettext("The draft was changed."))
                messages.success(request, gettext("The draft is saved."))
                return redirect("admin:support_quote_change", quote.pk)
        return self._show(request, quote, form=form, lines=lines)

    def send(self, request: HttpRequest, pk: int) -> HttpResponse:
        quote = self.row(request, pk, change=True)
        seen = request.POST.get("seen", "")
        try:
            send_quote(
                quote=quote,
                by=user_of(request),
                now=timezone.now(),
                seen=int(seen) if seen.isdecimal() and len(seen) < 10 else None,
            )
        except Refusal as refusal:
            messages.error(request, str(refusal))
            return self._show(request, quote, status=409)
        messages.success(request, gettext("Sent to whoever signs for the client."))
        return redirect("admin:support_quote_change", pk)

    def withdraw(self, request: HttpRequest, pk: int) -> HttpResponse:
        quote = self.row(request, pk, change=True)
        form = WithdrawForm(request.POST, auto_id="withdraw_%s")
        if form.is_valid():
            try:
                withdraw_quote(
                    quote=quote, reason=form.cleaned_data["reason"], by=user_of(request), now=timezone.now()
                )
            except Refusal as refusal:
                show_refusal(form, refusal)
            else:
                messages.success(request, gettext("The quote is withdrawn."))
                return redirect("admin:support_quote_change", pk)
        return self._show(request, quote, withdrawing=form)

    def record(self, request: HttpRequest, pk: int) -> HttpResponse:
        """The client signed on paper: it becomes an agreement."""
        if not request.user.has_perm(RECORD):
            raise PermissionDenied
        quote = self.row(request, pk)
        form = SignedQuoteForm(request.POST, request.FILES, auto_id="record_%s")
        if form.is_valid():
            try:
                agreement = record_signed_quote(
                    quote=quote, **form.cleaned_data, by=user_of(request), now=timezone.now()
                )
            except Refusal as refusal:
                show_refusal(form, refusal)
            else:
                said = gettext("Recorded as %(number)s.") % {"number": agreement.number}
                messages.success(request, said)
                return redirect("admin:support_agreement_change", agreement.pk)
        return self._show(request, quote, recording=form)

    def document(self, request: HttpRequest, pk: int) -> HttpResponse:
        quote = self.row(request, pk)
        return document_response(quote.document, quote.number)

    def _show(
        self,
        request: HttpRequest,
        quote: Quote,
        *,
        form: ChangedDraftForm | None = None,
        lines: BaseLines | None = None,
        withdrawing: WithdrawForm | None = None,
        recording: SignedQuoteForm | None = None,
        status: int | None = None,
    ) -> HttpResponse:
        today = desk_day(timezone.now())
        rows = list(quote.lines.all())
        may_change = self.has_change_permission(request)
        if quote.state == State.DRAFT and may_change and form is None:
            form = ChangedDraftForm(
                initial={
                    "seen": quote.edition,
                    "title": quote.title,
                    "text": quote.text,
                    "price": Decimal(quote.price_cents) / 100,
                    "valid_until": quote.valid_until,
                }
            )
            lines = BaseLines.of(None, starts_on=today, rows=rows)
        withdrawing = withdrawing or WithdrawForm(auto_id="withdraw_%s")
        recording = recording or SignedQuoteForm(initial={"signed_on": today}, auto_id="record_%s")
        shown = [each for each in (form, lines, withdrawing, recording) if each is not None]
        return self.page(
            request,
            "quote",
            str(quote),
            status=status or status_of(*shown),
            quote=quote,
            form=form,
            lines=lines,
            rows=rows,
            events=steps_of(quote.events.select_related("actor"), State),
            withdrawing=withdrawing if may_change and quote.state in (State.DRAFT, State.SENT) else None,
            recording=recording if quote.state == State.SENT and request.user.has_perm(RECORD) else None,
            expired=quote.state == State.SENT and today > quote.valid_until,
        )
