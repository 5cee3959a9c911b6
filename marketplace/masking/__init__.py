"""Contact details written into a text are found, and a neutral mark put in their place (M5). Pure.

A street and its number are no contact details here: a buyer needs to know how far it is, and nobody calls a street.
A text without details stays as it is, to the last byte.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate, permutations

from marketplace.masking.addresses import MAIL, WEB, addresses_in
from marketplace.masking.folding import Folded, fold
from marketplace.masking.handles import HANDLE
from marketplace.masking.numbers import BLANK, digits_in, telephones_across, telephones_in

__all__ = [
    "HANDLE",
    "MAIL",
    "MARK",
    "TELEPHONE",
    "WEB",
    "Span",
    "find",
    "find_together",
    "mask",
    "mask_together",
]

MARK = "•••"
TELEPHONE = "telephone"

# l e t t e r s with a separator after each one.
_SPACED = re.compile(r"(?<![a-z0-9])[a-z0-9@.](?:[ \t*|/_~-]{1,3}[a-z0-9@._]){4,}(?![a-z0-9])")
_SEPARATORS = frozenset(" \t*|/_~-")
_OWN_NUMBER_AT_LEAST = 7
_HALF_AT_LEAST = 4  # Digits of it that mean something by themselves.
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
    return find_together([text], telephone=telephone, email=email)[0]


def find_together(texts: Sequence[str], *, telephone: str = "", email: str = "") -> list[list[Span]]:
    """As `find`, for the few fields of one form: a number that begins in one and ends in another is found too."""
    folded = [fold(text) for text in texts]
    found = [_addresses(each, text, email) for each, text in zip(folded, texts, strict=True)]
    left = [_without(each.text, addresses) for each, addresses in zip(folded, found, strict=True)]
    for number, plain in enumerate(left):
        found[number] += [(start, end, TELEPHONE) for start, end in telephones_in(plain)]
    for number, start, end in _across(left, telephone):
        found[number].append((start, end, TELEPHONE))
    return [
        [Span(*each.written(start, end), kind) for start, end, kind in _apart(sorted(set(spans)))]
        for each, spans in zip(folded, found, strict=True)
    ]


def mask(text: str, *, telephone: str = "", email: str = "") -> str:
    """`text` with MARK in the place of every detail; the same text where there is none."""
    return mask_together([text], telephone=telephone, email=email)[0]


def mask_together(texts: Sequence[str], *, telephone: str = "", email: str = "") -> list[str]:
    """As `mask`, for the few fields of one form.

    Masking again changes nothing. What is left after a first look is looked at again: a number that stood beside
    an address may be one by itself.
    """
    masked = list(texts)
    while any(found := find_together(masked, telephone=telephone, email=email)):
        masked = [_marked(text, spans) for text, spans in zip(masked, found, strict=True)]
    return masked


def _marked(text: str, spans: list[Span]) -> str:
    parts, position = [], 0
    for span in spans:
        parts += [text[position : span.start], MARK]
        position = span.end
    return "".join([*parts, text[position:]])


def _addresses(folded: Folded, text: str, email: str) -> list[tuple[int, int, str]]:
    plain = folded.text
    written = text if len(text) == len(plain) else "".join(text[index] for index in folded.at)
    found = list(addresses_in(plain, written))
    if email:
        found += _own_email(plain, email)
    for spaced in _SPACED.finditer(plain):
        found += _spaced(plain, spaced.start(), spaced.end())
    return found


def _across(texts: Sequence[str], telephone: str) -> Iterator[tuple[int, int, int]]:
    """Numbers that are spread over several texts, in whatever order these are read; the writer's own in any way.

    Each as the number of its text, and where it stands there.
    """
    if len(telephone) >= _OWN_NUMBER_AT_LEAST:
        yield from _own_number(texts, telephone)
    if len(texts) > 1:
        for order in permutations(range(len(texts))):
            for number, start, end in telephones_across([texts[number] for number in order]):
                yield order[number], start, end


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


def _own_number(texts: Sequence[str], telephone: str) -> Iterator[tuple[int, int, int]]:
    """Each part of the writer's own number: whole, whatever stands between the parts; or in two halves anywhere."""
    items = [(number, item) for number, text in enumerate(texts) for item in digits_in(text)]
    whole = "".join(item.digits for _number, item in items)
    edges = set(accumulate((len(item.digits) for _number, item in items), initial=0))
    owner = [which for which, (_number, item) in enumerate(items) for _digit in item.digits]
    parts = [(position, position + len(telephone)) for position in _all(whole, telephone)]
    for length in range(_HALF_AT_LEAST, len(telephone) - _HALF_AT_LEAST + 1):
        halves = [
            [
                (position, position + len(half))
                for position in _all(whole, half)
                if position in edges and position + len(half) in edges
            ]
            for half in (telephone[:length], telephone[length:])
        ]
        if all(halves):
            parts += halves[0] + halves[1]
    for which in sorted({which for start, end in parts for which in owner[start:end]}):
        number, item = items[which]
        yield number, item.start, item.end


def _all(text: str, wanted: str) -> Iterator[int]:
    position = text.find(wanted)
    while position >= 0:
        yield position
        position = text.find(wanted, position + len(wanted))


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
