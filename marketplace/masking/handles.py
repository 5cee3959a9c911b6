"""Names in social networks in a folded text: with an @, or said beside the name of the network."""

import re
from collections.abc import Iterator

from marketplace.masking.words import OF_A_JOB, OF_A_PERSON, words

HANDLE = "handle"

_NETWORK = re.compile(
    r"(?<![a-z0-9])(?P<network>insta(?:gram)?|ig|facebook|feisbuk|feis|face|fb|telegram|tg|tiktok|tik\stok|twitter|snapchat|"
    # X, where nobody could mean a letter or a size.
    r"(?<=\ben )x(?= (?:como|soy|me llamo) )|(?<=\bon )x(?= as )|(?<=\bsu )x(?= come )|"
    r"snap|linkedin|skype|messenger|youtube|threads|signal|discord|viber|wechat|gmail|hotmail)(?![a-z0-9])"
)
_LEADS = (
    r"(?:[:=→👉➡][\ufe0f\U0001f3fb-\U0001f3ff]?|->|-(?=\s)|,(?= ?(?:(?:como|come|as|me|nos|mi|ci|find) |[a-z0-9.-]*_))"
    r"|(?:es|e|e'|is|como|come|as|soy|somos|sono|siamo|im|i'm|me llamo|mi chiamo|estoy|salgo|aparezco|"
    r"(?:me|nos) (?:encuentr|busc)\w+|[mc]i trov\w+|find me|user|usuario|username|nick|cuenta|account|name|nombre|nome|"
    r"arroba|chiocciola|at|con (?:el nombre|il nome)(?: d[ei])?|under(?: the name)?|con|mi|my|mio|il)(?![a-z0-9]))"
)
_CONNECTED = re.compile(
    rf"[ \t]{{0,2}}(?P<by>(?:{_LEADS}\s{{0,2}}){{0,4}})[\"“«]?(?P<handle>@?[a-z0-9][a-z0-9._-]{{2,40}})"
)
_SIGN = re.compile(r"[:=>→👉➡-]")
_CALLED = re.compile(
    r"(?<![a-z])(?:como|come|as|under|soy|somos|sono|siamo|i'?m|me llamo|mi chiamo)(?![a-z])"
)
_MINE = re.compile(
    r"(?<![a-z])(?:busca\w*|busqu\w*|encuentr\w*|agreg\w*|anad\w*|sigue\w*|siga\w*|estoy|salgo|aparezco|soy|mi|mio|my|"
    r"cerca\w*|trova\w*|trovi|segui\w*|aggiung\w*|sono|find|look\s+(?:me|for)|search|add|follow|i'?m|dm|message|"
    r"escrib\w*|manda\w*|scriv\w*|contatt\w*|contact\w*|hit)(?![a-z])"
)
# Whoever says this wants to be found there: a name follows even where nothing leads to it.
_WANTED = (
    r"(?<![a-z])(?:"
    r"(?:busc|busqu|encuentr|encontr|agreg|anad|sigue|siga|segui|escrib|contact|localiz|ubic)[a-z]*(?:me|nos)"
    r"|(?:me|nos) (?:pued\w* |pod\w* |van? a )?"
    r"(?:busca|encuentra|encontra|agrega|anad|sigue|segui|localiza|ubica|contacta|escribi)\w*"
    r"|(?:cerca|trova|segui|aggiung[ie]|contatta|scriv[ie])(?:te|to|r)?(?:mi|ci)"
    r"|(?:mi|ci) (?:puo\w* |potet\w* )?(?:cerc[ah]|trov[aei]|segu[ei]|aggiung|contatt)\w*"
    r"|(?:find|add|follow|message|contact|search|dm|look)(?: for)? (?:me|us)"
    r")(?![a-z])"
)
_FIND_ME = re.compile(
    rf"{_WANTED}|(?<![a-z])(?:mi|my|mio|nuestro|nuestra|nostro|nostra|our) "
    r"(?:(?:cuenta|usuario|user|perfil|pagina|profilo|account|profile|page|nick)(?: de| en| di| su| on)? )?$"
)
# Before "como Maria Lopez en face": it is the writer who is called so there.
_KNOWN = re.compile(
    rf"{_WANTED}|(?<![a-z])(?:(?:busca|busque|busquen|cerca|cercate|search|solicitud|richiesta|request|estoy|estamos|salgo|"
    r"salimos|aparezco|aparecemos|figuro|sono|siamo|appaio|compaio|i'?m|i am|we'?re|we are|i go|go|listed|known|"
    r"registrad[oa]|registered|iscritt[oa])(?: [a-z']+){0,3}|mi|my|mio|el|un|il|the|a) $"
)
# No name of the writer's follows: it was seen there, is wished for as there, or they are not there. Unless it is what
# they will send there, or what to do if they do not answer.
_AGAINST = re.compile(
    r"(?<![a-z])(?:(?P<unless>si|se|if|cuando|quando|when|mand\w*|envi\w*|send|invi[oa]\w*|pas[oe]|comparto|share) "
    r"(?:[a-z']+ ){0,3})?(?:no|non|not|don'?t|doesn'?t|sin|senza|without|ni|ne|nunca|never|estilo|tipo|fotos?|"
    r"fotografias?|photos?|vi|visto|vimos|videos?(?! call| chat)|stile|style|saw|seen|like|ideas?|idee|inspir\w*)"
    r"(?: (?!(?:por|per|pero|ma|but|sino|solo|only|mi|my|mio) )[a-z']+){0,5} $"
)
# A name and a trade in one word: lopezobras, rossiristrutturazioni.
_OF_A_TRADE = (
    r"(?!maniobras)[a-z]{3,}(?:obras|reformas|cocinas|construcciones|remodelaciones|acabados|pinturas|muebles|plomeria|"
    r"carpinteria|electricidad|impermeabilizaciones|lavori|ristrutturazioni|edilizia|costruzioni|cucine|arredi|"
    r"impianti|builders|remodeling|renovations|plumbing|carpentry|kitchens)"
)
# Not 30x60 or 50m2.
_LIKE_A_HANDLE = re.compile(
    r"(?!\d[\dx.]*(?:m|cm|mm)?[23]?$)(?:@.*|.*[a-z]\d.*|.*_.*|.*[a-z]{2}\.[a-z\d].*|.*[a-z]\.[a-z]{2}.*|"
    rf"{_OF_A_TRADE}|{OF_A_PERSON})"
)
# "Mándame DM a lopez_obras", "mi perfil: lopez_obras": whatever the network.
_MESSAGE_TO = re.compile(
    r"(?<![a-z0-9])(?:(?:mi|mio|my) (?:perfil|usuario|profilo|utente|user|username|profile|nick|cuenta|account)"
    r"(?: es| e'?| is)?[:=]?|(?:dms?|md|inbox|direct|mensajes? directos?|messaggi[oi]? (?:diretto|privato)|"
    r"(?:direct|private) message) (?:a|al|to|at|en|su)) (?P<name>[a-z0-9][a-z0-9._-]{2,40})"
)
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
    sin senza without come soy somos sono siamo estoy salgo aparezco llamo chiamo under user usuario username nick
    cuenta account name nombre nome
    """
)
# Behind a name that stands alone; an article or a "de" makes a phrase of what stood before.
_AFTER_A_NAME = words(
    """
    siempre tambien gracias ahi alli aqui hoy luego porfa favor saludos si o y u mi me te se es para por cuando contesto
    sempre grazie anche li qui oggi dopo saluti e per quando always thanks please too also there here today or and for
    if when anytime my
    """
)
_PARTICLES = words("de del la las los y di da dal dalla della san santa van von the")
_NO_NAME = re.compile(r"[a-z]+(?:ing|mente)")
_AT_HANDLE = re.compile(r"(?<![a-z0-9@._])@[a-z][a-z0-9._]{1,40}|(?<![a-z0-9@._])@\d+[a-z_][a-z0-9._]{1,40}")
_THERE = r"[\"”»]? {1,3}(?:en|on|su|sul|in|nel|de|di) {1,3}(?:el |il |the )?(?:mi |mio |my )?$"
_LAST_WORD = re.compile(rf"(?P<name>[a-z0-9._'-]{{3,41}}){_THERE}")
# The last "soy", "busca a" or "como" before the network, whatever was said before it.
_NAMED = re.compile(
    r"(?s:.*)(?<![a-z0-9])(?P<lead>"
    r"(?P<i_am>soy|sono|somos|siamo|i'?m|i am|we'?re|we are|me llamo|mi chiamo|nombre es|name is|nome e)"
    r"|(?P<sought>(?:buscar?|busquen?|buscan?) a|buscar?|cerca|cercate|find|look up|search for)"
    r"|(?P<at>arroba|chiocciola)|como|come|as|under|(?:nombre|nome|name)(?: d[ei])?)"
    rf" {{1,3}}[\"“«]?(?P<name>(?:[a-z'-]{{2,30}} {{1,3}}){{0,5}}?[a-z0-9._'-]{{3,41}}){_THERE}"
)
_I_SAY = re.compile(r"(?<![a-z])(?:io|ciao|salve|buongiorno|buonasera|e|anche|qui) $")
_NOT = re.compile(r"(?<![a-z])(?:no|non|not) $")
_JOINED = r" (?:(?:de|del|la|las|los|di|da|dal|dalla|della|san|santa) ){0,2}"
_MORE_IN_CAPITALS = re.compile(rf"{_JOINED}(?P<name>[a-z][a-z'-]{{1,30}})")
_MORE_NAMES = re.compile(rf"(?:{_JOINED}[a-z][a-z'-]{{1,30}}){{0,2}}(?=\s{{0,3}}(?:\Z|[.,;!?)\"”»]|\n))")
_NEXT_WORD = re.compile(r" {1,2}([a-z]+)")


def handles_in(text: str, written: str) -> Iterator[tuple[int, int, str]]:
    """Where they stand in a folded `text`; they may overlap. `written`: the same with its capitals."""
    for handle in _AT_HANDLE.finditer(text):
        yield handle.start(), without_stop(text, handle.start(), handle.end()), HANDLE
    for message in _MESSAGE_TO.finditer(text):
        start = message.start("name")
        end = without_stop(text, start, message.end("name"))
        if _LIKE_A_HANDLE.fullmatch(text, start, end):
            yield start, end, HANDLE
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
    window = max(0, network.start() - 70), network.start()
    last = _LAST_WORD.search(text, *window)
    if last is None:
        return
    if _LIKE_A_HANDLE.fullmatch(text, *last.span("name")):
        yield last.span("name")
        return
    named = _NAMED.match(text, *window)
    if named is not None and _is_the_writers(text, written, named):
        yield named.span("name")


def _is_the_writers(text: str, written: str, named: re.Match[str]) -> bool:
    """Whether they say that it is their own name there."""
    lead, (start, end) = named.start("lead"), named.span("name")
    parts = _parts(named["name"])
    if not _ORDINARY.isdisjoint(parts):
        return False
    if named["at"]:
        return " " not in named["name"]
    capitals = _has_capitals(text, written, start, end)
    before = _before_it(text, lead)
    if named["i_am"]:
        said = not _NOT.search(text, *before) and (
            # "Sono" is "they are" as well.
            capitals or named["i_am"] != "sono" or _begins(text, lead) or _I_SAY.search(text, *before)
        )
    elif named["sought"]:
        said = capitals
    else:
        said = (capitals and _begins(text, lead)) or _KNOWN.search(text, *before)
    return bool(said) and (capitals or _may_be_names(parts))


def _after(text: str, written: str, network: re.Match[str]) -> Iterator[tuple[int, int]]:
    """insta: lopezobras; estoy en face como maria lopez; facebook Maria Lopez."""
    found = _CONNECTED.match(text, network.end())
    if found is None:
        return
    start = found.start("handle")
    end = without_stop(text, start, found.end("handle"))
    name = text[start:end]
    if _LIKE_A_HANDLE.fullmatch(name):
        yield start, end
    elif not (name in _ORDINARY or name.isdigit() or _NETWORK.fullmatch(name)):
        whole = _whole_name(text, written, start, end)
        if _is_to_be_found(text, written, network, found["by"].strip(), start, whole):
            yield start, whole


def _is_to_be_found(text: str, written: str, network: re.Match[str], by: str, start: int, end: int) -> bool:
    """Whether what follows is under which name the writer is there; `by`: what leads to it."""
    before = _before_it(text, network.start())
    against = _AGAINST.search(text, *before)
    opposed = against is not None and not against["unless"]
    capitals = _has_capitals(text, written, start, end)
    parts = _parts(text[start:end])
    may_be = capitals or _may_be_names(parts)
    if _FIND_ME.search(text, *before):
        # "Mi face: cocinas lopez" is a name all the same.
        may_be = may_be or not (opposed or OF_A_JOB.issuperset(parts))
        return may_be and (bool(by) or capitals or _ends(text, end))
    if opposed or not may_be:
        return False
    if not by:
        return capitals
    if _SIGN.search(by):
        return capitals or _stands_alone(text, end)
    return bool(_MINE.search(text, *before)) or (
        _CALLED.search(by) is not None and (capitals or _ends(text, end))
    )


def _parts(name: str) -> list[str]:
    """Its words, without what joins them: Maria de la Cruz."""
    return [part for part in name.split() if part not in _PARTICLES]


def _may_be_names(parts: list[str]) -> bool:
    """Whether words in small letters may be somebody's name."""
    return len(parts) < 4 and OF_A_JOB.isdisjoint(parts) and not any(map(_NO_NAME.fullmatch, parts))


def _whole_name(text: str, written: str, start: int, end: int) -> int:
    """Where it ends with the names that follow: "Maria Lopez Reformas", as far as they have capitals; without them
    "maria lopez", where the clause ends with it."""
    position = end
    if written[start].isupper():
        for part in _MORE_IN_CAPITALS.finditer(text, end, end + 70):
            if part.start() != position or not written[part.start("name")].isupper():
                break
            position = part.end()
    if position > end:
        return position
    more = _MORE_NAMES.match(text, end)
    return more.end() if more is not None and _ORDINARY.isdisjoint(_parts(more.group())) else end


def _ends(text: str, end: int) -> bool:
    """Whether the clause ends there."""
    rest = _MORE_NAMES.match(text, end)
    return rest is not None and rest.end() == end


def _stands_alone(text: str, end: int) -> bool:
    """Whether the name ends there: with its clause, or before what is not said behind an ordinary word."""
    following = _NEXT_WORD.match(text, end)
    return _ends(text, end) or (following is not None and following[1] in _AFTER_A_NAME)


def _before_it(text: str, end: int) -> tuple[int, int]:
    """Where stands what says whose name follows: on the same line, and near."""
    start = max(0, end - 40)
    return max(start, text.rfind("\n", start, end) + 1), end


def _begins(text: str, start: int) -> bool:
    """Whether a clause begins there."""
    before = text[max(0, start - 4) : start].rstrip(" ")
    return not before or before[-1] in ",.;:!?(\n"


def _has_capitals(text: str, written: str, start: int, end: int) -> bool:
    """Whether it is two words or more and all have them, but for what joins them."""
    parts = [part for part in re.finditer(r"\S+", text[start:end]) if part.group() not in _PARTICLES]
    return len(parts) > 1 and all(written[start + part.start()].isupper() for part in parts)
