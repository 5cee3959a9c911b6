"""What the database refuses where no constraint can say it: triggers, the same on both databases.

SQLite drops a table's triggers without a word when a later migration rebuilds it, and cannot rebuild one that another
table's trigger names. So there they are taken away before every migrate; everywhere they are made again after it, and
`missing_triggers` proves to the system check and to `check_books` that they stand.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from django.db import connection, transaction


@dataclass(frozen=True, slots=True)
class Trigger:
    """The statements that make it, each of which may be run again; where one is empty, that database has none.

    A statement for PostgreSQL may make the function first that the trigger calls.
    """

    name: str
    table: str
    sqlite: str = ""
    postgresql: str = ""

    @property
    def statement(self) -> str:
        """In the words of the database in use."""
        return self.sqlite if connection.vendor == "sqlite" else self.postgresql


registered: list[Trigger] = []


def register(*triggers: Trigger) -> None:
    """Every migrate from now on makes them."""
    registered.extend(triggers)


def install_triggers(**kwargs: object) -> None:
    """Makes every missing trigger. Idempotent; run after every migrate."""
    with transaction.atomic(), connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            # One lock for two migrates at once: CREATE OR REPLACE FUNCTION is not safe against itself.
            cursor.execute("SELECT pg_advisory_xact_lock(1515)")
        for trigger in _of_this_database():
            cursor.execute(trigger.statement)


def make_way(**kwargs: object) -> None:
    """Takes the triggers away that a migration would trip over; run before every migrate."""
    if connection.vendor == "sqlite":
        drop_triggers(_of_this_database())


def missing_triggers() -> list[str]:
    """Names of triggers that should stand and do not."""
    catalogue = (
        "SELECT name FROM sqlite_master WHERE type = 'trigger'"
        if connection.vendor == "sqlite"
        else "SELECT tgname FROM pg_trigger WHERE NOT tgisinternal AND tgenabled <> 'D'"
    )
    with connection.cursor() as cursor:
        cursor.execute(catalogue)
        standing = {row[0] for row in cursor.fetchall()}
    return [trigger.name for trigger in _of_this_database() if trigger.name not in standing]


def drop_triggers(triggers: Iterable[Trigger]) -> None:
    with connection.cursor() as cursor:
        for trigger in triggers:
            on = "" if connection.vendor == "sqlite" else f' ON "{trigger.table}"'
            cursor.execute(f'DROP TRIGGER IF EXISTS "{trigger.name}"{on}')


def _of_this_database() -> list[Trigger]:
    tables = set(connection.introspection.table_names())
    return [trigger for trigger in registered if trigger.statement and trigger.table in tables]
