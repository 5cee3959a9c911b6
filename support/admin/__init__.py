"""The office of the desk: clients, agreements, what is left of them, quotes, sessions, calls, and its calendar."""

from support.admin import agreements, calendar, calls, clients, quotes, sessions  # noqa: F401 - they register
