"""Why an event of a gateway ended as it did, or a payment was moved, in a sentence for finance."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

WHY: dict[str, str | Promise] = {
    "noted": _("It moves no money of ours."),
    "other_mode": _(
        "It is of the gateway's other mode: test where the key is live, or live where it is a test key."
    ),
    "not_ours": _("It is of none of our payments: another product uses the same account."),
    "unknown_money": _("It speaks of money that no payment of ours is known to have brought."),
    "unknown_payment": _("It names a payment that was never begun here."),
    "already_paid": _("This payment was already paid by this money."),
    "paid_twice": _("This payment was already paid by other money, so this came twice."),
    "wrong_currency": _("The currency is another than that of the payment."),
    "wrong_amount": _("The amount is another than it should be."),
    "money_of_another": _("This money has already paid another payment."),
    "topped_up": _("It is on the balance."),
    "invoice_paid": _("It paid its invoice."),
    "prepaid": _("It paid what was offered, and the invoice of it was issued as paid."),
    "prepaid_no_more": _(
        "What it pays was paid otherwise, or is offered no more, so nothing was booked: give the money back at the "
        "gateway and settle this by hand."
    ),
    "no_balance": _(
        "What it pays has been paid otherwise meanwhile, or was taken back by credit note, and its payer has no "
        "balance: give the money back and settle this by hand."
    ),
    "paid_back": _(
        "A credit note says that this money is paid back, which this may be: look, and settle it by hand."
    ),
    "invoice_paid_and_more": _(
        "It paid its invoice, of which less was to be paid; the rest is on the balance."
    ),
    "invoice_paid_before": _("Its invoice was no longer to be paid, so it is on the balance."),
    "pending": _("The bank has not decided yet."),
    "failed": _("The bank refused it; the payer was told."),
    "expired": _("Nobody paid in time."),
    "closed": _("Nothing was to be paid there any more, so its page was closed."),
    "sent_back": _("It takes back money that was booked nowhere: it was sent back."),
    "given_up": _("The gateway said nothing more of it, and nothing came."),
    "too_late": _("The payment was further than that already."),
    "not_paid_yet": _("It takes back a payment of which we have not heard yet that it was paid."),
    "not_reversed_yet": _("It gives back what we have not heard yet that it was taken."),
    "reversed": _("What it had paid was taken back, and the payer was told."),
    "reversal_undone": _("What had been taken was put back, and the payer was told."),
    "already_reversed": _("The same reversal was booked before."),
    "already_undone": _("The same reversal was undone before."),
    "reversed_again": _("It takes back once more what was given back before."),
    "more_than_paid": _("It takes back more than is left of the payment."),
    "closed_account": _(
        "Its business has closed its account, so nothing was booked: do what is right at the gateway and settle this "
        "by hand."
    ),
    "failed_often": _("It could not be carried out, again and again: the log says why."),
}
