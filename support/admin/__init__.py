"""The office of the desk: clients, agreements and what is left of them, quotes, planned sessions, tickets, and its
calendar."""

from support.admin import (  # noqa: F401 - they register
    agreements,
    allowances,
    calendar,
    clients,
    quotes,
    sessions,
    tickets,
)
