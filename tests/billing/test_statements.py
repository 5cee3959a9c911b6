"""The statement of a balance by month (M8, X1): page, spreadsheet and PDF say what the ledger says."""

import csv
import io
import re
from datetime import date, timedelta
from decimal import Decimal

import pytest
import time_machine
from django.urls import reverse
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from base.days import month_bounds
from base.registry import origins
from billing.credit_notes import issue_credit_note
from billing.models import Invoice, Wallet, WalletEntry
from billing.payments import start_invoice_payment, start_top_up
from billing.statements import every_line, lines_between, months_of, origins_of, statement_of
from billing.top_ups import correct_balance
from billing.views import statements
from billing.wallet import credit, debit, open_wallet
from guarantees.decisions import approve_claim
from marketplace.returns import accept_return, ask_return
from tests.guarantees.claim_making import LATER, confirm_all, make_submitted
from tests.making import NOW, at, buy, contract, fund, make_user

JANUARY, FEBRUARY = date(2026, 1, 1), date(2026, 2, 1)


@pytest.fixture(autouse=True)
def clock():
    with time_machine.travel(at("2026-03-20 12:00"), tick=False) as traveller:
        yield traveller


@pytest.fixture
def wallet(pro):
    return open_wallet(professional=pro)


@pytest.fixture
def browser(pro, client_of):
    return client_of(pro)


def put(wallet, cents, moment, cause=""):
    """An entry of the ledger, in or out by its sign. Nothing is left of what caused it."""
    book = credit if cents > 0 else debit
    kind = WalletEntry.Kind.CORRECTION if cents > 0 else WalletEntry.Kind.PURCHASE
    return book(
        wallet=wallet, amount_cents=abs(cents), kind=kind, cause=cause or f"test:{WalletEntry.objects.count()}",
        now=moment,
    )  # fmt: skip


def page_of(browser, month="2026-01", **query):
    return browser.get(f"/account/statement/{month}/", query)


def text_of(response):
    return " ".join(response.content.decode().split())


def rows_of(browser, month="2026-01"):
    content = b"".join(browser.get(f"/account/statement/{month}/csv/").streaming_content)
    assert content.startswith(b"\xef\xbb\xbf")
    return list(csv.reader(io.StringIO(content.decode("utf-8-sig"))))


# Sums and bounds


def test_an_entry_belongs_to_the_local_month_in_which_it_was_made(wallet):
    """The last and the first instant of a month in Mexico City are six hours later in UTC (X1)."""
    for cents, moment in (
        (100, "2026-01-31 23:59:59.999999"),
        (20, "2026-02-01 00:00"),
        (-3, "2026-02-28 23:59"),
        (4, "2026-03-01 00:00"),
    ):
        put(wallet, cents, at(moment))
    sums = [
        (found.opening_cents, found.in_cents, found.out_cents, found.closing_cents, found.count)
        for found in (statement_of(wallet, date(2026, month, 1)) for month in (1, 2, 3, 4))
    ]
    assert sums == [(0, 100, 0, 100, 1), (100, 20, 3, 117, 2), (117, 4, 0, 121, 1), (121, 0, 0, 121, 0)]


def test_the_bounds_of_a_month_that_has_a_day_of_23_hours(settings):
    settings.MARKETPLACE_TIME_ZONE = "America/Tijuana"
    start, end = month_bounds(date(2026, 3, 1))
    assert (start.isoformat(), end.isoformat()) == ("2026-03-01T00:00:00-08:00", "2026-04-01T00:00:00-07:00")


def test_the_last_day_of_december_ends_the_year(wallet):
    assert statement_of(wallet, date(2026, 12, 1)).last_day == date(2026, 12, 31)
    assert statement_of(wallet, date(2028, 2, 1)).last_day == date(2028, 2, 29)


def test_lines_run_from_the_opening_balance_to_the_closing_one(wallet):
    put(wallet, 500, at("2026-01-31 12:00"))
    for cents in (100, -50, 7):
        put(wallet, cents, at("2026-02-10 12:00"))
    found = statement_of(wallet, FEBRUARY)
    assert [(line.amount_cents, line.balance_cents) for line in lines_between(found, 0, 99)] == [
        (100, 600), (-50, 550), (7, 557),
    ]  # fmt: skip
    assert lines_between(found, 1, 2) == lines_between(found, 0, 99)[1:2]
    assert list(every_line(found)) == lines_between(found, 0, 99)


def test_what_is_booked_while_a_statement_is_read_is_not_on_it(wallet):
    put(wallet, 500, at("2026-02-10 12:00"))
    found = statement_of(wallet, FEBRUARY)
    put(wallet, 1, at("2026-02-10 12:00"))
    assert [line.balance_cents for line in every_line(found)] == [500] == [found.closing_cents]
    assert len(lines_between(found, 0, 99)) == 1


MOMENTS = st.datetimes(
    at("2025-12-30 00:00").replace(tzinfo=None), at("2026-03-02 00:00").replace(tzinfo=None)
)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(history=st.lists(st.tuples(st.integers(-5_000, 10_000).filter(bool), MOMENTS), max_size=15))
def test_statements_equal_the_ledger_whatever_happened(wallet, history):
    """Whatever the amounts and in whatever order their moments come: each month begins where the one before it
    ended, lines add up to the sums, and the months to the balance."""
    from django.db import transaction

    with transaction.atomic():
        balance, booked = 0, 0
        for number, (cents, moment) in enumerate(history):
            if balance + cents >= 0:
                put(wallet, cents, at(moment.isoformat()), cause=f"history:{number}")
                balance, booked = balance + cents, booked + 1
        closing = lines = 0
        for month in (date(2025, 12, 1), JANUARY, FEBRUARY, date(2026, 3, 1)):
            found = statement_of(wallet, month)
            read = list(every_line(found))
            assert found.opening_cents == closing
            assert found.in_cents == sum(line.amount_cents for line in read if line.amount_cents > 0)
            assert found.out_cents == -sum(line.amount_cents for line in read if line.amount_cents < 0)
            assert found.count == len(read)
            assert read == lines_between(found, 0, 99)
            closing, lines = found.closing_cents, lines + len(read)
            assert not read or read[-1].balance_cents == closing
        assert (closing, lines) == (Wallet.objects.get(pk=wallet.pk).balance_cents, booked)
        transaction.set_rollback(True)


def test_months_are_offered_from_the_first_entry_to_this_one(wallet):
    assert months_of(wallet, date(2026, 3, 20)) == [date(2026, 3, 1)]
    put(wallet, 1, at("2025-12-31 23:00"))
    assert months_of(wallet, date(2026, 3, 20)) == [date(2026, 3, 1), FEBRUARY, JANUARY, date(2025, 12, 1)]
    assert months_of(None, date(2026, 3, 20)) == [date(2026, 3, 1)]


# Where entries come from


def test_every_kind_of_entry_says_where_it_comes_from():
    """A new kind fails this until whoever books it says so."""
    assert set(origins) == set(WalletEntry.Kind.values)


def test_entries_say_in_words_and_with_a_link_where_they_come_from(pro, finance, moderator):
    contract(pro)
    fund(pro, 100_000)
    (contact,) = buy(pro)
    request = ask_return(
        contact=contact, reason="duplicate", explanation="Ya la teníamos.", by=pro.owner, now=NOW
    )
    accept_return(return_request=request, by=moderator, note="", now=NOW)
    correct_balance(professional=pro, amount_cents=-1, reason="un secreto", by=finance, now=NOW)
    note = issue_credit_note(
        invoice=Invoice.objects.get(), reason="Menos.", by=finance, now=NOW, amount_cents=500
    )
    entries = list(WalletEntry.objects.order_by("id"))
    found = origins_of(entries)
    page = reverse("marketplace:contact", args=[contact.public_id])
    said = [(found[entry.pk].words, found[entry.pk].address) for entry in entries]
    assert re.fullmatch(r"Top-up by bank transfer SPEI-\d+", said[0][0])
    assert said[1:] == [
        (f"Contact bought: {contact.lead.title}", page),
        (f"Contact returned: {contact.lead.title}", page),
        ("Correction", ""),
        ("Credit note C-2026-000001, for invoice Q-2026-000001", f"/account/credit-notes/{note.public_id}/"),
    ]


@pytest.mark.parametrize("of", ["top-up", "invoice"])
def test_what_the_bank_took_and_gave_back_names_the_payment_and_leads_to_it(test_gateway, pro, client_of, of):
    contract(pro, paid=False)
    fund(pro, 50_000)
    if of == "top-up":
        payment = start_top_up(professional=pro, amount_cents=20_000, by=pro.owner, now=NOW)
        test_gateway.tell(payment, "paid")
    else:
        payment = start_invoice_payment(invoice=Invoice.objects.get(), by=pro.owner, now=NOW)
        test_gateway.tell(payment, "paid")
        # What it gave back already is taken from the balance.
        issue_credit_note(
            invoice=Invoice.objects.get(), reason="Todo.", by=None, now=NOW, amount_cents=10_000
        )
    test_gateway.tell(payment, "reversed", reversal="d_1", amount=10_000)
    test_gateway.tell(payment, "reversal_undone", reversal="d_1", amount=10_000)
    entries = list(WalletEntry.objects.filter(kind__startswith="reversal").order_by("id"))
    found = origins_of(entries)
    charge, page = test_gateway.charge(payment), reverse("billing:payment", args=[payment.public_id])
    assert [(found[entry.pk].words, found[entry.pk].address) for entry in entries] == [
        (f"Payment taken back by the bank: {charge}", page),
        (f"Payment given back by the bank: {charge}", page),
    ]
    assert client_of(pro).get(page).status_code == 200


def test_a_refund_leads_to_its_claim(pro, reviewer):
    claim = confirm_all(make_submitted(pro), reviewer)
    approve_claim(claim=claim, by=reviewer, now=LATER)
    entry = WalletEntry.objects.get(kind="refund")
    origin = origins_of([entry])[entry.pk]
    assert (origin.words, origin.address) == (
        "Guarantee refund",
        reverse("guarantees:claim_status", args=[claim.public_id]),
    )


def test_what_was_anonymised_is_called_by_its_kind(pro):
    contract(pro)
    fund(pro)
    (contact,) = buy(pro)
    type(contact.lead).objects.update(anonymised_at=NOW)
    entry = WalletEntry.objects.get(kind="purchase")
    assert origins_of([entry])[entry.pk].words == "Contact bought"


def test_an_entry_of_whose_cause_nothing_is_left_is_called_by_its_kind(wallet):
    put(wallet, 100, NOW)
    entry = put(wallet, -100, NOW)
    assert origins_of([entry])[entry.pk].words == "Contact bought"


# The page


def test_the_page_shows_every_entry_and_the_sums(pro, browser, wallet):
    put(wallet, 123_456, at("2025-12-10 12:00"))
    put(wallet, -20_000, at("2026-01-10 17:30"))
    text = text_of(page_of(browser))
    assert "Statement of January 2026" in text
    for amount in ("MX$1,234.56", "MX$200.00", "−MX$200.00", "MX$1,034.56"):
        assert amount in text
    assert "01/10/2026 5:30 p.m." in text


def test_amounts_and_dates_are_written_as_mexico_writes_them(pro, browser, wallet):
    pro.owner.language = "es-mx"
    pro.owner.save()
    put(wallet, 123_456, at("2026-01-10 17:30"))
    text = text_of(page_of(browser))
    assert "$1,234.56" in text and "MX$" not in text
    assert "enero de 2026" in text.lower()


def test_times_are_the_marketplaces_also_for_a_reader_elsewhere(pro, browser, wallet):
    """A statement's month is local; an entry of its last evening is not shown as of the next month (X1)."""
    pro.owner.time_zone = "Europe/Madrid"
    pro.owner.save()
    put(wallet, 1, at("2026-01-31 23:30"))
    assert "01/31/2026 11:30 p.m." in text_of(page_of(browser))


@pytest.mark.parametrize("month", ["2026-04", "2027-01", "2026-13", "2026-00", "1999-12", "2026-1", "x"])
def test_a_month_that_has_not_begun_or_does_not_exist_is_not_there(browser, month):
    for address in (f"/account/statement/{month}/", f"/account/statement/{month}/csv/"):
        assert browser.get(address).status_code == 404


@pytest.mark.parametrize("month", ["2026-03", "2026-02", "2020-01"])
def test_a_month_without_entries_says_so(browser, wallet, month):
    put(wallet, 100, at("2026-01-10 12:00"))
    assert "Nothing moved on your balance in this month." in text_of(page_of(browser, month))


def test_a_business_without_a_balance_has_empty_statements(browser):
    assert "Nothing moved" in text_of(page_of(browser, "2026-03"))
    assert [row[5] for row in rows_of(browser, "2026-03")] == ["Balance", "0.00", "0.00"]


def test_this_month_begins_at_local_midnight(browser, clock):
    clock.move_to(at("2026-03-31 23:59"))
    assert page_of(browser, "2026-04").status_code == 404
    assert browser.get("/account/statement/").url == "/account/statement/2026-03/"
    clock.move_to(at("2026-04-01 00:00"))
    assert page_of(browser, "2026-04").status_code == 200


@pytest.mark.parametrize(
    "typed",
    [
        "1999-12", "1999-01", "0000-00", "0000-01", "9999-99", "2026-00", "2026-13", "2026-1", "2026-01-01",
        "2026-01\n", " 2026-01", "٢٠٢٦-٠١", "２０２６-０１", "", "2026", "../../x", "%00",
    ],
)  # fmt: skip
def test_a_month_that_no_address_names_is_not_there(browser, typed):
    assert browser.get("/account/statement/", {"month": typed}).status_code == 404


def test_of_two_months_typed_the_last_counts_and_is_judged(browser):
    assert browser.get("/account/statement/?month=1999-01&month=2026-01").url.endswith("/2026-01/")
    assert browser.get("/account/statement/?month=2026-01&month=1999-01").status_code == 404


def test_the_form_leads_to_the_month_chosen(browser):
    assert browser.get("/account/statement/", {"month": "2026-01"}).url == "/account/statement/2026-01/"


def test_members_see_it_and_others_see_their_own(pro, other_pro, wallet, client_of):
    put(wallet, 77_700, NOW)
    member = make_user()
    pro.members.add(member)
    assert "MX$777.00" in text_of(page_of(client_of(member)))
    assert "MX$777.00" not in text_of(page_of(client_of(other_pro)))
    assert len(rows_of(client_of(other_pro))) == 3


def test_one_entry_and_thirty_of_every_kind_take_the_same_queries(
    pro, browser, django_assert_num_queries, finance
):
    def of_each(n):
        buy(pro, n)
        for _ in range(n):
            fund(pro, 1_000)
            correct_balance(professional=pro, amount_cents=1, reason="?", by=finance, now=NOW)

    def read(month="2026-01"):
        assert page_of(browser, month).status_code == 200

    contract(pro)
    fund(pro)
    of_each(1)
    read()
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    with CaptureQueriesContext(
        connection,
    ) as few:
        read()
    of_each(30)
    with django_assert_num_queries(len(few)):
        read()


def test_a_long_month_is_shown_in_pages_that_run_on(browser, wallet, monkeypatch):
    monkeypatch.setattr(statements, "PER_PAGE", 2)
    for cents in (100, 20, 3, 4, 5):
        put(wallet, cents, NOW)
    balances = [
        re.findall(
            r'data-label="Balance after"><span class="money">MX\$([0-9.]+)', text_of(page_of(browser, page=n))
        )
        for n in (1, 2, 3)
    ]
    assert balances == [["1.00", "1.20"], ["1.23", "1.27"], ["1.32"]]


# The spreadsheet


def test_the_spreadsheet_says_what_the_page_says(pro, browser, finance):
    contract(pro)
    fund(pro, 100_000)
    buy(pro, 3)
    correct_balance(professional=pro, amount_cents=-1, reason="un secreto", by=finance, now=NOW)
    text = text_of(page_of(browser))
    heading, opening, *rows, closing = rows_of(browser)
    assert heading == ["Date", "Time", "What", "Origin", "Amount", "Balance"]
    assert (opening, closing) == (
        ["2026-01-01", "", "Opening balance", "", "", "0.00"],
        ["2026-01-31", "", "Closing balance", "", "", "399.99"],
    )
    shown = re.findall(
        r'data-label="What">(?:<a[^>]*>)?([^<]+?)(?:</a>)? ?</td>.*?(−?)MX\$([0-9,.]+).*?MX\$([0-9,.]+)', text
    )
    assert len(shown) == 5
    assert [(row[3], row[4], row[5]) for row in rows] == [
        (words, f"{sign and '-'}{amount}".replace(",", ""), balance.replace(",", ""))
        for words, sign, amount, balance in shown
    ]
    assert sum(Decimal(row[4]) for row in rows) == Decimal("399.99")
    assert "un secreto" not in str(rows)


def test_the_closing_balance_is_of_the_last_day_and_of_a_month_that_goes_on_of_today(browser, wallet):
    put(wallet, 500, at("2026-01-31 12:00"))
    for month, day in (("2026-01", "2026-01-31"), ("2026-02", "2026-02-28"), ("2026-03", "2026-03-20")):
        assert rows_of(browser, month)[-1] == [day, "", "Closing balance", "", "", "5.00"]


@pytest.mark.parametrize(
    "title", ["=1+1", "+52 55", "-2", "@SUM(A1)", "\t=1", " =1", '"=1"', "\r=cmd|' /C calc'!A0"]
)
def test_no_cell_of_it_is_a_formula(pro, browser, title):
    contract(pro)
    fund(pro)
    (contact,) = buy(pro)
    type(contact.lead).objects.update(title=title)
    for row in rows_of(browser)[1:]:
        for cell in (row[2], row[3]):
            assert not cell.lstrip(" ").startswith(("=", "+", "-", "@", "\t", "\r"))


def test_a_month_of_thousands_is_sent_as_it_is_read(browser, wallet, django_assert_max_num_queries):
    WalletEntry.objects.bulk_create(
        WalletEntry(
            wallet=wallet, amount_cents=1, balance_after_cents=n + 1, kind="correction", cause=f"t:{n}",
            at=NOW + timedelta(seconds=n),
        )
        for n in range(3_000)
    )  # fmt: skip
    with django_assert_max_num_queries(15):
        rows = rows_of(browser)
    with django_assert_max_num_queries(20):
        assert len(text_of(page_of(browser))) < 200_000
    assert len(rows) == 3_003
    assert rows[-1][5] == "30.00"
