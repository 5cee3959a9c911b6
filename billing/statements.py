"""The statement of a balance, by month: what moved it, where each entry came from, and what it left (M8).

Months are the marketplace's local ones (X1). A statement is worked out from the ledger whenever it is asked for; the
balance that runs beside the entries is added up from the first of them, so that it always ends where the month does.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from itertools import islice

from django.db.models import Count, F, Max, Min, Q, QuerySet, Sum, Window
from django.db.models.functions import Coalesce

from base.days import add_months, marketplace_day, month_bounds
from base.registry import Origin, origins
from billing.models import Wallet, WalletEntry

# Entries whose origins are looked up together.
CHUNK = 500


@dataclass(frozen=True, slots=True)
class Line:
    """One entry of a statement, in whole cents, with the balance that it left."""

    at: datetime
    code: str
    kind: str
    origin: Origin
    amount_cents: int
    balance_cents: int


@dataclass(frozen=True, slots=True)
class Statement:
    """The sums of one month, in whole cents; `out_cents` is what went out, without its sign."""

    wallet_id: int | None
    first_day: date
    opening_cents: int
    in_cents: int
    out_cents: int
    count: int
    # The newest entry there was when the sums were made: the lines stop there, so that they add up.
    newest: int

    @property
    def last_day(self) -> date:
        return add_months(self.first_day, 1) - date.resolution

    @property
    def closing_cents(self) -> int:
        return self.opening_cents + self.in_cents - self.out_cents


def statement_of(wallet: Wallet | None, first_day: date) -> Statement:
    """The sums of the month that begins on `first_day`: one query. Of a business without a balance: nothing moved."""
    if wallet is None:
        return Statement(None, first_day, 0, 0, 0, 0, 0)
    start, end = month_bounds(first_day)
    here = Q(at__gte=start, at__lt=end)
    sums = WalletEntry.objects.filter(wallet=wallet).aggregate(
        opening=Coalesce(Sum("amount_cents", filter=Q(at__lt=start)), 0),
        came=Coalesce(Sum("amount_cents", filter=here & Q(amount_cents__gt=0)), 0),
        went=Coalesce(Sum("amount_cents", filter=here & Q(amount_cents__lt=0)), 0),
        count=Count("pk", filter=here),
        newest=Coalesce(Max("pk"), 0),
    )
    return Statement(
        wallet.pk, first_day, sums["opening"], sums["came"], -sums["went"], sums["count"], sums["newest"]
    )


def lines_between(statement: Statement, begin: int, end: int) -> list[Line]:
    """Of the lines of a statement, oldest first, those from `begin` to before `end`: one query for them, and a few
    for where they came from."""
    before = Window(Sum("amount_cents"), order_by=[F("at").asc(), F("pk").asc()])
    entries = list(_entries(statement).annotate(running=before)[begin:end])
    found = origins_of(entries)
    return [_line(entry, found, statement.opening_cents + entry.running) for entry in entries]


def every_line(statement: Statement) -> Iterator[Line]:
    """All lines of a statement, oldest first, read some hundreds at a time however many there are."""
    balance = statement.opening_cents
    entries = _entries(statement).iterator(chunk_size=CHUNK)
    while chunk := list(islice(entries, CHUNK)):
        found = origins_of(chunk)
        for entry in chunk:
            balance += entry.amount_cents
            yield _line(entry, found, balance)


def _entries(statement: Statement) -> QuerySet[WalletEntry]:
    start, end = month_bounds(statement.first_day)
    return WalletEntry.objects.filter(
        wallet=statement.wallet_id, pk__lte=statement.newest, at__gte=start, at__lt=end
    ).order_by("at", "pk")


def _line(entry: WalletEntry, found: dict[int, Origin], balance_cents: int) -> Line:
    return Line(
        at=entry.at,
        code=entry.kind,
        kind=entry.get_kind_display(),
        origin=found[entry.pk],
        amount_cents=entry.amount_cents,
        balance_cents=balance_cents,
    )


def origins_of(entries: Iterable[WalletEntry]) -> dict[int, Origin]:
    """Where each entry came from, by its primary key: a query or two for each kind there is, however many entries.

    An entry of whose cause nothing is left is called by its kind.
    """
    found: dict[int, Origin] = {}
    by_kind: dict[str, list[int]] = defaultdict(list)
    for entry in entries:
        label = entry.get_kind_display()
        found[entry.pk] = Origin(label[:1].upper() + label[1:])
        by_kind[entry.kind].append(entry.pk)
    for kind, keys in by_kind.items():
        found |= origins[kind](keys)
    return found


def months_of(wallet: Wallet | None, today: date) -> list[date]:
    """The first days of the months that have a statement, newest first: from that of the first entry to this one."""
    month = today.replace(day=1)
    began = WalletEntry.objects.filter(wallet=wallet).aggregate(began=Min("at"))["began"] if wallet else None
    first = marketplace_day(began).replace(day=1) if began else month
    months = [month]
    while months[-1] > first:
        months.append(add_months(months[-1], -1))
    return months
