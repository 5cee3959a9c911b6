"""`manage.py replay_claims`, and what the books know of it (G13)."""

import io
import uuid

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from guarantees.invariants import snapshots_replay
from guarantees.models import Claim
from tests.guarantees.claim_making import (
    approve,
    confirm_all,
    make_draft,
    make_false,
    make_submitted,
    reject,
    uphold,
)

pytestmark = pytest.mark.django_db


def replay(*public_ids):
    """What is printed, line by line, and whether it ends with 1."""
    out = io.StringIO()
    try:
        call_command("replay_claims", *map(str, public_ids), stdout=out, no_color=True)
    except SystemExit as end:
        return out.getvalue().splitlines(), end.code
    return out.getvalue().splitlines(), 0


def test_every_frozen_verdict_is_judged_again_and_printed(pro, other_pro, reviewer, appeals):
    approved = approve(confirm_all(make_submitted(pro), reviewer), reviewer)
    rejected = reject(make_submitted(other_pro), reviewer)
    event = rejected.events.get(kind="rejected")
    standing = uphold(rejected, appeals)
    assert replay() == (
        [
            f"ok       {approved.public_id}  submission  2026-02-20  eligible",
            f"ok       {approved.public_id}  decision  2026-02-23  eligible",
            f"ok       {standing.public_id}  submission  2026-02-20  eligible",
            f"ok       {standing.public_id}  event {event.pk}  2026-02-23  eligible",
            "4 verdicts judged again, each the same as before.",
        ],
        0,
    )
    assert replay(standing.public_id)[0][-1] == "2 verdicts judged again, each the same as before."
    assert list(snapshots_replay()) == []


def test_it_is_judged_by_what_was_frozen_and_not_by_what_is_known_now(pro, reviewer):
    claim = make_false(pro, reviewer)
    pro.extra_days.all().delete()
    pro.contacts.update(price_cents=1, outcome="won")
    pro.name, pro.description_length, pro.first_contracted_on = "Otro", 0, None
    pro.save()
    lines, code = replay(claim.public_id)
    assert (code, [line.split()[0] for line in lines[:-1]]) == (0, ["ok", "ok"])


def test_a_verdict_that_differs_is_told_ends_with_1_and_breaks_the_books(pro):
    claim = make_submitted(pro)
    frozen = claim.submission_snapshot
    frozen["verdict"]["amount_cents"] = 1
    claim.save()
    assert replay() == (
        [
            f"DIFFERS  {claim.public_id}  submission  2026-02-20  eligible",
            "         amount_cents: 60000, was 1",
            "1 of 1 verdicts differ from what was frozen.",
        ],
        1,
    )
    assert list(snapshots_replay()) == [
        f"claim {claim.public_id}: what was frozen at submission gives another verdict today "
        "(amount_cents: 60000, was 1)"
    ]


@pytest.mark.parametrize("frozen", [{}, [], "x", {"version": 9, "today": "2026-01-01", "verdict": []}])
def test_one_that_cannot_be_read_is_told_and_the_others_are_judged(pro, other_pro, frozen):
    broken, other = make_submitted(pro), make_submitted(other_pro)
    Claim.objects.filter(pk=broken.pk).update(submission_snapshot=frozen)
    lines, code = replay()
    assert code == 1
    assert [line.split()[0] for line in lines[:-1]] == ["DIFFERS", "cannot", "ok"]
    assert len(list(snapshots_replay())) == 1
    assert replay(other.public_id)[1] == 0


def test_of_nobody_nothing_is_judged(db):
    assert replay() == (["0 verdicts judged again, each the same as before."], 0)


def test_a_claim_that_is_not_there_or_was_never_submitted_is_told(pro):
    draft = make_draft(pro, told=False)
    for unknown in (uuid.uuid4(), "nonsense"):
        with pytest.raises(CommandError, match="no claim with the public id"):
            replay(unknown)
    with pytest.raises(CommandError, match="never submitted"):
        replay(draft.public_id)
    assert replay() == (["0 verdicts judged again, each the same as before."], 0)
