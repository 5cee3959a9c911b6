"""Articles written, published and withdrawn; what readers say of them and look for (S11)."""

from datetime import date, timedelta

import pytest
from django.core.management import call_command
from django.db import IntegrityError, transaction

from support import personal
from support.errors import SupportError
from support.library import (
    SEARCHES_KEPT,
    SINGLE_SEARCHES_KEPT,
    account_key,
    forget_searches,
    note_search,
    place_article,
    publish_text,
    reader_key,
    vote,
    withdraw_text,
    write_article,
    write_text,
)
from support.models import Article, ArticleText, ArticleVote, LibrarySearch
from tests.support.library import make_article, make_category, make_draft, translate
from tests.support.making import NOW
from tests.together import together

pytestmark = pytest.mark.django_db
State = ArticleText.State
TODAY = date(2026, 11, 2)
LATER = NOW + timedelta(hours=1)


def refused(work) -> tuple[str, str | None]:
    with pytest.raises(SupportError) as error:
        work()
    return error.value.code, error.value.field


def test_an_article_begins_as_a_draft_with_an_address_of_its_title(desk_lead):
    text = make_draft(desk_lead, "Quinces: ¿fáciles?")
    assert (text.state, text.slug, text.article.key) == ("draft", "quinces-faciles", "quinces-faciles")
    assert (text.written_by, text.published_at, text.changed_at) == (desk_lead, None, NOW)
    assert [(event.from_state, event.to_state, event.actor) for event in text.events.all()] == [
        ("", "draft", desk_lead)
    ]
    assert [version.history_user for version in text.history.all()] == [desk_lead]


def test_the_same_form_sent_twice_writes_one_article(desk_lead):
    assert make_draft(desk_lead) == make_draft(desk_lead)
    assert ArticleText.objects.filter(slug="quinces-in-winter").count() == 1


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"title": "  "}, ("blank", "title")),
        ({"title": "x" * 121, "slug": "x"}, ("too_long", "title")),
        ({"summary": ""}, ("blank", "summary")),
        ({"summary": "x" * 301}, ("too_long", "summary")),
        ({"body": " \n "}, ("blank", "body")),
        ({"body": "x" * 30_001}, ("too_long", "body")),
        ({"slug": "Upper"}, ("bad_slug", "slug")),
        ({"slug": "double--hyphen"}, ("bad_slug", "slug")),
        ({"slug": "search"}, ("bad_slug", "slug")),
        ({"slug": "the-first-call"}, ("slug_taken", "slug")),
        ({"title": "¿?"}, ("blank", "slug")),
    ],
)
def test_what_cannot_be_an_article_is_refused_beside_its_field(desk_lead, changes, said):
    whole = {"title": "Quinces", "summary": "S", "body": "B", "language": "en", "category": make_category()}
    assert refused(lambda: write_article(**(whole | changes), by=desk_lead, now=NOW)) == said
    assert not Article.objects.filter(category=make_category()).exists()


def test_two_authors_do_not_write_over_each_other(desk_lead, consultant):
    text = make_draft(desk_lead)

    def write(body: str, by, seen):
        return write_text(
            article=text.article, language="en", title=text.title, summary="S", body=body, by=by, now=LATER,
            seen=seen,
        )  # fmt: skip

    assert write("New.", consultant, NOW).body == "New."
    assert refused(lambda: write("Other.", desk_lead, NOW)) == ("changed_meanwhile", None)
    assert refused(lambda: write("Other.", desk_lead, None)) == ("changed_meanwhile", None)
    # The same form once more changes nothing.
    assert write("New.", consultant, NOW).history.count() == 2
    assert write("Other.", desk_lead, LATER).written_by == desk_lead


def test_an_address_stands_once_the_article_was_published(desk_lead):
    text = make_draft(desk_lead)

    def address(slug: str, seen):
        return write_text(
            article=text.article, language="en", title=text.title, summary=text.summary, body=text.body,
            slug=slug, by=desk_lead, now=LATER, seen=seen,
        )  # fmt: skip

    assert address("quinces", NOW).slug == "quinces"
    publish_text(text=text, by=desk_lead, now=LATER)
    assert refused(lambda: address("other", LATER)) == ("slug_stands", "slug")
    withdraw_text(text=text, reason="Old.", by=desk_lead, now=LATER)
    assert refused(lambda: address("other", LATER)) == ("slug_stands", "slug")


MOVES = {
    ("draft", "published"),
    ("published", "withdrawn"),
    ("withdrawn", "published"),
}


@pytest.mark.parametrize("before", State.values)
@pytest.mark.parametrize("to", ["published", "withdrawn"])
def test_every_move_is_in_the_table_or_refused(desk_lead, before, to):
    text = make_draft(desk_lead) if before == "draft" else make_article(desk_lead)
    if before == "withdrawn":
        withdraw_text(text=text, reason="Old.", by=desk_lead, now=NOW)
    events = text.events.count()

    def move():
        if to == "published":
            return publish_text(text=text, by=desk_lead, now=LATER)
        return withdraw_text(text=text, reason="Old.", by=desk_lead, now=LATER)

    if before == to:
        assert (move().state, text.events.count()) == (to, events)
    elif (before, to) in MOVES:
        moved = move()
        last = text.events.last()
        assert (moved.state, last.from_state, last.to_state, last.at) == (to, before, to, LATER)
        # When it was published is when it first was.
        assert moved.published_at == (LATER if before == "draft" else NOW)
    else:
        assert refused(move) == ("not_published", None)
    assert {(a, b) for a, many in ArticleText.MOVES.items() for b in many} == MOVES


def test_withdrawing_needs_a_reason_and_publishing_working_links(desk_lead):
    text = make_draft(desk_lead, body="See [this](library:nowhere) and [that](library:first-call).")
    assert refused(lambda: publish_text(text=text, by=desk_lead, now=NOW)) == ("broken_link", None)
    assert refused(lambda: withdraw_text(text=text, reason=" ", by=desk_lead, now=NOW)) == (
        "no_reason",
        "reason",
    )


def test_a_text_is_written_once_in_each_language_and_only_in_known_ones(desk_lead):
    text = make_article(desk_lead)
    translate(text, desk_lead, "it", "Cotogne")
    for language in ("en", "it", "fr"):
        with pytest.raises(IntegrityError), transaction.atomic():
            ArticleText.objects.create(article=text.article, language=language, slug="x", changed_at=NOW)


def test_an_article_is_placed_with_its_history(desk_lead):
    text = make_article(desk_lead)
    other = make_category("other")
    placed = place_article(article=text.article, category=other, position=3, by=desk_lead)
    assert (placed.category, placed.position) == (other, 3)
    assert place_article(article=text.article, category=other, position=3, by=desk_lead).history.count() == 2


def test_a_reader_has_one_vote_and_the_last_word_counts(desk_lead, stranger):
    text, reader = make_article(desk_lead), account_key(stranger)

    def say(answer: str, comment: str = ""):
        given = vote(text=text, reader=reader, answer=answer, comment=comment, now=NOW)
        return given.answer, given.comment

    assert say("yes", "not asked for") == ("yes", "")
    assert say("no") == ("no", "")
    assert say("no", " Too short. ") == ("no", "Too short.")
    assert say("no") == ("no", "Too short.")
    assert ArticleVote.objects.count() == 1
    assert say("yes") == ("yes", "")
    vote(text=text, reader=reader_key("browser", "other"), answer="no", now=NOW)
    assert sorted(text.votes.values_list("answer", flat=True)) == ["no", "yes"]


def test_a_vote_is_refused_on_what_nobody_reads_and_for_what_is_no_answer(desk_lead):
    draft, text = make_draft(desk_lead, "Draft"), make_article(desk_lead)
    assert refused(lambda: vote(text=draft, reader="r", answer="yes", now=NOW)) == ("not_published", None)
    assert refused(lambda: vote(text=text, reader="r", answer="maybe", now=NOW)) == (
        "unknown_answer",
        "answer",
    )
    assert vote(text=text, reader="r", answer="no", comment="x" * 1000, now=NOW).comment == "x" * 1000
    assert refused(lambda: vote(text=text, reader="r", answer="no", comment="x" * 1001, now=NOW)) == (
        "too_long",
        "comment",
    )


def test_the_database_holds_that_a_reader_votes_once(desk_lead):
    text = make_article(desk_lead)
    ArticleVote.objects.create(text=text, reader="r", answer="yes", voted_at=NOW)
    for row in ({"reader": "r", "answer": "no"}, {"reader": "s", "answer": "x"}):
        with pytest.raises(IntegrityError), transaction.atomic():
            ArticleVote.objects.create(text=text, voted_at=NOW, **row)


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_two_presses_at_once_are_one_vote(desk_lead):
    text = make_article(desk_lead)
    given = together(*(lambda: vote(text=text, reader="r", answer="no", now=NOW) for _ in range(4)))
    assert {each.pk for each in given} == {ArticleVote.objects.get(text=text).pk}


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_without_the_lock_two_presses_at_once_would_meet_the_constraint(desk_lead, monkeypatch):
    import time

    from support import library

    text = make_article(desk_lead)
    make = ArticleVote.objects.create

    def slowly(**row):
        time.sleep(0.3)
        return make(**row)

    monkeypatch.setattr(library, "_locked", lambda text: text)
    monkeypatch.setattr(ArticleVote.objects, "create", slowly)
    given = together(*(lambda: vote(text=text, reader="r", answer="no", now=NOW) for _ in range(2)))
    assert sum(isinstance(each, IntegrityError) for each in given) == 1


def test_searches_are_counted_by_phrase_language_and_day():
    for text, language, found, day in (
        ("Garantía", "es", 3, TODAY),
        (" garantia ", "es", 4, TODAY),
        ("garantia", "it", 0, TODAY),
        ("garantía", "es", 4, TODAY + timedelta(days=1)),
        ("ana@example.com", "es", 0, TODAY),
    ):
        note_search(text=text, language=language, found=found, today=day)
    rows = LibrarySearch.objects.order_by("pk").values_list("day", "language", "phrase", "found", "times")
    assert list(rows) == [
        (TODAY, "es", "garantia", 4, 2),
        (TODAY, "it", "garantia", 0, 1),
        (TODAY + timedelta(days=1), "es", "garantia", 4, 1),
    ]


def test_made_up_phrases_do_not_fill_the_table(monkeypatch):
    monkeypatch.setattr("support.library.PHRASES_A_DAY", 2)
    for phrase in ("one", "two", "three", "one"):
        note_search(text=phrase, language="en", found=0, today=TODAY)
    assert list(LibrarySearch.objects.order_by("pk").values_list("phrase", "times")) == [
        ("one", 2),
        ("two", 1),
    ]


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_the_same_phrase_at_once_is_counted_as_often_as_it_was_asked():
    def ask():
        return note_search(text="quince", language="en", found=1, today=TODAY)

    assert together(*[ask] * 6) == [None] * 6
    assert LibrarySearch.objects.get().times == 6


def test_searches_are_forgotten_after_a_year(capsys):
    for days in (0, 1):
        for _asked in range(2):
            day = TODAY - SEARCHES_KEPT - timedelta(days=days)
            note_search(text=f"q{days}", language="en", found=0, today=day)
    call_command("forget_searches", "--dry-run")
    assert LibrarySearch.objects.count() == 2
    assert forget_searches(today=TODAY) == 1
    assert LibrarySearch.objects.get().phrase == "q0"
    assert "searches" in capsys.readouterr().out


def test_what_was_looked_for_a_single_time_is_forgotten_after_a_month():
    def looked_for(phrase, *days_ago, language="es"):
        for days in days_ago:
            note_search(text=phrase, language=language, found=0, today=TODAY - timedelta(days=days))

    kept = SINGLE_SEARCHES_KEPT.days
    looked_for("maria lopez", kept + 1)
    looked_for("yesterday", kept)
    looked_for("twice a day", kept + 1, kept + 1)
    looked_for("twice in all", kept + 50, 3)
    # In another language it is another phrase.
    looked_for("garanzia", kept + 1)
    looked_for("garanzia", 3, language="it")
    assert forget_searches(today=TODAY) == 2
    assert set(LibrarySearch.objects.values_list("phrase", "language")) == {
        ("yesterday", "es"),
        ("twice a day", "es"),
        ("twice in all", "es"),
        ("garanzia", "it"),
    }


def test_a_reader_is_told_what_they_said_and_it_is_erased_with_their_account(desk_lead, stranger, anna):
    text = make_article(desk_lead)
    for who in (stranger, anna):
        vote(text=text, reader=account_key(who), answer="no", comment=f"From {who.email}", now=NOW)
    assert list(personal.shown(stranger)) == [
        ("Said whether an article helped", "Quinces in winter · no · From stranger@example.com")
    ]
    assert ("Wrote an article of the library", "Quinces in winter") in list(personal.shown(desk_lead))
    personal.erase(stranger, NOW)
    assert list(personal.shown(stranger)) == []
    assert sorted(text.votes.values_list("answer", "comment")) == [
        ("no", ""),
        ("no", "From anna@example.com"),
    ]
