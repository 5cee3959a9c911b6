"""The honest numbers, for everybody (M15)."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone

from base.days import marketplace_day
from base.links import absolute
from base.public_pages import public_page
from guarantees.first_fifteen import MIN_COUNTED, NEW_FOR_MONTHS
from guarantees.models import GuaranteeTerms
from guarantees.public_numbers import public_numbers


@public_page
def numbers(request: HttpRequest) -> HttpResponse:
    """GET: how many of the new professionals win a job with their first contacts, and who is counted."""
    terms = GuaranteeTerms.objects.all().binding(None, marketplace_day(timezone.now()))
    return render(
        request,
        "guarantees/numbers.html",
        {
            "numbers": public_numbers(),
            "terms": terms,
            "least": MIN_COUNTED,
            "new_for": NEW_FOR_MONTHS,
            "canonical": absolute("guarantees:numbers"),
        },
    )
