"""Quotes in the office: listed, found, and looked at with what became of them (X4). They are handled at the desk."""

import pytest
import time_machine
from django.urls import reverse

from support.agreements import line_of
from support.models import Quote
from support.quotes import change_quote
from tests.making import make_staff
from tests.support.desk_pages import at as at_the_desk
from tests.support.desk_pages import text_of
from tests.support.office import NOW, cost_the_same, make_client, make_draft, pdf

pytestmark = pytest.mark.django_db
LIST = reverse("admin:support_quote_changelist")


@pytest.fixture(autouse=True)
def clock(private_files):
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def client():
    return make_client()


def at(quote, name="change"):
    return reverse(f"admin:support_quote_{name}", args=[quote.pk])


def test_one_is_looked_at_with_what_became_of_it_and_led_to_the_desk(office, client, desk_lead):
    quote = make_draft(client, desk_lead, document=pdf())
    said = {"title": "Shop", "text": "One page.", "price_cents": 1, "valid_until": quote.valid_until}
    line = quote.lines.get()
    change_quote(quote=quote, lines=[line_of(line)], by=desk_lead, now=NOW, **said)
    page = text_of(office.get(at(quote)))
    assert all(said in page for said in (quote.number, "Website → Shop", "2 h 30 min", "changed"))
    # Where no address leads, the document lies; who may have it gets it at the desk.
    assert quote.document.name not in page
    for address in (LIST, at(quote)):
        assert f'href="{at_the_desk("desk_quote", quote)}"' in text_of(office.get(address))


def test_nothing_is_made_or_changed_there(office, client, desk_lead):
    quote = make_draft(client, desk_lead)
    add = reverse("admin:support_quote_add")
    assert [office.get(add).status_code, office.post(add).status_code] == [403, 403]
    assert office.post(at(quote), {"title": "Shop"}).status_code == 403
    assert office.post(at(quote, "delete"), {"post": "yes"}).status_code == 403
    assert Quote.objects.get().title == "Website"


def test_a_client_leads_to_its_quotes_at_the_desk(office, client, desk_lead):
    quote = make_draft(client, desk_lead)
    page = text_of(office.get(reverse("admin:support_client_change", args=[client.pk])))
    assert at_the_desk("desk_quote", quote) in page and at_the_desk("desk_make_quote", client) in page


@pytest.mark.parametrize("role", ["moderator", "finance", "stranger"])
def test_others_see_nothing_of_it(request, role, client, client_of, desk_lead):
    quote = make_draft(client, desk_lead)
    browser = client_of(request.getfixturevalue(role))
    for address in (LIST, at(quote), at(quote, "history")):
        assert browser.get(address).status_code == (302 if role == "stranger" else 403)


def test_the_quotes_to_whom_one_belongs_oneself_are_for_others(office, desk_lead, client):
    another = make_staff("desk lead", email="another-lead@quince.example")
    other = make_draft(client, another)
    quote = make_draft(make_client("Own", desk_lead.email), another)
    assert [row.pk for row in office.get(LIST).context["cl"].result_list] == [other.pk]
    assert office.get(at(quote)).status_code == 302
    assert office.get(at(quote), follow=True).redirect_chain[-1][0] == reverse("admin:index")


def test_a_quote_is_found_by_its_number(office, client, desk_lead):
    first, _second = make_draft(client, desk_lead), make_draft(client, desk_lead)
    found = office.get(LIST, {"q": first.number.lower()}).context["cl"].result_list
    assert [row.pk for row in found] == [first.pk]


def test_list_and_page_cost_the_same_with_one_row_and_with_thirty(office, client, desk_lead):
    quote = make_draft(client, desk_lead)

    def grow(number):
        make_draft(make_client(f"C{number}", f"c{number}@example.com"), desk_lead)
        quote.lines.create(position=number + 2, kind="service", what="Logo")
        quote.events.create(actor=desk_lead, from_state="draft", to_state="draft", at=NOW)

    cost_the_same(office, [LIST, at(quote)], grow)
