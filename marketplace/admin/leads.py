"""Requests in the office: entered, corrected, published, rejected, closed; who sent them is blocked."""

from typing import Any, ClassVar

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.html import format_html_join
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from base.admin import OfficeAdmin, found
from base.errors import Refusal
from base.money import money
from marketplace import leads, senders, verification
from marketplace.admin.queues import DecidedByButtons, QueueFilter, of_others
from marketplace.admin.texts import compared
from marketplace.duplicates import SHOWN_AT_MOST, duplicates_of, marked, next_in_queue
from marketplace.forms.leads import LeadCorrection, LeadEntry
from marketplace.models import Lead
from marketplace.own_interest import has_business
from marketplace.rejections import Ground
from marketplace.seen import shown_to_staff
from marketplace.senders import blocks_of

State = Lead.State

# What each button does, what it is called, and what is said when it was done.
BUTTONS: dict[str, tuple[Any, Any, Any]] = {
    State.PUBLISHED: (
        lambda *, lead, by, reason, now: leads.publish_lead(lead=lead, by=by, now=now),
        _("Publish"),
        _("Published. Professionals see it now, and the homeowner has been written to."),
    ),
    State.REJECTED: (leads.reject_lead, _("Reject"), _("Rejected. Professionals never see it.")),
    State.CLOSED: (
        leads.close_lead,
        _("Close"),
        _("Closed. Nobody buys it any more; who bought it keeps it."),
    ),
}


class LeadStateFilter(QueueFilter):
    waiting = State.WAITING
    states = State.choices


class OriginFilter(admin.SimpleListFilter):
    """Through which door a request came."""

    title = _("origin")
    parameter_name = "origin"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("form", _("asked by the homeowner")), ("staff", _("entered by staff"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if self.value() in ("form", "staff"):
            return queryset.filter(form_id__isnull=self.value() == "staff")
        return queryset


class MarkFilter(admin.SimpleListFilter):
    """What a moderator looks at twice (M2)."""

    title = _("mark")
    parameter_name = "mark"
    marks: ClassVar = {
        "duplicate": (_("likely duplicate"), "is_duplicate"),
        "blocked": (_("blocked sender"), "is_blocked"),
        "details": (_("contact details in the text"), "hides_details"),
    }

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [(value, label) for value, (label, _column) in self.marks.items()]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        chosen = self.marks.get(self.value() or "")
        return queryset.filter(**{chosen[1]: True}) if chosen else queryset


@admin.register(Lead)
class LeadAdmin(DecidedByButtons, OfficeAdmin):
    list_display = (
        "shown_title",
        "marks",
        "state",
        "category",
        "place",
        "size",
        "price",
        "bought",
        "created_at",
    )
    list_filter = (LeadStateFilter, MarkFilter, OriginFilter, "category", "province", "size")
    list_select_related = ("category", "province")
    ordering = ("created_at", "id")
    list_per_page = 50
    actions = ("publish_chosen", "mark_phone_verified")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Lead]:
        return marked(super().get_queryset(request))

    @admin.display(description=_("what is wanted"))
    def shown_title(self, lead: Lead) -> str:
        """As it is shown before buying: the list is for whoever sees requests, not homeowners' details (M5)."""
        return lead.masked_title

    @admin.display(description=_("marks"))
    def marks(self, lead: Any) -> str:
        return format_html_join(
            " ",
            '<span class="quince-badge badge-{}">{}</span>',
            [
                (tone, label)
                for shown, tone, label in (
                    (lead.is_blocked, "error", _("blocked sender")),
                    (lead.is_duplicate, "warn", _("likely duplicate")),
                    (lead.hides_details, "info", _("details in the text")),
                )
                if shown
            ],
        )

    def get_search_fields(self, request: HttpRequest) -> tuple[str, ...]:
        """Nobody finds out by searching what they may not see (M5)."""
        if request.user.has_perm("marketplace.view_homeowner") and not has_business(request.user):
            return ("title", "town", "homeowner_name", "homeowner_email", "homeowner_phone")
        return ("category__slug", "province__name")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("marketplace.add_lead")

    def has_moderate_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("marketplace.moderate_lead")

    @admin.display(description=_("place"), ordering="province")
    def place(self, lead: Lead) -> str:
        return f"{lead.masked_town}, {lead.province}"

    @admin.display(description=_("price"), ordering="price_cents")
    def price(self, lead: Lead) -> str:
        return money(lead.price_cents) if lead.price_cents is not None else ""

    @admin.display(description=_("bought"), ordering="places_taken")
    def bought(self, lead: Lead) -> str:
        return gettext("%(taken)d of %(places)d") % {"taken": lead.places_taken, "places": lead.places}

    @admin.action(description=_("Publish the chosen requests"), permissions=["moderate"])
    def publish_chosen(self, request: HttpRequest, chosen: QuerySet[Lead]) -> None:
        """Each on its own: one that cannot be published holds up no other."""
        published = 0
        for lead in chosen:
            try:
                leads.publish_lead(lead=lead, by=request.user, now=timezone.now())  # type: ignore[arg-type]
            except Refusal as refusal:
                self.message_user(request, f"{lead.masked_title}: {refusal}", messages.ERROR)
            else:
                published += 1
        if published:
            self.message_user(
                request, gettext("Published: %(number)d.") % {"number": published}, messages.SUCCESS
            )

    @admin.action(
        description=_("I have called: the telephone of the chosen requests is right"),
        permissions=["moderate"],
    )
    def mark_phone_verified(self, request: HttpRequest, chosen: QuerySet[Lead]) -> None:
        """Each on its own, as above."""
        marked = 0
        for lead in chosen:
            try:
                verification.mark_phone_verified(lead=lead, by=request.user, now=timezone.now())  # type: ignore[arg-type]
            except Refusal as refusal:
                self.message_user(request, f"{lead.masked_title}: {refusal}", messages.ERROR)
            else:
                marked += 1
        if marked:
            self.message_user(
                request,
                gettext("Telephone verified: %(number)d.") % {"number": marked},
                messages.SUCCESS,
            )

    def get_urls(self) -> list[URLPattern]:
        decide = self.admin_site.admin_view(require_POST(self.decide))
        block = self.admin_site.admin_view(require_POST(self.block))
        return [
            path("<int:pk>/decide/", decide, name="marketplace_lead_decide"),
            path("<int:pk>/block/", block, name="marketplace_lead_block"),
            *super().get_urls(),
        ]

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        """A request that somebody told staff, by telephone for instance."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        form = LeadEntry(request.POST or None)
        if request.method == "POST" and form.is_valid():
            try:
                lead = leads.enter_lead(**form.cleaned_data, now=timezone.now(), by=request.user)  # type: ignore[arg-type]
            except Refusal as refusal:
                form.add_error(refusal.field, str(refusal))
            else:
                self.message_user(request, gettext("Entered. It waits to be published."), messages.SUCCESS)
                return redirect("admin:marketplace_lead_change", lead.pk)
        return self._page(request, "marketplace/lead_entry_admin.html", gettext("Enter a request"), form=form)

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """One request, corrected while it waits, and the buttons that its state allows."""
        lead = found(self.get_queryset(request).select_related("category", "province"), object_id)
        if not self.has_view_permission(request, lead):
            raise PermissionDenied
        may_decide = self.has_moderate_permission(request)
        duplicates = list(duplicates_of(lead)[:SHOWN_AT_MOST])
        # A likely duplicate is of the same person: shown with both, or with neither.
        sees_homeowner = shown_to_staff(leads=[lead, *duplicates], user=request.user, now=timezone.now())
        form = None
        # The texts as they were written may say whose it is.
        if may_decide and sees_homeowner and lead.state == State.WAITING:
            form = LeadCorrection(
                request.POST or None, initial={name: getattr(lead, name) for name in leads.CORRECTABLE}
            )
            if request.method == "POST" and form.is_valid():
                try:
                    leads.correct_lead(lead=lead, by=request.user, now=timezone.now(), **form.cleaned_data)  # type: ignore[arg-type]
                except Refusal as refusal:
                    form.add_error(refusal.field, str(refusal))
                else:
                    self.message_user(request, gettext("Corrected."), messages.SUCCESS)
                    return redirect("admin:marketplace_lead_change", lead.pk)
        return self._page(
            request,
            "marketplace/lead_admin.html",
            lead.title if sees_homeowner else lead.masked_title,
            lead=lead,
            form=form,
            events=[
                (
                    event,
                    State(event.from_state).label if event.from_state else "",
                    State(event.to_state).label,
                )
                for event in lead.events.select_related("actor")
            ],
            contacts=of_others(
                lead.contacts.select_related("professional").order_by("bought_at", "id"), request.user
            ),
            sees_homeowner=sees_homeowner,
            may_decide=may_decide,
            may_block=sees_homeowner and request.user.has_perm("marketplace.block_sender"),
            texts=compared(lead, duplicates, sees_details=sees_homeowner),
            blocks=blocks_of(lead),
            grounds=Ground.choices,
            expired_by_date=lead.state == State.PUBLISHED
            and lead.expires_at is not None
            and lead.expires_at <= timezone.now(),
            buttons=[(state, BUTTONS[state][1]) for state in BUTTONS if state in Lead.MOVES[lead.state]],
        )

    def decide(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Publishes, rejects or closes, says what was done, and goes on to the next that waits, or back to this one."""
        if not self.has_moderate_permission(request):
            raise PermissionDenied
        lead = get_object_or_404(Lead, pk=pk)
        decision = request.POST.get("decision", "")
        if decision not in BUTTONS:
            self.message_user(request, gettext("Choose what to do."), messages.ERROR)
            return redirect("admin:marketplace_lead_change", pk)
        decide, _label, done = BUTTONS[decision]
        said = {"reason": request.POST.get("reason", "")}
        if decision == State.REJECTED:
            said["ground"] = request.POST.get("ground", "")
        try:
            decide(lead=lead, by=request.user, now=timezone.now(), **said)
        except Refusal as refusal:
            self.message_user(request, str(refusal), messages.ERROR)
            return redirect("admin:marketplace_lead_change", pk)
        self.message_user(request, f"{lead.masked_title}: {done}", messages.SUCCESS)
        following = next_in_queue(lead) if lead.state == State.WAITING else None
        return redirect("admin:marketplace_lead_change", following.pk if following else pk)

    def block(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Blocks who sent this request, by mail, telephone or both: their next ones are flagged (M2)."""
        if not request.user.has_perm("marketplace.block_sender"):
            raise PermissionDenied
        lead = get_object_or_404(Lead, pk=pk)
        if not shown_to_staff(leads=[lead], user=request.user, now=timezone.now()):
            raise PermissionDenied
        try:
            senders.block_sender(
                lead=lead,
                by_mail="mail" in request.POST,
                by_phone="phone" in request.POST,
                by=request.user,  # type: ignore[arg-type]
                reason=request.POST.get("reason", ""),
                now=timezone.now(),
            )
        except Refusal as refusal:
            self.message_user(request, str(refusal), messages.ERROR)
        else:
            self.message_user(
                request, gettext("Blocked. Their requests are flagged from now on."), messages.SUCCESS
            )
        return redirect("admin:marketplace_lead_change", pk)

    def _page(self, request: HttpRequest, template: str, title: str, **context: Any) -> HttpResponse:
        site = self.admin_site.each_context(request)
        return render(request, template, {**site, "opts": self.opts, "title": title, **context})
