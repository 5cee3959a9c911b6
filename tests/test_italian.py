"""What Italian asks of its catalogue beyond being complete."""

import re
from datetime import datetime
from pathlib import Path

import pytest
from babel.messages.pofile import read_po
from django.conf import settings
from django.utils.formats import date_format, number_format
from django.utils.translation import override, pgettext

from base.dates import short_day, short_month, with_weekday
from billing.models import SubscriptionEvent
from guarantees.models import Appeal
from marketplace.forms.leads import LeadEntry
from marketplace.models import Lead, ReturnRequest
from support.models import Offer

CATALOGUE = Path(settings.BASE_DIR, "locale/it/LC_MESSAGES/django.po")
# "il 9 novembre", but "l'8" and "l'11 novembre": no article may stand before what may be a number. "Il giorno %(day)s",
# "in data", a colon or brackets do.
ARTICLE = re.compile(
    r"\b(?:il|al|dal|del|nel|sul|(?:l|all|dall|dell|nell|sull)['’])\s*(?:<[^>]*>)*"
    r"(?:%\((\w+)\)[sd]|\{(\w+)\}|%[sd])",
    re.IGNORECASE,
)
# The year of a date: 2026 and what follows begin with a consonant.
NEVER_ELIDED = {"year"}


def test_no_article_stands_before_a_date():
    with CATALOGUE.open("rb") as file:
        sentences = [
            said
            for message in read_po(file, locale="it")
            for said in (message.string if isinstance(message.string, tuple) else (message.string,))
        ]

    wrong = [
        said
        for said in sentences
        for found in ARTICLE.finditer(said)
        if (found[1] or found[2]) not in NEVER_ELIDED
    ]

    assert len(sentences) > 5000
    assert wrong == []


@pytest.mark.parametrize(
    ("said", "wrong"),
    [
        ("Scade il %(day)s.", True),
        ("fino alla fine <strong>del %(day)s</strong>", True),
        ("entro l'%(day)s", True),
        ("all'<strong>{day}</strong>", True),
        ("Scade il giorno %(day)s.", False),
        ("entro %(weekday)s %(day)s", False),
        ("Scadenza: %(day)s", False),
        ("i %(need)s contatti", False),
    ],
)
def test_articles_are_found(said, wrong):
    assert bool(ARTICLE.search(said)) is wrong


def test_dates_and_numbers_are_written_as_in_italian():
    moment = datetime(2026, 11, 8, 9, 5)

    with override("it"):
        assert date_format(moment, "DATE_FORMAT") == "8 novembre 2026"
        assert date_format(moment, "DATETIME_FORMAT") == "8 novembre 2026 alle 09:05"
        assert date_format(moment, "SHORT_DATE_FORMAT") == "08/11/2026"
        assert date_format(moment, "SHORT_DATETIME_FORMAT") == "08/11/2026 09:05"
        assert date_format(moment, "YEAR_MONTH_FORMAT") == "novembre 2026"
        assert with_weekday(moment.date()) == "domenica 8 novembre 2026"
        assert with_weekday(moment) == "domenica 8 novembre 2026 alle 09:05"
        assert (short_day(moment), short_month(moment)) == ("8 nov", "nov 2026")
        assert number_format(1234.5, 1, use_l10n=True, force_grouping=True) == "1.234,5"


def test_states_agree_with_what_they_are_of():
    with override("it"):
        assert (Appeal.State.REFUSED.label, ReturnRequest.State.REFUSED.label) == ("respinto", "respinta")
        assert (Appeal.State.WITHDRAWN.label, ReturnRequest.State.WITHDRAWN.label) == ("ritirato", "ritirata")
        assert (SubscriptionEvent.Step.CLOSED.label, Lead.State.CLOSED.label) == ("chiuso", "chiusa")
        assert Offer._meta.get_field("amount").verbose_name == "quantità"
        assert pgettext("invoice", "paid") == "pagata"


@pytest.mark.django_db
@pytest.mark.parametrize(("language", "said"), [("en", "en_US"), ("es-mx", "es_MX"), ("it", "it_IT")])
def test_a_page_that_is_shared_says_its_language(client, language, said):
    page = client.get("/professionals/", headers={"accept-language": language}).content.decode()
    assert f'<html lang="{language}">' in page
    assert f'<meta property="og:locale" content="{said}">' in page


def test_whoever_enters_a_request_begins_with_the_sites_own_language():
    assert LeadEntry().fields["language"].initial == settings.PUBLIC_LANGUAGE
