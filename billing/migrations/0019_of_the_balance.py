"""How much of a reversal was of the balance is kept, for only so much of the balance's part is taken already."""

from django.db import migrations, models
from django.db.models import F, Q, Sum


def as_they_were(apps, schema_editor):
    """By the rule of until now: the balance's part, less all that was taken back before."""
    reversals = apps.get_model("billing", "Reversal").objects
    notes = apps.get_model("billing", "CreditNote").objects.filter(use="balance")
    rests = reversals.filter(reopened=None, rest_invoice__rest_of__isnull=False)
    # No row twice: PostgreSQL alters no table with rows that one transaction has changed twice.
    others = reversals.exclude(pk__in=rests.values("pk"))
    others.update(of_balance_cents=F("amount_cents") - F("reopened_cents"))
    for reversal in rests.order_by("pk").select_related("payment__invoice_payment"):
        payment, paid = reversal.payment, reversal.payment.invoice_payment
        stood = Q(undone_at=None) | Q(undone_at__gt=reversal.reversed_at)
        before = reversals.filter(stood, payment=payment, pk__lt=reversal.pk)
        credited = notes.filter(invoice=paid.invoice_id, recorded_at__lte=reversal.reversed_at)
        put_on_balance = payment.amount_cents - paid.amount_cents + _sum(credited)
        of_balance = max(0, put_on_balance - _sum(before))
        reversal.of_balance_cents = min(reversal.amount_cents, of_balance)
        reversal.save(update_fields=["of_balance_cents"])


def _sum(rows):
    return rows.aggregate(total=Sum("amount_cents"))["total"] or 0


class Migration(migrations.Migration):
    dependencies = [("billing", "0018_shared_payers")]

    operations = [
        migrations.AddField(
            model_name="reversal",
            name="of_balance_cents",
            field=models.BigIntegerField(db_default=0, default=0, verbose_name="of the balance (cents)"),
        ),
        migrations.RunPython(as_they_were, migrations.RunPython.noop, elidable=True),
        migrations.AddConstraint(
            model_name="reversal",
            constraint=models.CheckConstraint(
                condition=Q(("of_balance_cents__gte", 0), ("of_balance_cents__lte", F("amount_cents"))),
                name="reversal_of_the_balance_at_most",
            ),
        ),
    ]
