"""The figures of the desk: what was promised and kept, used, given and sold (S12)."""

import math
import uuid
from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from base.sheets import per_cent
from billing.credit_notes import issue_credit_note
from billing.prepayments import record_prepayment
from support.agreements import Line, sign_agreement
from support.allowances import take_back, use
from support.clients import open_client
from support.figures import heads_of, period, sheets_of
from support.figures.counting import at_ranks
from support.merging import merge_tickets
from support.messages import answer_ticket, needs_no_answer
from support.models import Agreement, Offer, Ticket, Wait, Work
from support.offers import accept_offer, send_offer
from support.tickets import close_ticket, open_ticket, rate_ticket
from tests.making import make_staff
from tests.support.making import NOW, opened, registrar, rome, sent
from tests.support.offering import draft

pytestmark = pytest.mark.django_db

# In the middle of December 2026: that month runs, November is over.
LATER = rome("2026-12-15 12:00")
URL = "/support/figures/"


def told(code, now=LATER, **changes):
    """The rows of a sheet as they are shown."""
    sheets = sheets_of(period(now=now, month=changes.pop("month", None)), now=now, **changes)
    return [[cell for _column, cell in cells] for _bar, cells in sheets[code].shown]


def test_nothing_measured_shows_as_nothing(db):
    wanted = period(now=LATER)
    sheets = sheets_of(wanted, now=LATER)
    assert {code: sheet.rows for code, sheet in sheets.items()} == dict.fromkeys(
        (
            *("months", "apart", "channels", "clients", "use", "given", "clients-use", "sold"),
            *("questions", "ratings"),
        ),
        (),
    )
    assert [number for number, _words in heads_of(wanted, now=LATER)] == ["–", "–", "–", "0"]


def test_what_was_answered_in_time_and_late_and_not_at_all(agreement, anna, consultant):
    for hours in (1, 2, 3):
        ticket = opened(agreement.client, anna)
        answer_ticket(ticket=ticket, text="So.", by=consultant, now=NOW + timedelta(hours=hours))
    late = opened(agreement.client, anna)
    answer_ticket(ticket=late, text="So.", by=consultant, now=rome("2026-11-03 10:00:01"))
    opened(agreement.client, anna)
    # Three of five: the one that is late and waits still counts. Late by a second is not the promise of eight hours.
    row = ["November 2026", "60.0 %", "3", "1", "1", "2 h", "8 h 1 min", ""]
    assert told("months") == [row, ["December 2026", *["–"] * 6, "still running"]]
    assert told("channels") == [["web", *row[1:-1]]]
    assert told("clients") == [["Studio Bianchi", *row[1:-1]]]
    assert [number for number, _words in heads_of(period(now=LATER), now=LATER)] == [
        "60.0 %",
        "2 h",
        "8 h 1 min",
        "1",
    ]


def test_what_is_not_due_yet_is_in_no_share(agreement, anna, consultant):
    opened(agreement.client, anna)
    assert told("months", now=rome("2026-11-03 10:00")) == []
    assert told("apart", now=rome("2026-11-03 10:00")) == [
        ["November 2026", "1", "0", "0", "0", "still running"]
    ]
    assert told("months", now=rome("2026-11-03 10:00:01")) == [
        ["November 2026", "0.0 %", "0", "0", "1", "–", "–", "still running"]
    ]


def test_what_needed_no_answer_was_closed_or_merged_stands_apart(agreement, anna, consultant):
    thanks, closed, merged, into = (opened(agreement.client, anna) for _ in range(4))
    needs_no_answer(message=thanks.messages.get(), why="Thanks.", by=consultant, now=rome("2026-11-03 10:00"))
    close_ticket(ticket=closed, by=anna, by_client=True, now=rome("2026-11-03 10:00"))
    merge_tickets(ticket=merged, into=into, by=consultant, now=NOW)
    answer_ticket(ticket=into, text="So.", by=consultant, now=NOW + timedelta(hours=1))
    assert told("apart") == [
        ["November 2026", "0", "1", "1", "1", ""],
        ["December 2026", "–", "–", "–", "–", "still running"],
    ]
    assert told("months")[0] == ["November 2026", "100.0 %", "1", "0", "0", "1 h", "1 h", ""]


@pytest.mark.parametrize(
    ("asked", "month"),
    [
        ("2026-10-31 23:59:59", "October 2026"),
        ("2026-11-01 00:00:00", "November 2026"),
        ("2026-11-30 23:59:59", "November 2026"),
        ("2026-12-01 00:00:00", "December 2026"),
    ],
)
def test_a_month_is_the_desks_not_that_of_utc(agreement, anna, asked, month):
    opened(agreement.client, anna, now=rome(asked))
    now = rome("2026-12-31 23:59")
    assert told("months", now=now)[0][:5] == [month, "0.0 %", "0", "0", "1"]


def test_twelve_months_are_told_of_and_what_is_older_by_its_month(agreement, anna, consultant):
    ticket = opened(agreement.client, anna)
    answer_ticket(ticket=ticket, text="So.", by=consultant, now=NOW)
    assert told("months", now=rome("2027-10-15 12:00"))[0][0] == "November 2026"
    year_later = rome("2027-11-15 12:00")
    assert told("months", now=year_later) == []
    assert [row[0] for row in told("months", now=year_later, month=date(2026, 11, 1))] == ["November 2026"]
    assert told("clients", now=year_later, month=date(2026, 11, 1))[0][0] == "Studio Bianchi"
    assert told("clients", now=year_later, month=date(2026, 12, 1)) == []


def test_a_month_to_come_has_no_figures(db):
    for month in (date(2027, 1, 1), date(2026, 11, 2)):
        with pytest.raises(ValueError):
            period(now=LATER, month=month)


def test_what_is_not_all_is_never_written_as_all():
    assert [per_cent(Decimal(part), digits=1) for part in ("1", "0.9999", "0.9994", "0")] == [
        "100.0 %",
        "99.9 %",
        "99.9 %",
        "0.0 %",
    ]


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(groups=st.lists(st.lists(st.integers(0, 50), min_size=1, max_size=25), min_size=1, max_size=3))
def test_ranks_are_those_of_real_answers_whatever_there_is(agreement, anna, consultant, groups):
    """The value that half, and 95 of 100, do not exceed: counted here by hand."""
    Wait.objects.all().delete()
    tickets = []
    for channel, group in zip(("web", "mail", "phone"), groups, strict=False):
        for seconds in group:
            tickets.append((channel, seconds))
    made = Ticket.objects.bulk_create(
        Ticket(client=agreement.client, channel=channel, subject="…", asked_at=NOW) for channel, _ in tickets
    )
    Wait.objects.bulk_create(
        Wait(
            ticket=ticket, asked_at=NOW, began_at=NOW, minutes=480, warn_at=NOW, due_at=NOW, ended_at=NOW,
            ending="answer", took_seconds=seconds,
        )
        for ticket, (_channel, seconds) in zip(made, tickets, strict=True)
    )  # fmt: skip

    def by_hand(values, share):
        return sorted(values)[math.ceil(len(values) * share / 100) - 1]

    found = at_ranks(Wait.objects.order_by(), None, "took_seconds", (50, 95))
    everything = [seconds for _channel, seconds in tickets]
    assert found == {None: [by_hand(everything, 50), by_hand(everything, 95)]}
    from django.db.models import F

    by_channel = at_ranks(Wait.objects.order_by(), F("ticket__channel"), "took_seconds", (50, 95))
    assert by_channel == {
        channel: [by_hand(group, 50), by_hand(group, 95)]
        for channel, group in zip(("web", "mail", "phone"), groups, strict=False)
    }


def sold(agreement, consultant, anna, by, **said):
    """More support, paid by transfer."""
    offer = send_offer(offer=draft(agreement, consultant, **said), by=consultant, now=NOW)
    offer = accept_offer(offer=offer, by=anna, price_seen_cents=offer.price_cents, now=NOW)
    record_prepayment(
        prepayment=offer.prepayment, amount_cents=offer.price_cents, received_on=LATER.date(), now=LATER,
        reference=offer.number, by=by,
    )  # fmt: skip


def test_support_used_given_and_sold(agreement, allowance, anna, consultant, desk_lead):
    def used(amount, cause, at):
        return use(allowance=allowance, amount=amount, cause=cause, today=at.date(), now=at, by=consultant)

    used(90, "work:1", NOW)
    back = used(30, "work:2", NOW)
    take_back(entry=back, now=LATER, by=consultant)
    finance = make_staff("finance")
    sold(agreement, consultant, anna, finance, unit="minutes", amount=120, price_cents=580_000)
    sold(agreement, consultant, anna, finance, unit="interventions", amount=3, price_cents=20_000)
    half = Offer.objects.get(unit="minutes").prepayment.invoice
    issue_credit_note(invoice=half, amount_cents=290_000, reason="Half.", by=finance, now=LATER)
    ticket = opened(agreement.client, anna)

    def work(kind, amount, **more):
        said = {
            "ticket": ticket,
            "kind": kind,
            "unit": "minutes",
            "amount": amount,
            "done": "…",
            "by": consultant,
        }
        return Work.objects.create(**said | {"form_id": uuid.uuid4(), "at": NOW} | more)

    work("courtesy", 4), work("courtesy", 6)
    work("exception", 45, why="Our fault.")
    work("exception", 1, unit="interventions", why="Our fault.")
    work("courtesy", 9, taken_back_at=NOW, taken_back_by=consultant, taken_back_why="Twice.")
    assert told("use") == [
        ["November 2026", "2 h", "–", "–", "–", ""],
        ["December 2026", "–", "30 min", "–", "–", "still running"],
    ]
    assert told("given")[0] == ["November 2026", "2", "10 min", "2", "45 min", "1", ""]
    assert told("clients-use") == [
        [
            "Studio Bianchi",
            "1 h 30 min",
            "–",
            "2",
            "10 min",
            "2",
            "45 min",
            "1",
            "2",
            "MX$3,100.00",
            "1 h",
            "3",
        ]
    ]
    assert told("sold") == [["December 2026", "–", "–", "2", "MX$3,100.00", "1 h", "3", "still running"]]


def test_an_accepted_quote_was_sold_on_the_day_it_was_signed(studio, anna, desk_lead):
    from support.quotes import accept_quote

    quote = sent(studio, desk_lead)
    accept_quote(quote=quote, price_seen_cents=quote.price_cents, by=anna, now=NOW)
    assert told("sold")[0] == ["November 2026", "1", "MX$2,500.00", "–", "–", "–", "–", ""]


def test_questions_of_strangers_have_no_promise_and_stand_apart(db, consultant):
    def asked(**changes):
        said = {
            "subject": "How?",
            "text": "How?",
            "channel": "web",
            "asked_at": NOW,
            "now": NOW,
            "client": None,
        }
        return open_ticket(**said | {"kind": Ticket.Kind.QUESTION, "email": "x@example.com"} | changes)

    for days in (1, 2):
        # By the clock on the wall: nights and weekends are part of it.
        answer_ticket(ticket=asked(), text="So.", by=consultant, now=NOW + timedelta(days=days))
    asked()
    asked(confirmed=False)
    assert told("questions")[0] == ["November 2026", "3", "2", "24 h", ""]
    assert told("months") == told("apart") == []


def test_ratings_by_the_month_in_which_they_were_given(agreement, anna, consultant):
    for rating in (5, 4, 4):
        ticket = opened(agreement.client, anna)
        answer_ticket(ticket=ticket, text="So.", by=consultant, now=NOW)
        rate_ticket(ticket=ticket, rating=rating, text="", by=anna, now=LATER)
    assert told("ratings") == [["December 2026", "3", "4.3", "1", "2", "–", "–", "–", "still running"]]


def late_client(name, desk_lead, number=1):
    client = open_client(name=name, email=f"c{number}@example.com", language="en", now=NOW, by=registrar())
    agreement = sign_agreement(
        client=client, title="Shop", text="A shop.", signed=Agreement.Signed.PAPER, signed_by="X",
        lines=[Line(kind="tool", what="Shop", unit="minutes", amount=60)], by=desk_lead, now=NOW,
    )  # fmt: skip
    opened(agreement.client, None, email=f"c{number}@example.com")
    use(
        allowance=agreement.current.lines.get().allowance, amount=10, cause=f"work:{number}", today=NOW.date(),
        now=NOW, by=desk_lead,
    )  # fmt: skip
    return client


def test_a_reader_is_told_nothing_by_name_of_clients_they_speak_for(desk_lead, client_of, monkeypatch):
    from allauth.account.models import EmailAddress

    late_client("Theirs", desk_lead, 1), late_client("Own", desk_lead, 2)
    EmailAddress.objects.create(user=desk_lead, email="c2@example.com", verified=True)
    monkeypatch.setattr("django.utils.timezone.now", lambda: LATER)
    browser = client_of(desk_lead)
    page = browser.get(URL).content.decode()
    assert ("Theirs" in page, "Own" in page) == (True, False)
    for code in ("clients", "clients-use"):
        lines = b"".join(browser.get(f"{URL}{code}.csv").streaming_content).decode()
        assert ("Theirs" in lines, "Own" in lines) == (True, False)


def test_a_spreadsheet_is_the_whole_table_with_bare_numbers_and_runs_nothing(
    desk_lead, client_of, monkeypatch
):
    late_client("=cmd()", desk_lead)
    monkeypatch.setattr("django.utils.timezone.now", lambda: LATER)
    response = client_of(desk_lead).get(f"{URL}clients-use.csv?month=2026-11")
    assert response["Content-Disposition"] == 'attachment; filename="support-2026-11-clients-use.csv"'
    lines = b"".join(response.streaming_content).decode().splitlines()
    assert lines[0].startswith("\ufeffClient,Time used (min),Interventions used,Courtesies,")
    assert lines[1:] == ["'=cmd(),10,,,,,,,,,,"]
    months = client_of(desk_lead).get(f"{URL}months.csv").streaming_content
    assert b"".join(months).decode().splitlines()[1:] == [
        "2026-11,0.0,0,0,1,,,",
        "2026-12,,,,,,,still running",
    ]


@pytest.mark.parametrize("month", ["2027-01", "2026-13", "1", "2026-11-01", "'", "9999-01"])
def test_an_address_that_names_no_month_or_one_to_come_leads_nowhere(
    desk_lead, client_of, month, monkeypatch
):
    monkeypatch.setattr("django.utils.timezone.now", lambda: LATER)
    assert client_of(desk_lead).get(URL, {"month": month}).status_code == 404


def test_who_sees_them(desk_lead, consultant, anna, client_of, client):
    assert client_of(desk_lead).get(URL).status_code == 200
    assert client_of(consultant).get(URL).status_code == 403
    assert client_of(anna).get(URL).status_code == 404
    assert client.get(URL).status_code == 302
    assert client_of(desk_lead).get(f"{URL}nothing.csv").status_code == 404
    assert client_of(desk_lead).post(URL).status_code == 405


def test_the_page_draws_what_was_measured_and_leaves_out_what_was_not(desk_lead, client_of, monkeypatch):
    monkeypatch.setattr("django.utils.timezone.now", lambda: LATER)
    empty = client_of(desk_lead).get(URL).content.decode()
    assert (empty.count("<svg class"), empty.count("Nothing has been measured.")) == (0, 10)
    late_client("Studio", desk_lead)
    page = client_of(desk_lead).get(URL).content.decode()
    assert page.count('aria-label="The share that was answered within the promise, month by month"') == 2
    assert "December 2026 (still running)" in page


def test_the_page_costs_the_same_with_one_client_and_with_thirty(desk_lead, client_of, monkeypatch):
    monkeypatch.setattr("django.utils.timezone.now", lambda: LATER)
    browser = client_of(desk_lead)

    def cost():
        browser.get(URL)
        with CaptureQueriesContext(connection) as captured:
            assert browser.get(URL).status_code == 200
        return len(captured)

    late_client("First", desk_lead)
    with_one = cost()
    for number in range(2, 60):
        late_client(f"Client {number}", desk_lead, number)
    assert cost() == with_one
    assert "9 more are in the spreadsheet." in browser.get(URL).content.decode()
