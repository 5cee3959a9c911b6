from django.db import migrations, models
from django.db.models import OuterRef, Q, Subquery

from base.days import marketplace_day


def count_from_due_date(apps, schema_editor):
    """Every reminder there is was counted from the due date."""
    reminders = apps.get_model("billing", "InvoiceReminder").objects
    due_on = apps.get_model("billing", "Invoice").objects.filter(pk=OuterRef("invoice")).values("due_on")
    reminders.update(counted_from=Subquery(due_on))


def say_when_reopened(apps, schema_editor):
    """Of invoices that a reversal has reopened, on which day that was."""
    invoices = apps.get_model("billing", "Invoice").objects
    reversals = apps.get_model("billing", "Reversal").objects.filter(state="standing", reopened__isnull=False)
    for invoice, at in reversals.order_by("reversed_at").values_list("reopened__invoice", "reversed_at"):
        invoices.filter(pk=invoice).update(reopened_on=marketplace_day(at))


class Migration(migrations.Migration):
    dependencies = [("billing", "0006_settling_events")]

    operations = [
        migrations.AddField(
            model_name="invoice",
            name="reopened_on",
            field=models.DateField(blank=True, null=True, verbose_name="reopened on"),
        ),
        migrations.AddIndex(
            model_name="invoice",
            index=models.Index(
                condition=Q(credited_on=None, paid_on=None) & Q(reopened_on__isnull=False),
                fields=["reopened_on"],
                name="invoice_owed_by_reopening",
            ),
        ),
        migrations.AddField(
            model_name="invoicereminder",
            name="counted_from",
            field=models.DateField(null=True, verbose_name="counted from"),
        ),
        migrations.RunPython(count_from_due_date, migrations.RunPython.noop, elidable=True),
        migrations.RunPython(say_when_reopened, migrations.RunPython.noop, elidable=True),
        migrations.AlterField(
            model_name="invoicereminder",
            name="counted_from",
            field=models.DateField(verbose_name="counted from"),
        ),
        migrations.RemoveConstraint(model_name="invoicereminder", name="each_reminder_once"),
        migrations.AddConstraint(
            model_name="invoicereminder",
            constraint=models.UniqueConstraint(
                fields=("invoice", "step", "counted_from"), name="each_reminder_once"
            ),
        ),
        # Of a payment that paid a smaller invoice, one reversal does both.
        migrations.RemoveConstraint(model_name="reversal", name="reversal_reopens_or_takes"),
    ]
