"""X5: what is told of a homeowner after they were erased goes as soon as it has served, or is not taken at all."""

import importlib
import threading
from datetime import timedelta

import pytest
from django.apps import apps
from django.urls import reverse

from base.registry import invariants
from marketplace import diary
from marketplace.anonymising import anonymise_leads, erase_lead
from marketplace.attempts import begin_attempt, settle_attempt
from marketplace.diary import write_diary
from marketplace.errors import MarketplaceError
from marketplace.models import Contact, DiaryEntry, Lead, ReturnEvent, ReturnEvidence, ReturnRequest
from marketplace.returns import accept_return, refuse_return, return_by_staff, withdraw_return
from marketplace.withdrawal import withdraw_lead
from tests.making import NOW, ask_return_with_picture, at, buy, contract, fund, make_plan
from tests.marketplace.test_at_once import lock_off
from tests.together import together

DAY = timedelta(days=1)
TOLD = "Ana Ruiz, 55 1234 5678"


@pytest.fixture
def contact(pro, moderator, private_files):
    contract(pro, plan=make_plan("year", months=12))
    fund(pro, 1_000_000)
    return buy(pro)[0]


def erase(contact, now=NOW + DAY) -> Lead:
    withdraw_lead(lead=contact.lead, now=now)
    lead = erase_lead(lead=contact.lead, now=now)
    contact.refresh_from_db()
    return lead


def write(contact, text, *, kind="call", now=NOW + 2 * DAY) -> DiaryEntry:
    return write_diary(contact=contact, kind=kind, happened_at=now, text=text, by=None, now=now)


def files(folder):
    return [path for path in folder.rglob("*") if path.is_file()]


def broken_books() -> list[str]:
    return [line for each in invariants for line in each.broken()]


def asked_and_told(contact, reason="withdrew") -> ReturnRequest:
    asked = ask_return_with_picture(contact, reason=reason, now=NOW + 2 * DAY)
    ReturnRequest.objects.update(explanation=TOLD)
    ReturnEvent.objects.update(reason=TOLD)
    return asked


ENDS = {
    "accepted": lambda asked, by: accept_return(return_request=asked, by=by, note=TOLD, now=NOW + 3 * DAY),
    "refused": lambda asked, by: refuse_return(return_request=asked, by=by, note=TOLD, now=NOW + 3 * DAY),
    "withdrawn": lambda asked, by: withdraw_return(return_request=asked, by=by, now=NOW + 3 * DAY),
}


@pytest.mark.parametrize("end", ENDS)
def test_a_return_asked_for_after_the_erasure_is_forgotten_once_it_is_decided(
    contact, moderator, private_files, django_capture_on_commit_callbacks, end
):
    erase(contact)
    asked = asked_and_told(contact)
    assert (ReturnEvidence.objects.count(), len(files(private_files))) == (1, 1)  # What it is decided by.
    with django_capture_on_commit_callbacks(execute=True):
        ENDS[end](asked, moderator)
    assert list(ReturnRequest.objects.values_list("state", "explanation")) == [(end, "—")]
    assert list(ReturnEvent.objects.order_by("pk").values_list("to_state", "reason")) == [
        ("asked", ""),
        (end, ""),
    ]
    assert (ReturnEvidence.objects.count(), files(private_files)) == (0, [])
    assert broken_books() == []


@pytest.mark.parametrize("end", ENDS)
def test_a_return_of_somebody_who_was_not_erased_keeps_what_it_was_decided_by(contact, moderator, end):
    withdraw_lead(lead=contact.lead, now=NOW + DAY)
    ENDS[end](asked_and_told(contact), moderator)
    assert ReturnRequest.objects.get().explanation == TOLD
    assert set(ReturnEvent.objects.values_list("reason", flat=True)) <= {TOLD, ""}
    assert ReturnEvidence.objects.count() == 1


def test_what_staff_say_who_take_such_a_contact_back_is_not_kept_either(contact, moderator):
    assert anonymise_leads(now=at("2027-02-01 12:00")) == 1
    return_by_staff(contact=contact, by=moderator, note=TOLD, now=at("2027-02-02 12:00"))
    assert ReturnRequest.objects.get().explanation == "—"
    assert ReturnEvent.objects.get().reason == ""
    assert broken_books() == []


def test_the_diary_takes_no_words_about_whoever_was_erased_and_still_what_happened(contact):
    erase(contact)
    with pytest.raises(MarketplaceError) as refused:
        write(contact, TOLD)
    assert (refused.value.code, refused.value.field) == ("erased", "text")
    assert not DiaryEntry.objects.exists()
    write(contact, "  \n ")
    assert DiaryEntry.objects.get().text == ""
    contact.refresh_from_db()
    assert contact.first_contact_at == NOW + 2 * DAY


def test_what_became_of_a_call_can_still_be_said(contact):
    """G21: the answer has no words of its own."""
    attempt = begin_attempt(contact=contact, way="call", by=None, now=NOW)
    erase(contact)
    settle_attempt(attempt=attempt, answer="no_answer", by=None, now=NOW + 2 * DAY)
    assert DiaryEntry.objects.get().kind == "call_unanswered"


def test_whoever_has_only_withdrawn_may_still_be_written_about(contact):
    """Until they are erased: then it goes with the rest."""
    withdraw_lead(lead=contact.lead, now=NOW + DAY)
    write(contact, TOLD)
    erase_lead(lead=contact.lead, now=NOW + 3 * DAY)
    assert DiaryEntry.objects.get().text == ""


def test_the_page_says_so_before_and_keeps_what_was_typed(contact, pro, client_of, time_machine):
    time_machine.move_to(NOW + 2 * DAY, tick=False)
    address = reverse("marketplace:contact", args=[contact.public_id])
    said = "Leave this empty: what happened and when is kept without words."
    browser = client_of(pro)
    assert said not in browser.get(address).text
    erase(contact)
    assert said in browser.get(address).text
    sent = {"kind": "note", "happened_at": "2026-01-11T12:00", "text": TOLD}
    refused = browser.post(reverse("marketplace:diary", args=[contact.public_id]), sent)
    assert list(refused.context["diary_form"].errors) == ["text"]
    assert TOLD in refused.text
    assert not DiaryEntry.objects.exists()


def test_what_was_told_before_nobody_looked_is_forgotten_by_migrating(contact, pro):
    other = buy(pro)[0]
    for each in (contact, other):
        asked_and_told(each, "not_real")
        write(each, TOLD)
    ReturnRequest.objects.update(state="withdrawn", decided_at=NOW + 3 * DAY)
    Lead.objects.filter(pk=contact.lead_id).update(anonymised_at=NOW + DAY)
    assert len([line for line in broken_books() if "was erased" in line]) == 2
    migration = importlib.import_module("marketplace.migrations.0019_told_after_erasure")
    migration.forget(apps, None)
    assert broken_books() == []
    assert dict(ReturnRequest.objects.values_list("contact", "explanation")) == {
        contact.pk: "—",
        other.pk: TOLD,
    }
    assert dict(DiaryEntry.objects.values_list("contact", "text")) == {contact.pk: "", other.pk: TOLD}
    assert [row.return_request.contact_id for row in ReturnEvidence.objects.all()] == [other.pk]
    assert set(ReturnEvent.objects.values_list("return_request__contact", "reason")) == {
        (contact.pk, ""),
        (other.pk, TOLD),
    }


# At once


@pytest.fixture
def written_at_the_worst_moment(contact, monkeypatch):
    """An entry that was looked at and not written yet, while its homeowner is erased."""
    refuse_too_many = diary._refuse_too_many
    erasure = threading.Thread(target=lambda: together(lambda: erase(Contact.objects.get(pk=contact.pk))))

    def run(*, erased_within: int) -> list[str]:
        def erased_meanwhile(*args):
            erasure.start()
            erasure.join(timeout=erased_within)
            refuse_too_many(*args)

        monkeypatch.setattr(diary, "_refuse_too_many", erased_meanwhile)
        write(contact, TOLD, now=NOW + DAY)
        erasure.join(timeout=20)
        assert Lead.objects.get().anonymised_at == NOW + DAY
        return list(DiaryEntry.objects.values_list("text", flat=True))

    return run


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_an_entry_that_is_being_written_is_waited_for_and_forgotten(written_at_the_worst_moment):
    assert written_at_the_worst_moment(erased_within=1) == [""]


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_without_the_contacts_lock_it_would_stay(written_at_the_worst_moment, monkeypatch):
    """Negative control."""
    lock_off(monkeypatch, Contact)
    assert written_at_the_worst_moment(erased_within=20) == [TOLD]
