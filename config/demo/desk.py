"""The desk's side of the demo world: a client that is no business of the marketplace, with an agreement, some of its
support used, a quote that waits for an answer and a session to come."""

import uuid
from datetime import datetime, time, timedelta
from typing import Any

from config.demo.calls import load_calls
from config.demo.world import PASSWORD, World
from profiles.models import User
from profiles.people import make_user
from support.agreements import Line, sign_agreement
from support.clients import open_client
from support.desk_calendar import desk_day, desk_zone
from support.messages import add_note, answer_ticket, ask_again
from support.models import Agreement, Allowance, Client, Ticket
from support.offers import make_offer, send_offer
from support.quotes import make_quote, send_quote
from support.replies import save_reply
from support.sessions import plan_session
from support.tickets import open_ticket, place_ticket, take_ticket
from support.work import log_work

CLIENT = "cliente@demo.quince.example"


def load_desk(world: World) -> None:
    """Makes it unless it is there. Call it in a transaction."""
    if Client.objects.filter(people__email=CLIENT).exists():
        return
    make_user(email=CLIENT, password=PASSWORD, first_name="Livia", last_name="Conti")
    consultant, lead = world.staff("consultant"), world.staff("desklead")
    signed_at = world.at(40)
    signed_on = desk_day(signed_at)
    client = open_client(
        name="Studio Lume", email=CLIENT, language="es-mx", by=lead, now=signed_at, phone="+390612345678"
    )
    agreement = sign_agreement(
        client=client,
        title="Sitio web con tienda",
        text="Un sitio de doce páginas y una tienda con cobro en línea, entregados y explicados.",
        lines=[
            Line(
                kind="tool",
                what="Tienda en línea",
                unit="minutes",
                amount=600,
                expires_on=signed_on + timedelta(days=365),
            ),
            Line(kind="service", what="Cambios después de publicar", unit="interventions", amount=5),
            Line(kind="tool", what="Dominio", no_support_reason="Se renueva solo; no hay nada que usar."),
        ],
        signed=Agreement.Signed.PAPER,
        signed_on=signed_on,
        signed_by="Livia Conti",
        by=lead,
        now=signed_at,
    )
    shop = agreement.current.lines.get(what="Tienda en línea").allowance
    assert shop is not None
    _work(world, client, shop, consultant)
    quote = make_quote(
        client=client,
        title="Campaña de anuncios para el primer trimestre",
        text="Preparación de la campaña, tres meses de ajustes y un informe al final de cada mes.",
        lines=[Line(kind="service", what="Campaña de anuncios", unit="interventions", amount=6)],
        price_cents=18_500_00,
        valid_until=desk_day(world.now) + timedelta(days=21),
        by=consultant,
        now=world.at(3),
    )
    send_quote(quote=quote, by=consultant, now=world.at(3, 11))
    plan_session(
        agreement=agreement,
        kind="training",
        about="Cómo preparar los envíos de la tienda",
        starts_at=datetime.combine(desk_day(world.now) + timedelta(days=3), time(11), desk_zone()),
        minutes=60,
        where="Por video: el enlace llega un día antes",
        consultant=consultant,
        by=consultant,
        now=world.at(1),
    )
    load_tickets(world, client, shop)


def load_tickets(world: World, client: Client, shop: Allowance) -> None:
    """Tickets in the states in which a consultant finds them, and replies that are used often."""
    consultant, lead, livia = (
        world.staff("consultant"),
        world.staff("desklead"),
        User.objects.get(email=CLIENT),
    )

    def ask(days_ago: float, hour: int, subject: str, text: str, **more: Any) -> Ticket:
        moment = world.at(days_ago, hour)
        said: dict[str, Any] = {
            "client": client,
            "asker": livia,
            "name": str(livia),
            "email": CLIENT,
            "language": "es-mx",
            "channel": Ticket.Channel.WEB,
        }
        return open_ticket(subject=subject, text=text, asked_at=moment, now=moment, **(said | more))

    ask(
        5,
        11,
        "La tienda no acepta tarjetas de débito",
        "Desde ayer tres personas me dicen que su tarjeta de débito no pasa. Con las de crédito no hay problema.",
        channel=Ticket.Channel.MAIL,
    )
    talked = ask(
        6,
        10,
        "Cómo poner un descuento de fin de año",
        "Quiero dar 15 por ciento en todo del 20 al 31 de diciembre.\n\n¿Se puede programar?",
    )
    take_ticket(ticket=talked, by=consultant, now=world.at(6, 11))
    place_ticket(
        ticket=talked,
        placement=Ticket.Placement.ALLOWANCE,
        allowance=shop,
        by=consultant,
        now=world.at(6, 11),
    )
    add_note(
        ticket=talked,
        text="El año pasado el descuento se quedó puesto hasta el 4 de enero: conviene poner la fecha de fin.",
        by=lead,
        now=world.at(6, 11, 20),
    )
    answer_ticket(
        ticket=talked,
        text="Sí: en Promociones, con la fecha en que empieza y la fecha en que termina. ¿Lo hacemos juntas?",
        by=consultant,
        now=world.at(6, 12),
    )
    ask_again(
        ticket=talked,
        text="Lo intenté y en el teléfono no veo dónde se pone la fecha de fin.",
        channel=Ticket.Channel.WEB,
        at=world.at(0, 9),
        now=world.at(0, 9),
        by=livia,
        name=str(livia),
        email=CLIENT,
    )
    done = ask(9, 10, "Cambiar el teléfono de la página", "El nuevo es el 06 1234 5678.")
    answer_ticket(ticket=done, text="Ya está cambiado.", by=consultant, now=world.at(9, 12))
    for days_ago, name, text in (
        (8, "Renzo Galli", "¿Cuánto cuesta una tienda para unas cincuenta prendas?"),
        (2, "Marta Rossi", "¿Hacen también las fotos de los productos?"),
    ):
        ask(
            days_ago,
            16,
            "",
            text,
            client=None,
            asker=None,
            name=name,
            email=f"{name.split()[0].lower()}@people.quince.example",
            kind=Ticket.Kind.QUESTION,
        )
    for title, spanish, english in (
        (
            "Lo vemos y te escribimos",
            "Gracias por avisarnos. Lo estamos revisando y te escribimos hoy mismo con lo que encontremos.",
            "Thank you for telling us. We are looking into it and will write to you today with what we find.",
        ),
        (
            "Pedir una captura de pantalla",
            "¿Nos mandas una captura de lo que ves? Con eso encontramos la causa más rápido.",
            "Could you send us a picture of what you see? With it we find the cause sooner.",
        ),
    ):
        save_reply(
            title=title,
            texts={"es": spanish, "en": english},
            shared=True,
            by=lead,
            now=world.at(20),
        )
    load_calls(world, client)


# What was asked, answered and done: days ago, subject, question, answer, what was done, and in how many minutes.
DONE = (
    (31, "Los precios con IVA", "¿Cómo hago que la tienda muestre los precios con IVA?",
     "Ya está: en Ajustes, Impuestos, quedó marcado “Precios con IVA”. Revisé también los de envío.",
     "Cambié los ajustes de impuestos y revisé los precios de doce productos.", 90),
    (18, "No llegan los avisos de pedido", "Desde ayer no recibimos el correo de cada pedido.",
     "El buzón estaba lleno. Lo vaciamos y te enviamos los tres avisos que faltaban.",
     "Busqué los avisos, vacié el buzón y los volví a enviar.", 45),
    (6, "Cambiar el orden del catálogo", "Queremos que lo nuevo aparezca primero.",
     "Listo. Si luego quieres otro orden, lo cambias en Catálogo, Orden.",
     "Cambié el orden del catálogo y de las seis colecciones.", 150),
)  # fmt: skip


def _work(world: World, client: Client, shop: Allowance, consultant: User) -> None:
    """Tickets with what was done on them, a courtesy, and an offer for what goes beyond the agreement."""
    for days_ago, subject, question, answer, done, minutes in DONE:
        ticket = _ticket(world, client, days_ago, subject, question)
        log_work(
            ticket=ticket, amount=minutes, unit="minutes", done=done, by=consultant, now=world.at(days_ago, 11),
            form_id=uuid.uuid4(), allowance=shop,
        )  # fmt: skip
        answer_ticket(ticket=ticket, text=answer, by=consultant, close=True, now=world.at(days_ago, 12))
    ticket = _ticket(
        world, client, 4, "Una pregunta sobre el logo", "¿En qué formato mandamos el logo a la imprenta?"
    )
    log_work(
        ticket=ticket, amount=5, unit="minutes", done="Expliqué qué formato pide una imprenta y les mandé el archivo.",
        by=consultant, now=world.at(4, 11), form_id=uuid.uuid4(), rest="courtesy",
    )  # fmt: skip
    answer_ticket(
        ticket=ticket,
        text="En PDF o SVG: van los dos. Esto queda fuera del convenio y corre por nuestra cuenta.",
        by=consultant,
        now=world.at(4, 12),
    )
    ticket = _ticket(
        world, client, 2, "Una segunda tienda en inglés", "¿Pueden poner la tienda también en inglés?"
    )
    offer = make_offer(
        client=client,
        ticket=ticket,
        what="Tienda en inglés",
        unit="minutes",
        amount=480,
        price_cents=9_280_00,
        valid_until=desk_day(world.now) + timedelta(days=20),
        expires_on=desk_day(world.now) + timedelta(days=365),
        text="Con gusto. Traducir los ajustes y revisar cada página lleva unas ocho horas.",
        by=consultant,
        now=world.at(2, 12),
    )
    send_offer(offer=offer, by=consultant, now=world.at(2, 12))


def _ticket(world: World, client: Client, days_ago: int, subject: str, text: str) -> Ticket:
    person = client.people.get()
    asked_at = world.at(days_ago, 9)
    return open_ticket(
        client=client,
        subject=subject,
        text=text,
        channel=Ticket.Channel.WEB,
        asked_at=asked_at,
        now=asked_at,
        asker=User.objects.get(email=CLIENT),
        name=person.name,
        email=person.email,
        language="es-mx",
    )
