"""The age of something, as the pages tell it."""

from datetime import timedelta

import pytest
import time_machine
from django.utils import translation

from base.templatetags.quince import ago
from tests.making import NOW


@pytest.mark.parametrize(
    ("age", "english", "spanish"),
    [
        (timedelta(minutes=5), "5 minutes ago", "hace 5 minutos"),
        (timedelta(hours=23, minutes=40), "23 hours ago", "hace 23 horas"),
        (timedelta(days=1, hours=19), "1 day ago", "hace 1 día"),
        (timedelta(days=8, hours=2), "1 week ago", "hace 1 semana"),
        (timedelta(days=40), "1 month ago", "hace 1 mes"),
    ],
)
def test_an_age_has_one_unit(age, english, spanish):
    with time_machine.travel(NOW, tick=False):
        for language, said in (("en", english), ("es-mx", spanish)):
            with translation.override(language):
                assert ago(NOW - age).replace("\xa0", " ") == said
