"""Blocked senders in the office: looked at, and lifted; blocked from the page of a request."""

from typing import Any, ClassVar

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.translation import gettext, pgettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from base.admin import OfficeAdmin, found
from base.errors import Refusal
from marketplace import senders
from marketplace.admin.queues import DecidedByButtons
from marketplace.models import BlockedSender
from marketplace.own_interest import has_business


class StandingFilter(admin.SimpleListFilter):
    title = _("state")
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("standing", _("blocked")), ("lifted", pgettext("sender", "lifted"))]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        if self.value() in ("standing", "lifted"):
            return queryset.filter(lifted_at__isnull=self.value() == "standing")
        return queryset


@admin.register(BlockedSender)
class BlockedSenderAdmin(DecidedByButtons, OfficeAdmin):
    """Whom it is about are homeowners' details: seen with that permission alone, and by nobody who has a business,
    which may buy their requests (M5)."""

    list_display = ("who", "blocked_at", "blocked_by", "lifted_at", "lifted_by")
    list_filter = (StandingFilter,)
    list_select_related = ("blocked_by", "lifted_by")
    search_fields: ClassVar = ("email_key", "phone", "reason")

    @admin.display(description=_("blocked sender"))
    def who(self, block: BlockedSender) -> Any:
        return block.sender

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return (
            request.user.has_perms(["marketplace.view_blockedsender", "marketplace.view_homeowner"])
            and not has_business(request.user)
        )  # fmt: skip

    def get_urls(self) -> list[URLPattern]:
        lift = self.admin_site.admin_view(require_POST(self.lift))
        return [path("<int:pk>/lift/", lift, name="marketplace_blockedsender_lift"), *super().get_urls()]

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        block = found(self.get_queryset(request).select_related("blocked_by", "lifted_by"), object_id)
        if not self.has_view_permission(request, block):
            raise PermissionDenied
        return render(
            request,
            "marketplace/blocked_sender_admin.html",
            {
                **self.admin_site.each_context(request),
                "opts": self.opts,
                "title": str(block),
                "blocked": block,
                "may_lift": request.user.has_perm("marketplace.block_sender"),
            },
        )

    def lift(self, request: HttpRequest, pk: int) -> HttpResponse:
        if not (request.user.has_perm("marketplace.block_sender") and self.has_view_permission(request)):
            raise PermissionDenied
        block = get_object_or_404(BlockedSender, pk=pk)
        try:
            senders.lift_block(
                block=block,
                by=request.user,  # type: ignore[arg-type]
                reason=request.POST.get("reason", ""),
                now=timezone.now(),
            )
        except Refusal as refusal:
            self.message_user(request, str(refusal), messages.ERROR)
        else:
            self.message_user(
                request, gettext("Lifted. Their requests are flagged no more."), messages.SUCCESS
            )
        return redirect("admin:marketplace_blockedsender_change", pk)
