"""Names in social networks in a folded text: with an @, or said beside the name of the network."""

import re
from collections.abc import Iterator

from marketplace.masking.words import words

HANDLE = "handle"

_NETWORK = re.compile(
    r"(?<![a-z0-9])(?P<network>insta(?:gram)?|ig|facebook|feisbuk|feis|face|fb|telegram|tg|tiktok|tik\stok|twitter|snapchat|"
    r"snap|linkedin|skype|messenger|youtube|threads|signal|discord|viber|wechat|gmail|hotmail)(?![a-z0-9])"
)
_CONNECTED = re.compile(
    r"[ \t]{0,2}(?P<by>(?:(?:[:=]|->|-(?=\s))|(?:es|e|e'|is|como|come|as|soy|sono|im|i'm|user|usuario|username|nick|"
    r"cuenta|account|name|nombre|nome|arroba|chiocciola|at|under|con|mi|my|mio|il)(?![a-z0-9]))\s{0,2}){0,4}"
    r"(?P<handle>@?[a-z0-9][a-z0-9._-]{2,40})"
)
_MINE = re.compile(
    r"(?<![a-z])(?:busca\w*|busqu\w*|encuentr\w*|agreg\w*|anad\w*|sigue\w*|siga\w*|estoy|salgo|aparezco|soy|mi|mio|my|"
    r"cerca\w*|trova\w*|trovi|segui\w*|aggiung\w*|sono|find|look\s+(?:me|for)|search|add|follow|i'?m|dm|message|"
    r"escrib\w*|manda\w*|scriv\w*|contatt\w*|contact\w*|hit)(?![a-z])"
)
# Whoever says this wants to be found there: a name follows even where nothing leads to it.
_FIND_ME = re.compile(
    r"(?<![a-z])(?:(?:busca|busque|encuentra|encuentre|agrega|agregue|anade|sigue|siga|escribe|contacta|localiza)n?(?:me|nos)"
    r"|(?:cerca|trova|segui|aggiungi|contatta|scrivi)(?:te|to)?(?:mi|ci)|(?:find|add|follow|message|contact)\s(?:me|us)"
    r"|look\s(?:me|us)\sup)(?![a-z])|(?<![a-z])(?:mi|my|mio|il\smio)\s$"
)
_LIKE_A_HANDLE = re.compile(r"@.*|.*[a-z]\d.*|.*_.*|.*[a-z]{2}\.[a-z].*|.*[a-z]\.[a-z]{2}.*")
_NO_HANDLE = words(
    "privado publico privada este esta the this that mucho mejor para quiero como una algo pero por con del las los "
    "privato pubblico questo questa che per molto private public with for and style estilo"
)
# What follows a name, or stands where one might: ordinary words.
_ORDINARY = _NO_HANDLE | words(
    """
    siempre tambien gracias ahi alli aqui hoy manana tarde tardes noche luego despues antes pronto porfa favor saludos
    si no o y e u en al de la el lo un mi me se te es son hay tengo nuevo nueva nuevos muy mas marketplace business ads
    live sempre grazie anche li qui oggi domani sera dopo prima presto saluti il in su da di nuovo nuova nuovi
    always thanks please too also there here today tomorrow later soon or at on of to new anytime
    """
)
_SEEN_THERE = re.compile(
    r"(?<![a-z])(?:estilo|tipo|foto\w*|vi|visto|vimos|video\w*|stile|style|saw|seen|like)(?![a-z])"
)
_AT_HANDLE = re.compile(r"(?<![a-z0-9@._])@[a-z][a-z0-9._]{1,40}|(?<![a-z0-9@._])@\d+[a-z_][a-z0-9._]{1,40}")
_BEFORE = re.compile(
    r"(?:(?<![a-z0-9])(?P<i_am>soy|sono|somos|siamo|i'?m|we\sare)\s|(?<![a-z0-9])(?P<under>como|come|as|under)\s)?"
    r"(?P<name>(?:[a-z'-]{2,30}\s){0,3}?[a-z0-9._'-]{3,41})\s(?:en|on|su|in|de|di)\s(?:mi\s|my\s)?$"
)
_MORE_NAMES = re.compile(r"(?: [a-z][a-z'-]{1,30}){0,2}(?=\s{0,3}(?:\Z|[.,;!?)]|\n))")


def handles_in(text: str, written: str) -> Iterator[tuple[int, int, str]]:
    """Where they stand in a folded `text`; they may overlap. `written`: the same with its capitals."""
    for handle in _AT_HANDLE.finditer(text):
        yield handle.start(), without_stop(text, handle.start(), handle.end()), HANDLE
    for network in _NETWORK.finditer(text):
        for start, end in (*_before(text, written, network), *_after(text, written, network)):
            yield start, end, HANDLE


def without_stop(text: str, start: int, end: int) -> int:
    """Where `text[start:end]` ends without the stops and brackets behind it, which are the sentence's."""
    while end > start + 1 and text[end - 1] in ".,;:!?)»\"'”]":
        end -= 1
    return end


def _before(text: str, written: str, network: re.Match[str]) -> Iterator[tuple[int, int]]:
    """lopez_obras en insta; soy lopezobras en insta; me encuentras como Maria Lopez en face."""
    found = _BEFORE.search(text, max(0, network.start() - 70), network.start())
    if found is None:
        return
    start, end = found.span("name")
    last = start + found["name"].rfind(" ") + 1
    if _LIKE_A_HANDLE.fullmatch(text, last, end):
        yield last, end
    elif not _ORDINARY.isdisjoint(found["name"].split()):
        return
    elif start == last:
        if found["i_am"]:
            yield start, end
    elif (found["i_am"] or found["under"]) and _in_capitals(written, start, end):
        yield start, end


def _after(text: str, written: str, network: re.Match[str]) -> Iterator[tuple[int, int]]:
    found = _CONNECTED.match(text, network.end())
    if found is None:
        return
    start = found.start("handle")
    end = without_stop(text, start, found.end("handle"))
    name, by = text[start:end], (found["by"] or "").strip()
    if _LIKE_A_HANDLE.fullmatch(name):
        yield start, end
        return
    if name in _NO_HANDLE or name.isdigit():
        return
    said: object
    seen_there = _SEEN_THERE.search(text, max(0, network.start() - 30), network.start()) is not None
    whole = _whole_name(text, written, start, end)
    if by:
        said = _MINE.search(text, max(0, network.start() - 40), network.start()) or (
            not seen_there
            and (by in (":", "=", "->") or (by in ("como", "as", "come") and _ends(text, whole)))
        )
    elif seen_there or name in _ORDINARY or _NETWORK.fullmatch(name):
        said = False
    else:
        said = (written[start].isupper() and whole > end) or (
            _ends(text, whole) and _FIND_ME.search(text, max(0, network.start() - 40), network.start())
        )
    if said:
        yield start, whole


def _whole_name(text: str, written: str, start: int, end: int) -> int:
    """Where it ends with the names that follow: "Maria Lopez Reformas", as far as they have capitals; without them
    "maria lopez", where the clause ends with it."""
    if written[start].isupper():
        position = end
        for part in re.finditer(r" ([a-z][a-z'-]{1,30})", text[end : end + 70]):
            if end + part.start() != position or not written[end + part.start(1)].isupper():
                break
            position = end + part.end()
        return position
    more = _MORE_NAMES.match(text, end)
    return more.end() if more is not None and _ORDINARY.isdisjoint(more.group().split()) else end


def _ends(text: str, end: int) -> bool:
    """Whether the clause ends there."""
    rest = _MORE_NAMES.match(text, end)
    return rest is not None and rest.end() == end


def _in_capitals(written: str, start: int, end: int) -> bool:
    return all(word[0].isupper() for word in written[start:end].split())
