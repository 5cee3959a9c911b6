from django.apps import AppConfig
from django.db.models.signals import post_migrate
from django.utils.translation import gettext_lazy as _


class ConfigConfig(AppConfig):
    name = "config"
    verbose_name = _("Quince")

    def ready(self) -> None:
        from config.roles import give_roles_their_permissions

        # After django.contrib.auth's own receiver, which makes an app's permissions.
        post_migrate.connect(give_roles_their_permissions, dispatch_uid="roles")
