from django.db import migrations


def say_of_which_invoice(apps, schema_editor):
    """Of each invoice over the rest of a payment that had paid an invoice, which one that was."""
    invoices = apps.get_model("billing", "Invoice").objects
    reversals = apps.get_model("billing", "Reversal").objects.filter(
        reopened=None, rest_invoice__isnull=False, payment__invoice_payment__isnull=False
    )
    for rest, paid in reversals.order_by("pk").values_list(
        "rest_invoice", "payment__invoice_payment__invoice"
    ):
        of = invoices.filter(pk=paid).values_list("rest_of", flat=True).get() or paid
        invoices.filter(pk=rest).update(rest_of=of)


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
