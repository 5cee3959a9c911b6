"""What the desk is shown of an offer (S6)."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from profiles.models import User
from support.clients import signers_in_words
from support.desk_calendar import desk_day
from support.desk_ticket import desk_thread
from support.drafts import steps_of
from support.models import Offer
from support.offer_forms import OfferForm, SendOfferForm, WithdrawOfferForm
from support.offers import answered_with, said_on

State = Offer.State


def offer_shown(
    offer: Offer,
    *,
    reader: User,
    now: datetime,
    form: OfferForm | None = None,
    withdrawing: WithdrawOfferForm | None = None,
    had: dict[str, int] | None = None,
) -> dict[str, Any]:
    """`offer` with its history and what `reader` can do with it. `form` and `withdrawing` are what was sent and
    refused, to be shown again; `had` is what was in view of its ticket when it was sent, and refused: what came after
    is marked. Of a draft that answers a ticket (`answering`) there is what was said on it, and what will be."""
    may_change = reader.has_perm("support.change_offer")
    is_draft = offer.state == State.DRAFT and may_change
    can_end = State.WITHDRAWN in Offer.MOVES[offer.state] and may_change
    answering = answered_with(offer) if is_draft else None
    thread, seen = None, {}
    if answering is not None:
        thread = desk_thread(answering, reader, *(had["seen"], had["seen_call"]) if had else ())
        seen = {"seen": thread.seen, "seen_call": thread.seen_call}
    return {
        "offer": offer,
        "events": steps_of(offer.events.select_related("actor"), State),
        "form": form or (OfferForm(initial=OfferForm.of(offer)) if is_draft else None),
        "sending": SendOfferForm(initial=seen) if is_draft else None,
        "sent_to": signers_in_words(offer.client) if is_draft else "",
        "answering": answering,
        "thread": thread,
        "to_be_said": said_on(answering, offer) if answering is not None else "",
        # Where it has ended meanwhile, the form says so.
        "withdrawing": withdrawing or (WithdrawOfferForm() if can_end else None),
        "expired": offer.state == State.SENT and desk_day(now) > offer.valid_until,
        "may_see_invoice": reader.has_perm("billing.view_invoice"),
    }
