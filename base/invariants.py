"""What must hold of the ground floor."""

from collections.abc import Iterator

from base.registry import invariant
from base.triggers import missing_triggers


@invariant("the triggers by which the database itself refuses what must not be stand (M8, G18)")
def triggers_stand() -> Iterator[str]:
    for name in missing_triggers():
        yield f"the trigger {name} is missing: run manage.py migrate"
