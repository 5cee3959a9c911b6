"""Asking homeowners and earlier clients for a review, so that nobody is spammed through the product (G8, M12)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import date, datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from base import links
from base.days import marketplace_day, start_of_day
from billing.invoices import payments_current
from billing.subscriptions import has_settled_a_plan, plan_in_force
from mail import outbox
from mail.models import OutgoingMail
from marketplace.attempts import refuse_if_out_of_reach
from marketplace.errors import MarketplaceError
from marketplace.models import Contact, Review, ReviewRequest
from marketplace.reviews.links import LINK_LIVES, has_expired, token_of
from marketplace.reviews.opting_out import TO_CLIENT, TO_HOMEOWNER, is_never_to_be_asked, stop_link
from marketplace.reviews.people import own_keys, read_name
from profiles.addresses import address_key
from profiles.models import Professional
from profiles.plain_text import names_an_address

State = Review.State

# How many earlier clients one professional may write to in a local day, and how often one person is written to in a day
# for all professionals together: nobody is spammed through the product. What is more waits for the next day, and no
# professional hears that others have asked the same person.
ASKED_BY_ONE_A_DAY = 10
ASKED_OF_ONE_A_DAY = 2


def to_be_asked_again(requests: Iterable[ReviewRequest], now: datetime) -> set[int]:
    """Of these requests, the ids of those whose person can be sent a new link, so that nobody is locked out of G8:
    the link expired unused, its mail was given up, or the review was rejected. At most once a local day each; never
    while a link is good, nor a review waits or stands, nor once a homeowner has withdrawn (M1). One query, and one
    where `review`, or the contact's lead, was not read with them.
    """
    asked = list(requests)
    given_up = set(
        OutgoingMail.objects.filter(
            cause__in=[cause_of(request) for request in asked], state=OutgoingMail.State.FAILED
        ).values_list("cause", flat=True)
    )
    return {
        request.pk
        for request in asked
        if request.sent_at < start_of_day(marketplace_day(now))
        and _came_to_nothing(request, cause_of(request) in given_up, now)
    }


def _came_to_nothing(request: ReviewRequest, given_up: bool, now: datetime) -> bool:
    if request.contact is not None and not request.contact.lead.details_shown:
        return False
    review = getattr(request, "review", None)
    if review is not None and request.used_at is not None:
        return bool(review.state == State.REJECTED)
    return given_up or has_expired(request, now)


@transaction.atomic
def ask_homeowner(*, contact: Contact, by: Any, now: datetime) -> ReviewRequest:
    """Asks the homeowner of a contact for a review, once; asked already: that request, and a second mail only if
    the first came to nothing (`to_be_asked_again`).

    Raises MarketplaceError.
    """
    contact = (
        Contact.objects.select_for_update(no_key=True, of=("self",))
        # Its request is read after, as it is once this lock is had: the homeowner may have withdrawn meanwhile.
        .select_related("professional__owner")
        .get(pk=contact.pk)
    )
    asked = contact.review_requests.select_related("review").first()
    if asked and not to_be_asked_again([asked], now):
        return asked
    if contact.returned_at:
        raise MarketplaceError(
            "contact_returned",
            _("This contact was returned, so its homeowner cannot be asked for a review."),
        )
    lead = contact.lead
    refuse_if_out_of_reach(lead)
    key = address_key(lead.homeowner_email)
    _refuse_own_address(key, contact.professional)
    if is_never_to_be_asked(key):
        raise _not_to_be_asked()
    asked = asked or ReviewRequest(professional=contact.professional, contact=contact)
    return _ask(
        asked,
        TO_HOMEOWNER,
        name=lead.homeowner_name,
        email=lead.homeowner_email,
        language=lead.language,
        now=now,
    )


def cannot_ask(professional: Professional, today: date) -> MarketplaceError | None:
    """Why this business cannot write to earlier clients, whomever; None: it can.

    Accounts cost nothing, and neither does contracting: only a business that pays for its plan writes to people who
    never came here.
    """
    if professional.suspensions.standing().exists():
        return MarketplaceError(
            "suspended", _("Your business is suspended, so it cannot ask for reviews meanwhile.")
        )
    if not plan_in_force(professional, today):
        return MarketplaceError("no_plan", _("To ask earlier clients here you need a plan in force."))
    if not has_settled_a_plan(professional) or not payments_current(professional, today):
        return MarketplaceError(
            "plan_not_paid",
            _("Pay the invoice of your plan first: from then on you can ask earlier clients here."),
        )
    return None


@transaction.atomic
def ask_earlier_client(
    *, professional: Professional, name: str, email: str, language: str, by: Any, now: datetime
) -> ReviewRequest:
    """Asks somebody who knows the business's work from before; each person once (G8).

    Asked already: that request, and a second mail only if the first came to nothing (`to_be_asked_again`).
    Raises MarketplaceError.
    """
    # So that two tabs count the day's requests one after the other.
    professional = (
        Professional.objects.select_for_update(no_key=True, of=("self",))
        .select_related("owner")
        .get(pk=professional.pk)
    )
    email = email.strip()
    key = address_key(email)
    asked = professional.review_requests.filter(contact=None, author_key=key).select_related("review").first()
    if asked and not to_be_asked_again([asked], now):
        return asked
    _refuse_own_address(key, professional)
    refusal = cannot_ask(professional, marketplace_day(now))
    if refusal:
        raise refusal
    name = read_name(name, field="name")
    # These names stand in a mail to a third person: an advertisement does not.
    if names_an_address(name):
        raise MarketplaceError(
            "name_has_address", _("Write the person's name alone, without an address."), field="name"
        )
    if names_an_address(professional.name):
        raise MarketplaceError(
            "business_has_address",
            _("The name of your business holds an address. Change it on your profile, then ask."),
        )
    sent_today = ReviewRequest.objects.filter(
        contact=None, sent_at__gte=start_of_day(marketplace_day(now)), sent_at__lte=now
    )
    if sent_today.filter(professional=professional).count() >= ASKED_BY_ONE_A_DAY:
        raise MarketplaceError(
            "too_many_today",
            _("You have asked %(number)d people today, which is as many as a day allows. Go on tomorrow.")
            % {"number": ASKED_BY_ONE_A_DAY},
        )
    if is_never_to_be_asked(key) or _withdrew_from(professional, key):
        raise _not_to_be_asked()
    asked = asked or ReviewRequest(professional=professional)
    return _ask(
        asked,
        TO_CLIENT,
        name=name,
        email=email,
        language=language,
        not_before=_first_free_day(key, now),
        now=now,
    )


def _first_free_day(key: str, now: datetime) -> datetime:
    """When this person may be written to for a business: now, or as late on the first day that is not full."""
    earlier = ReviewRequest.objects.filter(contact=None, author_key=key, sent_at__gt=now - LINK_LIVES)
    due = OutgoingMail.objects.filter(
        kind=TO_CLIENT, cause__in=[cause_of(request) for request in earlier]
    ).values_list("due_at", flat=True)
    letters = Counter(map(marketplace_day, due))
    later = 0
    while letters[marketplace_day(now + timedelta(days=later))] >= ASKED_OF_ONE_A_DAY:
        later += 1
    return now + timedelta(days=later)


def _ask(
    asked: ReviewRequest,
    kind: str,
    *,
    name: str,
    email: str,
    language: str,
    now: datetime,
    not_before: datetime | None = None,
) -> ReviewRequest:
    """Writes the request, the first time or anew, and sends its link."""
    asked.name, asked.email, asked.language = name, email, language
    asked.author_key = address_key(email)
    asked.sent_at, asked.used_at, asked.reminded_at = now, None, None
    asked.origin = ReviewRequest.Origin.ASKED
    asked.save()
    send_link(asked, kind, now, not_before=not_before)
    return asked


def _refuse_own_address(key: str, professional: Professional) -> None:
    if key in own_keys(professional):
        raise MarketplaceError(
            "own_address",
            _("This is an address of your own business. A review has to come from somebody else."),
            field="email",
        )


def _withdrew_from(professional: Professional, key: str) -> bool:
    """Whether somebody took back, from this business, the request that it had bought: they are not asked by another
    way (M1)."""
    withdrawn = Contact.objects.filter(professional=professional, lead__withdrawn_at__isnull=False)
    return withdrawn.filter(lead__homeowner_key=key).exists()


def _not_to_be_asked() -> MarketplaceError:
    """One sentence for whatever the reason is: none of them is the business's to know (X5)."""
    return MarketplaceError(
        "not_to_be_asked",
        _("We cannot write to this person at the moment. Ask somebody else."),
        field="email",
    )


def cause_of(asked: ReviewRequest) -> str:
    """The cause of the mails about the link that was sent last: a link sent anew is another cause."""
    return f"review_request:{asked.public_id}:{int(asked.sent_at.timestamp())}"


def send_link(asked: ReviewRequest, kind: str, now: datetime, *, not_before: datetime | None = None) -> None:
    """Writes the mail `kind` with the link, which is good for 60 days from when it was sent first.

    Who never came here is also told, in every mail, how to hear nothing more of it (`opting_out`).
    """
    outbox.write(
        kind=kind,
        cause=cause_of(asked),
        to=asked.email,
        language=asked.language,
        context={
            "review_request": asked,
            "name": asked.name,
            "professional": asked.professional,
            "lead": asked.contact.lead if asked.contact else None,
            "until": marketplace_day(asked.sent_at + LINK_LIVES),
            "review_url": links.absolute("marketplace:review_by_link", token=token_of(asked)),
        },
        now=now,
        not_before=not_before,
        unsubscribe_url="" if asked.contact else stop_link(asked.author_key, asked.language),
    )
