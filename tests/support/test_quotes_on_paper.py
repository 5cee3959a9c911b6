"""Quotes that were signed on paper, recorded at the desk (S4)."""

import pytest
import time_machine
from django.urls import reverse

from support.models import Agreement
from support.quotes import accept_quote, send_quote
from tests.making import make_user
from tests.support.desk_pages import at, text_of
from tests.support.office import NOW, PDF, make_client, make_draft, pdf

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def clock(private_files):
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def drafted(desk_lead):
    return make_draft(make_client(), desk_lead)


@pytest.fixture
def sent(drafted, desk_lead):
    return send_quote(quote=drafted, by=desk_lead, now=NOW)


def signed(**changes):
    return {"signed_on": "2026-11-02", "signed_by": "Anna Bianchi", "document": pdf()} | changes


def test_the_signed_paper_makes_an_agreement(office, sent, desk_lead):
    for _twice in range(2):
        response = office.post(at("desk_record_quote", sent), signed())
        assert response.url == f"{at('desk_quote', sent)}#main"
    agreement = Agreement.objects.get()
    assert (agreement.signed, agreement.signed_by, agreement.recorded_by) == (
        "paper",
        "Anna Bianchi",
        desk_lead,
    )
    with agreement.current.document.open() as document:
        assert document.read() == PDF
    page = text_of(office.get(response.url))
    assert f"Recorded as {agreement.number}." in page
    assert reverse("admin:support_agreement_change", args=[agreement.pk]) in page
    assert "Record the agreement" not in page and "Withdraw the quote" not in page


@pytest.mark.parametrize("before", ["online", "another name", "another paper"])
def test_a_paper_that_would_be_kept_nowhere_is_refused(office, sent, before):
    if before == "online":
        anna = make_user("anna@example.com")
        accept_quote(quote=sent, by=anna, price_seen_cents=sent.price_cents, now=NOW)
    else:
        assert office.post(at("desk_record_quote", sent), signed()).status_code == 302
    changes = {
        "another name": {"signed_by": "Bruno"},
        "another paper": {"document": pdf(PDF.replace(b"%PDF-1", b"%PDF-2"))},
    }
    refused = office.post(at("desk_record_quote", sent), signed(**changes.get(before, {})))
    said = f"has become {Agreement.objects.get().number} already, so this paper was not kept."
    assert (refused.status_code, said in text_of(refused)) == (409, True)


@pytest.mark.parametrize(
    ("changes", "field", "status"),
    [
        ({"signed_by": " "}, "signed_by", 422), ({"signed_on": "2026-11-01"}, "signed_on", 409),
        ({"signed_on": "2026-11-03"}, "signed_on", 409), ({"document": ""}, "document", 422),
        ({"document": pdf(b"GIF89a")}, "document", 422),
    ],
)  # fmt: skip
def test_a_paper_that_cannot_be_right_is_refused_beside_its_field(office, sent, changes, field, status):
    response = office.post(at("desk_record_quote", sent), signed(**changes))
    assert response.status_code == status
    assert list(response.context["recording"].errors) == [field]
    assert ("Please choose them again." in text_of(response)) is bool(response.context["to_choose_again"])
    assert not Agreement.objects.exists()


def test_a_consultant_records_no_paper(browser, sent):
    assert "Record the agreement" not in text_of(browser.get(at("desk_quote", sent)))
    assert browser.post(at("desk_record_quote", sent), signed()).status_code == 403
    assert not Agreement.objects.exists()


def test_a_paper_of_what_was_never_sent_is_refused(office, drafted):
    refused = office.post(at("desk_record_quote", drafted), signed())
    assert (refused.status_code, "was not sent yet" in text_of(refused)) == (409, True)
    assert not Agreement.objects.exists()
