"""Quotes in the office: made, changed, sent, withdrawn, and recorded from paper (S4)."""

from datetime import date

import pytest
import time_machine
from django.contrib.admin.models import LogEntry
from django.urls import reverse

from mail.models import OutgoingMail
from support.models import Agreement, Quote
from support.quotes import send_quote, withdraw_quote
from tests.support.office import (
    HOURS,
    NOW,
    PDF,
    cost_the_same,
    lines,
    make_client,
    make_draft,
    pdf,
    quote_of,
    told,
)

pytestmark = pytest.mark.django_db
ADD = reverse("admin:support_quote_add")
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


def test_a_consultant_makes_a_draft(client, consultant, client_of):
    training = {"what": "Training", "unit": "interventions", "amount": "3", "expires_on": "2027-01-31"}
    sent = quote_of(client, HOURS, training, {"what": "Logo"}, document=pdf())
    response = client_of(consultant).post(ADD, sent, follow=True)
    quote = Quote.objects.get()
    assert response.redirect_chain == [(at(quote), 302)]
    assert (quote.client, quote.title, quote.price_cents, quote.valid_until, quote.state, quote.made_by) == (
        client, "Website", 250_000, date(2026, 11, 30), "draft", consultant,
    )  # fmt: skip
    assert [
        (line.kind, line.what, line.unit, line.amount, line.expires_on) for line in quote.lines.all()
    ] == [
        ("tool", "Website", "minutes", 150, None),
        ("service", "Training", "interventions", 3, date(2027, 1, 31)),
        ("service", "Logo", "", None, None),
    ]
    assert client_of(consultant).get(at(quote, "document")).content == PDF


def test_blank_lines_and_struck_out_ones_are_none(client, office):
    office.post(ADD, quote_of(client, {}, HOURS, {"what": "Logo"}, **{"lines-2-DELETE": "on"}))
    assert [line.what for line in Quote.objects.get().lines.all()] == ["Website"]


@pytest.mark.parametrize(
    ("line", "field"),
    [
        ({"amount": ""}, "amount"),
        ({"amount": "soon"}, "amount"),
        ({"amount": "0"}, "amount"),
        ({"amount": "0.01"}, "amount"),
        ({"unit": ""}, "unit"),
        ({"unit": "interventions", "amount": "2:30"}, "amount"),
        ({"unit": "", "amount": ""}, "no_support_reason"),
        ({"unit": "", "amount": "", "kind": "service", "expires_on": "2027-01-01"}, "expires_on"),
        ({"expires_on": "2026-11-01"}, "expires_on"),
        ({"what": ""}, "what"),
        ({"kind": "idea"}, "kind"),
    ],
)
def test_what_is_wrong_in_a_line_is_said_beside_its_field_and_everything_is_kept(client, office, line, field):
    response = office.post(ADD, quote_of(client, {"what": "Logo"}, HOURS | line, text="As we spoke."))
    assert response.status_code == 422
    assert list(response.context["lines"].forms[1].errors) == [field]
    assert "As we spoke." in response.text
    assert 'value="Logo"' in response.text
    assert not Quote.objects.exists()


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"client": ""}, "client"), ({"client": "abc"}, "client"), ({"client": "9" * 30}, "client"),
        ({"title": ""}, "title"), ({"price": "-1"}, "price"),
        ({"price": "1.234"}, "price"), ({"valid_until": "soon"}, "valid_until"),
        ({"document": pdf(b"<html>")}, "document"), ({"document": pdf(b"")}, "document"), ({"form_id": "x"}, "form_id"),
    ],
)  # fmt: skip
def test_what_is_wrong_in_the_form_is_said_beside_its_field(client, office, changes, field):
    response = office.post(ADD, quote_of(client, **changes))
    assert response.status_code == 422
    assert list(response.context["form"].errors) == [field]
    assert 'value="2:30"' in response.text
    assert not Quote.objects.exists()


def test_a_quote_sells_something(client, office):
    response = office.post(ADD, quote_of(client, {}))
    assert response.status_code == 422
    assert response.context["form"].non_field_errors() == ["A quote names at least one service or tool."]


def test_a_form_without_its_count_of_lines_is_refused(client, office):
    sent = quote_of(client)
    del sent["lines-TOTAL_FORMS"]
    assert office.post(ADD, sent).status_code == 422
    assert not Quote.objects.exists()


def test_the_form_sent_twice_makes_one_and_with_something_else_in_it_none(client, office):
    sent = quote_of(client)
    for _ in range(2):
        assert office.post(ADD, sent).status_code == 302
    assert office.post(ADD, sent | {"price": "1.00"}).status_code == 422
    assert Quote.objects.get().price_cents == 250_000


def test_a_draft_is_changed_and_keeps_its_document(client, office, desk_lead):
    quote = make_draft(client, desk_lead, document=pdf())
    page = office.get(at(quote)).text
    assert 'value="2 h 30 min"' in page and 'value="2500' in page
    changed = quote_of(client, HOURS | {"amount": "3 h"}, {"what": "Logo"}, title="Shop")
    assert office.post(at(quote), changed).status_code == 302
    quote.refresh_from_db()
    assert (quote.title, [line.amount for line in quote.lines.all()]) == ("Shop", [180, None])
    assert office.get(at(quote, "document")).content == PDF
    assert LogEntry.objects.get().user == desk_lead


def test_a_draft_with_something_wrong_stays_as_it_was_and_what_was_typed_is_kept(client, office, desk_lead):
    quote = make_draft(client, desk_lead)
    response = office.post(at(quote), quote_of(client, HOURS | {"amount": "much"}, title="Shop"))
    assert response.status_code == 422
    assert 'value="Shop"' in response.text and 'value="much"' in response.text
    quote.refresh_from_db()
    assert quote.title == "Website"


def test_whoever_edits_a_draft_that_somebody_else_has_changed_is_told_and_keeps_what_was_typed(
    client, office, desk_lead, consultant, client_of
):
    quote = make_draft(client, desk_lead)
    assert '<input type="hidden" name="seen" value="1"' in office.get(at(quote)).text
    theirs = quote_of(client, title="Theirs")
    for _ in range(2):  # The same form sent twice is no quarrel.
        assert client_of(consultant).post(at(quote), theirs).status_code == 302
    response = office.post(at(quote), quote_of(client, title="Mine"))
    assert response.status_code == 422
    assert "Somebody else has changed this draft" in response.text and 'value="Mine"' in response.text
    quote.refresh_from_db()
    assert (quote.title, quote.edition) == ("Theirs", 2)
    assert office.post(at(quote), quote_of(client, title="Mine", seen=2)).status_code == 302


def test_what_somebody_else_has_changed_is_not_sent_unseen(client, office, desk_lead):
    quote = make_draft(client, desk_lead)
    office.post(at(quote), quote_of(client, title="Theirs"))
    response = office.post(at(quote, "send"), {"seen": "1"})
    assert response.status_code == 409
    assert "Somebody else has changed this draft" in response.text and 'value="Theirs"' in response.text
    assert not OutgoingMail.objects.exists()
    assert '<input type="hidden" name="seen" value="2">' in response.text
    assert office.post(at(quote, "send"), {"seen": "2"}).status_code == 302
    # The press sent twice is one.
    assert office.post(at(quote, "send"), {"seen": "2"}).status_code == 302
    assert OutgoingMail.objects.count() == 1


def test_it_is_sent_once_and_then_changed_no_more(client, office, desk_lead):
    quote = make_draft(client, desk_lead)
    for _ in range(2):
        assert office.post(at(quote, "send")).status_code == 302
    assert OutgoingMail.objects.filter(kind="support/quote_sent").count() == 1
    response = office.post(at(quote), quote_of(client, title="Shop"))
    assert response.status_code == 422
    assert "This quote was sent, so it is edited no more." in response.text
    assert 'name="title"' not in office.get(at(quote)).text


def test_one_whose_last_day_has_passed_is_not_sent(client, office, desk_lead):
    quote = make_draft(client, desk_lead, valid_until=date(2026, 11, 1))
    response = office.post(at(quote, "send"))
    assert response.status_code == 409
    assert told(response) == ["The last day of this quote has passed. Give it a later one, then send it."]


def test_one_that_was_sent_is_withdrawn_with_a_reason(client, office, desk_lead):
    quote = send_quote(quote=make_draft(client, desk_lead), by=desk_lead, now=NOW)
    response = office.post(at(quote, "withdraw"), {"reason": " "})
    assert response.status_code == 422
    assert list(response.context["withdrawing"].errors) == ["reason"]
    assert office.post(at(quote, "withdraw"), {"reason": "The price was wrong."}).status_code == 302
    quote.refresh_from_db()
    assert quote.state == "withdrawn"
    assert "The price was wrong." in office.get(at(quote)).text


def test_the_signed_paper_makes_an_agreement(client, office, desk_lead):
    quote = send_quote(quote=make_draft(client, desk_lead), by=desk_lead, now=NOW)
    signed = {"signed_on": "2026-11-02", "signed_by": "Anna Bianchi", "document": pdf()}
    assert office.post(at(quote, "record"), signed).status_code == 302
    agreement = Agreement.objects.get()
    assert (agreement.signed, agreement.signed_by, agreement.recorded_by) == (
        "paper",
        "Anna Bianchi",
        desk_lead,
    )
    with agreement.current.document.open() as document:
        assert document.read() == PDF


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"signed_by": " "}, "signed_by"), ({"signed_on": "2026-11-01"}, "signed_on"),
        ({"signed_on": "2026-11-03"}, "signed_on"), ({"document": ""}, "document"),
        ({"document": pdf(b"GIF89a")}, "document"),
    ],
)  # fmt: skip
def test_a_paper_that_cannot_be_right_is_refused_beside_its_field(client, office, desk_lead, changes, field):
    quote = send_quote(quote=make_draft(client, desk_lead), by=desk_lead, now=NOW)
    signed = {"signed_on": "2026-11-02", "signed_by": "Anna Bianchi", "document": pdf()}
    response = office.post(at(quote, "record"), signed | changes)
    assert response.status_code == 422
    assert list(response.context["recording"].errors) == [field]
    assert not Agreement.objects.exists()


def test_a_consultant_records_no_paper(client, consultant, client_of, desk_lead):
    quote = send_quote(quote=make_draft(client, desk_lead), by=desk_lead, now=NOW)
    assert client_of(consultant).post(at(quote, "record")).status_code == 403


@pytest.mark.parametrize("role", ["moderator", "finance", "stranger"])
def test_others_see_nothing_of_it(request, role, client, client_of, desk_lead):
    quote = make_draft(client, desk_lead)
    browser = client_of(request.getfixturevalue(role))
    for address in (LIST, ADD, at(quote)):
        assert browser.get(address).status_code == (302 if role == "stranger" else 403)
    for name in ("send", "withdraw", "record"):
        assert browser.post(at(quote, name)).status_code == (302 if role == "stranger" else 403)
    quote.refresh_from_db()
    assert quote.state == "draft"


def test_the_quotes_to_whom_one_belongs_oneself_are_for_others(office, desk_lead, client):
    other = make_draft(make_client("Another", "other@example.com"), make_lead_of_another())
    own = make_client("Own", desk_lead.email)
    quote = make_draft(own, other.made_by)
    assert [row.pk for row in office.get(LIST).context["cl"].result_list] == [other.pk]
    assert office.get(at(quote)).status_code == 404
    for name in ("send", "withdraw", "record"):
        assert office.post(at(quote, name)).status_code == 404
    assert list(office.post(ADD, quote_of(own)).context["form"].errors) == ["client"]


def make_lead_of_another():
    from tests.making import make_staff

    return make_staff("desk lead", email="another-lead@quince.example")


def test_a_quote_is_found_by_its_number(office, client, desk_lead):
    first, _second = make_draft(client, desk_lead), make_draft(client, desk_lead)
    found = office.get(LIST, {"q": first.number.lower()}).context["cl"].result_list
    assert [row.pk for row in found] == [first.pk]


def test_list_and_page_cost_the_same_with_one_row_and_with_thirty(office, client, desk_lead):
    quote = make_draft(client, desk_lead)
    withdrawn = withdraw_quote(quote=make_draft(client, desk_lead), reason="", by=desk_lead, now=NOW)

    def grow(number):
        make_draft(make_client(f"C{number}", f"c{number}@example.com"), desk_lead)
        quote.lines.create(position=number + 2, kind="service", what="Logo")
        withdrawn.lines.create(position=number + 2, kind="service", what="Logo")

    cost_the_same(office, [LIST, at(quote), at(withdrawn)], grow)


def test_lines_beyond_what_a_page_has_are_refused(client, office):
    response = office.post(ADD, quote_of(client) | lines(*[{"what": "Logo"}] * 51))
    assert response.status_code == 422
    assert not Quote.objects.exists()
