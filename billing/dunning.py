"""Reminders of unpaid invoices (M9): shortly before the due date, when it has passed, and before the plan lapses.

When the bank takes back what had paid an invoice, its buyer is reminded anew, counted from that day where the due date
has passed already (`Invoice.unpaid_from`): they thought it paid, and have as long to pay it as anybody.

The database is the schedule (X3): what is due is found by looking at dates, so a reminder comes late rather than never
or twice. A worker that was down sends the one that the day asks for, not those that it missed.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db.models import DateField, Exists, F, OuterRef, Q
from django.db.models.functions import Cast, Coalesce, Greatest

from base.days import marketplace_day
from base.jobs import for_each
from billing import letters
from billing.invoices import lock_invoice
from billing.models import LAPSE_AFTER, Invoice, InvoiceReminder, Period
from billing.models.invoices import InvoiceQuerySet, unpaid_after, unpaid_before

Step = InvoiceReminder.Step


@dataclass(frozen=True, slots=True)
class Stretch:
    """The days on which a reminder is the one to send, both inclusive, counted from `Invoice.unpaid_from`."""

    step: Step
    first: int
    last: int


# The last one comes three days before the plan lapses. Of an invoice by which no plan can lapse it may come later.
SCHEDULE = (
    Stretch(Step.DUE_SOON, -2, 0),
    Stretch(Step.PAST_DUE, 1, 6),
    Stretch(Step.STILL_PAST_DUE, 7, 11),
    Stretch(Step.LAST, 12, 29),
)


def remind_of_invoices(*, now: datetime, batch: int = 200) -> int:
    """Sends every reminder that the day asks for and that was not sent. Returns how many.

    Each in a transaction of its own, looked at again under the invoice's lock: two workers send it once.
    """
    today = marketplace_day(now)

    def remind_by(stretch: Stretch) -> int:
        return for_each(
            to_remind(stretch, today),
            lambda pk: _remind(pk, stretch, today, now),
            batch=batch,
            what="remind of",
        )

    return sum(remind_by(stretch) for stretch in SCHEDULE)


def to_remind(stretch: Stretch, today: date) -> InvoiceQuerySet:
    """Invoices owed by a business that is still here, or by another customer, of which `stretch` says that today is a
    day for its reminder, and none was sent.

    Nobody is reminded on the day on which the invoice was issued or reopened, nor that it is due soon if it was so
    already on that day: a mail has just said so. What has lapsed a plan is told by the mail about the lapse.
    """
    # Whatever was sent before a reopening was counted from an earlier day.
    sent = InvoiceReminder.objects.filter(
        invoice=OuterRef("pk"), step=stretch.step, counted_from=OuterRef("counted_from")
    )
    found = (
        Invoice.objects.owed()
        .alias(
            began_on=Coalesce("reopened_on", "issued_on"),
            counted_from=Greatest("due_on", Coalesce("reopened_on", "due_on")),
        )
        .filter(
            ~Exists(sent),
            Q(period=None, rest_of__period=None) | unpaid_after(today - LAPSE_AFTER - timedelta(days=1)),
            unpaid_after(today - timedelta(days=stretch.last + 1)),
            unpaid_before(today - timedelta(days=stretch.first - 1)),
            began_on__lt=today,
            # Or of whoever is no business of the marketplace.
            customer__professional__closed_at=None,
        )
    )
    if stretch.step == Step.DUE_SOON:
        begins = Cast(F("due_on") + timedelta(days=stretch.first), DateField())
        found = found.filter(began_on__lt=begins)
    return found


def _remind(invoice_id: int, stretch: Stretch, today: date, now: datetime) -> bool:
    invoice, _professional = lock_invoice(Invoice(pk=invoice_id))
    if not to_remind(stretch, today).filter(pk=invoice_id).exists():
        return False
    reminder = InvoiceReminder.objects.create(
        invoice=invoice, step=stretch.step, counted_from=invoice.unpaid_from, sent_at=now
    )
    period = Period.objects.of_invoice(invoice).select_related("subscription__plan").first()
    letters.invoice_reminder(reminder, period, today, now)
    return True
