"""What would the verdict on a professional be, on another date or by other terms? Asked by staff; nothing is saved."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from django import forms
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from base.days import marketplace_day
from guarantees import rules, wording
from guarantees.dates import ToldDate, told_dates
from guarantees.errors import GuaranteeError, refuse
from guarantees.facts import JudgedFacts, load_facts
from guarantees.finding import find_professional
from guarantees.models import GuaranteeTerms
from guarantees.own_business import why_not_own
from guarantees.terms_told import numbers_of
from profiles.models import Professional

# Dates that somebody can mean.
EARLIEST, LATEST = date(2000, 1, 1), date(2099, 12, 31)
BADGES = {"met": "badge-ok", "unmet": "badge-warn", "waiting": "badge-info", "lost": "badge-error"}


@dataclass(frozen=True, slots=True)
class Side:
    """One verdict with what it was asked by; `lines`: each requirement as (title, word, badge, sentence)."""

    on: date
    version: GuaranteeTerms
    verdict: wording.Verdict
    numbers: list[tuple[str, str]]
    lines: list[tuple[str, str, str, str]]
    dates: list[ToldDate]


class VersionField(forms.ModelChoiceField):
    def label_from_instance(self, version: Any) -> str:
        # Two versions may be in force from one day.
        return f"{wording.long_date(version.in_force_from)} (#{version.pk})"


class WhatIfForm(forms.Form):
    who = forms.CharField(
        label=_("Professional"),
        max_length=254,
        help_text=_("Public id, row number, the owner's e-mail, or the exact name."),
    )
    on = forms.DateField(
        label=_("On the day"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date", "min": EARLIEST, "max": LATEST}, format="%Y-%m-%d"),
        help_text=_("Empty: today. Whichever day is asked about, it is judged by what is known today."),
    )
    terms = VersionField(
        label=_("By the terms in force from"),
        queryset=GuaranteeTerms.objects.all(),
        required=False,
        empty_label=_("those that bind them"),
        error_messages={"invalid_choice": _("There is no such version of the terms.")},
    )

    def __init__(self, *args: Any, asked_by: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.asked_by = asked_by

    def clean_who(self) -> Professional:
        try:
            professional = find_professional(self.cleaned_data["who"])
            refuse(why_not_own(professional, self.asked_by))
            return professional
        except GuaranteeError as refusal:
            raise forms.ValidationError(str(refusal)) from refusal

    def clean_on(self) -> date | None:
        day: date | None = self.cleaned_data["on"]
        if day is not None and not EARLIEST <= day <= LATEST:
            raise forms.ValidationError(
                _("Choose a day from %(earliest)s to %(latest)s.")
                % {"earliest": wording.long_date(EARLIEST), "latest": wording.long_date(LATEST)}
            )
        return day


@require_safe
def what_if(request: HttpRequest, context: dict[str, Any]) -> HttpResponse:
    """GET: the form; with ?who=, the verdict of today beside that of the date and the terms that were asked about."""
    if not request.user.has_perm("guarantees.view_guaranteeterms"):
        raise PermissionDenied
    today = marketplace_day(timezone.now())
    form = WhatIfForm(request.GET if "who" in request.GET else None, asked_by=request.user)
    sides: list[Side] = []
    professional = None
    if form.is_valid():
        professional = form.cleaned_data["who"]
        known = load_facts([professional.pk], today)[professional.pk]
        on, version = form.cleaned_data["on"] or today, form.cleaned_data["terms"] or known.terms
        asked = [(today, known.terms)]
        if (on, version) != asked[0]:
            asked.append((on, version))
        try:
            sides = [_side(known, *each) for each in asked]
        except (ValueError, OverflowError):
            form.add_error("terms", _("With these numbers a date leaves the calendar."))
    return render(
        request,
        "guarantees/what_if_admin.html",
        {
            **context,
            "title": _("What would the verdict be?"),
            "form": form,
            "professional": professional,
            "sides": sides,
            "today": today,
        },
        status=422 if form.is_bound and not form.is_valid() else 200,
    )


def _side(known: JudgedFacts, on: date, version: GuaranteeTerms) -> Side:
    terms = version.as_rules()
    eligibility = rules.evaluate(known.facts, terms, on)
    return Side(
        on,
        version,
        wording.verdict(eligibility),
        numbers_of(version),
        [
            (
                wording.title(each),
                str(wording.STATUS_WORDS[each.status]),
                BADGES[each.status],
                wording.sentence(each, paid=known.facts.refunded),
            )
            for each in eligibility.requirements
        ],
        told_dates(known.facts, terms, on),
    )
