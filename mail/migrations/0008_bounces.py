from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('mail', '0007_answers_lately'),
    ]

    operations = [
        migrations.AddField(
            model_name='outgoingmail',
            name='bounced_at',
            field=models.DateTimeField(blank=True, null=True, verbose_name='came back'),
        ),
        migrations.AlterField(
            model_name='incomingmail',
            name='reason',
            field=models.CharField(blank=True, choices=[('automatic', 'a machine wrote it'), ('bounce', 'a mail of ours that did not arrive'), ('no_route', 'no part of the product takes mail for this address'), ('for_a_person', 'somebody wrote to us, and a person answers'), ('ours', 'somebody who works here wrote it'), ('too_often', 'its sender writes more often than is answered without a person'), ('no_reply', 'its sender cannot be answered'), ('too_large', 'it is too large'), ('not_authentic', 'the sender may be somebody else (DMARC)'), ('spam', 'the mail provider takes it for spam'), ('gave_up', 'it could not be handled'), ('set_aside', 'set aside by hand')], max_length=15, verbose_name='why'),
        ),
        migrations.AddIndex(
            model_name='outgoingmail',
            index=models.Index(condition=models.Q(('state', 'failed'), ('bounced_at__isnull', False), _connector='OR'), fields=['written_at'], name='mail_undelivered'),
        ),
    ]
