"""The moderators' queue of reviews, with what is known of who wrote each (M12)."""

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseBadRequest
from django.shortcuts import redirect, render
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from base.admin import OfficeAdmin, found
from base.errors import Refusal
from marketplace import reviews
from marketplace.admin.queues import DecidedByButtons, QueueFilter, due_mark, of_others, told
from marketplace.admin.texts import details_marked
from marketplace.models import Review
from marketplace.seen import shown_to_staff

State = Review.State

# What each button does, and what is said when it was done.
BUTTONS: dict[str, tuple[Any, Any, Any]] = {
    State.PUBLISHED: (
        reviews.publish_review,
        _("Publish"),
        _("Published. The professional has been written to."),
    ),
    State.REJECTED: (reviews.reject_review, _("Reject"), _("Rejected. Nobody but staff sees this review.")),
    State.TAKEN_DOWN: (
        reviews.take_down_review,
        _("Take down"),
        _("Taken down. It is no longer shown, and no longer counts for the guarantee."),
    ),
}
# What else a moderator does with a published review: what, its name, what is said, and of which it can be done.
OTHER_BUTTONS: dict[str, tuple[Any, Any, Any, Any]] = {
    "dismiss": (
        reviews.dismiss_reports,
        _("Leave it as it is"),
        _("The review stands. What was reported is decided."),
        lambda review: bool(reviews.open_reports(review)),
    ),
    "remove_answer": (
        reviews.remove_answer,
        _("Take the answer away"),
        _("The answer is no longer shown. Its text is kept in the history."),
        lambda review: bool(review.answer),
    ),
}


class ReviewStateFilter(QueueFilter):
    """What waits: new reviews, and beside them the published ones that somebody has reported, and those on which a
    professional may have tried out what they show (G2)."""

    waiting = State.WAITING
    states = [*State.choices, ("reported", _("reported")), ("won_taken_back", _("“won” was taken back"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if self.value() == "reported":
            return reviews.reported_reviews(queryset)
        if self.value() == "won_taken_back":
            return reviews.won_taken_back(queryset)
        return super().queryset(request, queryset)


@admin.register(Review)
class ReviewAdmin(DecidedByButtons, OfficeAdmin):
    list_display = ("author_name", "due", "professional", "source", "stars", "own_hand", "state")
    list_filter = (ReviewStateFilter, "own_hand", "handling")
    search_fields = ("professional__name", "author_name", "text")
    ordering = ("written_at", "id")
    list_select_related = ("professional", "contact__lead")
    list_per_page = 50
    actions = None

    def get_queryset(self, request: HttpRequest) -> QuerySet[Review]:
        return of_others(super().get_queryset(request), request.user, lead="contact__lead")

    @admin.display(description=_("from"))
    def source(self, review: Review) -> str:
        return review.contact.lead.masked_title if review.contact else gettext("earlier client")

    @admin.display(description=_("stars"), ordering="handling")
    def stars(self, review: Review) -> str:
        """Handling, and workmanship where it was said."""
        return f"{review.handling} · {review.workmanship}" if review.workmanship else str(review.handling)

    @admin.display(description=_("to be decided by"))
    def due(self, review: Review) -> str:
        return due_mark(reviews.decide_by(review)) if review.state == State.WAITING else ""

    def get_urls(self) -> list[URLPattern]:
        decide = self.admin_site.admin_view(require_POST(self.decide))
        return [path("<int:pk>/decide/", decide, name="marketplace_review_decide"), *super().get_urls()]

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """One review, what is known of its author, and the buttons that its state allows."""
        review = self._found(request, object_id)
        if not self.has_view_permission(request, review):
            raise PermissionDenied
        return self._show(request, review)

    def _show(
        self, request: HttpRequest, review: Review, *, reason: str = "", status: int = 200
    ) -> HttpResponse:
        """The page; `reason` is what was typed beside a decision that was refused."""
        reviews_of_others = self.get_queryset(request)
        may_decide = request.user.has_perm("marketplace.moderate_review")
        return render(
            request,
            "marketplace/review_admin.html",
            {
                **self.admin_site.each_context(request),
                "opts": self.opts,
                "title": gettext("Review of %(business)s") % {"business": review.professional.name},
                "review": review,
                "text": details_marked(review.text, review.contact.lead if review.contact else None),
                "reason": reason,
                "due": due_mark(reviews.decide_by(review)),
                "events": told(review.events, State),
                "same_author": self._by_same_author(reviews_of_others, review),
                "signals": reviews.signals_of(review),
                "reports": [
                    (report, due_mark(reviews.report_by(report))) for report in reviews.open_reports(review)
                ],
                "sees_address": shown_to_staff(
                    leads=[review.contact.lead] if review.contact else [],
                    user=request.user,
                    now=timezone.now(),
                ),
                "buttons": [
                    (state, BUTTONS[state][1]) for state in BUTTONS if state in Review.MOVES[review.state]
                ],
                "other_buttons": [
                    (name, label) for name, (_do, label, _done, fits) in OTHER_BUTTONS.items() if fits(review)
                ],
                "waiting": review.state == State.WAITING,
                "may_decide": may_decide,
            },
            status=status,
        )

    def _found(self, request: HttpRequest, pk: int | str) -> Review:
        rows = self.get_queryset(request).select_related("professional", "contact__lead", "request")
        review: Review = found(rows, pk)
        return review

    def _by_same_author(self, rows: QuerySet[Review], review: Review) -> QuerySet[Review]:
        """Other reviews asked of the same address: of this business they are one person's; of others, a sign."""
        return rows.filter(author_key=review.author_key).exclude(pk=review.pk).select_related("professional")

    def decide(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Does what the button says, tells what was done, and goes back to the review; refused, it keeps the reason."""
        if not request.user.has_perm("marketplace.moderate_review"):
            raise PermissionDenied
        review = self._found(request, pk)
        decision = request.POST.get("decision", "")
        if decision in BUTTONS:
            decide, _label, done = BUTTONS[decision]
        elif decision in OTHER_BUTTONS:
            decide, _label, done, _fits = OTHER_BUTTONS[decision]
        else:
            return HttpResponseBadRequest()
        reason = request.POST.get("reason", "")
        try:
            decide(review=review, by=request.user, reason=reason, now=timezone.now())
        except Refusal as refusal:
            self.message_user(request, str(refusal), messages.ERROR)
            return self._show(request, self._found(request, pk), reason=reason, status=409)
        self.message_user(request, str(done), messages.SUCCESS)
        return redirect("admin:marketplace_review_change", pk)
