"""What speaks against a review, and the networks that tell (G8)."""

from datetime import timedelta

import pytest
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from base.days import marketplace_day
from marketplace import reviews
from marketplace.contacts import set_outcome
from marketplace.models import Contact, Lead, Review
from profiles.models import NetworkUse
from profiles.networks import KEPT, forget_networks
from tests.making import NOW, buy, contract, fund, make_plan, make_review, make_user
from tests.marketplace.test_reviews_afterwards import DAY, DUE, ask, write


@pytest.fixture
def contact(pro):
    contract(pro, plan=make_plan("year", months=12))
    fund(pro, 1_000_000)
    return buy(pro, now=NOW)[0]


@pytest.fixture
def review(pro):
    return make_review(pro)


# Signals


def codes(review):
    return [signal.code for signal in reviews.signals_of(review)]


def test_nothing_speaks_against_an_ordinary_review(pro):
    assert codes(write(ask(pro), network="home")) == []


def test_a_review_from_a_network_of_the_business_is_a_signal_for_half_a_year(pro):
    today = marketplace_day(NOW + DAY)
    NetworkUse.objects.create(professional=pro, key="office", last_used_on=today - KEPT)
    review = write(ask(pro), network="office")
    assert codes(review) == ["same_network"]
    NetworkUse.objects.update(last_used_on=today - KEPT - DAY)
    assert codes(review) == []


def test_reviews_by_several_people_from_one_network_are_a_signal(pro):
    write(ask(pro), network="café")
    other = write(ask(pro, "eva@example.com"), network="café", text="Otra cosa muy distinta, de verdad.")
    assert codes(other) == ["network_of_others"]
    assert "1 other review" in reviews.signals_of(other)[0].sentence


def test_the_same_person_twice_or_no_network_known_is_no_signal(pro, other_pro):
    write(ask(pro), network="")
    assert codes(write(ask(pro, "eva@example.com"), text="Otra cosa muy distinta, de verdad.")) == []
    write(ask(other_pro), network="home")
    # The same person as homeowner of a contact: one person, who has one network.
    fund(other_pro, 100_000)
    contact = buy(other_pro, now=NOW, homeowner_email="ana@example.com")[0]
    asked = reviews.ask_homeowner(contact=contact, by=other_pro.owner, now=NOW)
    assert codes(write(asked, network="home", text="Otra cosa muy distinta, de verdad.")) == []


def test_the_telephone_of_the_business_is_a_signal(contact, pro):
    Lead.objects.filter(pk=contact.lead_id).update(homeowner_phone=pro.phone)
    contact.refresh_from_db()
    review = write(reviews.ask_homeowner(contact=contact, by=pro.owner, now=NOW))
    assert codes(Review.objects.get(pk=review.pk)) == ["same_phone"]


def test_an_earlier_client_who_is_a_homeowner_too_is_a_signal(contact, pro):
    email = contact.lead.homeowner_email
    assert codes(write(ask(pro, email.upper()))) == ["also_homeowner"]


@pytest.mark.parametrize(
    ("text", "seen"),
    [
        ("Terminaron el baño en tres días, muy contenta.", True),
        ("El piso quedó perfecto y limpio al final.", True),
        ("They finished the kitchen before Christmas.", True),
        ("Hanno fatto il bagno in una settimana, bravi.", True),
        ("Explicaron todo con paciencia y llamaron a la hora.", False),
        ("They called the same day and explained the quote.", False),
        ("Mi hanno chiamato subito e spiegato il preventivo.", False),
    ],
)
def test_finished_work_where_nobody_was_hired_is_a_signal(contact, pro, text, seen):
    review = write(reviews.ask_homeowner(contact=contact, by=pro.owner, now=NOW), text=text)
    assert codes(review) == (["work_without_a_job"] if seen else [])
    set_outcome(contact=contact, outcome=Contact.Outcome.WON, lost_reason="", by=pro.owner, now=DUE)
    assert codes(Review.objects.get(pk=review.pk)) == []


@pytest.mark.parametrize("won_on", ["before it was written", "after it was published"])
def test_won_that_is_taken_back_once_the_review_can_be_read_is_a_signal(
    contact, pro, moderator, client_of, won_on
):
    """G2: somebody may have tried out what the review then shows."""

    def say(outcome, now):
        set_outcome(contact=contact, outcome=outcome, lost_reason="", by=pro.owner, now=now)

    if won_on == "before it was written":
        say("won", NOW)
        say("open", NOW)
        say("won", NOW)
    review = write(reviews.ask_homeowner(contact=contact, by=pro.owner, now=NOW))
    reviews.publish_review(review=review, by=moderator, reason="", now=DUE)
    say("won", DUE)
    queue = reverse("admin:marketplace_review_changelist")
    browser = client_of(moderator)
    assert codes(Review.objects.get(pk=review.pk)) == []
    assert list(browser.get(queue, {"state": "won_taken_back"}).context["cl"].result_list) == []
    say("open", DUE)
    assert codes(Review.objects.get(pk=review.pk)) == ["won_taken_back"]
    assert list(browser.get(queue, {"state": "won_taken_back"}).context["cl"].result_list) == [review]


def test_of_very_many_reviews_the_newest_are_compared(pro, monkeypatch):
    monkeypatch.setattr("marketplace.reviews.signals._COMPARED", 2)
    for number in range(3):
        write(ask(pro, f"client{number}@example.com"), text="Siempre lo mismo, con estas palabras.")
    last = write(ask(pro), text="Siempre lo mismo, con estas palabras.")
    assert "2 other reviews" in reviews.signals_of(last)[0].sentence


def test_the_same_words_twice_are_a_signal_however_they_are_set(pro):
    write(ask(pro))
    other = write(ask(pro, "eva@example.com"), text="LLEGARON a la hora; y explicaron todo!!")
    assert codes(other) == ["same_words"]


@pytest.mark.parametrize(
    ("after", "seen"), [(timedelta(minutes=2), True), (timedelta(minutes=2, seconds=1), False)]
)
def test_a_review_written_at_once_is_a_signal(pro, after, seen):
    assert codes(write(ask(pro), now=NOW + after)) == (["at_once"] if seen else [])


# Networks


def test_a_network_is_remembered_once_a_day_as_a_key_from_which_nobody_reads_it(pro, client_of, time_machine):
    time_machine.move_to(NOW)
    browser = client_of(pro)
    for _ in range(3):
        browser.get(reverse("marketplace:reviews"), REMOTE_ADDR="203.0.113.9")
    used = NetworkUse.objects.get()
    assert (used.professional, used.last_used_on) == (pro, marketplace_day(NOW))
    assert "203.0.113.9" not in used.key
    time_machine.move_to(NOW + DAY)
    browser.get(reverse("marketplace:reviews"), REMOTE_ADDR="203.0.113.9")
    used.refresh_from_db()
    assert used.last_used_on == marketplace_day(NOW + DAY)
    browser.get(reverse("marketplace:reviews"), REMOTE_ADDR="203.0.113.10")
    assert NetworkUse.objects.count() == 2


def test_networks_are_forgotten_after_half_a_year(pro, time_machine, capsys):
    today = marketplace_day(NOW)
    NetworkUse.objects.create(professional=pro, key="old", last_used_on=today - KEPT - DAY)
    NetworkUse.objects.create(professional=pro, key="kept", last_used_on=today - KEPT)
    time_machine.move_to(NOW)
    call_command("forget_networks", "--dry-run")
    assert capsys.readouterr().out == "due: 1 networks\n"
    assert forget_networks(today=today) == 1
    assert NetworkUse.objects.get().key == "kept"


def test_whoever_joined_the_business_since_is_a_signal_and_a_namesake_elsewhere_is_none(pro, other_pro):
    review = write(ask(pro, "ana.ruiz@gmail.com"))
    other_pro.members.add(make_user("anaruiz@gmail.com"))
    assert codes(review) == []
    pro.members.add(make_user("ana.ruiz+obra@gmail.com"))
    assert codes(review) == ["same_mail"]
    # What was known when it was written is no signal: it is certain.
    review.own_hand = Review.OwnHand.EMAIL
    assert codes(review) == []


def test_reviews_without_a_letter_are_not_the_same_words(pro):
    for address in ("ana@example.com", "eva@example.com"):
        review = write(ask(pro, address), text="🙂" * 20)
    assert codes(review) == []


def test_signals_of_many_reviews_are_those_of_each_in_as_many_queries(pro, django_assert_num_queries):
    found = [write(ask(pro), network="home")]
    asked = Review.objects.select_related("professional__owner", "request", "contact__lead")
    with CaptureQueriesContext(connection) as queries:
        reviews.signals_of_each(list(asked.all()))
    for number in range(5):
        found.append(write(ask(pro, f"client{number}@example.com"), network="home"))
    with django_assert_num_queries(len(queries)):
        signals = reviews.signals_of_each(list(asked.all()))
    assert signals == {review.pk: reviews.signals_of(review) for review in found}
    assert [each.code for each in signals[found[0].pk]] == ["network_of_others", "same_words"]
    with django_assert_num_queries(0):
        assert reviews.signals_of_each([]) == {}
