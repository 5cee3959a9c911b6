"""The library's office: written, translated, published and withdrawn by the desk lead; read by consultants (S11)."""

from html import unescape

import pytest

from support.library import note_search, vote
from support.models import Article, ArticleText, LibrarySearch
from tests.support.library import make_article, make_category, make_draft, translate
from tests.support.making import NOW
from tests.support.office import cost_the_same, told

pytestmark = pytest.mark.django_db
LIST, ADD = "/admin/support/article/", "/admin/support/article/add/"
SEARCHES = "/admin/support/librarysearch/"


def read(response) -> str:
    return unescape(response.content.decode())


@pytest.fixture
def lead(client_of, desk_lead):
    return client_of(desk_lead)


def form_of(text: ArticleText | None = None, **changes):
    said = {"title": "Quinces", "slug": "", "summary": "Keep them.", "body": "Cool.", "seen": ""}
    if text:
        said |= {"seen": text.changed_at.strftime("%Y-%m-%dT%H:%M:%S.%f%z")}
    return said | changes


def test_an_article_is_written_translated_published_and_withdrawn(lead, client):
    response = lead.post(ADD, form_of(category=make_category().pk, language="en"))
    article = Article.objects.get(key="quinces")
    at = f"/admin/support/article/{article.pk}"
    assert response.headers["Location"] == f"{at}/in/en/"
    assert client.get("/support/library/quinces/").status_code == 404
    assert lead.post(f"{at}/in/en/publish/").headers["Location"] == f"{at}/in/en/"
    assert client.get("/support/library/quinces/").status_code == 200

    assert "A new translation (Italian)" in read(lead.get(f"{at}/in/it/"))
    lead.post(f"{at}/in/it/", form_of(title="Cotogne"))
    lead.post(f"{at}/in/it/publish/")
    assert 'hreflang="it"' in read(client.get("/support/library/quinces/"))

    assert lead.post(f"{at}/in/en/withdraw/", {"reason": ""}).status_code == 422
    response = lead.post(f"{at}/in/en/withdraw/", {"reason": "Out of season."}, follow=True)
    assert told(response) == ["Withdrawn: only the desk reads it now."] and "Out of season." in read(response)
    assert client.get("/support/library/quinces/").status_code == 404
    assert client.get("/support/library/cotogne/").status_code == 200


def test_what_was_typed_is_kept_where_it_is_refused(lead, desk_lead):
    text = make_draft(desk_lead)
    at = f"/admin/support/article/{text.article_id}/in/en/"
    response = lead.post(at, form_of(text, title="", body="What I wrote."))
    assert response.status_code == 422 and "What I wrote." in read(response)
    response = lead.post(at, form_of(text, slug="the-first-call"))
    assert response.status_code == 422 and "Another article has this address." in read(response)
    response = lead.post(at, form_of(None, body="What I wrote."))
    assert "Somebody has changed this text" in read(response) and "What I wrote." in read(response)
    response = lead.post(ADD, form_of(category=make_category().pk, language="en", slug="the-first-call"))
    assert response.status_code == 422
    text.refresh_from_db()
    assert text.title == "Quinces in winter"


def test_the_page_as_it_was_opened_can_be_saved(lead, desk_lead):
    """The moment that its hidden field carries is the one that it is compared with, to the microsecond."""
    text = ArticleText.objects.get(slug="the-first-call")
    at = f"/admin/support/article/{text.article_id}/in/en/"
    shown = lead.get(at).context["form"]
    sent = {name: shown[name].value() for name in ("title", "slug", "summary")}
    sent["seen"] = read(lead.get(at)).split('name="seen" value="')[1].split('"')[0]
    assert lead.post(at, {**sent, "body": "New."}).status_code == 302
    text.refresh_from_db()
    assert (text.body, text.written_by) == ("New.", desk_lead)
    # And once more, now with seconds that are no whole ones.
    sent["seen"] = read(lead.get(at)).split('name="seen" value="')[1].split('"')[0]
    assert lead.post(at, {**sent, "body": "Newer."}).status_code == 302
    assert "New." in read(lead.get(at)).split("Versions")[1]


def test_a_broken_link_is_told_about_and_nothing_is_published(lead, desk_lead):
    text = make_draft(desk_lead, body="[x](library:nowhere)")
    response = lead.post(f"/admin/support/article/{text.article_id}/in/en/publish/")
    assert response.status_code == 409 and "no article “nowhere”" in read(response)


def test_consultants_read_and_do_not_write(client_of, consultant, desk_lead):
    browser, text = client_of(consultant), make_draft(desk_lead)
    at = f"/admin/support/article/{text.article_id}"
    for address in (LIST, f"{at}/change/", f"{at}/in/en/", SEARCHES):
        page = read(browser.get(address))
        assert "Save the text" not in page and "Publish the text" not in page and "Save its place" not in page
    assert "Dry, cool and apart." in read(browser.get(f"{at}/in/en/"))
    assert browser.get(f"{at}/in/it/").status_code == 404
    assert browser.get(ADD).status_code == 403
    for address in (f"{at}/in/en/", f"{at}/in/en/publish/", f"{at}/in/en/withdraw/", f"{at}/place/"):
        assert browser.post(address, form_of(text)).status_code == 403


def test_an_article_shows_its_languages_its_votes_and_what_was_missed(lead, desk_lead):
    text = make_article(desk_lead)
    for reader, answer in (("a", "yes"), ("b", "no"), ("c", "no")):
        vote(text=text, reader=reader, answer=answer, comment="<b>Prices</b>", now=NOW)
    response = lead.get(f"/admin/support/article/{text.article_id}/change/")
    page = read(response)
    assert "Helped 1, did not help 2" in page and "Translate it" in page
    assert "&lt;b&gt;Prices&lt;/b&gt;" in response.content.decode()
    row = read(lead.get(f"{LIST}?q=quinces+in+winter"))
    assert "Quinces in winter" in row and "published" in row


def test_an_article_is_moved_and_what_is_no_place_is_refused(lead, desk_lead):
    text, other = make_article(desk_lead), make_category("other")
    at = f"/admin/support/article/{text.article_id}/place/"
    assert lead.post(at, {"category": other.pk, "position": "-1"}).status_code == 422
    assert lead.post(at, {"category": other.pk, "position": "5"}).status_code == 302
    text.article.refresh_from_db()
    assert (text.article.category, text.article.position) == (other, 5)


@pytest.mark.parametrize("address", ["999999/change/", "999999/in/en/", "x/change/"])
def test_what_is_not_there_is_not_there(lead, address):
    assert lead.get(LIST + address).status_code in (302, 404)


def test_a_language_that_articles_have_not_is_not_there(lead, desk_lead):
    text = make_draft(desk_lead)
    for method in (lead.get, lead.post):
        assert method(f"/admin/support/article/{text.article_id}/in/fr/").status_code == 404


def test_what_was_searched_and_not_found_comes_first_by_how_often(lead):
    from django.utils import timezone

    from support.desk_calendar import desk_day

    today = desk_day(timezone.now())
    for phrase, found, times in (("rare", 0, 1), ("often", 0, 3), ("known", 2, 2)):
        for _ in range(times):
            note_search(text=phrase, language="es", found=found, today=today)
    response = lead.get(SEARCHES)
    assert [(row["phrase"], row["missed"]) for row in response.context["missed"]] == [
        ("often", 3),
        ("rare", 1),
    ]
    assert [(row["phrase"], row["asked"]) for row in response.context["found"]] == [("known", 2)]
    LibrarySearch.objects.update(day=today.replace(year=today.year - 1))
    assert not lead.get(f"{SEARCHES}?days=7").context["missed"]
    assert lead.get(f"{SEARCHES}?days=x").context["days"] == 30


def test_the_office_costs_the_same_with_one_article_and_with_thirty(lead, desk_lead):
    first = make_article(desk_lead, "Quinces 0")

    def grow(number: int) -> None:
        text = make_article(desk_lead, f"Quinces {number}")
        translate(text, desk_lead, "es", f"Membrillos {number}")
        vote(text=first, reader=f"r{number}", answer="no", comment="More.", now=NOW)
        note_search(text=f"q {number}", language="en", found=0, today=NOW.date())

    at = f"/admin/support/article/{first.article_id}"
    cost_the_same(lead, [f"{LIST}?q=quinces", f"{at}/change/", f"{at}/in/en/", SEARCHES], grow)
