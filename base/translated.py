"""Names that are data and are read in several languages: one column each, the reader's picked on reading."""

from typing import Any

from django.utils.translation import get_language


class Translated:
    """`name = Translated()` reads `name_es` or `name_it` by the active language, else `name_en`."""

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name

    def __get__(self, instance: Any, owner: type | None = None) -> Any:
        if instance is None:
            return self
        language = (get_language() or "en").split("-")[0]
        return getattr(instance, f"{self.name}_{language}", "") or getattr(instance, f"{self.name}_en")
