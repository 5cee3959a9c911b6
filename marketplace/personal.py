"""What the marketplace keeps about a user, shown to them and erased with their account (X5)."""

from collections.abc import Iterator
from datetime import datetime

from django.db.models import Count, QuerySet
from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from base.erased import ERASED
from base.registry import PersonalData, personal_data
from marketplace.diary import withheld_texts
from marketplace.evidence import remove_evidence
from marketplace.models import (
    Attempt,
    Contact,
    DetailsSeen,
    DiaryEntry,
    HomeownerQuestion,
    Interest,
    LeadPreferences,
    ReturnEvent,
    ReturnRequest,
    Review,
    ReviewRequest,
    in_reach,
)
from marketplace.returns import withdraw_return
from marketplace.reviews import forget_who_was_asked
from profiles.models import Professional, User


def shown(user: User) -> Iterator[tuple[str, str]]:
    """Their own: what homeowners told, and who they are, belongs to the homeowners."""
    business = Professional.objects.filter(owner=user).first()
    if business is not None:
        preferences = LeadPreferences.objects.filter(professional=business).first()
        if preferences is not None:
            yield _("Mails about new jobs"), preferences.get_mails_display()
        for interest in Interest.objects.filter(professional=business).select_related("category", "province"):
            yield _("Works in"), f"{interest.category}, {interest.province}"
        for contact in Contact.objects.filter(professional=business).select_related("lead").order_by("pk"):
            yield (
                _("Contact bought on %(day)s") % {"day": date_format(contact.bought_on, "DATE_FORMAT")},
                (f"{contact.lead.title_for_buyers} · {contact.get_outcome_display()}"),
            )
        for asked in ReviewRequest.objects.filter(professional=business, contact=None):
            yield _("Earlier client asked for a review"), asked.name
        returns_asked = ReturnRequest.objects.filter(contact__professional=business).order_by("pk")
        for asked_return in returns_asked.annotate(pictures=Count("evidence")):
            yield (
                _("Return asked for, %(moment)s") % {"moment": _moment(asked_return.asked_at)},
                f"{asked_return.get_reason_display()}. {asked_return.explanation}",
            )
            if asked_return.pictures:
                yield _("Pictures with this return"), str(asked_return.pictures)
        for review in Review.objects.filter(professional=business).exclude(answer=""):
            yield _("Your answer to a review"), review.answer
    diary = DiaryEntry.objects.filter(written_by=user)
    withheld = withheld_texts(diary)
    for entry in diary.order_by("pk"):
        yield (
            _("In a diary, %(moment)s") % {"moment": _moment(entry.happened_at)},
            f"{entry.get_kind_display()}. {'…' if entry.pk in withheld else entry.text}",
        )
    for attempt in Attempt.objects.filter(begun_by=user).select_related("contact__lead"):
        yield (
            _("Began to call or write, %(moment)s") % {"moment": _moment(attempt.begun_at)},
            f"{attempt.get_way_display()} · {attempt.contact.lead.title_for_buyers}",
        )
    for question in HomeownerQuestion.objects.filter(in_reach("contact__lead"), answered_by=user):
        yield (
            _("Answered a homeowner, %(moment)s") % {"moment": _moment(question.answered_at)},
            question.answer,
        )
    for look in DetailsSeen.objects.filter(user=user).select_related("lead"):
        yield (
            _("Looked at a homeowner's details"),
            (f"{date_format(look.seen_on, 'DATE_FORMAT')} · {look.lead.title_for_buyers}"),
        )


def _moment(moment: datetime | None) -> str:
    return date_format(localtime(moment), "DATETIME_FORMAT") if moment else ""


def warnings(user: User, now: datetime) -> Iterator[str]:
    contacts = Contact.objects.filter(professional__owner=user).count()
    if contacts:
        yield ngettext(
            "The contact that you bought can no longer be seen, with its diary.",
            "The %(number)d contacts that you bought can no longer be seen, with their diaries.",
            contacts,
        ) % {"number": contacts}
    if _undecided(user).exists():
        yield _("Returns that we have not decided yet are withdrawn, and nothing is credited for them.")
    if Review.objects.filter(professional__owner=user, state=Review.State.PUBLISHED).exists():
        yield _("Your reviews are no longer shown.")


def _undecided(user: User) -> QuerySet[ReturnRequest]:
    return ReturnRequest.objects.filter(contact__professional__owner=user, state=ReturnRequest.State.ASKED)


def erase(user: User, now: datetime) -> None:
    """What they wrote goes with their business, also what homeowners were answered; that it was written stays. A
    member's words stay with the business that they worked for."""
    business = Professional.objects.filter(owner=user).first()
    if business is None:
        return
    for undecided in _undecided(user):
        withdraw_return(return_request=undecided, by=user, now=now)
    asked = ReturnRequest.objects.filter(contact__professional=business)
    remove_evidence(asked)
    asked.update(explanation=ERASED)
    # What they asked with, not what staff answered.
    ReturnEvent.objects.filter(
        return_request__contact__professional=business, to_state=ReturnRequest.State.ASKED
    ).update(reason="")
    HomeownerQuestion.objects.filter(contact__professional=business, answered_at__isnull=False).update(
        answer=ERASED
    )
    Attempt.objects.filter(contact__professional=business, entry=None).delete()
    Interest.objects.filter(professional=business).delete()
    LeadPreferences.objects.filter(professional=business).delete()
    DiaryEntry.objects.filter(contact__professional=business).update(text="")
    Review.objects.filter(professional=business).exclude(answer="").update(answer="")
    # The people whom they wrote to are nobody's clients any more.
    forget_who_was_asked(ReviewRequest.objects.filter(professional=business, contact=None))


personal_data.append(PersonalData(gettext_lazy("Jobs and contacts"), shown, erase, warnings))
