"""Agreements with their versions (S4)."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from base.errors import Refusal
from support.admin.allowances import EXTEND
from support.admin.office import DeskAdmin, of_others, status_of, user_of
from support.admin_forms import AgreementForm, BaseLines, VersionForm, show_refusal
from support.agreements import change_agreement, record_agreement
from support.allowances import days_at
from support.desk_calendar import desk_day, desk_zone
from support.documents import document_response
from support.models import Agreement, Client
from support.shown import agreement_shown


@admin.register(Agreement)
class AgreementAdmin(DeskAdmin):
    number_letter = "A"
    list_display = ("number", "title", "client", "signed_on", "signed")
    list_filter = ("signed",)
    list_select_related = ("client__customer",)
    search_fields = ("title", "client__customer__name", "client__customer__email")
    search_help_text = _("A number (A-2026-000015), or part of the title, or of the client's name or e-mail.")

    @admin.display(description=_("number"), ordering="-pk")
    def number(self, agreement: Agreement) -> str:
        return agreement.number

    def get_urls(self) -> list[URLPattern]:
        wrap = self.admin_site.admin_view
        return [
            path("<int:pk>/version/", wrap(self.version), name="support_agreement_version"),
            path(
                "<int:pk>/document/<int:number>/",
                wrap(require_safe(self.document)),
                name="support_agreement_document",
            ),
            *super().get_urls(),
        ]

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        """Records an agreement that was signed on paper."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        now = timezone.now()
        clients = of_others(Client.objects.select_related("customer"), request.user, "pk")
        posted: tuple[Any, Any] = (request.POST, request.FILES) if request.method == "POST" else (None, None)
        first = {"signed_on": desk_day(now), "client": request.GET.get("client")}
        form = AgreementForm(*posted, initial=first, clients=clients)
        # The lines' last days are counted from the day on which it was signed.
        begins = form.is_valid() and form.cleaned_data["signed_on"]
        lines = BaseLines.of(posted[0], starts_on=begins or desk_day(now))
        if posted[0] is not None and status_of(form, lines) == 200:
            data = form.cleaned_data
            try:
                agreement = record_agreement(
                    client=data["client"],
                    title=data["title"],
                    text=data["text"],
                    lines=lines.lines(),
                    signed_on=data["signed_on"],
                    signed_by=data["signed_by"],
                    document=data["document"],
                    by=user_of(request),
                    now=now,
                    public_id=data["form_id"],
                )
            except Refusal as refusal:
                show_refusal(form, refusal)
            else:
                said = gettext("Recorded as %(number)s.") % {"number": agreement.number}
                messages.success(request, said)
                return redirect("admin:support_agreement_change", agreement.pk)
        title = gettext("Record an agreement on paper")
        return self.page(
            request, "agreement_form", title, status=status_of(form, lines), form=form, lines=lines
        )

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        agreement = self.row(request, object_id)
        return self.page(
            request,
            "agreement",
            str(agreement),
            may_change=self.has_change_permission(request),
            zone=desk_zone(),
            may_extend=request.user.has_perm(EXTEND),
            may_plan=request.user.has_perm("support.add_plannedsession"),
            **agreement_shown(agreement, days_at(timezone.now())),
        )

    def version(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Another version of what it says, for a reason; the earlier ones stay."""
        agreement = self.row(request, pk, change=True)
        now = timezone.now()
        current = agreement.current
        rows = list(current.lines.select_related("allowance"))
        allowances = {row.allowance.pk: row.allowance for row in rows if row.allowance}
        posted: tuple[Any, Any] = (request.POST, request.FILES) if request.method == "POST" else (None, None)
        form = VersionForm(*posted, initial={"text": current.text, "seen": current.number})
        # A line that stays may have ended: what is new is judged by the job.
        lines = BaseLines.of(posted[0], starts_on=agreement.signed_on, rows=rows, allowances=allowances)
        if posted[0] is not None and status_of(form, lines) == 200:
            try:
                change_agreement(
                    agreement=agreement,
                    lines=lines.lines(),
                    by=user_of(request),
                    now=now,
                    **form.cleaned_data,
                )
            except Refusal as refusal:
                show_refusal(form, refusal)
            else:
                messages.success(request, gettext("Saved as another version."))
                return redirect("admin:support_agreement_change", pk)
        title = gettext("Change %(number)s") % {"number": agreement.number}
        return self.page(
            request,
            "agreement_form",
            title,
            status=status_of(form, lines),
            form=form,
            lines=lines,
            agreement=agreement,
        )

    def document(self, request: HttpRequest, pk: int, number: int) -> HttpResponse:
        agreement = self.row(request, pk)
        version = get_object_or_404(agreement.versions, number=number)
        return document_response(version.document, f"{agreement.number}-{number}")
