"""Questions to the professional, contact by contact: how long an answer is waited for, the same on both sides, and
until when it still counts (G16, G17)."""

from datetime import date, timedelta

import pytest
from django.urls import reverse

from guarantees import claims
from guarantees.blockers import Case
from guarantees.errors import GuaranteeError
from guarantees.invariants import somebody_is_waited_for
from guarantees.models import Claim, ClaimQuestion
from guarantees.wording import time_to_answer
from tests import making
from tests.guarantees.claim_making import (
    LATER,
    State,
    ask,
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
from tests.together import together

pytestmark = pytest.mark.django_db

# Asked on 23 February: a doubt until the end of the 28th, information until the end of 10 March.
LAST_MINUTE = at("2026-02-28 23:59")
MIDNIGHT = at("2026-03-01 00:00")


@pytest.mark.parametrize(
    ("today", "words"),
    [
        ("2026-02-23", "Until the end of Feb. 28, 2026: 5 days left."),
        ("2026-02-27", "Until the end of Feb. 28, 2026: 1 day left."),
        ("2026-02-28", "Until the end of today, Feb. 28, 2026."),
        (
            "2026-03-01",
            "The time ended yesterday, on Feb. 28, 2026. An answer still counts until a decision is taken.",
        ),
        ("2026-03-02", "The time ended on Feb. 28, 2026. An answer still counts until a decision is taken."),
        ("2027-03-02", "The time ended on Feb. 28, 2026. An answer still counts until a decision is taken."),
    ],
)
def test_how_long_is_left_in_words(today, words):
    assert time_to_answer(date(2026, 2, 28), date.fromisoformat(today)) == words


def both_pages(claim, client_of, reviewer):
    mine = client_of(claim.professional).get(reverse("guarantees:claim_status", args=[claim.public_id]))
    theirs = client_of(reviewer).get(reverse("admin:guarantees_claim_change", args=[claim.pk]))
    return mine.content.decode(), theirs.content.decode()


@pytest.mark.parametrize(
    ("purpose", "when", "words"),
    [
        ("doubt", "2026-02-24 00:00", "Until the end of Feb. 28, 2026: 4 days left."),
        ("doubt", "2026-02-28 23:59", "Until the end of today, Feb. 28, 2026."),
        ("doubt", "2026-03-01 00:00", "The time ended yesterday, on Feb. 28, 2026."),
        ("information", "2026-02-23 12:00", "Until the end of March 10, 2026: 15 days left."),
        ("information", "2026-03-10 23:59", "Until the end of today, March 10, 2026."),
        ("information", "2026-03-11 00:00", "The time ended yesterday, on March 10, 2026."),
    ],
)
def test_both_sides_read_the_same(purpose, when, words, submitted, reviewer, client_of, time_machine):
    """By the marketplace's calendar: at 18:30 in Mexico it is tomorrow in UTC."""
    ask(submitted, reviewer, 2, purpose=purpose)
    time_machine.move_to(at(when), tick=False)
    for page in both_pages(submitted, client_of, reviewer):
        assert words in page


def test_a_member_reads_it_and_cannot_answer(submitted, pro, reviewer, client_of, time_machine):
    (question,) = ask(submitted, reviewer, 2)
    member = making.make_user("member@example.com")
    pro.members.add(member)
    time_machine.move_to(LATER, tick=False)
    page = (
        client_of(member).get(reverse("guarantees:claim_status", args=[submitted.public_id])).content.decode()
    )
    assert "5 days left" in page and "<textarea" not in page
    said = {f"question-{question.pk}-answer": "Yo sé lo que pasó."}
    answer = client_of(member).post(reverse("guarantees:answer", args=[submitted.public_id]), said)
    assert answer.status_code == 403
    assert not ClaimQuestion.objects.filter(answered_at__isnull=False).exists()


@pytest.mark.parametrize(
    ("purpose", "days", "day"), [("doubt", 5, "Feb. 28"), ("information", 15, "March 10")]
)
def test_the_mail_says_how_long(purpose, days, day, submitted, reviewer):
    ask(submitted, reviewer, 2, 3, purpose=purpose)
    (mail,) = letters("claim_questions")
    assert f"You have {days} days to answer, until the end of {day}, 2026." in mail.text


def test_a_doubt_is_decided_once_the_fifth_local_day_has_ended_and_no_minute_before(submitted, reviewer):
    ask(submitted, reviewer, 2)
    give(item_of(submitted, 2), "false", reviewer)
    assert refused(reject_as_false, submitted, reviewer, LAST_MINUTE) == "answer_awaited"
    assert reject_as_false(submitted, reviewer, MIDNIGHT).state == State.REJECTED_AS_FALSE


def test_a_want_of_information_once_the_fifteenth_has(submitted, reviewer):
    ask(submitted, reviewer, 2, purpose="information")
    assert refused(reject, submitted, reviewer, at("2026-03-10 23:59")) == "answer_awaited"
    assert reject(submitted, reviewer, at("2026-03-11 00:00")).state == State.REJECTED


def test_a_late_answer_counts_until_a_decision_is_taken_and_not_after(submitted, pro, reviewer):
    first, second = ask(submitted, reviewer, 2, 3, purpose="information")
    said = {"answer": "Fue el martes.", "by": pro.owner, "now": at("2026-03-20 12:00")}
    claims.answer_question(question=first, **said)
    assert fresh(submitted).state == State.MORE_INFORMATION  # The other is waited for.
    reject(submitted, reviewer, at("2026-03-21 12:00"))
    assert refused(claims.answer_question, question=second, **said) == "move_not_allowed"


def test_a_question_of_an_earlier_clock_than_the_verdict_or_the_appeal_still_wants_its_answer(
    submitted, reviewer, appeals
):
    """What was done while it waited for the claim, by a later clock, does not settle it before it was asked (G16)."""
    earlier = LATER - timedelta(milliseconds=400)
    give(item_of(submitted, 2), "confirmed", reviewer)
    give(item_of(submitted, 3), "false", reviewer)
    reject_as_false(fresh(submitted), reviewer, without_asking="Ya lo admitió.")
    uphold(fresh(submitted), appeals)
    ask(submitted, reviewer, 1, 2, now=earlier)
    case = Case(fresh(submitted), LATER)
    assert case.claim.state == State.MORE_INFORMATION
    assert [item.position for _question, item in case.waited_for] == [1, 2]
    assert {question.answer_by for question, _item in case.waited_for} == {date(2026, 2, 28)}


def test_the_books_see_a_claim_that_waits_for_nothing_and_one_that_waits_unsaid(submitted, reviewer):
    (question,) = ask(submitted, reviewer, 2)
    assert list(somebody_is_waited_for()) == []
    for state, waits, said in [
        (State.SUBMITTED, True, "does not say so"),
        (State.MORE_INFORMATION, False, "no answer is waited for"),
    ]:
        ClaimQuestion.objects.filter(pk=question.pk).update(
            answer="" if waits else "Sí.", answered_at=None if waits else LATER
        )
        Claim.objects.filter(pk=submitted.pk).update(state=state)
        (line,) = somebody_is_waited_for()
        assert said in line
    Claim.objects.filter(pk=submitted.pk).update(state=State.SUBMITTED)


def test_answers_come_one_by_one_and_the_last_brings_the_claim_back(
    submitted, pro, reviewer, client_of, time_machine
):
    first, second = ask(submitted, reviewer, 2, 3, purpose="information")
    time_machine.move_to(LATER, tick=False)
    address = reverse("guarantees:answer", args=[submitted.public_id])
    browser = client_of(pro)
    both = {f"question-{first.pk}-answer": "Fue el martes.", f"question-{second.pk}-answer": "  "}
    assert browser.post(address, both).status_code == 302
    first.refresh_from_db(), second.refresh_from_db()
    assert (first.answer, second.answered_at) == ("Fue el martes.", None)
    assert Claim.objects.get().state == State.MORE_INFORMATION
    page = browser.get(reverse("guarantees:claim_status", args=[submitted.public_id])).content.decode()
    assert page.count("<textarea") == 1 and "Fue el martes." in page
    assert browser.post(address, {f"question-{second.pk}-answer": "No contestó."}).status_code == 302
    assert Claim.objects.get().state == State.SUBMITTED


def test_hostile_answers_are_kept_as_text_or_refused_and_what_was_typed_stays(
    submitted, other_pro, pro, reviewer, client_of, time_machine
):
    (question,) = ask(submitted, reviewer, 2)
    (foreign,) = ask(make_submitted(other_pro), reviewer, 2)
    time_machine.move_to(LATER, tick=False)
    browser, address = client_of(pro), reverse("guarantees:answer", args=[submitted.public_id])
    key = f"question-{question.pk}-answer"
    assert browser.post(address, {f"question-{foreign.pk}-answer": "Yo."}).status_code == 404
    assert browser.post(address, {"question-0-answer": "Yo."}).status_code == 404
    page = browser.post(address, {key: "y" * 3001})
    assert page.status_code == 200 and "y" * 3001 in page.content.decode()
    assert ClaimQuestion.objects.filter(answered_at__isnull=False).count() == 0
    assert browser.post(address, {key: "<img src=x onerror=1>\u202e"}).status_code == 302
    question.refresh_from_db()
    assert question.answer == "<img src=x onerror=1>"
    for page in both_pages(submitted, client_of, reviewer):
        assert "<img src=x" not in page and "&lt;img src=x" in page


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_an_answer_against_the_decision_comes_before_or_is_told_that_it_is_too_late():
    pro, reviewer = making.make_pro(), making.make_staff("reviewer")
    submitted = make_submitted(pro)
    (question,) = ask(submitted, reviewer, 2)
    give(item_of(submitted, 2), "false", reviewer)
    answered, decided = together(
        lambda: claims.answer_question(question=question, answer="No fue así.", by=pro.owner, now=MIDNIGHT),
        lambda: reject_as_false(submitted, reviewer, MIDNIGHT),
    )
    # An answer ends the wait, so the decision stands either way; what differs is whether it was there to be read.
    assert isinstance(decided, Claim)
    events = [event.kind for event in submitted.events.all()][-2:]
    if isinstance(answered, GuaranteeError):
        assert (answered.code, events) == ("move_not_allowed", ["asked", "rejected_as_false"])
    else:
        assert (answered.answer, events) == ("No fue así.", ["answered", "rejected_as_false"])
