"""The desk's calendar in the office: its week, its closures, and the years that were looked through (S2)."""

from datetime import date, datetime, time

import pytest
import time_machine
from django.urls import reverse

from support.models import CheckedYear, Closure, OpeningHours, PlanSupport
from tests.making import make_plan
from tests.support.office import NOW, ROME, cost_the_same, told

pytestmark = pytest.mark.django_db
HOURS = reverse("admin:support_openinghours_add")
CLOSURE = reverse("admin:support_closure_add")
DAYS = reverse("admin:support_checkedyear_changelist")
PLAN = reverse("admin:support_plansupport_add")
INDEX = reverse("admin:index")


@pytest.fixture(autouse=True)
def clock():
    with time_machine.travel(NOW, tick=False):
        yield


def errors(response):
    assert response.status_code == 200
    return dict(response.context["adminform"].form.errors)


def test_hours_are_added_and_their_history_kept(office, desk_lead):
    office.post(HOURS, {"weekday": 5, "opens": "09:00", "closes": "12:00"})
    saturday = OpeningHours.objects.get(weekday=5)
    assert saturday.history.get().history_user == desk_lead
    office.post(
        reverse("admin:support_openinghours_change", args=[saturday.pk]),
        {"weekday": 5, "opens": "10:00", "closes": "00:00"},
    )
    saturday.refresh_from_db()
    assert (saturday.opens, saturday.closes, saturday.history.count()) == (time(10), time(0), 2)


@pytest.mark.parametrize(
    ("opens", "closes", "field", "words"),
    [
        ("12:00", "15:00", "opens", "works already"),
        ("09:00", "10:00", "opens", "works already"),
        ("08:00", "00:00", "opens", "works already"),
        ("20:00", "19:00", "closes", "cannot close at 19:00"),
        ("20:00", "20:00", "closes", "cannot close at 20:00"),
    ],
)
def test_hours_that_make_no_week_are_refused_beside_their_field(office, opens, closes, field, words):
    response = office.post(HOURS, {"weekday": 0, "opens": opens, "closes": closes})
    assert list(errors(response)) == [field]
    assert words in response.text and f'value="{opens}' in response.text
    assert OpeningHours.objects.count() == 10


def test_hours_that_touch_are_two_intervals(office):
    assert office.post(HOURS, {"weekday": 0, "opens": "13:00", "closes": "14:00"}).status_code == 302


def test_hours_are_changed_without_standing_in_their_own_way(office):
    monday = OpeningHours.objects.get(weekday=0, opens="09:00")
    address = reverse("admin:support_openinghours_change", args=[monday.pk])
    assert office.post(address, {"weekday": 0, "opens": "08:30", "closes": "13:00"}).status_code == 302
    assert list(errors(office.post(address, {"weekday": 0, "opens": "08:30", "closes": "14:30"}))) == [
        "opens"
    ]


def test_the_last_hours_are_not_taken_out(office):
    rows = list(OpeningHours.objects.all())
    for row in rows:
        response = office.post(
            reverse("admin:support_openinghours_delete", args=[row.pk]), {"post": "yes"}, follow=True
        )
    assert list(OpeningHours.objects.all()) == rows[-1:]
    assert told(response)[-1].startswith("Without these hours the desk would never work")
    assert OpeningHours.history.filter(history_type="-").count() == 9


def test_a_closure_is_written_down_with_its_history(office, desk_lead):
    office.post(CLOSURE, {"first_day": "2026-12-07", "last_day": "2026-12-07", "name": "Sant'Ambrogio"})
    assert Closure.objects.get().history.get().history_user == desk_lead


@pytest.mark.parametrize("last_day", ["2026-12-06", "2028-02-01"])
def test_a_closure_that_cannot_be_is_refused_beside_its_field(office, last_day):
    response = office.post(CLOSURE, {"first_day": "2026-12-07", "last_day": last_day, "name": "A move"})
    assert list(errors(response)) == ["last_day"]
    assert 'value="A move"' in response.text
    assert '<input type="date" name="first_day" value="2026-12-07"' in response.text
    assert not Closure.objects.exists()


def test_closures_that_follow_each_other_are_as_long_as_all_of_them(office):
    Closure.objects.create(first_day=date(2026, 12, 1), last_day=date(2027, 9, 30), name="A move")
    response = office.post(CLOSURE, {"first_day": "2027-10-01", "last_day": "2028-02-01", "name": "Another"})
    assert list(errors(response)) == ["last_day"]


def test_both_years_are_shown_as_the_clock_sees_them(office):
    Closure.objects.create(first_day=date(2026, 12, 28), last_day=date(2027, 1, 5), name="Year's end")
    page = office.get(DAYS)
    assert [year for year, _days, _checked in page.context["years"]] == [2026, 2027]
    works = {day.first: day.works for day in page.context["years"][0][1]}
    # The second is a Saturday, which takes no working day.
    assert (works[date(2026, 12, 8)], works[date(2026, 12, 26)]) == (True, False)
    assert all(
        (date(2026, 12, 28), "Year's end") in {(d.first, d.name) for d in days}
        for _y, days, _c in page.context["years"]
    )


def test_a_year_is_asked_for_until_it_is_confirmed(office, desk_lead):
    for address in (INDEX, DAYS):
        assert "days off of 2026 yet" in office.get(address).text
    for year in (2026, 2027):
        assert office.post(reverse("admin:support_checkedyear_confirm", args=[year])).status_code == 302
        assert (f"days off of {year} yet") not in office.get(INDEX).text
    assert "days off of" not in office.get(INDEX).text
    assert [row.checked_by for row in CheckedYear.objects.all()] == [desk_lead, desk_lead]
    assert "Looked through by" in office.get(DAYS).text


def test_another_year_is_not_confirmed(office):
    response = office.post(reverse("admin:support_checkedyear_confirm", args=[2028]))
    assert response.status_code == 409
    assert told(response) == ["Only this year and the next can be confirmed. Nothing was changed."]


def test_an_example_says_when_and_why(office):
    response = office.get(DAYS, {"asked": "2026-12-07T16:00"})
    asked, due, why = response.context["example"]
    assert (asked, due) == (datetime(2026, 12, 7, 16, tzinfo=ROME), datetime(2026, 12, 9, 16, tzinfo=ROME))
    day = "One working day is 8 h of opening hours"
    assert why == [day, "Tuesday, Dec. 8, 2026: public holiday (Immaculate Conception)"]
    assert "Wednesday, Dec. 9, 2026, 16:00" in response.text
    assert office.get(DAYS, {"asked": "2026-11-27T16:00"}).context["example"][2] == [
        day,
        "Saturday, Nov. 28, 2026: the desk does not work on this weekday",
        "Sunday, Nov. 29, 2026: the desk does not work on this weekday",
    ]


@pytest.mark.parametrize("asked", ["", "soon", "9999-12-31T23:00", "2027-03-28T02:30", "0001-01-01T00:00"])
def test_an_example_that_cannot_be_is_an_error_beside_its_field(office, asked):
    response = office.get(DAYS, {"asked": asked})
    assert response.status_code == 422
    assert list(response.context["asked"].errors) == ["asked"]
    assert response.context["example"] is None


def test_a_consultant_sees_the_days_and_the_warning_and_confirms_nothing(consultant, client_of):
    browser = client_of(consultant)
    assert browser.get(DAYS).status_code == 200
    assert "days off of 2026 yet" in browser.get(INDEX).text
    assert browser.post(reverse("admin:support_checkedyear_confirm", args=[2026])).status_code == 403
    for address in (HOURS, CLOSURE, PLAN):
        assert browser.post(address, {}).status_code == 403
    assert not CheckedYear.objects.exists()


@pytest.mark.parametrize("role", ["moderator", "finance", "stranger"])
def test_others_see_nothing_of_it(request, role, client_of):
    browser = client_of(request.getfixturevalue(role))
    for address in (HOURS, CLOSURE, DAYS, PLAN):
        assert browser.get(address).status_code == (302 if role == "stranger" else 403)
    assert "days off" not in browser.get(INDEX, follow=True).text


def test_the_page_costs_the_same_with_one_closure_and_with_thirty(office):
    def grow(number):
        Closure.objects.create(
            first_day=date(2027, 2, 1 + number % 28),
            last_day=date(2027, 2, 1 + number % 28),
            name=f"Day {number}",
        )

    cost_the_same(office, [DAYS, reverse("admin:support_closure_changelist"), INDEX], grow)


class TestSupportOfPlans:
    @pytest.mark.parametrize(
        ("unit", "said", "amount"), [("minutes", "1:30", 90), ("interventions", "3", 3), ("minutes", "0", 0)]
    )
    def test_it_is_typed_in_hours_or_interventions(self, office, desk_lead, unit, said, amount):
        plan = make_plan()
        assert office.post(PLAN, {"plan": plan.pk, "unit": unit, "amount": said}).status_code == 302
        row = PlanSupport.objects.get()
        assert (row.plan, row.unit, row.amount, row.history.get().history_user) == (
            plan,
            unit,
            amount,
            desk_lead,
        )
        page = office.get(reverse("admin:support_plansupport_change", args=[row.pk])).text
        assert {90: 'value="1 h 30 min"', 3: 'value="3"', 0: 'value="0 min"'}[amount] in page

    @pytest.mark.parametrize(
        ("unit", "said"), [("minutes", "much"), ("interventions", "1:30"), ("minutes", "")]
    )
    def test_what_is_no_amount_is_refused_beside_its_field(self, office, unit, said):
        response = office.post(PLAN, {"plan": make_plan().pk, "unit": unit, "amount": said})
        assert list(errors(response)) == ["amount"]
        assert not PlanSupport.objects.exists()
