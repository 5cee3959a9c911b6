"""Forms as a browser sends them: what the page holds, and what somebody typed over it."""

from html.parser import HTMLParser
from typing import Any


class _Form(HTMLParser):
    """The fields of the form whose action ends with `action` (empty: of all forms), in the order of the page."""

    def __init__(self, action: str) -> None:
        super().__init__()
        self.action = action
        self.names: list[str] = []
        self.values: dict[str, str] = {}
        self._inside = False
        self._text: str | None = None
        self._select = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        said: dict[str, Any] = dict(attrs)
        if tag == "form":
            self._inside = str(said.get("action", "")).partition("#")[0].endswith(self.action)
        name = said.get("name")
        if tag == "option" and self._inside and self._select and "selected" in said:
            self.values[self._select] = said.get("value", "")
        if not self._inside or not name or tag not in ("input", "select", "textarea"):
            return
        if name not in self.names:
            self.names.append(name)
        if tag == "textarea":
            self._text = name
            self.values[name] = ""
        elif tag == "select":
            self._select = name
            self.values.setdefault(name, "")
        elif said.get("type") not in ("radio", "checkbox") or "checked" in said:
            self.values[name] = said.get("value", "")

    def handle_data(self, data: str) -> None:
        if self._text is not None:
            self.values[self._text] += data.removeprefix("\n") if not self.values[self._text] else data

    def handle_endtag(self, tag: str) -> None:
        if tag == "textarea":
            self._text = None
        elif tag == "select":
            self._select = ""
        elif tag == "form":
            self._inside = False


def filled_in(page: str, action: str = "", **typed: Any) -> dict[str, str]:
    """What a browser sends of the form at `action` (empty: of all forms of the page).

    `typed` names a field by how it ends, and says what stands in the first, second … of them:
    `verdict={2: "false"}`, or in all: `verdict="confirmed"`.
    """
    form = _Form(action)
    form.feed(page)
    assert form.names, f"no form at {action!r}"
    values = dict(form.values)
    for ending, texts in typed.items():
        names = [name for name in form.names if name == ending or name.endswith(f"-{ending}")]
        assert names, f"no field {ending!r}"
        for position, name in enumerate(names, start=1):
            if not isinstance(texts, dict):
                values[name] = texts
            elif position in texts:
                values[name] = texts[position]
    return values
