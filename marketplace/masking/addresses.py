"""Mail addresses, web addresses and names in social networks in a folded text, spelled in full or in part."""

import re
from collections.abc import Iterator

from marketplace.masking.words import words

MAIL, WEB, HANDLE = "mail", "web", "handle"

# Whose mail address it is, though nobody says what comes after the dot.
_PROVIDER = (
    r"(?:g\s?-?mail|gmai|gmial|googlemail|hot\s?-?mail|hotmai|outlook|yahoo|live|icloud|msn|aol|proton(?:mail)?|gmx|"
    r"libero|tiscali|virgilio|alice|prodigy|fastwebnet|tin)"
)
_CLEAR_TLD = (
    r"(?:com|net|org|mx|info|biz|eu|online|site|shop|store|website|app|dev|gob|gov|edu|tv|uk|ly|gl|ar|cl|cat|xyz|tech|"
    r"club|space|top|pizza|email|blog|design|studio|guru|wiki)"
)
# These are words as well, or what comes after a full stop without its space.
_WORD_TLD = r"(?:es|it|me|us|co|io|de|pro|web|tel|link|page|casa|cc|fr|pt|ch)"
_OPEN, _CLOSE = r"[\[({<*_'\"-]?", r"[\])}>*_'\"-]?"
_DOT_WORD = rf"\s{{0,3}}{_OPEN}\s?(?:punto|puntito|punt|dot|pto|pnto|point)\s?{_CLOSE}\s{{0,3}}"
_DOT_DRAWN = r"(?:\s?[\[({<]\s?\.\s?[\])}>]\s?|\.|\s\.\s|\s?,(?=com\b))"
_DOT = rf"(?:{_DOT_WORD}|{_DOT_DRAWN})"
_LABEL = r"[a-z0-9][a-z0-9-]{0,40}"
_END = r"(?![a-z0-9])"

_AT_WORDS = r"arr?oba|arr?ova|arob|chiocc?iol[ae]|chiocc?iolina|at|ät"
_AT = re.compile(
    rf"\s{{0,3}}(?:@|(?<![a-z0-9])(?:{_AT_WORDS})(?![a-z0-9])"
    rf"|[\[({{<*_-]\s?(?:{_AT_WORDS}|@)\s?[\])}}>*_-]|\(\s?a\s?\)|\[\s?a\s?\])\s{{0,3}}"
)
_KNOWN_HOST = re.compile(rf"{_PROVIDER}(?:{_DOT}(?:{_CLEAR_TLD}|{_WORD_TLD}){_END}){{0,2}}{_END}")
_HOST = re.compile(
    rf"{_LABEL}(?:{_DOT}{_LABEL}){{0,3}}?{_DOT}(?:{_CLEAR_TLD}|{_WORD_TLD}){_END}(?:{_DOT}(?:mx|uk|ar|it|es){_END})?"
)
_HOST_WITHOUT_END = re.compile(rf"{_LABEL}{_END}")
_OF_A_NAME = frozenset("abcdefghijklmnopqrstuvwxyz0123456789._%+-")
_NAME_JOINT = re.compile(
    r"([a-z0-9._%+-]{1,64})\s{0,2}(?:\s(?:punto|dot|guion bajo|guion|underscore|trattino basso|trattino|dash)\s|[._-])"
    r"\s{0,2}$"
)
# "Look at casa.com": the web address alone is one.
_NO_NAME = words(
    "look me us see is it find online visit up photos work here mira en a or and y e o works found site web"
)

_LINK = re.compile(
    r"(?:h\s?t\s?t\s?p\s?s?|hxxps?|ftp)\s?:\s?/\s?/\s?\S+"
    r"|(?<![a-z0-9])www\s?(?:\.|\s?(?:punto|dot)\s)\s?\S+(?:\s?(?:punto|dot|\.)\s?(?:com|net|org|mx|it|es)(?![a-z]))*"
)
_DOMAIN = re.compile(
    rf"(?<![a-z0-9@._-])(?:[a-z0-9-]{{1,63}}\.){{1,10}}(?:(?P<clear>{_CLEAR_TLD})|{_WORD_TLD}){_END}(?P<path>/\S*)?"
)
_SPELLED_DOMAIN = re.compile(
    rf"(?<![a-z0-9._-])(?!(?:el|un|este|ese|del|al|cada|the|il|di|del)\s){_LABEL}"
    rf"(?:{_DOT_WORD}|\s?[\[({{<]\s?\.\s?[\])}}>]\s?|\s\.\s?)(?:com|net|org|mx|it|wa|gl|ly){_END}"
    rf"(?:(?:{_DOT_WORD}|\s?\.\s?)(?:mx|ar|it|es|uk){_END})?(?:\s?/\s?\S+)?"
)
_WEB_SAID = re.compile(
    r"(?<![a-z])(?:web|website|pagina|sito|site|visita\w*|visit\w*|correo|mail|email|e-mail|link|blog|negozio)(?![a-z])"
)

_NETWORK = re.compile(
    r"(?<![a-z0-9])(?P<network>insta(?:gram)?|ig|facebook|feisbuk|feis|face|fb|telegram|tg|tiktok|tik\stok|twitter|snapchat|"
    r"snap|linkedin|skype|messenger|youtube|threads|signal|discord|viber|wechat)(?![a-z0-9])"
)
_CONNECTED = re.compile(
    r"\s{0,2}(?P<by>(?:(?:[:=]|->|-(?=\s))|(?:es|e|e'|is|como|come|as|soy|sono|im|i'm|user|usuario|username|nick|cuenta|"
    r"account|name|nombre|nome|arroba|chiocciola|at|under|con|mi|my|mio|il)(?![a-z0-9]))\s{0,2}){0,4}"
    r"(?P<handle>@?[a-z0-9][a-z0-9._-]{2,40})"
)
_MINE = re.compile(
    r"(?<![a-z])(?:busca\w*|busqu\w*|encuentr\w*|agreg\w*|anad\w*|sigue\w*|siga\w*|estoy|salgo|aparezco|soy|mi|mio|my|"
    r"cerca\w*|trova\w*|trovi|segui\w*|aggiung\w*|sono|find|look\s+(?:me|for)|search|add|follow|i'?m|dm|message|"
    r"escrib\w*|manda\w*|scriv\w*|contatt\w*|contact\w*|hit)(?![a-z])"
)
_LIKE_A_HANDLE = re.compile(r"@.*|.*[a-z]\d.*|.*_.*|.*[a-z]\.[a-z].*")
_NO_HANDLE = words(
    "privado publico privada este esta the this that mucho mejor para quiero como una algo pero por con del las los "
    "privato pubblico questo questa che per molto private public with for and style estilo"
)
_SEEN_THERE = re.compile(
    r"(?<![a-z])(?:estilo|tipo|foto\w*|vi|visto|vimos|video\w*|stile|style|saw|seen|like)(?![a-z])"
)
_AT_HANDLE = re.compile(r"(?<![a-z0-9@._])@[a-z][a-z0-9._]{1,40}|(?<![a-z0-9@._])@\d+[a-z_][a-z0-9._]{1,40}")
_NAME_AFTER = re.compile(r"(?:\s[a-z][a-z'-]{1,30}){0,3}")


def addresses_in(text: str, written: str) -> Iterator[tuple[int, int, str]]:
    """Where they stand in a folded `text`, and which kind each is; they may overlap. `written`: with its capitals."""
    yield from _mails(text)
    for link in _LINK.finditer(text):
        yield link.start(), _without_stop(text, link.start(), link.end()), WEB
    for domain in _DOMAIN.finditer(text):
        if _is_domain(text, domain):
            yield domain.start(), _without_stop(text, domain.start(), domain.end()), WEB
    for domain in _SPELLED_DOMAIN.finditer(text):
        yield domain.start(), domain.end(), WEB
    for handle in _AT_HANDLE.finditer(text):
        yield handle.start(), _without_stop(text, handle.start(), handle.end()), HANDLE
    yield from _handles(text, written)


def _mails(text: str) -> Iterator[tuple[int, int, str]]:
    for at in _AT.finditer(text):
        sign = at.group().strip()
        host = _KNOWN_HOST.match(text, at.end()) or _HOST.match(text, at.end())
        if host is None and at.group() == "@" and text[at.start() - 1 : at.start()] in _OF_A_NAME:
            host = _HOST_WITHOUT_END.match(text, at.end())  # somebody@casa
            if host is not None and host.group().isdigit():
                continue
        if host is None:
            continue
        start = _name_before(text, at.start())
        name = text[start : at.start()]
        if sign == "at" and (not name or name in _NO_NAME):
            if not _KNOWN_HOST.match(text, at.end()) and "." not in host.group():
                continue
            start = at.end()
        yield start, host.end(), MAIL


def _name_before(text: str, end: int) -> int:
    """Where the part before the at begins, also where its dots and dashes are said: "maria punto lopez"."""
    start = end
    while start and end - start < 64 and text[start - 1] in _OF_A_NAME:
        start -= 1
    for _part in range(3):
        before = _NAME_JOINT.search(text, max(0, start - 90), start)
        if before is None:
            break
        start = before.start(1)
    return start


def _is_domain(text: str, domain: re.Match[str]) -> bool:
    labels = domain.group().split("/")[0].split(".")
    if not any(map(str.isalpha, "".join(labels[:-1]))) or max(map(len, labels[:-1])) < 2:
        return False
    if domain["clear"] or domain["path"] or labels[0] == "www":
        return True
    if _WEB_SAID.search(text, max(0, domain.start() - 30), domain.start()):
        return True
    return re.match(r" ?[a-z0-9]", text[domain.end() : domain.end() + 2]) is None


def _without_stop(text: str, start: int, end: int) -> int:
    while end > start + 1 and text[end - 1] in ".,;:!?)»\"'”]":
        end -= 1
    return end


def _handles(text: str, written: str) -> Iterator[tuple[int, int, str]]:
    for network in _NETWORK.finditer(text):
        found = _CONNECTED.match(text, network.end())
        if found is None:
            continue
        handle = _without_stop(found["handle"], 0, len(found["handle"]))
        start = found.start("handle")
        end = start + handle
        name = text[start:end]
        mine = _MINE.search(text, max(0, network.start() - 40), network.start()) is not None
        if _LIKE_A_HANDLE.fullmatch(name):
            yield start, end, HANDLE
        elif not found["by"] or name in _NO_HANDLE or name.isdigit():
            continue
        elif mine or (
            found["by"].strip() in (":", "=", "->")
            and not _SEEN_THERE.search(text, max(0, network.start() - 30), network.start())
        ):
            yield start, _rest_of_name(text, written, start, end), HANDLE


def _rest_of_name(text: str, written: str, start: int, end: int) -> int:
    """With the names that follow: "Maria Lopez Reformas", as far as they are written with capitals."""
    if not written[start].isupper():
        return end
    position = end
    for part in re.finditer(r"\s([a-z][a-z'-]{1,30})", text[end : end + 70]):
        if end + part.start() != position or not written[end + part.start(1)].isupper():
            break
        position = end + part.end()
    return position
