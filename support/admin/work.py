"""What was done on tickets, to be looked at: it is written by what is logged (X4)."""

from django.contrib import admin
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from billing.admin.recorded import LookOnly
from support.admin.office import DeskAdmin
from support.allowances import in_words
from support.models import Work


@admin.register(Work)
class WorkAdmin(LookOnly, DeskAdmin):
    client_way = "ticket__client"
    list_display = ("at", "ticket", "client", "in_words", "kind", "by", "taken_back_at")
    list_filter = ("kind", "unit")
    list_select_related = ("ticket__client__customer", "by")
    search_fields = ("done", "ticket__subject", "ticket__client__customer__name")
    fields = (
        "ticket", "client", "in_words", "kind", "done", "why", "by", "at", "allowance", "taken_back_at",
        "taken_back_by", "taken_back_why",
    )  # fmt: skip
    readonly_fields = ("client", "in_words")

    @admin.display(description=_("client"))
    def client(self, work: Work) -> str:
        return str(work.ticket.client)

    @admin.display(description=pgettext_lazy("support", "amount"), ordering="amount")
    def in_words(self, work: Work) -> str:
        return in_words(work.amount, work.unit)
