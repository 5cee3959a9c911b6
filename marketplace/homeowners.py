"""The homeowner's link: the one way to their request, without an account, until it is anonymised (M1).

A mail that was passed on holds it too, so it carries a number: the homeowner can have all links with lower ones end,
also those by which they review a business or answer about it.
"""

from datetime import datetime, timedelta

from django.core.signing import BadSignature
from django.db import transaction
from django.db.models import F
from django.utils.translation import gettext_lazy as _

from base import limits, links
from mail import outbox
from marketplace.errors import MarketplaceError
from marketplace.models import Lead, LeadEvent
from profiles.addresses import address_key
from profiles.networks import take_turn

# What the homeowner's link is signed for. It ends with what it shows, not by its age.
LINK_PURPOSE = "homeowner"
# The mail that holds the links of all requests of one person.
LINKS_ANEW = "marketplace/links_anew"
# How often a day somebody has their links sent anew from one network, and from all together, so that nobody else uses
# up the turns of whose address it is; and how many of their requests such a mail names.
ANEW_A_DAY = 3
ANEW_A_DAY_FROM_ALL = 9
# How often a day the links of one request can be made useless: each time a mail is written.
RENEWED_A_DAY = 10
ANEW_FROM_ONE_NETWORK_AN_HOUR = 20
MOST_IN_A_MAIL = 10


def numbered(what: object, lead: Lead) -> str:
    """`what` a link leads to with the number of the links to this request: to be signed."""
    return f"{what}:{lead.link_version}"


def without_number(signed: str) -> tuple[str, int]:
    """What a link leads to, and its number; the first links carried none."""
    what, _colon, number = signed.partition(":")
    return what, int(number or 1)


def token_of(lead: Lead) -> str:
    """What the homeowner's link to their request carries: signed, for buyers know the request's own id."""
    return links.sign(LINK_PURPOSE, numbered(lead.public_id, lead))


def page_of(lead: Lead) -> str:
    """The whole address of the homeowner's page, for mails to them and to nobody else."""
    return links.absolute("marketplace:homeowner", token=token_of(lead))


def ask_again_of(lead: Lead) -> str:
    """The whole address of the form with what they asked for filled in, for mails to them and to nobody else."""
    return links.absolute("marketplace:ask_again", token=token_of(lead))


def lead_of(token: str) -> Lead:
    """The request that a homeowner's link was made for, with its category and province.

    Raises MarketplaceError: "link_unknown" (forged, cut off, or of a request that is gone), "link_ended" (the
    request holds nobody's details any more, X5), "link_outdated" (its homeowner has made it useless).
    """
    try:
        signed = links.unsign(LINK_PURPOSE, token, max_age=None)
    except BadSignature:
        raise _unknown() from None
    public_id, number = without_number(signed)
    lead = Lead.objects.select_related("category", "province").filter(public_id=public_id).first()
    if lead is None:
        raise _unknown()
    if lead.anonymised_at is not None:
        raise _ended()
    refuse_outdated(number, lead)
    return lead


def refuse_outdated(number: int, lead: Lead) -> None:
    """Raises MarketplaceError "link_outdated": the homeowner has made links with this number useless."""
    if number != lead.link_version:
        raise _outdated()


def renew_link(*, lead: Lead, now: datetime) -> Lead:
    """Makes every link to this request's page useless that there is, and sends a new one to its homeowner.

    Pressed twice at once, it is done once: the other press came by a link that is useless by then. Raises
    MarketplaceError: "link_outdated", "link_ended" (anonymised meanwhile), "too_many_mails".
    """
    with transaction.atomic():
        fresh = Lead.objects.select_for_update(no_key=True, of=("self",)).get(pk=lead.pk)
        if fresh.anonymised_at is not None:
            raise _ended()
        refuse_outdated(lead.link_version, fresh)
        day = timedelta(days=1)
        if not limits.take("links renewed", str(fresh.public_id), most=RENEWED_A_DAY, window=day, now=now):
            raise MarketplaceError(
                "too_many_mails",
                _(
                    "You have done this %(number)d times today. The newest link is in your mail; go on tomorrow."
                )
                % {"number": RENEWED_A_DAY},
            )
        fresh.link_version += 1
        fresh.save(update_fields=["link_version"])
        LeadEvent.objects.create(
            lead=fresh, from_state=fresh.state, to_state=fresh.state, reason=LeadEvent.LINK_RENEWED, at=now
        )
        outbox.write(
            kind="marketplace/link_renewed",
            cause=f"lead:{fresh.public_id}:link:{fresh.link_version}",
            to=fresh.homeowner_email,
            language=fresh.language,
            # Nothing that was typed: of a request that nobody has confirmed, it may be somebody else's.
            context={"lead": fresh, "page_url": page_of(fresh)},
            now=now,
        )
        return fresh


def send_link_anew(*, email: str, network: str, now: datetime) -> None:
    """Writes the links of all their requests to whoever asked with this address, in one mail.

    Does the same for the reader whether the address is known or not, and whether it was asked for too often today,
    also by others. Raises MarketplaceError "too_many_mails", of their network alone.
    """
    email = email.strip().lower()
    if not take_turn(
        network, "links anew", most=ANEW_FROM_ONE_NETWORK_AN_HOUR, window=timedelta(hours=1), now=now
    ):
        raise MarketplaceError(
            "too_many_mails",
            _(
                "Too many links have been asked for from your connection within an hour. Try again in an hour."
            ),
        )
    person, day = address_key(email), timedelta(days=1)
    if not (
        limits.take("links anew, network", f"{person} {network}", most=ANEW_A_DAY, window=day, now=now)
        and limits.take("links anew", person, most=ANEW_A_DAY_FROM_ALL, window=day, now=now)
    ):
        return
    with transaction.atomic():
        requests = list(
            # By its key too, which has an index.
            Lead.objects.filter(homeowner_key=address_key(email), homeowner_email=email, anonymised_at=None)
            .select_related("category", "province")
            # What anybody typed with this address must not crowd out what its owner confirmed.
            .order_by(F("email_verified_at").desc(nulls_last=True), "-created_at", "-pk")[:MOST_IN_A_MAIL]
        )
        if not requests:
            return
        outbox.write(
            kind=LINKS_ANEW,
            # As one request's mails are told apart by their kind, so these by when they were asked for.
            cause=f"lead:{requests[0].public_id}:{int(now.timestamp())}",
            to=email,
            language=requests[0].language,
            context={"requests": [(lead, page_of(lead)) for lead in requests]},
            now=now,
        )


def _unknown() -> MarketplaceError:
    return MarketplaceError(
        "link_unknown",
        _("This link leads to no request. Open it once more from the mail, or copy it whole."),
    )


def _ended() -> MarketplaceError:
    return MarketplaceError(
        "link_ended", _("This request is over, and we hold nothing of it any more that says whose it was.")
    )


def _outdated() -> MarketplaceError:
    return MarketplaceError(
        "link_outdated",
        _(
            "This link is no longer valid: it was made useless on the request's page, and a newer one was sent to its "
            "homeowner. Is that you? Open the page from the newest mail, or have the link sent anew."
        ),
    )
