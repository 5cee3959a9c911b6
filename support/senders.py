"""Who writes to the desk, by their address: for whom they speak, and on which tickets they are (S1, S10)."""

from dataclasses import dataclass

from allauth.account.models import EmailAddress

from profiles.models import Professional, User
from support.models import Client, ClientPerson, Ticket, TicketEvent


@dataclass(frozen=True, slots=True)
class Sender:
    """An address that a mail says it comes from, in small letters. `user` has proved that it is theirs; `speaks_for`
    are the clients for whom they speak, those included who have agreed on nothing yet."""

    email: str
    user: User | None
    speaks_for: tuple[Client, ...]
    # Those of them who are clients: what they ask is promised an answer.
    clients: tuple[Client, ...]
    works_here: bool


def sender_of(email: str) -> Sender:
    """Who has this address."""
    email = email.lower()
    proved = EmailAddress.objects.filter(email=email, verified=True, user__is_active=True)
    found = proved.select_related("user").first()
    user = found.user if found else None
    speaks_for = tuple(spoken_for(email, user))
    signed = set(
        Client.objects.signed().filter(pk__in=[each.pk for each in speaks_for]).values_list("pk", flat=True)
    )
    return Sender(
        email=email,
        user=user,
        speaks_for=speaks_for,
        clients=tuple(each for each in speaks_for if each.pk in signed),
        works_here=User.objects.filter(email=email, is_active=True, is_staff=True).exists()
        or (user is not None and user.is_staff),
    )


def spoken_for(email: str, user: User | None) -> list[Client]:
    """The clients for whom whoever has this address speaks: those that name it, or another address that they have
    proved, and the business that they own or belong to, unless its account was closed."""
    ways = [Client.objects.filter(people__in=ClientPerson.objects.speaking().filter(email=email))]
    if user is not None:
        ways.append(Client.objects.filter(people__in=ClientPerson.objects.speaking().proved_by(user)))
        businesses = Professional.objects.visible_to(user).filter(closed_at=None)
        ways.append(Client.objects.filter(customer__professional__in=businesses))
    # Each way by its index.
    first, *others = (each.order_by().values("pk") for each in ways)
    found = Client.objects.filter(pk__in=first.union(*others) if others else first)
    return list(found.select_related("customer").order_by("pk"))


def is_on(ticket: Ticket, sender: Sender) -> bool:
    """Whether somebody is on a ticket: they speak for its client, or they asked it. What was asked for a client is that
    client's, also when its asker speaks for it no more; a question that was linked to one is still its asker's."""
    if ticket.kind != Ticket.Kind.APPEAL and ticket.client_id in {each.pk for each in sender.speaks_for}:
        return True
    by_address = bool(sender.email) and sender.email == ticket.email
    asked = by_address or (sender.user is not None and ticket.asker_id == sender.user.pk)
    return asked and (
        ticket.client_id is None
        or ticket.kind == Ticket.Kind.APPEAL
        or ticket.events.filter(kind=TicketEvent.Kind.LINKED).exists()
    )
