"""A text as a reader hears it: one plain small letter or digit for each of its drawings, what is unseen left out."""

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

import regex

# Marks of direction, joiners, fillers, accents typed apart, the box around a keycap.
_UNSEEN = regex.compile(r"[\p{Cf}\p{Mn}\p{Me}\p{Default_Ignorable_Code_Point}]+")

_LOOK_ALIKE = dict(
    zip(
        "аеорсухіѕјԁһвкмнтгпαορτινκυχεηωßøłđıᴀʙᴄᴅᴇꜰɢʜɪᴊᴋʟᴍɴᴏᴘʀꜱᴛᴜᴠᴡʏᴢ",
        "aeopcyxisjdhbkmhtrnaoptivkuxenwsoldiabcdefghijklmnoprstuvwyz",
        strict=True,
    )
)
_DOTS = "。․‧∙⋅・"
_APOSTROPHES = "’‘ʼ"
_DASHES = "‐‑‒–—―−﹣－"
# White letters on black, and the letters that flags are made of, have no plain letter in Unicode's own tables.
_LETTER_BLOCKS = (0x1F150, 0x1F170, 0x1F1E6)


def _drawn_as(character: str) -> str:
    """The one plain character that this one is a drawing of; itself if of none."""
    if character in "ºª°":
        return "°"
    if character in _DOTS:
        return "."
    if character in _DASHES:
        return "-"
    if character in _APOSTROPHES:
        return "'"
    if character != "\n" and (character.isspace() or character == "\u2800"):
        return " "
    digit = unicodedata.digit(character, None)
    if digit is not None:
        return str(digit)
    for first in _LETTER_BLOCKS:
        if first <= ord(character) < first + 26:
            return chr(ord("a") + ord(character) - first)
    plain = unicodedata.normalize("NFKD", character)
    plain = "".join(each for each in plain if not unicodedata.combining(each)).lower()
    plain = _LOOK_ALIKE.get(plain, plain)
    return plain if len(plain) == 1 else character


class _Drawings(dict[int, str]):
    """Filled as characters are met: `str.translate` then goes through a text at its own speed."""

    def __missing__(self, code: int) -> str:
        self[code] = _drawn_as(chr(code))
        return self[code]


_DRAWINGS = _Drawings()


@dataclass(frozen=True, slots=True)
class Folded:
    """`text[i]` is how the character at `at[i]` of what was written reads; that had `length` characters."""

    text: str
    at: Sequence[int]
    length: int

    def written(self, start: int, end: int) -> tuple[int, int]:
        """Where `text[start:end]` stands in what was written, with what is unseen inside and right behind it."""
        return self.at[start], self.at[end] if end < len(self.at) else self.length


def fold(text: str) -> Folded:
    if text.isascii():
        return Folded(text.lower(), range(len(text)), len(text))
    at: list[int] = []
    kept: list[str] = []
    position = 0
    for unseen in _UNSEEN.finditer(text):
        kept.append(text[position : unseen.start()])
        at.extend(range(position, unseen.start()))
        position = unseen.end()
    kept.append(text[position:])
    at.extend(range(position, len(text)))
    return Folded("".join(kept).translate(_DRAWINGS), at, len(text))
