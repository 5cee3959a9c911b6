"""A mail is a row written in the transaction of its cause, in its reader's language, once (X2, X3)."""

import pytest
from django.core import mail as django_mail
from django.db import transaction
from django.utils import timezone, translation

from mail import outbox
from mail.models import OutgoingMail
from tests.mail.conftest import CONTEXT
from tests.making import NOW


def test_a_mail_is_written_and_not_sent(db, write):
    mail = write()
    assert (mail.subject, mail.state, mail.attempts) == ("Sent mails: Firulais", "queued", 0)
    assert mail.text.split("\n\n") == [
        "Search & MX$1,234.50\nat 2026-01-10 12:00",
        "Look at Firulais:\nhttp://127.0.0.1:8000/pets/15/",
        "http://127.0.0.1:8000/pets/",
        "- one\n- two",
        "Bye.",
    ]
    assert django_mail.outbox == []


def test_written_again_for_the_same_cause_it_is_still_one(db, write):
    first = write()
    again = write(context={"pet": "Rex"})
    assert (again.pk, again.subject) == (first.pk, "Sent mails: Firulais")
    write(to="luis@example.com")
    write(cause="pet:16")
    assert OutgoingMail.objects.count() == 3


def test_many_are_written_in_one_statement(db, django_assert_num_queries):
    letters = [
        outbox.Letter("pets/found", f"pet:{number}", "ana@example.com", "en", CONTEXT)
        for number in (1, 2, 3, 3)
    ]
    with django_assert_num_queries(1):
        outbox.write_many(letters, now=NOW)
    assert OutgoingMail.objects.count() == 3
    with django_assert_num_queries(0):
        outbox.write_many([], now=NOW)


def test_a_cause_that_is_undone_leaves_no_mail(db, write):
    class UndoneError(Exception):
        pass

    with pytest.raises(UndoneError), transaction.atomic():
        write()
        raise UndoneError
    assert not OutgoingMail.objects.exists()


@pytest.mark.parametrize(
    ("language", "written_in", "amount"),
    [
        ("es-mx", "es-mx", "$1,234.50"),
        ("es", "es-mx", "$1,234.50"),
        ("es-ES", "es-mx", "$1,234.50"),
        ("en", "en", "MX$1,234.50"),
        ("", "en", "MX$1,234.50"),
        ("xx", "en", "MX$1,234.50"),
    ],
)
def test_a_mail_is_in_its_readers_language_not_in_that_of_who_caused_it(
    db, write, language, written_in, amount
):
    with translation.override("es-mx" if written_in == "en" else "en"):
        mail = write(language=language)
    assert mail.language == written_in
    assert amount in mail.text


def test_times_are_the_marketplaces_or_the_readers_own_not_those_of_who_caused_it(db, write):
    with timezone.override("Europe/Rome"):
        assert "at 2026-01-10 12:00" in write().text
        assert "at 2026-01-10 10:00" in write(cause="pet:16", time_zone="America/Tijuana").text


@pytest.mark.parametrize("end_of_line", ["\n", "\r\n", "\r", "\u2028", "\x0b", "\x85"])
def test_a_subject_has_one_line_whatever_a_name_in_it_holds(db, write, end_of_line):
    mail = write(context={"pet": f"Rex{end_of_line}Bcc: everybody@example.com"})
    assert len(mail.subject.splitlines()) == 1
    outbox.send_due(now=NOW)
    (message,) = django_mail.outbox
    assert "Bcc" not in message.message()
    assert message.recipients() == ["ana@example.com"]


@pytest.mark.parametrize("field", ["to", "reply_to"])
def test_an_address_of_two_lines_is_refused(db, write, field):
    with pytest.raises(ValueError, match="one line"):
        write(**{field: "ana@example.com\nBcc: everybody@example.com"})
    assert not OutgoingMail.objects.exists()


def test_a_null_character_does_not_undo_the_cause(db, write):
    assert write(context={"pet": "Re\x00x"}).subject == "Sent mails: Rex"


def test_a_subject_is_cut_to_what_the_column_holds(db, write):
    assert len(write(context={"pet": "Rex" * 200}).subject) == 250


@pytest.mark.parametrize("nobody", ["", " ", "—", "ana", "ana@", "closed-7@closed.invalid"])
def test_to_nobody_nothing_is_written_and_the_rest_of_the_batch_is(db, nobody, caplog):
    letters = [
        outbox.Letter("pets/found", f"pet:{address}", address, "en", CONTEXT)
        for address in (nobody, "luis@example.com")
    ]
    outbox.write_many(letters, now=NOW)
    outbox.write_merged([letters[0]], now=NOW)
    assert list(OutgoingMail.objects.values_list("recipient", flat=True)) == ["luis@example.com"]
    assert (
        caplog.messages == [f"Mail pets/found for pet:{nobody} was not written: its address is nobody's"] * 2
    )
