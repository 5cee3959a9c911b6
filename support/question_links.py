"""The page of whoever asks without an account: it lies behind a link in their mails, and ends with what it shows (S1).

Looking at it does nothing, for machines open links too. What may be read there is what the mails to the same address
say as well.
"""

from django.core.signing import BadSignature
from django.utils.translation import gettext_lazy as _

from base import links
from support.errors import SupportError
from support.models import Client, Ticket, TicketEvent

LINK_PURPOSE = "question"


def token_of(ticket: Ticket) -> str:
    """What the link to a question carries. It ends by what became of the question, not by its age."""
    return links.sign(LINK_PURPOSE, str(ticket.public_id))


def page_of(ticket: Ticket) -> str:
    """The whole address of the page, for mails to its asker and to nobody else."""
    return links.absolute("support:question", token=token_of(ticket))


def asker_page(ticket: Ticket) -> str:
    """The whole address at which whoever asked follows a ticket: behind their account where they see it there, else
    behind their link."""
    without_account = ticket.asker_id is None and bool(ticket.email)
    if without_account and ticket.client_id is not None:
        # Of a client's ticket only what came as a question has such a page, as long as its asker does not speak for it.
        came_as_question = ticket.events.filter(kind=TicketEvent.Kind.LINKED).exists()
        speaks = Client.objects.of_address(ticket.email).filter(pk=ticket.client_id).exists()
        without_account = came_as_question and not speaks
    if without_account:
        return page_of(ticket)
    return links.absolute("support:ticket", public_id=ticket.public_id)


def question_of(token: str) -> Ticket:
    """The question behind a link; where it was merged into another of the same asker, that one.

    Raises SupportError: "link_unknown" (forged or cut off), "link_ended" (never confirmed, or nothing is kept of it
    any more).
    """
    try:
        public_id = links.unsign(LINK_PURPOSE, token, max_age=None)
    except BadSignature:
        raise _unknown() from None
    ticket = (
        Ticket.objects.select_related("client__customer", "merged_into").filter(public_id=public_id).first()
    )
    if ticket is None:
        raise _unknown()
    email = ticket.email
    while ticket.merged_into is not None:
        ticket = ticket.merged_into
    if ticket.erased_at is not None or ticket.state == Ticket.State.EXPIRED or ticket.email != email:
        raise SupportError(
            "link_ended",
            _("This question is over, and we keep nothing of it any more. You can ask another one."),
        )
    return ticket


def _unknown() -> SupportError:
    return SupportError(
        "link_unknown",
        _("This link leads to no question. Open it once more from the mail, or copy it whole."),
    )
