"""Calls of nobody known that were missed: the desk's first screen says how many nobody has returned, and leads to them
(S1, S3)."""

from datetime import timedelta

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from support import desk
from support.desk import Wanted, screen
from support.models import Call
from tests import making
from tests.support.calling import ANNAS, NOBODYS, answered, missed, with_number
from tests.support.making import NOW, rome

pytestmark = pytest.mark.django_db

LATER = rome("2026-11-02 15:00")
HOUR = timedelta(hours=1)


def told(reader, now=LATER, **wanted):
    return screen(reader=reader, wanted=Wanted(**wanted), after="", now=now).missed


def test_missed_calls_of_nobody_known_are_counted_until_somebody_calls_the_number(agreement, consultant):
    with_number(agreement.client)
    missed(consultant, ANNAS)  # A client's is a ticket.
    missed(consultant, "")  # Nobody can call where the number was withheld.
    missed(consultant, NOBODYS)
    missed(consultant, NOBODYS, NOW + HOUR)
    missed(consultant, "+525511112222", NOW + HOUR)
    assert told(consultant) == 3
    answered(consultant, NOBODYS, NOW + 2 * HOUR, direction="out", outcome="nobody")
    assert told(consultant) == 1
    # They called again, and somebody spoke to them.
    answered(consultant, "+525511112222", NOW + 2 * HOUR)
    assert told(consultant) == 0
    missed(consultant, NOBODYS, NOW + 3 * HOUR)
    assert told(consultant) == 1


def test_they_are_told_of_for_a_week(agreement, consultant):
    missed(consultant)
    assert told(consultant, NOW + timedelta(days=7)) == 1
    assert told(consultant, NOW + timedelta(days=7, seconds=1)) == 0
    assert Call.objects.not_returned().count() == 1


def test_whoever_returns_no_calls_is_told_of_none_and_a_search_neither(agreement, consultant):
    missed(consultant)
    assert told(making.make_staff("appeals")) is None
    assert told(consultant, said="Bianchi") is told(consultant, who="unplaced") is None


def test_no_more_than_a_hundred_are_counted(agreement, consultant, monkeypatch):
    monkeypatch.setattr(desk, "COUNTED", 2)
    for number in range(4):
        missed(consultant, f"+52551111222{number}")
    with CaptureQueriesContext(connection) as asked:
        assert told(consultant) == 3
    (query,) = [each["sql"] for each in asked.captured_queries if "support_call" in each["sql"]]
    assert "LIMIT 3" in query


def test_the_screen_leads_to_the_list_where_they_are_returned(client_of, agreement, consultant):
    with time_machine.travel(LATER, tick=False):
        browser = client_of(consultant)
        address = f"{reverse('support:calls')}?only=not_returned"
        assert address not in browser.get(reverse("support:desk")).text
        call = missed(consultant, NOBODYS)
        done = missed(consultant, "+525511112222")
        answered(consultant, "+525511112222", NOW + HOUR, direction="out")
        page = browser.get(reverse("support:desk") + "?part=list").text
        assert address in page
        assert "1 call of nobody known was missed within a week" in page
        listed = browser.get(address).text
    assert reverse("support:call", args=[call.public_id]) in listed
    assert reverse("support:call", args=[done.public_id]) not in listed


def test_they_are_found_by_an_index(agreement, consultant):
    """On PostgreSQL, where reading a whole table is forbidden as far as there is another way."""
    if connection.vendor != "postgresql":
        pytest.skip("Of PostgreSQL's plans.")
    for number in range(10, 60):
        missed(consultant, f"+5255111122{number}")
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
        cursor.execute("SET LOCAL enable_seqscan = off")
    with CaptureQueriesContext(connection) as asked:
        told(consultant)
    (query,) = [each["sql"] for each in asked.captured_queries if "support_call" in each["sql"]]
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN {query}")
        plan = "\n".join(line for (line,) in cursor.fetchall())
    assert "Seq Scan" not in plan
