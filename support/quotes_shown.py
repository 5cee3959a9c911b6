"""What the desk is shown of quotes, and of one of them (S4)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db.models import Q, QuerySet
from django.utils.functional import Promise
from django.utils.translation import pgettext_lazy

from base.numbers import read_yearly_number
from profiles.models import User
from support.admin_forms import BaseLines
from support.clients import signers_in_words
from support.desk_calendar import desk_day
from support.drafts import steps_of
from support.models import Quote
from support.quote_forms import ChangedDraftForm, SendQuoteForm, SignedQuoteForm, WithdrawQuoteForm

State = Quote.State
RECORD = "support.add_agreement"
# What can be listed alone: as the address says it, in words, and of which states.
PARTS: Sequence[tuple[str, str | Promise, tuple[Quote.State, ...]]] = (
    ("", pgettext_lazy("quotes", "All"), ()),
    ("drafts", pgettext_lazy("quotes", "Drafts"), (State.DRAFT,)),
    ("waiting", pgettext_lazy("quotes", "Sent, not answered"), (State.SENT,)),
    ("answered", pgettext_lazy("quotes", "Answered"), (State.ACCEPTED, State.DECLINED)),
    ("withdrawn", pgettext_lazy("quotes", "Withdrawn"), (State.WITHDRAWN,)),
)
# Where it is looked for what was said.
_NAMED = ("title", "client__customer__name", "client__customer__email")


def desk_quotes(reader: User, *, part: str = "", said: str = "") -> QuerySet[Quote]:
    """Those that `reader` may look at, the newest first; of a whole number its own alone."""
    states = next((states for name, _label, states in PARTS if name == part), ())
    found = Quote.objects.at_the_desk(reader).select_related("client__customer").order_by("-pk")
    if states:
        found = found.filter(state__in=states)
    if numbered := read_yearly_number(said, "P"):
        return found.filter(**numbered)
    if said:
        looked_for = Q()
        for column in _NAMED:
            looked_for |= Q(**{f"{column}__icontains": said})
        found = found.filter(looked_for)
    return found


def quote_shown(
    quote: Quote,
    *,
    reader: User,
    now: datetime,
    form: ChangedDraftForm | None = None,
    lines: BaseLines | None = None,
    withdrawing: WithdrawQuoteForm | None = None,
    recording: SignedQuoteForm | None = None,
) -> dict[str, Any]:
    """`quote` with its history and what `reader` can do with it. `form` with its `lines`, `withdrawing` and `recording`
    are what was sent and refused, to be shown again."""
    today = desk_day(now)
    rows = list(quote.lines.all())
    may_change = reader.has_perm("support.change_quote")
    is_draft = quote.state == State.DRAFT and may_change
    can_end = State.WITHDRAWN in Quote.MOVES[State(quote.state)] and may_change
    can_be_recorded = quote.state == State.SENT and reader.has_perm(RECORD)
    if form is None and is_draft:
        form = ChangedDraftForm(initial=ChangedDraftForm.of(quote))
        lines = BaseLines.of(None, starts_on=today, rows=rows)
    return {
        "quote": quote,
        "rows": rows,
        "events": steps_of(quote.events.select_related("actor"), State),
        "form": form,
        "lines": lines,
        "sending": SendQuoteForm(initial={"seen": quote.edition}) if is_draft else None,
        "sent_to": signers_in_words(quote.client) if is_draft else "",
        # Where it has ended meanwhile, the form says so.
        "withdrawing": withdrawing or (WithdrawQuoteForm() if can_end else None),
        "recording": recording
        or (SignedQuoteForm(initial={"signed_on": today}) if can_be_recorded else None),
        "today": today,
    }
