"""Books what was done on tickets, for tests of what becomes of it."""

import uuid
from datetime import date

from support.allowances import use
from support.invariants import allowances as sums_broken
from support.invariants import chains as chains_broken
from support.models import Work
from support.work import log_work
from tests.support.making import NOW

TODAY = date(2026, 11, 2)


def logged(ticket, by, amount=30, **changes):
    said = {"unit": "minutes", "done": "Published the page.", "form_id": uuid.uuid4(), "now": NOW}
    return log_work(ticket=ticket, amount=amount, by=by, **(said | changes))


def used(allowance, amount, by):
    """Something else has used this much of it."""
    use(allowance=allowance, amount=amount, cause=f"test:{uuid.uuid4()}", today=TODAY, now=NOW, by=by)


def rows():
    return list(Work.objects.order_by("pk").values_list("kind", "unit", "amount", "why"))


def books_hold():
    return [*sums_broken(), *chains_broken()] == []
