"""The words of a text as search compares them: without case, accents and signs. Pure.

What comes out is made of letters and digits alone, so nothing of it is an operator or a quote anywhere.
"""

import re
import unicodedata
from collections.abc import Sequence

# Of a longer text only the beginning is read: nobody searches with a book.
READ_AT_MOST = 60_000
_WORD = re.compile(r"[^\W_]+")
_LONGEST = 40

# Words that stand in every article and tell none apart, folded: English, Spanish, Italian, and what is left of them
# before an apostrophe.
_COMMON = """
a about an and any are as at be been but by can could did do does for from had has have he her here his how
i if in is it its may me might my no not of on one or our she should so than that the their them then there
these they this to up was we were what when where which who why will with would you your al algo ante antes
como con cual cuando de del desde donde el ella ellas ellos en entre era es esa ese eso esta estan estas
este esto estos fue ha hasta hay hola la las le les lo los mas mi mis muy nada ni nos o para pero por porque
puede puedo que quien se ser si sin sobre son su sus tambien te tengo ti tiene todo tu tus un una uno unos y
ya yo agli ai alla alle anche che chi ci ciao col come cosa cui da dai dal dalla degli dei della delle di
dove e ed gli hai hanno ho il io lei loro lui ma mia miei mio ne nei nel nella noi non per perche piu posso
puo quale quando quello questa questi questo sei sia siamo sono sta sua sue sul sulla suo tra tua tuo vi voi
l d all dell dall nell sull quell c s t ll ve re
"""
COMMON = frozenset(_COMMON.split())


def fold(text: str) -> str:
    """`text` without case and accents: "Garantía" is "garantia"."""
    apart = unicodedata.normalize("NFKD", text[:READ_AT_MOST].casefold())
    return "".join(sign for sign in apart if not unicodedata.combining(sign))


def words_of(text: str) -> list[str]:
    """The folded words of `text`, in their order."""
    return [word[:_LONGEST] for word in _WORD.findall(fold(text))]


def asked_words(text: str, most: int) -> Sequence[tuple[str, str]]:
    """Up to `most` different words of what somebody asks, as (as written in small letters, folded), without those that
    tell nothing; where nothing else is left, with them."""
    written = unicodedata.normalize("NFC", text[:READ_AT_MOST]).lower()
    pairs = {
        fold(word)[:_LONGEST]: word[:_LONGEST]
        for word in _WORD.findall(written)
        # What has no letter or digit left when folded is no word.
        if _WORD.fullmatch(fold(word))
    }
    telling = {folded: word for folded, word in pairs.items() if folded not in COMMON}
    return [(word, folded) for folded, word in (telling or pairs).items()][:most]


# What a word loses where no dictionary is at hand, so that one form of it finds another.
_ENDING = re.compile(r"(es|as|os|[aeios])\Z")


def beginning(folded: str) -> str:
    """The beginning that forms of a word share, good enough where the database knows no languages: "llamadas" and
    "llamada" begin with "llamad"."""
    shorter = _ENDING.sub("", folded)
    return shorter if len(shorter) >= 4 else folded


_SECRET_SIGNS = re.compile(r"\S*@\S*")


def phrase_of(text: str, most: int) -> str:
    """What was looked for, for the author: folded, at most `most` characters, and without what may say who somebody is:
    mail addresses, and numbers long enough to be a telephone's."""
    said = _SECRET_SIGNS.sub(" ", text[:1000])
    digits = re.compile(r"[+(]?\d[\d\s().+/-]{4,}\d")
    return " ".join(words_of(digits.sub(" ", said)))[:most].strip()
