"""What the headers of a message say of who sent it: whether a machine did, and whether the sender is who they say.

Names and values of headers are taken as they come: in any case, with parameters and comments behind them.
"""

import re
from collections.abc import Collection
from email.message import Message

# Nobody reads what is sent to these.
_NO_REPLY = re.compile(
    r"(?:^|[._+-])(?:no|non|do[._-]?not|not)[._-]?(?:reply|responder|respond|rispondere|contestar|conteste)",
    re.IGNORECASE,
)
_AUTOREPLY_HEADERS = (
    "X-Autoreply",
    "X-Autorespond",
    "X-Autoresponse",
    "X-Mail-Autoreply",
    "X-Failed-Recipients",
)
_DMARC = re.compile(r";\s*dmarc\s*=\s*([a-z]+)([^;]*)", re.IGNORECASE)
_PRECEDENCES = {"bulk", "junk", "auto_reply"}  # Not "list": a person behind a group address carries that.
_SUPPRESSED = {"all", "oof", "autoreply"}


def headers_of(message: Message, name: str) -> list[str]:
    """Every value of a header, each on one line; bytes that are no letters of its charset are replaced. Of more than
    fifty, the first."""
    return [" ".join(str(value).split()) for value in message.get_all(name, [])[:50]]


def _first_word(value: str) -> str:
    """ "auto-replied" of "Auto-Replied (vacation); x=y"."""
    return re.split(r"[\s;(,]", value.strip(), maxsplit=1)[0].lower()


def sign_of_machine(message: Message, *, sender: str, ours: Collection[str]) -> str:
    """The first sign by which a message is known to come from a machine, "" if there is none.

    Such a message opens nothing and is never answered: bounces, replies of who is away, and what we sent ourselves.
    `ours` are our own addresses, in small letters.
    """
    for value in headers_of(message, "Auto-Submitted"):
        if _first_word(value) not in ("no", ""):
            return f"auto-submitted: {_first_word(value)}"
    for value in headers_of(message, "X-Auto-Response-Suppress"):
        if _SUPPRESSED & {word.strip().lower() for word in value.split(",")}:
            return f"x-auto-response-suppress: {value.lower()}"
    for value in headers_of(message, "Precedence"):
        if _first_word(value) in _PRECEDENCES:
            return f"precedence: {_first_word(value)}"
    for name in _AUTOREPLY_HEADERS:
        for value in headers_of(message, name):
            if _first_word(value) not in ("no", "false", ""):
                return name.lower()
    # Added by our own server, on top: what stands further down was written by the sender.
    if [value.strip() for value in headers_of(message, "Return-Path")[:1]] == ["<>"]:
        return "return-path: <>"
    if message.get_content_type() in ("multipart/report", "message/delivery-status"):
        return f"content-type: {message.get_content_type()}"
    if sender.partition("@")[0] == "mailer-daemon":
        return "from: mailer-daemon"
    local, _at, domain = sender.rpartition("@")
    if sender in ours or f"{local.partition('+')[0]}@{domain}" in ours:
        return "from: one of our own addresses"
    return ""


def is_no_reply(address: str) -> bool:
    """Whether the address itself says that nobody reads what is sent to it."""
    return bool(_NO_REPLY.search(address.partition("@")[0]))


def said_of_sender(message: Message, *, authserv_id: str, sender: str) -> str:
    """ "passed", "failed" or "not_said": the DMARC result of our own mail server for the domain of `sender`.

    Only what a server called `authserv_id` wrote is believed (RFC 8601), and of several the one on top: a sender may
    write such a header too, further down. Without a name nobody is believed.

    Our server repeats what the sender called itself, in quotes and comments, also unclosed ones. So a *fail* is heard
    wherever it stands, which does the sender no good, and a *pass* only outside of them.
    """
    if not authserv_id:
        return "not_said"
    for value in headers_of(message, "Authentication-Results"):
        if _first_word(value) != authserv_id.lower():
            continue
        found = _DMARC.findall(_said_itself(value))
        if re.search(r"\bdmarc\s*=\s*fail", value, re.IGNORECASE):
            return "failed"
        if not found:
            continue
        domain = sender.rpartition("@")[2]
        for result, properties in found:
            judged = re.search(r"header\.from\s*=\s*([^\s;]+)", properties, re.IGNORECASE)
            if result.lower() != "pass":
                return "not_said"
            if judged and judged[1].rpartition("@")[2].lower().rstrip(".") != domain:
                return "failed"  # It judged another sender than the one we read.
        return "passed"
    return "not_said"


def _said_itself(value: str) -> str:
    """A header without comments and quotes, but for a word in quotes, and without what begins one that does not end."""
    bare = re.sub(r'"([\w.-]*)"|"(?:\\.|[^"\\]|\\$)*(?:"|$)', r"\1", value)
    for _depth in range(20):  # In one another; what is deeper is left out with all behind it.
        bare = re.sub(r"\([^()]*\)", " ", bare)
    return re.split(r"[()]", bare, maxsplit=1)[0]
