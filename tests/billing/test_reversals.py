"""Money that the bank takes back and gives back, over both gateways (M10, M8, G9)."""

from datetime import date, timedelta

import pytest
from django.db import IntegrityError, transaction

from billing.credit_notes import issue_credit_note
from billing.errors import BillingError
from billing.gateway_events import process_event
from billing.gateway_inbox import process_payments
from billing.invoices import payments_current
from billing.models import (
    CreditNote,
    GatewayEvent,
    GatewayPayment,
    Invoice,
    InvoicePayment,
    Reversal,
    SubscriptionEvent,
    Wallet,
    WalletEntry,
)
from billing.payments import start_invoice_payment, start_top_up
from billing.subscriptions import plan_in_force
from billing.top_ups import correct_balance
from billing.wallet import open_wallet
from mail.models import OutgoingMail
from tests.billing.paying import books_broken, event_of
from tests.making import NOW, contract, make_staff, pay

DAY = date(2026, 1, 10)


@pytest.fixture(autouse=True)
def _books_balance(db):
    yield
    assert books_broken() == []


def paid_invoice(bank, pro):
    contract(pro, paid=False)
    invoice = Invoice.objects.get()
    payment = start_invoice_payment(invoice=invoice, by=pro.owner, now=NOW)
    bank.tell(payment, "paid")
    return invoice, payment


def take_back(bank, payment, *, reference="dp_1", **said):
    bank.tell(payment, "reversed", reversal=reference, **said)
    return outcome(bank)


def give_back(bank, payment, *, reference="dp_1", **said):
    bank.tell(payment, "reversal_undone", reversal=reference, **said)
    return outcome(bank)


def outcome(bank):
    event = event_of(bank)
    return event.state, event.why


def balance():
    return Wallet.objects.get().balance_cents


def entries():
    return list(WalletEntry.objects.order_by("id").values_list("kind", "amount_cents", "balance_after_cents"))


def bought(pro, amount_cents):
    """Spends it as finance would take it: a row of its own stands behind the entry."""
    correct_balance(
        professional=pro, amount_cents=-amount_cents, reason="spent", by=make_staff("finance"), now=NOW
    )


class TestTopUp:
    def test_it_takes_what_it_brought(self, bank, top_up, pro):
        assert take_back(bank, top_up) == ("done", "reversed")
        assert entries() == [("top_up", 50_000, 50_000), ("reversal", -50_000, 0)]
        reversal = Reversal.objects.get()
        assert (reversal.state, reversal.amount_cents, reversal.rest_invoice) == ("standing", 50_000, None)
        assert reversal.entry.cause == f"reversal:{reversal.public_id}"
        top_up.refresh_from_db()
        assert top_up.state == "reversed"
        assert payments_current(pro, DAY)
        mail = OutgoingMail.objects.get(kind="billing/payment_reversed", recipient=pro.owner.email)
        assert "MX$500.00 of them were taken from your balance, which is now MX$0.00" in mail.text

    def test_what_was_spent_becomes_an_invoice_that_is_past_due_at_once(self, bank, top_up, pro):
        """G9: no guarantee is claimed or refunded in between, not even on the same day."""
        bought(pro, 30_000)
        assert payments_current(pro, DAY)
        take_back(bank, top_up)
        assert balance() == 0
        invoice = Reversal.objects.get().rest_invoice
        assert (invoice.total_cents, invoice.origin, invoice.issued_on, invoice.due_on) == (
            30_000,
            "reversal",
            DAY,
            date(2026, 1, 9),
        )
        assert not payments_current(pro, DAY)
        assert list(Invoice.objects.past_due(DAY)) == [invoice]
        mail = OutgoingMail.objects.get(kind="billing/payment_reversed", recipient=pro.owner.email)
        assert "MX$200.00 of them were taken from your balance" in mail.text
        assert f"Over MX$300.00 that are no longer there we have issued invoice {invoice.number}" in mail.text

    def test_all_spent_it_is_all_invoice_and_no_entry(self, bank, top_up, pro):
        bought(pro, 50_000)
        take_back(bank, top_up)
        reversal = Reversal.objects.get()
        assert (reversal.entry, reversal.rest_invoice.total_cents) == (None, 50_000)

    def test_given_back_it_undoes_exactly_what_it_did(self, bank, top_up, pro):
        bought(pro, 30_000)
        take_back(bank, top_up)
        invoice = Reversal.objects.get().rest_invoice
        assert give_back(bank, top_up) == ("done", "reversal_undone")
        assert entries()[-2:] == [("reversal", -20_000, 0), ("reversal_undone", 20_000, 20_000)]
        reversal = Reversal.objects.get()
        assert (reversal.state, reversal.undone_at, reversal.undone_entry.amount_cents) == (
            "undone",
            NOW,
            20_000,
        )
        assert CreditNote.objects.get().invoice == invoice
        assert payments_current(pro, DAY)
        top_up.refresh_from_db()
        assert top_up.state == "paid"
        mail = OutgoingMail.objects.get(kind="billing/reversal_undone", recipient=pro.owner.email)
        assert "MX$200.00 are on your balance, which is now MX$200.00" in mail.text

    def test_given_back_after_the_rest_was_paid_what_was_paid_is_on_the_balance(self, bank, top_up, pro):
        bought(pro, 30_000)
        take_back(bank, top_up)
        pay(Reversal.objects.get().rest_invoice)
        assert payments_current(pro, DAY)
        give_back(bank, top_up)
        assert balance() == 50_000

    def test_given_back_when_all_was_spent_and_nothing_paid_leaves_no_entry(self, bank, top_up, pro):
        bought(pro, 50_000)
        take_back(bank, top_up)
        give_back(bank, top_up)
        assert (balance(), Reversal.objects.get().undone_entry) == (0, None)
        assert payments_current(pro, DAY)

    def test_a_late_payment_of_an_invoice_that_was_taken_back_is_on_the_balance(self, bank, top_up, pro):
        bought(pro, 30_000)
        take_back(bank, top_up)
        late = start_invoice_payment(invoice=Reversal.objects.get().rest_invoice, by=pro.owner, now=NOW)
        give_back(bank, top_up)
        bank.tell(late, "paid")
        assert outcome(bank) == ("done", "invoice_paid_before")
        assert balance() == 50_000

    def test_other_money_on_the_balance_is_taken_too(self, bank, top_up, pro):
        """M10: what is left of the balance, whatever it came from."""
        bought(pro, 50_000)
        second = start_top_up(professional=pro, amount_cents=20_000, by=pro.owner, now=NOW)
        bank.tell(second, "paid")
        take_back(bank, top_up)
        assert (balance(), Reversal.objects.get().rest_invoice.total_cents) == (0, 30_000)

    def test_in_parts_and_never_more_than_was_paid(self, bank, top_up):
        assert take_back(bank, top_up, reference="dp_1", amount=20_000) == ("done", "reversed")
        assert take_back(bank, top_up, reference="dp_3", amount=30_000) == ("done", "reversed")
        assert take_back(bank, top_up, reference="dp_4", amount=1) == ("needs_person", "more_than_paid")
        assert (balance(), Reversal.objects.count()) == (0, 2)
        assert give_back(bank, top_up, reference="dp_1", amount=20_000) == ("done", "reversal_undone")
        top_up.refresh_from_db()
        assert (balance(), top_up.state) == (20_000, "reversed")
        assert give_back(bank, top_up, reference="dp_3", amount=30_000) == ("done", "reversal_undone")
        top_up.refresh_from_db()
        assert (balance(), top_up.state) == (50_000, "paid")
        assert take_back(bank, top_up, reference="dp_5") == ("done", "reversed")
        assert balance() == 0

    def test_told_twice_it_is_taken_once_and_given_back_once(self, bank, top_up):
        for _ in range(2):
            bank.tell(top_up, "reversed", reversal="dp_1", event_id="evt_r")
        assert take_back(bank, top_up) == ("ignored", "already_reversed")
        assert balance() == 0
        give_back(bank, top_up)
        assert give_back(bank, top_up) == ("ignored", "already_undone")
        assert balance() == 50_000
        assert take_back(bank, top_up) == ("needs_person", "reversed_again")
        assert balance() == 50_000

    @pytest.mark.parametrize(
        ("said", "why"),
        [
            ({"amount": 0}, "wrong_amount"),
            ({"amount": -1}, "wrong_amount"),
            ({"currency": "USD"}, "wrong_currency"),
            ({"reference": ""}, "wrong_amount"),
        ],
    )
    def test_what_makes_no_sense_takes_nothing(self, bank, top_up, said, why):
        if bank.code == "stripe" and said.get("reference") == "":
            bank.tell(top_up, "reversed", reversal="")
            assert not Reversal.objects.exists()
            return
        assert take_back(bank, top_up, **said) == ("needs_person", why)
        assert balance() == 50_000

    def test_more_or_less_given_back_than_was_taken_needs_a_person(self, bank, top_up):
        take_back(bank, top_up)
        assert give_back(bank, top_up, amount=49_999) == ("needs_person", "wrong_amount")
        assert balance() == 0


class TestOutOfOrder:
    def test_a_reversal_before_its_payment_waits_for_it(self, bank, pro):
        open_wallet(professional=pro)
        payment = start_top_up(professional=pro, amount_cents=50_000, by=pro.owner, now=NOW)
        assert take_back(bank, payment)[0] == "waiting"
        assert balance() == 0
        bank.tell(payment, "paid")
        assert entries() == [("top_up", 50_000, 50_000), ("reversal", -50_000, 0)]
        payment.refresh_from_db()
        assert payment.state == "reversed"

    def test_given_back_before_it_was_taken_and_both_before_the_payment(self, bank, pro):
        open_wallet(professional=pro)
        payment = start_top_up(professional=pro, amount_cents=50_000, by=pro.owner, now=NOW)
        assert give_back(bank, payment)[0] == "waiting"
        assert take_back(bank, payment)[0] == "waiting"
        bank.tell(payment, "paid")
        assert balance() == 50_000
        assert Reversal.objects.get().state == "undone"

    def test_given_back_first_waits_for_the_taking(self, bank, top_up):
        assert give_back(bank, top_up) == ("waiting", "not_reversed_yet")
        assert take_back(bank, top_up) == ("done", "reversed")
        assert (balance(), Reversal.objects.get().state) == (50_000, "undone")

    def test_what_waits_in_vain_needs_a_person_in_the_end(self, bank, pro):
        open_wallet(professional=pro)
        payment = start_top_up(professional=pro, amount_cents=50_000, by=pro.owner, now=NOW)
        take_back(bank, payment)
        process_payments(now=NOW + timedelta(days=3) - timedelta(seconds=1))
        assert event_of(bank).state == "waiting"
        process_payments(now=NOW + timedelta(days=3, minutes=5))
        assert event_of(bank).state == "needs_person"
        assert process_payments(now=NOW + timedelta(days=3, minutes=10))[0] == 0


class TestInvoice:
    def test_it_reopens_the_invoice(self, bank, pro):
        invoice, payment = paid_invoice(bank, pro)
        assert take_back(bank, payment) == ("done", "reversed")
        invoice.refresh_from_db()
        assert (invoice.paid_on, invoice.payment) == (None, None)
        assert InvoicePayment.objects.get().state == "reversed"
        assert (balance(), entries()) == (0, [])
        assert payments_current(pro, invoice.due_on)
        assert not payments_current(pro, invoice.due_on + timedelta(days=1))
        assert not plan_in_force(pro, date(2026, 2, 1))
        mail = OutgoingMail.objects.get(kind="billing/payment_reversed", recipient=pro.owner.email)
        assert f"Invoice {invoice.number}" in mail.text
        assert "is therefore to be paid again" in mail.text

    def test_reopened_it_is_paid_again_and_told_again(self, bank, pro):
        invoice, payment = paid_invoice(bank, pro)
        take_back(bank, payment)
        second = start_invoice_payment(invoice=invoice, by=pro.owner, now=NOW)
        assert second != payment
        bank.tell(second, "paid")
        invoice.refresh_from_db()
        assert (invoice.paid_on, invoice.payment.gateway_payment) == (DAY, second)
        told = OutgoingMail.objects.filter(kind="billing/payment_received", recipient=pro.owner.email)
        assert told.count() == 2

    def test_given_back_it_is_paid_as_it_was(self, bank, pro):
        invoice, payment = paid_invoice(bank, pro)
        take_back(bank, payment)
        give_back(bank, payment)
        invoice.refresh_from_db()
        assert (invoice.paid_on, invoice.payment.gateway_payment) == (DAY, payment)
        assert plan_in_force(pro, date(2026, 2, 1))
        assert entries() == []

    def test_a_plan_that_lapsed_meanwhile_is_in_force_again(self, bank, pro):
        """M9."""
        _invoice, payment = paid_invoice(bank, pro)
        take_back(bank, payment)
        later = NOW + timedelta(days=25)
        assert not plan_in_force(pro, later.date())
        row = GatewayEvent.objects.latest("id")
        row.pk, row.event_id, row.word, row.state = None, "evt_back", "reversal_undone", "waiting"
        row.save()
        process_event(event=row, now=later)
        assert plan_in_force(pro, later.date())
        assert SubscriptionEvent.objects.filter(to_state="restored").count() == 1

    def test_given_back_after_it_was_paid_otherwise_the_money_is_on_the_balance(self, bank, pro):
        invoice, payment = paid_invoice(bank, pro)
        take_back(bank, payment)
        pay(invoice)
        give_back(bank, payment)
        assert entries() == [("reversal_undone", 49_900, 49_900)]
        invoice.refresh_from_db()
        assert invoice.payment.gateway_payment is None
        mail = OutgoingMail.objects.get(kind="billing/reversal_undone", recipient=pro.owner.email)
        assert "is no longer to be paid, so MX$499.00 are on your balance" in mail.text

    @pytest.mark.parametrize("otherwise", ["paid", "credited"])
    def test_given_back_and_taken_again_it_comes_from_the_balance_and_not_from_the_invoice(
        self, bank, pro, finance, otherwise
    ):
        """The invoice is settled by something else: nobody takes that away."""
        invoice, payment = paid_invoice(bank, pro)
        take_back(bank, payment)
        if otherwise == "paid":
            pay(invoice)
        else:
            issue_credit_note(invoice=invoice, reason="De más.", by=finance, now=NOW)
        give_back(bank, payment)
        assert balance() == 49_900

        take_back(bank, payment, reference="re_2")

        assert balance() == 0
        assert entries()[-1][:2] == ("reversal", -49_900)
        invoice.refresh_from_db()
        assert not invoice.is_owed
        assert payments_current(pro, invoice.due_on + timedelta(days=1))

    def test_a_part_of_it_becomes_an_invoice_of_its_own(self, bank, pro):
        invoice, payment = paid_invoice(bank, pro)
        take_back(bank, payment, amount=10_000)
        invoice.refresh_from_db()
        assert invoice.paid_on == DAY
        rest = Reversal.objects.get().rest_invoice
        assert (rest.total_cents, rest.origin) == (10_000, "reversal")
        assert not payments_current(pro, DAY)
        give_back(bank, payment, amount=10_000)
        assert payments_current(pro, DAY)

    def test_what_a_credit_note_put_on_the_balance_between_two_parts_is_taken_from_there(self, bank, pro):
        """Only what was of the balance counts against the balance's part, and is free again when it is undone."""
        invoice, payment = paid_invoice(bank, pro)
        take_back(bank, payment, reference="dp_1", amount=10_000)
        issue_credit_note(invoice=invoice, reason="…", by=None, now=NOW, amount_cents=15_000)
        take_back(bank, payment, reference="dp_3", amount=10_000)
        taken = Reversal.objects.get(reference="dp_3")
        assert (taken.of_balance_cents, taken.entry.amount_cents, taken.rest_invoice) == (
            10_000,
            -10_000,
            None,
        )
        assert balance() == 5_000
        take_back(bank, payment, reference="dp_4", amount=10_000)
        both = Reversal.objects.get(reference="dp_4")
        assert (both.of_balance_cents, both.entry.amount_cents) == (5_000, -5_000)
        assert (both.rest_invoice.total_cents, both.rest_invoice.rest_of) == (5_000, invoice)
        give_back(bank, payment, reference="dp_3", amount=10_000)
        give_back(bank, payment, reference="dp_1", amount=10_000)
        assert (balance(), payments_current(pro, DAY)) == (10_000, False)
        take_back(bank, payment, reference="dp_5", amount=19_900)
        again = Reversal.objects.get(reference="dp_5")
        assert (again.of_balance_cents, again.rest_invoice.total_cents) == (10_000, 9_900)

    def test_money_that_came_twice_and_is_taken_back_is_taken_from_the_balance(self, bank, pro):
        contract(pro, paid=False)
        invoice = Invoice.objects.get()
        payment = start_invoice_payment(invoice=invoice, by=pro.owner, now=NOW)
        pay(invoice)
        bank.tell(payment, "paid")
        take_back(bank, payment)
        assert entries() == [("top_up", 49_900, 49_900), ("reversal", -49_900, 0)]
        invoice.refresh_from_db()
        assert invoice.paid_on == DAY


def test_the_database_holds_what_it_can(db, bank, top_up):
    take_back(bank, top_up)
    reversal = Reversal.objects.get()
    for changes in (
        {"amount_cents": 0},
        {"entry": None},
        {"state": "undone"},
    ):
        with pytest.raises(IntegrityError), transaction.atomic():
            Reversal.objects.filter(pk=reversal.pk).update(**changes)
    with pytest.raises(IntegrityError), transaction.atomic():
        Reversal.objects.create(
            payment=top_up,
            reference="dp_1",
            amount_cents=1,
            reversed_at=NOW,
            rest_invoice=reversal.rest_invoice,
        )
    assert GatewayPayment.objects.count() == 1


# Of invoices that credit notes made smaller


def test_what_a_credit_note_gave_back_already_is_taken_from_the_balance_and_owed_again_nowhere(bank, pro):
    invoice, payment = paid_invoice(bank, pro)
    issue_credit_note(invoice=invoice, reason="Taken back.", by=None, now=NOW)
    assert balance() == payment.amount_cents

    assert take_back(bank, payment) == ("done", "reversed")
    invoice.refresh_from_db()
    assert (invoice.is_owed, balance(), Invoice.objects.count()) == (False, 0, 1)

    assert give_back(bank, payment) == ("done", "reversal_undone")
    assert balance() == payment.amount_cents


def test_of_an_invoice_credited_in_part_only_what_it_kept_is_owed_again(bank, pro):
    invoice, payment = paid_invoice(bank, pro)
    issue_credit_note(invoice=invoice, reason="A discount.", by=None, now=NOW, amount_cents=1_000)

    take_back(bank, payment)
    rest = Invoice.objects.exclude(pk=invoice.pk).get()
    invoice.refresh_from_db()
    assert (invoice.is_owed, balance()) == (False, 0)
    assert (rest.open_cents, rest.origin) == (payment.amount_cents - 1_000, Invoice.Origin.REVERSAL)
    assert not payments_current(pro, DAY + timedelta(days=1))

    give_back(bank, payment)
    rest.refresh_from_db()
    assert (rest.is_owed, balance()) == (False, 1_000)


def test_given_back_for_an_invoice_made_smaller_meanwhile_it_pays_that_and_the_rest_is_on_the_balance(
    bank, pro
):
    invoice, payment = paid_invoice(bank, pro)
    take_back(bank, payment)
    issue_credit_note(invoice=invoice, reason="A discount.", by=None, now=NOW, amount_cents=1_000)

    assert give_back(bank, payment) == ("done", "reversal_undone")
    invoice.refresh_from_db()
    assert (invoice.is_owed, invoice.paid_on, invoice.payment.amount_cents) == (False, DAY, 48_900)
    assert entries() == [("reversal_undone", 1_000, 1_000)]
    mail = OutgoingMail.objects.get(kind="billing/reversal_undone", recipient=pro.owner.email)
    assert f"Invoice {invoice.number} is paid again." in mail.text
    assert "MX$10.00 are on your balance" in mail.text

    # Taken once more: first what lies on the balance, then the invoice is to be paid again, and all is as it was.
    take_back(bank, payment, reference="re_2")
    invoice.refresh_from_db()
    assert (balance(), invoice.is_owed, invoice.open_cents, Invoice.objects.count()) == (0, True, 48_900, 1)

    give_back(bank, payment, reference="re_2")
    invoice.refresh_from_db()
    assert (balance(), invoice.is_owed) == (1_000, False)


def test_money_for_a_closed_account_waits_for_a_person(bank, pro):
    open_wallet(professional=pro)
    payment = start_top_up(professional=pro, amount_cents=50_000, by=pro.owner, now=NOW)
    pro.closed_at = NOW
    pro.save(update_fields=["closed_at"])
    bank.tell(payment, "paid")
    assert (outcome(bank), balance()) == (("needs_person", "closed_account"), 0)


def test_top_ups_are_begun_so_many_times_an_hour(bank, pro, monkeypatch):
    monkeypatch.setattr("billing.payments.TOP_UPS_AN_HOUR", 2)
    open_wallet(professional=pro)
    for _turn in range(2):
        start_top_up(professional=pro, amount_cents=50_000, by=pro.owner, now=NOW)
    with pytest.raises(BillingError) as refused:
        start_top_up(professional=pro, amount_cents=50_000, by=pro.owner, now=NOW)
    assert (refused.value.code, GatewayPayment.objects.count()) == ("too_many_payments", 2)
