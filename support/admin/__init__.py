"""The office of the desk: clients, agreements and what is left of them, quotes, planned sessions, its
calendar and its library."""

from support.admin import (  # noqa: F401 - they register
    agreements,
    allowances,
    calendar,
    clients,
    library,
    quotes,
    sessions,
)
