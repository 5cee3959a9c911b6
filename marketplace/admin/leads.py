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
from marketplace.asking import enter_lead
from marketplace.duplicates import SHOWN_AT_MOST, duplicates_of, marked, next_in_queue
from marketplace.forms.leads import LeadCorrection, LeadEntry
from marketplace.grounds import CLOSING, REJECTING, TOLD, Ground
from marketplace.models import LEAD_LIVES, Lead
from marketplace.own_interest import has_business
from marketplace.seen import found_by_details, shown_to_staff
from marketplace.senders import blocks_of

State = Lead.State

# What each button does, what it is called, and what is said when it was done.
BUTTONS: dict[str, tuple[Any, Any, Any]] = {
    State.PUBLISHED: (
        lambda *, lead, by, reason, ground, now: leads.publish_lead(lead=lead, by=by, now=now),
        _("Publish"),
        _("Published. Professionals see it now, and the homeowner has been written to."),
    ),
    State.REJECTED: (leads.reject_lead, _("Reject"), _("Rejected. Professionals never see it.")),
    State.CLOSED: (
        leads.close_lead,
        _("Close"),
        _("Closed. Nobody buys it any more; who bought it keeps it. The homeowner has been told why."),
    ),
}
# What a moderator chooses from where a request is rejected, or closed.
GROUNDS = {State.WAITING: REJECTING, State.PUBLISHED: CLOSING, State.EXPIRED: CLOSING}


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
    actions = ("publish_chosen",)

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
        if self._searches_details(request):
            return ("title", "town", "homeowner_name", "homeowner_email", "homeowner_phone")
        return ("category__slug", "province__name")

    def _searches_details(self, request: HttpRequest) -> bool:
        return request.user.has_perm("marketplace.view_homeowner") and not has_business(request.user)

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        """Whoever searches by an address or a telephone learns from what is found whose it is: that is a look. By a
        word of the title that the list shows, they learn nothing."""
        page = super().changelist_view(request, extra_context)
        changelist = getattr(page, "context_data", {}).get("cl")
        if changelist is not None and changelist.query and self._searches_details(request):
            learnt = found_by_details(changelist.result_list, changelist.query)
            shown_to_staff(leads=learnt, user=request.user, now=timezone.now())
        return page

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

    def get_urls(self) -> list[URLPattern]:
        decide = self.admin_site.admin_view(require_POST(self.decide))
        block = self.admin_site.admin_view(require_POST(self.block))
        verify = self.admin_site.admin_view(require_POST(self.verify_phone))
        return [
            path("<int:pk>/decide/", decide, name="marketplace_lead_decide"),
            path("<int:pk>/verify-phone/", verify, name="marketplace_lead_verify_phone"),
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
                lead = enter_lead(**form.cleaned_data, now=timezone.now(), by=request.user)  # type: ignore[arg-type]
            except Refusal as refusal:
                form.add_error(refusal.field, str(refusal))
            else:
                self.message_user(
                    request,
                    gettext(
                        "Entered. The homeowner has been sent the link that confirms it; then it can be published."
                    ),
                    messages.SUCCESS,
                )
                return redirect("admin:marketplace_lead_change", lead.pk)
        return self._page(request, "marketplace/lead_entry_admin.html", gettext("Enter a request"), form=form)

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """One request, corrected while it waits, and the buttons that its state allows."""
        lead = self._anew(request, object_id)
        if not self.has_view_permission(request, lead):
            raise PermissionDenied
        form = None
        if request.method == "POST" and self._may_correct(request, lead):
            form = LeadCorrection(request.POST)
            if form.is_valid():
                try:
                    leads.correct_lead(lead=lead, by=request.user, now=timezone.now(), **form.cleaned_data)  # type: ignore[arg-type]
                except Refusal as refusal:
                    form.add_error(refusal.field, str(refusal))
                else:
                    self.message_user(request, gettext("Corrected."), messages.SUCCESS)
                    return redirect("admin:marketplace_lead_change", lead.pk)
        return self._show(request, lead, form=form)

    def _may_correct(self, request: HttpRequest, lead: Lead) -> bool:
        """The texts as they were written may say whose it is: only who sees that puts them right (M5)."""
        return (
            lead.state == State.WAITING
            and self.has_moderate_permission(request)
            and shown_to_staff(leads=[lead], user=request.user, now=timezone.now())
        )

    def _show(
        self,
        request: HttpRequest,
        lead: Any,
        *,
        form: LeadCorrection | None = None,
        typed: dict[str, str] | None = None,
        block_typed: dict[str, Any] | None = None,
        status: int = 200,
    ) -> HttpResponse:
        """The page of one request. `typed` is what stood beside a decision that was refused, `block_typed` beside a
        block: nobody writes it twice."""
        if form is None and self._may_correct(request, lead):
            form = LeadCorrection(initial={name: getattr(lead, name) for name in leads.CORRECTABLE})
        may_decide = self.has_moderate_permission(request)
        duplicates = list(duplicates_of(lead)[:SHOWN_AT_MOST])
        # A likely duplicate is of the same person: shown with both, or with neither.
        sees_homeowner = shown_to_staff(leads=[lead, *duplicates], user=request.user, now=timezone.now())
        return self._page(
            request,
            "marketplace/lead_admin.html",
            lead.title if sees_homeowner else lead.masked_title,
            status=status,
            lead=lead,
            typed=typed or {},
            block_typed=block_typed or {"mail": True},
            form=form,
            events=[
                (
                    event,
                    State(event.from_state).label if event.from_state and event.moved else "",
                    event.label,
                    Ground(event.ground).label if event.ground in TOLD else "",
                    event.reason if event.moved else "",
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
            may_verify=may_decide
            and sees_homeowner
            and lead.phone_verified_at is None
            and lead.state in verification.STATES,
            grounds=[(ground.value, ground.label) for ground in GROUNDS.get(lead.state, ())],
            lives_days=LEAD_LIVES.days,
            expired_by_date=lead.state == State.PUBLISHED
            and lead.expires_at is not None
            and lead.expires_at <= timezone.now(),
            buttons=[(state, BUTTONS[state][1]) for state in BUTTONS if state in Lead.MOVES[lead.state]],
        )

    def decide(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Publishes, rejects or closes, says what was done, and goes on to the next that waits, or back to this one.

        What was refused is shown again with what was typed.
        """
        if not self.has_moderate_permission(request):
            raise PermissionDenied
        lead = get_object_or_404(Lead, pk=pk)
        decision = request.POST.get("decision", "")
        said = {name: request.POST.get(name, "") for name in ("reason", "ground")}
        if decision not in BUTTONS:
            self.message_user(request, gettext("Choose what to do."), messages.ERROR)
            return self._show(request, self._anew(request, pk), typed=said, status=409)
        decide, _label, done = BUTTONS[decision]
        try:
            decide(lead=lead, by=request.user, now=timezone.now(), **said)
        except Refusal as refusal:
            self.message_user(request, str(refusal), messages.ERROR)
            return self._show(request, self._anew(request, pk), typed=said, status=409)
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
        said = {
            "mail": "mail" in request.POST,
            "phone": "phone" in request.POST,
            "reason": request.POST.get("reason", ""),
        }
        try:
            senders.block_sender(
                lead=lead,
                by_mail=said["mail"],  # type: ignore[arg-type]
                by_phone=said["phone"],  # type: ignore[arg-type]
                by=request.user,  # type: ignore[arg-type]
                reason=said["reason"],  # type: ignore[arg-type]
                now=timezone.now(),
            )
        except Refusal as refusal:
            self.message_user(request, str(refusal), messages.ERROR)
            return self._show(request, self._anew(request, pk), block_typed=said, status=409)
        self.message_user(
            request, gettext("Blocked. Their requests are flagged from now on."), messages.SUCCESS
        )
        return redirect("admin:marketplace_lead_change", pk)

    def verify_phone(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Whoever has called the number, which the page shows them, says that it is right."""
        if not self.has_moderate_permission(request):
            raise PermissionDenied
        lead = get_object_or_404(Lead, pk=pk)
        if not shown_to_staff(leads=[lead], user=request.user, now=timezone.now()):
            raise PermissionDenied
        try:
            verification.mark_phone_verified(
                lead=lead,
                by=request.user,  # type: ignore[arg-type]
                now=timezone.now(),
            )
        except Refusal as refusal:
            self.message_user(request, str(refusal), messages.ERROR)
        else:
            self.message_user(request, gettext("Written down: the telephone is verified."), messages.SUCCESS)
        return redirect("admin:marketplace_lead_change", pk)

    def _anew(self, request: HttpRequest, pk: int | str) -> Any:
        """The request as it stands now, with what its page reads."""
        return found(self.get_queryset(request).select_related("category", "province"), pk)

    def _page(
        self, request: HttpRequest, template: str, title: str, *, status: int = 200, **context: Any
    ) -> HttpResponse:
        site = self.admin_site.each_context(request)
        context = {**site, "opts": self.opts, "title": title, **context}
        return render(request, template, context, status=status)
