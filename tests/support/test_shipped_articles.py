"""The articles that come with the product: all there in every language, and never over an author's work (S11)."""

import re

import pytest
from django.urls import resolve

from support.article_text import ARTICLE, blocks, links, plain
from support.library import publish_text, withdraw_text, write_text
from support.library_shown import body_of
from support.models import Article, ArticleCategory, ArticleText
from support.models.library import SUMMARY_AT_MOST, TITLE_AT_MOST, Language, is_slug
from support.shipped_articles import FOLDER, contents, load_shipped_articles, shipped_texts
from tests.support.making import NOW

SHIPPED = list(shipped_texts())
KEYS = [key for category in contents() for key in category["articles"]]


def test_there_are_articles_on_what_readers_need():
    assert {category["slug"] for category in contents()} == {"contacts", "profile", "guarantee", "desk"}
    assert len(KEYS) == len(set(KEYS)) >= 8


def test_every_folder_is_an_article_in_the_contents_and_in_every_language():
    assert {path.name for path in FOLDER.iterdir() if path.is_dir()} == set(KEYS)
    assert {(text.key, text.language) for text in SHIPPED} == {
        (key, language) for key in KEYS for language in Language.values
    }
    assert len({text.slug for text in SHIPPED}) == len(SHIPPED)


@pytest.mark.parametrize("text", SHIPPED, ids=lambda text: f"{text.key}-{text.language}")
def test_an_article_is_whole(text):
    assert 0 < len(text.title) <= TITLE_AT_MOST and 0 < len(text.summary) <= SUMMARY_AT_MOST
    assert is_slug.regex.match(text.slug)
    words = plain(text.body).split()
    assert 350 <= len(words) <= 800
    # No sign of the writing is left over.
    assert not re.search(r"\*\*|__|\]\(|^#|^>", plain(text.body), re.M)
    kinds = [block.kind for block in blocks(text.body)]
    assert kinds.count("heading") >= 4 and ("list" in kinds or "numbers" in kinds)


@pytest.mark.parametrize("key", ["guarantee-overview", "complete-profile"])
@pytest.mark.parametrize("language", Language.values)
def test_what_the_terms_decide_stands_in_no_article_as_a_number(key, language):
    """The 24 hours are the rule's own (G21)."""
    body = next(plain(text.body) for text in SHIPPED if (text.key, text.language) == (key, language))
    assert set(re.findall(r"\d+", body)) <= {"24"}


@pytest.mark.parametrize("text", SHIPPED, ids=lambda text: f"{text.key}-{text.language}")
def test_every_link_leads_somewhere(text):
    for address in links(text.body):
        if address.startswith(ARTICLE):
            assert address.removeprefix(ARTICLE) in KEYS
        else:
            assert address.startswith("/") and resolve(address)


@pytest.mark.parametrize("key", KEYS)
def test_the_languages_of_an_article_are_built_alike(key):
    """A paragraph or a link that one of them lacks was forgotten."""
    built = {
        text.language: ([block.kind for block in blocks(text.body)], links(text.body))
        for text in SHIPPED
        if text.key == key
    }
    assert built["en"] == built["es"] == built["it"]


@pytest.mark.django_db
def test_migrating_has_put_them_into_the_library():
    assert ArticleText.objects.published().count() == len(SHIPPED)
    assert set(Article.objects.values_list("key", flat=True)) == set(KEYS)
    assert ArticleCategory.objects.count() == 4


@pytest.mark.django_db
def test_every_link_leads_somewhere_in_the_library():
    for text in ArticleText.objects.all():
        spans = [span for block in body_of(text) for line in block.lines for span in line]
        assert len([span for span in spans if span.address]) == len(links(text.body))


@pytest.mark.django_db
def test_reading_the_files_again_changes_nothing(django_assert_max_num_queries):
    before = list(ArticleText.objects.order_by("pk").values())
    with django_assert_max_num_queries(12):
        load_shipped_articles()
    assert list(ArticleText.objects.order_by("pk").values()) == before


@pytest.mark.django_db
def test_a_file_that_changed_replaces_its_text_but_never_an_authors(desk_lead, monkeypatch):
    ours, theirs, gone = (
        ArticleText.objects.get(article__key=key, language="en")
        for key in ("first-call", "summary-mail", "following-up")
    )
    write_text(
        article=theirs.article, language="en", title="Theirs", summary="S", body="B", by=desk_lead, now=NOW,
        seen=theirs.changed_at,
    )  # fmt: skip
    withdraw_text(text=gone, reason="Not for us.", by=desk_lead, now=NOW)
    import dataclasses

    changed = [dataclasses.replace(text, body=f"{text.body}\n\nMore quinces.") for text in SHIPPED]
    monkeypatch.setattr("support.shipped_articles.shipped_texts", lambda: iter(changed))
    load_shipped_articles()
    for text in (ours, theirs, gone):
        text.refresh_from_db()
    assert ours.body.endswith("More quinces.") and "quinces" in ours.search_text
    assert ours.history.count() == 1  # As it is now; the one before was the file's.
    assert (theirs.title, theirs.body, theirs.slug) == ("Theirs", "B", "the-summary-mail")
    assert gone.state == "withdrawn" and gone.body.endswith("More quinces.")


@pytest.mark.django_db
def test_an_authors_article_of_the_same_name_is_left_alone(desk_lead):
    ArticleText.objects.filter(article__key="allowances").delete()
    own = Article.objects.get(key="allowances")
    text = write_text(
        article=own, language="es", title="Lo nuestro", summary="S", body="B", by=desk_lead, now=NOW,
        slug="what-an-allowance-is",
    )  # fmt: skip
    publish_text(text=text, by=desk_lead, now=NOW)
    load_shipped_articles()
    assert list(own.texts.values_list("language", "title")) == [("es", "Lo nuestro")]


@pytest.mark.django_db
def test_what_is_missing_is_put_back_except_where_its_address_is_taken(desk_lead):
    ArticleText.objects.filter(article__key="allowances", language__in=["en", "it"]).delete()
    other = Article.objects.get(key="first-call").texts.get(language="en")
    ArticleText.objects.filter(pk=other.pk).update(slug="what-an-allowance-is")
    load_shipped_articles()
    assert set(Article.objects.get(key="allowances").texts.values_list("language", flat=True)) == {"es", "it"}
