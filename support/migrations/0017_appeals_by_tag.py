from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("support", "0016_screen_by_ticket"),
    ]

    operations = [
        migrations.AddIndex(
            model_name="ticket",
            index=models.Index(condition=models.Q(("kind", "appeal")), fields=["tag"], name="ticket_appeal"),
        ),
    ]
