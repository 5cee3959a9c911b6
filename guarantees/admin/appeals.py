"""The queue of appeals, and the two buttons that answer one (G19). Who may press them is asked elsewhere."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from base.admin import OfficeAdmin, found
from base.errors import Refusal
from guarantees import decisions
from guarantees.appeals import why_not_heard_by
from guarantees.blockers import HEAR_APPEAL, Action, blockers
from guarantees.errors import GuaranteeError
from guarantees.forms import ReasonForm
from guarantees.models import Appeal
from marketplace.admin.queues import DecidedByButtons, QueueFilter, of_others
from profiles.models import Suspension, User
from profiles.suspensions import is_suspended


class AppealFilter(QueueFilter):
    waiting = Appeal.State.WAITING
    states = list(Appeal.State.choices)


@admin.register(Appeal)
class AppealAdmin(DecidedByButtons, OfficeAdmin):
    """Appeals, the oldest first; each says who decided, since somebody else answers it."""

    list_display = ("business", "decision", "made", "age", "state", "decided_by")
    list_filter = (AppealFilter,)
    list_select_related = ("professional", "claim", "suspension", "decided_by")
    list_per_page = 50
    search_fields = ("professional__name",)
    ordering = ("made_at", "id")
    show_full_result_count = False
    actions = None

    def get_queryset(self, request: HttpRequest) -> QuerySet[Appeal]:
        return of_others(super().get_queryset(request), request.user)

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return request.user.has_perm(HEAR_APPEAL)

    @admin.display(description=_("business"), ordering="professional__name")
    def business(self, appeal: Appeal) -> str:
        return appeal.professional.name

    @admin.display(description=_("against"))
    def decision(self, appeal: Appeal) -> str:
        return gettext("a claim that was rejected") if appeal.claim else gettext("a suspension")

    @admin.display(description=_("made"), ordering="made_at")
    def made(self, appeal: Appeal) -> str:
        return date_format(timezone.localtime(appeal.made_at), "SHORT_DATE_FORMAT")

    @admin.display(description=_("waiting"), ordering="made_at")
    def age(self, appeal: Appeal) -> str:
        if appeal.state != Appeal.State.WAITING:
            return "–"
        days = (timezone.now() - appeal.made_at).days
        return ngettext("%(days)s day", "%(days)s days", days) % {"days": days}

    def get_urls(self) -> list[URLPattern]:
        hear = self.admin_site.admin_view(require_POST(self.hear))
        return [path("<int:pk>/hear/<str:action>/", hear, name="guarantees_appeal_hear"), *super().get_urls()]

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        return self._show(request, self._appeal(request, object_id))

    def hear(self, request: HttpRequest, pk: int, action: str) -> HttpResponse:
        """Does what one button says, by the one function that does it."""
        appeal = self._appeal(request, pk)
        if action not in (Action.UPHOLD_APPEAL, Action.REFUSE_APPEAL):
            raise Http404
        assert isinstance(request.user, User)
        pressed = Appeal.State.UPHELD if action == Action.UPHOLD_APPEAL else Appeal.State.REFUSED
        # Of an old page: what was decided on the claim since is not what this appeal was against.
        if appeal.state not in (Appeal.State.WAITING, pressed):
            messages.error(request, gettext("This appeal was answered meanwhile. Nothing was changed."))
            return self._show(request, appeal, status=409)
        try:
            if appeal.state == Appeal.State.WAITING:
                _answer(appeal, Action(action), request.user, request.POST.get("reason", ""))
        except Refusal as refusal:
            if not refusal.field:  # Else it stands beside the field.
                messages.error(request, str(refusal))
            return self._show(request, self._appeal(request, pk), (action, request.POST, refusal), status=409)
        appeal.refresh_from_db()
        if appeal.state != pressed:
            messages.warning(
                request, gettext("Somebody else answered this appeal at the same moment, and otherwise.")
            )
        else:
            messages.success(request, gettext("The appeal is answered, and the owner is told by mail."))
        return redirect("admin:guarantees_appeal_changelist")

    def _appeal(self, request: HttpRequest, pk: Any) -> Appeal:
        if not self.has_view_permission(request):
            raise PermissionDenied
        appeals = self.get_queryset(request).select_related(
            "professional", "claim__professional", "claim__suspension", "suspension__professional", "decided_by",
            "made_by", "answered_by",
        )  # fmt: skip
        appeal: Appeal = found(appeals, pk)
        return appeal

    def _show(
        self,
        request: HttpRequest,
        appeal: Appeal,
        refused: tuple[str, QueryDict, Refusal] | None = None,
        status: int = 200,
    ) -> HttpResponse:
        """With what was sent by the button of that name, and why it was refused."""
        assert isinstance(request.user, User)
        buttons: list[tuple[Action, Sequence[GuaranteeError], ReasonForm]] = []
        if appeal.state == Appeal.State.WAITING:
            for action in (Action.UPHOLD_APPEAL, Action.REFUSE_APPEAL):
                form = ReasonForm(auto_id=f"{action}_%s")
                if refused and refused[0] == action:
                    _action, sent, refusal = refused
                    form = ReasonForm(sent, auto_id=f"{action}_%s")
                    if refusal.field and form.is_valid():
                        form.add_error(refusal.field, str(refusal))
                buttons.append((action, _in_the_way(appeal, action, request.user), form))
        return render(
            request,
            "admin/guarantees/appeal/hear.html",
            {
                **self.admin_site.each_context(request),
                "opts": self.opts,
                "title": appeal.professional.name,
                "appeal": appeal,
                "buttons": buttons,
                "lifts": appeal.claim is not None and _is_standing(appeal.claim.own_suspension),
                "is_suspended": is_suspended(appeal.professional),
            },
            status=status,
        )


def _is_standing(suspension: Suspension | None) -> bool:
    return suspension is not None and suspension.lifted_at is None


def _in_the_way(appeal: Appeal, action: Action, user: User) -> list[GuaranteeError]:
    if appeal.claim is not None:
        return blockers(appeal.claim, action, user, timezone.now())
    assert appeal.suspension is not None  # appeal_against_one_thing
    return why_not_heard_by(appeal.suspension, user)


def _answer(appeal: Appeal, action: Action, by: User, reason: str) -> None:
    said: dict[str, Any] = {"by": by, "reason": reason, "now": timezone.now()}
    upheld = action == Action.UPHOLD_APPEAL
    if appeal.claim is not None:
        decide = decisions.uphold_appeal if upheld else decisions.refuse_appeal
        decide(claim=appeal.claim, **said)
        return
    assert appeal.suspension is not None  # appeal_against_one_thing
    if upheld:
        decisions.uphold_appeal_against_suspension(suspension=appeal.suspension, **said)
    else:
        decisions.refuse_appeal_against_suspension(suspension=appeal.suspension, **said)
