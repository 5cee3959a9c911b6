"""A contact that becomes a job after the guarantee has paid it back (G24)."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from base.links import absolute
from base.money import money
from billing.models import Wallet, WalletEntry
from billing.wallet import debit, open_wallet
from guarantees.blockers import REVIEW
from guarantees.errors import GuaranteeError, refuse
from guarantees.models import LaterJob, LaterJobLook
from guarantees.own_business import why_not_own
from mail import outbox
from marketplace.models import Contact
from profiles.models import Professional, User
from profiles.plain_text import many_lines

NOTE_AT_MOST = 2000


def to_be_taken(contact: Contact, balance_cents: int) -> int:
    """How many cents are taken back of what the contact had cost: as much as the balance holds."""
    return min(contact.price_cents, balance_cents)


def tell_later_job(*, contact: Contact, by: User, taken_seen_cents: int, now: datetime) -> LaterJob:
    """The owner says that a contact paid back by the guarantee became a job after all. Its price is taken back from
    what the balance holds, once and for good: where that is less, the rest is never asked for, and nothing else
    follows (G24).

    `taken_seen_cents` is what the page said would be taken. Told already: that, and nothing more is taken.
    Raises GuaranteeError: not_the_owner, not_refunded, amount_changed.
    """
    with transaction.atomic():
        professional = (
            Professional.objects.select_for_update(no_key=True, of=("self",))
            .select_related("owner")
            .get(pk=contact.professional_id)
        )
        if professional.owner_id != by.pk:
            raise GuaranteeError("not_the_owner", _("Only the owner of the business can do this."))
        # Locked before it is looked at: a purchase at the same moment comes before or after, and leaves what it leaves.
        opened = open_wallet(professional=professional)
        wallet = Wallet.objects.select_for_update(no_key=True).get(pk=opened.pk)
        contact = (
            Contact.objects.select_for_update(no_key=True, of=("self",))
            .select_related("lead")
            .get(pk=contact.pk)
        )
        standing = LaterJob.objects.filter(contact=contact).first()
        if standing is not None:
            return standing
        if contact.refunded_at is None:
            raise GuaranteeError(
                "not_refunded",
                _("The guarantee has not paid this contact back, so there is nothing to take back."),
            )
        taken = to_be_taken(contact, wallet.balance_cents)
        if taken != taken_seen_cents:
            raise GuaranteeError(
                "amount_changed",
                _(
                    "Your balance has changed meanwhile: %(amount)s would be taken back now, not what you were shown. "
                    "Look at it again and decide."
                )
                % {"amount": money(taken)},
            )
        entry = _take(contact, wallet, taken, now) if taken else None
        job = LaterJob.objects.create(
            contact=contact,
            price_cents=contact.price_cents,
            taken_cents=taken,
            entry=entry,
            told_by=by,
            told_at=now,
        )
        outbox.write(
            kind="guarantees/later_job",
            cause=f"contact:{contact.public_id}",
            to=professional.owner.email,
            language=professional.owner.language,
            context={
                "business": professional.name,
                "title": contact.lead.masked_title,
                "job": job,
                "balance_cents": wallet.balance_cents,
                "link": absolute("billing:overview"),
            },
            now=now,
        )
    return job


def _take(contact: Contact, wallet: Wallet, amount_cents: int, now: datetime) -> WalletEntry:
    return debit(
        wallet=wallet,
        amount_cents=amount_cents,
        kind=WalletEntry.Kind.LATER_JOB,
        cause=f"contact:{contact.public_id}",
        now=now,
    )


def note_look(*, contact: Contact, note: str, by: User, now: datetime) -> LaterJobLook:
    """A reviewer has looked at a contact of which somebody else than its business says that it became a job, and
    notes what they found or did. It settles nothing (G24).

    Raises GuaranteeError: no_permission, own_business, not_refunded, note_needed, note_too_long.
    """
    note = many_lines(note)
    if not by.has_perm(REVIEW):
        raise GuaranteeError("no_permission", _("Your role does not allow this."))
    refuse(why_not_own(contact.professional, by))
    if contact.refunded_at is None:
        raise GuaranteeError("not_refunded", _("The guarantee has not paid this contact back."))
    if not note:
        raise GuaranteeError("note_needed", _("Please note what you found or did."), field="note")
    if len(note) > NOTE_AT_MOST:
        raise GuaranteeError(
            "note_too_long",
            _("This is longer than %(most)s characters. Please shorten it.") % {"most": NOTE_AT_MOST},
            field="note",
        )
    return LaterJobLook.objects.create(contact=contact, by=by, at=now, note=note)
