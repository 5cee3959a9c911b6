"""What people type, made fit to keep and to show: no control characters, nothing that turns the writing around."""

import unicodedata

import regex
from django.utils.translation import gettext as _

from profiles.errors import ProfileError

# Controls save tab and line feed, halves of characters, and the marks that make text run backwards, which make a
# file or a name look like another.
_UNWANTED = regex.compile(r"[\p{Cc}--[\t\n]]|\p{Cs}|[\u202A-\u202E\u2066-\u2069\uFEFF]", regex.V1)
_LINE_ENDS = regex.compile(r"\r\n|[\r\u0085\u2028\u2029\v\f]")
_SPACES = regex.compile(r"\s+")
_BLANK_LINES = regex.compile(r"\n{3,}")

# What a reader sees nothing of: formats, variation selectors and fillers, which may sit inside a character.
_SEEN = regex.compile(r"[^\s\p{Cc}\p{Cf}\p{Cs}\p{Default_Ignorable_Code_Point}\u2800]", regex.V1)
_SPACE = regex.compile(r"[\s\u2800\u3164\u115F\u1160\uFFA0]")
_CHARACTER = regex.compile(r"\X")

# Where a reader, or the program that shows them a mail, sees an address: http://…, www.…, somebody@…, shop.example,
# 192.0.2.1. Initials stay what they are: one letter after the dot is no domain (S.A. de C.V.).
_ADDRESS = regex.compile(
    r"://|\bwww\.|@|[\p{L}\p{N}]\.(?:\p{L}{2,}|xn--[\p{L}\p{N}-]+)(?![\p{L}\p{M}\p{N}])"
    r"|(?<!\d)(?:\d{1,3}\.){3}\d{1,3}(?!\d)",
    regex.IGNORECASE,
)
_UNSEEN = regex.compile(r"[\p{Cf}\p{Default_Ignorable_Code_Point}]")
_NEITHER_LETTER_NOR_DIGIT = regex.compile(r"[^\p{L}\p{N}]+")


def one_line(text: str) -> str:
    """`text` as a name or a title: composed, on one line, trimmed, without controls."""
    return _SPACES.sub(" ", many_lines(text)).strip()


def many_lines(text: str) -> str:
    """`text` as paragraphs: composed, with line feeds alone, trimmed, without controls."""
    text = _LINE_ENDS.sub("\n", text)
    text = unicodedata.normalize("NFC", _UNWANTED.sub("", text))
    lines = (line.rstrip() for line in text.split("\n"))
    return _BLANK_LINES.sub("\n\n", "\n".join(lines)).strip()


def names_an_address(text: str) -> bool:
    """Whether a web or e-mail address stands in `text`, also a bare domain like shop.example.

    Asked of names that stand in mails to third people: an advertisement does not (M12). A dot counts however it
    is drawn, and what cannot be seen hides nothing.
    """
    plain = _UNSEEN.sub("", unicodedata.normalize("NFKC", text)).replace("\u3002", ".")
    return _ADDRESS.search(plain) is not None


def refuse_address(name: str, *, field: str) -> None:
    """Raises ProfileError "name_has_address" for `field` if an address stands in a name: see `names_an_address`."""
    if names_an_address(name):
        raise ProfileError(
            "name_has_address",
            _("Write the name alone, without a web or e-mail address. A full stop is followed by a space."),
            field=field,
        )


def length_as_read(text: str) -> int:
    """How many characters a reader counts in `text` (G7).

    A character is what is perceived as one: an accent typed apart, a family emoji and a flag are one each.
    White space at either end is not counted, repeated white space inside is one character, and what cannot be
    seen (joiners, marks of direction, fillers) is none.
    """
    words = (
        sum(1 for character in _CHARACTER.findall(word) if _SEEN.search(character))
        for word in _SPACE.split(text)
    )
    seen = [length for length in words if length]
    return sum(seen) + len(seen) - 1 if seen else 0


def bare(text: str) -> str:
    """`text` as it is compared with another: letters and digits alone, without case, accents, spaces or punctuation.

    Empty where it has neither letters nor digits: then nothing can be said of it.
    """
    without_case = unicodedata.normalize("NFKD", text).casefold()
    return _NEITHER_LETTER_NOR_DIGIT.sub("", unicodedata.normalize("NFKD", without_case))


def fit(text: str, *, field: str, most: int, required: bool = False, lines: bool = False) -> str:
    """`text` made fit to keep. Raises ProfileError for `field` if nothing is left or more than `most` characters."""
    kept = many_lines(text) if lines else one_line(text)
    if length_as_read(kept) == 0:
        if required:
            raise ProfileError("nothing_written", _("Please write something here."), field=field)
        return ""
    if sentence := too_long(kept, most):
        raise ProfileError("too_long", sentence, field=field)
    return kept


def too_long(text: str, most: int) -> str:
    """What is said where `text` has more than `most` characters; empty where it fits."""
    if len(text) <= most:
        return ""
    return _("This is %(length)d characters long. Please shorten it to %(most)d or fewer.") % {
        "length": len(text),
        "most": most,
    }
