"""Planned sessions at the desk: planned with a client, also from a ticket, moved, held, cancelled, and listed (S4)."""

import re
from datetime import timedelta

import pytest
import time_machine
from django.contrib.auth.models import Permission
from django.db import connection
from django.urls import reverse

from mail.models import OutgoingMail
from support.clients import name_person
from support.models import PlannedSession
from support.sessions import cancel_session, hold_session, move_session
from support.sessions_shown import NEXT_SHOWN, held_next, to_hold
from tests.making import make_staff
from tests.support.desk_pages import at, text_of
from tests.support.making import NOW, opened, registrar, rome
from tests.support.meeting import THURSDAY, planned, typed
from tests.support.office import cost_the_same, make_agreement

pytestmark = pytest.mark.django_db
LIST = reverse("support:desk_sessions")
DESK = reverse("support:desk")
OVER = THURSDAY + timedelta(hours=1)
BUTTONS = ("desk_move_session", "desk_hold_session", "desk_cancel_session")


@pytest.fixture(autouse=True)
def clock():
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def session(agreement, consultant):
    return planned(agreement, consultant)


def plan_with(client, query=""):
    return f"{reverse('support:desk_plan_session')}?client={client.public_id}{query}"


def with_permissions(*codenames):
    user = make_staff(email="some@quince.example")
    user.user_permissions.set(Permission.objects.filter(codename__in=codenames))
    return user


def test_one_is_planned_with_a_client_who_is_looked_for(browser, agreement, consultant):
    page = reverse("support:desk_plan_session")
    assert page in text_of(browser.get(LIST))
    found = text_of(browser.get(page, {"q": "bianchi"}))
    address = plan_with(agreement.client)
    assert f'href="{address}"' in found
    assert "No client was found." in text_of(browser.get(page, {"q": "nobody"}))
    assert agreement.number in text_of(browser.get(address))
    sent = typed(agreement, consultant)
    for _twice in range(2):
        response = browser.post(address, sent)
    planned = PlannedSession.objects.get()
    assert response.url == f"{at('desk_session', planned)}#main"
    assert (planned.starts_at, planned.minutes, planned.where) == (THURSDAY, 60, "By telephone")
    assert OutgoingMail.objects.filter(kind="support/session_planned").count() == 2
    page = text_of(browser.get(response.url))
    assert all(
        said in page for said in ("Planned. Client and", "Thursday, Nov. 5, 2026, 3:30 p.m.", "Studio")
    )
    assert "The shop" in text_of(browser.get(LIST))


def test_the_form_sent_twice_with_something_else_in_it_makes_nothing_more(browser, agreement, consultant):
    sent = typed(agreement, consultant)
    browser.post(plan_with(agreement.client), sent)
    for changed in (
        {"about": "Something else"},
        {"starts_at": "2026-11-05T16:30"},
        {"minutes": "90"},
        {"where": "Here"},
    ):
        refused = browser.post(plan_with(agreement.client), sent | changed)
        assert (refused.status_code, "This form has already made" in text_of(refused)) == (409, True)
    assert PlannedSession.objects.count() == 1


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"starts_at": "2026-11-02T09:59"}, "starts_at"),
        ({"starts_at": "soon"}, "starts_at"),
        ({"starts_at": "2027-03-28T02:30"}, "starts_at"),
        ({"minutes": "4"}, "minutes"),
        ({"kind": "party"}, "kind"),
        ({"agreement": "abc"}, "agreement"),
        ({"consultant": "0"}, "consultant"),
        ({"about": ""}, "about"),
    ],
)
def test_what_is_wrong_is_told_beside_it_and_what_was_typed_stays(
    browser, agreement, consultant, ticket, changes, field
):
    for address in (plan_with(agreement.client), at("desk_plan_for_ticket", ticket)):
        response = browser.post(address, typed(agreement, consultant, **changes))
        assert response.status_code in (409, 422)
        assert list(response.context["form"].errors) == [field]
        assert 'value="By telephone"' in text_of(response)
    assert not PlannedSession.objects.exists()


def test_from_a_ticket_it_is_planned_under_the_agreement_to_which_that_belongs(
    browser, agreement, consultant, desk_lead, ticket
):
    """Also where a newer one would be proposed."""
    newer = make_agreement(agreement.client, desk_lead)
    proposed = browser.get(plan_with(agreement.client)).context["form"]["agreement"]
    assert proposed.value() == newer.pk
    assert ticket.agreement_version.agreement == agreement
    address = at("desk_plan_for_ticket", ticket)
    assert address in text_of(browser.get(at("desk_ticket", ticket)))
    page = browser.get(address)
    assert ticket.number in text_of(page)
    assert page.context["form"]["agreement"].value() == agreement.pk
    assert browser.post(address, typed(agreement, consultant)).status_code == 302
    assert PlannedSession.objects.get().agreement == agreement


def test_another_clients_agreement_cannot_be_chosen(browser, agreement, other_agreement, consultant, ticket):
    for address in (plan_with(agreement.client), at("desk_plan_for_ticket", ticket)):
        response = browser.post(address, typed(other_agreement, consultant))
        assert list(response.context["form"].errors) == ["agreement"]


def test_with_whom_nothing_was_agreed_nothing_is_planned(browser, client_of, agreement):
    question = opened(None, None, kind="question", email="eva@example.com", name="Eva")
    appeal = opened(agreement.client, None, kind="appeal")
    hears = client_of(with_permissions("hear_appeal", "add_plannedsession"))
    for each, who in ((question, browser), (appeal, hears)):
        address = at("desk_plan_for_ticket", each)
        assert address not in text_of(who.get(at("desk_ticket", each)))
        for response in (who.get(address), who.post(address)):
            assert (response.status_code, "here there is none" in text_of(response)) == (409, True)


def test_only_who_is_at_the_desk_holds_one(browser, agreement, reviewer):
    response = browser.post(plan_with(agreement.client), typed(agreement, reviewer))
    assert list(response.context["form"].errors) == ["consultant"]


def test_nobody_holds_one_with_a_client_to_whom_they_belong(browser, agreement):
    own = make_staff("consultant", email="own@quince.example")
    name_person(client=agreement.client, name="Own", email=own.email, role="asks", by=registrar())
    response = browser.post(plan_with(agreement.client), typed(agreement, own))
    assert (response.status_code, list(response.context["form"].errors)) == (409, ["consultant"])
    assert not PlannedSession.objects.exists()


def test_beside_a_ticket_stands_what_is_planned_with_its_client(
    browser, client_of, agreement, other_agreement, consultant, ticket
):
    planned(other_agreement, consultant, about="Of others")
    gone = planned(agreement, consultant, about="Gone")
    cancel_session(session=gone, reason="Ill.", by=consultant, now=NOW)
    session = planned(agreement, consultant)
    page = text_of(browser.get(at("desk_ticket", ticket)))
    assert at("desk_session", session) in page and "Of others" not in page and "Gone" not in page
    answers = client_of(with_permissions("answer_ticket"))
    assert "The shop" not in text_of(answers.get(at("desk_ticket", ticket)))


def test_it_is_moved_and_both_are_told(browser, session):
    address = at("desk_move_session", session)
    refused = browser.post(address, {"starts_at": "2026-11-01T10:00", "reason": "Ill."})
    assert (refused.status_code, list(refused.context["moving"].errors)) == (409, ["starts_at"])
    assert "Ill." in text_of(refused)
    for _twice in range(2):
        sent = browser.post(address, {"starts_at": "2026-11-06T10:00", "reason": "Ill."})
        assert sent.url == f"{at('desk_session', session)}#main"
    session.refresh_from_db()
    assert session.starts_at == rome("2026-11-06 10:00")
    assert OutgoingMail.objects.filter(kind="support/session_moved").count() == 2
    page = text_of(browser.get(at("desk_session", session)))
    assert "moved" in page and "Ill." in page and 'value="2026-11-06T10:00"' in page


def test_what_another_has_moved_meanwhile_is_not_moved_by_who_has_not_seen_that(browser, session, desk_lead):
    address, page = at("desk_move_session", session), at("desk_session", session)

    def seen():
        return re.search('name="seen" value="([^"]+)"', text_of(browser.get(page)))[1]

    sent = {"starts_at": "2026-11-06T10:00", "reason": "Ill.", "seen": seen()}
    friday = rome("2026-11-13 10:00")
    move_session(session=session, starts_at=friday, reason="Agreed.", by=desk_lead, now=NOW)
    refused = browser.post(address, sent)
    assert (refused.status_code, "since you opened it" in text_of(refused)) == (409, True)
    assert "Agreed." in text_of(refused) and 'value="2026-11-06T10:00"' in text_of(refused)
    assert PlannedSession.objects.get().starts_at == friday
    for nothing in ("soon", "2026-13-45T10:00", "2026-11-05T15:30"):
        assert browser.post(address, sent | {"seen": nothing}).status_code == 302
    assert browser.post(address, sent | {"starts_at": "2026-11-20T10:00", "seen": seen()}).status_code == 302


def test_it_is_held_once_it_has_begun(browser, session):
    address = at("desk_hold_session", session)
    assert f'action="{address}"' not in text_of(browser.get(at("desk_session", session)))
    refused = browser.post(address)
    assert (refused.status_code, "This session has not begun" in text_of(refused)) == (409, True)
    with time_machine.travel(OVER, tick=False):
        page = text_of(browser.get(at("desk_session", session)))
        assert f'action="{address}"' in page and "held or cancelled?" in page
        for _twice in range(2):
            assert browser.post(address).status_code == 302
        refused = browser.post(at("desk_cancel_session", session), {"reason": "Ill."})
        assert refused.status_code == 409
        assert all(said in text_of(refused) for said in ("This session was held already.", "Ill."))
    session.refresh_from_db()
    assert (session.state, session.events.count()) == ("held", 2)


def test_it_is_cancelled_for_a_reason(browser, session):
    address = at("desk_cancel_session", session)
    refused = browser.post(address, {"reason": " "})
    assert (refused.status_code, list(refused.context["cancelling"].errors)) == (422, ["reason"])
    for _twice in range(2):
        assert browser.post(address, {"reason": "Ill."}).status_code == 302
    session.refresh_from_db()
    assert (session.state, session.events.count()) == ("cancelled", 2)
    page = text_of(browser.get(at("desk_session", session)))
    assert "Ill." in page and "<form" not in page.partition("<main")[2].partition("</main")[0]


def test_what_a_consultant_would_hold_with_their_own_client_is_not_shown(agreement, desk_lead):
    own = make_staff("consultant", email="own@quince.example")
    planned(agreement, desk_lead, consultant=own)
    assert held_next(own, NOW)
    name_person(client=agreement.client, name="Own", email=own.email, role="asks", by=registrar())
    assert held_next(own, NOW) == []


def test_what_is_over_stands_on_top_until_somebody_says_what_became_of_it(
    browser, agreement, consultant, desk_lead
):
    for about, starts, by in (
        ("Next week", "2026-11-10 09:00", desk_lead),
        ("This evening", "2026-11-05 18:00", consultant),
        ("Going on", "2026-11-05 16:00", desk_lead),
        ("Was it held", "2026-11-05 09:00", desk_lead),
    ):
        planned(agreement, by, about=about, starts_at=rome(starts))
    hold_session(
        session=planned(agreement, consultant, about="Held", starts_at=rome("2026-11-03 09:00")),
        by=consultant,
        now=rome("2026-11-03 10:00"),
    )
    gone = planned(agreement, consultant, about="Gone", starts_at=rome("2026-11-09 09:00"))
    cancel_session(session=gone, reason="Ill.", by=consultant, now=NOW)

    def shown(which=""):
        groups = browser.get(LIST, {"which": which}).context["groups"]
        return [(group.value, [row.session.about for row in rows]) for group, rows in groups]

    with time_machine.travel(rome("2026-11-05 16:30"), tick=False):
        assert (
            shown()
            == shown("nonsense")
            == [
                ("over", ["Was it held"]),
                ("today", ["Going on", "This evening"]),
                ("later", ["Next week"]),
            ]
        )
        assert shown("mine") == [("today", ["This evening"])]
        assert shown("ended") == [("ended", ["Gone", "Held"])]
        assert text_of(browser.get(LIST)).count("going on now") == 1
    with time_machine.travel(rome("2026-11-09 09:30"), tick=False):
        # It would go on now, but it was cancelled.
        assert "going on now" not in text_of(browser.get(LIST, {"which": "ended"}))


def test_the_list_has_pages(browser, agreement, consultant):
    for number in range(51):
        planned(agreement, consultant, about=f"No. {number:02}", starts_at=THURSDAY + timedelta(hours=number))
    assert [f"No. {number}" in text_of(browser.get(LIST)) for number in (49, 50)] == [True, False]
    assert "No. 50" in text_of(browser.get(LIST, {"page": "2"}))


def test_the_first_screen_shows_what_its_reader_holds_next(browser, agreement, consultant, desk_lead):
    assert "Your sessions" not in text_of(browser.get(DESK))
    planned(agreement, desk_lead, about="Hers")
    planned(agreement, consultant, about="In ten days", starts_at=NOW + timedelta(days=10))
    assert "Your sessions" not in text_of(browser.get(DESK))
    for number in range(NEXT_SHOWN + 1):
        planned(agreement, consultant, about=f"Mine {number}", starts_at=THURSDAY + timedelta(hours=number))
    with time_machine.travel(THURSDAY + timedelta(hours=1), tick=False):
        page = text_of(browser.get(DESK))
        assert [f"Mine {number}" in page for number in range(NEXT_SHOWN + 1)] == [True] * NEXT_SHOWN + [False]
        assert "held or cancelled?" in page and "Hers" not in page
        for elsewhere in ({"q": "Mine"}, {"part": "list"}, {"who": "unplaced"}):
            assert "Your sessions" not in text_of(browser.get(DESK, elsewhere))


def test_what_the_first_screen_shows_of_sessions_is_read_by_their_index(
    consultant, django_assert_num_queries
):
    if connection.vendor != "sqlite":
        pytest.skip("What PostgreSQL plans depends on how many there are.")
    plan = to_hold(consultant, NOW)[:NEXT_SHOWN].explain()
    assert "planned_session_of_consultant" in plan and "TEMP B-TREE" not in plan
    consultant.has_perm("support.view_plannedsession")  # What they may is remembered.
    with django_assert_num_queries(1):
        assert held_next(consultant, NOW) == []


def test_pages_cost_the_same_with_one_session_and_with_thirty(browser, session, agreement, consultant):
    cost_the_same(browser, [LIST, at("desk_session", session)], lambda number: planned(agreement, consultant))


def everywhere(session):
    """Each address at which one is planned or changed."""
    return [plan_with(session.agreement.client), *(at(name, session) for name in BUTTONS)]


def test_of_ones_own_business_nothing_is_there(client_of, session, agreement, ticket):
    own = make_staff("consultant", email="own@quince.example")
    name_person(client=agreement.client, name="Own", email=own.email, role="asks", by=registrar())
    browser = client_of(own)
    addresses = [*everywhere(session), at("desk_plan_for_ticket", ticket)]
    assert [browser.post(address, typed(agreement, own)).status_code for address in addresses] == [404] * 5
    assert browser.get(at("desk_session", session)).status_code == 404
    assert "The shop" not in text_of(browser.get(LIST))
    found = text_of(browser.get(reverse("support:desk_plan_session"), {"q": "bianchi"}))
    assert str(agreement.client.public_id) not in found
    assert PlannedSession.objects.get().state == "planned"


def test_each_does_what_their_role_may(client_of, session, anna, ticket):
    nobody, answers = client_of(anna), client_of(with_permissions("answer_ticket"))
    for browser in (nobody, answers):
        assert browser.get(LIST).status_code == 403
        assert browser.get(reverse("support:desk_plan_session")).status_code == 403
        assert browser.get(at("desk_session", session)).status_code == 404
    plan = at("desk_plan_for_ticket", ticket)
    assert [browser.get(plan).status_code for browser in (nobody, answers)] == [404, 403]
    assert plan not in text_of(answers.get(at("desk_ticket", ticket)))
    assert LIST not in text_of(answers.get(DESK))


def test_who_may_only_look_changes_nothing(client_of, session):
    reader = client_of(with_permissions("answer_ticket", "view_plannedsession"))
    page = text_of(reader.get(at("desk_session", session)))
    assert "The shop" in page and "<form" not in page.partition("<main")[2].partition("</main")[0]
    assert [reader.post(address).status_code for address in everywhere(session)] == [403] * 4


def test_a_mail_leads_each_to_a_page_of_their_own(session):
    anna, consultant = OutgoingMail.objects.filter(kind="support/session_planned").order_by("recipient")
    assert at("desk_session", session) in consultant.text and "The session:" in consultant.text
    assert at("desk_session", session) in consultant.calendar.replace("\r\n ", "")
    assert at("desk_session", session) not in anna.text and "The agreement:" in anna.text
