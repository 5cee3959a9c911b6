from django.db import migrations, models
from django.db.models import Count


def who_chose_all(apps, schema_editor):
    """Whoever works in all the provinces there are had pressed “all”: the form showed both alike."""
    provinces = apps.get_model("marketplace", "Province").objects.count()
    if not provinces:
        return
    interests = apps.get_model("marketplace", "Interest").objects.order_by()
    everywhere = (
        interests.values("professional")
        .annotate(number=Count("province", distinct=True))
        .filter(number=provinces)
        .values("professional")
    )
    preferences = apps.get_model("marketplace", "LeadPreferences").objects
    preferences.filter(professional__in=everywhere).update(everywhere=True)


class Migration(migrations.Migration):
    dependencies = [
        ("marketplace", "0013_photos_of_requests_not_public"),
    ]

    operations = [
        migrations.AddField(
            model_name="leadpreferences",
            name="everywhere",
            field=models.BooleanField(db_default=False, default=False, verbose_name="in all provinces"),
        ),
        migrations.RunPython(who_chose_all, migrations.RunPython.noop, elidable=True),
    ]
