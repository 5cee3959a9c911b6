"""Tables that only ever grow: the database itself refuses to change or delete their rows (`base.triggers`)."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import models

from base.triggers import Trigger, drop_triggers, install_triggers, register

_REFUSES = (
    "CREATE OR REPLACE FUNCTION refuse_change_of_append_only() RETURNS trigger LANGUAGE plpgsql AS "
    "$$ BEGIN RAISE EXCEPTION '% is append-only', TG_TABLE_NAME "
    "USING ERRCODE = 'integrity_constraint_violation'; END $$; "
)
_ours: list[Trigger] = []


def append_only(model: type[models.Model]) -> type[models.Model]:
    """Class decorator: rows of `model` are added, never altered or deleted."""
    triggers = [_trigger(model._meta.db_table, verb) for verb in ("UPDATE", "DELETE", "TRUNCATE")]
    _ours.extend(triggers)
    register(*triggers)
    return model


def _trigger(table: str, verb: str) -> Trigger:
    name = f"{table}_no_{verb.lower()}"
    return Trigger(
        name,
        table,
        sqlite=""
        if verb == "TRUNCATE"  # PostgreSQL's own, which no row trigger sees.
        else f'CREATE TRIGGER IF NOT EXISTS "{name}" BEFORE {verb} ON "{table}" '
        f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END",
        postgresql=f'{_REFUSES} CREATE OR REPLACE TRIGGER "{name}" BEFORE {verb} ON "{table}" '
        "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change_of_append_only()",
    )


@contextmanager
def lifted() -> Iterator[None]:
    """Takes the triggers away for the length of a block: only for emptying a test database."""
    drop_triggers(_ours)
    try:
        yield
    finally:
        install_triggers()
