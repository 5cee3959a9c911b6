from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("billing", "0008_words_of_the_office")]

    operations = [
        migrations.AddField(
            model_name="gatewaypayment",
            name="description",
            # What was begun before is paid under the name of the site.
            field=models.CharField(
                default="Quince", max_length=200, verbose_name="what is paid, as the payer reads it"
            ),
            preserve_default=False,
        ),
    ]
