"""Contacts in the office: looked at, with their diary and history; only the homeowner's word is written here."""

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from base.admin import OfficeAdmin, found
from base.errors import Refusal
from base.money import money
from marketplace.admin.queues import DecidedByButtons, of_others, title_shown
from marketplace.admin.texts import compared
from marketplace.contacts import record_homeowner_word
from marketplace.first_contact import clock_of
from marketplace.models import Contact
from marketplace.seen import shown_to_staff


class ReturnedFilter(admin.SimpleListFilter):
    title = _("returned")
    parameter_name = "returned"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("no", _("kept")), ("yes", _("returned"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if self.value() is None:
            return queryset
        return queryset.filter(returned_at__isnull=self.value() == "no")


@admin.register(Contact)
class ContactAdmin(DecidedByButtons, OfficeAdmin):
    list_display = ("shown_title", "professional", "price", "bought_at", "reached", "outcome", "returned_at")
    list_filter = ("outcome", ReturnedFilter)
    list_select_related = ("lead", "professional")
    # Nobody finds out by searching what the list does not show (M5).
    search_fields = ("title_shown", "professional__name")
    list_per_page = 50
    show_full_result_count = False
    actions = None

    def get_queryset(self, request: HttpRequest) -> QuerySet[Contact]:
        contacts = of_others(super().get_queryset(request), request.user, lead="lead")
        return contacts.alias(title_shown=title_shown("lead"))

    @admin.display(description=_("request"))
    def shown_title(self, contact: Contact) -> str:
        """As it is shown before buying (M5); not sorted by, for that would tell what is masked."""
        return contact.lead.masked_title

    @admin.display(description=_("price"), ordering="price_cents")
    def price(self, contact: Contact) -> str:
        return money(contact.price_cents)

    @admin.display(description=_("first contact"), ordering="first_contact_at")
    def reached(self, contact: Contact) -> str:
        clock = clock_of(contact, timezone.now())
        return f"{clock.state.label} · {clock.in_words}"

    def get_urls(self) -> list[URLPattern]:
        word = self.admin_site.admin_view(require_POST(self.record_word))
        return [path("<int:pk>/word/", word, name="marketplace_contact_word"), *super().get_urls()]

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """One contact: what was bought, what happened, and, for those who may know, what the homeowner said (G2)."""
        contacts = self.get_queryset(request).select_related(
            "lead__category", "lead__province", "professional"
        )
        contact = found(contacts, object_id)
        if not self.has_view_permission(request, contact):
            raise PermissionDenied
        sees_homeowner = shown_to_staff(leads=[contact.lead], user=request.user, now=timezone.now())
        sees_word = request.user.has_perm("marketplace.view_homeowner_word")
        return render(
            request,
            "marketplace/contact_admin.html",
            {
                **self.admin_site.each_context(request),
                "opts": self.opts,
                "title": str(contact),
                "contact": contact,
                "lead": contact.lead,
                "text": compared(contact.lead, [], sees_details=sees_homeowner)[0],
                "clock": clock_of(contact, timezone.now()),
                "diary": contact.diary.select_related("written_by"),
                "outcomes": [
                    (event, Contact.Outcome(event.from_state).label, Contact.Outcome(event.to_state).label)
                    for event in contact.events.select_related("actor")
                ],
                "sees_homeowner": sees_homeowner,
                "same_phone": bool(contact.professional.phone)
                and contact.professional.phone == contact.lead.homeowner_phone,
                "sees_word": sees_word,
                "words": Contact.Word.choices,
                "said": [
                    (event, Contact.Word(event.to_state).label)
                    for event in contact.word_events.select_related("actor")
                ]
                if sees_word
                else [],
            },
        )

    def record_word(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Records what the homeowner said, and goes back to the contact."""
        if not request.user.has_perm("marketplace.view_homeowner_word"):
            raise PermissionDenied
        contact = found(self.get_queryset(request), pk)
        try:
            record_homeowner_word(
                contact=contact,
                word=request.POST.get("word", ""),
                by=request.user,  # type: ignore[arg-type]
                now=timezone.now(),
            )
        except Refusal as refusal:
            self.message_user(request, str(refusal), messages.ERROR)
        else:
            self.message_user(
                request, gettext("Recorded. The professional does not see it."), messages.SUCCESS
            )
        return redirect("admin:marketplace_contact_change", pk)
