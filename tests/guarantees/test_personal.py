"""What an owner wrote for the guarantee is shown to them, and goes with their account (X5)."""

import pytest

from guarantees import claims
from guarantees.appeals import appeal_claim
from guarantees.models import Appeal, ClaimItem, ClaimQuestion, Story
from guarantees.personal import shown
from profiles.closing import close_account
from tests.guarantees.claim_making import (
    LATER,
    ask,
    confirm_all,
    fresh,
    refuse,
    refused,
    reject,
)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("books_hold")]
ANSWER = "Me llamo Ana y vivo en Reforma 12."


@pytest.fixture
def answered(submitted, reviewer):
    ask(submitted, reviewer, 2, purpose="information")
    claims.answer_question(
        question=ClaimQuestion.objects.get(), answer=ANSWER, by=submitted.professional.owner, now=LATER
    )
    return fresh(submitted)


def test_what_they_told_and_answered_is_shown_each_once(answered):
    Story.objects.filter(contact=answered.items.get(position=1).contact).update(text="Lo que pasó después.")
    words = [said for _title, said in shown(answered.professional.owner)]
    assert words.count(ANSWER) == 1
    for text in {
        *Story.objects.values_list("text", flat=True),
        *ClaimItem.objects.values_list("story", flat=True),
    }:
        assert words.count(text) == 1


def test_it_goes_with_the_account_and_the_verdicts_stay(answered, reviewer):
    owner = answered.professional.owner
    claims.withdraw_claim(claim=answered, by=owner, now=LATER)
    facts = fresh(answered).submission_snapshot
    close_account(user=owner, now=LATER)
    assert set(Story.objects.values_list("text", flat=True)) == {""}
    assert set(ClaimItem.objects.values_list("story", "story_fingerprint")) == {("—", "")}
    assert ClaimQuestion.objects.get().answer == "—"
    assert fresh(answered).submission_snapshot == facts


def test_an_appeal_goes_with_its_answer(answered, reviewer, appeals):
    claim = reject(confirm_all(answered, reviewer), reviewer)
    appeal_claim(claim=claim, text="Soy Ana.", by=claim.professional.owner, now=LATER)
    refuse(fresh(claim), appeals, reason="Ana no tiene razón.")
    assert "Soy Ana.\n\nAna no tiene razón." in [said for _title, said in shown(claim.professional.owner)]
    close_account(user=claim.professional.owner, now=LATER)
    assert list(Appeal.objects.values_list("text", "answer")) == [("—", "—")]


def test_while_a_claim_is_open_it_all_stays(answered):
    owner = answered.professional.owner
    assert refused(close_account, user=owner, now=LATER) == "claim_open"
    assert ClaimQuestion.objects.get().answer == ANSWER
    assert "" not in ClaimItem.objects.values_list("story", flat=True)
