from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from base.admin import OfficeAdmin
from mail.models import OutgoingMail


@admin.register(OutgoingMail)
class OutgoingMailAdmin(OfficeAdmin):
    """What was sent and what was not, without what it says nor the whole address (M5)."""

    list_display = ("written_at", "kind", "to", "state", "attempts", "sent_at", "last_error")
    list_filter = ("state", "kind", "language")
    search_fields = ("=recipient", "=cause", "=message_id")
    search_help_text = _("A whole e-mail address, cause or Message-ID.")
    date_hierarchy = "written_at"
    show_full_result_count = False
    fields = (
        "kind",
        "cause",
        "to",
        "language",
        "state",
        "attempts",
        "last_error",
        "message_id",
        "written_at",
        "due_at",
        "claimed_at",
        "sent_at",
        "cleared_at",
    )
    readonly_fields = fields

    @admin.display(description=_("to"))
    def to(self, mail: OutgoingMail) -> str:
        name, _at, domain = mail.recipient.rpartition("@")
        return f"{name[:1]}…@{domain}"

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False
