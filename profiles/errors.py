"""What this app says when it refuses."""

from base.errors import Refusal


class ProfileError(Refusal):
    """Something about a person, a business or what it shows that could not be done."""
