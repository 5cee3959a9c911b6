"""Clients and the people who speak for them (S1)."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import F, Min, OuterRef, QuerySet, Subquery
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from base.admin import OfficeHistoryAdmin, found
from base.errors import Refusal
from billing.admin.recorded import LookOnly
from billing.models import Customer
from support.admin.office import DeskAdmin, status_of, user_of
from support.admin_forms import ClientForm, KnownCustomerForm, LanguageForm, PersonForm, show_refusal
from support.allowances import days_at
from support.clients import (
    change_language,
    change_person,
    client_of,
    end_person,
    find_customer,
    name_person,
    open_client,
    refuse_own,
)
from support.desk_calendar import desk_day
from support.models import Agreement, Allowance, Client, ClientPerson
from support.shown import allowances_shown
from support.work_shown import courtesies_shown


class SignedFilter(admin.SimpleListFilter):
    title = _("client")
    parameter_name = "signed"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("yes", _("clients")), ("no", _("not yet"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if self.value() in ("yes", "no"):
            return queryset.filter(since__isnull=self.value() == "no")
        return queryset


@admin.register(Client)
class ClientAdmin(DeskAdmin, OfficeHistoryAdmin):
    """Whether somebody is a client is read off their agreements, never set here."""

    client_way = "pk"
    list_display = ("customer", "business", "client_since", "language")
    list_filter = (SignedFilter, "language")
    list_select_related = ("customer__professional",)
    search_fields = (
        "customer__name", "customer__email", "customer__tax_id", "people__name", "people__email", "people__phone",
    )  # fmt: skip
    search_help_text = _("Part of a name, an e-mail, a tax id, or a telephone number of one of its people.")
    ordering = ("customer__name", "pk")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Client]:
        signed = Agreement.objects.filter(client=OuterRef("pk")).order_by().values("client")
        since = signed.annotate(first=Min("signed_on")).values("first")
        return super().get_queryset(request).annotate(since=Subquery(since))

    @admin.display(description=_("business"))
    def business(self, client: Client) -> str:
        return str(client.customer.professional or "–")

    @admin.display(description=_("client since"), ordering=F("since").asc(nulls_last=True))
    def client_since(self, client: Any) -> str:
        return date_format(client.since, "SHORT_DATE_FORMAT") if client.since else gettext("not yet")

    def get_urls(self) -> list[URLPattern]:
        wrap = self.admin_site.admin_view
        return [
            path("<int:pk>/language/", wrap(require_POST(self.language)), name="support_client_language"),
            path("<int:pk>/person/", wrap(self.person), name="support_client_person"),
            path("<int:pk>/person/<int:number>/", wrap(self.person), name="support_client_change_person"),
            path(
                "<int:pk>/person/<int:number>/end/",
                wrap(require_POST(self.end)),
                name="support_client_end_person",
            ),
            *super().get_urls(),
        ]

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        """Somebody new, or a customer that is invoiced already and no client yet."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        known_pressed = request.POST.get("press") == "known"
        posted = request.POST if request.method == "POST" else None
        new = ClientForm(None if known_pressed else posted, instance=Customer())
        known = KnownCustomerForm(posted if known_pressed else None)
        pressed: Any = known if known_pressed else new
        if posted is not None and pressed.is_valid():
            try:
                client = self._known(request, known) if known_pressed else self._new(request, new)
            except Refusal as refusal:
                show_refusal(pressed, refusal)
            else:
                self.log_addition(request, client, gettext("Opened."))
                messages.success(request, gettext("%(client)s can be sent quotes now.") % {"client": client})
                return redirect("admin:support_client_change", client.pk)
        title = gettext("Add a client")
        status = status_of(pressed)
        return self.page(request, "client_add", title, status=status, new=new, known=known)

    def _new(self, request: HttpRequest, form: ClientForm) -> Client:
        said = dict(form.cleaned_data)
        return open_client(public_id=said.pop("form_id"), **said, by=user_of(request), now=timezone.now())

    def _known(self, request: HttpRequest, form: KnownCustomerForm) -> Client:
        with transaction.atomic():
            client = client_of(find_customer(form.cleaned_data["who"]), timezone.now())
            refuse_own(client, user_of(request))
        return client

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        return self._show(request, self.row(request, object_id))

    def language(self, request: HttpRequest, pk: int) -> HttpResponse:
        client = self.row(request, pk, change=True)
        form = LanguageForm(request.POST)
        if not form.is_valid():
            return self._show(request, client, language=form)
        change_language(client=client, language=form.cleaned_data["language"], by=user_of(request))
        messages.success(request, gettext("Saved."))
        return redirect("admin:support_client_change", pk)

    def person(self, request: HttpRequest, pk: int, number: int | None = None) -> HttpResponse:
        """Somebody who speaks for the client: named, or changed."""
        may = "change" if number else "add"
        if not request.user.has_perm(f"support.{may}_clientperson"):
            raise PermissionDenied
        client = self.row(request, pk)
        person = found(client.people.speaking(), number) if number else None
        form = PersonForm(
            request.POST if request.method == "POST" else None,
            initial=forms.model_to_dict(person) if person else None,
        )
        if form.is_valid():
            try:
                if person:
                    change_person(person=person, **form.cleaned_data, by=user_of(request))
                else:
                    name_person(client=client, **form.cleaned_data, by=user_of(request))
            except Refusal as refusal:
                show_refusal(form, refusal)
            else:
                messages.success(request, gettext("Saved."))
                return redirect("admin:support_client_change", pk)
        return self._show_person(request, client, person, form, status_of(form))

    def end(self, request: HttpRequest, pk: int, number: int) -> HttpResponse:
        if not request.user.has_perm("support.change_clientperson"):
            raise PermissionDenied
        client = self.row(request, pk)
        person = found(client.people, number)
        try:
            end_person(person=person, by=user_of(request), today=desk_day(timezone.now()))
        except Refusal as refusal:
            messages.error(request, str(refusal))
            form = PersonForm(initial=forms.model_to_dict(person))
            return self._show_person(request, client, person, form, 409)
        messages.success(request, gettext("%(name)s speaks for this client no more.") % {"name": person.name})
        return redirect("admin:support_client_change", pk)

    def _show_person(
        self, request: HttpRequest, client: Client, person: ClientPerson | None, form: PersonForm, status: int
    ) -> HttpResponse:
        title = person.name if person else gettext("Somebody who speaks for %(client)s") % {"client": client}
        return self.page(
            request, "client_person", title, status=status, client=client, person=person, form=form
        )

    def _show(self, request: HttpRequest, client: Any, language: LanguageForm | None = None) -> HttpResponse:
        language = language or LanguageForm(initial={"language": client.language})
        return self.page(
            request,
            "client",
            str(client),
            status=status_of(language),
            client=client,
            language=language,
            people=client.people.order_by(F("ended_on").asc(nulls_first=True), "name", "pk"),
            agreements=client.agreements.all(),
            allowances=allowances_shown(Allowance.objects.filter(client=client), days_at(timezone.now())),
            quotes=client.quotes.all(),
            offers=client.offers.all(),
            courtesies=courtesies_shown([client]),
            may_change=self.has_change_permission(request),
        )


@admin.register(ClientPerson)
class ClientPersonAdmin(LookOnly, DeskAdmin, OfficeHistoryAdmin):
    """Whose address or number is this? Changed on the page of their client."""

    list_display = ("name", "client", "email", "phone", "role", "ended_on")
    list_filter = ("role",)
    list_select_related = ("client__customer",)
    search_fields = ("name", "email", "phone", "client__customer__name")
    fields = ("client", "name", "email", "phone", "role", "ended_on")
