"""The homeowner's link: the one way to their request, without an account, until it is anonymised (M1)."""

from django.core.signing import BadSignature
from django.utils.translation import gettext_lazy as _

from base import links
from marketplace.errors import MarketplaceError
from marketplace.models import Lead

# What the homeowner's link is signed for. It ends with what it shows, not by its age.
LINK_PURPOSE = "homeowner"


def token_of(lead: Lead) -> str:
    """What the homeowner's link to their request carries: signed, for buyers know the request's own id."""
    return links.sign(LINK_PURPOSE, str(lead.public_id))


def page_of(lead: Lead) -> str:
    """The whole address of the homeowner's page, for mails to them and to nobody else."""
    return links.absolute("marketplace:homeowner", token=token_of(lead))


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


def _unknown() -> MarketplaceError:
    return MarketplaceError(
        "link_unknown",
        _("This link leads to no request. Open it once more from the mail, or copy it whole."),
    )
