"""M2: a request lives thirty days by its date; a job writes it down, once, and tells the homeowner."""

from datetime import timedelta
from io import StringIO

import pytest
import time_machine
from django.core.management import call_command

from mail.models import OutgoingMail
from marketplace import expiry
from marketplace.contacts import buy_contact
from marketplace.errors import MarketplaceError
from marketplace.expiry import expire_leads
from marketplace.homeowners import page_of
from marketplace.leads import close_lead
from marketplace.models import Lead
from tests.making import NOW, contract, fund, make_lead

pytestmark = pytest.mark.django_db
END = NOW + timedelta(days=30)
KIND = "marketplace/lead_expired"


def states() -> list[str]:
    return list(Lead.objects.order_by("id").values_list("state", flat=True))


def test_it_expires_at_the_end_of_its_thirty_days_and_not_a_second_before():
    make_lead()
    assert expire_leads(now=END - timedelta(seconds=1)) == 0
    assert expire_leads(now=END) == 1
    event = Lead.objects.get().events.latest("id")
    assert (event.from_state, event.to_state, event.actor, event.at) == ("published", "expired", None, END)


def test_the_homeowner_is_told_once_with_the_link_to_their_page():
    lead = make_lead(language="en", title="Paint a flat")
    for hours in range(3):
        expire_leads(now=END + timedelta(hours=hours))
    mail = OutgoingMail.objects.get(kind=KIND)
    assert (mail.recipient, mail.language) == (lead.homeowner_email, "en")
    assert "Paint a flat" in mail.subject and page_of(lead) in mail.text and "ask again" in mail.text
    assert lead.events.count() == 4


def test_it_cannot_be_bought_after_its_date_though_the_job_never_ran(pro, client_of):
    """Pages judge by the date: feed, purchase and the office."""
    contract(pro, now=END - timedelta(days=2))
    fund(pro)
    lead = make_lead()
    with pytest.raises(MarketplaceError) as caught:
        buy_contact(professional=pro, lead=lead, price_seen_cents=20_000, now=END)
    assert caught.value.code == "not_live"
    for moment, shown in ((END - timedelta(seconds=1), True), (END, False)):
        with time_machine.travel(moment, tick=False):
            assert (lead.title in client_of(pro).get("/jobs/").content.decode()) == shown
    assert states() == ["published"]


def test_an_expired_request_can_still_be_closed(moderator):
    lead = make_lead()
    expire_leads(now=END)
    assert close_lead(lead=lead, by=moderator, reason="Done.", now=END).state == "closed"


@pytest.mark.parametrize("batch", [1, 2, 3, 10])
def test_all_that_is_due_expires_whatever_the_batch(batch):
    for _number in range(3):
        make_lead()
    make_lead(now=NOW + timedelta(days=1))
    assert expire_leads(now=END, batch=batch) == 3
    assert states() == ["expired"] * 3 + ["published"]


def test_one_that_fails_holds_up_no_other_and_is_done_by_the_next_run(monkeypatch):
    leads = [make_lead() for _number in range(3)]
    write = expiry.outbox.write

    def fails_for_the_second(**mail):
        if mail["cause"] == f"lead:{leads[1].public_id}":
            raise OSError("the disk is full")
        return write(**mail)

    monkeypatch.setattr(expiry.outbox, "write", fails_for_the_second)
    assert expire_leads(now=END, batch=1) == 2
    assert states() == ["expired", "published", "expired"]
    monkeypatch.undo()
    assert expire_leads(now=END) == 1
    assert OutgoingMail.objects.filter(kind=KIND).count() == 3


def test_the_command_counts_or_does_the_same():
    make_lead()
    with time_machine.travel(END, tick=False):
        for arguments, said in ((["--dry-run"], "Due: 1"), ([], "Expired: 1"), (["--dry-run"], "Due: 0")):
            out = StringIO()
            call_command("expire_leads", *arguments, stdout=out)
            assert said in out.getvalue()
