"""The top of the house: settings, addresses, the home page, and commands that span apps."""

from config.celery import app as celery_app

__all__ = ["celery_app"]
