"""The desk's calendar as settings, admin and public holidays say it, and the reasons for a deadline (S2)."""

from datetime import date, time, timedelta

import pytest
from django.core.checks import run_checks
from django.db import IntegrityError, transaction
from django.utils import translation

from support.desk_calendar import (
    confirm_year,
    deadline,
    desk_day,
    public_holidays,
    working_calendar,
    year_to_check,
)
from support.errors import SupportError
from support.models import CheckedYear, Closure, OpeningHours, Wait
from support.public_holidays import PublicHolidays
from support.shown import why_then
from support.waits import deadline_of
from support.working_time import WorkingTimeError
from tests.making import at
from tests.support.making import NOW, opened, rome

pytestmark = pytest.mark.django_db
IMMACULATE = {"en": "Immaculate Conception", "es-mx": "Inmaculada Concepción", "it": "Immacolata Concezione"}


def test_the_desk_opens_as_the_rules_say_until_somebody_changes_it():
    assert list(OpeningHours.objects.values_list("weekday", "opens", "closes")) == [
        (weekday, opens, closes)
        for weekday in range(5)
        for opens, closes in ((time(9), time(13)), (time(14), time(18)))
    ]
    assert working_calendar().standard_day == timedelta(hours=8)


def test_the_deadline_says_which_days_it_skipped_and_why():
    """Friday 4 December 2026 at four; Tuesday the 8th is a holiday in Italy, and the desk makes a bridge of Monday."""
    Closure.objects.create(first_day=date(2026, 12, 7), last_day=date(2026, 12, 7), name="Bridge")
    found = deadline(rome("2026-12-04 16:00"))
    assert found.due_at == rome("2026-12-09 16:00")
    assert found.days_off == (
        ("2026-12-05", "weekend", ""),
        ("2026-12-06", "weekend", ""),
        ("2026-12-07", "closure", "Bridge"),
        ("2026-12-08", "holiday", IMMACULATE),
    )


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("en", "Tuesday, Dec. 8, 2026: public holiday (Immaculate Conception)"),
        ("es-mx", "martes, 8 de diciembre de 2026: día festivo (Inmaculada Concepción)"),
        ("it", "martedì 8 dicembre 2026: giorno festivo (Immacolata Concezione)"),
    ],
)
def test_a_holiday_that_was_stored_with_a_promise_is_read_in_each_language(agreement, anna, language, said):
    ticket = opened(agreement.client, anna, now=rome("2026-12-07 16:00"))
    wait = Wait.objects.get(ticket=ticket)
    assert wait.days_off == [["2026-12-08", "holiday", IMMACULATE]]
    with translation.override(language):
        assert why_then(deadline_of(wait))[-1] == said


def test_a_promise_that_was_stored_with_the_countrys_own_name_is_still_explained(agreement, anna):
    ticket = opened(agreement.client, anna, now=rome("2026-12-07 16:00"))
    Wait.objects.update(days_off=[["2026-12-08", "holiday", "Immacolata Concezione"]])
    assert why_then(deadline_of(ticket.waits.get()))[-1] == (
        "Tuesday, Dec. 8, 2026: public holiday (Immacolata Concezione)"
    )


def test_the_holidays_of_the_desk_have_a_name_in_each_language():
    """Of Italy, as the product comes; two that fall on one day are said together."""
    public = public_holidays()
    days = [date(2026, 1, 1) + timedelta(days=number) for number in range(365)]
    names = [public.names(day) for day in days if day in public]
    assert len(names) == 13
    assert not [each for each in names if len(set(each.values())) < 3]
    assert public.names(date(2026, 11, 1)) == {
        "en": "All Saints' Day; National Unity Day",
        "es-mx": "Día de Todos los Santos; Día de la Unidad Nacional",
        "it": "Giorno dell'unità nazionale; Ognissanti",
    }


def test_a_holiday_that_nobody_can_name_in_a_language_has_its_countrys_name():
    germany = PublicHolidays("DE", "")
    assert germany.names(date(2026, 10, 3)) == {
        "en": "German Unity Day",
        "es-mx": "Tag der Deutschen Einheit",
        "it": "Tag der Deutschen Einheit",
    }


def test_a_deadline_on_an_ordinary_day_skips_nothing():
    assert deadline(rome("2026-11-03 10:00")).days_off == ()


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ("2026-11-03 10:00", ["One working day is 8 h of opening hours"]),
        (
            "2026-11-02 20:00",
            [
                "It came outside of opening hours, so the clock began on Tuesday, Nov. 3, 2026 at 9 a.m. (Europe/Rome)",
                "One working day is 8 h of opening hours",
            ],
        ),
    ],
)
def test_the_reason_says_from_when_the_clock_ran_and_how_long_it_may(asked, said):
    assert why_then(deadline(rome(asked))) == said


def test_a_holiday_of_the_region_alone_is_kept_where_the_region_is_set(settings):
    """Rome keeps its patron saints on 29 June, a Monday in 2026."""
    asked = rome("2026-06-26 16:00")
    assert deadline(asked).due_at == rome("2026-06-29 16:00")
    settings.DESK_REGION = "RM"
    assert deadline(asked).due_at == rome("2026-06-30 16:00")


def test_the_days_off_are_those_of_the_country(settings):
    """16 September is a holiday in Mexico, and none in Italy."""
    asked = rome("2026-09-15 16:00")
    assert deadline(asked).due_at == rome("2026-09-16 16:00")
    settings.DESK_COUNTRY = "MX"
    assert deadline(asked).due_at == rome("2026-09-17 16:00")


def test_it_holds_over_new_year_whatever_year_the_holidays_were_asked_of_first():
    assert deadline(rome("2026-12-31 16:00")).due_at == rome("2027-01-04 16:00")


def test_a_closure_lasts_from_its_first_to_its_last_day():
    Closure.objects.create(first_day=date(2026, 8, 10), last_day=date(2026, 8, 21), name="Summer")
    assert deadline(rome("2026-08-07 17:00")).due_at == rome("2026-08-24 17:00")


def test_a_desk_without_hours_is_an_error_and_not_an_endless_wait():
    OpeningHours.objects.all().delete()
    with pytest.raises(WorkingTimeError):
        working_calendar()


def test_the_calendar_is_two_queries(django_assert_num_queries):
    with django_assert_num_queries(2):
        deadline(NOW)


def test_the_desks_day_is_its_own():
    assert desk_day(at("2026-11-02 18:00")) == date(2026, 11, 3)


@pytest.mark.parametrize(
    ("opens", "closes", "holds"),
    [
        (time(9), time(13), True),
        (time(20), time(0), True),
        (time(0), time(0), True),
        (time(9), time(9), False),
        (time(13), time(9), False),
    ],
)
def test_the_database_refuses_hours_that_run_backward(opens, closes, holds):
    OpeningHours.objects.all().delete()
    if holds:
        OpeningHours.objects.create(weekday=6, opens=opens, closes=closes)
        assert working_calendar().works_on(date(2026, 11, 8))
    else:
        with pytest.raises(IntegrityError), transaction.atomic():
            OpeningHours.objects.create(weekday=6, opens=opens, closes=closes)


def test_this_year_is_to_be_looked_through_and_from_november_on_the_next(desk_lead):
    assert year_to_check(date(2026, 10, 31)) == 2026
    confirm_year(year=2026, by=desk_lead, now=NOW)
    assert year_to_check(date(2026, 10, 31)) is None
    assert year_to_check(date(2026, 11, 1)) == 2027
    confirm_year(year=2027, by=desk_lead, now=NOW)
    assert year_to_check(date(2026, 11, 1)) is None


def test_a_year_confirmed_twice_was_confirmed_by_the_first(desk_lead, consultant):
    confirm_year(year=2027, by=desk_lead, now=NOW)
    confirm_year(year=2027, by=consultant, now=rome("2026-12-01 10:00"))
    assert list(CheckedYear.objects.values_list("year", "checked_by", "checked_at")) == [
        (2027, desk_lead.pk, NOW)
    ]


@pytest.mark.parametrize("year", [2025, 2028])
def test_other_years_are_not_confirmed(desk_lead, year):
    with pytest.raises(SupportError) as refusal:
        confirm_year(year=year, by=desk_lead, now=NOW)
    assert refusal.value.code == "no_such_year"


@pytest.mark.parametrize(
    ("name", "value", "error"),
    [
        ("DESK_TIME_ZONE", "Europe/Atlantis", "support.E001"),
        ("DESK_COUNTRY", "XX", "support.E002"),
        ("DESK_REGION", "Atlantis", "support.E003"),
        ("DESK_STANDARD_DAY_MINUTES", 0, "support.E004"),
        ("DESK_STANDARD_DAY_MINUTES", 1441, "support.E004"),
    ],
)
def test_settings_that_cannot_be_meant_are_errors_when_the_product_starts(settings, name, value, error):
    assert [each.id for each in run_checks() if each.id and each.id.startswith("support.")] == []
    setattr(settings, name, value)
    assert [each.id for each in run_checks() if each.id and each.id.startswith("support.")] == [error]
