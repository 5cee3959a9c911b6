"""Mails about new jobs, written by several workers at once on PostgreSQL (M11, X3)."""

import pytest
from django.db.models import QuerySet

from mail import outbox
from mail.models import OutgoingMail
from marketplace import matching
from marketplace.matching import announce_lead, announce_leads, send_digests
from marketplace.models import Lead, LeadPreferences
from marketplace.models.leads import LeadQuerySet
from marketplace.preferences import stop_mails
from marketplace.withdrawal import withdraw_lead
from tests.making import NOW, make_lead
from tests.marketplace.test_at_once import lock_off, meet_before
from tests.marketplace.test_matching import HOUR, MORNING, listening
from tests.together import after_both, together

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]


def mails(kind: str) -> int:
    return OutgoingMail.objects.filter(kind=f"marketplace/{kind}").count()


def test_several_workers_at_once_announce_each_lead_once():
    for _ in range(6):
        listening()
    for _ in range(10):
        make_lead()
    results = together(*[lambda: announce_leads(now=NOW, batch=2)] * 3)
    assert [result for result in results if isinstance(result, Exception)] == []
    assert sum(leads for leads, _mails in results) == 10
    assert sum(written for _leads, written in results) == mails("new_lead") == 60
    assert not Lead.objects.filter(announced_at=None).exists()


def test_without_the_conditional_mark_both_would_say_that_they_did_it(monkeypatch):
    """Negative control. The unique mail row still keeps a second mail from being written."""
    listening()
    make_lead()
    update = QuerySet.update

    def unconditional(self, **changes):
        if self.model is Lead and "announced_at" in changes:
            return update(Lead.objects.all(), **changes)
        return update(self, **changes)

    monkeypatch.setattr(QuerySet, "update", unconditional)
    meet_before(monkeypatch, outbox, "write_merged", 2)
    results = together(*[lambda: announce_leads(now=NOW)] * 2)
    assert results == [(1, 1), (1, 1)]
    assert mails("new_lead") == 1


def withdraws_while_the_mails_are_written(monkeypatch, lead):
    """Its homeowner, on another connection, after the mails were written and before they can be seen."""
    write = outbox.write_merged

    def meanwhile(letters, *, now):
        write(letters, now=now)
        together(lambda: withdraw_lead(lead=lead, now=now))

    monkeypatch.setattr(outbox, "write_merged", meanwhile)


def waiting():
    return OutgoingMail.objects.filter(kind="marketplace/new_lead", state="queued").count()


def test_of_a_request_that_is_withdrawn_while_the_mails_are_written_nobody_hears(monkeypatch):
    """M1."""
    listening()
    lead, other = make_lead(), make_lead()
    with monkeypatch.context() as patched:
        withdraws_while_the_mails_are_written(patched, lead)
        assert announce_lead(lead=lead, now=NOW) is None
    assert mails("new_lead") == 0
    assert announce_leads(now=NOW) == (1, 1)
    assert OutgoingMail.objects.get(kind="marketplace/new_lead").cause == f"lead:{other.public_id}"


def test_without_the_second_look_they_would_be_written_to_about_it(monkeypatch):
    """Negative control."""
    listening()
    lead = make_lead()
    monkeypatch.setattr(LeadQuerySet, "live", lambda self, now: self)
    withdraws_while_the_mails_are_written(monkeypatch, lead)
    assert announce_lead(lead=lead, now=NOW) == 1
    assert waiting() == 1


def test_whichever_comes_first_no_mail_about_a_request_that_was_withdrawn_is_left_to_be_sent():
    listening()
    for _ in range(8):
        lead = make_lead()
        results = together(
            lambda: announce_leads(now=NOW), lambda lead=lead: withdraw_lead(lead=lead, now=NOW)
        )
        assert [result for result in results if isinstance(result, Exception)] == []
        assert waiting() == 0


def test_several_workers_at_once_write_each_daily_mail_once():
    for _ in range(20):
        listening(mails="daily")
    make_lead(now=NOW + HOUR)
    results = together(*[lambda: send_digests(now=MORNING, batch=3)] * 3)
    assert sum(results) == mails("new_leads") == 20


def test_without_the_claim_two_workers_would_do_the_same_rows(monkeypatch):
    """Negative control: both have read the batch, and what is new for it, before either has marked it."""
    listening(mails="daily")
    make_lead(now=NOW + HOUR)
    lock_off(monkeypatch, LeadPreferences)
    new_for = matching._new_for
    monkeypatch.setattr(matching, "_new_for", after_both(lambda *asked: list(new_for(*asked))))
    assert together(*[lambda: send_digests(now=MORNING)] * 2) == [1, 1]
    assert mails("new_leads") == 1


def test_stopping_the_mails_waits_for_no_batch_and_holds_up_none(pro):
    listening(pro)
    others = [listening() for _ in range(5)]
    for _ in range(10):
        make_lead()
    together(
        lambda: announce_leads(now=NOW, batch=2),
        lambda: stop_mails(professional=pro, now=NOW),
    )
    assert OutgoingMail.objects.filter(kind="marketplace/new_lead").exclude(
        recipient=pro.owner.email
    ).count() == 10 * len(others)
    make_lead(now=NOW + HOUR)
    before = OutgoingMail.objects.filter(recipient=pro.owner.email, kind="marketplace/new_lead").count()
    announce_leads(now=NOW + HOUR)
    assert (
        OutgoingMail.objects.filter(recipient=pro.owner.email, kind="marketplace/new_lead").count() == before
    )
