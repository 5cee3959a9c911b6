"""The balance asked by a program: the same statement as the page (M8)."""

import pytest
import time_machine

from billing.models import Wallet
from tests.making import NOW, buy, contract, fund
from tests.programs import program_of

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _now():
    with time_machine.travel(NOW, tick=False):
        yield


def test_what_it_holds_and_how_it_came_to_that(pro):
    contract(pro)
    fund(pro, 50_000)
    buy(pro, 1, price_cents=20_000)
    program = program_of(pro)
    assert program.get("statements/").json() == {"balance_cents": 30_000, "months": ["2026-01"]}
    told = program.get("statements/2026-01/").json()
    assert {name: told[name] for name in told if name != "entries"} == {
        "first_day": "2026-01-01",
        "last_day": "2026-01-31",
        "opening_cents": 0,
        "in_cents": 50_000,
        "out_cents": 20_000,
        "closing_cents": 30_000,
    }
    assert [(each["amount_cents"], each["balance_cents"]) for each in told["entries"]] == [
        (50_000, 50_000),
        (-20_000, 30_000),
    ]
    assert [each["kind"] for each in told["entries"]] == ["top_up", "purchase"]
    assert all(each["title"] and each["origin"] for each in told["entries"])


def test_a_business_without_a_balance_has_an_empty_one(pro):
    program = program_of(pro)
    assert program.get("statements/").json() == {"balance_cents": 0, "months": ["2026-01"]}
    assert program.get("statements/2025-12/").json()["entries"] == []
    assert not Wallet.objects.exists()


@pytest.mark.parametrize("month", ["2026-13", "1999-01", "2026-1", "now", "2026-01-01", "2026-02"])
def test_what_is_no_month_is_nowhere(pro, month):
    assert program_of(pro).get(f"statements/{month}/").status_code == 404


def test_each_sees_their_own(pro, other_pro):
    fund(pro, 50_000)
    assert program_of(other_pro).get("statements/2026-01/").json()["entries"] == []
    assert program_of(pro, "leads:read").get("statements/").status_code == 403
