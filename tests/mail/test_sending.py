"""What is due is claimed, sent outside any transaction, and marked; nothing is lost and nothing doubled (X3)."""

import threading
from datetime import timedelta

import pytest
from django.core import mail as django_mail
from django.core.management import call_command
from django.db import transaction

from mail import outbox
from mail.models import OutgoingMail
from mail.tasks import clear_old_mail, send_due_mail
from tests.mail import fakes
from tests.making import NOW
from tests.together import together

MINUTE = timedelta(minutes=1)


@pytest.fixture
def server(settings):
    """`server("RefusesAna")` is the mail server from then on; the list of what it was sent."""

    def choose(name: str) -> list:
        settings.EMAIL_BACKEND = f"tests.mail.fakes.{name}"
        fakes.Fake.sent.clear()
        return fakes.Fake.sent

    return choose


def state_of(mail: OutgoingMail) -> tuple:
    mail.refresh_from_db()
    return mail.state, mail.attempts


def test_a_mail_is_sent_once_with_its_text_and_html(db, write):
    mail = write(reply_to="luis@example.com")
    assert outbox.send_due(now=NOW) == 1
    assert outbox.send_due(now=NOW) == 0
    (sent,) = django_mail.outbox
    assert (sent.subject, sent.body, sent.to, sent.reply_to) == (
        mail.subject,
        mail.text,
        ["ana@example.com"],
        ["luis@example.com"],
    )
    message = sent.message()
    assert message["Message-ID"] == mail.message_id
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["Content-Language"] == "en"
    mail.refresh_from_db()
    assert (mail.state, mail.sent_at, mail.claimed_at) == ("sent", NOW, None)


def test_what_is_not_due_yet_waits(db, write):
    write(now=NOW + MINUTE)
    assert outbox.send_due(now=NOW) == 0
    assert outbox.send_due(now=NOW + MINUTE) == 1


def test_the_mail_that_waited_longest_goes_first_and_a_batch_has_its_size(db, write):
    for number in (3, 1, 2):
        write(cause=f"pet:{number}", context={"pet": str(number)}, now=NOW - number * MINUTE)
    assert [outbox.send_due(now=NOW, batch=2) for _ in range(3)] == [2, 1, 0]
    assert [sent.subject[-1] for sent in django_mail.outbox] == ["3", "2", "1"]


def test_a_worker_killed_between_claim_and_mark_loses_nothing_and_sends_the_same_message_again(
    db, write, server
):
    sent = server("KillsItsWorker")
    mail, other = write(), write(cause="pet:16")
    with pytest.raises(SystemExit):
        outbox.send_due(now=NOW, batch=1)
    assert state_of(mail) == ("sending", 1)
    # Nobody touches it while its sender may still be alive.
    server("Fake")
    assert outbox.send_due(now=NOW + MINUTE) == 1
    assert state_of(mail) == ("sending", 1)
    assert state_of(other) == ("sent", 1)
    # Then it goes out again, and a mailbox sees that it is the same one.
    sent = server("Fake")
    assert outbox.send_due(now=NOW + outbox.STUCK_AFTER) == 1
    assert state_of(mail) == ("sent", 2)
    assert [message.message()["Message-ID"] for message in sent] == [mail.message_id]


def test_a_mail_that_kills_every_worker_is_given_up(db, write, server):
    server("KillsItsWorker")
    mail = write()
    now = NOW
    while mail.attempts < 7:
        with pytest.raises(SystemExit):
            outbox.send_due(now=now)
        mail.refresh_from_db()
        now += outbox.STUCK_AFTER
    assert outbox.send_due(now=now) == 0
    assert state_of(mail) == ("failed", 7)


def test_a_refused_mail_is_tried_ever_later_and_then_given_up(db, write, server):
    server("RefusesAna")
    mail = write()
    now, waited = NOW, []
    while True:
        assert outbox.send_due(now=now) == 0
        mail.refresh_from_db()
        if mail.state == "failed":
            break
        assert mail.state == "queued"
        waited.append(mail.due_at - now)
        assert outbox.send_due(now=mail.due_at - timedelta(seconds=1)) == 0
        now = mail.due_at
    assert waited == list(outbox.RETRY_AFTER)
    assert waited == sorted(waited)
    assert mail.attempts == 7
    assert mail.last_error.startswith("SMTPRecipientsRefused")
    assert "550" in mail.last_error
    assert "ana@example.com" not in mail.last_error
    assert outbox.send_due(now=now + timedelta(days=9)) == 0


def test_what_is_taken_back_is_not_sent_though_a_sender_has_claimed_it(db, write, server, monkeypatch):
    """The worst moment: the batch is claimed, and its first mail is on its way."""
    sent = server("Fake")
    first, second, third = [write(cause=f"pet:{number}") for number in range(3)]
    send = outbox._send

    def meanwhile(mail, connection):
        send(mail, connection)
        taken = OutgoingMail.objects.filter(pk__in=[first.pk, second.pk])
        if mail.pk == first.pk:
            assert outbox.take_back(taken) == 2

    monkeypatch.setattr(outbox, "_send", meanwhile)
    assert outbox.send_due(now=NOW) == 2
    assert [message.subject for message in sent] == [first.subject, third.subject]
    assert [state_of(mail)[0] for mail in (first, second, third)] == ["failed", "failed", "sent"]
    assert [mail.text for mail in (first, second)] == ["", ""]
    assert outbox.send_due(now=NOW + timedelta(days=1)) == 0


def test_what_was_being_sent_when_it_was_taken_back_and_failed_is_not_tried_again(
    db, write, server, monkeypatch
):
    server("RefusesAna")
    mail = write()
    send = outbox._send

    def meanwhile(claimed, connection):
        outbox.take_back(OutgoingMail.objects.all())
        send(claimed, connection)

    monkeypatch.setattr(outbox, "_send", meanwhile)
    assert outbox.send_due(now=NOW) == 0
    assert state_of(mail) == ("failed", 1)


def test_one_refused_mail_does_not_keep_the_others(db, write, server, caplog):
    sent = server("RefusesAna")
    write()
    write(to="luis@example.com", now=NOW)
    write(to="eva@example.com", now=NOW)
    assert outbox.send_due(now=NOW) == 2
    assert [message.to for message in sent] == [["luis@example.com"], ["eva@example.com"]]
    assert "ana@example.com" not in caplog.text


def test_a_server_that_hangs_is_waited_for_once_and_the_rest_of_the_batch_given_back(db, write, server):
    server("CannotBeReached")
    fakes.CannotBeReached.opened = 0
    mails = [write(cause=f"pet:{number}") for number in range(3)]
    assert outbox.send_due(now=NOW) == 0
    assert fakes.CannotBeReached.opened == 1
    assert [state_of(mail) for mail in mails] == [("queued", 1), ("queued", 0), ("queued", 0)]
    assert mails[0].last_error == "TimeoutError: timed out"
    sent = server("Fake")
    assert outbox.send_due(now=NOW + MINUTE) == 3
    assert len(sent) == 3


def test_a_slow_server_cannot_make_a_living_senders_mails_look_stuck(db, write, server, monkeypatch):
    server("Fake")
    mails = [write(cause=f"pet:{number}") for number in range(3)]
    # Each look at the clock is two minutes and a half after the last.
    clock = iter(range(0, 10_000, 150))
    monkeypatch.setattr("mail.outbox.time.monotonic", lambda: next(clock))
    assert outbox.send_due(now=NOW) == 1
    assert [state_of(mail) for mail in mails] == [("sent", 1), ("queued", 0), ("queued", 0)]
    assert outbox.SEND_FOR < outbox.STUCK_AFTER


def test_a_server_that_takes_nothing_without_saying_why_has_not_sent_it(db, write, server):
    server("TakesNothing")
    mail = write()
    assert outbox.send_due(now=NOW) == 0
    assert state_of(mail) == ("queued", 1)


def test_a_mail_without_a_recipient_does_not_keep_the_others(db, write, server):
    # Django's own backend sends a message without recipients nowhere, and says so by a count of 0.
    server("LooksForRecipients")
    nobodys = write()
    OutgoingMail.objects.update(recipient="")
    others = [write(to=f"{name}@example.com") for name in ("luis", "eva")]
    assert outbox.send_due(now=NOW) == 2
    assert [state_of(mail) for mail in [nobodys, *others]] == [("queued", 1), ("sent", 1), ("sent", 1)]
    assert nobodys.last_error == "NotTakenError: "


def test_a_sender_whose_claim_was_released_meanwhile_marks_nothing(db, write, server, monkeypatch):
    sent = server("Fake")
    mail = write()
    claimed = outbox._claim(NOW, 10)
    later = NOW + outbox.STUCK_AFTER
    outbox._release_stuck(later)
    assert [again.pk for again in outbox._claim(later, 10)] == [mail.pk]
    outbox._mark_failed(claimed[0], OSError("too late"), later)
    assert state_of(mail) == ("sending", 2)
    assert sent == []


def test_nothing_is_sent_inside_a_transaction(transactional_db, write):
    write()
    with pytest.raises(RuntimeError, match="durable"), transaction.atomic():
        outbox.send_due(now=NOW)


def test_bodies_are_cleared_30_days_after_sending_or_giving_up(db, write, server):
    server("RefusesAna")
    given_up, sent = write(), write(to="luis@example.com", in_reply_to="<1@home.example>")
    for day in range(12):
        outbox.send_due(now=NOW + timedelta(days=day))
    given_up.refresh_from_db()
    assert outbox.clear_old(now=NOW + timedelta(days=30) - timedelta(seconds=1)) == 0
    assert outbox.clear_old(now=NOW + timedelta(days=30)) == 1
    sent.refresh_from_db()
    assert (sent.text, sent.in_reply_to, sent.cleared_at) == ("", "", NOW + timedelta(days=30))
    assert outbox.clear_old(now=given_up.due_at + timedelta(days=30)) == 1
    assert not OutgoingMail.objects.exclude(text="").exists()


def test_the_worker_sends_and_clears_and_so_does_the_command(db, write, capsys):
    for number in range(60):
        write(cause=f"pet:{number}")
    call_command("send_mail", "--dry-run")
    assert capsys.readouterr().out == "60 to send, 0 to clear.\n"
    assert django_mail.outbox == []
    send_due_mail.delay()
    assert len(django_mail.outbox) == 60
    OutgoingMail.objects.update(sent_at=NOW - timedelta(days=365), due_at=NOW - timedelta(days=365))
    write(cause="one more")
    call_command("send_mail")
    assert capsys.readouterr().out == "1 sent, 60 cleared.\n"
    clear_old_mail.delay()
    assert OutgoingMail.objects.filter(text="").count() == 60


def senders_at_once(write, monkeypatch, take=outbox._claim) -> list[str]:
    """Two senders, both of which have read what is due before either sends; the Message-IDs sent."""
    for number in range(20):
        write(cause=f"pet:{number}")
    fakes.Fake.sent.clear()
    both_claimed = threading.Barrier(2, timeout=20)

    def claim_then_wait(now, batch):
        claimed = take(now, batch)
        both_claimed.wait()
        return claimed

    monkeypatch.setattr(outbox, "_claim", claim_then_wait)
    results = together(*[lambda: outbox.send_due(now=NOW, batch=15)] * 2)
    assert sum(results) == len(fakes.Fake.sent)
    return [message.message()["Message-ID"] for message in fakes.Fake.sent]


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_two_senders_at_once_send_each_mail_once(write, server, monkeypatch):
    server("Fake")
    sent = senders_at_once(write, monkeypatch)
    assert len(sent) == len(set(sent)) == 20


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_without_the_claim_two_senders_send_mails_twice(write, server, monkeypatch):
    """Negative control: the race is there, and the claim is what closes it."""
    server("Fake")

    def look_only(now, batch):
        return list(
            OutgoingMail.objects.filter(state="queued", due_at__lte=now).order_by("due_at", "id")[:batch]
        )

    monkeypatch.setattr(outbox, "_still_ours", lambda mail: OutgoingMail.objects.filter(pk=mail.pk))
    sent = senders_at_once(write, monkeypatch, take=look_only)
    assert len(sent) == 30
    assert len(set(sent)) == 15
