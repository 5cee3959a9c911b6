"""Whether an allowance can be used on a day: one rule, by the date of its own calendar (S7, S13, X1)."""

from datetime import date, timedelta

import pytest

from billing.models import Period
from support.allowance_rules import Days, State, state_of
from support.allowances import days_at, days_on, open_allowance, states_of, use
from support.courtesy import COURTESY_MINUTES
from support.errors import SupportError
from support.models import Allowance
from support.shown import allowances_shown
from tests.making import contract
from tests.support.making import NOW, rome

FIRST, LAST = date(2026, 11, 2), date(2026, 11, 30)
DAY = timedelta(days=1)


def judged(today, **changes):
    said = {"starts_on": FIRST, "ends_on": LAST, "left": 1, "plan_in_force": True}
    return state_of(today=today, **(said | changes))


@pytest.mark.parametrize(
    ("today", "changes", "state"),
    [
        (FIRST - DAY, {}, State.NOT_STARTED),
        (FIRST, {}, State.USABLE),
        (LAST, {}, State.USABLE),
        (LAST + DAY, {}, State.ENDED),
        (LAST + DAY, {"ends_on": None}, State.USABLE),
        (LAST, {"left": 0}, State.USED_UP),
        (LAST, {"plan_in_force": False}, State.UNPAID),
        # Where several hold, the first is told.
        (FIRST - DAY, {"left": 0, "plan_in_force": False}, State.NOT_STARTED),
        (LAST + DAY, {"left": 0, "plan_in_force": False}, State.ENDED),
        (LAST, {"left": 0, "plan_in_force": False}, State.UNPAID),
    ],
)
def test_the_state_on_a_day_with_both_bounds_inclusive(today, changes, state):
    assert judged(today, **changes) is state


def test_a_plan_follows_the_marketplaces_date_and_the_rest_the_desks():
    days = Days(desk=date(2026, 11, 3), marketplace=date(2026, 11, 2))
    assert (days.of(plan=True), days.of(plan=False)) == (date(2026, 11, 2), date(2026, 11, 3))


@pytest.mark.parametrize(
    ("moment", "desk", "marketplace"),
    [
        # Rome is seven hours ahead of Mexico City in winter, eight in summer.
        ("2026-11-03 00:00", date(2026, 11, 3), date(2026, 11, 2)),
        ("2026-11-03 06:59", date(2026, 11, 3), date(2026, 11, 2)),
        ("2026-11-03 07:00", date(2026, 11, 3), date(2026, 11, 3)),
        ("2026-11-03 23:59", date(2026, 11, 3), date(2026, 11, 3)),
        ("2026-07-03 07:59", date(2026, 7, 3), date(2026, 7, 2)),
        ("2026-07-03 08:00", date(2026, 7, 3), date(2026, 7, 3)),
    ],
)
def test_a_moment_has_a_date_in_each_calendar(moment, desk, marketplace):
    assert days_at(rome(moment)) == Days(desk=desk, marketplace=marketplace)


def test_what_was_done_today_is_dated_by_this_moment_and_what_was_done_earlier_by_the_middle_of_that_day():
    night = rome("2026-11-03 00:30")
    assert days_on(date(2026, 11, 3), night) == Days(date(2026, 11, 3), date(2026, 11, 2))
    assert days_on(date(2026, 11, 2), night) == Days(date(2026, 11, 2), date(2026, 11, 2))


def test_where_the_marketplace_is_ahead_of_the_desk_it_is_the_same_the_other_way_round(settings):
    settings.MARKETPLACE_TIME_ZONE = "Pacific/Auckland"
    assert days_at(rome("2026-11-03 12:00")) == Days(date(2026, 11, 3), date(2026, 11, 4))


def make_allowances(client, left):
    """Every combination of a first and a last day around the second of November."""
    days = [FIRST - DAY, FIRST, FIRST + DAY]
    for starts_on in days:
        for expires_on in (None, *days):
            if expires_on is None or expires_on >= starts_on:
                open_allowance(
                    client=client,
                    what="Support",
                    unit="minutes",
                    amount=1,
                    starts_on=starts_on,
                    expires_on=expires_on,
                    cause=f"test:{starts_on}:{expires_on}",
                    now=NOW,
                )
    Allowance.objects.update(left=left)


@pytest.mark.parametrize("left", [0, 1])
def test_the_database_the_rule_and_the_pages_agree_on_what_is_usable(pro, other_pro, studio, left):
    contract(pro)
    contract(other_pro, paid=False)
    make_allowances(studio, left)
    period = Period.objects.get(professional=other_pro)
    lapsed_on = period.invoice.due_on + timedelta(days=15)
    assert period.starts_on < lapsed_on <= period.ends_on
    turns = (FIRST, period.starts_on, lapsed_on, period.ends_on + DAY)
    seen = set()
    for turn in turns:
        for day in (turn - DAY, turn, turn + DAY):
            for hour in ("00:00", "06:59", "07:00", "12:00", "23:59"):
                days = days_at(rome(f"{day} {hour}"))
                states = states_of(list(Allowance.objects.select_related("period")), days)
                usable = {pk for pk, state in states.items() if state == State.USABLE}
                assert set(Allowance.objects.usable(days).values_list("pk", flat=True)) == usable
                shown = {
                    each.allowance.pk: each.state for each in allowances_shown(Allowance.objects.all(), days)
                }
                assert shown == states
                seen |= set(states.values())
    assert seen == set(State) - {State.USED_UP if left else State.USABLE}


def test_the_support_of_a_plan_ends_with_the_last_day_of_its_period_where_the_marketplace_is(
    pro, studio, consultant
):
    """At half past midnight in Rome its last day is still going on in Mexico City, and the desk's own is over."""
    contract(pro)
    of_plan = Allowance.objects.get()
    other = open_allowance(
        client=studio,
        what="Training",
        unit="minutes",
        amount=60,
        starts_on=of_plan.starts_on,
        expires_on=of_plan.ends_on,
        cause="test:1",
        now=NOW,
    )
    over = of_plan.ends_on + DAY
    cases = [
        ("00:30", of_plan, None),
        ("00:30", other, "ended"),
        ("06:59", of_plan, None),
        ("07:00", of_plan, "ended"),
    ]
    for number, (hour, allowance, code) in enumerate(cases):
        try:
            use(
                allowance=allowance,
                amount=1,
                cause=f"work:{number}",
                today=over,
                now=rome(f"{over} {hour}"),
                by=consultant,
            )
            refused = None
        except SupportError as refusal:
            refused = refusal.code
        assert refused == code, (hour, allowance)


def test_nobody_is_helped_for_longer_than_ten_minutes_for_nothing():
    assert COURTESY_MINUTES == 10
