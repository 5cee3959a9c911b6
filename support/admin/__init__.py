"""The office of the desk: clients, agreements and what is left of them, quotes, offers, sessions, and its calendar."""

from support.admin import agreements, calendar, clients, offers, quotes, sessions, work  # noqa: F401 - they register
