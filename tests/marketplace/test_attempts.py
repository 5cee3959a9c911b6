"""G21, G22: a call or a message begun from the page counts once somebody says what became of it, and not before."""

from datetime import timedelta

import pytest
import time_machine
from django.contrib.messages import get_messages
from django.urls import reverse

from marketplace.attempts import ANSWERS, ATTEMPTS_A_DAY, begin_attempt, open_attempts, settle_attempt
from marketplace.errors import MarketplaceError
from marketplace.first_contact import LATE, clock_of
from marketplace.models import Attempt, Contact, DiaryEntry, Lead
from tests.making import NOW, buy, contract, fund
from tests.together import together

pytestmark = pytest.mark.django_db
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


@pytest.fixture
def contact(pro):
    contract(pro)
    fund(pro)
    return buy(pro, homeowner_phone="+525512345678", title="Baño & cocina #1")[0]


def begin(contact, way="call", *, after=HOUR):
    return begin_attempt(contact=contact, way=way, by=contact.professional.owner, now=NOW + after)


def settle(attempt, answer, *, after=2 * HOUR):
    return settle_attempt(attempt=attempt, answer=answer, by=None, now=NOW + after)


def refusal_of(job, *args, **kwargs) -> str:
    with pytest.raises(MarketplaceError) as caught:
        job(*args, **kwargs)
    return caught.value.code


@pytest.mark.parametrize("way", Attempt.Way.values)
def test_a_press_alone_stops_no_clock(contact, way):
    """G21: otherwise whoever presses and hangs up has been in touch."""
    begin(contact, way)
    contact.refresh_from_db()
    assert (contact.first_contact_at, contact.diary.count()) == (None, 0)
    assert clock_of(contact, NOW + 25 * HOUR).state == "overdue"
    assert list(LATE.contacts(NOW + 25 * HOUR)) == [contact]


@pytest.mark.parametrize(
    ("way", "answer", "kind"),
    [(way, answer, kind) for way in ANSWERS for answer, kind in ANSWERS[way].items()],
)
def test_what_is_said_of_it_is_the_entry_dated_when_it_was_pressed(contact, way, answer, kind):
    attempt = settle(begin(contact, way), answer)
    contact.refresh_from_db()
    if kind is None:
        assert (attempt.entry, contact.diary.count(), contact.first_contact_at) == (None, 0, None)
    else:
        entry = contact.diary.get()
        assert (entry.kind, entry.happened_at, entry.written_at) == (kind, NOW + HOUR, NOW + 2 * HOUR)
        assert (attempt.entry, contact.first_contact_at) == (entry, NOW + HOUR)
    assert open_attempts(contact, NOW + 2 * HOUR) == []


def test_every_way_can_have_come_to_nothing():
    assert set(ANSWERS) == set(Attempt.Way.values)
    assert all(answers["not_done"] is None for answers in ANSWERS.values())


def test_said_a_day_later_it_is_a_signal_like_every_entry_written_late(contact):
    assert settle(begin(contact), "spoken", after=HOUR + DAY + MINUTE).entry.written_late


def test_the_same_button_within_a_minute_is_one_attempt(contact):
    first = begin(contact)
    assert begin(contact, after=HOUR + timedelta(seconds=59)) == first
    assert begin(contact, "whatsapp", after=HOUR) != first
    assert begin(contact, after=HOUR + MINUTE) != first
    settled = begin(contact, after=3 * HOUR)
    settle(settled, "no_answer", after=3 * HOUR)
    assert begin(contact, after=3 * HOUR + timedelta(seconds=20)) != settled


def test_the_same_answer_twice_is_one_and_another_changes_nothing(contact):
    attempt = settle(begin(contact), "no_answer")
    assert settle(attempt, "no_answer", after=3 * HOUR).settled_at == NOW + 2 * HOUR
    for other in ("spoken", "not_done"):
        assert refusal_of(settle, attempt, other) == "settled"
    dropped = settle(begin(contact, after=5 * HOUR), "not_done", after=5 * HOUR)
    assert refusal_of(settle, dropped, "spoken", after=6 * HOUR) == "settled"
    assert [entry.kind for entry in contact.diary.all()] == ["call_unanswered"]


@pytest.mark.parametrize("answer", ["", "sent", "won", "x" * 5000])
def test_only_its_own_answers_are_taken(contact, answer):
    attempt = begin(contact)
    assert refusal_of(settle, attempt, answer) == "unknown_answer"
    attempt.refresh_from_db()
    assert attempt.settled_at is None


def test_what_the_diary_refuses_leaves_the_attempt_to_be_asked_about(contact, moderator):
    from marketplace.returns import return_by_staff

    attempt = begin(contact)
    return_by_staff(contact=contact, by=moderator, note="bad number", now=NOW + 2 * HOUR)
    assert refusal_of(settle, attempt, "spoken", after=3 * HOUR) == "returned"
    attempt.refresh_from_db()
    assert attempt.settled_at is None
    assert refusal_of(begin, contact) == "returned"


def test_of_a_returned_contact_nobody_is_asked_what_nobody_could_answer(contact, moderator):
    from marketplace.day import asked_about
    from marketplace.returns import return_by_staff

    attempt = begin(contact)
    assert (open_attempts(contact, NOW + 3 * HOUR), asked_about([contact], NOW + 3 * HOUR)) == (
        [attempt],
        {contact.pk: attempt},
    )
    return_by_staff(contact=contact, by=moderator, note="bad number", now=NOW + 2 * HOUR)
    contact.refresh_from_db()
    assert open_attempts(contact, NOW + 3 * HOUR) == []
    assert asked_about([contact], NOW + 3 * HOUR) == {}


@pytest.mark.parametrize("gone", ["withdrawn_at", "anonymised_at"])
def test_nobody_is_called_who_has_withdrawn(contact, gone):
    """M1, X5."""
    state = {"state": Lead.State.WITHDRAWN} if gone == "withdrawn_at" else {}
    Lead.objects.update(**{gone: NOW}, **state)
    assert refusal_of(begin, Contact.objects.get()) == "out_of_reach"


def test_a_day_has_a_limit_and_an_unknown_way_none(contact):
    for number in range(ATTEMPTS_A_DAY):
        begin(contact, after=HOUR + 2 * number * MINUTE)
    assert refusal_of(begin, contact, after=4 * HOUR) == "too_many_today"
    assert begin(contact, after=26 * HOUR)
    assert refusal_of(begin, contact, "pigeon") == "unknown_way"


def test_after_a_week_nobody_is_asked_any_more(contact):
    attempt = begin(contact)
    assert open_attempts(contact, NOW + HOUR + 7 * DAY - MINUTE) == [attempt]
    assert open_attempts(contact, NOW + HOUR + 7 * DAY) == []


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_two_answers_at_once_are_one_entry(contact):
    attempt = begin(contact)
    results = together(lambda: settle(attempt, "spoken"), lambda: settle(attempt, "no_answer"))
    assert [error.code for error in results if isinstance(error, MarketplaceError)] == ["settled"]
    assert contact.diary.count() == 1


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_without_the_locks_two_answers_are_two_entries(contact, monkeypatch):
    """The negative control: both read the attempt before either has written."""
    import threading

    from django.db.models import QuerySet

    from marketplace import attempts

    attempt = begin(contact)
    both = threading.Barrier(2)
    monkeypatch.setattr(QuerySet, "select_for_update", lambda self, **options: self)
    write = attempts.write_diary

    def write_together(**said):
        both.wait(timeout=20)
        return write(**said)

    monkeypatch.setattr(attempts, "write_diary", write_together)
    together(lambda: settle(attempt, "spoken"), lambda: settle(attempt, "no_answer"))
    assert contact.diary.count() == 2


# The pages


def address(name, contact, *more):
    return reverse(f"marketplace:{name}", args=[contact.public_id, *more])


@pytest.fixture
def browser(pro, client_of):
    with time_machine.travel(NOW + HOUR, tick=False):
        yield client_of(pro)


@pytest.mark.parametrize(
    ("way", "link"),
    [
        ("call", "tel:+52-55-1234-5678"),
        ("whatsapp", "https://wa.me/525512345678?text=Hola%20Luc%C3%ADa"),
        ("mail", "mailto:homeowner"),
    ],
)
def test_without_a_script_a_press_leads_to_the_link_and_the_question(browser, contact, way, link, settings):
    sent = browser.post(address("reach", contact, way))
    attempt = Attempt.objects.get()
    assert (sent.status_code, sent["Location"]) == (302, address("reached", contact, attempt.public_id))
    page = browser.get(sent["Location"])
    assert f'href="{link}'.replace("Hola%20Luc", "Hello%20Luc") in page.text.replace(
        "Hola%20Luc", "Hello%20Luc"
    )
    assert address("settle", contact, attempt.public_id) in page.text
    assert "%23" in page.text or way == "call"  # What stands in a title breaks no link.
    assert "Baño & cocina" not in page.text


def test_a_script_that_has_handed_over_is_given_the_question_alone(browser, contact):
    page = browser.post(address("reach", contact, "call"), headers={"X-Quince-Handed-Over": "yes"})
    assert page.status_code == 200
    assert "Did they answer?" in page.text and "<html" not in page.text
    assert "csrfmiddlewaretoken" in page.text


def test_the_contact_asks_until_it_is_answered_in_one_press(browser, contact):
    begin(contact)
    assert "Did they answer?" in browser.get(address("contact", contact)).text
    attempt = Attempt.objects.get()
    sent = browser.post(address("settle", contact, attempt.public_id), {"answer": "no_answer"})
    assert sent["Location"] == address("contact", contact)
    assert [str(message) for message in get_messages(sent.wsgi_request)] == [
        "Written in the diary: call, not answered. If you agreed on something, add a note."
    ]
    page = browser.get(address("contact", contact)).text
    assert "Did they answer?" not in page and "Call, not answered" in page
    # Gone from the page of the link, too.
    assert browser.get(address("reached", contact, attempt.public_id)).status_code == 302


def test_an_attempt_of_another_contact_is_not_there(browser, contact, pro):
    (other,) = buy(pro, now=NOW + MINUTE)
    attempt = begin(other)
    assert browser.get(address("reached", contact, attempt.public_id)).status_code == 404
    assert (
        browser.post(address("settle", contact, attempt.public_id), {"answer": "spoken"}).status_code == 404
    )
    assert not DiaryEntry.objects.exists()


def test_who_withdrew_is_offered_to_be_called_on_no_page(browser, contact):
    """M1, M5: neither the buttons nor their links."""
    attempt = begin(contact)
    Lead.objects.update(state=Lead.State.WITHDRAWN, withdrawn_at=NOW)
    page = browser.get(address("contact", contact)).text
    assert "tel:" not in page and "wa.me" not in page and "mailto:" not in page
    assert "reach.js" not in page
    assert browser.get(address("reached", contact, attempt.public_id)).status_code == 302
    browser.post(address("reach", contact, "call"))
    assert Attempt.objects.count() == 1
