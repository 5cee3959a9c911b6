"""Thousands of the same mail are rendered once per language, and read as if each had been rendered."""

import pytest

from mail import outbox
from mail.models import OutgoingMail
from tests.making import NOW

pytestmark = pytest.mark.django_db


def letters():
    for number, (language, business) in enumerate(
        [
            ("en", "Reformas Hidalgo"),
            ("es-mx", "O'Higgins & <b>Co</b>"),
            ("en", "100% {{ title }}"),
            ("xx", "Ñ"),
        ]
    ):
        context = {
            "title": f"Baño {number}\nBcc: everybody@example.com",
            "town": "Coyoacán",
            "business": business,
            "due": f"{number} January",
            "url": f"https://quince.example/contacts/{number}/",
        }
        yield outbox.Letter(
            "marketplace/first_contact_reminder", f"contact:{number}", "pro@example.com", language, context
        )


def written():
    return list(
        OutgoingMail.objects.order_by("cause").values("cause", "recipient", "language", "subject", "text")
    )


def test_merged_mails_read_as_if_each_had_been_rendered():
    outbox.write_many(letters(), now=NOW)
    each = written()
    OutgoingMail.objects.all().delete()
    outbox.write_merged(letters(), now=NOW)
    assert written() == each
    assert len(each) == 4


def test_merged_mails_are_unique_too():
    outbox.write_merged(letters(), now=NOW)
    outbox.write_merged(letters(), now=NOW)
    assert OutgoingMail.objects.count() == 4
