from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ("support", "0011_desk"),
    ]

    operations = [
        migrations.AlterModelOptions(
            name='ticket',
            options={'ordering': ['-asked_at', '-id'], 'permissions': [('answer_ticket', 'Can answer tickets and calls, and log what was done'), ('handle_desk_mail', 'Can see mail to the desk and decide what becomes of it'), ('hear_appeal', 'Can answer tickets that are appeals'), ('view_figures', 'Can see the figures of the desk')], 'verbose_name': 'ticket', 'verbose_name_plural': 'tickets'},
        ),
        migrations.AddField(
            model_name='message',
            name='undelivered_at',
            field=models.DateTimeField(blank=True, null=True, verbose_name='found not to have arrived'),
        ),
    ]
