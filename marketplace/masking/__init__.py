"""Contact details written into a text are found, and a neutral mark put in their place (M5). Pure.

A street and its number are no contact details here: a buyer needs to know how far it is, and nobody calls a street.
A text without details stays as it is, to the last byte.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from marketplace.masking.addresses import HANDLE, MAIL, WEB, addresses_in
from marketplace.masking.folding import Folded, fold
from marketplace.masking.numbers import BLANK, digits_in, telephones_in

__all__ = ["HANDLE", "MAIL", "MARK", "TELEPHONE", "WEB", "Span", "find", "mask"]

MARK = "•••"
TELEPHONE = "telephone"

# l e t t e r s with a separator after each one.
_SPACED = re.compile(r"(?<![a-z0-9])[a-z0-9@.](?:[ \t*|/_~-]{1,3}[a-z0-9@._]){4,}(?![a-z0-9])")
_SEPARATORS = frozenset(" \t*|/_~-")
_OWN_NUMBER_AT_LEAST = 7
_OWN_NAME_AT_LEAST = 6


@dataclass(frozen=True, slots=True)
class Span:
    """One detail: `text[start:end]`, and its kind: telephone, mail, web or handle."""

    start: int
    end: int
    kind: str


def find(text: str, *, telephone: str = "", email: str = "") -> list[Span]:
    """Where contact details stand in `text`, in order and apart from each other.

    `telephone` (its digits, without the country's) and `email` are the writer's own: these are found in any form,
    also where another such number would be none to call.
    """
    folded = fold(text)
    hidden = sorted(set(_found(folded, text, telephone, email)))
    return [Span(*folded.written(start, end), kind) for start, end, kind in _apart(hidden)]


def mask(text: str, *, telephone: str = "", email: str = "") -> str:
    """`text` with MARK in the place of every detail; the same text where there is none.

    Masking again changes nothing. What is left after a first look is looked at again: a number that stood beside
    an address may be one by itself.
    """
    while spans := find(text, telephone=telephone, email=email):
        parts, position = [], 0
        for span in spans:
            parts += [text[position : span.start], MARK]
            position = span.end
        text = "".join([*parts, text[position:]])
    return text


def _found(folded: Folded, text: str, telephone: str, email: str) -> Iterator[tuple[int, int, str]]:
    plain = folded.text
    written = text if len(text) == len(plain) else "".join(text[index] for index in folded.at)
    found = list(addresses_in(plain, written))
    yield from found
    if email:
        yield from _own_email(plain, email)
    for spaced in _SPACED.finditer(plain):
        yield from _spaced(plain, spaced.start(), spaced.end())
    left = _without(plain, found)
    for start, end in telephones_in(left):
        yield start, end, TELEPHONE
    if len(telephone) >= _OWN_NUMBER_AT_LEAST:
        for start, end in _own_number(left, telephone):
            yield start, end, TELEPHONE


def _spaced(plain: str, start: int, end: int) -> Iterator[tuple[int, int, str]]:
    """What is found in letters that are written apart, once they are put together."""
    at = [index for index in range(start, end) if plain[index] not in _SEPARATORS]
    together = "".join(plain[index] for index in at)
    found = list(addresses_in(together, together))
    found += [(first, last, TELEPHONE) for first, last in telephones_in(together)]
    for first, last, kind in found:
        yield at[first], at[last - 1] + 1, kind


def _without(plain: str, found: list[tuple[int, int, str]]) -> str:
    parts, position = [], 0
    for start, end, _kind in _apart(sorted(found)):
        parts += [plain[position:start], BLANK * (end - start)]
        position = end
    return "".join([*parts, plain[position:]])


def _own_number(plain: str, telephone: str) -> Iterator[tuple[int, int]]:
    """Each part of the writer's own number, whatever stands between the parts; also without its area."""
    items = list(digits_in(plain))
    whole = "".join(item.digits for item in items)
    owner = [number for number, item in enumerate(items) for _digit in item.digits]
    wanted = telephone
    position = whole.find(wanted)
    while position >= 0:
        for number in sorted(set(owner[position : position + len(wanted)])):
            yield items[number].start, items[number].end
        position = whole.find(wanted, position + len(wanted))


def _own_email(plain: str, email: str) -> Iterator[tuple[int, int, str]]:
    name, _at, _host = fold(email).text.partition("@")
    if len(name) < _OWN_NAME_AT_LEAST or name.isalpha():
        return  # A name alone, maria or contacto, is a word.
    for found in re.finditer(rf"(?<![a-z0-9]){re.escape(name)}(?![a-z0-9])", plain):
        yield found.start(), found.end(), MAIL


def _apart(found: list[tuple[int, int, str]]) -> Iterator[tuple[int, int, str]]:
    """Those that overlap made one, of the kind of the first."""
    current: tuple[int, int, str] | None = None
    for start, end, kind in found:
        if current is not None and start < current[1]:
            current = (current[0], max(end, current[1]), current[2])
            continue
        if current is not None:
            yield current
        current = (start, end, kind)
    if current is not None:
        yield current
