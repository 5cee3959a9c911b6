"""Nobody is written to for a business that was closed, whatever still goes on about it (X3, X5)."""

from datetime import timedelta

from billing.credit_notes import issue_credit_note
from billing.dunning import remind_of_invoices
from billing.models import Invoice, InvoiceReminder
from billing.subscriptions import note_lapses
from mail.models import OutgoingMail
from marketplace.models import ReviewRequest
from marketplace.reviews import ask_earlier_client, remind_of_reviews
from profiles.closing import close_account
from tests.making import NOW, contract


def test_no_reminder_of_an_invoice_or_a_review_and_no_receipt(pro, finance):
    contract(pro)
    ask_earlier_client(
        professional=pro, name="Eva Ruiz", email="eva@example.com", language="es-mx", by=pro.owner, now=NOW
    )
    contract_unpaid = Invoice.objects.get()
    Invoice.objects.update(paid_on=None)
    close_account(user=pro.owner, now=NOW + timedelta(days=1))
    written = set(OutgoingMail.objects.values_list("pk", flat=True))

    done = [
        (remind_of_invoices(now=now), remind_of_reviews(now=now), note_lapses(now=now))
        for now in (NOW + timedelta(days=day) for day in range(2, 40))
    ]
    issue_credit_note(
        invoice=contract_unpaid,
        reason="Goodwill",
        amount_cents=None,
        by=finance,
        now=NOW + timedelta(days=40),
    )

    assert {(invoices, reviews) for invoices, reviews, _lapses in done} == {(0, 0)}
    assert set(OutgoingMail.objects.values_list("pk", flat=True)) == written
    assert not InvoiceReminder.objects.exists()
    assert ReviewRequest.objects.get().reminded_at is None
