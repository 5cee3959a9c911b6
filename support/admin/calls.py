"""Calls, what the exchange told of them, and who was in session: to be looked at (X4)."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from support.admin.office import DeskAdmin
from support.models import Call, ExchangeEvent, InSession


class Looked(DeskAdmin):
    """Nobody adds or changes one here."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(Call)
class CallAdmin(Looked):
    """What was said is read at the desk, on the ticket."""

    list_display = ("at", "direction", "outcome", "phone", "client", "by")
    list_filter = ("direction", "outcome")
    list_select_related = ("client__customer", "by")
    search_fields = ("phone", "number_said", "client__customer__name", "exchange_id")
    ordering = ("-at", "-pk")
    fields = (
        *("direction", "outcome", "phone", "number_said", "name", "client", "ticket", "wait"),
        *("at", "seconds", "summary", "by", "exchange_id", "recorded_at"),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Call]:
        # Of nobody known, too: the desk's own list says which a reader may see.
        return Call.objects.at_the_desk(request.user)


class LoggedFilter(admin.SimpleListFilter):
    title = _("logged")
    parameter_name = "logged"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("no", _("waiting")), ("yes", _("logged"))]

    def queryset(self, request: HttpRequest, events: QuerySet[ExchangeEvent]) -> QuerySet[ExchangeEvent]:
        return (
            events.filter(done_at__isnull=self.value() == "no") if self.value() in ("no", "yes") else events
        )


@admin.register(ExchangeEvent)
class ExchangeEventAdmin(Looked):
    """What waits here was told and could not be logged: `log_exchange_calls` tries again every minute."""

    list_display = ("received_at", "exchange_id", "word", "at", "deliveries", "done_at")
    list_filter = ("word", LoggedFilter)
    search_fields = ("exchange_id",)
    fields = (
        *("exchange_id", "word", "number_said", "at", "seconds", "received_at", "deliveries", "done_at"),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[ExchangeEvent]:
        return ExchangeEvent.objects.order_by("-received_at", "-pk")


@admin.register(InSession)
class InSessionAdmin(Looked):
    list_display = ("consultant", "began_at", "until", "ended_at")
    list_filter = ("consultant",)
    list_select_related = ("consultant",)
    fields = ("consultant", "began_at", "until", "ended_at")

    def get_queryset(self, request: HttpRequest) -> QuerySet[InSession]:
        return InSession.objects.order_by("-began_at", "-pk")
