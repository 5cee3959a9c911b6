"""People in the admin: who they are and what they may do. No password, hash or second-step secret is shown here."""

from typing import Any, ClassVar

import allauth.account.admin
import allauth.mfa.admin  # noqa: F401  (Both register themselves when imported: so they are, before being taken out.)
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.contrib import admin
from django.db.models import QuerySet
from django.forms import ModelForm
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from profiles.models import User

# An authenticator's page would show its secret. Addresses are on the page of their owner.
admin.site.unregister(Authenticator)
admin.site.unregister(EmailAddress)


class AddressInline(admin.TabularInline):
    model = EmailAddress
    extra = 0
    fields = ("email", "verified", "primary")
    readonly_fields = ("email", "primary")
    verbose_name = _("e-mail address")
    verbose_name_plural = _("e-mail addresses")

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(User)
class UserAdmin(admin.ModelAdmin):
    """Professionals sign up by themselves; colleagues are added here and given their roles.

    Whoever is added here chooses a password by the link for a forgotten one.
    """

    list_display = ("email", "full_name", "is_active", "is_staff", "roles", "last_login")
    list_filter = ("is_staff", "is_active", "groups")
    search_fields = ("email", "first_name", "last_name", "emailaddress__email")
    ordering = ("email",)
    filter_horizontal = ("groups",)
    inlines: ClassVar = [AddressInline]
    fieldsets = (
        (None, {"fields": ("email", "first_name", "last_name", "language", "time_zone")}),
        (_("What they may do"), {"fields": ("is_active", "is_staff", "is_superuser", "groups")}),
        (_("When"), {"fields": ("last_login", "date_joined")}),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[User]:
        return super().get_queryset(request).prefetch_related("groups")

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        # An address is changed by its owner, who confirms it; one that we changed would sign nobody in.
        return ("last_login", "date_joined") + (("email",) if obj else ())

    def get_inlines(self, request: HttpRequest, obj: Any) -> list[Any]:
        return self.inlines if obj else []

    def save_model(self, request: HttpRequest, obj: User, form: ModelForm, change: bool) -> None:
        if not change:
            obj.email = obj.email.lower()
            obj.set_unusable_password()
        super().save_model(request, obj, form, change)
        if not change:
            EmailAddress.objects.create(user=obj, email=obj.email, verified=True, primary=True)

    @admin.display(description=_("name"))
    def full_name(self, user: User) -> str:
        return user.get_full_name()

    @admin.display(description=_("roles"))
    def roles(self, user: User) -> str:
        return ", ".join(group.name for group in user.groups.all())
