from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("support", "0015_credited_support"),
    ]

    operations = [
        migrations.RemoveIndex(
            model_name="wait",
            name="wait_open",
        ),
        migrations.AddIndex(
            model_name="wait",
            index=models.Index(
                condition=models.Q(("ended_at", None)), fields=["due_at", "ticket"], name="wait_open"
            ),
        ),
    ]
