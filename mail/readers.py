"""Who reads what comes in, and decides on it: whoever has the permission of its address (M5).

Most of it is for those who have that of all incoming mail; an app whose own people read what comes to an address of
its own says so with `kept_for`, and then nobody else does.
"""

from collections.abc import Callable
from typing import Any

from django.db.models import Q

from mail.models import IncomingMail, IncomingMailQuerySet, sent_to

SEES = "mail.view_incomingmail"
DECIDES = "mail.handle_incomingmail"

# An address of ours, asked for when it is needed, and the permission of those who read what comes there.
_KEPT: list[tuple[Callable[[], str], str]] = []

# What a reader is not shown although it came to an address whose mail they read.
_KEPT_FROM: list[Callable[[Any], IncomingMailQuerySet]] = []


def kept_for(permission: str, address: Callable[[], str]) -> None:
    """What comes to an address is seen, and decided on, by those alone who have `permission` ("app.codename")."""
    _KEPT.append((address, permission))


def kept_from(mails: Callable[[Any], IncomingMailQuerySet]) -> None:
    """The mails that `mails` gives for a user are not for them to see, whatever else they may."""
    _KEPT_FROM.append(mails)


def reads_any(user: Any) -> bool:
    """Whether there is any incoming mail that is for `user` to see."""
    return user.has_perm(SEES) or any(user.has_perm(permission) for _address, permission in _KEPT)


def visible_to(user: Any) -> IncomingMailQuerySet:
    """What `user` may see of what came in."""
    theirs = Q(pk=None)
    others = Q(pk=None)
    for address, permission in _KEPT:
        if user.has_perm(permission):
            theirs |= sent_to(address())
        else:
            others |= sent_to(address())
    may = ~others if user.has_perm(SEES) else theirs
    for mails in _KEPT_FROM:
        may &= ~Q(pk__in=mails(user).order_by().values("pk"))
    return IncomingMail.objects.filter(may)


def waiting_for(user: Any) -> int:
    """How many mails wait for a decision of `user` or of others who may take it."""
    if not reads_any(user):
        return 0
    return visible_to(user).filter(state__in=(IncomingMail.State.PARKED, IncomingMail.State.FAILED)).count()


def may_decide(user: Any, mail: IncomingMail) -> bool:
    """Whether `user` may say what becomes of a mail that they see."""
    for address, permission in _KEPT:
        if IncomingMail.objects.sent_to(address()).filter(pk=mail.pk).exists():
            return bool(user.has_perm(permission))
    return bool(user.has_perm(DECIDES))
