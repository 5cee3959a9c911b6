"""Bank transfers recorded by staff: for invoices, for balances; and corrections (M10, X4)."""

from datetime import date
from uuid import uuid4

import pytest

from billing.errors import BillingError
from billing.invoices import issue_invoice, record_invoice_payment
from billing.models import (
    BalanceCorrection,
    BankTransfer,
    Customer,
    Invoice,
    InvoicePayment,
    TopUp,
    Wallet,
    WalletEntry,
)
from billing.signals import invoice_paid
from billing.top_ups import correct_balance, record_top_up
from billing.transfers import transfer_reference
from mail.models import OutgoingMail
from tests.billing.paying import books_broken
from tests.making import NOW, at, contract, fund

DAY = date(2026, 1, 10)


def refused(code):
    return pytest.raises(BillingError, check=lambda refusal: refusal.code == code)


@pytest.fixture
def invoice(pro):
    contract(pro, paid=False)
    return Invoice.objects.get()


def pay_invoice(invoice, by, **changes):
    said = {"amount_cents": 49_900, "received_on": DAY, "reference": "SPEI 1", "now": NOW} | changes
    return record_invoice_payment(invoice=invoice, by=by, **said)


def top_up(pro, by, **changes):
    said = {"amount_cents": 10_000, "received_on": DAY, "reference": "SPEI 1", "now": NOW} | changes
    return record_top_up(professional=pro, by=by, **said)


class TestInvoicePayment:
    def test_the_whole_amount_pays_it(self, invoice, finance):
        heard = []

        def receiver(sender, invoice, payment, now, **kwargs):
            heard.append((sender, invoice, payment, now, invoice.paid_on))

        invoice_paid.connect(receiver)
        try:
            payment = pay_invoice(invoice, finance, now=at("2026-01-12 12:00"), received_on=date(2026, 1, 11))
        finally:
            invoice_paid.disconnect(receiver)
        invoice.refresh_from_db()
        assert invoice.paid_on == date(2026, 1, 11)
        assert (payment.invoice, payment.amount_cents, payment.reference, payment.recorded_by) == (
            invoice,
            49_900,
            "SPEI 1",
            finance,
        )
        assert (payment.received_on, payment.recorded_at) == (date(2026, 1, 11), at("2026-01-12 12:00"))
        assert heard == [(Invoice, invoice, payment, at("2026-01-12 12:00"), date(2026, 1, 11))]

    @pytest.mark.parametrize("amount", [49_899, 0, -49_900])
    def test_too_little_is_refused_with_both_said(self, invoice, finance, amount):
        with refused("wrong_amount") as refusal:
            pay_invoice(invoice, finance, amount_cents=amount)
        assert "MX$499.00" in str(refusal.value)
        assert f"{abs(amount) / 100:.2f}" in str(refusal.value)
        assert not InvoicePayment.objects.exists()
        assert Invoice.objects.get().paid_on is None

    def test_the_same_transfer_again_is_the_payment_that_stands(self, invoice, finance):
        first = pay_invoice(invoice, finance)
        assert pay_invoice(invoice, finance, reference=" spei  1 ", now=at("2026-01-20 12:00")) == first
        assert InvoicePayment.objects.count() == 1
        assert OutgoingMail.objects.filter(kind="billing/payment_received").count() == 1

    def test_the_same_transfer_for_another_invoice_or_amount_is_refused(self, invoice, finance, other_pro):
        pay_invoice(invoice, finance)
        contract(other_pro, paid=False)
        with refused("reference_taken") as refusal:
            pay_invoice(Invoice.objects.get(sequence=2), finance)
        assert "Q-2026-000001" in str(refusal.value)
        with refused("reference_taken"):
            pay_invoice(invoice, finance, amount_cents=1)

    def test_another_transfer_for_a_paid_invoice_is_refused(self, invoice, finance):
        pay_invoice(invoice, finance)
        with refused("already_paid"):
            pay_invoice(invoice, finance, reference="SPEI 2")

    def test_money_that_came_before_the_invoice_pays_it_on_the_day_of_issue(self, invoice, finance):
        payment = pay_invoice(invoice, finance, received_on=date(2026, 1, 5))
        assert Invoice.objects.get().paid_on == DAY
        assert payment.received_on == date(2026, 1, 5)

    def test_money_cannot_have_come_tomorrow(self, invoice, finance):
        with refused("received_later"):
            pay_invoice(invoice, finance, received_on=date(2026, 1, 11), now=at("2026-01-10 23:59"))
        assert pay_invoice(invoice, finance, received_on=date(2026, 1, 11), now=at("2026-01-11 00:00"))

    @pytest.mark.parametrize("reference", ["", "   "])
    def test_a_transfer_has_a_reference(self, invoice, finance, reference):
        with refused("no_reference"):
            pay_invoice(invoice, finance, reference=reference)

    def test_nobody_records_for_their_own_business(self, invoice, pro, finance):
        pro.members.add(finance)
        with refused("own_business"):
            pay_invoice(invoice, finance)
        with refused("own_business"):
            pay_invoice(invoice, pro.owner)

    @pytest.mark.parametrize("above", [1, 10_100])
    def test_what_is_above_what_is_to_be_paid_is_on_the_balance(self, invoice, pro, finance, above):
        paid = pay_invoice(invoice, finance, amount_cents=49_900 + above, rest_to_balance=True)
        more = TopUp.objects.get()
        assert (paid.amount_cents, more.amount_cents, more.reference, more.recorded_by) == (
            49_900, above, "SPEI 1", finance,
        )  # fmt: skip
        assert (paid.transfer, paid.transfer.amount_cents) == (more.transfer, 49_900 + above)
        assert (Wallet.objects.get().balance_cents, Invoice.objects.get().paid_on) == (above, DAY)
        mail = OutgoingMail.objects.get(kind="billing/top_up_received", recipient=pro.owner.email)
        assert f"Your transfer of MX${(49_900 + above) / 100:.2f} of Jan. 10, 2026 was more than" in mail.text
        assert f"the MX${above / 100:.2f} above it are on the balance" in mail.text
        assert books_broken() == []

    def test_a_transfer_that_did_both_counts_once_and_is_neither_part_of_it_again(
        self, invoice, pro, finance
    ):
        paid = pay_invoice(invoice, finance, amount_cents=60_000, rest_to_balance=True)
        assert pay_invoice(invoice, finance, amount_cents=60_000, now=at("2026-01-20 12:00")) == paid
        for record in (
            lambda: pay_invoice(invoice, finance),
            lambda: top_up(pro, finance, amount_cents=10_100),
            lambda: top_up(pro, finance, amount_cents=60_000),
        ):
            with refused("reference_taken") as refusal:
                record()
            assert invoice.number in str(refusal.value)
        assert (Wallet.objects.get().balance_cents, BankTransfer.objects.count()) == (10_100, 1)
        assert books_broken() == []

    def test_one_transfer_for_two_invoices_is_recorded_in_parts(self, invoice, finance, other_pro):
        contract(other_pro, paid=False)
        pay_invoice(invoice, finance)
        pay_invoice(Invoice.objects.get(sequence=2), finance, reference="spei 1/2")
        assert list(BankTransfer.objects.order_by("pk").values_list("reference", "amount_cents")) == [
            ("SPEI 1", 49_900), ("SPEI 1/2", 49_900),
        ]  # fmt: skip
        assert not Invoice.objects.owed().exists()
        assert books_broken() == []

    def test_of_a_transfer_whose_rest_is_on_the_balance_no_part_is_booked_again(
        self, invoice, finance, other_pro
    ):
        contract(other_pro, paid=False)
        pay_invoice(invoice, finance, amount_cents=99_800, rest_to_balance=True)
        with refused("surplus_booked"):
            pay_invoice(Invoice.objects.get(sequence=2), finance, reference="spei 1/2")
        with refused("surplus_booked"):
            top_up(other_pro, finance, amount_cents=10_000, reference="SPEI 1/3")
        assert BankTransfer.objects.count() == 1
        assert books_broken() == []

    def test_nothing_is_booked_onto_the_balance_unasked(self, invoice, finance):
        with refused("more_than_owed") as refusal:
            pay_invoice(invoice, finance, amount_cents=60_000)
        assert "MX$101.00 more than what is to be paid of invoice Q-2026-000001" in str(refusal.value)
        assert refusal.value.field == "rest_to_balance"
        assert not BankTransfer.objects.exists()
        # Of nothing more, nothing is booked.
        pay_invoice(invoice, finance, rest_to_balance=True)
        assert not TopUp.objects.exists()

    @pytest.mark.parametrize("other", ["SPEI 1/X", "SPEI 12", "SPEI 12/2"])
    def test_nor_where_a_part_of_the_transfer_paid_another_invoice_before(
        self, invoice, finance, other_pro, other
    ):
        contract(other_pro, paid=False)
        second, whole = Invoice.objects.get(sequence=2), {"amount_cents": 99_800, "rest_to_balance": True}
        pay_invoice(second, finance, reference="SPEI 1/2")
        with refused("parts_recorded") as refusal:
            pay_invoice(invoice, finance, **whole)
        assert f"as SPEI 1/2, for invoice {second.number}" in str(refusal.value)
        assert BankTransfer.objects.count() == 1
        # Its part is taken; and so is what another transfer is more.
        top_up(other_pro, finance, reference=other)
        pay_invoice(invoice, finance)
        assert books_broken() == []

    def test_a_buyer_without_a_balance_pays_exactly(self, finance):
        customer = Customer.objects.create(name="Cliente", email="cliente@example.com")
        invoice = issue_invoice(
            customer=customer, description="Soporte", total_cents=49_900, issued_on=DAY, due_on=DAY
        )
        with refused("wrong_amount"):
            pay_invoice(invoice, finance, amount_cents=49_901)
        assert not BankTransfer.objects.exists()
        pay_invoice(invoice, finance)
        assert books_broken() == []


class TestTopUp:
    def test_it_credits_the_balance(self, pro, finance):
        recorded = top_up(pro, finance)
        entry = WalletEntry.objects.get()
        assert (entry.kind, entry.cause, entry.amount_cents) == (
            "top_up",
            f"top_up:{recorded.public_id}",
            10_000,
        )
        assert recorded.entry == entry
        assert (recorded.reference, recorded.received_on, recorded.recorded_by) == ("SPEI 1", DAY, finance)
        assert Wallet.objects.get().balance_cents == 10_000

    def test_the_same_transfer_again_is_the_top_up_that_stands(self, pro, finance):
        first = top_up(pro, finance)
        assert top_up(pro, finance, reference="spei 1", now=at("2026-01-20 12:00")) == first
        assert Wallet.objects.get().balance_cents == 10_000
        assert OutgoingMail.objects.filter(kind="billing/top_up_received").count() == 1

    def test_the_same_transfer_for_somebody_else_or_another_amount_is_refused(self, pro, other_pro, finance):
        top_up(pro, finance)
        with refused("reference_taken") as refusal:
            top_up(other_pro, finance)
        assert pro.name in str(refusal.value)
        with refused("reference_taken"):
            top_up(pro, finance, amount_cents=9_999)
        assert WalletEntry.objects.count() == 1

    def test_two_equal_transfers_are_two(self, pro, finance):
        top_up(pro, finance)
        top_up(pro, finance, reference="SPEI 2")
        assert Wallet.objects.get().balance_cents == 20_000

    @pytest.mark.parametrize("amount", [0, -1])
    def test_nothing_and_less_are_refused(self, pro, finance, amount):
        with refused("not_positive"):
            top_up(pro, finance, amount_cents=amount)

    def test_money_cannot_have_come_tomorrow(self, pro, finance):
        with refused("received_later"):
            top_up(pro, finance, received_on=date(2026, 1, 11))

    def test_nobody_records_for_their_own_business(self, pro):
        with refused("own_business"):
            top_up(pro, pro.owner)
        assert not WalletEntry.objects.exists()

    def test_one_transfer_is_not_both_for_a_balance_and_for_an_invoice(self, invoice, pro, finance):
        top_up(pro, finance, amount_cents=49_900)
        with refused("reference_taken"):
            pay_invoice(invoice, finance)
        pay_invoice(invoice, finance, reference="SPEI 2")
        with refused("reference_taken"):
            top_up(pro, finance, reference="SPEI 2", amount_cents=49_900)

    def test_each_business_has_a_reference_of_its_own(self, pro, other_pro):
        assert transfer_reference(pro) != transfer_reference(other_pro)
        assert transfer_reference(pro) == f"Q-{pro.public_id.hex[:12].upper()}"


class TestCorrection:
    @pytest.mark.parametrize(("amount", "left"), [(500, 10_500), (-500, 9_500), (-10_000, 0)])
    def test_it_adds_or_takes_with_its_reason(self, pro, finance, amount, left):
        fund(pro, 10_000)
        made = correct_balance(
            professional=pro, amount_cents=amount, reason=" typed twice ", by=finance, now=NOW
        )
        assert (made.amount_cents, made.reason, made.recorded_by, made.recorded_at) == (
            amount,
            "typed twice",
            finance,
            NOW,
        )
        assert (made.entry.kind, made.entry.cause, made.entry.amount_cents) == (
            "correction",
            f"correction:{made.public_id}",
            amount,
        )
        assert Wallet.objects.get().balance_cents == left

    def test_never_below_zero(self, pro, finance):
        fund(pro, 10_000)
        with refused("balance_too_low") as refusal:
            correct_balance(professional=pro, amount_cents=-10_001, reason="?", by=finance, now=NOW)
        assert refusal.value.field == "amount"
        assert not BalanceCorrection.objects.exists()

    def test_it_is_named_by_its_amount_as_read(self, pro, finance):
        fund(pro, 10_000)
        made = correct_balance(professional=pro, amount_cents=-1_000, reason="?", by=finance, now=NOW)
        assert (str(made), str(made.entry)) == (f"{pro.name}: −MX$10.00", "correction −MX$10.00")

    def test_a_form_sent_twice_corrects_once_and_two_equal_ones_twice(self, pro, finance):
        form = uuid4()
        for public_id in (form, form, uuid4()):
            correct_balance(
                professional=pro, amount_cents=500, reason="?", by=finance, now=NOW, public_id=public_id
            )
        assert Wallet.objects.get().balance_cents == 1_000

    def test_a_form_that_made_one_makes_no_other(self, pro, other_pro, finance):
        """Neither of another balance nor of another amount: it would be told as done, and is not."""
        said = {"reason": "?", "by": finance, "now": NOW, "public_id": uuid4()}
        correct_balance(professional=pro, amount_cents=500, **said)
        for business, amount_cents in ((other_pro, 500), (pro, 501), (pro, -500)):
            with refused("form_used"):
                correct_balance(professional=business, amount_cents=amount_cents, **said)
        assert BalanceCorrection.objects.get().wallet.professional == pro
        assert WalletEntry.objects.count() == 1

    def test_it_needs_an_amount_and_a_reason_and_somebody_else(self, pro, finance):
        with refused("nothing_to_correct"):
            correct_balance(professional=pro, amount_cents=0, reason="?", by=finance, now=NOW)
        with refused("no_reason"):
            correct_balance(professional=pro, amount_cents=1, reason="  ", by=finance, now=NOW)
        with refused("own_business"):
            correct_balance(professional=pro, amount_cents=1, reason="?", by=pro.owner, now=NOW)
        assert not WalletEntry.objects.exists()
