"""The figures of a day against a world made by hand; once a day, whole or not at all (M15, X3)."""

import io
from datetime import date, timedelta

import pytest
import time_machine
from django.core.management import call_command

from guarantees import counting
from guarantees.claims import submit_claim
from guarantees.counting import count_guarantee, is_counted, tally_of
from guarantees.first_fifteen import MIN_COUNTED
from guarantees.models import CountedDay, DailyFigure, HomeownerSurvey
from guarantees.survey import answer_survey
from marketplace.contacts import record_homeowner_word, set_outcome
from profiles.closing import close_account
from tests import making
from tests.guarantees.claim_making import (
    LATER,
    SUBMITTED_AT,
    approve,
    confirm_all,
    item_of,
    make_claimable,
    make_draft,
    make_submitted,
    reject,
    say_hired,
    three_contact_terms,
)
from tests.making import at
from tests.together import together

TODAY = LATER.date()


def figures(day=TODAY):
    """Everything that was counted on a day: (kind, key) → (amount, count)."""
    return {
        (str(each.kind), each.key): (each.amount, each.count)
        for each in DailyFigure.objects.filter(counted__day=day)
    }


def run(*arguments):
    out = io.StringIO()
    with time_machine.travel(LATER, tick=False):
        call_command("count_guarantee", *arguments, stdout=out)
    return out.getvalue()


def win(contact):
    set_outcome(contact=contact, outcome="won", lost_reason="", by=contact.professional.owner, now=LATER)


def buyer(bought=1, **lead):
    """A business with a year's plan and `bought` contacts of 11 January."""
    pro = making.make_pro()
    making.contract(pro, plan=making.make_plan("year", months=12))
    making.fund(pro)
    return pro, making.buy(pro, bought, now=at("2026-01-11 12:00"), **lead)


@pytest.mark.django_db
def test_a_small_world_is_counted_whole(reviewer):
    three_contact_terms()
    making.make_pro()  # Has not contracted: no guarantee yet.
    make_claimable(making.make_pro())
    claimed = make_submitted(making.make_pro())
    reject(make_submitted(making.make_pro()), reviewer)  # It may be claimed again.
    say_hired(item_of(claimed, 1), reviewer)
    record_homeowner_word(contact=item_of(claimed, 2).contact, word="hired_other", by=None, now=LATER)
    kitchens, jalisco = making.make_category("kitchens"), making.make_province("jalisco")
    buyer()
    _early, (contact,) = buyer()
    win(contact)  # Not settled: the time to buy the others goes on.
    winner, _two = buyer(2, category=kitchens, province=jalisco)
    (third,) = making.buy(winner, now=at("2026-01-12 12:00"))
    win(third)

    assert count_guarantee(now=LATER)
    bathrooms, cdmx = making.make_category(), making.make_province()
    assert figures() == {
        ("at_stake", ""): (140_000, 3),
        ("at_stake_by_month", "2026-04"): (140_000, 3),
        ("at_stake_by_missing", "nothing"): (120_000, 2),
        ("at_stake_by_missing", "contacts"): (20_000, 1),
        ("at_stake_by_missing", "profile"): (20_000, 1),
        ("at_stake_by_missing", "contact_review"): (20_000, 1),
        ("at_stake_by_missing", "earlier_reviews"): (20_000, 1),
        ("claims", "submitted"): (60_000, 1),
        ("claims", "rejected"): (60_000, 1),
        ("decided_after", "50"): (3 * 24 * 60, 1),
        ("decided_after", "95"): (3 * 24 * 60, 1),
        ("answers", ""): (0, 6),
        ("contradictions", ""): (1, 2),
        ("winners", ""): (1, 4),
        ("winners_by_category", f"{bathrooms.pk}"): (0, 3),
        ("winners_by_category", f"{kitchens.pk}"): (1, 1),
        ("winners_by_province", f"{cdmx.pk}"): (0, 3),
        ("winners_by_province", f"{jalisco.pk}"): (1, 1),
    }
    # In batches of one, the same.
    assert tally_of(TODAY, batch=1) == tally_of(TODAY)


def homeowners(today=TODAY):
    amounts = tally_of(today)
    return {
        kind: (amounts.amounts[kind, ""], amounts.counts[kind, ""]) for kind in ("answers", "contradictions")
    }


@pytest.mark.django_db
def test_who_answered_is_counted_of_those_who_were_asked(pro, reviewer):
    claim = make_draft(pro)
    first, _second, third = pro.contacts.kept()
    # Not asked: it was said before. What staff note is no answer, nor what is said on the homeowner's own page.
    record_homeowner_word(contact=first, word="hired_other", by=None, now=SUBMITTED_AT)
    claim = submit_claim(claim=claim, by=pro.owner, now=SUBMITTED_AT)
    say_hired(item_of(claim, 2), reviewer)
    assert homeowners() == {"answers": (0, 2), "contradictions": (1, 2)}
    answer_survey(survey=HomeownerSurvey.objects.get(item__contact=third), hired="hired_nobody", now=LATER)
    assert homeowners() == {"answers": (1, 2), "contradictions": (1, 3)}


@pytest.mark.django_db
def test_who_was_asked_lately_is_counted_once_they_have_answered(pro):
    """Who was asked a minute ago made the share smaller, and it rose again by itself."""
    claim = make_submitted(pro)
    day_before = TODAY - timedelta(days=1)
    assert homeowners(day_before)["answers"] == (0, 0)
    answer_survey(survey=HomeownerSurvey.objects.get(item=item_of(claim, 2)), hired="hired_nobody", now=LATER)
    assert homeowners(day_before)["answers"] == (1, 1)
    assert homeowners(TODAY)["answers"] == (1, 3)


@pytest.mark.django_db
def test_who_has_closed_their_account_claims_nothing_and_is_counted_as_settled(pro):
    """It counted among what can still be claimed, though no account is there to claim it."""
    make_claimable(pro)
    before = tally_of(TODAY)
    close_account(user=pro.owner, now=LATER)
    after = tally_of(TODAY)
    assert (before.counts["at_stake", ""], before.counts["winners", ""]) == (1, 1)
    assert (after.counts["at_stake", ""], after.counts["winners", ""]) == (0, 1)
    assert not [kind for kind, _key in after.counts if kind.startswith("at_stake")]


@pytest.mark.django_db
def test_a_word_after_the_refund_is_no_contradiction(pro, reviewer):
    """It may be of a job that came later (G24)."""
    claim = make_submitted(pro)
    paid_at = LATER + timedelta(days=1)
    first, second, third = (item.contact for item in claim.items.order_by("position"))
    record_homeowner_word(contact=first, word="hired_them", by=None, now=LATER - timedelta(days=1))
    approve(confirm_all(claim, reviewer), reviewer, paid_at)
    record_homeowner_word(contact=second, word="hired_them", by=None, now=paid_at)
    record_homeowner_word(contact=third, word="hired_other", by=None, now=paid_at + timedelta(days=1))
    assert homeowners()["contradictions"] == (1, 1)


@pytest.mark.django_db
def test_times_to_decision_are_the_median_and_what_95_of_100_do_not_pass(pro):
    tally = counting.Tally()
    claim = make_submitted(pro)

    class Claims:
        """Twenty decisions, after 1 to 20 minutes."""

        def __getattr__(self, name):
            return lambda *args, **named: self

        def __iter__(self):
            return iter([(LATER, LATER + timedelta(minutes=n)) for n in range(20, 0, -1)])

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(counting.Claim, "objects", Claims())
        counting._decisions(tally, LATER)
    assert claim.decided_at is None
    assert dict(tally.amounts) == {("decided_after", "50"): 10, ("decided_after", "95"): 19}
    assert dict(tally.counts) == {("decided_after", "50"): 20, ("decided_after", "95"): 20}


@pytest.mark.django_db
def test_trade_and_province_together_are_kept_where_they_can_be_shown(monkeypatch):
    three_contact_terms()
    buyer(3)
    pair = ("winners_by_both", f"{making.make_category().pk}:{making.make_province().pk}")
    assert pair not in tally_of(TODAY).counts
    monkeypatch.setattr(counting, "MIN_COUNTED", 1)
    assert tally_of(TODAY).counts[pair] == 1
    assert MIN_COUNTED == 30


@pytest.mark.django_db
def test_an_empty_world_is_counted_and_has_no_figures():
    assert count_guarantee(now=LATER)
    assert CountedDay.objects.get().counted_at == LATER
    assert figures() == {}


@pytest.mark.django_db
def test_a_day_is_counted_once_and_the_next_one_again():
    three_contact_terms()
    buyer()
    assert count_guarantee(now=LATER)
    first = figures()
    buyer()
    assert not count_guarantee(now=LATER + timedelta(hours=3))
    assert figures() == first
    assert count_guarantee(now=LATER + timedelta(days=1))
    assert figures(TODAY + timedelta(days=1))["at_stake", ""] == (40_000, 2)
    assert figures() == first


@pytest.mark.django_db
def test_its_day_is_the_marketplaces():
    """At 23:59 in Mexico City it is tomorrow in UTC."""
    assert count_guarantee(now=at("2026-02-23 23:59"))
    assert CountedDay.objects.get().day == date(2026, 2, 23)
    assert not is_counted(at("2026-02-24 00:00"))


@pytest.mark.django_db
@pytest.mark.parametrize("where", ["_winners", "_homeowners", "DailyFigure.objects.bulk_create"])
def test_stopped_in_the_middle_nothing_is_written_and_the_next_run_does_it(where, monkeypatch):
    three_contact_terms()
    buyer()

    def stop(*args, **named):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(f"guarantees.counting.{where}", stop)
        with pytest.raises(KeyboardInterrupt):
            count_guarantee(now=LATER)
    assert not is_counted(LATER)
    assert figures() == {}
    assert count_guarantee(now=LATER)
    assert figures()["at_stake", ""] == (20_000, 1)


@pytest.mark.django_db
def test_whoever_is_overtaken_writes_nothing(monkeypatch):
    """Another run begins and ends while this one counts."""
    three_contact_terms()
    buyer()
    counted = []

    def overtaken(today, **named):
        monkeypatch.undo()
        counted.append(count_guarantee(now=LATER))
        return tally_of(today, **named)

    monkeypatch.setattr(counting, "tally_of", overtaken)
    assert not count_guarantee(now=LATER + timedelta(minutes=5))
    assert counted == [True]
    assert CountedDay.objects.get().counted_at == LATER


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_two_at_once_count_a_day_once():
    three_contact_terms()
    buyer()
    results = together(*[lambda: count_guarantee(now=LATER)] * 4)
    assert sorted(results) == [False, False, False, True]
    assert figures()["at_stake", ""] == (20_000, 1)


@pytest.mark.django_db
def test_the_number_of_queries_does_not_grow_with_the_professionals(django_assert_max_num_queries):
    three_contact_terms()
    for _ in range(5):
        buyer(3)
    # A batch, the empty one behind it, and claims, decisions, answers, words.
    with django_assert_max_num_queries(9 + 5):
        tally_of(TODAY)


@pytest.mark.django_db
def test_the_command_says_what_is_due_counts_it_and_then_has_nothing_to_do():
    making.make_pro()
    assert run("--dry-run") == "Due for 2026-02-23: 1 professionals. Nothing was written.\n"
    assert not CountedDay.objects.exists()
    assert run() == "Counted the figures of 2026-02-23.\n"
    assert run() == "The figures of 2026-02-23 were counted before; nothing was done.\n"
    assert run("--dry-run") == "Due for 2026-02-23: 0 professionals. Nothing was written.\n"


@pytest.mark.django_db
def test_beat_asks_for_it():
    from django.conf import settings

    from guarantees.tasks import count_guarantee as task

    assert settings.CELERY_BEAT_SCHEDULE["count guarantee"]["task"] == task.name
    task()
    assert CountedDay.objects.count() == 1
