import base.private_files
from django.core.files.storage import storages
from django.db import migrations, models, transaction


def to_private(apps, schema_editor):
    move(apps, schema_editor, "default", "private")


def to_public(apps, schema_editor):
    move(apps, schema_editor, "private", "default")


def move(apps, schema_editor, source, target):
    """Under the same names. A file that is missing or was moved before is passed over, so it may run again."""
    source, target = storages[source], storages[target]
    photos = apps.get_model("marketplace", "LeadPhoto").objects.using(schema_editor.connection.alias)
    moved = []
    for names in photos.values_list("image", "thumbnail").iterator():
        for name in names:
            if not source.exists(name):
                continue
            if not target.exists(name):
                with source.open(name, "rb") as file:
                    target.save(name, file)
            moved.append(name)

    def delete():
        for name in moved:
            source.delete(name)

    # Only once it is certain: until then the product that runs looks for them there.
    transaction.on_commit(delete, using=schema_editor.connection.alias)


class Migration(migrations.Migration):
    dependencies = [
        ("marketplace", "0012_homeowners_link"),
    ]

    operations = [
        migrations.AlterField(
            model_name="leadphoto",
            name="image",
            field=models.ImageField(
                storage=base.private_files.not_public, upload_to="", verbose_name="image"
            ),
        ),
        migrations.AlterField(
            model_name="leadphoto",
            name="thumbnail",
            field=models.ImageField(
                storage=base.private_files.not_public, upload_to="", verbose_name="thumbnail"
            ),
        ),
        migrations.RunPython(to_private, to_public),
    ]
