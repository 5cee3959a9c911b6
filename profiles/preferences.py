"""In which language and time zone somebody reads (X1, X2)."""

import zoneinfo

from django.conf import settings
from django.utils.translation import gettext as _

from profiles.errors import ProfileError
from profiles.models import User


def time_zones() -> list[str]:
    """The zones that one may choose: places, without the old abbreviations and offsets beside them."""
    return sorted(
        name
        for name in zoneinfo.available_timezones()
        if "/" in name and not name.startswith(("Etc/", "SystemV/", "US/", "posix/", "right/"))
    )


def save_preferences(*, user: User, language: str, time_zone: str) -> User:
    """Saves both; empty means the browser's language, and the marketplace's zone. Raises ProfileError for a field."""
    if language and language not in dict(settings.LANGUAGES):
        raise ProfileError("unknown_language", _("Please choose one of these languages."), field="language")
    if time_zone and time_zone not in zoneinfo.available_timezones():
        raise ProfileError("unknown_time_zone", _("Please choose one of these places."), field="time_zone")
    user.language, user.time_zone = language, time_zone
    user.save(update_fields=["language", "time_zone"])
    return user
