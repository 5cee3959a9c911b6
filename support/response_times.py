"""Response times (S9): a warning after three quarters of the time, a breach when it has passed, each told once.

Whoever is told gets one mail a run, however many tickets it is about: a desk whose worker was down for a day does not
wake up to a hundred mails. Pages do not need this check, they judge by the clock (`WaitQuerySet.breached`).
"""

import logging
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.db import transaction
from django.db.models import F, Q

from base.links import absolute
from mail import outbox
from profiles.models import User
from support.models import Client, Ticket, Wait
from support.models.waits import WaitQuerySet

logger = logging.getLogger(__name__)

# So many waits of a kind are told of together. More than any desk has; what is beyond goes into a second mail.
TOGETHER = 10_000
# So many are looked for first: for the first of an order the database takes its index; for thousands it may read all
# that is open, to find the one that is due.
FEW = 100
# So many tickets are named in a mail; of the rest it says how many they are.
NAMED = 15
# Whose role it is to hear of every ticket, and of appeals, which the desk lead does not read (G19).
LEADS, HEARERS = "desk lead", "appeals"


@dataclass(frozen=True, slots=True)
class Due:
    """A wait whose time is nearly over, or over, and whom it concerns."""

    pk: int
    due_at: datetime
    ended_at: datetime | None
    ticket_id: int
    public_id: object
    subject: str
    kind: str
    client_id: int | None
    client: str
    asker_id: int | None
    consultant_id: int | None
    # Of an appeal: who had a part in what it is against, and so is told nothing of it (G19).
    not_for: frozenset[int]

    @property
    def number(self) -> str:
        return Ticket(pk=self.ticket_id).number

    @property
    def url(self) -> str:
        return absolute("support:desk_ticket", public_id=self.public_id)


@dataclass(frozen=True, slots=True)
class Colleague:
    """Somebody of the desk who is written to. `own`: the clients for whom they speak themselves, of whose tickets they
    are told nothing as staff."""

    pk: int | None
    email: str
    language: str
    time_zone: str
    name: str = ""
    roles: frozenset[str] = frozenset()
    own: frozenset[int] = frozenset()


def count_due(*, now: datetime) -> tuple[int, int]:
    """Of how many waits `check_response_times` would warn, and of how many breaches it would tell."""
    return Wait.objects.to_warn(now).count(), Wait.objects.breach_to_tell(now).count()


def check_response_times(*, now: datetime, together: int = TOGETHER) -> tuple[int, int]:
    """Records every breach, for good, and tells of it and of what is due soon (S9): whoever has taken the ticket, and
    the desk lead; of a ticket that nobody has taken, the team's address too.

    Finds what is due by looking, so it may run twice, late, or on two workers at once: what another worker has in hand
    is left to it. Two queries where nothing is due. A breach that cannot be told of is recorded all the same, and told
    of by a later run. Never inside a transaction. Returns of how many waits it warned, and of how many breaches it
    told.
    """
    warned = breached = 0
    while True:
        with transaction.atomic():
            late = _claimed(Wait.objects.breach_to_tell(now), together)
            if late:
                Wait.objects.filter(pk__in=late, breached_at=None).update(breached_at=now)
            # After the breaches are recorded: what is late already is no longer to be warned of.
            soon = _claimed(Wait.objects.to_warn(now), together)
            if late or soon:
                told = _told(late, soon, now)
                breached += len(late) if told else 0
                warned += len(soon) if told else 0
                if not told:
                    return warned, breached
        if len(late) < together and len(soon) < together:
            return warned, breached


def _claimed(due: WaitQuerySet, together: int) -> list[int]:
    """Locked for us; where another worker has been meanwhile, a row is due no more."""
    claim = due.select_for_update(no_key=True, skip_locked=True).values_list("pk", flat=True)
    found = list(claim[: min(FEW, together)])
    return list(claim[:together]) if len(found) == FEW < together else found


def _told(late: list[int], soon: list[int], now: datetime) -> bool:
    """Writes the mails and marks what they tell of, all or nothing. A mail that cannot be written undoes no record of a
    breach: it is logged, and the next run tries again."""
    try:
        with transaction.atomic():
            Wait.objects.filter(pk__in=late).update(breach_told_at=now)
            Wait.objects.filter(pk__in=soon).update(warned_at=now)
            outbox.write_many(_letters(_loaded(late), _loaded(soon)), now=now)
    except Exception:
        logger.exception("Could not tell of %s breaches and %s warnings", len(late), len(soon))
        return False
    return True


def _loaded(waits: list[int]) -> list[Due]:
    """In the order in which they are or were due."""
    if not waits:
        return []
    rows = Wait.objects.filter(pk__in=waits).order_by("due_at", "id")
    not_for: dict[int, set[int]] = {}
    for ticket, user in Ticket.not_for.through.objects.filter(
        ticket__kind=Ticket.Kind.APPEAL, ticket__waits__in=waits
    ).values_list("ticket_id", "user_id"):
        not_for.setdefault(ticket, set()).add(user)
    return [
        Due(*row, frozenset(not_for.get(row[3], ())))
        for row in rows.values_list(
            "pk",
            "due_at",
            "ended_at",
            "ticket_id",
            "ticket__public_id",
            "ticket__subject",
            "ticket__kind",
            "ticket__client_id",
            "ticket__client__customer__name",
            "ticket__asker_id",
            "ticket__consultant_id",
        )
    ]


def _letters(late: Sequence[Due], soon: Sequence[Due]) -> Iterator[outbox.Letter]:
    people = _people({each.consultant_id for each in (*late, *soon)} - {None})
    names = {each.pk: each.name for each in people}
    readers = [*people, *_team()]
    for reader in readers:
        of_them = [_concerning(reader, found, people) for found in (late, soon)]
        if not any(of_them):
            continue
        first, event = (of_them[0][0], "breached") if of_them[0] else (of_them[1][0], "warned")
        yield outbox.Letter(
            kind="support/response_times",
            # A wait is warned of once and its breach told of once, so this mail can be written once.
            cause=f"wait:{first.pk}:{event}",
            to=reader.email,
            language=reader.language,
            time_zone=reader.time_zone or settings.DESK_TIME_ZONE,
            context={
                "late": _lines(of_them[0], names),
                "late_count": len(of_them[0]),
                "late_more": max(0, len(of_them[0]) - NAMED),
                "soon": _lines(of_them[1], names),
                "soon_count": len(of_them[1]),
                "soon_more": max(0, len(of_them[1]) - NAMED),
                "zone": reader.time_zone or settings.DESK_TIME_ZONE,
            },
        )


def _lines(found: Sequence[Due], names: dict[int | None, str]) -> list[dict[str, object]]:
    return [
        {
            "number": each.number,
            # Each on one line, whatever was typed: where a paragraph ends, a button could begin.
            "subject": " ".join(each.subject.split()),
            "client": " ".join((each.client or "").split()),
            "due_at": each.due_at,
            "ended_at": each.ended_at,
            "consultant": names.get(each.consultant_id, ""),
            "url": each.url,
        }
        for each in found[:NAMED]
    ]


def _concerning(reader: Colleague, found: Iterable[Due], people: Sequence[Colleague]) -> list[Due]:
    """What of it `reader` is told. An appeal is told to those who hear appeals, in the desk lead's stead, and never to
    whoever had a part in what it is against."""
    working = {each.pk for each in people}

    def concerns(due: Due) -> bool:
        if due.kind == Ticket.Kind.APPEAL:
            if reader.pk is None or reader.pk in due.not_for:
                return False
            by_role = HEARERS in reader.roles
        elif reader.pk is None:
            return due.consultant_id not in working
        else:
            by_role = LEADS in reader.roles
        if due.client_id in reader.own or due.asker_id == reader.pk:
            return False
        return by_role or due.consultant_id == reader.pk

    return [due for due in found if concerns(due)]


def _people(consultants: set[int | None]) -> list[Colleague]:
    """Those who have taken a ticket, the desk leads and those who hear appeals, as far as they still work here. Where
    there is no desk lead, whoever runs the site is told in their stead."""
    active = User.objects.filter(is_active=True).order_by("pk")
    found: dict[int, tuple[User, set[str]]] = {}
    of_role = Q(groups__name__in=(LEADS, HEARERS))
    for user in active.filter(Q(pk__in=consultants) | of_role).annotate(role=F("groups__name")):
        found.setdefault(user.pk, (user, set()))[1].add(user.role or "")
    if not any(LEADS in roles for _user, roles in found.values()):
        for chief in active.filter(is_superuser=True):
            found.setdefault(chief.pk, (chief, set()))[1].add(LEADS)
    return [_colleague(user, frozenset(roles & {LEADS, HEARERS})) for user, roles in found.values()]


def _colleague(user: User, roles: frozenset[str]) -> Colleague:
    # Whoever has no role is told of what they took themselves, and nobody takes a ticket of their own client.
    own = Client.objects.visible_to(user).values_list("pk", flat=True) if roles else ()
    return Colleague(user.pk, user.email, user.language, user.time_zone, str(user), roles, frozenset(own))


def _team() -> list[Colleague]:
    if not settings.DESK_TEAM_ADDRESS:
        return []
    return [Colleague(None, settings.DESK_TEAM_ADDRESS, settings.LANGUAGE_CODE, "")]
