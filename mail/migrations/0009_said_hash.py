from django.db import migrations, models


class Migration(migrations.Migration):
    """What tells one mail from another is no longer its bytes: the column alone, which locks the table for a moment.
    What it holds is worked out while mail comes in (0010), and then held unique again (0011)."""

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
        migrations.AlterField(
            model_name="incomingmail",
            name="reason",
            field=models.CharField(blank=True, choices=[('automatic', 'a machine wrote it'), ('bounce', 'a mail of ours that did not arrive'), ('no_route', 'no part of the product takes mail for this address'), ('for_a_person', 'somebody wrote to us, and a person answers'), ('ours', 'somebody who works here wrote it'), ('too_often', 'its sender writes more often than is answered without a person'), ('too_many', 'its sender has sent more in a day than is taken in without a person'), ('same_name', 'its sender has sent another mail with the same Message-ID'), ('no_reply', 'its sender cannot be answered'), ('too_large', 'it is too large'), ('not_authentic', 'the sender may be somebody else (DMARC)'), ('spam', 'the mail provider takes it for spam'), ('gave_up', 'it could not be handled'), ('set_aside', 'set aside by hand')], max_length=15, verbose_name='reason'),
        ),
    ]
