from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("marketplace", "0011_homeowners_own_page"),
    ]

    operations = [
        migrations.AddField(
            model_name="lead",
            name="link_version",
            field=models.PositiveSmallIntegerField(db_default=1, default=1, editable=False),
        ),
    ]
