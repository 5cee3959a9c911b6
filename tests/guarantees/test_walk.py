"""One claim through every state of the rules' table, by the doors that people use; after each step the professional's
pages, the mails and the books say the same (G10 to G19).

Each walk is a list of steps. Between them they make every move of `Claim.MOVES`: a new one fails the last test.
"""

import pytest

from guarantees.models import Claim
from tests.guarantees.claim_making import make_claimable
from tests.guarantees.walking import (
    HOMEOWNER,
    OWNER,
    Seen,
    Step,
    Walk,
    answer,
    appeal,
    ask,
    begin,
    decide,
    hear,
    review,
    submit,
    take,
    tell_stories,
    withdraw,
)
from tests.making import make_staff

# Three contacts of 200.00 each, of a balance of 10,000.00.
PAID = 940_000
PRICES = 60_000


def begun(when: str) -> Step:
    return Step(
        when,
        begin,
        Seen(
            state="draft",
            heading="Your claim",
            next="Finish your claim and send it",
            balance=PAID,
            events=[("begun", "", "draft", "owner")],
        ),
    )


BEGUN = begun("2026-02-20 10:00")
TOLD = Step(
    "2026-02-20 11:00",
    tell_stories,
    Seen(state="draft", heading="Your claim", next="Finish your claim and send it", balance=PAID),
)


def submitted(when: str, *, asks_homeowners: bool = True) -> Step:
    return Step(
        when,
        submit,
        Seen(
            state="submitted",
            heading="We are verifying your claim",
            next="Your claim is with us",
            mails=[
                (OWNER, "We have received your claim"),
                *([(HOMEOWNER, "3 mails")] if asks_homeowners else []),
            ],
            balance=PAID,
            events=[("submitted", "draft", "submitted", "owner")],
        ),
        moves=("draft", "submitted"),
        says=("MX$600.00",),
    )


def asked(when: str, purpose: str, *says: str) -> Step:
    return Step(
        when,
        ask(purpose, 2),
        Seen(
            state="more information wanted",
            heading="We need to hear from you",
            next="Answer our questions",
            mails=[(OWNER, "A question about your claim")],
            balance=PAID,
            events=[("asked", "submitted", "more_information", "reviewer")],
        ),
        moves=("submitted", "more_information"),
        says=says,
    )


def withdrawn(when: str, state: str, next_step: str = "Make your claim") -> Step:
    return Step(
        when,
        withdraw,
        Seen(
            state="withdrawn",
            heading="You have withdrawn this claim",
            next=next_step,
            balance=PAID,
            events=[("withdrawn", state, "withdrawn", "owner")],
        ),
        moves=(state, "withdrawn"),
    )


def judged(when: str, state: str, heading: str, next_step: str, **typed: object) -> Step:
    """Verdicts, which the professional sees nothing of."""
    return Step(when, review(**typed), Seen(state=state, heading=heading, next=next_step, balance=PAID))


def found(when: str, **typed: object) -> Step:
    return judged(when, "submitted", "We are verifying your claim", "Your claim is with us", **typed)


def rejected(when: str, state: str, reason: str) -> Step:
    return Step(
        when,
        decide("reviewer", "reject", reason),
        Seen(
            state="rejected",
            heading="Your claim has been rejected",
            next="Make your claim",
            mails=[(OWNER, "Your claim has been rejected")],
            balance=PAID,
            events=[("rejected", state, "rejected", "reviewer")],
        ),
        moves=(state, "rejected"),
        says=(reason, "apelaciones@quince.example"),
    )


def rejected_as_false(when: str, state: str) -> Step:
    return Step(
        when,
        decide("reviewer", "reject_as_false", "Dos vecinos vieron la obra."),
        Seen(
            state="rejected as false",
            heading="Your claim has been rejected as false",
            next="Appeal, if we are wrong",
            mails=[(OWNER, "Your claim has been rejected, and your profile suspended")],
            balance=PAID,
            events=[("rejected_as_false", state, "rejected_as_false", "reviewer")],
        ),
        moves=(state, "rejected_as_false"),
        says=("2. Renovar un baño", "you keep your balance", "apelaciones@quince.example"),
    )


def appealed(when: str, state: str, heading: str, next_step: str) -> Step:
    return Step(
        when,
        appeal,
        Seen(
            state=state,
            heading=heading,
            next=next_step,
            mails=[(OWNER, "Your appeal has reached us"), ("appeals", "An appeal of Reformas Hidalgo waits")],
            balance=PAID,
        ),
        says=("Aquí está la factura de otra empresa.",),
    )


def upheld(when: str, state: str, press: object, *mails: tuple[str, str]) -> Step:
    return Step(
        when,
        press,
        Seen(
            state="submitted",
            heading="We are verifying your claim",
            next="Your claim is with us",
            mails=[*mails, (OWNER, "Your appeal was upheld")],
            balance=PAID,
            events=[("appeal_upheld", state, "submitted", "appeals")],
        ),
        moves=(state, "submitted"),
        says=("Feb. 20, 2026",),  # Its date.
    )


WALKS = {
    "a draft that is given up": [BEGUN, TOLD, withdrawn("2026-02-20 12:00", "draft")],
    "found false, appealed against, and paid": [
        BEGUN,
        TOLD,
        submitted("2026-02-20 12:00"),
        asked("2026-02-23 12:00", "doubt", "You have 5 days to answer, until the end of Feb. 28, 2026"),
        Step(
            "2026-02-28 23:59",
            answer,
            Seen(
                state="submitted",
                heading="We are verifying your claim",
                next="Your claim is with us",
                balance=PAID,
                events=[("answered", "more_information", "submitted", "owner")],
            ),
            moves=("more_information", "submitted"),
        ),
        found(
            "2026-03-02 12:00",
            verdict={1: "confirmed", 2: "false", 3: "confirmed"},
            note={2: "Dos vecinos vieron la obra."},
        ),
        rejected_as_false("2026-03-02 13:00", "submitted"),
        appealed(
            "2026-03-03 12:00",
            "rejected as false",
            "Your claim has been rejected as false",
            "Your appeal is with us",
        ),
        upheld(
            "2026-03-05 12:00",
            "rejected_as_false",
            hear("appeals", "uphold_appeal", "La obra fue de otra empresa."),
            (OWNER, "The suspension of Reformas Hidalgo is lifted"),
        ),
        found("2026-03-06 12:00", verdict={2: "confirmed"}),
        Step(
            "2026-03-06 13:00",
            decide("reviewer", "approve"),
            Seen(
                state="approved",
                heading="Your claim has been approved",
                next="Find your next job",
                mails=[(OWNER, "MX$600.00 are back on your balance")],
                balance=PAID + PRICES,
                entries=[("refund", PRICES)],
                events=[("approved", "submitted", "approved", "reviewer")],
            ),
            moves=("submitted", "approved"),
            says=("We have credited MX$600.00 to your balance",),
        ),
    ],
    "withdrawn, and made again": [
        BEGUN,
        TOLD,
        submitted("2026-02-20 12:00"),
        withdrawn("2026-02-21 12:00", "submitted"),
        begun("2026-02-22 10:00"),
        # The stories have stayed with their contacts; the homeowners are not asked twice within a week.
        submitted("2026-02-22 12:00", asks_homeowners=False),
        asked(
            "2026-02-23 12:00", "information", "You have 15 days to answer, until the end of March 10, 2026"
        ),
        withdrawn("2026-02-24 12:00", "more_information"),
    ],
    "rejected without an answer, and once more after an appeal": [
        BEGUN,
        TOLD,
        submitted("2026-02-20 12:00"),
        asked("2026-02-23 12:00", "information"),
        rejected("2026-03-11 00:00", "more_information", "No hubo respuesta."),
        appealed("2026-03-12 12:00", "rejected", "Your claim has been rejected", "Make your claim"),
        Step(
            "2026-03-13 12:00",
            hear("appeals", "refuse_appeal", "Nada nuevo."),
            Seen(
                state="rejected",
                heading="Your claim has been rejected",
                next="Make your claim",
                mails=[(OWNER, "Your appeal was not upheld")],
                balance=PAID,
                events=[("appeal_refused", "rejected", "rejected", "appeals")],
            ),
            says=("Nada nuevo.",),
        ),
        # Something new came by mail: it can be upheld all the same.
        upheld(
            "2026-03-14 12:00", "rejected", decide("appeals", "uphold_appeal", "Sí respondió por correo.")
        ),
        rejected("2026-03-16 12:00", "submitted", "Una opinión era de la misma empresa."),
    ],
    "found false without an answer": [
        BEGUN,
        TOLD,
        submitted("2026-02-20 12:00"),
        asked("2026-02-23 12:00", "doubt"),
        judged(
            "2026-02-24 12:00",
            "more information wanted",
            "We need to hear from you",
            "Answer our questions",
            verdict={2: "false"},
            note={2: "Dos vecinos vieron la obra."},
        ),
        rejected_as_false("2026-03-01 00:00", "more_information"),
    ],
}


@pytest.mark.django_db
@pytest.mark.parametrize("steps", WALKS.values(), ids=[name.replace(" ", "-") for name in WALKS])
def test_after_each_step_the_pages_the_mails_and_the_books_say_the_same(steps, pro, client_of):
    make_claimable(pro)
    staff = {name: make_staff(name) for name in ("reviewer", "appeals")}
    walk = Walk(pro, staff, client_of)
    for step in steps:
        take(walk, step)


def test_every_move_of_a_claim_is_walked():
    """Each step has shown that it makes the move that it says."""
    walked = {step.moves for steps in WALKS.values() for step in steps} - {None}
    assert walked == {(before, after) for before, afters in Claim.MOVES.items() for after in afters}
