"""The pages that everybody sees: the directory, and the page of each professional (M13)."""

import re

from django.http import Http404, HttpRequest, HttpResponse, HttpResponsePermanentRedirect
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone

from base.days import marketplace_day
from base.public_pages import public_page
from marketplace import directory, heads, structured_data
from marketplace.forms.directory import PlaceForm
from marketplace.models import Category, Province
from marketplace.public_profile import (
    find_professional,
    is_own_page,
    page_address,
    profile_of,
    visibility_of,
)

_PAGE_NUMBER = re.compile(r"[1-9][0-9]{0,4}")


def _page_number(request: HttpRequest) -> int:
    """What `?page=` says, 1 where it is missing. Raises Http404 for what is no number of a page."""
    said = request.GET.get("page", "1")
    if not _PAGE_NUMBER.fullmatch(said):
        raise Http404
    return int(said)


@public_page
def trades(request: HttpRequest) -> HttpResponse:
    """Where the directory begins: every trade, and the question what is wanted and where."""
    form = PlaceForm(request.GET or None)
    if form.is_valid():
        category, province = form.cleaned_data["category"], form.cleaned_data["province"]
        if province:
            return redirect("marketplace:directory_of_pair", category.slug, province.slug)
        return redirect("marketplace:directory_of_category", category.slug)
    today = marketplace_day(timezone.now())
    return render(
        request,
        "marketplace/directory/trades.html",
        {
            "head": heads.of_trades(),
            "form": form,
            "categories": directory.categories_with_somebody(today),
        },
    )


@public_page
def provinces(request: HttpRequest, category: str) -> HttpResponse:
    """The provinces in which somebody does a trade: what professionals do is done near home."""
    found = get_object_or_404(Category, slug=category)
    where = list(directory.provinces_with_somebody(found, marketplace_day(timezone.now())))
    return render(
        request,
        "marketplace/directory/provinces.html",
        {
            "head": heads.of_category(found, len(where)),
            "category": found,
            "provinces": where,
            "structured": structured_data.of_category(found),
        },
    )


@public_page
def professionals(request: HttpRequest, category: str, province: str) -> HttpResponse:
    """Who does a trade in a province. Where nobody does, the page says so and what to do instead."""
    number = _page_number(request)
    found, place = get_object_or_404(Category, slug=category), get_object_or_404(Province, slug=province)
    listing = directory.page_of(found, place, number, marketplace_day(timezone.now()))
    if number > 1 and not listing.cards:
        raise Http404
    return render(
        request,
        "marketplace/directory/professionals.html",
        {
            "head": heads.of_listing(found, place, listing),
            "category": found,
            "province": place,
            "listing": listing,
            "structured": structured_data.of_listing(found, place, listing),
        },
    )


@public_page
def professional(request: HttpRequest, address: str) -> HttpResponse:
    """One professional's page. Not public, it is not there, but for its own people, who are told why.

    Whether it is public is asked before anything is answered: an earlier name of a business that is suspended leads
    nowhere, like an address of nobody (G19).
    """
    number = _page_number(request)
    today = marketplace_day(timezone.now())
    found = find_professional(address)
    if found is None:
        raise Http404
    own = is_own_page(found, request.user)
    is_public = directory.is_public(found, today)
    if not (is_public or own):
        raise Http404
    at = page_address(found)
    if request.path != at:
        return HttpResponsePermanentRedirect(at if number == 1 else f"{at}?page={number}")
    profile = profile_of(found, reviews_page=number, today=today)
    if number > profile.reviews_pages:
        raise Http404
    return render(
        request,
        "marketplace/directory/professional.html",
        {
            "head": heads.of_professional(profile, is_public=is_public),
            "profile": profile,
            "professional": found,
            "own": own,
            "is_public": is_public,
            "visibility": visibility_of(found, today) if own else None,
            "structured": structured_data.of_professional(profile),
        },
    )
