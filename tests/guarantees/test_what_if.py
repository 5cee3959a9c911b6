"""G1, M7: what the page says before a return is asked for is what the return then does."""

import pytest

from base.days import marketplace_day
from guarantees import rules
from guarantees.contact_changes import if_returned
from guarantees.facts import load_facts
from marketplace.returns import accept_return, ask_return
from tests import making
from tests.making import NOW, at

pytestmark = pytest.mark.django_db


def judged(pro, moment, *, without=None):
    """The verdict of the day; `without`: as if that contact had been returned."""
    today = marketplace_day(moment)
    known = load_facts([pro.pk], today)[pro.pk]
    facts = if_returned(known.facts, without.pk) if without else known.facts
    return rules.evaluate(facts, known.terms.as_rules(), today)


@pytest.mark.parametrize(
    ("bought", "sixteenth", "moment", "claim_from", "claim_until", "window"),
    [
        # Late, and still in time: the sixteenth moves in, and the last purchase with it.
        (15, "2026-01-26 12:00", "2026-01-28 12:00", "2026-02-26", "2026-04-25", "met"),
        # The sixteenth was bought after buy-by (25 March): the window closes with the return.
        (15, "2026-03-26 12:00", "2026-03-28 12:00", "2026-04-26", "2026-04-25", "lost"),
        # No sixteenth: one is missing, and can still be bought.
        (15, None, "2026-01-28 12:00", None, "2026-04-25", "met"),
        # No sixteenth, and buy-by is over.
        (15, None, "2026-03-26 12:00", None, "2026-04-25", "lost"),
    ],
)
def test_a_late_return_does_what_was_said_before(
    pro, moderator, bought, sixteenth, moment, claim_from, claim_until, window
):
    """Also where it was asked for in its days and decided late (LESSONS)."""
    making.contract(pro, now=NOW, plan=making.make_plan("year", months=12))
    making.fund(pro, now=NOW)
    contacts = making.buy(pro, bought, now=at("2026-01-22 12:00"))
    if sixteenth:
        making.buy(pro, now=at(sixteenth))
    asked = ask_return(
        contact=contacts[3],
        reason="duplicate",
        explanation="Ya la teníamos.",
        by=pro.owner,
        now=at("2026-01-23 12:00"),
    )
    foreseen = judged(pro, at(moment), without=contacts[3])
    accept_return(return_request=asked, by=moderator, note="", now=at(moment))
    happened = judged(pro, at(moment))
    # The prediction of a contact whose return is undecided: it is settled by being accepted.
    assert happened == foreseen
    assert (str(happened.claim_from) if happened.claim_from else None) == claim_from
    assert str(happened.claim_until) == claim_until
    by_code = {requirement.code: requirement.status for requirement in happened.requirements}
    assert by_code["claim_window"] == window
    assert contacts[3].pk not in happened.counted
