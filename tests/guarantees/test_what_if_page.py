"""A professional asks what a step would mean before taking it; nothing is written (G1, G6, G23)."""

from datetime import date, timedelta

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import translation

from base.days import marketplace_day
from guarantees.facts import load_facts
from guarantees.models import GuaranteeTerms
from marketplace.contacts import set_outcome
from marketplace.returns import ask_return, may_come_back
from marketplace.withdrawal import withdraw_lead
from profiles.suspensions import suspend
from tests import making
from tests.guarantees.claim_making import make_submitted
from tests.guarantees.test_overview import running
from tests.making import NOW, at

URL = "/guarantee/what-if/"
TODAY = "2026-01-27"


def ask(client_of, who, when=TODAY, status=200, **asked):
    with time_machine.travel(at(f"{when} 12:00"), tick=False):
        response = client_of(who).get(URL, asked)
    assert response.status_code == status
    return response


def rows(response):
    return {row.name: (row.now, row.then) for row in response.context["compared"].rows}


def changes(response):
    return {each.title: (each.was, each.status) for each in response.context["compared"].changes}


def answer(response):
    return response.context["compared"].answer


def errors(response):
    assert response.context["compared"] is None
    return dict(response.context["form"].errors.items())


def test_without_a_question_it_shows_the_form_alone(client_of, pro):
    running(pro, 14)
    response = ask(client_of, pro)
    assert response.context["compared"] is None
    assert list(response.context["form"].fields) == [
        "buy_on",
        "buys",
        "given_back",
        "praised",
        "vouched_for",
    ]
    assert "Choose at least one thing" not in response.content.decode()


def test_whoever_chooses_nothing_is_asked_to(client_of, pro):
    running(pro, 14)
    response = ask(client_of, pro, buy_on="", buys="")
    assert response.context["compared"] is None
    assert "Choose at least one thing below." in response.content.decode()


def test_what_is_bought_on_the_last_day_leaves_one_day(client_of, pro):
    """G6: B is 25 March."""
    running(pro, 14)
    response = ask(client_of, pro, buy_on="2026-03-25")
    assert answer(response)[0] == "Then you could claim on one single day: April 25, 2026."
    assert rows(response)["Contacts that count"] == ("14 of 15", "15 of 15")
    assert rows(response)["Claim from"] == ("", "April 25, 2026")
    assert rows(response)["Claim until"] == ("April 25, 2026", "April 25, 2026")
    assert rows(response)["Last day to buy them"] == ("March 25, 2026", "March 25, 2026")
    assert changes(response) == {
        "15 contacts bought": ("unmet", "met"),
        "Bought in time": ("unmet", "met"),
        "The waiting month": ("unmet", "waiting"),
    }


def test_a_day_later_it_could_never_be_claimed_and_is_told_why(client_of, pro):
    running(pro, 14)
    response = ask(client_of, pro, buy_on="2026-03-26")
    told, instead = answer(response)
    assert instead == "Buy the last one by March 25, 2026 instead."
    assert told.startswith(
        "Then you could never claim. The last counted contact was bought after March 25, 2026, so its waiting month "
        "ends only on April 26, 2026, and the last day to claim is April 25, 2026."
    )
    assert response.context["compared"].then.word == "No longer"
    assert changes(response)["The claim window"] == ("met", "lost")
    assert "days can be added" in response.content.decode()


def test_bought_earlier_it_can_be_claimed_longer_and_names_what_else_is_needed(client_of, pro):
    running(pro, 13)
    response = ask(client_of, pro, buy_on="2026-02-03", buys="2")
    assert answer(response) == (
        "Then you could claim from March 3, 2026 to April 25, 2026.",
        "Needed for it as well: a complete profile, 1 positive review from a contact and 2 reviews from earlier "
        "clients.",
    )
    price = load_facts([pro.pk], date(2026, 1, 27))[pro.pk].facts.contacts[0].price_cents
    assert rows(response)["At stake"][1].endswith(", and what you pay for 2 more")
    assert price > 0


def test_some_of_the_missing_leave_the_rest_to_be_bought(client_of, pro):
    running(pro, 10)
    response = ask(client_of, pro, buy_on="2026-02-03", buys="4")
    assert answer(response) == (
        "Then 1 contact would still be missing.",
        "Have the last one by March 18, 2026 to be safe, and by March 25, 2026 at the very latest. The last day to "
        "claim is April 25, 2026.",
        "Needed for it as well: a complete profile, 1 positive review from a contact and 2 reviews from earlier "
        "clients.",
    )


@pytest.mark.parametrize(
    ("buy_on", "told"),
    [
        (
            "2026-03-18",
            "Have the last one by March 18, 2026 to be safe, and by March 25, 2026 at the very latest.",
        ),
        ("2026-03-19", "Have the last one by March 25, 2026: it is the very last day."),
    ],
)
def test_no_safe_day_is_named_that_is_over_when_the_others_are_bought(client_of, pro, buy_on, told):
    """What is missing after the purchases that are supposed is bought no earlier than they are."""
    running(pro, 10)
    assert answer(ask(client_of, pro, buy_on=buy_on, buys="4"))[1].startswith(told)


def test_a_contact_given_back_is_judged_as_on_the_page_of_its_return(client_of, pro):
    contacts = running(pro, 16)
    response = ask(client_of, pro, "2026-01-28", given_back=contacts[14].public_id)
    assert rows(response)["Claim from"] == ("Feb. 25, 2026", "Feb. 26, 2026")
    with time_machine.travel(at("2026-01-28 12:00"), tick=False):
        page = (
            client_of(pro).get(reverse("marketplace:return", args=[contacts[14].public_id])).content.decode()
        )
    assert f'href="{URL}?given_back={contacts[14].public_id}"' in page
    assert "You could then claim from Feb. 26, 2026 to April 25, 2026." in page


def test_several_given_back_and_bought_again(client_of, pro):
    contacts = running(pro, 15)
    response = ask(
        client_of,
        pro,
        given_back=[contacts[13].public_id, contacts[14].public_id],
        buy_on="2026-03-20",
    )
    assert rows(response)["Contacts that count"] == ("15 of 15", "15 of 15")
    assert rows(response)["Claim from"] == ("Feb. 25, 2026", "April 20, 2026")
    assert rows(response)["At stake"][1].endswith(", and what you pay for 2 more")


def test_the_reviews_and_the_plan_that_are_missing_make_it_claimable(client_of, pro):
    making.make_eligible(pro)
    response = ask(client_of, pro, "2026-02-11", praised="on", vouched_for="on", plan_paid="on")
    # Nothing of it is missing, so nothing of it is asked about, nor supposed.
    assert response.context["compared"] is None
    assert list(response.context["form"].fields) == ["buy_on", "buys", "given_back"]
    pro.reviews.all().delete()
    response = ask(client_of, pro, "2026-02-11", praised="on", vouched_for="on")
    assert answer(response) == ("Then you could claim at once, until April 25, 2026.",)
    assert changes(response) == {
        "1 positive review from a contact": ("unmet", "met"),
        "2 reviews from earlier clients": ("unmet", "met"),
    }
    assert response.context["compared"].then.word == "Eligible"


def test_a_plan_that_lapsed_unpaid_is_supposed_to_be_paid(client_of, pro):
    making.contract(pro, paid=False)
    making.fund(pro)
    making.buy(pro, 15, now=at("2026-01-12 12:00"))
    response = ask(client_of, pro, "2026-03-20", plan_paid="on")
    assert changes(response) == {
        "A plan in force": ("unmet", "met"),
        "Payments up to date": ("unmet", "met"),
    }


def test_who_never_contracted_supposes_to_contract_today(client_of, pro):
    response = ask(client_of, pro, "2026-08-31")
    assert "I contract a plan today" in response.content.decode()
    response = ask(client_of, pro, "2026-08-31", plan_paid="on", buy_on="2026-11-15")
    assert answer(response)[0] == "Then you could claim on one single day: Dec. 15, 2026."
    response = ask(client_of, pro, "2026-08-31", plan_paid="on")
    assert answer(response)[0] == "Then 15 contacts would still be missing."
    response = ask(client_of, pro, "2026-08-31", 422, buy_on="2026-11-15")
    assert errors(response) == {
        "buy_on": ["Your guarantee begins with your first plan: choose as well that you contract one today."]
    }
    response = ask(client_of, pro, "2026-08-31", vouched_for="on")
    assert answer(response) == ("Your guarantee begins on the day you contract your first plan.",)


def test_who_is_suspended_is_told_that_first(client_of, pro, moderator):
    running(pro, 14)
    suspend(professional=pro, reason="Se investiga.", decided_by=moderator, now=at("2026-01-26 12:00"))
    response = ask(client_of, pro, buy_on="2026-02-03")
    (told,) = answer(response)
    assert told.startswith("Your business is suspended")
    assert response.context["compared"].then.word == "Suspended"


def test_with_a_claim_under_way_there_is_nothing_to_do(client_of, pro):
    make_submitted(pro)
    response = ask(client_of, pro, "2026-02-13", praised="on")
    assert response.context["compared"] is None  # The review is there.
    contact = making.buy(pro, now=at("2026-02-13 12:00"))[0]
    response = ask(client_of, pro, "2026-02-13", given_back=contact.public_id)
    assert answer(response) == (
        "That would change nothing.",
        "Your claim is with us. There is nothing to do here until it is decided.",
    )


def test_a_job_won_stays_won_and_giving_it_back_tells_what_would_be(client_of, pro):
    contacts = running(pro, 14)
    set_outcome(contact=contacts[0], outcome="won", lost_reason="", by=pro.owner, now=at("2026-01-25 12:00"))
    response = ask(client_of, pro, buy_on="2026-02-03")
    (told,) = answer(response)
    assert told.startswith(
        "The guarantee can no longer be claimed, then as now. You won a job with 1 of these"
    )


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ({"buy_on": "2026-01-26"}, {"buy_on": "This day is over. Choose today or a later one."}),
        ({"buy_on": "0001-01-01"}, {"buy_on": "This day is over. Choose today or a later one."}),
        (
            {"buy_on": "2026-04-11"},
            {
                "buy_on": "Contacts bought after April 10, 2026 cannot be part of a claim. Choose a day until then."
            },
        ),
        (
            {"buy_on": "9999-12-31"},
            {
                "buy_on": "Contacts bought after April 10, 2026 cannot be part of a claim. Choose a day until then."
            },
        ),
        ({"buy_on": "31 February"}, {"buy_on": "This is no day of the calendar. Choose one."}),
        ({"buy_on": "2026-02-30"}, {"buy_on": "This is no day of the calendar. Choose one."}),
        ({"buys": "1"}, {"buy_on": "Choose the day on which you would buy them."}),
        ({"buy_on": "2026-02-03", "buys": "400"}, {"buys": "Only 1 more would count."}),
        ({"buy_on": "2026-02-03", "buys": "9" * 5000}, {"buys": "Write a whole number, 1 or more."}),
        (
            {"buy_on": "2026-02-03", "buys": "0"},
            {"buys": "Write a whole number, 1 or more."},
        ),
        ({"buy_on": "2026-02-03", "buys": "1.5"}, {"buys": "Write a whole number, 1 or more."}),
        (
            {"given_back": "x"},
            {"given_back": "One of these is no contact of yours that could still be given back."},
        ),
    ],
)
def test_what_cannot_be_asked_is_told_beside_its_field(client_of, pro, asked, expected):
    running(pro, 14)
    response = ask(client_of, pro, status=422, **asked)
    assert errors(response) == {name: [said] for name, said in expected.items()}
    for said in expected.values():
        assert said in response.content.decode()


def test_after_the_time_to_buy_no_purchase_can_be_supposed(client_of, pro):
    running(pro, 14)
    assert not ask(client_of, pro, "2026-04-11").context["form"].shows_buying
    response = ask(client_of, pro, "2026-04-11", 422, buy_on="2026-04-11")
    assert errors(response) == {
        "buy_on": ["The time to buy ended on April 10, 2026: contacts bought later are not counted."]
    }
    assert ask(client_of, pro, "2026-04-10").context["form"].shows_buying


def test_with_all_bought_there_is_nothing_more_to_buy(client_of, pro):
    running(pro, 15)
    response = ask(client_of, pro, status=422, buy_on="2026-02-03")
    assert errors(response) == {"buys": ["All the contacts that count are bought already."]}


def test_who_can_claim_today_is_told_that_there_is_nothing_to_suppose(client_of, pro):
    making.make_eligible(pro)
    page = ask(client_of, pro, "2026-03-02")
    assert "There is nothing to suppose" in page.text
    assert '<form class="form card"' not in page.text


def test_what_belongs_to_others_or_is_too_old_cannot_be_given_back(client_of, pro, other_pro):
    refusal = ["One of these is no contact of yours that could still be given back."]
    old, *_more = running(pro, 14)
    (of_other,) = running(other_pro, 1)
    for contact in (old, of_other):
        response = ask(client_of, pro, status=422, given_back=contact.public_id)
        assert errors(response) == {"given_back": refusal}
        assert contact.lead.title_for_buyers not in response.content.decode() or contact == old
    response = ask(client_of, other_pro, "2026-03-27", 422, given_back=of_other.public_id)
    assert errors(response) == {"given_back": refusal}


def test_what_may_come_back_is_what_is_undecided_or_within_its_days(pro):
    contacts = running(pro, 14)  # One a day from 11 to 24 January.
    ask_return(
        contact=contacts[0],
        reason="duplicate",
        explanation="Ya la teníamos.",
        by=pro.owner,
        now=at("2026-01-12 12:00"),
    )
    # Of 12 January, withdrawn on its last day: seven more.
    withdraw_lead(lead=contacts[1].lead, now=at("2026-01-19 12:00"))

    def numbers(when):
        found = may_come_back(pro, at(when))
        return [contacts.index(contact) + 1 for contact in found]

    assert numbers("2026-01-26 23:59") == [1, 2, 9, 10, 11, 12, 13, 14]
    assert numbers("2026-01-27 00:00") == [1, 10, 11, 12, 13, 14]
    assert numbers("2026-03-01 12:00") == [1]


def test_what_was_supposed_and_then_happens_is_what_staff_see_for_that_day(client_of, pro, reviewer):
    """Agreement with the office's what-if on the same assumption: the purchases made, asked about that day."""
    running(pro, 13)
    supposed = ask(client_of, pro, buy_on="2026-02-03")
    making.buy(pro, 2, now=at("2026-02-03 12:00"))
    with time_machine.travel(at("2026-02-04 12:00"), tick=False):
        response = client_of(reviewer).get(
            "/admin/guarantees/guaranteeterms/what-if/", {"who": str(pro.public_id), "on": "2026-02-03"}
        )
    side = response.context["sides"][-1]
    assert side.on == date(2026, 2, 3)
    changed = {each.title: (each.word, each.sentence) for each in supposed.context["compared"].changes}
    assert changed == {
        title: (word, sentence) for title, word, _badge, sentence in side.lines if title in changed
    }
    assert side.verdict.word == supposed.context["compared"].then.word
    assert len(changed) == 3


def test_nothing_is_written(client_of, pro):
    contacts = running(pro, 14)
    browser = client_of(pro)
    with time_machine.travel(at(f"{TODAY} 12:00"), tick=False):
        browser.get(URL)  # Signing in, and from which network, is written down on any page.
        with CaptureQueriesContext(connection) as captured:
            browser.get(URL, {"buy_on": "2026-02-03", "given_back": contacts[-1].public_id, "praised": "on"})
    assert {query["sql"].split()[0] for query in captured} == {"SELECT"}
    assert client_of(pro).post(URL, {"buy_on": "2026-02-03"}).status_code == 405


def test_it_costs_as_many_queries_with_one_contact_as_with_thirty(client_of, pro, other_pro):
    (one,) = running(pro, 1, now=at("2026-01-25 12:00"))
    thirty = running(other_pro, 30, now=at("2026-01-25 12:00"), step=timedelta(minutes=20))
    counts = []
    for who, contacts in ((pro, [one]), (other_pro, thirty)):
        client = client_of(who)
        with time_machine.travel(at(f"{TODAY} 12:00"), tick=False):
            client.get(URL)
            with CaptureQueriesContext(connection) as captured:
                response = client.get(URL, {"given_back": [each.public_id for each in contacts]})
        assert response.status_code == 200
        counts.append(len(captured))
    assert counts[0] == counts[1] <= 14


def test_a_member_asks_too_and_a_stranger_is_led_to_open_a_business(client_of, pro, stranger):
    running(pro, 14)
    member = making.make_user()
    pro.members.add(member)
    assert answer(ask(client_of, member, buy_on="2026-03-25"))[0].startswith(
        "Then you could claim on one single"
    )
    response = client_of(stranger).get(URL, {"buy_on": "2026-03-25"})
    assert (response.status_code, response["Location"]) == (302, reverse("profiles:open"))


def test_the_overview_and_the_purchase_lead_there(client_of, pro):
    running(pro, 14)
    lead = making.make_lead(now=at(f"{TODAY} 09:00"))
    with time_machine.travel(at(f"{TODAY} 12:00"), tick=False):
        assert f'href="{URL}"' in client_of(pro).get("/guarantee/").content.decode()
        page = client_of(pro).get(reverse("marketplace:lead", args=[lead.public_id])).content.decode()
    assert f'href="{URL}?buy_on={TODAY}"' in page


def test_other_numbers_of_contacts_are_told_as_the_terms_have_them(client_of, pro):
    GuaranteeTerms.objects.create(in_force_from=date(2026, 1, 5), added_at=NOW, contacts=1)
    making.contract(pro, plan=making.make_plan("year", months=12))
    response = ask(client_of, pro, buy_on=TODAY)
    assert rows(response)["Contacts that count"] == ("0 of 1", "1 of 1")


def test_it_is_asked_in_the_language_of_the_reader(client_of, pro):
    running(pro, 14)
    pro.owner.language = "es-mx"
    pro.owner.save(update_fields=["language"])
    with translation.override("es-mx"):
        response = ask(client_of, pro, buy_on="2026-03-25")
    assert "25 de abril de 2026" in answer(response)[0].lower()


def test_today_is_the_day_of_the_marketplace(client_of, pro):
    """At half past eleven at night in Mexico City it is tomorrow in UTC, and still today there."""
    running(pro, 14)
    with time_machine.travel(at("2026-01-27 23:30"), tick=False):
        response = client_of(pro).get(URL, {"buy_on": "2026-01-27"})
    assert response.status_code == 200
    assert marketplace_day(at("2026-01-27 23:30")) == date(2026, 1, 27)
    assert rows(response)["Claim from"] == ("", "Feb. 27, 2026")
