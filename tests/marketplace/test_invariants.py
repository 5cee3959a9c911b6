"""`check_books` finds kept copies that no longer say what they were copied from."""

from datetime import timedelta

import pytest

from marketplace import invariants
from marketplace.diary import write_diary
from marketplace.models import Contact, Lead
from tests.making import NOW, buy, contract, fund, make_lead

pytestmark = pytest.mark.django_db


def test_a_next_step_that_the_diary_does_not_lead_to_is_found(pro, monkeypatch):
    monkeypatch.setattr(invariants, "_BATCH", 2)
    contract(pro)
    fund(pro)
    contacts = buy(pro, 5)
    write_diary(contact=contacts[1], kind="call", happened_at=NOW + timedelta(hours=1), text="", by=None,
                now=NOW + timedelta(hours=1))  # fmt: skip
    found = invariants.next_steps_are_what_the_diary_leads_to
    assert list(found()) == []
    Contact.objects.filter(pk=contacts[1].pk).update(next_step="quote")
    Contact.objects.filter(pk=contacts[4].pk).update(next_step_due_at=NOW)
    assert [line.partition(":")[0] for line in found()] == [
        f"contact {contacts[1].pk}", f"contact {contacts[4].pk}"
    ]  # fmt: skip


def test_a_key_that_is_not_the_address_s_is_found():
    lead, _other = make_lead(homeowner_email="Lu.cia@example.com"), make_lead()
    found = invariants.homeowners_are_known_by_their_address
    assert list(found()) == []
    Lead.objects.filter(pk=lead.pk).update(homeowner_key="somebody@example.com")
    assert list(found()) == [f"lead {lead.pk}: kept under a key that is not its address's"]


def test_a_text_that_is_not_masked_as_it_should_be_is_found():
    lead, _other = make_lead(description="Llámame al 55 9876 5432, por favor."), make_lead()
    found = invariants.requests_are_masked
    assert list(found()) == []
    Lead.objects.filter(pk=lead.pk).update(description_masked="")
    assert list(found()) == [
        f"lead {lead.pk}: description_masked not as its texts are masked: run `manage.py mask_leads`"
    ]
