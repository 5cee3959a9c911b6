"""Routes for the tests of the inbox; settings.MAIL_ROUTES names them."""

from typing import Any

from mail.answers import answer
from mail.inbox import Taken
from mail.models import IncomingMail

CALLS: list[int] = []


def takes_pets(mail: IncomingMail, *, by: Any, now: Any) -> Taken | None:
    """What is for the pets' address; answered with the letter pets/found."""
    if mail.recipient != "pets@quince.example":
        return None
    CALLS.append(mail.pk)
    context = {"pet": "Firulais", "cents": 1, "at": now, "said": "Bye."}
    answer(mail, kind="pets/found", language="en", context=context, now=now)
    return Taken(cause="pet:15", keep=mail.subject == "Keep me")


def takes_all(mail: IncomingMail, *, by: Any, now: Any) -> Taken:
    return Taken(cause="all:1")


def fails(mail: IncomingMail, *, by: Any, now: Any) -> None:
    """Fails after it has written something."""
    CALLS.append(mail.pk)
    mail.subject = "half done"
    mail.save()
    raise ValueError("no pets today")


def kills(mail: IncomingMail, *, by: Any, now: Any) -> None:
    """The process dies while it handles the mail."""
    CALLS.append(mail.pk)
    raise SystemExit("killed")
