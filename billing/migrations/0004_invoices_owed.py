import django.db.models.expressions
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("billing", "0003_credit_notes")]

    operations = [
        migrations.AddIndex(
            model_name='invoice',
            index=models.Index(condition=models.Q(('credited_on', None), ('paid_on', None)), fields=['customer', 'due_on'], name='invoice_owed'),
        ),
        migrations.AddIndex(
            model_name='invoice',
            index=models.Index(condition=models.Q(('credited_on', None), ('paid_on', None)), fields=['due_on'], name='invoice_owed_by_due_date'),
        ),
        migrations.AddConstraint(
            model_name='invoice',
            constraint=models.CheckConstraint(condition=models.Q(('credited_cents__gte', 0), ('credited_cents__lte', models.F('total_cents'))), name='invoice_credited_whole_at_most'),
        ),
        migrations.AddConstraint(
            model_name='invoice',
            constraint=models.CheckConstraint(condition=models.Q(('payable_cents__gte', django.db.models.expressions.CombinedExpression(models.F('total_cents'), '-', models.F('credited_cents'))), ('payable_cents__lte', models.F('total_cents'))), name='invoice_payable_adds_up'),
        ),
        migrations.AddConstraint(
            model_name='invoice',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('credited_on', None), ('payable_cents__gt', 0)), models.Q(('credited_on', None), ('total_cents', 0)), models.Q(('credited_on__isnull', False), ('payable_cents', 0), ('total_cents__gt', 0)), _connector='OR'), name='invoice_credited_on_when_nothing_is_left'),
        ),
    ]
