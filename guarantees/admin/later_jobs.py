"""Contacts that the guarantee paid back and that are said to have become a job since (G24)."""

from __future__ import annotations

from typing import Any, ClassVar

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from base.admin import OfficeAdmin, found
from base.errors import Refusal
from base.money import money
from guarantees.blockers import REVIEW
from guarantees.contradictions import SEES_WORD
from guarantees.later_jobs import NOTE_AT_MOST, note_look
from guarantees.models import RefundedContact
from marketplace.admin.queues import DecidedByButtons, QueueFilter, of_others
from marketplace.seen import shown_to_staff


class LookForm(forms.Form):
    note = forms.CharField(
        label=_("What you found or did"),
        required=False,
        max_length=NOTE_AT_MOST,
        widget=forms.Textarea(attrs={"rows": 3}),
    )


class LookedAtFilter(QueueFilter):
    """Those that nobody has looked at, unless all are wanted."""

    waiting = "open"
    states: ClassVar = [("open", _("to be looked at"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset if self.value() == "all" else queryset.to_be_looked_at()  # type: ignore[attr-defined]


@admin.register(RefundedContact)
class RefundedContactAdmin(DecidedByButtons, OfficeAdmin):
    """Whoever looks at one settles nothing by it: what the business owes is taken only when the business says so."""

    list_display = ("business", "request", "paid_back", "who_says_so", "looked_at")
    list_filter = (LookedAtFilter,)
    list_per_page = 50
    search_fields = ("professional__name", "public_id")
    ordering = ("refunded_at", "id")
    show_full_result_count = False
    actions = None

    def get_queryset(self, request: HttpRequest) -> QuerySet[RefundedContact]:
        """Without those of a business that the reader owns or belongs to: they say what homeowners said (G2)."""
        contacts = RefundedContact.objects.called_jobs().select_related(
            "professional", "lead", "review", "later_job__told_by"
        )
        return (
            of_others(contacts, request.user).prefetch_related("later_job_looks__by").order_by(*self.ordering)
        )

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return request.user.has_perms([REVIEW, SEES_WORD])

    @admin.display(description=_("business"), ordering="professional__name")
    def business(self, contact: RefundedContact) -> str:
        return contact.professional.name

    @admin.display(description=_("request"))
    def request(self, contact: RefundedContact) -> str:
        return contact.lead.masked_title

    @admin.display(description=_("paid back"), ordering="refunded_at")
    def paid_back(self, contact: RefundedContact) -> str:
        assert contact.refunded_at is not None  # Else it is not one.
        return date_format(timezone.localtime(contact.refunded_at), "SHORT_DATE_FORMAT")

    @admin.display(description=_("who says so"))
    def who_says_so(self, contact: RefundedContact) -> str:
        return " · ".join(said for said, _at in self._said(contact))

    @admin.display(description=_("looked at"))
    def looked_at(self, contact: RefundedContact) -> str:
        looks = list(contact.later_job_looks.all())
        if not looks:
            return "–"
        return f"{date_format(timezone.localtime(looks[-1].at), 'SHORT_DATE_FORMAT')} · {looks[-1].by}"

    @staticmethod
    def _said(contact: RefundedContact) -> list[tuple[str, Any]]:
        """Who says that it became a job, each with when."""
        said = []
        if contact.is_hired_since:
            said.append((gettext("the homeowner: hired this business"), contact.homeowner_word_at))
        review = contact.review_of_work
        if review is not None:
            said.append(
                (
                    gettext("a review of the work: %(stars)d of 5") % {"stars": review.workmanship},
                    review.written_at,
                )
            )
        job = getattr(contact, "later_job", None)
        if job is not None:
            taken = {"amount": money(job.taken_cents)}
            said.append((gettext("the business: %(amount)s taken back") % taken, job.told_at))
        return said

    def get_urls(self) -> list[URLPattern]:
        look = self.admin_site.admin_view(require_POST(self.look))
        return [path("<int:pk>/look/", look, name="guarantees_refundedcontact_look"), *super().get_urls()]

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        return self._show(request, self._contact(request, object_id), LookForm())

    def look(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Notes that somebody has looked at it."""
        contact = self._contact(request, pk)
        form = LookForm(request.POST)
        if form.is_valid():
            try:
                note_look(
                    contact=contact,
                    note=form.cleaned_data["note"],
                    by=request.user,  # type: ignore[arg-type]
                    now=timezone.now(),
                )
            except Refusal as refusal:
                form.add_error(refusal.field, str(refusal))
            else:
                messages.success(request, gettext("Noted. Nothing else was changed."))
                return redirect("admin:guarantees_refundedcontact_changelist")
        return self._show(request, contact, form, status=409)

    def _contact(self, request: HttpRequest, pk: Any) -> RefundedContact:
        if not self.has_view_permission(request):
            raise PermissionDenied
        contact: RefundedContact = found(self.get_queryset(request), pk)
        return contact

    def _show(
        self, request: HttpRequest, contact: RefundedContact, form: LookForm, status: int = 200
    ) -> HttpResponse:
        lead, now = contact.lead, timezone.now()
        shown = shown_to_staff(leads=[lead], user=request.user, now=now)
        return render(
            request,
            "admin/guarantees/refundedcontact/look.html",
            {
                **self.admin_site.each_context(request),
                "opts": self.opts,
                "title": contact.professional.name,
                "contact": contact,
                "request_title": lead.title_for_buyers if shown else lead.masked_title,
                "said": self._said(contact),
                "claim": contact.claim_items.get(claim__state="approved").claim,
                "form": form,
            },
            status=status,
        )
