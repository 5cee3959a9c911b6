"""A request without the person who made it: what is left is the trade, the place, the sums and the dates (X5)."""

from datetime import datetime

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import translation
from django.utils.translation import gettext as _

from base.days import add_months, marketplace_day, start_of_day
from base.erased import ERASED
from base.jobs import for_each
from marketplace.errors import MarketplaceError
from marketplace.evidence import forget_person
from marketplace.homeowner_mails import forget_mails
from marketplace.lead_photos import remove_photos
from marketplace.leads import hide_details
from marketplace.models import (
    Contact,
    DetailsSeen,
    DiaryEntry,
    HomeownerQuestion,
    Lead,
    LeadEvent,
    ReturnRequest,
    Review,
    ReviewEvent,
    ReviewRequest,
)
from marketplace.reviews import forget_in_mails, forget_who_was_asked
from marketplace.senders import forget_lifted
from marketplace.signals import lead_anonymised
from marketplace.withdrawal import withdraw_lead

# So many months after its publication a request is anonymised; one that never was published, after its entry.
KEPT_MONTHS = 12


# Somebody still waits for something of these. Erasing them is two steps: the page of the first, withdrawing, says what
# that means for whom.
GOING_ON = (Lead.State.UNCONFIRMED, Lead.State.WAITING, Lead.State.PUBLISHED)


def to_anonymise(now: datetime) -> QuerySet[Lead]:
    """Requests whose twelve months are over, or whose homeowner asked for it; none that an open claim counts, nor one
    whose return is not decided yet: both are judged by what was written (X5, M7)."""
    # A request published on a local day is kept to the end of the same day twelve months later.
    over = start_of_day(add_months(marketplace_day(now), -KEPT_MONTHS))
    old = Q(published_at__lt=over) | Q(published_at=None, created_at__lt=over)
    return Lead.objects.filter(
        old | Q(erase_asked_at__isnull=False),
        ~Exists(Contact.objects.filter(lead=OuterRef("pk"), frozen_at__isnull=False)),
        ~Exists(ReturnRequest.objects.filter(contact__lead=OuterRef("pk"), state=ReturnRequest.State.ASKED)),
        anonymised_at=None,
    )


def anonymise_leads(*, now: datetime, batch: int = 200) -> int:
    """Anonymises what is due; returns how many. May run twice, late, or on two workers."""
    return for_each(to_anonymise(now), lambda pk: _anonymise_if_due(pk, now), what="anonymise", batch=batch)


def _anonymise_if_due(pk: int, now: datetime) -> bool:
    lead = _locked(pk)
    if not to_anonymise(now).filter(pk=pk).exists():
        return False
    _anonymise(lead, now)
    return True


def erase_lead(*, lead: Lead, now: datetime) -> Lead:
    """The homeowner has their data erased: at once, or where an open claim counts the request or a return of it is not
    decided, as soon as it is (`erase_asked_at`; the job looks). Asked again: changes nothing.

    Whoever is erased has withdrawn, also from what had ended before: who bought it is told, sees nothing from then on,
    and may return it within the days that `withdraw_lead` gives (M1, M7).
    Raises MarketplaceError("withdraw_first") for a request that is still going on.
    """
    with transaction.atomic():
        fresh = _locked(lead.pk)
        if fresh.anonymised_at is not None:
            return fresh
        if fresh.state in GOING_ON:
            raise MarketplaceError(
                "withdraw_first", _("Withdraw your request first, then have your data erased.")
            )
        fresh = withdraw_lead(lead=fresh, now=now)
        if fresh.erase_asked_at is None:
            fresh.erase_asked_at = now
            fresh.save(update_fields=["erase_asked_at"])
        if to_anonymise(now).filter(pk=fresh.pk).exists():
            _anonymise(fresh, now)
        return fresh


def _locked(pk: int) -> Lead:
    """With its contacts, so that none can be frozen by a claim meanwhile, in the house's order."""
    lead = (
        Lead.objects.select_for_update(no_key=True, of=("self",))
        .select_related("category", "province")
        .get(pk=pk)
    )
    list(
        Contact.objects.select_for_update(no_key=True, of=("self",))
        .filter(lead=lead)
        .order_by("pk")
        .values_list("pk")
    )
    return lead


def _anonymise(lead: Lead, now: datetime) -> None:
    """Takes the person out of everything that this floor keeps of them, and tells the floors above, which do the same
    (`lead_anonymised`). Standing blocks of the sender stay (`senders.forget_lifted`). The row is locked."""
    forget_mails(lead, now)
    forget_lifted(lead)
    remove_photos(lead)
    forget_person(ReturnRequest.objects.filter(contact__lead=lead))
    with translation.override(lead.language):
        lead.title = str(lead.category)
    lead.town, lead.description = ERASED, ERASED
    lead.homeowner_name, lead.homeowner_email, lead.homeowner_phone = ERASED, "", ""
    lead.homeowner_key = ""
    lead.anonymised_at = now
    masked = hide_details(lead)
    lead.save(
        update_fields=[
            "title", "town", "description", "homeowner_name", "homeowner_email", "homeowner_phone",
            "homeowner_key", "anonymised_at", *masked,
        ]
    )  # fmt: skip
    of_lead = {"contact__lead": lead}
    DiaryEntry.objects.filter(**of_lead).update(text="")
    HomeownerQuestion.objects.filter(**of_lead).update(text=ERASED)
    HomeownerQuestion.objects.filter(**of_lead, answered_at__isnull=False).update(answer=ERASED)
    LeadEvent.objects.filter(lead=lead).exclude(reason="").update(reason=ERASED)
    DetailsSeen.objects.filter(lead=lead).delete()
    _forget_reviews(lead)
    lead_anonymised.send(sender=Lead, lead=lead, now=now)


def _forget_reviews(lead: Lead) -> None:
    """A review that was published stays, as whoever wrote it published it, but nobody can say any more who that was;
    where they asked for it, its name goes too."""
    forget_who_was_asked(ReviewRequest.objects.filter(contact__lead=lead))
    reviews = Review.objects.filter(contact__lead=lead)
    ReviewEvent.objects.filter(review__in=reviews).exclude(reason="").update(reason=ERASED)
    unseen = reviews.exclude(state=Review.State.PUBLISHED)
    unseen.update(text=ERASED, author_name=ERASED, why_not_shown="")
    if lead.erase_asked_at is not None:
        forget_in_mails(reviews)
        reviews.update(author_name=ERASED)
