from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("mail", "0006_for_a_person"),
    ]

    operations = [
        migrations.AddIndex(
            model_name="outgoingmail",
            index=models.Index(
                condition=models.Q(("in_reply_to", ""), _negated=True),
                fields=["written_at"],
                name="mail_answers",
            ),
        ),
    ]
