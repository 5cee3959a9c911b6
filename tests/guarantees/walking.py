"""Walks a claim through the doors of the product, and records after each step what three witnesses say of it: the
professional's pages, the mails that were written, and the books."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from html import unescape
from typing import Any

import time_machine
from django.test import Client
from django.urls import reverse
from django.utils.html import strip_tags

from base.registry import invariants
from billing.models import WalletEntry
from guarantees.models import Claim, ClaimEvent
from guarantees.replaying import replayed
from mail.models import OutgoingMail
from profiles.models import Professional, User
from tests.filling_in import filled_in
from tests.guarantees.claim_making import STORY

CLAIM = "/guarantee/claim/"
HOMEOWNER = "a homeowner"
OWNER = "the owner"


@dataclass(frozen=True)
class Seen:
    """What is there after a step. `mails` are those written in it, `entries` and `events` those added in it."""

    state: str  # As the professional's page names it.
    heading: str  # What the page of the claim says of it.
    next: str  # What to do next, on the page of the guarantee.
    mails: list[tuple[str, str]] = field(default_factory=list)  # To whom, subject.
    balance: int = 0
    entries: list[tuple[str, int]] = field(default_factory=list)  # Kind, cents.
    events: list[tuple[str, str, str, str]] = field(default_factory=list)  # Kind, from, to, by whom.


@dataclass(frozen=True)
class Step:
    """One press of somebody. `moves` is the move that it makes, None where it makes none; `says` are facts that the
    owner's mail holds."""

    when: str
    press: Callable[[Walk], Any]
    seen: Seen
    moves: tuple[str, str] | None = None
    says: tuple[str, ...] = ()


class Walk:
    """One business with its claims, and who presses: its owner, and staff by their role's name."""

    def __init__(self, pro: Professional, staff: dict[str, User], client_of: Callable[..., Client]) -> None:
        self.pro = pro
        self.names = {pro.owner.pk: "owner", **{user.pk: name for name, user in staff.items()}, None: "–"}
        self.users = {"owner": pro.owner, **staff}
        self.client_of = client_of
        self.addresses = {pro.owner.email: OWNER, "apelaciones@quince.example": "appeals"}
        self._mails = OutgoingMail.objects.latest("pk").pk if OutgoingMail.objects.exists() else 0
        self._entries = self._last(WalletEntry.objects.filter(wallet__professional=pro))
        self._events = 0

    @staticmethod
    def _last(rows: Any) -> int:
        return int(rows.latest("pk").pk) if rows.exists() else 0

    @property
    def claim(self) -> Claim:
        """The one that was begun last, or the one there is."""
        return self.pro.claims.latest("begun_at", "pk")

    # Pressing

    def sign_in(self) -> None:
        """Everybody anew: between two steps weeks may pass."""
        self.browsers = {name: self.client_of(user) for name, user in self.users.items()}

    def owner(self, path: str, data: Any = None) -> Any:
        return self._post("owner", path, data)

    def office(self, who: str, path: str, data: Any = None) -> Any:
        return self._post(who, path, data)

    def _post(self, who: str, path: str, data: Any) -> Any:
        response = self.browsers[who].post(path, data or {})
        assert response.status_code == 302, words(response)
        return response

    def page(self, who: str, path: str) -> str:
        response = self.browsers[who].get(path)
        assert response.status_code == 200, (path, response.status_code)
        return str(response.content.decode())

    # Seeing

    def seen(self) -> Seen:
        """All three witnesses; whatever they say, the books hold and what was frozen gives the same verdict."""
        assert [line for each in invariants for line in each.broken()] == []
        assert [each for each in replayed(self.pro.claims.all()) if each.differs] == []
        self.pro.wallet.refresh_from_db()
        state, heading = self._on_the_page()
        return Seen(
            state=state,
            heading=heading,
            next=_between(self.page("owner", reverse("guarantees:overview")), '<h2 id="next-step">', "</h2>"),
            mails=self._new_mails(),
            balance=self.pro.wallet.balance_cents,
            entries=self._new_entries(),
            events=self._new_events(),
        )

    def _on_the_page(self) -> tuple[str, str]:
        if self.claim.state == Claim.State.DRAFT:
            return "draft", _between(self.page("owner", CLAIM), "<h1>", "</h1>")
        page = self.page("owner", reverse("guarantees:claim_status", args=[self.claim.public_id]))
        return (
            _between(page, f'<span class="badge badge-{self.claim.state}">', "</span>"),
            _between(page, "<h2>", "</h2>"),
        )

    def _new_mails(self) -> list[tuple[str, str]]:
        mails = list(OutgoingMail.objects.filter(pk__gt=self._mails).order_by("pk"))
        self._mails = mails[-1].pk if mails else self._mails
        self.to_the_owner = "\n".join(mail.text for mail in mails if mail.recipient == self.pro.owner.email)
        told = [(self.addresses.get(mail.recipient, HOMEOWNER), mail.subject) for mail in mails]
        homeowners = [mail for mail in told if mail[0] == HOMEOWNER]
        # One for each contact, each about another request.
        rest = [mail for mail in told if mail[0] != HOMEOWNER]
        return [*rest, (HOMEOWNER, f"{len(homeowners)} mails")] if homeowners else rest

    def _new_entries(self) -> list[tuple[str, int]]:
        entries = WalletEntry.objects.filter(wallet__professional=self.pro, pk__gt=self._entries).order_by(
            "pk"
        )
        found = list(entries)
        self._entries = found[-1].pk if found else self._entries
        return [(entry.kind, entry.amount_cents) for entry in found]

    def _new_events(self) -> list[tuple[str, str, str, str]]:
        events = ClaimEvent.objects.filter(claim__professional=self.pro, pk__gt=self._events).order_by("pk")
        found = list(events)
        self._events = found[-1].pk if found else self._events
        return [(event.kind, event.from_state, event.to_state, self.names[event.actor_id]) for event in found]


def take(walk: Walk, step: Step) -> None:
    """One step, and what is seen after it."""
    with time_machine.travel(moment(step.when), tick=False):
        walk.sign_in()
        step.press(walk)
        seen = walk.seen()
    assert seen == step.seen
    for fact in step.says:
        assert fact in walk.to_the_owner, (fact, walk.to_the_owner)
    moved = [(before, after) for _kind, before, after, _by in seen.events if before and before != after]
    assert moved == ([step.moves] if step.moves else []), step


def moment(text: str) -> datetime:
    from tests.making import at

    return at(text)


def words(response: Any) -> str:
    return re.sub(r"\s+", " ", unescape(strip_tags(response.content.decode())))


def _between(page: str, start: str, end: str) -> str:
    assert start in page, start
    return re.sub(r"\s+", " ", unescape(strip_tags(page.partition(start)[2].partition(end)[0]))).strip()


# What is pressed: the professional


def begin(walk: Walk) -> None:
    walk.owner(reverse("guarantees:claim_begin"))


def tell_stories(walk: Walk) -> None:
    page = walk.page("owner", CLAIM)
    walk.owner(CLAIM, filled_in(page, text=STORY, ending="hired_other") | {"save": "all"})


def submit(walk: Walk) -> None:
    walk.owner(reverse("guarantees:claim_submit"))


def withdraw(walk: Walk) -> None:
    walk.owner(reverse("guarantees:claim_withdraw", args=[walk.claim.public_id]))


def answer(walk: Walk) -> None:
    address = reverse("guarantees:answer", args=[walk.claim.public_id])
    page = walk.page("owner", reverse("guarantees:claim_status", args=[walk.claim.public_id]))
    walk.owner(address, filled_in(page, address, answer="No fue ese día: me lo canceló por teléfono."))


def appeal(walk: Walk) -> None:
    address = reverse("guarantees:appeal", args=[walk.claim.public_id])
    page = walk.page("owner", reverse("guarantees:claim_status", args=[walk.claim.public_id]))
    walk.owner(address, filled_in(page, address, text="Aquí está la factura de otra empresa."))


# What is pressed: staff


def review(purpose: str = "", **typed: Any) -> Callable[[Walk], None]:
    """The reviewer's form with what is `typed` in it; `purpose` is the button that asks."""

    def press(walk: Walk) -> None:
        claim = walk.claim
        page = walk.page("reviewer", reverse("admin:guarantees_claim_change", args=[claim.pk]))
        address = reverse("admin:guarantees_claim_review", args=[claim.pk])
        button = {"purpose": purpose} if purpose else {"save": "all"}
        walk.office("reviewer", address, filled_in(page, address, **typed) | button)

    return press


def ask(purpose: str, *positions: int) -> Callable[[Walk], None]:
    return review(purpose, question=dict.fromkeys(positions, "¿Qué pasó el día de la visita?"))


def decide(who: str, action: str, reason: str = "") -> Callable[[Walk], None]:
    """Presses a button of the page of the claim, and confirms what it would do."""

    def press(walk: Walk) -> None:
        preview, address = (
            reverse(f"admin:guarantees_claim_{name}", args=[walk.claim.pk, action])
            for name in ("preview", "decide")
        )
        typed = {"reason": reason, "without_asking": ""}
        looked_at = walk.browsers[who].post(preview, typed)
        assert looked_at.status_code == 200, words(looked_at)
        walk.office(who, address, filled_in(looked_at.content.decode(), address))

    return press


def hear(who: str, action: str, reason: str) -> Callable[[Walk], None]:
    """Presses a button of the page of the appeal that waits, and confirms what it would do."""

    def press(walk: Walk) -> None:
        waiting = walk.pro.appeals.waiting().get()
        preview, address = (
            reverse(f"admin:guarantees_appeal_{name}", args=[waiting.pk, action])
            for name in ("hear", "answer")
        )
        looked_at = walk.browsers[who].post(preview, {"reason": reason})
        assert looked_at.status_code == 200, words(looked_at)
        walk.office(who, address, filled_in(looked_at.content.decode(), address))

    return press
