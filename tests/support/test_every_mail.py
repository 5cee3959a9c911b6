"""Every mail of the desk, written by doing what it tells of, in every language: nothing is missing in it, and whoever
gets it may open what it links to (X3, S9)."""

import inspect
import re
import uuid
from datetime import date, timedelta
from pathlib import Path
from types import SimpleNamespace

import pytest
from django.conf import settings as site
from django.test import Client

from billing.credit_notes import issue_credit_note
from mail.models import OutgoingMail
from profiles.models import User
from support import letters
from support.agreements import change_agreement as change
from support.agreements import line_of, record_agreement
from support.allowances import open_allowance
from support.attachments import NewFile
from support.calls import call_back
from support.extensions import extend_allowance
from support.messages import answer_ticket, ask_again
from support.models import Allowance
from support.offers import accept_offer, decline_offer, pay_offer, send_offer, withdraw_offer
from support.questions import ask_question, confirm_question, link_to_client
from support.quotes import accept_quote, decline_quote, withdraw_quote
from support.response_times import check_response_times
from support.sessions import cancel_session, move_session, plan_session, remind_of_sessions
from support.tickets import close_ticket, hand_over, reopen_ticket, take_ticket
from support.undelivered import resume_undelivered
from support.work import log_work
from tests.making import make_user
from tests.support import mailing
from tests.support.calling import missed, with_number
from tests.support.making import NOW, TRAINING, opened, placed
from tests.support.making import sent as sent_quote
from tests.support.offering import draft
from tests.support.office import pdf

TEMPLATES = {f"support/{path.stem}" for path in Path(site.BASE_DIR, "templates/support/mail").glob("*.txt")}
LETTERS = {
    name
    for name, write in inspect.getmembers(letters, inspect.isfunction)
    if write.__module__ == letters.__name__
    and name[0] != "_"
    and "now" in inspect.signature(write).parameters
}
LANGUAGES = [("en", "English"), ("es-mx", "Spanish"), ("it", "Italian")]
# What is over leads nowhere; an answer stands in its mail, and a reply to that continues it.
WITHOUT_LINK = {"support/offer_withdrawn", "support/quote_withdrawn", "support/ticket_answered"}
HOUR = timedelta(hours=1)
# What a template leaves where something is missing in it, or what another language has left of ours.
GAPS = re.compile(r"  |None\b|\{\{|\{%|%\(|“\s*”|\(\)|\[\]| [.,:;]|: $|:\Z|\n\n\n|^- ?$", re.M)
OURS = re.compile(r"\b(the|and|you|your|with|is|was|of|we|it|on)\b", re.I)


def agree(cast):
    said = {"title": "Website", "text": "Web.", "signed_on": NOW.date(), "document": pdf(), "now": NOW}
    for signed_by in ("Anna Bianchi", ""):
        agreement = record_agreement(
            client=cast.studio, lines=[TRAINING], signed_by=signed_by, by=cast.desk_lead, **said
        )
    lines = [line_of(line) for line in agreement.current.lines.all()]
    change(agreement=agreement, text="Web 2.", lines=lines, why="Web 2.", by=cast.desk_lead, now=NOW + HOUR)
    quotes = [sent_quote(cast.studio, cast.consultant) for _each in range(4)]
    accept_quote(quote=quotes[0], by=cast.anna, price_seen_cents=quotes[0].price_cents, now=NOW)
    withdraw_quote(quote=quotes[1], reason="Web 3.", by=cast.consultant, now=NOW)
    for quote, reason in ((quotes[2], ""), (quotes[3], "Web 4.")):
        decline_quote(quote=quote, reason=reason, by=cast.anna, now=NOW)
    allowance = Allowance.objects.filter(client=cast.studio, what="Website").latest("pk")
    extend_allowance(allowance=allowance, until=date(2028, 1, 1), reason="Web.", by=cast.desk_lead, now=NOW)


def offer_more(cast):
    """With a ticket that an offer is for, and without one."""
    agreement = cast.studio.agreements.earliest("pk")
    for ticket in (None, opened(cast.studio, cast.anna)):
        offers = [
            send_offer(offer=draft(agreement, cast.consultant, ticket=ticket), by=cast.consultant, now=NOW)
            for _each in range(5)
        ]
        for offer in offers[:2]:
            accept_offer(offer=offer, by=cast.anna, price_seen_cents=offer.price_cents, now=NOW)
        cast.bank.tell(pay_offer(offer=offers[0], by=cast.anna, now=NOW), "paid", at=NOW)
        offers[0].refresh_from_db()
        issue_credit_note(
            invoice=offers[0].prepayment.invoice,
            amount_cents=145_000,
            reason="Web.",
            by=cast.finance,
            now=NOW,
        )
        withdraw_offer(offer=offers[2], reason="Web.", by=cast.consultant, now=NOW)
        for offer, reason in ((offers[3], ""), (offers[4], "Web.")):
            decline_offer(offer=offer, reason=reason, by=cast.anna, now=NOW)


def meet(cast):
    said = {
        "kind": "training",
        "about": "Website",
        "minutes": 90,
        "consultant": cast.consultant,
        "by": cast.desk_lead,
    }
    for where in ("", "Roma"):
        session = plan_session(
            agreement=cast.studio.agreements.earliest("pk"),
            starts_at=NOW + 30 * HOUR,
            where=where,
            now=NOW,
            **said,
        )
        for reason, hours in (("", 26), ("Roma.", 24)):
            move_session(
                session=session, starts_at=NOW + hours * HOUR, reason=reason, by=cast.consultant, now=NOW
            )
        remind_of_sessions(now=NOW + HOUR)
        cancel_session(session=session, reason="Roma.", by=cast.consultant, now=NOW + HOUR)


def use_up(cast):
    for unit, almost in (("minutes", 90), ("interventions", 9)):
        allowance = open_allowance(
            client=cast.studio,
            what="Web",
            unit=unit,
            amount=almost + almost // 9,
            now=NOW,
            by=cast.desk_lead,
            starts_on=NOW.date(),
            cause=f"test:{unit}",
        )
        ticket = opened(cast.studio, cast.anna)
        for amount in (almost, almost // 9):
            log_work(
                ticket=ticket, amount=amount, unit=unit, done="Web.", by=cast.consultant, now=NOW,
                form_id=uuid.uuid4(), allowance=allowance, more=True,
            )  # fmt: skip


def answer(cast):
    """Asked on the web and by mail; answered, handed over, asked again, closed; and one answer came back."""
    mailing.write(text="Web?")
    ticket = opened(cast.studio, cast.anna, text="Web?")
    for files in ([], [NewFile("plan.txt", b"...")]):
        answer_ticket(ticket=ticket, text="Web.", by=cast.consultant, now=NOW, files=files)
    take_ticket(ticket=ticket, by=cast.consultant, now=NOW)
    for to, by, why in ((cast.desk_lead, cast.consultant, ""), (cast.consultant, cast.desk_lead, "Web.")):
        hand_over(ticket=ticket, to=to, by=by, why=why, now=NOW)
    ask_again(ticket=ticket, text="Web?", channel="web", by=cast.anna, at=NOW, now=NOW)
    answer_ticket(ticket=ticket, text="Web.", by=cast.consultant, now=NOW + HOUR)
    close_ticket(ticket=placed(ticket), by=cast.consultant, now=NOW + HOUR)
    reopen_ticket(ticket=ticket, by=cast.consultant, now=NOW + HOUR)
    late = opened(cast.studio, cast.anna)
    lost = answer_ticket(ticket=late, text="Web.", by=cast.consultant, now=NOW + HOUR)
    OutgoingMail.objects.filter(cause=f"message:{lost.public_id}").update(state="sent", bounced_at=NOW + HOUR)
    resume_undelivered(now=NOW + 2 * HOUR)


def ask(cast):
    """By somebody without an account, whom nobody knows until a cast.consultant says whose question it is."""
    said = {"name": "Eva", "subject": "Contacto", "language": cast.studio.language, "network": "192.0.2.1"}
    for number in range(2):
        question = ask_question(
            form_id=uuid.uuid4(), email=f"eva{number}@example.com", text="La primera llamada", now=NOW, **said
        )
        confirm_question(ticket=question, now=NOW)
    link_to_client(ticket=question, client=cast.studio, by=cast.consultant, now=NOW)
    mailing.write("Ugo <ugo@example.com>", number=2, text="Web?")


def call(cast):
    with_number(cast.studio)
    make_user("phone@example.com")
    ticket = missed(cast.consultant).ticket
    call_back(ticket=ticket, outcome="mail_sent", by=cast.consultant, now=NOW + HOUR)
    OutgoingMail.objects.filter(kind="support/we_called").update(state="sent", bounced_at=NOW + HOUR)
    resume_undelivered(now=NOW + 2 * HOUR)
    withheld = missed(cast.consultant, "", client=cast.studio).ticket
    call_back(ticket=withheld, outcome="mail_sent", by=cast.consultant, now=NOW + HOUR)


def be_late(cast):
    """Of one ticket that somebody has taken and one that nobody has: first they are due soon, then late."""
    take_ticket(ticket=opened(cast.studio, cast.anna), by=cast.consultant, now=NOW)
    opened(cast.studio, cast.anna)
    for hours in (7, 48):
        check_response_times(now=NOW + hours * HOUR)


STORY = (agree, offer_more, meet, use_up, answer, ask, call, be_late)


@pytest.fixture(params=[code for code, _name in LANGUAGES])
def language(request, settings):
    # Whoever writes to us for the first time is answered in the site's language.
    settings.PUBLIC_LANGUAGE = request.param
    settings.LANGUAGES = LANGUAGES  # Whatever the site's own are, each mail is there in these.
    return request.param


@pytest.fixture
def written(monkeypatch):
    """The letters that the code has written, by their functions' names."""
    names = set()

    def noted(name, write):
        def writing(*args, **kwargs):
            names.add(name)
            return write(*args, **kwargs)

        return writing

    for name in LETTERS:
        monkeypatch.setattr(letters, name, noted(name, getattr(letters, name)))
    return names


@pytest.fixture
def mails(language, written, studio, anna, agreement, consultant, desk_lead, bank, finance, private_files):
    cast = SimpleNamespace(
        studio=studio, anna=anna, consultant=consultant, desk_lead=desk_lead, bank=bank, finance=finance
    )
    for each in (studio, anna, consultant, desk_lead):
        each.language = language
        each.save()
    OutgoingMail.objects.all().delete()
    for part in STORY:
        part(cast)
    return list(OutgoingMail.objects.filter(kind__startswith="support/").order_by("pk"))


def in_full(mail):
    return f"{mail.subject}\n\n{mail.text}"


def links_of(mail):
    return re.findall(rf"{re.escape(site.SITE_URL)}\S*", mail.text)


def faults(mail, language):
    """What a reader would stumble over, in words."""
    said = in_full(mail)
    for link in links_of(mail):
        said = said.replace(link, "@")
    if found := GAPS.search(said):
        yield f"a gap: {found.group()!r}"
    if not 8 <= len(mail.subject) <= 100:
        yield f"a subject of {len(mail.subject)} characters"
    if mail.language != language:
        yield f"in {mail.language}"
    if language != "en" and (english := OURS.search(said)):
        yield f"English: {english.group()!r}"


def test_every_mail_is_whole_and_leads_its_reader_on(mails, language, written, client_of):
    assert {mail.kind for mail in mails} == TEMPLATES
    assert written == LETTERS
    found = {(mail.kind, fault, in_full(mail)) for mail in mails for fault in faults(mail, language)}
    browsers = {user.email: client_of(user) for user in User.objects.all()}
    # One of each is enough to open.
    for mail in {(mail.kind, mail.recipient, bool(links_of(mail))): mail for mail in mails}.values():
        browser, links = browsers.get(mail.recipient) or Client(), links_of(mail)
        if not links and mail.kind not in WITHOUT_LINK:
            found.add((mail.kind, "no link", in_full(mail)))
        for link in links:
            status = browser.get(link.removeprefix(site.SITE_URL)).status_code
            if status != 200:
                found.add((mail.kind, f"{link} for {mail.recipient}: {status}", ""))
    assert found == set()
