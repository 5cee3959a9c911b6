"""The public holidays of the desk's country and region, and what they are called in the languages of the site: clients
read there why an answer comes when it does (S2)."""

from collections.abc import Mapping
from datetime import date
from functools import cache
from typing import Any

import holidays
from django.conf import settings
from django.utils import translation
from django.utils.translation import pgettext, pgettext_lazy

ENGLISH = "en"
# What the library says in English and not in another of the site's languages, for the catalogues: the holidays of
# Italy, and what most countries keep. Any other is shown by the name that its country gives it.
TO_TRANSLATE = (
    pgettext_lazy("public holiday", "All Saints' Day"),
    pgettext_lazy("public holiday", "Assumption Of Mary Day"),
    pgettext_lazy("public holiday", "Christmas Day"),
    pgettext_lazy("public holiday", "Easter Monday"),
    pgettext_lazy("public holiday", "Easter Sunday"),
    pgettext_lazy("public holiday", "Epiphany"),
    pgettext_lazy("public holiday", "Good Friday"),
    pgettext_lazy("public holiday", "Immaculate Conception"),
    pgettext_lazy("public holiday", "Labor Day"),
    pgettext_lazy("public holiday", "Liberation Day"),
    pgettext_lazy("public holiday", "National Unity Day"),
    pgettext_lazy("public holiday", "New Year's Day"),
    pgettext_lazy("public holiday", "Republic Day"),
    pgettext_lazy("public holiday", "Saint Ambrose's Day"),
    pgettext_lazy("public holiday", "Saint Francis of Assisi, Patron Saint of Italy"),
    pgettext_lazy("public holiday", "Saint Januarius's Day"),
    pgettext_lazy("public holiday", "Saint John's Day"),
    pgettext_lazy("public holiday", "Saint Stephen's Day"),
    pgettext_lazy("public holiday", "Saints Peter and Paul's Day"),
)


class PublicHolidays:
    """A `Container` of dates. A year is worked out when it is first asked for, in each language by itself."""

    def __init__(self, country: str, region: str) -> None:
        self._country, self._region = country, region or None
        self._own = self._in(_languages(country)[""])
        self._others: dict[str, Any] = {}

    def __contains__(self, day: object) -> bool:
        return isinstance(day, date) and day in self._own

    def name(self, day: date, language: str) -> str:
        """What that holiday is called in a language of the site; in its country's, where nobody knows it in that."""
        if said := self._said(day, language):
            return said
        own = str(self._own[day])
        # The library says two that fall on one day as one.
        english = self._said(day, ENGLISH).split("; ")
        with translation.override(language):
            said_here = [pgettext("public holiday", name) for name in english]
        known = all(here and here != there for here, there in zip(said_here, english, strict=True))
        return "; ".join(said_here) if known else own

    def names(self, day: date) -> Mapping[str, str]:
        """Its name in each language of the site, by code."""
        return {language: self.name(day, language) for language, _label in settings.LANGUAGES}

    def _said(self, day: date, language: str) -> str:
        """As the library says it in a language; "" where it does not."""
        spoken = _languages(self._country).get(language.split("-")[0])
        if spoken is None:
            return ""
        if spoken not in self._others:
            self._others[spoken] = self._in(spoken)
        return str(self._others[spoken].get(day, ""))

    def _in(self, language: str | None) -> Any:
        return holidays.country_holidays(self._country, subdiv=self._region, language=language)


@cache
def _languages(country: str) -> Mapping[str, str | None]:
    """By the site's short codes, in which languages the library names a country's holidays; "" is its own. To ask the
    library costs more than all else that a deadline takes."""
    found = holidays.country_holidays(country)
    spoken: dict[str, str | None] = {code.split("_")[0]: code for code in reversed(found.supported_languages)}
    return spoken | {"": found.default_language}
