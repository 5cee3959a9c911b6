"""Counting what a profile shows (G7): characters, answers, different photos."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from base.days import marketplace_day
from profiles.businesses import save_answers, save_profile
from profiles.completeness import ProfileCounts, counts_of
from profiles.models import Photo, Professional, Question
from profiles.photos import add_photo
from profiles.plain_text import length_as_read, many_lines, one_line
from profiles.projects import add_project
from tests.making import NOW, complete_profile, make_pro, picture

TODAY = marketplace_day(NOW)


def describe(pro, text):
    return save_profile(
        professional=pro, name=pro.name, description=text, phone=str(pro.phone), tax_id=pro.tax_id
    ).description_length


@pytest.mark.parametrize(
    ("text", "length"),
    [
        ("", 0),
        ("   \n\t ", 0),
        ("a" * 200, 200),
        ("a" * 201, 201),
        ("  " + "a" * 200 + " \n", 200),
        ("a    b", 3),
        ("a \r\n\r\n b", 3),
        ("a\u00a0\u2003\u3000b", 3),
        ("ñandú", 5),
        ("n\u0303andu\u0301", 5),
        ("👨‍👩‍👧‍👦🇲🇽👍🏽", 3),
        ("1\ufe0f\u20e3", 1),
        ("नमस्ते", 3),
        ("각", 1),
        ("<b>&amp;</b>", 12),
        ("a\u200bb", 2),
        ("\u200b" * 201, 0),
        ("\u3164" * 201, 0),
        ("\u2800" * 201, 0),
        ("x" + " \u200d" * 201 + "y", 3),
        ("\u00ad" * 201, 0),
        ("\x00" * 201, 0),
        ("\u202e" * 201, 0),
        ("e" + "\u0301" * 300, 1),
        ("👍  🏽", 3),
    ],
)
def test_characters_are_counted_as_a_reader_counts_them(text, length):
    assert length_as_read(text) == length


@given(st.text())
def test_white_space_around_and_repeated_is_not_counted(text):
    assert length_as_read(f"  \n{text}\t ") == length_as_read(text)
    assert length_as_read(" \u00a0 ".join([text, text])) == length_as_read(f"{text} {text}")


@given(st.text(), st.text())
def test_a_space_between_two_texts_counts_one(first, second):
    apart = [length_as_read(first), length_as_read(second)]
    assert length_as_read(f"{first} \n{second}") == sum(apart) + all(apart)


@given(st.text(alphabet=st.characters(categories=["L", "N", "P"], max_codepoint=0x24F)))
def test_plain_letters_count_one_each(text):
    assert length_as_read(text) == len(text)


@given(st.text())
def test_what_is_kept_can_be_kept_again_and_stored_anywhere(text):
    for clean in (one_line, many_lines):
        kept = clean(text)
        assert clean(kept) == kept
        assert not set(kept) & {"\x00", "\r", "\u202e", "\u2066", "\ufeff"}
        kept.encode("utf-8")
    assert "\n" not in one_line(text)


def test_a_new_business_shows_nothing(pro):
    assert counts_of([pro.pk], TODAY) == {pro.pk: ProfileCounts(False, 0, 0, 0, 0, 0)}


def test_a_complete_profile_is_counted_whole(pro):
    Question.objects.create(text_en="Since when?", asked_from=date(2020, 1, 1))
    complete_profile(pro)
    (counts,) = counts_of([pro.pk], TODAY).values()
    assert counts == ProfileCounts(True, pro.description_length, 1, 1, 2, 4)
    assert pro.description_length == length_as_read(pro.description) == 218


def test_nobody_is_left_out_as_nobody(pro):
    assert counts_of([pro.pk + 999], TODAY) == {}
    assert counts_of([], TODAY) == {}


def test_the_same_photograph_uploaded_four_times_is_one(pro):
    for _ in range(4):
        add_photo(professional=pro, use=Photo.Use.WORK, upload=picture(1), now=NOW)
    assert counts_of([pro.pk], TODAY)[pro.pk].work_photos == 1


def test_rows_that_hold_the_same_photograph_are_one(pro):
    for _ in range(4):
        Photo.objects.create(
            professional=pro, use="work", image="a.webp", thumbnail="b.webp", width=1, height=1,
            content_hash="same", uploaded_at=NOW,
        )  # fmt: skip
    assert counts_of([pro.pk], TODAY)[pro.pk].work_photos == 1


def test_projects_are_counted_by_the_best_one_and_apart_from_work(pro):
    for photos in (1, 3, 2):
        project = add_project(professional=pro, title=f"{photos}", description="", now=NOW)
        for seed in range(photos):
            add_photo(professional=pro, use="project", upload=picture(seed), project=project, now=NOW)
    add_photo(professional=pro, use="work", upload=picture(1), now=NOW)
    (counts,) = counts_of([pro.pk], TODAY).values()
    assert (counts.best_project_photos, counts.work_photos) == (3, 1)


def question(asked_from, asked_until=None):
    return Question.objects.create(text_en="?", asked_from=asked_from, asked_until=asked_until)


@pytest.mark.parametrize(
    ("contracted_on", "asked_from", "asked_until", "asked"),
    [
        (None, date(2026, 1, 10), None, True),  # before S, today's
        (None, date(2026, 1, 11), None, False),
        (None, date(2026, 1, 1), date(2026, 1, 10), True),
        (None, date(2026, 1, 1), date(2026, 1, 9), False),
        (date(2026, 1, 5), date(2026, 1, 5), None, True),  # in force on S
        (date(2026, 1, 5), date(2026, 1, 6), None, False),  # came after S
        (date(2026, 1, 5), date(2026, 1, 1), date(2026, 1, 10), True),
        (date(2026, 1, 5), date(2026, 1, 1), date(2026, 1, 9), False),  # no longer asked
    ],
)
def test_questions_in_force_on_s_and_still_asked_are_asked(
    pro, contracted_on, asked_from, asked_until, asked
):
    Professional.objects.filter(pk=pro.pk).update(first_contracted_on=contracted_on)
    answer = question(asked_from, asked_until)
    save_answers(professional=pro, answers={answer.pk: "Yes"})
    (counts,) = counts_of([pro.pk], TODAY).values()
    assert (counts.questions, counts.answered) == (int(asked), int(asked))
    shown = Question.objects.asked_of(contracted_on, TODAY)
    assert list(shown) == ([answer] if asked else [])


def test_an_answer_that_says_nothing_is_none(pro):
    asked = question(date(2020, 1, 1))
    save_answers(professional=pro, answers={asked.pk: "Since 2011"})
    save_answers(professional=pro, answers={asked.pk: " \u200b\n "})
    (counts,) = counts_of([pro.pk], TODAY).values()
    assert (counts.questions, counts.answered, pro.answers.count()) == (1, 0, 0)


def test_two_thousand_are_counted_in_as_many_queries_as_one(pro, django_assert_num_queries):
    question(date(2020, 1, 1))
    others = [make_pro() for _ in range(5)]
    for each in (pro, *others):
        complete_profile(each)
    with django_assert_num_queries(3):
        counts_of([pro.pk], TODAY)
    with django_assert_num_queries(3):
        found = counts_of([*range(pro.pk + 2000, pro.pk + 4000), *(each.pk for each in others)], TODAY)
    assert {counts.work_photos for counts in found.values()} == {4}
    assert len(found) == 5


def test_the_count_is_kept_when_the_text_is_saved(pro):
    assert describe(pro, "x" * 200) == 200
    assert describe(pro, "  a\r\n\r\n\r\n\r\nb \u202e\x00c ") == 5
    pro.refresh_from_db()
    assert (pro.description, pro.description_length) == ("a\n\nb c", 5)
