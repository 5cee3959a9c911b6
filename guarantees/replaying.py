"""Every verdict that was frozen, judged again (G13): what `replay_claims` prints and `check_books` asks."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from django.db.models import Prefetch, QuerySet

from guarantees.models import Claim, ClaimEvent
from guarantees.snapshots import differences

# A claim holds some ten kilobytes of snapshots.
BATCH = 200


@dataclass(frozen=True, slots=True)
class Replayed:
    """One frozen verdict judged again: of which claim; what froze it ("submission", "decision", or the event of a
    decision that an appeal has undone); the verdict as it was frozen, its date; and what differs now, if anything."""

    claim: Claim
    frozen_at: str
    status: str
    on: str
    differs: list[str]


def replayed(claims: QuerySet[Claim]) -> Iterator[Replayed]:
    """Each frozen verdict of `claims`, in the order of their row numbers. Two queries, and a bounded amount of
    memory, for each batch of claims."""
    frozen = (
        claims.filter(submission_snapshot__isnull=False)
        .only("public_id", "state", "submission_snapshot", "decision_snapshot")
        .prefetch_related(
            Prefetch(
                "events",
                ClaimEvent.objects.filter(stood_on__has_key="snapshot").order_by("pk"),
                to_attr="decisions",
            )
        )
        .order_by("pk")
    )
    for claim in frozen.iterator(chunk_size=BATCH):
        yield _again(claim, "submission", claim.submission_snapshot)
        if claim.decision_snapshot is not None:
            yield _again(claim, "decision", claim.decision_snapshot)
        for event in getattr(claim, "decisions"):  # noqa: B009 - prefetched
            # The decision that stands has it on the claim too.
            if event.stood_on["snapshot"] != claim.decision_snapshot:
                yield _again(claim, f"event {event.pk}", event.stood_on["snapshot"])


def _again(claim: Claim, frozen_at: str, snapshot: object) -> Replayed:
    if not isinstance(snapshot, dict):
        return Replayed(claim, frozen_at, "?", "?", [f"cannot be read: {type(snapshot).__name__}"])
    verdict = snapshot.get("verdict")
    status = verdict.get("status", "?") if isinstance(verdict, dict) else "?"
    return Replayed(claim, frozen_at, str(status), str(snapshot.get("today", "?")), differences(snapshot))
