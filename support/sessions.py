"""Sessions planned with a client, held, and both sides reminded of them (S4)."""

import uuid
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from base.jobs import for_each
from base.models import move_to
from profiles.models import User
from support import letters
from support.clients import refuse_own
from support.errors import SupportError, form_used
from support.models import Agreement, PlannedSession, PlannedSessionEvent, Ticket

State = PlannedSession.State
# Both sides are reminded this long before a session; of one that was planned later than that, at once.
REMIND_BEFORE = timedelta(hours=24)
# Beyond that a year was mistyped.
PLANNED_WITHIN = timedelta(days=5 * 365)


def plan_session(
    *,
    agreement: Agreement,
    kind: str,
    about: str,
    starts_at: datetime,
    minutes: int,
    consultant: User,
    by: User,
    now: datetime,
    where: str = "",
    public_id: uuid.UUID | None = None,
) -> PlannedSession:
    """A session at a set time; the client is told. `public_id` is what makes two sendings of one form one session: the
    same id again returns what stands. Raises SupportError: "in_the_past", "too_far", "own_business", "form_used"."""
    _refuse_past(starts_at, now)
    refuse_own(agreement.client, by)
    with transaction.atomic():
        if public_id:
            # Of two sendings at once the second waits here, and then sees what the first planned.
            Agreement.objects.select_for_update(no_key=True).get(pk=agreement.pk)
            standing = PlannedSession.objects.filter(public_id=public_id).first()
            if standing:
                if (standing.agreement_id, standing.about) != (agreement.pk, about):
                    raise form_used(standing.about)
                return standing
        session = PlannedSession.objects.create(
            public_id=public_id or uuid.uuid4(),
            agreement=agreement,
            kind=kind,
            about=about,
            starts_at=starts_at,
            minutes=minutes,
            where=where,
            consultant=consultant,
        )
        event = _note(session, "", by, now)
        letters.session_planned(session, event.pk, now)
        return session


def move_session(
    *, session: PlannedSession, starts_at: datetime, reason: str, by: User, now: datetime
) -> PlannedSession:
    """Another time for a session that is still to come; the client is told, and both are reminded anew.

    Raises SupportError: "in_the_past", "too_far", "session_ended", "own_business".
    """
    _refuse_past(starts_at, now)
    refuse_own(session.agreement.client, by)
    with transaction.atomic():
        session = _locked(session)
        if session.state != State.PLANNED:
            raise _ended(session)
        if session.starts_at == starts_at:
            return session
        session.starts_at, session.reminded_at = starts_at, None
        session.save(update_fields=["starts_at", "reminded_at"])
        event = _note(session, session.state, by, now, reason)
        letters.session_moved(session, event.pk, reason, now)
        return session


def hold_session(*, session: PlannedSession, by: User, now: datetime) -> PlannedSession:
    """It took place. Raises SupportError: "session_ended", "not_yet" (it has not begun), "own_business"."""
    refuse_own(session.agreement.client, by)
    with transaction.atomic():
        session = _locked(session)
        if session.state == State.HELD:
            return session
        if session.state != State.PLANNED:
            raise _ended(session)
        if now < session.starts_at:
            raise SupportError("not_yet", _("This session has not begun. Nothing was changed."))
        _move(session, State.HELD, by, now)
        return session


def cancel_session(*, session: PlannedSession, reason: str, by: User, now: datetime) -> PlannedSession:
    """It will not take place; the client is told why. Raises SupportError: "no_reason", "session_ended",
    "own_business"."""
    refuse_own(session.agreement.client, by)
    if not reason.strip():
        raise SupportError(
            "no_reason", _("Say why the session is cancelled: both sides read it."), field="reason"
        )
    with transaction.atomic():
        session = _locked(session)
        if session.state == State.CANCELLED:
            return session
        if session.state != State.PLANNED:
            raise _ended(session)
        event = _move(session, State.CANCELLED, by, now, reason)
        letters.session_cancelled(session, event.pk, reason, now)
        return session


def agreements_to_meet(ticket: Ticket) -> QuerySet[Agreement]:
    """Under which a session would be planned with the client of `ticket`. Raises SupportError: "no_agreement"."""
    agreements = Agreement.objects.filter(client=ticket.client_id)
    if ticket.kind == Ticket.Kind.APPEAL or not agreements.exists():
        raise SupportError(
            "no_agreement", _("Sessions are planned with clients, under an agreement: here there is none.")
        )
    return agreements


def to_remind_of(now: datetime) -> QuerySet[PlannedSession]:
    """Sessions that begin within a day and of which nobody was reminded. One that has begun is not reminded of."""
    return PlannedSession.objects.filter(
        state=State.PLANNED, reminded_at=None, starts_at__gt=now, starts_at__lte=now + REMIND_BEFORE
    )


def remind_of_sessions(*, now: datetime) -> int:
    """Reminds client and consultant of what is to come, once each (X3); returns of how many sessions."""

    def remind(pk: int) -> bool:
        session = to_remind_of(now).select_for_update(no_key=True, skip_locked=True).filter(pk=pk).first()
        if session is None:
            return False
        session.reminded_at = now
        session.save(update_fields=["reminded_at"])
        letters.session_reminder(session, now)
        return True

    return for_each(to_remind_of(now), remind, what="remind of")


def _refuse_past(starts_at: datetime, now: datetime) -> None:
    if starts_at <= now:
        raise SupportError("in_the_past", _("A session is planned for a time to come."), field="starts_at")
    if starts_at > now + PLANNED_WITHIN:
        raise SupportError("too_far", _("That is years away. Look at the year."), field="starts_at")


def _ended(session: PlannedSession) -> SupportError:
    return SupportError(
        "session_ended",
        _("This session was %(state)s already. Nothing was changed.")
        % {"state": session.get_state_display()},
    )


def _locked(session: PlannedSession) -> PlannedSession:
    return PlannedSession.objects.select_for_update(no_key=True).get(pk=session.pk)


def _move(
    session: PlannedSession, to: PlannedSession.State, by: User, now: datetime, reason: str = ""
) -> PlannedSessionEvent:
    before = move_to(session, to)
    session.save(update_fields=["state"])
    return _note(session, before, by, now, reason)


def _note(
    session: PlannedSession, before: str, by: User, now: datetime, reason: str = ""
) -> PlannedSessionEvent:
    return PlannedSessionEvent.objects.create(
        session=session, actor=by, from_state=before, to_state=session.state, reason=reason, at=now
    )
