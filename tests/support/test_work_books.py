"""What is shown of work, and what check_books finds where rows do not agree (S5, S7)."""

import uuid

import pytest

from support import invariants
from support.merging import merge_tickets
from support.models import Offer, Ticket, Work
from support.work import log_work, take_back_work
from support.work_shown import courtesies_shown, entries_shown
from tests.support.making import NOW, opened

pytestmark = pytest.mark.django_db


@pytest.fixture
def ticket(agreement, anna):
    return opened(agreement.client, anna)


@pytest.fixture
def rows(ticket, allowance, consultant):
    """From the allowance, and a courtesy."""
    return log_work(
        ticket=ticket, amount=605, unit="minutes", done="Moved the shop.", by=consultant, now=NOW,
        form_id=uuid.uuid4(), allowance=allowance, rest="courtesy",
    )  # fmt: skip


def broken():
    return [*invariants.courtesies(), *invariants.work(), *invariants.offers()]


def test_what_was_taken_back_is_read_as_that(ticket, rows, allowance, desk_lead):
    take_back_work(work=rows[0], why="The wrong client.", by=desk_lead, now=NOW)
    entries = [(each.change, each.done, each.who) for each in entries_shown([allowance])[allowance.pk]]
    assert entries == [
        ("+10 h", "The wrong client.", str(desk_lead)),
        ("−10 h", "Moved the shop.", str(rows[0].by)),
        ("+10 h", "", str(desk_lead)),
    ]
    assert broken() == []


def test_work_of_what_was_merged_is_shown_where_it_went_on(agreement, ticket, rows, anna, consultant):
    other = opened(agreement.client, anna, subject="Again")
    merge_tickets(ticket=ticket, into=other, by=consultant, now=NOW)
    assert [row.amount for row in Work.objects.of_ticket(other)] == [5, 600]
    assert broken() == []


def test_courtesies_are_counted_per_client(agreement, ticket, rows, anna, consultant, other_agreement):
    another = opened(agreement.client, anna, subject="Another")
    log_work(
        ticket=another, amount=3, unit="minutes", done="Told how.", by=consultant, now=NOW,
        form_id=uuid.uuid4(), rest="courtesy",
    )  # fmt: skip
    both = [agreement.client, other_agreement.client]
    given = [(each.client, each.minutes, each.tickets) for each in courtesies_shown(both)]
    assert given == [(agreement.client, "8 min", 2)]


def test_the_books_find_what_does_not_agree(ticket, rows, agreement, consultant):
    assert broken() == []
    Ticket.objects.filter(pk=ticket.pk).update(courtesy_minutes=7)
    Work.objects.filter(pk=rows[0].pk).update(amount=1)
    assert [line.partition(" has ")[0].split(" and ")[0] for line in broken()] == [
        f"ticket {ticket.pk}",
        f"work {rows[0].pk}",
    ]


def test_the_books_find_work_and_entry_that_were_not_taken_back_together(rows, desk_lead):
    Work.objects.filter(pk=rows[0].pk).update(
        taken_back_at=NOW, taken_back_by=desk_lead, taken_back_why="By hand."
    )
    assert broken() == [f"work {rows[0].pk} was taken back, and its entry stands"]


def test_the_books_find_an_offer_that_says_something_else_than_what_is_paid(agreement, consultant, anna):
    from support.offers import accept_offer, send_offer
    from tests.support.offering import draft

    offer = send_offer(offer=draft(agreement, consultant), by=consultant, now=NOW)
    accept_offer(offer=offer, by=anna, price_seen_cents=580_000, now=NOW)
    assert broken() == []
    Offer.objects.filter(pk=offer.pk).update(price_cents=1)
    assert broken() == [f"offer {offer.number} and what is paid for it do not say the same"]
