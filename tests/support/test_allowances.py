"""The ledger of allowances (S7)."""

from datetime import date

import pytest
from django.db import IntegrityError, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from support.agreements import Line, change_agreement
from support.allowances import add_to, days_at, in_words, open_allowance, proposed_for, take_back, use
from support.errors import SupportError
from support.invariants import allowances as sums_broken
from support.invariants import causes as causes_broken
from support.invariants import chains as chains_broken
from support.models import Allowance, AllowanceEntry
from tests.making import contract
from tests.support.making import NOW, rome
from tests.together import after_both, together

TODAY = date(2026, 11, 2)
Kind = AllowanceEntry.Kind


def half_an_hour(allowance, by, cause="work:1", amount=30, today=TODAY):
    return use(allowance=allowance, amount=amount, cause=cause, today=today, now=NOW, by=by)


def entries_of(allowance):
    return list(
        AllowanceEntry.objects.filter(allowance=allowance)
        .order_by("id")
        .values_list("kind", "amount", "left_after")
    )


def books_hold():
    return [*sums_broken(), *chains_broken()] == []


def test_what_is_used_is_taken_from_what_is_left(allowance, consultant):
    entry = half_an_hour(allowance, consultant)
    allowance.refresh_from_db()
    assert (entry.by, entry.at) == (consultant, NOW)
    assert (allowance.given, allowance.left, allowance.used) == (600, 570, 30)
    assert entries_of(allowance) == [("agreed", 600, 600), ("used", -30, 570)]
    assert books_hold()


def test_the_same_use_sent_again_is_the_one_that_stands(allowance, consultant):
    first = half_an_hour(allowance, consultant, amount=600)
    assert half_an_hour(allowance, consultant, amount=600) == first
    assert Allowance.objects.get(pk=allowance.pk).left == 0


def test_the_same_use_with_another_amount_is_refused(allowance, consultant):
    half_an_hour(allowance, consultant)
    with pytest.raises(SupportError) as refusal:
        half_an_hour(allowance, consultant, amount=31)
    assert refusal.value.code == "cause_taken"
    assert Allowance.objects.get(pk=allowance.pk).left == 570


def test_the_last_minute_can_be_used_and_no_more(allowance, consultant):
    half_an_hour(allowance, consultant, amount=570)
    half_an_hour(allowance, consultant, cause="work:2")
    with pytest.raises(SupportError) as refusal:
        half_an_hour(allowance, consultant, cause="work:3", amount=1)
    assert refusal.value.code == "used_up"


def test_more_than_is_left_is_refused_with_what_is_left(allowance, consultant):
    half_an_hour(allowance, consultant, amount=555)
    with pytest.raises(SupportError) as refusal:
        half_an_hour(allowance, consultant, cause="work:2", amount=46)
    assert refusal.value.code == "more_than_left"
    assert "45 min" in str(refusal.value)
    assert entries_of(allowance) == [("agreed", 600, 600), ("used", -555, 45)]


def test_a_use_is_taken_back_whole_and_once(allowance, consultant):
    entry = half_an_hour(allowance, consultant)
    back = take_back(entry=entry, now=NOW, by=consultant)
    assert take_back(entry=entry, now=NOW, by=consultant) == back
    assert entries_of(allowance) == [("agreed", 600, 600), ("used", -30, 570), ("reversed", 30, 600)]
    assert books_hold()


def test_only_a_use_can_be_taken_back(allowance, consultant):
    with pytest.raises(ValueError, match="Only what was used"):
        take_back(entry=allowance.entries.get(), now=NOW, by=consultant)


@pytest.mark.parametrize("size", [0, -1])
def test_nothing_and_less_than_nothing_are_not_used(allowance, consultant, size):
    with pytest.raises(ValueError):
        half_an_hour(allowance, consultant, amount=size)
    assert entries_of(allowance) == [("agreed", 600, 600)]


def test_the_day_before_it_starts_it_cannot_be_used(allowance, consultant):
    with pytest.raises(SupportError) as refusal:
        half_an_hour(allowance, consultant, today=date(2026, 11, 1))
    assert refusal.value.code == "not_started"


def test_its_last_day_is_included(studio, consultant):
    ends = open_allowance(
        client=studio,
        what="Training",
        unit="minutes",
        amount=60,
        starts_on=TODAY,
        expires_on=date(2026, 11, 30),
        cause="test:1",
        now=NOW,
    )
    half_an_hour(ends, consultant, today=date(2026, 11, 30))
    with pytest.raises(SupportError) as refusal:
        half_an_hour(ends, consultant, cause="work:2", today=date(2026, 12, 1))
    assert refusal.value.code == "ended"


def test_what_is_bought_besides_is_added(allowance, consultant):
    add_to(allowance=allowance, amount=120, kind=Kind.BOUGHT, cause="offer:1", now=NOW)
    add_to(allowance=allowance, amount=120, kind=Kind.BOUGHT, cause="offer:1", now=NOW)
    allowance.refresh_from_db()
    assert (allowance.given, allowance.left) == (720, 720)
    assert books_hold()


def test_what_ends_first_is_proposed_first(studio, agreement, allowance):
    def open_until(day, what):
        return open_allowance(
            client=studio,
            what=what,
            unit="minutes",
            amount=60,
            starts_on=TODAY,
            expires_on=day,
            cause=f"test:{what}",
            now=NOW,
        )

    later, sooner = open_until(date(2027, 1, 31), "later"), open_until(date(2026, 12, 31), "sooner")
    open_until(TODAY, "over")
    assert proposed_for(studio, days_at(rome("2026-11-03 10:00")), "minutes") == [sooner, later, allowance]
    assert proposed_for(studio, days_at(NOW), "interventions") == []


def test_each_cause_is_a_row_that_exists(pro, agreement, allowance, desk_lead, consultant):
    contract(pro)
    change_agreement(
        agreement=agreement,
        text="",
        lines=[Line(kind="tool", what="Website", unit="minutes", amount=900, allowance=allowance)],
        why="More.",
        by=desk_lead,
        now=NOW,
    )
    take_back(entry=half_an_hour(allowance, consultant), now=NOW, by=consultant)
    assert list(causes_broken()) == []


def test_a_cause_that_is_nowhere_is_told(studio, pro, allowance, consultant):
    contract(pro)
    other = Allowance.objects.get(period__isnull=False)
    entry = half_an_hour(allowance, consultant)
    said = [
        # Of no line, of another's period, of a use by another amount, of what was no use.
        (allowance, "agreed", 5, "agreement_line:0:1"),
        (allowance, "agreed", 5, f"period:{other.period_id + 1}"),
        (allowance, "reversed", 5, f"entry:{entry.pk}"),
        (allowance, "reversed", 600, f"entry:{allowance.entries.last().pk}"),
        (other, "reversed", 30, "entry:0"),
    ]
    odd = [
        AllowanceEntry.objects.create(
            allowance=row, kind=kind, amount=amount, cause=cause, left_after=0, at=NOW
        )
        for row, kind, amount, cause in said
    ]
    assert sorted(causes_broken()) == sorted(
        f"entry {each.pk} (agreed) has no row that caused it: {each.cause}"
        if each.kind == "agreed"
        else f"entry {each.pk} (reversed) takes back no use: {each.cause}"
        for each in odd
    )


def test_the_database_refuses_to_change_or_delete_an_entry(allowance):
    entry = allowance.entries.get()
    for change in (
        lambda: AllowanceEntry.objects.filter(pk=entry.pk).update(amount=700),
        lambda: AllowanceEntry.objects.filter(pk=entry.pk).delete(),
    ):
        with pytest.raises(Exception, match="append-only"), transaction.atomic():
            change()


def test_the_database_refuses_to_overdraw(allowance):
    with pytest.raises(IntegrityError), transaction.atomic():
        Allowance.objects.filter(pk=allowance.pk).update(left=-1)
    with pytest.raises(IntegrityError), transaction.atomic():
        Allowance.objects.filter(pk=allowance.pk).update(left=601)


@pytest.mark.parametrize(
    ("number", "unit", "words"),
    [
        (150, "minutes", "2 h 30 min"),
        (120, "minutes", "2 h"),
        (45, "minutes", "45 min"),
        (0, "minutes", "0 min"),
        (1, "interventions", "1 intervention"),
        (3, "interventions", "3 interventions"),
    ],
)
def test_amounts_are_said_as_people_say_them(number, unit, words):
    assert in_words(number, unit) == words


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=st.lists(st.tuples(st.sampled_from("uab"), st.integers(1, 200)), max_size=12))
def test_whatever_is_booked_the_books_hold(allowance, consultant, steps):
    with transaction.atomic():
        for number, (step, size) in enumerate(steps):
            used = AllowanceEntry.objects.filter(kind=Kind.USED).first()
            try:
                if step == "u":
                    half_an_hour(allowance, consultant, cause=f"work:{number}", amount=size)
                elif step == "a":
                    add_to(
                        allowance=allowance, amount=size, kind=Kind.BOUGHT, cause=f"offer:{number}", now=NOW
                    )
                elif used:
                    take_back(entry=used, now=NOW, by=consultant)
            except SupportError as refusal:
                assert refusal.code in ("more_than_left", "used_up")
        assert books_hold()
        transaction.set_rollback(True)


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_of_two_who_log_the_last_half_hour_at_once_one_wins(allowance, consultant):
    half_an_hour(allowance, consultant, amount=570)
    results = together(
        lambda: half_an_hour(allowance, consultant, cause="work:2"),
        lambda: half_an_hour(allowance, consultant, cause="work:3"),
    )
    refused = [each for each in results if isinstance(each, SupportError)]
    assert [each.code for each in refused] == ["used_up"]
    assert [each for each in entries_of(allowance) if each[1] == -30] == [("used", -30, 0)]
    assert books_hold()


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_without_the_lock_both_would_be_logged(allowance, consultant, monkeypatch):
    """The race that the lock closes: both read what is left before either has written."""
    from support import allowances

    half_an_hour(allowance, consultant, amount=570)
    monkeypatch.setattr(
        type(Allowance.objects.all()), "select_for_update", lambda rows, *args, **kwargs: rows.all()
    )
    monkeypatch.setattr(allowances, "refuse_unusable", after_both(allowances.refuse_unusable))
    results = together(
        lambda: half_an_hour(allowance, consultant, cause="work:2"),
        lambda: half_an_hour(allowance, consultant, cause="work:3"),
    )
    assert [type(each) for each in results] == [AllowanceEntry, AllowanceEntry]
    assert not books_hold()


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_one_use_sent_twice_at_once_is_one(allowance, consultant):
    results = together(*[lambda: half_an_hour(allowance, consultant)] * 4)
    assert len({each.pk for each in results}) == 1
    assert Allowance.objects.get(pk=allowance.pk).left == 570
