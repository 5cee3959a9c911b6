"""The page of the guarantee: where am I, what is missing, what do I do next, by when."""

from __future__ import annotations

from dataclasses import dataclass

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from base.days import marketplace_day
from guarantees import rules, timeline, wording
from guarantees.dates import mark_label, told_dates
from guarantees.models import Claim
from guarantees.standing import Standing, standing_of
from guarantees.terms_told import numbers_of
from marketplace.models import Contact
from profiles.current import BusinessRequest, business_required

# Widths at which the picture of time is drawn: one for a telephone, one for the rest.
NARROW, WIDE = 296.0, 860.0


@dataclass(frozen=True, slots=True)
class Line:
    """One requirement as the page shows it; `url` and `link`: the place to mend it, where there is one."""

    code: str
    status: str
    status_word: str
    title: str
    sentence: str
    url: str
    link: str


@business_required
def overview(request: BusinessRequest) -> HttpResponse:
    """GET: the verdict, the next step, the picture of time, the requirements, and the counted contacts."""
    business = request.business
    today = marketplace_day(timezone.now())
    standing = standing_of(business, today)
    facts, terms, eligibility = standing.facts, standing.terms, standing.eligibility
    pictures = [
        (name, timeline.draw(facts, terms, today, label=mark_label, width=width))
        for name, width in (("narrow", NARROW), ("wide", WIDE))
    ]
    # What is in the picture, for its legend.
    drawn = {band.kind for band in pictures[0][1].bands} | {dot.kind for dot in pictures[0][1].dots}
    return render(
        request,
        "guarantees/overview.html",
        {
            "standing": standing,
            "eligibility": eligibility,
            "verdict": wording.verdict(eligibility),
            "lines": [_line(each, standing) for each in eligibility.requirements],
            "met": sum(each.status == "met" for each in eligibility.requirements),
            "pictures": pictures,
            "drawn": drawn,
            "undrawn": pictures[0][1].undrawn,
            "dates": told_dates(facts, terms, today),
            "today": today,
            "counted": _counted(eligibility),
            "missing": range(terms.contacts - len(eligibility.counted)),
            "need": terms.contacts,
            "terms_numbers": numbers_of(standing.version),
            "is_owner": business.owner_id == request.user.pk,
            "claim_link": _claim_link(standing),
        },
    )


def _line(requirement: rules.Requirement, standing: Standing) -> Line:
    url, link = ("", "") if requirement.status == "met" else _place_to_mend(requirement.code, standing)
    return Line(
        requirement.code,
        requirement.status,
        str(wording.STATUS_WORDS[requirement.status]),
        wording.title(requirement),
        wording.sentence(requirement, paid=standing.facts.refunded),
        url,
        link,
    )


def _place_to_mend(code: str, standing: Standing) -> tuple[str, str]:
    """Address and words of the page on which something can be done about a requirement; empty where there is none."""
    match code:
        case "contacts" | "bought_in_time" | "waiting_month" | "claim_window":
            if standing.facts.contracted_on is None:
                return (reverse("billing:plans"), _("See the plans")) if code == "contacts" else ("", "")
            may_buy = code == "contacts" and standing.eligibility.status != "no_longer"
            return (reverse("marketplace:feed"), _("See jobs")) if may_buy else ("", "")
        case "no_job_won" | "returns_settled" | "first_contact":
            return reverse("marketplace:contacts"), _("See your contacts")
        case "profile":
            return reverse("profiles:completeness"), _("Complete your profile")
        case "contact_review" | "earlier_reviews":
            return reverse("marketplace:reviews"), _("Ask for reviews")
        case "plan":
            return reverse("billing:plans"), _("See the plans")
        case "payments":
            return reverse("billing:invoices"), _("See your invoices")
        case "not_suspended":
            return reverse("guarantees:suspension"), _("What this means, and how to appeal")
        case "first_claim" if standing.claim is not None and standing.claim.state != Claim.State.DRAFT:
            return reverse("guarantees:claim_status", args=[standing.claim.public_id]), _("See your claim")
    return "", ""


def _counted(eligibility: rules.Eligibility) -> list[Contact]:
    """The counted contacts with their leads, in the order of purchase."""
    found = {
        contact.pk: contact
        for contact in Contact.objects.filter(pk__in=eligibility.counted).select_related("lead")
    }
    return [found[pk] for pk in eligibility.counted]


def _claim_link(standing: Standing) -> tuple[str, str] | None:
    """Address and words of the claim: to begin it, go on with it or see it; None before a plan was contracted, and
    where nothing can be begun any more."""
    claim, eligibility = standing.claim, standing.eligibility
    if claim is not None and claim.state == Claim.State.DRAFT:
        return reverse("guarantees:claim"), _("Continue your claim")
    over = eligibility.status == "no_longer"
    if claim is not None and (claim.is_open or claim.state == Claim.State.APPROVED or over):
        return reverse("guarantees:claim_status", args=[claim.public_id]), _("See your claim")
    if standing.facts.contracted_on is None or over or not eligibility.counted:
        return None
    return reverse("guarantees:claim"), _("Begin your claim")
