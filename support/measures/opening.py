"""How fast a client opens a ticket, beside the same work by hand."""

import json
import multiprocessing
import statistics
import time
import uuid
from collections.abc import Callable, Iterable
from contextlib import closing
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import connection
from django.utils import timezone

from base.measure import Measurement, by_hand_connection, in_turn
from base.registry import measured
from profiles.models import User
from support.desk_calendar import DaysOff, deadline, desk_zone, public_holidays
from support.models import Client, Ticket
from support.tickets import open_ticket
from support.working_time import WorkingCalendar

AT_ONCE = 8
# Tickets that each of them opens.
EACH = 25
# A client, who asks for them, and the address of that person.
Who = tuple[int, int, str]


def askers(number: int) -> list[tuple[Client, User]]:
    """So many clients, each with who asks, as the page has them before it calls the function."""
    clients = Client.objects.select_related("customer__professional__owner").order_by("pk")
    found = list(clients[:number])
    return [(each, each.customer.professional.owner) for each in found if each.customer.professional]


def ours(who: tuple[Client, User]) -> None:
    client, asker = who
    now = timezone.now()
    open_ticket(
        subject="Publishing",
        text="How is it published?",
        channel=Ticket.Channel.WEB,
        asked_at=now,
        now=now,
        client=client,
        asker=asker,
        name="Somebody",
        email=asker.email,
        language="es-mx",
        public_id=uuid.uuid4(),
    )


def by_hand(raw: Any, who: Who) -> None:
    """The same rows locked, read and written in single statements; the deadline by the same pure function."""
    now, public_id = timezone.now(), str(uuid.uuid4())
    with raw.cursor() as cursor:
        cursor.execute("SELECT 1 FROM support_ticket WHERE public_id = %s", [public_id])
        opened_by_hand(cursor, who, "web", public_id, now)
    raw.commit()


def opened_by_hand(
    cursor: Any, who: Who, channel: str, public_id: str, now: datetime, mail: tuple[int, str] | None = None
) -> None:
    """A ticket with its message, wait and event, and the mail that acknowledges it. `mail`: id and Message-ID of the
    one by which it came."""
    client_id, asker_id, email = who
    mail_id, answers = mail or (None, "")
    cursor.execute(
        "SELECT u.name FROM support_client c JOIN billing_customer u ON u.id = c.customer_id WHERE c.id = %s",
        [client_id],
    )
    name = cursor.fetchone()[0]
    cursor.execute(
        "SELECT v.id FROM support_agreementversion v JOIN support_agreement a ON a.id = v.agreement_id "
        "WHERE a.client_id = %s AND v.written_at <= %s ORDER BY v.number DESC LIMIT 1",
        [client_id, now],
    )
    version = cursor.fetchone()[0]
    cursor.execute("SELECT weekday, opens, closes FROM support_openinghours")
    week: dict[int, list[Any]] = {}
    for weekday, opens, closes in cursor.fetchall():
        week.setdefault(weekday, []).append((opens, closes))
    cursor.execute("SELECT first_day, last_day, name FROM support_closure")
    calendar = WorkingCalendar(
        timezone=settings.DESK_TIME_ZONE,
        week=week,
        closed=DaysOff(tuple(cursor.fetchall()), public_holidays()),
        standard_day=timedelta(minutes=settings.DESK_STANDARD_DAY_MINUTES),
    )
    due = deadline(now, calendar)
    warn_at = calendar.add(now, calendar.standard_day * 3 / 4)
    cursor.execute(
        "INSERT INTO support_ticket (public_id, kind, channel, state, subject, language, asked_at, tag, client_id,"
        " asker_id, name, email, phone, agreement_version_id, placement, courtesy_minutes, rating_text, about) "
        "VALUES (%s, 'request', %s, 'open', 'Publishing', 'es-mx', %s, %s, %s, %s, 'Somebody', %s, '', %s, '',"
        " 0, '', '') RETURNING id",
        [public_id, channel, now, public_id[:20], client_id, asker_id, email, version],
    )
    ticket = cursor.fetchone()[0]
    cursor.execute(
        "INSERT INTO support_wait (ticket_id, asked_at, began_at, minutes, warn_at, due_at, days_off, ending) "
        "VALUES (%s, %s, %s, %s, %s, %s, %s, '') RETURNING id",
        [ticket, now, due.began_at, due.minutes, warn_at, due.due_at, json.dumps(due.days_off)],
    )
    wait = cursor.fetchone()[0]
    cursor.execute(
        "INSERT INTO support_message (public_id, ticket_id, kind, channel, text, quoted, author_id, name, email,"
        " at, wait_id, unneeded_why, mail_id) VALUES (%s, %s, 'asked', %s, 'How is it published?', '', %s, 'Somebody',"
        " %s, %s, %s, '', %s)",
        [str(uuid.uuid4()), ticket, channel, asker_id, email, now, wait, mail_id],
    )
    cursor.execute(
        "INSERT INTO support_ticketevent (actor_id, from_state, to_state, reason, at, ticket_id, kind, about) "
        "VALUES (%s, '', 'open', '', %s, %s, 'opened', '')",
        [asker_id, now, ticket],
    )
    text = f"{name}: T-{ticket:06d}, by {due.due_at.astimezone(desk_zone()):%d %B %H:%M}"
    cursor.execute(
        "INSERT INTO mail_outgoingmail (kind, cause, recipient, reply_to, in_reply_to, unsubscribe_url, calendar,"
        " language, subject, text, message_id, state, attempts, last_error, written_at, due_at) VALUES "
        "('support/ticket_received', %s, %s, '', %s, '', '', 'es-mx', 'Subject', %s, %s, 'queued', 0, '', %s, %s) "
        "ON CONFLICT DO NOTHING",
        [f"message:{public_id}", email, answers, text, uuid.uuid4().hex, now, now],
    )


def _plain(who: tuple[Client, User]) -> Who:
    client, asker = who
    return client.pk, asker.pk, asker.email


@measured
def desk_tickets_opened(repeats: int) -> list[Measurement]:
    """A client opens a ticket by the form on the web: one after the other, and eight at once."""
    each = repeats * 20
    found = askers(2 * each + 20)
    possible = iter(found * (1 + (2 * each + 20) // max(1, len(found))))
    with closing(by_hand_connection()) as raw:
        one = in_turn(
            f"open a ticket by web, {Ticket.objects.count():,} there already",
            ours=lambda: ours(next(possible)),
            by_hand=lambda: by_hand(raw, _plain(next(possible))),
            repeats=each,
            goal="ratio ≤ 3, ≤ 12 queries",
        )
    found = askers(AT_ONCE * EACH)
    pairs = ((found, [_plain(who) for who in found]) for _ in range(repeats))
    return [one, eight_at_once(pairs, ours, by_hand)]


def eight_at_once(
    pairs: Iterable[tuple[list[Any], list[Any]]],
    ours: Callable[[Any], None],
    by_hand: Callable[[Any, Any], None],
) -> Measurement:
    """Eight processes that open tickets, in turn by us and by hand; each pair is what the two open."""

    def all_ours(share: list[Any]) -> None:
        for each in share:
            ours(each)

    def all_by_hand(share: list[Any]) -> None:
        with closing(by_hand_connection()) as raw:
            for each in share:
                by_hand(raw, each)

    times = [(_at_once(all_ours, one), _at_once(all_by_hand, other)) for one, other in pairs]
    mine, hand = statistics.median(time[0] for time in times), statistics.median(time[1] for time in times)
    return Measurement(
        "… 8 at once, per ticket",
        ours_median=mine,
        ours_p95=max(time[0] for time in times),
        by_hand_median=hand,
        goal="ratio ≤ 3",
        note=f"{1000 / mine:,.0f} a second, by hand {1000 / hand:,.0f}",
    )


def _at_once(work: Callable[[list[Any]], None], all_of_them: list[Any]) -> float:
    """Milliseconds for each, when as many processes as are at once do them, counted from when all are ready."""
    shares = [all_of_them[number::AT_ONCE] for number in range(AT_ONCE)]
    connection.close()
    fork = multiprocessing.get_context("fork")
    ready = fork.Barrier(len(shares) + 1)

    def run(share: list[Any]) -> None:
        connection.ensure_connection()
        ready.wait()
        work(share)
        connection.close()

    processes = [fork.Process(target=run, args=(share,)) for share in shares]
    for process in processes:
        process.start()
    ready.wait()
    begun = time.perf_counter()
    for process in processes:
        process.join()
    if any(process.exitcode for process in processes):
        raise RuntimeError("One of them failed: see its traceback above.")
    return (time.perf_counter() - begun) * 1000 / len(all_of_them)
