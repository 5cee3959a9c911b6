"""The desk's week to begin with: Monday to Friday, morning and afternoon (S2). The office changes it."""

from datetime import time
from typing import Any

from django.db import migrations


def open_the_desk(apps: Any, schema_editor: Any) -> None:
    OpeningHours = apps.get_model("support", "OpeningHours")
    OpeningHours.objects.using(schema_editor.connection.alias).bulk_create(
        OpeningHours(weekday=weekday, opens=opens, closes=closes)
        for weekday in range(5)
        for opens, closes in ((time(9), time(13)), (time(14), time(18)))
    )


class Migration(migrations.Migration):
    dependencies = [("support", "0001_initial")]
    operations = [migrations.RunPython(open_the_desk, migrations.RunPython.noop)]
