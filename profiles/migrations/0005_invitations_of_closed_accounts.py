from django.db import migrations


def empty_the_addresses(apps, schema_editor):
    """Of accounts that were closed before closing did this itself (X5). To which addresses of theirs invitations were
    sent that they never accepted, nobody knows any more."""
    invitations = apps.get_model('profiles', 'Invitation').objects
    invitations.filter(accepted_by__is_active=False, accepted_by__email__endswith='@closed.invalid').update(email='')


class Migration(migrations.Migration):
    dependencies = [
        ('profiles', '0004_who_may_suspend'),
    ]

    operations = [
        migrations.RunPython(empty_the_addresses, migrations.RunPython.noop),
    ]
