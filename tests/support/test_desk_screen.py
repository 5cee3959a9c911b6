"""The desk's first screen: the order of work (S8), by the clock, by key, and what a search finds."""

import re
from datetime import timedelta

import pytest
import time_machine
from django.core.cache import cache
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from support import desk
from support.desk import Wanted, screen
from support.looking import keep_looking
from support.messages import answer_ticket
from support.models import Ticket, Wait
from support.tickets import close_ticket, put_back, reopen_ticket, take_ticket
from tests import making
from tests.support.making import NOW, opened, placed, rome

pytestmark = pytest.mark.django_db

Kind = Ticket.Kind
# Tuesday; what was asked on Monday at 10:00 is late by a second at 10:00:01.
TUESDAY = rome("2026-11-03 10:00")


def question(asked="2026-11-02 09:00", **changes):
    said = {
        "kind": Kind.QUESTION,
        "email": "nobody@example.com",
        "name": "Nobody",
        "subject": "A question",
        "now": rome(asked),
    }
    return opened(None, None, **(said | changes))


def shown(reader, now=TUESDAY, after="", **wanted):
    """What stands on the screen: the groups with the subjects in them."""
    found = screen(reader=reader, wanted=Wanted(**wanted), after=after, now=now)
    return [(group.value, [row.ticket.subject for row in rows]) for group, rows in found.groups]


def test_what_is_late_comes_first_then_what_is_due_soonest_and_questions_last(
    agreement, anna, consultant, other_agreement
):
    question(asked="2026-10-01 09:00", subject="Oldest of all")
    question(asked="2026-10-02 09:00", subject="A little younger")
    opened(agreement.client, anna, subject="Due on Wednesday", now=rome("2026-11-03 09:59"))
    opened(agreement.client, anna, subject="Due this afternoon", now=rome("2026-11-02 15:00"))
    opened(other_agreement.client, None, subject="Late", now=rome("2026-11-02 09:30"))
    opened(agreement.client, anna, subject="Later still", now=rome("2026-10-30 10:00"))
    mine = opened(agreement.client, anna, subject="Answered by me", now=rome("2026-10-20 10:00"))
    answer_ticket(ticket=mine, text="So.", by=consultant, now=rome("2026-10-20 11:00"))
    assert shown(consultant) == [
        ("late", ["Later still", "Late"]),
        ("today", ["Due this afternoon"]),
        ("later", ["Due on Wednesday"]),
        ("nothing_due", ["Answered by me"]),
        ("questions", ["Oldest of all", "A little younger"]),
    ]


@pytest.mark.parametrize(
    ("now", "group"),
    [
        ("2026-11-02 23:59:59", "later"),
        ("2026-11-03 00:00:00", "today"),
        ("2026-11-03 10:00:00", "today"),
        ("2026-11-03 10:00:01", "late"),
    ],
)
def test_the_clock_of_the_desk_says_what_is_due_today_and_what_is_late(
    agreement, anna, consultant, now, group
):
    opened(agreement.client, anna)
    found = screen(reader=consultant, wanted=Wanted(), after="", now=rome(now))
    assert [each.value for each, _rows in found.groups] == [group]
    assert (found.late, found.due_today) == (int(group == "late"), int(group == "today"))
    # No job has looked at it.
    assert Wait.objects.get().breached_at is None


def test_others_answered_ones_are_not_shown_and_closed_ones_neither(agreement, anna, consultant, desk_lead):
    theirs = opened(agreement.client, anna, subject="Hers")
    answer_ticket(ticket=theirs, text="So.", by=desk_lead, now=NOW)
    done = opened(agreement.client, anna, subject="Done")
    answer_ticket(ticket=placed(done), text="So.", by=consultant, close=True, now=NOW)
    question(confirmed=False)
    assert shown(consultant) == []


def test_one_that_was_opened_again_and_put_back_is_there_for_anybody(agreement, anna, consultant, desk_lead):
    ticket = opened(agreement.client, anna, subject="Again")
    answer_ticket(ticket=placed(ticket), text="So.", by=consultant, close=True, now=NOW)
    reopen_ticket(ticket=ticket, by=consultant, now=NOW)
    assert shown(desk_lead) == []
    put_back(ticket=ticket, by=consultant, now=NOW)
    assert shown(desk_lead) == [("nothing_due", ["Again"])]


def test_mine_nobodys_and_one_kind(agreement, anna, consultant, desk_lead):
    take_ticket(ticket=opened(agreement.client, anna, subject="Mine"), by=consultant, now=NOW)
    take_ticket(ticket=opened(agreement.client, anna, subject="Hers"), by=desk_lead, now=NOW)
    opened(
        agreement.client,
        None,
        subject="Call back",
        kind=Kind.CALL_BACK,
        channel="phone",
        phone="+390612345678",
    )
    question()
    later = rome("2026-11-02 11:00")
    assert shown(consultant, later, who="mine") == [("later", ["Mine"])]
    assert shown(consultant, later, who="nobody") == [
        ("later", ["Call back"]),
        ("questions", ["A question"]),
    ]
    assert shown(consultant, later, kind="call_back") == [("later", ["Call back"])]
    assert shown(consultant, later, kind="question") == [("questions", ["A question"])]


def test_a_search_finds_by_number_client_subject_and_address(agreement, anna, consultant, other_agreement):
    publishing = opened(agreement.client, anna, subject="Publishing")
    closed = opened(agreement.client, anna, subject="Domains")
    answer_ticket(ticket=placed(closed), text="So.", by=consultant, close=True, now=NOW)
    opened(other_agreement.client, None, subject="Shop window")
    question(name="Renzo Galli", email="renzo@example.com", subject="Prices")

    def found(said):
        return sorted(subject for _group, subjects in shown(consultant, said=said) for subject in subjects)

    assert found(closed.number) == ["Domains"]
    assert found(f"t {publishing.pk}") == found(str(publishing.pk)) == ["Publishing"]
    assert found("bianchi") == ["Domains", "Publishing"]
    assert found("WINDOW") == ["Shop window"]
    # By subject those with which the desk is done are not looked for.
    assert found("domain") == []
    assert found("Renzo@example.com") == found("galli") == ["Prices"]
    assert found("T-999999") == found("99999999999999999999") == found("%") == []


def test_a_search_never_finds_what_its_reader_may_not_answer(agreement, anna, consultant):
    appeal = opened(agreement.client, anna, subject="Suspended", kind=Kind.APPEAL)
    hears = making.make_staff("appeals")
    for said in (appeal.number, "Suspended", "Bianchi"):
        assert shown(consultant, said=said) == []
        assert shown(hears, said=said) == [("found", ["Suspended"])]
    assert shown(consultant) == []
    assert shown(hears) == [("today", ["Suspended"])]


def test_who_decided_does_not_hear_the_appeal(agreement, anna):
    hears = making.make_staff("appeals")
    opened(agreement.client, anna, kind=Kind.APPEAL).not_for.set([hears])
    assert shown(hears) == []


def test_a_consultant_sees_nothing_of_their_own_business(pro, consultant, desk_lead):
    from billing.customers import customer_of
    from support.clients import client_of
    from tests.support.office import make_agreement

    client = client_of(customer_of(pro), NOW)
    make_agreement(client, desk_lead)
    opened(client, pro.owner, subject="Of my own")
    pro.members.add(consultant)
    assert shown(consultant) == []
    assert shown(desk_lead) == [("today", ["Of my own"])]


def test_pages_follow_each_other_by_key_through_every_group(agreement, anna, consultant, monkeypatch):
    monkeypatch.setattr(desk, "SHOWN", 2)
    # Two at the same moment, so that the id decides.
    for number in range(3):
        opened(agreement.client, anna, subject=f"Client {number}")
    for number in range(2):
        done = opened(agreement.client, anna, subject=f"Mine {number}", now=rome("2026-10-20 10:00"))
        answer_ticket(ticket=done, text="So.", by=consultant, now=rome("2026-10-20 11:00"))
    for number in range(2):
        question(subject=f"Question {number}")
    pages, after = [], ""
    while True:
        page = screen(reader=consultant, wanted=Wanted(), after=after, now=TUESDAY)
        pages.append([row.ticket.subject for _group, rows in page.groups for row in rows])
        assert page.first == (after == "")
        after = page.after
        if not after:
            break
    assert pages == [
        ["Client 0", "Client 1"],
        ["Client 2", "Mine 0"],
        ["Mine 1", "Question 0"],
        ["Question 1"],
    ]


@pytest.mark.parametrize(
    "after",
    ["x", "later.1.2.3", "late.5.5", "later.999999999999999999.1", "later.-1.x", "'; DROP", "later.١.١"],
)
def test_a_place_that_nobody_was_given_is_the_first_page(agreement, anna, consultant, after):
    opened(agreement.client, anna)
    assert screen(reader=consultant, wanted=Wanted(), after=after, now=TUESDAY).first


def test_no_more_than_a_hundred_are_counted(agreement, anna, consultant, monkeypatch):
    monkeypatch.setattr(desk, "COUNTED", 2)
    for _number in range(4):
        opened(agreement.client, anna)
    late = TUESDAY + timedelta(hours=1)
    assert screen(reader=consultant, wanted=Wanted(), after="", now=late).late == 3
    # Of two that are late all is known, also what is due today besides.
    close_ticket(ticket=Ticket.objects.earliest("pk"), by=anna, by_client=True, now=NOW)
    for ticket in Ticket.objects.open()[:2]:
        Wait.objects.filter(ticket=ticket).update(due_at=late + timedelta(hours=1))
    found = screen(reader=consultant, wanted=Wanted(), after="", now=late)
    assert (found.late, found.due_today) == (1, 2)


@pytest.fixture
def browser(client_of, consultant):
    with time_machine.travel(TUESDAY, tick=False):
        yield client_of(consultant)


def test_the_screen_reads_what_is_open_by_its_index_however_much_there_is(
    consultant, agreement, anna, monkeypatch
):
    """On PostgreSQL, where reading a whole table is forbidden as far as there is another way: whatever is then still
    read whole has no index that finds it."""
    if connection.vendor != "postgresql":
        pytest.skip("Of PostgreSQL's plans.")
    monkeypatch.setattr(desk, "SHOWN", 1)
    for _number in range(20):
        opened(agreement.client, anna)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    with CaptureQueriesContext(connection) as asked:
        screen(reader=consultant, wanted=Wanted(), after="", now=TUESDAY)
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        plans = []
        for query in asked.captured_queries:
            cursor.execute(f"EXPLAIN {query['sql']}")
            plans.append("\n".join(line for (line,) in cursor.fetchall()))
    assert not [plan for plan in plans if re.search(r"Seq Scan on (support_ticket|support_wait)\b", plan)]
    page = next(plan for plan in plans if "using wait_open on support_wait" in plan)
    assert "Sort" not in page


def queries(browser, address):
    browser.get(address)
    with CaptureQueriesContext(connection) as counted:
        assert browser.get(address).status_code == 200
    return len(counted)


@pytest.mark.parametrize("query", ["", "?q=bianchi", "?who=nobody", "?part=list"])
def test_the_screen_costs_no_more_with_sixty_than_with_one(
    browser, agreement, anna, consultant, desk_lead, query
):
    def one_more(number):
        ticket = opened(agreement.client, anna, subject=f"Asked {number}")
        keep_looking(ticket=ticket, by=desk_lead, now=TUESDAY)
        question(subject=f"Question {number}", asked=f"2026-10-{number % 30 + 1:02} 09:00")

    address = reverse("support:desk") + query
    one_more(0)
    with_one = queries(browser, address)
    for number in range(1, 60):
        one_more(number)
    cache.clear()
    assert queries(browser, address) <= with_one
    assert with_one < 25


def test_the_screen_says_what_the_clock_says_who_has_it_and_who_is_looking(
    browser, agreement, anna, consultant, desk_lead
):
    ticket = opened(agreement.client, anna, subject="<b>Bold</b>", now=rome("2026-11-02 09:00"))
    take_ticket(ticket=ticket, by=desk_lead, now=NOW)
    keep_looking(ticket=ticket, by=desk_lead, now=TUESDAY, writing=True)
    page = " ".join(browser.get(reverse("support:desk")).content.decode().split())
    assert "16 h late" in page
    assert f"{desk_lead} is writing an answer" in page
    assert f'<a href="{reverse("support:desk_ticket", args=[ticket.public_id])}">' in page
    assert ticket.number in page
    assert "Studio Bianchi" in page
    assert "&lt;b&gt;Bold&lt;/b&gt;" in page
    assert "<b>Bold" not in page


@pytest.mark.parametrize(
    "query", ["?kind=nothing", "?who=' or 1=1", "?q=%00", "?after=%00", "?q=" + "x" * 500]
)
def test_hostile_addresses_show_the_screen(browser, agreement, anna, query):
    opened(agreement.client, anna, subject="Asked")
    assert browser.get(reverse("support:desk") + query).status_code == 200


def test_the_navigation_leads_whoever_may_answer_to_the_desk(client_of, consultant, reviewer):
    link = f'href="{reverse("support:desk")}"'
    assert link in client_of(consultant).get("/").content.decode()
    assert link in client_of(making.make_staff("appeals")).get("/").content.decode()
    assert link not in client_of(reviewer).get("/").content.decode()


def test_one_that_its_client_closed_is_shown_no_more(agreement, anna, consultant):
    ticket = opened(agreement.client, anna)
    close_ticket(ticket=ticket, by=anna, by_client=True, now=NOW)
    assert shown(consultant) == []


def test_the_office_leads_to_the_desk_and_the_desk_to_what_is_set_up_in_the_office(
    client_of, consultant, desk_lead, reviewer
):
    def links(user, page):
        body = client_of(user).get(reverse(page)).content.decode()
        names = ("support:desk", "support:calls", "support:replies", "support:figures")
        configured = ("client", "openinghours", "closure", "offer")
        found = {name for name in names if f'"{reverse(name)}"' in body}
        return found | {
            each for each in configured if f'"{reverse(f"admin:support_{each}_changelist")}"' in body
        }

    at_the_desk = {"support:desk", "support:calls", "support:replies"}
    set_up = {"client", "openinghours", "closure", "offer"}
    assert links(consultant, "admin:index") >= at_the_desk
    assert "support:figures" not in links(consultant, "admin:index")
    assert links(desk_lead, "admin:index") >= at_the_desk | {"support:figures"}
    assert links(reviewer, "admin:index") == set()
    for user in (consultant, desk_lead):
        assert links(user, "support:desk") >= set_up
