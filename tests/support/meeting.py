"""Sessions with a client, planned on Monday for Thursday, and what is typed of one at the desk."""

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
    }
    return plan_session(agreement=agreement, now=NOW, **(said | changes))


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
