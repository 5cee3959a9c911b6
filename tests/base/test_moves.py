"""Whatever has states and a table of its moves, moves as the table says, every pair of them."""

from itertools import product

import pytest

from base.models import move_to
from billing.invoices import reverse_invoice_payment
from billing.models import GatewayEvent, GatewayPayment, Invoice, InvoicePayment, Reversal
from billing.reversals import undo_reversal
from marketplace.models import ReviewReport
from marketplace.reviews.moderation import decide_reports
from tests.making import NOW, contract, make_review, make_user

MODELS = (GatewayEvent, GatewayPayment, InvoicePayment, Reversal, ReviewReport)
PAIRS = [(model, *pair) for model in MODELS for pair in product(model.State, repeat=2)]


@pytest.mark.parametrize("model", MODELS)
def test_the_table_says_of_every_state_where_it_leads(model):
    assert set(model.MOVES) == set(model.State)
    assert set().union(*model.MOVES.values()) <= set(model.State)


@pytest.mark.parametrize(("model", "before", "to"), PAIRS)
def test_a_row_moves_as_its_table_says(model, before, to):
    row = model(state=before)
    if to in model.MOVES[before]:
        assert (move_to(row, to), row.state) == (before, to)
    else:
        with pytest.raises(ValueError, match=f"{model.__name__} that is {before} cannot be {to}."):
            move_to(row, to)
        assert row.state == before


def test_what_was_taken_back_is_not_taken_back_again_nor_given_back_twice(pro):
    contract(pro)
    payment = InvoicePayment.objects.get()
    reverse_invoice_payment(payment, NOW)
    payment.refresh_from_db()
    assert (payment.state, Invoice.objects.get().paid_on) == ("reversed", None)
    with pytest.raises(ValueError, match="cannot be reversed"):
        reverse_invoice_payment(payment, NOW)
    with pytest.raises(ValueError, match="cannot be undone"):
        undo_reversal(reversal=Reversal(state="undone"), payment=GatewayPayment(), now=NOW)


@pytest.mark.parametrize(("before", "to"), [*product(ReviewReport.State, repeat=2)])
def test_reports_of_a_review_are_decided_once(pro, before, to):
    review, moderator = make_review(pro), make_user()
    decided = {} if before == "open" else {"decided_by": make_user(), "decided_at": NOW}
    report = ReviewReport.objects.create(
        review=review, reason="untrue", network="n", reported_at=NOW, state=before, **decided
    )
    decide_reports(review, to, by=moderator, now=NOW)
    report.refresh_from_db()
    moved = to in ReviewReport.MOVES[before]
    assert report.state == (to if moved else before)
    assert (report.decided_by == moderator) == moved
