"""The same request twice at once, on PostgreSQL; and what would happen if its name were not kept."""

import pytest

from profiles.models import RepeatedRequest
from support.models import Ticket
from tests.programs import program_of
from tests.together import together

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]
ASKED = {"subject": "Publishing", "text": "How do I publish?"}


def statuses(program, *names):
    answers = together(*[lambda name=name: program.post("tickets/", ASKED, name=name) for name in names])
    return sorted(answer.status_code for answer in answers)


def test_one_request_sent_several_times_at_once_opens_one_ticket(anna, agreement):
    program = program_of(anna)
    for number in range(5):
        assert statuses(program, *[f"request {number}"] * 4) == [200, 200, 200, 201]
        assert Ticket.objects.count() == number + 1


def test_two_requests_with_the_same_words_are_two(anna, agreement):
    assert statuses(program_of(anna), "one", "two") == [201, 201]
    assert Ticket.objects.count() == 2


def test_without_its_name_the_same_request_would_open_two(anna, agreement, monkeypatch):
    """Negative control."""
    monkeypatch.setattr(
        RepeatedRequest.objects,
        "get_or_create",
        lambda defaults, **named: (RepeatedRequest(**named, **defaults), True),
    )
    monkeypatch.setattr(RepeatedRequest, "save", lambda self, **named: None)
    assert statuses(program_of(anna), "one", "one") == [201, 201]
    assert Ticket.objects.count() == 2
