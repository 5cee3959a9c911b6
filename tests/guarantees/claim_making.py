"""Claims at every stage, made by the product's own functions, on terms that count three contacts to be quick.

S is 10 January 2026; the contacts are bought on the 11th, so that a claim can be made from 11 February to 25 April.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from guarantees import claims, decisions
from guarantees.errors import GuaranteeError
from guarantees.models import Claim, ClaimItem, GuaranteeTerms
from mail.models import OutgoingMail
from marketplace.contacts import record_homeowner_word
from marketplace.models import Contact
from profiles.businesses import save_answers, save_profile
from profiles.models import Photo, Professional, Question, User
from profiles.photos import add_photo
from tests import making
from tests.making import at

SUBMITTED_AT = at("2026-02-20 12:00")
DAY = timedelta(days=1)
State = Claim.State
LATER = at("2026-02-23 12:00")
STORY = "Llamé tres veces, fui a verlo y al final contrató a un conocido."


def three_contact_terms() -> GuaranteeTerms:
    """Three contacts, and of photos the logo alone, for photos take their time."""
    return GuaranteeTerms.objects.get_or_create(
        in_force_from=at("2026-01-02 12:00").date(),
        defaults={
            "contacts": 3,
            "project_photos": 0,
            "work_photos": 0,
            "added_at": at("2026-01-01 12:00"),
        },
    )[0]


def make_claimable(pro: Professional, *, contacts: int = 3) -> list[Contact]:
    """Everything the guarantee asks, on terms that count three contacts."""
    three_contact_terms()
    making.contract(pro, plan=making.make_plan("year", months=12))
    making.fund(pro)
    bought = making.buy(pro, contacts, now=making.NOW + timedelta(days=1))
    save_profile(
        professional=pro, name=pro.name, description=STORY * 4, phone=str(pro.phone), tax_id=pro.tax_id
    )
    asked = Question.objects.asked_of(pro.first_contracted_on, making.NOW.date())
    save_answers(professional=pro, answers={question.pk: "Sí, desde 2011." for question in asked})
    add_photo(professional=pro, use=Photo.Use.LOGO, upload=making.picture(1), now=making.NOW)
    making.make_review(bought[0], now=making.NOW + timedelta(days=2))
    for _ in range(2):
        making.make_review(pro, now=making.NOW + timedelta(days=2))
    pro.refresh_from_db()
    return bought


def make_reviews_ordinary(pro: Professional) -> None:
    """The factory's reviews say the same and come at once, which speaks against a real one: these do not."""
    for review in pro.reviews.select_related("request"):
        review.text = f"Muy amables y puntuales, de verdad: {review.pk}."
        review.save(update_fields=["text"])
        review.request.sent_at -= DAY
        review.request.save(update_fields=["sent_at"])


def make_draft(pro: Professional, *, now: datetime = SUBMITTED_AT, told: bool = True) -> Claim:
    """A draft; `told`: with a story for every contact."""
    contacts = make_claimable(pro)
    claim = claims.begin_claim(professional=pro, by=pro.owner, now=now)
    for contact in contacts if told else []:
        tell_story(claim, contact, now=now)
    return claim


def tell_story(claim: Claim, contact: Contact, *, now: datetime = SUBMITTED_AT, **changes: Any) -> None:
    said = {"text": STORY, "ending": "hired_other"} | changes
    claims.save_story(claim=claim, contact=contact, **said, by=claim.professional.owner, now=now)


def make_submitted(pro: Professional, *, now: datetime = SUBMITTED_AT) -> Claim:
    return claims.submit_claim(claim=make_draft(pro, now=now), by=pro.owner, now=now)


def give(item: ClaimItem, verdict: str, by: User, *, now: datetime = LATER, **changes: Any) -> ClaimItem:
    said = {"note": "" if verdict == "confirmed" else "Llamé dos veces.", "reason": ""} | changes
    return decisions.give_verdict(item=item, verdict=verdict, by=by, now=now, **said)


def confirm_all(claim: Claim, by: User, *, now: datetime = LATER) -> Claim:
    for item in claim.items.all():
        give(item, "confirmed", by, now=now)
    return fresh(claim)


def ask(claim: Claim, by: User, *positions: int, purpose: str = "doubt", now: datetime = LATER) -> list[Any]:
    asked = {item.pk: "¿Qué pasó el día de la visita?" for item in claim.items.filter(position__in=positions)}
    return decisions.ask_questions(claim=claim, questions=asked, purpose=purpose, by=by, now=now)


def say_hired(item: ClaimItem, by: User, *, now: datetime = LATER) -> None:
    record_homeowner_word(contact=item.contact, word=Contact.Word.HIRED_THEM, by=by, now=now)


def item_of(claim: Claim, position: int) -> ClaimItem:
    return claim.items.get(position=position)


def make_false(pro: Professional, by: User, *, now: datetime = LATER) -> Claim:
    """Rejected as false on its second contact, decided without asking."""
    claim = make_submitted(pro)
    give(item_of(claim, 2), "false", by, now=now)
    return decisions.reject_claim_as_false(
        claim=claim, by=by, reason="Dos vecinos lo confirman.", without_asking="Ya lo admitió.", now=now
    )


def fresh(claim: Claim) -> Claim:
    return Claim.objects.select_related("professional__owner").get(pk=claim.pk)


def balance(pro: Professional) -> int:
    pro.wallet.refresh_from_db()
    return pro.wallet.balance_cents


def letters(kind: str) -> list[OutgoingMail]:
    """The mails of that kind to professionals, in the order in which they were written."""
    return list(OutgoingMail.objects.filter(kind=f"guarantees/{kind}").order_by("id"))


def state_of_everything(pro: Professional) -> dict[str, Any]:
    """All that a claim can change, to see that a refusal changed nothing of it."""
    return {
        "claims": list(pro.claims.order_by("pk").values()),
        "items": list(ClaimItem.objects.filter(claim__professional=pro).order_by("pk").values()),
        "events": pro.claims.values_list("events__pk").count(),
        "contacts": list(pro.contacts.order_by("pk").values()),
        "wallet": list(pro.wallet.entries.values()),
        "suspensions": list(pro.suspensions.values()),
        "mail": OutgoingMail.objects.count(),
    }


def approve(claim, by, now=LATER):
    return decisions.approve_claim(claim=claim, by=by, now=now)


def reject(claim, by, now=LATER, reason="Falta algo."):
    return decisions.reject_claim(claim=claim, by=by, reason=reason, now=now)


def reject_as_false(claim, by, now=LATER, reason="Dos vecinos lo confirman.", without_asking=""):
    return decisions.reject_claim_as_false(
        claim=claim, by=by, reason=reason, without_asking=without_asking, now=now
    )


def uphold(claim, by, now=LATER, reason="Tenía razón."):
    return decisions.uphold_appeal(claim=claim, by=by, reason=reason, now=now)


def refuse(claim, by, now=LATER, reason="Nada nuevo."):
    return decisions.refuse_appeal(claim=claim, by=by, reason=reason, now=now)


def refused(call, *arguments, **named):
    with pytest.raises(GuaranteeError) as caught:
        call(*arguments, **named)
    return caught.value.code


def refused_and_nothing_done(call, claim, *arguments, **named):
    before = state_of_everything(claim.professional)
    code = refused(call, claim, *arguments, **named)
    assert state_of_everything(claim.professional) == before
    return code
