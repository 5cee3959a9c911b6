"""Versions of the terms, and days added to one business's claim window: both are added, never changed (G5, G20)."""

from datetime import date, timedelta
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from base.admin import OfficeAdmin
from base.days import marketplace_day
from guarantees import rules
from guarantees.admin.proposals import ProposedDays
from guarantees.admin.what_if import what_if
from guarantees.extra_days import give_extra_days
from guarantees.models import ExtraDays, GuaranteeTerms
from guarantees.own_business import why_not_own
from guarantees.wording import long_date
from marketplace.models import FIRST_CONTACT_WITHIN


class AddedOnly:
    """For rows that are added by whoever may, and then stay as they are."""

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class TermsForm(forms.ModelForm):
    """A new version, in force from a day to come; of two versions for one day the one added later binds (G20)."""

    class Meta:
        model = GuaranteeTerms
        fields = ("in_force_from", *rules.Terms.__dataclass_fields__)

    def clean_in_force_from(self) -> date:
        day: date = self.cleaned_data["in_force_from"]
        # A professional who contracted today has been promised today's terms already (G20).
        if day <= marketplace_day(timezone.now()):
            raise forms.ValidationError(_("New terms can be in force from tomorrow at the earliest."))
        return day

    def clean_first_contact_hours(self) -> int:
        # The clock of every contact, its mails and what the homeowner is told run by one number for all, whatever
        # terms their business has: a claim judged by another one would contradict them (G20, G21).
        hours: int = self.cleaned_data["first_contact_hours"]
        shown = FIRST_CONTACT_WITHIN // timedelta(hours=1)
        if hours != shown:
            raise forms.ValidationError(
                _("The clock and the reminders of every contact run for %(hours)s hours: write %(hours)s.")
                % {"hours": shown}
            )
        return hours


@admin.register(GuaranteeTerms)
class GuaranteeTermsAdmin(AddedOnly, OfficeAdmin):
    form = TermsForm
    change_list_template = "guarantees/terms_admin.html"
    list_display = (
        "in_force_from",
        "contacts",
        "purchase_months",
        "waiting_months",
        "grace_days",
        "first_contact",
        "extend_for_wait",
        "added_by",
        "added_at",
    )
    list_select_related = ("added_by",)

    def get_urls(self) -> list[URLPattern]:
        asked = self.admin_site.admin_view(self.what_if)
        return [path("what-if/", asked, name="guarantees_guaranteeterms_what_if"), *super().get_urls()]

    def what_if(self, request: HttpRequest) -> HttpResponse:
        return what_if(request, {**self.admin_site.each_context(request), "opts": self.opts})

    def get_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        fields = tuple(TermsForm.base_fields)
        return (*fields, "added_by", "added_at") if obj else fields

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        """A new version begins as the latest one: what is not to change need not be typed."""
        latest = GuaranteeTerms.objects.first()
        names = [name for name in TermsForm.base_fields if name != "in_force_from"]
        return {name: getattr(latest, name) for name in names} if latest else {}

    def save_model(self, request: HttpRequest, obj: GuaranteeTerms, form: Any, change: bool) -> None:
        obj.added_by = request.user  # type: ignore[assignment]
        obj.added_at = timezone.now()
        super().save_model(request, obj, form, change)

    def response_add(
        self, request: HttpRequest, obj: GuaranteeTerms, post_url_continue: str | None = None
    ) -> HttpResponse:
        messages.success(
            request,
            gettext(
                "New terms were added, in force from %(day)s. Whoever contracts before that day keeps the earlier ones."
            )
            % {"day": long_date(obj.in_force_from)},
        )
        return redirect("admin:guarantees_guaranteeterms_changelist")


class ExtraDaysForm(forms.ModelForm):
    class Meta:
        model = ExtraDays
        fields = ("professional", "days", "reason")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.giver: Any = None

    def clean_professional(self) -> Any:
        professional = self.cleaned_data["professional"]
        for refusal in why_not_own(professional, self.giver) if self.giver else []:
            raise forms.ValidationError(str(refusal))
        return professional


@admin.register(ExtraDays)
class ExtraDaysAdmin(ProposedDays, AddedOnly, OfficeAdmin):
    form = ExtraDaysForm
    list_display = ("professional", "days", "reason", "given_by", "given_at")
    list_select_related = ("professional", "given_by")
    search_fields = ("professional__name",)
    raw_id_fields = ("professional",)

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        form = super().get_form(request, obj, change, **kwargs)

        class GivenBy(form):  # type: ignore[valid-type,misc]
            def __init__(self, *args: Any, **kwargs: Any) -> None:
                super().__init__(*args, **kwargs)
                self.giver = request.user

        return form if obj else GivenBy

    def get_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        fields = ("professional", "days", "reason")
        return (*fields, "given_by", "given_at") if obj else fields

    def save_model(self, request: HttpRequest, obj: ExtraDays, form: Any, change: bool) -> None:
        given = give_extra_days(
            professional=obj.professional,
            days=obj.days,
            reason=obj.reason,
            by=request.user,  # type: ignore[arg-type]
            now=timezone.now(),
        )
        # What Django goes on with, to write it into its log and show it, is the row that was made.
        obj.__dict__.update(given.__dict__)
