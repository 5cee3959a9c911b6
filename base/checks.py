"""System checks of the ground floor."""

from collections.abc import Sequence
from typing import Any

from django.core.checks import CheckMessage, Warning

from base.triggers import missing_triggers


def triggers_stand(*, app_configs: Any, databases: Sequence[str] | None, **kwargs: Any) -> list[CheckMessage]:
    """Runs with `check --database default`: the triggers that refuse what must not be must stand (M8, G18).

    A warning, for `migrate` itself runs this check first, and is what mends it.
    """
    if not databases:
        return []
    return [
        Warning(
            f"The trigger {name} is missing.",
            hint="Run manage.py migrate: it makes it again.",
            id="base.W001",
        )
        for name in missing_triggers()
    ]
