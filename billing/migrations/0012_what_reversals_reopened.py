"""How much of a payment a reopened invoice had taken is kept, for it may take less when the bank gives it back."""

from django.db import migrations, models
from django.db.models import OuterRef, Q, Subquery


def as_they_were(apps, schema_editor):
    Payment, Reversal = apps.get_model("billing", "InvoicePayment"), apps.get_model("billing", "Reversal")
    amount = Payment.objects.filter(pk=OuterRef("reopened")).values("amount_cents")
    Reversal.objects.filter(reopened__isnull=False).update(reopened_cents=Subquery(amount))


class Migration(migrations.Migration):
    dependencies = [("billing", "0011_later_jobs")]

    operations = [
        migrations.AddField(
            model_name="reversal",
            name="reopened_cents",
            field=models.BigIntegerField(db_default=0, default=0, verbose_name="of the invoice (cents)"),
        ),
        migrations.RunPython(as_they_were, migrations.RunPython.noop),
        migrations.AddConstraint(
            model_name="reversal",
            constraint=models.CheckConstraint(
                condition=Q(("reopened", None), ("reopened_cents", 0))
                | Q(("reopened__isnull", False), ("reopened_cents__gt", 0)),
                name="reversal_reopens_an_amount",
            ),
        ),
    ]
