"""What the desk keeps about a user: shown to them, and erased with their account. What was agreed stays (X5)."""

from collections.abc import Iterator
from datetime import datetime

from allauth.account.models import EmailAddress
from django.db.models import Prefetch, Q
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from base.erased import ERASED, NOWHERE
from base.registry import PersonalData, personal_data
from profiles.models import User
from support.clients import readers_of
from support.desk_calendar import desk_day
from support.forgetting import asked_by, erase_asker
from support.models import Agreement, ClientPerson, Message, Quote
from support.models.agreements import AgreementQuerySet


def shown(user: User) -> Iterator[tuple[str, str]]:
    people = ClientPerson.objects.proved_by(user).select_related("client__customer")
    for person in people.order_by("pk"):
        said = (person.name, person.email, str(person.phone), person.get_role_display())
        yield _("Speaks for %(client)s") % {"client": person.client}, " · ".join(filter(None, said))
    yield from _asked(user)
    for agreement in _signed_online_by(user).order_by("pk"):
        day = date_format(agreement.signed_on, "DATE_FORMAT")
        yield _("Signed agreement %(number)s") % {"number": agreement.number}, f"{agreement.title} · {day}"


def _asked(user: User) -> Iterator[tuple[str, str]]:
    """Each ticket with what they said on it, and the names of the files that they sent; in three queries."""
    addresses = _proved(user)
    words = Message.objects.filter(
        Q(author=user) | Q(email__in=addresses), kind=Message.Kind.ASKED
    ).prefetch_related("attachments")
    tickets = asked_by(user, addresses).exclude(subject=ERASED).order_by("pk")
    for ticket in tickets.prefetch_related(Prefetch("messages", queryset=words, to_attr="said")):
        day = date_format(desk_day(ticket.asked_at), "DATE_FORMAT")
        files = [file.name for message in ticket.said for file in message.attachments.all()]
        said = [ticket.subject, ticket.name, ticket.email, str(ticket.phone)]
        said += [message.text for message in ticket.said]
        said += [", ".join(files), ticket.rating_text]
        yield (
            _("Asked of the desk on %(day)s (%(number)s)") % {"day": day, "number": ticket.number},
            "\n\n".join(filter(None, said)),
        )


def _proved(user: User) -> set[str]:
    proved = EmailAddress.objects.filter(user=user, verified=True).values_list("email", flat=True)
    return {email.lower() for email in proved}


def warnings(user: User, now: datetime) -> Iterator[str]:
    """Whoever alone signs for a client leaves it without anybody who does."""
    for person in _speaking(user):
        signing = {reader.email for reader in readers_of(person.client, signing=True)}
        if signing == {person.email}:
            yield _(
                "Nobody but you signs for %(client)s: with your account nobody is left to accept quotes for it. "
                "Ask us to name somebody else first."
            ) % {"client": person.client}


def erase(user: User, now: datetime) -> None:
    """Ends what they say for clients, and takes them out of it and out of its history, and out of what they asked;
    agreements stay, without the name of who signed, and so do answers and what was done for a client."""
    # Before anything else of theirs is locked: a ticket comes before what belongs to it.
    erase_asker(user, addresses=_proved(user), now=now)
    _signed_online_by(user).update(signed_by=ERASED)
    for person in ClientPerson.objects.proved_by(user):
        nobody = {"name": ERASED, "phone": "", "email": f"erased-{person.pk}@erased{NOWHERE}"}
        # No version of its own is written: it would say what was there before.
        ClientPerson.objects.filter(pk=person.pk).update(**nobody, ended_on=person.ended_on or desk_day(now))
        person.history.update(**nobody)


def _speaking(user: User) -> Iterator[ClientPerson]:
    people = ClientPerson.objects.speaking().proved_by(user).filter(role=ClientPerson.Role.SIGNS)
    yield from people.select_related("client__customer__professional").order_by("pk")


def _signed_online_by(user: User) -> AgreementQuerySet:
    accepted = Quote.objects.filter(events__to_state=Quote.State.ACCEPTED, events__actor=user)
    return Agreement.objects.filter(signed=Agreement.Signed.ONLINE, quote__in=accepted)


personal_data.append(PersonalData(gettext_lazy("Support desk"), shown, erase, warnings))
