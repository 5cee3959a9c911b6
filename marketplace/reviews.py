"""What homeowners and earlier clients say of a professional: asked for by link, written once, moderated (G8, M12)."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from typing import Any

from allauth.account.models import EmailAddress
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from base import links
from base.days import end_of_day, marketplace_day
from billing.models import Customer
from mail import outbox
from mail.models import OutgoingMail
from marketplace.errors import MarketplaceError
from marketplace.models import Contact, Review, ReviewEvent, ReviewRequest
from marketplace.reasons import read_reason
from profiles.addresses import address_key
from profiles.models import Professional
from profiles.plain_text import length_as_read, many_lines, names_an_address, one_line

State = Review.State
OwnHand = Review.OwnHand

# What a review link is signed for, and how long it lives (M1).
LINK_PURPOSE = "review"
LINK_LIVES = timedelta(days=60)
# Moderators decide by the end of this local day after a review was written (M12).
MODERATED_WITHIN_DAYS = 5
# How many earlier clients one professional may write to in a local day, and how often one person may be
# written to in a day by all professionals together: nobody is spammed through the product.
ASKED_BY_ONE_A_DAY = 10
ASKED_OF_ONE_A_DAY = 2
TEXT_AT_LEAST = 20
TEXT_AT_MOST = 3000
NAME_AT_LEAST = 2
NAME_AT_MOST = 100


def token_of(request: ReviewRequest) -> str:
    """What the link to write this review carries."""
    return links.sign(LINK_PURPOSE, str(request.public_id))


def has_expired(request: ReviewRequest, now: datetime) -> bool:
    """Whether the link's 60 days are over."""
    return now - request.sent_at > LINK_LIVES


def asks_for_workmanship(request: ReviewRequest) -> bool:
    """Workmanship is asked only of those who hired: by the homeowner's own word or the professional's outcome;
    an earlier client may tell (G8)."""
    contact = request.contact
    if contact is None:
        return True
    return contact.homeowner_word == Contact.Word.HIRED_THEM or contact.outcome == Contact.Outcome.WON


def decide_by(review: Review) -> date:
    """The last local day on which the promised moderation is in time, inclusive."""
    return marketplace_day(review.written_at) + timedelta(days=MODERATED_WITHIN_DAYS)


def to_be_asked_again(requests: Iterable[ReviewRequest], now: datetime) -> set[int]:
    """Of these requests, the ids of those whose person can be sent a new link, so that nobody is locked out of G8:
    the link expired unused, its mail was given up, or the review was rejected. At most once a local day each; never
    while a link is good, nor a review waits or stands. One query, and one where `review` was not read with them.
    """
    asked = list(requests)
    given_up = set(
        OutgoingMail.objects.filter(
            cause__in=[_cause(request) for request in asked], state=OutgoingMail.State.FAILED
        ).values_list("cause", flat=True)
    )
    return {
        request.pk
        for request in asked
        if request.sent_at < _midnight(now) and _came_to_nothing(request, _cause(request) in given_up, now)
    }


def _came_to_nothing(request: ReviewRequest, given_up: bool, now: datetime) -> bool:
    review = getattr(request, "review", None)
    if review is not None and request.used_at is not None:
        return bool(review.state == State.REJECTED)
    return given_up or has_expired(request, now)


def _midnight(now: datetime) -> datetime:
    """When the local day of `now` began."""
    return end_of_day(marketplace_day(now) - timedelta(days=1))


@transaction.atomic
def ask_homeowner(*, contact: Contact, by: Any, now: datetime) -> ReviewRequest:
    """Asks the homeowner of a contact for a review, once; asked already: that request, and a second mail only if
    the first came to nothing (`to_be_asked_again`).

    Raises MarketplaceError.
    """
    contact = (
        Contact.objects.select_for_update(of=("self",))
        .select_related("lead", "professional__owner")
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
    key = address_key(lead.homeowner_email)
    _refuse_own_address(key, contact.professional)
    asked = asked or ReviewRequest(professional=contact.professional, contact=contact)
    return _ask(
        asked,
        "marketplace/review_asked_homeowner",
        name=lead.homeowner_name,
        email=lead.homeowner_email,
        language=lead.language,
        now=now,
    )


def cannot_ask(professional: Professional) -> MarketplaceError | None:
    """Why this business cannot write to earlier clients, whomever; None: it can.

    Accounts cost nothing: only a business that has contracted a plan writes to people who never came here.
    """
    if professional.suspensions.standing().exists():
        return MarketplaceError(
            "suspended", _("Your business is suspended, so it cannot ask for reviews meanwhile.")
        )
    if professional.first_contracted_on is None:
        return MarketplaceError(
            "no_plan_yet", _("Contract a plan first: from then on you can ask earlier clients here.")
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
        Professional.objects.select_for_update(of=("self",)).select_related("owner").get(pk=professional.pk)
    )
    email = email.strip()
    key = address_key(email)
    asked = professional.review_requests.filter(contact=None, author_key=key).select_related("review").first()
    if asked and not to_be_asked_again([asked], now):
        return asked
    _refuse_own_address(key, professional)
    refusal = cannot_ask(professional)
    if refusal:
        raise refusal
    name = _name(name, field="name")
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
    sent_today = ReviewRequest.objects.filter(contact=None, sent_at__gte=_midnight(now), sent_at__lte=now)
    if sent_today.filter(professional=professional).count() >= ASKED_BY_ONE_A_DAY:
        raise MarketplaceError(
            "too_many_today",
            _("You have asked %(number)d people today, which is as many as a day allows. Go on tomorrow.")
            % {"number": ASKED_BY_ONE_A_DAY},
        )
    if sent_today.filter(author_key=key).count() >= ASKED_OF_ONE_A_DAY:
        raise MarketplaceError(
            "address_busy_today",
            _("We cannot write to this address today. Try again tomorrow."),
            field="email",
        )
    asked = asked or ReviewRequest(professional=professional)
    return _ask(asked, "marketplace/review_asked_client", name=name, email=email, language=language, now=now)


def _ask(
    asked: ReviewRequest, kind: str, *, name: str, email: str, language: str, now: datetime
) -> ReviewRequest:
    """Writes the request, the first time or anew, and sends its link."""
    asked.name, asked.email, asked.language = name, email, language
    asked.author_key = address_key(email)
    asked.sent_at, asked.used_at = now, None
    asked.save()
    _send(asked, kind, now)
    return asked


@transaction.atomic
def write_review(
    *,
    request: ReviewRequest,
    author_name: str,
    handling: int,
    workmanship: int | None,
    text: str,
    user: Any,
    browser_of: int | None,
    now: datetime,
) -> Review:
    """Takes in the review that `request` asked for, once; a moderator looks at it before anybody else.

    `user` is who is signed in, if anybody; `browser_of` the id of the professional whose browser this is, if it
    is one. A review by the professional's own hand is taken in and marked, and never counts (G8). The same
    review sent twice is one. Whoever was asked again after a rejection writes it anew, and what they wrote before
    stays in its history. Raises MarketplaceError.
    """
    # Two submissions of one link: the second waits here, and finds the first.
    request = (
        ReviewRequest.objects.select_for_update(of=("self",))
        .select_related("professional__owner", "contact")
        .get(pk=request.pk)
    )
    author_name, text = _name(author_name, field="author_name"), many_lines(text)
    if not asks_for_workmanship(request):
        workmanship = None
    standing = Review.objects.filter(request=request).first()
    if standing and request.used_at is not None:
        if (standing.author_name, standing.handling, standing.text) == (author_name, handling, text):
            return standing
        raise MarketplaceError(
            "link_used", _("This link has already been used to write a review. Each link is good for one.")
        )
    if has_expired(request, now):
        raise MarketplaceError("link_expired", _("This link was good for 60 days, and they are over."))
    if handling not in range(1, 6):
        raise MarketplaceError(
            "no_rating", _("Choose between one star and five for attention and handling."), field="handling"
        )
    if workmanship is not None and workmanship not in range(1, 6):
        raise MarketplaceError(
            "no_rating", _("Choose between one star and five for the work itself."), field="workmanship"
        )
    if length_as_read(text) < TEXT_AT_LEAST:
        raise MarketplaceError(
            "text_too_short",
            _("Tell a little more: at least %(number)d characters help the next homeowner.")
            % {"number": TEXT_AT_LEAST},
            field="text",
        )
    if len(text) > TEXT_AT_MOST:
        raise MarketplaceError(
            "text_too_long",
            _("That is more than we can show. Please keep it under %(number)d characters.")
            % {"number": TEXT_AT_MOST},
            field="text",
        )
    rejected_text, rejected_state = (standing.text, standing.state) if standing else ("", "")
    review = standing or Review(request=request, professional=request.professional, contact=request.contact)
    review.author_key = address_key(request.email)
    review.author_name = author_name
    review.handling, review.workmanship, review.text = handling, workmanship, text
    review.workmanship_is_open = request.contact is None or request.contact.outcome == Contact.Outcome.WON
    review.own_hand = _own_hand(request, user, browser_of)
    review.state, review.written_at = State.WAITING, now
    review.save()
    request.used_at = now
    request.save(update_fields=["used_at"])
    writer = user if getattr(user, "is_authenticated", False) else None
    _note(review, by=writer, before=rejected_state, why=rejected_text, now=now)
    return review


@transaction.atomic
def publish_review(*, review: Review, by: Any, reason: str, now: datetime) -> Review:
    """Shows a review to everybody. `reason` may be empty. Raises MarketplaceError, PermissionDenied."""
    review = _lock(review, by)
    if review.state == State.PUBLISHED:
        return review
    _move(review, to=State.PUBLISHED, by=by, why=read_reason(reason, field="reason"), now=now)
    owner = review.professional.owner
    # Published again after it was taken down: the mail of the first time stands, and no second one is written.
    outbox.write(
        kind="marketplace/review_published",
        cause=f"review:{review.pk}",
        to=owner.email,
        language=owner.language,
        context={"review": review, "reviews_url": links.absolute("marketplace:reviews")},
        now=now,
    )
    return review


@transaction.atomic
def reject_review(*, review: Review, by: Any, reason: str, now: datetime) -> Review:
    """Keeps a review from being shown; `reason` says why. Raises MarketplaceError, PermissionDenied."""
    review = _lock(review, by)
    if review.state == State.REJECTED:
        return review
    _move(review, to=State.REJECTED, by=by, why=_reason_given(reason), now=now)
    return review


@transaction.atomic
def take_down_review(*, review: Review, by: Any, reason: str, now: datetime) -> Review:
    """Hides a published review, which then counts no more. Raises MarketplaceError, PermissionDenied."""
    review = _lock(review, by)
    if review.state == State.TAKEN_DOWN:
        return review
    _move(review, to=State.TAKEN_DOWN, by=by, why=_reason_given(reason), now=now)
    return review


def _own_keys(professional: Professional) -> set[str]:
    """The addresses of the business itself: of its owner, of whoever is or was a member, and where invoices go.

    More than those by which a purchase is refused (`proved_keys`): nobody learns anything from being refused here.
    """
    people = professional.people_ever()
    addresses = {
        *people.values_list("email", flat=True),
        *EmailAddress.objects.filter(user__in=people).values_list("email", flat=True),
        *professional.invitations.exclude(accepted_by=None).values_list("email", flat=True),
        *Customer.objects.filter(professional=professional).values_list("email", flat=True),
    }
    return {address_key(address) for address in addresses}


def _refuse_own_address(key: str, professional: Professional) -> None:
    if key in _own_keys(professional):
        raise MarketplaceError(
            "own_address",
            _("This is an address of your own business. A review has to come from somebody else."),
            field="email",
        )


def _own_hand(request: ReviewRequest, user: Any, browser_of: int | None) -> str:
    """Why this review is the professional's own, or nothing: by account, address or signed cookie (G8)."""
    professional = request.professional
    if getattr(user, "is_authenticated", False) and professional.people_ever().filter(pk=user.pk).exists():
        return OwnHand.ACCOUNT
    if address_key(request.email) in _own_keys(professional):
        return OwnHand.EMAIL
    if browser_of is not None and browser_of == professional.pk:
        return OwnHand.BROWSER
    return ""


def _name(name: str, *, field: str) -> str:
    told = one_line(name)
    if length_as_read(told) < NAME_AT_LEAST or len(told) > NAME_AT_MOST:
        raise MarketplaceError(
            "name_missing",
            _("Write a name of %(least)d to %(most)d characters.")
            % {"least": NAME_AT_LEAST, "most": NAME_AT_MOST},
            field=field,
        )
    return told


def _cause(asked: ReviewRequest) -> str:
    """Of the mail of the link that was sent last: a link sent anew is another mail."""
    return f"review_request:{asked.public_id}:{int(asked.sent_at.timestamp())}"


def _send(asked: ReviewRequest, kind: str, now: datetime) -> None:
    outbox.write(
        kind=kind,
        cause=_cause(asked),
        to=asked.email,
        language=asked.language,
        context={
            "review_request": asked,
            "name": asked.name,
            "professional": asked.professional,
            "lead": asked.contact.lead if asked.contact else None,
            "until": marketplace_day(now + LINK_LIVES),
            "review_url": links.absolute("marketplace:review_by_link", token=token_of(asked)),
        },
        now=now,
    )


def _lock(review: Review, by: Any) -> Review:
    """The review as it stands now, if `by` may decide on it: a moderator who does not belong to the business."""
    review = (
        Review.objects.select_for_update(of=("self",))
        .select_related("professional__owner", "request")
        .get(pk=review.pk)
    )
    if not by.has_perm("marketplace.moderate_review"):
        raise PermissionDenied
    if review.professional.has_person(by):
        raise MarketplaceError(
            "own_business", _("You belong to this business, so somebody else has to decide this.")
        )
    return review


def _reason_given(reason: str) -> str:
    return read_reason(reason, field="reason", missing=str(_("Write down why: it is kept with the review.")))


def _move(review: Review, *, to: str, by: Any, why: str, now: datetime) -> None:
    before = review.state
    if to not in Review.MOVES[before]:
        raise MarketplaceError(
            "review_decided",
            _("Somebody has decided on this review in the meantime, so nothing was changed."),
        )
    review.state = to
    changed = ["state"]
    if to == State.PUBLISHED:
        review.published_at = now
        changed.append("published_at")
    review.save(update_fields=changed)
    _note(review, by=by, before=before, why=why, now=now)


def _note(review: Review, *, by: Any, before: str, why: str, now: datetime) -> None:
    ReviewEvent.objects.create(
        review=review, actor=by, from_state=before, to_state=review.state, reason=why, at=now
    )
