from django.db import migrations, models
from django.db.models import Q


def clear_old_replies(apps, schema_editor):
    """What has lost its body tells nobody any more where answers went."""
    apps.get_model("mail", "OutgoingMail").objects.filter(cleared_at__isnull=False).exclude(
        reply_to=""
    ).update(reply_to="")


class Migration(migrations.Migration):
    dependencies = [
        ("mail", "0002_unsubscribing"),
    ]

    operations = [
        migrations.RunPython(clear_old_replies, migrations.RunPython.noop),
        migrations.AddIndex(
            model_name="outgoingmail",
            index=models.Index(fields=["recipient"], name="mail_to_person"),
        ),
        migrations.AddIndex(
            model_name="outgoingmail",
            index=models.Index(
                fields=["reply_to"], name="mail_answered_to_person", condition=~Q(reply_to="")
            ),
        ),
    ]
