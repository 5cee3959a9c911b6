"""The queue of decisions that another reviewer looks at again (G25)."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from base.admin import OfficeAdmin, found
from base.errors import Refusal
from base.money import money
from guarantees.admin.signals import Noticed, noticed_about
from guarantees.models import Claim, SecondLook
from guarantees.second_looks import NOTE_AT_MOST, look_again, note_for, why_not_look
from marketplace.admin.queues import DecidedByButtons, QueueFilter, of_others


class SecondLookForm(forms.Form):
    result = forms.ChoiceField(
        label=_("What you found"),
        required=False,
        choices=SecondLook.Result.choices,
        widget=forms.RadioSelect,
    )
    note = forms.CharField(
        label=_("Why"),
        help_text=_("Needed unless you agree."),
        required=False,
        max_length=NOTE_AT_MOST,
        widget=forms.Textarea(attrs={"rows": 3}),
    )


class LookedAtFilter(QueueFilter):
    """Those that wait, unless something else is chosen."""

    title = _("result")
    parameter_name = "result"
    waiting = "waiting"
    states = [("waiting", _("to be looked at")), *SecondLook.Result.choices]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        result = self.value() or self.waiting
        if result == "all":
            return queryset
        return queryset.filter(result="" if result == self.waiting else result)


@admin.register(SecondLook)
class SecondLookAdmin(DecidedByButtons, OfficeAdmin):
    """Oldest first. Whoever decided, or gave a verdict, sees it and cannot record anything."""

    list_display = ("business", "decided", "decided_at", "amount", "why", "looked_at")
    list_filter = (LookedAtFilter,)
    list_per_page = 50
    search_fields = ("decision__claim__professional__name", "decision__claim__public_id")
    ordering = ("asked_at", "id")
    show_full_result_count = False
    actions = None

    def get_queryset(self, request: HttpRequest) -> QuerySet[SecondLook]:
        """Without those of a business that the reader owns or belongs to: they tell what homeowners said."""
        looks = SecondLook.objects.whole().order_by(*self.ordering)
        return of_others(looks, request.user, business="decision__claim__professional")

    @admin.display(description=_("business"), ordering="decision__claim__professional__name")
    def business(self, look: SecondLook) -> str:
        return look.claim.professional.name

    @admin.display(description=_("decision"))
    def decided(self, look: SecondLook) -> str:
        return look.decided

    @admin.display(description=_("decided"), ordering="asked_at")
    def decided_at(self, look: SecondLook) -> str:
        return f"{_day(look.decision.at)} · {look.decision.actor or '–'}"

    @admin.display(description=_("amount"), ordering="decision__claim__amount_cents")
    def amount(self, look: SecondLook) -> str:
        return money(look.claim.amount_cents or 0)

    @admin.display(description=_("looked at"))
    def looked_at(self, look: SecondLook) -> str:
        if look.at is None:
            return "–"
        return f"{_day(look.at)} · {look.by} · {look.get_result_display()}"

    def get_urls(self) -> list[URLPattern]:
        record = self.admin_site.admin_view(require_POST(self.record))
        return [path("<int:pk>/record/", record, name="guarantees_secondlook_record"), *super().get_urls()]

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        return self._show(request, self._look(request, object_id), SecondLookForm())

    def record(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Records what this reviewer found."""
        look = self._look(request, pk)
        form = SecondLookForm(request.POST)
        if form.is_valid():
            try:
                look = look_again(
                    look=look,
                    result=form.cleaned_data["result"],
                    note=form.cleaned_data["note"],
                    by=request.user,  # type: ignore[arg-type]
                    now=timezone.now(),
                )
            except Refusal as refusal:
                form.add_error(refusal.field, str(refusal))
                look = self._look(request, pk)  # Somebody else may have recorded what they found.
            else:
                messages.success(request, gettext("Recorded. No decision was changed."))
                return redirect("admin:guarantees_secondlook_change", look.pk)
        return self._show(request, look, form, status=409)

    def _look(self, request: HttpRequest, pk: Any) -> SecondLook:
        if not self.has_view_permission(request):
            raise PermissionDenied
        look: SecondLook = found(self.get_queryset(request), pk)
        return look

    def _show(
        self, request: HttpRequest, look: SecondLook, form: SecondLookForm, status: int = 200
    ) -> HttpResponse:
        return render(
            request,
            "admin/guarantees/secondlook/look.html",
            {
                **self.admin_site.each_context(request),
                "opts": self.opts,
                "title": look.claim.professional.name,
                "look": look,
                "note": note_for(look, request.user),  # type: ignore[arg-type]
                "claim": look.claim,
                "noticed": _noticed(look.claim, request.user),
                "groundless": look.decision.stood_on.get("grounds") == []
                and look.decision.to_state == Claim.State.REJECTED,
                "blockers": why_not_look(look, request.user),  # type: ignore[arg-type]
                "what_next": what_next(look),
                "form": form,
            },
            status=status,
        )


def what_next(look: SecondLook) -> str:
    """What to do about a second look that disagrees; empty where there is nothing (G25: it changes no decision)."""
    if look.result != SecondLook.Result.DISAGREES:
        return ""
    if look.decision.to_state == Claim.State.APPROVED:
        return gettext(
            "The refund stands, and nothing is taken back because of this. Tell whoever decided, and finance, who "
            "alone correct balances, with a reason."
        )
    return gettext(
        "The decision stands until an appeal is upheld. Tell somebody who hears appeals: they read this on the page of "
        "the claim. The professional was told how to appeal."
    )


def _noticed(claim: Claim, user: Any) -> list[tuple[int, list[Noticed]]]:
    """The signals, in the order of the contacts, by their positions; 0: of the whole claim."""
    positions = dict(claim.items.values_list("contact", "position"))
    found = noticed_about(claim, user, timezone.now())
    return sorted(
        (0 if contact is None else positions[contact], signals) for contact, signals in found.items()
    )


def _day(moment: Any) -> str:
    return date_format(timezone.localtime(moment), "SHORT_DATE_FORMAT")
