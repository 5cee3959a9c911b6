"""What is kept of a person's calls: shown to them, and taken out with them; that there was a call stays (X5)."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from django.db.models import Exists, OuterRef, Q
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from base.erased import ERASED
from base.jobs import in_batches
from profiles.models import Professional, User
from support.desk_calendar import desk_zone
from support.forgetting import forget_mails
from support.models import Call, ClientPerson, Message, Ticket
from support.models.calls import CallQuerySet
from support.models.tickets import TicketQuerySet
from support.tickets import close_ticket

# How long the number of somebody who is no client is kept.
KEPT = timedelta(days=365)


def calls_of(user: User) -> CallQuerySet:
    """The calls with a number of theirs: of whom they are for a client, or of the business that they own, which is
    closed with its owner's account."""
    return Call.objects.filter(_theirs(user))


def _theirs(user: User) -> Q:
    """Of calls, and of what was asked by telephone, the same columns say whose they are."""
    whose = Q(client__customer__professional__in=Professional.objects.filter(owner=user))
    for person in _people(user):
        if _theirs_alone(person):
            whose |= Q(client=person.client_id, phone=person.phone)
        whose |= Q(client=person.client_id, name=person.name)
    return whose


def shown(user: User) -> Iterator[tuple[str, str]]:
    rows = calls_of(user).exclude(summary=ERASED).order_by("at", "pk").distinct()
    for call in rows.iterator(chunk_size=1000):
        moment = date_format(call.at.astimezone(desk_zone()), "DATETIME_FORMAT")
        number = call.phone.as_international if call.phone else call.number_said
        what = f"{call.get_direction_display()}: {call.get_outcome_display()}"
        yield (
            _("Call of %(moment)s") % {"moment": moment},
            " · ".join(filter(None, (what, number, call.name, call.summary))),
        )


def asked_by_telephone(user: User) -> TicketQuerySet:
    """The tickets that their calls made, also where these went on in writing or were merged, in the order of ids."""
    theirs = calls_of(user).order_by().values("pk")
    to_return = Ticket.objects.filter(kind=Ticket.Kind.CALL_BACK, calls__in=theirs).order_by().values("pk")
    asked = Ticket.objects.filter(_theirs(user) | Q(pk__in=to_return), channel=Ticket.Channel.PHONE)
    return asked.order_by("pk").distinct()


def erase_calls(user: User, now: datetime) -> None:
    """Takes their number, their name and what was said out of their calls, and out of what these made of tickets, also
    where that went on in writing or was merged; whoever has no number any more is not called back."""
    mine = list(calls_of(user).values_list("pk", flat=True))
    calls = Call.objects.filter(pk__in=mine)
    for ticket in asked_by_telephone(user):
        if ticket.is_open and ticket.kind == Ticket.Kind.CALL_BACK:
            close_ticket(ticket=ticket, by=None, by_client=True, now=now)
        forget_mails(ticket)
        Ticket.objects.filter(pk=ticket.pk).update(subject=ERASED, name=ERASED, phone="")
    # Before the calls lose the words by which these are known.
    in_a_call = calls.filter(client=OuterRef("ticket__client"), at=OuterRef("at"), summary=OuterRef("text"))
    said = Message.objects.filter(channel=Ticket.Channel.PHONE, kind=Message.Kind.ASKED)
    said.filter(Exists(in_a_call), ticket__client__in=calls.order_by().values("client")).update(
        text=ERASED, name="", email=""
    )
    calls.update(phone="", number_said="", name=ERASED, summary=ERASED)


def to_forget(now: datetime) -> CallQuerySet:
    """Calls of nobody known that are a year old: nobody will say any more whose they were."""
    return Call.objects.filter(client=None, at__lt=now - KEPT).exclude(name=ERASED).order_by("at")


def forget_callers(*, now: datetime) -> int:
    """Takes the numbers and the words out of the old calls of nobody known; returns of how many. That there was a call
    stays."""

    def forget(pks: list[int]) -> int:
        nobody = {"phone": "", "number_said": "", "name": ERASED, "summary": ERASED}
        return Call.objects.filter(pk__in=pks).update(**nobody)

    return in_batches(to_forget(now), forget, what="forget the callers of")


def _people(user: User) -> list[ClientPerson]:
    return list(ClientPerson.objects.proved_by(user).exclude(name=ERASED))


def _theirs_alone(person: ClientPerson) -> bool:
    """Whether nobody else of the client has that number: the telephone of an office is not one person's."""
    if not person.phone:
        return False
    others = ClientPerson.objects.speaking().filter(client=person.client_id, phone=person.phone)
    return not others.exclude(pk=person.pk).exists()
