"""The digits that one word of a folded text is: in figures, in letters, in both."""

import re

from marketplace.masking.words import HUNDREDS, NUMBERS, SHORT_NUMBERS

_IN_ONE = re.compile(r"\d|" + "|".join(sorted(HUNDREDS.keys() | SHORT_NUMBERS, key=len, reverse=True)))
# 55a1234b5678; an x stands between measures.
_LETTERED = re.compile(r"\d{2,4}(?:[a-wyz]\d{2,4}){2,4}")
_LIKE_DIGITS = re.compile(r"[oil]*\d[\doil]*|(?=.{4})[oilsbz]*\d[\doilsbz]*")
_AS_DIGITS = str.maketrans("oilsbz", "011582")
_AS_LETTERS = str.maketrans("013457", "oieast")
_DRAWN_OUT = re.compile(r"(.)\1{2,}")
_LETTERED_DIGITS = 10


def digits_of(word: str) -> str:
    """The digits that a word is, "" if none: 55, cinco, c1nc0, 5o5, cincocinco, cinco5."""
    if word.isdigit():
        return word
    if said := NUMBERS.get(word):
        return said
    if len(word) < 2:
        return ""
    if any(map(str.isdigit, word)):
        if _LIKE_DIGITS.fullmatch(word):
            digits = sum(map(str.isdigit, word))
            # 20l are litres, 1a a first; half of it at least are digits.
            if digits * 2 >= len(word) and not (digits == len(word) - 1 and word[-1] in "lisbz"):
                return word.translate(_AS_DIGITS)
            return ""
        if _LETTERED.fullmatch(word):
            number = re.sub(r"\D", "", word)
            return number if len(number) == _LETTERED_DIGITS else ""
        if said := NUMBERS.get(word.translate(_AS_LETTERS)):
            return said
    elif len(word) > 3 and (said := NUMBERS.get(_DRAWN_OUT.sub(r"\1", word))):
        return said
    return _in_one(word)


def _in_one(word: str) -> str:
    """Digits and names of digits without anything between them; "" if there is anything else."""
    digits, position, names = [], 0, 0
    while position < len(word):
        part = _IN_ONE.match(word, position)
        if part is None:
            return ""
        names += part.end() - position > 1
        digits.append(NUMBERS.get(part.group(), part.group()))
        position = part.end()
    return "".join(digits) if names and len(digits) > 1 else ""
