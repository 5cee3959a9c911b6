"""The homeowner's link: the one way to their request, without an account, until it is anonymised (M1)."""

from datetime import datetime, timedelta

from django.core.signing import BadSignature
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from base import limits, links
from mail import outbox
from marketplace.errors import MarketplaceError
from marketplace.models import Lead
from profiles.addresses import address_key

# What the homeowner's link is signed for. It ends with what it shows, not by its age.
LINK_PURPOSE = "homeowner"
# How often a day somebody has their links sent anew, and how many of their requests such a mail names.
ANEW_A_DAY = 3
ANEW_FROM_ONE_NETWORK_AN_HOUR = 20
MOST_IN_A_MAIL = 10


def token_of(lead: Lead) -> str:
    """What the homeowner's link to their request carries: signed, for buyers know the request's own id."""
    return links.sign(LINK_PURPOSE, str(lead.public_id))


def page_of(lead: Lead) -> str:
    """The whole address of the homeowner's page, for mails to them and to nobody else."""
    return links.absolute("marketplace:homeowner", token=token_of(lead))


def ask_again_of(lead: Lead) -> str:
    """The whole address of the form with what they asked for filled in, for mails to them and to nobody else."""
    return links.absolute("marketplace:ask_again", token=token_of(lead))


def lead_of(token: str) -> Lead:
    """The request that a homeowner's link was made for, with its category and province.

    Raises MarketplaceError: "link_unknown" (forged, cut off, or of a request that is gone), "link_ended" (the
    request holds nobody's details any more, X5).
    """
    try:
        public_id = links.unsign(LINK_PURPOSE, token, max_age=None)
    except BadSignature:
        raise _unknown() from None
    lead = Lead.objects.select_related("category", "province").filter(public_id=public_id).first()
    if lead is None:
        raise _unknown()
    if lead.anonymised_at is not None:
        raise MarketplaceError(
            "link_ended",
            _("This request is over, and we hold nothing of it any more that says whose it was."),
        )
    return lead


def send_link_anew(*, email: str, network: str, now: datetime) -> None:
    """Writes the links of all their requests to whoever asked with this address, in one mail.

    Does the same for the reader whether the address is known or not. Raises MarketplaceError "too_many_mails",
    which says nothing of that either.
    """
    email = email.strip().lower()
    hour, day = timedelta(hours=1), timedelta(days=1)
    if not (
        limits.take("links anew from", network, most=ANEW_FROM_ONE_NETWORK_AN_HOUR, window=hour, now=now)
        and limits.take("links anew", email, most=ANEW_A_DAY, window=day, now=now)
    ):
        raise MarketplaceError(
            "too_many_mails",
            _(
                "This was asked for several times already. Look among unwanted mail too, or try again tomorrow."
            ),
            field="email",
        )
    with transaction.atomic():
        requests = list(
            # By its key too, which has an index.
            Lead.objects.filter(homeowner_key=address_key(email), homeowner_email=email, anonymised_at=None)
            .select_related("category", "province")
            .order_by("-created_at", "-pk")[:MOST_IN_A_MAIL]
        )
        if not requests:
            return
        outbox.write(
            kind="marketplace/links_anew",
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
