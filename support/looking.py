"""Who at the desk has a ticket open, or is writing an answer, now: an aid to consultants, not a lock (S8)."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from django.db.models.functions import Coalesce
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from profiles.models import User
from support.models import Ticket, TicketLook


def keep_looking(*, ticket: Ticket, by: User, now: datetime, writing: bool = False) -> None:
    """Writes down that `by` has the ticket open and, where `writing`, since when they write an answer; looks that are
    over are forgotten, whosesoever they were."""
    own = TicketLook.objects.filter(ticket=ticket, user=by)
    since = Coalesce("writing_at", now) if writing else None
    if not own.update(at=now, writing_at=since):
        TicketLook.objects.bulk_create(
            [TicketLook(ticket=ticket, user=by, at=now, writing_at=now if writing else None)],
            update_conflicts=True,
            unique_fields=["ticket", "user"],
            update_fields=["at", "writing_at"],
        )
    TicketLook.objects.filter(at__lte=now - TicketLook.LASTS).delete()


def stop_looking(*, ticket: Ticket, by: User) -> None:
    """`by` has done with it, or went on to something else."""
    TicketLook.objects.filter(ticket=ticket, user=by).delete()


def looks_at(tickets: Iterable[int], reader: User, now: datetime) -> Mapping[int, Sequence[str]]:
    """Who else has each of these tickets (by id) open, each in a sentence. One query."""
    asked, found = set(tickets), dict[int, list[str]]()
    # All that there are, which are a few for each who works: to name fifty tickets costs more than to read them.
    looks = TicketLook.objects.of_now(now).exclude(user=reader)
    for look in looks.select_related("user").order_by("-at", "pk"):
        if look.ticket_id in asked:
            found.setdefault(look.ticket_id, []).append(in_words(look, now))
    return found


def in_words(look: TicketLook, now: datetime) -> str:
    """ "Ana is writing an answer", "Ana is looking (3 minutes ago)"."""
    if look.writing_at is not None:
        return _("%(who)s is writing an answer") % {"who": look.user}
    minutes = int((now - look.at).total_seconds()) // 60
    if minutes < 1:
        return _("%(who)s is looking now") % {"who": look.user}
    sentence = ngettext(
        "%(who)s is looking (%(minutes)s minute ago)", "%(who)s is looking (%(minutes)s minutes ago)", minutes
    )
    return sentence % {"who": look.user, "minutes": minutes}
