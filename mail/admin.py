from typing import Any

from django.conf import settings
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST, require_safe

from base.admin import OfficeAdmin, found
from base.errors import Refusal
from mail import inbox, readers
from mail.kept_files import attachment_response, message_response
from mail.models import IncomingMail, OutgoingMail
from mail.wording import history_of


class LookOnly:
    """Nothing is added, changed or deleted here."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(OutgoingMail)
class OutgoingMailAdmin(LookOnly, OfficeAdmin):
    """What was sent and what was not, without what it says nor the whole address (M5)."""

    list_display = ("written_at", "kind", "to", "state", "attempts", "sent_at", "went_wrong")
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
        "went_wrong",
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

    @admin.display(description=_("last error"))
    def went_wrong(self, mail: OutgoingMail) -> str:
        if mail.bounced_at is None or not mail.last_error:
            return mail.last_error
        return gettext("returned by %(address)s") % {"address": mail.last_error}


@admin.register(IncomingMail)
class IncomingMailAdmin(LookOnly, OfficeAdmin):
    """Everything that reached us, what became of it, and why; what waits for a person is decided here (S10)."""

    # What became of it stands where a narrow screen shows it.
    list_display = ("headline", "became", "sender", "recipient", "received_at", "authentication")
    list_filter = ("state", "reason", "way", "authentication")
    search_fields = ("=sender", "=message_id", "=cause")
    search_help_text = _("A whole e-mail address, cause or Message-ID.")
    date_hierarchy = "received_at"
    show_full_result_count = False
    actions = None

    @admin.display(description=_("subject"))
    def headline(self, mail: Any) -> str:
        return (mail.sender if mail.withheld else mail.subject) or gettext("Mail without a subject")

    @admin.display(description=_("state"))
    def became(self, mail: IncomingMail) -> str:
        return " · ".join(filter(None, (mail.get_state_display(), mail.get_reason_display())))

    def has_module_permission(self, request: HttpRequest) -> bool:
        return readers.reads_any(request.user)

    def has_view_permission(self, request: HttpRequest, obj: IncomingMail | None = None) -> bool:
        if obj is None:
            return readers.reads_any(request.user)
        return readers.visible_to(request.user).filter(pk=obj.pk).exists()

    def get_queryset(self, request: HttpRequest) -> QuerySet[IncomingMail]:
        return readers.with_withheld(readers.visible_to(request.user))

    def get_urls(self) -> list[URLPattern]:
        wrap = self.admin_site.admin_view
        return [
            path("<int:pk>/take-in/", wrap(require_POST(self.take_in)), name="mail_incomingmail_take_in"),
            path(
                "<int:pk>/set-aside/", wrap(require_POST(self.set_aside)), name="mail_incomingmail_set_aside"
            ),
            path("<int:pk>/message/", wrap(require_safe(self.message)), name="mail_incomingmail_message"),
            path(
                "<int:pk>/attachments/<int:position>/",
                wrap(require_safe(self.attachment)),
                name="mail_incomingmail_attachment",
            ),
            *super().get_urls(),
        ]

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        return self._show(request, self._found(request, object_id))

    def message(self, request: HttpRequest, pk: int) -> HttpResponse:
        """The message as it came, to be saved."""
        return message_response(self._readable(request, pk))

    def attachment(self, request: HttpRequest, pk: int, position: int) -> HttpResponse:
        """One attachment, to be saved."""
        return attachment_response(self._readable(request, pk), position)

    def take_in(self, request: HttpRequest, pk: int) -> HttpResponse:
        mail = self._to_decide(request, pk)
        try:
            inbox.take_in(mail=mail, by=request.user, now=timezone.now())
        except Refusal as refusal:
            messages.error(request, str(refusal))
            return self._show(request, mail, status=409)
        messages.success(request, gettext("It has been taken in."))
        return redirect("admin:mail_incomingmail_change", pk)

    def set_aside(self, request: HttpRequest, pk: int) -> HttpResponse:
        mail = self._to_decide(request, pk)
        reason = request.POST.get("reason", "")
        try:
            inbox.set_aside(mail=mail, reason=reason, by=request.user, now=timezone.now())
        except Refusal as refusal:
            messages.error(request, str(refusal))
            return self._show(request, mail, status=409, reason=reason)
        messages.success(request, gettext("It has been set aside."))
        return redirect("admin:mail_incomingmail_changelist")

    def _found(self, request: HttpRequest, pk: Any) -> IncomingMail:
        mail: IncomingMail = found(IncomingMail.objects.all(), pk)
        if not self.has_view_permission(request, mail):
            raise PermissionDenied
        return mail

    def _readable(self, request: HttpRequest, pk: Any) -> IncomingMail:
        mail = self._found(request, pk)
        if readers.words_withheld(mail):
            raise PermissionDenied
        return mail

    def _to_decide(self, request: HttpRequest, pk: Any) -> IncomingMail:
        mail = self._found(request, pk)
        if not readers.may_decide(request.user, mail):
            raise PermissionDenied
        return mail

    def _show(
        self, request: HttpRequest, mail: IncomingMail, *, status: int = 200, reason: str = ""
    ) -> HttpResponse:
        withheld = readers.words_withheld(mail)
        if withheld:
            mail.subject = mail.text = mail.whole_text = mail.raw = ""
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": mail.subject or (mail.sender if withheld else gettext("Mail without a subject")),
            "mail": mail,
            "withheld": withheld,
            "attachments": mail.attachments.none() if withheld else mail.attachments.all(),
            "too_large": mail.size > settings.INBOX_MAX_BYTES,
            "history": history_of(mail),
            "may_handle": readers.may_decide(request.user, mail),
            "reason": reason,
        }
        return render(request, "mail/incoming_mail_admin.html", context, status=status)
