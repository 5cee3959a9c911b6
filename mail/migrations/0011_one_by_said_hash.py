from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("mail", "0010_fill_said_hash"),
    ]

    operations = [
        migrations.AddConstraint(
            model_name="incomingmail",
            constraint=models.UniqueConstraint(
                fields=("message_id", "recipient", "said_hash"), name="one_incoming_mail"
            ),
        ),
        migrations.RemoveIndex(model_name="incomingmail", name="incoming_of_person"),
        migrations.AddIndex(
            model_name="incomingmail",
            index=models.Index(fields=["sender", "received_at"], name="incoming_of_person"),
        ),
        migrations.AddIndex(
            model_name="incomingmail",
            index=models.Index(
                condition=models.Q(("state__in", ["parked", "failed"])),
                fields=["recipient"],
                name="incoming_waiting",
            ),
        ),
    ]
