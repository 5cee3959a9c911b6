"""Messages as mail programs write them, in tests/mail/eml: made by us, in the shape of each program."""

from pathlib import Path

import pytest

from mail.reading import read

FOLDER = Path(__file__).parent / "eml"
# Sender, name and subject; the text; what it carries; the sign of a machine and what our server says of the sender.
EXPECTED = {
    "android-spanish": (
        ("jorge_plomero@correo.example", "jorge_plomero", "garantia"),
        "hola kiero mi dinero nadie contesto 😡\n\nEnviado desde mi Galaxy",
        [],
        ("", "not_said"),
    ),
    "calendar-invitation": (
        ("ana.torres@icloud.example", "Ana Torres", "Invitación: Llamada sobre la garantía"),
        "Llamada sobre la garantía, lunes a las 10.",
        ["1.ics", "invite.ics"],
        ("", "not_said"),
    ),
    "exchange-out-of-office": (
        ("lucia@reformas.example", "Lucía Muñoz", "Respuesta automática: Tu garantía"),
        "Estoy fuera hasta el 19 de enero. Si es urgente, llámame.",
        [],
        ("auto-submitted: auto-generated", "not_said"),
    ),
    "forged-sender": (
        ("taller.robles@gmail.example", "Andres Robles", "Reclamo"),
        "Reclamo la garantia.",
        [],
        ("", "failed"),
    ),
    "forwarded-inside": (
        ("pedro@salas.example", "Pedro Salas", "Fwd: Gracias por la visita"),
        "Esto me escribió la dueña.",
        ["Gracias por la visita.eml"],
        ("", "not_said"),
    ),
    "gmail-reply": (
        ("taller.robles@gmail.example", "Andrés Robles", "Re: Tu garantía de quince contactos"),
        "Quiero reclamar la garantía. De los quince nadie me contrató.\n\nSaludos,\nAndrés",
        [],
        ("", "passed"),
    ),
    "icloud-photos": (
        ("ana.torres@icloud.example", "Ana Torres", "Fotos de los trabajos"),
        "Van las fotos.\n\nEnviado desde mi iPhone",
        ["Baño 1.jpg"],
        ("", "not_said"),
    ),
    "list": (
        ("pedro@salas.example", "Pedro Salas", "[Contratistas] Reclamo de todos"),
        "Reclamo por mi negocio.\n_______________________________________________\nLista Contratistas",
        [],
        ("", "not_said"),
    ),
    "old-program-without-headers": (
        ("ventas@diaz.example", "Ferretería Díaz", "Garantía"),
        "Reclamo la garantía; nadie me habló.",
        [],
        ("", "not_said"),
    ),
    "outlook-html": (
        ("lucia@reformas.example", "Muñoz Herrera, Lucía", "Reclamación de la garantía"),
        "Buenas tardes:\n\nAdjunto la lista. Nadie firmó conmigo.",
        ["image001.png"],
        ("", "not_said"),
    ),
    "outlook-winmail": (
        ("pedro@salas.example", "Pedro Salas", "Papeles"),
        "Mando los papeles “firmados”.",
        ["winmail.dat"],
        ("", "not_said"),
    ),
    "postfix-bounce": (
        ("mailer-daemon@mx.elsewhere.example", "", "Undelivered Mail Returned to Sender"),
        "This is the mail system at host mx.elsewhere.example.\n\n"
        "I'm sorry to have to inform you that your message could not\n"
        "be delivered to one or more recipients. It's attached below.\n\n"
        '<ana@elsewhere.example>: unknown user: "ana"',
        ["1.bin"],
        ("auto-submitted: auto-replied", "not_said"),
    ),
}


@pytest.mark.parametrize("ends", [b"\n", b"\r\n"], ids=["LF", "CRLF"])
@pytest.mark.parametrize("name", sorted(path.stem for path in FOLDER.glob("*.eml")))
def test_a_message_is_read_as_its_sender_meant_it(name, ends):
    raw = (FOLDER / f"{name}.eml").read_bytes().replace(b"\n", ends)
    found = read(raw, ours={"hola@quince.example"}, authserv_id="mx.quince.example")
    assert (
        (found.sender, found.sender_name, found.subject),
        found.text,
        [each.name for each in found.attachments],
        (found.automatic_sign, found.authentication),
    ) == EXPECTED[name]
    assert "garantia@quince.example" in found.recipients
    assert found.arrived_at is not None


def test_every_message_of_the_table_is_there():
    assert {path.stem for path in FOLDER.glob("*.eml")} == set(EXPECTED)
