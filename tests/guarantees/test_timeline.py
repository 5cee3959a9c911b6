"""The picture of time: its days, and that all of it lies where it should at every stage (G1 to G6)."""

import dataclasses
from datetime import date, timedelta

import pytest

from guarantees import rules, timeline
from guarantees.dates import mark_label, told_dates
from guarantees.facts import NOTHING_YET
from tests.guarantees.test_wording import contact, contacts

START = date(2026, 1, 10)
TERMS = rules.Terms()
CONTRACTED = dataclasses.replace(NOTHING_YET, contracted_on=START)
WIDTHS = (296.0, 860.0)


def with_contacts(*some, **changes):
    return dataclasses.replace(CONTRACTED, contacts=some, **changes)


TRAPPED = with_contacts(*contacts(14), contact(15, date(2026, 4, 5)))
STAGES = {
    "before contracting": (NOTHING_YET, TERMS, date(2026, 8, 31)),
    "no contacts": (CONTRACTED, TERMS, START),
    "seven": (with_contacts(*contacts(7, step=3)), TERMS, date(2026, 2, 1)),
    "past the safe day": (with_contacts(*contacts(7)), TERMS, date(2026, 3, 20)),
    "buy-by passed": (with_contacts(*contacts(7)), TERMS, date(2026, 3, 26)),
    "trapped": (TRAPPED, TERMS, date(2026, 4, 6)),
    "waiting": (with_contacts(*contacts(15)), TERMS, date(2026, 2, 1)),
    "eligible": (with_contacts(*contacts(18)), TERMS, date(2026, 3, 1)),
    "extra days": (with_contacts(*contacts(15), extra_days=40), TERMS, date(2026, 5, 20)),
    "kept open": (TRAPPED, rules.Terms(extend_for_wait=True), date(2026, 4, 6)),
    "long after": (with_contacts(*contacts(15)), TERMS, date(2029, 1, 1)),
    "hundreds": (
        with_contacts(*(contact(n, START + timedelta(days=n % 90)) for n in range(400))),
        TERMS,
        START,
    ),
    "nothing to wait for": (
        CONTRACTED,
        rules.Terms(waiting_months=0, purchase_months=0, grace_days=0),
        START,
    ),
}


def draw(name, width=860.0):
    facts, terms, today = STAGES[name]
    return timeline.draw(facts, terms, today, label=mark_label, width=width)


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("name", STAGES)
def test_everything_lies_inside_the_picture(name, width):
    picture = draw(name, width)
    for band in picture.bands:
        assert 0 <= band.x <= band.x + band.width <= width + 3
        assert 0 <= band.y <= band.y + band.height <= picture.axis_y
    for dot in picture.dots:
        assert 0 <= dot.x <= width and 0 <= dot.y <= picture.bands[0].y
    for mark in picture.marks:
        length = len(mark.label) * timeline.LETTER
        starts = mark.label_x if mark.anchor == "start" else mark.label_x - length
        assert starts >= -1 and starts + length <= width + 1
        assert 0 < mark.label_y < picture.bands[0].y
        assert mark.line_from < picture.tick_to
    assert picture.months_y < picture.height


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("name", STAGES)
def test_no_label_lies_on_another(name, width):
    places = []
    for mark in draw(name, width).marks:
        length = len(mark.label) * timeline.LETTER
        starts = mark.label_x if mark.anchor == "start" else mark.label_x - length
        places.append((mark.label_y, starts, starts + length))
    for one in places:
        for other in places:
            if one is not other and one[0] == other[0]:
                assert one[2] <= other[1] or other[2] <= one[1]


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("name", STAGES)
def test_no_dot_lies_on_another(name, width):
    dots = [(dot.x, dot.y) for dot in draw(name, width).dots]
    assert len(set(dots)) == len(dots)


@pytest.mark.parametrize("name", STAGES)
def test_what_is_later_lies_further_to_the_right(name):
    marks = sorted(draw(name).marks, key=lambda mark: mark.day)
    assert [mark.x for mark in marks] == sorted(mark.x for mark in marks)


def bands(name):
    return [(band.kind, band.starts_on, band.ends_on, band.planned) for band in draw(name).bands]


def test_before_contracting_all_is_planned_from_today():
    """The third row of the rules' date table, as if contracted on 31 August."""
    assert bands("before contracting") == [
        ("buy", date(2026, 8, 31), date(2026, 11, 15), True),
        ("trap", date(2026, 11, 16), date(2026, 11, 30), True),
        ("wait", date(2026, 11, 8), date(2026, 12, 8), True),
        ("claim", date(2026, 12, 8), date(2026, 12, 15), True),
    ]


def test_with_contacts_missing_the_wait_is_drawn_from_the_safe_day():
    assert bands("seven") == [
        ("buy", START, date(2026, 3, 25), False),
        ("trap", date(2026, 3, 26), date(2026, 4, 10), False),
        ("wait", date(2026, 3, 18), date(2026, 4, 18), True),
        ("claim", date(2026, 4, 18), date(2026, 4, 25), True),
    ]


def test_after_the_safe_day_it_is_drawn_from_today():
    assert bands("past the safe day")[2:] == [
        ("wait", date(2026, 3, 20), date(2026, 4, 20), True),
        ("claim", date(2026, 4, 20), date(2026, 4, 25), True),
    ]


def test_once_it_is_too_late_no_window_is_drawn():
    assert [kind for kind, *_ in bands("buy-by passed")] == ["buy", "trap"]


def test_the_trap_is_drawn_beyond_the_last_day_to_claim():
    """G6."""
    assert bands("trapped")[2:] == [("trap", date(2026, 4, 5), date(2026, 5, 5), False)]
    assert [dot.kind for dot in draw("trapped").dots] == ["counted"] * 14 + ["late"]


def test_with_all_contacts_in_time_the_three_months_are_whole():
    assert bands("waiting") == [
        ("buy", START, date(2026, 4, 10), False),
        ("wait", START, date(2026, 2, 10), False),
        ("claim", date(2026, 2, 10), date(2026, 4, 25), False),
    ]


def test_with_the_window_kept_open_the_trap_is_none():
    """G6: `extend_for_wait`."""
    assert bands("kept open") == [
        ("buy", START, date(2026, 4, 10), False),
        ("wait", date(2026, 4, 5), date(2026, 5, 5), False),
        ("claim", date(2026, 5, 5), date(2026, 5, 20), False),
    ]


def test_a_dot_says_what_became_of_the_contact():
    some = (
        contact(1, START, returned=True),
        contact(2, START, won=True),
        *(contact(n, START) for n in range(3, 19)),
    )
    picture = timeline.draw(with_contacts(*some), TERMS, START, label=mark_label, width=860.0)
    assert {dot.contact: dot.kind for dot in picture.dots} == {1: "returned", 2: "won"} | {
        n: "counted" if n <= 16 else "beyond" for n in range(3, 19)
    }


def test_of_hundreds_of_contacts_the_fifteen_and_as_many_others_are_drawn():
    picture = draw("hundreds", 296.0)
    assert len(picture.dots) == 15 + timeline.OTHERS_DRAWN
    assert picture.undrawn == 400 - len(picture.dots)


def test_long_after_the_end_today_stands_at_the_edge():
    picture = draw("long after")
    today = next(mark for mark in picture.marks if mark.kind == "today")
    assert picture.today_beyond is True
    assert picture.last == date(2026, 4, 25) + timedelta(days=timeline.DAYS_AFTER)
    assert today.x == 860.0 - timeline.MARGIN
    assert draw("eligible").today_beyond is False


def test_months_are_named_where_there_is_room():
    assert [(month.day, month.named) for month in draw("seven", 296.0).months] == [
        (date(2026, 2, 1), True),
        (date(2026, 3, 1), True),
        (date(2026, 4, 1), True),
    ]


def told(name):
    facts, terms, today = STAGES[name]
    return [(each.kind, each.day, each.planned) for each in told_dates(facts, terms, today)]


def test_the_dates_are_told_from_the_day_of_contracting():
    """G6: B and the safe day, from the first day on."""
    assert told("no contacts") == [
        ("contracted", START, False),
        ("safe", date(2026, 3, 18), False),
        ("buy_by", date(2026, 3, 25), False),
        ("deadline", date(2026, 4, 10), False),
        ("claim_from", date(2026, 4, 18), True),
        ("claim_until", date(2026, 4, 25), False),
    ]


def test_before_contracting_the_dates_are_what_they_would_be():
    assert told("before contracting") == [
        ("contracted", date(2026, 8, 31), True),
        ("safe", date(2026, 11, 8), True),
        ("buy_by", date(2026, 11, 15), True),
        ("deadline", date(2026, 11, 30), True),
        ("claim_from", date(2026, 12, 8), True),
        ("claim_until", date(2026, 12, 15), True),
    ]


def test_once_all_are_bought_only_what_still_matters_is_told():
    assert told("waiting") == [
        ("contracted", START, False),
        ("claim_from", date(2026, 2, 10), False),
        ("deadline", date(2026, 4, 10), False),
        ("claim_until", date(2026, 4, 25), False),
    ]


def test_the_dates_of_the_trap_say_why():
    assert told("trapped") == [
        ("contracted", START, False),
        ("buy_by", date(2026, 3, 25), False),
        ("deadline", date(2026, 4, 10), False),
        ("claim_until", date(2026, 4, 25), False),
        ("claim_from", date(2026, 5, 5), False),
    ]


@pytest.mark.parametrize("name", STAGES)
def test_every_mark_of_the_picture_is_told_in_words_too(name):
    """For whoever does not see the picture."""
    drawn = {mark.kind for mark in draw(name).marks} - {"today"}
    assert drawn <= {kind for kind, _, _ in told(name)}


def test_the_very_last_day_says_how_little_it_leaves():
    facts, terms, today = STAGES["no contacts"]
    sentences = {each.kind: each.sentence for each in told_dates(facts, terms, today)}
    assert sentences["buy_by"] == (
        "The very last day for the last of the 15 contacts. It leaves 1 day to claim; bought later, it can never be "
        "claimed."
    )
    assert sentences["safe"] == "Have all 15 contacts by this day to be safe: it leaves 8 days to claim."
