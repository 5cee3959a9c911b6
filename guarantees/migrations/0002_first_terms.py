"""The first version of the terms, which binds everybody until another is added (G20)."""

from datetime import UTC, date, datetime

from django.db import migrations

# Before any professional contracted a plan: nobody is without terms.
IN_FORCE_FROM = date(2020, 1, 1)


def add_first_terms(apps, schema_editor):
    """With the numbers that are the columns' defaults. Adds nothing where a version is there already."""
    terms = apps.get_model("guarantees", "GuaranteeTerms").objects.using(schema_editor.connection.alias)
    if not terms.exists():
        terms.create(in_force_from=IN_FORCE_FROM, added_at=datetime(2020, 1, 1, tzinfo=UTC))


class Migration(migrations.Migration):
    dependencies = [("guarantees", "0001_initial")]

    # Going back leaves the row: the table only grows, and dropping it comes with 0001.
    operations = [migrations.RunPython(add_first_terms, migrations.RunPython.noop)]
