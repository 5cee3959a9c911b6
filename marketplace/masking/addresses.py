"""Mail addresses and web addresses in a folded text, spelled in full or in part."""

import re
from collections.abc import Iterator

from marketplace.masking.handles import handles_in, without_stop
from marketplace.masking.words import OF_A_PERSON, words

MAIL, WEB = "mail", "web"

# As gmail and hotmail are said.
_BY_EAR = r"(?:g|[gjy][ie]y?)[\s-]?m(?:e[iy]l|ail)|[hj]?ot[\s-]?me[iy]l|jotmail|autluk|ya[jh]u"
# Whose mail address it is, though nobody says what comes after the dot.
_PROVIDER = (
    rf"(?:{_BY_EAR}|g\s?-?mail|gmai|gmial|googlemail|hot\s?-?mail|hotmai|outlook|yahoo|live|icloud|msn|aol|proton(?:mail)?|gmx|"
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
# "juan.perez en gmail": whose the address is, said in a word. Some are words of every day too.
_HOSTED = re.compile(
    rf"(?<![a-z0-9])(?:(?P<surely>{_BY_EAR}|g\s?-?mail|gmai|gmial|googlemail|hot\s?-?mail|hotmai|yahoo|icloud|proton(?:mail)?|gmx)"
    rf"|{_PROVIDER}){_END}"
)
_BY_WORD = re.compile(r"(?P<word>[ \t]{1,2}[\[({]?(?:en|de|di|su|on|from|in|by|a)[\])}]?)?[ \t]{1,2}[\[({]?$")
_LIKE_A_NAME = re.compile(rf"(?=.*[a-z])(?:.*[a-z0-9][._][a-z0-9].*|.*[a-z][0-9].*|{OF_A_PERSON})")
_MAIL_SAID = re.compile(
    r"(?<![a-z])(?:e?-?mail|correo|posta|escrib\w*|scriv\w*|write|contact\w*|contatt\w*)(?![a-z])"
)
_ARTICLE = re.compile(
    r"(?<![a-z])(?:el|la|los|las|un|una|mi|mis|tu|su|il|lo|the|my|an|this|that|este|esta|ese)\s$"
)
_NO_MAIL_NAME = words(
    """
    cuenta cuentas correo correos mail mails email emails mensaje mensajes direccion direcciones usuario uso usar tengo
    conto posta casella indirizzo messaggio messaggi utente account accounts address addresses message messages user
    esta este mejor mandame escribeme escribe manda contactame scrivimi contattami write contact me only solo por para
    """
)
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
    # www juanperez com mx: "es" and "it" are words as well, so that the clause ends with them.
    r"|(?<![a-z0-9])www[ .]{1,3}[a-z0-9-]{3,40}[ .]{1,3}"
    r"(?:(?:com|net|org|mx)(?![a-z0-9])(?:[ .]{1,3}(?:mx|it|es)(?![a-z0-9]))?|(?:it|es)(?=\s{0,3}(?:\Z|[.,;!?)\n])))"
)
_DOMAIN = re.compile(
    rf"(?<![a-z0-9@._-])(?:[a-z0-9-]{{1,63}}\.){{1,10}}(?:(?P<clear>{_CLEAR_TLD})|{_WORD_TLD}){_END}(?P<path>/\S*)?"
)
_SPELLED_DOMAIN = re.compile(
    rf"(?<![a-z0-9._-])(?!(?:el|un|este|ese|del|al|cada|the|il|di|del)\s){_LABEL}"
    rf"(?:{_DOT_WORD}|\s?[\[({{<]\s?\.\s?[\])}}>]\s?|\s\.\s?)(?:com|net|org|mx|it|wa|gl|ly){_END}"
    rf"(?:(?:{_DOT_WORD}|\s?\.\s?)(?:mx|ar|it|es|uk){_END})?(?:\s?/\s?\S+)?"
)
# bit ly barra 3abc: short links, of which every part is said.
_SHORT_LINK = re.compile(
    r"(?<![a-z0-9])(?:(?:bit|cutt|ow)\s?(?:\.|punto|dot)?\s?ly|(?:goo|is|tinyurl|tiny)\s?(?:\.|punto|dot)?\s?(?:gl|gd|com|cc)"
    r"|t\s?(?:\.|punto|dot)?\s?me|linktr\s?(?:\.|punto|dot)?\s?ee)"
    r"\s(?:barra|slash|diagonal|sbarra)\s{1,2}[a-z0-9][\w-]{2,}"
)
_WEB_SAID = re.compile(
    r"(?<![a-z])(?:web|website|pagina|sito|site|visita\w*|visit\w*|correo|mail|email|e-mail|link|blog|negozio)(?![a-z])"
)


_ONE_LETTER = (["t", "me"], ["m", "me"], ["t", "co"])


def addresses_in(text: str, written: str) -> Iterator[tuple[int, int, str]]:
    """Where they, and names in networks, stand in a folded `text`, and which kind each is; they may overlap.

    `written`: the same with its capitals.
    """
    yield from _mails(text)
    yield from _mails_said(text)
    for link in _LINK.finditer(text):
        yield link.start(), without_stop(text, link.start(), link.end()), WEB
    for link in _SHORT_LINK.finditer(text):
        yield link.start(), link.end(), WEB
    for domain in _DOMAIN.finditer(text):
        if _is_domain(text, domain):
            yield domain.start(), without_stop(text, domain.start(), domain.end()), WEB
    for domain in _SPELLED_DOMAIN.finditer(text):
        yield domain.start(), domain.end(), WEB
    yield from handles_in(text, written)


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
        # Nor is it one where the line ends: "fifteen hundred at most", and below it "punto de luz".
        if sign == "at" and (not name or name in _NO_NAME or "\n" in host.group()):
            if not _KNOWN_HOST.match(text, at.end()) and "." not in host.group():
                continue
            start = at.end()
        yield start, host.end(), MAIL


def _mails_said(text: str) -> Iterator[tuple[int, int, str]]:
    """juan.perez en gmail; mi correo: jperez de gmail; maria.rossi87 gmail."""
    for host in _HOSTED.finditer(text):
        before = _BY_WORD.search(text, max(0, host.start() - 12), host.start())
        if before is None:
            continue
        start = _name_before(text, before.start())
        name = text[start : before.start()]
        said = host["surely"] or _MAIL_SAID.search(text, max(0, start - 40), start)
        if _LIKE_A_NAME.fullmatch(name) or (
            said
            and before["word"]
            and len(name) > 3
            and name not in _NO_MAIL_NAME
            and not _ARTICLE.search(text, max(0, start - 6), start)
        ):
            whole = _KNOWN_HOST.match(text, host.start())
            yield start, whole.end() if whole else host.end(), MAIL


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
    if not any(map(str.isalpha, "".join(labels[:-1]))):
        return False
    if max(map(len, labels[:-1])) < 2:
        return domain["path"] is not None and labels in _ONE_LETTER  # Else initials: S.A. de C.V.
    if domain["clear"] or domain["path"] or labels[0] == "www":
        return True
    if _WEB_SAID.search(text, max(0, domain.start() - 30), domain.start()):
        return True
    return re.match(r" ?[a-z0-9]", text[domain.end() : domain.end() + 2]) is None
