"""Planned sessions in the office: their list and what became of each; all else is done at the desk (S4)."""

from datetime import timedelta

import pytest
import time_machine
from django.urls import reverse

from support.models import PlannedSession
from support.sessions import cancel_session, move_session
from tests.support.desk_pages import at
from tests.support.meeting import THURSDAY, planned
from tests.support.office import NOW, cost_the_same, make_agreement, make_client

pytestmark = pytest.mark.django_db
LIST = reverse("admin:support_plannedsession_changelist")


@pytest.fixture(autouse=True)
def clock():
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def office(consultant, client_of):
    consultant.time_zone = "America/Mexico_City"
    consultant.save()
    return client_of(consultant)


def page_of(session):
    return reverse("admin:support_plannedsession_change", args=[session.pk])


def test_its_list_and_page_say_when_on_the_desks_clock_and_what_became_of_it(agreement, office, consultant):
    session = planned(agreement, consultant)
    move_session(
        session=session, starts_at=THURSDAY + timedelta(days=1), reason="Ill.", by=consultant, now=NOW
    )
    cancel_session(session=session, reason="Gone.", by=consultant, now=NOW)
    assert "3:30 p.m." in office.get(LIST).text
    page = office.get(page_of(session)).text
    assert all(
        said in page for said in ("Nov. 6, 2026", "Europe/Rome", "moved", "Ill.", "cancelled", "Gone.")
    )
    assert at("desk_session", session) in page


def test_nothing_is_planned_or_changed_there(agreement, office, consultant):
    session = planned(agreement, consultant)
    assert office.get(reverse("admin:support_plannedsession_add")).status_code == 403
    page = office.get(page_of(session)).text.partition('id="content-main"')[2]
    assert "<form" not in page and "<button" not in page
    office.post(page_of(session), {"about": "Else", "state": "held"})
    assert (PlannedSession.objects.get().about, PlannedSession.objects.get().state) == ("The shop", "planned")


@pytest.mark.parametrize("role", ["moderator", "finance", "stranger"])
def test_others_see_nothing_of_it(request, role, agreement, client_of, consultant):
    browser = client_of(request.getfixturevalue(role))
    for address in (LIST, page_of(planned(agreement, consultant))):
        assert browser.get(address).status_code == (302 if role == "stranger" else 403)


def test_those_of_a_client_to_whom_one_belongs_oneself_are_for_others(office, consultant, desk_lead):
    agreement = make_agreement(make_client("Own", consultant.email), desk_lead)
    assert office.get(page_of(planned(agreement, desk_lead))).status_code == 404


def test_list_and_page_cost_the_same_with_one_row_and_with_thirty(office, agreement, consultant):
    session = planned(agreement, consultant)
    cost_the_same(office, [LIST, page_of(session)], lambda number: planned(agreement, consultant))
