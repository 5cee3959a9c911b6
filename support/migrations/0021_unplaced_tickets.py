from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("support", "0020_later_promises"),
    ]

    operations = [
        migrations.AddIndex(
            model_name="ticket",
            index=models.Index(
                condition=models.Q(
                    ("kind__in", ["request", "call_back"]),
                    ("placement", ""),
                    ("state__in", ["open", "answered", "closed"]),
                ),
                fields=["kind", "-asked_at", "-id"],
                name="ticket_unplaced",
            ),
        ),
    ]
