"""What must hold of the ground floor."""

from collections.abc import Iterator

from base.append_only import missing_triggers
from base.registry import invariant


@invariant("append-only tables are guarded by the database itself (M8)")
def triggers_stand() -> Iterator[str]:
    for name in missing_triggers():
        yield f"the trigger {name} is missing: run manage.py migrate"
