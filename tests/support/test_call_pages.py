"""Calls at the consultants' desk, in a browser (S3)."""

import uuid

import pytest
import time_machine
from django.urls import reverse

from support.callers import find_clients
from support.calls import call_back
from support.calls_shown import calls_shown
from support.clients import name_person
from support.models import Call, InSession, Ticket, Wait
from tests.making import make_pro, make_staff
from tests.support.calling import ANNAS, NOBODYS, answered, missed, told, with_number
from tests.support.making import NOW, opened, registrar, rome
from tests.support.office import cost_the_same

LATER = rome("2026-11-02 11:00")


@pytest.fixture(autouse=True)
def _later():
    with time_machine.travel(LATER, tick=False):
        yield


@pytest.fixture
def browser(client_of, consultant):
    return client_of(consultant)


@pytest.fixture
def known(agreement):
    with_number(agreement.client)
    return agreement.client


def text_of(response):
    return " ".join(response.content.decode().split())


def typed(**changes):
    said = {"form_id": str(uuid.uuid4()), "what": "in_missed", "phone": ANNAS, "at": "2026-11-02T10:00"}
    return said | changes


def log(browser, query="", **changes):
    return browser.post(reverse("support:log_call") + query, typed(**changes))


def test_a_missed_call_is_logged_on_the_desks_clock_and_says_by_when(browser, known):
    response = log(browser)
    call = Call.objects.get()
    assert (call.at, call.client, call.outcome) == (NOW, known, "missed")
    assert response.url == reverse("support:desk_ticket", args=[call.ticket.public_id])
    assert "to be returned by Tuesday, Nov. 3, 2026, 10 a.m." in text_of(
        browser.get(reverse("support:calls"))
    )


def test_the_same_form_twice_is_one_call(browser, known):
    said = typed()
    for _time in range(2):
        assert browser.post(reverse("support:log_call"), said).status_code == 302
    assert Call.objects.count() == 1


def test_a_form_that_was_opened_this_minute_is_not_ahead_of_the_clock(browser, known):
    with time_machine.travel(rome("2026-11-02 10:59:30"), tick=False):
        assert log(browser, at="2026-11-02T11:00").status_code == 302
    assert Call.objects.get().at == rome("2026-11-02 10:59:30")


@pytest.mark.parametrize(
    ("changes", "status", "said"),
    [
        ({"what": ""}, 422, "This field is required"),
        ({"what": "out_missed"}, 422, "Select a valid choice"),
        ({"at": ""}, 422, "This field is required"),
        ({"at": "2026-11-02T11:01"}, 409, "That is still to come"),
        ({"minutes": "1441"}, 422, "less than or equal to 1440"),
        ({"what": "in_answered", "waits": "on", "summary": ""}, 409, "Write what was asked"),
        ({"what": "out_mail_sent", "phone": NOBODYS}, 409, "A mail is written only about a ticket"),
        ({"name": "x" * 121}, 422, "at most 120"),
    ],
)
def test_what_is_wrong_is_said_and_what_was_typed_is_kept(browser, known, changes, status, said):
    response = log(browser, **({"summary": "Kept as typed."} | changes))
    page = text_of(response)
    assert (response.status_code, Call.objects.count()) == (status, 0)
    assert said in page
    assert "summary" in changes or "Kept as typed." in page


def test_what_is_no_number_is_asked_about_once_and_then_kept_as_it_was_shown(browser, known):
    said = typed(phone="55 1234 567")
    asked = browser.post(reverse("support:log_call"), said)
    page = text_of(asked)
    assert (asked.status_code, Call.objects.count()) == (422, 0)
    assert "“55 1234 567” is no number that can be called." in page
    assert 'name="as_shown" value="55 1234 567"' in page
    # Another one that is none is asked about anew.
    assert browser.post(reverse("support:log_call"), said | {"as_shown": "12"}).status_code == 422
    assert browser.post(reverse("support:log_call"), said | {"as_shown": "55 1234 567"}).status_code == 302
    call = Call.objects.get()
    assert (str(call.phone), call.number_said, call.client, call.ticket) == ("", "55 1234 567", None, None)
    assert "Logged as one of an unknown number." in text_of(browser.get(reverse("support:calls")))


def test_a_call_about_a_ticket_of_the_client_that_was_chosen(browser, known, anna):
    ticket = opened(known, anna)
    address = f"?client={known.public_id}&ticket={ticket.public_id}"
    page = text_of(browser.get(reverse("support:log_call") + address))
    assert f'<option value="{ticket.public_id}" selected>' in page
    log(
        browser, address, what="in_answered", phone="", ticket=str(ticket.public_id), at="2026-11-02T10:30",
        minutes="5",
    )  # fmt: skip
    call = Call.objects.get()
    assert (call.ticket, call.seconds, Wait.objects.get().ended_at) == (ticket, 300, rome("2026-11-02 10:30"))


def test_a_ticket_of_another_client_cannot_be_named(browser, known, other_agreement):
    ticket = opened(other_agreement.client, None, email="bruno@example.com")
    response = log(browser, f"?client={known.public_id}", ticket=str(ticket.public_id))
    assert (response.status_code, Call.objects.count()) == (422, 0)


@pytest.mark.parametrize("said", ["nonsense", "6f1c8a52-0b3d-4c66-9a57-2f4f7c1d9e10"])
def test_a_client_that_there_is_not_is_not_found(browser, known, said):
    assert browser.get(reverse("support:log_call") + f"?client={said}").status_code == 404


def test_whoever_belongs_to_a_client_neither_sees_nor_logs_its_calls(browser, known, consultant):
    call = missed(make_staff("desk lead", email="other@quince.example"))
    name_person(client=known, name="Me", email=consultant.email, role="asks", by=registrar())
    assert browser.get(reverse("support:call", args=[call.public_id])).status_code == 404
    assert browser.get(reverse("support:log_call") + f"?client={known.public_id}").status_code == 404
    assert ANNAS not in text_of(browser.get(reverse("support:calls")))
    assert log(browser).status_code == 409


def test_the_list_tells_whose_they_are_and_what_is_to_be_returned(browser, known, consultant):
    missed(consultant, at=NOW)
    missed(consultant, NOBODYS)
    missed(consultant, "")
    answered(consultant, "101", summary="A colleague.")
    page = text_of(browser.get(reverse("support:calls")))
    for said in ("Studio Bianchi (Paula Bianchi)", "+52 55 1234 5678", "withheld", "101", "nobody known"):
        assert said in page
    only_missed = text_of(browser.get(reverse("support:calls") + "?only=missed"))
    assert "to us: missed" in only_missed
    assert "to us: answered" not in only_missed
    unknown = text_of(browser.get(reverse("support:calls") + "?only=unknown"))
    assert "Studio Bianchi" not in unknown
    assert text_of(browser.get(reverse("support:calls") + "?only=%00&page=x")).count("to us:") == 4


def test_a_number_of_several_clients_is_chosen_by_a_person(browser, known, other_agreement, consultant):
    with_number(other_agreement.client)
    call = missed(consultant)
    listed = text_of(browser.get(reverse("support:calls") + "?only=unknown"))
    assert "Several clients have this number" in listed
    # By when, if it was one of theirs: nobody loses time by not having chosen yet.
    assert "Tue 11/03/2026, 10 a.m." in listed
    assert "if it was a client's" in listed
    page = text_of(browser.get(reverse("support:call", args=[call.public_id])))
    for client in (known, other_agreement.client):
        assert f'value="{client.public_id}"' in page
    browser.post(
        reverse("support:link_call", args=[call.public_id]), {"client": other_agreement.client.public_id}
    )
    call.refresh_from_db()
    assert (call.client, call.wait.asked_at) == (other_agreement.client, NOW)


def test_a_call_of_nobody_known_is_linked_to_whoever_is_looked_for(browser, agreement, consultant):
    call, other = missed(consultant, NOBODYS), missed(consultant, NOBODYS, at=rome("2026-11-02 10:05"))
    address = reverse("support:call", args=[call.public_id])
    assert "The other call of this number" in text_of(browser.get(address))
    assert str(agreement.client.public_id) in text_of(browser.get(address + "?q=bianchi"))
    response = browser.post(
        reverse("support:link_call", args=[call.public_id]),
        {"client": agreement.client.public_id, "with_others": "on"},
        follow=True,
    )
    assert "It was a call of Studio Bianchi, to be returned by Tuesday, Nov. 3, 2026" in text_of(response)
    other.refresh_from_db()
    assert (other.client, Ticket.objects.to_call_back().count()) == (agreement.client, 1)


def test_linking_to_nobody_or_to_a_second_client_is_refused(browser, agreement, other_agreement, consultant):
    call = missed(consultant, NOBODYS)
    address = reverse("support:link_call", args=[call.public_id])
    assert browser.post(address, {}).status_code == 422
    assert browser.post(address, {"client": "nobody"}).status_code == 422
    assert browser.post(address, {"client": agreement.client.public_id}).status_code == 302
    assert browser.post(address, {"client": other_agreement.client.public_id}).status_code == 409
    call.refresh_from_db()
    assert call.client == agreement.client


def test_clients_are_found_while_typing(browser, known, other_agreement):
    find = reverse("support:find_client")
    assert text_of(browser.get(find)) == '<p class="soft">No client was found.</p>'
    found = text_of(browser.get(find + "?q=bianc"))
    assert "Studio Bianchi" in found and known.customer.email in found
    assert 'type="radio"' in text_of(browser.get(find + "?q=bianc&choose="))
    for said in ("55 1234 5678", "paula", "PHONE@EXAMPLE", "Studio"):
        assert find_clients(said) == [known], said
    for said in ("", "b", "%%", "zz", "x" * 200):
        assert find_clients(said) == [], said


def test_a_business_is_known_by_its_telephone(db, consultant):
    from billing.customers import customer_of
    from support.clients import client_of
    from tests.making import contract

    pro = make_pro("Reformas Hidalgo")
    contract(pro)
    pro.phone = NOBODYS
    pro.save()
    client = client_of(customer_of(pro), NOW)
    assert client.agreements.exists()
    call = missed(consultant, NOBODYS)
    assert (call.client, call.ticket.language) == (client, pro.owner.language or "en")
    pro.closed_at = NOW
    pro.save()
    assert missed(consultant, NOBODYS).client is None


def test_in_session_from_now_until_a_time_and_back(browser, consultant):
    begin, end = reverse("support:begin_session"), reverse("support:end_session")
    browser.post(begin, {"until": "12:30"})
    assert InSession.objects.get().until == rome("2026-11-02 12:30")
    for name in ("calls", "desk"):
        assert "Your telephone is off until 12:30 p.m." in text_of(browser.get(reverse(f"support:{name}")))
    browser.post(begin, {"until": "11:30"})
    assert InSession.objects.get().until == rome("2026-11-02 11:30")
    assert browser.post(end).status_code == 302
    assert InSession.objects.get().ended_at == LATER


@pytest.mark.parametrize(("until", "status"), [("", 422), ("25:00", 422), ("11:00", 409), ("10:59", 409)])
def test_a_time_that_cannot_be_is_refused(browser, until, status):
    response = browser.post(reverse("support:begin_session"), {"until": until})
    assert (response.status_code, InSession.objects.count()) == (status, 0)
    # What is past is no time of tomorrow that would be too late.
    assert ("still to come" in text_of(response)) == (status == 409)


def test_a_session_may_go_past_midnight(browser, consultant):
    with time_machine.travel(rome("2026-11-02 23:00"), tick=False):
        browser.post(reverse("support:begin_session"), {"until": "00:30"})
    assert InSession.objects.get().until == rome("2026-11-03 00:30")


def test_who_else_is_in_session_is_told(browser, desk_lead):
    from support.in_session import begin_session

    begin_session(consultant=desk_lead, until=rome("2026-11-02 12:00"), now=NOW)
    assert "is in session until noon" in text_of(browser.get(reverse("support:calls")))


@pytest.mark.parametrize("name", ["support:calls", "support:log_call", "support:find_client"])
def test_nobody_else_comes_in(client_of, agreement, anna, name):
    assert client_of(anna).get(reverse(name)).status_code == 403


def test_the_pages_cost_the_same_with_one_call_and_with_thirty(browser, known, other_agreement, consultant):
    shared = "+525511112222"
    with_number(known, shared, email="a@example.com", name="A")
    with_number(other_agreement.client, shared, email="b@example.com", name="B")

    def grow(number):
        missed(consultant, client=known, phone=f"+5255000000{number:02}")
        missed(consultant, shared)
        told(f"c-{number}", phone=NOBODYS)

    cost_the_same(browser, [reverse("support:calls"), reverse("support:calls") + "?only=unknown"], grow)


def test_a_client_reads_their_calls_and_by_when_they_are_returned(known, anna, consultant, pro_user):
    returned = missed(consultant)
    call_back(ticket=returned.ticket, outcome="answered", by=consultant, now=rome("2026-11-02 10:30"))
    waiting = missed(consultant, at=LATER)
    shown = calls_shown(Call.objects.visible_to(anna), LATER)
    assert [(each.call.direction, each.call.outcome, each.due_at) for each in shown] == [
        ("in", "missed", rome("2026-11-03 11:00")),
        ("out", "answered", None),
        ("in", "missed", None),
    ]
    late = calls_shown(Call.objects.visible_to(anna), rome("2026-11-03 11:00:01"))
    assert [each.late for each in late] == [True, False, False]
    assert shown[0].call == waiting
    assert list(calls_shown(Call.objects.visible_to(pro_user), LATER)) == []


def test_a_call_is_about_no_appeal_for_who_does_not_hear_it(browser, client_of, known, anna):
    appeal = opened(known, anna, kind=Ticket.Kind.APPEAL, subject="Unjust")
    query = f"?client={known.public_id}"
    assert "Unjust" not in text_of(browser.get(reverse("support:log_call") + query))
    about = {"what": "in_answered", "ticket": str(appeal.public_id), "summary": "They asked when."}
    assert log(browser, query, **about).status_code == 422
    appeal.refresh_from_db()
    assert (appeal.state, Wait.objects.open().get().ticket, Call.objects.count()) == ("open", appeal, 0)


def test_a_client_reads_their_calls_beside_what_they_asked_and_nobody_elses(
    client_of, consultant, anna, agreement, pro_user
):
    named = agreement.client
    missed(consultant, NOBODYS, client=named)
    answered(consultant, client=named, summary="Of us alone.")
    page = client_of(anna).get(reverse("support:tickets")).content.decode()
    assert "Your latest calls" in page and "We call you back by" in page
    # What was said in them as well (S7).
    assert "Of us alone." in page
    assert "Your latest calls" not in client_of(pro_user).get(reverse("support:tickets")).content.decode()
