"""Sessions with a client, planned on Monday for Thursday, and what is typed of one at the desk."""

from datetime import timedelta
from uuid import uuid4

from support.sessions import plan_session
from tests.support.making import NOW, rome

THURSDAY = rome("2026-11-05 15:30")


def planned(agreement, by, **changes):
    said = {
        "kind": "training",
        "about": "The shop",
        "starts_at": THURSDAY,
        "minutes": 60,
        "consultant": by,
        "by": by,
        "now": NOW,
    }
    return plan_session(agreement=agreement, **(said | changes))


def typed(of, by, /, **changes):
    said = {
        "agreement": of.pk,
        "kind": "training",
        "about": "The shop",
        "starts_at": "2026-11-05T15:30",
        "minutes": "60",
        "where": "By telephone",
        "consultant": by.pk,
        "form_id": uuid4(),
    }
    return said | changes


def doors_of_session(agreement, by, now):
    """The arguments of the desk's addresses of one, for the table of doors."""
    session = planned(agreement, by, now=now, starts_at=now + timedelta(days=1))
    names = ("session", "move_session", "hold_session", "cancel_session")
    return {f"support:desk_{name}": [session.public_id] for name in names}
