"""Saying that a published review should not stand, and what becomes of that (M12)."""

from datetime import date, datetime, timedelta

from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from base.days import marketplace_day, start_of_day
from marketplace.errors import MarketplaceError
from marketplace.models import Review, ReviewReport
from marketplace.reviews.moderation import (
    MODERATED_WITHIN_DAYS,
    decide_reports,
    lock_for_moderator,
    note_event,
    reason_given,
    tell_business,
)
from marketplace.written import refuse_too_long
from profiles.models import Professional, User
from profiles.plain_text import many_lines

State = ReviewReport.State

# How many reviews one network reports in a local day: whoever reports more keeps moderators reading for nothing.
REPORTS_A_DAY = 10
TEXT_AT_MOST = 1000


def report_by(report: ReviewReport) -> date:
    """The last local day on which the promised look at a report is in time, inclusive."""
    return marketplace_day(report.reported_at) + timedelta(days=MODERATED_WITHIN_DAYS)


@transaction.atomic
def report_review(
    *, review: Review, reason: str, text: str, reporter: User | None, network: str, now: datetime
) -> ReviewReport:
    """Puts a published review before the moderators. It stands, and counts, until one has decided.

    Whoever is signed in, and otherwise one network, has one open report of a review: the same again returns it.
    Raises MarketplaceError: not_published, unknown_reason, too_long, too_many_today.
    """
    if reason not in ReviewReport.Reason.values:
        raise MarketplaceError("unknown_reason", _("Choose what is wrong with it."), field="reason")
    text = many_lines(text)
    refuse_too_long(text, field="text", most=TEXT_AT_MOST)
    # Two clicks at once: the second waits here, and finds the first.
    fresh = Review.objects.select_for_update(no_key=True, of=("self",)).get(pk=review.pk)
    who = {"reporter": reporter} if reporter else {"reporter": None, "network": network}
    standing = fresh.reports.filter(**who, state=State.OPEN).first()
    if standing:
        return standing
    if fresh.state != Review.State.PUBLISHED:
        raise MarketplaceError("not_published", _("This review is not shown any more."))
    midnight = start_of_day(marketplace_day(now))
    if ReviewReport.objects.filter(network=network, reported_at__gte=midnight).count() >= REPORTS_A_DAY:
        raise MarketplaceError(
            "too_many_today", _("You have reported many reviews today. Report the others tomorrow.")
        )
    return ReviewReport.objects.create(
        review=fresh, reason=reason, text=text, reporter=reporter, network=network, reported_at=now
    )


@transaction.atomic
def dismiss_reports(*, review: Review, by: User, reason: str, now: datetime) -> Review:
    """Leaves a review where it stands, although it was reported; `reason` stays with the office.

    Raises PermissionDenied; MarketplaceError: own_business, reason_missing. Nothing open: nothing happens.
    """
    fresh = lock_for_moderator(review, by)
    opened = open_reports(fresh)
    if opened:
        why = reason_given(reason)
        decide_reports(fresh, State.DISMISSED, by=by, now=now)
        note_event(fresh, by=by, before=fresh.state, why=why, now=now)
        if _by_the_business(opened, fresh.professional):
            cause = f"review_report:{opened[-1].pk}"
            tell_business(fresh, "marketplace/review_stays", cause=cause, now=now)
    return fresh


def open_reports(review: Review) -> list[ReviewReport]:
    """What was said of it and nobody has decided, the oldest first."""
    return list(review.reports.filter(state=State.OPEN).select_related("reporter"))


def reported_reviews(rows: QuerySet[Review]) -> QuerySet[Review]:
    """Of these, the ones with a report that nobody has decided."""
    return rows.filter(pk__in=ReviewReport.objects.filter(state=State.OPEN).values("review"))


def _by_the_business(reports: list[ReviewReport], professional: Professional) -> bool:
    return any(report.reporter and professional.has_person(report.reporter) for report in reports)
