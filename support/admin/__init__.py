"""The office of the desk: clients, agreements, what is left of them, quotes, offers, sessions, tickets, calls, what was
done, its calendar and its library."""

from support.admin import (  # noqa: F401 - they register
    agreements,
    allowances,
    calendar,
    calls,
    clients,
    library,
    offers,
    quotes,
    sessions,
    tickets,
    work,
)
