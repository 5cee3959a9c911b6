"""Every answer that the rules can give has its sentence, in the reader's language (G23, X2)."""

import dataclasses
import re
from datetime import date, timedelta

import pytest
from django.utils import translation

from guarantees import rules, wording
from guarantees.facts import NOTHING_YET
from tests.making import noon

START = date(2026, 1, 10)
TERMS = rules.Terms()


def contact(number, bought_on, **changes):
    return rules.ContactFact(
        **{
            "id": number,
            "bought_at": noon(bought_on),
            "bought_on": bought_on,
            "price_cents": 20_000,
            "returned": False,
            "return_pending": False,
            "won": False,
            "hours_to_first_contact": 1.0,
            "positive_review": False,
        }
        | changes
    )


def contacts(count, first=START, step=0, **changes):
    return tuple(contact(n, first + timedelta(days=step * n), **changes) for n in range(1, count + 1))


COMPLETE = dataclasses.replace(
    NOTHING_YET,
    contracted_on=START,
    contacts=(*contacts(14), contact(15, START, positive_review=True)),
    has_logo=True,
    description_length=201,
    questions=6,
    answered=6,
    best_project_photos=2,
    work_photos=4,
    earlier_reviews=2,
    plan_in_force=True,
)
REQUIRED = rules.Terms(first_contact="require")

# Facts, terms and a day for every pair of code and status, and for every reason, that there is.
WORLDS = {
    "nothing yet": (NOTHING_YET, TERMS, START),
    "eligible": (COMPLETE, TERMS, date(2026, 2, 10)),
    "seven": (dataclasses.replace(COMPLETE, contacts=contacts(7)), TERMS, date(2026, 2, 1)),
    "one missing": (dataclasses.replace(COMPLETE, contacts=contacts(14)), TERMS, date(2026, 2, 1)),
    "too few": (dataclasses.replace(COMPLETE, contacts=contacts(7)), TERMS, date(2026, 4, 11)),
    "buy-by passed": (dataclasses.replace(COMPLETE, contacts=contacts(7)), TERMS, date(2026, 3, 26)),
    "won one": (dataclasses.replace(COMPLETE, contacts=contacts(15, won=True)[:1]), TERMS, date(2026, 2, 1)),
    "won two": (dataclasses.replace(COMPLETE, contacts=contacts(2, won=True)), TERMS, date(2026, 2, 1)),
    "one late": (
        dataclasses.replace(COMPLETE, contacts=(*contacts(14), contact(15, date(2026, 4, 11)))),
        TERMS,
        date(2026, 4, 12),
    ),
    "two late": (
        dataclasses.replace(
            COMPLETE, contacts=(*contacts(13), contact(14, date(2026, 4, 11)), contact(15, date(2026, 4, 11)))
        ),
        TERMS,
        date(2026, 4, 12),
    ),
    "waiting": (COMPLETE, TERMS, date(2026, 2, 9)),
    "single day": (
        dataclasses.replace(COMPLETE, contacts=contacts(15, first=date(2026, 3, 25))),
        TERMS,
        date(2026, 4, 20),
    ),
    "bought after buy-by": (
        dataclasses.replace(COMPLETE, contacts=contacts(15, first=date(2026, 4, 1))),
        TERMS,
        date(2026, 4, 2),
    ),
    "closed": (COMPLETE, TERMS, date(2026, 4, 26)),
    "one extra day": (dataclasses.replace(COMPLETE, extra_days=1), TERMS, date(2026, 4, 26)),
    "extra days": (dataclasses.replace(COMPLETE, extra_days=5), TERMS, date(2026, 4, 26)),
    "profile bare": (
        dataclasses.replace(NOTHING_YET, contracted_on=START, questions=6, contacts=contacts(15)),
        TERMS,
        date(2026, 2, 10),
    ),
    "no plan": (
        dataclasses.replace(COMPLETE, plan_in_force=False, payments_current=False, suspended=True),
        TERMS,
        date(2026, 2, 10),
    ),
    "one return": (
        dataclasses.replace(COMPLETE, contacts=contacts(1, return_pending=True)),
        TERMS,
        date(2026, 2, 10),
    ),
    "two returns": (
        dataclasses.replace(COMPLETE, contacts=contacts(2, return_pending=True)),
        TERMS,
        date(2026, 2, 10),
    ),
    "ignored": (COMPLETE, rules.Terms(first_contact="ignore"), date(2026, 2, 10)),
    "open claim": (dataclasses.replace(COMPLETE, has_open_claim=True), TERMS, date(2026, 2, 10)),
    "refunded": (dataclasses.replace(COMPLETE, refunded=True), TERMS, date(2026, 2, 10)),
    "false": (dataclasses.replace(COMPLETE, rejected_as_false=True), TERMS, date(2026, 2, 10)),
    "ones": (
        dataclasses.replace(NOTHING_YET, contracted_on=START),
        rules.Terms(
            contacts=1,
            purchase_months=1,
            project_photos=1,
            work_photos=1,
            contact_reviews=1,
            earlier_reviews=1,
            first_contact_hours=1,
        ),
        START,
    ),
    "many reviews": (COMPLETE, rules.Terms(contact_reviews=3, earlier_reviews=4), date(2026, 2, 10)),
} | {
    f"{policy.first_contact} {name}": (dataclasses.replace(COMPLETE, contacts=some), policy, START)
    for policy in (TERMS, REQUIRED)
    for name, some in {
        "one not called": contacts(1, hours_to_first_contact=None),
        "two not called": contacts(2, hours_to_first_contact=None),
        "one called late": contacts(1, hours_to_first_contact=25.0),
        "two called late": contacts(2, hours_to_first_contact=25.0),
    }.items()
}

# All that the table of the rules knows.
PAIRS = {
    ("contacts", "met"),
    ("contacts", "unmet"),
    ("contacts", "lost"),
    ("no_job_won", "met"),
    ("no_job_won", "lost"),
    ("bought_in_time", "met"),
    ("bought_in_time", "unmet"),
    ("bought_in_time", "lost"),
    ("waiting_month", "met"),
    ("waiting_month", "waiting"),
    ("waiting_month", "unmet"),
    ("claim_window", "met"),
    ("claim_window", "unmet"),
    ("claim_window", "lost"),
    *{
        (code, status)
        for code in ("profile", "contact_review", "earlier_reviews")
        for status in ("met", "unmet")
    },
    *{(code, status) for code in ("plan", "payments", "not_suspended") for status in ("met", "unmet")},
    ("returns_settled", "met"),
    ("returns_settled", "unmet"),
    ("first_contact", "met"),
    ("first_contact", "unmet"),
    ("first_contact", "lost"),
    ("first_claim", "met"),
    ("first_claim", "unmet"),
    ("first_claim", "lost"),
}


def judged(name):
    return rules.evaluate(*WORLDS[name])


def said(name, code):
    """The sentence about one requirement in that world."""
    return wording.sentence(next(each for each in judged(name).requirements if each.code == code))


def test_the_worlds_give_every_pair_of_code_and_status():
    given = {(each.code, each.status) for name in WORLDS for each in judged(name).requirements}
    assert given == PAIRS


@pytest.mark.parametrize("language", ["en", "es-mx", "it"])
@pytest.mark.parametrize("name", WORLDS)
def test_every_requirement_has_a_title_and_a_sentence(name, language):
    with translation.override(language):
        for each in judged(name).requirements:
            for text in (wording.title(each), wording.sentence(each), str(wording.STATUS_WORDS[each.status])):
                assert text.strip() == text != ""
                assert not re.search(r"%\(|None|[{}\[\]]", text), (name, each.code, text)
            assert wording.sentence(each).endswith(".")


@pytest.mark.parametrize("name", WORLDS)
def test_a_requirement_that_is_not_met_says_more_than_no(name):
    """G23: what to do, a date, or what still helps: never a bare no."""
    for each in judged(name).requirements:
        if each.status != "met":
            assert len(wording.sentence(each)) > 40


@pytest.mark.parametrize("language", ["en", "es-mx", "it"])
@pytest.mark.parametrize("name", WORLDS)
def test_the_verdict_is_a_word_and_a_sentence(name, language):
    with translation.override(language):
        verdict = wording.verdict(judged(name))
        assert verdict.word and verdict.badge and verdict.sentence.endswith(".")
        assert not re.search(r"%\(|None", verdict.sentence)


@pytest.mark.parametrize(
    ("name", "code", "sentence"),
    [
        ("seven", "contacts", "You have 7 of 15. Buy 8 more; the claim window below says by when."),
        (
            "seven",
            "claim_window",
            "Buy the last contact by March 25, 2026 at the very latest, and better some days before: bought later, "
            "it can never be claimed. The window closes on April 25, 2026.",
        ),
        ("single day", "claim_window", "You can claim on one single day: April 25, 2026."),
        (
            "one extra day",
            "claim_window",
            "You can claim from Feb. 10, 2026 to April 26, 2026, 1 extra day included.",
        ),
        (
            "extra days",
            "claim_window",
            "You can claim from Feb. 10, 2026 to April 30, 2026, 5 extra days included.",
        ),
        (
            "bought after buy-by",
            "claim_window",
            "The last counted contact was bought after March 25, 2026, so its waiting month ends only on May 1, 2026, "
            "and the last day to claim is April 25, 2026. If a return or a review of yours waited for us longer than "
            "5 days, write to apelaciones@quince.example: days can be added.",
        ),
        (
            "profile bare",
            "profile",
            "Still missing: a logo, a description of 201 characters or more (it has 0), an answer to every question "
            "about your company (0 of 6 so far), a project with 2 different photos (your best one has 0) and 4 "
            "different photos of finished work (you have 0).",
        ),
        (
            "one return",
            "returns_settled",
            "The return of 1 counted contact is waiting for us. We decide within 5 days; until then you can also "
            "withdraw it.",
        ),
        ("ones", "contacts", "You have 0 of 1. Buy 1 more; the claim window below says by when."),
    ],
)
def test_sentences_are_whole(name, code, sentence):
    assert said(name, code) == sentence


def test_whoever_was_paid_is_not_told_that_days_can_be_added():
    lost = rules.evaluate(
        dataclasses.replace(COMPLETE, contacts=contacts(15), refunded=True), TERMS, date(2027, 1, 1)
    )
    (window,) = [each for each in lost.requirements if each.code == "claim_window"]
    assert window.status == "lost"
    assert "days can be added" in wording.sentence(window)
    assert wording.sentence(window, paid=True) == (
        "The guarantee has been paid to you, so the days to claim it do not matter any more."
    )


def test_a_lost_chance_says_where_to_appeal(settings):
    settings.APPEALS_ADDRESS = "alguien@example.com"
    assert "alguien@example.com" in said("false", "first_claim")
    assert "alguien@example.com" in said("closed", "claim_window")
    assert "alguien@example.com" in said("no plan", "not_suspended")


@pytest.mark.parametrize(
    ("name", "badge", "sentence"),
    [
        ("nothing yet", "not_yet", "Your guarantee begins on the day you contract your first plan."),
        ("ones", "not_yet", "Your guarantee is running, and you have bought no contact yet."),
        (
            "seven",
            "not_yet",
            "You cannot claim yet. The guarantee stands behind the MX$1,400.00 that you have spent on contacts.",
        ),
        ("eligible", "eligible", "You can claim: MX$3,000.00 would go back to your balance."),
        ("closed", "no_longer", "The guarantee can no longer be claimed."),
        ("won one", "won", "You won a job with your first contacts: the guarantee has kept its promise."),
        ("open claim", "submitted", "Your claim for MX$3,000.00 is being looked at."),
        ("refunded", "approved", "The guarantee has been paid to you."),
        ("no plan", "suspended", "Your business is suspended, so nothing can be claimed."),
    ],
)
def test_the_verdict_says_what_matters_most(name, badge, sentence):
    verdict = wording.verdict(judged(name))
    assert (verdict.badge, verdict.sentence) == (badge, sentence)


def test_what_is_listed_has_a_space_after_each_comma_in_spanish_too():
    for language, together in (("en", "a, b and c"), ("es-mx", "a, b y c")):
        with translation.override(language):
            assert wording.listed(["a", "b", "c"]) == together
            assert wording.listed(["a"]) == "a"
