"""Planned sessions in the office: planned, moved, held, cancelled, on the desk's clock (S4)."""

from datetime import datetime, timedelta
from uuid import uuid4

import pytest
import time_machine
from django.urls import reverse

from mail.models import OutgoingMail
from support.models import PlannedSession
from support.sessions import plan_session
from tests.making import make_staff
from tests.support.office import (
    NOW,
    ROME,
    cost_the_same,
    make_agreement,
    make_client,
    told,
)

pytestmark = pytest.mark.django_db
ADD = reverse("admin:support_plannedsession_add")
LIST = reverse("admin:support_plannedsession_changelist")
THURSDAY = datetime(2026, 11, 5, 15, 30, tzinfo=ROME)


@pytest.fixture(autouse=True)
def clock():
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def agreement(desk_lead):
    return make_agreement(make_client(), desk_lead)


@pytest.fixture
def office(consultant, client_of):
    consultant.time_zone = "America/Mexico_City"
    consultant.save()
    return client_of(consultant)


def planned(agreement, by, **changes):
    said = {
        "kind": "training",
        "about": "The shop",
        "starts_at": THURSDAY,
        "minutes": 60,
        "consultant": by,
        "by": by,
    }
    return plan_session(agreement=agreement, now=NOW, **(said | changes))


def session_of(of, by, /, **changes):
    said = {
        "agreement": of.pk, "kind": "training", "about": "The shop", "starts_at": "2026-11-05T15:30",
        "minutes": "60", "where": "By telephone", "consultant": by.pk, "form_id": uuid4(),
    }  # fmt: skip
    return said | changes


def at(session, name="change"):
    return reverse(f"admin:support_plannedsession_{name}", args=[session.pk])


def test_one_is_planned_on_the_desks_clock_wherever_the_consultant_is(agreement, office, consultant):
    assert office.post(ADD, session_of(agreement, consultant)).status_code == 302
    session = PlannedSession.objects.get()
    assert (session.starts_at, session.minutes, session.where, session.consultant) == (
        THURSDAY, 60, "By telephone", consultant,
    )  # fmt: skip
    assert 'value="2026-11-05T15:30"' in office.get(at(session)).text
    assert "15:30" in office.get(LIST).text or "3:30 p.m." in office.get(LIST).text


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"starts_at": "2026-11-02T09:59"}, "starts_at"), ({"starts_at": "soon"}, "starts_at"),
        ({"starts_at": "2027-03-28T02:30"}, "starts_at"), ({"minutes": "4"}, "minutes"), ({"kind": "party"}, "kind"),
        ({"agreement": "abc"}, "agreement"), ({"consultant": "0"}, "consultant"), ({"about": ""}, "about"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said_beside_its_field_and_kept(agreement, office, consultant, changes, field):
    response = office.post(ADD, session_of(agreement, consultant, **changes))
    assert response.status_code == 422
    assert list(response.context["form"].errors) == [field]
    assert 'value="By telephone"' in response.text
    assert not PlannedSession.objects.exists()


def test_the_form_sent_twice_plans_one(agreement, office, consultant):
    sent = session_of(agreement, consultant)
    for _ in range(2):
        assert office.post(ADD, sent).status_code == 302
    assert office.post(ADD, sent | {"about": "Something else"}).status_code == 422
    assert PlannedSession.objects.count() == 1


def test_only_who_is_at_the_desk_holds_one(agreement, office, consultant, reviewer):
    response = office.post(ADD, session_of(agreement, reviewer))
    assert list(response.context["form"].errors) == ["consultant"]


def test_it_is_moved_and_both_are_told(agreement, office, consultant):
    session = planned(agreement, consultant)
    response = office.post(at(session, "move"), {"starts_at": "2026-11-01T10:00", "reason": "Ill."})
    assert response.status_code == 422
    assert list(response.context["moving"].errors) == ["starts_at"]
    assert "Ill." in response.text
    assert (
        office.post(at(session, "move"), {"starts_at": "2026-11-06T10:00", "reason": "Ill."}).status_code
        == 302
    )
    session.refresh_from_db()
    assert session.starts_at == datetime(2026, 11, 6, 10, tzinfo=ROME)
    assert OutgoingMail.objects.filter(kind="support/session_moved").count() == 2


def test_it_is_held_once_it_has_begun(agreement, office, consultant):
    session = planned(agreement, consultant)
    response = office.post(at(session, "hold"))
    assert response.status_code == 409
    assert told(response) == ["This session has not begun. Nothing was changed."]
    with time_machine.travel(THURSDAY + timedelta(hours=1), tick=False):
        assert office.post(at(session, "hold")).status_code == 302
        response = office.post(at(session, "cancel"), {"reason": "Ill."})
        assert response.status_code == 422
        assert "This session was held already." in response.text
    session.refresh_from_db()
    assert session.state == "held"


def test_it_is_cancelled_for_a_reason(agreement, office, consultant):
    session = planned(agreement, consultant)
    response = office.post(at(session, "cancel"), {"reason": " "})
    assert response.status_code == 422
    assert list(response.context["cancelling"].errors) == ["reason"]
    assert office.post(at(session, "cancel"), {"reason": "Ill."}).status_code == 302
    session.refresh_from_db()
    assert session.state == "cancelled"
    assert "Ill." in office.get(at(session)).text


@pytest.mark.parametrize("role", ["moderator", "finance", "stranger"])
def test_others_see_nothing_of_it(request, role, agreement, client_of, consultant):
    session = planned(agreement, consultant)
    browser = client_of(request.getfixturevalue(role))
    refused = 302 if role == "stranger" else 403
    for address in (LIST, ADD, at(session)):
        assert browser.get(address).status_code == refused
    for name in ("move", "hold", "cancel"):
        assert browser.post(at(session, name), {"reason": "x"}).status_code == refused


def test_those_of_a_client_to_whom_one_belongs_oneself_are_for_others(office, consultant, desk_lead):
    agreement = make_agreement(make_client("Own", consultant.email), desk_lead)
    session = planned(agreement, desk_lead)
    assert office.get(at(session)).status_code == 404
    for name in ("move", "hold", "cancel"):
        assert office.post(at(session, name)).status_code == 404
    assert list(office.post(ADD, session_of(agreement, consultant)).context["form"].errors) == ["agreement"]


def test_list_and_page_cost_the_same_with_one_row_and_with_thirty(office, agreement, consultant, desk_lead):
    session = planned(agreement, consultant)

    def grow(number):
        planned(
            agreement,
            make_staff("consultant", email=f"c{number}@quince.example") if number < 3 else desk_lead,
        )

    cost_the_same(office, [LIST, at(session)], grow)
