"""Businesses, the questions that they answer, and their suspensions, in the admin."""

from typing import Any, ClassVar

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import Count, Exists, OuterRef, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from base.admin import OfficeAdmin, OfficeHistoryAdmin, found
from base.days import marketplace_day
from base.errors import Refusal
from profiles.businesses import SHARED, may_be_same, mend_business
from profiles.completeness import counts_of
from profiles.models import Answer, Photo, Professional, Project, Question, Suspension, User
from profiles.phones import read_phone
from profiles.suspensions import is_suspended, lift_suspension, suspend, why_not_lifted_by
from profiles.tax_ids import read_tax_id


class LookOnly:
    """For rows that nobody edits here."""

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class YesNoFilter(admin.SimpleListFilter):
    """A question that a row answers with yes or no."""

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("yes", _("yes")), ("no", _("no"))]


class SuspendedFilter(YesNoFilter):
    title = _("suspended")
    parameter_name = "suspended"

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(is_suspended=self.value() == "yes") if self.value() else queryset


class ContractedFilter(YesNoFilter):
    title = _("has contracted a plan")
    parameter_name = "contracted"

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if not self.value():
            return queryset
        return queryset.filter(first_contracted_on__isnull=self.value() == "no")


class ProfessionalForm(forms.ModelForm):
    """What staff may mend: what an owner cannot change any more, or wrote wrongly."""

    def clean_phone(self) -> str:
        return self._read(read_phone, str(self.cleaned_data["phone"] or ""))

    def clean_tax_id(self) -> str:
        return self._read(read_tax_id, self.cleaned_data["tax_id"])

    def _read(self, read: Any, text: str) -> str:
        try:
            return read(text)
        except Refusal as refusal:
            raise ValidationError(str(refusal)) from refusal


class AnswerInline(LookOnly, admin.TabularInline):
    model = Answer
    fields = ("text",)
    extra = 0

    def get_queryset(self, request: HttpRequest) -> QuerySet[Answer]:
        return super().get_queryset(request).select_related("question")


class ProjectInline(LookOnly, admin.TabularInline):
    model = Project
    fields = ("description", "created_at")
    extra = 0


class PhotoInline(LookOnly, admin.TabularInline):
    model = Photo
    fields = ("picture", "use", "project", "uploaded_at")
    readonly_fields = ("picture",)
    extra = 0

    def get_queryset(self, request: HttpRequest) -> QuerySet[Photo]:
        return super().get_queryset(request).select_related("project")

    @admin.display(description=_("image"))
    def picture(self, photo: Photo) -> str:
        return format_html(
            '<a href="{}"><img src="{}" width="120" loading="lazy" alt="{}"></a>',
            photo.image.url,
            photo.thumbnail.url,
            photo,
        )


class SuspensionInline(LookOnly, admin.TabularInline):
    model = Suspension
    fields = ("reason", "decided_by", "suspended_at", "lifted_by", "lifted_at", "lift_reason")
    extra = 0
    show_change_link = True

    def get_queryset(self, request: HttpRequest) -> QuerySet[Suspension]:
        return super().get_queryset(request).select_related("decided_by", "lifted_by")


@admin.register(Professional)
class ProfessionalAdmin(OfficeHistoryAdmin):
    """Businesses are opened and told of by their owners; staff see all, and mend a tax id or a telephone."""

    form = ProfessionalForm
    list_display = ("name", "owner", "tax_id", "phone_shared", "first_contracted_on", "suspended")
    list_filter = (SuspendedFilter, ContractedFilter)
    search_fields = ("name", "tax_id", "owner__email", "members__email", "phone")
    ordering = ("-created_at", "-id")
    list_per_page = 50
    fields = (
        "name",
        "owner",
        "people",
        "phone",
        "tax_id",
        "also",
        "description",
        "shown",
        "first_contracted_on",
        "created_at",
    )
    inlines: ClassVar = [SuspensionInline, AnswerInline, ProjectInline, PhotoInline]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Professional]:
        others = Professional.objects.filter(phone=OuterRef("phone")).exclude(pk=OuterRef("pk"))
        return (
            super()
            .get_queryset(request)
            .select_related("owner")
            .annotate(
                is_suspended=Exists(Suspension.objects.standing().filter(professional=OuterRef("pk"))),
                shares_phone=Exists(others.exclude(phone="")),
            )
        )

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return tuple(field for field in self.fields if field not in ("phone", "tax_id"))

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        # Nobody mends a business that they own or belong to: a tax id set free is a second guarantee (G10).
        return super().has_change_permission(request, obj) and not (obj and obj.has_person(request.user))

    def save_model(
        self, request: HttpRequest, obj: Professional, form: forms.ModelForm, change: bool
    ) -> None:
        assert isinstance(request.user, User)
        changed = {field: str(form.cleaned_data[field]) for field in form.changed_data}
        mend_business(professional=obj, by=request.user, **changed)

    def get_urls(self) -> list[URLPattern]:
        suspending = self.admin_site.admin_view(self.suspend)
        return [
            path("<int:pk>/suspend/", suspending, name="profiles_professional_suspend"),
            *super().get_urls(),
        ]

    def suspend(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Suspends a business, with the reason that its owner reads (G19, X4)."""
        if not request.user.has_perm("profiles.suspend_professional"):
            raise PermissionDenied
        assert isinstance(request.user, User)
        professional: Professional = found(Professional.objects.select_related("owner"), pk)
        reason = request.POST.get("reason", "")
        refusal = None
        if request.method == "POST":
            now = timezone.now()
            try:
                suspension = suspend(
                    professional=professional, reason=reason, decided_by=request.user, now=now
                )
            except Refusal as refused:
                refusal = refused
            else:
                if suspension.suspended_at == now:
                    said = gettext("%(business)s is suspended, and its owner is told by mail how to appeal.")
                    self.message_user(request, said % {"business": professional}, messages.SUCCESS)
                else:
                    said = gettext("%(business)s was suspended before. Nothing was changed.")
                    self.message_user(request, said % {"business": professional}, messages.WARNING)
                return redirect("admin:profiles_suspension_change", suspension.pk)
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": gettext("Suspend %(business)s") % {"business": professional},
            "professional": professional,
            "reason": reason,
            "refusal": refusal,
        }
        return render(request, "profiles/suspend_admin.html", context, status=409 if refusal else 200)

    @admin.display(description=_("suspended"), ordering="is_suspended")
    def suspended(self, professional: Any) -> str:
        return format_html("<strong>{}</strong>", gettext("suspended")) if professional.is_suspended else "–"

    @admin.display(description=_("telephone"), ordering="phone")
    def phone_shared(self, professional: Any) -> str:
        if not professional.phone:
            return ""
        if not professional.shares_phone:
            return professional.phone.as_national
        return format_html(
            "{} <strong>{}</strong>", professional.phone.as_national, gettext("shared with another business")
        )

    @admin.display(description=_("members"))
    def people(self, professional: Professional) -> str:
        return ", ".join(str(member) for member in professional.members.all()) or "–"

    @admin.display(description=_("may be the same business as"))
    def also(self, professional: Professional) -> str:
        """Who shares the telephone, or the tax id but for its last three signs (G10)."""
        return (
            format_html_join(
                ", ",
                '<a href="{}">{}</a> ({})',
                (
                    (reverse("admin:profiles_professional_change", args=[other.pk]), other, SHARED[what])
                    for other, what in may_be_same(professional)
                ),
            )
            or "–"
        )

    @admin.display(description=_("what the profile shows"))
    def shown(self, professional: Professional) -> str:
        counts = counts_of([professional.pk], marketplace_day(timezone.now()))[professional.pk]
        return gettext(
            "%(characters)d characters, %(answered)d of %(questions)d questions, %(project)d different photos in the "
            "best project, %(work)d of finished work"
        ) % {
            "characters": counts.description_length,
            "answered": counts.answered,
            "questions": counts.questions,
            "project": counts.best_project_photos,
            "work": counts.work_photos,
        }


@admin.register(Question)
class QuestionAdmin(OfficeHistoryAdmin):
    """A question that was answered is not deleted: it is asked until a day."""

    list_display = ("__str__", "position", "asked_from", "asked_until", "answered")
    ordering = ("position", "id")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Question]:
        return super().get_queryset(request).annotate(number=Count("answers"))

    @admin.display(description=_("answers"), ordering="number")
    def answered(self, question: Any) -> int:
        return question.number

    def has_delete_permission(self, request: HttpRequest, obj: Question | None = None) -> bool:
        return super().has_delete_permission(request, obj) and not (obj and obj.answers.exists())


class StandingFilter(YesNoFilter):
    title = _("stands")
    parameter_name = "stands"

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(lifted_at__isnull=self.value() == "yes") if self.value() else queryset


@admin.register(Suspension)
class SuspensionAdmin(LookOnly, OfficeAdmin):
    """Suspensions, and the button that lifts one: never pressed by who decided it (G19)."""

    list_display = ("business", "suspended_at", "decided_by", "lifted_at", "lifted_by")
    list_filter = (StandingFilter,)
    list_select_related = ("professional", "decided_by", "lifted_by")
    search_fields = ("professional__name", "professional__owner__email")
    actions = None

    @admin.display(description=_("business"), ordering="professional__name")
    def business(self, suspension: Suspension) -> str:
        return suspension.professional.name

    def get_urls(self) -> list[URLPattern]:
        lift = self.admin_site.admin_view(require_POST(self.lift))
        return [path("<int:pk>/lift/", lift, name="profiles_suspension_lift"), *super().get_urls()]

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        suspension = self._found(request, object_id)
        return render(request, "profiles/suspension_admin.html", self._context(request, suspension))

    def lift(self, request: HttpRequest, pk: int) -> HttpResponse:
        suspension = self._found(request, pk)
        if not request.user.has_perm("profiles.lift_suspension"):
            raise PermissionDenied
        assert isinstance(request.user, User)
        reason = request.POST.get("reason", "")
        try:
            lift_suspension(suspension=suspension, by=request.user, reason=reason, now=timezone.now())
        except Refusal as refusal:
            context = self._context(request, suspension) | {"reason": reason, "refusal": refusal}
            return render(request, "profiles/suspension_admin.html", context, status=409)
        self.message_user(
            request,
            (
                gettext(
                    "The suspension of %(business)s is lifted, and its owner is told. It stays suspended for another "
                    "reason: look at its suspensions."
                )
                if is_suspended(suspension.professional)
                else gettext("The suspension of %(business)s is lifted, and its owner is told.")
            )
            % {"business": suspension.professional},
            messages.SUCCESS,
        )
        return redirect("admin:profiles_suspension_changelist")

    def _found(self, request: HttpRequest, pk: Any) -> Suspension:
        suspension: Suspension = found(
            Suspension.objects.select_related("professional", "decided_by", "lifted_by"), pk
        )
        if not self.has_view_permission(request, suspension):
            raise PermissionDenied
        return suspension

    def _context(self, request: HttpRequest, suspension: Suspension) -> dict[str, Any]:
        assert isinstance(request.user, User)
        return {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": gettext("Suspension of %(business)s") % {"business": suspension.professional},
            "suspension": suspension,
            "may_lift": request.user.has_perm("profiles.lift_suspension"),
            "why_not": why_not_lifted_by(suspension, request.user),
        }
