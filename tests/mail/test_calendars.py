"""The file that calendars read, read back as RFC 5545 says."""

from datetime import date

from mail.calendars import Day, calendar_file
from mail.letters import as_message
from mail.models import OutgoingMail
from mail.outbox import clear_old
from tests.making import NOW, at


def unfolded(text: str) -> list[str]:
    assert text.endswith("\r\n") and "\n" not in text.replace("\r\n", "")
    return text.replace("\r\n ", "").split("\r\n")[:-1]


def read(text: str) -> list[dict[str, str]]:
    """The properties of each event, their texts as they were before escaping."""
    events: list[dict[str, str]] = []
    for line in unfolded(text):
        if line == "BEGIN:VEVENT":
            events.append({})
        elif events and not line.startswith("END:"):
            name, _, value = line.partition(":")
            literal = (
                value.replace("\\\\", "\x00").replace("\\n", "\n").replace("\\,", ",").replace("\\;", ";")
            )
            events[-1][name] = literal.replace("\x00", "\\")
    return events


def test_a_day_is_read_back_as_it_was_meant():
    day = Day(
        "claim-until-1@quince.example", date(2026, 12, 31), "Último día; de verdad, sí", "C:\\papel\nlínea", "https://q.example/"
    )  # fmt: skip
    text = calendar_file([day], now=NOW)
    assert unfolded(text)[:4] == [
        "BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//Quince//Quince//EN", "METHOD:PUBLISH",
    ]  # fmt: skip
    assert read(text) == [
        {
            "UID": "claim-until-1@quince.example",
            "SEQUENCE": str(int(NOW.timestamp()) // 60),
            "DTSTAMP": "20260110T180000Z",
            "DTSTART;VALUE=DATE": "20261231",
            "DTEND;VALUE=DATE": "20270101",
            "TRANSP": "TRANSPARENT",
            "SUMMARY": "Último día; de verdad, sí",
            "DESCRIPTION": "C:\\papel\nlínea",
            "URL": "https://q.example/",
        }
    ]


def test_lines_have_75_octets_at_most_and_no_letter_is_cut():
    summary = "ñ€😀" * 60
    text = calendar_file([Day("1@q", date(2026, 1, 1), summary)], now=NOW)
    assert max(len(line) for line in text.encode().split(b"\r\n")) <= 75
    assert read(text)[0]["SUMMARY"] == summary


def test_a_day_that_moved_is_the_same_matter_and_comes_after():
    first, second = (
        read(calendar_file([Day("1@q", day, "Día")], now=now))[0]
        for day, now in ((date(2026, 4, 25), NOW), (date(2026, 4, 30), at("2026-01-11 12:00")))
    )
    assert first["UID"] == second["UID"]
    assert int(first["SEQUENCE"]) < int(second["SEQUENCE"])


def test_it_goes_with_the_mail_and_is_cleared_with_its_text(write, db):
    text = calendar_file([Day("1@q", date(2026, 4, 25), "Último día")], now=NOW)
    mail = write(calendar=text)
    *_bodies, attached = as_message(mail).message().walk()
    assert (attached.get_content_type(), attached.get_filename(), attached.get_content_charset()) == (
        "text/calendar",
        "quince.ics",
        "utf-8",
    )
    payload = attached.get_payload(decode=True).decode()
    assert read("\r\n".join(payload.splitlines()) + "\r\n") == read(text)

    OutgoingMail.objects.update(state="sent", sent_at=NOW)
    assert clear_old(now=at("2026-03-01 12:00")) == 1
    assert OutgoingMail.objects.get().calendar == ""
