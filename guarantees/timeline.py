"""The picture of the guarantee's time, as pure geometry: what is drawn where. A template makes SVG of it.

It knows no words and no clock. The same facts are drawn at several widths, since text in a picture must not shrink
with the screen. What has not happened yet (the wait and the window of contacts still to be bought) is drawn as it would
be if the last contact were bought on the recommended day, and is marked as planned.
"""

from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal, TypeAlias

from guarantees import rules

BandKind: TypeAlias = Literal["buy", "trap", "wait", "claim"]
DotKind: TypeAlias = Literal["counted", "won", "late", "returned", "beyond"]
MarkKind: TypeAlias = Literal[
    "today", "contracted", "safe", "buy_by", "deadline", "claim_from", "claim_until"
]

MARGIN = 10.0
LANE = 18.0  # Room that one line of labels takes.
LETTER = 6.8  # About the width of a letter of a label.
DOT = 11.0  # Room that one dot takes, each way.
DOTS_HIGH = 5
BAND = 14.0
BAND_ROW = 18.0
# So many contacts that count for nothing are drawn; whoever has bought hundreds still sees the fifteen.
OTHERS_DRAWN = 15
# The picture goes on to today, but not for ever: long after the end, today stands at its edge.
DAYS_AFTER = 31


@dataclass(frozen=True, slots=True)
class Days:
    """The days of the picture. `planned_purchase` is the day on which the last contact is taken to be bought where
    it is not bought yet; None where it is bought, or where it is too late for it."""

    contracted_on: date
    purchase_deadline: date
    buy_by: date
    safe_buy_by: date
    last_bought_on: date | None
    claim_from: date | None
    claim_until: date
    planned_purchase: date | None


@dataclass(frozen=True, slots=True)
class Band:
    """A stretch of days, both inclusive, and where it is drawn. `planned`: it depends on purchases to come."""

    kind: BandKind
    starts_on: date
    ends_on: date
    planned: bool
    x: float
    y: float
    width: float
    height: float = BAND


@dataclass(frozen=True, slots=True)
class Dot:
    """One purchase."""

    contact: int
    kind: DotKind
    bought_on: date
    x: float
    y: float


@dataclass(frozen=True, slots=True)
class Mark:
    """A day that matters: a line down to the axis, and its label, kept inside the picture and off the others."""

    kind: MarkKind
    day: date
    label: str
    planned: bool
    x: float
    label_x: float
    label_y: float
    line_from: float
    anchor: Literal["start", "end"]


@dataclass(frozen=True, slots=True)
class Month:
    """The first day of a month, on the axis. `named`: there is room for its name."""

    day: date
    x: float
    named: bool


@dataclass(frozen=True, slots=True)
class Timeline:
    """All that is drawn. `undrawn` is how many purchases that do not count were left out; `today_beyond` that today
    is later than the picture."""

    width: float
    height: float
    axis_y: float
    tick_to: float
    months_y: float
    last: date
    bands: tuple[Band, ...]
    dots: tuple[Dot, ...]
    marks: tuple[Mark, ...]
    months: tuple[Month, ...]
    today_beyond: bool
    undrawn: int


def days_of(facts: rules.Facts, terms: rules.Terms, today: date) -> Days:
    """The days told and drawn; before S, those there would be if a plan were contracted today."""
    start = facts.contracted_on or today
    counted = rules.counted_contacts(facts.contacts, terms)
    bought_on = counted[-1].bought_on if len(counted) == terms.contacts else None
    buy_by = rules.buy_by(start, terms, facts.extra_days)
    safe = max(rules.safe_buy_by(buy_by), start)
    planned = max(safe, today) if bought_on is None and today <= buy_by else None
    last_purchase = bought_on or planned
    return Days(
        contracted_on=start,
        purchase_deadline=rules.purchase_deadline(start, terms),
        buy_by=buy_by,
        safe_buy_by=safe,
        last_bought_on=bought_on,
        claim_from=None if last_purchase is None else rules.claim_from(last_purchase, terms),
        claim_until=rules.claim_until(start, terms, facts.extra_days, last_purchase),
        planned_purchase=planned,
    )


def draw(
    facts: rules.Facts,
    terms: rules.Terms,
    today: date,
    *,
    label: Callable[[MarkKind, date], str],
    width: float,
) -> Timeline:
    """The picture, `width` units wide; `label` gives the words beside a mark, in the reader's language."""
    days = days_of(facts, terms, today)
    end = max(days.claim_until, days.purchase_deadline, days.claim_from or days.claim_until)
    last = max(end, min(today, end + timedelta(days=DAYS_AFTER)))
    scale = _Scale(days.contracted_on, last, width)

    marks, lanes = _marks(days, facts, today, label, scale)
    dots, rows, undrawn = _dots(facts, terms, days, scale)
    dots_bottom = lanes * LANE + 6.0 + rows * DOT
    bands = tuple(_bands(days, facts, scale, dots_bottom + 6.0))
    axis_y = dots_bottom + 6.0 + 3 * BAND_ROW
    return Timeline(
        width=width,
        height=axis_y + 22.0,
        axis_y=axis_y,
        tick_to=axis_y + 4.0,
        months_y=axis_y + 17.0,
        last=last,
        bands=bands,
        dots=tuple(
            Dot(contact.id, kind, contact.bought_on, x, dots_bottom - (row + 0.5) * DOT)
            for contact, kind, x, row in dots
        ),
        marks=tuple(marks),
        months=tuple(_months(scale)),
        today_beyond=today > last,
        undrawn=undrawn,
    )


@dataclass(frozen=True, slots=True)
class _Scale:
    """Days to places; what lies outside stands at the edge."""

    first: date
    last: date
    width: float

    def x(self, day: date) -> float:
        inside = min(max(day, self.first), self.last)
        share = (inside - self.first).days / max((self.last - self.first).days, 1)
        return round(MARGIN + share * (self.width - 2 * MARGIN), 1)


def _bands(days: Days, facts: rules.Facts, scale: _Scale, y: float) -> Iterator[Band]:
    """A row each for buying, waiting and claiming, since they overlap in time."""

    def band(kind: BandKind, row: int, starts_on: date, ends_on: date, planned: bool) -> Band:
        x = scale.x(starts_on)
        # A single day can still be seen.
        width = max(round(scale.x(ends_on) - x, 1), 3.0)
        return Band(kind, starts_on, ends_on, planned, x, y + row * BAND_ROW, width)

    before = facts.contracted_on is None
    in_time = days.last_bought_on is not None and days.last_bought_on <= days.buy_by
    yield band("buy", 0, days.contracted_on, days.purchase_deadline if in_time else days.buy_by, before)
    if not in_time and days.buy_by < days.purchase_deadline:
        # Who buys the last contact here can never claim (G6).
        yield band("trap", 0, days.buy_by + timedelta(days=1), days.purchase_deadline, before)
    purchase = days.last_bought_on or days.planned_purchase
    if purchase is None or days.claim_from is None:
        return
    planned = days.last_bought_on is None
    trapped = days.claim_from > days.claim_until
    yield band("trap" if trapped else "wait", 1, purchase, days.claim_from, planned)
    if not trapped:
        yield band("claim", 2, days.claim_from, days.claim_until, planned)


def _dots(
    facts: rules.Facts, terms: rules.Terms, days: Days, scale: _Scale
) -> tuple[list[tuple[rules.ContactFact, DotKind, float, int]], int, int]:
    """Each contact to draw with its kind, x and row from below; then how many rows there are, and how many contacts
    were left out. Where a column is full, the nearest free one is taken."""
    counted = {contact.id for contact in rules.counted_contacts(facts.contacts, terms)}
    ordered = sorted(facts.contacts, key=lambda contact: (contact.bought_at, contact.id))
    others = [contact for contact in ordered if contact.id not in counted]
    left_out = {contact.id for contact in others[OTHERS_DRAWN:]}
    columns = int((scale.width - 2 * MARGIN) // DOT)
    heights: dict[int, int] = defaultdict(int)
    placed = []
    for contact in ordered:
        if contact.id in left_out:
            continue
        wanted = round((scale.x(contact.bought_on) - MARGIN) / DOT)
        column = min(
            (each for each in range(columns + 1) if heights[each] < DOTS_HIGH),
            key=lambda each: (abs(each - wanted), each),
        )
        kind = _kind(contact, contact.id in counted, days)
        placed.append((contact, kind, round(MARGIN + column * DOT, 1), heights[column]))
        heights[column] += 1
    return placed, max(heights.values(), default=0), len(left_out)


def _kind(contact: rules.ContactFact, counted: bool, days: Days) -> DotKind:
    if contact.returned:
        return "returned"
    if not counted:
        return "beyond"
    if contact.won:
        return "won"
    return "late" if contact.bought_on > days.buy_by else "counted"


def _marks(
    days: Days, facts: rules.Facts, today: date, label: Callable[[MarkKind, date], str], scale: _Scale
) -> tuple[list[Mark], int]:
    """The marks from left to right, and how many lines their labels take; the first line is today's alone."""
    planned_all = facts.contracted_on is None
    planned = days.last_bought_on is None
    kinds: list[tuple[MarkKind, date, bool]] = [("contracted", days.contracted_on, planned_all)]
    if planned and days.safe_buy_by < days.buy_by:
        kinds.append(("safe", days.safe_buy_by, planned_all))
    if days.last_bought_on is None or days.last_bought_on > days.buy_by:
        kinds.append(("buy_by", days.buy_by, planned_all))
    if days.purchase_deadline != days.buy_by:
        kinds.append(("deadline", days.purchase_deadline, planned_all))
    if days.claim_from is not None and not planned:
        kinds.append(("claim_from", days.claim_from, False))
    kinds.append(("claim_until", days.claim_until, planned_all))
    kinds.sort(key=lambda each: each[1])

    lanes: list[float] = []  # Where the last label of each line ends.
    marks = []
    for kind, day, is_planned in kinds:
        x, text = scale.x(day), label(kind, day)
        anchor, label_x, starts, ends = _placed(x, text, scale.width)
        lane = next((number for number, taken in enumerate(lanes) if starts >= taken), len(lanes))
        if lane == len(lanes):
            lanes.append(0.0)
        lanes[lane] = ends + LETTER
        y = (lane + 2) * LANE - 5.0  # The first line is today's.
        marks.append(Mark(kind, day, text, is_planned, x, label_x, y, y - 10.0, anchor))
    text = label("today", today)
    anchor, label_x, _starts, _ends = _placed(scale.x(today), text, scale.width)
    marks.append(Mark("today", today, text, False, scale.x(today), label_x, LANE - 5.0, LANE - 15.0, anchor))
    return marks, len(lanes) + 1


def _placed(x: float, text: str, width: float) -> tuple[Literal["start", "end"], float, float, float]:
    """To which side of its line a label stands, where it is anchored, and from where to where it reaches."""
    length = len(text) * LETTER
    if x + 3.0 + length <= width or x - 3.0 - length < 0.0:
        return "start", x + 3.0, x + 3.0, x + 3.0 + length
    return "end", x - 3.0, x - 3.0 - length, x - 3.0


def _months(scale: _Scale) -> Iterator[Month]:
    day = scale.first.replace(day=1)
    while (day := rules.add_months(day, 1)) <= scale.last:
        x = scale.x(day)
        yield Month(day, x, x + 4 * LETTER <= scale.width)
