"""The words of a text as search compares them: without case, accents and signs. Pure.

What comes out is made of letters and digits alone, so nothing of it is an operator or a quote anywhere.
"""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

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
am ask asking get got hello help hi just like make need please question thank thanks us want
ayuda ayudar buenas buenos da debo dice dime estoy favor gracias hace hacer hago haz necesito pedir pregunta
preguntar pueden pueda quiero quisiera sale saber cuanta cuantas cuanto cuantos
aiutare aiuto buongiorno chiedere chiedo devo domanda fa faccio fare favore grazie potete puoi salve
sapere vorrei voglio quanta quante quanti quanto
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
    pairs: dict[str, str] = {}
    for word in _WORD.findall(written):
        folded = fold(word)
        # What has no letter or digit left when folded is no word.
        if _WORD.fullmatch(folded):
            pairs.setdefault(folded[:_LONGEST], word[:_LONGEST])
    telling = {folded: word for folded, word in pairs.items() if folded not in COMMON}
    return [(word, folded) for folded, word in (telling or pairs).items()][:most]


# What a word loses where no dictionary is at hand, so that one form of it finds another, and a verb as people ask with
# it too ("contestan", "rispondete", "answering"). What ends the words of one language belongs to those of another.
_OF_ANY = ("es", "as", "os", "a", "e", "i", "o", "s")
_ENDINGS = {
    "en": ("ing", "ed"),
    "es": ("ando", "iendo", "aron", "ieron", "an", "en", "ar", "er", "ir")
    + tuple(f"{verb}{whom}" for verb in ("ar", "er", "ir") for whom in ("me", "nos", "se", "lo", "la", "le")),
    "it": ("ando", "endo", "are", "ere", "ire", "ate", "ete", "ite", "ano", "ono"),
}
_LEFT_AT_LEAST = 4


def beginning(folded: str, language: str = "") -> str:
    """The beginning that forms of a word share in a `language` ("es"), good enough where the database knows no
    languages: "llamadas" and "llamada" begin with "llamad"."""
    for ending in sorted((*_OF_ANY, *_ENDINGS.get(language, ())), key=len, reverse=True):
        shorter = folded.removesuffix(ending)
        if shorter != folded and len(shorter) >= _LEFT_AT_LEAST:
            return shorter
    return folded


# How much longer a form of a word is than the beginning that it shares with others: "reclam" is that of "reclamacion",
# and "part" has nothing to do with "particular".
_LONGER_BY = 5


@dataclass(frozen=True, slots=True)
class Held:
    """How many of the words that are asked for stand in the title and summary of an article, and in all of it."""

    in_head: int
    anywhere: int


def held_in(head: str, body: str, folded_words: Sequence[str], language: str = "") -> Held:
    """Counts folded words, in whichever form that `language` has of them, in texts that hold their own words folded and
    between spaces."""
    in_head = anywhere = 0
    for folded in folded_words:
        begin = beginning(folded, language)
        # Of a short word any other may be the beginning.
        more = rf"\w{{0,{_LONGER_BY}}}" if len(begin) >= _LEFT_AT_LEAST else "s?"
        form = re.compile(rf"(?<=\s){re.escape(begin)}{more}(?=\s)")
        stands_in_head = form.search(head) is not None
        in_head += stands_in_head
        anywhere += stands_in_head or form.search(body) is not None
    return Held(in_head, anywhere)


# A question of more words is a story: in a long text some of them stand by chance.
_SHORT_QUESTION = 4


def answers(held: Held, asked: int) -> bool:
    """Whether an article may answer a question of so many telling words: it is about one of them, and another stands
    in it too; of a long question it is about two, and holds three."""
    about, anywhere = (1, 2) if asked <= _SHORT_QUESTION else (2, 3)
    return held.in_head >= about and held.anywhere >= min(anywhere, asked)


_SECRET_SIGNS = re.compile(r"\S*@\S*")


def phrase_of(text: str, most: int) -> str:
    """What was looked for, for the author: folded, at most `most` characters, and without what may say who somebody is:
    mail addresses, and numbers long enough to be a telephone's."""
    said = _SECRET_SIGNS.sub(" ", text[:1000])
    digits = re.compile(r"[+(]?\d[\d\s().+/-]{4,}\d")
    return " ".join(words_of(digits.sub(" ", said)))[:most].strip()
