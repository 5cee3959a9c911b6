"""The queue of claims, and the addresses of one claim's review."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Count, Exists, F, OuterRef, Prefetch, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext, ngettext, pgettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from base.admin import OfficeAdmin, found
from base.errors import Refusal
from base.money import money
from base.posting import post_or_back_to
from guarantees.admin.decision import Decision, words_of
from guarantees.admin.review import ReviewPage
from guarantees.blockers import HEAR_APPEAL, REVIEW, Action
from guarantees.contradictions import SEES_WORD
from guarantees.looking import in_words, keep_looking
from guarantees.models import Claim, ClaimItem, ClaimLook, ClaimQuestion
from marketplace.admin.queues import DecidedByButtons, QueueFilter, of_others
from marketplace.models import Contact


class StateFilter(QueueFilter):
    """The open claims, unless something else is chosen."""

    waiting = "open"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        decided = [(state.value, state.label) for state in Claim.State if state != Claim.State.DRAFT]
        return [("open", pgettext("claims", "open")), *decided, ("all", pgettext("claims", "all"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        state = self.value() or self.waiting
        if state == "all":
            return queryset
        return queryset.filter(state__in=Claim.OPEN if state == "open" else [state])


@admin.register(Claim)
class ClaimAdmin(DecidedByButtons, OfficeAdmin):
    """Claims as a reviewer sees them: what was submitted, oldest first. A draft is nobody's but its owner's."""

    list_display = ("business", "age", "amount", "verdicts", "doubts", "looking", "state", "made")
    list_filter = (StateFilter,)
    list_select_related = ("professional",)
    list_per_page = 50
    search_fields = ("professional__name", "public_id")
    ordering = ("submitted_at", "id")
    show_full_result_count = False
    actions = None

    def get_queryset(self, request: HttpRequest) -> QuerySet[Claim]:
        """Without drafts, and without claims of a business that the reader owns or belongs to: such a claim says
        what homeowners said, and somebody else decides it."""
        items = ClaimItem.objects.filter(claim=OuterRef("pk"))
        doubts = ClaimQuestion.objects.unsettled().filter(
            item__claim=OuterRef("pk"), purpose=ClaimQuestion.Purpose.DOUBT
        )
        return (
            of_others(super().get_queryset(request), request.user)
            .exclude(submitted_at=None)
            .prefetch_related(
                Prefetch(
                    "looks",
                    ClaimLook.objects.of_now(timezone.now())
                    .exclude(user=request.user)  # type: ignore[misc]
                    .select_related("user"),
                    to_attr="others_looking",
                )
            )
            .annotate(
                item_count=Count("items", distinct=True),
                verdict_count=Count("items", filter=~Q(items__verdict=""), distinct=True),
                doubt_count=Coalesce(
                    Subquery(
                        doubts.order_by()
                        .values("item__claim")
                        .annotate(count=Count("item", distinct=True))
                        .values("count")
                    ),
                    0,
                ),
                false_count=Count("items", filter=Q(items__verdict=ClaimItem.Verdict.FALSE), distinct=True),
                shows_contradiction=Exists(
                    items.filter(contact__homeowner_word=Contact.Word.HIRED_THEM)
                    .exclude(contact__outcome=Contact.Outcome.WON)
                    .exclude(
                        verdict=ClaimItem.Verdict.CONFIRMED,
                        verdict_at__gt=F("contact__homeowner_word_at"),
                    )
                    if request.user.has_perm(SEES_WORD)
                    else items.none()
                ),
            )
        )

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return request.user.has_perm(REVIEW) or request.user.has_perm(HEAR_APPEAL)

    @admin.display(description=_("business"), ordering="professional__name")
    def business(self, claim: Claim) -> str:
        return claim.professional.name

    @admin.display(description=_("waiting"), ordering="submitted_at")
    def age(self, claim: Claim) -> str:
        if not claim.is_open or claim.submitted_at is None:
            return "–"
        days = (timezone.now() - claim.submitted_at).days
        return ngettext("%(days)s day", "%(days)s days", days) % {"days": days}

    @admin.display(description=_("made on"), ordering="made_on")
    def made(self, claim: Claim) -> str:
        return date_format(claim.made_on, "SHORT_DATE_FORMAT") if claim.made_on else "–"

    @admin.display(description=_("amount"), ordering="amount_cents")
    def amount(self, claim: Claim) -> str:
        return money(claim.amount_cents or 0)

    @admin.display(description=_("verdicts"))
    def verdicts(self, claim: Any) -> str:
        return f"{claim.verdict_count}/{claim.item_count}"

    @admin.display(description=_("doubts"))
    def doubts(self, claim: Any) -> str:
        found = []
        if claim.false_count:
            found.append(
                ngettext("%(count)s false", "%(count)s false", claim.false_count)
                % {"count": claim.false_count}
            )
        if claim.doubt_count:
            found.append(
                ngettext("%(count)s in doubt", "%(count)s in doubt", claim.doubt_count)
                % {"count": claim.doubt_count}
            )
        if claim.shows_contradiction:
            found.append(gettext("contradiction"))
        return " · ".join(found) or "–"

    @admin.display(description=_("who is looking"))
    def looking(self, claim: Any) -> str:
        now = timezone.now()
        return " · ".join(in_words(look, now) for look in claim.others_looking) or "–"

    def get_urls(self) -> list[URLPattern]:
        wrap = self.admin_site.admin_view
        led_back = post_or_back_to("admin:guarantees_claim_change")
        return [
            path(
                "<int:pk>/looking/",
                wrap(require_POST(self.renew_look)),
                name="guarantees_claim_looking",
            ),
            path(
                "<int:pk>/contact/<int:item>/",
                wrap(require_POST(self.save_contact)),
                name="guarantees_claim_contact",
            ),
            path(
                "<int:pk>/preview/<str:action>/",
                wrap(led_back(self.preview)),
                name="guarantees_claim_preview",
            ),
            path(
                "<int:pk>/review/",
                wrap(led_back(self.save_review)),
                name="guarantees_claim_review",
            ),
            path(
                "<int:pk>/decide/<str:action>/",
                wrap(led_back(self.decide)),
                name="guarantees_claim_decide",
            ),
            *super().get_urls(),
        ]

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        # The columns need the room.
        return super().changelist_view(request, {"is_nav_sidebar_enabled": False, **(extra_context or {})})

    def _page(self, request: HttpRequest, pk: Any) -> ReviewPage:
        """The claim as whoever asks sees it; that they are looking at it is told to others."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        claims = self.get_queryset(request).select_related(
            "professional__owner", "terms", "decided_by", "refund_entry", "suspension"
        )
        page = ReviewPage(found(claims, pk), request.user, timezone.now())
        keep_looking(claim=page.claim, by=page.user, now=page.now)
        return page

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """One claim with its contacts side by side (G14)."""
        return self._show(request, self._page(request, object_id))

    def save_review(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Saves what was changed about the contacts; then asks the questions, if that button was pressed."""
        page = self._page(request, pk)
        try:
            done = page.save(request.POST)
        except Refusal as refusal:
            messages.error(request, str(refusal))
            return self._show(request, page, status=409)
        for sentence in done:
            messages.success(request, sentence)
        if page.refused:
            messages.error(request, gettext("Something could not be saved. See below."))
            return self._show(request, page, status=409)
        if not done:
            messages.info(request, gettext("Nothing was changed, so there was nothing to save."))
        return self._back(pk, page.anchor_of(request.POST.get("save", "")))

    def save_contact(self, request: HttpRequest, pk: int, item: int) -> HttpResponse:
        """Saves what was changed about one contact; answers with the parts of the page that are different now."""
        page = self._page(request, pk)
        each = page.save_contact(item, request.POST)
        context = {"page": page, "claim": page.claim, "each": each}
        return render(
            request, "admin/guarantees/claim/saved.html", context, status=409 if page.refused else 200
        )

    def renew_look(self, request: HttpRequest, pk: int) -> HttpResponse:
        """The page is still open; answers with who else has it open."""
        page = self._page(request, pk)
        return render(request, "admin/guarantees/claim/looking.html", {"page": page, "claim": page.claim})

    def preview(self, request: HttpRequest, pk: int, action: str) -> HttpResponse:
        """What a decision would do; nothing of it is done."""
        return self._preview(request, self._page(request, pk), action)

    def decide(self, request: HttpRequest, pk: int, action: str) -> HttpResponse:
        """Does what was previewed, by the one function that does it."""
        page = self._page(request, pk)
        decision = self._decision(request, page, action)
        try:
            decision.take(request.POST.get("previewed", ""))
        except Refusal as refusal:
            messages.error(request, str(refusal))
            page = self._page(request, pk)
            if refusal.code == "changed_since_preview":
                return self._preview(request, page, action, status=409)
            return self._show(request, page.with_text(decision), status=409)
        messages.success(request, decision.done)
        return self._back(pk, "decision")

    def _decision(self, request: HttpRequest, page: ReviewPage, action: str) -> Decision:
        if action not in Decision.ACTIONS:
            raise Http404
        return page.decision(Action(action), request.POST)

    def _preview(
        self, request: HttpRequest, page: ReviewPage, action: str, status: int = 200
    ) -> HttpResponse:
        decision = self._decision(request, page, action)
        outcome = decision.preview()
        if outcome.event is None:
            # There is nothing to be shown: it cannot be done, or somebody has done it.
            if outcome.refusal is None:
                messages.success(request, decision.done)
                return self._back(page.claim.pk, "decision")
            messages.error(request, str(outcome.refusal))
            return self._show(request, page.with_text(decision), status=409)
        context = {"decision": decision, "outcome": outcome, "words": words_of(outcome, decision)}
        return self._render(request, page, "preview", context, status)

    def _back(self, pk: int, anchor: str) -> HttpResponse:
        return HttpResponseRedirect(f"{reverse('admin:guarantees_claim_change', args=[pk])}#{anchor}")

    def _show(self, request: HttpRequest, page: ReviewPage, status: int = 200) -> HttpResponse:
        return self._render(request, page, "review", {}, status)

    def _render(
        self, request: HttpRequest, page: ReviewPage, name: str, context: dict[str, Any], status: int
    ) -> HttpResponse:
        return render(
            request,
            f"admin/guarantees/claim/{name}.html",
            {
                **self.admin_site.each_context(request),
                "opts": self.opts,
                "is_nav_sidebar_enabled": False,  # The contacts need the room.
                "title": page.claim.professional.name,
                "page": page,
                "claim": page.claim,
                **context,
            },
            status=status,
        )
