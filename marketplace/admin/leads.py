"""Requests in the office: entered, corrected, published, rejected, closed; and what they are sorted and priced by."""

from typing import Any, ClassVar

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from base.admin import OfficeAdmin, OfficeHistoryAdmin, found
from base.errors import Refusal
from base.money import money
from marketplace import leads, verification
from marketplace.admin.queues import DecidedByButtons, QueueFilter, of_others
from marketplace.forms.leads import LeadCorrection, LeadEntry, PriceRuleForm
from marketplace.models import Category, Lead, PriceRule, Province

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


@admin.register(Lead)
class LeadAdmin(DecidedByButtons, OfficeAdmin):
    list_display = ("title", "state", "category", "place", "size", "price", "bought", "created_at")
    list_filter = (LeadStateFilter, OriginFilter, "category", "province", "size")
    list_select_related = ("category", "province")
    ordering = ("created_at", "id")
    list_per_page = 50
    actions = ("publish_chosen", "mark_phone_verified")

    def get_search_fields(self, request: HttpRequest) -> tuple[str, ...]:
        """Nobody finds out by searching what they may not see (M5)."""
        known = ("title", "town")
        if request.user.has_perm("marketplace.view_homeowner"):
            return (*known, "homeowner_name", "homeowner_email", "homeowner_phone")
        return known

    def has_add_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("marketplace.add_lead")

    def has_moderate_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("marketplace.moderate_lead")

    @admin.display(description=_("place"), ordering="province")
    def place(self, lead: Lead) -> str:
        return f"{lead.town}, {lead.province}"

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
                self.message_user(request, f"{lead}: {refusal}", messages.ERROR)
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
                self.message_user(request, f"{lead}: {refusal}", messages.ERROR)
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
        return [path("<int:pk>/decide/", decide, name="marketplace_lead_decide"), *super().get_urls()]

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
        form = None
        if may_decide and lead.state == State.WAITING:
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
        sees_homeowner = request.user.has_perm("marketplace.view_homeowner")
        return self._page(
            request,
            "marketplace/lead_admin.html",
            lead.title,
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
            buttons=[(state, BUTTONS[state][1]) for state in BUTTONS if state in Lead.MOVES[lead.state]],
        )

    def decide(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Publishes, rejects or closes, says what was done, and goes back to the request."""
        if not self.has_moderate_permission(request):
            raise PermissionDenied
        lead = get_object_or_404(Lead, pk=pk)
        decision = request.POST.get("decision", "")
        if decision not in BUTTONS:
            self.message_user(request, gettext("Choose what to do."), messages.ERROR)
            return redirect("admin:marketplace_lead_change", pk)
        decide, _label, done = BUTTONS[decision]
        try:
            decide(lead=lead, by=request.user, reason=request.POST.get("reason", ""), now=timezone.now())
        except Refusal as refusal:
            self.message_user(request, str(refusal), messages.ERROR)
        else:
            self.message_user(request, str(done), messages.SUCCESS)
        return redirect("admin:marketplace_lead_change", pk)

    def _page(self, request: HttpRequest, template: str, title: str, **context: Any) -> HttpResponse:
        site = self.admin_site.each_context(request)
        return render(request, template, {**site, "opts": self.opts, "title": title, **context})


@admin.register(Category)
class CategoryAdmin(OfficeAdmin):
    list_display = ("slug", "name_en", "name_es", "name_it")
    search_fields = ("slug", "name_en", "name_es", "name_it")
    prepopulated_fields: ClassVar = {"slug": ("name_en",)}


@admin.register(Province)
class ProvinceAdmin(OfficeAdmin):
    list_display = ("name", "slug")
    search_fields = ("name", "slug")
    prepopulated_fields: ClassVar = {"slug": ("name",)}


@admin.register(PriceRule)
class PriceRuleAdmin(OfficeHistoryAdmin):
    """Two rules alike are refused by the form, and by the database (M3). Leads keep the price they have."""

    form = PriceRuleForm
    list_display = ("__str__", "price")
    list_filter = ("category", "province", "size")
    list_select_related = ("category", "province")

    @admin.display(description=_("price"), ordering="price_cents")
    def price(self, rule: PriceRule) -> str:
        return money(rule.price_cents)
