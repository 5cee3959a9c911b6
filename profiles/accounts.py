"""How people sign up and in: allauth, with our mails."""

from allauth.account.adapter import DefaultAccountAdapter


class AccountAdapter(DefaultAccountAdapter):
    """Account mails go through the outbox like all others (X3)."""
