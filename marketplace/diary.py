"""What happened with a contact, and when that was written down (M6, G21)."""

from datetime import datetime

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils.translation import gettext_lazy as _

from base.days import marketplace_day, start_of_day
from marketplace.contacts import refuse_if_returned
from marketplace.errors import MarketplaceError
from marketplace.follow_up import let_reminder_go, remember_next_step
from marketplace.models import Contact, DiaryEntry, HomeownerQuestion, in_reach
from profiles.models import User
from profiles.plain_text import many_lines

# Where nothing of the homeowner is kept any more (X5).
NO_WORDS = _(
    "The homeowner's details are no longer kept, so nothing can be written about them. Leave this empty: what happened "
    "and when is kept without words."
)

# More than anybody does to win one job; whoever reads the diary as evidence reads all of it.
ENTRIES_A_DAY = 20
ENTRIES_OF_A_CONTACT = 100


def write_diary(
    *, contact: Contact, kind: str, happened_at: datetime, text: str, by: User | None, now: datetime
) -> DiaryEntry:
    """Writes an entry; both times are kept. The same entry sent twice is one.

    Keeps `Contact.first_contact_at`: the earliest outgoing entry by when it happened, so that one written later
    which happened earlier moves it back (G21); and what is to be done next (G22).
    Nobody looks again at what is written about a homeowner who was erased, so then there is no text (X5).
    Raises MarketplaceError: unknown_kind, before_purchase, in_the_future, returned, erased, too_many_today, diary_full.
    """
    text = many_lines(text)
    if kind not in DiaryEntry.Kind.values:
        raise MarketplaceError("unknown_kind", _("Choose what happened."), field="kind")
    if happened_at > now:
        raise MarketplaceError(
            "in_the_future", _("Write down what has happened already: this time is yet to come."),
            field="happened_at",
        )  # fmt: skip
    with transaction.atomic():
        # Two entries at once would each see no first contact, or the later of the two.
        fresh = Contact.objects.select_for_update(no_key=True, of=("self",)).get(pk=contact.pk)
        refuse_if_returned(fresh)
        if text and fresh.lead.anonymised_at is not None:
            raise MarketplaceError("erased", NO_WORDS, field="text")
        if happened_at < fresh.bought_at:
            raise MarketplaceError(
                "before_purchase",
                _("You bought this contact later than that. Enter a time after the purchase."),
                field="happened_at",
            )
        said = {"kind": kind, "happened_at": happened_at, "text": text}
        entry = DiaryEntry.objects.filter(contact=fresh, **said).first()
        if entry is not None:
            return entry
        _refuse_too_many(fresh, now)
        entry = DiaryEntry.objects.create(contact=fresh, written_at=now, written_by=by, **said)
        earlier = fresh.first_contact_at is None or happened_at < fresh.first_contact_at
        if kind in DiaryEntry.OUTGOING and earlier:
            fresh.first_contact_at = happened_at
            fresh.save(update_fields=["first_contact_at"])
        let_reminder_go(fresh, entry)
        remember_next_step(fresh)
        return entry


def _refuse_too_many(contact: Contact, now: datetime) -> None:
    """By when entries were written down, in local days. The contact's row is locked."""
    if contact.diary.count() >= ENTRIES_OF_A_CONTACT:
        raise MarketplaceError(
            "diary_full",
            _(
                "The diary of this contact is full: %(number)d entries. Write down how the contact ended instead."
            )
            % {"number": ENTRIES_OF_A_CONTACT},
        )
    midnight = start_of_day(marketplace_day(now))
    if contact.diary.filter(written_at__gte=midnight).count() >= ENTRIES_A_DAY:
        raise MarketplaceError(
            "too_many_today",
            _("You have written %(number)d entries for this contact today. Go on tomorrow.")
            % {"number": ENTRIES_A_DAY},
        )


def withheld_texts(entries: QuerySet[DiaryEntry]) -> set[int]:
    """Of these entries, the ids of those whose text their business sees no more: what we carried to a homeowner for
    it, summaries and answers, begins with their name or repeats what they asked, and they are out of reach (M1, M5).
    What the business noted for itself stays its own."""
    answered = HomeownerQuestion.objects.filter(
        contact=OuterRef("contact"), answered_at=OuterRef("written_at"), answer=OuterRef("text")
    )
    carried = Q(summary__isnull=False) | Exists(answered)
    gone = entries.filter(~in_reach("contact__lead"), carried)
    return set(gone.order_by().values_list("pk", flat=True))
