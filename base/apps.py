from django.apps import AppConfig
from django.core import checks
from django.db.models.signals import post_migrate, pre_migrate
from django.utils.translation import gettext_lazy as _


class BaseConfig(AppConfig):
    name = "base"
    verbose_name = _("Base")

    def ready(self) -> None:
        from base import invariants  # noqa: F401 - registers what must hold
        from base.checks import triggers_stand
        from base.triggers import install_triggers, make_way

        pre_migrate.connect(make_way, sender=self, dispatch_uid="triggers")
        # Signals of post_migrate go out when all tables of all apps stand, so once is enough.
        post_migrate.connect(install_triggers, sender=self, dispatch_uid="triggers")
        checks.register(triggers_stand, checks.Tags.database)
