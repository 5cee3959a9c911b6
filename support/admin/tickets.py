"""Tickets to be looked at, with all that was said, promised and done on them (X4). They are handled at the desk."""

from __future__ import annotations

import re
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from billing.admin.recorded import LookOnly
from support.admin.office import DeskAdmin
from support.allowances import in_words
from support.models import Message, Ticket, TicketEvent, Wait
from support.models.allowances import Unit
from support.shown import about_in_words


class MessageInline(LookOnly, admin.StackedInline):
    model = Message
    extra = 0
    fields = (
        "at", "kind", "channel", "name", "email", "author", "text", "quoted", "files",
        "unneeded_why", "unneeded_by", "unneeded_at",
    )  # fmt: skip
    readonly_fields = ("files",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Message]:
        found = super().get_queryset(request)
        return found.select_related("author", "unneeded_by").prefetch_related("attachments")

    @admin.display(description=_("files"))
    def files(self, message: Message) -> str:
        return ", ".join(file.name for file in message.attachments.all()) or "–"


class WaitInline(LookOnly, admin.TabularInline):
    model = Wait
    extra = 0
    classes = ("look-only",)
    fields = (
        "asked_at", "began_at", "promised", "due_at", "warned_at", "breached_at",
        "ended_at", "ending", "ended_by", "took",
    )  # fmt: skip
    readonly_fields = ("promised", "took")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Wait]:
        return super().get_queryset(request).select_related("ended_by")

    @admin.display(description=_("working time promised"))
    def promised(self, wait: Wait) -> str:
        return in_words(wait.minutes, Unit.MINUTES)

    @admin.display(description=_("working time taken"))
    def took(self, wait: Wait) -> str:
        """In whole minutes begun, so that what was late by seconds does not look as if it had been in time."""
        if wait.took_seconds is None:
            return "–"
        return in_words(-(-wait.took_seconds // 60), Unit.MINUTES)


class EventInline(LookOnly, admin.TabularInline):
    model = TicketEvent
    extra = 0
    classes = ("look-only",)
    fields = ("at", "kind", "actor", "moved", "concerned", "reason")
    readonly_fields = ("moved", "concerned")

    def get_queryset(self, request: HttpRequest) -> QuerySet[TicketEvent]:
        return super().get_queryset(request).select_related("actor")

    @admin.display(description=_("state"))
    def moved(self, event: TicketEvent) -> str:
        """From which state to which, where it was moved."""
        said = [str(Ticket.State(each).label) for each in (event.from_state, event.to_state) if each]
        return " → ".join(dict.fromkeys(said))

    @admin.display(description=_("about"))
    def concerned(self, event: TicketEvent) -> str:
        return about_in_words(event)


@admin.register(Ticket)
class TicketAdmin(LookOnly, DeskAdmin):
    list_display = (
        "number",
        "subject",
        "client",
        "name",
        "kind",
        "channel",
        "state",
        "asked_at",
        "consultant",
        "at_the_desk",
    )
    list_filter = ("state", "kind", "channel", "placement")
    list_select_related = ("client__customer", "consultant")
    search_fields = ("subject", "name", "email", "client__customer__name", "client__customer__email")
    search_help_text = _("A number (T-000123), or part of the subject, or of a name or e-mail.")
    ordering = ("-pk",)
    fields = (
        "number", "at_the_desk", "subject", "kind", "channel", "state", "asked_at", "client", "asker", "name", "email",
        "phone", "language", "consultant", "agreement_version", "placement", "allowance", "courtesy_minutes",
        "closed_at", "rating", "rating_text", "rated_at", "follows", "merged_into",
    )  # fmt: skip
    readonly_fields = ("number", "at_the_desk")
    inlines = (MessageInline, WaitInline, EventInline)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """What its reader may answer, as at the desk: nothing of a client that they speak for, an appeal by those alone
        who hear it, and no question that was never confirmed."""
        return super().get_queryset(request).at_the_desk(request.user)  # type: ignore[attr-defined]

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        if numbered := re.fullmatch(r"T-(\d{1,18})", search_term.strip().upper()):
            return queryset.filter(pk=int(numbered[1])), False
        return super().get_search_results(request, queryset, search_term)

    @admin.display(description=_("number"), ordering="pk")
    def number(self, ticket: Ticket) -> str:
        return ticket.number

    @admin.display(description=_("at the desk"))
    def at_the_desk(self, ticket: Ticket) -> str:
        """Where it is answered: whoever reads it here may do so there."""
        address = reverse("support:desk_ticket", args=[ticket.public_id])
        return format_html('<a href="{}">{}</a>', address, _("Go there"))
