"""The mails of billing: what they say, to whom, in which language."""

from datetime import date

import pytest
from django.utils import translation
from django.utils.formats import date_format

from billing.credit_notes import issue_credit_note
from billing.models import Customer, Invoice
from billing.subscriptions import (
    Cancelled,
    announce_renewals,
    cancel_plan,
    keep_plan,
    note_lapses,
    plan_in_force,
    renew_plans,
)
from mail.models import OutgoingMail
from tests.billing.paying import pay_online, take_back
from tests.making import NOW, at, contract, fund, pay, renew


def mail_of(kind):
    return OutgoingMail.objects.get(kind=f"billing/{kind}")


def test_contracting_says_the_dates_the_invoice_and_how_to_stop(pro):
    contract(pro, paid=False)
    mail = mail_of("plan_contracted")
    assert (mail.recipient, mail.subject) == ("pro@example.com", "You have contracted the plan Basic")
    for said in (
        "Jan. 10, 2026",
        "Feb. 9, 2026",
        "Q-2026-000001",
        "MX$499.00",
        "Jan. 17, 2026",
        "3 days before",
    ):
        assert said in mail.text
    assert f"/account/invoices/{Invoice.objects.get().public_id}/" in mail.text


def test_the_announcement_says_when_for_how_much_and_until_when_to_cancel(pro):
    contract(pro)
    announce_renewals(now=at("2026-02-06 12:00"))
    mail = mail_of("renewal_notice")
    assert mail.subject == "Your plan Basic renews on Feb. 10, 2026"
    for said in (
        "runs until Feb. 9, 2026",
        "for MX$499.00",
        "cancel by the end of Feb. 9, 2026",
        "/account/",
    ):
        assert said in mail.text


def test_the_renewal_brings_its_invoice(pro):
    contract(pro)
    renew(now=at("2026-02-10 00:05"))
    mail = mail_of("plan_renewed")
    assert mail.subject == "Your plan Basic is renewed until March 9, 2026"
    for said in ("from Feb. 10, 2026 to March 9, 2026", "Q-2026-000002", "Feb. 17, 2026", "You can cancel"):
        assert said in mail.text


def test_cancelling_says_until_when_each_time_it_is_cancelled(pro):
    subscription = contract(pro)
    cancel_plan(subscription=subscription, by=pro.owner, now=NOW)
    assert mail_of("plan_cancelled").subject == "Your plan Basic ends on Feb. 9, 2026"
    keep_plan(subscription=subscription, by=pro.owner, now=NOW)
    cancel_plan(subscription=subscription, by=pro.owner, now=NOW)
    assert OutgoingMail.objects.filter(kind="billing/plan_cancelled").count() == 2


def test_cancelled_by_staff_it_says_so_and_why(pro, finance):
    cancel_plan(subscription=contract(pro), by=finance, now=NOW, staff_reason=" Asked for <by> telephone. ")
    text = mail_of("plan_cancelled").text
    assert "We have cancelled the plan Basic of Reformas Hidalgo." in text
    assert "The reason: Asked for <by> telephone." in text
    assert "You have cancelled" not in text


def test_a_lapse_says_why_and_how_to_come_back(pro):
    contract(pro, paid=False)
    note_lapses(now=at("2026-02-01 00:05"))
    mail = mail_of("plan_lapsed")
    for said in ("Q-2026-000001", "was due on Jan. 17, 2026", "more than 14 days", "until Feb. 9, 2026"):
        assert said in mail.text


def test_a_lapse_for_an_earlier_period_promises_the_last_day_of_the_plan(test_gateway, pro):
    """January's payment disputed after the renewal: the plan runs until 9 March."""
    contract(pro, paid=False)
    payment = pay_online(test_gateway, Invoice.objects.get(), date(2026, 1, 11))
    renew(now=at("2026-02-10 00:05"))
    take_back(test_gateway, payment, date(2026, 2, 11))
    note_lapses(now=at("2026-02-26 00:05"))
    text = mail_of("plan_lapsed").text
    assert "Pay the invoice and the plan is in force again from that day, until March 9, 2026." in text


def test_a_lapse_that_is_told_after_the_last_day_promises_none(pro):
    """The worker was down until then."""
    contract(pro, paid=False)
    note_lapses(now=at("2026-02-10 00:05"))
    text = mail_of("plan_lapsed").text
    assert "Its days have passed, so paying does not bring it back. The invoice is still owed;" in text
    assert "Feb. 9, 2026" not in text


@pytest.mark.parametrize("by_staff", [False, True])
def test_cancelling_what_is_lapsed_does_not_say_that_it_stays_in_force(pro, finance, by_staff):
    subscription = contract(pro, paid=False)
    said = {"by": finance, "staff_reason": "Asked for."} if by_staff else {"by": pro.owner}
    assert cancel_plan(subscription=subscription, now=at("2026-02-03 12:00"), **said) == Cancelled.TOLD
    mail = mail_of("plan_cancelled")
    assert mail.subject == "Your plan Basic is cancelled"
    assert ("We have cancelled the plan Basic" in mail.text) is by_staff
    assert ("You have cancelled the plan Basic" in mail.text) is not by_staff
    assert ("The reason: Asked for." in mail.text) is by_staff
    assert "It stays in force" not in mail.text and "you can keep the plan" not in mail.text
    assert "It is lapsed, because MX$499.00 of invoice Q-2026-000001 are not paid" in mail.text
    assert "it is in force again until Feb. 9, 2026" in mail.text
    pay(Invoice.objects.get(), now=at("2026-02-04 12:00"))
    assert plan_in_force(pro, date(2026, 2, 9)) and not plan_in_force(pro, date(2026, 2, 10))


def test_what_cancelling_came_to_is_said(pro):
    subscription = contract(pro)
    said = {"subscription": subscription, "by": pro.owner}
    assert cancel_plan(**said, now=NOW) == Cancelled.TOLD
    assert cancel_plan(**said, now=NOW) == Cancelled.BEFORE


@pytest.mark.parametrize(
    ("day", "restored"), [("2026-01-31", False), ("2026-02-01", True), ("2026-02-10", False)]
)
def test_a_receipt_says_that_the_plan_is_back_only_if_it_is(pro, day, restored):
    contract(pro, paid=False)
    pay(Invoice.objects.get(), now=at(f"{day} 12:00"))
    mail = mail_of("payment_received")
    assert mail.subject == "We have received your payment of invoice Q-2026-000001"
    assert ("in force again, until Feb. 9, 2026" in mail.text) is restored


@pytest.mark.parametrize(("announced", "until"), [(False, "Feb. 16, 2026"), (True, "March 9, 2026")])
@pytest.mark.parametrize("credited", [False, True])
def test_back_in_force_before_the_jobs_have_run_it_promises_the_day_that_they_will_write(
    pro, settings, announced, until, credited
):
    """Its last day was 9 February, and it lapsed on the 12th: it had gone on, unwritten."""
    settings.INVOICE_DUE_DAYS = 18
    contract(pro, paid=False)
    if announced:
        announce_renewals(now=at("2026-02-06 12:00"))
    back = at("2026-02-13 12:00")
    if credited:
        issue_credit_note(invoice=Invoice.objects.get(), reason="Cortesía.", by=None, now=back)
    else:
        pay(Invoice.objects.get(), now=back)
    kind = "billing/credit_note" if credited else "billing/payment_received"
    assert f"in force again, until {until}" in OutgoingMail.objects.get(kind=kind).text
    announce_renewals(now=back)
    renew_plans(now=back)
    with translation.override("en"):
        assert date_format(pro.subscriptions.get().runs_until, "DATE_FORMAT") == until


def test_a_top_up_says_the_new_balance(pro):
    fund(pro, 10_000)
    fund(pro, 2_550)
    mail = OutgoingMail.objects.filter(kind="billing/top_up_received").order_by("id").last()
    assert mail.subject == "MX$25.50 are on your balance"
    assert "which is now MX$125.50" in mail.text


def test_what_is_invoiced_goes_to_the_bookkeeper_too(pro):
    contract(pro)
    Customer.objects.update(email="books@example.com")
    renew(now=at("2026-02-10 00:05"))
    renewed = OutgoingMail.objects.filter(kind="billing/plan_renewed").order_by("recipient")
    assert [mail.recipient for mail in renewed] == ["books@example.com", "pro@example.com"]
    cancel_plan(subscription=pro.subscriptions.get(), by=pro.owner, now=NOW)
    assert mail_of("plan_cancelled").recipient == "pro@example.com"


def test_the_same_address_in_other_letters_is_the_same_address(pro):
    contract(pro)
    Customer.objects.update(email="Pro@Example.com")
    renew(now=at("2026-02-10 00:05"))
    assert mail_of("plan_renewed").recipient == "pro@example.com"


def test_they_are_in_the_owners_language(pro):
    pro.owner.language = "es-mx"
    pro.owner.save()
    contract(pro)
    assert "Básico" in mail_of("plan_contracted").subject
    assert "Básico" in Invoice.objects.get().description
