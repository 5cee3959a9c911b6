"""What speaks against a claim, judged from what was seen of it, each beside what is no signal; and which decisions
disagree with it (G25). Nothing here touches a database."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from guarantees.claim_signals import (
    OF_DELAY,
    OF_HOMEOWNERS,
    STRONG,
    ClaimSeen,
    ContactSeen,
    Copy,
    DiaryLine,
    Homeowner,
    Photos,
    ReviewSign,
    Shared,
    Signal,
    disagrees,
    signals_of,
)
from tests.making import at

DAY = date(2026, 2, 20)
BOUGHT_ON = date(2026, 1, 11)
CONTACT = ContactSeen(
    id=71, position=1, bought_on=BOUGHT_ON, first_contact_on=BOUGHT_ON, in_touch_on=BOUGHT_ON, story="a"
)
WON_AT, LOST_AT, OPEN_AT = at("2026-01-20 10:00"), at("2026-01-21 11:00"), at("2026-01-22 12:00")
CALL = DiaryLine("call", at("2026-01-11 15:00"), at("2026-01-11 15:10"))
COPY = Copy(claim=5, business=9, name="Pinturas Juárez", made_on=DAY, position=4)
SIGN = ReviewSign("same_network", "Written there.", "Ana", DAY, 8)


def noticed(*contacts, **of_claim):
    return signals_of(ClaimSeen(made_on=DAY, contacts=contacts or [CONTACT], **of_claim))


def of_contact(**facts):
    return [(signal.code, dict(signal.detail)) for signal in noticed(replace(CONTACT, **facts))]


def test_of_an_ordinary_claim_nothing_is_noticed():
    assert noticed() == []


# Each signal, and its nearest neighbour that is none.


def test_won_earlier_and_corrected_since_tells_when_and_to_what():
    outcomes = (("open", at("2026-01-12 09:00")), ("won", WON_AT), ("lost", LOST_AT), ("open", OPEN_AT))
    assert of_contact(outcomes=outcomes) == [
        ("won_earlier", {"won_at": WON_AT, "corrected_to": "lost", "corrected_at": LOST_AT})
    ]


def test_won_twice_and_corrected_tells_of_the_last_time():
    outcomes = (("won", WON_AT), ("open", LOST_AT), ("won", OPEN_AT), ("no_answer", OPEN_AT + timedelta(1)))
    ((_code, detail),) = of_contact(outcomes=outcomes)
    assert (detail["won_at"], detail["corrected_to"]) == (OPEN_AT, "no_answer")


@pytest.mark.parametrize(
    "facts",
    [
        {"outcomes": (("lost", LOST_AT), ("open", OPEN_AT))},
        {"outcomes": (("lost", LOST_AT), ("won", WON_AT)), "is_won": True},
        {"outcomes": (("won", WON_AT), ("lost", LOST_AT), ("won", OPEN_AT)), "is_won": True},
    ],
)
def test_never_won_or_won_now_is_not_won_earlier(facts):
    assert of_contact(**facts) == []


def test_the_homeowner_says_hired_and_the_contact_is_not_won():
    said = Homeowner(word="hired_them", said_at=LOST_AT)
    assert of_contact(homeowner=said) == [("says_hired", {"said_at": LOST_AT})]
    assert of_contact(homeowner=said, is_won=True) == []
    assert of_contact(homeowner=replace(said, word="hired_other")) == []


def test_stars_for_the_work_where_nobody_was_hired():
    assert of_contact(work_stars=5, reviewed_on=DAY) == [("work_rated", {"stars": 5, "day": DAY})]
    assert of_contact(work_stars=5, reviewed_on=DAY, is_won=True) == []
    assert of_contact(work_stars=None, reviewed_on=DAY) == []


@pytest.mark.parametrize("said", [Homeowner(word="never_contacted"), Homeowner(contacted="no")])
def test_nobody_contacted_me_disagrees_with_an_entry_that_must_have_been_noticed(said):
    assert of_contact(homeowner=said, in_touch=CALL) == [("says_never_contacted", {"entry": CALL})]
    assert of_contact(homeowner=said, in_touch=None) == []


@pytest.mark.parametrize(
    ("days", "noticed"), [(-2, True), (-1, False), (0, False), (1, False), (2, True), (30, True)]
)
def test_the_day_of_the_first_contact_may_be_remembered_a_day_off(days, noticed):
    said = BOUGHT_ON + timedelta(days)
    found = of_contact(homeowner=Homeowner(contacted="yes", contacted_on=said))
    expected = ("says_contacted_otherwise", {"said": said, "exactly": True, "diary": BOUGHT_ON})
    assert found == ([expected] if noticed else [])


@pytest.mark.parametrize(
    ("when", "diary_day", "noticed"),
    [
        ("within_a_day", 0, False),
        ("within_a_week", 0, True),  # From the second day on, and the diary says the same day.
        ("within_a_week", 1, False),
        ("later", 6, True),
        ("later", 7, False),
        ("unknown", 0, False),
        ("", 0, False),
    ],
)
def test_about_when_is_compared_by_the_first_day_that_it_speaks_of(when, diary_day, noticed):
    day = BOUGHT_ON + timedelta(diary_day)
    facts = {"first_contact_on": day, "in_touch_on": day}
    found = of_contact(homeowner=Homeowner(contacted="yes", contacted_when=when), **facts)
    assert [code for code, _detail in found] == (["says_contacted_otherwise"] if noticed else [])


def test_a_day_is_not_compared_with_a_diary_that_has_none():
    said = Homeowner(contacted="yes", contacted_on=DAY)
    assert of_contact(homeowner=said, first_contact_on=None, in_touch_on=None) == []


@pytest.mark.parametrize(
    ("days", "in_touch", "diary"),
    [
        (-2, 5, 0),  # Before anybody had tried.
        (-1, 5, None),
        (0, 5, None),  # They saw the missed call…
        (3, 5, None),
        (6, 5, None),  # … or only know of the one that they took.
        (7, 5, 5),
        (-2, None, 0),
        (30, None, None),  # By the diary they were never reached, and need not have noticed.
    ],
)
def test_a_call_that_was_not_answered_may_have_been_noticed_or_not(days, in_touch, diary):
    """On the day of the purchase a call that nobody answered; `in_touch` days later they spoke."""
    said = BOUGHT_ON + timedelta(days)
    found = of_contact(
        homeowner=Homeowner(contacted="yes", contacted_on=said),
        in_touch_on=None if in_touch is None else BOUGHT_ON + timedelta(in_touch),
    )
    expected = []
    if diary is not None:
        detail = {"said": said, "exactly": True, "diary": BOUGHT_ON + timedelta(diary)}
        expected = [("says_contacted_otherwise", detail)]
    assert found == expected


def test_about_when_says_nothing_against_calls_that_were_not_answered():
    said = Homeowner(contacted="yes", contacted_when="later")
    assert of_contact(homeowner=said, in_touch_on=None) == []


def test_delays_are_told_as_they_are():
    took = timedelta(hours=25)
    within = timedelta(hours=36)
    assert of_contact(first_contact="late", first_contact_took=took, first_contact_within=within) == [
        ("first_contact_late", {"took": took, "within": within})
    ]
    assert of_contact(first_contact="never") == [("never_contacted", {})]
    assert of_contact(written_late=(CALL,)) == [("written_late", {"entries": (CALL,)})]


def test_the_same_story_names_the_other_contacts_and_an_erased_one_is_like_no_other():
    contacts = [
        replace(CONTACT, id=70 + n, position=n, story=story) for n, story in enumerate("abab", start=1)
    ]
    contacts += [replace(CONTACT, id=80 + n, position=n, story="") for n in (5, 6)]
    contacts.append(replace(CONTACT, id=90, position=7, story="c"))
    found = [(signal.contact, signal.code, signal.detail["positions"]) for signal in noticed(*contacts)]
    assert found == [
        (71, "same_story", (3,)),
        (72, "same_story", (4,)),
        (73, "same_story", (1,)),
        (74, "same_story", (2,)),
    ]


def test_copies_and_signs_of_the_review_are_told_one_by_one():
    second = replace(COPY, claim=6)
    assert of_contact(copies=(COPY, second), review=(SIGN,), story_length=60) == [
        ("same_network", {"sentence": "Written there."}),
        ("copied_story", {"copy": COPY}),
        ("copied_story", {"copy": second}),
    ]


@pytest.mark.parametrize(
    ("length", "is_earlier", "code"),
    [
        (60, True, "copied_story"),
        (59, True, "story_elsewhere"),  # So short that two may have told it alike.
        (60, False, "story_elsewhere"),  # The other is the copy.
    ],
)
def test_a_long_story_is_copied_from_an_earlier_claim_alone(length, is_earlier, code):
    copy = replace(COPY, is_earlier=is_earlier)
    assert of_contact(copies=(copy,), story_length=length) == [(code, {"copy": copy})]


def test_what_belongs_to_no_contact_comes_last():
    shared = Shared(9, "Pinturas Juárez", "payer")
    found = noticed(replace(CONTACT, first_contact="never"), earlier_reviews=(SIGN,), shared=(shared,))
    assert found == [
        Signal("never_contacted", 71, {}),
        Signal(
            "same_network", None, {"sentence": "Written there.", "author": "Ana", "day": DAY, "review": 8}
        ),
        Signal("shared_payer", None, {"shared": shared}),
    ]


@pytest.mark.parametrize(
    ("photos", "seen"),
    [
        (Photos(work_asked=4, work_before=3, work=4), True),
        (Photos(work_asked=4, work_before=4, work=9), False),  # There were enough before.
        (Photos(work_asked=4, work_before=0, work=0), False),  # None came that day.
        (Photos(project_asked=2, project_before=1, project=2), True),
        (Photos(project_asked=2, project_before=2, project=2), False),
        (Photos(work_asked=0, work=5, project_asked=0, project=5), False),  # None were asked for.
    ],
)
def test_photos_of_claim_day_are_a_signal_where_they_were_needed(photos, seen):
    found = noticed(photos=photos)
    assert found == ([Signal("photos_on_claim_day", None, {"day": DAY, "photos": photos})] if seen else [])


# Which decisions disagree


def signal(code, contact=71):
    return Signal(code, contact, {})


@pytest.mark.parametrize("code", sorted(STRONG))
def test_an_approval_in_spite_of_a_strong_signal_disagrees(code):
    assert disagrees("approved", [signal(code)], ())


WEAK = ["written_late", "first_contact_late", "never_contacted", "same_story", "says_contacted_otherwise",
        "same_network", "story_elsewhere", "photos_on_claim_day", "shared_phone", "work_without_a_job"]  # fmt: skip


def test_an_approval_with_weak_signals_alone_or_none_does_not():
    assert not disagrees("approved", [signal(code) for code in WEAK], ())
    assert not disagrees("approved", [], ())


@pytest.mark.parametrize(
    ("signals", "expected"),
    [
        ([], True),
        ([signal("won_earlier", contact=71)], False),  # Of the contact that was found false.
        ([signal("written_late", contact=71)], False),  # A weak one is a reason, too.
        ([signal("shared_phone", contact=None)], False),  # Of the whole claim.
        ([signal("won_earlier", contact=72)], True),  # Of another contact.
        ([signal("never_contacted", contact=71), signal("first_contact_late", contact=71)], True),
    ],
)
def test_rejected_as_false_disagrees_where_nothing_was_noticed_of_what_was_found_false(signals, expected):
    assert disagrees("rejected_as_false", signals, {71}) is expected


def test_a_plain_rejection_disagrees_where_it_stands_on_nothing_whatever_the_signals():
    for signals in ([], [signal(code) for code in STRONG]):
        assert disagrees("rejected", signals, ())
        assert not disagrees("rejected", signals, (), grounds=["plan"])


def test_what_is_strong_is_no_delay():
    assert not STRONG & OF_DELAY
    assert {"says_contacted_otherwise", "work_without_a_job"} == OF_HOMEOWNERS - STRONG
