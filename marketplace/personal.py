"""What the marketplace keeps about a user, shown to them and erased with their account (X5)."""

from collections.abc import Iterator
from datetime import datetime

from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from base.registry import PersonalData, personal_data
from marketplace.models import (
    Contact,
    DetailsSeen,
    DiaryEntry,
    Interest,
    LeadPreferences,
    Review,
    ReviewRequest,
)
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
        for review in Review.objects.filter(professional=business).exclude(answer=""):
            yield _("Your answer to a review"), review.answer
    for entry in DiaryEntry.objects.filter(written_by=user).order_by("pk"):
        yield (
            _("In a diary, %(moment)s")
            % {"moment": date_format(localtime(entry.happened_at), "DATETIME_FORMAT")},
            f"{entry.get_kind_display()}. {entry.text}",
        )
    for look in DetailsSeen.objects.filter(user=user).select_related("lead"):
        yield (
            _("Looked at a homeowner's details"),
            (f"{date_format(look.seen_on, 'DATE_FORMAT')} · {look.lead.title_for_buyers}"),
        )


def warnings(user: User, now: datetime) -> Iterator[str]:
    contacts = Contact.objects.filter(professional__owner=user).count()
    if contacts:
        yield ngettext(
            "The contact that you bought can no longer be seen, with its diary.",
            "The %(number)d contacts that you bought can no longer be seen, with their diaries.",
            contacts,
        ) % {"number": contacts}
    if Review.objects.filter(professional__owner=user, state=Review.State.PUBLISHED).exists():
        yield _("Your reviews are no longer shown.")


def erase(user: User, now: datetime) -> None:
    business = Professional.objects.filter(owner=user).first()
    if business is None:
        return
    Interest.objects.filter(professional=business).delete()
    LeadPreferences.objects.filter(professional=business).delete()
    DiaryEntry.objects.filter(contact__professional=business).update(text="")
    Review.objects.filter(professional=business).exclude(answer="").update(answer="")
    # The people whom they wrote to are nobody's clients any more.
    forget_who_was_asked(ReviewRequest.objects.filter(professional=business, contact=None))


personal_data.append(PersonalData(gettext_lazy("Jobs and contacts"), shown, erase, warnings))
