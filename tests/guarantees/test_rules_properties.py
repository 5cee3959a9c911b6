"""What must hold of the guarantee whatever the facts, checked against a second, slow reading of the rules."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

from dateutil.relativedelta import relativedelta
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from guarantees.contact_changes import if_returned, next_purchase
from guarantees.rules import (
    REQUIREMENT_CODES,
    ContactFact,
    Eligibility,
    Facts,
    Terms,
    add_months,
    buy_by,
    claim_from,
    evaluate,
)
from tests.guarantees.test_rules import bought, facts_of

DAY = timedelta(days=1)

# A shared machine may be slow: a deadline would fail for its sake, not for the code's.
quiet = settings(deadline=None, max_examples=150)

starts = st.dates(date(2023, 1, 1), date(2028, 12, 31))
terms_of_any_kind = st.builds(
    Terms,
    contacts=st.integers(1, 4),
    purchase_months=st.integers(0, 13),
    grace_days=st.integers(0, 70),
    waiting_months=st.integers(0, 4),
    first_contact=st.sampled_from(["advise", "require", "ignore"]),
    first_contact_hours=st.sampled_from([24, 24, 24, 6, 36, 48]),
    extend_for_wait=st.booleans(),
)
extra_days_of_any_kind = st.sampled_from([0, 0, 1, 5, 15, 16, 31, 60])


@st.composite
def contact_facts(draw: st.DrawFn, number: int, start: date) -> ContactFact:
    # Few different moments, so that ties happen.
    on = start + timedelta(days=draw(st.integers(0, 130)))
    return ContactFact(
        id=number,
        bought_at=datetime(on.year, on.month, on.day, draw(st.sampled_from([9, 18])), tzinfo=UTC),
        bought_on=on,
        price_cents=draw(st.integers(0, 9999)),
        returned=draw(st.sampled_from([False, False, False, True])),
        return_pending=draw(st.sampled_from([False] * 9 + [True])),
        won=draw(st.sampled_from([False] * 19 + [True])),
        hours_to_first_contact=draw(st.sampled_from([0.0, 1.5, 6.0, 24.0, 24.0, 24.5, None])),
        positive_review=draw(st.booleans()),
    )


@st.composite
def cases(draw: st.DrawFn) -> tuple[Facts, Terms, date]:
    """Facts, terms and a day, of which many are near to being eligible."""
    start = draw(starts)
    # A small number of contacts finds the same faults as fifteen, in a tenth of the time.
    terms = draw(st.one_of(terms_of_any_kind, st.just(Terms(contacts=3))))
    count = draw(st.integers(max(0, terms.contacts - 2), terms.contacts + 3))
    contacts = [draw(contact_facts(number, start)) for number in range(1, count + 1)]
    facts = Facts(
        contracted_on=draw(st.sampled_from([start] * 9 + [None])),
        contacts=draw(st.permutations(contacts)),
        has_logo=draw(st.sampled_from([True] * 5 + [False])),
        description_length=draw(st.sampled_from([0, 200, 201, 201, 500])),
        questions=3,
        answered=draw(st.sampled_from([3, 3, 3, 2])),
        best_project_photos=draw(st.sampled_from([1, 2, 2, 2, 3])),
        work_photos=draw(st.sampled_from([3, 4, 4, 4, 5])),
        earlier_reviews=draw(st.sampled_from([1, 2, 2, 2, 3])),
        plan_in_force=draw(st.sampled_from([True] * 5 + [False])),
        payments_current=draw(st.sampled_from([True] * 5 + [False])),
        suspended=draw(st.sampled_from([False] * 5 + [True])),
        has_open_claim=draw(st.sampled_from([False] * 5 + [True])),
        refunded=draw(st.sampled_from([False] * 9 + [True])),
        rejected_as_false=draw(st.sampled_from([False] * 9 + [True])),
        extra_days=draw(extra_days_of_any_kind),
    )
    return facts, terms, start + timedelta(days=draw(st.integers(-5, 260)))


def statuses(verdict: Eligibility) -> dict[str, str]:
    return {each.code: each.status for each in verdict.requirements}


def slow_buy_by(start: date, terms: Terms, extra_days: int) -> date:
    """B by its words: go back from P day by day until the wait from that day ends within C (G6)."""
    deadline = start + relativedelta(months=terms.purchase_months)
    window_end = deadline + relativedelta(days=terms.grace_days + extra_days)
    by = deadline
    while not terms.extend_for_wait and by + relativedelta(months=terms.waiting_months) > window_end:
        by -= DAY
    return by


def table(facts: Facts, terms: Terms, today: date) -> dict[str, str]:
    """'How each requirement is judged', cell by cell: of the columns that apply, the rightmost holds."""
    kept = [fact for fact in facts.contacts if not fact.returned]
    counted = sorted(kept, key=lambda fact: fact.id)
    counted = sorted(counted, key=lambda fact: fact.bought_at)[: terms.contacts]
    fewer = len(counted) < terms.contacts
    start = facts.contracted_on
    far = date(9000, 1, 1)
    deadline = window_end = by = wait_end = far
    if start is not None:
        deadline = start + relativedelta(months=terms.purchase_months)
        window_end = deadline + relativedelta(days=terms.grace_days + facts.extra_days)
        by = slow_buy_by(start, terms, facts.extra_days)
        if not fewer:
            wait_end = counted[-1].bought_on + relativedelta(months=terms.waiting_months)
            if terms.extend_for_wait:
                window_end = max(window_end, wait_end + relativedelta(days=terms.grace_days))
    after_purchase = {6: 1, 24: 1, 36: 2, 48: 2}[terms.first_contact_hours]
    late = any(
        today > fact.bought_on + after_purchase * DAY
        if fact.hours_to_first_contact is None
        else fact.hours_to_first_contact > terms.first_contact_hours
        for fact in counted
    )
    unreached = any(fact.hours_to_first_contact is None for fact in counted)
    profile = [
        facts.has_logo,
        facts.description_length > 200,
        facts.answered == facts.questions,
        facts.best_project_photos >= 2,
        facts.work_photos >= 4,
    ]
    required = terms.first_contact == "require"
    columns: dict[str, list[tuple[str, bool]]] = {
        "contacts": [("met", not fewer), ("unmet", fewer), ("lost", fewer and today > deadline)],
        "no_job_won": [("met", True), ("lost", any(fact.won for fact in counted))],
        "bought_in_time": [
            ("met", not fewer),
            ("unmet", fewer),
            ("lost", any(fact.bought_on > deadline for fact in counted) or (fewer and today > deadline)),
        ],
        "waiting_month": [("met", not fewer), ("waiting", today < wait_end), ("unmet", fewer)],
        "claim_window": [
            ("met", True),
            ("lost", today > window_end or (not fewer and wait_end > window_end) or (fewer and today > by)),
        ],
        "profile": [("unmet", True), ("met", all(profile))],
        "contact_review": [("unmet", True), ("met", any(fact.positive_review for fact in counted))],
        "earlier_reviews": [("met", True), ("unmet", facts.earlier_reviews < 2)],
        "plan": [("met", True), ("unmet", not facts.plan_in_force)],
        "payments": [("met", True), ("unmet", not facts.payments_current)],
        "returns_settled": [("met", True), ("unmet", any(fact.return_pending for fact in counted))],
        "first_contact": [("met", True), ("unmet", required and unreached), ("lost", required and late)],
        "not_suspended": [("met", True), ("unmet", facts.suspended)],
        "first_claim": [
            ("met", True),
            ("unmet", facts.has_open_claim),
            ("lost", facts.refunded or facts.rejected_as_false),
        ],
    }
    if start is None:
        for code in ("contacts", "bought_in_time", "waiting_month", "claim_window"):
            columns[code] = [("unmet", True)]
    return {code: [status for status, applies in row if applies][-1] for code, row in columns.items()}


@quiet
@given(cases())
def test_every_verdict_is_what_the_table_says(case):
    facts, terms, today = case
    verdict = evaluate(facts, terms, today)
    expected = table(facts, terms, today)
    assert statuses(verdict) == expected
    assert tuple(each.code for each in verdict.requirements) == REQUIREMENT_CODES == tuple(expected)
    if "lost" in expected.values():
        assert verdict.status == "no_longer"
    elif set(expected.values()) == {"met"}:
        assert verdict.status == "eligible"
    else:
        assert verdict.status == "not_yet"


@quiet
@given(cases(), st.randoms())
def test_the_order_in_which_purchases_come_changes_nothing(case, random):
    """G1."""
    facts, terms, today = case
    shuffled = list(facts.contacts)
    random.shuffle(shuffled)
    assert evaluate(replace(facts, contacts=shuffled), terms, today) == evaluate(facts, terms, today)


@quiet
@given(cases(), st.data())
def test_contacts_after_the_last_counted_one_change_nothing(case, data):
    """G1."""
    facts, terms, today = case
    verdict = evaluate(facts, terms, today)
    assume(len(verdict.counted) == terms.contacts)
    last = max(fact.bought_at for fact in facts.contacts if fact.id in verdict.counted)
    more = [
        replace(
            data.draw(contact_facts(number, date(2025, 1, 1))),
            bought_at=last + timedelta(hours=data.draw(st.integers(0, 500))),
        )
        for number in range(100, 100 + data.draw(st.integers(1, 3)))
    ]
    assert evaluate(replace(facts, contacts=[*more, *facts.contacts]), terms, today) == verdict


@quiet
@given(cases())
def test_the_sum_and_the_counted_go_together(case):
    """G1, G15: whatever the status."""
    facts, terms, today = case
    verdict = evaluate(facts, terms, today)
    price = {fact.id: fact.price_cents for fact in facts.contacts}
    assert verdict.amount_cents == sum(price[number] for number in verdict.counted)
    returned = {fact.id for fact in facts.contacts if fact.returned}
    assert not returned & set(verdict.counted)
    assert len(verdict.counted) == min(terms.contacts, len(facts.contacts) - len(returned))


@quiet
@given(cases())
def test_the_dates_are_there_when_they_are_known(case):
    """Chapter G: all empty without S; claim_from empty where fewer."""
    facts, terms, today = case
    verdict = evaluate(facts, terms, today)
    known = facts.contracted_on is not None
    assert (verdict.purchase_deadline is not None) == known
    assert (verdict.claim_until is not None) == known
    assert (verdict.buy_by is not None) == known
    assert (verdict.claim_from is not None) == (known and len(verdict.counted) == terms.contacts)
    if known:
        assert verdict.buy_by <= verdict.purchase_deadline <= verdict.claim_until
    if verdict.status == "eligible":
        assert facts.contracted_on is not None
        assert verdict.claim_from <= today <= verdict.claim_until


@quiet
@given(cases())
def test_only_the_waiting_month_waits_and_it_is_met_on_the_day_it_says(case):
    """G4, G23."""
    facts, terms, today = case
    for each in evaluate(facts, terms, today).requirements:
        assert (each.met_on is not None) == (each.status == "waiting")
        if each.met_on is not None:
            assert each.code == "waiting_month"
            assert each.met_on > today
            assert statuses(evaluate(facts, terms, each.met_on))["waiting_month"] == "met"
            assert statuses(evaluate(facts, terms, each.met_on - DAY))["waiting_month"] == "waiting"


@quiet
@given(cases(), st.integers(1, 200))
def test_what_time_has_taken_it_never_gives_back(case, days):
    """G23: *lost* means that nothing can meet it any more; and what the wait has met stays met."""
    facts, terms, today = case
    before = statuses(evaluate(facts, terms, today))
    after = statuses(evaluate(facts, terms, today + days * DAY))
    assert all(after[code] == "lost" for code in before if before[code] == "lost")
    if before["waiting_month"] == "met":
        assert after["waiting_month"] == "met"


@quiet
@given(starts, terms_of_any_kind, extra_days_of_any_kind)
def test_buy_by_is_the_very_latest_day_that_can_be_claimed(start, terms, extra_days):
    """G6, against a search day by day."""
    assert buy_by(start, terms, extra_days) == slow_buy_by(start, terms, extra_days)


def test_buy_by_is_right_for_every_day_of_eight_years_of_contracts():
    """G6: no end of month is left to chance."""
    start = date(2023, 1, 1)
    while start < date(2031, 1, 1):
        for extra_days in (0, 13, 16):
            assert buy_by(start, Terms(), extra_days) == slow_buy_by(start, Terms(), extra_days), start
        start += DAY


@quiet
@given(starts, terms_of_any_kind, extra_days_of_any_kind, st.integers(-40, 40))
def test_a_claim_is_possible_on_some_day_exactly_if_the_last_was_bought_by_buy_by(
    start, terms, extra_days, offset
):
    """G6: with all else in order."""
    by = buy_by(start, terms, extra_days)
    last = by + offset * DAY
    contacts = bought(last, count=terms.contacts, first=min(start, last))
    facts = facts_of(contacts, contracted_on=start, extra_days=extra_days)
    verdict = evaluate(facts, terms, last)
    first_day = claim_from(last, terms)
    assert verdict.claim_from == first_day
    # The one day on which it could be, and a few that it could be thought to be.
    tried = {first_day, verdict.claim_until, *(first_day + number * DAY for number in range(-3, 120, 7))}
    claimable = {day for day in tried if evaluate(facts, terms, day).status == "eligible"}
    assert claimable == (
        {day for day in tried if first_day <= day <= verdict.claim_until} if last <= by else set()
    )
    assert (first_day in claimable) == (last <= by)
    assert (verdict.status == "no_longer") == (last > by)


@quiet
@given(cases(), st.integers(0, 200))
def test_a_trapped_purchase_can_never_be_claimed_and_another_is_not_the_reason(case, days):
    """G6: by the number the next purchase would get, and what the verdict says once it is made."""
    facts, terms, _ = case
    assume(facts.contracted_on is not None)
    newest = max((fact.bought_on for fact in facts.contacts), default=facts.contracted_on)
    on = newest + days * DAY
    following = next_purchase(facts, terms, on)
    bought_then = ContactFact(
        999, datetime(on.year, on.month, on.day, 23, tzinfo=UTC), on, 100, False, False, False, 1.0, False
    )
    verdict = evaluate(replace(facts, contacts=[*facts.contacts, bought_then]), terms, on)
    assert following.counts == (999 in verdict.counted)
    if following.counts:
        assert verdict.counted.index(999) == following.number - 1
        window_is_lost = statuses(verdict)["claim_window"] == "lost"
        if following.trapped:
            # Bought after P it may lie outside for that alone, where the window outlasts the wait.
            assert window_is_lost or statuses(verdict)["bought_in_time"] == "lost"
        else:
            assert not window_is_lost
    else:
        assert not following.trapped


@quiet
@given(cases())
def test_a_contact_given_back_no_longer_counts(case):
    """G1: and nobody but the following ones move."""
    facts, terms, today = case
    before = evaluate(facts, terms, today)
    for number in before.counted:
        after = evaluate(if_returned(facts, number), terms, today)
        remaining = tuple(each for each in before.counted if each != number)
        assert after.counted[: len(remaining)] == remaining
        assert number not in after.counted


@quiet
@given(st.dates(date(1990, 1, 1), date(2100, 12, 31)), st.integers(-60, 60))
def test_months_are_added_as_the_calendar_library_adds_them(start, months):
    assert add_months(start, months) == start + relativedelta(months=months)
