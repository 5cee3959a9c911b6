from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("support", "0018_answered_before"),
    ]

    operations = [
        migrations.AddIndex(
            model_name="ticket",
            index=models.Index(condition=models.Q(("kind", "appeal")), fields=["tag"], name="ticket_appeal"),
        ),
    ]
