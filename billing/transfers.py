"""What holds of every bank transfer that staff record, for a balance or for an invoice (M10)."""

import re
from datetime import date
from uuid import UUID

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from base.locks import Of, one_after_the_other
from base.registry import speak_for_customers
from billing.errors import BillingError
from billing.models import BankTransfer, Customer, InvoicePayment, TopUp
from profiles.models import Professional, User


def normal_reference(reference: str) -> str:
    """As it is stored and compared: capitals, and one space where the bank put several."""
    return " ".join(reference.split()).upper()


# Of the public id. Eight, which references had once, would be shared among a hundred thousand businesses.
_DIGITS = 12
_REFERENCE = re.compile(r"Q-([0-9A-F]{8,12})")


def transfer_reference(professional: Professional) -> str:
    """What a professional writes on a transfer, and finance looks for: Q-1A2B3C4D5E6F, of their public id."""
    return f"Q-{professional.public_id.hex[:_DIGITS].upper()}"


def find_by_reference(text: str) -> QuerySet[Professional] | None:
    """Whose reference this is, also as it is told with eight digits only; None: it is no reference."""
    reference = _REFERENCE.fullmatch(text.strip().upper())
    if reference is None:
        return None
    # Between the first and the last public id that begin so: found by the index.
    first_and_last = [UUID(reference[1].ljust(32, digit)) for digit in "0F"]
    return Professional.objects.filter(public_id__range=first_and_last)


def check_transfer(*, reference: str, received_on: date, today: date) -> str:
    """The reference as it is stored. Raises BillingError: "no_reference", "received_later"."""
    reference = normal_reference(reference)
    if not reference:
        raise BillingError(
            "no_reference",
            _("Write the bank's reference: it tells one transfer from another."),
            field="reference",
        )
    if received_on > today:
        raise BillingError(
            "received_later", _("Money cannot have been received after today."), field="received_on"
        )
    return reference


def begin_transfer(*, reference: str, amount_cents: int) -> BankTransfer:
    """The row under which a transfer is recorded; the caller books all of `amount_cents` in the same transaction.

    Its reference is there once: whoever comes second, also at the same moment and for something else, waits here for
    the first, and is refused. So do a transfer and its parts. Raises BillingError: "reference_taken", "surplus_booked"
    (it is a part of a transfer of which the rest lies on a balance).
    """
    _one_after_the_other(reference)
    whole, _slash, part = reference.rpartition("/")
    if part.isdecimal() and BankTransfer.objects.filter(
        reference=whole, invoice_payment__isnull=False, top_up__isnull=False
    ):
        raise BillingError(
            "surplus_booked",
            _(
                "Transfer %(reference)s is recorded already, and what it was above its invoice is on the balance. "
                "Nothing was recorded: the same money would be booked twice."
            )
            % {"reference": whole},
            field="reference",
        )
    transfer, new = BankTransfer.objects.get_or_create(
        reference=reference, defaults={"amount_cents": amount_cents}
    )
    if not new:
        raise BillingError(
            "reference_taken",
            _("The transfer %(reference)s is already recorded, for %(used_for)s. Nothing was recorded.")
            % {"reference": reference, "used_for": _used_for(transfer)},
            field="reference",
        )
    return transfer


def _one_after_the_other(reference: str) -> None:
    """Until this transaction ends, nobody else records this transfer, a part of it ("…/2") or what it is a part of:
    each sees what the other has recorded."""
    one_after_the_other(Of.BANK_TRANSFER, re.sub(r"(?:/\d+)+$", "", reference))


def refuse_parts(reference: str) -> None:
    """What a transfer is above its invoice is not booked onto a balance where a part of it is recorded already: the
    same money would be booked twice. Raises BillingError("parts_recorded")."""
    begun = BankTransfer.objects.filter(reference__startswith=f"{reference}/").order_by("pk")
    for part in begun:
        if part.reference.removeprefix(f"{reference}/").isdecimal():
            raise BillingError(
                "parts_recorded",
                _(
                    "A part of this transfer is recorded already, as %(reference)s, for %(used_for)s. Write as the "
                    "amount only what is for this invoice. Nothing was recorded."
                )
                % {"reference": part.reference, "used_for": _used_for(part)},
                field="amount",
            )


def _used_for(transfer: BankTransfer) -> str:
    payment = InvoicePayment.objects.filter(transfer=transfer).select_related("invoice").first()
    if payment:
        return _("invoice %(number)s of %(name)s") % {
            "number": payment.invoice.number,
            "name": payment.invoice.buyer_name,
        }
    top_up = TopUp.objects.select_related("wallet__professional").get(transfer=transfer)
    return _("the balance of %(name)s") % {"name": top_up.wallet.professional.name}


def refuse_own(customer_id: int, professional: Professional | None, by: User) -> None:
    """Nobody decides on what is invoiced to a business that they own or belong to, or to somebody for whom they speak
    elsewhere. Raises BillingError("own_business")."""
    if professional is not None:
        refuse_own_business(professional, by)
    if any(speaks(customer_id, by) for speaks in speak_for_customers):
        raise BillingError(
            "own_business",
            _("You speak for %(name)s, so somebody else has to record this.")
            % {"name": Customer.objects.get(pk=customer_id)},
        )


def refuse_own_business(professional: Professional, by: User) -> None:
    """Nobody decides on a business that they own or belong to. Raises BillingError("own_business")."""
    if professional.has_person(by):
        raise BillingError(
            "own_business",
            _("You belong to %(name)s, so somebody else has to record this.") % {"name": professional.name},
        )
