from django.db import migrations
from django.db.models import Q, Sum


def say_of_which_invoice(apps, schema_editor):
    """Of each invoice over the rest of a payment that had paid an invoice, which one that was. A reversal that took no
    more than what the payment had put onto the balance is no part of what paid the invoice: only the balance owes it."""
    invoices = apps.get_model("billing", "Invoice").objects
    notes = apps.get_model("billing", "CreditNote").objects.filter(use="balance")
    reversals = apps.get_model("billing", "Reversal").objects
    of_invoices = reversals.filter(
        reopened=None, rest_invoice__isnull=False, payment__invoice_payment__isnull=False
    )
    for reversal in of_invoices.order_by("pk").select_related("payment__invoice_payment"):
        payment, paid = reversal.payment, reversal.payment.invoice_payment
        stood = Q(undone_at=None) | Q(undone_at__gt=reversal.reversed_at)
        before = reversals.filter(stood, payment=payment, pk__lt=reversal.pk)
        credited = notes.filter(invoice=paid.invoice_id, recorded_at__lte=reversal.reversed_at)
        put_on_balance = payment.amount_cents - paid.amount_cents + _sum(credited)
        if reversal.amount_cents <= put_on_balance - _sum(before):
            continue
        of = invoices.filter(pk=paid.invoice_id).values_list("rest_of", flat=True).get() or paid.invoice_id
        invoices.filter(pk=reversal.rest_invoice_id).update(rest_of=of)


def _sum(rows):
    return rows.aggregate(total=Sum("amount_cents"))["total"] or 0


def forget_lapses_that_are_over(apps, schema_editor):
    """That a plan has lapsed is told again when it lapses again: from now on that is forgotten when it is restored."""
    periods = apps.get_model("billing", "Period").objects.filter(lapse_noted_at__isnull=False)
    periods.exclude(invoice__paid_on=None, invoice__credited_on=None).update(lapse_noted_at=None)


class Migration(migrations.Migration):
    # Apart from the column: PostgreSQL alters no table in the transaction that has filled a foreign key of it.
    dependencies = [("billing", "0013_announced_prices_and_rests")]

    operations = [
        migrations.RunPython(say_of_which_invoice, migrations.RunPython.noop, elidable=True),
        migrations.RunPython(forget_lapses_that_are_over, migrations.RunPython.noop, elidable=True),
    ]
