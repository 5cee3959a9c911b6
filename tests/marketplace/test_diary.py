"""M6, G21: what happened, when, and when that was written down."""

from datetime import timedelta

import pytest

from base.registry import invariants
from marketplace.diary import write_diary
from marketplace.errors import MarketplaceError
from marketplace.follow_up import Step, next_step
from marketplace.models import DiaryEntry
from tests.making import NOW, buy, contract, fund

pytestmark = pytest.mark.django_db
Kind = DiaryEntry.Kind
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


@pytest.fixture
def contact(pro):
    contract(pro)
    fund(pro)
    return buy(pro)[0]


def write(contact, kind=Kind.CALL, *, after=HOUR, written=None, text="", by=None):
    """An entry about what happened `after` the purchase, written down at once unless told otherwise."""
    happened_at = contact.bought_at + after
    entry = write_diary(
        contact=contact,
        kind=kind,
        happened_at=happened_at,
        text=text,
        by=by,
        now=contact.bought_at + written if written else happened_at,
    )
    contact.refresh_from_db()
    assert [line for each in invariants for line in each.broken()] == []
    return entry


def refused(contact, kind=Kind.CALL, *, after=HOUR, now_after=HOUR) -> str:
    with pytest.raises(MarketplaceError) as caught:
        write_diary(
            contact=contact,
            kind=kind,
            happened_at=contact.bought_at + after,
            text="",
            by=None,
            now=contact.bought_at + now_after,
        )
    assert not DiaryEntry.objects.exists()
    contact.refresh_from_db()
    assert contact.first_contact_at is None
    return caught.value.code


def test_an_entry_keeps_both_times_and_who_wrote_it(pro, contact):
    entry = write(contact, after=2 * HOUR, written=30 * HOUR, text=" Hablamos. ", by=pro.owner)
    entry.refresh_from_db()
    assert (entry.happened_at, entry.written_at) == (NOW + 2 * HOUR, NOW + 30 * HOUR)
    assert (entry.text, entry.written_by, entry.written_late) == ("Hablamos.", pro.owner, True)


def test_an_entry_is_late_after_more_than_24_hours(contact):
    assert not write(contact, after=HOUR, written=25 * HOUR).written_late
    assert write(contact, after=HOUR, written=25 * HOUR + timedelta(seconds=1), text="later").written_late


@pytest.mark.parametrize("kind", Kind.values)
def test_what_counts_as_a_first_contact(contact, kind):
    """G21: outgoing calls, answered or not, messages, mails and visits; not quotes, notes, nor being called."""
    write(contact, kind)
    outgoing = kind in ("call", "call_unanswered", "message", "mail", "visit")
    assert contact.first_contact_at == (NOW + HOUR if outgoing else None)


def test_the_first_contact_is_the_earliest_by_when_it_happened(contact):
    write(contact, after=5 * HOUR)
    write(contact, after=9 * HOUR)
    assert contact.first_contact_at == NOW + 5 * HOUR
    write(contact, Kind.NOTE, after=HOUR, written=10 * HOUR)
    assert contact.first_contact_at == NOW + 5 * HOUR
    write(contact, Kind.MESSAGE, after=2 * HOUR, written=40 * HOUR)
    assert contact.first_contact_at == NOW + 2 * HOUR
    assert contact.hours_to_first_contact == 2


def test_nothing_happens_before_the_purchase(contact):
    assert refused(contact, after=-timedelta(microseconds=1)) == "before_purchase"
    assert write(contact, after=timedelta(0)).happened_at == contact.bought_at


def test_nothing_happens_in_the_future(contact):
    assert refused(contact, after=HOUR + timedelta(microseconds=1), now_after=HOUR) == "in_the_future"
    assert write(contact, after=HOUR, written=HOUR)


def test_an_unknown_kind_is_refused(contact):
    assert refused(contact, "telepathy") == "unknown_kind"


def test_the_same_entry_sent_twice_is_one(contact):
    first = write(contact, text="Hablamos.")
    assert write(contact, text="Hablamos.", written=2 * HOUR) == first
    assert write(contact, text="Hablamos otra vez.") != first


def test_nothing_is_written_about_a_returned_contact(contact, moderator):
    from marketplace.returns import return_by_staff

    return_by_staff(contact=contact, by=moderator, note="bad number", now=NOW)
    assert refused(contact) == "returned"


def advice(contact):
    return next_step(contact, list(contact.diary.all()))


def test_the_next_step_is_to_call_first_and_within_the_day(contact):
    """G22: recommends a call first and says why."""
    step = advice(contact)
    assert (step.step, step.due_at) == (Step.CALL_FIRST, NOW + 24 * HOUR)
    assert "call" in step.why.lower()
    write(contact, Kind.NOTE)
    assert advice(contact).step == Step.CALL_FIRST


def test_three_calls_that_nobody_answers_lead_to_a_message(contact):
    for hour, step in ((1, Step.CALL_AGAIN), (20, Step.CALL_AGAIN), (40, Step.WRITE)):
        write(contact, Kind.CALL_UNANSWERED, after=hour * HOUR)
        assert (advice(contact).step, advice(contact).due_at) == (step, NOW + (hour + 24) * HOUR)
    write(contact, Kind.MESSAGE, after=50 * HOUR)
    assert advice(contact).step == Step.IN_TOUCH


def test_from_the_first_call_to_the_quote_and_the_question_about_it(contact):
    for day, (kind, step) in enumerate(
        [
            (Kind.CALL, Step.SUMMARY),
            (Kind.MAIL, Step.QUOTE),
            (Kind.VISIT, Step.SUMMARY),
            (Kind.QUOTE, Step.ASK_ABOUT_QUOTE),
            (Kind.MESSAGE, Step.IN_TOUCH),
        ]
    ):
        write(contact, kind, after=timedelta(days=day, hours=1))
        assert advice(contact).step == step
        assert advice(contact).why


def test_an_outcome_or_a_return_ends_the_advice(contact, pro, moderator):
    from marketplace.contacts import set_outcome

    lost = set_outcome(contact=contact, outcome="lost", lost_reason="price", by=pro.owner, now=NOW)
    assert advice(lost) is None
    reopened = set_outcome(contact=contact, outcome="open", lost_reason="", by=pro.owner, now=NOW)
    assert advice(reopened).step == Step.CALL_FIRST


def test_a_diary_has_room_for_twenty_entries_a_day_and_a_hundred_in_all(contact):
    minute = timedelta(minutes=1)
    for day in range(5):
        for number in range(20):
            entry = write(contact, Kind.NOTE, after=day * DAY + number * minute, text=f"{day} {number}")
        if day < 4:
            with pytest.raises(MarketplaceError) as caught:
                write(contact, Kind.NOTE, after=day * DAY + HOUR, text="one more")
            assert caught.value.code == "too_many_today"
    with pytest.raises(MarketplaceError) as caught:
        write(contact, Kind.NOTE, after=9 * DAY)
    assert caught.value.code == "diary_full"
    # What stands already is no new entry.
    again = write(contact, Kind.NOTE, after=4 * DAY + 19 * minute, text="4 19")
    assert (again, contact.diary.count()) == (entry, 100)


def test_what_is_written_keeps_no_controls(contact):
    assert write(contact, text="Llam\u00e9.\x07\r\n\u202eNadie.").text == "Llam\u00e9.\nNadie."
