"""A share of decisions, and each with which the signals disagree, is looked at again by somebody else (G25)."""

import re
from datetime import timedelta
from html import unescape

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils.html import strip_tags

from base.erased import ERASED
from base.registry import invariants
from guarantees import claims
from guarantees.models import Claim, SecondLook
from guarantees.replaying import replayed
from guarantees.second_looks import is_drawn, look_again, verdicts_by, why_not_look
from marketplace.anonymising import erase_lead
from marketplace.contacts import set_outcome
from marketplace.withdrawal import withdraw_lead
from tests import making
from tests.guarantees.claim_making import (
    LATER,
    SUBMITTED_AT,
    approve,
    ask,
    balance,
    confirm_all,
    fresh,
    give,
    item_of,
    make_claimable,
    make_reviews_ordinary,
    make_submitted,
    refused,
    reject,
    reject_as_false,
    say_hired,
    state_of_everything,
    tell_story,
    uphold,
)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("books_hold")]
QUEUE = "/admin/guarantees/secondlook/"
DAY = timedelta(days=1)
LOOKED = LATER + DAY


@pytest.fixture
def third_reviewer(db):
    return making.make_staff("reviewer", email="third-reviewer@quince.example")


@pytest.fixture
def everything_is_drawn(settings):
    settings.SECOND_LOOK_PERCENT = 100


@pytest.fixture
def look(confirmed, reviewer, everything_is_drawn):
    """Waiting, at a claim that the reviewer confirmed and approved."""
    approve(confirmed, reviewer)
    return SecondLook.objects.get()


def record(look, by, result="agrees", note="", now=LOOKED):
    return look_again(look=look, result=result, note=note, by=by, now=now)


def overdue(claim, reviewer):
    """With a question that is not answered in its fifteen days."""
    ask(claim, reviewer, 1, purpose="information", now=LATER)
    return fresh(claim)


def looks_at(claim):
    return [(look.decision.kind, look.why) for look in SecondLook.objects.filter(decision__claim=claim)]


# Who is asked for one


@pytest.mark.parametrize("percent", [0, 100])
def test_none_is_drawn_of_none_and_each_of_a_hundred(pro, other_pro, reviewer, settings, percent):
    settings.SECOND_LOOK_PERCENT = percent
    approved = approve(confirm_all(make_submitted(pro), reviewer), reviewer)
    rejected = reject(overdue(make_submitted(other_pro), reviewer), reviewer, LATER + 20 * DAY)
    expected = {0: [[], []], 100: [[("approved", "drawn")], [("rejected", "drawn")]]}
    # The stories of the second are those of the first, which says something of the first that is approved already.
    assert [looks_at(claim) for claim in (approved, rejected)] == expected[percent]


def test_of_thousands_of_decisions_five_in_a_hundred_are_drawn(settings):
    from guarantees.models import ClaimEvent

    settings.SECOND_LOOK_PERCENT = 5
    drawn = [pk for pk in range(1, 4001) if is_drawn(ClaimEvent(pk=pk))]
    assert 150 <= len(drawn) <= 250
    # Asked again the lot is the same, and with another secret it is another.
    assert drawn == [pk for pk in range(1, 4001) if is_drawn(ClaimEvent(pk=pk))]
    settings.SECRET_KEY = "another"
    assert drawn != [pk for pk in range(1, 4001) if is_drawn(ClaimEvent(pk=pk))]


def test_what_is_drawn_at_five_is_drawn_at_ten_too(settings):
    from guarantees.models import ClaimEvent

    def drawn(percent):
        settings.SECOND_LOOK_PERCENT = percent
        return {pk for pk in range(1, 1000) if is_drawn(ClaimEvent(pk=pk))}

    assert drawn(5) < drawn(10) < drawn(100) == set(range(1, 1000))


def test_an_approval_in_spite_of_a_contradiction_that_was_settled_is_looked_at_again(submitted, reviewer):
    say_hired(item_of(submitted, 2), reviewer)
    approve(confirm_all(submitted, reviewer, now=LATER + DAY), reviewer, now=LATER + DAY)
    assert looks_at(submitted) == [("approved", "disagree")]


def test_an_approval_with_nothing_but_weak_signals_is_not(submitted, reviewer):
    """Nobody was called, and all three tell the same story."""
    approve(confirm_all(submitted, reviewer), reviewer)
    assert looks_at(submitted) == []


def test_what_disagrees_is_said_to_disagree_also_where_it_would_have_been_drawn(
    submitted, reviewer, everything_is_drawn
):
    say_hired(item_of(submitted, 2), reviewer)
    approve(confirm_all(submitted, reviewer, now=LATER + DAY), reviewer, now=LATER + DAY)
    assert looks_at(submitted) == [("approved", "disagree")]


@pytest.mark.parametrize("named", [True, False])
def test_a_plain_rejection_that_names_nothing_unmet_is_looked_at_again(submitted, reviewer, settings, named):
    settings.SECOND_LOOK_PERCENT = 0
    if named:
        overdue(submitted, reviewer)
    claim = reject(submitted, reviewer, LATER + 20 * DAY)
    assert looks_at(claim) == ([] if named else [("rejected", "disagree")])
    assert claim.events.get(kind="rejected").stood_on["grounds"] == (["answer"] if named else [])


def test_rejected_as_false_without_any_signal_is_looked_at_again(pro, reviewer):
    claim = submit_with_other_stories(pro)
    give(item_of(claim, 2), "false", reviewer)
    reject_as_false(claim, reviewer, without_asking="Ya lo admitió.")
    assert looks_at(claim) == [("rejected_as_false", "disagree")]


def test_rejected_as_false_where_something_was_noticed_of_that_contact_is_not(pro, reviewer):
    claim = submit_with_other_stories(pro, won=1)
    give(item_of(claim, 2), "false", reviewer)
    reject_as_false(claim, reviewer, without_asking="Ya lo admitió.")
    assert looks_at(claim) == []


def submit_with_other_stories(pro, *, won=None):
    """Three stories; the contact with the index `won` was marked as won for a day."""
    contacts = make_claimable(pro)
    make_reviews_ordinary(pro)
    if won is not None:
        for outcome, reason in (("won", ""), ("lost", "price")):
            set_outcome(
                contact=contacts[won], outcome=outcome, lost_reason=reason, by=pro.owner, now=SUBMITTED_AT
            )
    claim = claims.begin_claim(professional=pro, by=pro.owner, now=SUBMITTED_AT)
    for number, contact in enumerate(contacts):
        tell_story(claim, contact, text="Fui a medir y no quiso. " + "abc"[number] * 9)
    return claims.submit_claim(claim=claim, by=pro.owner, now=SUBMITTED_AT)


def test_a_decision_after_an_appeal_has_a_look_of_its_own(
    submitted, reviewer, other_reviewer, appeals, everything_is_drawn
):
    reject(submitted, reviewer)
    uphold(fresh(submitted), appeals, now=LATER + DAY)
    approve(
        confirm_all(fresh(submitted), other_reviewer, now=LATER + DAY), other_reviewer, now=LATER + 2 * DAY
    )
    assert looks_at(submitted) == [("rejected", "disagree"), ("approved", "drawn")]


def test_a_decision_pressed_twice_is_asked_about_once(submitted, reviewer, everything_is_drawn):
    reject(submitted, reviewer)
    reject(fresh(submitted), reviewer)
    assert looks_at(submitted) == [("rejected", "disagree")]


def test_what_fails_after_the_draw_leaves_neither_decision_nor_look(
    submitted, reviewer, everything_is_drawn, monkeypatch
):
    def fail(**kwargs):
        raise RuntimeError

    monkeypatch.setattr("guarantees.decisions.rejection.claim_decided.send", fail)
    before = state_of_everything(submitted.professional)
    with pytest.raises(RuntimeError):
        reject(submitted, reviewer)
    assert (state_of_everything(submitted.professional), SecondLook.objects.count()) == (before, 0)


def test_the_database_has_one_look_for_a_decision(look):
    with pytest.raises(IntegrityError), transaction.atomic():
        SecondLook.objects.create(decision=look.decision, why="drawn", asked_at=LATER)


def test_what_was_frozen_is_the_same_with_looks_and_without(look, other_reviewer):
    record(look, other_reviewer, "disagrees", "Yo no lo habría aprobado.")
    assert [(each.frozen_at, each.differs) for each in replayed(Claim.objects.all())] == [
        ("submission", []),
        ("decision", []),
    ]
    assert "second" not in str(fresh(look.claim).decision_snapshot)


# Who looks


def test_another_reviewer_records_what_they_find_and_nothing_else_changes(look, pro, other_reviewer):
    before = state_of_everything(pro)
    looked = record(look, other_reviewer, "disagrees", "  La visita nunca se hizo. ")
    assert (looked.result, looked.note, looked.by, looked.at) == (
        "disagrees",
        "La visita nunca se hizo.",
        other_reviewer,
        LOOKED,
    )
    assert state_of_everything(pro) == before
    assert balance(pro) == 1_000_000


def test_who_decided_or_gave_a_verdict_does_not_look(
    submitted, reviewer, other_reviewer, third_reviewer, everything_is_drawn
):
    for position, who in ((1, reviewer), (2, reviewer), (3, other_reviewer)):
        give(item_of(submitted, position), "confirmed", who)
    appeals_too = making.make_staff("reviewer", "appeals", email="both@quince.example")
    approve(fresh(submitted), appeals_too)
    look = SecondLook.objects.get()
    assert refused(record, look, appeals_too) == "own_decision"
    assert refused(record, look, reviewer) == "own_verdict"
    assert refused(record, look, other_reviewer) == "own_verdict"
    assert why_not_look(look, third_reviewer) == []
    assert record(look, third_reviewer).result == "agrees"


def test_the_verdicts_are_those_that_stood_when_it_was_decided(
    submitted, reviewer, other_reviewer, third_reviewer, appeals, everything_is_drawn
):
    """An appeal clears a finding; who gave it has no look at the decision that stood on it. Who was overruled before
    the decision, or gave a verdict after it, has."""
    give(item_of(submitted, 1), "confirmed", third_reviewer)
    give(item_of(submitted, 1), "unreachable", reviewer, now=LATER + DAY)
    give(item_of(submitted, 2), "false", reviewer, now=LATER + DAY)
    decides = making.make_staff("reviewer", email="decides@quince.example")
    reject_as_false(fresh(submitted), decides, now=LATER + DAY, without_asking="Ya lo admitió.")
    first = SecondLook.objects.get()
    uphold(fresh(submitted), appeals, now=LATER + 2 * DAY)
    give(item_of(submitted, 2), "confirmed", other_reviewer, now=LATER + 3 * DAY)
    assert verdicts_by(first.decision) == {reviewer.pk}
    assert refused(record, first, reviewer) == "own_verdict"
    assert why_not_look(first, other_reviewer) == why_not_look(first, third_reviewer) == []


@pytest.mark.parametrize("role", ["moderator", "finance", "appeals", "terms"])
def test_other_roles_do_not_look(look, role):
    assert refused(record, look, making.make_staff(role)) == "no_permission"


def test_nobody_looks_at_the_business_that_they_belong_to(look, pro, other_reviewer, client_of):
    pro.members.add(other_reviewer)
    assert refused(record, look, other_reviewer) == "own_business"
    browser = client_of(other_reviewer)
    assert list(browser.get(QUEUE).context["cl"].result_list) == []
    assert browser.get(page_of(look)).status_code == 404


@pytest.mark.parametrize(
    ("result", "note", "code"),
    [
        ("", "", "unknown_result"),
        ("perhaps", "x", "unknown_result"),
        ("disagrees", "  \n ", "note_needed"),
        ("cannot_tell", "", "note_needed"),
        ("agrees", "x" * 2001, "note_too_long"),
    ],
)
def test_what_cannot_be_recorded_is_refused_and_it_waits_on(look, other_reviewer, result, note, code):
    assert refused(record, look, other_reviewer, result, note) == code
    assert SecondLook.objects.waiting().get() == look


def test_it_is_recorded_once_and_the_same_sent_twice_is_one(look, other_reviewer, third_reviewer):
    record(look, other_reviewer, "disagrees", "Faltó llamar.")
    again = record(look, other_reviewer, "disagrees", "Faltó llamar.", now=LOOKED + DAY)
    assert again.at == LOOKED
    assert refused(record, look, other_reviewer, "agrees") == "looked_at"
    assert refused(record, look, third_reviewer, "disagrees", "Faltó llamar.") == "looked_at"
    look.refresh_from_db()
    assert (look.result, look.by) == ("disagrees", other_reviewer)


@pytest.mark.parametrize(
    "changes",
    [
        {"result": "agrees"},
        {"note": "Sin resultado."},
        {"at": LOOKED},
        {"result": "disagrees", "at": LOOKED, "by": True},
    ],
)
def test_the_database_holds_no_half_of_a_look(look, other_reviewer, changes):
    if "by" in changes:
        changes = changes | {"by": other_reviewer}
    with pytest.raises(IntegrityError), transaction.atomic():
        SecondLook.objects.filter(pk=look.pk).update(**changes)


def test_the_books_know_a_look_by_whoever_decided_and_one_at_no_decision(look, reviewer):
    (holds,) = [each for each in invariants if "second look" in each.name]
    assert list(holds.broken()) == []
    with transaction.atomic():
        SecondLook.objects.filter(pk=look.pk).update(result="agrees", by=reviewer, at=LOOKED)
        begun = look.claim.events.get(kind="begun")
        SecondLook.objects.create(decision=begun, why="drawn", asked_at=LATER)
        found = list(holds.broken())
        transaction.set_rollback(True)
    assert [line.split(": ")[1] for line in found] == [
        f"by person {reviewer.pk}, who decided or gave a verdict that it stood on",
        "it is at “begun”, which decided nothing",
    ]


def test_a_note_goes_with_the_person_that_it_may_speak_of(look, other_reviewer):
    record(look, other_reviewer, "disagrees", "Doña Lucía dice que sí los contrató.")
    lead = withdraw_lead(lead=item_of(look.claim, 1).contact.lead, now=LOOKED)
    erase_lead(lead=lead, now=LOOKED + DAY)
    look.refresh_from_db()
    assert (look.result, look.note, look.by) == ("disagrees", ERASED, other_reviewer)


# The office


@pytest.fixture
def clock(time_machine):
    time_machine.move_to(LOOKED, tick=False)


def page_of(look):
    return reverse("admin:guarantees_secondlook_change", args=[look.pk])


def post(browser, look, **data):
    return browser.post(reverse("admin:guarantees_secondlook_record", args=[look.pk]), data, follow=True)


def words_of(response):
    return re.sub(r"\s+", " ", unescape(strip_tags(response.content.decode())))


def test_the_queue_holds_what_waits_oldest_first_and_what_was_looked_at_by_result(
    pro, other_pro, reviewer, other_reviewer, client_of, everything_is_drawn, clock
):
    second = reject(make_submitted(pro), reviewer, now=LATER + timedelta(hours=1))
    first = reject(make_submitted(other_pro), reviewer)
    done = reject(make_submitted(making.make_pro("Techos Luna")), reviewer, now=LATER - DAY)
    looked = SecondLook.objects.get(decision__claim=done)
    record(looked, other_reviewer, "cannot_tell", "Nadie contesta.")
    browser = client_of(other_reviewer)

    def listed(query=""):
        page = browser.get(QUEUE + query)
        return [look.claim.pk for look in page.context["cl"].result_list]

    assert listed() == [first.pk, second.pk]
    assert listed("?result=cannot_tell") == [done.pk]
    assert listed("?result=agrees") == []
    assert listed("?result=all") == [done.pk, first.pk, second.pk]
    words = words_of(browser.get(QUEUE + "?result=all"))
    for said in ("Techos Luna", "rejected", "$600.00", "signals and decision disagree", "cannot tell"):
        assert said in words, said


def test_the_queue_takes_the_same_queries_with_one_as_with_many(
    pro, reviewer, other_reviewer, client_of, everything_is_drawn, clock, django_assert_num_queries
):
    reject(make_submitted(pro), reviewer)
    browser = client_of(other_reviewer)
    browser.get(QUEUE)
    with CaptureQueriesContext(connection) as queries:
        browser.get(QUEUE)
    for _ in range(4):
        reject(make_submitted(making.make_pro()), reviewer)
    with django_assert_num_queries(len(queries)):
        assert len(browser.get(QUEUE).context["cl"].result_list) == 5


def test_the_page_leads_to_the_claim_and_the_claim_to_the_page(look, pro, other_reviewer, client_of, clock):
    browser = client_of(other_reviewer)
    claim_page = reverse("admin:guarantees_claim_change", args=[look.claim.pk])
    page = browser.get(page_of(look))
    assert f'href="{claim_page}"' in page.content.decode()
    for said in ("approved", "drawn at random", "By the diary nobody ever tried", "Contact 1"):
        assert said in words_of(page), said
    beside = browser.get(claim_page)
    assert f'href="{page_of(look)}"' in beside.content.decode()
    assert "waits for another reviewer" in words_of(beside)
    done = post(browser, look, result="disagrees", note="<b>No</b> la habría aprobado.")
    assert done.redirect_chain == [(page_of(look), 302)]
    words = words_of(done)
    assert "Recorded. No decision was changed." in words
    assert "The refund stands" in words
    assert "&lt;b&gt;No&lt;/b&gt; la habría aprobado." in browser.get(claim_page).content.decode()
    assert "<form" not in browser.get(page_of(look)).content.decode().split('id="content-main"')[1]


@pytest.mark.parametrize(
    ("decide", "sentence"), [(reject, "until an appeal is upheld"), (approve, "finance, who alone correct")]
)
def test_what_to_do_is_said_where_it_disagrees_and_only_there(
    confirmed, reviewer, other_reviewer, client_of, everything_is_drawn, clock, decide, sentence
):
    decide(confirmed, reviewer)
    look = SecondLook.objects.get()
    browser = client_of(other_reviewer)
    assert sentence not in words_of(browser.get(page_of(look)))
    record(look, other_reviewer, "disagrees", "No.")
    assert sentence in words_of(browser.get(page_of(look)))
    SecondLook.objects.update(result="agrees")
    assert sentence not in words_of(browser.get(page_of(look)))


def test_who_decided_reads_why_they_cannot_look(look, reviewer, client_of, clock):
    browser = client_of(reviewer)
    assert "You decided this claim, so somebody else has to look." in words_of(browser.get(page_of(look)))
    assert post(browser, look, result="agrees").status_code == 409
    assert SecondLook.objects.waiting().count() == 1


def test_a_refusal_keeps_what_was_typed(look, other_reviewer, client_of, clock):
    page = post(client_of(other_reviewer), look, result="", note="Falta elegir.")
    assert page.status_code == 409
    assert "Please choose what you found." in words_of(page)
    assert "Falta elegir." in page.content.decode()


def test_who_comes_second_reads_what_the_first_has_recorded(
    look, other_reviewer, third_reviewer, client_of, clock
):
    record(look, other_reviewer, "cannot_tell", "Nadie contesta.")
    page = post(client_of(third_reviewer), look, result="agrees")
    assert page.status_code == 409
    words = words_of(page)
    assert "has looked at this meanwhile" in words
    assert "Nadie contesta." in words


def test_nothing_is_added_changed_or_deleted_by_hand(look, other_reviewer, client_of, clock):
    record(look, other_reviewer, "disagrees", "No.")
    browser = client_of(other_reviewer)
    assert browser.get(QUEUE + "add/").status_code == 403
    assert browser.post(f"{QUEUE}{look.pk}/delete/", {"post": "yes"}).status_code == 403
    browser.post(page_of(look), {"result": "agrees", "note": ""})
    look.refresh_from_db()
    assert (look.result, look.note) == ("disagrees", "No.")


def test_the_professional_learns_nothing_of_it(look, pro, other_reviewer, client_of, clock):
    record(look, other_reviewer, "disagrees", "Esto no se dice fuera.")
    page = client_of(pro).get(reverse("guarantees:claim_status", args=[look.claim.public_id]))
    assert "Esto no se dice fuera." not in page.content.decode()
    assert "second look" not in words_of(page).lower()
