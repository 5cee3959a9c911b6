"""Forms of billing: what a professional says of whom to invoice, and what finance records."""

import uuid
from decimal import Decimal
from typing import Any

from django import forms
from django.contrib.admin.widgets import AdminDateWidget
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from base.errors import Refusal
from base.tax_ids import normal_tax_id, tax_id_kind
from billing.credit_notes import issue_credit_note
from billing.invoices import issue_by_hand, record_invoice_payment
from billing.models import (
    BalanceCorrection,
    CreditNote,
    Customer,
    Invoice,
    InvoicePayment,
    Plan,
    Prepayment,
    TopUp,
    Wallet,
)
from billing.prepayments import record_prepayment
from billing.top_ups import correct_balance, record_top_up
from profiles.models import User
from profiles.plain_text import fit


class CustomerForm(forms.ModelForm):
    """Who is invoiced from now on; what is issued already stays as it is."""

    class Meta:
        model = Customer
        fields = ("name", "tax_id", "address", "email")
        widgets = {"address": forms.Textarea(attrs={"rows": 3})}
        help_texts = {
            "tax_id": _("RFC in Mexico, NIF in Spain, partita IVA in Italy."),
            "email": _("Invoices and receipts go here, besides to the owner of the business."),
        }

    def clean_name(self) -> str:
        return self._fit("name", most=150, required=True)

    def clean_address(self) -> str:
        return self._fit("address", most=500, lines=True)

    def _fit(self, field: str, *, most: int, required: bool = False, lines: bool = False) -> str:
        """What is typed, fit to be printed on invoices."""
        try:
            return fit(self.cleaned_data[field], field=field, most=most, required=required, lines=lines)
        except Refusal as refusal:
            raise forms.ValidationError(str(refusal), code=refusal.code) from refusal

    def clean_tax_id(self) -> str:
        tax_id = normal_tax_id(self.cleaned_data["tax_id"])
        if not tax_id and self.initial["tax_id"]:
            raise forms.ValidationError(
                _("Your invoices carry a tax id. It can be changed, and not left out."), code="tax_id_missing"
            )
        if tax_id and tax_id_kind(tax_id) is None:
            raise forms.ValidationError(
                _("This tax id cannot be right. Compare it with your tax certificate, letter by letter."),
                code="tax_id_form",
            )
        return tax_id


class AmountField(forms.DecimalField):
    """An amount as people write it, with two decimals; `cents_of` makes whole cents of it."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_digits=12, decimal_places=2, **kwargs)


def cents_of(amount: Decimal) -> int:
    """Whole cents of an amount with at most two decimals, exactly."""
    return int(amount * 100)


class TopUpAmountForm(forms.Form):
    """How much to top up. Least and most are told by who starts the payment."""

    amount = AmountField(label=_("Amount"))
    # One form sent twice is one payment.
    form_id = forms.UUIDField(widget=forms.HiddenInput, initial=uuid.uuid4)


class ContractForm(forms.Form):
    """The price that the page showed (M4)."""

    price_seen_cents = forms.IntegerField(min_value=0, required=False, widget=forms.HiddenInput)


class PlanForm(forms.ModelForm):
    """A plan, with its price written as people write it."""

    price = AmountField(label=_("Price of a period, tax included"), min_value=0)

    class Meta:
        model = Plan
        fields = (
            "code", "name_en", "name_es", "name_it", "summary_en", "summary_es", "summary_it", "months", "offered"
        )  # fmt: skip

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            self.fields["price"].initial = Decimal(self.instance.price_cents) / 100

    def save(self, commit: bool = True) -> Plan:
        self.instance.price_cents = cents_of(self.cleaned_data["price"])
        return super().save(commit)


class RecordForm(forms.ModelForm):
    """A form of finance that is saved by one of the product's functions; its refusal is the form's error.

    `recorded_by` and `now` are set by the admin, the edge where they are known.
    """

    recorded_by: User
    now: Any

    def record(self) -> Any:
        raise NotImplementedError

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        if not self.errors:
            # In the admin's transaction: recorded here so that a refusal is shown beside its field.
            try:
                self.instance = self.record()
                # Recorded by an earlier sending, and so not by this one.
                self.instance.stood_before = self.instance.recorded_at != self.now
            except Refusal as refusal:
                self.add_error(refusal.field if refusal.field in self.fields else None, str(refusal))
        return data

    def _post_clean(self) -> None:
        """The function has validated and saved the row; the model form has nothing left to do."""

    def save(self, commit: bool = True) -> Any:
        return self.instance

    def save_m2m(self) -> None:
        """Nothing: there is nothing many-to-many."""


def _received_on() -> forms.DateField:
    return forms.DateField(
        label=_("Received on"),
        help_text=_("The day on which the money came, as the bank says."),
        widget=AdminDateWidget,
    )


class TopUpForm(RecordForm):
    wallet = forms.ModelChoiceField(Wallet.objects.all(), label=_("Balance of"))
    amount = AmountField(label=_("Amount"), help_text=_("As the bank says it, with up to two decimals."))
    received_on = _received_on()
    reference = forms.CharField(
        label=_("Bank reference"), max_length=80, help_text=_("The same transfer recorded twice counts once.")
    )

    class Meta:
        model = TopUp
        fields = ("wallet",)

    def record(self) -> TopUp:
        data = self.cleaned_data
        return record_top_up(
            professional=data["wallet"].professional,
            amount_cents=cents_of(data["amount"]),
            received_on=data["received_on"],
            reference=data["reference"],
            by=self.recorded_by,
            now=self.now,
        )


def _numbered(number: str, otherwise: str = "") -> Invoice:
    """Raises ValidationError, which says `otherwise` where that is given."""
    invoice = Invoice.objects.numbered(number)
    if invoice is None:
        none = otherwise or gettext("There is no invoice with this number.")
        raise forms.ValidationError(none, code="no_invoice")
    return invoice


class InvoiceForm(RecordForm):
    customer = forms.ModelChoiceField(Customer.objects.all(), label=_("Customer"))
    description = forms.CharField(
        label=_("For"), max_length=200, help_text=_("It is printed on the invoice, in its buyer's language.")
    )
    amount = AmountField(label=_("Amount"), help_text=_("Tax included."))
    due_on = forms.DateField(
        label=_("Due on"),
        required=False,
        help_text=_("Empty: as many days from today as an invoice of a plan has."),
        widget=AdminDateWidget,
    )
    # One form sent twice is one invoice.
    form_id = forms.UUIDField(widget=forms.HiddenInput, initial=uuid.uuid4)

    class Meta:
        model = Invoice
        fields = ("customer",)

    def record(self) -> Invoice:
        data = self.cleaned_data
        return issue_by_hand(
            customer=data["customer"],
            description=data["description"],
            total_cents=cents_of(data["amount"]),
            due_on=data["due_on"],
            by=self.recorded_by,
            now=self.now,
            public_id=data["form_id"],
        )


class InvoicePaymentForm(RecordForm):
    number = forms.CharField(
        label=_("Invoice or offer"),
        help_text=_("Its number: Q-2026-000015, or O-2026-000015 of an offer of the support desk."),
        max_length=20,
    )
    amount = AmountField(
        label=_("Amount"),
        help_text=_("As the bank says it, with up to two decimals."),
    )
    rest_to_balance = forms.BooleanField(
        label=_("Book what is above the invoice onto the balance"),
        required=False,
        help_text=_(
            "Only where the transfer is more than what is to be paid, and the rest is for no other invoice."
        ),
    )
    received_on = _received_on()
    reference = forms.CharField(
        label=_("Bank reference"),
        max_length=80,
        help_text=_(
            "The same transfer recorded twice counts once. One for several invoices: record the part of each, the "
            "second with /2 behind the reference, the third with /3."
        ),
    )

    class Meta:
        model = InvoicePayment
        fields = ()

    def clean_number(self) -> Invoice | Prepayment:
        number = self.cleaned_data["number"].strip().upper()
        none = gettext("No invoice has this number, and no offer that was accepted.")
        return Prepayment.objects.filter(number=number).first() or _numbered(number, none)

    def record(self) -> InvoicePayment:
        data = self.cleaned_data
        if isinstance(data["number"], Prepayment):
            return record_prepayment(
                prepayment=data["number"],
                amount_cents=cents_of(data["amount"]),
                received_on=data["received_on"],
                reference=data["reference"],
                by=self.recorded_by,
                now=self.now,
            )
        return record_invoice_payment(
            invoice=data["number"],
            amount_cents=cents_of(data["amount"]),
            received_on=data["received_on"],
            reference=data["reference"],
            rest_to_balance=data["rest_to_balance"],
            by=self.recorded_by,
            now=self.now,
        )


class CorrectionForm(RecordForm):
    wallet = forms.ModelChoiceField(Wallet.objects.all(), label=_("Balance of"))
    amount = AmountField(label=_("Amount"), help_text=_("With a minus sign it is taken from the balance."))
    reason = forms.CharField(label=_("Reason"), max_length=2000, widget=forms.Textarea(attrs={"rows": 3}))
    # One form sent twice is one correction.
    form_id = forms.UUIDField(widget=forms.HiddenInput, initial=uuid.uuid4)

    class Meta:
        model = BalanceCorrection
        fields = ("wallet",)

    def record(self) -> BalanceCorrection:
        data = self.cleaned_data
        return correct_balance(
            professional=data["wallet"].professional,
            amount_cents=cents_of(data["amount"]),
            reason=data["reason"],
            by=self.recorded_by,
            now=self.now,
            public_id=data["form_id"],
        )


class CreditNoteForm(RecordForm):
    number = forms.CharField(label=_("Invoice"), help_text=_("Its number: Q-2026-000015."), max_length=20)
    amount = AmountField(
        label=_("Amount"),
        required=False,
        help_text=_(
            "Tax included. Empty: all of the invoice that was not taken back before. Of support that was bought with "
            "it, as large a part goes back, of what is left."
        ),
    )
    reason = forms.CharField(
        label=_("Reason"),
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("It is printed on the credit note."),
    )
    # One form sent twice is one credit note.
    form_id = forms.UUIDField(widget=forms.HiddenInput, initial=uuid.uuid4)

    class Meta:
        model = CreditNote
        fields = ()

    def clean_number(self) -> Invoice:
        return _numbered(self.cleaned_data["number"])

    def record(self) -> CreditNote:
        data = self.cleaned_data
        return issue_credit_note(
            invoice=data["number"],
            reason=data["reason"],
            amount_cents=None if data["amount"] is None else cents_of(data["amount"]),
            by=self.recorded_by,
            now=self.now,
            public_id=data["form_id"],
        )
