"""A lapse that is told while its invoice is being paid: the last word is what is so."""

import threading

import pytest

from billing import subscriptions
from billing.models import Invoice
from billing.subscriptions import note_lapses
from mail.models import OutgoingMail
from profiles.models import Professional
from tests.billing.paying import books_broken
from tests.billing.test_at_once import without_row_locks
from tests.making import at, contract, make_pro, pay
from tests.together import together

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]
TOLD, PAID = "billing/plan_lapsed", "billing/payment_received"


def paid_while_it_is_told(monkeypatch, moment):
    """The job has looked, and waits before it tells: for the payment to be through, or for a while."""
    contract(make_pro(), paid=False)
    looked, paid = threading.Event(), threading.Event()
    real = subscriptions._note

    def wait_for_the_payment(*args, **said):
        looked.set()
        paid.wait(timeout=2)
        return real(*args, **said)

    monkeypatch.setattr(subscriptions, "_note", wait_for_the_payment)

    def pay_it():
        looked.wait(timeout=20)
        pay(Invoice.objects.get(), now=moment)
        paid.set()

    results = together(lambda: note_lapses(now=moment), pay_it)
    assert results == [1, None]
    return list(
        OutgoingMail.objects.filter(kind__in=[TOLD, PAID]).order_by("id").values_list("kind", flat=True)
    )


@pytest.mark.parametrize("day", ["2026-02-03", "2026-02-10"])
def test_paid_while_it_is_told_the_payment_is_told_after(monkeypatch, day):
    assert paid_while_it_is_told(monkeypatch, at(f"{day} 12:00")) == [TOLD, PAID]
    assert books_broken() == []


def test_without_the_lock_a_lapse_is_told_of_what_is_paid(monkeypatch):
    """Negative control."""
    without_row_locks(monkeypatch, Professional)
    assert paid_while_it_is_told(monkeypatch, at("2026-02-10 12:00")) == [PAID, TOLD]
