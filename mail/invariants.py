"""What must hold of the inbox, at every moment; `check_books` asks."""

from collections.abc import Iterable

from django.db.models import F, OuterRef, Subquery

from base.private_files import not_public
from base.registry import invariant
from mail.models import IncomingMail, IncomingMailEvent


@invariant("an incoming mail stands where its history says")
def incoming_mails_have_their_history() -> Iterable[str]:
    last = IncomingMailEvent.objects.filter(mail=OuterRef("pk")).order_by("-id").values("to_state")[:1]
    wrong = IncomingMail.objects.annotate(last=Subquery(last)).exclude(last=F("state")).order_by()
    for mail in wrong.iterator():
        yield f"incoming mail {mail.pk}: is {mail.state}, its history ends with {mail.last}"


@invariant("an incoming mail that was not cleared is there, whole")
def incoming_mails_are_kept() -> Iterable[str]:
    storage = not_public()
    for mail in IncomingMail.objects.filter(cleared_at=None).order_by().iterator():
        if not mail.raw.name or not storage.exists(mail.raw.name):
            yield f"incoming mail {mail.pk}: its message is missing"


@invariant("an incoming mail that was not taken in is cleared one day")
def what_nobody_needs_is_cleared() -> Iterable[str]:
    for mail in IncomingMail.objects.filter(state="not_taken", clear_on=None).order_by().iterator():
        yield f"incoming mail {mail.pk}: was not taken in, and is kept for ever"
