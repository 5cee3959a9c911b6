from django.apps import AppConfig
from django.core import checks
from django.db.models.signals import post_migrate
from django.utils.translation import gettext_lazy as _


class BaseConfig(AppConfig):
    name = "base"
    verbose_name = _("Base")

    def ready(self) -> None:
        from base import invariants  # noqa: F401 - registers what must hold
        from base.append_only import install_triggers
        from base.checks import append_only_tables_are_guarded

        # Signals of post_migrate go out when all tables of all apps stand, so once is enough.
        post_migrate.connect(install_triggers, sender=self, dispatch_uid="append_only")
        checks.register(append_only_tables_are_guarded, checks.Tags.database)
