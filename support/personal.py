"""What the desk keeps about a user: shown to them, and erased with their account. What was agreed stays, and what they
wrote for everybody (X5)."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from allauth.account.models import EmailAddress
from django.db.models import Prefetch, Q
from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from base.erased import ERASED, NOWHERE
from base.registry import PersonalData, personal_data
from mail import outbox
from mail.models import OutgoingMail
from profiles.models import User
from support.clients import readers_of
from support.desk_calendar import desk_day
from support.forgetting import asked_by, erase_asker, lock_families
from support.forgetting_calls import asked_by_telephone, erase_calls
from support.forgetting_calls import shown as calls_shown
from support.library import account_key, reader_key
from support.models import (
    Agreement,
    ArticleText,
    ArticleVote,
    ClientPerson,
    Message,
    Offer,
    OfferEvent,
    Quote,
    QuoteEvent,
    SavedReply,
    TicketLook,
)
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
    votes = ArticleVote.objects.filter(reader=account_key(user)).select_related("text")
    for vote in votes.defer("text__body").order_by("pk"):
        opinion = (vote.text.title, vote.get_answer_display(), vote.comment)
        yield _("Said whether an article helped"), " · ".join(filter(None, opinion))
    for text in ArticleText.objects.bare().filter(written_by=user).order_by("pk"):
        yield _("Wrote an article of the library"), text.title
    for reply in SavedReply.objects.filter(owner=user).order_by("pk"):
        texts = (reply.title, reply.text_es, reply.text_en, reply.text_it)
        yield _("Saved reply of their own"), "\n\n".join(filter(None, texts))
    yield from calls_shown(user)
    accepted = OfferEvent.objects.filter(actor=user, to_state=Offer.State.ACCEPTED).select_related("offer")
    for event in accepted.order_by("pk"):
        day = date_format(localtime(event.at), "DATE_FORMAT")
        yield _("Accepted offer %(number)s") % {"number": event.offer.number}, f"{event.offer.what} · {day}"
    for offer_event in _declined(OfferEvent.objects, user).select_related("offer"):
        yield (
            _("Why they declined offer %(number)s") % {"number": offer_event.offer.number},
            offer_event.reason,
        )
    for quote_event in _declined(QuoteEvent.objects, user).select_related("quote"):
        yield (
            _("Why they declined quote %(number)s") % {"number": quote_event.quote.number},
            quote_event.reason,
        )


def _declined(events: Any, user: User) -> Any:
    """Of these events of offers, or of quotes, those by which they declined one in words of their own."""
    declined = events.filter(actor=user, to_state__in=(Offer.State.DECLINED, Quote.State.DECLINED))
    return declined.exclude(reason__in=("", ERASED)).order_by("pk")


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
    agreements stay, without the name of who signed, opinions of articles without what was said with them, and so do
    answers and what was done for a client. Their own saved replies go; those that the desk shares are the desk's."""
    # Before anything else of theirs is locked: a ticket comes before what belongs to it, and all of them at once. By
    # their numbers calls are known as theirs, so these come before the numbers of what they asked go.
    addresses = _proved(user)
    lock_families([ticket.pk for ticket in (*asked_by(user, addresses), *asked_by_telephone(user))])
    erase_calls(user, now)
    erase_asker(user, addresses=addresses, now=now)
    SavedReply.objects.filter(owner=user).delete()
    TicketLook.objects.filter(user=user).delete()
    _signed_online_by(user).update(signed_by=ERASED)
    _forget_why_declined(user)
    # What they thought of an article still counts, without their words and without the key to them.
    for vote in ArticleVote.objects.filter(reader=account_key(user)):
        vote.reader, vote.comment = reader_key("erased", str(vote.pk)), ""
        vote.save(update_fields=["reader", "comment"])
    for person in ClientPerson.objects.proved_by(user):
        nobody = {"name": ERASED, "phone": "", "email": f"erased-{person.pk}@erased{NOWHERE}"}
        # No version of its own is written: it would say what was there before.
        ClientPerson.objects.filter(pk=person.pk).update(**nobody, ended_on=person.ended_on or desk_day(now))
        person.history.update(**nobody)


def _forget_why_declined(user: User) -> None:
    """Also in the letters that told the desk."""
    for events, of in ((OfferEvent.objects, "offer"), (QuoteEvent.objects, "quote")):
        declined = _declined(events, user)
        ids = list(declined.values_list(f"{of}__public_id", flat=True))
        told = OutgoingMail.objects.filter(
            kind=f"support/{of}_declined", cause__in=[f"{of}:{each}" for each in ids]
        )
        outbox.forget_text(told)
        declined.update(reason=ERASED)


def _speaking(user: User) -> Iterator[ClientPerson]:
    people = ClientPerson.objects.speaking().proved_by(user).filter(role=ClientPerson.Role.SIGNS)
    yield from people.select_related("client__customer__professional").order_by("pk")


def _signed_online_by(user: User) -> AgreementQuerySet:
    accepted = Quote.objects.filter(events__to_state=Quote.State.ACCEPTED, events__actor=user)
    return Agreement.objects.filter(signed=Agreement.Signed.ONLINE, quote__in=accepted)


personal_data.append(PersonalData(gettext_lazy("Support desk"), shown, erase, warnings))
