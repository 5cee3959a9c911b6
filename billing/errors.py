"""What billing says when it refuses."""

from base.errors import Refusal


class BillingError(Refusal):
    """A plan, an invoice or a balance that could not be changed; nothing was."""
