"""Allowances with every entry, and their ends put off (S4, S7)."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from base.errors import Refusal
from billing.admin.recorded import LookOnly
from support.admin.office import DeskAdmin, status_of, user_of
from support.admin_forms import ExtendForm, show_refusal
from support.allowances import in_words
from support.extensions import extend_allowance
from support.models import Allowance, AllowanceEntry, AllowanceExtension

EXTEND = "support.add_allowanceextension"


class EntryInline(LookOnly, admin.TabularInline):
    model = AllowanceEntry
    extra = 0
    fields = ("at", "kind", "change", "then_left", "by", "cause")
    readonly_fields = ("change", "then_left")

    def get_queryset(self, request: HttpRequest) -> QuerySet[AllowanceEntry]:
        return super().get_queryset(request).select_related("by", "allowance")

    @admin.display(description=_("change"))
    def change(self, entry: AllowanceEntry) -> str:
        return ("−" if entry.amount < 0 else "+") + in_words(entry.size, entry.allowance.unit)

    @admin.display(description=_("left after"))
    def then_left(self, entry: AllowanceEntry) -> str:
        return in_words(entry.left_after, entry.allowance.unit)


class ExtensionInline(LookOnly, admin.TabularInline):
    model = AllowanceExtension
    extra = 0
    fields = ("at", "before", "after", "reason", "by")

    def get_queryset(self, request: HttpRequest) -> QuerySet[AllowanceExtension]:
        return super().get_queryset(request).select_related("by", "allowance")


@admin.register(Allowance)
class AllowanceAdmin(LookOnly, DeskAdmin):
    """The ledger, to be looked at: it is written by what happens. Its end can be put off."""

    change_form_template = "support/allowance_admin.html"

    list_display = ("what", "client", "left_in_words", "given_in_words", "starts_on", "until")
    list_filter = ("unit",)
    list_select_related = ("client__customer", "period")
    search_fields = ("what", "client__customer__name")
    fields = ("client", "what", "given_in_words", "left_in_words", "starts_on", "until")
    readonly_fields = ("given_in_words", "left_in_words", "until")
    inlines = (ExtensionInline, EntryInline)

    def get_urls(self) -> list[URLPattern]:
        extend = self.admin_site.admin_view(self.extend)
        return [path("<int:pk>/extend/", extend, name="support_allowance_extend"), *super().get_urls()]

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        said = {"may_extend": request.user.has_perm(EXTEND)}
        return super().change_view(request, object_id, form_url, said | (extra_context or {}))

    def extend(self, request: HttpRequest, pk: int) -> HttpResponse:
        """It can be used for longer, for a reason that the client reads."""
        if not request.user.has_perm(EXTEND):
            raise PermissionDenied
        allowance = self.row(request, pk)
        form = ExtendForm(request.POST if request.method == "POST" else None)
        if form.is_valid():
            try:
                extend_allowance(
                    allowance=allowance,
                    until=form.cleaned_data["until"],
                    reason=form.cleaned_data["reason"],
                    public_id=form.cleaned_data["form_id"],
                    by=user_of(request),
                    now=timezone.now(),
                )
            except Refusal as refusal:
                show_refusal(form, refusal)
            else:
                messages.success(request, gettext("Saved. The client was told."))
                return redirect("admin:support_allowance_change", pk)
        title = gettext("Let “%(what)s” be used for longer") % {"what": allowance.what}
        return self.page(
            request, "allowance_extend", title, status=status_of(form), allowance=allowance, form=form
        )

    @admin.display(description=_("left"), ordering="left")
    def left_in_words(self, allowance: Allowance) -> str:
        return in_words(allowance.left, allowance.unit)

    @admin.display(description=_("included"), ordering="given")
    def given_in_words(self, allowance: Allowance) -> str:
        return in_words(allowance.given, allowance.unit)

    @admin.display(description=_("until"))
    def until(self, allowance: Allowance) -> str:
        return date_format(allowance.ends_on, "SHORT_DATE_FORMAT") if allowance.ends_on else "–"
