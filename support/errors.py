"""What the desk says when it refuses."""

from base.errors import Refusal


class SupportError(Refusal):
    """An agreement, a quote, an allowance or a ticket that could not be changed; nothing was (X6)."""
