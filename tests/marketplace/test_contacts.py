"""G2, M6, M7, G13: outcomes, the homeowner's word, and the marks of a claim."""

from datetime import timedelta

import pytest

from marketplace import contacts
from marketplace.contacts import record_homeowner_word, set_outcome
from marketplace.errors import MarketplaceError
from marketplace.models import Contact
from tests.making import NOW, buy, contract, fund

pytestmark = pytest.mark.django_db
LATER = NOW + timedelta(days=1)


@pytest.fixture
def contact(pro):
    contract(pro)
    fund(pro)
    return buy(pro)[0]


def refused(job, **arguments) -> str:
    before = list(Contact.objects.values())
    with pytest.raises(MarketplaceError) as caught:
        job(**arguments, now=LATER)
    assert list(Contact.objects.values()) == before
    return caught.value.code


def say(contact, outcome, lost_reason="", *, by):
    return set_outcome(contact=contact, outcome=outcome, lost_reason=lost_reason, by=by, now=LATER)


def test_an_outcome_is_corrected_and_each_change_is_kept(pro, contact):
    for outcome, reason in (
        ("won", ""),
        ("lost", "price"),
        ("lost", "other_hired"),
        ("no_answer", ""),
        ("open", ""),
    ):
        said = say(contact, outcome, reason, by=pro.owner)
        assert (said.outcome, said.lost_reason) == (outcome, reason)
    assert list(contact.events.values_list("from_state", "to_state", "reason", "actor")) == [
        ("open", "won", "", pro.owner.pk),
        ("won", "lost", "price", pro.owner.pk),
        ("lost", "lost", "other_hired", pro.owner.pk),
        ("lost", "no_answer", "", pro.owner.pk),
        ("no_answer", "open", "", pro.owner.pk),
    ]


def test_the_same_outcome_said_twice_is_said_once(pro, contact):
    say(contact, "won", by=pro.owner)
    say(contact, "won", by=pro.owner)
    assert contact.events.count() == 1


def test_a_lost_contact_says_why_and_no_other_does(pro, contact):
    assert refused(set_outcome, contact=contact, outcome="lost", lost_reason="", by=pro.owner) == (
        "lost_reason_missing"
    )
    assert say(contact, "won", "price", by=pro.owner).lost_reason == ""


def test_an_outcome_is_frozen_with_the_claim_and_free_again_after_it(pro, contact):
    contacts.freeze_contacts(contacts=[contact], now=LATER)
    assert refused(set_outcome, contact=contact, outcome="won", lost_reason="", by=pro.owner) == "frozen"
    contacts.unfreeze_contacts(contact_ids=[contact.pk])
    assert say(contact, "won", by=pro.owner).outcome == "won"


def test_an_outcome_stays_once_the_guarantee_has_paid(pro, contact):
    contacts.mark_refunded(contact_ids=[contact.pk], now=LATER)
    assert refused(set_outcome, contact=contact, outcome="won", lost_reason="", by=pro.owner) == "refunded"


def test_a_returned_contact_has_no_outcome_to_say(pro, contact, moderator):
    from marketplace.returns import return_by_staff

    return_by_staff(contact=contact, by=moderator, note="bad number", now=LATER)
    assert refused(set_outcome, contact=contact, outcome="won", lost_reason="", by=pro.owner) == "returned"
    assert refused(contacts.freeze_contacts, contacts=[contact]) == "returned"


def test_of_several_contacts_one_returned_freezes_none(pro, contact, moderator):
    from marketplace.returns import return_by_staff

    kept = buy(pro, now=LATER)[0]
    return_by_staff(contact=contact, by=moderator, note="bad number", now=LATER)
    assert refused(contacts.freeze_contacts, contacts=[contact, kept]) == "returned"


def test_a_refund_keeps_its_first_mark(contact):
    contacts.mark_refunded(contact_ids=[contact.pk], now=NOW)
    contacts.mark_refunded(contact_ids=[contact.pk], now=LATER)
    contact.refresh_from_db()
    assert contact.refunded_at == NOW


def test_what_the_homeowner_says_is_kept_with_its_history_apart_from_the_outcomes(contact, reviewer):
    for word in ("undecided", "hired_them", "hired_them"):
        said = record_homeowner_word(contact=contact, word=word, by=reviewer, now=LATER)
    assert (said.homeowner_word, said.homeowner_word_at) == ("hired_them", LATER)
    assert list(contact.word_events.values_list("from_state", "to_state", "actor")) == [
        ("", "undecided", reviewer.pk),
        ("undecided", "hired_them", reviewer.pk),
    ]
    assert not contact.events.exists()


@pytest.mark.parametrize(
    ("word", "after", "anew"),
    [
        ("hired_them", timedelta(hours=1), False),
        ("hired_them", timedelta(hours=1, seconds=1), True),
        ("hired_other", timedelta(days=9), False),
    ],
)
def test_a_homeowner_who_says_later_that_they_hired_them_says_it_anew(contact, word, after, anew):
    for moment in (LATER, LATER + after):
        said = record_homeowner_word(contact=contact, word=word, by=None, now=moment)
    events = list(contact.word_events.values_list("from_state", "to_state", "at"))
    if anew:
        assert said.homeowner_word_at == LATER + after
        assert events == [("", word, LATER), (word, word, LATER + after)]
    else:
        assert said.homeowner_word_at == LATER
        assert events == [("", word, LATER)]


def test_what_staff_note_once_more_is_no_new_word(contact, reviewer):
    for moment in (LATER, LATER + timedelta(days=9)):
        said = record_homeowner_word(contact=contact, word="hired_them", by=reviewer, now=moment)
    assert (said.homeowner_word_at, contact.word_events.count()) == (LATER, 1)


def test_nobody_records_it_for_a_business_that_they_belong_to(pro, contact, reviewer):
    pro.members.add(reviewer)
    assert refused(record_homeowner_word, contact=contact, word="hired_other", by=reviewer) == "own_business"


def test_only_what_a_homeowner_can_say_is_recorded(contact, reviewer):
    assert refused(record_homeowner_word, contact=contact, word="maybe", by=reviewer) == "unknown_word"
