"""Homeowners are asked about the contacts of a claim, and what they answer (G14, G2, X5)."""

from datetime import timedelta

import pytest
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import translation

from base.days import marketplace_day
from guarantees import survey as surveys
from guarantees.admin.asked import asked_about
from guarantees.blockers import is_contradiction
from guarantees.claims import begin_claim, submit_claim, withdraw_claim
from guarantees.errors import GuaranteeError
from guarantees.models import Claim, ClaimItem, HomeownerSurvey, RefundedContact, SurveyAnswer
from guarantees.survey import Said, answer_survey, correct_answer, remind_homeowners, to_remind, why_ended
from mail.models import OutgoingMail
from marketplace.anonymising import anonymise_leads, erase_lead
from marketplace.contacts import record_homeowner_word
from marketplace.held import held_about
from marketplace.hiring import say_who_was_hired
from marketplace.leads import close_lead
from marketplace.models import Lead
from marketplace.withdrawal import withdraw_lead
from tests.guarantees.claim_making import (
    DAY,
    LATER,
    SUBMITTED_AT,
    approve,
    confirm_all,
    fresh,
    give,
    item_of,
    letters,
    make_draft,
    make_submitted,
    refused,
    reject,
)
from tests.making import at

pytestmark = pytest.mark.usefixtures("books_hold")

ASKED = SUBMITTED_AT
SECOND = timedelta(seconds=1)
DAYS_3 = timedelta(days=3)
# The last day of the link, as its mail says, to its end.
LAST = at("2026-04-21 23:59")
AFTER = at("2026-04-22 00:00")


def survey_of(claim, position=1):
    return HomeownerSurvey.objects.select_related(
        "item__claim", "item__contact__lead", "item__contact__professional"
    ).get(item=item_of(claim, position))


def answer(claim, hired, position=1, now=LATER):
    return answer_survey(survey=survey_of(claim, position), hired=hired, now=now)


def said_of(survey):
    survey.refresh_from_db()
    return survey.hired, survey.contacted, survey.contacted_when, survey.contacted_on


def words_of(contact):
    return [(event.from_state, event.to_state, event.at) for event in contact.word_events.all()]


def submit_again(pro, claim, now):
    withdraw_claim(claim=claim, by=pro.owner, now=now)
    return submit_claim(claim=begin_claim(professional=pro, by=pro.owner, now=now), by=pro.owner, now=now)


def test_on_submission_each_homeowner_is_asked_once_in_their_language(pro):
    claim = make_draft(pro)
    Lead.objects.filter(contacts__professional=pro, pk=pro.contacts.kept()[1].lead_id).update(language="en")
    submit_claim(claim=claim, by=pro.owner, now=ASKED)
    submit_claim(claim=claim, by=pro.owner, now=ASKED + SECOND)  # Sent twice.
    asked = list(HomeownerSurvey.objects.order_by("item__position"))
    assert [(each.sent_at, each.not_asked, each.answered_at) for each in asked] == [(ASKED, "", None)] * 3
    mails = letters("homeowner_survey")
    assert [mail.recipient for mail in mails] == [
        item.contact.lead.homeowner_email for item in claim.items.select_related("contact__lead")
    ]
    assert [mail.language for mail in mails] == ["es-mx", "en", "es-mx"]
    english = mails[1]
    title = item_of(claim, 2).contact.lead.title
    assert english.subject == "Did you hire Reformas Hidalgo?"
    assert "Hello Lucía Fernández," in english.text
    assert f"On Jan. 11, 2026 Reformas Hidalgo got your details from us, for “{title}”." in english.text
    assert "Only we see your answer; Reformas Hidalgo does not." in english.text
    assert "The link is good for one answer, until April 21, 2026." in english.text
    link = next(line for line in english.text.splitlines() if line.startswith("http"))
    assert surveys.survey_behind(link.rstrip("/").rpartition("/")[2], surveys.LINK_PURPOSE).item.position == 2


@pytest.mark.parametrize("word", ["claim", "guarantee", "refund", "garantía", "reclamo"])
def test_the_mails_do_not_say_what_the_answer_is_for(pro, word):
    """It is evidence: nobody should answer for the sake of a friend's refund."""
    make_submitted(pro)
    remind_homeowners(now=ASKED + DAYS_3)
    for mail in [*letters("homeowner_survey"), *letters("homeowner_survey_reminder")]:
        text = mail.text.replace("/guarantee/contact/", "")
        assert word not in (mail.subject + text).lower()


def test_a_language_that_we_have_no_mails_in_falls_back(pro):
    claim = make_draft(pro)
    Lead.objects.filter(contacts__professional=pro).update(language="de")
    submit_claim(claim=claim, by=pro.owner, now=ASKED)
    assert {mail.subject for mail in letters("homeowner_survey")} <= {
        "Did you hire Reformas Hidalgo?",
        "¿Contrataste a Reformas Hidalgo?",
    }


def test_as_many_statements_for_three_homeowners_as_for_one(pro):
    claim = make_submitted(pro)
    items = list(claim.items.select_related("contact__lead"))

    def statements(asked):
        HomeownerSurvey.objects.all().delete()
        OutgoingMail.objects.all().delete()
        claim.professional.name  # noqa: B018 - read beforehand
        with CaptureQueriesContext(
            connection,
        ) as queries:
            surveys.ask_homeowners(claim=claim, items=asked, now=ASKED)
        return len(queries)

    assert (statements(items[:1]), statements(items)) == (3, 3)


def test_whoever_has_withdrawn_or_said_it_already_is_not_asked_and_it_says_why(pro):
    claim = make_draft(pro)
    withdrawn, said, undecided = pro.contacts.kept()
    withdraw_lead(lead=withdrawn.lead, now=ASKED - SECOND)
    say_who_was_hired(lead=said.lead, hired=None, word="hired_other", now=ASKED - SECOND)
    say_who_was_hired(lead=undecided.lead, hired=None, word="undecided", now=ASKED - SECOND)
    submit_claim(claim=claim, by=pro.owner, now=ASKED)
    asked = HomeownerSurvey.objects.order_by("item__position")
    assert [(each.not_asked, each.sent_at) for each in asked] == [
        ("withdrawn", None),
        ("said", None),
        ("", ASKED),
    ]
    assert [mail.recipient for mail in letters("homeowner_survey")] == [undecided.lead.homeowner_email]


def test_whoever_is_about_to_be_erased_is_not_asked(pro):
    claim = make_draft(pro)
    contact = pro.contacts.kept()[0]
    # Another claim counts the request still, so it waits to be erased.
    Lead.objects.filter(pk=contact.lead_id).update(erase_asked_at=ASKED - SECOND)
    submit_claim(claim=claim, by=pro.owner, now=ASKED)
    assert HomeownerSurvey.objects.get(item=item_of(claim, 1)).not_asked == "erased"
    assert len(letters("homeowner_survey")) == 2


def test_who_submits_withdraws_and_submits_again_does_not_have_homeowners_written_to_each_time(pro):
    first = make_submitted(pro)
    second = submit_again(pro, first, ASKED + timedelta(days=7) - SECOND)
    assert {survey.not_asked for survey in HomeownerSurvey.objects.filter(item__claim=second)} == {"recently"}
    third = submit_again(pro, second, ASKED + timedelta(days=7))
    assert {survey.not_asked for survey in HomeownerSurvey.objects.filter(item__claim=third)} == {""}
    assert len(letters("homeowner_survey")) == 6


@pytest.mark.parametrize(
    ("pressed", "contacted"),
    [
        ("hired_them", ""),
        ("hired_other", ""),
        ("hired_nobody", ""),
        ("undecided", ""),
        ("never_contacted", "no"),
    ],
)
def test_one_press_answers_and_becomes_the_homeowners_word(submitted, pressed, contacted):
    survey = answer(submitted, pressed)
    assert said_of(survey) == (pressed, contacted, "", None)
    assert survey.answered_at == LATER
    contact = item_of(submitted, 1).contact
    assert words_of(contact) == [("", pressed, LATER)]
    assert [event.actor for event in contact.word_events.all()] == [None]
    assert survey.answers.count() == 1


def test_something_else_is_no_answer(submitted):
    assert refused(answer, submitted, "hired_me") == "unknown_answer"
    assert refused(answer, submitted, "") == "unknown_answer"
    assert not SurveyAnswer.objects.exists()


@pytest.mark.parametrize(("now", "code"), [(ASKED + 60 * DAY, None), (LAST, None), (AFTER, "survey_expired")])
def test_the_link_is_good_to_the_end_of_the_day_that_the_mail_names(submitted, now, code):
    """At noon of that day it was over."""
    assert "21 de abril de 2026" in letters("homeowner_survey")[0].text
    if code is None:
        assert answer(submitted, "hired_nobody", now=now).answered_at == now
    else:
        assert refused(answer, submitted, "hired_nobody", now=now) == code
        assert not SurveyAnswer.objects.exists()


def test_how_many_days_it_was_good_is_said_from_the_rule(submitted, monkeypatch):
    monkeypatch.setattr(surveys, "LINK_LIVES", timedelta(days=7))
    said = why_ended(survey_of(submitted), ASKED + 8 * DAY)
    assert "7 days" in str(said)


def test_a_reminder_does_not_make_the_link_live_longer(submitted):
    remind_homeowners(now=ASKED + DAYS_3)
    assert "21 de abril de 2026" in letters("homeowner_survey_reminder")[0].text
    assert refused(answer, submitted, "hired_nobody", now=AFTER) == "survey_expired"


def test_a_link_is_used_up_by_its_answer_and_the_same_press_twice_is_one(submitted):
    answer(submitted, "hired_other")
    assert answer(submitted, "hired_other", now=LATER + SECOND).answered_at == LATER
    assert refused(answer, submitted, "hired_them", now=LATER + SECOND) == "survey_used"
    late = LATER + timedelta(hours=1) + SECOND
    assert refused(answer, submitted, "hired_other", now=late) == "survey_used"
    assert SurveyAnswer.objects.count() == 1
    assert words_of(item_of(submitted, 1).contact) == [("", "hired_other", LATER)]


def test_details_are_added_and_an_answer_is_corrected_within_the_hour_with_its_history(submitted):
    survey = answer(submitted, "never_contacted")
    hour = LATER + timedelta(hours=1)
    day = marketplace_day(LATER)
    said = Said("hired_other", "yes", "within_a_week", day)
    correct_answer(survey=survey, said=said, now=hour)
    correct_answer(survey=survey, said=said, now=hour)  # Saved twice.
    assert said_of(survey) == ("hired_other", "yes", "within_a_week", day)
    assert [(each.hired, each.contacted, each.at) for each in survey.answers.all()] == [
        ("never_contacted", "no", LATER),
        ("hired_other", "yes", hour),
    ]
    assert words_of(item_of(submitted, 1).contact) == [
        ("", "never_contacted", LATER),
        ("never_contacted", "hired_other", hour),
    ]
    assert refused(correct_answer, survey=survey, said=Said("undecided"), now=hour + SECOND) == "survey_over"


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        (Said("", "no"), ("never_contacted", "no", "", None)),
        (Said("hired_other", "no", "later"), ("hired_other", "no", "", None)),
        (Said("hired_them", "cannot_say", "later"), ("hired_them", "cannot_say", "", None)),
    ],
)
def test_what_contradicts_itself_is_left_out(submitted, said, kept):
    survey = answer(submitted, "undecided")
    correct_answer(survey=survey, said=said, now=LATER)
    assert said_of(survey) == kept


@pytest.mark.parametrize(
    ("said", "code"),
    [
        (Said("", "yes"), "unknown_answer"),
        (Said("never_contacted", "yes"), "unknown_answer"),
        (Said("hired_them", "perhaps"), "unknown_answer"),
        (Said("hired_them", "yes", "once"), "unknown_answer"),
        (Said("hired_them", "yes", "", marketplace_day(LATER) + timedelta(days=1)), "not_that_day"),
        (Said("hired_them", "yes", "", marketplace_day(LATER) - timedelta(days=365)), "not_that_day"),
    ],
)
def test_a_correction_that_cannot_be_is_refused_and_nothing_is_done(submitted, said, code):
    survey = answer(submitted, "undecided")
    assert refused(correct_answer, survey=survey, said=said, now=LATER) == code
    assert said_of(survey) == ("undecided", "", "", None)


def test_an_answer_of_hired_this_business_is_a_contradiction_until_it_is_confirmed_strictly_after(
    confirmed, reviewer
):
    """G2: whoever confirmed before, or in the moment in which it was said, did not know of it."""
    answer(confirmed, "hired_them", now=LATER)
    item = item_of(confirmed, 1)
    assert is_contradiction(item)
    assert refused(approve, confirmed, reviewer, now=LATER + SECOND) == "contradiction"
    give(item, "confirmed", reviewer, now=LATER + SECOND)
    assert not is_contradiction(item_of(confirmed, 1))
    assert approve(confirmed, reviewer, now=LATER + SECOND).state == Claim.State.APPROVED


def test_the_same_answer_after_the_confirmation_is_a_contradiction_once_more(submitted, reviewer):
    """G2: said on their own page, confirmed, and said again in answer to the mail."""
    item = item_of(submitted, 1)
    say_who_was_hired(lead=item.contact.lead, hired=item.contact, word="", now=ASKED + DAY)
    claim = confirm_all(submitted, reviewer, now=ASKED + 2 * DAY)
    answer(claim, "hired_them", now=ASKED + 3 * DAY)
    assert is_contradiction(item_of(claim, 1))
    assert refused(approve, claim, reviewer, now=ASKED + 4 * DAY) == "contradiction"
    give(item_of(claim, 1), "confirmed", reviewer, now=ASKED + 4 * DAY)
    assert approve(claim, reviewer, now=ASKED + 4 * DAY).state == Claim.State.APPROVED


def test_an_answer_that_waited_while_a_verdict_was_given_is_no_earlier_than_that(confirmed):
    """The race: pressed first, taken in second. Whoever confirmed did not know of it, so it is a contradiction."""
    answer(confirmed, "hired_them", now=LATER - timedelta(minutes=1))
    item = item_of(confirmed, 1)
    assert item.contact.homeowner_word_at == item.verdict_at == LATER
    assert is_contradiction(item)


def test_an_answer_that_says_otherwise_ends_the_contradiction(confirmed):
    survey = answer(confirmed, "hired_them")
    correct_answer(survey=survey, said=Said("hired_other"), now=LATER + SECOND)
    assert not is_contradiction(item_of(confirmed, 1))


@pytest.mark.parametrize("decide", [approve, reject])
def test_a_late_answer_is_kept_and_the_decision_stands(confirmed, reviewer, decide):
    decide(confirmed, reviewer, now=LATER)
    before = Claim.objects.filter(pk=confirmed.pk).values().get(), list(confirmed.items.values())
    survey = answer(confirmed, "hired_them", now=LATER)
    assert (Claim.objects.filter(pk=confirmed.pk).values().get(), list(confirmed.items.values())) == before
    assert said_of(survey)[0] == "hired_them"
    waiting = RefundedContact.objects.to_be_looked_at()
    assert list(waiting) == ([survey.item.contact] if decide is approve else [])


@pytest.mark.parametrize("decide", [approve, reject])
def test_an_answer_that_waited_while_the_claim_was_decided_is_shown_as_one_after_it(
    confirmed, reviewer, decide
):
    decide(confirmed, reviewer, now=LATER + SECOND)
    survey = answer(confirmed, "hired_them", now=LATER)
    assert survey.answered_at == LATER  # The hour is the homeowner's, from the press on.
    contact = item_of(confirmed, 1).contact
    assert survey.answers.get().at == contact.homeowner_word_at == LATER + SECOND
    (asked,) = asked_about([contact.pk], fresh(confirmed))[contact.pk]
    assert [after_decision for _at, _words, after_decision in asked.answers] == [True]


def test_an_answer_that_waited_while_a_verdict_was_given_is_written_down_after_it(confirmed):
    survey = answer(confirmed, "hired_other", now=LATER - SECOND)
    assert survey.answers.get().at == item_of(confirmed, 1).contact.homeowner_word_at == LATER


@pytest.mark.parametrize("decide", [approve, reject])
def test_a_late_answer_can_be_corrected_within_the_hour_like_any_other(confirmed, reviewer, decide):
    """What the page before the press promises, it keeps."""
    decide(confirmed, reviewer, now=LATER)
    survey = answer(confirmed, "hired_them", now=LATER + DAY)
    hour = LATER + DAY + timedelta(hours=1)
    correct_answer(survey=survey, said=Said("hired_other", "yes"), now=hour)
    assert said_of(survey) == ("hired_other", "yes", "", None)
    assert refused(correct_answer, survey=survey, said=Said("undecided"), now=hour + SECOND) == "survey_over"


def test_an_answer_that_waited_while_the_claim_was_approved_is_looked_at(confirmed, reviewer):
    approve(confirmed, reviewer, now=LATER)
    survey = answer(confirmed, "hired_them", now=LATER - timedelta(minutes=1))
    assert list(RefundedContact.objects.to_be_looked_at()) == [survey.item.contact]


@pytest.mark.parametrize("how", ["pressed", "saved"])
def test_the_same_answer_within_the_hour_is_looked_at_where_the_refund_came_in_between(
    submitted, reviewer, how
):
    """G24: else it would be one word with that of before the refund, and nobody would see it."""
    survey = answer(submitted, "hired_them", now=LATER)
    contact = survey.item.contact
    day = marketplace_day(LATER)
    said = Said("hired_them", "yes", "within_a_week", day)
    correct_answer(survey=survey, said=said, now=LATER)
    approve(confirm_all(submitted, reviewer, now=LATER + SECOND), reviewer, now=LATER + 2 * SECOND)
    assert list(RefundedContact.objects.to_be_looked_at()) == []
    for seconds in (3, 4):  # Twice: that is one.
        now = LATER + seconds * SECOND
        if how == "pressed":
            answer(submitted, "hired_them", now=now)
        else:
            correct_answer(survey=survey, said=said, now=now)
    assert list(RefundedContact.objects.to_be_looked_at()) == [contact]
    assert words_of(contact) == [
        ("", "hired_them", LATER),
        ("hired_them", "hired_them", LATER + 3 * SECOND),
    ]
    assert [each.at for each in survey.answers.all()] == [LATER, LATER, LATER + 3 * SECOND]
    # What was said of the contact itself stays.
    assert said_of(survey) == ("hired_them", "yes", "within_a_week", day)


def test_whoever_withdraws_their_data_is_asked_nothing_more(submitted):
    withdraw_lead(lead=item_of(submitted, 1).contact.lead, now=LATER)
    assert refused(answer, submitted, "hired_other") == "survey_withdrawn"


# The reminder


def reminded(now):
    remind_homeowners(now=now)
    return [mail.recipient for mail in letters("homeowner_survey_reminder")]


def test_a_reminder_goes_out_once_at_exactly_three_days(submitted):
    assert reminded(ASKED + DAYS_3 - SECOND) == []
    everybody = [
        item.contact.lead.homeowner_email for item in submitted.items.select_related("contact__lead")
    ]
    assert reminded(ASKED + DAYS_3) == everybody
    assert reminded(ASKED + 2 * DAYS_3) == everybody
    assert set(HomeownerSurvey.objects.values_list("reminded_at", flat=True)) == {ASKED + DAYS_3}
    text = letters("homeowner_survey_reminder")[0].text
    with translation.override("es-mx"):
        assert "Reformas Hidalgo" in text
    assert "/guarantee/contact/" in text


def test_nobody_is_reminded_who_has_answered_here_or_elsewhere_or_has_withdrawn(submitted):
    _here, elsewhere, gone = (item.contact for item in submitted.items.select_related("contact__lead"))
    answer(submitted, "undecided", now=ASKED)
    say_who_was_hired(lead=elsewhere.lead, hired=None, word="undecided", now=ASKED)
    withdraw_lead(lead=gone.lead, now=ASKED)
    assert reminded(ASKED + DAYS_3) == []


@pytest.mark.parametrize("end", ["approved", "rejected", "withdrawn"])
def test_nobody_is_reminded_of_a_claim_that_is_over(submitted, reviewer, pro, end):
    if end == "withdrawn":
        withdraw_claim(claim=submitted, by=pro.owner, now=ASKED + SECOND)
    else:
        claim = confirm_all(submitted, reviewer, now=ASKED + SECOND)
        (approve if end == "approved" else reject)(claim, reviewer, now=ASKED + 2 * SECOND)
    assert reminded(ASKED + DAYS_3) == []


def test_who_submits_again_does_not_lose_the_reminder_of_the_question_that_stands(submitted, pro):
    second = submit_again(pro, submitted, ASKED + 2 * DAY)  # Not asked anew.
    assert len(reminded(ASKED + DAYS_3)) == 3
    assert set(
        HomeownerSurvey.objects.filter(item__claim=submitted).values_list("reminded_at", flat=True)
    ) == {ASKED + DAYS_3}
    submit_again(
        pro, second, ASKED + 8 * DAY
    )  # Asked anew: of that they are reminded, once, and not of the first.
    HomeownerSurvey.objects.filter(item__claim=submitted).update(reminded_at=None)
    assert to_remind(ASKED + 10 * DAY).count() == 0
    assert {survey.sent_at for survey in to_remind(ASKED + 11 * DAY)} == {ASKED + 8 * DAY}
    assert to_remind(ASKED + 11 * DAY).count() == 3


def test_a_stopped_worker_delays_the_reminder_as_long_as_the_link_is_good(submitted):
    assert to_remind(AFTER).count() == 0
    assert to_remind(LAST).count() == 3


def test_the_command_counts_and_then_writes(submitted, time_machine, capsys):
    time_machine.move_to(ASKED + DAYS_3)
    call_command("remind_homeowners", dry_run=True)
    assert letters("homeowner_survey_reminder") == []
    call_command("remind_homeowners")
    call_command("remind_homeowners")
    assert capsys.readouterr().out == (
        "Due: 3 reminders. Nothing was written.\nWritten: 3 reminders.\nWritten: 0 reminders.\n"
    )


# What is kept about them


def held_rows(lead):
    parts = {part.title: part.rows for part in held_about(lead)}
    return [what for _moment, what in parts.get("What we asked you about businesses", ())]


def test_what_a_homeowner_said_is_shown_to_them_and_erased_with_them(submitted, pro):
    survey = answer(submitted, "undecided")
    correct_answer(survey=survey, said=Said("hired_other", "yes", "later"), now=LATER)
    lead = item_of(submitted, 1).contact.lead
    assert held_rows(lead)[1:] == [
        "has not decided",
        "hired somebody else · was contacted: yes, later",
    ]
    withdraw_claim(claim=submitted, by=pro.owner, now=LATER)
    close_lead(lead=lead, by=None, reason="Hecho.", now=LATER)
    erase_lead(lead=lead, now=LATER)
    anonymise_leads(now=LATER)
    assert said_of(survey) == ("", "", "", None)
    assert survey.answered_at == LATER
    assert survey.answers.count() == 0
    (mail,) = OutgoingMail.objects.filter(cause=surveys.cause_of(survey))
    assert (mail.recipient.endswith("@erased.invalid"), mail.text, mail.state) == (True, "", "failed")
    assert refused(answer, submitted, "hired_other") == "survey_withdrawn"
    # The claim itself holds nothing that had to go: facts and verdict stay (G13).
    assert fresh(submitted).submission_snapshot["facts"]


def test_a_claims_items_of_before_have_no_survey_and_nothing_asks_for_one(submitted):
    HomeownerSurvey.objects.all().delete()
    assert ClaimItem.objects.filter(survey=None).count() == 3
    assert remind_homeowners(now=ASKED + DAYS_3) == 0


def test_a_forged_or_borrowed_token_leads_nowhere(submitted):
    survey = survey_of(submitted)
    good = surveys.token_of(survey)
    for token in (good[:-1], good + "x", "x", str(survey.public_id), surveys.answered_token_of(survey)):
        with pytest.raises(GuaranteeError) as caught:
            surveys.survey_behind(token, surveys.LINK_PURPOSE)
        assert caught.value.code == "survey_unknown"


def test_what_staff_heard_counts_as_said_too(pro, reviewer):
    claim = make_draft(pro)
    record_homeowner_word(
        contact=pro.contacts.kept()[0], word="hired_nobody", by=reviewer, now=ASKED - SECOND
    )
    submit_claim(claim=claim, by=pro.owner, now=ASKED)
    assert HomeownerSurvey.objects.get(item=item_of(claim, 1)).not_asked == "said"
