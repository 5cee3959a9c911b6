"""What requests are sorted by, and what a contact of one costs (M3)."""

from typing import Any, ClassVar

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import URLPattern, path
from django.utils.translation import gettext_lazy as _

from base.admin import OfficeAdmin, OfficeHistoryAdmin
from base.money import money
from marketplace.forms.leads import PriceRuleForm
from marketplace.forms.prices import PricePreview
from marketplace.models import Category, PriceRule, Province
from marketplace.preferences import open_province
from marketplace.prices import looked_at, preview


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

    def save_model(self, request: HttpRequest, obj: Province, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        if not change:
            open_province(obj)


@admin.register(PriceRule)
class PriceRuleAdmin(OfficeHistoryAdmin):
    """Two rules alike are refused by the form, and by the database (M3). Leads keep the price they have."""

    form = PriceRuleForm
    change_form_template = "marketplace/price_rule_form_admin.html"
    change_list_template = "marketplace/price_rules_admin.html"
    list_display = ("__str__", "price")
    list_filter = ("category", "province", "size")
    list_select_related = ("category", "province")

    @admin.display(description=_("price"), ordering="price_cents")
    def price(self, rule: PriceRule) -> str:
        return money(rule.price_cents)

    def get_urls(self) -> list[URLPattern]:
        seen = self.admin_site.admin_view(self.preview)
        return [path("preview/", seen, name="marketplace_pricerule_preview"), *super().get_urls()]

    def preview(self, request: HttpRequest) -> HttpResponse:
        """What a contact costs, with and without a rule that is being written; saves nothing."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        form = PricePreview(request.POST if request.method == "POST" else request.GET or None)
        return render(
            request,
            "marketplace/price_preview_admin.html",
            {
                **self.admin_site.each_context(request),
                "opts": self.opts,
                "title": _("What a contact costs"),
                "form": form,
                "preview": preview(form.rule, form.edited, **form.chosen) if form.is_valid() else None,
                "survey": looked_at(),
            },
        )
