"""A homeowner's word, on whichever page it is said, against a verdict or an approval at the same moment: no claim is
paid over a word that nobody has confirmed since (G2, G24). On PostgreSQL, with real threads."""

import threading
from contextlib import contextmanager
from datetime import timedelta
from unittest import mock

import pytest
from django.db.models import QuerySet

from base.registry import invariants
from guarantees import blockers, decisions
from guarantees.blockers import Case
from guarantees.decisions import verdicts
from guarantees.errors import GuaranteeError
from guarantees.models import Claim, RefundedContact
from marketplace.contacts import record_homeowner_word
from marketplace.models import Contact
from marketplace.signals import homeowner_speaks
from tests.guarantees.claim_making import LATER, approve, confirm_all, give, item_of, make_submitted
from tests.making import make_pro, make_staff
from tests.together import together

SECOND = timedelta(seconds=1)


def broken():
    return [line for each in invariants for line in each.broken()]


def say(contact, now, by=None):
    return record_homeowner_word(contact=contact, word=Contact.Word.HIRED_THEM, by=by, now=now)


@contextmanager
def without_locks():
    with mock.patch.object(QuerySet, "select_for_update", lambda self, **_: self.all()):
        yield


@pytest.mark.django_db
class TestOneAfterTheOther:
    """What a word that was said before, and written down after, is taken to be."""

    def test_a_word_that_waited_while_a_verdict_was_given_comes_after_it(self, submitted, reviewer):
        item = give(item_of(submitted, 1), "confirmed", reviewer, now=LATER + SECOND)
        contact = say(item.contact, LATER)
        assert contact.homeowner_word_at == contact.word_events.get().at == LATER + SECOND
        item.refresh_from_db()
        assert blockers.is_contradiction(item)

    def test_a_word_that_waited_while_the_claim_was_paid_is_looked_at(self, confirmed, reviewer):
        approve(confirmed, reviewer, LATER + SECOND)
        contact = item_of(confirmed, 1).contact
        say(contact, LATER)
        assert list(RefundedContact.objects.to_be_looked_at()) == [RefundedContact.objects.get(pk=contact.pk)]

    def test_any_other_word_is_of_its_own_moment(self, confirmed):
        contact = say(item_of(confirmed, 1).contact, LATER + SECOND)
        assert contact.homeowner_word_at == LATER + SECOND

    def test_without_the_look_at_the_verdict_the_word_would_be_taken_as_confirmed(self, submitted, reviewer):
        """The control."""
        item = give(item_of(submitted, 1), "confirmed", reviewer, now=LATER + SECOND)
        with mock.patch.object(homeowner_speaks, "send", return_value=[]):
            say(item.contact, LATER)
        item.refresh_from_db()
        assert not blockers.is_contradiction(item)


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
class TestAtOnce:
    @pytest.fixture
    def confirmed(self):
        self.reviewer = make_staff("reviewer")
        return confirm_all(make_submitted(make_pro()), self.reviewer)

    @pytest.mark.parametrize("by_staff", [False, True])
    def test_the_word_refuses_the_approval_or_is_looked_at_after_it(self, by_staff, confirmed):
        other = make_staff("reviewer", email="other@quince.example") if by_staff else None
        contact = item_of(confirmed, 1).contact
        said, approved = together(
            lambda: say(contact, LATER + SECOND, by=other),
            lambda: decisions.approve_claim(claim=confirmed, by=self.reviewer, now=LATER + SECOND),
        )
        assert isinstance(said, Contact)
        looked_at = list(RefundedContact.objects.to_be_looked_at().values_list("pk", flat=True))
        if isinstance(approved, GuaranteeError):
            assert (approved.code, looked_at) == ("contradiction", [])
        else:
            assert (approved.state, looked_at) == (Claim.State.APPROVED, [contact.pk])
        assert broken() == []

    def test_without_the_locks_a_claim_would_be_paid_over_an_open_contradiction(self, confirmed):
        """The control: the approval has looked, the word is written down, the approval pays."""
        contact = item_of(confirmed, 1).contact
        looked, spoken = threading.Event(), threading.Event()
        look = Case.blockers

        def look_and_wait(case, *arguments):
            found = look(case, *arguments)
            looked.set()
            spoken.wait(timeout=20)
            return found

        def speak():
            looked.wait(timeout=20)
            try:
                return say(contact, LATER + SECOND)
            finally:
                spoken.set()

        with without_locks(), mock.patch.object(Case, "blockers", look_and_wait):
            _said, approved = together(
                speak,
                lambda: decisions.approve_claim(claim=confirmed, by=self.reviewer, now=LATER + 2 * SECOND),
            )
        assert approved.state == Claim.State.APPROVED
        assert blockers.is_contradiction(item_of(confirmed, 1))
        # And nobody would ever look at it: the word is older than the refund.
        assert not RefundedContact.objects.to_be_looked_at().exists()

    def test_with_them_the_word_waits_for_the_approval_and_is_looked_at(self, confirmed):
        """The same order of events, with the locks: the word is not written down before the claim is paid."""
        contact = item_of(confirmed, 1).contact
        looked = threading.Event()
        look = Case.blockers

        def look_and_wait(case, *arguments):
            found = look(case, *arguments)
            looked.set()
            threading.Event().wait(0.5)  # Time in which the word would come, if nothing held it.
            return found

        def speak():
            looked.wait(timeout=20)
            return say(contact, LATER + SECOND)

        with mock.patch.object(Case, "blockers", look_and_wait):
            said, approved = together(
                speak,
                lambda: decisions.approve_claim(claim=confirmed, by=self.reviewer, now=LATER + 2 * SECOND),
            )
        assert approved.state == Claim.State.APPROVED
        assert said.homeowner_word_at == LATER + 2 * SECOND
        assert RefundedContact.objects.to_be_looked_at().get().pk == contact.pk

    def _while_a_verdict_is_given(self):
        """The homeowner speaks while a reviewer who knows nothing of it confirms, a second later by the clock."""
        reviewer = make_staff("reviewer")
        item = item_of(make_submitted(make_pro()), 1)
        giving = threading.Event()
        go_on = verdicts.go_on

        def go_on_slowly(*arguments, **named):
            giving.set()
            threading.Event().wait(0.5)  # Time in which the word would come, if nothing held it.
            return go_on(*arguments, **named)

        def speak():
            giving.wait(timeout=20)
            return say(item.contact, LATER)

        with mock.patch.object(verdicts, "go_on", go_on_slowly):
            together(speak, lambda: give(item, "confirmed", reviewer, now=LATER + SECOND))
        return item_of(Claim.objects.get(), 1)

    def test_a_word_said_while_a_verdict_is_given_waits_for_it_and_has_to_be_confirmed(self):
        item = self._while_a_verdict_is_given()
        assert item.contact.homeowner_word_at == item.verdict_at == LATER + SECOND
        assert blockers.is_contradiction(item)
        assert broken() == []

    def test_without_the_locks_the_confirmation_would_be_taken_as_one_of_the_word(self):
        """The control."""
        with without_locks():
            item = self._while_a_verdict_is_given()
        assert item.contact.homeowner_word_at == LATER
        assert not blockers.is_contradiction(item)
