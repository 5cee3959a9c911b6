"""How fast contacts are bought and the 24 hours are checked, beside the same work by hand in SQL."""

import multiprocessing
import statistics
import time
import uuid
from collections import Counter
from collections.abc import Callable
from contextlib import closing
from datetime import datetime, timedelta
from typing import Any

from django.db import connection
from django.db.models import F
from django.utils import timezone

from base.days import marketplace_day
from base.measure import Measurement, by_hand_connection, in_turn, milliseconds, queries_of
from base.registry import invariants, measured
from billing.models import Period
from billing.top_ups import record_top_up
from mail.models import OutgoingMail
from marketplace.contacts import buy_contact
from marketplace.errors import MarketplaceError
from marketplace.first_contact import check_first_contacts
from marketplace.invariants import requests_are_masked
from marketplace.models import FIRST_CONTACT_WITHIN, Contact, Lead, Step
from profiles.models import Professional, User

BUYERS = 8
RIVALS = 16
DUE = 10_000

Deal = tuple[int, int, int]  # professional, lead, price in cents


def deals(number: int, now: datetime, skip: int = 0) -> list[Deal]:
    """`number` purchases that are possible: each of another professional and another lead."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            WITH buyers AS (
              SELECT professional_id AS id, row_number() OVER (ORDER BY id) AS n
              FROM billing_wallet WHERE balance_cents >= 20000 ORDER BY id OFFSET %(skip)s LIMIT %(number)s
            ), free AS (
              SELECT id, price_cents, row_number() OVER (ORDER BY id) AS n FROM marketplace_lead
              WHERE state = 'published' AND published_at > %(now)s::timestamptz - interval '29 days'
                AND places_taken < places ORDER BY id OFFSET %(skip)s LIMIT %(number)s
            )
            SELECT buyers.id, free.id, free.price_cents FROM buyers JOIN free USING (n)
            WHERE NOT EXISTS (SELECT FROM marketplace_contact c
                              WHERE c.professional_id = buyers.id AND c.lead_id = free.id)
            """,
            {"number": number, "now": now, "skip": skip},
        )
        return list(cursor.fetchall())


def ready(deal: Deal) -> tuple[Professional, Lead]:
    """The business and the lead, as the page has them before it calls the function."""
    professional_id, lead_id, _price_cents = deal
    return Professional.objects.get(pk=professional_id), Lead.objects.get(pk=lead_id)


def ours(found: tuple[Professional, Lead]) -> None:
    professional, lead = found
    buy_contact(
        professional=professional, lead=lead, price_seen_cents=lead.price_cents or 0, now=timezone.now()
    )


def by_hand(raw: Any, deal: Deal) -> None:
    """The same rows locked, checked and written, in single statements."""
    professional_id, lead_id, price_cents = deal
    now, public_id = timezone.now(), str(uuid.uuid4())
    day = marketplace_day(now)
    with raw.cursor() as cursor:
        cursor.execute(
            "SELECT name, phone, owner_id FROM profiles_professional WHERE id = %s FOR UPDATE",
            [professional_id],
        )
        name, phone, owner_id = cursor.fetchone()
        cursor.execute(
            "SELECT 1 FROM marketplace_contact WHERE professional_id = %s AND lead_id = %s",
            [professional_id, lead_id],
        )
        cursor.execute(
            "SELECT EXISTS (SELECT FROM billing_period p JOIN billing_invoice i ON i.id = p.invoice_id "
            "WHERE p.professional_id = %(pro)s AND starts_on <= %(day)s AND ends_on >= %(day)s AND NOT "
            "(i.due_on < %(day)s::date - 14 AND (i.paid_on IS NULL OR i.paid_on > %(day)s) "
            "AND (i.credited_on IS NULL OR i.credited_on > %(day)s))), "
            "EXISTS (SELECT FROM profiles_suspension WHERE professional_id = %(pro)s AND lifted_at IS NULL)",
            {"pro": professional_id, "day": day},
        )
        cursor.execute(
            "SELECT id, balance_cents FROM billing_wallet WHERE professional_id = %s FOR UPDATE",
            [professional_id],
        )
        wallet_id, balance = cursor.fetchone()
        cursor.execute(
            "SELECT state, published_at, price_cents, places, places_taken, homeowner_email, homeowner_phone "
            "FROM marketplace_lead WHERE id = %s FOR UPDATE",
            [lead_id],
        )
        email = cursor.fetchone()[5]
        cursor.execute("SELECT email FROM profiles_user WHERE id = %s", [owner_id])
        cursor.execute(
            "INSERT INTO billing_walletentry (wallet_id, amount_cents, balance_after_cents, kind, cause, at) "
            "VALUES (%s, %s, %s, 'purchase', %s, %s) RETURNING id",
            [wallet_id, -price_cents, balance - price_cents, f"contact:{public_id}", now],
        )
        entry_id = cursor.fetchone()[0]
        cursor.execute(
            "UPDATE billing_wallet SET balance_cents = %s WHERE id = %s", [balance - price_cents, wallet_id]
        )
        cursor.execute(
            "INSERT INTO marketplace_contact (public_id, professional_id, lead_id, price_cents, bought_at, bought_on,"
            " purchase_entry_id, outcome, lost_reason, homeowner_word, next_step, next_step_due_at) "
            "VALUES (%s, %s, %s, %s, %s, %s, %s, 'open', '', '', %s, %s) RETURNING id",
            [
                public_id,
                professional_id,
                lead_id,
                price_cents,
                now,
                day,
                entry_id,
                Step.CALL_FIRST,
                now + FIRST_CONTACT_WITHIN,
            ],
        )
        cursor.execute("UPDATE marketplace_lead SET places_taken = places_taken + 1 WHERE id = %s", [lead_id])
        _mail_by_hand(cursor, [(f"contact:{public_id}", email, f"{name} {phone}")], "contact_bought", now)
    raw.commit()


def _mail_by_hand(cursor: Any, letters: list[tuple[str, str, str]], kind: str, now: datetime) -> None:
    values = ", ".join(
        cursor.mogrify(
            "('marketplace/' || %s, %s, %s, '', '', '', '', 'es-mx', 'Subject', %s, %s, 'queued', 0, '', %s, %s)",
            [kind, cause, to, text, uuid.uuid4().hex, now, now],
        ).decode()
        for cause, to, text in letters
    )
    cursor.execute(
        "INSERT INTO mail_outgoingmail (kind, cause, recipient, reply_to, in_reply_to, unsubscribe_url, calendar,"
        " language, subject, text, message_id, state, attempts, last_error, written_at, due_at) VALUES "
        + values
        + " ON CONFLICT DO NOTHING"
    )


@measured
def buying(repeats: int) -> list[Measurement]:
    """One buyer, eight at once, and sixteen who want the last place."""
    now = timezone.now()
    each = repeats * 20
    possible = iter(deals(2 * each + 10, now))
    found = iter([ready(next(possible)) for _ in range(each + 5)])
    with closing(by_hand_connection()) as raw:
        one = in_turn(
            "buy a contact, one buyer",
            ours=lambda: ours(next(found)),
            by_hand=lambda: by_hand(raw, next(possible)),
            repeats=each,
            goal="ratio ≤ 2.5, ≤ 12 queries",
        )
    return [one, _eight_at_once(repeats, now), _last_place(rounds=min(200, 40 * repeats), now=now)]


def _eight_at_once(repeats: int, now: datetime) -> Measurement:
    found = deals(2 * BUYERS * 50 * repeats, now, skip=200)
    per_buyer = len(found) // (2 * BUYERS * repeats)  # fifty, where the marketplace is large enough
    possible = iter(found)

    def run(buy: Callable[[list[Deal]], None]) -> float:
        shares = [[next(possible) for _ in range(per_buyer)] for _ in range(BUYERS)]
        return _at_once(buy, shares) / (BUYERS * per_buyer)

    pairs = [(run(_buy_ours), run(_buy_by_hand)) for _ in range(repeats)]
    mine, hand = statistics.median(p[0] for p in pairs), statistics.median(p[1] for p in pairs)
    return Measurement(
        "… 8 buyers at once on different leads, per purchase",
        ours_median=mine,
        ours_p95=max(p[0] for p in pairs),
        by_hand_median=hand,
        goal="throughput ≥ 0.4 (ratio ≤ 2.5)",
        note=f"{1000 / mine:,.0f} a second, by hand {1000 / hand:,.0f}",
    )


def _buy_ours(share: list[Deal]) -> None:
    for deal in share:
        ours(ready(deal))


def _buy_by_hand(share: list[Deal]) -> None:
    with closing(by_hand_connection()) as raw:
        for deal in share:
            by_hand(raw, deal)


def _at_once(buy: Callable[[list[Deal]], None], shares: list[list[Deal]]) -> float:
    """Milliseconds until as many processes as shares have bought theirs, counted from when all are ready."""
    connection.close()
    fork = multiprocessing.get_context("fork")
    ready = fork.Barrier(len(shares) + 1)

    def work(share: list[Deal]) -> None:
        connection.ensure_connection()
        ready.wait()
        buy(share)
        connection.close()

    processes = [fork.Process(target=work, args=(share,)) for share in shares]
    for process in processes:
        process.start()
    ready.wait()
    begun = time.perf_counter()
    for process in processes:
        process.join()
    if any(process.exitcode for process in processes):
        raise RuntimeError("A buyer failed: see its traceback above.")
    return (time.perf_counter() - begun) * 1000


def _last_place(rounds: int, now: datetime) -> Measurement:
    """Sixteen processes want the same place at the same moment, round after round; then the books are checked."""
    leads = list(
        Lead.objects.buyable(now + timedelta(days=1))
        .filter(places_taken=F("places") - 1)
        .order_by("-pk")
        .values_list("pk", "price_cents")[:rounds]
    )
    paying = Period.objects.in_force(marketplace_day(now)).values("professional")
    rivals = list(Professional.objects.filter(wallet__balance_cents=0, pk__in=paying).order_by("pk")[:RIVALS])
    somebody_else = User.objects.latest("pk")
    for rival in rivals:
        record_top_up(
            professional=rival,
            amount_cents=sum(price or 0 for _, price in leads),
            received_on=marketplace_day(now),
            reference=f"rival {rival.pk}",
            by=somebody_else,
            now=now,
        )
    fork = multiprocessing.get_context("fork")
    together, told = fork.Barrier(len(rivals)), fork.Queue()

    def buy(share: list[Deal]) -> None:
        seen: Counter[str] = Counter()
        for deal in share:
            together.wait()
            try:
                ours(ready(deal))
                seen["bought"] += 1
            except MarketplaceError as refusal:
                seen[refusal.code] += 1
        told.put(seen)

    took = _at_once(buy, [[(rival.pk, pk, price or 0) for pk, price in leads] for rival in rivals])
    outcome = sum((told.get() for _ in rivals), Counter[str]())
    # Masking is nothing that a purchase touches, and reading a million texts takes a quarter of an hour.
    books = [each for each in invariants if each.broken is not requests_are_masked]
    broken = [line for each in books for line in each.broken()]
    return Measurement(
        f"… {len(rivals)} buyers for the last place, {len(leads)} rounds, per round",
        ours_median=took / max(1, len(leads)),
        goal="one winner each, every loser told why, books clean",
        note=", ".join(f"{code} {count:,}" for code, count in sorted(outcome.items()))
        + f"; {len(broken)} places where the books are broken",
    )


@measured
def first_contacts(repeats: int) -> list[Measurement]:
    """The 24-hour check among all contacts, with nothing due and with ten thousand."""
    now = timezone.now()
    contacts = Contact.objects.count()

    def nothing() -> None:
        check_first_contacts(now=now)

    with closing(by_hand_connection()) as raw, raw.cursor() as cursor:

        def nothing_by_hand() -> None:
            cursor.execute(FIND_DUE, {"now": now, "batch": 500})
            cursor.fetchall()
            raw.rollback()

        idle = in_turn(
            f"24-hour check, nothing due among {contacts:,}",
            ours=nothing,
            by_hand=nothing_by_hand,
            repeats=repeats * 20,
            goal="≤ 3 ms whatever the size, ≤ 2 queries",
        )
        number = min(DUE, contacts // 10)
        mine, hand, statements = [], [], 0
        for turn in range(repeats + 1):
            _make_due(number, now)
            if turn == 0:  # Not timed: this one is counted.
                statements = queries_of(nothing)
                continue
            mine.append(milliseconds(nothing))
            _make_due(number, now)
            hand.append(milliseconds(lambda: _remind_by_hand(raw, now)))
    batches = -(-number // 500)
    busy = Measurement(
        f"24-hour check, {number:,} due",
        ours_median=statistics.median(mine),
        ours_p95=max(mine),
        by_hand_median=statistics.median(hand),
        queries=statements,
        goal="ratio ≤ 4, ≤ 5 queries per batch",
        note=f"{statements / batches:.1f} queries per batch of 500",
    )
    return [idle, busy]


FIND_DUE = """
SELECT c.id, p.name, u.email FROM marketplace_contact c
  JOIN profiles_professional p ON p.id = c.professional_id JOIN profiles_user u ON u.id = p.owner_id
WHERE c.first_contact_at IS NULL AND c.returned_at IS NULL AND c.outcome = 'open'
  AND c.reminded_at IS NULL AND c.overdue_noted_at IS NULL
  AND c.bought_at <= %(now)s::timestamptz - interval '18 hours'
  AND c.bought_at > %(now)s::timestamptz - interval '24 hours'
ORDER BY c.bought_at, c.id LIMIT %(batch)s FOR UPDATE OF c SKIP LOCKED
"""


def _make_due(number: int, now: datetime) -> None:
    """So many contacts were bought 20 hours ago and nobody has been in touch."""
    OutgoingMail.objects.all().delete()
    bought_at = now - timedelta(hours=20)
    ids = list(Contact.objects.order_by("-pk").values_list("pk", flat=True)[:number])
    Contact.objects.filter(pk__in=ids).update(
        bought_at=bought_at,
        bought_on=marketplace_day(bought_at),
        outcome="open",
        lost_reason="",
        first_contact_at=None,
        reminded_at=None,
    )
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE marketplace_contact")


def _remind_by_hand(raw: Any, now: datetime) -> None:
    with raw.cursor() as cursor:
        while True:
            cursor.execute(FIND_DUE, {"now": now, "batch": 500})
            due = cursor.fetchall()
            if not due:
                raw.rollback()
                return
            cursor.execute(
                "UPDATE marketplace_contact SET reminded_at = %s WHERE id = ANY(%s)",
                [now, [row[0] for row in due]],
            )
            _mail_by_hand(
                cursor,
                [(f"contact:{pk}", email, f"{name}, call now") for pk, name, email in due],
                "reminder",
                now,
            )
            raw.commit()
