from django.db import migrations
from django.db.models.functions import Lower


def lower_the_addresses(apps, schema_editor):
    """As every account is saved from now on. Where two differ in nothing else, neither is ours to choose: it stops."""
    users = apps.get_model("profiles", "User").objects
    users.exclude(email=Lower("email")).update(email=Lower("email"))


class Migration(migrations.Migration):
    dependencies = [
        ("profiles", "0005_invitations_of_closed_accounts"),
    ]

    operations = [
        migrations.RunPython(lower_the_addresses, migrations.RunPython.noop),
    ]
