"""What happened with a contact, and when that was written down (M6, G21)."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from marketplace.contacts import refuse_if_returned
from marketplace.errors import MarketplaceError
from marketplace.models import Contact, DiaryEntry
from profiles.models import User


def write_diary(
    *, contact: Contact, kind: str, happened_at: datetime, text: str, by: User | None, now: datetime
) -> DiaryEntry:
    """Writes an entry; both times are kept. The same entry sent twice is one.

    Keeps `Contact.first_contact_at`: the earliest outgoing entry by when it happened, so that one written later
    which happened earlier moves it back (G21).
    Raises MarketplaceError: unknown_kind, before_purchase, in_the_future, returned.
    """
    text = text.strip()
    if kind not in DiaryEntry.Kind.values:
        raise MarketplaceError("unknown_kind", _("Choose what happened."), field="kind")
    if happened_at > now:
        raise MarketplaceError(
            "in_the_future", _("Write down what has happened already: this time is yet to come."),
            field="happened_at",
        )  # fmt: skip
    with transaction.atomic():
        # Two entries at once would each see no first contact, or the later of the two.
        fresh = Contact.objects.select_for_update(of=("self",)).get(pk=contact.pk)
        refuse_if_returned(fresh)
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
        entry = DiaryEntry.objects.create(contact=fresh, written_at=now, written_by=by, **said)
        earlier = fresh.first_contact_at is None or happened_at < fresh.first_contact_at
        if kind in DiaryEntry.OUTGOING and earlier:
            fresh.first_contact_at = happened_at
            fresh.save(update_fields=["first_contact_at"])
        return entry
