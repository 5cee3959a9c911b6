"""What the desk is shown of mails that it did not take in by itself: its list, how many wait, and one of them (S10).

Who reads them and what becomes of them is said in `mail`.
"""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db.models import TextChoices
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from mail.kept_files import has_html
from mail.models import IncomingMail, IncomingMailQuerySet
from mail.readers import may_decide, reads_any_at, visible_to
from mail.wording import history_of
from profiles.models import User
from support.by_mail import became
from support.desk import COUNTED
from support.mail_forms import SetAsideForm
from support.mailed import quoted_in, text_in
from support.senders import sender_of

State = IncomingMail.State


class Which(TextChoices):
    """Which mails are listed."""

    WAITING = "", _("Waiting")
    NOT_TAKEN = "not_taken", _("Not taken in")


def reads_desk_mail(user: User) -> bool:
    """Whether there may be any mail to the desk that is for `user` to see."""
    return reads_any_at(user, settings.DESK_ADDRESS)


def mails_of_the_desk(reader: User) -> IncomingMailQuerySet:
    """What came to the desk's address, of that what `reader` may see: claims and the rest are others' (M5). What is
    just coming in is not shown before it is known what it is."""
    return visible_to(reader).sent_to(settings.DESK_ADDRESS).exclude(state=State.RECEIVED)


def listed(reader: User, which: str) -> IncomingMailQuerySet:
    """What waits, the oldest first; or what was not taken in, the newest first, as long as its words are kept: until
    then it can be let in."""
    mails = mails_of_the_desk(reader)
    if which == Which.NOT_TAKEN:
        # By the index of what is to be cleared: of all that ever came, what is still kept is little.
        kept = mails.filter(state=State.NOT_TAKEN, cleared_at=None, clear_on__isnull=False)
        return kept.order_by("-received_at", "-pk")
    return mails.waiting().order_by("received_at", "pk")


def how_many_wait(reader: User) -> int:
    """How many mails wait for a decision of `reader` or of others who may take it; one more than `COUNTED` at most."""
    if not reads_desk_mail(reader):
        return 0
    return len(listed(reader, Which.WAITING).order_by().values_list("pk")[: COUNTED + 1])


def mail_shown(
    mail: IncomingMail, *, reader: User, setting_aside: SetAsideForm | None = None
) -> dict[str, Any]:
    """`mail` with what it says, what became of it, and what `reader` can do with it. `setting_aside` is what was sent
    and refused, to be shown again. What was taken in is read where it stands now."""
    taken = mail.state == State.TAKEN
    shown: dict[str, Any] = {
        "mail": mail,
        "title": (mail.sender if taken else mail.subject) or gettext("Mail without a subject"),
        "history": history_of(mail),
        "setting_aside": setting_aside,
    }
    if taken:
        return shown
    decides = may_decide(reader, mail)
    if decides and mail.waits:
        shown["setting_aside"] = setting_aside or SetAsideForm(mail=mail)
    return shown | {
        "text": "" if mail.cleared_at else text_in(mail, language=reader.language),
        "quoted": quoted_in(mail),
        "has_html": has_html(mail),
        "attachments": mail.attachments.all(),
        "speaks_for": sender_of(mail.sender).speaks_for if mail.sender else (),
        "may_take_in": decides and mail.can_be_taken_in,
    }


def ticket_at_the_desk(mail: IncomingMail, reader: User) -> Any:
    """The ticket that it became part of, where `reader` may answer that; else None."""
    return became(mail).at_the_desk(reader).first()
