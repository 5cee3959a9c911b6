"""Money that comes, or goes back, for a business that has closed its account (X5, M8, M10)."""

from importlib import import_module
from uuid import uuid4

import pytest
from django.apps import apps

from billing.credit_notes import issue_credit_note
from billing.errors import BillingError
from billing.invoices import record_invoice_payment
from billing.models import GatewayEvent, GatewayPayment, Invoice, Reversal, TopUp, Wallet, WalletEntry
from billing.payments import start_invoice_payment, start_top_up
from billing.personal import shown
from billing.top_ups import correct_balance, record_top_up
from billing.wallet import open_wallet
from profiles.closing import close_account
from tests.billing.paying import books_broken, event_of
from tests.making import NOW, contract, make_user, pay

pytestmark = pytest.mark.django_db


def close(pro):
    close_account(user=pro.owner, now=NOW)
    pro.refresh_from_db()


def topped_up(bank, pro):
    open_wallet(professional=pro)
    payment = start_top_up(professional=pro, amount_cents=50_000, by=pro.owner, now=NOW)
    bank.tell(payment, "paid")
    return payment


def test_who_began_a_payment_is_shown_it_also_as_a_member(bank, pro):
    member = make_user("member@example.com")
    pro.members.add(member)
    open_wallet(professional=pro)
    start_top_up(professional=pro, amount_cents=50_000, by=member, now=NOW)
    said = [("Payment that you began", "MX$500.00 · Jan. 10, 2026 · top-up of the balance")]
    assert list(shown(member)) == said
    assert said[0] not in list(shown(pro.owner))


def test_a_payment_of_theirs_that_is_disputed_waits_for_a_person_and_invoices_nobody(bank, pro, finance):
    payment = topped_up(bank, pro)
    correct_balance(professional=pro, amount_cents=-50_000, reason="spent", by=finance, now=NOW)
    close(pro)
    bank.tell(payment, "reversed", reversal="dp_1")
    assert (event_of(bank).state, event_of(bank).why) == ("needs_person", "closed_account")
    assert (Invoice.objects.count(), Reversal.objects.count()) == (0, 0)
    payment.refresh_from_db()
    assert payment.state == "paid"
    assert books_broken() == []


def test_what_was_taken_before_and_is_given_back_waits_for_a_person(bank, pro):
    payment = topped_up(bank, pro)
    bank.tell(payment, "reversed", reversal="dp_1")
    close(pro)
    bank.tell(payment, "reversal_undone", reversal="dp_1")
    assert (event_of(bank).state, event_of(bank).why) == ("needs_person", "closed_account")
    assert (Wallet.objects.get().balance_cents, Reversal.objects.get().state) == (0, "standing")
    assert books_broken() == []


def test_their_balance_is_not_corrected_any_more_and_what_was_sent_before_still_stands(pro, finance):
    said = {"professional": pro, "amount_cents": 5_000, "reason": "…", "by": finance, "now": NOW}
    form_id = uuid4()
    before = correct_balance(**said, public_id=form_id)
    close(pro)
    assert correct_balance(**said, public_id=form_id) == before
    with pytest.raises(BillingError, check=lambda refusal: refusal.code == "closed_account"):
        correct_balance(**said)
    assert Wallet.objects.get().balance_cents == 5_000


def test_a_transfer_onto_their_balance_is_refused_and_one_recorded_before_still_stands(pro, finance):
    def record(reference):
        return record_top_up(
            professional=pro, amount_cents=50_000, received_on=NOW.date(), reference=reference, by=finance, now=NOW
        )  # fmt: skip

    before = record("SPEI 1")
    close(pro)
    with pytest.raises(BillingError) as refused:
        record("SPEI 2")
    assert (refused.value.code, TopUp.objects.count(), WalletEntry.objects.count()) == (
        "closed_account",
        1,
        1,
    )
    assert record("SPEI 1") == before
    assert books_broken() == []


def test_a_credit_note_of_what_they_paid_is_paid_back_and_not_put_where_nobody_can_spend_it(pro, finance):
    contract(pro)
    close(pro)
    note = issue_credit_note(invoice=Invoice.objects.get(), reason="Cobrado de más.", by=finance, now=NOW)
    assert (note.use, note.entry) == ("paid_back", None)
    assert Wallet.objects.get().balance_cents == 0
    assert books_broken() == []


def test_what_they_owe_can_be_paid_by_transfer_and_nothing_above_it(pro, finance):
    contract(pro, paid=False)
    close(pro)
    invoice = Invoice.objects.get()
    with pytest.raises(BillingError) as refused:
        record_invoice_payment(
            invoice=invoice, amount_cents=60_000, received_on=NOW.date(), reference="SPEI 9", by=finance, now=NOW
        )  # fmt: skip
    assert refused.value.code == "wrong_amount"
    pay(invoice)
    invoice.refresh_from_db()
    assert (invoice.is_owed, Wallet.objects.get().balance_cents) == (False, 0)
    assert books_broken() == []


def test_what_the_payer_read_at_the_gateway_names_the_business_no_more(bank, pro):
    contract(pro, paid=False)
    start_invoice_payment(invoice=Invoice.objects.get(), by=pro.owner, now=NOW)
    topped_up(bank, pro)
    assert GatewayPayment.objects.filter(description__contains=pro.name).count() == 1
    close(pro)
    assert set(GatewayPayment.objects.values_list("description", flat=True)) == {"—"}
    assert GatewayEvent.objects.count() == 1


def test_the_migration_does_so_for_accounts_that_are_closed_already(bank, pro, other_pro):
    mine, theirs = topped_up(bank, pro), topped_up(bank, other_pro)
    type(pro).objects.filter(pk=pro.pk).update(closed_at=NOW)
    import_module("billing.migrations.0017_closed_accounts_name_nobody").take_the_names_out(apps, None)
    mine.refresh_from_db(), theirs.refresh_from_db()
    assert (mine.description, other_pro.name in theirs.description) == ("—", True)
