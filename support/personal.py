"""What the desk keeps about a user: shown to them, and erased with their account. What was agreed stays (X5)."""

from collections.abc import Iterator
from datetime import datetime

from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from base.erased import ERASED, NOWHERE
from base.registry import PersonalData, personal_data
from profiles.models import User
from support.clients import readers_of
from support.desk_calendar import desk_day
from support.models import Agreement, ClientPerson, Offer, OfferEvent, Quote
from support.models.agreements import AgreementQuerySet


def shown(user: User) -> Iterator[tuple[str, str]]:
    people = ClientPerson.objects.proved_by(user).select_related("client__customer")
    for person in people.order_by("pk"):
        said = (person.name, person.email, str(person.phone), person.get_role_display())
        yield _("Speaks for %(client)s") % {"client": person.client}, " · ".join(filter(None, said))
    for agreement in _signed_online_by(user).order_by("pk"):
        day = date_format(agreement.signed_on, "DATE_FORMAT")
        yield _("Signed agreement %(number)s") % {"number": agreement.number}, f"{agreement.title} · {day}"
    accepted = OfferEvent.objects.filter(actor=user, to_state=Offer.State.ACCEPTED).select_related("offer")
    for event in accepted.order_by("pk"):
        day = date_format(localtime(event.at), "DATE_FORMAT")
        yield _("Accepted offer %(number)s") % {"number": event.offer.number}, f"{event.offer.what} · {day}"


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
    """Ends what they say for clients, and takes them out of it and out of its history; agreements stay, without the
    name of who signed."""
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
