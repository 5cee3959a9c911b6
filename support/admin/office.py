"""What the desk's pages in the office have in common: rows of others, and pages of our own."""

from typing import Any, ClassVar, cast

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import Model, QuerySet, TextChoices
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from base.admin import OfficeAdmin, found
from base.models import StateEvent
from base.numbers import read_yearly_number
from billing.admin.recorded import LookOnly
from profiles.models import User
from support.drafts import steps_of
from support.models import Client


def of_others(rows: QuerySet[Any], user: Any, client: str = "client") -> QuerySet[Any]:
    """`rows` without those of a client that `user` speaks for: the office knows of them what a client may not, and
    somebody else decides. `client` is the way from a row to its client."""
    own = Client.objects.ids_visible_to(user)
    return rows.exclude(**{f"{client}__in": own}) if own else rows


class DeskAdmin(OfficeAdmin):
    """Rows of the desk, changed by its functions alone; none is deleted."""

    # The way from a row to its client.
    client_way = "client"
    # What the numbers of its rows begin with (“A-2026-000015”), where they are numbered by the year.
    number_letter = ""
    actions = None
    list_per_page = 50
    show_full_result_count = False

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return of_others(super().get_queryset(request), request.user, self.client_way)

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        """A whole number finds its row alone."""
        if numbered := read_yearly_number(search_term, self.number_letter):
            return queryset.filter(**numbered), False
        return super().get_search_results(request, queryset, search_term)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def row(self, request: HttpRequest, pk: Any, *, change: bool = False) -> Any:
        """The row that an address names, for whoever may see it, or `change` it. Raises PermissionDenied, Http404."""
        may = self.has_change_permission(request) if change else self.has_view_permission(request)
        if not may:
            raise PermissionDenied
        return found(self.get_queryset(request), pk)

    def page(
        self, request: HttpRequest, name: str, title: str, *, status: int = 200, **context: Any
    ) -> HttpResponse:
        """One of our own pages, templates/support/<name>_admin.html."""
        frame = {**self.admin_site.each_context(request), "opts": self.opts, "title": title}
        return render(request, f"support/{name}_admin.html", frame | context, status=status)

    def note(self, request: HttpRequest, row: Model, said: str) -> None:
        """Into the office's own log of changes."""
        self.log_change(request, row, said)


class HandledAtDesk(LookOnly, DeskAdmin):
    """Rows that are looked at here and handled at the desk, on its page named `desk_page`."""

    desk_page: ClassVar[str]

    @admin.display(description=_("at the desk"))
    def at_the_desk(self, row: Any) -> str:
        """Where it is handled: whoever reads it here may do so there."""
        return format_html(
            '<a href="{}">{}</a>', reverse(self.desk_page, args=[row.public_id]), _("Go there")
        )


class PartOf(LookOnly, admin.TabularInline):
    """What such a row consists of: whoever sees the row (`seen_with`) sees it."""

    seen_with: ClassVar[str]
    extra = 0
    classes = ("look-only",)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return request.user.has_perm(self.seen_with)


class StepsOf(PartOf):
    """What became of it."""

    states: ClassVar[type[TextChoices]]
    fields = ("at", "step", "actor", "reason")
    readonly_fields = ("step",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[StateEvent]:
        return super().get_queryset(request).select_related("actor")

    @admin.display(description=_("state"))
    def step(self, event: StateEvent) -> str:
        ((_event, said),) = steps_of([event], self.states)
        return said


def user_of(request: HttpRequest) -> User:
    return cast(User, request.user)


def status_of(*forms: Any) -> int:
    """Of a page that is shown again with what was typed: 422 where something in it is wrong."""
    return 422 if any(form.is_bound and not form.is_valid() for form in forms) else 200
