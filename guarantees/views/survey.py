"""Where a homeowner says how it went with a business, by the link in a mail (G14). Machines open links too: looking
at a page answers nothing."""

from datetime import datetime

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from base.errors import Refusal
from guarantees import survey as surveys
from guarantees.forms import PRESSES, SurveyForm
from guarantees.models import HomeownerSurvey
from guarantees.survey import ANSWERED_PURPOSE, LINK_PURPOSE, Said
from marketplace.models import Contact
from marketplace.views.private import for_homeowner, kept_private


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def survey(request: HttpRequest, token: str) -> HttpResponse:
    """The question, each answer a button; one press answers it."""
    try:
        asked = surveys.survey_behind(token, LINK_PURPOSE)
    except Refusal as refusal:
        return kept_private(_ended(request, refusal, status=404))
    return for_homeowner(request, asked.item.contact.lead, lambda: _ask(request, asked, timezone.now()))


def _ask(request: HttpRequest, asked: HomeownerSurvey, now: datetime) -> HttpResponse:
    refused: Refusal | None = None
    if request.method == "POST":
        try:
            answered = surveys.answer_survey(survey=asked, hired=request.POST.get("hired", ""), now=now)
        except Refusal as refusal:
            if refusal.code != "unknown_answer":
                return _ended(request, refusal)
            refused = refusal
        else:
            return redirect("guarantees:survey_answered", token=surveys.answered_token_of(answered))
    elif ended := surveys.why_ended(asked, now):
        return _ended(request, ended)
    return render(
        request,
        "guarantees/survey.html",
        {"contact": asked.item.contact, "presses": PRESSES.items(), "refused": refused},
        status=422 if refused else 200,
    )


def _ended(request: HttpRequest, refusal: Refusal, status: int = 410) -> HttpResponse:
    return render(request, "guarantees/survey_ended.html", {"refusal": refusal}, status=status)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def survey_answered(request: HttpRequest, token: str) -> HttpResponse:
    """Where whoever has answered arrives: for an hour with room for the details, and for second thoughts."""
    try:
        asked = surveys.survey_behind(token, ANSWERED_PURPOSE)
    except Refusal as refusal:
        return kept_private(_ended(request, refusal, status=404))
    return for_homeowner(
        request, asked.item.contact.lead, lambda: _thank(request, asked, token, timezone.now())
    )


def _thank(request: HttpRequest, asked: HomeownerSurvey, token: str, now: datetime) -> HttpResponse:
    open_still = surveys.can_correct(asked, now)
    initial = {name: getattr(asked, name) for name in SurveyForm.base_fields}
    form = SurveyForm(request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            surveys.correct_answer(survey=asked, said=Said(**form.cleaned_data), now=now)
        except Refusal as refusal:
            form.add_error(refusal.field, str(refusal))
        else:
            messages.success(request, _("Saved. You can close this page."))
            return redirect("guarantees:survey_answered", token=token)
    return render(
        request,
        "guarantees/survey_answered.html",
        {
            "contact": asked.item.contact,
            "said": PRESSES.get(Contact.Word(asked.hired)) if asked.hired else "",
            "form": form if open_still or form.is_bound else None,
        },
        status=422 if form.is_bound and form.errors else 200,
    )
