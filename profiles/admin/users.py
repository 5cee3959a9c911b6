"""People in the admin: who they are and what they may do. No password, hash or second-step secret is shown here."""

from typing import Any, ClassVar

import allauth.account.admin
import allauth.mfa.admin  # noqa: F401  (Both register themselves when imported: so they are, before being taken out.)
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from base.admin import OfficeAdmin
from profiles.account_forms import read_name
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


class UserForm(forms.ModelForm):
    """Addresses are compared as signing in compares them, and also with those that are somebody's second one."""

    def clean_email(self) -> str:
        email = self.cleaned_data["email"].strip().lower()
        theirs = EmailAddress.objects.filter(email__iexact=email).exclude(user=self.instance.pk)
        if theirs.exists() or User.objects.filter(email__iexact=email).exclude(pk=self.instance.pk).exists():
            raise forms.ValidationError(_("Somebody has an account with this address."))
        return email

    def clean_first_name(self) -> str:
        return read_name(self, "first_name")

    def clean_last_name(self) -> str:
        return read_name(self, "last_name")


@admin.register(User)
class UserAdmin(OfficeAdmin):
    """Professionals sign up by themselves; colleagues are added here and given their roles.

    Whoever is added here chooses a password by the link for a forgotten one.
    """

    form = UserForm
    list_display = ("email", "full_name", "is_active", "is_staff", "roles", "last_login")
    list_filter = ("is_staff", "is_active", "groups")
    search_fields = ("email", "first_name", "last_name", "emailaddress__email")
    ordering = ("email",)
    filter_horizontal = ("groups",)
    inlines: ClassVar = [AddressInline]
    powers = ("is_staff", "is_superuser", "groups")
    fieldsets = (
        (None, {"fields": ("email", "first_name", "last_name", "language", "time_zone")}),
        (_("What they may do"), {"fields": ("is_active", "is_staff", "is_superuser", "groups")}),
        (_("When"), {"fields": ("last_login", "date_joined")}),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[User]:
        return super().get_queryset(request).prefetch_related("groups")

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        # An address is changed by its owner, who confirms it; one that we changed would sign nobody in.
        fixed = ("last_login", "date_joined") + (("email",) if obj else ())
        # Whoever could give roles could give themselves every one.
        return fixed if request.user.is_superuser else (*fixed, *self.powers)

    def has_change_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        return super().has_change_permission(request, obj) and self._may_touch(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        return super().has_delete_permission(request, obj) and self._may_touch(request, obj)

    @staticmethod
    def _may_touch(request: HttpRequest, obj: User | None) -> bool:
        return obj is None or request.user.is_superuser or not obj.is_superuser

    def get_inlines(self, request: HttpRequest, obj: Any) -> list[Any]:
        return self.inlines if obj else []

    def save_model(self, request: HttpRequest, obj: User, form: forms.ModelForm, change: bool) -> None:
        if not change:
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
