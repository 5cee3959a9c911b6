"""M11: who is written to about new jobs, at once and once a day, and that nobody is told twice (X3, M5)."""

import re
from datetime import timedelta

import pytest
from allauth.account.models import EmailAddress
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext

from billing.subscriptions import cancel_plan
from mail import outbox
from mail.models import OutgoingMail
from marketplace import matching
from marketplace.contacts import buy_contact
from marketplace.leads import close_lead
from marketplace.matching import announce_lead, announce_leads, send_digests, to_announce
from marketplace.models import Lead, LeadPreferences
from marketplace.preferences import save_preferences, stop_mails
from profiles.suspensions import suspend
from tests.making import (
    NOW,
    at,
    buy,
    contract,
    fund,
    make_category,
    make_lead,
    make_plan,
    make_pro,
    make_province,
    make_user,
)

pytestmark = pytest.mark.django_db
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
PRICE = 20_000


def listening(pro=None, *, mails="at_once", limit=None, now=NOW, language="", categories=("bathrooms",)):
    """A business with a plan of a year that wants to hear of bathrooms in Mexico City."""
    pro = pro or make_pro(now=now)
    contract(pro, now=now, plan=make_plan("year", months=12))
    save_preferences(
        professional=pro,
        categories=[make_category(slug) for slug in categories],
        provinces=[make_province("cdmx")],
        mails=mails,
        monthly_limit_cents=limit,
        now=now,
    )
    pro.owner.language = language
    pro.owner.save()
    return pro


def told(kind: str = "new_lead") -> list[str]:
    mails = OutgoingMail.objects.filter(kind=f"marketplace/{kind}").order_by("recipient", "id")
    return list(mails.values_list("recipient", flat=True))


# At once


def test_who_wants_to_hear_of_it_is_written_to_once_for_each_new_job(pro, other_pro):
    listening(pro)
    listening(other_pro, categories=("gardens",))
    listening(mails="never")
    listening(mails="daily")
    make_pro()  # Has chosen nothing.
    lead = make_lead()
    make_lead(published=False)
    assert announce_leads(now=NOW) == (1, 1)
    assert told() == [pro.owner.email]
    assert announce_leads(now=NOW + HOUR) == (0, 0)
    lead.refresh_from_db()
    assert (lead.announced_at, told()) == (NOW, [pro.owner.email])


def test_publishing_itself_writes_to_nobody_but_the_homeowner(pro):
    listening(pro)
    OutgoingMail.objects.all().delete()
    make_lead()
    assert list(OutgoingMail.objects.values_list("kind", flat=True)) == ["marketplace/lead_published"]


def suspended(pro, moderator):
    suspend(professional=pro, reason="…", decided_by=moderator, now=NOW)


def plan_over(pro, moderator):
    cancel_plan(subscription=pro.subscriptions.get(), by=pro.owner, now=NOW)
    pro.subscriptions.update(runs_until=NOW.date() - timedelta(days=1))
    pro.periods.update(starts_on=NOW.date() - timedelta(days=9), ends_on=NOW.date() - timedelta(days=1))


def stopped(pro, moderator):
    stop_mails(professional=pro, now=NOW)


def limit_reached(pro, moderator):
    LeadPreferences.objects.filter(professional=pro).update(monthly_limit_cents=PRICE - 1)


@pytest.mark.parametrize("what", [suspended, plan_over, stopped, limit_reached])
def test_who_cannot_buy_or_wants_no_mail_is_not_written_to(pro, other_pro, moderator, what):
    listening(pro)
    listening(other_pro)
    what(pro, moderator)
    make_lead()
    announce_leads(now=NOW)
    assert told() == [other_pro.owner.email]


def test_what_was_spent_this_month_is_held_against_the_limit(pro, moderator):
    """What was returned, or bought in the month before by the marketplace's calendar, is not (M11)."""
    from marketplace.returns import return_by_staff

    listening(pro, limit=2 * PRICE, now=at("2026-01-01 12:00"))
    fund(pro, now=at("2026-01-01 12:00"))
    buy(pro, now=at("2026-01-31 23:59"))  # February in UTC.
    _kept, given_back = buy(pro, 2, now=at("2026-02-01 00:00"))
    OutgoingMail.objects.all().delete()
    Lead.objects.update(announced_at=NOW)
    make_lead(now=at("2026-02-02 12:00"))
    announce_leads(now=at("2026-02-02 12:00"))
    assert told() == []
    return_by_staff(contact=given_back, by=moderator, note="…", now=at("2026-02-03 12:00"))
    make_lead(now=at("2026-02-03 12:00"))
    announce_leads(now=at("2026-02-03 12:00"))
    assert told() == [pro.owner.email]


@pytest.mark.parametrize(
    ("written", "proved"),
    [
        ("PRO@example.com", ""),
        ("pro+casa@example.com", ""),
        ("se.cond+1@googlemail.com", "second@gmail.com"),
        ("second@gmail.com", "Se.Con.D+x@googlemail.com"),
        ("member@example.com", "member"),
    ],
)
def test_nobody_is_written_to_about_their_own_request(pro, other_pro, written, proved):
    """By the addresses that they have proved to be theirs, as a purchase asks (M4)."""
    listening(pro)
    listening(other_pro)
    if proved == "member":
        pro.members.add(make_user("Member+work@example.com"))
    elif proved:
        EmailAddress.objects.create(user=pro.owner, email=proved, verified=True)
    make_lead(homeowner_email=written)
    announce_leads(now=NOW)
    assert told() == [other_pro.owner.email]
    # Whose name only begins or ends alike is somebody else.
    for alike in ("pro2@example.com", "apro@example.com", "pro@example.com.mx", "secondx@gmail.com"):
        make_lead(homeowner_email=alike)
    announce_leads(now=NOW)
    assert told().count(pro.owner.email) == 4


def test_who_has_bought_it_already_and_what_is_sold_out_or_over_are_left_out(
    pro, other_pro, moderator, settings
):
    listening(pro)
    listening(other_pro)
    fund(pro)
    lead = make_lead()
    buy_contact(professional=pro, lead=lead, price_seen_cents=PRICE, now=NOW)
    announce_leads(now=NOW)
    assert told() == [other_pro.owner.email]
    closed = make_lead()
    close_lead(lead=closed, by=moderator, reason="done", now=NOW)
    settings.LEAD_PLACES = 1
    sold_out = make_lead()
    Lead.objects.filter(pk=sold_out.pk).update(places_taken=1)
    make_lead(now=NOW - timedelta(days=30))  # Ends at this moment.
    assert announce_leads(now=NOW) == (1, 0)  # Of the one that is sold out nobody hears, and it is done with.
    assert told() == [other_pro.owner.email]


def test_each_is_written_to_in_their_language_with_what_everybody_may_know(pro, other_pro):
    listening(pro, language="es-mx")
    listening(other_pro, language="en")
    lead = make_lead(
        title="Cambiar la regadera",
        description="Quitar la vieja.\n\nPoner una nueva. Escríbanme a lucia@example.com",
        budget_cents=None,
    )
    announce_leads(now=NOW)
    mails = {mail.language: mail for mail in OutgoingMail.objects.filter(kind="marketplace/new_lead")}
    assert mails["en"].subject == "New job in Coyoacán, CDMX: Cambiar la regadera"
    for said in (
        "“Quitar la vieja. Poner una nueva. Escríbanme a •••”",
        "- Category: Bathrooms",
        "- Size: medium",
        "- When: within a month",
        "- Budget: not said",
        "- Price of the contact: MX$200.00, at most 4 businesses can buy it",
        f"See the job and decide:\nhttp://127.0.0.1:8000/jobs/{lead.public_id}/",
        "http://127.0.0.1:8000/jobs/preferences/",
    ):
        assert said in mails["en"].text
    assert "MX$" in mails["en"].text and "$200.00" in mails["es-mx"].text
    assert "MX$" not in mails["es-mx"].text
    assert mails["en"].unsubscribe_url != mails["es-mx"].unsubscribe_url


def test_no_mail_about_new_jobs_holds_a_detail_of_the_homeowner(pro, other_pro):
    """M5."""
    listening(pro, now=NOW - 24 * HOUR)
    listening(other_pro, mails="daily", now=NOW - 24 * HOUR)
    lead = make_lead(now=NOW - HOUR)
    announce_leads(now=NOW)
    send_digests(now=NOW)
    phone = lead.homeowner_phone
    details = (
        lead.homeowner_name,
        "Lucía",
        lead.homeowner_email,
        phone.as_e164,
        phone.as_national,
        str(phone),
    )
    written = list(OutgoingMail.objects.filter(kind__startswith="marketplace/new_lead"))
    assert sorted(mail.kind for mail in written) == ["marketplace/new_lead", "marketplace/new_leads"]
    for mail in written:
        said = "\n".join(str(value) for value in vars(mail).values())
        assert not any(detail in said for detail in details)


def test_one_lead_takes_four_statements_however_many_hear_of_it(pro):
    def statements() -> int:
        make_lead()
        with CaptureQueriesContext(connection) as captured:
            lead = to_announce(NOW).get()
            announce_lead(lead=lead, now=NOW)
        said = [
            query["sql"] for query in captured if not re.match("SAVEPOINT|RELEASE|BEGIN|COMMIT", query["sql"])
        ]
        return len(said)

    listening(pro)
    one = statements()
    for _ in range(20):
        listening()
    assert statements() == one <= 4
    assert len(told()) == 22


def test_a_hundred_leads_published_at_once_are_a_hundred_mails_each(pro, other_pro):
    listening(pro)
    listening(other_pro)
    for _ in range(100):
        make_lead()
    assert announce_leads(now=NOW, batch=1) == (100, 200)
    assert announce_leads(now=NOW) == (0, 0)
    assert told() == [other_pro.owner.email] * 100 + [pro.owner.email] * 100


def test_killed_in_the_middle_it_repeats_nothing_and_loses_nothing(pro, other_pro, monkeypatch):
    listening(pro)
    listening(other_pro)
    make_lead()
    write = outbox.write_merged
    calls = []

    def killed_at_the_second(letters, *, now):
        calls.append(letters)
        if len(calls) == 2:
            raise KeyboardInterrupt
        write(letters, now=now)

    monkeypatch.setattr(outbox, "write_merged", killed_at_the_second)
    with pytest.raises(KeyboardInterrupt):
        announce_leads(now=NOW, batch=1)
    assert told() == []  # Neither half of them without the other.
    assert announce_leads(now=NOW + HOUR) == (1, 2)
    assert told() == [other_pro.owner.email, pro.owner.email]


def test_one_that_fails_holds_up_no_other_and_is_tried_again(pro, monkeypatch, caplog):
    listening(pro)
    first, _second = make_lead(now=NOW - HOUR), make_lead()
    announce = matching.announce_lead

    def broken(*, lead, **arguments):
        if lead == first:
            raise RuntimeError("broken")
        return announce(lead=lead, **arguments)

    monkeypatch.setattr(matching, "announce_lead", broken)
    assert announce_leads(now=NOW) == (1, 1)
    assert f"Could not announce Lead {first.pk}" in caplog.text
    monkeypatch.undo()
    assert announce_leads(now=NOW) == (1, 1)


def test_who_stops_the_mails_while_a_batch_is_being_written_gets_no_other(pro, other_pro, monkeypatch):
    """What was written in that very moment may go out; nothing after it does."""
    listening(pro)
    listening(other_pro)
    make_lead(now=NOW - HOUR)
    make_lead()
    write = outbox.write_merged

    def stops_meanwhile(letters, *, now):
        write(letters, now=now)
        stop_mails(professional=pro, now=now)

    monkeypatch.setattr(outbox, "write_merged", stops_meanwhile)
    announce_leads(now=NOW)
    queued = OutgoingMail.objects.filter(kind="marketplace/new_lead", state="queued")
    assert list(queued.values_list("recipient", flat=True)) == [other_pro.owner.email] * 2


# Once a day


def digests():
    return OutgoingMail.objects.filter(kind="marketplace/new_leads").order_by("id")


MORNING = at("2026-01-11 07:00")


@pytest.fixture
def daily(pro):
    """Since the tenth at noon."""
    return listening(pro, mails="daily", language="en")


def test_the_daily_mail_tells_in_the_morning_what_is_new_since_the_last(daily):
    before, new = make_lead(now=NOW - MINUTE, title="Old"), make_lead(now=NOW + HOUR, title="First")
    make_lead(now=NOW + 2 * HOUR, title="Second")
    assert announce_leads(now=NOW + 3 * HOUR) == (3, 0)
    assert send_digests(now=at("2026-01-11 06:59")) == 0
    assert send_digests(now=MORNING) == 1
    (mail,) = digests()
    assert (mail.subject, mail.recipient) == ("2 new jobs for you", daily.owner.email)
    assert mail.text.index("Second") < mail.text.index("First") and "Old" not in mail.text
    assert (
        f"First\nBathrooms · Coyoacán, CDMX · medium · MX$200.00\nhttp://127.0.0.1:8000/jobs/{new.public_id}/"
        in (mail.text)
    )
    assert str(before.public_id) not in mail.text
    assert mail.unsubscribe_url and "/jobs/preferences/" in mail.text


def test_run_twice_or_all_day_it_is_one_mail(daily):
    make_lead(now=NOW + HOUR)
    assert send_digests(now=MORNING) == 1
    make_lead(now=MORNING + HOUR, title="After breakfast")
    for hours in range(17):
        assert send_digests(now=MORNING + hours * HOUR) == 0
    assert send_digests(now=at("2026-01-12 07:00")) == 1
    assert ["After breakfast" in mail.text for mail in digests()] == [False, True]


def test_where_nothing_is_new_nothing_is_written(daily):
    assert [send_digests(now=MORNING + timedelta(days=day)) for day in range(3)] == [0, 0, 0]
    make_lead(now=MORNING + timedelta(days=2, hours=1))
    assert send_digests(now=MORNING + timedelta(days=3)) == 1


def test_after_days_without_a_worker_one_mail_tells_of_all(daily):
    for day in range(5):
        make_lead(now=NOW + timedelta(days=day, hours=1))
    late = at("2026-01-15 23:55")  # The sixteenth in UTC.
    assert send_digests(now=late) == 1
    assert digests().get().subject == "5 new jobs for you"
    assert send_digests(now=late + 4 * MINUTE) == 0
    make_lead(now=late + MINUTE)
    assert send_digests(now=at("2026-01-16 07:00")) == 1


@pytest.mark.parametrize(
    ("evening", "morning"),
    [
        ("2026-01-31 20:00", "2026-02-01 07:00"),  # Both are February in UTC.
        ("2026-02-28 20:00", "2026-03-01 07:00"),
        ("2028-02-28 20:00", "2028-02-29 07:00"),
        ("2026-12-31 20:00", "2027-01-01 07:00"),
    ],
)
def test_at_the_end_of_a_month_it_is_one_mail_per_local_day(pro, evening, morning):
    listening(pro, mails="daily", now=at(evening) - timedelta(days=1))
    make_lead(now=at(evening) - HOUR)
    assert [send_digests(now=at(evening)), send_digests(now=at(evening) + HOUR)] == [1, 0]
    make_lead(now=at(evening) + HOUR)
    assert [send_digests(now=at(morning)), send_digests(now=at(morning) + HOUR)] == [1, 0]


def test_what_has_ended_or_cannot_be_bought_is_left_out(daily, moderator, settings):
    fund(daily)
    closed, bought, own = (
        make_lead(now=NOW + HOUR, title="Closed"),
        make_lead(now=NOW + HOUR, title="Bought"),
        make_lead(now=NOW + HOUR, title="Own", homeowner_email="pro+casa@example.com"),
    )
    close_lead(lead=closed, by=moderator, reason="done", now=NOW + 2 * HOUR)
    buy_contact(professional=daily, lead=bought, price_seen_cents=PRICE, now=NOW + 2 * HOUR)
    sold_out = make_lead(now=NOW + HOUR, title="Sold out")
    Lead.objects.filter(pk=sold_out.pk).update(places_taken=4)
    make_lead(now=NOW + HOUR, title="Elsewhere", province=make_province("jalisco"))
    make_lead(now=NOW + HOUR, title="Too dear", price_cents=10 * PRICE)
    LeadPreferences.objects.filter(professional=daily).update(monthly_limit_cents=3 * PRICE)
    make_lead(now=NOW + HOUR, title="Fine")
    assert send_digests(now=MORNING) == 1
    mail = digests().get()
    assert mail.subject == "1 new job for you" and "Fine" in mail.text
    assert not any(
        title in mail.text for title in ("Closed", "Bought", "Own", "Sold out", "Elsewhere", "Too dear")
    )
    assert own.state == "published"


def test_what_expires_before_it_was_told_is_left_out(daily):
    make_lead(now=NOW + HOUR, title="Expired")
    make_lead(now=NOW + timedelta(days=20), title="Alive")
    assert send_digests(now=NOW + timedelta(days=30, hours=1)) == 1
    assert "Alive" in digests().get().text and "Expired" not in digests().get().text


@pytest.mark.parametrize("what", [suspended, plan_over, stopped])
def test_who_cannot_buy_gets_no_daily_mail(daily, moderator, what):
    make_lead(now=NOW + HOUR)
    what(daily, moderator)
    assert send_digests(now=MORNING) == 0


def test_many_new_jobs_are_one_mail_with_the_newest_and_how_many_more(daily):
    for minute in range(25):
        make_lead(now=NOW + HOUR + minute * MINUTE, title=f"Job {minute}.")
    assert send_digests(now=MORNING) == 1
    mail = digests().get()
    assert mail.subject == "25 new jobs for you" and "And 15 more, here:" in mail.text
    assert [f"Job {minute}." in mail.text for minute in range(25)] == [False] * 15 + [True] * 10


def test_each_daily_mail_is_in_its_readers_language(daily, other_pro):
    listening(other_pro, mails="daily", language="es-mx")
    make_lead(now=NOW + HOUR)
    assert send_digests(now=MORNING, batch=1) == 2
    english, spanish = digests().order_by("language")
    assert (english.language, spanish.language) == ("en", "es-mx")
    assert ("MX$200.00" in english.text, "MX$200.00" in spanish.text) == (True, False)
    assert "$200.00" in spanish.text


def test_the_daily_mails_of_a_batch_cost_the_same_for_one_and_for_many(daily):
    def statements(now) -> int:
        make_lead(now=now - HOUR)
        with CaptureQueriesContext(connection) as captured:
            send_digests(now=now)
        return len(captured)

    one = statements(MORNING)
    for _ in range(20):
        listening(mails="daily")
    assert statements(MORNING + timedelta(days=1)) <= one
    assert digests().count() == 22


def test_a_daily_mail_that_fails_holds_up_no_other(daily, other_pro, monkeypatch, caplog):
    listening(other_pro, mails="daily")
    make_lead(now=NOW + HOUR)
    write = outbox.write_merged

    def broken(letters, *, now):
        if any(letter.to == daily.owner.email for letter in letters):
            raise RuntimeError("broken")
        write(letters, now=now)

    monkeypatch.setattr(outbox, "write_merged", broken)
    assert send_digests(now=MORNING) == 1
    assert digests().get().recipient == other_pro.owner.email
    monkeypatch.undo()
    assert send_digests(now=MORNING + HOUR) == 1
    assert digests().count() == 2


def test_by_hand_it_is_counted_first(daily, other_pro, capsys, monkeypatch):
    listening(other_pro)
    make_lead(now=NOW + HOUR)
    monkeypatch.setattr("django.utils.timezone.now", lambda: MORNING)
    for command, counted, done in (
        ("announce_leads", "Due: 1 requests.", "Announced: 1 requests, in 1 mails."),
        ("send_digests", "Due: 1 professionals.", "Written: 1 daily mails."),
    ):
        call_command(command, "--dry-run")
        assert counted in capsys.readouterr().out
        call_command(command)
        assert done in capsys.readouterr().out
