"""Bought support goes back with the money that a credit note gives back, as far as it is left (S6, M14)."""

import threading
import uuid

import pytest
from django.core.management import call_command
from django.db import connections
from hypothesis import given
from hypothesis import strategies as st

from billing import reversals
from billing.credit_notes import issue_credit_note
from billing.customers import customer_of
from billing.errors import BillingError
from billing.invoices import record_invoice_payment
from billing.models import Customer, GatewayPayment, Invoice, Wallet
from mail.models import OutgoingMail
from support.agreements import Line, sign_agreement
from support.clients import client_of
from support.credited import owing_support, take_earlier_credits
from support.models import Agreement, Allowance, AllowanceEntry
from support.offers import accept_offer, pay_offer, send_offer
from support.splits import credited_share
from support.work import log_work, take_back_work
from tests.billing.paying import books_broken
from tests.support.making import NOW, opened
from tests.support.offering import draft, last_of
from tests.together import together

pytestmark = pytest.mark.django_db


@pytest.fixture
def ticket(paid, anna):
    return opened(paid.client, anna)


def credited(offer, cents, by):
    """A credit note over so much of the 5,800.00 for which five hours were bought."""
    return issue_credit_note(
        invoice=offer.prepayment.invoice, amount_cents=cents, reason="Agreed.", by=by, now=NOW
    )


def worked(ticket, offer, minutes, by):
    said = {"unit": "minutes", "done": "Mended.", "form_id": uuid.uuid4(), "allowance": offer.allowance}
    (row,) = log_work(ticket=ticket, amount=minutes, by=by, now=NOW, **said)
    return row


def left_of(offer):
    return Allowance.objects.values_list("given", "left").get(pk=offer.allowance_id)


@given(
    st.integers(1, 10**6),
    st.integers(1, 10**9).flatmap(lambda total: st.tuples(st.integers(0, total), st.just(total))),
)
def test_nothing_goes_back_for_nothing_and_all_for_all_and_never_more_than_the_share(amount, cents):
    part, total = cents
    share = credited_share(amount, part, total)
    assert 0 <= share <= amount and share * total <= amount * part < (share + 1) * total
    assert (credited_share(amount, 0, total), credited_share(amount, total, total)) == (0, amount)


def test_as_large_a_part_of_what_is_left_goes_back_and_both_sides_are_told(paid, anna, consultant, finance):
    note = credited(paid, 145_000, finance)
    assert left_of(paid) == (225, 225)
    entry = AllowanceEntry.objects.get(kind="credited")
    assert (entry.amount, entry.left_after, entry.cause) == (-75, 225, f"credit_note:{note.public_id}")
    told = OutgoingMail.objects.filter(kind__contains="offer_credited")
    assert dict(told.values_list("kind", "recipient")) == {
        "support/offer_credited": anna.email,
        "support/offer_credited_desk": consultant.email,
    }
    for mail in told:
        assert "1 h 15 min of it went back, and 3 h 45 min are left" in mail.text and note.number in mail.text
    assert books_broken() == []


def test_of_one_credit_note_the_client_has_one_mail_with_where_it_is(paid, anna, finance):
    credited(paid, 145_000, finance)
    about = OutgoingMail.objects.filter(recipient=anna.email, kind__contains="credit")
    (text,) = [mail.text for mail in about]
    assert "You had paid it, so we pay the amount back to you." in text
    assert f"/support/invoices/{paid.prepayment.invoice.public_id}/" in text


def test_an_address_for_invoices_that_nobody_speaks_with_reads_of_the_document(paid, studio, anna, finance):
    Customer.objects.filter(pk=studio.customer_id).update(email="books@example.com")
    credited(paid, 145_000, finance)
    about = OutgoingMail.objects.filter(kind__in=("billing/credit_note", "support/offer_credited"))
    assert dict(about.values_list("kind", "recipient")) == {
        "billing/credit_note": "books@example.com",
        "support/offer_credited": anna.email,
    }


def test_what_was_used_stays_and_comes_back_only_as_far_as_it_is_paid(paid, ticket, consultant, finance):
    work = worked(ticket, paid, 240, consultant)
    credited(paid, 290_000, finance)
    # Half of it went back: an hour that was left, and an hour and a half that was used by then.
    assert left_of(paid) == (240, 0)
    assert books_broken() == []
    take_back_work(work=work, why="Booked twice.", by=consultant, now=NOW)
    assert left_of(paid) == (150, 150)
    assert list(AllowanceEntry.objects.filter(kind="credited").values_list("amount", flat=True)) == [-90, -60]
    assert books_broken() == []


def test_several_credit_notes_take_back_what_one_over_all_of_them_would(paid, finance):
    for _third in range(3):
        credited(paid, 193_333, finance)
    assert left_of(paid) == (1, 1)
    credited(paid, 1, finance)
    assert left_of(paid) == (0, 0)
    assert books_broken() == []


def test_what_is_too_little_for_a_minute_takes_none_and_is_told(paid, finance):
    credited(paid, 1, finance)
    assert left_of(paid) == (300, 300)
    assert "Nothing of it went back" in OutgoingMail.objects.get(kind="support/offer_credited").text


def test_an_invoice_that_sold_no_support_takes_none(db, pro, finance):
    from tests.making import contract

    contract(pro)
    issue_credit_note(invoice=Invoice.objects.get(), amount_cents=100, reason="So.", by=finance, now=NOW)
    assert not AllowanceEntry.objects.filter(kind="credited").exists()


@pytest.fixture
def rest(bank, paid):
    """The bank took nine tenths of the 5,800.00 back."""
    bank.tell(GatewayPayment.objects.get(), "reversed", reversal="dp_1", amount=522_000, at=NOW)
    return Invoice.objects.get(rest_of=paid.prepayment.invoice)


def test_what_the_bank_took_back_and_nobody_asks_for_any_more_takes_its_support(paid, rest, finance):
    note = issue_credit_note(invoice=rest, reason="Agreed.", by=finance, now=NOW)
    assert left_of(paid) == (30, 30)
    assert AllowanceEntry.objects.get(kind="credited").cause == f"credit_note:{note.public_id}"
    assert [each.left for each in Allowance.objects.paid_for().filter(offer=paid)] == [30]
    assert books_broken() == []
    # What is left of it can be credited too, and no more than all goes back.
    credited(paid, 580_000, finance)
    assert left_of(paid) == (0, 0)
    assert books_broken() == []


def test_what_the_bank_gave_back_takes_no_support_though_its_rest_is_credited(bank, paid, rest):
    bank.tell(GatewayPayment.objects.get(), "reversal_undone", reversal="dp_1", amount=522_000, at=NOW)
    rest.refresh_from_db()
    assert (rest.creditable_cents, left_of(paid)) == (0, (300, 300))
    assert not OutgoingMail.objects.filter(kind__contains="offer_credited").exists()
    assert books_broken() == []


def test_a_rest_that_was_credited_without_its_support_breaks_the_books(paid, rest, finance, monkeypatch):
    monkeypatch.setattr("support.credited.follow_credit_notes", lambda **said: 0)
    issue_credit_note(invoice=rest, reason="Agreed.", by=finance, now=NOW)
    (broken,) = books_broken()
    assert f"offer {paid.number}: credit notes take back 270, and 0 went back" in broken


@pytest.fixture
def earlier(paid, finance, monkeypatch):
    """Credited by a quarter before support followed credit notes."""
    with monkeypatch.context() as before:
        before.setattr("support.credited.follow_credit_notes", lambda **said: 0)
        before.setattr("support.letters.offer_credited", lambda *said: None)
        return credited(paid, 145_000, finance)


def test_what_was_credited_earlier_loses_its_support_once_and_both_sides_are_told(earlier, paid, capsys):
    assert (len(books_broken()), list(owing_support())) == (1, [paid])
    call_command("take_credited_support", "--dry-run")
    assert (left_of(paid), "Due: 1 offers." in capsys.readouterr().out) == ((300, 300), True)
    call_command("take_credited_support")
    assert (left_of(paid), "Taken back: 1 offers." in capsys.readouterr().out) == ((225, 225), True)
    assert AllowanceEntry.objects.get(kind="credited").cause == f"caught_up:{earlier.public_id}"
    assert OutgoingMail.objects.filter(kind__contains="offer_credited").count() == 2
    assert (take_earlier_credits(now=NOW), books_broken()) == (0, [])


@pytest.mark.parametrize(("cents", "owes"), [(1_933, False), (1_934, True)])
def test_earlier_credits_are_taken_by_whole_units_as_ever(paid, finance, monkeypatch, cents, owes):
    monkeypatch.setattr("support.credited.follow_credit_notes", lambda **said: 0)
    credited(paid, cents, finance)
    assert owing_support().exists() is owes


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_credited_and_used_at_once_no_minute_is_both(paid, ticket, consultant, finance):
    together(
        lambda: credited(paid, 290_000, finance),
        lambda: worked(ticket, paid, 200, consultant),
    )
    given_in_all, left = left_of(paid)
    assert (given_in_all, left) in [(200, 0), (150, 150)]
    assert books_broken() == []


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_credited_and_a_use_taken_back_at_once_all_that_is_due_goes_back(paid, ticket, consultant, finance):
    work = worked(ticket, paid, 300, consultant)
    together(
        lambda: credited(paid, 290_000, finance),
        lambda: take_back_work(work=work, why="Booked twice.", by=consultant, now=NOW),
    )
    assert left_of(paid) == (150, 150)
    assert books_broken() == []


# Given back by the bank


def gives_back(bank, reference="dp_1", amount=522_000):
    bank.tell(GatewayPayment.objects.get(), "reversal_undone", reversal=reference, amount=amount, at=NOW)
    return last_of(bank)


def test_bought_taken_back_in_part_and_given_back_it_is_as_it_was(bank, paid, rest):
    assert not Allowance.objects.paid_for().filter(offer=paid).exists()
    assert gives_back(bank) == ("done", "reversal_undone")
    assert Allowance.objects.paid_for().filter(offer=paid).exists()
    assert (left_of(paid), Invoice.objects.owed().exists(), books_broken()) == ((300, 300), False, [])


@pytest.mark.parametrize("cents", [290_000, 522_000])
def test_what_is_given_back_of_a_rest_that_was_credited_is_sent_back_by_a_person(
    bank, paid, rest, finance, cents
):
    """Its support went with the credit note: kept, that money would have bought nothing."""
    issue_credit_note(invoice=rest, amount_cents=cents, reason="Agreed.", by=finance, now=NOW)
    kept = left_of(paid)
    assert gives_back(bank) == ("needs_person", "no_balance")
    assert (left_of(paid), books_broken()) == (kept, [])


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_a_rest_that_somebody_credits_while_the_bank_gives_it_back_is_taken_back_once(
    bank, paid, rest, finance, monkeypatch
):
    said = {"invoice": rest, "amount_cents": 290_000, "reason": "Agreed.", "by": finance, "now": NOW}
    comes_twice, refused = reversals.comes_twice, []

    def credit():
        try:
            issue_credit_note(**said)
        except BillingError as refusal:
            refused.append(refusal.code)
        finally:
            connections.close_all()

    crediting = threading.Thread(target=credit)

    def meanwhile(reversal):
        found = comes_twice(reversal)
        crediting.start()
        crediting.join(timeout=2)
        return found

    monkeypatch.setattr(reversals, "comes_twice", meanwhile)
    assert gives_back(bank) == ("done", "reversal_undone")
    crediting.join(timeout=20)
    assert (refused, left_of(paid), books_broken()) == (["nothing_to_credit"], (300, 300), [])


@pytest.fixture
def bought(bank, pro, consultant, desk_lead):
    """Five hours, bought by a business that has a balance."""
    from tests.making import contract

    contract(pro)
    agreement = sign_agreement(
        client=client_of(customer_of(pro), NOW),
        title="Website",
        text="Ten pages.",
        lines=[Line(kind="tool", what="Website", unit="minutes", amount=600)],
        signed=Agreement.Signed.PAPER,
        signed_by="Pro",
        by=desk_lead,
        now=NOW,
    )
    offer = send_offer(offer=draft(agreement, consultant), by=consultant, now=NOW)
    accept_offer(offer=offer, by=pro.owner, price_seen_cents=580_000, now=NOW)
    bank.tell(pay_offer(offer=offer, by=pro.owner, now=NOW), "paid", at=NOW)
    offer.refresh_from_db()
    return offer


@pytest.mark.parametrize(
    ("cents", "left", "pays"), [(290_000, 150, False), (290_000, 150, True), (0, 300, True)]
)
def test_a_business_has_on_its_balance_what_came_for_nothing(bank, bought, pro, finance, cents, left, pays):
    """It paid 5,800.00, its bank took 5,220.00 back, of which `cents` were credited and the others paid or not; then
    the bank gives it back: what it has is worth what it has paid."""
    bank.tell(GatewayPayment.objects.get(), "reversed", reversal="dp_1", amount=522_000, at=NOW)
    rest = Invoice.objects.get(rest_of=bought.prepayment.invoice)
    if cents:
        issue_credit_note(invoice=rest, amount_cents=cents, reason="Agreed.", by=finance, now=NOW)
    if pays:
        said = {"amount_cents": 522_000 - cents, "received_on": NOW.date(), "reference": "spei 1"}
        record_invoice_payment(invoice=rest, by=finance, now=NOW, **said)
    assert gives_back(bank) == ("done", "reversal_undone")
    balance = Wallet.objects.get(professional=pro).balance_cents
    went_in = 580_000 + (522_000 - cents if pays else 0)
    assert (left_of(bought), balance) == ((left, left), went_in - 580_000 * left // 300)
    assert (Invoice.objects.owed().filter(rest_of__isnull=False).exists(), books_broken()) == (False, [])
