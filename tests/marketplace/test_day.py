"""G22: the list of the day: overdue and unanswered first, then today's, then the rest; and what is put off."""

from datetime import date, timedelta

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from marketplace import day
from marketplace.contacts import set_outcome
from marketplace.diary import write_diary
from marketplace.errors import MarketplaceError
from marketplace.follow_up import Step, choose_reminder, next_step
from marketplace.models import Contact, DiaryEntry, HomeownerQuestion, Lead
from tests.making import NOW, at, buy, contract, fund

pytestmark = pytest.mark.django_db
Kind = DiaryEntry.Kind
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@pytest.fixture
def buyer(pro):
    contract(pro)
    fund(pro, 10_000_000)
    return pro


def say(contact, kind, *, after=HOUR):
    moment = contact.bought_at + after
    write_diary(contact=contact, kind=kind, happened_at=moment, text="", by=None, now=moment)
    contact.refresh_from_db()


def ask(contact, now):
    return HomeownerQuestion.objects.create(contact=contact, text="¿Cuándo vienen?", asked_at=now)


def kept(contact):
    contact.refresh_from_db()
    return contact.next_step, contact.next_step_due_at


def test_what_is_kept_on_the_contact_is_what_the_diary_leads_to(buyer, moderator):
    """After each event that moves it."""
    from marketplace.returns import return_by_staff

    (contact,) = buy(buyer)
    assert kept(contact) == (Step.CALL_FIRST, NOW + DAY)
    for hours, kind in enumerate(
        (Kind.NOTE, Kind.CALL_UNANSWERED, Kind.CALL, Kind.MAIL, Kind.QUOTE), start=1
    ):
        say(contact, kind, after=hours * HOUR)
        step = next_step(contact, list(contact.diary.all()))
        assert kept(contact) == (step.step, step.due_at)
    said = {"contact": contact, "lost_reason": "", "by": buyer.owner, "now": NOW}
    set_outcome(outcome="won", **said)
    assert kept(contact) == ("", None)
    set_outcome(outcome="open", **said)
    assert kept(contact) == (Step.ASK_ABOUT_QUOTE, NOW + 5 * HOUR + 3 * DAY)
    return_by_staff(contact=contact, by=moderator, note="bad number", now=NOW)
    assert kept(contact) == ("", None)


def test_overdue_first_with_the_homeowners_who_wait_for_an_answer_before_all(buyer):
    now = NOW + 3 * DAY
    never, late, waits, won, fine = buy(buyer, 5)
    say(late, Kind.CALL, after=2 * HOUR)
    for contact in (waits, won, fine):
        say(contact, Kind.QUOTE, after=HOUR)
        say(contact, Kind.CALL_UNANSWERED, after=65 * HOUR)
    set_outcome(contact=won, outcome="won", lost_reason="", by=buyer.owner, now=now)
    ask(won, now - 2 * HOUR)
    ask(waits, now - HOUR)
    mine = day.contacts_of(buyer)
    assert list(day.overdue(mine, now)) == [won, waits, never, late]
    HomeownerQuestion.objects.update(answer="El lunes.", answered_at=now)
    assert list(day.overdue(mine, now)) == [never, late]


@pytest.mark.parametrize(
    ("now", "overdue", "today"),
    [
        ("2026-01-11 12:59", False, True),  # an hour and a minute before it is due
        ("2026-01-11 14:00", False, True),  # at the very moment
        ("2026-01-11 14:01", True, False),
        ("2026-01-10 23:59", False, False),  # the evening before
        ("2026-01-11 00:00", False, True),
    ],
)
def test_today_is_the_marketplaces_day(buyer, now, overdue, today):
    (contact,) = buy(buyer)
    say(contact, Kind.CALL, after=2 * HOUR)  # The summary is due on 11 January at 14:00.
    mine = day.contacts_of(buyer)
    assert (day.overdue(mine, at(now)).exists(), day.due_today(mine, at(now)).exists()) == (overdue, today)


def test_who_was_never_called_is_todays_also_where_the_24_hours_end_tomorrow(buyer):
    (contact,) = buy(buyer)
    assert list(day.due_today(day.contacts_of(buyer), NOW + HOUR)) == [contact]


def test_nothing_is_left_to_do_with_who_withdrew_or_was_returned(buyer, moderator):
    from marketplace.returns import return_by_staff

    withdrawn, returned = buy(buyer, 2)
    for contact in (withdrawn, returned):
        ask(contact, NOW)
    Lead.objects.filter(pk=withdrawn.lead_id).update(state=Lead.State.WITHDRAWN, withdrawn_at=NOW)
    return_by_staff(contact=returned, by=moderator, note="bad number", now=NOW)
    for moment in (NOW + HOUR, NOW + 9 * DAY):
        assert not day.overdue(day.contacts_of(buyer), moment).exists()
        assert not day.due_today(day.contacts_of(buyer), moment).exists()


# Put off


def remind(contact, chosen, *, now=NOW + 2 * HOUR):
    return choose_reminder(contact=contact, day=chosen, now=now)


def refusal_of(contact, chosen) -> str:
    with pytest.raises(MarketplaceError) as caught:
        remind(contact, chosen)
    return caught.value.code


def test_the_next_step_is_put_off_to_the_end_of_the_day_chosen_and_back(buyer):
    (contact,) = buy(buyer)
    say(contact, Kind.CALL)
    suggested = kept(contact)
    remind(contact, date(2026, 1, 20))
    assert kept(contact) == (Step.SUMMARY, at("2026-01-20 23:59:59"))
    mine = day.contacts_of(buyer)
    assert not day.overdue(mine, at("2026-01-20 23:59")).exists()
    assert list(day.due_today(mine, at("2026-01-20 00:00"))) == [contact]
    assert list(day.overdue(mine, at("2026-01-21 00:00"))) == [contact]
    remind(contact, None)
    assert kept(contact) == suggested


def test_a_reminder_stands_until_something_is_done_on_its_day(buyer):
    (contact,) = buy(buyer)
    say(contact, Kind.CALL)
    remind(contact, date(2026, 1, 12))
    say(contact, Kind.MAIL, after=3 * HOUR)
    assert contact.remind_on == date(2026, 1, 12)
    say(contact, Kind.NOTE, after=2 * DAY)
    assert contact.remind_on == date(2026, 1, 12)
    say(contact, Kind.CALL_UNANSWERED, after=2 * DAY + HOUR)
    assert (contact.remind_on, kept(contact)) == (None, (Step.CALL_AGAIN, NOW + 3 * DAY + HOUR))


def test_the_first_call_is_not_put_off_and_a_question_stays_overdue(buyer):
    """G21, G22."""
    (contact,) = buy(buyer)
    assert refusal_of(contact, date(2026, 1, 20)) == "not_called"
    say(contact, Kind.CALL)
    remind(contact, date(2026, 1, 20))
    ask(contact, NOW + HOUR)
    assert list(day.overdue(day.contacts_of(buyer), NOW + 2 * HOUR)) == [contact]


@pytest.mark.parametrize(
    ("chosen", "code"),
    [
        (date(2026, 1, 9), "bad_day"),
        (date(2026, 1, 10), None),
        (date(2027, 1, 11), None),
        (date(2027, 1, 12), "bad_day"),
        (date(9999, 12, 31), "bad_day"),
    ],
)
def test_a_day_from_today_to_a_year_from_now(buyer, chosen, code):
    (contact,) = buy(buyer)
    say(contact, Kind.CALL)
    if code:
        assert refusal_of(contact, chosen) == code
    else:
        assert remind(contact, chosen).remind_on == chosen


def test_what_has_ended_needs_no_reminder(buyer, moderator):
    from marketplace.returns import return_by_staff

    won, returned = buy(buyer, 2)
    for contact in (won, returned):
        say(contact, Kind.CALL)
    set_outcome(contact=won, outcome="won", lost_reason="", by=buyer.owner, now=NOW)
    return_by_staff(contact=returned, by=moderator, note="bad number", now=NOW)
    assert refusal_of(won, date(2026, 1, 20)) == "ended"
    assert refusal_of(returned, date(2026, 1, 20)) == "returned"


# Looked for


def test_own_contacts_are_found_by_name_title_and_town_whatever_the_accents(buyer, other_pro):
    lucia = buy(buyer, homeowner_name="Lucía Fernández", title="Baño principal", town="Coyoacán")[0]
    jose = buy(buyer, now=NOW + HOUR, homeowner_name="José Núñez", title="Cocina", town="Tlalpan")[0]
    contract(other_pro)
    fund(other_pro)
    buy(other_pro, homeowner_name="Lucía Fernández")
    for text, found in {
        "LUCIA": [lucia],
        "bano": [lucia],
        "fernandez principal": [lucia],
        "tlalpan": [jose],
        "NÚÑEZ": [jose],
        "a": [jose, lucia],
        "lucia cocina": [],
        "%": [],
        "' OR 1=1 --": [],
        "\x00": [jose, lucia],
    }.items():
        assert day.find(buyer, text.replace("\x00", "")).ids == [contact.pk for contact in found], text


def test_who_withdrew_is_found_by_no_name(buyer):
    """M1: otherwise the search tells what the page hides."""
    (contact,) = buy(buyer, homeowner_name="Lucía Fernández", title="Baño")
    Lead.objects.update(state=Lead.State.WITHDRAWN, withdrawn_at=NOW)
    assert day.find(buyer, "lucia").ids == []
    assert day.find(buyer, "baño").ids == [contact.pk]


def test_who_withdrew_is_found_by_what_the_page_still_shows(buyer):
    """M1, M5: the number in the title is masked once they withdrew, so it finds nothing; nor does a place's."""
    (contact,) = buy(buyer, title="Baño, llamar al 55 1234 5678", town="Coyoacán, lucia@example.com")
    for text in ("5678", "lucia@example.com"):
        assert day.find(buyer, text).ids == [contact.pk]
    Lead.objects.update(state=Lead.State.WITHDRAWN, withdrawn_at=NOW)
    for text in ("5678", "lucia@example.com"):
        assert day.find(buyer, text).ids == []
    for text in ("baño", "coyoacan"):
        assert day.find(buyer, text).ids == [contact.pk]


def test_a_request_of_which_nothing_is_kept_is_not_found(buyer):
    """X5."""
    buy(buyer, title="Baño")
    Lead.objects.update(anonymised_at=NOW)
    for text in ("", "baño", "lucia"):
        assert day.find(buyer, text).ids == []


# The page


@pytest.fixture
def browser(buyer, client_of):
    with time_machine.travel(NOW + 3 * DAY, tick=False):
        yield client_of(buyer)


def listed(response, *names):
    return [line["contact"].pk for name in names for line in response.context[name]]


LIST = "marketplace:contacts"


def test_the_page_is_the_list_of_the_day(browser, buyer):
    never, late, waits = buy(buyer, 3)
    say(late, Kind.CALL)
    say(waits, Kind.QUOTE)
    say(waits, Kind.CALL_UNANSWERED, after=65 * HOUR)
    fresh, rested = buy(buyer, 2, now=NOW + 3 * DAY - 2 * HOUR)
    say(rested, Kind.QUOTE, after=HOUR)
    say(rested, Kind.MESSAGE, after=HOUR)
    ask(waits, NOW + DAY)
    response = browser.get(reverse(LIST))
    assert listed(response, "overdue") == [waits.pk, never.pk, late.pk]
    assert listed(response, "today") == [fresh.pk]
    assert listed(response, "contacts") == [rested.pk]
    assert [line["clock"].state for line in response.context["overdue"]] == ["late", "overdue", "in_time"]
    assert "They asked you something" in response.text
    assert listed(browser.get(reverse(LIST), {"only": "overdue"}), "overdue", "today", "contacts") == [
        waits.pk, never.pk, late.pk
    ]  # fmt: skip
    assert listed(browser.get(reverse(LIST), {"only": "today"}), "overdue", "today", "contacts") == [fresh.pk]
    home = browser.get("/")
    assert listed(home, "to_call") == [waits.pk, never.pk, late.pk, fresh.pk]


@pytest.mark.parametrize("wanted", ["lucia", "' OR 1=1", "<script>alert(1)</script>", "\u202e%", "x" * 9000])
def test_whatever_is_looked_for_the_page_answers(browser, buyer, wanted):
    buy(buyer)
    response = browser.get(reverse(LIST), {"q": wanted})
    assert response.status_code == 200
    assert "<script>alert" not in response.text
    assert (len(listed(response, "contacts")) == 1) is (wanted == "lucia")


def test_the_reminder_is_chosen_on_the_contacts_page(browser, buyer):
    (contact,) = buy(buyer)
    say(contact, Kind.CALL)
    page = reverse("marketplace:remind", args=[contact.public_id])
    browser.post(page, {"day": "2026-01-20"})
    assert (
        "on Jan. 20, 2026, as you chose"
        in browser.get(reverse("marketplace:contact", args=[contact.public_id])).text
    )
    for bad in ("20/99/2026", "x" * 5000, "9999-12-31", "2020-01-01"):
        browser.post(page, {"day": bad})
        contact.refresh_from_db()
        assert contact.remind_on == date(2026, 1, 20)
    browser.post(page, {"day": ""})
    contact.refresh_from_db()
    assert contact.remind_on is None


def test_the_list_costs_the_same_with_1_contact_and_with_300(browser, buyer):
    (first,) = buy(buyer)
    ask(first, NOW)
    address = reverse(LIST)
    for page in (address, address + "?only=overdue", address + "?q=lucia", "/"):
        browser.get(page)

    def cost():
        numbers = []
        for page in (address, address + "?only=overdue", address + "?q=lucia", "/"):
            with CaptureQueriesContext(connection) as captured:
                assert browser.get(page).status_code == 200
            numbers.append(len(captured))
        return numbers

    with_one = cost()
    rows = [
        Contact(
            professional=buyer,
            lead=lead,
            price_cents=1,
            bought_at=NOW,
            bought_on=NOW.date(),
            next_step=Step.CALL_FIRST,
            next_step_due_at=NOW + (number % 90) * HOUR,
            purchase_entry=entry,
        )
        for number, (lead, entry) in enumerate(copies_of(first, 299))
    ]
    Contact.objects.bulk_create(rows)
    HomeownerQuestion.objects.bulk_create(
        HomeownerQuestion(contact=row, text="?", asked_at=NOW) for row in Contact.objects.all()[:40]
    )
    assert buyer.contacts.count() == 300
    assert cost() == with_one


def copies_of(contact, number):
    """As many more leads and ledger entries, straight into their tables: what 299 purchases would take minutes for."""
    from billing.models import WalletEntry

    lead, entry = Lead.objects.get(pk=contact.lead_id), contact.purchase_entry
    leads = Lead.objects.bulk_create(copy_of(lead) for _ in range(number))
    entries = []
    for each in range(number):
        row = copy_of(entry)
        row.cause = f"contact:copy-{each}"
        entries.append(row)
    return zip(leads, WalletEntry.objects.bulk_create(entries), strict=True)


def copy_of(row):
    import copy
    import uuid

    twin = copy.copy(row)
    twin.pk = None
    twin._state = copy.copy(row._state)
    twin._state.adding = True
    if hasattr(twin, "public_id"):
        twin.public_id = uuid.uuid4()
    return twin


def test_a_list_that_is_longer_than_a_page_says_so_and_goes_on(browser, buyer, monkeypatch):
    """It stopped at a hundred, and nobody knew of the rest."""
    monkeypatch.setattr("marketplace.views.contacts.WORK_LIST_SIZE", 2)
    contacts = buy(buyer, 3)
    address = reverse("marketplace:contacts")
    with time_machine.travel(NOW + 2 * DAY, tick=False):
        first = browser.get(address, {"only": "overdue"})
        second = browser.get(address, {"only": "overdue", "page": "2"})
    assert "1 to 2 of 3" in first.text and "3 to 3 of 3" in second.text
    shown = [[line["contact"].pk for line in each.context["overdue"]] for each in (first, second)]
    assert shown == [[contacts[0].pk, contacts[1].pk], [contacts[2].pk]]


def test_a_call_of_which_nothing_was_said_stands_in_the_list_with_its_time(browser, buyer):
    from marketplace.attempts import begin_attempt

    (contact,) = buy(buyer)
    begin_attempt(contact=contact, way="call", by=None, now=NOW + HOUR)
    with time_machine.travel(NOW + 2 * HOUR, tick=False):
        shown = browser.get(reverse("marketplace:contacts")).text
    assert "You pressed “Call” on 01/10/2026 1 p.m.: say what became of it" in shown
