"""What is pressed on a ticket's page at the desk, and what it says then."""

import uuid
from html import unescape

from django.urls import reverse

from support.desk_ticket import last_call


def at(name, ticket, *more):
    return reverse(f"support:{name}", args=[ticket.public_id, *more])


def text_of(response):
    return " ".join(unescape(response.content.decode()).split())


def answer(browser, ticket, text="Press “Publish”.", *, seen=None, **more):
    said = {
        "text": text,
        "seen": ticket.messages.latest("pk").pk if seen is None else seen,
        "seen_call": last_call(ticket),
        "form_id": uuid.uuid4(),
        "send": "1",
    }
    return browser.post(at("desk_answer", ticket), said | more)


def done(**more):
    return {
        "work-amount": "45",
        "work-where": "",
        "work-done": "Looked at the server.",
        "work-form_id": uuid.uuid4(),
    } | more
