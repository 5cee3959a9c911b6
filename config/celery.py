"""The Celery application: tasks of every app, and the beat that looks for what is due."""

import logging.config
import os
from typing import Any

from celery import Celery, signals
from django.conf import settings

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
app = Celery("quince")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


@signals.setup_logging.connect
def log_as_the_product_does(**kwargs: Any) -> None:
    """The worker and beat log by settings.LOGGING, and leave standard output alone."""
    logging.config.dictConfig(settings.LOGGING)
