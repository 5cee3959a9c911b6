"""What fails at approval is told, each failure with fifteen days of its own, and no claim is ever stuck (G15, G17)."""

from itertools import product

import pytest
from django.db import transaction

from billing.invoices import issue_invoice, record_invoice_payment
from guarantees import claims, decisions
from guarantees.blockers import Action, Case
from guarantees.models import ClaimEvent
from guarantees.moves import Happened
from marketplace.models import Contact
from marketplace.returns import return_by_staff
from profiles.suspensions import lift_suspension, suspend
from tests.guarantees.claim_making import (
    DAY,
    LATER,
    State,
    approve,
    ask,
    fresh,
    give,
    item_of,
    letters,
    refused,
    reject,
    say_hired,
    uphold,
)

pytestmark = pytest.mark.django_db


def tell(claim, by, now=LATER):
    return decisions.tell_what_is_missing(claim=claim, by=by, now=now)


def owe(pro, due_on):
    """One more invoice of the business, past due from the day after `due_on`."""
    return issue_invoice(
        customer=pro.customer, description="Algo.", total_cents=100_00, issued_on=due_on, due_on=due_on
    )


def pay(invoice, by, now):
    record_invoice_payment(
        invoice=invoice,
        amount_cents=invoice.total_cents,
        received_on=now.date(),
        reference=f"T-{invoice.pk}",
        by=by,
        now=now,
    )


def told_days(claim, now):
    return Case(fresh(claim), now).told


def test_another_invoice_past_due_is_told_anew_and_has_fifteen_days_of_its_own(
    confirmed, pro, reviewer, finance
):
    """G15: the first one was paid in time; what was said of it says nothing of the next."""
    first = owe(pro, LATER.date() - DAY)
    assert refused(approve, confirmed, reviewer) == "requirement_failing"
    pay(first, finance, LATER + 3 * DAY)
    owe(pro, LATER.date() + 19 * DAY)
    when = LATER + 20 * DAY
    assert refused(reject, confirmed, reviewer, when) == "not_told_yet"
    assert refused(approve, confirmed, reviewer, when) == "requirement_failing"
    assert len(letters("claim_problem")) == 2
    assert told_days(confirmed, when) == {"payments": when.date() + 15 * DAY}
    assert refused(reject, confirmed, reviewer, when + 15 * DAY) == "time_to_put_right"
    assert reject(confirmed, reviewer, when + 16 * DAY).state == State.REJECTED


def test_the_invoice_that_was_told_of_keeps_its_days_whatever_comes_due_beside_it(confirmed, pro, reviewer):
    owe(pro, LATER.date() - DAY)
    tell(confirmed, reviewer)
    owe(pro, LATER.date() + 9 * DAY)
    assert refused(tell, confirmed, reviewer, LATER + 10 * DAY) == "nothing_to_tell"
    assert reject(confirmed, reviewer, LATER + 16 * DAY).state == State.REJECTED


def test_a_second_suspension_is_told_anew(confirmed, pro, reviewer, other_reviewer, appeals):
    suspension = suspend(professional=pro, reason="Quejas.", decided_by=other_reviewer, now=LATER)
    tell(confirmed, reviewer)
    lift_suspension(suspension=suspension, by=appeals, reason="Resuelto.", now=LATER + DAY)
    suspend(professional=pro, reason="Otra vez.", decided_by=other_reviewer, now=LATER + 30 * DAY)
    when = LATER + 30 * DAY
    assert refused(reject, confirmed, reviewer, when) == "not_told_yet"
    tell(confirmed, reviewer, when)
    assert told_days(confirmed, when)["not_suspended"] == when.date() + 15 * DAY


def test_a_plan_that_ends_again_is_told_anew(confirmed, pro, reviewer):
    """Ended, contracted again, ended again."""
    from billing.subscriptions import cancel_plan
    from tests import making

    def end(on):
        cancel_plan(subscription=pro.subscriptions.order_by("pk").last(), by=pro.owner, now=on)

    end(LATER)
    ended = LATER.replace(year=2027)
    tell(confirmed, reviewer, ended)
    assert ClaimEvent.objects.get(kind=Happened.PROBLEM).stood_on.keys() == {"plan"}
    making.contract(pro, now=ended + DAY)
    end(ended + 2 * DAY)
    again = ended + 60 * DAY
    assert "plan" in {each.code for each in Case(fresh(confirmed), again).newly_failing}
    assert refused(reject, confirmed, reviewer, again) == "not_told_yet"


# Whatever else is in the way


def test_the_professional_is_told_although_something_else_is_in_the_way(submitted, pro, reviewer):
    """G15: verdicts are still missing, and one contact is contradicted; the fifteen days begin all the same."""
    owe(pro, LATER.date() - DAY)
    say_hired(item_of(submitted, 1), reviewer)
    assert refused(approve, submitted, reviewer) == "requirement_failing"
    assert len(letters("claim_problem")) == 1
    assert refused(reject, submitted, reviewer, LATER + 15 * DAY) == "time_to_put_right"
    assert reject(submitted, reviewer, LATER + 16 * DAY).state == State.REJECTED


def test_telling_is_the_reviewers_alone_and_is_once(submitted, pro, reviewer, moderator):
    assert refused(tell, submitted, reviewer) == "nothing_to_tell"
    owe(pro, LATER.date() - DAY)
    assert refused(tell, submitted, moderator) == "no_permission"
    tell(submitted, reviewer)
    assert refused(tell, submitted, reviewer) == "nothing_to_tell"
    assert len(letters("claim_problem")) == 1


def test_a_claim_with_a_contact_credited_meanwhile_is_rejected_without_waiting(
    confirmed, pro, reviewer, appeals, moderator
):
    """No waiting mends that (M7), so nobody is kept waiting for an invoice either."""
    reject(confirmed, reviewer)
    return_by_staff(contact=item_of(confirmed, 2).contact, by=moderator, note="Duplicado.", now=LATER)
    uphold(confirmed, appeals)
    owe(pro, LATER.date() - DAY)
    assert reject(confirmed, reviewer).state == State.REJECTED


VERDICTS = ("", "confirmed", "unreachable", "false")
QUESTIONS = (None, "information", "doubt", "doubt answered")


class Undone(Exception):
    """Ends one case, and takes back all that it wrote."""


@pytest.mark.parametrize("verdict", VERDICTS)
@pytest.mark.parametrize("question", QUESTIONS)
def test_no_open_claim_is_ever_stuck(submitted, pro, reviewer, other_reviewer, settings, verdict, question):
    """X6: with any verdict before or after any question, contradicted or not, with something failing or nothing, a
    contact credited or not, under four eyes: a decision can be taken at last though the professional never moves, by
    honest steps alone (telling what fails, waiting, *could not be reached* where no verdict was given)."""
    settings.GUARANTEE_FOUR_EYES_ABOVE = 0
    for position in (2, 3):
        give(item_of(submitted, position), "confirmed", reviewer)
    for case in product((False, True), repeat=4):
        with pytest.raises(Undone), transaction.atomic():
            bring_about(submitted, reviewer, verdict, question, *case)
            assert decide_at_last(submitted, reviewer, other_reviewer, LATER + 3 * DAY), case
            raise Undone


def bring_about(claim, by, verdict, question, asked_first, contradicted, failing, credited):
    item, owner = item_of(claim, 1), claim.professional.owner
    for days, step in enumerate(("ask", "judge") if asked_first else ("judge", "ask")):
        now = LATER + days * DAY
        if step == "judge" and verdict:
            give(item, verdict, by, now=now)
        elif step == "ask" and question:
            (asked,) = ask(claim, by, 1, purpose=question.split()[0], now=now)
            if "answered" in question:
                claims.answer_question(question=asked, answer="Sí.", by=owner, now=now)
    if contradicted:
        say_hired(item, by, now=LATER + 2 * DAY)
    if credited:
        Contact.objects.filter(pk=item.contact_id).update(refunded_at=LATER)
    if failing:
        owe(claim.professional, LATER.date())
        Contact.objects.filter(pk=item_of(claim, 2).contact_id).update(outcome="won")


def decide_at_last(claim, reviewer, decider, now):
    """The decisions that the office can take, soon or late, when it does what it can and nobody else does."""
    for days in (0, 16):
        when = now + days * DAY
        if Case(fresh(claim), when).blockers(Action.TELL, decider) == []:
            tell(claim, decider, when)
        if days and not item_of(claim, 1).verdict:
            give(item_of(claim, 1), "unreachable", reviewer, now=when)
        elif days and Case(fresh(claim), when).is_wanted_anew(item_of(claim, 1)):
            give(item_of(claim, 1), item_of(claim, 1).verdict, reviewer, now=when, note="Llamé otra vez.")
        case = Case(fresh(claim), when)
        actions = (Action.APPROVE, Action.REJECT, Action.REJECT_AS_FALSE)
        if possible := [action for action in actions if not case.blockers(action, decider)]:
            return possible
    return []
