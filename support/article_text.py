"""How articles are written: a few signs in plain text, read into blocks. Pure; what is shown is made in templates, so
no HTML of an author's reaches a page.

Blocks stand apart by an empty line. `## Heading`, `### smaller heading`; lines with `- ` are a list, with `1. ` a
numbered one; anything else is a paragraph. Inside: `**strong**` and `[words](address)`, where the address is
`library:KEY` (another article), a path of this site, or `https://…`. What is none of that is shown as it is written.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

_INSIDE = re.compile(r"\*\*(?P<strong>[^*\n]+)\*\*|\[(?P<words>[^\]\[\n]+)\]\((?P<address>[^\s()]+)\)")
ARTICLE = "library:"
# A path of ours, not "//elsewhere"; or another site by https.
_ADDRESS = re.compile(r"(library:[a-z0-9-]+|/(?![/\\])[^\s\\]*|https://[^\s]+)\Z")
_NUMBERED = re.compile(r"\d{1,3}\.\s+")


@dataclass(frozen=True, slots=True)
class Span:
    """A piece of a line: strong or not, leading to `address` or nowhere."""

    text: str
    strong: bool = False
    address: str = ""


Kind = Literal["heading", "subheading", "paragraph", "list", "numbers"]


@dataclass(frozen=True, slots=True)
class Block:
    """`lines` holds one line, of a list one for each item."""

    kind: Kind
    lines: Sequence[Sequence[Span]]


def blocks(body: str) -> Sequence[Block]:
    """The blocks of an article's text, in their order."""
    parts = re.split(r"\n\s*\n", body.replace("\r\n", "\n").replace("\r", "\n").strip())
    return [block for part in parts if part.strip() for block in _read(part)]


def _read(part: str) -> Iterator[Block]:
    lines = [line.strip() for line in part.split("\n") if line.strip()]
    for sign, kind in (("### ", "subheading"), ("## ", "heading")):
        if lines[0].startswith(sign):
            yield Block(kind, [spans(lines[0].removeprefix(sign).strip())])  # type: ignore[arg-type]
            if lines[1:]:
                yield from _read("\n".join(lines[1:]))
            return
    if lines[0].startswith("- "):
        yield Block("list", [spans(item) for item in _items(lines, re.compile(r"-\s+"))])
    elif _NUMBERED.match(lines[0]):
        yield Block("numbers", [spans(item) for item in _items(lines, _NUMBERED)])
    else:
        yield Block("paragraph", [spans(" ".join(lines))])


def _items(lines: Sequence[str], mark: re.Pattern[str]) -> Sequence[str]:
    """The items of a list; a line without a mark goes on with the one before."""
    items: list[str] = []
    for line in lines:
        found = mark.match(line)
        if found or not items:
            items.append(line[found.end() if found else 0 :])
        else:
            items[-1] += f" {line}"
    return items


def spans(line: str) -> Sequence[Span]:
    """A line in its pieces."""
    pieces: list[Span] = []
    at = 0
    for found in _INSIDE.finditer(line):
        if found["words"] is not None and not _ADDRESS.match(found["address"]):
            continue
        if found.start() > at:
            pieces.append(Span(line[at : found.start()]))
        if found["strong"] is not None:
            pieces.append(Span(found["strong"], strong=True))
        else:
            pieces.append(Span(found["words"], address=found["address"]))
        at = found.end()
    if at < len(line):
        pieces.append(Span(line[at:]))
    return pieces


def plain(body: str) -> str:
    """The words of a text without its signs, a line for each block or item."""
    return "\n".join("".join(span.text for span in line) for block in blocks(body) for line in block.lines)


def links(body: str) -> Sequence[str]:
    """Every address that a text leads to."""
    return [span.address for block in blocks(body) for line in block.lines for span in line if span.address]
