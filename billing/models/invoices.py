"""Invoices and the credit notes that correct them, their numbers without gaps, and what pays them (M10, M14)."""

from __future__ import annotations

import re
import uuid
from datetime import date
from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from base.append_only import append_only
from base.numbers import YearlyNumber
from billing.models.balances import WalletEntry
from billing.models.customers import Customer
from billing.models.payments import GatewayPayment
from billing.models.transfers import BankTransfer
from profiles.models import Professional


def owed(through: str = "", *, after: Any = None) -> Q:
    """Money is owed: the invoice is neither paid nor wholly credited. With `after` (a day, or an expression for
    one), it was so at the end of that day. `through` is the way to the invoice: "invoice__".

    The one definition: past due, lapsed, reminded of and payable are all said with it.
    """
    paid, credited = f"{through}paid_on", f"{through}credited_on"
    if after is None:
        return Q(**{paid: None, credited: None})
    return (Q(**{paid: None}) | Q(**{f"{paid}__gt": after})) & (
        Q(**{credited: None}) | Q(**{f"{credited}__gt": after})
    )


def unpaid_before(day: Any, through: str = "") -> Q:
    """The day from which it counts as unpaid (`Invoice.unpaid_from`) is earlier than `day`, which is a date or an
    expression for one. `through` as for `owed`."""
    due, reopened = f"{through}due_on", f"{through}reopened_on"
    return Q(**{f"{due}__lt": day}) & (Q(**{reopened: None}) | Q(**{f"{reopened}__lt": day}))


def unpaid_after(day: Any) -> Q:
    """The day from which it counts as unpaid is later than `day`."""
    return Q(due_on__gt=day) | Q(reopened_on__gt=day)


class InvoiceQuerySet(models.QuerySet["Invoice"]):
    def visible_to(self, user: Any) -> InvoiceQuerySet:
        return self.filter(customer__professional__in=Professional.objects.visible_to(user))

    def owed(self) -> InvoiceQuerySet:
        """Neither paid nor wholly credited."""
        return self.filter(owed())

    def past_due(self, today: date) -> InvoiceQuerySet:
        """Owed from the day after the due date (M9)."""
        return self.filter(owed(), due_on__lt=today)

    def numbered(self, number: str) -> Invoice | None:
        """The invoice with this number as printed (`Q-2026-000015`), if there is one."""
        found = re.fullmatch(r"Q-([0-9]{4})-([0-9]{1,9})", number.strip().upper())
        return self.filter(year=found[1], sequence=found[2]).first() if found else None


class Printed(models.Model):
    """What an invoice and a credit note both print (M14). It is never edited once issued."""

    # Seller and buyer as printed: what either is called later changes nothing that was issued.
    PARTIES: ClassVar = (
        "seller_name", "seller_tax_id", "seller_address", "buyer_name", "buyer_tax_id", "buyer_address",
    )  # fmt: skip

    public_id = models.UUIDField(_("public id"), default=uuid.uuid4, unique=True, editable=False)
    year = models.PositiveSmallIntegerField(_("year"), editable=False)
    sequence = models.PositiveIntegerField(_("number in the year"), editable=False)
    seller_name = models.CharField(_("seller"), max_length=150)
    seller_tax_id = models.CharField(_("seller's tax id"), max_length=20, blank=True)
    seller_address = models.TextField(_("seller's address"), blank=True)
    buyer_name = models.CharField(_("buyer"), max_length=150)
    buyer_tax_id = models.CharField(_("buyer's tax id"), max_length=20, blank=True)
    buyer_address = models.TextField(_("buyer's address"), blank=True)
    issued_on = models.DateField(_("issued on"))
    tax_cents = models.BigIntegerField(_("of which tax (cents)"))
    tax_rate_basis_points = models.PositiveIntegerField(_("tax rate (hundredths of a per cent)"))

    class Meta:
        abstract = True

    @property
    def parties(self) -> dict[str, str]:
        """Seller and buyer by the names of their columns."""
        return {name: getattr(self, name) for name in self.PARTIES}


class Invoice(Printed):
    """A request for payment, with a number without gaps per year. A credit note corrects it (M14)."""

    class Origin(models.TextChoices):
        CONTRACT = "contract", _("something contracted")
        # Money that the bank took back and that the balance no longer held (M10).
        REVERSAL = "reversal", _("payment taken back by the bank")

    customer = models.ForeignKey(
        Customer, on_delete=models.PROTECT, related_name="invoices", verbose_name=_("customer")
    )
    description = models.CharField(_("for"), max_length=200)
    origin = models.CharField(_("origin"), max_length=20, choices=Origin, default=Origin.CONTRACT)
    # The invoice of which this is a part that was paid and that the bank took back: while this is unpaid, so is that.
    rest_of = models.ForeignKey(
        "self",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="rests",
        verbose_name=_("rest of the invoice"),
    )
    due_on = models.DateField(_("due on"))
    total_cents = models.BigIntegerField(_("total (cents)"))
    paid_on = models.DateField(_("paid on"), null=True, blank=True)
    # The day on which the bank last took back what had paid it: from then on it is owed again.
    reopened_on = models.DateField(_("reopened on"), null=True, blank=True)
    # What credit notes have taken back in all, and what is to be paid: the total less what was credited while it was
    # unpaid. What is credited after it was paid is given back instead.
    credited_cents = models.BigIntegerField(_("credited (cents)"), default=0)
    payable_cents = models.BigIntegerField(_("to be paid (cents)"))
    # The day on which credit notes had left nothing to be paid.
    credited_on = models.DateField(_("wholly credited on"), null=True, blank=True)
    # Who issued it by hand, and when. Empty: the product itself.
    recorded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
        verbose_name=_("recorded by"),
    )
    recorded_at = models.DateTimeField(_("recorded"), null=True, blank=True)

    objects = InvoiceQuerySet.as_manager()

    class Meta:
        verbose_name = _("invoice")
        verbose_name_plural = _("invoices")
        ordering: ClassVar = ["-year", "-sequence"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["year", "sequence"], name="invoice_number_once"),
            models.CheckConstraint(
                condition=Q(total_cents__gte=0, tax_cents__gte=0, tax_cents__lte=F("total_cents")),
                name="invoice_adds_up",
            ),
            # What the bank took back is owed already: such an invoice is past due when it is issued (M10).
            models.CheckConstraint(
                condition=Q(due_on__gte=F("issued_on")) | Q(origin="reversal"),
                name="invoice_due_after_issue",
            ),
            models.CheckConstraint(
                condition=Q(rest_of=None) | Q(origin="reversal"), name="invoice_rest_of_a_reversal"
            ),
            models.CheckConstraint(
                condition=Q(recorded_by=None, recorded_at=None)
                | Q(recorded_by__isnull=False, recorded_at__isnull=False),
                name="invoice_by_hand_of_somebody",
            ),
            models.CheckConstraint(
                condition=Q(credited_cents__gte=0, credited_cents__lte=F("total_cents")),
                name="invoice_credited_whole_at_most",
            ),
            models.CheckConstraint(
                condition=Q(payable_cents__gte=F("total_cents") - F("credited_cents"))
                & Q(payable_cents__lte=F("total_cents")),
                name="invoice_payable_adds_up",
            ),
            models.CheckConstraint(
                condition=Q(credited_on=None, payable_cents__gt=0)
                | Q(credited_on=None, total_cents=0)
                | Q(credited_on__isnull=False, payable_cents=0, total_cents__gt=0),
                name="invoice_credited_on_when_nothing_is_left",
            ),
        ]
        indexes: ClassVar = [
            # What is past due, of one customer.
            models.Index(fields=["customer", "due_on"], name="invoice_owed", condition=owed()),
            # What is owed by anybody, by its due date, and what was reopened: whom to remind.
            models.Index(fields=["due_on"], name="invoice_owed_by_due_date", condition=owed()),
            models.Index(
                fields=["reopened_on"],
                name="invoice_owed_by_reopening",
                condition=owed() & Q(reopened_on__isnull=False),
            ),
        ]

    @property
    def number(self) -> str:
        """As printed: Q-2026-000015."""
        return f"Q-{self.year}-{self.sequence:06d}"

    @property
    def net_cents(self) -> int:
        return self.total_cents - self.tax_cents

    @property
    def payment(self) -> InvoicePayment | None:
        """The payment that stands, if it is paid."""
        return self.payments.filter(state=InvoicePayment.State.STANDING).first()

    @property
    def unpaid_from(self) -> date:
        """The day from which reminders and the 14 days to the lapse are counted, as `unpaid_before` says it of
        rows (M9): the due date. Of one that was paid, and whose payment the bank took back later than that, the
        day of the reopening: until then its buyer had reason to think that it was paid. It is past due all the
        same."""
        return max(self.due_on, self.reopened_on or self.due_on)

    @property
    def is_owed(self) -> bool:
        """As `owed` says it of rows."""
        return self.paid_on is None and self.credited_on is None

    def is_past_due(self, today: date) -> bool:
        """As `InvoiceQuerySet.past_due` says it of rows (M9)."""
        return self.is_owed and self.due_on < today

    @property
    def open_cents(self) -> int:
        """What is still to be paid of it, in whole cents: nothing once it is paid or wholly credited."""
        return self.payable_cents if self.is_owed else 0

    @property
    def creditable_cents(self) -> int:
        """What credit notes can still take back of it, in whole cents."""
        return self.total_cents - self.credited_cents

    def __str__(self) -> str:
        return self.number


class InvoiceNumber(YearlyNumber):
    """The last number given in a year; its row lock keeps numbers gapless when two are issued at once (M14)."""


class InvoicePayment(models.Model):
    """Money received for an invoice, all that was to be paid of it: by bank transfer, recorded by staff, or by
    a payment at the gateway."""

    class State(models.TextChoices):
        STANDING = "standing", _("stands")
        REVERSED = "reversed", _("taken back by the bank")

    MOVES: ClassVar = {
        State.STANDING: {State.REVERSED},
        # The bank gave it back, and nothing else had paid the invoice meanwhile.
        State.REVERSED: {State.STANDING},
    }

    invoice = models.ForeignKey(
        Invoice, on_delete=models.PROTECT, related_name="payments", verbose_name=_("invoice")
    )
    amount_cents = models.BigIntegerField(_("amount (cents)"))
    received_on = models.DateField(_("received on"))
    reference = models.CharField(_("bank reference"), max_length=120, unique=True)
    # Who recorded the transfer; nobody recorded what came through the gateway.
    recorded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
        verbose_name=_("recorded by"),
    )
    recorded_at = models.DateTimeField(_("recorded"))
    gateway_payment = models.OneToOneField(
        GatewayPayment,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="invoice_payment",
        verbose_name=_("payment at the gateway"),
    )
    transfer = models.OneToOneField(
        BankTransfer,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="invoice_payment",
        verbose_name=_("bank transfer"),
    )
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.STANDING)

    class Meta:
        verbose_name = _("invoice payment")
        verbose_name_plural = _("invoice payments")
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["invoice"], condition=Q(state="standing"), name="one_standing_payment_per_invoice"
            ),
            models.CheckConstraint(condition=Q(amount_cents__gt=0), name="invoice_payment_positive"),
            models.CheckConstraint(
                condition=Q(recorded_by__isnull=False, transfer__isnull=False, gateway_payment=None)
                | Q(recorded_by=None, transfer=None, gateway_payment__isnull=False),
                name="invoice_payment_by_transfer_or_gateway",
            ),
        ]

    def __str__(self) -> str:
        return self.reference


class CreditNoteQuerySet(models.QuerySet["CreditNote"]):
    def visible_to(self, user: Any) -> CreditNoteQuerySet:
        return self.filter(invoice__customer__professional__in=Professional.objects.visible_to(user))

    def numbered(self, number: str) -> CreditNote | None:
        """The credit note with this number as printed (`C-2026-000015`), if there is one."""
        found = re.fullmatch(r"C-([0-9]{4})-([0-9]{1,9})", number.strip().upper())
        return self.filter(year=found[1], sequence=found[2]).first() if found else None


@append_only
class CreditNote(Printed):
    """Takes an invoice back, whole or in part, with a number without gaps per year in a series of its own. The only
    way in which an invoice is corrected (M14)."""

    class Use(models.TextChoices):
        """What became of the money."""

        OWED_LESS = "owed_less", _("less is owed on the invoice")
        BALANCE = "balance", _("put onto the balance")
        PAID_BACK = "paid_back", _("to be paid back by finance")

    # Its seller, buyer and tax rate are as on this invoice, which it takes back.
    invoice = models.ForeignKey(
        Invoice, on_delete=models.PROTECT, related_name="credit_notes", verbose_name=_("invoice")
    )
    amount_cents = models.BigIntegerField(_("amount (cents)"))
    reason = models.TextField(_("reason"))
    use = models.CharField(_("what became of the money"), max_length=10, choices=Use)
    entry = models.OneToOneField(
        WalletEntry,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="credit_note",
        verbose_name=_("balance entry"),
    )
    # Empty: the product itself.
    recorded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
        verbose_name=_("recorded by"),
    )
    recorded_at = models.DateTimeField(_("issued"))

    objects = CreditNoteQuerySet.as_manager()

    class Meta:
        verbose_name = _("credit note")
        verbose_name_plural = _("credit notes")
        ordering: ClassVar = ["-year", "-sequence"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["year", "sequence"], name="credit_note_number_once"),
            models.CheckConstraint(
                condition=Q(amount_cents__gt=0, tax_cents__gte=0, tax_cents__lte=F("amount_cents")),
                name="credit_note_adds_up",
            ),
            models.CheckConstraint(
                condition=Q(use="balance", entry__isnull=False) | (~Q(use="balance") & Q(entry=None)),
                name="credit_note_on_a_balance_has_its_entry",
            ),
        ]

    @property
    def number(self) -> str:
        """As printed: C-2026-000001."""
        return f"C-{self.year}-{self.sequence:06d}"

    @property
    def net_cents(self) -> int:
        return self.amount_cents - self.tax_cents

    def __str__(self) -> str:
        return self.number


class CreditNoteNumber(YearlyNumber):
    """The last number given to a credit note in a year, as `InvoiceNumber` for invoices (M14)."""
