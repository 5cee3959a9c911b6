"""Agreements signed, and changed by another version (S4)."""

from datetime import date

import pytest
from django.db import IntegrityError, transaction

from support.agreements import Line, change_agreement, line_of, sign_agreement
from support.errors import SupportError
from support.invariants import agreements as agreements_broken
from support.models import Agreement, AgreementLine, AgreementVersion, Allowance
from tests.support.making import NOW, TRAINING, WEBSITE, registrar, rome

LATER = rome("2026-11-20 10:00")


def sign(client, by, **changes):
    said = {
        "title": "Website",
        "text": "Ten pages.",
        "lines": [WEBSITE, TRAINING],
        "signed": Agreement.Signed.PAPER,
        "now": NOW,
    }
    return sign_agreement(client=client, by=by, **(said | changes))


def said_by(version):
    return list(version.lines.values_list("what", "unit", "amount", "allowance__left"))


def test_signing_makes_a_version_its_lines_and_an_allowance_for_each(studio, desk_lead):
    agreement = sign(studio, desk_lead)
    assert (agreement.number, agreement.signed_on) == ("A-2026-000001", date(2026, 11, 2))
    assert said_by(agreement.current) == [
        ("Website", "minutes", 600, 600),
        ("Training", "interventions", 3, 3),
    ]
    website = Allowance.objects.get(what="Website")
    assert (website.client, website.starts_on, website.expires_on) == (
        studio,
        date(2026, 11, 2),
        date(2027, 11, 2),
    )
    assert list(agreements_broken()) == []


def test_numbers_of_a_year_follow_each_other_and_begin_anew(studio, desk_lead):
    earlier = sign(studio, desk_lead, signed_on=date(2025, 12, 31))
    first, second = sign(studio, desk_lead), sign(studio, desk_lead)
    assert [each.number for each in (earlier, first, second)] == [
        "A-2025-000001",
        "A-2026-000001",
        "A-2026-000002",
    ]


def test_paper_that_was_signed_earlier_gives_support_from_then_on(studio, desk_lead):
    agreement = sign(studio, desk_lead, signed_on=date(2026, 10, 1), lines=[TRAINING])
    assert agreement.current.lines.get().allowance.starts_on == date(2026, 10, 1)


def test_the_day_of_signing_is_the_desks(studio, desk_lead):
    """Half past midnight in Rome is still the day before in Mexico City."""
    assert sign(studio, desk_lead, now=rome("2026-11-03 00:30")).signed_on == date(2026, 11, 3)


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"signed_on": date(2026, 11, 3)}, "signed_later"),
        ({"lines": []}, "nothing_sold"),
        ({"lines": [Line(kind="tool", what="Shop")]}, "tool_without_support"),
        (
            {
                "lines": [
                    Line(kind="service", what="Talk", unit="minutes", amount=5, expires_on=date(2026, 11, 1))
                ]
            },
            "ends_before",
        ),
    ],
)
def test_what_cannot_have_been_meant_is_refused_and_nothing_is_left(studio, desk_lead, changes, code):
    with pytest.raises(SupportError) as refusal:
        sign(studio, desk_lead, **changes)
    assert refusal.value.code == code
    assert not Agreement.objects.exists()
    assert not Allowance.objects.exists()
    assert sign(studio, desk_lead).number == "A-2026-000001"


def test_a_tool_comes_without_support_for_a_reason(studio, desk_lead):
    agreement = sign(
        studio, desk_lead, lines=[Line(kind="tool", what="Domain", no_support_reason="It needs none.")]
    )
    assert agreement.current.lines.get().allowance is None


def test_the_database_holds_a_tool_to_support_or_a_reason(agreement):
    with pytest.raises(IntegrityError), transaction.atomic():
        AgreementLine.objects.create(version=agreement.current, kind="tool", what="Domain")


def test_another_version_keeps_the_allowance_and_adds_to_it(agreement, allowance, desk_lead):
    before = agreement.current
    more = Line(kind="tool", what="Website and shop", unit="minutes", amount=900, allowance=allowance)
    version = change_agreement(
        agreement=agreement,
        text="And a shop.",
        lines=[more],
        why="A shop was added.",
        by=desk_lead,
        now=LATER,
    )
    assert (version.number, version.why, version.written_at) == (2, "A shop was added.", LATER)
    assert agreement.current == version
    assert said_by(version) == [("Website and shop", "minutes", 900, 900)]
    assert said_by(before) == [("Website", "minutes", 600, 900)]
    assert Allowance.objects.get().given == 900


def test_a_new_line_brings_an_allowance_that_begins_then(agreement, desk_lead):
    kept = line_of(agreement.current.lines.get())
    change_agreement(
        agreement=agreement,
        text="",
        lines=[kept, TRAINING],
        why="Training was added.",
        by=desk_lead,
        now=LATER,
    )
    training = Allowance.objects.get(what="Training")
    assert (training.starts_on, training.left) == (date(2026, 11, 20), 3)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (lambda line: [], "line_dropped"),
        (lambda line: [TRAINING], "line_dropped"),
        (
            lambda line: [
                Line(kind="tool", what="Website", unit="minutes", amount=599, allowance=line.allowance)
            ],
            "less_support",
        ),
        (
            lambda line: [
                Line(kind="tool", what="Website", unit="interventions", amount=600, allowance=line.allowance)
            ],
            "less_support",
        ),
    ],
)
def test_what_was_promised_is_never_made_less(agreement, desk_lead, change, code):
    lines = change(agreement.current.lines.get())
    with pytest.raises(SupportError) as refusal:
        change_agreement(agreement=agreement, text="", lines=lines, why="Less.", by=desk_lead, now=LATER)
    assert refusal.value.code == code
    assert agreement.versions.count() == 1
    assert Allowance.objects.get().given == 600


def test_a_change_needs_a_reason(agreement, desk_lead):
    with pytest.raises(SupportError) as refusal:
        change_agreement(agreement=agreement, text="", lines=[TRAINING], why="  ", by=desk_lead, now=LATER)
    assert (refusal.value.code, refusal.value.field) == ("no_reason", "why")


def test_the_allowance_of_somebody_else_is_no_line_of_this_agreement(agreement, desk_lead):
    from support.clients import open_client

    other = open_client(name="Other", email="other@example.com", language="en", now=NOW, by=registrar())
    theirs = sign(other, desk_lead, lines=[TRAINING]).current.lines.get()
    kept = line_of(agreement.current.lines.get())
    with pytest.raises(SupportError) as refusal:
        change_agreement(
            agreement=agreement, text="", lines=[kept, line_of(theirs)], why="Mine.", by=desk_lead, now=LATER
        )
    assert refusal.value.code == "other_client"


@pytest.mark.parametrize(
    ("model", "change"), [(AgreementVersion, {"text": "Less."}), (AgreementLine, {"what": "Less"})]
)
def test_the_database_refuses_to_change_what_was_agreed(agreement, model, change):
    with pytest.raises(Exception, match="append-only"), transaction.atomic():
        model.objects.update(**change)


def test_an_agreement_is_changed_also_when_the_support_of_a_line_has_ended(studio, desk_lead):
    ends = Line(kind="service", what="Talk", unit="minutes", amount=60, expires_on=date(2026, 11, 10))
    agreement = sign(studio, desk_lead, lines=[ends])
    kept = line_of(agreement.current.lines.get())
    version = change_agreement(
        agreement=agreement, text="", lines=[kept, TRAINING], why="More.", by=desk_lead, now=LATER
    )
    assert [what for what, *_rest in said_by(version)] == ["Talk", "Training"]


def test_a_year_that_was_mistyped_is_refused(studio, desk_lead):
    with pytest.raises(SupportError) as refusal:
        sign(studio, desk_lead, signed_on=date(202, 11, 2))
    assert (refusal.value.code, refusal.value.field) == ("signed_long_ago", "signed_on")
