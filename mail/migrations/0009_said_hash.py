import hashlib

from django.db import migrations, models


def hash_what_was_said(apps, schema_editor):
    """As `mail.inbox.hash_of_said`: what is delivered once more after upgrading is still the same. What was cleared
    came too long ago for that."""
    mails = apps.get_model("mail", "IncomingMail").objects.filter(cleared_at=None)
    for mail in mails.only("sender", "authentication", "whole_text").iterator(chunk_size=500):
        words = " ".join(mail.whole_text.split())
        said = f"{mail.sender}\n{mail.authentication == 'failed'}\n{words}"
        mails.filter(pk=mail.pk).update(said_hash=hashlib.sha256(said.encode()).hexdigest())


class Migration(migrations.Migration):

    dependencies = [
        ("mail", "0008_bounces"),
    ]

    operations = [
        migrations.RemoveConstraint(model_name="incomingmail", name="one_incoming_mail"),
        migrations.RenameField(model_name="incomingmail", old_name="raw_hash", new_name="said_hash"),
        migrations.AlterField(
            model_name="incomingmail",
            name="said_hash",
            field=models.CharField(editable=False, max_length=64, verbose_name="hash of what it says"),
        ),
        migrations.RunPython(hash_what_was_said, migrations.RunPython.noop),
        migrations.AddConstraint(
            model_name="incomingmail",
            constraint=models.UniqueConstraint(fields=("message_id", "recipient", "said_hash"), name="one_incoming_mail"),
        ),
        migrations.RemoveIndex(model_name="incomingmail", name="incoming_of_person"),
        migrations.AddIndex(
            model_name="incomingmail",
            index=models.Index(fields=["sender", "received_at"], name="incoming_of_person"),
        ),
        migrations.AddIndex(
            model_name="incomingmail",
            index=models.Index(
                condition=models.Q(("state__in", ["parked", "failed"])),
                fields=["recipient"],
                name="incoming_waiting",
            ),
        ),
        migrations.AlterField(
            model_name="incomingmail",
            name="reason",
            field=models.CharField(blank=True, choices=[('automatic', 'a machine wrote it'), ('bounce', 'a mail of ours that did not arrive'), ('no_route', 'no part of the product takes mail for this address'), ('for_a_person', 'somebody wrote to us, and a person answers'), ('ours', 'somebody who works here wrote it'), ('too_often', 'its sender writes more often than is answered without a person'), ('too_many', 'its sender has sent more in a day than is taken in without a person'), ('same_name', 'its sender has sent another mail with the same Message-ID'), ('no_reply', 'its sender cannot be answered'), ('too_large', 'it is too large'), ('not_authentic', 'the sender may be somebody else (DMARC)'), ('spam', 'the mail provider takes it for spam'), ('gave_up', 'it could not be handled'), ('set_aside', 'set aside by hand')], max_length=15, verbose_name='reason'),
        ),
    ]
