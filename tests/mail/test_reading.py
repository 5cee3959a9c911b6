"""Whatever comes is read, as far as it can be (S10)."""

import base64
import time
from email import message_from_bytes

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mail.reading import attachments_in, is_message_id, read
from tests.mail.messages import lines, make_message


def said(raw: bytes):
    return read(raw, ours={"hola@quince.example"}, authserv_id="mx.quince.example")


def text_of(*body: str | bytes, kind: str = "text/plain; charset=utf-8", **headers: str) -> str:
    others = [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return said(lines("From: ana@example.com", f"Content-Type: {kind}", *others, "", *body)).text


def multipart(*parts: bytes, kind: str = "mixed") -> bytes:
    head = lines("From: ana@example.com", f'Content-Type: multipart/{kind}; boundary="b"', "")
    return head + b"".join(b"\r\n--b\r\n" + part for part in parts) + b"\r\n--b--\r\n"


def test_an_ordinary_message_is_read_whole():
    raw = make_message(
        "Hola.\n", sender='"Ana, de Puebla" <Ana@Example.com>', subject="Garantía", References="<0@x> <9@x>"
    )
    found = said(raw)
    assert (found.message_id, found.sender, found.sender_name) == (
        "<1@example.com>",
        "ana@example.com",
        "Ana, de Puebla",
    )
    assert (found.subject, found.text, found.whole_text) == ("Garantía", "Hola.", "Hola.")
    assert (found.references, found.recipients) == (("<0@x>", "<9@x>"), ("garantia@quince.example",))
    assert (found.automatic_sign, found.authentication, found.attachments) == ("", "not_said", ())


@pytest.mark.parametrize(
    ("charset", "body"),
    [
        ("utf-8", "¿Qué tal?".encode()),
        ("us-ascii", "¿Qué tal?".encode()),
        ("no-such-charset", "¿Qué tal?".encode()),
        ("utf-8", "¿Qué tal?".encode("latin-1")),
        ("windows-1252", "¿Qué tal?".encode("cp1252")),
        ("utf-16", "¿Qué tal?".encode("utf-16")),
        ("''", "¿Qué tal?".encode()),
    ],
)
def test_a_wrong_charset_loses_no_letter(charset, body):
    assert text_of(body, kind=f"text/plain; charset={charset}") == "¿Qué tal?"


def test_letters_of_no_charset_in_headers_are_read():
    found = said("From: José Núñez <jose@example.com>\nSubject: Año nuevo\n\nHola".encode())
    assert (found.sender, found.sender_name, found.subject) == ("jose@example.com", "José Núñez", "Año nuevo")
    found = said("From: José Núñez <jose@example.com>\nSubject: Año nuevo\n\nHola".encode("latin-1"))
    assert (found.sender, found.sender_name, found.subject) == ("jose@example.com", "José Núñez", "Año nuevo")


def test_null_bytes_and_what_turns_writing_around_are_taken_out():
    assert text_of("Ho\x00la\u202e", "adiós\x07") == "Hola\nadiós"


def test_broken_quoted_printable_and_base64_are_read_as_far_as_they_go():
    assert text_of("caf=C3=A9 =ZZ 100=", Content_Transfer_Encoding="quoted-printable") == "café =ZZ 100"
    assert "Hola" in text_of(base64.b64encode(b"Hola a todos.")[:-2], Content_Transfer_Encoding="base64")


def test_html_alone_becomes_the_text_that_a_reader_sees():
    page = (
        "<html><head><title>no</title><style>p{}</style></head><body><p>Hola <b>Ana</b>,</p>"
        "<div>dos&nbsp;l&iacute;neas<br>y<script>alert(1)</script> tres</div>"
        '<img src="https://spy.example/1.gif"><blockquote>lo viejo</blockquote></body></html>'
    )
    assert text_of(page, kind="text/html; charset=utf-8") == "Hola Ana,\n\ndos líneas\ny tres"


def test_of_text_and_html_the_text_is_read():
    plain = lines("Content-Type: text/plain", "", "como texto")
    html = lines("Content-Type: text/html", "", "<p>como página</p>")
    found = said(multipart(plain, html, kind="alternative"))
    assert (found.text, found.attachments) == ("como texto", ())


QUOTED = "> ¿Cómo va todo?\n> Saludos"


@pytest.mark.parametrize(
    "above",
    [
        "El sáb, 10 ene 2026 a las 11:00, Quince (<hola@quince.example>) escribió:",
        "El 10 ene 2026, a las 11:00, Quince <hola@quince.example> escribió:",
        "El sábado, 10 de enero de 2026, 11:00:00 GMT-6, Quince con un nombre largo\n"
        "<hola@quince.example> escribió:",
        "On Sat, Jan 10, 2026 at 11:00 AM Quince <hola@quince.example> wrote:",
        "Il giorno sab 10 gen 2026 alle ore 11:00 Quince <hola@quince.example> ha scritto:",
        "-----Original Message-----\nFrom: Quince\nSent: Saturday\nTo: Ana\nSubject: Hola",
    ],
)
def test_what_is_quoted_is_folded_and_kept(above):
    whole = f"Nadie contestó.\n\nGracias,\nAna\n\n{above}\n\n{QUOTED}"
    found = said(make_message(whole))
    assert found.text == "Nadie contestó.\n\nGracias,\nAna"
    assert found.whole_text == whole


def test_a_message_that_only_quotes_says_what_it_quotes():
    assert text_of(*QUOTED.split("\n")) == QUOTED


def test_an_invitation_a_winmail_and_a_mail_inside_are_attachments():
    inside = make_message("Esto dijo la dueña.", sender="eva@example.com", message_id="<in@x>")
    raw = multipart(
        lines("Content-Type: text/plain", "", "Miren."),
        lines("Content-Type: text/calendar; method=REQUEST", "", "BEGIN:VCALENDAR"),
        lines('Content-Type: application/ms-tnef; name="winmail.dat"', "", "tnef"),
        lines("Content-Type: message/rfc822", "", inside),
    )
    found = said(raw)
    assert found.text == "Miren."
    assert [(each.position, each.name, each.content_type) for each in found.attachments] == [
        (1, "1.ics", "text/calendar"),
        (2, "winmail.dat", "application/ms-tnef"),
        (3, "3.eml", "message/rfc822"),
    ]
    assert message_from_bytes(found.attachments[2].content)["From"] == "eva@example.com"
    assert attachments_in(raw) == found.attachments


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("../../etc/passwd", "passwd"),
        ("C:\\Windows\\foto.jpg", "foto.jpg"),
        (".htaccess", "htaccess"),
        ("fac\r\n tura\u202egpj.exe", "fac turagpj.exe"),
        ("x" * 300 + ".pdf", "x" * 116 + ".pdf"),
        ("..", "1.bin"),
        ("¿qué?.pdf", "¿qué_.pdf"),
    ],
)
def test_a_files_name_leads_nowhere(sent, kept):
    part = lines(
        "Content-Type: application/octet-stream",
        f"Content-Disposition: attachment; filename*=utf-8''{''.join(f'%{byte:02X}' for byte in sent.encode())}",
        "",
        "x",
    )
    assert [each.name for each in said(multipart(part)).attachments] == [kept]


def test_without_a_message_id_the_same_message_is_the_same_by_any_way():
    raw = lines("From: ana@example.com", "Subject: Hola", "", "Hola")
    first = said(b"Received: from a\r\n" + raw).message_id
    assert first == said(b"Return-Path: <ana@example.com>\r\nReceived: from b\r\n" + raw).message_id
    assert first.startswith("sha256:")
    assert not is_message_id(first)
    assert first != said(raw.replace(b"Hola\r\n", b"Adios\r\n")).message_id
    long = said(
        lines(f"Message-ID: <{'x' * 300}@example.com>", "From: ana@example.com", "", "Hola")
    ).message_id
    assert long.startswith("sha256:")


@pytest.mark.parametrize(
    "sender",
    [
        "ana@example.com, pro@example.com",
        "pro@example.com <eve@evil.example>",
        "<pro@example.com> <eve@evil.example>",
        "pro@example.com\r\nFrom: eve@evil.example",
        "pro@example.com (eve) eve@evil.example",
        "undisclosed:;",
        "Ana",
        "",
        "pró@example.com",
        "eve@evil.example <pro@example.com>",
        "eve@evil.example, Ana <pro@example.com>",
        "Ana, 'eve@evil.example' <pro@example.com>",
        "pro@example.com.evil.example <pro@example.com>",
        "pro@example.com; <pro@example.com>",
        "Ana, <pro@example.com>, Eva",
    ],
)
def test_a_sender_that_reads_two_ways_is_nobody(sender):
    assert said(lines(f"From: {sender}", "", "Hola")).sender == ""


@pytest.mark.parametrize(
    "sender",
    [
        "pro@example.com",
        "<pro@example.com>",
        '"eve@evil.example" <pro@example.com>',
        "Pro (dueño) <PRO@example.com>",
        "pro@example.com (Pro)",
        "pro@example.com <pro@example.com>",
        "'PRO@example.com' <pro@example.com>",
        "Munoz, Ana <pro@example.com>",
        "=?utf-8?q?=3Ceve=40evil=2Eexample=3E?= <pro@example.com>",
    ],
)
def test_a_sender_is_the_one_address_that_the_header_has(sender):
    assert said(lines(f"From: {sender}".encode(), b"", b"Hola")).sender == "pro@example.com"


def test_parts_in_parts_without_end_are_still_a_message():
    depth = 3000
    raw = b"From: ana@example.com\r\nSubject: Hola\r\n" + b"".join(
        b'Content-Type: multipart/mixed; boundary="%d"\r\n\r\n--%d\r\n' % (n, n) for n in range(depth)
    )
    found = said(raw)
    assert (found.sender, found.subject, found.text) == ("ana@example.com", "Hola", "")
    assert attachments_in(raw) == ()


@pytest.mark.parametrize(
    ("kind", "unit"),
    [
        *[
            ("text/plain", unit)
            for unit in ("El ", "\n \n", "> ", "On a\n", "From: \n", "Il 1 ", "_", "\n>\n")
        ],
        *[("text/html", unit) for unit in ("<a ", "<div>", "<blockquote>", "<!--", "<", "&", "<p><style>")],
    ],
)
def test_no_message_takes_long_to_read(kind, unit):
    """Each of these took a library minutes, or the age of the universe."""
    started = time.process_time()
    said(lines("From: ana@example.com", f"Content-Type: {kind}", "", unit * (60_000 // len(unit))))
    assert time.process_time() - started < 5


def nested(depth: int, last: bytes) -> bytes:
    return (
        b"From: ana@example.com\r\nSubject: Hola\r\n"
        + b"".join(
            b'Content-Type: multipart/mixed; boundary="%d"\r\n\r\n--%d\r\n' % (n, n) for n in range(depth)
        )
        + last
    )


def head(*headers: str) -> bytes:
    return lines("From: ana@example.com", "Subject: Hola", *headers, "", "Hola")


BREAKS_OR_LASTS = {
    "comments without end": head(f"Cc: {'(' * 500}"),
    "groups without end": head(f"To: {':' * 5_000}"),
    "quotes": lines('From: "' + '\\"' * 50_000, "", "Hola"),
    "quotes in a result": head("Authentication-Results: mx.quince.example; spf=pass " + '"\\' * 50_000),
    "comments in a result": head("Authentication-Results: mx.quince.example; " + "(" * 50_000 + ")" * 50_000),
    "comments in many results": head(
        *["Authentication-Results: mx.quince.example; " + "(" * 4_000 + ")" * 4_000] * 200
    ),
    "many results": head(*["Authentication-Results: mx.quince.example; " + '"(\\' * 2_500] * 200),
    "punycode": head(
        "Content-Type: text/plain; charset=punycode\r\n\r\n" + "a" * 200_000 + "-" + "b" * 200_000
    ),
    "idna": head("Content-Type: text/plain; charset=idna\r\n\r\n" + "a." * 200_000),
    "a subject in punycode": head("Subject: =?punycode?q?" + "a" * 200_000 + "?="),
    "a name in punycode": head(
        "Content-Type: image/png", "Content-Disposition: attachment; filename*=punycode''" + "a" * 600_000
    ),
    "marks above one letter": lines("From: ana@example.com", "", "a" + "\u0301\u0323" * 100_000),
    "boundaries in boundaries": nested(400, b"\r\n" * 200_000),
    "mails in mails": b"Content-Type: message/rfc822\r\n\r\n" * 300 + b"\r\n" * 80_000,
    "many parts": multipart(*[b"Content-Type: text/html\r\n\r\n<p>&<"] * 20_000),
    "many parts with long headers": multipart(
        *[b"Content-Type: text/plain;" + b";" * 8_000 + b"\r\n\r\na"] * 400
    ),
    "many lines": lines("From: ana@example.com", "", "\n" * 3_000_000),
    "many headers": b"To: a@b\r\n" * 300_000 + b"\r\nHola",
}


@pytest.mark.parametrize("raw", BREAKS_OR_LASTS.values(), ids=BREAKS_OR_LASTS)
def test_no_header_and_no_part_breaks_the_reader_or_holds_it(raw, caplog):
    """Each raised, so that the mailbox stopped at it, or took a library from seconds to hours."""
    started = time.process_time()
    said(raw)
    attachments_in(raw)
    assert time.process_time() - started < 5


def test_what_cannot_be_read_costs_nothing_of_what_can():
    found = said(
        lines("From: ana@example.com", "Subject: Hola", f"Cc: {'(' * 500}", "Message-ID: <7@x>", "", "Hola")
    )
    assert (found.sender, found.subject, found.message_id, found.text) == (
        "ana@example.com",
        "Hola",
        "<7@x>",
        "Hola",
    )
    assert (found.recipients, found.authentication) == ((), "not_said")


def test_whose_word_on_a_sender_breaks_the_reader_is_not_believed(monkeypatch):
    monkeypatch.setattr("mail.reading.said_of_sender", lambda *_, **__: 1 / 0)
    assert said(make_message()).authentication == "failed"


def test_fifteen_forwarded_mails_with_their_photographs_are_read_whole():
    inside = make_message("Hola", attachments=[("foto.jpg", "image/jpeg", b"jpeg")] * 10)
    raw = multipart(
        lines("Content-Type: text/plain", "", "Miren."),
        *[lines("Content-Type: message/rfc822", "", inside)] * 15,
    )
    found = said(raw)
    assert (found.text, len(found.attachments)) == ("Miren.", 15)
    assert found.attachments[14].content.count(b"image/jpeg") == 10


def test_a_mail_inside_is_handed_out_as_it_came():
    inside = lines("DKIM-Signature: v=1;", "\tb=" + "x" * 200, "From: eva@example.com", "", "Hola")
    raw = multipart(lines("Content-Type: message/rfc822", "", inside))
    assert said(raw).attachments[0].content.splitlines() == inside.splitlines()


NUL = [
    "From: a\0b@example.com",
    "References: <a\0b@x>",
    "To: gar\0antia@quince.example",
    "Message-ID: <a\0b@x>",
    "Subject: a\0b",
    "Auto-Submitted: auto-\0x",
    "Precedence: bulk\0",
    "X-Auto-Response-Suppress: All,\0",
    "Content-Type: image/p\0ng; name=a\0b",
    "Content-Type: text/plain; charset=u\0tf",
]


@pytest.mark.parametrize("header", NUL)
def test_a_null_byte_in_any_header_is_taken_out(header):
    raw = lines(header, "Subject: x\0", "", "Ho\0la")
    assert "\\x00" not in repr(said(raw)) + repr(
        [(each.name, each.content_type) for each in attachments_in(raw)]
    )


def test_an_address_with_a_null_byte_is_not_made_somebody_elses():
    for sender in ("pro\0@example.com", "pro@exam\0ple.com", "pro@example.com\x7f", "<pro@example.com\x01>"):
        assert said(lines(f"From: {sender}", "", "Hola")).sender == ""


@settings(max_examples=200)
@given(st.binary(max_size=3_000))
def test_whatever_bytes_come_are_read(raw):
    for message in (
        raw,
        b"From: " + raw,
        b"Content-Type: " + raw + b"\n\nHola",
        b"Subject: =?utf-8?b?" + raw,
    ):
        said(message)
        attachments_in(message)
