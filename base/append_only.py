"""Tables that only ever grow: the database itself refuses to change or delete their rows.

SQLite drops a table's triggers without a word when a later migration rebuilds it, so they are made again
after every migrate, and `missing_triggers` proves to the system check and to `check_books` that they stand.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection, models, transaction

_protected: list[type[models.Model]] = []


def append_only(model: type[models.Model]) -> type[models.Model]:
    """Class decorator: rows of `model` are added, never altered or deleted."""
    _protected.append(model)
    return model


def _triggers(table: str) -> dict[str, str]:
    """Trigger name → statement that makes it, in the words of the database in use."""
    message = f"{table} is append-only"
    if connection.vendor == "sqlite":
        return {
            f"{table}_no_{verb.lower()}": (
                f'CREATE TRIGGER IF NOT EXISTS "{table}_no_{verb.lower()}" BEFORE {verb} ON "{table}" '
                f"BEGIN SELECT RAISE(ABORT, '{message}'); END"
            )
            for verb in ("UPDATE", "DELETE")
        }
    return {
        f"{table}_no_{verb.lower()}": (
            f'CREATE OR REPLACE TRIGGER "{table}_no_{verb.lower()}" BEFORE {verb} ON "{table}" '
            f"FOR EACH STATEMENT EXECUTE FUNCTION refuse_change_of_append_only()"
        )
        for verb in ("UPDATE", "DELETE", "TRUNCATE")
    }


def install_triggers(**kwargs: object) -> None:
    """Makes every missing trigger. Idempotent; run after every migrate."""
    tables = set(connection.introspection.table_names())
    with transaction.atomic(), connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            # One lock for two migrates at once: CREATE OR REPLACE FUNCTION is not safe against itself.
            cursor.execute("SELECT pg_advisory_xact_lock(1515)")
            cursor.execute(
                "CREATE OR REPLACE FUNCTION refuse_change_of_append_only() RETURNS trigger LANGUAGE plpgsql AS "
                "$$ BEGIN RAISE EXCEPTION '% is append-only', TG_TABLE_NAME "
                "USING ERRCODE = 'integrity_constraint_violation'; END $$"
            )
        for model in _protected:
            if model._meta.db_table in tables:
                for statement in _triggers(model._meta.db_table).values():
                    cursor.execute(statement)


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
    tables = connection.introspection.table_names()
    protected = [model for model in _protected if model._meta.db_table in tables]
    return [name for model in protected for name in _triggers(model._meta.db_table) if name not in standing]


@contextmanager
def lifted() -> Iterator[None]:
    """Takes the triggers away for the length of a block: only for emptying a test database."""
    with connection.cursor() as cursor:
        for model in _protected:
            table = model._meta.db_table
            for name in _triggers(table):
                on = "" if connection.vendor == "sqlite" else f' ON "{table}"'
                cursor.execute(f'DROP TRIGGER IF EXISTS "{name}"{on}')
    try:
        yield
    finally:
        install_triggers()
