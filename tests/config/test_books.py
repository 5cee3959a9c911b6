"""`check_books` prints every invariant, and ends with 1 if one is broken."""

import pytest
from django.core.management import call_command

from base import registry
from tests import making


@pytest.mark.django_db
def test_the_books_of_a_business_that_bought_its_fifteen_hold(pro, capsys):
    making.make_eligible(pro)
    call_command("check_books")
    printed = capsys.readouterr().out
    assert f"The books hold: {len(registry.invariants)} invariants." in printed
    for invariant in registry.invariants:
        assert f"ok      {invariant.name}" in printed


def test_every_broken_place_is_printed_and_the_rest_still_checked(monkeypatch, capsys):
    invariants = [
        registry.Invariant("first", lambda: iter(())),
        registry.Invariant("second", lambda: iter(["here", "and here"])),
        registry.Invariant("third", lambda: iter(())),
    ]
    monkeypatch.setattr("config.management.commands.check_books.invariants", invariants)
    with pytest.raises(SystemExit) as ended:
        call_command("check_books")
    assert ended.value.code == 1
    assert capsys.readouterr().out.splitlines() == [
        "ok      first",
        "BROKEN  second",
        "        here",
        "        and here",
        "ok      third",
        "The books do not hold: 2 broken.",
    ]
