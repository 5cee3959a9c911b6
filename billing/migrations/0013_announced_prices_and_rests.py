from django.db import migrations, models
from django.db.models import OuterRef, Q, Subquery
from django.db.models.functions import Coalesce


def say_what_was_announced(apps, schema_editor):
    """For each period that was announced: what its renewal was invoiced at, or what its plan costs."""
    periods = apps.get_model("billing", "Period").objects
    later = periods.filter(subscription=OuterRef("subscription"), starts_on__gt=OuterRef("starts_on"))
    renewed_for = later.order_by("starts_on").values("invoice__total_cents")[:1]
    plans = apps.get_model("billing", "Plan").objects.filter(subscriptions=OuterRef("subscription"))
    periods.filter(renewal_announced_at__isnull=False).update(
        announced_price_cents=Coalesce(Subquery(renewed_for), Subquery(plans.values("price_cents")[:1]))
    )


class Migration(migrations.Migration):
    dependencies = [("billing", "0012_what_reversals_reopened")]

    operations = [
        migrations.AddField(
            model_name="period",
            name="announced_price_cents",
            field=models.BigIntegerField(blank=True, null=True, verbose_name="announced price (cents)"),
        ),
        migrations.RunPython(say_what_was_announced, migrations.RunPython.noop, elidable=True),
        migrations.AddConstraint(
            model_name="period",
            constraint=models.CheckConstraint(
                condition=Q(renewal_announced_at=None, announced_price_cents=None)
                | Q(
                    renewal_announced_at__isnull=False,
                    announced_price_cents__isnull=False,
                    announced_price_cents__gte=0,
                ),
                name="period_announced_with_its_price",
            ),
        ),
        migrations.AddField(
            model_name="invoice",
            name="rest_of",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=models.PROTECT,
                related_name="rests",
                to="billing.invoice",
                verbose_name="rest of the invoice",
            ),
        ),
        migrations.AddConstraint(
            model_name="invoice",
            constraint=models.CheckConstraint(
                condition=Q(rest_of=None) | Q(origin="reversal"), name="invoice_rest_of_a_reversal"
            ),
        ),
    ]
