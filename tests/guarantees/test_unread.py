"""Nothing is judged over what came since the page was opened, and nothing over what its reader may not see (G2)."""

import pytest
from django.contrib.auth.models import Permission

from guarantees import claims
from guarantees.blockers import Action, blockers
from guarantees.decisions import give_verdict
from guarantees.models import ClaimItem, HomeownerSurvey
from guarantees.seen import seen_of
from guarantees.survey import Said, answer_survey, correct_answer
from profiles.models import User
from tests import making
from tests.guarantees.claim_making import (
    LATER,
    SUBMITTED_AT,
    ask,
    confirm_all,
    fresh,
    give,
    item_of,
    refused,
    say_hired,
)
from tests.guarantees.office import of_claim, review_of, save_contact, sent, words_of

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _now(time_machine):
    time_machine.move_to(LATER, tick=False)


@pytest.fixture
def narrow(db):
    """Reviews claims, and does not see what homeowners said."""
    user = making.make_user("narrow@quince.example", is_staff=True)
    codenames = ("review_claim", "view_claim", "view_secondlook")
    user.user_permissions.set(Permission.objects.filter(codename__in=codenames))
    return User.objects.get(pk=user.pk)


def survey_of(item):
    return HomeownerSurvey.objects.get(item=item)


def the_homeowner_answers(item):
    yield
    answer_survey(survey=survey_of(item), hired="hired_other", now=LATER)


def the_homeowner_adds_a_day(item):
    answer_survey(survey=survey_of(item), hired="hired_other", now=SUBMITTED_AT)
    survey = survey_of(item)
    survey.answered_at = LATER
    survey.save(update_fields=["answered_at"])
    yield
    said = Said(hired="hired_other", contacted="yes", contacted_when="later")
    correct_answer(survey=survey_of(item), said=said, now=LATER)


def the_professional_answers(item):
    (question,) = ask(item.claim, making.make_staff("reviewer", email="ask@quince.example"), item.position)
    yield
    owner = item.claim.professional.owner
    claims.answer_question(question=question, answer="Fui a verla.", by=owner, now=LATER)


def somebody_records_their_word(item):
    yield
    say_hired(item, making.make_staff("reviewer", email="word@quince.example"))


@pytest.mark.parametrize(
    "happens",
    [
        the_homeowner_answers,
        the_homeowner_adds_a_day,
        the_professional_answers,
        somebody_records_their_word,
    ],
)
def test_a_verdict_on_an_old_page_is_refused_until_what_came_since_was_read(submitted, office, happens):
    item = item_of(submitted, 1)
    steps = happens(item)
    next(steps)
    data = sent(office, submitted, c1={"verdict": "unreachable", "note": "Dos llamadas."})
    next(steps, None)
    answer = save_contact(office, item, data)
    assert answer.status_code == 409
    assert "Meanwhile contact 1 was answered about." in words_of(answer)
    assert "Dos llamadas." in answer.content.decode()
    assert item_of(submitted, 1).verdict == ""
    # Read now: the same form with what that answer showed.
    seen = answer.context["each"].seen
    data[f"item-{item.pk}-seen"] = seen
    assert save_contact(office, item, data).status_code == 200
    assert item_of(submitted, 1).verdict == "unreachable"


def test_an_answer_about_another_contact_is_no_matter(submitted, office):
    data = sent(office, submitted, c2={"verdict": "confirmed"})
    list(the_homeowner_answers(item_of(submitted, 1)))
    assert save_contact(office, item_of(submitted, 2), data).status_code == 200


def test_their_own_word_and_verdict_are_saved_together(submitted, office):
    data = sent(office, submitted, c1={"verdict": "confirmed", "word": "hired_other"})
    assert save_contact(office, item_of(submitted, 1), data).status_code == 200
    item = item_of(submitted, 1)
    assert (item.verdict, item.contact.homeowner_word) == ("confirmed", "hired_other")


def test_what_was_seen_is_one_query_for_all_contacts(submitted, reviewer, django_assert_num_queries):
    reviewer.has_perm("x")
    with django_assert_num_queries(1):
        assert set(seen_of(submitted.items.all(), reviewer).values()) == {"0.0.0.0"}


# Who does not see the word


def test_a_contradiction_is_not_settled_by_who_cannot_see_it(submitted, narrow, reviewer):
    say_hired(item_of(submitted, 1), reviewer, now=SUBMITTED_AT)
    item = item_of(submitted, 1)
    assert refused(give, item, "confirmed", narrow) == "word_not_seen"
    assert item_of(submitted, 1).verdict == ""
    # What settles nothing they may find out; and the same contact is confirmed by who has read the word.
    give(item, "unreachable", narrow)
    give(item, "confirmed", reviewer)
    confirm_all(submitted, reviewer)
    assert blockers(fresh(submitted), Action.APPROVE, reviewer, LATER) == []


def test_nor_by_the_same_verdict_once_more(submitted, narrow, reviewer, client_of):
    confirm_all(submitted, narrow, now=SUBMITTED_AT)
    say_hired(item_of(submitted, 1), reviewer, now=LATER.replace(hour=10))
    assert refused(give, item_of(submitted, 1), "confirmed", narrow) == "word_not_seen"
    # Their page shows nothing of it: not that the verdict is wanted anew, and no other mark of what was seen.
    page = client_of(narrow).get(review_of(submitted))
    (first, *_) = page.context["page"].evidence
    assert first.form["verdict"].value() == "confirmed"
    assert "data-undecided" not in page.content.decode()
    assert first.seen == f"{first.item.events.get().pk}.0.0.0"
    said = " ".join(map(str, blockers(fresh(submitted), Action.APPROVE, narrow, LATER)))
    assert "somebody who may see what homeowners said has to look at this claim" in said
    assert "contradiction" not in said and "contact 1" not in said


def test_a_verdict_given_by_a_program_needs_no_page(submitted, reviewer):
    list(the_homeowner_answers(item_of(submitted, 1)))
    given = give_verdict(
        item=item_of(submitted, 1), verdict="confirmed", note="", by=reviewer, now=LATER, seen=None
    )
    assert given.verdict == ClaimItem.Verdict.CONFIRMED


# What is sent again after something was refused


def test_what_was_not_refused_is_not_sent_again_as_if_it_were_new(submitted, office, other_reviewer):
    """Untouched forms of a page that was refused must not write over what another reviewer found meanwhile."""
    data = sent(
        office,
        submitted,
        c1={"verdict": "false"},
        c2={"verdict": "confirmed"},
        c3={"question": "¿Qué día?"},
    )
    page = office.post(of_claim("review", submitted), data | {"save": "all"})
    assert page.status_code == 409
    first, second, third = page.context["page"].evidence
    assert first.form.is_bound and not second.form.is_bound and not third.form.is_bound
    assert third.form["question"].value() == "¿Qué día?"
    # Another finds the second false; the old page, mended in its first contact, leaves that alone.
    again = sent_again(page)
    give(item_of(submitted, 2), "false", other_reviewer)
    again[f"item-{first.item.pk}-note"] = "Nadie la conoce."
    office.post(of_claim("review", submitted), again | {"save": "all"})
    assert [item.verdict for item in submitted.items.all()] == ["false", "false", ""]
    assert item_of(submitted, 2).verdict_by == other_reviewer


def sent_again(page):
    data = {}
    for each in page.context["page"].evidence:
        for name in each.form.fields:
            shown = each.seen if name == "seen" else each.form[name].value()
            data[f"{each.form.prefix}-{name}"] = "" if shown is None else shown
    return data


def test_what_came_before_a_refusal_for_something_else_is_still_told(submitted, office, other_reviewer):
    """A note that is missing refuses first; what another found meanwhile is not taken as read by that."""
    data = sent(office, submitted, c1={"verdict": "false"})
    give(item_of(submitted, 1), "confirmed", other_reviewer)
    # The form is refused before anything is compared: its choice is unknown.
    data[f"item-{item_of(submitted, 1).pk}-verdict"] = "maybe"
    page = office.post(of_claim("review", submitted), data | {"save": "all"})
    assert page.status_code == 409
    again = sent_again(page)
    again |= {
        f"item-{item_of(submitted, 1).pk}-verdict": "unreachable",
        f"item-{item_of(submitted, 1).pk}-note": "Buzón.",
    }
    page = office.post(of_claim("review", submitted), again | {"save": "all"})
    assert page.status_code == 409
    assert "gave contact 1 the verdict “confirmed”" in words_of(page)
    assert item_of(submitted, 1).verdict == "confirmed"
    # Told, they may.
    again = sent_again(page)
    assert office.post(of_claim("review", submitted), again | {"save": "all"}).status_code == 302
    assert item_of(submitted, 1).verdict == "unreachable"


def test_the_same_verdict_by_another_is_not_said_to_be_saved(submitted, office, other_reviewer):
    data = sent(office, submitted, c1={"verdict": "confirmed"}, c2={"verdict": "confirmed"})
    give(item_of(submitted, 1), "confirmed", other_reviewer)
    answer = save_contact(office, item_of(submitted, 1), data)
    said = f"Contact 1: {other_reviewer} gave the same verdict meanwhile, so nothing was changed."
    assert answer.status_code == 200
    assert said in answer.context["each"].said
    assert "saved noon" not in words_of(answer)
    page = office.post(of_claim("review", submitted), data | {"save": "all"}, follow=True)
    assert said in words_of(page) and "1 verdict saved." in words_of(page)
