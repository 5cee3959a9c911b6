"""A message, read: whatever comes is taken in, also what is broken, wrongly declared, or no text at all.

Nothing here knows of the database. Headers and charsets are often not what the standards say, so each is read as far
as it can be, and no message is refused for how it is written.
"""

from __future__ import annotations

import codecs
import hashlib
import logging
import mimetypes
import re
import unicodedata
from collections.abc import Callable, Collection, Iterator
from contextlib import suppress
from dataclasses import dataclass, field, fields, replace
from datetime import UTC, datetime
from email import policy
from email.errors import HeaderParseError
from email.header import Header, decode_header, make_header
from email.message import Message
from email.parser import BytesHeaderParser, BytesParser
from email.utils import getaddresses, parsedate_to_datetime, unquote
from html.parser import HTMLParser
from typing import Any, TypeVar

import nh3
from mailparser_reply import EmailReplyParser
from mailparser_reply.constants import MAIL_LANGUAGES, QUOTED_MATCH_INCLUDE

from mail.signs import headers_of, said_of_sender, sign_of_machine

logger = logging.getLogger(__name__)

ATTACHMENTS_AT_MOST = 100
TEXT_AT_MOST = 200_000  # characters; the whole message is kept beside it
HTML_AT_MOST = 500_000
# What the parser does grows with lines times depth, and what the readers of a header do with its square. Fifteen
# forwarded mails with their photographs are far below.
HEADER_AT_MOST = 8_000  # characters
PARAMETERS_AT_MOST = 1_000  # characters of a header that every part has
HEAD_AT_MOST = 100_000  # bytes: what is looked at of a message that is not read whole
LINES_AT_MOST = 1_000_000
PARTS_AT_MOST = 500
NESTED_AT_MOST = 30
# Deeper than any mail program writes; putting it in order takes time that grows with its square.
_DEPTH_AT_MOST = 1_000
# What ends a line, or parts two cells; all other markup is only its text, and of some not even that is seen.
_LINES = {
    "address", "article", "blockquote", "br", "dd", "div", "dl", "dt", "footer", "h1", "h2", "h3", "h4", "h5", "h6",
    "header", "hr", "li", "ol", "p", "pre", "section", "table", "td", "th", "tr", "ul",
}  # fmt: skip
_NEVER_NEST = {
    "br", "col", "dd", "dt", "hr", "img", "input", "li", "link", "meta", "option", "p", "td", "th", "tr",
}  # fmt: skip
_UNSEEN = {"script", "style", "head", "title", "template"}


def _wrote(begins: str, ends: str) -> str:
    """The line, or two, above a quote ("On Friday Ana wrote:"). Bounded, so that no line takes long to look at."""
    begun = rf"{QUOTED_MATCH_INCLUDE}{begins}[.\s][^\n]{{1,160}}?"
    second_line = rf"\n{QUOTED_MATCH_INCLUDE}[^\n]{{0,160}}?"
    return rf"^({begun}(?:{second_line})?{ends}\s?:)[ \t]*$"


# The library's own misses every reply that Gmail and Apple Mail write in Spanish, and takes minutes for a long line.
for _language, _shape in {
    "es": _wrote("El", "escribi[oó]"),
    "it": _wrote("Il", "ha scritto"),
    "en": _wrote("On", "wrote"),
}.items():
    MAIL_LANGUAGES[_language]["wrote_header"] = _shape
_REPLIES = EmailReplyParser(languages=["es", "it", "en"])
_FOLDED_AT_MOST = 20_000  # characters: nobody writes more by hand

_UNWANTED = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\x80-\x9f\ud800-\udfff\u202a-\u202e\u2066-\u2069\ufeff]")
_BLANK_LINES = re.compile(r"\n{3,}")
# Python knows more: to decode punycode takes time that grows with the square of its length.
_CHARSETS = re.compile(r"(?:ascii|utf|iso|cp|koi8|mac|gb|big5|hz|euc|shift|johab|tis)[-_a-z0-9]*")
_EXTENSIONS = {"text/calendar": ".ics", "message/rfc822": ".eml", "application/ms-tnef": ".dat"}


@dataclass(frozen=True, slots=True)
class Attached:
    """What a message carries besides its text. `name` is harmless as a file's name."""

    position: int
    name: str
    content_type: str
    content: bytes


@dataclass(frozen=True, slots=True)
class ReadMail:
    """What a message says. Addresses are in small letters; texts have no controls, and "\\n" ends their lines."""

    message_id: str
    sender: str
    sender_name: str
    subject: str
    text: str
    whole_text: str
    references: tuple[str, ...]
    # Where it may have been sent to, what our own server says first.
    recipients: tuple[str, ...]
    # When the server wrote it down that handed it over to us: the topmost "Received", which no sender writes.
    arrived_at: datetime | None
    automatic_sign: str
    authentication: str
    attachments: tuple[Attached, ...] = field(repr=False)


Found = TypeVar("Found")
Record = TypeVar("Record", ReadMail, Attached)


class _Bounded(policy.Compat32):
    """Headers are cut before anything looks at them, and written as they came."""

    def header_source_parse(self, sourcelines: list[str]) -> tuple[str, str]:
        name, value = super().header_source_parse(sourcelines)
        return name, value[: PARAMETERS_AT_MOST if name.lower().startswith("content-") else HEADER_AT_MOST]

    def fold_binary(self, name: str, value: str) -> bytes:
        return f"{name}: {value}\n".encode("ascii", "surrogateescape")


_BOUNDED = _Bounded()


class _Part(Message):
    """A part that knows how deep it stands, and how many there are with it."""

    def __init__(self, policy: Any = _BOUNDED) -> None:
        super().__init__(policy)
        self._depth, self._count = 0, [0]

    def attach(self, payload: Any) -> None:
        payload._depth, payload._count = self._depth + 1, self._count
        self._count[0] += 1
        if payload._depth > NESTED_AT_MOST or self._count[0] > PARTS_AT_MOST:
            raise ValueError("More parts, or deeper, than any mail program writes.")
        super().attach(payload)


def read(raw: bytes, *, ours: Collection[str], authserv_id: str) -> ReadMail:
    """Reads a message. `ours` are our own addresses, `authserv_id` is the name under which our mail server says
    what it found out about a sender (both as in `mail.signs`). Raises nothing."""
    parsed: Message | None = _try(parsed_mail, raw, fallback=None)
    # Where it could not be read whole, what it says is in the kept message, for who wants to look.
    message = _try(_parsed_head, raw, fallback=Message()) if parsed is None else parsed
    nothing: tuple[str, tuple[Attached, ...]] = ("", ())
    whole, attachments = nothing if parsed is None else _try(_content, parsed, fallback=nothing)
    sender, name = _try(_sender, message, fallback=("", ""))
    found = ReadMail(
        message_id=_try(identity, message, raw, fallback=_hash_of(raw)),
        sender=sender,
        sender_name=name,
        subject=_try(lambda: _one_line(_header(message, "Subject"))[:250], fallback=""),
        text=_try(_this_time, whole, fallback=whole),
        whole_text=whole,
        references=_try(_references, message, fallback=()),
        recipients=_try(_recipients, message, fallback=()),
        arrived_at=_try(_arrived_at, message, fallback=None),
        automatic_sign=_try(lambda: sign_of_machine(message, sender=sender, ours=ours)[:120], fallback=""),
        # Whose word on the sender cannot be read may be somebody else: a person looks.
        authentication=_try(
            lambda: said_of_sender(message, authserv_id=authserv_id, sender=sender), fallback="failed"
        ),
        attachments=attachments,
    )
    return _cleaned(found)


def attachments_in(raw: bytes) -> tuple[Attached, ...]:
    """What a message carries besides its text."""
    return _try(lambda: tuple(map(_cleaned, _content(parsed_mail(raw))[1])), fallback=())


def _try(reader: Callable[..., Found], *args: Any, fallback: Found) -> Found:
    """What a reader finds; `fallback` where it breaks, so that what is around it is read all the same."""
    try:
        return reader(*args)
    except Exception:
        logger.exception("A message could not be read as a whole")
        return fallback


def parsed_mail(raw: bytes) -> Message:
    """A message as the library reads it, its headers cut. Raises ValueError for more lines or parts than mail has."""
    if raw.count(b"\n") + raw.count(b"\r") > 2 * LINES_AT_MOST:
        raise ValueError("More lines than any mail program writes.")
    return BytesParser(_Part, policy=_BOUNDED).parsebytes(raw)


def _parsed_head(raw: bytes) -> Message:
    return BytesHeaderParser(policy=_BOUNDED).parsebytes(raw[:HEAD_AT_MOST])


def _cleaned(record: Record) -> Record:
    """The same with every text fit to be stored: a database takes no null byte."""
    changes: dict[str, Any] = {}
    for each in fields(record):
        value = getattr(record, each.name)
        if isinstance(value, str):
            changes[each.name] = _UNWANTED.sub("", value)
        elif each.name == "attachments":
            changes[each.name] = tuple(map(_cleaned, value))
        elif isinstance(value, tuple):
            changes[each.name] = tuple(_UNWANTED.sub("", item) for item in value)
    return replace(record, **changes)


def identity(message: Message, raw: bytes) -> str:
    """The Message-ID; where there is none to be used, one made from what does not change on the way: who wrote what
    to whom, and when."""
    for value in headers_of(message, "Message-ID")[:1]:
        if 2 < len(value) <= 250 and value.isascii() and value.isprintable():
            return value
    said = "\n".join(
        value
        for name in ("From", "To", "Date", "Subject", "Message-ID")
        for value in headers_of(message, name)
    )
    body = re.split(rb"\r?\n\r?\n", raw, maxsplit=1)[-1].replace(b"\r\n", b"\n")
    return _hash_of(said.encode("utf-8", "replace") + body)


def _hash_of(content: bytes) -> str:
    return f"sha256:{hashlib.sha256(content).hexdigest()}"


def is_message_id(text: str) -> bool:
    """Whether it can stand in a header that names a message."""
    return bool(re.fullmatch(r"<[^<>\s]+>", text))


def _header(message: Message, name: str) -> str:
    """A header's first value, decoded as far as it can be."""
    value: Any = message.get(name, "")
    try:
        if isinstance(value, Header):  # Bytes that say no charset.
            return _decoded(b"".join(part for part, _charset in decode_header(value)), "utf-8")
        return _words(value)
    except (HeaderParseError, LookupError, UnicodeError, ValueError):
        return str(value)


def _words(value: str) -> str:
    """What "=?utf-8?q?Garant=C3=ADa?=" says. Raises what the library does."""
    return str(
        make_header(
            [
                (part, None)
                if charset is None
                else (_decoded(part, charset).encode("utf-8", "replace"), "utf-8")
                for part, charset in decode_header(value)
            ]
        )
    )


def _sender(message: Message) -> tuple[str, str]:
    """Address and name. More than one address is nobody's: which of them was checked cannot be known.

    Read strictly, and before anything is decoded: what reads two ways is a forger's, and no mail program writes it.
    """
    values = [str(value) for value in message.get_all("From", [])]
    if len(values) != 1:
        return "", ""
    bare = re.sub(r"\([^()]*\)", " ", re.sub(r'"(?:\\.|[^"\\])*"', "", " ".join(values[0].split())))
    found = re.fullmatch(r'([^<>;"]*)<([^\s<>(),;:"\\]+@[^\s<>(),;:"\\@]+)>\s*', bare) or re.fullmatch(
        r'(\s*)([^\s<>(),;:"\\]+@[^\s<>(),;:"\\@]+)\s*', bare
    )
    # A name may have a comma, and be the same address once more; another address in it is a forger's.
    if found and any(
        word.strip("'()[]").lower() != found[2].lower()
        for word in re.split(r"[\s,]+", found[1])
        if "@" in word
    ):
        return "", ""
    # A null byte taken out of it would make it somebody else's.
    if not found or len(found[2]) > 254 or not found[2].isascii() or not found[2].isprintable():
        return "", ""
    name = _header(message, "From").rpartition("<")[0]
    return found[2].lower(), _one_line(name).strip("\"' ")[:200]


def _recipients(message: Message) -> tuple[str, ...]:
    found: dict[str, None] = {}
    for name in ("X-Original-To", "Delivered-To", "Envelope-To", "To", "Cc"):
        for _name, address in getaddresses(headers_of(message, name)):
            if "@" in address and address.isascii() and len(address) <= 254:
                found[address.lower()] = None
    return tuple(found)


def _references(message: Message) -> tuple[str, ...]:
    """Message-IDs, the oldest first; what it answers last."""
    values = headers_of(message, "References") + headers_of(message, "In-Reply-To")
    found = dict.fromkeys(each for value in values for each in re.findall(r"<[^<>\s]{1,248}>", value))
    return tuple(found)[-50:]


def _arrived_at(message: Message) -> datetime | None:
    """Without a zone it is UTC."""
    for value in headers_of(message, "Received")[:1]:
        with suppress(ValueError, OverflowError):
            moment = parsedate_to_datetime(value.rpartition(";")[2])
            return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return None


def html_in(raw: bytes) -> str:
    """The HTML of a message as it came, for `mail.sanitised`; "" where it has none, or nests deeper than is read."""
    html = _try(_pages, raw, fallback="")[:HTML_AT_MOST]
    return "" if _nests_too_deep(html) else html


def _pages(raw: bytes) -> str:
    leaves = _leaves(parsed_mail(raw))
    pages = (part for part in leaves if part.get_content_type() == "text/html" and not _is_file(part))
    return "\n".join(_text(part)[:HTML_AT_MOST] for part in pages)


def _content(message: Message) -> tuple[str, tuple[Attached, ...]]:
    """The text, and what else there is, in the order of the message."""
    plain: list[str] = []
    html: list[str] = []
    attached: list[Attached] = []
    for part in _leaves(message):
        kind = part.get_content_type()
        if kind in ("text/plain", "text/html") and not _is_file(part):
            collected = plain if kind == "text/plain" else html
            if sum(map(len, collected)) < HTML_AT_MOST:
                collected.append(_text(part))
        elif len(attached) < ATTACHMENTS_AT_MOST:
            position = len(attached) + 1
            attached.append(Attached(position, _name(part, kind, position), kind[:100], _payload(part)))
    text = "\n\n".join(filter(None, (_lines(each[:TEXT_AT_MOST]) for each in plain))) or "\n\n".join(
        _lines(_without_markup(each)) for each in html
    )
    return text[:TEXT_AT_MOST].rstrip(), tuple(attached)


def _leaves(message: Message) -> Iterator[Message]:
    """The parts that hold something. A mail inside the mail is one of them, whole: what it says, its sender said."""
    if message.is_multipart() and message.get_content_type() != "message/rfc822":
        for part in message.get_payload():
            if isinstance(part, Message):
                yield from _leaves(part)
    else:
        yield message


def _is_file(part: Message) -> bool:
    return part.get_content_disposition() == "attachment" or bool(_filename(part))


def _filename(part: Message) -> str:
    """As `Message.get_filename`, which decodes by any charset that it is told."""
    try:
        said = part.get_param("filename", None, "content-disposition") or part.get_param("name", "")
    except (LookupError, UnicodeError, ValueError):
        return ""
    if isinstance(said, tuple):
        return unquote(_decoded(str(said[2]).encode("raw-unicode-escape"), said[0] or "us-ascii"))
    return unquote(str(said))


def _payload(part: Message) -> bytes:
    if part.get_content_type() == "message/rfc822" and part.is_multipart():
        inside = part.get_payload(0)
        try:
            return inside.as_bytes() if isinstance(inside, Message) else b""
        except (UnicodeError, ValueError, KeyError, LookupError):
            return str(inside).encode("utf-8", "replace")
    content = part.get_payload(decode=True)
    return content if isinstance(content, bytes) else b""


def _text(part: Message) -> str:
    try:
        charset = part.get_content_charset() or "utf-8"
    except (LookupError, UnicodeError, ValueError):
        charset = "utf-8"
    return _decoded(_payload(part), charset)


def _decoded(content: bytes, charset: str) -> str:
    """By the charset that it says, if texts are written in it; else as UTF-8; else as Windows does, which can read
    everything."""
    for each in (charset, "utf-8"):
        try:
            if _CHARSETS.fullmatch(codecs.lookup(each).name):
                return content.decode(each)
        except (LookupError, UnicodeError, ValueError):
            continue
    return content.decode("cp1252", "replace")


def _lines(text: str) -> str:
    text = _UNWANTED.sub("", re.sub(r"\r\n?|[\u2028\u2029\x85]", "\n", text))
    # In pieces: to put in order what stands above one letter takes time that grows with its square.
    pieces = (text[start : start + 1_000] for start in range(0, len(text), 1_000))
    lines = (
        line.rstrip() for line in "".join(unicodedata.normalize("NFC", piece) for piece in pieces).split("\n")
    )
    return _BLANK_LINES.sub("\n\n", "\n".join(lines)).strip("\n")


def _one_line(text: str) -> str:
    return " ".join(_lines(text).split())


def _this_time(whole: str) -> str:
    """What was written this time, without what it quotes. A message that only quotes says all that it says."""
    if len(whole) > _FOLDED_AT_MOST:
        return whole
    replies = _REPLIES.read(whole).replies
    latest = replies[0].full_body if replies and not replies[0].headers else ""
    own = [line for line in latest.split("\n") if not line.startswith(">")]
    return _BLANK_LINES.sub("\n\n", "\n".join(own)).strip() or whole


def _name(part: Message, kind: str, position: int) -> str:
    """The file's name without a path, controls, or what makes it hidden; one of ours where it has none."""
    said = _filename(part)
    with suppress(HeaderParseError, LookupError, UnicodeError, ValueError):
        said = _words(said)
    return (
        harmless_name(said)
        or f"{position}{_EXTENSIONS.get(kind) or mimetypes.guess_extension(kind) or '.bin'}"
    )


def harmless_name(said: str) -> str:
    """A file's name as somebody says it, without a path, controls, or what makes it hidden; "" where nothing is."""
    bare = _one_line(re.split(r"[/\\]", said)[-1])
    bare = re.sub(r'[<>:"|?*\x00]', "_", bare).strip(". ")
    stem, dot, ending = bare.rpartition(".")
    if len(bare) > 120:
        return f"{stem[: 119 - len(ending)]}.{ending}" if dot and len(ending) <= 10 else bare[:120]
    return bare


class _Text(HTMLParser):
    """Collects the words of a page that nh3 has put in order; what it quotes begins with ">"."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.text: list[str] = []
        self.quoted = 0

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        self.quoted += tag == "blockquote"
        self._mark(tag)

    def handle_endtag(self, tag: str) -> None:
        self.quoted -= tag == "blockquote"
        self._mark(tag)

    def handle_data(self, data: str) -> None:
        self.text.append(re.sub(r"\s+", " ", data))

    def _mark(self, tag: str) -> None:
        self.text.append(" " if tag in ("td", "th") else "\n" + "> " * min(self.quoted, 5))


def _without_markup(html: str) -> str:
    """The text of a page, as a reader sees it: no styles, no scripts, nothing that it would load.

    nh3 closes what is open before anything is looked for: looked at as it comes, a hostile page takes minutes.
    """
    html = html[:HTML_AT_MOST]
    if _nests_too_deep(html):
        return re.sub(r"<[^<>]*>", "\n", html)
    page = _Text()
    page.feed(nh3.clean(html, tags=_LINES, attributes={}, clean_content_tags=_UNSEEN))
    page.close()
    lines = [re.sub(r"[ \xa0]+", " ", line).strip() for line in "".join(page.text).split("\n")]
    kept = [line for line, before in zip(lines, ["", *lines], strict=False) if line or before]
    return "\n".join(line for line in kept if line.strip("> ") or not line)


def _nests_too_deep(html: str) -> bool:
    depth = 0
    for closes, tag in re.findall(r"<(/?)([a-zA-Z][a-zA-Z0-9]*)", html):
        if tag.lower() not in _NEVER_NEST:
            depth += -1 if closes else 1
            if depth > _DEPTH_AT_MOST:
                return True
    return False
