"""A question that is asked often and always in the same shape: compiled once, then asked with other values.

Building a queryset of several subqueries costs more than the database takes to answer it. Where that shows (a
purchase, M4), the queryset stays the one place where the rule is written, and its SQL is kept.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.db import connection
from django.db.models import QuerySet

# Two unlike values of each kind: what differs between the two compilations is what a value decides.
_PROBES: dict[type, Callable[[int], tuple[Any, Any]]] = {
    int: lambda number: (7_700_001 + number, 8_800_013 + 3 * number),
    str: lambda number: (f"first probe {number}", f"second probe {number}"),
    date: lambda number: (date(1990, 3, 1 + number), date(2011, 7, 19 + 2 * number)),
}


@dataclass(frozen=True, slots=True)
class _Compiled:
    sql: str
    # For each parameter: what it always is, or whose value (for a date: so many days later) it takes.
    constants: tuple[Any, ...]
    takes: dict[int, tuple[str, timedelta]]
    converters: dict[int, tuple[Any, Any]]


class Prepared:
    """`build(**values)` returns a queryset of `values_list` whose shape does not depend on the values.

    Values are whole numbers, texts and dates, never None.
    """

    def __init__(self, build: Callable[..., QuerySet[Any, Any]]) -> None:
        self._build = build
        self._compiled: dict[str, _Compiled] = {}

    def first(self, **values: int | str | date) -> tuple[Any, ...] | None:
        """The first row, or None. Reads what the database says now, as the queryset would."""
        return next(iter(self.rows(**values)), None)

    def rows(self, **values: int | str | date) -> list[tuple[Any, ...]]:
        """Every row, where they are few. Reads what the database says now, as the queryset would."""
        vendor = connection.vendor
        if vendor not in self._compiled:
            self._compiled[vendor] = self._compile({name: type(value) for name, value in values.items()})
        compiled = self._compiled[vendor]
        parameters = list(compiled.constants)
        for position, (name, later) in compiled.takes.items():
            parameters[position] = _as_parameter(values[name], later)
        with connection.cursor() as cursor:
            cursor.execute(compiled.sql, parameters)
            return [self._read(row, compiled) for row in cursor.fetchall()]

    def _read(self, row: tuple[Any, ...], compiled: _Compiled) -> tuple[Any, ...]:
        read = list(row)
        for position, (converters, expression) in compiled.converters.items():
            for convert in converters:
                read[position] = convert(read[position], expression, connection)
        return tuple(read)

    def _compile(self, kinds: dict[str, type]) -> _Compiled:
        """Raises ValueError where a parameter follows from the values in a way that is not understood here."""
        probes = {name: _PROBES[kind](number) for number, (name, kind) in enumerate(kinds.items())}
        one, other = ({name: pair[turn] for name, pair in probes.items()} for turn in (0, 1))
        compiler = self._build(**one).query.get_compiler(connection=connection)
        sql, constants = compiler.as_sql()
        again, others = self._build(**other).query.get_compiler(connection=connection).as_sql()
        if sql != again:
            raise ValueError("The shape of a prepared question depends on its values.")
        takes = {
            position: _whose(pair, one, other)
            for position, pair in enumerate(zip(constants, others, strict=True))
            if pair[0] != pair[1]
        }
        converters = compiler.get_converters([column[0] for column in compiler.select])
        return _Compiled(sql, tuple(constants), takes, converters)


def _as_parameter(value: int | str | date, later: timedelta) -> Any:
    return connection.ops.adapt_datefield_value(value + later) if isinstance(value, date) else value


def _whose(pair: tuple[Any, Any], one: dict[str, Any], other: dict[str, Any]) -> tuple[str, timedelta]:
    for name, value in one.items():
        if pair == (value, other[name]):
            return name, timedelta(0)
        if isinstance(value, date):
            # SQLite is given its dates as text.
            first, second = (
                date.fromisoformat(str(parameter)[:10]) for parameter in map(_text_of_date, pair)
            )
            if first - value == second - other[name]:
                return name, first - value
    raise ValueError(f"The parameter {pair[0]!r} follows from no value of the prepared question.")


def _text_of_date(parameter: Any) -> str:
    try:
        return date.fromisoformat(str(parameter)).isoformat()
    except ValueError:
        return date.min.isoformat()
