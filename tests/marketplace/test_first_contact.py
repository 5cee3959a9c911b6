"""G21, X3: the 24 hours, at their boundaries; nobody is told twice, and nobody is missed."""

from datetime import timedelta
from io import StringIO

import pytest
import time_machine
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from mail import outbox
from mail.models import OutgoingMail
from marketplace import first_contact
from marketplace.contacts import set_outcome
from marketplace.diary import write_diary
from marketplace.first_contact import ClockState, check_first_contacts, clock_of, count_due
from marketplace.models import Contact, Lead
from tests.making import NOW, buy, contract, fund

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)
INSTANT = timedelta(microseconds=1)


@pytest.fixture
def buyer(pro):
    contract(pro)
    fund(pro)
    return pro


@pytest.fixture
def contact(buyer):
    (contact,) = buy(buyer)
    OutgoingMail.objects.all().delete()
    return contact


def call(contact, after):
    write_diary(contact=contact, kind="call", happened_at=NOW + after, text="", by=None, now=NOW + after)


@pytest.mark.parametrize("outcome", ["won", "lost", "no_answer"])
def test_of_a_contact_with_an_outcome_nobody_is_told_that_it_waits_for_a_call(contact, outcome):
    """The list of whom to call and the check ask the same; put back to open, both ask again (G21)."""
    by = contact.professional.owner
    lost_reason = "price" if outcome == "lost" else ""
    set_outcome(contact=contact, outcome=outcome, lost_reason=lost_reason, by=by, now=NOW)
    assert not Contact.objects.first_contact_open().exists()
    assert [check_first_contacts(now=NOW + after * HOUR) for after in (18, 25)] == [(0, 0), (0, 0)]
    set_outcome(contact=contact, outcome="open", lost_reason="", by=by, now=NOW)
    assert check_first_contacts(now=NOW + 25 * HOUR) == (0, 1)


@pytest.mark.parametrize("gone", ["withdrawn_at", "anonymised_at"])
def test_of_a_homeowner_who_is_not_to_be_called_nobody_is_reminded_and_no_clock_runs(contact, gone):
    """M1, X5: the page, the count and the check agree."""
    state = {"state": Lead.State.WITHDRAWN} if gone == "withdrawn_at" else {}
    Lead.objects.update(**{gone: NOW + HOUR}, **state)
    contact = Contact.objects.get()
    assert not Contact.objects.first_contact_open().exists()
    for after in (2, 20, 30, 300):
        now = NOW + after * HOUR
        assert (count_due(now=now), check_first_contacts(now=now)) == ((0, 0), (0, 0))
        assert (clock_of(contact, now).state, clock_of(contact, now).time) == (ClockState.GONE, HOUR)
    assert not OutgoingMail.objects.exists()


def test_who_was_reached_before_the_homeowner_withdrew_was_reached(contact):
    call(contact, 2 * HOUR)
    Lead.objects.update(state=Lead.State.WITHDRAWN, withdrawn_at=NOW + 3 * HOUR)
    assert clock_of(Contact.objects.get(), NOW + 30 * HOUR).state == ClockState.IN_TIME


def test_the_page_shows_no_clock_of_a_homeowner_who_withdrew(contact, client_of):
    page = reverse("marketplace:contact", args=[contact.public_id])
    with time_machine.travel(NOW + 2 * HOUR, tick=False):
        browser = client_of(contact.professional)
        assert "22 h left to call" in browser.get(page).text
        Lead.objects.update(state=Lead.State.WITHDRAWN, withdrawn_at=NOW + HOUR)
        assert "left to call" not in browser.get(page).text
    with time_machine.travel(NOW + 30 * HOUR, tick=False):
        assert "overdue for" not in client_of(contact.professional).get(page).text


@pytest.mark.parametrize(
    ("after", "told"),
    [
        (18 * HOUR - timedelta(minutes=1), (0, 0)),
        (18 * HOUR - INSTANT, (0, 0)),
        (18 * HOUR, (1, 0)),
        (24 * HOUR, (1, 0)),
        (24 * HOUR + INSTANT, (0, 1)),
        (72 * HOUR, (0, 1)),
    ],
)
def test_who_is_told_what_and_when(contact, after, told):
    """A worker that was down for a day sends the late notice alone."""
    now = NOW + after
    assert count_due(now=now) == told
    assert check_first_contacts(now=now) == told
    assert sorted(OutgoingMail.objects.values_list("kind", "recipient")) == [
        (kind, "pro@example.com")
        for kind, number in (
            ("marketplace/first_contact_reminder", told[0]),
            ("marketplace/first_contact_late", told[1]),
        )
        if number
    ]


def test_one_reminder_and_one_late_notice_however_often_it_runs(contact):
    for quarter in range(4 * 24 * 4):
        check_first_contacts(now=NOW + quarter * HOUR / 4)
    assert list(OutgoingMail.objects.order_by("id").values_list("kind", "written_at")) == [
        ("marketplace/first_contact_reminder", NOW + 18 * HOUR),
        ("marketplace/first_contact_late", NOW + 24.25 * HOUR),
    ]


def test_whoever_was_reached_meanwhile_is_told_nothing(contact):
    call(contact, 17 * HOUR)
    assert check_first_contacts(now=NOW + 20 * HOUR) == (0, 0)
    assert check_first_contacts(now=NOW + 30 * HOUR) == (0, 0)


def test_whoever_was_reminded_and_then_called_hears_no_more(contact):
    check_first_contacts(now=NOW + 20 * HOUR)
    call(contact, 23 * HOUR)
    assert check_first_contacts(now=NOW + 30 * HOUR) == (0, 0)


def test_a_returned_contact_is_told_of_no_more(contact, moderator):
    from marketplace.returns import return_by_staff

    return_by_staff(contact=contact, by=moderator, note="bad number", now=NOW + HOUR)
    assert check_first_contacts(now=NOW + 20 * HOUR) == (0, 0)
    assert check_first_contacts(now=NOW + 30 * HOUR) == (0, 0)


def test_a_suspended_business_is_told_too(buyer, contact, moderator):
    """G19: what was bought stays, and so does its homeowner, who waits."""
    from profiles.suspensions import suspend

    suspend(professional=buyer, reason="…", decided_by=moderator, now=NOW)
    assert check_first_contacts(now=NOW + 20 * HOUR) == (1, 0)


def test_the_mail_is_in_the_owners_language_and_zone_and_without_the_homeowners_details(buyer, contact):
    buyer.owner.language, buyer.owner.time_zone = "en", "Europe/Rome"
    buyer.owner.save()
    check_first_contacts(now=NOW + 20 * HOUR)
    mail = OutgoingMail.objects.get()
    assert mail.language == "en"
    assert contact.lead.title in mail.subject
    assert "7 p.m." in mail.text  # 12:00 in Mexico City.
    assert str(contact.public_id) in mail.text
    for detail in (contact.lead.homeowner_name, contact.lead.homeowner_email, "555"):
        assert detail not in mail.subject + mail.text


def test_many_are_told_in_batches_of_few_statements(buyer):
    buy(buyer, 7)
    for batch, batches in ((3, 3), (7, 2), (500, 1)):
        Contact.objects.update(reminded_at=None)
        OutgoingMail.objects.all().delete()
        with CaptureQueriesContext(connection) as captured:
            assert check_first_contacts(now=NOW + 20 * HOUR, batch=batch) == (7, 0)
        assert OutgoingMail.objects.count() == 7
        statements = [
            q for q in captured if not q["sql"].startswith(("BEGIN", "COMMIT", "SAVEPOINT", "RELEASE"))
        ]
        assert len(statements) <= 5 * batches + 1


def test_nothing_due_costs_two_statements(contact):
    with CaptureQueriesContext(connection) as captured:
        assert check_first_contacts(now=NOW + HOUR) == (0, 0)
    statements = [q for q in captured if not q["sql"].startswith(("BEGIN", "COMMIT", "SAVEPOINT", "RELEASE"))]
    assert len(statements) == 2


def test_one_that_cannot_be_told_holds_up_nobody(buyer, monkeypatch, caplog):
    bad = buy(buyer, 5)[1]
    OutgoingMail.objects.all().delete()
    write_merged = outbox.write_merged

    def fails_for_one(letters, *, now):
        letters = list(letters)
        if any(str(bad.public_id) in letter.cause for letter in letters):
            raise ValueError("a template that cannot be rendered")
        write_merged(letters, now=now)

    monkeypatch.setattr(outbox, "write_merged", fails_for_one)
    assert check_first_contacts(now=NOW + 20 * HOUR, batch=2) == (4, 0)
    assert OutgoingMail.objects.count() == 4
    assert list(Contact.objects.filter(reminded_at=None)) == [bad]
    assert f"Could not write marketplace/first_contact_reminder of Contact {bad.pk}" in caplog.text
    monkeypatch.undo()
    assert check_first_contacts(now=NOW + 21 * HOUR) == (1, 0)


def test_killed_in_the_middle_it_has_neither_flagged_nor_written_and_the_next_run_does_both(
    contact, monkeypatch
):
    """What a kill does: nothing after it runs, and the database undoes the transaction."""

    class Killed(BaseException):
        pass

    def killed(letters, *, now):
        raise Killed

    monkeypatch.setattr(outbox, "write_merged", killed)
    with pytest.raises(Killed):
        check_first_contacts(now=NOW + 20 * HOUR)
    contact.refresh_from_db()
    assert (contact.reminded_at, OutgoingMail.objects.count()) == (None, 0)
    monkeypatch.undo()
    assert check_first_contacts(now=NOW + 20 * HOUR) == (1, 0)
    assert OutgoingMail.objects.count() == 1


def test_the_pages_judge_by_the_clock_whether_or_not_the_check_has_run(contact):
    def clock(after):
        return clock_of(contact, NOW + after)

    assert (clock(timedelta(0)).state, clock(timedelta(0)).in_words) == (ClockState.RUNNING, "24 h")
    assert (clock(23.5 * HOUR).state, clock(23.5 * HOUR).in_words) == (ClockState.RUNNING, "30 min")
    assert clock(22.5 * HOUR).in_words == "1 h 30 min"
    assert clock(24 * HOUR - INSTANT).in_words == "less than 1 min"
    assert clock(24 * HOUR).state == ClockState.RUNNING
    assert clock(24 * HOUR + INSTANT).state == ClockState.OVERDUE
    assert clock(96 * HOUR).in_words == "3 days"


@pytest.mark.parametrize(
    ("after", "state"), [(24 * HOUR, ClockState.IN_TIME), (24 * HOUR + INSTANT, ClockState.LATE)]
)
def test_exactly_twenty_four_hours_is_in_time(contact, after, state):
    call(contact, after)
    contact.refresh_from_db()
    assert clock_of(contact, NOW + 99 * HOUR).state == state


def test_the_command_counts_without_writing_when_it_is_asked_to(contact):
    shown = StringIO()
    call_command("check_first_contacts", "--dry-run", stdout=shown)
    assert "1 late" in shown.getvalue()
    assert not OutgoingMail.objects.exists()
    call_command("check_first_contacts", stdout=shown)
    assert OutgoingMail.objects.count() == 1


def test_the_task_is_what_beat_asks_for(contact, settings):
    from config.celery import app

    asked = {entry["task"] for entry in settings.CELERY_BEAT_SCHEDULE.values()}
    assert "marketplace.check_first_contacts" in asked
    from marketplace.tasks import check_first_contacts as task

    assert app.tasks["marketplace.check_first_contacts"].name == task.name
    task()
    assert OutgoingMail.objects.filter(kind=first_contact.LATE.kind).count() == 1


@pytest.mark.parametrize("kind", ["tried", "tried_late"])
def test_whoever_pressed_call_is_asked_what_became_of_it_and_not_told_that_nobody_called(contact, kind):
    """G21: "Nobody has been in touch yet" was written also to whoever had called and not said so yet."""
    from marketplace.attempts import begin_attempt, settle_attempt

    begin_attempt(contact=contact, way="mail", by=None, now=NOW + HOUR)
    latest = begin_attempt(contact=contact, way="call", by=None, now=NOW + 2 * HOUR)
    mail = asked_by_mail(contact, kind)
    assert reverse("marketplace:contact", args=[contact.public_id]) in mail.text
    for untrue in ("Nobody has been in touch", "none is written in its diary"):
        assert untrue not in mail.text
    settle_attempt(attempt=latest, answer="no_answer", by=None, now=NOW + 26 * HOUR)
    contact.refresh_from_db()
    assert contact.first_contact_at == NOW + 2 * HOUR


def asked_by_mail(contact, kind) -> OutgoingMail:
    """The mail that asks what became of what was begun, in English."""
    contact.professional.owner.language = "en"
    contact.professional.owner.save()
    check_first_contacts(now=NOW + (18 if kind == "tried" else 25) * HOUR)
    return OutgoingMail.objects.get(kind=f"marketplace/first_contact_{kind}")


@pytest.mark.parametrize("kind", ["tried", "tried_late"])
@pytest.mark.parametrize(
    ("way", "begun"),
    [
        ("call", "you pressed “Call” for"),
        ("whatsapp", "you began a WhatsApp message to"),
        ("mail", "you began an e-mail to"),
    ],
)
def test_the_mail_says_what_was_begun_and_calls_no_message_a_call(contact, kind, way, begun):
    from marketplace.attempts import begin_attempt

    begin_attempt(contact=contact, way=way, by=None, now=NOW + 2 * HOUR)
    mail = asked_by_mail(contact, kind)
    title, town = contact.lead.title, contact.lead.town
    assert mail.subject == f"Did you reach the homeowner of “{title}”?"
    first = mail.text.split("\n\n")[1]
    assert first.startswith(f"On Jan. 10, 2026, 2 p.m. {begun} the homeowner of “{title}” in {town}. ")
    assert ("“Call”" in mail.text) is (way == "call")
