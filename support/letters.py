"""The mails of the desk, written in the transaction of their cause (X3)."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.conf import settings
from django.utils import translation
from django.utils.translation import gettext as _

from base.links import absolute
from mail import outbox
from mail.calendars import Appointment, calendar_file
from profiles.models import User
from support.models import Agreement, Client, ClientPerson, PlannedSession, Quote


def quote_sent(quote: Quote, now: datetime) -> None:
    _to_client("quote_sent", f"quote:{quote.public_id}", quote.client, _of_quote(quote), now, signing=True)


def quote_withdrawn(quote: Quote, reason: str, now: datetime) -> None:
    context = _of_quote(quote) | {"reason": reason}
    _to_client("quote_withdrawn", f"quote:{quote.public_id}", quote.client, context, now, signing=True)


def quote_declined(quote: Quote, reason: str, now: datetime) -> None:
    """To whoever made it."""
    context = _of_quote(quote) | {"reason": reason}
    _to_staff("quote_declined", f"quote:{quote.public_id}", quote.made_by, context, now)


def agreement_signed(agreement: Agreement, quote: Quote, now: datetime) -> None:
    """To the client, and to whoever made the quote."""
    context = _of_quote(quote) | {
        "agreement": agreement,
        "url": absolute("support:agreement", public_id=agreement.public_id),
    }
    cause = f"agreement:{agreement.public_id}"
    _to_client("agreement_signed", cause, agreement.client, context, now, signing=True)
    _to_staff("quote_accepted", cause, quote.made_by, context, now)


def session_planned(session: PlannedSession, event_id: int, now: datetime) -> None:
    _of_session("session_planned", session, f"session_event:{event_id}", now)


def session_moved(session: PlannedSession, event_id: int, reason: str, now: datetime) -> None:
    _of_session("session_moved", session, f"session_event:{event_id}", now, reason=reason)


def session_cancelled(session: PlannedSession, event_id: int, reason: str, now: datetime) -> None:
    _of_session("session_cancelled", session, f"session_event:{event_id}", now, reason=reason)


def session_reminder(session: PlannedSession, now: datetime) -> None:
    cause = f"session:{session.public_id}:{session.starts_at:%Y%m%dT%H%M}"
    _of_session("session_reminder", session, cause, now)


def _of_quote(quote: Quote) -> dict[str, Any]:
    return {
        "quote": quote,
        "client": str(quote.client),
        "url": absolute("support:quote", public_id=quote.public_id),
    }


def _of_session(name: str, session: PlannedSession, cause: str, now: datetime, **more: Any) -> None:
    """To the client and to the consultant, with the appointment for their calendars."""
    client = session.agreement.client
    url = absolute("support:agreement", public_id=session.agreement.public_id)
    context = {"session": session, "client": str(client), "url": url} | more
    with translation.override(client.language or settings.LANGUAGE_CODE):
        calendar = calendar_file(
            [
                Appointment(
                    uid=f"session-{session.public_id}",
                    starts_at=session.starts_at,
                    minutes=session.minutes,
                    summary=session.about,
                    description=str(_("With %(name)s")) % {"name": session.consultant},
                    where=session.where,
                    url=url,
                    cancelled=session.state == PlannedSession.State.CANCELLED,
                )
            ],
            now=now,
        )
    _to_client(name, cause, client, context, now, calendar=calendar)
    _to_staff(name, cause, session.consultant, context, now, calendar=calendar)


def _to_client(
    name: str,
    cause: str,
    client: Client,
    context: dict[str, Any],
    now: datetime,
    *,
    signing: bool = False,
    calendar: str = "",
) -> None:
    """To everybody who speaks for the client; with `signing`, to those alone who sign for it."""
    for to, language in _people(client, signing):
        outbox.write(
            kind=f"support/{name}",
            cause=cause,
            to=to,
            language=language,
            context=context | {"to_client": True},
            time_zone=settings.DESK_TIME_ZONE,
            calendar=calendar,
            now=now,
        )


def _people(client: Client, signing: bool) -> Iterable[tuple[str, str]]:
    """Addresses and languages. Of a business that was closed nobody is left to be written to."""
    business = client.customer.professional
    if business is not None:
        return [] if business.closed_at else [(business.owner.email, business.owner.language)]
    people = ClientPerson.objects.speaking().filter(client=client)
    if signing:
        people = people.filter(role=ClientPerson.Role.SIGNS)
    return [(email, client.language) for email in people.values_list("email", flat=True)]


def _to_staff(
    name: str, cause: str, user: User, context: dict[str, Any], now: datetime, *, calendar: str = ""
) -> None:
    outbox.write(
        kind=f"support/{name}",
        cause=cause,
        to=user.email,
        language=user.language,
        context=context | {"to_client": False},
        time_zone=settings.DESK_TIME_ZONE,
        calendar=calendar,
        now=now,
    )
