"""Beginning, telling, submitting and withdrawing a claim (G10, G11, G13, G16, G17)."""

import json
from datetime import timedelta

import pytest

from guarantees import claims, rules, snapshots
from guarantees.errors import GuaranteeError
from guarantees.models import Claim, ExtraDays, Story
from marketplace.contacts import set_outcome
from marketplace.errors import MarketplaceError
from marketplace.models import Contact
from marketplace.returns import ask_return, return_by_staff
from profiles.suspensions import suspend
from tests import making
from tests.guarantees.claim_making import (
    DAY,
    LATER,
    STORY,
    SUBMITTED_AT,
    ask,
    confirm_all,
    fresh,
    give,
    item_of,
    letters,
    make_claimable,
    make_draft,
    make_false,
    make_submitted,
    state_of_everything,
    tell_story,
)
from tests.making import at

pytestmark = pytest.mark.django_db


def refusal(call, **arguments):
    with pytest.raises(GuaranteeError) as caught:
        call(**arguments)
    return caught.value


def begin(pro, now=SUBMITTED_AT, by=None):
    return claims.begin_claim(professional=pro, by=by or pro.owner, now=now)


def submit(claim, now=SUBMITTED_AT, by=None):
    return claims.submit_claim(claim=claim, by=by or claim.professional.owner, now=now)


# Beginning (G10, G11)


def test_a_draft_is_begun_any_time_after_contracting_and_there_is_one(pro):
    making.contract(pro)
    first = begin(pro, now=making.NOW)
    assert begin(pro, now=LATER) == first
    assert first.state == Claim.State.DRAFT
    assert [(event.kind, event.from_state, event.to_state) for event in first.events.all()] == [
        ("begun", "", "draft")
    ]


def test_no_draft_before_a_plan_was_contracted(pro):
    assert refusal(begin, pro=pro).code == "no_plan_yet"


def test_an_open_claim_is_returned_instead_of_a_new_draft(pro):
    claim = make_submitted(pro)
    assert begin(pro, now=LATER) == claim


def test_only_the_owner_begins_tells_submits_and_withdraws(pro, stranger):
    """One owner, who alone claims; a member reads along."""
    pro.members.add(stranger)
    claim = make_draft(pro)
    contact = pro.contacts.first()
    for call, arguments in [
        (claims.begin_claim, {"professional": pro}),
        (claims.save_story, {"claim": claim, "contact": contact, "text": "x", "ending": ""}),
        (claims.submit_claim, {"claim": claim}),
        (claims.withdraw_claim, {"claim": claim}),
    ]:
        assert refusal(call, **arguments, by=stranger, now=SUBMITTED_AT).code == "not_the_owner"


def test_no_new_claim_once_refunded(pro, reviewer):
    from guarantees.decisions import approve_claim

    approve_claim(claim=confirm_all(make_submitted(pro), reviewer), by=reviewer, now=LATER)
    assert refusal(begin, pro=pro, now=LATER).code == "refunded"


def test_no_new_claim_once_rejected_as_false(pro, reviewer):
    make_false(pro, reviewer)
    assert refusal(begin, pro=pro, now=LATER).code == "rejected_as_false"


def test_no_new_claim_while_suspended_and_the_reason_is_told(pro, reviewer):
    making.contract(pro)
    suspend(professional=pro, reason="Quejas repetidas.", decided_by=reviewer, now=making.NOW)
    refused = refusal(begin, pro=pro)
    assert refused.code == "suspended"
    assert "Quejas repetidas." in str(refused)


def test_a_new_claim_after_a_plain_rejection_and_after_withdrawing(pro, reviewer):
    """G10: only refunded and rejected as false close the door."""
    from guarantees.decisions import reject_claim

    first = make_submitted(pro)
    reject_claim(claim=first, by=reviewer, reason="Falta algo.", now=LATER)
    second = submit(begin(pro, now=LATER), now=LATER)
    claims.withdraw_claim(claim=second, by=pro.owner, now=LATER)
    third = submit(begin(pro, now=LATER), now=LATER)
    assert len({first.pk, second.pk, third.pk}) == 3
    assert third.items.count() == 3


# Telling


def test_a_story_is_saved_however_short_and_stays_with_its_contact(pro):
    claim = make_draft(pro, told=False)
    contact = pro.contacts.first()
    tell_story(claim, contact, text="Llamé", ending="")
    claims.withdraw_claim(claim=claim, by=pro.owner, now=SUBMITTED_AT)
    begin(pro)
    assert Story.objects.get(contact=contact).text == "Llamé"


def test_saving_again_replaces_the_story(pro):
    claim = make_draft(pro)
    contact = pro.contacts.first()
    tell_story(claim, contact, text="Otra cosa pasó entonces.", ending="gave_up", now=LATER)
    story = Story.objects.get(contact=contact)
    assert (story.text, story.ending, story.written_at) == ("Otra cosa pasó entonces.", "gave_up", LATER)


@pytest.mark.parametrize(
    "changes, code",
    [
        ({"text": "x" * 3001}, "story_too_long"),
        ({"ending": "won_after_all"}, "unknown_ending"),
    ],
)
def test_a_story_that_is_too_long_or_ends_unknown_is_refused(pro, changes, code):
    claim = make_draft(pro, told=False)
    with pytest.raises(GuaranteeError) as caught:
        tell_story(claim, pro.contacts.first(), **changes)
    assert caught.value.code == code
    assert not Story.objects.exists()


def test_a_story_of_exactly_the_longest_is_kept(pro):
    tell_story(make_draft(pro, told=False), pro.contacts.first(), text="x" * 3000)
    assert len(Story.objects.get().text) == 3000


def test_somebody_elses_contact_gets_no_story(pro, other_pro):
    claim = make_draft(pro, told=False)
    making.contract(other_pro)
    making.fund(other_pro)
    (theirs,) = making.buy(other_pro)
    with pytest.raises(GuaranteeError) as caught:
        tell_story(claim, theirs)
    assert caught.value.code == "not_your_contact"


def test_a_returned_contact_gets_no_story(pro, moderator):
    claim = make_draft(pro, told=False)
    contact = pro.contacts.first()
    return_by_staff(contact=contact, by=moderator, note="Duplicado.", now=SUBMITTED_AT)
    with pytest.raises(GuaranteeError) as caught:
        tell_story(claim, contact)
    assert caught.value.code == "contact_returned"


def test_no_story_is_changed_once_the_claim_is_submitted(pro):
    claim = make_submitted(pro)
    with pytest.raises(GuaranteeError) as caught:
        tell_story(claim, pro.contacts.first(), text="Otra historia, más larga.")
    assert caught.value.code == "not_a_draft"
    assert {story.text for story in Story.objects.all()} == {STORY}


@pytest.mark.parametrize(
    "text, enough",
    [
        ("x" * 19, False),
        ("x" * 20, True),
        (" " * 30 + "x" * 19 + " " * 30, False),
        ("y" + " " * 10 + "x" * 17, False),  # Repeated white space is one character: 19.
        ("y" + " " * 10 + "x" * 18, True),
        ("👩‍👩‍👧" * 19, False),
        ("👩‍👩‍👧" * 20, True),
        ("é" * 20, True),
    ],
)
def test_twenty_characters_as_a_reader_counts_them_are_needed_to_submit(pro, text, enough):
    claim = make_draft(pro)
    tell_story(claim, pro.contacts.first(), text=text)
    if enough:
        assert submit(claim).state == Claim.State.SUBMITTED
    else:
        refused = refusal(submit, claim=claim)
        assert (refused.code, len(refused.problems)) == ("incomplete", 1)


def test_each_story_that_lacks_something_is_told(pro):
    claim = make_draft(pro, told=False)
    one, two, three = pro.contacts.kept()
    tell_story(claim, one, ending="")
    tell_story(claim, two)
    refused = refusal(submit, claim=claim)
    assert refused.code == "incomplete"
    assert len(refused.problems) == 2
    assert f"“{one.lead.title}”" in str(refused.problems[0])
    assert f"“{three.lead.title}”" in str(refused.problems[1])
    assert "choose how it ended" in str(refused.problems[0])
    assert fresh(claim).state == Claim.State.DRAFT


# Submitting (G13)


def test_submitting_freezes_everything_by_which_it_was_judged(pro):
    claim = make_draft(pro)
    contacts = list(pro.contacts.kept())
    claim = submit(claim)

    assert claim.state == Claim.State.SUBMITTED
    assert (claim.submitted_at, claim.made_on) == (SUBMITTED_AT, SUBMITTED_AT.date())
    assert claim.terms.contacts == 3
    assert claim.amount_cents == 60_000
    assert [
        (item.position, item.contact_id, item.price_cents, item.story, item.ending, item.verdict)
        for item in claim.items.all()
    ] == [
        (position, contact.pk, 20_000, STORY, "hired_other", "")
        for position, contact in enumerate(contacts, start=1)
    ]
    assert {contact.frozen_at for contact in pro.contacts.all()} == {SUBMITTED_AT}
    facts, terms, today = snapshots.thaw(claim.submission_snapshot)
    assert (terms, today) == (claim.terms.as_rules(), claim.made_on)
    verdict = snapshots.replay(claim.submission_snapshot)
    assert (verdict.status, verdict.amount_cents) == ("eligible", 60_000)
    assert verdict == rules.evaluate(facts, terms, today)
    assert [(event.kind, event.actor) for event in claim.events.all()] == [
        ("begun", pro.owner),
        ("submitted", pro.owner),
    ]
    (letter,) = letters("claim_received")
    assert letter.recipient == pro.owner.email
    assert f"/guarantee/claims/{claim.public_id}/" in letter.text


def test_no_personal_data_is_in_the_snapshot(pro):
    claim = make_submitted(pro)
    kept = json.dumps(claim.submission_snapshot)
    lead = pro.contacts.first().lead
    for personal in (
        lead.homeowner_name,
        lead.homeowner_email,
        str(lead.homeowner_phone),
        pro.name,
        STORY[:20],
    ):
        assert personal not in kept


def test_a_later_change_of_the_story_changes_nothing_that_was_submitted(pro, reviewer):
    from guarantees.decisions import reject_claim

    claim = make_submitted(pro)
    reject_claim(claim=claim, by=reviewer, reason="Falta algo.", now=LATER)
    tell_story(begin(pro, now=LATER), pro.contacts.first(), text="Una historia distinta, después.", now=LATER)
    assert {item.story for item in claim.items.all()} == {STORY}


def test_submitting_twice_is_one_claim(pro):
    claim = make_draft(pro)
    first = submit(claim)
    again = submit(claim, now=LATER)
    assert again == first
    assert (again.submitted_at, again.items.count(), len(letters("claim_received"))) == (SUBMITTED_AT, 3, 1)


@pytest.mark.parametrize(
    "day, possible",
    [
        ("2026-02-10 23:59", False),
        ("2026-02-11 00:00", True),
        ("2026-04-25 23:59", True),
        ("2026-04-26 00:00", False),
    ],
)
def test_claims_are_made_from_the_first_day_to_the_last(pro, day, possible):
    """G4, G5: S 10 Jan, bought 11 Jan, E 11 Feb, C 25 Apr; by the marketplace's local dates."""
    claim = make_draft(pro, now=at("2026-02-01 12:00"))
    if possible:
        assert submit(claim, now=at(day)).made_on == at(day).date()
        return
    before = state_of_everything(pro)
    assert refusal(submit, claim=claim, now=at(day)).code == "not_eligible"
    assert state_of_everything(pro) == before


def test_extra_days_keep_the_window_open(pro, reviewer):
    claim = make_draft(pro)
    ExtraDays.objects.create(
        professional=pro, days=2, reason="Una devolución tardó.", given_by=reviewer, given_at=LATER
    )
    assert submit(claim, now=at("2026-04-27 23:00")).state == Claim.State.SUBMITTED


def test_everything_that_stands_in_the_way_is_told_at_once(pro):
    """X6: no plan any more, a job won, and a story missing: three sentences."""
    claim = make_draft(pro)
    contact = pro.contacts.first()
    set_outcome(contact=contact, outcome="won", lost_reason="", by=pro.owner, now=SUBMITTED_AT)
    Story.objects.filter(contact=pro.contacts.last()).delete()
    refused = refusal(submit, claim=claim, now=at("2026-02-10 12:00"))
    assert refused.code == "not_eligible"
    assert [problem.code for problem in refused.problems] == ["no_job_won", "waiting_month", "story_missing"]
    assert all(str(problem) in str(refused) for problem in refused.problems)


def test_an_undecided_return_of_a_counted_contact_blocks_the_claim(pro, moderator):
    """G13."""
    from marketplace.returns import refuse_return

    claim = make_draft(pro)
    contact = pro.contacts.first()
    asked = ask_return(
        contact=contact,
        reason="duplicate",
        explanation="Es el mismo.",
        by=pro.owner,
        now=at("2026-01-15 12:00"),
    )
    refused = refusal(submit, claim=claim)
    assert [problem.code for problem in refused.problems] == ["returns_settled"]
    refuse_return(return_request=asked, by=moderator, note="No lo es.", now=SUBMITTED_AT)
    assert submit(claim).is_open


def test_a_suspended_business_submits_nothing(pro, reviewer):
    claim = make_draft(pro)
    suspend(professional=pro, reason="Quejas.", decided_by=reviewer, now=SUBMITTED_AT)
    assert [problem.code for problem in refusal(submit, claim=claim).problems] == ["not_suspended"]


def test_a_frozen_contact_can_be_neither_returned_nor_changed(pro, moderator):
    """M7, G2: its outcome is correctable until submission."""
    make_submitted(pro)
    contact = pro.contacts.first()
    with pytest.raises(MarketplaceError):
        return_by_staff(contact=contact, by=moderator, note="Duplicado.", now=LATER)
    with pytest.raises(MarketplaceError):
        set_outcome(contact=contact, outcome="won", lost_reason="", by=pro.owner, now=LATER)


def test_the_sixteenth_contact_counts_when_an_earlier_one_was_returned(pro, moderator):
    """G1: here the fourth of three."""
    contacts = make_claimable(pro, contacts=4)
    claim = begin(pro)
    return_by_staff(contact=contacts[2], by=moderator, note="Duplicado.", now=at("2026-01-20 12:00"))
    for contact in (contacts[0], contacts[1], contacts[3]):
        tell_story(claim, contact)
    claim = submit(claim)
    assert [item.contact for item in claim.items.all()] == [contacts[0], contacts[1], contacts[3]]


def test_a_withdrawn_claim_cannot_be_submitted(pro):
    claim = make_draft(pro)
    claims.withdraw_claim(claim=claim, by=pro.owner, now=SUBMITTED_AT)
    assert refusal(submit, claim=claim).code == "not_a_draft"


# Withdrawing (G16, G17)


def test_withdrawing_frees_the_contacts_and_keeps_the_stories(pro):
    claim = make_submitted(pro)
    claim = claims.withdraw_claim(claim=claim, by=pro.owner, now=LATER)
    assert claim.state == Claim.State.WITHDRAWN
    assert not Contact.objects.filter(frozen_at__isnull=False).exists()
    assert Story.objects.count() == 3
    assert (
        claims.withdraw_claim(claim=claim, by=pro.owner, now=LATER).events.filter(kind="withdrawn").count()
        == 1
    )


def test_no_withdrawing_while_a_verdict_says_false(pro, reviewer):
    claim = make_submitted(pro)
    give(item_of(claim, 2), "false", reviewer)
    assert refusal(claims.withdraw_claim, claim=claim, by=pro.owner, now=LATER).code == "under_doubt"
    give(item_of(claim, 2), "confirmed", reviewer, reason="Se aclaró.")
    assert claims.withdraw_claim(claim=claim, by=pro.owner, now=LATER).state == Claim.State.WITHDRAWN


def test_no_withdrawing_while_a_doubt_stands(pro, reviewer):
    """G16: until a verdict is given after the question, answered or not."""
    claim = make_submitted(pro)
    (question,) = ask(claim, reviewer, 1)
    assert refusal(claims.withdraw_claim, claim=claim, by=pro.owner, now=LATER).code == "under_doubt"
    claims.answer_question(question=question, answer="Fui el lunes.", by=pro.owner, now=LATER)
    assert refusal(claims.withdraw_claim, claim=claim, by=pro.owner, now=LATER).code == "under_doubt"
    give(item_of(claim, 1), "confirmed", reviewer, now=LATER + DAY)
    assert claims.withdraw_claim(claim=claim, by=pro.owner, now=LATER + DAY).state == Claim.State.WITHDRAWN


def test_withdrawing_while_more_information_is_wanted(pro, reviewer):
    claim = make_submitted(pro)
    ask(claim, reviewer, 1, purpose="information")
    assert claims.withdraw_claim(claim=claim, by=pro.owner, now=LATER).state == Claim.State.WITHDRAWN


# Answering (G17)


def test_the_last_answer_brings_the_claim_back_with_its_date(pro, reviewer):
    claim = make_submitted(pro)
    one, two = ask(claim, reviewer, 1, 2, purpose="information")
    claims.answer_question(question=one, answer="Fui el lunes.", by=pro.owner, now=LATER)
    assert fresh(claim).state == Claim.State.MORE_INFORMATION
    claims.answer_question(
        question=two, answer="Fui el martes.", by=pro.owner, now=LATER + timedelta(days=30)
    )
    assert (fresh(claim).state, fresh(claim).made_on) == (Claim.State.SUBMITTED, SUBMITTED_AT.date())
    assert [event.kind for event in claim.events.all()][-3:] == ["asked", "answered", "answered"]


def test_the_same_answer_sent_twice_is_one_and_another_is_refused(pro, reviewer):
    claim = make_submitted(pro)
    (question,) = ask(claim, reviewer, 1)
    for _ in range(2):
        claims.answer_question(question=question, answer="Fui el lunes.", by=pro.owner, now=LATER)
    refused = refusal(claims.answer_question, question=question, answer="No fui.", by=pro.owner, now=LATER)
    assert refused.code == "already_answered"
    assert claim.events.filter(kind="answered").count() == 1


def test_an_empty_answer_a_late_one_and_somebody_elses_are_refused(pro, other_pro, reviewer):
    from guarantees.decisions import reject_claim

    claim = make_submitted(pro)
    (question,) = ask(claim, reviewer, 1, purpose="information")
    answer = claims.answer_question
    assert refusal(answer, question=question, answer=" \n ", by=pro.owner, now=LATER).code == "answer_needed"
    assert (
        refusal(answer, question=question, answer="x" * 3001, by=pro.owner, now=LATER).code
        == "answer_too_long"
    )
    assert (
        refusal(answer, question=question, answer="Sí.", by=other_pro.owner, now=LATER).code
        == "not_the_owner"
    )
    reject_claim(claim=claim, by=reviewer, reason="Sin respuesta.", now=LATER + timedelta(days=16))
    late = LATER + timedelta(days=17)
    assert refusal(answer, question=question, answer="Sí.", by=pro.owner, now=late).code == "move_not_allowed"
