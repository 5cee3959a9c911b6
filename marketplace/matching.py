"""Who is to hear of a new job (M11).

Publishing does nothing of this: `announce_leads` and `send_digests` find what is due by looking (X3). Only who can
buy a lead is written to about it: not suspended, with a plan in force, and with what is left of their monthly limit
not below its price; never who has bought it or asked for it. The feed shows it to everybody.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import groupby
from typing import Any

from django.db import transaction
from django.db.models import (
    BigIntegerField,
    Count,
    Exists,
    F,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Sum,
    Value,
    Window,
)
from django.db.models.functions import Coalesce, RowNumber

from base.days import marketplace_day, marketplace_zone, month_of
from base.jobs import for_each, in_batches
from billing.models import Period
from mail import outbox
from marketplace import new_lead_mails
from marketplace.models import LEAD_LIVES, Contact, Interest, Lead, LeadPreferences
from marketplace.preferences import Mails
from profiles.addresses import proved_keys_of, proved_of
from profiles.models import Suspension

# The local time from which the daily mail goes out: before the day's work, and after the night.
DIGEST_FROM = time(7, 0)
# Requests that one daily mail tells of; the feed has the others.
DIGEST_SHOWS = 10
# A transaction that publishes has ended by then: what is published is not looked for before.
SETTLED_AFTER = timedelta(minutes=5)


def _who_can_buy(interests: QuerySet[Interest], today: date) -> QuerySet[Interest]:
    """Of businesses that are not suspended and have a plan in force (M4)."""
    of_them = {"professional": OuterRef("professional")}
    return interests.filter(
        Exists(Period.objects.in_force(today).filter(**of_them)),
        ~Exists(Suspension.objects.standing().filter(**of_them)),
    )


def _within_limit(price: Any, today: date) -> Q:
    """The monthly limit leaves `price`, an expression in cents; the sum is made only where there is a limit."""
    spent = (
        Contact.objects.spent_in_month(OuterRef("professional"), *month_of(today))
        .order_by()
        .values("professional")
        .annotate(sum=Sum("price_cents"))
        .values("sum")
    )
    limit = "professional__lead_preferences__monthly_limit_cents"
    return Q(**{limit: None}) | Q(
        **{f"{limit}__gte": price + Coalesce(Subquery(spent, output_field=BigIntegerField()), 0)}
    )


# At once


def to_announce(now: datetime) -> QuerySet[Lead]:
    """Published and not announced yet; what ends before somebody looked is announced to nobody."""
    leads = Lead.objects.live(now).filter(announced_at=None).select_related("category", "province")
    return leads.order_by("published_at", "id")


def announce_leads(*, now: datetime, batch: int = 5000) -> tuple[int, int]:
    """Writes to whoever wants to hear of new leads at once; returns how many leads and how many mails.

    Each lead is announced in a transaction of its own, its mails `batch` at a time. One that fails holds up no
    other, and is tried again by the next run. Never inside a transaction.
    """
    mails = 0

    def announce(pk: int) -> bool:
        nonlocal mails
        lead = to_announce(now).filter(pk=pk).first()
        written = None if lead is None else announce_lead(lead=lead, now=now, batch=batch)
        mails += written or 0
        return written is not None

    return for_each(to_announce(now), announce, what="announce"), mails


def announce_lead(*, lead: Lead, now: datetime, batch: int = 5000) -> int | None:
    """Writes to everybody who is to hear of `lead` at once, one mail each; None, and nothing was written: announced by
    another worker, or withdrawn, closed or expired meanwhile.

    The lead is marked last, so that nobody who buys it meanwhile waits for the mails. The mark looks at it again and
    holds it until the mails can be seen: a homeowner who withdraws before it is told of to nobody, and one who
    withdraws after it takes the mails back (M1). Two workers at once write each mail once, because the outbox holds
    one per lead and reader; both go through the readers in the same order, so that neither waits for the other in
    turn.
    """
    with transaction.atomic():
        written = 0
        if lead.places_left > 0:
            readers, last = _readers(lead, now), 0
            while some := list(readers.filter(professional__gt=last)[:batch]):
                outbox.write_merged(new_lead_mails.of_one(lead, [reader[1:] for reader in some]), now=now)
                written += len(some)
                last = some[-1][0]
                if len(some) < batch:
                    break
        if not Lead.objects.live(now).filter(pk=lead.pk, announced_at=None).update(announced_at=now):
            transaction.set_rollback(True)
            return None
        return written


def _readers(lead: Lead, now: datetime) -> QuerySet[Interest, tuple[Any, ...]]:
    """Who is to hear of `lead` at once, in one statement: id, public id, address and language of each."""
    today = marketplace_day(now)
    proved = proved_of(lead.homeowner_email)
    return (
        _who_can_buy(Interest.objects.all(), today)
        .filter(
            _within_limit(Value(lead.price_cents or 0), today),
            ~Exists(Contact.objects.filter(lead=lead.pk, professional=OuterRef("professional"))),
            ~Exists(proved.filter(user=OuterRef("professional__owner"))),
            ~Exists(proved.filter(user__businesses=OuterRef("professional"))),
            category=lead.category_id,
            province=lead.province_id,
            professional__lead_preferences__mails=Mails.AT_ONCE,
        )
        .order_by("professional")
        .values_list(
            "professional",
            "professional__public_id",
            "professional__owner__email",
            "professional__owner__language",
        )
    )


# Once a day


@dataclass(frozen=True, slots=True)
class _Found:
    """A lead that is new for a professional, and how many are."""

    professional: int
    lead: int
    number: int


def to_digest(now: datetime) -> QuerySet[LeadPreferences]:
    """Who has not had today's mail yet; nobody before the hour at which it goes out."""
    daily = LeadPreferences.objects.filter(mails=Mails.DAILY, digest_on__lt=marketplace_day(now))
    if now.astimezone(marketplace_zone()).time() < DIGEST_FROM:
        return daily.none()
    return daily.order_by("digest_on", "id")


def send_digests(*, now: datetime, batch: int = 200) -> int:
    """Writes the daily mail to whoever wants it and has not had today's; returns how many were written.

    Once per local day, however often this runs; after days without a worker one mail tells of all of them. What
    has ended or sold out meanwhile is left out, and where nothing is new nothing is written. Never inside a
    transaction.
    """
    return in_batches(
        to_digest(now), lambda claimed: _digest(claimed, now), what="write the daily mail of", batch=batch
    )


def _digest(claimed: list[int], now: datetime) -> int:
    """The mails and the day, together: killed in between, neither is there and the next run does both."""
    until = now - SETTLED_AFTER
    found = list(_new_for(claimed, until, now))
    LeadPreferences.objects.filter(pk__in=claimed).update(digest_on=marketplace_day(now), digest_until=until)
    letters = list(_digest_letters(found, now))
    outbox.write_merged(letters, now=now)
    return len(letters)


def _new_for(preferences: list[int], until: datetime, now: datetime) -> Iterator[_Found]:
    """What was published since those of these preferences were told last, newest first, the first few of each; in one
    statement."""
    today = marketplace_day(now)
    lead = "category__lead"
    conditions: dict[str, Any] = {
        f"{lead}__province": F("province"),
        f"{lead}__state": Lead.State.PUBLISHED,
        f"{lead}__places_taken__lt": F(f"{lead}__places"),
        f"{lead}__published_at__gt": now - LEAD_LIVES,
        f"{lead}__published_at__lte": until,
    }
    since = Q(**{f"{lead}__published_at__gt": F("professional__lead_preferences__digest_until")})
    interests = _who_can_buy(Interest.objects.filter(professional__lead_preferences__in=preferences), today)
    bought = Contact.objects.filter(professional=OuterRef("professional"), lead=OuterRef("found"))
    each = F("professional")
    newest = [F(f"{lead}__published_at").desc(), F(lead).desc()]
    rows = (
        interests.filter(since, **conditions)
        .annotate(found=F(lead), price=F(f"{lead}__price_cents"))
        .filter(~Exists(bought), _within_limit(F("price"), today))
        .annotate(
            place=Window(RowNumber(), partition_by=each, order_by=newest),
            number=Window(Count("pk"), partition_by=each),
        )
        .filter(place__lte=DIGEST_SHOWS)
        .order_by("professional", "place")
        .values_list("professional", "found", "number")
    )
    return (_Found(*row) for row in rows)


def _digest_letters(found: Iterable[_Found], now: datetime) -> Iterator[outbox.Letter]:
    """One letter for each professional of `found`, without the requests that are their own."""
    rows = list(found)
    leads = new_lead_mails.shown(each.lead for each in rows)
    keys = proved_keys_of({each.professional for each in rows})
    readers = new_lead_mails.readers_of(each.professional for each in rows)
    day = marketplace_day(now)
    for professional, of_one in groupby(rows, key=lambda each: each.professional):
        mine = list(of_one)
        own = keys.get(professional, set())
        told = [leads[each.lead] for each in mine if leads[each.lead].homeowner_key not in own]
        if told:
            number = mine[0].number - (len(mine) - len(told))
            yield new_lead_mails.of_a_day(readers[professional], told, number, day)
