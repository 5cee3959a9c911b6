"""The office: the queue, the review of one claim, its buttons, the terms (G5, G14 to G20, X4)."""

import re
import uuid

import pytest
from django.contrib.auth.models import Permission
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from guarantees.blockers import Action, blockers
from guarantees.models import Claim, ClaimItem, ExtraDays, GuaranteeTerms
from marketplace.contacts import record_homeowner_word, set_outcome
from marketplace.diary import write_diary
from marketplace.models import Contact
from marketplace.withdrawal import withdraw_lead
from profiles.models import User
from tests import making
from tests.guarantees.claim_making import (
    LATER,
    STORY,
    SUBMITTED_AT,
    ask,
    balance,
    confirm_all,
    fresh,
    give,
    item_of,
    letters,
    make_claimable,
    make_draft,
    make_false,
    make_submitted,
    say_hired,
    state_of_everything,
    tell_story,
)
from tests.guarantees.office import QUEUE, press, review_of, save, sent, words_of

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _now(time_machine):
    time_machine.move_to(LATER, tick=False)


# The queue


def test_the_queue_holds_the_open_claims_oldest_first(pro, other_pro, office, reviewer):
    third = making.make_pro("Techos Luna")
    draft_of = making.make_pro("Jardines Sol")
    second = make_submitted(other_pro, now=SUBMITTED_AT.replace(hour=14))
    first = make_submitted(pro)
    decided = make_submitted(third)
    from guarantees.decisions import reject_claim

    reject_claim(claim=decided, by=reviewer, reason="Falta algo.", now=LATER)
    make_draft(draft_of)
    give(item_of(first, 1), "false", reviewer)
    page = office.get(QUEUE)
    assert [claim.pk for claim in page.context["cl"].result_list] == [first.pk, second.pk]
    words = words_of(page)
    assert "3 days" in words
    assert "1/3" in words
    assert "1 false" in words
    assert "$600.00" in words
    everything = office.get(QUEUE + "?state=all").context["cl"].result_list
    assert {claim.pk for claim in everything} == {
        first.pk,
        second.pk,
        decided.pk,
    }  # A draft is its owner's alone.


def test_the_queue_takes_the_same_queries_with_one_claim_as_with_thirty(
    office, pro, django_assert_num_queries
):
    make_submitted(pro)
    office.get(QUEUE)
    with CaptureQueriesContext(connection) as one:
        office.get(QUEUE)
    original = Claim.objects.get()
    for number in range(29):
        # Straight into the table: the list alone is looked at here.
        other = making.make_pro(f"Negocio {number}")
        copy = Claim.objects.get(pk=original.pk)
        copy.pk, copy.professional = None, other
        copy.public_id = uuid.uuid4()
        copy.save(force_insert=True)
        for item in original.items.all():
            item.pk, item.claim = None, copy
            item.save(force_insert=True)
    with django_assert_num_queries(len(one)):
        page = office.get(QUEUE)
    assert len(page.context["cl"].result_list) == 30


def test_a_review_takes_the_same_queries_however_many_contacts_and_entries(
    office, pro, other_pro, reviewer, django_assert_num_queries
):
    small, big = make_submitted(pro), make_submitted(other_pro)
    ask(small, reviewer, 1)
    for contact, entries in [
        (pro.contacts.first(), 1),
        *((contact, 10) for contact in other_pro.contacts.all()),
    ]:
        owner = contact.professional.owner
        for _ in range(entries):
            write_diary(contact=contact, kind="call", happened_at=LATER, text="", by=owner, now=LATER)
        record_homeowner_word(contact=contact, word="hired_other", by=reviewer, now=LATER)
    ask(big, reviewer, 1, 2, 3)
    office.get(review_of(small))
    with CaptureQueriesContext(connection) as queries:
        office.get(review_of(small))
    with django_assert_num_queries(len(queries)):
        office.get(review_of(big))


# Who


@pytest.mark.parametrize("role", ["moderator", "finance", "consultant", "terms"])
def test_other_roles_see_neither_queue_nor_claim(role, submitted, client_of):
    browser = client_of(making.make_staff(role))
    assert browser.get(QUEUE).status_code == 403
    assert browser.get(review_of(submitted)).status_code == 403
    assert press(browser, submitted, "approve").status_code == 403
    assert browser.post(reverse("admin:guarantees_claim_review", args=[submitted.pk])).status_code == 403


def test_the_office_is_for_staff(submitted, client, client_of, pro, stranger):
    for browser in (client, client_of(pro), client_of(stranger)):
        assert browser.get(review_of(submitted)).status_code in (302, 403, 404)
        assert press(browser, submitted, "approve").context is None or not fresh(submitted).decided_at


def test_a_reviewer_does_not_see_the_claim_of_a_business_that_they_belong_to(
    submitted, pro, reviewer, office
):
    """It says what homeowners said, and somebody else decides it."""
    pro.members.add(reviewer)
    assert not office.get(QUEUE).context["cl"].result_list
    assert office.get(review_of(submitted)).status_code == 404
    assert press(office, submitted, "approve").status_code == 404


def test_nothing_is_added_or_deleted_or_typed_into_a_claim(submitted, office):
    assert office.get(QUEUE + "add/").status_code == 403
    assert office.get(f"{QUEUE}{submitted.pk}/delete/").status_code == 403
    before = state_of_everything(submitted.professional)
    office.post(review_of(submitted), {"state": "approved", "amount_cents": "1"})
    assert state_of_everything(submitted.professional) == before


def test_addresses_that_there_are_not_are_not_found(submitted, office):
    assert office.get(f"{QUEUE}999999/change/").status_code == 404
    assert office.get(f"{QUEUE}x/change/").status_code in (302, 404)
    assert press(office, submitted, "withdraw").status_code == 404
    assert press(office, submitted, "anything").status_code == 404


def test_whoever_comes_back_from_signing_in_anew_is_led_to_the_claim(submitted, office):
    """Their session had ended when they pressed: the sign-in page leads to where the form was sent."""
    for action in ("preview", "decide"):
        back = office.get(reverse(f"admin:guarantees_claim_{action}", args=[submitted.pk, "approve"]))
        assert (back.status_code, back.url) == (302, review_of(submitted))
    assert office.put(reverse("admin:guarantees_claim_review", args=[submitted.pk])).status_code == 405


# The evidence


def test_the_evidence_of_each_contact_stands_beside_its_story(pro, office, reviewer):
    contacts = make_claimable(pro)
    written = SUBMITTED_AT
    write_diary(
        contact=contacts[0],
        kind="call",
        happened_at=making.at("2026-01-11 15:00"),
        text="Contestó a la primera.",
        by=pro.owner,
        now=written,
    )
    set_outcome(contact=contacts[1], outcome="won", lost_reason="", by=pro.owner, now=written)
    set_outcome(contact=contacts[1], outcome="lost", lost_reason="price", by=pro.owner, now=written)
    from guarantees import claims

    claim = claims.begin_claim(professional=pro, by=pro.owner, now=written)
    for contact in contacts:
        tell_story(claim, contact)
    claim = claims.submit_claim(claim=claim, by=pro.owner, now=written)
    say_hired(item_of(claim, 3), reviewer)
    words = words_of(office.get(review_of(claim)))
    lead = contacts[0].lead
    for said in (
        STORY,
        "Contestó a la primera.",
        "written down late",
        "Marked as won on",
        "Says: hired this business",
        "Contradiction",
        lead.homeowner_name,
        lead.homeowner_email,
        "5 of 5, published",
        "All are met now, as they were at submission.",
    ):
        assert said in words, said


def test_details_and_words_of_homeowners_need_their_permissions(submitted, client_of, reviewer):
    say_hired(item_of(submitted, 1), reviewer)
    narrow = making.make_user("narrow@quince.example", is_staff=True)
    narrow.user_permissions.add(Permission.objects.get(codename="review_claim"))
    browser = client_of(User.objects.get(pk=narrow.pk))
    words = words_of(browser.get(review_of(submitted)))
    assert submitted.items.first().contact.lead.homeowner_email not in words
    assert "hired this business" not in words
    # Nor can the word be entered by a request made by hand.
    item = item_of(submitted, 2)
    save(browser, submitted, c2={"word": "hired_other", "verdict": "confirmed"})
    item.contact.refresh_from_db()
    assert item.contact.homeowner_word == ""


def test_the_policy_allows_the_page_no_inline_script_or_style(submitted, office):
    for url in (QUEUE, review_of(submitted)):
        page = office.get(url)
        assert "unsafe-inline" not in page.headers["Content-Security-Policy"]
        text = page.content.decode()
        assert not re.search(r"<script(?![^>]*\bsrc=)(?![^>]*application/json)[^>]*>", text)
        assert not re.search(r"\sstyle=|\son\w+=", text)


# Verdicts, words, questions


def test_verdicts_are_saved_one_by_one_and_together(submitted, office, reviewer):
    first = item_of(submitted, 1)
    page = save(
        office,
        submitted,
        pressed={"save": str(first.pk)},
        c1={"verdict": "confirmed", "note": "Llamaron."},
    )
    assert "1 verdict saved." in words_of(page)
    assert page.redirect_chain[-1][0].endswith("#contact-1")
    page = save(
        office, submitted, c2={"verdict": "confirmed"}, c3={"verdict": "unreachable", "note": "Buzón."}
    )
    assert "2 verdicts saved." in words_of(page)
    assert [(item.verdict, item.note, item.verdict_by) for item in submitted.items.all()] == [
        ("confirmed", "Llamaron.", reviewer),
        ("confirmed", "", reviewer),
        ("unreachable", "Buzón.", reviewer),
    ]
    assert "Nothing was changed" in words_of(save(office, submitted))
    assert ClaimItem.objects.get(pk=first.pk).events.count() == 1


def test_what_is_refused_stands_beside_its_contact_and_what_was_typed_is_kept(submitted, office):
    page = save(
        office, submitted, c1={"verdict": "false", "question": "¿Qué pasó?"}, c2={"verdict": "confirmed"}
    )
    assert page.status_code == 409
    forms = [each.form for each in page.context["page"].evidence]
    assert forms[0].errors["note"]
    assert "¿Qué pasó?" in page.content.decode()
    assert [item.verdict for item in submitted.items.all()] == ["", "confirmed", ""]
    page = save(office, submitted, c1={"note": "Sin veredicto."})
    assert page.context["page"].evidence[0].form.errors["verdict"]


def test_an_older_tab_does_not_overwrite_another_reviewers_verdict(submitted, office, other_reviewer):
    data = sent(office, submitted, c2={"verdict": "confirmed"})
    give(item_of(submitted, 1), "false", other_reviewer)
    office.post(reverse("admin:guarantees_claim_review", args=[submitted.pk]), data | {"save": "all"})
    assert [item.verdict for item in submitted.items.all()] == ["false", "confirmed", ""]


def test_the_homeowners_word_is_entered_here_and_a_confirmation_before_it_has_to_be_chosen_again(
    submitted, office, reviewer, time_machine
):
    """G2: saving the word alone does not confirm anything once more, nor does saving everything after it."""
    confirm_all(submitted, reviewer, now=SUBMITTED_AT)
    page = save(office, submitted, c2={"word": "hired_them"})
    assert "1 homeowner's word recorded." in words_of(page)
    assert Contact.objects.get(claim_items=item_of(submitted, 2)).homeowner_word == "hired_them"
    assert not page.context["page"].evidence[1].form["verdict"].value()
    time_machine.move_to(LATER.replace(hour=15), tick=False)
    save(office, submitted)
    assert "contradiction" in [
        each.code for each in blockers(fresh(submitted), Action.APPROVE, reviewer, LATER)
    ]
    save(office, submitted, c2={"verdict": "confirmed"})
    assert blockers(fresh(submitted), Action.APPROVE, reviewer, LATER) == []


@pytest.mark.parametrize("purpose, last_day", [("information", "2026-03-10"), ("doubt", "2026-02-28")])
def test_asking_saves_first_and_says_what_was_done(submitted, office, purpose, last_day):
    page = save(
        office,
        submitted,
        pressed={"purpose": purpose},
        c1={"verdict": "false", "note": "La dueña lo niega.", "question": "¿Qué día fue?"},
        c2={"question": "¿Y aquí?"},
    )
    assert "1 verdict saved." in words_of(page)
    assert "2 questions asked" in words_of(page)
    assert {str(q.answer_by) for item in submitted.items.all() for q in item.questions.all()} == {last_day}
    assert fresh(submitted).state == Claim.State.MORE_INFORMATION
    assert len(letters("claim_questions")) == 1


def test_asking_nothing_is_refused_with_the_reason(submitted, office):
    page = save(office, submitted, pressed={"purpose": "doubt"})
    assert page.status_code == 409
    assert "Please write a question" in words_of(page)


# The buttons


def test_a_button_that_cannot_be_used_is_off_and_says_why(submitted, office):
    page = office.get(review_of(submitted))
    words = words_of(page)
    assert "3 contacts have no verdict yet." in words
    assert "No contact has the verdict “false”." in words
    assert page.content.decode().count("disabled") == 2
    # Pressed all the same, by hand: the same sentence, and nothing done.
    before = state_of_everything(submitted.professional)
    pressed = press(office, submitted, "approve")
    assert pressed.status_code == 409
    assert "3 contacts have no verdict yet." in words_of(pressed)
    assert state_of_everything(submitted.professional) == before


def test_approving_from_two_tabs_credits_once_and_says_so_in_both(submitted, pro, office, reviewer):
    confirm_all(submitted, reviewer)
    before = balance(pro)
    for _ in range(2):
        page = press(office, submitted, "approve")
        assert "The balance of Reformas Hidalgo has been credited" in words_of(page)
    assert balance(pro) == before + 60_000
    assert "CreditedMX$600.00" in words_of(page)
    assert page.context["page"].decisions == []


def test_rejecting_says_what_was_done_and_keeps_what_was_typed_when_refused(submitted, office, reviewer):
    assert "Please write the reason" in words_of(press(office, submitted, "reject", reason=" "))
    page = press(office, submitted, "reject", reason="Falta el proyecto.")
    assert "Rejected. Reformas Hidalgo has been told by mail" in words_of(page)
    assert fresh(submitted).decision_reason == "Falta el proyecto."


def test_rejecting_as_false_without_having_asked_wants_to_know_why(submitted, office, reviewer):
    give(item_of(submitted, 2), "false", reviewer)
    page = press(office, submitted, "reject_as_false", reason="Dos vecinos lo confirman.")
    assert page.status_code == 409
    assert "was not asked about contact 2" in words_of(page)
    assert "Dos vecinos lo confirman." in page.content.decode()
    page = press(office, submitted, "reject_as_false", reason="Dos vecinos.", without_asking="Lo admitió.")
    assert "is suspended and has been told by mail" in words_of(page)


def test_before_approving_it_is_said_that_the_press_would_only_tell_the_professional(
    submitted, pro, office, reviewer, other_reviewer
):
    from profiles.suspensions import suspend

    confirm_all(submitted, reviewer)
    suspend(professional=pro, reason="Quejas.", decided_by=other_reviewer, now=LATER)
    assert "Approving refunds nothing" in words_of(office.get(review_of(submitted)))
    assert "has been told by mail and has until" in words_of(press(office, submitted, "approve"))
    words = words_of(office.get(review_of(submitted)))
    assert "their last day to put it right is" in words
    assert len(letters("claim_problem")) == 1


def test_telling_has_a_button_while_something_else_is_in_the_way_of_approving(
    submitted, pro, office, other_reviewer
):
    """G15: no verdict is given yet; the button tells, and is gone once the professional knows."""
    from profiles.suspensions import suspend

    suspend(professional=pro, reason="Quejas.", decided_by=other_reviewer, now=LATER)
    assert "Tell what is missing" in words_of(office.get(review_of(submitted)))
    words = words_of(press(office, submitted, "tell"))
    assert "has been told by mail what is missing, and has 15 days." in words
    assert "Tell what is missing" not in words
    assert len(letters("claim_problem")) == 1


def test_appeals_have_their_buttons_and_reviewers_do_not(pro, client_of, office, reviewer, appeals):
    claim = make_false(pro, reviewer)
    assert "Your role does not allow this." in words_of(office.get(review_of(claim)))
    browser = client_of(appeals)
    assert "no homeowner" not in words_of(browser.get(review_of(claim)))
    assert "Appeal refused." in words_of(press(browser, claim, "refuse_appeal", reason="Nada nuevo."))
    assert "stands again" in words_of(press(browser, claim, "uphold_appeal", reason="Tenía razón."))
    assert fresh(claim).state == Claim.State.SUBMITTED
    assert press(browser, claim, "approve").status_code == 409


def test_four_eyes_are_announced_and_enforced(
    settings, submitted, client_of, office, reviewer, other_reviewer
):
    settings.GUARANTEE_FOUR_EYES_ABOVE = 1
    confirm_all(submitted, reviewer)
    assert "somebody who gave none of the verdicts has to decide" in words_of(
        office.get(review_of(submitted))
    )
    assert "Approved." in words_of(press(client_of(other_reviewer), submitted, "approve"))


# Terms and extra days (G5, G20)


@pytest.fixture
def terms_office(client_of):
    return client_of(making.make_staff("terms"))


def test_terms_begin_as_the_latest_and_are_in_force_from_tomorrow_at_the_earliest(terms_office):
    url = reverse("admin:guarantees_guaranteeterms_add")
    form = terms_office.get(url).context["adminform"].form
    new = {name: form[name].value() for name in form.fields if form[name].value() not in (None, False)}
    for day, allowed in [("2026-02-22", False), ("2026-02-23", False), ("2026-02-24", True)]:
        before = GuaranteeTerms.objects.count()
        terms_office.post(url, new | {"in_force_from": day, "contacts": "12"})
        assert GuaranteeTerms.objects.count() == before + allowed
    added = GuaranteeTerms.objects.get(contacts=12)
    assert (added.added_by.email, added.added_at) == ("terms@quince.example", LATER)


def test_what_was_added_is_said_in_words_of_its_own(terms_office):
    url = reverse("admin:guarantees_guaranteeterms_add")
    form = terms_office.get(url).context["adminform"].form
    new = {name: form[name].value() for name in form.fields if form[name].value() not in (None, False)}
    page = terms_office.post(url, new | {"in_force_from": "2026-02-24"}, follow=True)
    assert [str(message) for message in page.context["messages"]] == [
        "New terms were added, in force from Feb. 24, 2026. Whoever contracts before that day keeps the earlier ones."
    ]


@pytest.mark.parametrize("hours", ["1", "23", "25", "48"])
def test_terms_judge_by_the_hours_that_the_clock_of_a_contact_shows(terms_office, hours):
    """One number for the clock, the mails and the judgement (G20, G21)."""
    url = reverse("admin:guarantees_guaranteeterms_add")
    form = terms_office.get(url).context["adminform"].form
    said = {name: value for name, value in form.initial.items() if value is not False}
    page = terms_office.post(url, said | {"in_force_from": "2099-01-01", "first_contact_hours": hours})
    assert list(page.context["adminform"].form.errors) == ["first_contact_hours"]
    assert "run for 24 hours" in page.content.decode()
    said |= {"in_force_from": "2099-01-01", "first_contact_hours": "24"}
    assert terms_office.post(url, said).status_code == 302


def test_terms_and_extra_days_are_never_changed_or_deleted(terms_office, pro, reviewer):
    terms = GuaranteeTerms.objects.first()
    extra = ExtraDays.objects.create(
        professional=pro, days=3, reason="Tardamos.", given_by=reviewer, given_at=LATER
    )
    for name, pk in (("guaranteeterms", terms.pk), ("extradays", extra.pk)):
        change = reverse(f"admin:guarantees_{name}_change", args=[pk])
        assert terms_office.get(change).status_code == 200
        assert terms_office.post(change, {"days": "99", "contacts": "1"}).status_code == 403
        assert terms_office.post(reverse(f"admin:guarantees_{name}_delete", args=[pk])).status_code == 403


def test_extra_days_are_given_with_a_reason_by_whoever_is_signed_in(terms_office, pro):
    url = reverse("admin:guarantees_extradays_add")
    terms_office.post(url, {"professional": pro.pk, "days": "4", "reason": ""})
    terms_office.post(url, {"professional": pro.pk, "days": "0", "reason": "Tardamos."})
    assert not ExtraDays.objects.exists()
    terms_office.post(url, {"professional": pro.pk, "days": "4", "reason": "La devolución tardó 9 días."})
    extra = ExtraDays.objects.get()
    assert (extra.days, extra.given_by.email, extra.given_at) == (4, "terms@quince.example", LATER)


def test_nobody_gives_extra_days_to_a_business_that_they_belong_to(client_of, pro):
    who = making.make_staff("terms")
    pro.members.add(who)
    page = client_of(who).post(
        reverse("admin:guarantees_extradays_add"),
        {"professional": pro.pk, "days": "4", "reason": "Tardamos."},
    )
    assert "somebody else has to decide" in page.content.decode()
    assert not ExtraDays.objects.exists()


def test_a_homeowner_who_withdrew_counts_as_could_not_be_reached(submitted, office, reviewer):
    """M1. It is proposed, and saved with whatever is saved next; a verdict that was given stays."""
    withdrawn, confirmed = item_of(submitted, 2), item_of(submitted, 3)
    give(confirmed, "confirmed", reviewer)
    for item in (withdrawn, confirmed):
        withdraw_lead(lead=item.contact.lead, now=LATER)
    page = office.get(review_of(submitted))
    assert "do not call or write to them" in words_of(page)
    for item in (withdrawn, confirmed):
        assert item.contact.lead.homeowner_email not in page.content.decode()
    assert item_of(submitted, 1).contact.lead.homeowner_email in page.content.decode()
    assert item_of(submitted, 2).verdict == ""
    assert "2 verdicts saved." in words_of(save(office, submitted, c1={"verdict": "confirmed"}))
    withdrawn.refresh_from_db()
    assert (withdrawn.verdict, withdrawn.note) == (
        "unreachable",
        "The homeowner has withdrawn their data.",
    )
    assert item_of(submitted, 3).verdict == "confirmed"


def test_what_was_frozen_is_shown_as_it_was_found_then(submitted, office):
    """Not as today's code would find it in the same facts (G13)."""
    frozen = submitted.submission_snapshot
    kept = [dict(each) for each in frozen["verdict"]["requirements"]]
    frozen["verdict"]["requirements"][8]["status"] = "unmet"
    # A requirement that there was not yet.
    del frozen["verdict"]["requirements"][0]
    submitted.save()
    rows = office.get(review_of(submitted)).context["page"].requirements
    assert [(row["then"], row["now"]) for row in (rows[0], rows[7], rows[8])] == [
        ("–", "In order"),
        ("In order", "In order"),
        ("Still missing", "In order"),
    ]
    frozen["verdict"]["requirements"] = kept
    submitted.save()
