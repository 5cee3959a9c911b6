from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _

from base.registry import grant


class MailConfig(AppConfig):
    name = "mail"
    verbose_name = _("Mail")

    def ready(self) -> None:
        from mail import checks, invariants, webhooks  # noqa: F401 - importing them registers what they hold

        # Whoever may see homeowners' details: what people write to us is full of them (M5).
        for role in ("moderator", "reviewer"):
            grant(role, "mail.view_incomingmail", "mail.handle_incomingmail")
