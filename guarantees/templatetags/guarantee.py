"""What pages of other apps say about the guarantee: `{% load guarantee %}`."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from django import template
from django.utils import timezone

from base.days import marketplace_day
from guarantees import rules, wording
from guarantees.dates import told_dates
from guarantees.facts import NOTHING_YET, load_facts
from guarantees.models import GuaranteeTerms, LaterJob
from guarantees.standing import standing_of
from guarantees.what_if import Meaning, meaning_of_purchase, meaning_of_return
from marketplace.models import Contact
from profiles.models import Professional

register = template.Library()


@dataclass(frozen=True, slots=True)
class Piece:
    """One of the five things that a complete profile has (G7): numbers, and whether they are enough."""

    code: str
    have: int
    need: int
    met: bool


def _today() -> date:
    return marketplace_day(timezone.now())


@register.filter
def time_to_answer(answer_by: date, today: date) -> str:
    """`{{ question.answer_by|time_to_answer:today }}`: until when, and how many days are left (G16, G17)."""
    return wording.time_to_answer(answer_by, today)


@register.simple_tag
def profile_requirement(business: Professional) -> list[Piece]:
    """`{% profile_requirement business as pieces %}`: logo, description, questions, project, work_photos.

    `need` is the least number that is enough by the terms that bind the business: characters for the
    description, answers for the questions, photos for the rest.
    """
    known = load_facts([business.pk], _today())[business.pk]
    facts, terms = known.facts, known.terms.as_rules()
    profile = rules.evaluate(facts, terms, _today()).requirements[rules.REQUIREMENT_CODES.index("profile")]
    missing = profile.detail["missing"]
    assert isinstance(missing, tuple)
    numbers = {
        "logo": (int(facts.has_logo), 1),
        "description": (facts.description_length, terms.description_over + 1),
        "questions": (facts.answered, facts.questions),
        "project": (facts.best_project_photos, terms.project_photos),
        "work_photos": (facts.work_photos, terms.work_photos),
    }
    return [Piece(code, have, need, code not in missing) for code, (have, need) in numbers.items()]


@register.inclusion_tag("guarantees/parts/meaning.html")
def purchase_meaning(business: Professional) -> dict[str, Meaning]:
    """`{% purchase_meaning business %}`, where a contact can be bought: which number it would be, from when it could
    be claimed, and the warning where no claim could ever follow (G6)."""
    today = _today()
    known = load_facts([business.pk], today)[business.pk]
    return {"meaning": meaning_of_purchase(known.facts, known.terms.as_rules(), today)}


@register.inclusion_tag("guarantees/parts/meaning.html")
def return_meaning(contact: Contact) -> dict[str, Meaning | None]:
    """`{% return_meaning contact %}`, before a return is asked for: what it would change (G1). Says nothing of a
    contact that is returned already."""
    if contact.returned_at is not None:
        return {"meaning": None}
    today = _today()
    known = load_facts([contact.professional_id], today)[contact.professional_id]
    return {"meaning": meaning_of_return(known.facts, known.terms.as_rules(), today, contact)}


@register.inclusion_tag("guarantees/parts/summary.html")
def guarantee_summary(business: Professional) -> dict[str, Any]:
    """`{% guarantee_summary business %}`: a small card with the verdict and the next step."""
    standing = standing_of(business, _today())
    return {
        "standing": standing,
        "verdict": wording.verdict(standing.eligibility),
        "have": len(standing.eligibility.counted),
        "need": standing.terms.contacts,
    }


@register.inclusion_tag("guarantees/parts/dates.html")
def guarantee_dates_if_contracted() -> dict[str, Any]:
    """`{% guarantee_dates_if_contracted %}`: the dates there would be if a plan were contracted today."""
    today = _today()
    terms = GuaranteeTerms.objects.binding(None, today).as_rules()
    return {"dates": told_dates(NOTHING_YET, terms, today), "today": today}


@register.inclusion_tag("guarantees/parts/later_job.html", takes_context=True)
def later_job(context: Any, contact: Contact) -> dict[str, Any]:
    """`{% later_job contact %}`, on the page of a contact that the guarantee paid back: what became of it since, or
    how its owner says so (G24)."""
    return {
        "contact": contact,
        "job": LaterJob.objects.filter(contact=contact).first(),
        "may_tell": contact.professional.owner_id == context["request"].user.pk,
    }
