"""What speaks against a claim, as its reviewer reads it."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.urls import reverse

from guarantees.claim_signals import Signal
from guarantees.models import Claim
from guarantees.noticed import noticed, seen_by
from guarantees.signal_words import sentence


@dataclass(frozen=True, slots=True)
class Noticed:
    """One signal: its code, its sentence, the page of what else it speaks of, where that has one, and the id of the
    review by an earlier client that it is about."""

    code: str
    sentence: str
    address: str
    review: int | None


def noticed_about(claim: Claim, user: Any, now: datetime) -> dict[int | None, list[Noticed]]:
    """By the contact it belongs to, None for the whole claim; what `user` may see."""
    found: dict[int | None, list[Noticed]] = defaultdict(list)
    for signal in seen_by(user, noticed(claim, now)):
        found[signal.contact].append(
            Noticed(signal.code, sentence(signal), _address(signal), signal.detail.get("review"))
        )
    return found


def _address(signal: Signal) -> str:
    if copy := signal.detail.get("copy"):
        return reverse("admin:guarantees_claim_change", args=[copy.claim])
    if shared := signal.detail.get("shared"):
        return reverse("admin:profiles_professional_change", args=[shared.business])
    return ""
