"""The reminders as they are written: to whom, once, what they say, and how they are turned off (G4, G5, G6, X3)."""

from datetime import date, timedelta
from unittest import mock

import pytest
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from base.days import marketplace_day
from guarantees import claims, decisions, personal, reminders
from guarantees.models import ExtraDays, Reminder
from guarantees.reminder_choices import choose_reminders, stop_reminders, wanted
from guarantees.reminders import due, remind_of_guarantee
from mail.models import OutgoingMail
from marketplace.returns import accept_return
from profiles.suspensions import suspend
from tests import making
from tests.guarantees.claim_making import (
    LATER,
    confirm_all,
    make_claimable,
    make_draft,
    make_submitted,
    reject,
    three_contact_terms,
)
from tests.mail.test_calendars import read
from tests.making import NOW, at, noon

# S is 10 January 2026. Three contacts are bought on the 11th: claimable from 11 February to 25 April; B is 25 March.
OPENS, CLOSES, BUY_BY = date(2026, 2, 11), date(2026, 4, 25), date(2026, 3, 25)
DAY = timedelta(days=1)


def run(day, hour="12:00"):
    return remind_of_guarantee(now=at(f"{day} {hour}"))


def mails():
    return list(OutgoingMail.objects.filter(cause__startswith="reminder:").order_by("pk"))


def said():
    return [
        (reminder.kind, reminder.about, marketplace_day(reminder.sent_at))
        for reminder in Reminder.objects.order_by("pk")
    ]


def every_day_from(first, last):
    for number in range((last - first).days + 1):
        remind_of_guarantee(now=noon(first + number * DAY))


def language(pro, code):
    pro.owner.language = code
    pro.owner.save(update_fields=["language"])


def test_a_whole_life_is_reminded_of_each_date_once(pro):
    make_claimable(pro)
    every_day_from(date(2026, 1, 10), date(2026, 5, 10))
    assert said() == [
        ("can_claim", OPENS, OPENS),
        ("closing_far", CLOSES, CLOSES - 7 * DAY),
        ("closing_near", CLOSES, CLOSES - DAY),
    ]
    assert [mail.recipient for mail in mails()] == [pro.owner.email] * 3


def test_who_has_too_few_contacts_is_reminded_to_buy(pro):
    make_claimable(pro, contacts=2)
    every_day_from(date(2026, 1, 10), date(2026, 5, 10))
    assert said() == [
        ("buy_by_far", BUY_BY, BUY_BY - 14 * DAY),
        ("buy_by_near", BUY_BY, BUY_BY - 3 * DAY),
    ]
    far, near = mails()
    assert far.subject == "14 days left to buy the contacts that count"
    assert "has 2 of the 3 contacts" in far.text and "By March 18, 2026 you are safe" in far.text
    assert near.subject == "3 days left to buy the contacts that count" and "safe" not in near.text


def test_days_are_those_of_the_marketplace(pro):
    make_claimable(pro)
    # 23:30 on the tenth in Mexico City is the eleventh in UTC.
    assert run("2026-02-10", "23:30") == 0
    assert run("2026-02-11", "00:10") == 1


def test_a_day_in_a_zone_with_summer_time_is_its_local_day(pro, settings):
    settings.MARKETPLACE_TIME_ZONE = "Europe/Rome"
    make_claimable(pro)
    # Clocks went forward on 29 March: 22:30 in UTC on the 17th of April is half past midnight on the 18th.
    assert remind_of_guarantee(now=at("2026-04-17 15:30")) == 0
    assert remind_of_guarantee(now=at("2026-04-17 16:30")) == 1
    assert said() == [("closing_far", CLOSES, CLOSES - 7 * DAY)]


def test_a_worker_that_was_down_sends_one_mail_about_what_is_still_true(pro, other_pro):
    make_claimable(pro)
    make_claimable(other_pro, contacts=1)
    assert run("2026-03-24") == 1
    assert said() == [("buy_by_near", BUY_BY, date(2026, 3, 24))]
    every_day_from(date(2026, 4, 25), date(2026, 4, 30))
    assert said()[1:] == [("closing_near", CLOSES, CLOSES)]


def test_twice_on_a_day_writes_once(pro):
    make_claimable(pro)
    assert [run(OPENS), run(OPENS, "16:00"), run(OPENS + DAY)] == [1, 0, 0]


def test_one_that_fails_does_not_stop_the_rest_and_is_written_by_the_next_run(pro, other_pro):
    make_claimable(pro)
    make_claimable(other_pro)
    letter_of = reminders.letter_of

    def fail_for_pro(reminder, *args, **kwargs):
        if reminder.professional_id == pro.pk:
            raise RuntimeError
        return letter_of(reminder, *args, **kwargs)

    with mock.patch.object(reminders, "letter_of", fail_for_pro):
        assert run(OPENS) == 1
    assert [mail.recipient for mail in mails()] == [other_pro.owner.email]
    assert run(OPENS) == 1
    assert [mail.recipient for mail in mails()] == [other_pro.owner.email, pro.owner.email]


def test_nobody_is_reminded_who_cannot_claim(pro, other_pro, moderator, reviewer, other_reviewer):
    make_submitted(pro)
    make_claimable(other_pro)
    suspend(professional=other_pro, reason="Dijo lo que no era.", decided_by=moderator, now=making.NOW)
    closed = making.make_pro()
    make_claimable(closed)
    closed.closed_at = making.NOW
    closed.save(update_fields=["closed_at"])
    every_day_from(date(2026, 2, 20), date(2026, 2, 25))
    every_day_from(date(2026, 4, 17), date(2026, 4, 26))
    assert said() == []


def test_the_refunded_are_not_reminded(pro, reviewer):
    claim = confirm_all(make_submitted(pro), reviewer)
    decisions.approve_claim(claim=claim, by=reviewer, now=LATER)
    every_day_from(date(2026, 4, 17), date(2026, 4, 26))
    assert said() == []


def test_after_a_plain_rejection_the_end_of_the_window_is_told(pro, reviewer):
    reject(make_submitted(pro), reviewer)
    every_day_from(date(2026, 2, 24), date(2026, 4, 20))
    assert said() == [("closing_far", CLOSES, CLOSES - 7 * DAY)]


def test_a_draft_that_lies_is_told_of_and_later_mails_say_that_it_is_there(pro):
    make_draft(pro, now=at("2026-02-20 12:00"))
    every_day_from(date(2026, 2, 20), date(2026, 4, 26))
    assert said() == [
        ("draft", CLOSES, date(2026, 2, 23)),
        ("closing_far", CLOSES, CLOSES - 7 * DAY),
        ("closing_near", CLOSES, CLOSES - DAY),
    ]
    assert ["You have a draft already" in mail.text for mail in mails()] == [False, True, True]
    assert "it has to be submitted by April 25, 2026" in mails()[0].text


def test_a_date_that_moves_is_told_anew(pro, reviewer):
    make_claimable(pro)
    assert run("2026-04-18") == 1
    ExtraDays.objects.create(
        professional=pro, days=20, reason="Tardamos.", given_by=reviewer, given_at=at("2026-04-19 12:00")
    )
    every_day_from(date(2026, 4, 19), date(2026, 5, 20))
    later = CLOSES + 20 * DAY
    assert said() == [
        ("closing_far", CLOSES, CLOSES - 7 * DAY),
        ("closing_far", later, later - 7 * DAY),
        ("closing_near", later, later - DAY),
    ]
    first, second = (read(mail.calendar)[0] for mail in mails()[:2])
    assert first["UID"] == second["UID"] and int(first["SEQUENCE"]) < int(second["SEQUENCE"])
    assert (first["DTSTART;VALUE=DATE"], second["DTSTART;VALUE=DATE"]) == ("20260425", "20260515")


def test_a_return_moves_the_end_of_the_wait_and_it_is_told_anew(pro, moderator, private_files):
    asked = making.ask_return_with_picture(make_claimable(pro)[2], now=at("2026-01-15 12:00"))
    assert run(OPENS) == 1
    accept_return(return_request=asked, by=moderator, note="", now=at("2026-02-12 12:00"))
    making.buy(pro, now=at("2026-02-15 12:00"))
    every_day_from(date(2026, 2, 12), date(2026, 3, 20))
    assert said()[1:] == [("can_claim", date(2026, 3, 15), date(2026, 3, 15))]


def test_the_mail_says_what_counts_with_a_date_for_the_calendar(pro):
    make_claimable(pro)
    language(pro, "en")
    run(OPENS)
    (mail,) = mails()
    assert mail.subject == "You can claim your guarantee now"
    assert "Reformas Hidalgo can claim what you paid" in mail.text and "April 25, 2026" in mail.text
    assert "Before you can claim" not in mail.text
    (event,) = read(mail.calendar)
    assert (event["SUMMARY"], event["DTSTART;VALUE=DATE"]) == (
        "Guarantee: last day to make the claim",
        "20260425",
    )
    assert event["UID"].startswith(f"claim-until-{pro.public_id}@")


@pytest.mark.parametrize(
    ("day", "subject"),
    [
        (OPENS, "The waiting time of your guarantee is over"),
        (CLOSES, "Today is the last day to claim your guarantee"),
    ],
)
def test_who_cannot_claim_yet_is_not_told_that_they_can(pro, day, subject):
    make_claimable(pro)
    # E is the day itself.
    bought_on = day.replace(month=day.month - 1)
    last = pro.contacts.kept().last()
    pro.contacts.filter(pk=last.pk).update(bought_at=noon(bought_on), bought_on=bought_on)
    language(pro, "en")
    pro.photos.all().delete()
    run(day)
    (mail,) = mails()
    assert mail.subject == subject
    assert "can claim what you paid" not in mail.text
    assert mail.text.split("Before you can claim:")[1].strip().startswith("- ")


def test_a_draft_is_not_said_to_be_ready(pro):
    language(pro, "en")
    make_draft(pro, now=at("2026-02-20 12:00"), told=False)
    run(CLOSES)
    (mail,) = mails()
    assert "You have a draft already." in mail.text and "only has to be submitted" not in mail.text


@pytest.mark.parametrize(("code", "day"), [("es-mx", "25 de abril de 2026"), ("en", "April 25, 2026")])
def test_a_reminder_is_in_the_language_of_its_reader(pro, code, day):
    make_claimable(pro)
    language(pro, code)
    run(OPENS)
    (mail,) = mails()
    assert mail.language == code and day.lower() in mail.text.lower()


def test_nothing_of_a_homeowner_is_in_a_reminder(pro):
    contacts = make_claimable(pro)
    run(OPENS)
    (mail,) = mails()
    for contact in contacts:
        for private in (contact.lead.homeowner_name, contact.lead.homeowner_email, contact.lead.title):
            assert private not in mail.text + mail.calendar


def test_the_owner_chooses_on_the_page_and_a_member_sees(pro, client_of):
    member = making.make_user()
    pro.members.add(member)
    page = reverse("guarantees:reminders")
    browser = client_of(pro)
    assert browser.get(page).content.count(b"checked") == 3
    assert browser.post(page, {"topics": ["claim"]}).status_code == 302
    assert wanted(pro) == ["claim"]
    assert browser.post(page, {"topics": ["weather"]}).status_code == 422
    assert wanted(pro) == ["claim"]
    assert client_of(member).get(page).content.count(b"disabled") >= 3
    assert client_of(member).post(page, {"topics": []}).status_code == 403


def test_what_was_turned_off_is_not_written_and_the_rest_is(pro):
    make_claimable(pro, contacts=2)
    choose_reminders(professional=pro, topics=["claim", "draft"], now=making.NOW)
    every_day_from(date(2026, 3, 10), date(2026, 3, 26))
    assert said() == []
    choose_reminders(professional=pro, topics=["buy_by"], now=making.NOW)
    assert run(BUY_BY) == 1


def test_the_button_of_the_mail_program_stops_the_topic_and_what_waits(pro, client):
    make_claimable(pro)
    run(OPENS)
    (mail,) = mails()
    path = "/" + mail.unsubscribe_url.split("/", 3)[3]
    assert client.get(path).status_code == 200
    assert wanted(pro) == ["buy_by", "claim", "draft"]
    assert client.post(path, {"List-Unsubscribe": "One-Click"}).status_code == 200
    assert wanted(pro) == ["buy_by", "draft"]
    mail.refresh_from_db()
    assert (mail.state, mail.text, mail.calendar) == ("failed", "", "")
    assert run(CLOSES) == 0
    assert client.post(path.replace(":claim", ":draft")).status_code == 404


def test_stopped_twice_is_stopped_once(pro):
    for _ in range(2):
        stop_reminders(professional=pro, topic=Reminder.Topic.DRAFT, now=making.NOW)
    assert wanted(pro) == ["buy_by", "claim"]


def test_what_changed_since_the_batch_was_judged_is_seen(pro):
    claim = make_draft(pro, now=at("2026-02-20 12:00"))
    today = date(2026, 4, 18)
    (found,) = due(today)
    claims.submit_claim(claim=claim, by=pro.owner, now=at("2026-04-18 12:00"))
    assert reminders._write(found, today, at("2026-04-18 12:05")) == 0
    assert said() == []


def test_the_command_counts_what_is_due_and_writes_it(pro, time_machine, capsys):
    make_claimable(pro)
    time_machine.move_to(noon(OPENS))
    call_command("remind_of_guarantee", "--dry-run")
    call_command("remind_of_guarantee")
    call_command("remind_of_guarantee")
    assert capsys.readouterr().out == (
        "Due: 1 reminders. Nothing was written.\n  can_claim: 1\nWritten: 1 reminders.\nWritten: 0 reminders.\n"
    )


def test_whom_no_date_is_near_is_not_even_judged(pro):
    three_contact_terms()
    making.contract(pro)
    assert list(due(date(2026, 9, 1))) == []


def test_many_are_looked_at_in_as_many_queries_as_one(pro):
    make_claimable(pro)

    def queries():
        with CaptureQueriesContext(connection) as captured:
            (found,) = due(OPENS)
        return len(found), len(captured)

    one = queries()
    for _ in range(3):
        make_claimable(making.make_pro())
    assert (one[0], queries()) == (1, (4, one[1]))


def test_many_are_written_in_as_many_queries_as_one(pro):
    def queries(now):
        with CaptureQueriesContext(connection) as captured:
            written = remind_of_guarantee(now=now)
        control = ("BEGIN", "COMMIT", "SAVEPOINT", "RELEASE")
        return written, sum(not query["sql"].startswith(control) for query in captured)

    make_claimable(pro)
    one = queries(noon(OPENS))
    for _ in range(5):
        make_claimable(making.make_pro())
    Reminder.objects.all().delete()
    assert one[0] == 1
    assert queries(noon(OPENS + DAY)) == (6, one[1])


def test_those_of_a_batch_that_fails_are_each_written_alone(pro, other_pro, monkeypatch):
    """X3: also where several are written together, more than a batch of them."""
    monkeypatch.setattr(reminders, "TOGETHER", 2)
    everybody = [pro, other_pro, *(making.make_pro() for _ in range(3))]
    for each in everybody:
        make_claimable(each)
    letter_of = reminders.letter_of

    def fail_for_one(reminder, *args, **kwargs):
        if reminder.professional_id == everybody[2].pk:
            raise RuntimeError
        return letter_of(reminder, *args, **kwargs)

    with mock.patch.object(reminders, "letter_of", fail_for_one):
        assert run(OPENS) == 4
    recipients = [each.owner.email for each in everybody]
    assert sorted(mail.recipient for mail in mails()) == sorted(recipients[:2] + recipients[3:])
    assert Reminder.objects.count() == 4
    assert run(OPENS) == 1
    assert len(mails()) == 5


def test_what_somebody_is_reminded_of_is_part_of_what_is_kept_about_them(pro):
    """X5."""

    def told():
        return dict(personal.shown(pro.owner))["Reminders of your guarantee"]

    assert told() == "\n".join(str(topic.label) for topic in Reminder.Topic)
    choose_reminders(professional=pro, topics=["claim"], now=NOW)
    assert told() == str(Reminder.Topic.CLAIM.label)
    choose_reminders(professional=pro, topics=[], now=NOW)
    assert told() == "None: you have stopped them all."
