"""How fast tickets are opened, response times are checked and figures are read, beside the same work by hand in SQL."""

import json
import multiprocessing
import statistics
import time
import uuid
from collections.abc import Callable
from contextlib import closing
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import connection
from django.utils import timezone

from base.measure import Measurement, by_hand_connection, in_turn, milliseconds, queries_of
from base.registry import measured
from mail.models import OutgoingMail
from profiles.models import User
from support.desk_calendar import DaysOff, deadline, desk_zone, public_holidays, working_calendar
from support.figures import heads_of, period, sheets_of
from support.models import Client, Ticket, Wait
from support.response_times import check_response_times
from support.tickets import open_ticket
from support.working_time import WorkingCalendar

AT_ONCE = 8
DUE = (1_000, 10_000)
BATCH = 500


def askers(number: int, skip: int = 0) -> list[tuple[Client, User]]:
    """So many clients, each with who asks, as the page has them before it calls the function."""
    clients = Client.objects.select_related("customer__professional__owner").order_by("pk")
    found = list(clients[skip : skip + number])
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


def by_hand(raw: Any, who: tuple[int, int, str]) -> None:
    """The same rows locked, read and written in single statements; the deadline by the same pure function."""
    client_id, asker_id, email = who
    now, public_id = timezone.now(), str(uuid.uuid4())
    with raw.cursor() as cursor:
        cursor.execute(
            "SELECT c.id, u.name FROM support_client c JOIN billing_customer u ON u.id = c.customer_id "
            "WHERE c.id = %s FOR NO KEY UPDATE OF c",
            [client_id],
        )
        name = cursor.fetchone()[1]
        cursor.execute("SELECT 1 FROM support_ticket WHERE public_id = %s", [public_id])
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
            "VALUES (%s, 'request', 'web', 'open', 'Publishing', 'es-mx', %s, %s, %s, %s, 'Somebody', %s, '', %s, '',"
            " 0, '', '') RETURNING id",
            [public_id, now, public_id[:20], client_id, asker_id, email, version],
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
            " at, wait_id, unneeded_why) VALUES (%s, %s, 'asked', 'web', 'How is it published?', '', %s, 'Somebody',"
            " %s, %s, %s, '')",
            [str(uuid.uuid4()), ticket, asker_id, email, now, wait],
        )
        cursor.execute(
            "INSERT INTO support_ticketevent (actor_id, from_state, to_state, reason, at, ticket_id, kind, about) "
            "VALUES (%s, '', 'open', '', %s, %s, 'opened', '')",
            [asker_id, now, ticket],
        )
        text = f"{name}: T-{ticket:06d}, by {due.due_at.astimezone(desk_zone()):%d %B %H:%M}"
        _mail_by_hand(cursor, f"message:{public_id}", email, text, "ticket_received", now)
    raw.commit()


def _mail_by_hand(cursor: Any, cause: str, to: str, text: str, kind: str, now: datetime) -> None:
    cursor.execute(
        "INSERT INTO mail_outgoingmail (kind, cause, recipient, reply_to, in_reply_to, unsubscribe_url, calendar,"
        " language, subject, text, message_id, state, attempts, last_error, written_at, due_at) VALUES "
        "('support/' || %s, %s, %s, '', '', '', '', 'es-mx', 'Subject', %s, %s, 'queued', 0, '', %s, %s) "
        "ON CONFLICT DO NOTHING",
        [kind, cause, to, text, uuid.uuid4().hex, now, now],
    )


def _plain(who: tuple[Client, User]) -> tuple[int, int, str]:
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
    return [one, _eight_at_once(repeats)]


def _eight_at_once(repeats: int) -> Measurement:
    each = 25
    found = askers(AT_ONCE * each)
    shares = [found[number::AT_ONCE] for number in range(AT_ONCE)]
    number = sum(len(share) for share in shares)

    def run(work: Callable[[list[tuple[Client, User]]], None]) -> float:
        return _at_once(work, shares) / number

    pairs = [(run(_open_ours), run(_open_by_hand)) for _ in range(repeats)]
    mine, hand = statistics.median(p[0] for p in pairs), statistics.median(p[1] for p in pairs)
    return Measurement(
        "… 8 clients at once, per ticket",
        ours_median=mine,
        ours_p95=max(p[0] for p in pairs),
        by_hand_median=hand,
        goal="ratio ≤ 3",
        note=f"{1000 / mine:,.0f} a second, by hand {1000 / hand:,.0f}",
    )


def _open_ours(share: list[tuple[Client, User]]) -> None:
    for who in share:
        ours(who)


def _open_by_hand(share: list[tuple[Client, User]]) -> None:
    with closing(by_hand_connection()) as raw:
        for who in share:
            by_hand(raw, _plain(who))


def _at_once(work: Callable[[list[Any]], None], shares: list[list[Any]]) -> float:
    """Milliseconds until as many processes as shares have done theirs, counted from when all are ready."""
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
    return (time.perf_counter() - begun) * 1000


FIND_DUE = """
SELECT id FROM support_wait
WHERE (ended_at IS NULL OR breached_at IS NOT NULL) AND breach_told_at IS NULL AND due_at < %(now)s
ORDER BY due_at, id LIMIT %(batch)s FOR NO KEY UPDATE SKIP LOCKED
"""
FIND_SOON = """
SELECT id FROM support_wait
WHERE ended_at IS NULL AND warned_at IS NULL AND breached_at IS NULL AND warn_at <= %(now)s AND due_at >= %(now)s
ORDER BY warn_at, id LIMIT %(batch)s FOR NO KEY UPDATE SKIP LOCKED
"""


@measured
def desk_response_times(repeats: int) -> list[Measurement]:
    """The response-time check among all tickets, with nothing due, with a thousand and with ten thousand."""
    now = timezone.now()
    number_open, ended = Wait.objects.open().count(), Wait.objects.exclude(ended_at=None).count()

    def check() -> None:
        check_response_times(now=now)

    with closing(by_hand_connection()) as raw, raw.cursor() as cursor:

        def nothing_by_hand() -> None:
            cursor.execute(FIND_DUE, {"now": now, "batch": BATCH})
            cursor.fetchall()
            cursor.execute(FIND_SOON, {"now": now, "batch": BATCH})
            cursor.fetchall()
            raw.rollback()

        results = [
            in_turn(
                f"response-time check, nothing due among {number_open:,} open and {ended:,} ended",
                ours=check,
                by_hand=nothing_by_hand,
                repeats=repeats * 20,
                goal="≤ 3 ms whatever the size, ≤ 2 queries",
            )
        ]
        for wanted in DUE:
            results.append(_check_due(raw, min(wanted, number_open), check, now, repeats))
    return results


def _check_due(raw: Any, number: int, check: Callable[[], None], now: datetime, repeats: int) -> Measurement:
    mine, hand, statements = [], [], 0
    for turn in range(repeats + 1):
        _make_due(number, now)
        if turn == 0:  # Not timed: this one is counted.
            statements = queries_of(check)
            continue
        mine.append(milliseconds(check))
        _make_due(number, now)
        hand.append(milliseconds(lambda: _tell_by_hand(raw, now)))
    _make_due(0, now)
    batches = -(-number // BATCH)
    return Measurement(
        f"… {number:,} late",
        ours_median=statistics.median(mine),
        ours_p95=max(mine),
        by_hand_median=statistics.median(hand),
        queries=statements,
        goal="ratio ≤ 4, ≤ 5 queries per batch",
        note=f"{statements / batches:.1f} queries for each {BATCH}; one mail to each reader, by hand one for each wait",
    )


def _make_due(number: int, now: datetime) -> None:
    """So many of the open waits passed their time an hour ago and nobody was told; of the rest nothing is due."""
    OutgoingMail.objects.all().delete()
    Wait.objects.open().exclude(breached_at=None).update(
        breached_at=None,
        breach_told_at=None,
        due_at=now + timedelta(days=1),
        warn_at=now + timedelta(hours=12),
    )
    ids = list(Wait.objects.open().order_by("-pk").values_list("pk", flat=True)[:number])
    late = now - timedelta(hours=1)
    Wait.objects.filter(pk__in=ids).update(asked_at=late - timedelta(days=1), warn_at=late, due_at=late)
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE support_wait")


def _tell_by_hand(raw: Any, now: datetime) -> None:
    """Batches with SKIP LOCKED, the flags set and a row in the outbox for each."""
    with raw.cursor() as cursor:
        while True:
            cursor.execute(FIND_DUE, {"now": now, "batch": BATCH})
            due = [row[0] for row in cursor.fetchall()]
            if not due:
                raw.rollback()
                return
            cursor.execute(
                "UPDATE support_wait SET breached_at = %s, breach_told_at = %s WHERE id = ANY(%s)",
                [now, now, due],
            )
            values = ", ".join(
                cursor.mogrify(
                    "('support/late', %s, 'lead@quince.invalid', '', '', '', '', 'es-mx', 'Subject', %s, %s, 'queued',"
                    " 0, '', %s, %s)",
                    [f"wait:{pk}", f"Wait {pk} is late", uuid.uuid4().hex, now, now],
                ).decode()
                for pk in due
            )
            cursor.execute(
                "INSERT INTO mail_outgoingmail (kind, cause, recipient, reply_to, in_reply_to, unsubscribe_url,"
                " calendar, language, subject, text, message_id, state, attempts, last_error, written_at, due_at)"
                " VALUES " + values + " ON CONFLICT DO NOTHING"
            )
            raw.commit()


BY_MONTH = """
SELECT date_trunc('month', asked_at AT TIME ZONE %(zone)s) AS month, count(*),
       count(*) FILTER (WHERE ended_at <= due_at), percentile_disc(0.5) WITHIN GROUP (ORDER BY took_seconds),
       percentile_disc(0.95) WITHIN GROUP (ORDER BY took_seconds)
FROM support_wait WHERE ending = 'answer' AND asked_at >= %(since)s GROUP BY 1 ORDER BY 1
"""


@measured
def desk_figures(repeats: int) -> list[Measurement]:
    """The figures of twelve months, all sheets, as the page for the desk lead has them; by hand the sheet by month."""
    now = timezone.now()
    wanted = period(now=now)
    waits = Wait.objects.filter(asked_at__gte=wanted.bounds[0]).count()

    def all_sheets() -> None:
        heads_of(wanted, now=now)
        [sheet.shown for sheet in sheets_of(wanted, now=now).values()]

    with closing(by_hand_connection()) as raw, raw.cursor() as cursor:

        def one_by_hand() -> None:
            cursor.execute(BY_MONTH, {"zone": settings.DESK_TIME_ZONE, "since": wanted.bounds[0]})
            cursor.fetchall()
            raw.rollback()

        return [
            in_turn(
                f"the desk's figures of twelve months, {waits:,} waits",
                ours=all_sheets,
                by_hand=one_by_hand,
                repeats=repeats,
                goal="constant queries",
                note="by hand: the promise by month alone, one of ten sheets",
                memory=True,
            )
        ]


@measured
def desk_deadlines(repeats: int) -> list[Measurement]:
    """What a deadline costs by itself: the calendar read, and one working day counted on it."""
    now = timezone.now()

    def count() -> None:
        deadline(now, working_calendar())

    times = sorted(milliseconds(count) for _ in range(repeats * 20))
    return [
        Measurement(
            "a deadline, with its calendar read",
            ours_median=statistics.median(times),
            ours_p95=times[round(0.95 * (len(times) - 1))],
            queries=queries_of(count),
            goal="2 queries",
        )
    ]
