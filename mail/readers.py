"""Who reads what comes in, and decides on it: whoever has the permission of its address (M5).

Most of it is for those who have that of all incoming mail; an app whose own people read what comes to an address of
its own says so with `kept_for`, and then nobody else does.
"""

from collections.abc import Callable
from functools import reduce
from operator import or_
from typing import Any

from django.db.models import Case, Exists, Q, When

from mail.models import IncomingMail, IncomingMailQuerySet, sent_to

SEES = "mail.view_incomingmail"
DECIDES = "mail.handle_incomingmail"

# An address of ours, asked for when it is needed, and the permission of those who read what comes there.
_KEPT: list[tuple[Callable[[], str], str]] = []

# Mails that an app gives to readers of its own, whatever address they came to, and the permission of those readers.
_GIVEN: list[tuple[str, Callable[[Any], Q]]] = []

# What a reader is not shown although it came to an address whose mail they read.
_KEPT_FROM: list[Callable[[Any], Q]] = []

# What came, and nobody is to read yet.
_WITHHELD: list[Callable[[], Exists]] = []


def kept_for(permission: str, address: Callable[[], str]) -> None:
    """What comes to an address is seen, and decided on, by those alone who have `permission` ("app.codename")."""
    _KEPT.append((address, permission))


def kept_from(mails: Callable[[Any], Q]) -> None:
    """The mails of the condition that `mails` gives for a user are not for them to see, whatever else they may."""
    _KEPT_FROM.append(mails)


def given_to(permission: str, mails: Callable[[Any], Q]) -> None:
    """The mails of the condition that `mails` gives for a user who has `permission` ("app.codename") are for them to
    see and decide on, whatever address they came to."""
    _GIVEN.append((permission, mails))


def withheld(when: Callable[[], Exists]) -> None:
    """What a mail says of which the condition that `when` gives is true is not yet for anybody to read: that it came
    stands in the list."""
    _WITHHELD.append(when)


def words_withheld(mail: IncomingMail) -> bool:
    """Whether nobody is to read yet what a mail says and carries."""
    return IncomingMail.objects.filter(_withheld(), pk=mail.pk).exists()


def with_withheld(mails: IncomingMailQuerySet) -> IncomingMailQuerySet:
    """`mails`, each with whether its words are `withheld`."""
    return mails.annotate(withheld=Case(When(_withheld(), then=True), default=False))


def _withheld() -> Q:
    return reduce(or_, (Q(when()) for when in _WITHHELD), Q(pk=None))


def reads_any(user: Any) -> bool:
    """Whether there may be any incoming mail that is for `user` to see."""
    return any(
        user.has_perm(permission)
        for permission in (SEES, *(each for _address, each in _KEPT), *(each for each, _mails in _GIVEN))
    )


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
    for mails in _given_to(user):
        may |= mails
    for hidden in _KEPT_FROM:
        may &= ~hidden(user)
    return IncomingMail.objects.filter(may)


def reads_any_at(user: Any, address: str) -> bool:
    """Whether there may be any mail to an address of ours that is for `user` to see."""
    kept = [permission for each, permission in _KEPT if each().lower() == address.lower()]
    return any(
        user.has_perm(permission) for permission in (*(kept or [SEES]), *(each for each, _mails in _GIVEN))
    )


def may_decide(user: Any, mail: IncomingMail) -> bool:
    """Whether `user` may say what becomes of a mail that they see."""
    if any(IncomingMail.objects.filter(mails, pk=mail.pk).exists() for mails in _given_to(user)):
        return True
    for address, permission in _KEPT:
        if IncomingMail.objects.sent_to(address()).filter(pk=mail.pk).exists():
            return bool(user.has_perm(permission))
    return bool(user.has_perm(DECIDES))


def _given_to(user: Any) -> list[Q]:
    return [mails(user) for permission, mails in _GIVEN if user.has_perm(permission)]
