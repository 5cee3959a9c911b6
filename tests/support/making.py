"""Makes what tests of the desk need. Every moment is given: `rome("2026-11-02 10:00")` is that time in Rome."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

from profiles.models import User
from support.agreements import Line
from support.models import Client, Quote, Ticket
from support.quotes import make_quote, send_quote
from support.tickets import open_ticket
from tests.making import make_user

ROME = ZoneInfo("Europe/Rome")
WEBSITE = Line(kind="tool", what="Website", unit="minutes", amount=600, expires_on=date(2027, 11, 2))
TRAINING = Line(kind="service", what="Training", unit="interventions", amount=3)


def rome(text: str) -> datetime:
    """The moment at which clocks in Rome show `text`."""
    return datetime.fromisoformat(text).replace(tzinfo=ROME)


# A Monday.
NOW = rome("2026-11-02 10:00")


def registrar() -> User:
    """Whoever opens clients and names their people, where it is of no interest who does."""
    email = "registrar@quince.example"
    return User.objects.filter(email=email).first() or make_user(email)


def draft(client: Client, by, **changes) -> Quote:
    said = {
        "title": "Website",
        "text": "Ten pages and a shop.",
        "lines": [WEBSITE, TRAINING],
        "price_cents": 250_000,
        "valid_until": date(2026, 11, 30),
        "now": NOW,
    }
    return make_quote(client=client, by=by, **(said | changes))


def sent(client: Client, by, **changes) -> Quote:
    return send_quote(quote=draft(client, by, **changes), by=by, now=changes.get("now", NOW))


def placed(ticket: Ticket) -> Ticket:
    """A client's ticket that somebody has placed outside of what was agreed: the desk can close it."""
    if ticket.kind in Ticket.PLACED_KINDS:
        Ticket.objects.filter(pk=ticket.pk).update(placement=Ticket.Placement.OUTSIDE)
    return ticket


def opened(client: Client | None, asker, **changes) -> Ticket:
    """A ticket that `asker` opens on the web, for `client`."""
    moment = changes.pop("now", NOW)
    said = {
        "subject": "Publishing",
        "text": "How do I publish?",
        "channel": Ticket.Channel.WEB,
        "asked_at": moment,
        "asker": asker,
        "name": str(asker or ""),
        "email": asker.email if asker else "",
    }
    return open_ticket(client=client, now=moment, **(said | changes))
