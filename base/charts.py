"""Charts as pure geometry: what is drawn where. Templates make SVG of it, beside a table that says the same.

Nothing here knows words or a clock. A chart is drawn at several widths, since text in it must not shrink with the
screen.
"""

from collections.abc import Sequence
from dataclasses import dataclass

MARGIN = 10.0
HEIGHT = 140.0  # Of what is drawn, without the labels under it.
LABELS = 22.0
LABEL_WIDTH = 62.0  # Room that one label takes.
WIDEST = 56.0


@dataclass(frozen=True, slots=True)
class Column:
    """One column from the base line up, and its label, if there is room for it. `measured`: whether there was anything
    to measure."""

    x: float
    y: float
    width: float
    height: float
    middle: float
    label: str
    measured: bool = True


@dataclass(frozen=True, slots=True)
class Columns:
    width: float
    height: float
    base: float
    labels_y: float
    columns: tuple[Column, ...]


@dataclass(frozen=True, slots=True)
class Curve:
    """A line through points, each at its place in time; `points` as SVG writes them. `first` and `last` label the ends
    of the time."""

    width: float
    height: float
    base: float
    labels_y: float
    points: str
    dots: tuple[tuple[float, float], ...]
    first: str
    last: str


def columns(values: Sequence[tuple[str, int | None]], *, width: float, whole: int | None = None) -> Columns:
    """A column for each (label, value of 0 or more), the highest as high as there is room; with `whole`, a column of
    that value would be. Where nothing was measured (None) its place stays empty: that is not a value of 0."""
    highest = whole or max((value or 0 for _label, value in values), default=0)
    slot = (width - 2 * MARGIN) / max(len(values), 1)
    every = max(-(-int(LABEL_WIDTH) // max(int(slot), 1)), 1)
    thick = min(slot * 0.7, WIDEST)
    drawn = []
    for number, (label, value) in enumerate(values):
        middle = MARGIN + slot * (number + 0.5)
        high = HEIGHT * (value or 0) / highest if highest else 0.0
        drawn.append(
            Column(
                round(middle - thick / 2, 1),
                round(MARGIN + HEIGHT - high, 1),
                round(thick, 1),
                round(high, 1),
                round(middle, 1),
                label if number % every == 0 else "",
                value is not None,
            )
        )
    base = MARGIN + HEIGHT
    return Columns(width, base + LABELS, base, base + 16.0, tuple(drawn))


def curve(values: Sequence[tuple[int, int]], *, width: float, ends: tuple[str, str] = ("", "")) -> Curve:
    """A line through (place in time, value of 0 or more), which come in the order of time; from 0 up. `ends`: what the
    first and the last place are called."""
    highest = max((value for _when, value in values), default=0)
    first, last = (values[0][0], values[-1][0]) if values else (0, 0)
    dots = tuple(
        (
            round(MARGIN + (width - 2 * MARGIN) * (when - first) / max(last - first, 1), 1),
            round(MARGIN + HEIGHT - (HEIGHT * value / highest if highest else 0.0), 1),
        )
        for when, value in values
    )
    base = MARGIN + HEIGHT
    points = " ".join(f"{x},{y}" for x, y in dots)
    return Curve(width, base + LABELS, base, base + 16.0, points, dots, *ends)
