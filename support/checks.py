"""System checks of the desk: its settings name a zone, a country and a working day that exist (S2)."""

from typing import Any
from zoneinfo import available_timezones

import holidays
from django.conf import settings
from django.core.checks import CheckMessage, Error, register

from profiles.errors import ProfileError
from profiles.phones import read_phone

SHORTEST_SECRET = 16


@register()
def the_desk_has_a_calendar(*, app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    wrong: list[CheckMessage] = []
    if settings.DESK_TIME_ZONE not in available_timezones():
        wrong.append(Error(f"DESK_TIME_ZONE is {settings.DESK_TIME_ZONE!r}.", id="support.E001"))
    regions = holidays.list_supported_countries().get(settings.DESK_COUNTRY)
    if regions is None:
        wrong.append(
            Error(
                f"No public holidays are known for DESK_COUNTRY {settings.DESK_COUNTRY!r}.",
                hint="Two letters, as IT or MX.",
                id="support.E002",
            )
        )
    elif settings.DESK_REGION and settings.DESK_REGION not in regions:
        wrong.append(
            Error(
                f"DESK_REGION {settings.DESK_REGION!r} is no region of {settings.DESK_COUNTRY}.",
                hint=f"One of: {', '.join(regions)}.",
                id="support.E003",
            )
        )
    if not 0 < settings.DESK_STANDARD_DAY_MINUTES <= 24 * 60:
        wrong.append(
            Error("DESK_STANDARD_DAY_MINUTES is no working day.", hint="From 1 to 1440.", id="support.E004")
        )
    return wrong


@register()
def the_desk_has_a_telephone(*, app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    wrong: list[CheckMessage] = []
    if settings.DESK_PHONE:
        try:
            read_phone(settings.DESK_PHONE)
        except ProfileError:
            wrong.append(
                Error(
                    f"DESK_PHONE is {settings.DESK_PHONE!r}, which nobody could call.",
                    hint="With its country: +39 06 1234567.",
                    id="support.E005",
                )
            )
    if any(len(each) < SHORTEST_SECRET for each in settings.DESK_CALLS_SECRETS):
        wrong.append(
            Error(
                f"A secret of DESK_CALLS_SECRETS has fewer than {SHORTEST_SECRET} characters.",
                hint="Who guesses it can make us call back whomever they like. Try: openssl rand -hex 32",
                id="support.E006",
            )
        )
    return wrong
