"""What must hold in the marketplace's books: `check_books` prints every place where it does not."""

from collections.abc import Iterable, Iterator

from django.db.models import Count, Exists, F, IntegerField, OuterRef, Q, Subquery
from django.db.models.functions import Coalesce

from base.erased import ERASED
from base.registry import invariant
from billing.models import WalletEntry
from marketplace.follow_up import next_step
from marketplace.masked_anew import masked_otherwise
from marketplace.models import Contact, DiaryEntry, Interest, Lead, Province, ReturnRequest
from marketplace.returns import AFTERMATH, Aftermath
from profiles.addresses import address_key

# Rows read at a time: as much memory for a hundred as for a million.
_BATCH = 500
_FREEING = [reason for reason, aftermath in AFTERMATH.items() if aftermath is Aftermath.PLACE_FREED]


@invariant("marketplace: a lead has as many places taken as contacts hold one")
def places_are_held() -> Iterable[str]:
    """A contact holds its place until its return frees it; a lead that was itself bad is closed instead (M3, M7)."""
    freed = ReturnRequest.objects.filter(
        contact=OuterRef("pk"), state=ReturnRequest.State.ACCEPTED, reason__in=_FREEING
    )
    holding = (
        Contact.objects.filter(lead=OuterRef("pk"))
        .exclude(Q(returned_at__isnull=False) & Exists(freed))
        .order_by()
        .values("lead")
        .annotate(number=Count("pk"))
        .values("number")
    )
    leads = Lead.objects.annotate(held=Coalesce(Subquery(holding, output_field=IntegerField()), 0))
    for pk, taken, held in leads.exclude(places_taken=F("held")).values_list("pk", "places_taken", "held"):
        yield f"lead {pk}: {taken} places taken, {held} held by contacts"


@invariant("marketplace: every contact was paid for by its own entry")
def contacts_were_paid_for() -> Iterable[str]:
    """Its price, from its professional's balance, with the contact as cause; and no such entry without one (M8)."""
    yield from _entries_that_differ("purchase_entry", WalletEntry.Kind.PURCHASE, -1)
    for pk in _entries_of_nothing(WalletEntry.Kind.PURCHASE, "contact_bought"):
        yield f"entry {pk}: a purchase of no contact"


@invariant("marketplace: every returned contact was credited once, what it cost")
def returned_contacts_were_credited() -> Iterable[str]:
    """That there is an entry at all, and one only, the database holds by itself (M7)."""
    yield from _entries_that_differ("return_entry", WalletEntry.Kind.RETURN, 1)
    for pk in _entries_of_nothing(WalletEntry.Kind.RETURN, "contact_returned"):
        yield f"entry {pk}: a return of no contact"


def _entries_that_differ(field: str, kind: WalletEntry.Kind, sign: int) -> Iterator[str]:
    # Compared here and not in SQL: the two databases write a uuid differently.
    rows = Contact.objects.filter(**{f"{field}__isnull": False}).order_by()
    for pk, public_id, price, owner, amount, entry_kind, cause, payer in rows.values_list(
        "pk",
        "public_id",
        "price_cents",
        "professional",
        f"{field}__amount_cents",
        f"{field}__kind",
        f"{field}__cause",
        f"{field}__wallet__professional",
    ).iterator(chunk_size=5000):
        if (amount, entry_kind, cause, payer) != (sign * price, kind, f"contact:{public_id}", owner):
            yield f"contact {pk}: its {kind} entry is {amount} for “{cause}” of professional {payer}"


def _entries_of_nothing(kind: WalletEntry.Kind, pointed_at_by: str) -> Iterable[int]:
    return WalletEntry.objects.filter(kind=kind, **{pointed_at_by: None}).values_list("pk", flat=True)


@invariant("marketplace: whoever works in all provinces works in each")
def everywhere_is_everywhere() -> Iterable[str]:
    """By their interests, with which they are found; also in those that were added later (M11)."""
    mine = Interest.objects.filter(professional=OuterRef("professional"), category=OuterRef("category"))
    pairs = Interest.objects.filter(professional__lead_preferences__everywhere=True).order_by()
    here = mine.order_by().values("category").annotate(number=Count("pk")).values("number")
    provinces = Province.objects.count()
    rows = pairs.values("professional", "category").distinct().annotate(number=Subquery(here))
    missing = rows.exclude(number=provinces).values_list("professional", "category", "number")
    for professional, category, number in missing:
        yield f"professional {professional}: category {category} in {number} of {provinces} provinces"


@invariant("marketplace: the first contact is the diary's earliest outgoing entry")
def first_contacts_are_in_the_diary() -> Iterable[str]:
    """By when it happened, not by when it was written down (G21)."""
    earliest = DiaryEntry.objects.filter(contact=OuterRef("pk"), kind__in=DiaryEntry.OUTGOING).order_by(
        "happened_at"
    )
    contacts = Contact.objects.annotate(earliest=Subquery(earliest.values("happened_at")[:1])).filter(
        Q(first_contact_at=None, earliest__isnull=False)
        | Q(first_contact_at__isnull=False, earliest=None)
        | (Q(first_contact_at__isnull=False, earliest__isnull=False) & ~Q(first_contact_at=F("earliest")))
    )
    for pk, kept, found in contacts.order_by().values_list("pk", "first_contact_at", "earliest"):
        yield f"contact {pk}: first contact {kept}, in the diary {found}"


@invariant("marketplace: what is to be done next is what the diary leads to")
def next_steps_are_what_the_diary_leads_to() -> Iterable[str]:
    """The list of the day is found and sorted by what is kept on the contact (G22)."""
    contacts = Contact.objects.order_by("pk").prefetch_related("diary")
    for contact in contacts.iterator(chunk_size=_BATCH):
        diary = list(contact.diary.all())
        if contact.first_contact_at and not any(entry.kind in DiaryEntry.OUTGOING for entry in diary):
            continue  # Told of above; nothing follows from it.
        step = next_step(contact, diary)
        kept = (contact.next_step, contact.next_step_due_at)
        due = (step.step.value, step.due_at) if step else ("", None)
        if kept != due:
            yield f"contact {contact.pk}: next “{kept[0]}” by {kept[1]}, by its diary “{due[0]}” by {due[1]}"


@invariant("marketplace: nothing is told of a homeowner who was erased")
def nothing_is_told_of_who_was_erased() -> Iterable[str]:
    """Also where it was written after: in a return until it is decided, and in the diary never (X5)."""
    of_erased = {"contact__lead__anonymised_at__isnull": False}
    told = Q(evidence__isnull=False) | ~Q(explanation=ERASED)
    returns = ReturnRequest.objects.filter(told, **of_erased).exclude(state=ReturnRequest.State.ASKED)
    for pk in returns.order_by("pk").values_list("pk", flat=True).distinct():
        yield f"return {pk}: tells of somebody who was erased"
    entries = DiaryEntry.objects.filter(**of_erased).exclude(text="").order_by("pk")
    for pk in entries.values_list("pk", flat=True):
        yield f"diary entry {pk}: tells of somebody who was erased"


@invariant("marketplace: a homeowner's key is that of their address")
def homeowners_are_known_by_their_address() -> Iterable[str]:
    """Duplicates, blocked senders and links sent anew are found by it (M1, M2); of nobody, nothing (X5)."""
    rows = Lead.objects.order_by("pk").values_list("pk", "homeowner_email", "homeowner_key")
    for pk, email, key in rows.iterator(chunk_size=_BATCH):
        if key != (address_key(email) if email else ""):
            yield f"lead {pk}: kept under a key that is not its address's"


@invariant("marketplace: what strangers are shown of a request is its texts, masked")
def requests_are_masked() -> Iterable[str]:
    """As they are masked today: whoever improves that has what was written before masked anew (M5)."""
    for wrong in masked_otherwise(Lead.objects.all()):
        for pk, columns in wrong.items():
            yield f"lead {pk}: {', '.join(columns)} not as its texts are masked: run `manage.py mask_leads`"
