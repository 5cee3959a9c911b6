from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('support', '0022_italian'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddIndex(
            model_name='plannedsession',
            index=models.Index(condition=models.Q(('state', 'planned')), fields=['consultant', 'starts_at', 'id'], name='planned_session_of_consultant'),
        ),
    ]
