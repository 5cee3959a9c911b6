"""What stands behind the product's addresses, and what those who knock are told. The table is test_doors.py; what
stands behind the office's addresses is office_doors.py."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from http.cookies import SimpleCookie
from typing import Any
from urllib.parse import urlsplit

from django.db import transaction
from django.http import HttpResponse
from django.test import Client
from django.urls import URLResolver, get_resolver, reverse

from tests import making
from tests.making import NOW, at
from tests.programs import make_key

WHEN = at("2026-02-12 12:00")  # The fifteen contacts can be claimed since the day before.


@dataclass(frozen=True)
class World:
    """One business that can claim, what belongs to it, and who knocks."""

    people: dict[str, Any]
    args: dict[str, list[Any]] = field(default_factory=dict)


def make_world() -> World:
    from base import links
    from billing.credit_notes import issue_credit_note
    from guarantees import reminder_choices
    from guarantees.claims import begin_claim, withdraw_claim
    from marketplace import preferences
    from marketplace.attempts import begin_attempt
    from marketplace.homeowners import token_of
    from marketplace.lead_photos import attach, keep_photo
    from marketplace.models import ReviewRequest
    from marketplace.public_profile import address_part
    from marketplace.questions import ask_question
    from marketplace.returns import withdraw_return
    from marketplace.reviews import LINK_PURPOSE, STOP_PURPOSE, ask_earlier_client
    from profiles import members

    pro, other_pro = making.make_pro("Reformas Hidalgo"), making.make_pro("Pinturas Juárez")
    member, stranger = making.make_user("member@example.com"), making.make_user("stranger@example.com")
    contact, returnable, refunded = making.make_eligible(pro, now=NOW)[:3]
    refunded.refunded_at = WHEN
    refunded.save(update_fields=["refunded_at"])
    pro.members.add(member)
    ended = begin_claim(professional=pro, by=pro.owner, now=WHEN)
    withdraw_claim(claim=ended, by=pro.owner, now=WHEN)
    begin_claim(professional=pro, by=pro.owner, now=WHEN)
    lead = making.make_lead(now=WHEN)
    kept = keep_photo(making.picture(12), network="192.0.2.1", now=WHEN)
    attach(lead, [kept], WHEN)
    lead_photo = lead.photos.get().public_id
    attempt = begin_attempt(contact=contact, way="call", by=pro.owner, now=WHEN)
    given_back = making.ask_return_with_picture(returnable, now=returnable.bought_at)
    withdraw_return(return_request=given_back, by=pro.owner, now=returnable.bought_at)
    picture = given_back.evidence.get()
    project = pro.projects.get()
    photo = project.photos.all()[0]
    members.invite_member(professional=pro, email="invited@example.com", by=pro.owner, now=WHEN)
    ask_earlier_client(
        professional=pro, name="Eva", email="eva@example.com", language="es-mx", by=pro.owner, now=WHEN
    )
    asked = ReviewRequest.objects.get(email="eva@example.com")
    review_link = links.sign(LINK_PURPOSE, str(asked.public_id))
    question = ask_question(contact=contact, text="¿Cuándo pueden venir?", now=WHEN)
    survey_link = make_survey_link(contact, ended)
    people = {
        "nobody": None,
        "stranger": stranger,
        "pro": pro.owner,
        "member": member,
        "other_pro": other_pro.owner,
        "staff": making.make_staff("moderator", "reviewer", "appeals", "finance", "terms", "consultant"),
    }
    invoice = pro.customer.invoices.get()
    note = issue_credit_note(invoice=invoice, reason="Cobrado de más.", by=None, amount_cents=100, now=WHEN)
    of_review = [pro.reviews.filter(state="published")[0].public_id]
    key, _whole = make_key(pro.owner)
    of_contact, of_photo, of_project = [contact.public_id], [photo.public_id], [project.public_id]
    return World(
        people,
        {
            "account_reset_password_from_key": ["1", "forged-key"],
            "api:lead": [lead.public_id],
            "api:purchase": [lead.public_id],
            **{f"api:{name}": of_contact for name in ("contact", "outcome", "diary", "returns")},
            **{
                f"api:{name}": [ended.public_id]
                for name in ("claim", "submit_claim", "withdraw_claim", "stories")
            },
            "api:story": [ended.public_id, contact.public_id],
            "api:statement": [NOW.date().replace(day=1)],
            "profiles:revoke_key": [key.public_id],
            "billing:contract": ["year"],
            "billing:credit_note": [note.public_id],
            "billing:credit_note_pdf": [note.public_id],
            "billing:pay": [pro.customer.invoices.get().public_id],
            "billing:payment": [make_payment(pro).public_id],
            "billing:invoice": [invoice.public_id],
            "billing:invoice_pdf": [invoice.public_id],
            "billing:invoices_csv": [NOW.year],
            "billing:statement": [NOW.date().replace(day=1)],
            "billing:statement_csv": [NOW.date().replace(day=1)],
            "billing:statement_pdf": [NOW.date().replace(day=1)],
            "guarantees:answer": [ended.public_id],
            "guarantees:appeal": [ended.public_id],
            "guarantees:claim_status": [ended.public_id],
            "guarantees:claim_withdraw": [ended.public_id],
            "guarantees:stop_reminders": [
                links.sign(reminder_choices.LINK_PURPOSE, f"{pro.public_id}:claim")
            ],
            "guarantees:later_job": [refunded.public_id],
            "guarantees:survey": [survey_link],
            "guarantees:survey_answered": ["forged"],
            "mail:sent_mail": ["some"],
            "mail:sent_mail_html": ["some"],
            "marketplace:answer_review": of_review,
            "marketplace:add_evidence": of_contact,
            "marketplace:answer_question": [contact.public_id, question.public_id],
            "marketplace:ask_homeowner": of_contact,
            "marketplace:buy": [lead.public_id],
            "marketplace:confirm": [token_of(lead)],
            "marketplace:contact": of_contact,
            "marketplace:diary": of_contact,
            "marketplace:directory_of_category": [lead.category.slug],
            "marketplace:directory_of_pair": [lead.category.slug, lead.province.slug],
            "marketplace:homeowner": [token_of(lead)],
            "marketplace:evidence": [returnable.public_id, picture.public_id],
            "marketplace:homeowner_ask": [token_of(contact.lead), contact.public_id],
            "marketplace:homeowner_copy": [token_of(lead)],
            "marketplace:ask_again": [token_of(lead)],
            "marketplace:erase": [token_of(lead)],
            "marketplace:homeowner_data": [token_of(lead)],
            "marketplace:homeowner_job": [token_of(lead)],
            "marketplace:homeowner_new_link": [token_of(lead)],
            "marketplace:homeowner_photo": [token_of(lead), lead_photo, "image"],
            "marketplace:homeowner_review": [token_of(contact.lead), contact.public_id],
            "marketplace:homeowner_withdraw": [token_of(lead)],
            "marketplace:kept_photo": [kept.image_token],
            "marketplace:lead": [lead.public_id],
            "marketplace:lead_photo": [lead_photo, "image"],
            "marketplace:outcome": of_contact,
            "marketplace:professional": [address_part(pro)],
            "marketplace:reach": [*of_contact, "call"],
            "marketplace:reached": [*of_contact, attempt.public_id],
            "marketplace:remind": of_contact,
            "marketplace:return": of_contact,
            "marketplace:report_review": of_review,
            "marketplace:review_by_link": [review_link],
            "marketplace:review_thanks": [review_link],
            "marketplace:sitemap_section": ["directory"],
            "marketplace:settle": [*of_contact, attempt.public_id],
            "marketplace:summary": of_contact,
            "marketplace:stop_asking": [links.sign(STOP_PURPOSE, "a person")],
            "marketplace:stop_mails": [links.sign(preferences.LINK_PURPOSE, str(pro.public_id))],
            "marketplace:withdraw_return": of_contact,
            "media": [photo.image.name],
            "payment_webhook": ["test"],
            "sandbox": [make_payment(pro).public_id],
            **make_desk(pro),
            "profiles:join": [links.sign(members.PURPOSE, str(pro.invitations.get().public_id))],
            "profiles:photo": of_photo,
            "profiles:project": of_project,
            "profiles:project_photos": of_project,
            "profiles:remove_photo": of_photo,
            "profiles:remove_project": of_project,
        },
    )


def make_desk(pro: Any) -> dict[str, list[Any]]:
    """What the desk has agreed with a business, and proposes to it; the arguments of its own pages."""
    from billing.customers import customer_of
    from support.calls import log_call
    from support.clients import client_of
    from support.quotes import send_quote
    from tests.support.mailing import doors_of_mail
    from tests.support.meeting import doors_of_session
    from tests.support.office import make_agreement, make_draft, make_lead_of_the_desk, pdf

    lead, client = make_lead_of_the_desk(), client_of(customer_of(pro), WHEN)
    agreement = make_agreement(client, lead, document=pdf(), now=WHEN)
    quote = make_draft(client, lead, document=pdf(), now=WHEN)
    send_quote(quote=quote, by=lead, now=WHEN)
    of_quote = [quote.public_id]
    call = log_call(direction="in", outcome="missed", phone="", at=WHEN, now=WHEN, by=lead)
    of_offer = [make_sent_offer(client, lead).public_id]
    of_invoice = [make_paid_offer(client, lead).prepayment.invoice.public_id]
    return make_desk_ticket(client, agreement, pro.owner, lead) | {
        "support:call": [call.public_id],
        "support:link_call": [call.public_id],
        "support:offer": of_offer,
        "support:accept_offer": of_offer,
        "support:pay_offer": of_offer,
        "support:decline_offer": of_offer,
        "support:invoice": of_invoice,
        "support:invoice_pdf": of_invoice,
        "support:message_html": [make_mail_to_the_desk(pro).public_id],
        "support:agreement": [agreement.public_id],
        "support:agreement_document": [agreement.public_id, 1],
        "support:figures_csv": ["months"],
        "support:quote": of_quote,
        "support:quote_document": of_quote,
        "support:accept_quote": of_quote,
        "support:decline_quote": of_quote,
        **make_tickets(client, pro),
        **doors_of_session(agreement, lead, WHEN),
        **doors_of_mail(WHEN),
        "api:article": ["the-first-call"],
        "support:article": ["the-first-call"],
        "support:library_helpful": ["the-first-call"],
        "support:library_topic": ["contacts"],
    }


def make_desk_ticket(client: Any, agreement: Any, asker: Any, lead: Any) -> dict[str, list[Any]]:
    """A ticket with everything that a consultant's page of one leads to; the arguments of the desk's addresses."""
    import uuid

    from support.attachments import NewFile
    from support.models import Attachment, Ticket
    from support.replies import save_reply
    from support.tickets import open_ticket
    from support.work import log_work

    ticket = open_ticket(
        subject="Publishing", text="How?", channel=Ticket.Channel.MAIL, asked_at=WHEN, now=WHEN, client=client,
        asker=asker, email=asker.email, agreement=agreement, mail=make_parked_mail(),
        files=[NewFile("plan.txt", b"...")],
    )  # fmt: skip
    (work,) = log_work(
        ticket=ticket, amount=5, unit="minutes", done="Looked at it.", by=lead, now=WHEN, form_id=uuid.uuid4(),
        rest="courtesy",
    )  # fmt: skip
    reply = save_reply(title="Thanks", texts={"en": "Thank you."}, shared=True, by=lead, now=WHEN)
    of_ticket = [ticket.public_id]
    of_message = [ticket.public_id, ticket.messages.get().public_id]
    acts = ("answer", "note", "work", "take", "hand_over", "put_back", "place", "close", "reopen", "merge")
    acts += ("link", "unlink", "call", "looking", "ticket", "agreement", "make_offer", "plan_for_ticket")
    of_draft = [make_drafted_offer(client, lead, ticket=ticket).public_id]
    of_quotes = make_desk_quotes(client, lead)
    return (
        of_quotes
        | {f"support:desk_{name}": of_ticket for name in acts}
        | {
            "support:desk_file": [ticket.public_id, Attachment.objects.get(message__ticket=ticket).public_id],
            "support:desk_mail": of_message,
            "support:desk_agreement_of_client": [ticket.public_id, agreement.public_id],
            "support:desk_no_answer": of_message,
            "support:desk_take_back": [ticket.public_id, work.public_id],
            "support:desk_make_offer_for": [client.public_id],
            "support:desk_offer": of_draft,
            "support:desk_send_offer": of_draft,
            "support:desk_withdraw_offer": of_draft,
            "support:reply": [reply.public_id],
            "support:remove_reply": [reply.public_id],
        }
    )


def make_desk_quotes(client: Any, lead: Any) -> dict[str, list[Any]]:
    """A draft of a quote, and one that was sent; the arguments of the desk's addresses."""
    from support.quotes import send_quote
    from tests.support.office import make_draft, pdf

    of_draft = [make_draft(client, lead, document=pdf(), now=WHEN).public_id]
    sent = send_quote(quote=make_draft(client, lead, now=WHEN), by=lead, now=WHEN)
    return {
        "support:desk_make_quote": [client.public_id],
        "support:desk_quote": of_draft,
        "support:desk_quote_document": of_draft,
        "support:desk_send_quote": of_draft,
        "support:desk_withdraw_quote": of_draft,
        "support:desk_record_quote": [sent.public_id],
    }


def make_tickets(client: Any, pro: Any) -> dict[str, list[Any]]:
    """What a business has asked of the desk, and what somebody without an account has; each with a file."""
    from support.attachments import NewFile
    from support.models import Ticket
    from support.question_links import token_of
    from tests.support.making import opened

    file = [NewFile("plan.txt", b"...")]
    ticket = opened(client, pro.owner, files=file, now=WHEN)
    question = opened(
        None, None, kind=Ticket.Kind.QUESTION, email="eva@example.com", name="Eva", files=file, now=WHEN
    )
    of_ticket, of_question = [ticket.public_id], [token_of(question)]

    def file_of(ticket: Any) -> Any:
        return ticket.messages.get().attachments.get().public_id

    return {
        "api:messages": of_ticket,
        "api:ticket": of_ticket,
        "support:close_ticket": of_ticket,
        "support:confirm_question": of_question,
        "support:erase_question": of_question,
        "support:question": of_question,
        "support:question_file": [*of_question, file_of(question)],
        "support:rate_ticket": of_ticket,
        "support:reply_to_question": of_question,
        "support:say_more": of_ticket,
        "support:ticket": of_ticket,
        "support:ticket_file": [*of_ticket, file_of(ticket)],
    }


def make_drafted_offer(client: Any, by: Any, ticket: Any = None) -> Any:
    from support.offers import make_offer

    return make_offer(
        client=client, what="Website", unit="minutes", amount=60, price_cents=1000, valid_until=WHEN.date(),
        by=by, now=WHEN, ticket=ticket,
    )  # fmt: skip


def make_sent_offer(client: Any, by: Any) -> Any:
    from support.offers import send_offer

    return send_offer(offer=make_drafted_offer(client, by), by=by, now=WHEN)


def make_paid_offer(client: Any, by: Any) -> Any:
    """Accepted by the owner of the business, and paid by bank transfer."""
    from billing.prepayments import record_prepayment
    from support.offers import accept_offer

    owner = client.customer.professional.owner
    offer = accept_offer(offer=make_sent_offer(client, by), by=owner, price_seen_cents=1000, now=WHEN)
    record_prepayment(
        prepayment=offer.prepayment, amount_cents=1000, received_on=WHEN.date(), reference=offer.number, by=by,
        now=WHEN,
    )  # fmt: skip
    offer.prepayment.refresh_from_db()
    return offer


def make_mail_to_the_desk(pro: Any) -> Any:
    """What its owner has written to the desk by mail."""
    from mail import inbox
    from tests.mail.messages import make_message

    raw = make_message(sender=pro.owner.email, to="soporte@quince.example", message_id="<desk@example.com>")
    (mail,) = inbox.receive(raw, recipient="", received_at=WHEN, by=inbox.IncomingMail.Way.PIPE, now=WHEN)
    inbox.handle(mail.pk, now=WHEN)
    return mail.desk_message


def make_payment(pro: Any) -> Any:
    """A payment that was begun at the test gateway."""
    from billing.models import GatewayPayment

    return GatewayPayment.objects.create(
        professional=pro, purpose="top_up", amount_cents=50_000, currency="MXN", gateway="test",
        started_by=pro.owner, created_at=WHEN,
    )  # fmt: skip


def make_parked_mail() -> Any:
    """A mail to the claims address, with a file, that waits for a person."""
    from mail import inbox
    from tests.mail.messages import make_message

    raw = make_message(to="garantia@quince.example", attachments=[("foto.jpg", "image/jpeg", b"...")])
    (mail,) = inbox.receive(
        raw, recipient="", received_at=WHEN, by=inbox.IncomingMail.Way.PIPE, spam=True, now=WHEN
    )
    return mail


def make_survey_link(contact: Any, claim: Any) -> str:
    """What the homeowner of `contact` has by mail, as if `claim` had counted it."""
    from guarantees.models import ClaimItem, HomeownerSurvey
    from guarantees.survey import token_of

    item = ClaimItem.objects.create(
        claim=claim, contact=contact, position=1, price_cents=contact.price_cents, story="", ending="other"
    )
    return token_of(HomeownerSurvey.objects.create(item=item, sent_at=WHEN))


def addresses(resolver: URLResolver | None = None, namespaces: tuple[str, ...] = ()) -> Iterator[str]:
    """The names of all addresses; one without a name is called by its pattern."""
    for pattern in (resolver or get_resolver()).url_patterns:
        if isinstance(pattern, URLResolver):
            inside = (*namespaces, pattern.namespace) if pattern.namespace else namespaces
            yield from addresses(pattern, inside)
        else:
            yield ":".join([*namespaces, pattern.name or str(pattern.pattern)])


class Knocker:
    """A browser in which `user` (None: nobody) is signed in. Whatever a knock did is undone."""

    def __init__(self, user: Any) -> None:
        self.browser = Client(raise_request_exception=False)
        if user is not None:
            self.browser.force_login(user, "allauth.account.auth_backends.AuthenticationBackend")
        self.cookies = {name: morsel.value for name, morsel in self.browser.cookies.items()}

    def knock(self, address: str, method: str) -> str:
        """What is told there, in the table's words. POST is sent empty."""
        with transaction.atomic():
            response = getattr(self.browser, method.lower())(address)
            if response.streaming:
                # Read to its end, a file is closed; response.close() would close the database's connection too.
                b"".join(response.streaming_content)
            transaction.set_rollback(True)
        self.browser.cookies = SimpleCookie(self.cookies)
        return in_words(response)


def what_is_told(world: World, who: Iterable[str], names: Iterable[str]) -> dict[str, tuple[str, str]]:
    """What each of `who` is told at each address, as the table has it: a line for GET, and one for POST."""
    knockers = [Knocker(world.people[each]) for each in who]
    told = {}
    for name in names:
        address = reverse(name, args=world.args.get(name, []))
        get, post = (
            " ".join(knocker.knock(address, verb) for knocker in knockers) for verb in ("GET", "POST")
        )
        told[name] = (get, post)
    return told


def in_words(response: HttpResponse) -> str:
    """A status; or, of one that sends elsewhere: "in" (to sign in), "open" (to open a business), "on"."""
    if response.status_code not in (301, 302, 303, 307):
        return str(response.status_code)
    path = urlsplit(response.headers["Location"]).path
    return {reverse("account_login"): "in", reverse("profiles:open"): "open"}.get(path, "on")
