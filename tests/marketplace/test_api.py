"""The marketplace asked by a program: the same functions as the pages, the same answers (M3 to M7)."""

from datetime import UTC, timedelta

import pytest
import time_machine

from billing.models import WalletEntry
from marketplace.models import Contact, DetailsSeen, ReturnRequest
from marketplace.withdrawal import withdraw_lead
from profiles.models import RepeatedRequest
from profiles.suspensions import suspend
from tests.making import NOW, buy, contract, fund, make_category, make_lead, make_staff, make_user
from tests.programs import program_of

pytestmark = pytest.mark.django_db
PRICE = 20_000


@pytest.fixture(autouse=True)
def _now():
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def buyer(pro):
    contract(pro)
    fund(pro, 10 * PRICE)
    return pro


@pytest.fixture
def program(buyer):
    return program_of(buyer)


def bought_by(pro):
    return buy(pro)[0]


def ended(answer):
    """Status and code of a refusal."""
    return answer.status_code, answer.json()["code"]


def test_what_can_be_bought_is_listed_newest_first_without_who_asked(program):
    older, newer = make_lead(), make_lead(now=NOW + timedelta(minutes=1))
    with time_machine.travel(NOW + timedelta(minutes=2)):
        listed = program.get("leads/").json()
    assert [lead["id"] for lead in listed["results"]] == [str(newer.public_id), str(older.public_id)]
    assert listed["results"][1] == {
        "id": str(older.public_id),
        "title": older.title,
        "description": "Cambiar la regadera, el lavabo y el azulejo.",
        "category": {"slug": "bathrooms", "name": "Bathrooms"},
        "province": {"slug": "cdmx", "name": "CDMX"},
        "town": "Coyoacán",
        "size": "medium",
        "timing": "month",
        "budget_cents": 4_000_000,
        "price_cents": PRICE,
        "state": "published",
        "places_left": 4,
        "phone_verified": False,
        "published_at": NOW.astimezone(UTC).isoformat().replace("+00:00", "Z"),
        "expires_at": (NOW + timedelta(days=30)).astimezone(UTC).isoformat().replace("+00:00", "Z"),
    }


def test_a_telephone_number_in_the_text_is_masked_as_on_the_page(program):
    lead = make_lead(description="Cambiar la regadera. Llámame al 55 5512 3456.")
    assert "5512" not in program.get("leads/").text + program.get(f"leads/{lead.public_id}/").text


def test_only_of_a_category_and_of_a_province(program):
    lead, _other = make_lead(category=make_category("kitchens")), make_lead()
    ids = [each["id"] for each in program.get("leads/?category=kitchens&province=cdmx").json()["results"]]
    assert ids == [str(lead.public_id)]
    assert program.get("leads/?category=roofs").json()["results"] == []


@pytest.mark.parametrize("query", ["category=%00", "category=a+b", "province=%C3%B1"])
def test_a_slug_that_is_none_is_told(program, query):
    answer = program.get(f"leads/?{query}")
    assert ended(answer) == (422, "invalid")
    assert list(answer.json()["fields"]) == [query.split("=")[0]]


def test_whoever_follows_the_cursor_sees_each_once(program):
    leads = {str(make_lead().public_id) for _ in range(7)}
    path, seen = "leads/?limit=3", []
    while path:
        page = program.get(path.split("/api/v1/")[-1]).json()
        seen += [lead["id"] for lead in page["results"]]
        path = page["next"]
    assert len(seen) == 7 and set(seen) == leads


@pytest.mark.parametrize(
    "cursor",
    [
        "nonsense",
        "cD1ub3RhZGF0ZQ==",
        "bz0tMQ==",
        "cD0lMDA=",
        "8J+SqQ==",
        "cD05OTk5LTEyLTMxVDIzOjU5OjU5LTE0OjAw",
    ],
)
def test_a_cursor_that_somebody_made_up_leads_nowhere(program, cursor):
    make_lead()
    answer = program.get(f"leads/?cursor={cursor}")
    # The end of time, as one of them says it, is a moment to one database and none to the other.
    assert answer.status_code == 404 or (cursor.startswith("cD05OTk5") and answer.status_code == 200)


def test_the_list_costs_the_same_with_one_and_with_thirty(program, django_assert_max_num_queries):
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    counts = []
    for number in (1, 29):
        for _ in range(number):
            make_lead()
        program.get("leads/")
        with CaptureQueriesContext(connection) as queries:
            program.get("leads/")
        counts.append(len(queries))
    assert counts[0] == counts[1]


def test_the_suspended_find_nothing_to_buy(program, buyer):
    make_lead()
    suspend(professional=buyer, reason="Datos falsos.", decided_by=make_staff("reviewer"), now=NOW)
    assert program.get("leads/").json()["results"] == []


def test_what_was_withdrawn_is_nowhere(program):
    lead = make_lead()
    withdraw_lead(lead=lead, now=NOW)
    assert ended(program.get(f"leads/{lead.public_id}/")) == (404, "not_found")


def test_buying_pays_and_tells_who_asked(program, buyer):
    lead = make_lead()
    answer = program.post(f"leads/{lead.public_id}/purchase/", {"price_cents": PRICE}, name="first")
    assert answer.status_code == 201
    contact = Contact.objects.get()
    assert answer.json()["id"] == str(contact.public_id)
    assert answer.json()["homeowner"] == {
        "name": "Lucía Fernández",
        "email": lead.homeowner_email,
        "phone": str(lead.homeowner_phone),
        "language": "es-mx",
    }
    assert answer.json()["first_contact_due_at"] == (NOW + timedelta(hours=24)).astimezone(
        UTC
    ).isoformat().replace("+00:00", "Z")
    assert DetailsSeen.objects.get().professional == buyer


def test_the_same_request_again_buys_nothing_more(program):
    lead = make_lead()
    path, said = f"leads/{lead.public_id}/purchase/", {"price_cents": PRICE}
    first, again = program.post(path, said, name="one"), program.post(path, said, name="one")
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json() == again.json()
    assert WalletEntry.objects.filter(kind=WalletEntry.Kind.PURCHASE).count() == 1


def test_nothing_that_was_bought_is_kept_with_the_request(program):
    """M5: the answer is made anew for whoever may see it then."""
    lead = make_lead()
    path, said = f"leads/{lead.public_id}/purchase/", {"price_cents": PRICE}
    program.post(path, said, name="one")
    kept = str(RepeatedRequest.objects.values().get())
    assert lead.homeowner_email not in kept and "Luc" not in kept
    withdraw_lead(lead=lead, now=NOW)
    # It is still bought, and its homeowner is out of reach. The same request is told so too.
    shown = program.get(f"contacts/{Contact.objects.get().public_id}/")
    again = program.post(path, said, name="one")
    assert (again.status_code, again.json()) == (200, shown.json())
    assert (shown.json()["homeowner"], shown.json()["description"]) == (None, "")


def test_what_was_bought_on_the_pages_is_not_bought_again_by_another_name(program, buyer):
    contact = bought_by(buyer)
    with time_machine.travel(NOW + timedelta(hours=1), tick=False):
        path = f"leads/{contact.lead.public_id}/purchase/"
        answer = program.post(path, {"price_cents": PRICE}, name="one")
    assert (answer.status_code, answer.json()["id"]) == (200, str(contact.public_id))
    assert WalletEntry.objects.filter(kind=WalletEntry.Kind.PURCHASE).count() == 1


def test_saying_an_outcome_tells_nothing_of_who_asked(buyer):
    contact = bought_by(buyer)
    writer = program_of(buyer, "contacts:write")
    answer = writer.put(f"contacts/{contact.public_id}/outcome/", {"outcome": "won"})
    assert answer.json() == {"outcome": "won", "lost_reason": ""}
    assert not DetailsSeen.objects.exists()


def test_a_name_given_to_something_else_is_refused(program):
    one, other = make_lead(), make_lead()
    program.post(f"leads/{one.public_id}/purchase/", {"price_cents": PRICE}, name="one")
    for path, said in (
        (f"leads/{other.public_id}/purchase/", {"price_cents": PRICE}),
        (f"leads/{one.public_id}/purchase/", {"price_cents": PRICE + 1}),
    ):
        assert ended(program.post(path, said, name="one")) == (409, "idempotency_key_used")
    assert Contact.objects.count() == 1


@pytest.mark.parametrize("name", ["", "x" * 101, "a\x7fb"])
def test_a_purchase_has_a_name(program, name):
    lead = make_lead()
    answer = program.post(f"leads/{lead.public_id}/purchase/", {"price_cents": PRICE}, name=name)
    assert ended(answer) == (400, "no_idempotency_key")
    assert not Contact.objects.exists()


def test_what_was_refused_can_be_asked_again_by_the_same_name(program, buyer):
    lead = make_lead(price_cents=11 * PRICE)
    path, said = f"leads/{lead.public_id}/purchase/", {"price_cents": 11 * PRICE}
    assert ended(program.post(path, said, name="one")) == (409, "balance_too_low")
    fund(buyer, PRICE)
    assert program.post(path, said, name="one").status_code == 201


@pytest.mark.parametrize(
    ("said", "status", "code"),
    [
        ({"price_cents": PRICE - 1}, 409, "price_changed"),
        ({"price_cents": "a lot"}, 422, "invalid"),
        ({}, 422, "invalid"),
        ([], 422, "invalid"),
        ("{", 400, "parse_error"),
        ({"price_cents": 10**30}, 422, "invalid"),
    ],
    ids=["another price", "no number", "nothing", "a list", "no JSON", "beyond numbers"],
)
def test_what_is_wrong_with_a_purchase_is_said_and_nothing_is_bought(program, said, status, code):
    lead = make_lead()
    answer = program.post(f"leads/{lead.public_id}/purchase/", said, name="one")
    assert ended(answer) == (status, code)
    assert not Contact.objects.exists() and not RepeatedRequest.objects.exists()


def test_a_refusal_speaks_the_language_that_is_asked_for(program):
    lead = make_lead()
    program.language = "es-mx"
    answer = program.post(f"leads/{lead.public_id}/purchase/", {"price_cents": 1}, name="one")
    assert "contacto" in answer.json()["message"]


def test_a_member_buys_and_whoever_has_no_business_is_told(buyer, stranger):
    member = make_user("member@example.com")
    buyer.members.add(member)
    lead = make_lead()
    path, said = f"leads/{lead.public_id}/purchase/", {"price_cents": PRICE}
    assert program_of(member).post(path, said, name="one").status_code == 201
    assert ended(program_of(stranger).get("leads/")) == (403, "no_business")


def test_a_key_that_may_only_read_buys_nothing(buyer):
    lead = make_lead()
    reader = program_of(buyer, "leads:read", "contacts:read")
    answer = reader.post(f"leads/{lead.public_id}/purchase/", {"price_cents": PRICE}, name="one")
    assert ended(answer) == (403, "permission_denied")


def test_of_anothers_contact_nothing_is_there(program, other_pro):
    contract(other_pro), fund(other_pro, 10 * PRICE)
    theirs = bought_by(other_pro)
    path = f"contacts/{theirs.public_id}/"
    said = {"kind": "call", "happened_at": NOW.isoformat()}
    for answer in (
        program.get(path),
        program.get(f"{path}diary/"),
        program.post(f"{path}diary/", said),
        program.put(f"{path}outcome/", {"outcome": "won"}),
        program.get(f"{path}returns/"),
        program.post(f"{path}returns/", {"reason": "not_real", "explanation": "Nobody there knows of it."}),
        program.delete(f"{path}returns/"),
    ):
        assert ended(answer) == (404, "not_found")
    assert program.get("contacts/").json()["results"] == []


def test_contacts_are_listed_newest_first_and_by_outcome(program, buyer):
    won, open_ = bought_by(buyer), bought_by(buyer)
    program.put(f"contacts/{won.public_id}/outcome/", {"outcome": "won"})
    assert {each["id"] for each in program.get("contacts/").json()["results"]} == {
        str(won.public_id),
        str(open_.public_id),
    }
    assert [each["id"] for each in program.get("contacts/?outcome=won").json()["results"]] == [
        str(won.public_id)
    ]
    assert ended(program.get("contacts/?outcome=perhaps")) == (422, "invalid")


def test_the_list_of_contacts_costs_the_same_with_one_and_with_ten(program, buyer):
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    counts = []
    for number in (1, 8):
        for _ in range(number):
            bought_by(buyer)
        program.get("contacts/")
        with CaptureQueriesContext(connection) as queries:
            program.get("contacts/")
        counts.append(len(queries))
    assert counts[0] == counts[1]


def test_an_outcome_is_said_and_a_lost_one_says_why(program, buyer):
    contact = bought_by(buyer)
    path = f"contacts/{contact.public_id}/outcome/"
    refused = program.put(path, {"outcome": "lost"})
    assert ended(refused) == (409, "lost_reason_missing")
    assert list(refused.json()["fields"]) == ["lost_reason"]
    said = program.put(path, {"outcome": "lost", "lost_reason": "price"}).json()
    assert (said["outcome"], said["lost_reason"]) == ("lost", "price")


def test_the_diary_takes_an_entry_once_and_stops_the_clock(program, buyer):
    contact = bought_by(buyer)
    path = f"contacts/{contact.public_id}/diary/"
    said = {"kind": "call", "happened_at": NOW.isoformat(), "text": "Quedamos el lunes."}
    first = program.post(path, said)
    assert first.status_code == 201
    assert program.post(path, said).json() == first.json()
    assert program.get(path).json()["results"] == [first.json()]
    assert program.get(f"contacts/{contact.public_id}/").json()["first_contact_at"] is not None


@pytest.mark.parametrize(
    ("said", "status", "code"),
    [
        ({"kind": "call", "happened_at": (NOW - timedelta(days=1)).isoformat()}, 409, "before_purchase"),
        ({"kind": "call", "happened_at": (NOW + timedelta(days=1)).isoformat()}, 409, "in_the_future"),
        ({"kind": "dream", "happened_at": NOW.isoformat()}, 422, "invalid"),
        ({"kind": "call", "happened_at": "yesterday"}, 422, "invalid"),
        ({"kind": "call", "happened_at": NOW.isoformat(), "text": "a\x00b"}, 422, "invalid"),
        ({"kind": "call", "happened_at": NOW.isoformat(), "text": "x" * 2001}, 422, "invalid"),
    ],
    ids=["before", "in the future", "unknown", "no moment", "a null", "too long"],
)
def test_what_is_wrong_with_an_entry_is_said(program, buyer, said, status, code):
    contact = bought_by(buyer)
    answer = program.post(f"contacts/{contact.public_id}/diary/", said)
    assert ended(answer) == (status, code)
    assert not contact.diary.exists()


def test_a_return_is_asked_for_seen_and_withdrawn(program, buyer):
    contact = bought_by(buyer)
    path = f"contacts/{contact.public_id}/returns/"
    said = {"reason": "wrong_details", "explanation": "The number belongs to a bakery, three calls."}
    asked = program.post(path, said)
    assert asked.status_code == 201 and asked.json()["state"] == "asked"
    assert program.post(path, said).json() == asked.json()
    assert program.delete(path).json()["state"] == "withdrawn"
    assert [each["state"] for each in program.get(path).json()["results"]] == ["withdrawn"]
    assert ended(program.delete(path)) == (404, "not_found")
    assert ReturnRequest.objects.count() == 1


def test_a_reason_that_cannot_be_given_is_refused_beside_it(program, buyer):
    contact = bought_by(buyer)
    said = {"reason": "staff", "explanation": "The number belongs to a bakery, three calls."}
    answer = program.post(f"contacts/{contact.public_id}/returns/", said)
    assert ended(answer) == (409, "unknown_reason")
    assert list(answer.json()["fields"]) == ["reason"]


def test_too_much_is_refused_before_it_is_read(program, settings):
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 100
    lead = make_lead()
    answer = program.post(
        f"leads/{lead.public_id}/purchase/", {"price_cents": PRICE, "more": "x" * 200}, name="one"
    )
    assert ended(answer) == (413, "too_large")
