"""The desk's side of the demo world: a client that is no business of the marketplace, with an agreement, some of its
support used, a quote that waits for an answer and a session to come."""

from datetime import datetime, time, timedelta

from config.demo.calls import load_calls
from config.demo.world import PASSWORD, World
from profiles.people import make_user
from support.agreements import Line, sign_agreement
from support.allowances import use
from support.clients import open_client
from support.desk_calendar import desk_day, desk_zone
from support.models import Agreement, Client
from support.quotes import make_quote, send_quote
from support.sessions import plan_session

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
        name="Studio Lume", email=CLIENT, language="es-mx", now=signed_at, phone="+390612345678"
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
    for number, (days_ago, minutes) in enumerate(((31, 90), (18, 45), (6, 150)), start=1):
        moment = world.at(days_ago, 9)
        use(
            allowance=shop,
            amount=minutes,
            cause=f"demo:{number}",
            today=desk_day(moment),
            now=moment,
            by=consultant,
        )
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
    load_calls(world, client)
