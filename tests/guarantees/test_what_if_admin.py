"""Staff ask what the verdict would be, on another day or by other terms; nothing is saved (G20)."""

from datetime import date

import pytest
import time_machine
from django.urls import reverse

from guarantees import rules, wording
from guarantees.facts import load_facts
from guarantees.models import ExtraDays, GuaranteeTerms
from tests import making
from tests.making import at

pytestmark = pytest.mark.django_db
WHEN = at("2026-02-20 12:00")
TODAY = WHEN.date()
URL = "/admin/guarantees/guaranteeterms/what-if/"


@pytest.fixture(autouse=True)
def _today():
    with time_machine.travel(WHEN, tick=False):
        yield


@pytest.fixture
def running(pro):
    making.contract(pro, plan=making.make_plan("year", months=12))
    making.fund(pro)
    making.buy(pro, 2, now=at("2026-01-11 12:00"))
    return pro


def add_terms(**numbers):
    return GuaranteeTerms.objects.create(
        **({"in_force_from": date(2027, 1, 1), "added_at": WHEN} | numbers),
    )


def ask(client_of, staff, **asked):
    return client_of(staff).get(URL, asked)


def told(side):
    return (side.on, side.version, side.verdict.word, [(title, word) for title, word, *_ in side.lines])


def expected(pro, on, version):
    known = load_facts([pro.pk], TODAY)[pro.pk]
    verdict = rules.evaluate(known.facts, version.as_rules(), on)
    lines = [(wording.title(each), str(wording.STATUS_WORDS[each.status])) for each in verdict.requirements]
    return (on, version, wording.verdict(verdict).word, lines)


def test_nobody_asks_about_a_business_that_they_belong_to(client_of, reviewer, running):
    assert ask(client_of, reviewer, who=str(running.pk)).status_code == 200
    running.members.add(reviewer)
    response = ask(client_of, reviewer, who=str(running.pk))
    assert (response.status_code, response.context["sides"]) == (422, [])
    assert "You own this business or belong to it" in response.content.decode()


def test_without_a_question_it_asks_one(client_of, reviewer):
    response = ask(client_of, reviewer)
    assert (response.status_code, response.context["sides"]) == (200, [])


def test_another_day_and_other_terms_are_judged_beside_today_by_the_pages_own_words(
    client_of, reviewer, running
):
    binding = GuaranteeTerms.objects.get()
    two = add_terms(contacts=2, waiting_months=2)
    response = ask(client_of, reviewer, who=str(running.public_id), on="2026-03-11", terms=two.pk)
    assert response.status_code == 200
    assert [told(side) for side in response.context["sides"]] == [
        expected(running, TODAY, binding),
        expected(running, date(2026, 3, 11), two),
    ]
    now, then = response.context["sides"]
    assert then.lines[0][:2] == ("2 contacts bought", "In order")
    assert then.lines[3][:2] == ("The waiting month", "In order")
    page = client_of(running).get("/guarantee/")
    assert [line.sentence for line in page.context["lines"]] == [sentence for *_, sentence in now.lines]


def test_today_by_their_own_terms_is_told_once(client_of, reviewer, running):
    for asked in ({}, {"on": "2026-02-20"}, {"terms": GuaranteeTerms.objects.get().pk}):
        response = ask(client_of, reviewer, who=running.owner.email, **asked)
        assert len(response.context["sides"]) == 1


def test_who_has_not_contracted_is_judged_as_if_on_that_day(client_of, reviewer, pro):
    response = ask(client_of, reviewer, who=pro.name, on="2099-12-31")
    assert [side.on for side in response.context["sides"]] == [TODAY, date(2099, 12, 31)]


@pytest.mark.parametrize(
    ("asked", "field", "sentence"),
    [
        ({"who": ""}, "who", "This field is required."),
        ({"who": "nobody"}, "who", "No professional has the public id"),
        ({"who": "9" * 30}, "who", "No professional has the public id"),
        ({"who": "a\x00b"}, "who", "Null characters are not allowed."),
        ({"on": "1999-12-31"}, "on", "Choose a day from Jan. 1, 2000 to Dec. 31, 2099."),
        ({"on": "2100-01-01"}, "on", "Choose a day from Jan. 1, 2000 to Dec. 31, 2099."),
        ({"on": "9999-12-31"}, "on", "Choose a day from Jan. 1, 2000 to Dec. 31, 2099."),
        ({"on": "31 February"}, "on", "Enter a valid date."),
        ({"terms": "999999"}, "terms", "There is no such version of the terms."),
        ({"terms": "x"}, "terms", "There is no such version of the terms."),
    ],
)
def test_what_cannot_be_asked_is_told_beside_its_field(client_of, reviewer, running, asked, field, sentence):
    response = ask(client_of, reviewer, **({"who": "Reformas Hidalgo"} | asked))
    assert (response.status_code, response.context["sides"]) == (422, [])
    ((where, (first, *_)),) = response.context["form"].errors.items()
    assert where == field
    assert first.startswith(sentence)


def test_terms_by_which_a_date_leaves_the_calendar_are_told_beside_their_field(client_of, reviewer, running):
    far = add_terms(waiting_months=32_000)
    response = ask(client_of, reviewer, who=running.name, terms=far.pk)
    assert (response.status_code, response.context["sides"]) == (422, [])
    assert response.context["form"].errors == {"terms": ["With these numbers a date leaves the calendar."]}


def test_nothing_is_saved(client_of, reviewer, running):
    running.refresh_from_db()
    before = (running.first_contracted_on, ExtraDays.objects.count(), GuaranteeTerms.objects.count())
    ask(client_of, reviewer, who=running.name, on="2026-06-01", terms=add_terms(contacts=1).pk)
    running.refresh_from_db()
    assert (
        running.first_contracted_on,
        ExtraDays.objects.count(),
        GuaranteeTerms.objects.count() - 1,
    ) == before


def test_the_pages_of_a_professional_and_of_the_terms_lead_there(client_of, reviewer, running):
    page = client_of(reviewer).get(reverse("admin:profiles_professional_change", args=[running.pk]))
    assert f'href="{URL}?who={running.public_id}"' in page.content.decode()
    for staff in (reviewer, making.make_staff("terms")):
        listed = client_of(staff).get(reverse("admin:guarantees_guaranteeterms_changelist"))
        assert f'href="{URL}"' in listed.content.decode()


def test_a_professionals_page_names_the_terms_that_bind_them_with_their_numbers(client_of, running):
    """G20: the version of the day on which they contracted, whatever was added since."""
    add_terms(in_force_from=date(2026, 2, 1), contacts=7)
    html = client_of(running).get("/guarantee/").content.decode()
    first = GuaranteeTerms.objects.get(contacts=15)
    assert (
        f"You contracted on Jan. 10, 2026, so the terms in force from {wording.long_date(first.in_force_from)} "
        "bind you and us."
    ) in html
    assert "<dt>Contacts</dt><dd>15</dd>" in html
    assert "<dt>Days to claim after that</dt><dd>15</dd>" in html
    assert "<dt>Keep the window open for the waiting month</dt><dd>no</dd>" in html


def test_before_contracting_it_names_todays(client_of, pro):
    add_terms(in_force_from=date(2026, 2, 1), contacts=7)
    html = client_of(pro).get("/guarantee/").content.decode()
    assert "Today’s are in force from Feb. 1, 2026." in html
    assert "<dt>Contacts</dt><dd>7</dd>" in html
