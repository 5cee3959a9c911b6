"""The library's pages, for everybody (S11)."""

from html import unescape

import pytest
from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.test import Client

from base.registry import public_rows
from support import library_shown
from support.library import account_key, vote, withdraw_text
from support.models import ArticleText, ArticleVote, LibrarySearch
from tests.making import make_user
from tests.support.library import make_article, make_draft, translate
from tests.support.making import NOW
from tests.support.office import cost_the_same

pytestmark = pytest.mark.django_db
PUBLIC = "public, max-age=300"
HOME, SEARCH, SUGGEST = "/support/library/", "/support/library/search/", "/support/library/suggestions/"
FIRST = "/support/library/the-first-call/"
VOTE = f"{FIRST}helpful/"


def read(response) -> str:
    return unescape(response.content.decode())


@pytest.mark.parametrize("address", [HOME, "/support/library/topic/guarantee/", FIRST])
def test_a_strangers_page_may_be_kept_and_holds_nothing_of_theirs(address, client_of, stranger):
    response = Client(enforce_csrf_checks=True).get(address, headers={"accept-language": "es"})
    assert (response.status_code, response.headers["Cache-Control"]) == (200, PUBLIC)
    assert not response.cookies and "csrfmiddlewaretoken" not in read(response)
    assert client_of(stranger).get(address).headers["Cache-Control"] == "private, no-store"


def test_the_library_begins_with_every_article_in_the_readers_language(client):
    page = read(client.get(HOME, headers={"accept-language": "es-MX"}))
    for text in ArticleText.objects.filter(language="es"):
        assert text.title in page and f'href="/support/library/{text.slug}/"' in page
    assert "The first call" not in page and "La prima chiamata" not in page


@pytest.mark.parametrize(
    ("browser", "chosen", "first"),
    [
        ("it-IT,it;q=0.9,en;q=0.8", "", "it"),
        # The language that is wanted most, of those in which articles are written.
        ("de,fr;q=0.9,it;q=0.3,es;q=0.7", "", "es"),
        ("de", "", "en"),
        # What somebody chose here goes before what their browser says.
        ("it", "es-mx", "es"),
        ("IT;q=x, ;;,*", "", "en"),
    ],
)
def test_everybody_reads_articles_in_their_language_whether_or_not_the_pages_speak_it(
    client, settings, browser, chosen, first
):
    settings.LANGUAGES = [("en", "English"), ("es-mx", "Spanish")]
    if chosen:
        client.cookies[settings.LANGUAGE_COOKIE_NAME] = chosen
    titles = {"en": "The first call", "es": "La primera llamada", "it": "La prima chiamata"}
    page = read(client.get(HOME, headers={"accept-language": browser}))
    assert [language for language, title in titles.items() if title in page] == [first]
    # And what is suggested, searched for and linked is in the same.
    typed = read(client.post(SUGGEST, {"question": titles[first]}, headers={"accept-language": browser}))
    assert [language for language, title in titles.items() if title in typed] == [first]


def test_the_language_of_the_account_goes_before_that_of_the_browser(client_of):
    reader = make_user("reader@example.com", language="es-mx")
    page = read(client_of(reader).get(HOME, headers={"accept-language": "it"}))
    assert "La primera llamada" in page and "La prima chiamata" not in page


def test_an_italian_who_opens_an_english_article_is_led_to_the_italian_one(client):
    page = read(client.get(FIRST, headers={"accept-language": "it"}))
    assert 'hreflang="it">Leggi questo articolo nella tua lingua: Italiano</a>' in page


def test_what_is_not_translated_is_shown_in_another_language_and_says_so(client, desk_lead):
    make_article(desk_lead, "Cotogne d’inverno", "it")
    page = read(client.get("/support/library/topic/tests/", headers={"accept-language": "en"}))
    assert '<h3 lang="it"><a href="/support/library/cotogne-dinverno/">Cotogne d’inverno</a></h3>' in page
    assert "Italiano" in page


def test_drafts_and_what_was_withdrawn_are_read_by_nobody(client, client_of, desk_lead, consultant):
    draft, gone = make_draft(desk_lead, "A draft"), make_article(desk_lead, "Gone by now")
    withdraw_text(text=gone, reason="Wrong.", by=desk_lead, now=NOW)
    for browser in (client, client_of(consultant)):
        for text in (draft, gone):
            for address in (f"/support/library/{text.slug}/", f"/support/library/{text.slug}/helpful/"):
                assert browser.get(address).status_code == 404
                assert browser.post(address).status_code in (404, 405)
        assert browser.get("/support/library/topic/tests/").status_code == 404
        for address in (HOME, f"{SEARCH}?q=draft gone"):
            assert "A draft" not in read(browser.get(address)) and "Gone by" not in read(browser.get(address))


def test_an_article_that_is_not_there_is_kept_by_no_cache(client):
    response = client.get("/support/library/nothing/")
    assert (response.status_code, response.headers["Cache-Control"]) == (404, "private, no-store")


def test_an_article_names_its_one_address_and_the_same_in_other_languages(client):
    page = read(client.get(FIRST, headers={"accept-language": "en"}))
    at = f"{settings.SITE_URL}/support/library"
    assert f'<link rel="canonical" href="{at}/the-first-call/">' in page
    for language, slug in (
        ("en", "the-first-call"),
        ("es", "la-primera-llamada"),
        ("it", "la-prima-chiamata"),
    ):
        assert f'<link rel="alternate" hreflang="{language}" href="{at}/{slug}/">' in page
    assert '<article class="article stack" lang="en">' in page
    assert page.count("<h1>") == 1


@pytest.mark.parametrize(
    ("slug", "said", "whole"),
    [
        # Whoever says no language, as search engines do, reads it whole in that of the address.
        ("the-first-call", None, "en"),
        ("la-primera-llamada", None, "es-mx"),
        ("la-primera-llamada", "en", "en"),
        ("the-first-call", "es", "es-mx"),
        ("la-prima-chiamata", None, "it"),
        ("la-prima-chiamata", "it-IT", "it"),
    ],
)
def test_the_page_around_an_article_speaks_the_readers_language(client, slug, said, whole):
    headers = {"accept-language": said} if said else {}
    response = client.get(f"/support/library/{slug}/", headers=headers)
    assert f'<html lang="{whole}">' in read(response)
    assert response.headers["Content-Language"] == whole


def test_a_reader_of_another_language_is_led_to_their_own(client):
    page = read(client.get("/support/library/la-primera-llamada/", headers={"accept-language": "en"}))
    assert (
        '<a href="/support/library/the-first-call/" hreflang="en">Read this article in your language: English</a>'
        in page
    )


def test_links_lead_to_articles_in_the_language_of_the_text(client):
    page = read(client.get("/support/library/la-primera-llamada/"))
    assert '<a href="/support/library/el-correo-de-resumen/">resumen por correo</a>' in page
    assert '<a href="/contacts/">tus contactos</a>' in page


def test_a_link_to_what_was_withdrawn_leads_nowhere(client, desk_lead):
    for text in ArticleText.objects.filter(article__key="summary-mail"):
        withdraw_text(text=text, reason="Old.", by=desk_lead, now=NOW)
    page = read(client.get("/support/library/la-primera-llamada/"))
    assert "resumen por correo" in page and "el-correo-de-resumen" not in page


def test_what_an_author_writes_is_text_and_never_html(client, desk_lead):
    body = '<script>alert(1)</script> **<b>x</b>** [y](javascript:alert(1)) [z](https://example.com/?a="><i>)'
    text = make_article(desk_lead, "Signs <b>", body=body, summary='"><script>')
    page = client.get(f"/support/library/{text.slug}/").content.decode()
    assert "<script>alert" not in page and "<b>" not in page and "<i>" not in page
    assert 'href="javascript' not in page


def test_the_map_of_the_site_tells_of_every_published_text(client, desk_lead):
    make_draft(desk_lead, "A draft")
    assert library_shown._published in public_rows
    page = read(client.get("/sitemap-directory.xml"))
    for text in ArticleText.objects.published():
        assert f"<loc>{settings.SITE_URL}/support/library/{text.slug}/</loc>" in page
    assert "a-draft" not in page and f"<loc>{settings.SITE_URL}{HOME}</loc>" in page


def test_a_search_finds_and_is_counted(client):
    response = client.get(SEARCH, {"q": "la GARANTÍA"}, headers={"accept-language": "es"})
    page = read(response)
    assert "Las fechas de la garantía" in page and "noindex" in page
    assert "no-store" in response.headers["Cache-Control"] and not response.cookies
    row = LibrarySearch.objects.get()
    assert (row.language, row.phrase, row.times) == ("es", "la garantia", 1) and row.found > 1
    client.head(SEARCH, {"q": "la GARANTÍA"})
    assert LibrarySearch.objects.get().times == 1


def test_nothing_found_says_what_to_do_next_and_is_remembered(client):
    page = read(client.get(SEARCH, {"q": "<xylophone> & ana@example.com"}))
    assert "Nothing found" in page and "Try fewer words" in page and f'href="{HOME}"' in page
    assert "<xylophone>" not in client.get(SEARCH, {"q": "<xylophone>"}).content.decode()
    assert set(LibrarySearch.objects.values_list("phrase", "found")) == {("xylophone", 0)}


def test_what_has_some_of_the_words_is_offered_where_nothing_has_all(client):
    page = read(client.get(SEARCH, {"q": "guarantee xylophone"}))
    assert "Nothing found" in page and "Some of these words stand in" in page


def test_articles_of_other_languages_are_offered_and_count_as_not_found(client, desk_lead):
    make_article(desk_lead, "Cotogne", "it")
    page = read(client.get(SEARCH, {"q": "cotogne"}, headers={"accept-language": "en"}))
    assert "Nothing in your language" in page and "Cotogne" in page
    assert LibrarySearch.objects.values_list("phrase", "found").get() == ("cotogne", 0)


@pytest.mark.parametrize("typed", ["", " ", "\x00", "' & | !", "%", "x" * 10_000, "a\x00b"])
def test_a_hostile_search_is_answered(client, typed):
    assert client.get(SEARCH, {"q": typed}).status_code == 200
    assert client.post(SUGGEST, {"question": typed}).status_code == 200
    assert not LibrarySearch.objects.exclude(phrase__in=["x" * 40, "a b"]).exists()


def test_whoever_searches_without_end_is_asked_to_wait(client, monkeypatch):
    monkeypatch.setattr("support.views.library.SEARCHES_A_MINUTE", 2)
    monkeypatch.setattr("support.views.library.SUGGESTIONS_A_MINUTE", 2)
    told = [client.get(SEARCH, {"q": "call"}).status_code for _ in range(3)]
    assert told == [200, 200, 429]
    assert [client.post(SUGGEST, {"question": "call"}).status_code for _ in range(3)] == [200, 200, 429]
    assert LibrarySearch.objects.get().times == 2


def test_suggestions_are_a_piece_of_page_and_nothing_is_kept_of_the_question():
    browser = Client(enforce_csrf_checks=True)
    question = {"question": "My invoice. When does the guarantee end, and by when do I buy?"}
    response = browser.post(SUGGEST, question, headers={"accept-language": "en"})
    page = read(response)
    assert "The dates of the guarantee" in page and "<html" not in page
    assert page.count("<li") == 4
    assert response.headers["Cache-Control"] == "private, no-store" and not response.cookies
    assert not LibrarySearch.objects.exists()
    assert browser.post(SUGGEST, {"question": "xylophone"}).content.decode().strip() == ""
    assert browser.post(SUGGEST).content.decode().strip() == ""


def test_a_stranger_votes_once_by_browser_and_can_say_what_was_missing():
    browser = Client(enforce_csrf_checks=True)
    page = read(browser.get(FIRST))
    assert f'action="{VOTE}"' in page
    assert browser.get(VOTE).headers["Location"] == FIRST
    first = browser.post(VOTE, {"answer": "no"}, headers={"sec-fetch-site": "same-origin"})
    assert (first.status_code, first.headers["Location"]) == (302, VOTE)
    cookie = first.cookies["quince_reader"]
    assert (cookie["httponly"], cookie["samesite"]) == (True, "Lax")
    assert "What was missing?" in read(browser.get(VOTE))
    assert "is with the author" not in read(browser.get(VOTE))
    browser.post(VOTE, {"answer": "no", "comment": "Prices."})
    assert "What you missed is with the author now." in read(browser.get(VOTE))
    assert "Prices." in read(browser.get(VOTE))
    browser.post(VOTE, {"answer": "yes"})
    assert ArticleVote.objects.values_list("answer", "comment").get() == ("yes", "")
    assert "What was missing?" not in read(browser.get(VOTE))
    Client().post(VOTE, {"answer": "no"})
    assert ArticleVote.objects.count() == 2


def test_somebody_signed_in_votes_once_from_whatever_browser(client_of, stranger):
    for answer in ("yes", "no"):
        response = client_of(stranger).post(VOTE, {"answer": answer})
        assert "quince_reader" not in response.cookies
    assert ArticleVote.objects.values_list("answer", "reader").get() == ("no", account_key(stranger))


@pytest.mark.parametrize(
    "headers",
    [
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
        {"origin": "https://evil.example"},
        {"origin": "null"},
        {"origin": "http://["},
    ],
)
def test_another_site_does_not_vote_for_its_visitors(client, headers):
    assert client.post(VOTE, {"answer": "no"}, headers=headers).status_code == 403
    assert not ArticleVote.objects.exists()


@pytest.mark.parametrize("headers", [{"sec-fetch-site": "same-origin"}, {"origin": "http://testserver"}, {}])
def test_a_press_on_our_own_page_counts(client, headers):
    client.post(VOTE, {"answer": "no"}, headers=headers)
    assert ArticleVote.objects.count() == 1


def test_a_forged_cookie_is_no_reader(client):
    client.cookies["quince_reader"] = "0" * 32
    assert client.get(VOTE).headers["Location"] == FIRST


def test_a_comment_that_is_too_long_is_kept_in_the_form(client):
    response = client.post(VOTE, {"answer": "no", "comment": "x" * 1001})
    assert response.status_code == 422 and "x" * 1001 in read(response)
    assert not ArticleVote.objects.exists()
    assert client.post(VOTE, {"answer": "perhaps"}).headers["Location"] == FIRST


def test_many_opinions_from_one_network_are_not_counted(monkeypatch):
    monkeypatch.setattr("support.views.library.VOTES_A_DAY", 2)
    assert [Client().post(VOTE, {"answer": "no"}).status_code for _ in range(3)] == [302, 302, 429]
    assert ArticleVote.objects.count() == 2


def test_every_page_costs_the_same_with_one_article_and_with_thirty(client, desk_lead):
    def grow(number: int) -> None:
        text = make_article(desk_lead, f"Quinces {number}", body="See [it](library:first-call).")
        translate(text, desk_lead, "es", f"Membrillos {number}")
        vote(text=text, reader=f"r{number}", answer="no", now=NOW)

    cost_the_same(
        client,
        [HOME, "/support/library/topic/tests/", "/support/library/quinces-0/", f"{SEARCH}?q=quinces"],
        grow,
    )


def test_the_include_for_forms_shows_suggestions_with_and_without_a_script(rf):
    from django.template.loader import render_to_string

    def shown(**context):
        request = rf.get("/", headers={"accept-language": "en"})
        request.user = AnonymousUser()
        return unescape(render_to_string("support/library/suggestions.html", context, request))

    texts = list(ArticleText.objects.filter(language="en")[:2])
    page = shown(fields="id_subject id_text", texts=texts)
    assert f'data-suggestions="{SUGGEST}" data-suggestions-from="id_subject id_text"' in page
    assert all(text.title in page for text in texts) and "suggestions.js" in page
    assert "<li" not in shown(fields="id_text")
