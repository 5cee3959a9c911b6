"""Nobody of the desk acts on the business of those for whom they speak: of every function of staff that is about a
client, one table."""

import uuid
from datetime import date, timedelta
from importlib import import_module
from inspect import getmembers, isfunction, signature
from pkgutil import iter_modules

import pytest
from allauth.account.models import EmailAddress
from django.contrib.auth.models import Group

import support
from support.agreements import change_agreement, record_agreement
from support.calls import call_back, link_call, log_call
from support.clients import change_language, change_person, end_person, name_person, open_client
from support.errors import SupportError
from support.extensions import extend_allowance
from support.merging import merge_tickets
from support.messages import add_note, answer_ticket, needs_no_answer
from support.models import (
    Agreement,
    Call,
    Client,
    ClientPerson,
    Message,
    Offer,
    PlannedSession,
    Quote,
    Ticket,
    TicketEvent,
    Work,
)
from support.offers import change_offer, make_offer, send_offer, withdraw_offer
from support.questions import link_to_client, unlink_from_client
from support.quotes import change_quote, make_quote, record_signed_quote, send_quote, withdraw_quote
from support.sessions import cancel_session, hold_session, move_session, plan_session
from support.tickets import close_ticket, hand_over, place_ticket, put_back, reopen_ticket, take_ticket
from support.work import log_work, take_back_work
from tests.support.calling import NOBODYS, missed
from tests.support.making import NOW, TRAINING, opened, placed, registrar
from tests.support.making import draft as draft_quote
from tests.support.making import sent as sent_quote
from tests.support.offering import draft as draft_offer
from tests.support.office import make_client, pdf

pytestmark = pytest.mark.django_db
TODAY = NOW.date()
OWN_ADDRESS = "own@example.com"
TOMORROW = NOW + timedelta(days=1)


@pytest.fixture
def own(anna):
    """Anna signs for Studio Bianchi, and works at the desk. She has another address."""
    EmailAddress.objects.create(user=anna, email=OWN_ADDRESS, verified=True)
    anna.is_staff = True
    anna.save()
    anna.groups.set(Group.objects.filter(name__in=("consultant", "desk lead", "appeals")))
    return type(anna).objects.get(pk=anna.pk)


@pytest.fixture
def of_client(agreement, allowance, own, consultant):
    """What there is of her client, by name; and somebody "else", who is a client too."""
    client = agreement.client
    person = name_person(client=client, name="Carla", role="asks", email="c@example.com", by=registrar())
    ticket = opened(client, None, email="phone@example.com")
    taken = take_ticket(ticket=opened(client, None, subject="Taken"), by=consultant, now=NOW)
    closed = placed(opened(client, None, subject="Closed"))
    answer_ticket(ticket=closed, text="So.", by=consultant, close=True, now=NOW)
    question = opened(None, None, kind="question", email="eva@example.com")
    linked = opened(None, None, kind="question", email="eva@example.com", subject="Linked")
    linked = link_to_client(ticket=linked, client=client, by=consultant, now=NOW)
    said = {"amount": 5, "unit": "minutes", "done": "So.", "form_id": uuid.uuid4(), "allowance": allowance}
    (work,) = log_work(ticket=taken, by=consultant, now=NOW, **said)
    session = plan_session(
        agreement=agreement, kind="training", about="Shop", starts_at=TOMORROW, minutes=60,
        consultant=consultant, by=consultant, now=NOW,
    )  # fmt: skip
    return {
        "agreement": agreement, "allowance": allowance, "client": client, "ticket": ticket, "taken": taken,
        "closed": closed, "question": question, "linked": linked, "work": work, "session": session,
        "other": consultant, "person": person, "else": make_client("Else", "else@example.com"),
        "quote": draft_quote(client, consultant), "sent_quote": sent_quote(client, consultant),
        "offer": draft_offer(agreement, consultant), "call": missed(consultant, NOBODYS),
    }  # fmt: skip


SAID = {"what": "Shop", "unit": "minutes", "amount": 5, "price_cents": 1, "valid_until": date(2026, 11, 30)}
QUOTED = {
    "title": "So", "text": "So", "lines": [TRAINING], "price_cents": 1, "valid_until": date(2026, 11, 30),
}  # fmt: skip
WORK = {"amount": 5, "unit": "minutes", "done": "So.", "form_id": uuid.uuid4(), "rest": "courtesy"}
CALL = {"direction": "out", "outcome": "answered", "at": NOW, "summary": "So."}
PERSON = {"name": "Bruno", "role": "asks", "email": "bruno@example.com"}
HERSELF = {"name": "Anna", "role": "signs", "email": OWN_ADDRESS}
PAPER = {"title": "So", "text": "So", "lines": [TRAINING], "signed_by": "Anna"}
JOBS = {
    "open_client": lambda o, **by: open_client(name="Own", email=OWN_ADDRESS, language="en", **by),
    "change_language": lambda o, by, now: change_language(client=o["client"], language="it", by=by),
    "name_person": lambda o, by, now: name_person(client=o["client"], **PERSON, by=by),
    "name_person as whom they are": lambda o, by, now: name_person(client=o["else"], **HERSELF, by=by),
    "change_person": lambda o, by, now: change_person(person=o["person"], **PERSON, by=by),
    "change_person to whom they are": lambda o, by, now: change_person(
        person=o["else"].people.get(), **HERSELF, by=by
    ),
    "end_person": lambda o, by, now: end_person(person=o["person"], by=by, today=TODAY),
    "make_quote": lambda o, **by: make_quote(client=o["client"], **QUOTED, **by),
    "change_quote": lambda o, **by: change_quote(quote=o["quote"], **QUOTED, **by),
    "send_quote": lambda o, **by: send_quote(quote=o["quote"], **by),
    "withdraw_quote": lambda o, **by: withdraw_quote(quote=o["sent_quote"], reason="So.", **by),
    "record_signed_quote": lambda o, **by: record_signed_quote(
        quote=o["sent_quote"], signed_on=TODAY, signed_by="Anna", document=pdf(), **by
    ),
    "record_agreement": lambda o, **by: record_agreement(
        client=o["client"], signed_on=TODAY, document=pdf(), **PAPER, **by
    ),
    "change_agreement": lambda o, **by: change_agreement(
        agreement=o["agreement"], text="So", lines=[TRAINING], why="So.", **by
    ),
    "extend_allowance": lambda o, **by: extend_allowance(
        allowance=o["allowance"], until=date(2028, 1, 1), reason="So.", **by
    ),
    "plan_session": lambda o, **by: plan_session(
        agreement=o["agreement"], kind="training", about="So", starts_at=TOMORROW, minutes=5,
        consultant=o["other"], **by,
    ),
    "move_session": lambda o, **by: move_session(
        session=o["session"], starts_at=TOMORROW + timedelta(days=1), reason="So.", **by
    ),
    "hold_session": lambda o, **by: hold_session(session=o["session"], **(by | {"now": TOMORROW})),
    "cancel_session": lambda o, **by: cancel_session(session=o["session"], reason="So.", **by),
    "make_offer": lambda o, **by: make_offer(client=o["client"], **SAID, **by),
    "change_offer": lambda o, **by: change_offer(offer=o["offer"], **SAID, **by),
    "send_offer": lambda o, **by: send_offer(offer=o["offer"], **by),
    "withdraw_offer": lambda o, **by: withdraw_offer(offer=o["offer"], reason="So.", **by),
    "log_work": lambda o, **by: log_work(ticket=o["ticket"], **WORK, **by),
    "take_back_work": lambda o, **by: take_back_work(work=o["work"], why="So.", **by),
    "log_call": lambda o, **by: log_call(client=o["client"], **CALL, **by),
    "log_call on a ticket": lambda o, **by: log_call(ticket=o["ticket"], **CALL, **by),
    "link_call": lambda o, **by: link_call(call=o["call"], client=o["client"], **by),
    "call_back": lambda o, **by: call_back(ticket=o["ticket"], outcome="answered", **by),
    "take_ticket": lambda o, **by: take_ticket(ticket=o["ticket"], **by),
    "hand_over": lambda o, **by: hand_over(ticket=o["ticket"], to=o["other"], **by),
    "put_back": lambda o, **by: put_back(ticket=o["taken"], **by),
    "place_ticket": lambda o, **by: place_ticket(
        ticket=o["ticket"], placement=Ticket.Placement.OUTSIDE, **by
    ),
    "close_ticket": lambda o, **by: close_ticket(ticket=o["ticket"], **by),
    "reopen_ticket": lambda o, **by: reopen_ticket(ticket=o["closed"], **by),
    "answer_ticket": lambda o, **by: answer_ticket(ticket=o["ticket"], text="So.", **by),
    "add_note": lambda o, **by: add_note(ticket=o["ticket"], text="So.", **by),
    "needs_no_answer": lambda o, **by: needs_no_answer(
        message=o["ticket"].messages.get(), why="So.", **by
    ),
    "merge_tickets": lambda o, **by: merge_tickets(ticket=o["ticket"], into=o["taken"], **by),
    "link_to_client": lambda o, **by: link_to_client(ticket=o["question"], client=o["client"], **by),
    "unlink_from_client": lambda o, **by: unlink_from_client(ticket=o["linked"], why="So.", **by),
}  # fmt: skip


@pytest.mark.parametrize("name", JOBS)
def test_nobody_acts_on_the_business_of_who_they_speak_for(name, of_client, own, private_files):
    def rows():
        of_tickets = (Work, Ticket, TicketEvent, Message, Call)
        models = (Client, ClientPerson, Quote, Agreement, Offer, PlannedSession, *of_tickets)
        return [list(model.objects.order_by("pk").values()) for model in models]

    before = rows()
    with pytest.raises(SupportError) as refused:
        JOBS[name](of_client, by=own, now=NOW)
    assert (refused.value.code, rows() == before) == ("own_business", True)


def test_the_table_has_every_function_that_says_that_it_refuses_them():
    modules = [import_module(f"support.{each.name}") for each in iter_modules(support.__path__)]
    says_so = {
        name
        for module in modules
        for name, job in getmembers(module, isfunction)
        if job.__module__ == module.__name__
        and "by" in signature(job).parameters
        and "own_business" in (job.__doc__ or "")
        and not name.startswith(("_", "refuse_"))
    }
    # By which the client signs too; what the desk records with it is in the table.
    assert says_so - {"sign_agreement"} == {name.split()[0] for name in JOBS}


def test_nobody_handles_a_question_that_they_asked_themselves(consultant, desk_lead):
    ticket = opened(None, consultant, kind="question")
    with pytest.raises(SupportError) as refused:
        answer_ticket(ticket=ticket, text="So.", by=consultant, now=NOW)
    assert refused.value.code == "own_business"
    answer_ticket(ticket=ticket, text="So.", by=desk_lead, now=NOW)
    # As its asker they say that they need no more.
    assert close_ticket(ticket=ticket, by=consultant, now=NOW, by_client=True).state == "closed"
