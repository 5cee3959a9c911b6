"""What the marketplace says when it refuses."""

from base.errors import Refusal


class MarketplaceError(Refusal):
    """Something about a lead, a contact, a return or a review that cannot be done now (X6)."""
