"""Requests from before: whose they are, and what of their texts is not shown before buying."""

from django.db import migrations

from marketplace.masking import mask
from profiles.addresses import address_key

MASKED = ("town", "title", "description")


def know(apps, schema_editor):
    Lead = apps.get_model("marketplace", "Lead")
    batch = []
    for lead in Lead.objects.order_by().iterator(chunk_size=1000):
        phone = lead.homeowner_phone
        own = {
            "telephone": str(phone.national_number) if phone else "",
            "email": lead.homeowner_email,
        }
        lead.homeowner_key = address_key(lead.homeowner_email)
        for field in MASKED:
            written = getattr(lead, field)
            shown = mask(written, **own)
            setattr(lead, f"{field}_masked", "" if shown == written else shown)
        batch.append(lead)
        if len(batch) == 1000:
            _save(Lead, batch)
            batch = []
    _save(Lead, batch)


def _save(Lead, batch):
    Lead.objects.bulk_update(batch, ["homeowner_key", *(f"{field}_masked" for field in MASKED)])


class Migration(migrations.Migration):

    dependencies = [
        ("marketplace", "0005_what_moderators_see"),
    ]

    operations = [migrations.RunPython(know, migrations.RunPython.noop, elidable=True)]
