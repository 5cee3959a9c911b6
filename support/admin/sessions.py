"""Sessions with clients, to look at: their list and what became of each. They are planned, moved, held and cancelled at
the desk (S4)."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.utils.formats import date_format
from django.utils.translation import gettext_lazy as _

from support.admin.office import DeskAdmin
from support.desk_calendar import desk_zone
from support.models import PlannedSession
from support.sessions_shown import history_of


@admin.register(PlannedSession)
class PlannedSessionAdmin(DeskAdmin):
    client_way = "agreement__client"
    list_display = ("begins", "about", "client", "kind", "consultant", "state")
    list_filter = ("state", "kind")
    list_select_related = ("agreement__client__customer", "consultant")
    search_fields = ("about", "agreement__client__customer__name")
    ordering = ("-starts_at", "-pk")

    @admin.display(description=_("begins"), ordering="starts_at")
    def begins(self, session: PlannedSession) -> str:
        return date_format(session.starts_at.astimezone(desk_zone()), "SHORT_DATETIME_FORMAT")

    @admin.display(description=_("client"))
    def client(self, session: PlannedSession) -> str:
        return str(session.agreement.client)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        session = self.row(request, object_id)
        shown = {"session": session, "zone": desk_zone(), "events": history_of(session)}
        return self.page(request, "session", session.about, **shown)
