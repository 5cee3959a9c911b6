"""Makes calls for tests of the telephone."""

from support.calls import log_call, told_by_exchange
from support.clients import name_person
from support.models import Call
from tests.support.making import NOW, registrar

ANNAS = "+525512345678"
NOBODYS = "+525587654321"


def with_number(client, phone=ANNAS, email="phone@example.com", name="Paula Bianchi"):
    """Somebody of a client who has that number."""
    return name_person(client=client, name=name, email=email, role="asks", phone=phone, by=registrar())


def missed(by, phone=ANNAS, at=NOW, **changes) -> Call:
    """A missed call that `by` writes down at once."""
    said = {"direction": "in", "outcome": "missed", "phone": phone, "at": at, "now": at, "by": by}
    return log_call(**(said | changes))


def answered(by, phone=ANNAS, at=NOW, **changes) -> Call:
    return missed(by, phone, at, **({"outcome": "answered"} | changes))


def told(exchange_id="c-1", outcome="missed", phone=ANNAS, at=NOW, seconds=None, now=None) -> Call:
    return told_by_exchange(
        exchange_id=exchange_id, outcome=outcome, phone=phone, at=at, seconds=seconds, now=now or at
    )
