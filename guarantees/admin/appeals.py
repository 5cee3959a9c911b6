"""The queue of appeals, and the two answers to one, each looked at before it is given (G19). Who may give them is asked
elsewhere."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from base.admin import OfficeAdmin, found
from base.errors import Refusal
from base.posting import post_or_back_to
from guarantees.admin.hearing import Hearing
from guarantees.blockers import HEAR_APPEAL, Action
from guarantees.models import Appeal
from marketplace.admin.queues import DecidedByButtons, QueueFilter, of_others
from profiles.models import User

# What an appeal becomes by each of its two answers.
ANSWERS = {Action.UPHOLD_APPEAL: Appeal.State.UPHELD, Action.REFUSE_APPEAL: Appeal.State.REFUSED}


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
        wrap = self.admin_site.admin_view
        led_back = post_or_back_to("admin:guarantees_appeal_change")
        hear, answer = wrap(led_back(self.hear)), wrap(led_back(self.answer))
        return [
            path("<int:pk>/hear/<str:action>/", hear, name="guarantees_appeal_hear"),
            path("<int:pk>/answer/<str:action>/", answer, name="guarantees_appeal_answer"),
            *super().get_urls(),
        ]

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        return self._show(request, self._appeal(request, object_id))

    def hear(self, request: HttpRequest, pk: int, action: str) -> HttpResponse:
        """What one button would do; nothing of it is done."""
        hearing = self._hearing(request, pk, action)
        return self._ended(request, hearing) or self._preview(request, hearing)

    def answer(self, request: HttpRequest, pk: int, action: str) -> HttpResponse:
        """Does what was previewed, by the one function that does it."""
        hearing = self._hearing(request, pk, action)
        if ended := self._ended(request, hearing):
            return ended
        try:
            hearing.take(request.POST.get("previewed", ""))
        except Refusal as refusal:
            hearing = self._hearing(request, pk, action)
            if refusal.code == "changed_since_preview":
                messages.error(request, str(refusal))
                return self._preview(request, hearing, status=409)
            return self._refused(request, hearing, refusal)
        hearing.appeal.refresh_from_db()
        return self._done(request, hearing)

    def _hearing(self, request: HttpRequest, pk: int, action: str) -> Hearing:
        appeal = self._appeal(request, pk)
        if action not in ANSWERS:
            raise Http404
        assert isinstance(request.user, User)
        return Hearing(appeal, Action(action), request.user, timezone.now(), request.POST)

    def _ended(self, request: HttpRequest, hearing: Hearing) -> HttpResponse | None:
        """What is said where the appeal is answered already: by the same button, or by something else."""
        state = hearing.appeal.state
        if state == Appeal.State.WAITING:
            return None
        if state == ANSWERS[hearing.action]:
            return self._done(request, hearing)
        # Of an old page: what was decided on the claim since is not what this appeal was against.
        messages.error(request, gettext("This appeal was answered meanwhile. Nothing was changed."))
        return self._show(request, hearing.appeal, status=409)

    def _done(self, request: HttpRequest, hearing: Hearing) -> HttpResponse:
        if hearing.appeal.state != ANSWERS[hearing.action]:
            messages.warning(
                request, gettext("Somebody else answered this appeal at the same moment, and otherwise.")
            )
        else:
            messages.success(request, gettext("The appeal is answered, and the owner is told by mail."))
        return redirect("admin:guarantees_appeal_changelist")

    def _preview(self, request: HttpRequest, hearing: Hearing, status: int = 200) -> HttpResponse:
        outcome = hearing.preview()
        if outcome.refusal is not None:
            return self._refused(request, hearing, outcome.refusal)
        context = {"decision": hearing, "outcome": outcome, "words": hearing.words(outcome)}
        return self._render(request, hearing.appeal, "preview", context, status)

    def _refused(self, request: HttpRequest, hearing: Hearing, refusal: Refusal) -> HttpResponse:
        """The page again with what was typed, and the refusal beside its field, where it has one."""
        hearing.refusal = refusal
        if not refusal.field:
            messages.error(request, str(refusal))
        return self._show(request, hearing.appeal, hearing, status=409)

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
        self, request: HttpRequest, appeal: Appeal, sent: Hearing | None = None, status: int = 200
    ) -> HttpResponse:
        """The page of one appeal; `sent`: an answer that was refused, with what was typed for it."""
        assert isinstance(request.user, User)
        hearings = []
        if appeal.state == Appeal.State.WAITING:
            for action in ANSWERS:
                if sent and sent.action == action:
                    hearings.append(sent)
                else:
                    hearings.append(Hearing(appeal, action, request.user, timezone.now()))
        return self._render(request, appeal, "hear", {"hearings": hearings}, status)

    def _render(
        self, request: HttpRequest, appeal: Appeal, name: str, context: dict[str, Any], status: int
    ) -> HttpResponse:
        return render(
            request,
            f"admin/guarantees/appeal/{name}.html",
            {
                **self.admin_site.each_context(request),
                "opts": self.opts,
                "title": appeal.professional.name,
                "appeal": appeal,
                **context,
            },
            status=status,
        )
