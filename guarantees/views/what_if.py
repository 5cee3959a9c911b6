"""What would it mean for the guarantee if …? A professional asks, and nothing is written (G1, G6, G23)."""

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from base.days import marketplace_day
from guarantees.assumptions import Assumption
from guarantees.comparing import compare
from guarantees.forms import AssumptionForm
from guarantees.standing import standing_of
from marketplace.returns import may_come_back
from profiles.current import BusinessRequest, business_required


@business_required
@require_safe
def what_if(request: BusinessRequest) -> HttpResponse:
    """GET: the form; with something supposed in the address, the verdict of today beside the one there would be."""
    now = timezone.now()
    today = marketplace_day(now)
    standing = standing_of(request.business, today)
    form = AssumptionForm(
        request.GET or None,
        standing=standing,
        returnable=may_come_back(request.business, now),
        today=today,
    )
    compared = None
    if form.is_valid() and (assumption := form.assumption()) != Assumption():
        compared = compare(standing, assumption, today)
    return render(
        request,
        "guarantees/what_if.html",
        {"form": form, "standing": standing, "compared": compared},
        status=422 if form.errors else 200,
    )
