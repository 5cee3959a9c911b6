"""Verdicts, and questions to the professional (G14, G16, G17)."""

import pytest

from guarantees import claims, decisions
from tests.guarantees.claim_making import (
    DAY,
    LATER,
    State,
    approve,
    ask,
    confirm_all,
    fresh,
    give,
    item_of,
    letters,
    make_submitted,
    refused,
    reject,
    reject_as_false,
    uphold,
)
from tests.making import at

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("books_hold")]


# Verdicts (G14)


def test_a_verdict_is_kept_with_who_and_when_and_its_history(submitted, reviewer, other_reviewer):
    item = item_of(submitted, 1)
    give(item, "unreachable", reviewer, note="Tres llamadas.")
    give(item, "confirmed", other_reviewer, now=LATER + DAY, note="Al cuarto intento.")
    item.refresh_from_db()
    assert (item.verdict, item.verdict_by, item.verdict_at) == ("confirmed", other_reviewer, LATER + DAY)
    assert [(event.from_state, event.to_state, event.actor, event.reason) for event in item.events.all()] == [
        ("", "unreachable", reviewer, "Tres llamadas."),
        ("unreachable", "confirmed", other_reviewer, "Al cuarto intento."),
    ]


def test_the_same_verdict_again_changes_nothing(submitted, reviewer, other_reviewer):
    item = item_of(submitted, 1)
    give(item, "confirmed", reviewer)
    give(item, "confirmed", other_reviewer, now=LATER + DAY)
    item.refresh_from_db()
    assert (item.verdict_by, item.verdict_at, item.events.count()) == (reviewer, LATER, 1)


@pytest.mark.parametrize("verdict", ["false", "unreachable"])
def test_a_verdict_against_the_story_needs_a_note(submitted, reviewer, verdict):
    assert refused(give, item_of(submitted, 1), verdict, reviewer, note="  ") == "note_needed"


def test_an_unknown_verdict_and_an_endless_note_are_refused(submitted, reviewer):
    assert refused(give, item_of(submitted, 1), "maybe", reviewer) == "unknown_verdict"
    assert refused(give, item_of(submitted, 1), "", reviewer) == "unknown_verdict"
    assert refused(give, item_of(submitted, 1), "confirmed", reviewer, note="x" * 2001) == "note_too_long"


def test_taking_back_a_finding_of_false_needs_a_reason(submitted, reviewer):
    """G16."""
    give(item_of(submitted, 1), "false", reviewer)
    assert refused(give, item_of(submitted, 1), "confirmed", reviewer) == "reason_needed"
    give(item_of(submitted, 1), "confirmed", reviewer, reason="Era otro vecino.")
    assert item_of(submitted, 1).events.last().reason == "Era otro vecino."


# Questions (G16, G17)


@pytest.mark.parametrize("purpose, last_day", [("information", "2026-03-10"), ("doubt", "2026-02-28")])
def test_questions_say_the_last_day_and_are_told_in_one_mail(submitted, reviewer, purpose, last_day):
    asked = ask(submitted, reviewer, 1, 3, purpose=purpose)
    assert {str(question.answer_by) for question in asked} == {last_day}
    assert fresh(submitted).state == State.MORE_INFORMATION
    (letter,) = letters("claim_questions")
    assert f"/guarantee/claims/{submitted.public_id}/" in letter.text
    assert all(question.text in letter.text for question in asked)


def test_the_last_day_is_counted_in_the_marketplaces_days(submitted, reviewer):
    """23:30 in Mexico City is the next day in UTC; five days on is the 28th, not the first of March."""
    (question,) = ask(submitted, reviewer, 1, now=at("2026-02-23 23:30"))
    assert str(question.answer_by) == "2026-02-28"


def test_the_same_question_is_not_asked_twice_and_another_waits_for_the_answer(submitted, reviewer):
    ask(submitted, reviewer, 1)
    assert ask(submitted, reviewer, 1) == []
    item = item_of(submitted, 1)
    again = {item.pk: "¿Y el presupuesto?"}
    assert (
        refused(
            decisions.ask_questions, claim=submitted, questions=again, purpose="doubt", by=reviewer, now=LATER
        )
        == "question_waits"
    )
    assert (item.questions.count(), len(letters("claim_questions"))) == (1, 1)


def test_questions_about_another_claims_contact_and_empty_ones_are_refused(submitted, other_pro, reviewer):
    other = make_submitted(other_pro)
    forged = {item_of(other, 1).pk: "¿Qué pasó?", item_of(submitted, 1).pk: "¿Y aquí?"}
    for questions, code in [
        (forged, "not_of_this_claim"),
        ({999_999: "¿?"}, "not_of_this_claim"),
        ({}, "nothing_asked"),
        ({item_of(submitted, 1).pk: "  \n"}, "nothing_asked"),
        ({item_of(submitted, 1).pk: "x" * 2001}, "question_too_long"),
    ]:
        arguments = {"questions": questions, "purpose": "doubt", "by": reviewer, "now": LATER}
        assert refused(decisions.ask_questions, claim=submitted, **arguments) == code
    assert fresh(submitted).state == State.SUBMITTED


def test_a_verdict_after_the_question_settles_a_doubt_that_nobody_answered(submitted, reviewer):
    """Else the claim could be neither approved nor rejected."""
    ask(submitted, reviewer, 1)
    give(item_of(submitted, 1), "confirmed", reviewer, now=LATER + DAY)
    assert fresh(submitted).state == State.SUBMITTED
    assert (
        approve(confirm_all(submitted, reviewer, now=LATER + DAY), reviewer, LATER + DAY).state
        == State.APPROVED
    )


def verdict(claim, position, word, by, days, **changes):
    return give(item_of(claim, position), word, by, now=LATER + days * DAY, **changes)


@pytest.mark.parametrize("purpose", ["information", "doubt"])
def test_a_verdict_settles_every_question_asked_before_it(submitted, reviewer, other_reviewer, purpose):
    """G17: a reviewer who needs the answer no more says so by the verdict, also by the same one again; else the
    claim could only be rejected."""
    confirm_all(submitted, reviewer)
    ask(submitted, reviewer, 1, purpose=purpose, now=LATER + DAY)
    assert refused(approve, submitted, reviewer, LATER + 30 * DAY) == "answer_awaited"
    verdict(submitted, 1, "confirmed", other_reviewer, 30)
    assert fresh(submitted).state == State.SUBMITTED
    assert approve(submitted, reviewer, LATER + 30 * DAY).state == State.APPROVED


def test_a_finding_of_false_settles_no_question(submitted, reviewer):
    ask(submitted, reviewer, 1)
    verdict(submitted, 1, "false", reviewer, 1)
    assert fresh(submitted).state == State.MORE_INFORMATION
    assert refused(reject_as_false, submitted, reviewer, LATER + DAY) == "answer_awaited"


def test_an_answer_does_not_free_the_claim_of_a_doubt(submitted, pro, reviewer):
    """G16: whoever answers "." cannot withdraw in the next minute, nor is the claim approved or rejected plainly on
    what was found before the doubt; a verdict given after the question frees it."""
    confirm_all(submitted, reviewer)
    (question,) = ask(submitted, reviewer, 2, now=LATER + DAY)
    claims.answer_question(question=question, answer=".", by=pro.owner, now=LATER + DAY)
    when = LATER + 2 * DAY
    assert fresh(submitted).state == State.SUBMITTED
    assert refused(claims.withdraw_claim, claim=submitted, by=pro.owner, now=when) == "under_doubt"
    assert refused(approve, submitted, reviewer, when) == "doubt_stands"
    assert refused(reject, submitted, reviewer, when) == "only_as_false"
    verdict(submitted, 2, "confirmed", reviewer, 2)
    assert claims.withdraw_claim(claim=submitted, by=pro.owner, now=when).state == State.WITHDRAWN


def test_a_doubt_settled_unanswered_is_not_asked_when_the_contact_is_found_false_later(submitted, reviewer):
    """G16: its days passed while nothing was asked of the professional, so they are asked anew, or a reason is
    written."""
    ask(submitted, reviewer, 1)
    verdict(submitted, 1, "confirmed", reviewer, 1)
    verdict(submitted, 1, "false", reviewer, 20)
    when = LATER + 20 * DAY
    assert refused(reject_as_false, submitted, reviewer, when) == "not_asked"
    (again,) = ask(submitted, reviewer, 1, now=when)
    assert refused(reject_as_false, submitted, reviewer, when + 5 * DAY) == "answer_awaited"
    assert again.answer_by == when.date() + 5 * DAY
    claim = reject_as_false(submitted, reviewer, when + 6 * DAY)
    assert claim.state == State.REJECTED_AS_FALSE


def test_a_doubt_answered_once_is_asked_whatever_the_verdicts_after_it(submitted, pro, reviewer):
    (question,) = ask(submitted, reviewer, 1)
    claims.answer_question(question=question, answer="Fui a verla.", by=pro.owner, now=LATER)
    verdict(submitted, 1, "confirmed", reviewer, 1)
    verdict(submitted, 1, "false", reviewer, 2)
    assert reject_as_false(submitted, reviewer, LATER + 2 * DAY).state == State.REJECTED_AS_FALSE


def test_an_appeal_upheld_settles_what_was_asked_before(submitted, reviewer, appeals):
    """G19: the claim stands as submitted; no question of before makes it wait, or its deadline count."""
    ask(submitted, reviewer, 1, purpose="information")
    reject(submitted, reviewer, LATER + 16 * DAY)
    uphold(submitted, appeals, LATER + 20 * DAY)
    ask(submitted, reviewer, 1, 2, purpose="information", now=LATER + 21 * DAY)
    assert refused(reject, submitted, reviewer, LATER + 22 * DAY) == "answer_awaited"
