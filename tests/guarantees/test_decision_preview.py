"""What a decision does, seen before it is taken, and taken only as it was seen (G10, G15 to G19)."""

import pytest

from base.money import money
from guarantees.claims import answer_question
from guarantees.models import Claim, ClaimItem, ExtraDays, HomeownerSurvey
from guarantees.signals import claim_decided
from guarantees.survey import Said, answer_survey, correct_answer
from mail.models import OutgoingMail
from marketplace.models import Contact
from profiles.models import Suspension, User
from profiles.suspensions import suspend
from tests import making
from tests.guarantees.claim_making import (
    DAY,
    LATER,
    ask,
    balance,
    fresh,
    give,
    item_of,
    letters,
    make_false,
    reject,
    state_of_everything,
)
from tests.guarantees.office import confirm, of_claim, press, preview, review_of, words_of

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _now(time_machine):
    time_machine.move_to(LATER, tick=False)


def told(mails):
    # Not the cause: it holds the id of an event, and PostgreSQL gives out each once.
    return [(mail.kind, mail.recipient, mail.language, mail.subject, mail.text) for mail in mails]


def test_approving_is_shown_to_the_cent_and_the_mail_as_it_will_be_written(confirmed, pro, office):
    User.objects.filter(pk=pro.owner_id).update(language="es-mx")
    before, had = state_of_everything(pro), balance(pro)
    page = preview(office, confirmed, "approve")
    words = words_of(page)
    assert page.status_code == 200
    assert (
        f"The balance of Reformas Hidalgo goes from {money(had)} to {money(had + 60_000)}: MX$600.00 are credited, "
        "the sum that was actually paid for the 3 contacts." in words
    )
    assert "The claim is “submitted” and becomes “approved”." in words
    assert "Nobody is suspended." in words
    assert "Used: this business can never claim the guarantee again." in words
    assert "Do not apply: no limit is set." in words
    assert "pro@example.com · Mexican Spanish" in words
    # Nothing of it was done, however often it is looked at.
    assert preview(office, confirmed, "approve").context["outcome"].mark == page.context["outcome"].mark
    assert state_of_everything(pro) == before
    assert letters("claim_approved") == []
    confirm(office, confirmed, "approve", page)
    assert told(letters("claim_approved")) == told(page.context["outcome"].mails)
    assert letters("claim_approved")[0].language == "es-mx"
    assert balance(pro) == had + 60_000


def test_rejecting_is_shown_with_its_reason_in_the_mail_and_what_becomes_of_the_chance(
    submitted, pro, office
):
    page = preview(office, submitted, "reject", reason="Falta el proyecto.")
    words = words_of(page)
    assert "Nothing is credited." in words
    assert "They may claim again until April 25, 2026." in words
    (mail,) = page.context["outcome"].mails
    assert "Falta el proyecto." in mail.text
    assert fresh(submitted).state == Claim.State.SUBMITTED
    confirm(office, submitted, "reject", page)
    assert told(letters("claim_rejected")) == told([mail])


def test_after_the_window_a_rejection_says_that_only_extra_days_help(
    submitted, client_of, reviewer, time_machine
):
    time_machine.move_to(making.at("2026-04-26 12:00"), tick=False)
    words = words_of(preview(client_of(reviewer), submitted, "reject", reason="Falta el proyecto."))
    assert "A claim is possible again only with extra days." in words


def test_rejecting_as_false_is_shown_to_suspend(submitted, pro, office, reviewer):
    give(item_of(submitted, 2), "false", reviewer)
    page = preview(office, submitted, "reject_as_false", reason="Lo dicen dos.", without_asking="Lo admitió.")
    words = words_of(page)
    assert "The profile of Reformas Hidalgo is suspended at once" in words
    assert "Gone: no other claim, unless an appeal is upheld." in words
    assert "Lo admitió." in words
    assert not Suspension.objects.exists()
    confirm(office, submitted, "reject_as_false", page)
    assert fresh(submitted).suspension.suspended_at == LATER
    assert told(letters("claim_rejected_as_false")) == told(page.context["outcome"].mails)


def test_upholding_an_appeal_is_shown_with_lifting_days_and_the_draft_that_goes(
    pro, client_of, reviewer, appeals, time_machine
):
    claim = make_false(pro, reviewer)
    time_machine.move_to(LATER + 3 * DAY, tick=False)
    browser = client_of(appeals)
    page = preview(browser, claim, "uphold_appeal", reason="Tenía razón.")
    words = words_of(page)
    assert "The suspension of Reformas Hidalgo is lifted." in words
    assert "3 · Appeal upheld: the days from the decision to the appeal." in words
    assert "This claim stays the one undecided claim." in words
    assert "Four eyes" not in words  # An appeal is heard by somebody else anyway.
    kinds = [mail.kind for mail in page.context["outcome"].mails]
    assert kinds == ["profiles/suspension_lifted", "guarantees/claim_appeal_upheld"]
    assert not ExtraDays.objects.exists()
    confirm(browser, claim, "uphold_appeal", page)
    assert [extra.days for extra in ExtraDays.objects.all()] == [3]


def test_a_draft_begun_meanwhile_is_shown_to_be_withdrawn(pro, client_of, office, submitted, appeals):
    press(office, submitted, "reject", reason="Falta algo.")
    from guarantees.claims import begin_claim

    draft = begin_claim(professional=pro, by=pro.owner, now=LATER)
    page = preview(client_of(appeals), submitted, "uphold_appeal", reason="Tenía razón.")
    assert "the draft begun meanwhile is withdrawn" in words_of(page)
    assert fresh(draft).state == Claim.State.DRAFT


def test_where_approving_only_tells_it_is_shown_that_nothing_is_refunded(
    confirmed, pro, office, other_reviewer
):
    suspend(professional=pro, reason="Quejas.", decided_by=other_reviewer, now=LATER)
    page = preview(office, confirmed, "approve")
    words = words_of(page)
    assert "Nothing is refunded: a requirement is not met now." in words
    assert "The claim stays “submitted”." in words
    assert [mail.kind for mail in page.context["outcome"].mails] == ["guarantees/claim_problem"]
    assert letters("claim_problem") == []
    assert confirm(office, confirmed, "approve", page).status_code == 409
    assert told(letters("claim_problem")) == told(page.context["outcome"].mails)


@pytest.mark.parametrize(
    ("limit", "said"),
    [
        (60_000, "Do not apply: the refund is not above MX$600.00."),
        (59_999, "Apply: the refund is above MX$599.99. You gave none of the verdicts, so you may decide."),
    ],
)
def test_whether_four_eyes_apply_is_said(settings, confirmed, client_of, other_reviewer, limit, said):
    settings.GUARANTEE_FOUR_EYES_ABOVE = limit
    assert said in words_of(preview(client_of(other_reviewer), confirmed, "approve"))


def test_what_cannot_be_done_is_not_previewed_but_said(submitted, pro, office):
    before = state_of_everything(pro)
    page = preview(office, submitted, "approve")
    assert page.status_code == 409
    assert "3 contacts have no verdict yet." in words_of(page)
    page = preview(office, submitted, "reject", reason=" ")
    assert page.status_code == 409
    assert "Please write the reason" in words_of(page)
    assert state_of_everything(pro) == before


def test_where_a_suspension_stands_it_is_not_said_that_nobody_is_suspended(
    submitted, pro, office, other_reviewer
):
    suspend(professional=pro, reason="Quejas.", decided_by=other_reviewer, now=LATER - DAY)
    page = words_of(preview(office, submitted, "tell"))
    assert "Reformas Hidalgo is suspended already, and stays so." in page
    assert "Nobody is suspended." not in page


def test_an_appeal_refused_already_is_not_said_to_be_told_anew(submitted, client_of, reviewer, appeals):
    claim = reject(submitted, reviewer)
    browser, other = client_of(appeals), making.make_staff("appeals", email="appeals2@quince.example")
    press(browser, claim, "refuse_appeal", reason="Nada nuevo.")
    page = press(client_of(other), claim, "refuse_appeal", reason="Tampoco.")
    assert page.status_code == 409
    assert "An appeal against this decision has been refused already" in words_of(page)
    assert "Appeal refused." not in words_of(page)
    assert len(letters("claim_appeal_refused")) == 1
    # Whoever pressed twice is told once more what they have done.
    seen = {"previewed": "", "reason": "Nada nuevo."}
    assert "Appeal refused." in words_of(
        browser.post(of_claim("decide", claim, "refuse_appeal"), seen, follow=True)
    )


def test_a_homeowner_who_says_more_after_it_was_seen_is_read_first(confirmed, office):
    item = item_of(confirmed, 1)
    answer_survey(survey=HomeownerSurvey.objects.get(item=item), hired="hired_other", now=LATER)
    page = preview(office, confirmed, "approve")
    said = Said(hired="hired_other", contacted="no")
    correct_answer(survey=HomeownerSurvey.objects.get(item=item), said=said, now=LATER)
    assert confirm(office, confirmed, "approve", page).status_code == 409
    assert fresh(confirmed).is_open


# Confirmed as it was seen


def another_verdict(claim, reviewer):
    give(item_of(claim, 1), "unreachable", reviewer)


def another_note(claim, reviewer):
    give(item_of(claim, 1), "confirmed", reviewer, note="Contestó a la segunda.")


def another_amount(claim, reviewer):
    ClaimItem.objects.filter(claim=claim, position=1).update(price_cents=1)


def another_reader(claim, reviewer):
    User.objects.filter(pk=claim.professional.owner_id).update(email="nuevo@example.com")


def another_language(claim, reviewer):
    User.objects.filter(pk=claim.professional.owner_id).update(language="es-mx")


def a_requirement_fails(claim, reviewer):
    suspend(professional=claim.professional, reason="Quejas.", decided_by=reviewer, now=LATER)


@pytest.mark.parametrize(
    "change",
    [
        another_verdict,
        another_note,
        another_amount,
        another_reader,
        another_language,
        a_requirement_fails,
    ],
)
def test_what_changed_since_it_was_seen_is_shown_anew_and_not_done(confirmed, pro, office, reviewer, change):
    page = preview(office, confirmed, "approve")
    change(confirmed, reviewer)
    before = state_of_everything(pro)
    again = confirm(office, confirmed, "approve", page)
    assert again.status_code == 409
    assert "Nothing was done yet: what would happen is not, or no longer, what you had in front of you." in (
        words_of(again)
    )
    assert state_of_everything(pro) == before
    assert again.context["outcome"].mark != page.context["outcome"].mark
    confirm(office, confirmed, "approve", again)
    assert state_of_everything(pro) != before


def test_an_answer_that_came_after_it_was_seen_is_read_before_anything_is_decided(
    submitted, pro, client_of, reviewer, time_machine
):
    """G16, G17: it counts as long as nobody has decided."""
    asked, _other = ask(submitted, reviewer, 2, 3, purpose="information")
    later = LATER + 20 * DAY
    time_machine.move_to(later, tick=False)
    office = client_of(reviewer)
    seen = preview(office, submitted, "reject", reason="No contestó.")
    answer_question(question=asked, answer="Aquí está la factura.", by=pro.owner, now=later)
    page = confirm(office, submitted, "reject", seen)
    assert page.status_code == 409
    assert fresh(submitted).is_open
    confirm(office, submitted, "reject", page)
    assert fresh(submitted).state == "rejected"


def test_another_balance_is_no_other_decision(confirmed, pro, office):
    page = preview(office, confirmed, "approve")
    making.fund(pro, 100)
    had = balance(pro)
    assert "Approved." in words_of(confirm(office, confirmed, "approve", page))
    assert balance(pro) == had + 60_000


def test_another_reason_than_the_one_that_was_seen_is_shown_anew(submitted, office):
    page = preview(office, submitted, "reject", reason="Falta el proyecto.")
    again = confirm(office, submitted, "reject", page, reason="Otra cosa.")
    assert again.status_code == 409
    assert "Otra cosa." in again.context["outcome"].mails[0].text
    assert fresh(submitted).state == Claim.State.SUBMITTED


@pytest.mark.parametrize("previewed", ["", "0" * 32, "x" * 5000])
def test_nothing_is_decided_without_having_been_seen(confirmed, pro, office, previewed):
    before = state_of_everything(pro)
    page = office.post(of_claim("decide", confirmed, "approve"), {"previewed": previewed})
    assert page.status_code == 409
    assert page.context["outcome"].entry.amount_cents == 60_000
    assert state_of_everything(pro) == before


def test_confirmed_twice_it_is_done_once_and_said_in_both(confirmed, pro, office):
    page, had = preview(office, confirmed, "approve"), balance(pro)
    for _ in range(2):
        assert "Approved." in words_of(confirm(office, confirmed, "approve", page))
    assert balance(pro) == had + 60_000
    # Looked at once more, there is nothing to confirm.
    assert preview(office, confirmed, "approve").redirect_chain[-1][0] == review_of(confirmed) + "#decision"


def test_what_a_receiver_writes_and_hangs_on_the_commit_is_not_done_by_a_preview(
    confirmed, office, django_capture_on_commit_callbacks
):
    from django.db import transaction

    ran = []

    def receive(claim, **_):
        Contact.objects.filter(claim_items__claim=claim).update(reminded_at=LATER)
        transaction.on_commit(lambda: ran.append(claim.pk))

    claim_decided.connect(receive, dispatch_uid="t")
    try:
        with django_capture_on_commit_callbacks(execute=True):
            page = preview(office, confirmed, "approve")
        assert ran == []
        assert not Contact.objects.filter(reminded_at__isnull=False).exists()
        with django_capture_on_commit_callbacks(execute=True):
            confirm(office, confirmed, "approve", page)
        assert ran == [confirmed.pk]
    finally:
        claim_decided.disconnect(dispatch_uid="t")


def test_a_mail_of_the_same_moment_to_somebody_else_is_not_shown_as_of_the_decision(confirmed, office, pro):
    """Written before it, in the same frozen second."""
    from mail.outbox import write

    write(
        kind="guarantees/claim_rejected",
        cause="t",
        to="x@example.com",
        language="en",
        context={"business": "X"},
        now=LATER,
    )
    page = preview(office, confirmed, "approve")
    assert [mail.kind for mail in page.context["outcome"].mails] == ["guarantees/claim_approved"]
    assert OutgoingMail.objects.filter(kind="guarantees/claim_approved").count() == 0
