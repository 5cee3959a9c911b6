"""What a suspended business may still do, and what not, door by door (G19)."""

from datetime import date

import pytest
import time_machine
from django.urls import reverse

from base.errors import Refusal
from billing.payments import start_top_up
from billing.subscriptions import Cancelled, announce_renewals, cancel_plan, contract_plan, renew_plans
from guarantees import claims
from guarantees.by_mail import take_claim_mail
from guarantees.errors import GuaranteeError
from guarantees.later_jobs import tell_later_job
from guarantees.models import Claim
from guarantees.reminders import remind_of_guarantee
from mail import inbox
from mail.models import OutgoingMail
from marketplace import preferences
from marketplace.contacts import buy_contact, set_outcome
from marketplace.diary import write_diary
from marketplace.directory import is_public
from marketplace.matching import announce_lead, send_digests
from marketplace.questions import answer_question, ask_question
from marketplace.returns import ask_return, withdraw_return
from marketplace.reviews import answer_review, ask_earlier_client, ask_homeowner
from marketplace.reviews.reminders import remind_of_reviews
from profiles.suspensions import is_suspended, suspend
from tests import making
from tests.doors import WHEN, make_world, what_is_told
from tests.guarantees.claim_making import (
    DAY,
    LATER,
    approve,
    ask,
    confirm_all,
    fresh,
    make_claimable,
    make_draft,
    make_false,
    make_submitted,
    tell_story,
)
from tests.mail.messages import make_message
from tests.making import NOW
from tests.test_doors import DOORS, WHO

pytestmark = pytest.mark.django_db

# Address: (GET, POST) of a suspended business, where it is not what test_doors.py has. Everything else stays as it is:
# above all contacts, diary, returns, balance, invoices and statements. POST is sent empty.
CHANGED = {
    #                         nobody stranger pro member other_pro staff
    # Its own people see its page, and on it why nobody else does.
    "marketplace:professional": ("404 404 200 200 404 404", "405 405 405 405 405 405"),
    # A review is reported from that page, so by its own people alone.
    "marketplace:report_review": ("404 404 200 200 404 404", "404 404 200 200 404 404"),
    # Why, since when, what it does, and how to appeal.
    "guarantees:suspension": ("in open 200 200 on open", "in open 409 403 on open"),
}


def put_down(pro, by=None, *, now=LATER):
    return suspend(
        professional=pro,
        reason="Quejas de tres vecinos.",
        decided_by=by or making.make_staff("reviewer", email="who-suspends@quince.example"),
        now=now,
    )


def test_every_door_stays_as_it_was_but_these():
    """As its owner, a member, and everybody else: signing in and what it holds stay, its public page is gone."""
    with time_machine.travel(WHEN, tick=False):
        world = make_world()
        put_down(world.people["pro"].owned_business, now=WHEN)
        told = what_is_told(world, WHO, DOORS)
    assert {name: told[name] for name in told if told[name] != DOORS[name]} == CHANGED


# What it may not do: by whom it is refused, and what it is told.


def buys(pro):
    lead = making.make_lead(now=LATER)
    buy_contact(professional=pro, lead=lead, price_seen_cents=lead.price_cents, now=LATER)


def contracts_again(pro):
    plan = making.make_plan("basic")
    contract_plan(professional=pro, plan=plan, price_seen_cents=plan.price_cents, now=LATER)


def tops_up(pro):
    start_top_up(professional=pro, amount_cents=50_000, by=pro.owner, now=LATER)


def asks_an_earlier_client(pro):
    ask_earlier_client(
        professional=pro, name="Eva", email="eva@example.com", language="es-mx", by=pro.owner, now=LATER
    )


def begins_a_claim(pro):
    claims.begin_claim(professional=pro, by=pro.owner, now=LATER)


MAY_NOT = [buys, contracts_again, tops_up, asks_an_earlier_client, begins_a_claim]


@pytest.mark.parametrize("deed", MAY_NOT)
def test_it_may_not(deed, pro, settings):
    """And it may again when that is lifted: nothing else was in the way."""
    settings.DEMO, settings.PAYMENT_GATEWAY = True, "test"
    make_claimable(pro)
    put_down(pro)
    mails = OutgoingMail.objects.filter(recipient__in=[pro.owner.email, "eva@example.com"])
    before = mails.count()
    with pytest.raises(Refusal) as refused:
        deed(pro)
    assert refused.value.code == "suspended"
    assert "suspended" in str(refused.value)
    assert mails.count() == before
    pro.suspensions.update(lifted_at=LATER, lifted_by=making.make_staff("appeals"), lift_reason="No era así.")
    if deed is contracts_again:
        pro.periods.update(ends_on=date(2026, 2, 1))
    deed(pro)


def test_a_draft_begun_before_cannot_be_submitted_and_says_so(pro, client_of, time_machine):
    draft = make_draft(pro)
    put_down(pro)
    time_machine.move_to(LATER, tick=False)
    with pytest.raises(GuaranteeError) as refused:
        claims.submit_claim(claim=draft, by=pro.owner, now=LATER)
    assert [each.code for each in refused.value.problems] == ["not_suspended"]
    page = client_of(pro).post(reverse("guarantees:claim_submit"))
    assert (page.status_code, Claim.objects.get().state) == (409, "draft")
    assert "Your business is suspended" in page.content.decode()


def test_a_claim_that_is_open_is_not_paid_and_its_owner_is_told(pro, reviewer, other_reviewer):
    claim = confirm_all(make_submitted(pro), reviewer)
    put_down(pro, other_reviewer)
    with pytest.raises(GuaranteeError) as refused:
        approve(claim, reviewer)
    assert refused.value.problems == () and refused.value.code == "requirement_failing"
    assert (
        OutgoingMail.objects.filter(kind="guarantees/claim_problem", recipient=pro.owner.email).count() == 1
    )


def test_a_mail_to_the_claims_address_opens_nothing(pro):
    make_claimable(pro)
    put_down(pro)
    raw = make_message(sender=pro.owner.email, to="garantia@quince.example")
    mail = inbox.receive(raw, recipient="garantia@quince.example", received_at=LATER, by="pipe", now=LATER)
    taken = take_claim_mail(mail, by=None, now=LATER)
    assert (taken.why, Claim.objects.count()) == ("suspended", 0)


def test_its_plan_is_neither_announced_nor_renewed(pro):
    making.contract(pro)  # A month, to 9 February.
    put_down(pro, now=NOW + DAY)
    last = making.at("2026-02-09 12:00")
    assert announce_renewals(now=last - 2 * DAY) == announce_renewals(now=last) == 0
    assert pro.periods.count() == 1


def test_its_plan_is_not_renewed_though_that_was_announced(pro, other_pro):
    """The other one's is, on the same day."""
    for each in (pro, other_pro):
        making.contract(each)  # A month, to 9 February.
    last = making.at("2026-02-09 12:00")
    assert announce_renewals(now=last - 3 * DAY) == 2
    put_down(pro, now=last - DAY)
    assert renew_plans(now=last + DAY) == 1
    assert (pro.periods.count(), other_pro.periods.count()) == (1, 2)


def test_it_is_nowhere_in_public_and_no_new_request_reaches_it(pro, other_pro, reviewer):
    for each in (pro, other_pro):
        make_claimable(each)
        preferences.save_preferences(
            professional=each,
            categories=[making.make_category()],
            provinces=None,
            mails="daily" if each is pro else "at_once",
            monthly_limit_cents=None,
            now=LATER,
        )
    assert is_public(pro, LATER.date())
    put_down(pro, reviewer)
    put_down(other_pro, reviewer)
    assert not is_public(pro, LATER.date())
    before = OutgoingMail.objects.filter(recipient__in=[pro.owner.email, other_pro.owner.email]).count()
    announce_lead(lead=making.make_lead(now=LATER + DAY), now=LATER + DAY)
    send_digests(now=LATER + 2 * DAY)
    remind_of_guarantee(now=making.at("2026-04-18 12:00"))
    assert (
        OutgoingMail.objects.filter(recipient__in=[pro.owner.email, other_pro.owner.email]).count() == before
    )


def test_those_whom_it_had_asked_for_a_review_are_not_reminded(pro):
    make_claimable(pro)
    ask_earlier_client(
        professional=pro, name="Eva", email="eva@example.com", language="es-mx", by=pro.owner, now=LATER
    )
    put_down(pro, now=LATER + DAY)
    assert remind_of_reviews(now=LATER + 6 * DAY) == 0


# What it still may do: each ends without a refusal, and has happened.


def test_it_goes_on_with_the_contacts_that_it_bought(pro, moderator):
    contact, other, third = make_claimable(pro)
    put_down(pro)
    write_diary(contact=contact, kind="call", happened_at=LATER, text="Le llamé.", by=pro.owner, now=LATER)
    set_outcome(contact=contact, outcome="lost", lost_reason="price", by=pro.owner, now=LATER)
    asked = ask_return(
        contact=other, reason="duplicate", explanation="Ya la teníamos.", by=pro.owner, now=other.bought_at
    )
    withdraw_return(return_request=asked, by=pro.owner, now=other.bought_at)
    question = ask_question(contact=contact, text="¿Cuándo pueden venir?", now=LATER)
    answer_question(question=question, text="El martes.", by=pro.owner, now=LATER)
    assert ask_homeowner(contact=third, by=pro.owner, now=LATER).sent_at == LATER
    answer_review(review=pro.reviews.first(), text="Gracias.", by=pro.owner, now=LATER)


def test_it_answers_for_a_claim_that_is_open_and_takes_it_back(pro, reviewer, other_reviewer):
    """The right of reply does not end with a suspension for another cause (G16, G17)."""
    claim = make_submitted(pro)
    put_down(pro, other_reviewer)
    (question,) = ask(claim, reviewer, 2, purpose="information", now=LATER)
    claims.answer_question(question=question, answer="Fue el martes.", by=pro.owner, now=LATER)
    assert claims.withdraw_claim(claim=fresh(claim), by=pro.owner, now=LATER).state == "withdrawn"


def test_it_writes_on_at_a_draft_and_its_mail_joins_it(pro):
    """The stories stay with the contacts, and the day of the mail may yet count (G11, G12)."""
    draft = make_draft(pro, told=False)
    put_down(pro)
    tell_story(draft, pro.contacts.first(), now=LATER)
    raw = make_message(sender=pro.owner.email, to="garantia@quince.example")
    mail = inbox.receive(raw, recipient="garantia@quince.example", received_at=LATER, by="pipe", now=LATER)
    assert take_claim_mail(mail, by=None, now=LATER).cause == f"claim:{draft.public_id}"


def test_it_pays_what_it_owes_keeps_its_balance_and_tells_of_a_later_job(pro, reviewer, other_reviewer):
    claim = confirm_all(make_submitted(pro), reviewer)
    approve(claim, reviewer)
    put_down(pro, other_reviewer)
    before = making.fund(pro, 10_000, now=LATER).balance_cents  # A transfer that came all the same.
    contact = claim.items.get(position=1).contact
    tell_later_job(contact=contact, by=pro.owner, taken_seen_cents=contact.price_cents, now=LATER)
    pro.wallet.refresh_from_db()
    assert pro.wallet.balance_cents == before - contact.price_cents
    assert cancel_plan(subscription=pro.subscriptions.get(), by=pro.owner, now=LATER) == Cancelled.TOLD


def test_an_invoice_past_due_is_paid(other_pro):
    subscription = making.contract(other_pro, paid=False)
    put_down(other_pro)
    invoice = subscription.periods.get().invoice
    making.pay(invoice, now=LATER)
    invoice.refresh_from_db()
    assert invoice.paid_on == LATER.date()


# By staff, in the office


def test_staff_suspend_with_a_reason_and_the_owner_is_told_at_once(pro, client_of, reviewer, time_machine):
    time_machine.move_to(LATER, tick=False)
    browser = client_of(reviewer)
    address = reverse("admin:profiles_professional_suspend", args=[pro.pk])
    assert (
        address in browser.get(reverse("admin:profiles_professional_change", args=[pro.pk])).content.decode()
    )
    assert browser.post(address, {"reason": " "}).status_code == 409
    assert not is_suspended(pro) and not OutgoingMail.objects.exists()
    for _ in range(2):  # Pressed twice.
        assert browser.post(address, {"reason": "Quejas de tres vecinos."}).status_code == 302
    suspension = pro.suspensions.get()
    assert (suspension.decided_by, suspension.suspended_at) == (reviewer, LATER)
    mail = OutgoingMail.objects.get()
    assert (mail.recipient, mail.subject) == (pro.owner.email, "Reformas Hidalgo has been suspended")
    for fact in (
        "from Feb. 23, 2026 on",
        "Quejas de tres vecinos.",
        "your public page is hidden",
        "you keep your balance",
        "apelaciones@quince.example",
        "http://127.0.0.1:8000/guarantee/suspension/",
    ):
        assert fact in mail.text, fact


def test_only_reviewers_suspend_and_none_their_own_business(pro, client_of, moderator, appeals, reviewer):
    address = reverse("admin:profiles_professional_suspend", args=[pro.pk])
    for who in (moderator, appeals):
        assert client_of(who).post(address, {"reason": "Quejas."}).status_code == 403
    pro.members.add(reviewer)
    assert client_of(reviewer).post(address, {"reason": "Quejas."}).status_code == 409
    assert not is_suspended(pro)


def test_the_decision_on_a_claim_tells_in_one_mail_of_both(pro, reviewer):
    claim = make_false(pro, reviewer)
    told = OutgoingMail.objects.filter(recipient=pro.owner.email, written_at=LATER)
    assert [mail.kind for mail in told] == ["guarantees/claim_rejected_as_false"]
    for fact in ("is suspended since Feb. 23, 2026", "you keep your balance", str(claim.public_id)):
        assert fact in told.get().text, fact
