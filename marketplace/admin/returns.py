"""The moderators' queue of returns, with the evidence beside each (M7)."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Count, IntegerField, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.http import HttpRequest, HttpResponse, HttpResponseBadRequest
from django.shortcuts import redirect, render
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET, require_POST

from base.admin import OfficeAdmin, found
from base.errors import Refusal
from base.money import money
from base.private_files import picture_response
from marketplace import returns
from marketplace.admin.queues import DecidedByButtons, QueueFilter, due_mark, of_others, title_shown, told
from marketplace.admin.texts import compared, shown
from marketplace.models import Contact, ReturnRequest
from marketplace.seen import note_seen, shown_to_staff

State = ReturnRequest.State


BUTTONS = {"accept": returns.accept_return, "refuse": returns.refuse_return}


class ReturnStateFilter(QueueFilter):
    waiting = State.ASKED
    states = State.choices


class StaffReturnForm(forms.Form):
    """A contact that staff take back without having been asked."""

    contact = forms.UUIDField(
        label=_("Contact"),
        help_text=_("Its public id, as in the address of the contact's page."),
        widget=forms.TextInput(attrs={"class": "vTextField"}),
    )
    reason = forms.ChoiceField(
        label=_("Reason"),
        help_text=_(
            "Where the request itself is bad it is closed, as after a return that was asked for: nobody else buys "
            "it, and its other buyers and its homeowner are told. Otherwise its place is free again."
        ),
        choices=[("", "---------"), *returns.REASONS_OF_STAFF],
    )
    note = forms.CharField(
        label=_("Why"),
        help_text=_("The professional reads this."),
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 4, "class": "vLargeTextField"}),
    )


def _contacts_of_same_professional(**conditions: Any) -> Coalesce:
    """How many contacts the professional of a return has, as a column."""
    counted = (
        Contact.objects.filter(professional=OuterRef("contact__professional"), **conditions)
        .order_by()
        .values("professional")
        .annotate(number=Count("pk"))
        .values("number")
    )
    return Coalesce(Subquery(counted, output_field=IntegerField()), 0)


@admin.register(ReturnRequest)
class ReturnRequestAdmin(DecidedByButtons, OfficeAdmin):
    list_display = ("lead_title", "professional", "reason", "due", "share", "state", "asked_at")
    list_filter = (ReturnStateFilter, "reason")
    ordering = ("asked_at", "id")
    # Nobody finds out by searching what the list does not show (M5).
    search_fields = ("contact__professional__name", "title_shown")
    list_per_page = 50
    actions = None

    def get_queryset(self, request: HttpRequest) -> QuerySet[ReturnRequest]:
        rows = of_others(
            super().get_queryset(request), request.user, "contact__professional", "contact__lead"
        )
        return (
            rows.select_related("contact__lead__category", "contact__lead__province", "contact__professional")
            .alias(title_shown=title_shown("contact__lead"))
            .annotate(
                bought=_contacts_of_same_professional(),
                given_back=_contacts_of_same_professional(returned_at__isnull=False),
                refused=_contacts_of_same_professional(returns__state=State.REFUSED),
            )
        )

    def has_add_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("marketplace.decide_return")

    @admin.display(description=_("request"))
    def lead_title(self, asked: ReturnRequest) -> str:
        """As it is shown before buying (M5); not sorted by, for that would tell what is masked."""
        return asked.contact.lead.masked_title

    @admin.display(description=_("professional"), ordering="contact__professional__name")
    def professional(self, asked: ReturnRequest) -> str:
        return asked.contact.professional.name

    @admin.display(description=_("to be decided by"))
    def due(self, asked: ReturnRequest) -> str:
        return due_mark(returns.decide_by(asked)) if asked.state == State.ASKED else ""

    @admin.display(description=_("returned of bought"), ordering="given_back")
    def share(self, asked: Any) -> str:
        told = gettext("%(returned)d of %(bought)d") % {"returned": asked.given_back, "bought": asked.bought}
        if not asked.refused:
            return told
        return f"{told} · " + gettext("refused: %(number)d") % {"number": asked.refused}

    def get_urls(self) -> list[URLPattern]:
        decide = self.admin_site.admin_view(require_POST(self.decide))
        shown = self.admin_site.admin_view(require_GET(self.evidence))
        return [
            path("<int:pk>/decide/", decide, name="marketplace_returnrequest_decide"),
            path("<int:pk>/evidence/<int:picture>/", shown, name="marketplace_returnrequest_evidence"),
            *super().get_urls(),
        ]

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """One return: what is asked, what is known of the contact, and the two buttons."""
        asked = found(self.get_queryset(request), object_id)
        if not self.has_view_permission(request, asked):
            raise PermissionDenied
        return self._show(request, asked)

    def _show(
        self, request: HttpRequest, asked: ReturnRequest, *, note: str = "", status: int = 200
    ) -> HttpResponse:
        """The page; `note` is what was typed beside a decision that was refused."""
        contact, lead = asked.contact, asked.contact.lead
        may_decide = request.user.has_perm("marketplace.decide_return")
        sees_homeowner = shown_to_staff(leads=[lead], user=request.user, now=timezone.now())
        events = told(asked.events, State)
        for event, _label in events:
            event.reason = shown(event.reason, lead, sees_details=sees_homeowner)
        others = lead.contacts.exclude(pk=contact.pk)
        return render(
            request,
            "marketplace/return_admin.html",
            {
                **self.admin_site.each_context(request),
                "opts": self.opts,
                "title": gettext("Return: %(request)s") % {"request": lead.masked_title},
                "asked": asked,
                "contact": contact,
                "lead": lead,
                "text": compared(lead, [], sees_details=sees_homeowner)[0],
                "explanation": shown(asked.explanation, lead, sees_details=sees_homeowner),
                "note": note,
                "due": due_mark(returns.decide_by(asked)),
                "share": self.share(asked),
                "aftermath": returns.AFTERMATH[asked.reason].value,
                "evidence": asked.evidence.all(),
                "diary": contact.diary.select_related("written_by"),
                "events": events,
                "earlier": contact.returns.exclude(pk=asked.pk),
                "other_buyers": others.count(),
                "other_buyers_reached": others.filter(first_contact_at__isnull=False).count(),
                "other_returns": self.get_queryset(request).filter(contact__in=others),
                "sees_homeowner": sees_homeowner,
                "undecided": asked.state == State.ASKED,
                "may_decide": may_decide,
            },
            status=status,
        )

    def evidence(self, request: HttpRequest, pk: int, picture: int) -> HttpResponse:
        """One picture of the evidence, to whoever decides: it may show the homeowner's details (M5)."""
        if not request.user.has_perm("marketplace.decide_return"):
            raise PermissionDenied
        asked = found(self.get_queryset(request), pk)
        shown = found(asked.evidence.all(), picture)
        note_seen(leads=[asked.contact.lead], user=request.user, now=timezone.now())  # type: ignore[arg-type]
        return picture_response(shown.image, str(shown.public_id), keep=True)

    def decide(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Accepts or refuses, says what was done, and goes back to the return; refused, it keeps what was typed."""
        if not request.user.has_perm("marketplace.decide_return"):
            raise PermissionDenied
        asked = found(self.get_queryset(request), pk)
        decide = BUTTONS.get(request.POST.get("decision", ""))
        if decide is None:
            return HttpResponseBadRequest()
        note = request.POST.get("note", "")
        try:
            decided = decide(return_request=asked, by=request.user, note=note, now=timezone.now())
        except Refusal as refusal:
            self.message_user(request, str(refusal), messages.ERROR)
            return self._show(request, found(self.get_queryset(request), pk), note=note, status=409)
        self.message_user(request, self._what_was_done(decided), messages.SUCCESS)
        return redirect("admin:marketplace_returnrequest_change", pk)

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        """Takes a contact back that nobody has asked to return."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        form = StaffReturnForm(request.POST or None, initial={"contact": request.GET.get("contact")})
        if request.method == "POST" and form.is_valid():
            contact = (
                of_others(Contact.objects.all(), request.user, lead="lead")
                .filter(public_id=form.cleaned_data["contact"])
                .select_related("professional", "lead")
                .first()
            )
            if contact is None:
                form.add_error("contact", gettext("There is no contact with this id."))
            else:
                try:
                    given_back = returns.return_by_staff(
                        contact=contact,
                        by=request.user,
                        reason=form.cleaned_data["reason"],
                        note=form.cleaned_data["note"],
                        now=timezone.now(),
                    )
                except Refusal as refusal:
                    form.add_error(refusal.field, str(refusal))
                else:
                    self.message_user(request, self._what_was_done(given_back), messages.SUCCESS)
                    return redirect("admin:marketplace_returnrequest_change", given_back.pk)
        return render(
            request,
            "marketplace/return_by_staff_admin.html",
            {
                **self.admin_site.each_context(request),
                "opts": self.opts,
                "title": gettext("Take a contact back"),
                "form": form,
            },
        )

    def _what_was_done(self, decided: ReturnRequest) -> str:
        contact = decided.contact
        told = {"business": contact.professional.name, "price": money(contact.price_cents)}
        if decided.state == State.REFUSED:
            return gettext("Refused. %(business)s has been written to, with your reason.") % told
        if returns.AFTERMATH[decided.reason] is returns.Aftermath.LEAD_CLOSED:
            return (
                gettext(
                    "Accepted. %(price)s is back on the balance of %(business)s, who has been written to. "
                    "The request is closed and sold no more."
                )
                % told
            )
        if returns.AFTERMATH[decided.reason] is returns.Aftermath.LEAD_ENDED:
            return (
                gettext(
                    "Accepted. %(price)s is back on the balance of %(business)s, who has been written to."
                )
                % told
            )
        return (
            gettext(
                "Accepted. %(price)s is back on the balance of %(business)s, who has been written to. "
                "The place on the request is free again."
            )
            % told
        )
