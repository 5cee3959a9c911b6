"""How the inbox refuses."""

from base.errors import Refusal


class MailError(Refusal):
    """Something asked of an incoming mail that cannot be done."""
