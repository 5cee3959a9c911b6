"""What the desk is shown of planned sessions: its list, one of them, and what a consultant holds next (S4)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import QuerySet, TextChoices
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from profiles.models import User
from support.desk import end_of_day
from support.models import Client, PlannedSession
from support.models.sessions import PlannedSessionQuerySet
from support.session_forms import CancelForm, MoveForm

State = PlannedSession.State
# On the first screen; the list has the rest.
NEXT_SHOWN = 3
NEXT_WITHIN = timedelta(days=7)


class Which(TextChoices):
    """Which sessions are listed."""

    PLANNED = "", pgettext_lazy("sessions", "Planned")
    MINE = "mine", pgettext_lazy("sessions", "Mine")
    ENDED = "ended", pgettext_lazy("sessions", "Held or cancelled")


class Group(TextChoices):
    """Of those that are planned, by the clock and in this order."""

    OVER = "over", _("Over: were they held?")
    TODAY = "today", _("Today")
    LATER = "later", _("Later")
    ENDED = "ended", pgettext_lazy("sessions", "Held or cancelled")


@dataclass(frozen=True, slots=True)
class Row:
    """A session in a list. `begun`: it is going on."""

    session: PlannedSession
    group: Group
    begun: bool


def listed(reader: User, which: str) -> PlannedSessionQuerySet:
    """What the desk's list shows, in its order: what passed and still has to be held or cancelled, then what is to
    come; of what has ended the newest first."""
    sessions = PlannedSession.objects.at_the_desk(reader)
    if which == Which.ENDED:
        sessions = sessions.exclude(state=State.PLANNED).order_by("-starts_at", "-pk")
    else:
        sessions = sessions.planned()
        if which == Which.MINE:
            sessions = sessions.filter(consultant=reader)
    return sessions.select_related("agreement__client__customer", "consultant")


def in_groups(sessions: Iterable[PlannedSession], now: datetime) -> Sequence[tuple[Group, Sequence[Row]]]:
    """These `sessions` as the clock has them, in the order in which they come."""
    ends = end_of_day(now)
    rows = [Row(each, _group_of(each, now, ends), each.starts_at <= now < each.ends_at) for each in sessions]
    groups = [(group, [row for row in rows if row.group == group]) for group in Group]
    return [(group, found) for group, found in groups if found]


def held_next(reader: User, now: datetime) -> Sequence[tuple[Group, Sequence[Row]]]:
    """Of the sessions of `reader` the first that are over and not settled yet, or begin within a week: one query by
    their index, however many there are; a second where there are any."""
    if not reader.has_perm("support.view_plannedsession"):
        return ()
    rows = list(to_hold(reader, now)[:NEXT_SHOWN])
    own = Client.objects.ids_visible_to(reader) if rows else []
    return in_groups([each for each in rows if each.agreement.client_id not in own], now)


def to_hold(reader: User, now: datetime) -> PlannedSessionQuerySet:
    """What `reader` has held or holds within a week."""
    mine = PlannedSession.objects.planned().filter(consultant=reader, starts_at__lt=now + NEXT_WITHIN)
    return mine.select_related("agreement__client__customer", "consultant")


def session_shown(
    session: PlannedSession,
    *,
    reader: User,
    now: datetime,
    moving: MoveForm | None = None,
    cancelling: CancelForm | None = None,
) -> dict[str, Any]:
    """`session` with its history and what `reader` can do with it. `moving` and `cancelling` are what was sent and
    refused, to be shown again, also where it has ended meanwhile."""
    may_change = session.state == State.PLANNED and reader.has_perm("support.change_plannedsession")
    return {
        "session": session,
        "events": history_of(session),
        "over": session.state == State.PLANNED and session.ends_at <= now,
        "may_change": may_change,
        "begun": session.starts_at <= now,
        "moving": moving or (MoveForm(session=session) if may_change else None),
        "cancelling": cancelling or (CancelForm() if may_change else None),
    }


def history_of(session: PlannedSession) -> Sequence[tuple[Any, Any]]:
    """Its events, each with what became of it then."""
    events: QuerySet[Any] = session.events.select_related("actor").order_by("at", "pk")
    return [
        (event, _("moved") if event.from_state == event.to_state else State(event.to_state).label)
        for event in events
    ]


def _group_of(session: PlannedSession, now: datetime, ends: datetime) -> Group:
    if session.state != State.PLANNED:
        return Group.ENDED
    if session.ends_at <= now:
        return Group.OVER
    return Group.TODAY if session.starts_at < ends else Group.LATER
