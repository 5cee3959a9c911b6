from django.db import migrations, models

OFFERED = {"yes": "to_everybody", "no": "no_longer"}


def name_it(apps, schema_editor):
    _rename(apps, OFFERED)


def name_it_back(apps, schema_editor):
    _rename(apps, {new: old for old, new in OFFERED.items()})


def _rename(apps, names):
    for model in ("Plan", "HistoricalPlan"):
        for before, after in names.items():
            apps.get_model("billing", model).objects.filter(offered=before).update(offered=after)


def _field(model):
    return migrations.AlterField(
        model_name=model,
        name="offered",
        field=models.CharField(
            choices=[("to_everybody", "to everybody"), ("no_longer", "no longer")],
            default="to_everybody",
            max_length=20,
            verbose_name="offered",
        ),
    )


class Migration(migrations.Migration):
    dependencies = [("billing", "0009_what_the_payer_reads")]

    operations = [_field("plan"), _field("historicalplan"), migrations.RunPython(name_it, name_it_back)]
