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
    are told nothing as staff. `chief`: who runs the site."""

    pk: int | None
    email: str
    language: str
    time_zone: str
    name: str = ""
    roles: frozenset[str] = frozenset()
    own: frozenset[int] = frozenset()
    chief: bool = False


def count_due(*, now: datetime) -> tuple[int, int]:
    """Of how many waits `check_response_times` would warn, and of how many breaches it would tell."""
    return Wait.objects.to_warn(now).count(), Wait.objects.breach_to_tell(now).count()


def check_response_times(*, now: datetime, together: int = TOGETHER) -> tuple[int, int]:
    """Records every breach, for good, and tells of it and of what is due soon (S9): whoever has taken the ticket, and
    the desk lead; of a ticket that nobody has taken, the team's address too; of what no desk lead may be told, or there
    is none, whoever runs the site.

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
    stuck = _nobody_may_answer((*late, *soon), people)
    for reader in readers:
        of_them = [_concerning(reader, found, people) for found in (late, soon)]
        if not any(of_them):
            continue
        # To whoever runs the site alone it says that they may answer it.
        told_stuck = stuck if reader.chief else frozenset[int]()
        first, event = (of_them[0][0], "breached") if of_them[0] else (of_them[1][0], "warned")
        yield outbox.Letter(
            kind="support/response_times",
            # A wait is warned of once and its breach told of once, so this mail can be written once.
            cause=f"wait:{first.pk}:{event}",
            to=reader.email,
            language=reader.language,
            time_zone=reader.time_zone or settings.DESK_TIME_ZONE,
            context={
                "late": _lines(of_them[0], names, told_stuck),
                "late_count": len(of_them[0]),
                "late_more": max(0, len(of_them[0]) - NAMED),
                "soon": _lines(of_them[1], names, told_stuck),
                "soon_count": len(of_them[1]),
                "soon_more": max(0, len(of_them[1]) - NAMED),
                "zone": reader.time_zone or settings.DESK_TIME_ZONE,
            },
        )


def _lines(
    found: Sequence[Due], names: dict[int | None, str], stuck: frozenset[int]
) -> list[dict[str, object]]:
    return [
        {
            "number": each.number,
            # Each on one line, whatever was typed: where a paragraph ends, a button could begin.
            "subject": " ".join(each.subject.split()),
            "client": " ".join((each.client or "").split()),
            "due_at": each.due_at,
            "ended_at": each.ended_at,
            "consultant": names.get(each.consultant_id, ""),
            "stuck": each.pk in stuck,
            "url": each.url,
        }
        for each in found[:NAMED]
    ]


def _concerning(reader: Colleague, found: Iterable[Due], people: Sequence[Colleague]) -> list[Due]:
    """What of it `reader` is told. An appeal is told to those who hear appeals, in the desk lead's stead, and never to
    whoever had a part in what it is against.

    Where nobody of them may be told, for there is none or it is their own business, whoever runs the site is told in
    their stead: of a desk whose only consultant is its client too, nobody else would ever hear."""
    working = {each.pk for each in people}

    def concerns(due: Due) -> bool:
        if reader.pk is None:
            return due.kind != Ticket.Kind.APPEAL and due.consultant_id not in working
        if _kept_from(reader, due):
            return False
        if due.consultant_id == reader.pk or _hears(reader, due):
            return True
        return reader.chief and not any(_hears(each, due) for each in people)

    return [due for due in found if concerns(due)]


def _kept_from(reader: Colleague, due: Due) -> bool:
    return reader.pk in due.not_for or due.client_id in reader.own or due.asker_id == reader.pk


def _hears(reader: Colleague, due: Due) -> bool:
    role = HEARERS if due.kind == Ticket.Kind.APPEAL else LEADS
    return role in reader.roles and not _kept_from(reader, due)


def _nobody_may_answer(found: Iterable[Due], people: Sequence[Colleague]) -> frozenset[int]:
    """What waits for ever unless whoever runs the site does something: everybody who could answer belongs to the client
    or had a part in it. The mail says so, for no page of the desk shows it to anybody else."""
    # Whoever hears of it may answer it.
    chiefs = {each.pk for each in people if each.chief}
    unheard = [
        due
        for due in found
        if due.consultant_id not in chiefs and not any(_hears(each, due) for each in people)
    ]
    able: dict[str, list[Colleague]] = {}
    for may in {_permission(due) for due in unheard}:
        users = User.objects.with_perm(
            may, include_superusers=False, backend=settings.AUTHENTICATION_BACKENDS[0]
        )
        able[may] = [_colleague(user, frozenset(), _own(user)) for user in users]
    return frozenset(
        due.pk for due in unheard if all(_kept_from(each, due) for each in able[_permission(due)])
    )


def _permission(due: Due) -> str:
    return "support.hear_appeal" if due.kind == Ticket.Kind.APPEAL else "support.answer_ticket"


def _people(consultants: set[int | None]) -> list[Colleague]:
    """Those who have taken a ticket, the desk leads, those who hear appeals, and whoever runs the site, as far as they
    still work here."""
    active = User.objects.filter(is_active=True).order_by("pk")
    found: dict[int, tuple[User, set[str]]] = {}
    concerned = Q(pk__in=consultants) | Q(groups__name__in=(LEADS, HEARERS)) | Q(is_superuser=True)
    for user in active.filter(concerned).annotate(role=F("groups__name")):
        found.setdefault(user.pk, (user, set()))[1].add(user.role or "")
    colleagues = []
    for colleague, roles in found.values():
        hearing = frozenset(roles & {LEADS, HEARERS})
        # Whoever has no role is told of what they took themselves, and nobody takes a ticket of their own client.
        own = _own(colleague) if hearing or colleague.is_superuser else frozenset()
        colleagues.append(_colleague(colleague, hearing, own))
    return colleagues


def _own(user: User) -> frozenset[int]:
    return frozenset(Client.objects.visible_to(user).values_list("pk", flat=True))


def _colleague(user: User, roles: frozenset[str], own: frozenset[int]) -> Colleague:
    return Colleague(
        user.pk, user.email, user.language, user.time_zone, str(user), roles, own, user.is_superuser
    )


def _team() -> list[Colleague]:
    if not settings.DESK_TEAM_ADDRESS:
        return []
    return [Colleague(None, settings.DESK_TEAM_ADDRESS, settings.LANGUAGE_CODE, "")]
