from django.db import migrations


def forget(apps, schema_editor):
    """What was told of homeowners after they were erased stayed. The files of the pictures go with the next sweep."""
    model = apps.get_model
    of_erased = {"contact__lead__anonymised_at__isnull": False}
    returns = model("marketplace", "ReturnRequest").objects.filter(**of_erased).exclude(state="asked")
    model("marketplace", "ReturnEvidence").objects.filter(return_request__in=returns).delete()
    model("marketplace", "ReturnEvent").objects.filter(return_request__in=returns).update(reason="")
    returns.update(explanation="—")
    model("marketplace", "DiaryEntry").objects.filter(**of_erased).update(text="")


class Migration(migrations.Migration):
    dependencies = [
        ("marketplace", "0018_masked_anew"),
    ]

    operations = [
        migrations.RunPython(forget, migrations.RunPython.noop),
    ]
