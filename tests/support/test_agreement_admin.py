"""Agreements in the office: recorded from paper, changed by another version, with what is left (S4, S7)."""

from datetime import date

import pytest
import time_machine
from django.urls import reverse

from support.allowances import use
from support.models import Agreement, AgreementVersion, Allowance
from tests.support.office import (
    HOURS,
    NOW,
    PDF,
    cost_the_same,
    lines,
    make_agreement,
    make_client,
    paper_of,
    pdf,
)

pytestmark = pytest.mark.django_db
ADD = reverse("admin:support_agreement_add")
LIST = reverse("admin:support_agreement_changelist")
ALLOWANCES = reverse("admin:support_allowance_changelist")


@pytest.fixture(autouse=True)
def clock(private_files):
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def client():
    return make_client()


def at(agreement, name="change", *more):
    return reverse(f"admin:support_agreement_{name}", args=[agreement.pk, *more])


def kept(agreement, **changes):
    """The first line of the agreement as the page of its next version sends it."""
    return HOURS | {"amount": "10 h", "allowance": agreement.current.lines.get().allowance_id} | changes


def changed(*rows, **changes):
    said = {"text": "Eleven pages.", "why": "One page more.", "seen": 1}
    return said | lines(*rows, before=1) | changes


def test_a_paper_is_recorded_with_its_document_and_allowances(client, office, desk_lead):
    assert office.post(ADD, paper_of(client, HOURS, {"what": "Logo"})).status_code == 302
    agreement = Agreement.objects.get()
    assert (agreement.signed, agreement.signed_on, agreement.signed_by, agreement.recorded_by) == (
        "paper", date(2026, 11, 1), "Anna Bianchi", desk_lead,
    )  # fmt: skip
    assert (Allowance.objects.get().left, Allowance.objects.get().client) == (150, client)
    document = office.get(at(agreement, "document", 1))
    assert document.content == PDF
    assert document["Content-Disposition"].startswith("attachment")
    assert office.get(at(agreement, "document", 2)).status_code == 404


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"signed_on": "2026-11-03"}, "signed_on"), ({"signed_by": ""}, "signed_by"), ({"document": ""}, "document"),
        ({"document": pdf(b"PK\x03\x04")}, "document"), ({"title": ""}, "title"), ({"client": "0"}, "client"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said_beside_its_field_and_kept(client, office, changes, field):
    response = office.post(ADD, paper_of(client, **changes))
    assert response.status_code == 422
    assert list(response.context["form"].errors) == [field]
    assert "Ten pages." in response.text and 'value="2:30"' in response.text
    # The page is longer than a screen: that something is wrong is said at its head, and that files are chosen anew.
    said = response.text.partition('class="errornote"')[2].partition("</p>")[0]
    assert "It is said beside each field" in said
    assert ("Please choose them again" in said) == bool(changes.get("document", True))
    assert not Agreement.objects.exists()


def test_support_that_would_end_before_the_day_of_signing_is_refused_beside_its_field(client, office):
    response = office.post(ADD, paper_of(client, HOURS | {"expires_on": "2026-10-31"}))
    assert list(response.context["lines"].forms[0].errors) == ["expires_on"]
    assert 'class="errornote"' in response.text and 'class="errornote"' not in office.get(ADD).text
    # From the day on which it was signed it may, although that is over.
    assert office.post(ADD, paper_of(client, HOURS | {"expires_on": "2026-11-01"})).status_code == 302


def test_the_form_sent_twice_records_one(client, office):
    sent = paper_of(client)
    for _ in range(2):
        assert office.post(ADD, sent | {"document": pdf()}).status_code == 302
    # Whoever goes back in their browser and corrects what they wrote is told that it was not taken.
    corrected = (
        {"title": "Shop"}, {"text": "Nine pages."}, {"signed_by": "Bruno"}, {"signed_on": "2026-10-31"},
        {"lines-0-amount": "3"}, {"document": pdf(PDF.replace(b"%PDF-1", b"%PDF-2"))},
    )  # fmt: skip
    for changes in corrected:
        refused = office.post(ADD, sent | {"document": pdf()} | changes)
        assert (refused.status_code, "This form has already made" in refused.text) == (422, True), changes
    assert Agreement.objects.count() == 1


def test_it_is_changed_by_another_version_and_the_first_stays(client, office, desk_lead):
    agreement = make_agreement(client, desk_lead, document=pdf())
    page = office.get(at(agreement, "version")).text
    assert 'value="10 h"' in page and "Ten pages." in page
    more = changed(kept(agreement, amount="12:30"), {"what": "Logo"})
    assert office.post(at(agreement, "version"), more).status_code == 302
    first, second = AgreementVersion.objects.all()
    assert (first.text, second.text, second.why, second.written_by) == (
        "Ten pages.", "Eleven pages.", "One page more.", desk_lead,
    )  # fmt: skip
    assert Allowance.objects.get().left == 750
    page = office.get(at(agreement)).text
    assert "Ten pages." in page and "Eleven pages." in page
    for number in (1, 2):
        assert office.get(at(agreement, "document", number)).content == PDF


@pytest.mark.parametrize(
    ("said", "error"),
    [
        ({"why": ""}, "This field is required."),
        ({"amount": "9"}, "can only become more"),
        ({"unit": "interventions", "amount": "10"}, "can only become more"),
        ({"seen": 2}, "There is another version of this agreement"),
        ({"lines-0-DELETE": "on"}, "cannot be taken out"),
        ({"lines-0-allowance": ""}, "cannot be taken out"),
        ({"lines-0-allowance": "987654"}, "does not belong to this agreement"),
        ({"document": pdf(b"no")}, "is not a whole PDF"),
    ],
)
def test_a_version_that_cannot_be_is_refused_and_what_was_typed_is_kept(
    client, office, desk_lead, said, error
):
    agreement = make_agreement(client, desk_lead)
    row = {name: said[name] for name in ("amount", "unit") if name in said}
    rest = {name: value for name, value in said.items() if name not in row}
    response = office.post(
        at(agreement, "version"), changed(kept(agreement, **row), {"what": "Logo"}, **rest)
    )
    assert response.status_code == 422
    assert error in response.text
    assert "Eleven pages." in response.text and 'value="Logo"' in response.text
    assert AgreementVersion.objects.count() == 1


def test_the_ledger_is_read_with_every_entry_and_changed_by_nobody(
    client, office, desk_lead, client_of, django_user_model
):
    allowance = make_agreement(client, desk_lead).current.lines.get().allowance
    use(allowance=allowance, amount=90, cause="ticket:1", today=NOW.date(), now=NOW, by=desk_lead)
    page = reverse("admin:support_allowance_change", args=[allowance.pk])
    shown = office.get(page).text
    for words in ("8 h 30 min", "+10 h", "−1 h 30 min", "ticket:1"):
        assert words in shown
    chief = client_of(django_user_model.objects.create_superuser("root@example.com", "x"))
    assert chief.post(page, {"left": 1}).status_code == 403
    assert chief.get(reverse("admin:support_allowance_add")).status_code == 403
    assert (
        chief.get(reverse("admin:support_agreement_delete", args=[Agreement.objects.get().pk])).status_code
        == 403
    )


def test_a_consultant_reads_and_records_none(client, consultant, client_of, desk_lead):
    agreement = make_agreement(client, desk_lead)
    browser = client_of(consultant)
    assert browser.get(at(agreement)).status_code == 200
    assert browser.post(ADD, paper_of(client)).status_code == 403
    assert browser.post(at(agreement, "version"), changed(kept(agreement))).status_code == 403
    assert AgreementVersion.objects.count() == 1


@pytest.mark.parametrize("role", ["moderator", "finance", "stranger"])
def test_others_see_nothing_of_it(request, role, client, client_of, desk_lead):
    agreement = make_agreement(client, desk_lead, document=pdf())
    browser = client_of(request.getfixturevalue(role))
    addresses = (LIST, ALLOWANCES, ADD, at(agreement), at(agreement, "version"), at(agreement, "document", 1))
    for address in addresses:
        assert browser.get(address).status_code == (302 if role == "stranger" else 403)


def test_those_of_a_client_to_whom_one_belongs_oneself_are_for_others(office, desk_lead, consultant):
    own = make_client("Own", desk_lead.email)
    agreement = make_agreement(own, consultant)
    for name in ("change", "version"):
        assert office.get(at(agreement, name)).status_code == 404
    assert office.get(at(agreement, "document", 1)).status_code == 404
    assert list(office.get(LIST).context["cl"].result_list) == []
    assert list(office.get(ALLOWANCES).context["cl"].result_list) == []
    assert list(office.post(ADD, paper_of(own)).context["form"].errors) == ["client"]


def test_an_agreement_is_found_by_its_number(office, client, desk_lead):
    first, _second = make_agreement(client, desk_lead), make_agreement(client, desk_lead)
    found = office.get(LIST, {"q": first.number.lower()}).context["cl"].result_list
    assert [row.pk for row in found] == [first.pk]


def test_lists_and_page_cost_the_same_with_one_row_and_with_thirty(office, client, desk_lead):
    agreement = make_agreement(client, desk_lead)
    allowance = agreement.current.lines.get().allowance

    def grow(number):
        from support.agreements import change_agreement, line_of

        make_agreement(client, desk_lead)
        use(allowance=allowance, amount=1, cause=f"ticket:{number}", today=NOW.date(), now=NOW, by=desk_lead)
        rows = [line_of(line) for line in agreement.current.lines.all()]
        change_agreement(agreement=agreement, text="", lines=rows, why="More.", by=desk_lead, now=NOW)

    page = reverse("admin:support_allowance_change", args=[allowance.pk])
    cost_the_same(office, [LIST, ALLOWANCES, at(agreement), page], grow)
