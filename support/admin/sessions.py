"""Sessions with clients: planned, moved, held, cancelled (S4)."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from base.errors import Refusal
from profiles.models import User
from support.admin.office import DeskAdmin, of_others, status_of, user_of
from support.admin_forms import CancelForm, MoveForm, SessionForm, show_refusal
from support.desk_calendar import desk_zone
from support.models import Agreement, PlannedSession
from support.sessions import cancel_session, hold_session, move_session, plan_session

State = PlannedSession.State


def consultants() -> QuerySet[User]:
    """Those who can hold a session."""
    return User.objects.filter(
        is_active=True, is_staff=True, groups__name__in=("consultant", "desk lead")
    ).distinct()


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

    def get_urls(self) -> list[URLPattern]:
        pages = [
            path(
                f"<int:pk>/{name}/",
                self.admin_site.admin_view(require_POST(view)),
                name=f"support_plannedsession_{name}",
            )
            for name, view in (("move", self.move), ("hold", self.hold), ("cancel", self.cancel))
        ]
        return [*pages, *super().get_urls()]

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        if not self.has_add_permission(request):
            raise PermissionDenied
        agreements = of_others(Agreement.objects.select_related("client__customer"), request.user)
        form = SessionForm(
            request.POST if request.method == "POST" else None,
            initial={"agreement": request.GET.get("agreement"), "consultant": request.user.pk},
            agreements=agreements,
            consultants=consultants(),
        )
        if form.is_valid():
            said = dict(form.cleaned_data)
            try:
                session = plan_session(
                    public_id=said.pop("form_id"), **said, by=user_of(request), now=timezone.now()
                )
            except Refusal as refusal:
                show_refusal(form, refusal)
            else:
                messages.success(request, gettext("Planned. Client and consultant are told by mail."))
                return redirect("admin:support_plannedsession_change", session.pk)
        title = gettext("Plan a session")
        return self.page(request, "session_add", title, status=status_of(form), form=form)

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        return self._show(request, self.row(request, object_id))

    def move(self, request: HttpRequest, pk: int) -> HttpResponse:
        session = self.row(request, pk, change=True)
        form = MoveForm(request.POST, auto_id="move_%s")
        if form.is_valid():
            try:
                move_session(session=session, **form.cleaned_data, by=user_of(request), now=timezone.now())
            except Refusal as refusal:
                show_refusal(form, refusal)
            else:
                messages.success(request, gettext("Moved. Client and consultant are told by mail."))
                return redirect("admin:support_plannedsession_change", pk)
        return self._show(request, session, moving=form)

    def hold(self, request: HttpRequest, pk: int) -> HttpResponse:
        session = self.row(request, pk, change=True)
        try:
            hold_session(session=session, by=user_of(request), now=timezone.now())
        except Refusal as refusal:
            messages.error(request, str(refusal))
            return self._show(request, session, status=409)
        messages.success(request, gettext("It is written down that the session was held."))
        return redirect("admin:support_plannedsession_change", pk)

    def cancel(self, request: HttpRequest, pk: int) -> HttpResponse:
        session = self.row(request, pk, change=True)
        form = CancelForm(request.POST, auto_id="cancel_%s")
        if form.is_valid():
            try:
                cancel_session(session=session, **form.cleaned_data, by=user_of(request), now=timezone.now())
            except Refusal as refusal:
                show_refusal(form, refusal)
            else:
                messages.success(request, gettext("Cancelled. Client and consultant are told by mail."))
                return redirect("admin:support_plannedsession_change", pk)
        return self._show(request, session, cancelling=form)

    def _show(
        self,
        request: HttpRequest,
        session: PlannedSession,
        *,
        moving: MoveForm | None = None,
        cancelling: CancelForm | None = None,
        status: int | None = None,
    ) -> HttpResponse:
        moving = moving or MoveForm(initial={"starts_at": session.starts_at}, auto_id="move_%s")
        cancelling = cancelling or CancelForm(auto_id="cancel_%s")
        return self.page(
            request,
            "session",
            session.about,
            status=status or status_of(moving, cancelling),
            session=session,
            zone=desk_zone(),
            events=[(event, State(event.to_state).label) for event in session.events.select_related("actor")],
            may_change=self.has_change_permission(request) and session.state == State.PLANNED,
            moving=moving,
            cancelling=cancelling,
        )
