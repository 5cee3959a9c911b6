"""What happened to an incoming mail, in the words of its reader."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from mail.models import IncomingMail, IncomingMailEvent

# What a route says of what it made of a mail: an app that has a route adds its words.
WHY: dict[str, str | Promise] = {
    "erased": _("who sent it had their data erased"),
    **{reason.value: reason.label for reason in IncomingMail.Reason},
}


def why(said: str) -> str:
    """The words for what a history row says; what a person wrote is its own words."""
    return str(WHY.get(said, said))


def history_of(mail: IncomingMail) -> list[tuple[IncomingMailEvent, str, str]]:
    """What became of it: each move, the state that it led to, and why."""
    return [
        (event, str(IncomingMail.State(event.to_state).label), why(event.reason))
        for event in mail.events.select_related("actor")
    ]
