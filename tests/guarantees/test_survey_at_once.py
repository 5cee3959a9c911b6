"""Two presses, and a press against a decision, at once: on PostgreSQL, with real threads."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from unittest import mock

import pytest
from django.db.models import QuerySet

from base.registry import invariants
from guarantees import decisions
from guarantees import survey as surveys
from guarantees.claims import submit_claim
from guarantees.errors import GuaranteeError
from guarantees.later_jobs import tell_later_job
from guarantees.models import Claim, HomeownerSurvey, LaterJob, RefundedContact, SurveyAnswer
from guarantees.survey import answer_survey, remind_homeowners
from mail.models import OutgoingMail
from tests.guarantees.claim_making import (
    LATER,
    SUBMITTED_AT,
    approve,
    balance,
    confirm_all,
    item_of,
    letters,
    make_draft,
    make_submitted,
)
from tests.together import after_both, together

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]


@contextmanager
def without_locks() -> Iterator[None]:
    """Every lock asked for is not taken."""
    with mock.patch.object(QuerySet, "select_for_update", lambda self, **_: self.all()):
        yield


def broken():
    return [line for each in invariants for line in each.broken()]


def survey_of(claim, position=1):
    return HomeownerSurvey.objects.select_related("item").get(item=item_of(claim, position))


def pressing(survey, word, now=LATER):
    return lambda: answer_survey(survey=survey, hired=word, now=now)


def test_two_presses_of_different_answers_are_one_answer(pro):
    survey = survey_of(make_submitted(pro))
    results = together(pressing(survey, "hired_them"), pressing(survey, "hired_other"))
    refused = [result for result in results if isinstance(result, GuaranteeError)]
    assert [refusal.code for refusal in refused] == ["survey_used"]
    survey.refresh_from_db()
    (answer,) = SurveyAnswer.objects.all()
    assert (
        answer.hired
        == survey.hired
        == survey.item.contact.__class__.objects.get(pk=survey.item.contact_id).homeowner_word
    )
    assert broken() == []


def test_without_the_locks_two_presses_would_be_two_answers(pro):
    """The control: both see that nothing was answered, and both go on."""
    survey = survey_of(make_submitted(pro))
    with without_locks(), mock.patch.object(surveys, "why_ended", after_both(surveys.why_ended)):
        together(pressing(survey, "hired_them"), pressing(survey, "hired_other"))
    assert SurveyAnswer.objects.count() == 2


def test_three_presses_of_one_answer_are_one(pro):
    survey = survey_of(make_submitted(pro))
    results = together(*[pressing(survey, "hired_nobody")] * 3)
    assert {result.answered_at for result in results} == {LATER}
    assert SurveyAnswer.objects.count() == survey.item.contact.word_events.count() == 1


def test_an_answer_against_the_approval_is_a_contradiction_or_is_looked_at(pro, reviewer):
    """Either it comes first, and the approval is refused; or it is late, and a reviewer looks at it (G2, G24)."""
    claim = confirm_all(make_submitted(pro), reviewer)
    survey = survey_of(claim)
    answered, approved = together(
        pressing(survey, "hired_them", now=LATER + timedelta(seconds=1)),
        lambda: decisions.approve_claim(claim=claim, by=reviewer, now=LATER + timedelta(seconds=1)),
    )
    assert isinstance(answered, HomeownerSurvey)
    looked_at = list(RefundedContact.objects.to_be_looked_at().values_list("pk", flat=True))
    if isinstance(approved, GuaranteeError):
        assert (approved.code, looked_at) == ("contradiction", [])
    else:
        assert (approved.state, looked_at) == (Claim.State.APPROVED, [survey.item.contact_id])
    assert broken() == []


def test_three_submissions_ask_each_homeowner_once(pro):
    claim = make_draft(pro)
    together(*[lambda: submit_claim(claim=claim, by=pro.owner, now=SUBMITTED_AT)] * 3)
    assert HomeownerSurvey.objects.count() == len(letters("homeowner_survey")) == 3


def test_two_workers_remind_each_homeowner_once(pro):
    make_submitted(pro)
    when = SUBMITTED_AT + timedelta(days=3)
    counts = together(*[lambda: remind_homeowners(now=when)] * 2)
    assert sum(counts) <= 3
    remind_homeowners(now=when)  # What each skipped because the other held it.
    assert len(letters("homeowner_survey_reminder")) == 3


def test_a_job_that_is_told_three_times_at_once_gives_back_once(pro, reviewer):
    claim = confirm_all(make_submitted(pro), reviewer)
    approve(claim, reviewer)
    contact = item_of(claim, 1).contact
    before = balance(pro)
    tell = [
        lambda: tell_later_job(contact=contact, by=pro.owner, taken_seen_cents=contact.price_cents, now=LATER)
    ] * 3
    assert len({result.pk for result in together(*tell)}) == 1
    assert balance(pro) == before - contact.price_cents
    assert LaterJob.objects.count() == OutgoingMail.objects.filter(kind="guarantees/later_job").count() == 1
    assert broken() == []
