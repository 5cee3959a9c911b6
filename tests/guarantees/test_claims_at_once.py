"""Two at once: proven with real threads on PostgreSQL, each with the race shown where the lock is off."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from unittest import mock

import pytest
from django.db import transaction
from django.db.models import QuerySet

from base.registry import invariants
from billing.models import WalletEntry
from guarantees import claims, decisions
from guarantees.errors import GuaranteeError
from guarantees.models import Claim
from marketplace import contacts, returns
from marketplace.errors import MarketplaceError
from marketplace.models import Contact
from tests import making
from tests.guarantees.claim_making import LATER, SUBMITTED_AT, confirm_all, make_draft, make_submitted
from tests.making import at
from tests.together import after_both, together

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]


@contextmanager
def without_locks() -> Iterator[None]:
    """The negative control: every lock asked for is not taken."""
    with mock.patch.object(QuerySet, "select_for_update", lambda self, **_: self.all()):
        yield


def broken() -> list[str]:
    return [line for each in invariants for line in each.broken()]


def approvals(claim, *people):
    return [lambda who=who: decisions.approve_claim(claim=claim, by=who, now=LATER) for who in people]


def test_two_approvals_of_one_claim_refund_once(pro, reviewer, other_reviewer):
    """G15: both are told that it is approved; one did it."""
    claim = confirm_all(make_submitted(pro), reviewer)
    results = together(*approvals(claim, reviewer, other_reviewer))
    assert [result.state for result in results] == [Claim.State.APPROVED] * 2
    assert results[0].decided_by == results[1].decided_by
    assert [entry.amount_cents for entry in WalletEntry.objects.filter(kind="refund")] == [60_000]
    assert claim.events.filter(kind="approved").count() == 1
    assert broken() == []


def test_without_the_locks_two_approvals_collide(pro, reviewer, other_reviewer):
    """The control: both see a submitted claim and go on to pay; only the database's last bolt (one entry per cause)
    stops the second, with an error instead of an answer, or both write that they decided."""
    claim = confirm_all(make_submitted(pro), reviewer)
    # Both have looked before either goes on.
    case = decisions.approval.Case
    with without_locks(), mock.patch.object(case, "blockers", after_both(case.blockers)):
        results = together(*approvals(claim, reviewer, other_reviewer))
    collided = any(isinstance(result, Exception) for result in results)
    assert collided or claim.events.filter(kind="approved").count() == 2


def test_three_submissions_of_one_draft_are_one_claim(pro):
    claim = make_draft(pro)
    submit = [lambda: claims.submit_claim(claim=claim, by=pro.owner, now=SUBMITTED_AT)] * 3
    results = together(*submit)
    assert {result.pk for result in results} == {claim.pk}
    assert (claim.items.count(), claim.events.filter(kind="submitted").count()) == (3, 1)
    assert broken() == []


def test_four_first_drafts_are_one(pro):
    making.contract(pro)
    begin = [lambda: claims.begin_claim(professional=pro, by=pro.owner, now=SUBMITTED_AT)] * 4
    assert len({result.pk for result in together(*begin)}) == 1


def asked_for_return(pro):
    """A draft of which the first contact's return was asked for, and is about to be accepted."""
    claim = make_draft(pro, now=at("2026-01-12 12:00"))
    return claim, returns.ask_return(
        contact=pro.contacts.kept()[0],
        reason="duplicate",
        explanation="Es el mismo que otro.",
        by=pro.owner,
        now=at("2026-01-13 12:00"),
    )


def test_a_claim_submitted_against_a_return_of_one_of_its_contacts(pro, moderator):
    """M7, G13: by staff, without a request that would block the claim. One of the two comes first and shuts out the
    other; never is a contact both returned and counted by an open claim."""
    for attempt in range(4):
        claim = (
            claims.begin_claim(professional=pro, by=pro.owner, now=SUBMITTED_AT)
            if attempt
            else make_draft(pro)
        )
        contact = pro.contacts.kept()[0]
        submitted, given_back = together(
            lambda claim=claim: claims.submit_claim(claim=claim, by=pro.owner, now=SUBMITTED_AT),
            lambda contact=contact: returns.return_by_staff(
                contact=contact, by=moderator, note="Duplicado.", now=SUBMITTED_AT
            ),
        )
        contact.refresh_from_db()
        assert not (contact.returned_at and contact.frozen_at)
        if isinstance(submitted, GuaranteeError):
            assert contact.returned_at
            assert [problem.code for problem in submitted.problems][:1] == ["contacts"]
            assert broken() == []
            return  # Only two contacts are left: nothing more to try.
        assert isinstance(given_back, MarketplaceError)
        assert contact.frozen_at
        assert broken() == []
        claims.withdraw_claim(claim=claim, by=pro.owner, now=SUBMITTED_AT + timedelta(minutes=1))


def test_a_claim_submitted_against_the_accepting_of_a_return(pro, moderator):
    """An undecided return blocks the claim; accepted meanwhile, its contact is no longer counted: either way the
    claim is refused, and the return goes through."""
    claim, request = asked_for_return(pro)
    submitted, accepted = together(
        lambda: claims.submit_claim(claim=claim, by=pro.owner, now=SUBMITTED_AT),
        lambda: returns.accept_return(return_request=request, by=moderator, note="", now=SUBMITTED_AT),
    )
    assert isinstance(submitted, GuaranteeError)
    assert not isinstance(accepted, Exception)
    assert not Contact.objects.filter(frozen_at__isnull=False).exists()
    assert broken() == []


def test_without_the_locks_a_claim_counts_a_contact_that_is_being_returned(pro, moderator):
    """The control: the claim looks, the contact is returned, the claim goes on with what it saw; the database's own
    constraints are all that is left, and answer with an error that is no refusal of ours."""
    claim = make_draft(pro)
    contact = pro.contacts.kept()[0]
    looked, returned = threading.Event(), threading.Event()
    load = claims.facts.load_facts

    def load_and_wait(*arguments):
        found = load(*arguments)
        looked.set()
        returned.wait(timeout=20)
        return found

    def give_back():
        looked.wait(timeout=20)
        try:
            return returns.return_by_staff(contact=contact, by=moderator, note="Duplicado.", now=SUBMITTED_AT)
        finally:
            returned.set()

    with without_locks(), mock.patch.object(claims.facts, "load_facts", load_and_wait):
        submitted, given_back = together(
            lambda: claims.submit_claim(claim=claim, by=pro.owner, now=SUBMITTED_AT), give_back
        )
    assert not isinstance(given_back, Exception)
    # The claim had judged itself eligible with a contact that was gone: it was stopped only at the freezing.
    assert isinstance(submitted, Exception)
    assert not isinstance(submitted, GuaranteeError)


def test_with_the_locks_the_return_waits_for_the_claim(pro, moderator):
    """The same interleaving as the control, with the locks on: the return cannot pass while the claim looks."""
    claim = make_draft(pro)
    contact = pro.contacts.kept()[0]
    looked = threading.Event()
    load = claims.facts.load_facts

    def load_and_linger(*arguments):
        found = load(*arguments)
        looked.set()
        threading.Event().wait(0.5)  # Time enough for the return, were it not for the lock.
        return found

    def give_back():
        looked.wait(timeout=20)
        return returns.return_by_staff(contact=contact, by=moderator, note="Duplicado.", now=SUBMITTED_AT)

    with mock.patch.object(claims.facts, "load_facts", load_and_linger):
        submitted, given_back = together(
            lambda: claims.submit_claim(claim=claim, by=pro.owner, now=SUBMITTED_AT), give_back
        )
    assert submitted.state == Claim.State.SUBMITTED
    assert isinstance(given_back, MarketplaceError)
    assert broken() == []


def test_a_verdict_given_while_the_claim_is_approved_waits_and_is_refused(pro, reviewer, other_reviewer):
    claim = confirm_all(make_submitted(pro), reviewer)
    item = claim.items.first()
    approved, verdict = together(
        lambda: decisions.approve_claim(claim=claim, by=reviewer, now=LATER),
        lambda: decisions.give_verdict(
            item=item, verdict="false", note="Nadie la llamó.", by=other_reviewer, now=LATER
        ),
    )
    # Whichever came first, the other saw it.
    assert isinstance(approved, GuaranteeError) != isinstance(verdict, GuaranteeError)
    assert broken() == []


def test_the_lock_is_asked_for_inside_a_transaction_only(pro):
    """A lock outside one would be let go at once; Django refuses it."""
    from guarantees.moves import lock_claim

    claim = make_draft(pro)
    with pytest.raises(transaction.TransactionManagementError):
        lock_claim(claim)


def bought_while_the_claim_looks(pro):
    """The claim, and what came first: its judging, or a purchase that begins while it judges."""
    claim = make_draft(pro)
    making.fund(pro)
    lead = making.make_lead(now=SUBMITTED_AT)
    looked, done, order = threading.Event(), threading.Event(), []
    load = claims.facts.load_facts

    def load_and_linger(*arguments):
        found = load(*arguments)
        looked.set()
        done.wait(timeout=1)  # Time enough for the purchase, were it not for the lock.
        order.append("judged")
        return found

    def buy():
        looked.wait(timeout=20)
        try:
            contacts.buy_contact(professional=pro, lead=lead, price_seen_cents=20_000, now=SUBMITTED_AT)
            order.append("bought")
        finally:
            done.set()

    with mock.patch.object(claims.facts, "load_facts", load_and_linger):
        submitted, bought = together(
            lambda: claims.submit_claim(claim=claim, by=pro.owner, now=SUBMITTED_AT), buy
        )
    assert not isinstance(bought, Exception)
    return submitted, order


def test_a_purchase_waits_for_the_claim_that_is_being_submitted(pro):
    """G13: what is frozen is all that there was."""
    submitted, order = bought_while_the_claim_looks(pro)
    assert order == ["judged", "bought"]
    assert len(submitted.submission_snapshot["facts"]["contacts"]) == submitted.items.count() == 3
    assert pro.contacts.count() == 4
    assert broken() == []


def test_without_the_locks_it_is_bought_while_the_claim_judges(pro):
    """The control: the facts are those of a moment before, and say nothing of the purchase."""
    with without_locks():
        _submitted, order = bought_while_the_claim_looks(pro)
    assert order == ["bought", "judged"]


def withdrawal_and(decide, claim, by):
    return [
        lambda: claims.withdraw_claim(claim=claim, by=claim.professional.owner, now=LATER),
        lambda: decide(claim=claim, by=by, now=LATER),
    ]


def test_a_withdrawal_against_a_decision(pro, reviewer):
    """G17: whichever comes first, the other is refused with a sentence."""
    claim = confirm_all(make_submitted(pro), reviewer)
    results = together(*withdrawal_and(decisions.approve_claim, claim, reviewer))
    refusals = [result for result in results if isinstance(result, Exception)]
    assert [refusal.code for refusal in refusals] == ["move_not_allowed"]
    claim.refresh_from_db()
    ends = list(claim.events.filter(kind__in=("withdrawn", "approved")).values_list("kind", flat=True))
    assert ends == [claim.state]
    assert WalletEntry.objects.filter(kind="refund").count() == (claim.state == Claim.State.APPROVED)
    assert broken() == []


def test_without_the_locks_a_claim_is_withdrawn_and_approved(pro, reviewer):
    """The control: both see an open claim before either goes on, and both write that they ended it, or one of them is
    stopped by an error that is no refusal of ours."""
    claim = confirm_all(make_submitted(pro), reviewer)
    case = decisions.approval.Case
    with without_locks(), mock.patch.object(case, "blockers", after_both(case.blockers)):
        results = together(*withdrawal_and(decisions.approve_claim, claim, reviewer))
    strange = [
        each for each in results if isinstance(each, Exception) and not isinstance(each, GuaranteeError)
    ]
    assert strange or claim.events.filter(kind__in=("withdrawn", "approved")).count() == 2
