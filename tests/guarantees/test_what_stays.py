"""What stays after an appeal, an erasure and a closed account, where several of them meet (G11, G13, G19, X5)."""

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext

from base.days import marketplace_day
from base.erased import ERASED
from guarantees import survey as surveys
from guarantees.models import HomeownerSurvey
from guarantees.standing import standing_of
from profiles.closing import close_account
from profiles.suspensions import is_suspended, lift_suspension, suspend
from tests import making
from tests.guarantees.claim_making import (
    DAY,
    LATER,
    fresh,
    give,
    item_of,
    make_draft,
    make_false,
    refuse,
    reject,
    reject_as_false,
    uphold,
)
from tests.guarantees.test_appeals import of_suspension, see
from tests.guarantees.test_erasing import NAME, forget


@pytest.fixture
def suspended_before(submitted, pro, reviewer):
    """Suspended for something else, and then a claim rejected as false: that suspension, and the claim."""
    other = making.make_staff("reviewer", email="who-suspended@quince.example")
    before = suspend(professional=pro, reason="Quejas.", decided_by=other, now=LATER - DAY)
    give(item_of(submitted, 2), "false", reviewer)
    return before, reject_as_false(submitted, reviewer, without_asking="Ya lo admitió.")


def test_erasure_reaches_the_suspension_that_a_false_finding_made_again(
    suspended_before, pro, appeals, reviewer
):
    before, claim = suspended_before
    lift_suspension(suspension=before, by=appeals, reason="No.", now=LATER + DAY)
    anew = pro.suspensions.standing().get()
    uphold(claim, appeals, LATER + DAY, reason=f"{NAME} se confundió.")
    reject(fresh(claim), reviewer, now=LATER + DAY)
    forget(claim)
    anew.refresh_from_db()
    assert anew.lift_reason == ERASED


def test_what_an_appeal_is_upheld_with_after_an_erasure_is_not_kept(pro, reviewer, appeals):
    claim = make_false(pro, reviewer)
    suspension = claim.suspension
    forget(claim, now=LATER)
    uphold(fresh(claim), appeals, LATER + DAY, reason=f"{NAME} se confundió.")
    suspension.refresh_from_db()
    assert NAME not in suspension.lift_reason


def test_the_preview_says_that_the_business_stays_suspended_for_what_was_false(
    suspended_before, pro, appeals, client_of, time_machine
):
    before, _claim = suspended_before
    time_machine.move_to(LATER + DAY, tick=False)
    page = see(client_of(appeals), of_suspension(before), "uphold_appeal")
    assert "The business stays suspended for another reason." in page.context["words"][0][1]


def test_what_was_just_saved_is_nobody_elses(pro, client_of, time_machine):
    """One story is saved and another refused: the saved one is edited again on the same page."""
    time_machine.move_to(LATER, tick=False)
    make_draft(pro)
    browser, address = client_of(pro.owner), reverse("guarantees:claim")

    def filled_in(page):
        forms = [card.form for card in page.context["cards"]]
        values = {form.add_prefix(name): form[name].value() for form in forms for name in form.fields}
        return {name: "" if value is None else value for name, value in values.items()}, forms

    data, forms = filled_in(browser.get(address))
    first, second = (form.add_prefix("text") for form in forms[:2])
    again = browser.post(
        address, data | {first: "La llamé y fui a verla en su casa el martes.", second: "x" * 100_000}
    )
    assert again.status_code == 200
    data, _forms = filled_in(again)
    last = browser.post(
        address,
        data
        | {
            first: "La llamé y fui a verla en su casa el martes. Contrató a otro.",
            second: "La llamé y no contestó nunca, tres veces seguidas.",
        },
    )
    assert last.status_code == 302


def test_whoever_was_refused_by_letter_is_not_told_to_appeal(pro, reviewer, appeals):
    claim = make_false(pro, reviewer)
    refuse(claim, appeals, LATER + DAY)
    assert standing_of(pro, marketplace_day(LATER + DAY)).step.code != "appeal"


def test_nobody_is_asked_about_a_business_that_has_closed_its_account(submitted, reviewer, pro, time_machine):
    time_machine.move_to(LATER, tick=False)
    claim = reject(submitted, reviewer)
    close_account(user=pro.owner, now=LATER)
    survey = HomeownerSurvey.objects.filter(item__claim=claim).first()
    page = Client().get(reverse("guarantees:survey", args=[surveys.token_of(survey)]))
    with translation.override(survey.item.contact.lead.language):
        told = gettext(
            "The business that we asked you about has closed its account. Nothing more is needed of you."
        )
    assert told in page.text
    assert ERASED not in page.text.partition("<h1>")[2].partition("</h1>")[0]


def test_a_suspension_of_the_same_moment_by_somebody_else_is_not_the_claims_own(
    submitted, pro, reviewer, appeals
):
    """The rejection read the clock first and got the lock second."""
    other = making.make_staff("reviewer", email="who-suspended@quince.example")
    suspend(professional=pro, reason="Quejas.", decided_by=other, now=LATER + timedelta(milliseconds=300))
    give(item_of(submitted, 2), "false", reviewer)
    claim = reject_as_false(submitted, reviewer, without_asking="Ya.")
    uphold(claim, appeals, LATER + DAY)
    assert is_suspended(pro)
