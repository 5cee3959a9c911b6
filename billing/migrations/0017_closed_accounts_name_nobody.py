from django.db import migrations


def take_the_names_out(apps, schema_editor):
    """Of accounts that were closed before closing did this itself (X5)."""
    payments = apps.get_model('billing', 'GatewayPayment').objects
    payments.filter(professional__closed_at__isnull=False).update(description='—')


class Migration(migrations.Migration):
    dependencies = [
        ('billing', '0016_invoices_by_hand'),
    ]

    operations = [
        migrations.RunPython(take_the_names_out, migrations.RunPython.noop),
    ]
