"""The Celery application: tasks of every app, and the beat that looks for what is due."""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
app = Celery("quince")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
