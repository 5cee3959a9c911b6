"""The loader of facts against worlds made by hand, field by field (G1, G2, G7, G8, G9, G10, G13, G19, G20, G21)."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from guarantees.facts import NOTHING_YET, in_batches, judge, judge_many, load_facts
from guarantees.models import ExtraDays, GuaranteeTerms
from marketplace.models import Contact, DiaryEntry, Review
from tests import making
from tests.making import NOW, at

TODAY = date(2026, 1, 12)


def facts_of(pro, today=TODAY):
    return load_facts([pro.pk], today)[pro.pk].facts


def test_of_a_business_just_opened_nothing_is_known(pro):
    assert facts_of(pro) == NOTHING_YET


def test_nobody_is_asked_about_and_nobody_is_known(db, django_assert_num_queries):
    with django_assert_num_queries(0):
        assert load_facts([], TODAY) == {}
    assert load_facts([987654], TODAY) == {}


def test_contracting_sets_the_start_and_brings_a_plan(pro):
    """G9."""
    making.contract(pro)
    assert facts_of(pro, NOW.date()) == replace(
        NOTHING_YET, contracted_on=date(2026, 1, 10), plan_in_force=True
    )


@pytest.mark.parametrize(("today", "in_force"), [(date(2026, 2, 9), True), (date(2026, 2, 10), False)])
def test_a_plan_is_in_force_on_its_last_day_and_no_longer_the_day_after(pro, today, in_force):
    """M9: cancelled, it runs from 10 January to 9 February, both inclusive."""
    from billing.subscriptions import cancel_plan

    cancel_plan(subscription=making.contract(pro), by=pro.owner, now=NOW)
    assert facts_of(pro, today).plan_in_force is in_force


@pytest.mark.parametrize(("today", "current"), [(date(2026, 1, 17), True), (date(2026, 1, 18), False)])
def test_an_invoice_is_past_due_from_the_day_after_its_due_date(pro, today, current):
    """G9: due on 17 January."""
    making.contract(pro, paid=False)
    assert facts_of(pro, today).payments_current is current


def test_a_contact_is_told_whole(pro):
    making.contract(pro)
    making.fund(pro)
    (contact,) = making.buy(pro, now=at("2026-01-11 09:00"), price_cents=25_000)
    (fact,) = facts_of(pro).contacts
    assert (fact.id, fact.bought_at, fact.bought_on, fact.price_cents) == (
        contact.pk,
        at("2026-01-11 09:00"),
        date(2026, 1, 11),
        25_000,
    )
    assert (
        fact.returned,
        fact.return_pending,
        fact.won,
        fact.hours_to_first_contact,
        fact.positive_review,
    ) == (
        False,
        False,
        False,
        None,
        False,
    )


def test_a_purchase_at_half_past_seven_in_the_evening_is_of_that_day_in_mexico(pro):
    """X1: 19:30 on 30 April in Mexico City is 1 May in UTC."""
    making.contract(pro, now=at("2026-04-20 12:00"))
    making.fund(pro, now=at("2026-04-20 12:00"))
    making.buy(pro, now=at("2026-04-30 19:30"))
    (fact,) = facts_of(pro, date(2026, 5, 1)).contacts
    assert fact.bought_at == datetime(2026, 5, 1, 1, 30, tzinfo=UTC)
    assert fact.bought_on == date(2026, 4, 30)


def test_hours_to_the_first_contact_are_counted_from_the_purchase(pro):
    """G21: a call that was not answered counts as well."""
    from marketplace.diary import write_diary

    making.contract(pro)
    making.fund(pro)
    (contact,) = making.buy(pro, now=at("2026-01-11 09:00"))
    write_diary(
        contact=contact,
        kind=DiaryEntry.Kind.CALL_UNANSWERED,
        happened_at=at("2026-01-12 10:30"),
        text="",
        by=pro.owner,
        now=at("2026-01-12 11:00"),
    )
    (fact,) = facts_of(pro).contacts
    contact.refresh_from_db()
    assert fact.hours_to_first_contact == 25.5 == contact.hours_to_first_contact


def test_won_is_what_the_professional_says(pro, reviewer):
    """G2: the homeowner's word is no fact of the professional's."""
    from marketplace.contacts import record_homeowner_word, set_outcome

    making.contract(pro)
    making.fund(pro)
    won, said_so = making.buy(pro, 2, now=at("2026-01-11 09:00"))
    set_outcome(
        contact=won, outcome=Contact.Outcome.WON, lost_reason="", by=pro.owner, now=at("2026-01-12 09:00")
    )
    record_homeowner_word(
        contact=said_so, word=Contact.Word.HIRED_THEM, by=reviewer, now=at("2026-01-12 09:00")
    )
    assert {fact.id: fact.won for fact in facts_of(pro).contacts} == {won.pk: True, said_so.pk: False}


def test_a_return_is_pending_while_it_is_undecided_and_never_after(pro, moderator):
    """G13, M7."""
    from marketplace.returns import accept_return, ask_return, refuse_return, withdraw_return

    making.contract(pro)
    making.fund(pro)
    contacts = making.buy(pro, 4, now=at("2026-01-11 09:00"))
    asked, withdrawn, refused, accepted = contacts
    later = at("2026-01-12 09:00")
    requests = {
        contact: ask_return(
            contact=contact,
            reason="wrong_details",
            explanation="El número no existe.",
            by=pro.owner,
            now=later,
        )
        for contact in contacts
    }
    withdraw_return(return_request=requests[withdrawn], by=pro.owner, now=later)
    refuse_return(return_request=requests[refused], by=moderator, note="Sí existe.", now=later)
    accept_return(return_request=requests[accepted], by=moderator, note="Cierto.", now=later)
    assert {fact.id: (fact.return_pending, fact.returned) for fact in facts_of(pro).contacts} == {
        asked.pk: (True, False),
        withdrawn.pk: (False, False),
        refused.pk: (False, False),
        accepted.pk: (False, True),
    }


@pytest.mark.parametrize(("handling", "positive"), [(3, False), (4, True), (5, True)])
def test_a_contact_is_praised_by_four_or_five_of_five(pro, handling, positive):
    """G8."""
    making.contract(pro)
    making.fund(pro)
    praised, other = making.buy(pro, 2, now=at("2026-01-11 09:00"))
    making.make_review(praised, handling=handling, now=at("2026-01-12 09:00"))
    assert {fact.id: fact.positive_review for fact in facts_of(pro).contacts} == {
        praised.pk: positive,
        other.pk: False,
    }


@pytest.mark.parametrize("state", [state for state in Review.State if state != Review.State.PUBLISHED])
def test_a_review_that_is_not_published_counts_for_nothing(pro, state):
    """G8: waiting, rejected, taken down."""
    making.contract(pro)
    making.fund(pro)
    (contact,) = making.buy(pro, now=at("2026-01-11 09:00"))
    for of in (contact, pro):
        making.make_review(of, now=at("2026-01-12 09:00"))
    Review.objects.update(state=state)
    facts = facts_of(pro)
    assert (facts.contacts[0].positive_review, facts.earlier_reviews) == (False, 0)


@pytest.mark.parametrize("own_hand", Review.OwnHand)
def test_a_review_in_ones_own_hand_counts_for_nothing(pro, own_hand):
    """G8: own account, own e-mail, own browser."""
    making.contract(pro)
    making.fund(pro)
    (contact,) = making.buy(pro, now=at("2026-01-11 09:00"))
    for of in (contact, pro):
        making.make_review(of, now=at("2026-01-12 09:00"))
    Review.objects.update(own_hand=own_hand)
    facts = facts_of(pro)
    assert (facts.contacts[0].positive_review, facts.earlier_reviews) == (False, 0)


def test_earlier_reviews_are_of_different_people_and_of_any_rating(pro, other_pro):
    """G8: tied to no contact; somebody else's are somebody else's."""
    making.contract(pro)
    making.fund(pro)
    (contact,) = making.buy(pro, now=at("2026-01-11 09:00"))
    making.make_review(contact, now=at("2026-01-12 09:00"))
    making.make_review(other_pro, now=at("2026-01-12 09:00"))
    first, _second, third = (
        making.make_review(pro, handling=1, now=at("2026-01-12 09:00")) for _ in range(3)
    )
    Review.objects.filter(pk=third.pk).update(author_key=first.author_key)
    assert facts_of(pro).earlier_reviews == 2


def review_requirement(pro, today=TODAY):
    return judge(pro, today).requirements[6]


def test_a_review_of_the_sixteenth_contact_counts_for_nothing_until_a_return_moves_it_up(pro, moderator):
    """G1, G8: and that of a returned contact goes with it."""
    from marketplace.returns import return_by_staff

    making.contract(pro)
    making.fund(pro)
    contacts = making.buy(pro, 16, now=at("2026-01-11 09:00"))
    making.make_review(contacts[15], now=at("2026-01-12 09:00"))
    assert (review_requirement(pro).code, review_requirement(pro).status) == ("contact_review", "unmet")
    return_by_staff(contact=contacts[3], by=moderator, note="Duplicado.", now=at("2026-01-12 09:00"))
    assert review_requirement(pro).status == "met"


def test_a_review_of_a_returned_contact_counts_for_nothing(pro, moderator):
    """G8."""
    from marketplace.returns import return_by_staff

    making.contract(pro)
    making.fund(pro)
    contacts = making.buy(pro, 2, now=at("2026-01-11 09:00"))
    making.make_review(contacts[0], now=at("2026-01-12 09:00"))
    assert review_requirement(pro).detail == {"have": 1, "need": 1}
    return_by_staff(contact=contacts[0], by=moderator, note="Duplicado.", now=at("2026-01-12 09:00"))
    assert review_requirement(pro).detail == {"have": 0, "need": 1}


def test_a_question_that_is_no_longer_asked_or_came_after_contracting_need_not_be_answered(pro):
    """G7: those in force on S and still asked today; before S, today's."""
    from profiles.businesses import save_answers
    from profiles.models import Question

    def ask(text, asked_from, asked_until=None):
        return Question.objects.create(text_en=text, asked_from=asked_from, asked_until=asked_until)

    old = ask("How many are you?", date(2020, 1, 1))
    ask("Do you have a fax?", date(2020, 1, 1), date(2026, 1, 11))
    ask("Do you use heat pumps?", date(2026, 1, 11))
    save_answers(professional=pro, answers={old.pk: "Cinco."})
    assert (facts_of(pro).questions, facts_of(pro).answered) == (2, 1)
    making.contract(pro)
    assert (facts_of(pro, date(2026, 1, 11)).questions, facts_of(pro, date(2026, 1, 11)).answered) == (2, 1)
    assert (facts_of(pro, TODAY).questions, facts_of(pro, TODAY).answered) == (1, 1)


def test_a_complete_profile_is_counted_whole(pro):
    """G7."""
    making.complete_profile(pro)
    facts = facts_of(pro)
    assert (facts.has_logo, facts.best_project_photos, facts.work_photos) == (True, 2, 4)
    assert facts.description_length == pro.description_length > 200


def test_a_suspension_counts_until_it_is_lifted(pro, reviewer, appeals):
    """G19."""
    from profiles.suspensions import lift_suspension, suspend

    suspension = suspend(professional=pro, reason="Falso.", decided_by=reviewer, now=NOW)
    assert facts_of(pro).suspended is True
    lift_suspension(suspension=suspension, by=appeals, reason="Era verdad.", now=NOW)
    assert facts_of(pro).suspended is False


def test_extra_days_are_added_up(pro, reviewer):
    """G5."""
    for days in (5, 10):
        ExtraDays.objects.create(
            professional=pro, days=days, reason="Retraso.", given_by=reviewer, given_at=NOW
        )
    assert facts_of(pro).extra_days == 15


@pytest.mark.parametrize(
    ("state", "known"),
    [
        ("draft", (False, False, False)),
        ("submitted", (True, False, False)),
        ("more_information", (True, False, False)),
        ("approved", (False, True, False)),
        ("rejected", (False, False, False)),
        ("rejected_as_false", (False, False, True)),
        ("withdrawn", (False, False, False)),
    ],
)
def test_a_claim_is_known_by_its_state(pro, state, known):
    """G10."""
    from guarantees.models import Claim

    make_claim(pro, state)
    facts = facts_of(pro)
    assert (facts.has_open_claim, facts.refunded, facts.rejected_as_false) == known
    assert {choice.value for choice in Claim.State} >= {state}


def make_claim(pro, state):
    """A claim in that state, with no more than the database asks of it."""
    from billing.models import Wallet, WalletEntry
    from billing.wallet import credit, open_wallet
    from guarantees.models import Claim

    frozen = {}
    if state not in ("draft", "withdrawn"):
        frozen = {
            "submitted_at": NOW,
            "made_on": NOW.date(),
            "terms": GuaranteeTerms.objects.get(),
            "amount_cents": 300_000,
            "submission_snapshot": {},
        }
    if state == "approved":
        open_wallet(professional=pro)
        frozen["refund_entry"] = credit(
            wallet=Wallet.objects.get(professional=pro),
            amount_cents=300_000,
            kind=WalletEntry.Kind.REFUND,
            cause=f"claim:of:{pro.pk}",
            now=NOW,
        )
    return Claim.objects.create(professional=pro, state=state, begun_at=NOW, **frozen)


def add_terms(in_force_from, **numbers):
    return GuaranteeTerms.objects.create(in_force_from=in_force_from, added_at=NOW, **numbers)


@pytest.mark.django_db
def test_of_two_versions_for_one_day_the_one_added_later_binds():
    """G20: a slip in terms for a day to come is mended by adding them anew; nothing is edited."""
    add_terms(date(2026, 3, 1), contacts=51)
    mended = add_terms(date(2026, 3, 1), contacts=15)
    later = add_terms(date(2026, 4, 1), contacts=14)
    for day, version in [(date(2026, 3, 1), mended), (date(2026, 3, 31), mended), (date(2026, 4, 1), later)]:
        assert GuaranteeTerms.objects.binding(day, day) == version


def test_a_professional_is_judged_by_the_terms_in_force_when_they_contracted(pro, other_pro):
    """G20: on S itself they are in force; before S it is today's."""
    first = GuaranteeTerms.objects.get()
    second = add_terms(date(2026, 1, 10), contacts=12)
    third = add_terms(date(2026, 1, 11), contacts=10)
    making.contract(pro, now=at("2026-01-10 23:30"))

    def version(who, today):
        return load_facts([who.pk], today)[who.pk].terms

    assert version(pro, date(2026, 1, 12)) == second
    assert version(other_pro, date(2026, 1, 9)) == first
    assert version(other_pro, date(2026, 1, 10)) == second
    assert version(other_pro, date(2026, 1, 12)) == third
    assert judge(pro, TODAY).requirements[0].detail["need"] == 12


def test_who_contracted_before_any_terms_has_the_first(pro):
    """G20: never without terms."""
    making.contract(pro, now=at("2019-06-01 12:00"))
    assert load_facts([pro.pk], TODAY)[pro.pk].terms == GuaranteeTerms.objects.get()


def test_the_first_terms_have_the_numbers_of_the_rules(db):
    from guarantees.rules import Terms

    first = GuaranteeTerms.objects.get()
    assert first.as_rules() == Terms()
    assert first.in_force_from == date(2020, 1, 1)


def test_another_date_is_judged_by_todays_facts(pro):
    """The rules' chapter on judging: the facts are today's, the date is the one asked about."""
    making.make_eligible(pro)
    waiting = judge(pro, date(2026, 2, 10))
    assert (waiting.status, waiting.claim_from) == ("not_yet", date(2026, 2, 11))
    assert judge(pro, date(2026, 2, 10), on=date(2026, 2, 11)).status == "eligible"


class TestQueries:
    @pytest.fixture
    def world(self, db):
        """Thirty professionals, no two alike in what there is to load."""
        pros = [making.make_pro() for _ in range(30)]
        for number, pro in enumerate(pros):
            if number % 3 == 0:
                making.contract(pro, now=NOW + timedelta(days=number))
                making.fund(pro, now=NOW)
                making.buy(pro, 1 + number % 4, now=NOW + timedelta(days=number))
            if number % 5 == 0:
                making.make_review(pro, now=NOW + timedelta(days=number))
        add_terms(date(2026, 1, 20), contacts=12)
        return [pro.pk for pro in pros]

    def test_one_professional_takes_six(self, world, django_assert_num_queries):
        with django_assert_num_queries(6):
            load_facts(world[:1], date(2026, 2, 1))

    def test_thirty_take_as_many_as_one(self, world, django_assert_num_queries):
        with django_assert_num_queries(6):
            loaded = load_facts(world, date(2026, 2, 1))
        assert set(loaded) == set(world)

    def test_the_verdict_of_one_takes_six(self, world, django_assert_num_queries):
        from profiles.models import Professional

        pro = Professional.objects.get(pk=world[3])
        with django_assert_num_queries(6):
            judge(pro, date(2026, 2, 1))

    def test_all_are_judged_in_batches_of_seven(self, world, django_assert_num_queries):
        # Two batches of fifteen, and a look that finds nobody after them.
        with django_assert_num_queries(2 * 7 + 1):
            verdicts = {}
            for ids in in_batches(15):
                verdicts |= judge_many(ids, date(2026, 2, 1))
        assert verdicts == judge_many(world, date(2026, 2, 1))
        assert list(verdicts) == sorted(world)

    def test_one_and_many_are_judged_alike(self, world):
        from profiles.models import Professional

        many = judge_many(world, date(2026, 2, 1))
        assert many == {
            pro.pk: judge(pro, date(2026, 2, 1)) for pro in Professional.objects.filter(pk__in=world)
        }
