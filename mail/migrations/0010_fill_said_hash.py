import hashlib

from django.db import migrations

AT_ONCE = 500


def hash_what_was_said(apps, schema_editor):
    """As `mail.inbox.hash_of_said`: what is delivered once more after upgrading is still the same. What was cleared
    came too long ago for that. Each batch is committed by itself; where it breaks off it may run again."""
    mails = apps.get_model("mail", "IncomingMail").objects.filter(cleared_at=None).order_by("pk")
    last = 0
    while batch := list(mails.filter(pk__gt=last).only("sender", "authentication", "whole_text")[:AT_ONCE]):
        for mail in batch:
            words = " ".join(mail.whole_text.split())
            said = f"{mail.sender}\n{mail.authentication == 'failed'}\n{words}"
            mail.said_hash = hashlib.sha256(said.encode()).hexdigest()
        mails.bulk_update(batch, ["said_hash"])
        last = batch[-1].pk


class Migration(migrations.Migration):
    atomic = False

    dependencies = [
        ("mail", "0009_said_hash"),
    ]

    operations = [
        migrations.RunPython(hash_what_was_said, migrations.RunPython.noop),
    ]
