"""An answer together with what was done for it: both are written, or neither is (S7, S9)."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.db.models import Sum

from profiles.models import User
from support.attachments import NewFile
from support.calls import refuse_unseen_calls
from support.messages import answer_ticket
from support.models import Allowance, Message, Ticket, Work
from support.placing import Place
from support.tickets import locked, place_ticket
from support.work import OFFER, log_work


@dataclass(frozen=True, slots=True)
class Done:
    """What was done, as `log_work` takes it."""

    amount: int
    unit: str
    done: str
    form_id: uuid.UUID
    allowance: Allowance | None = None
    rest: str = ""
    why: str = ""
    more: bool = False
    left_seen: int | None = None

    def log(self, *, ticket: Ticket, by: User, now: datetime) -> list[Work]:
        """Raises SupportError as `log_work`."""
        return log_work(
            ticket=ticket,
            amount=self.amount,
            unit=self.unit,
            done=self.done,
            by=by,
            now=now,
            form_id=self.form_id,
            allowance=self.allowance,
            rest=self.rest,
            why=self.why,
            more=self.more,
            left_seen=self.left_seen,
        )

    def to_be_offered(self) -> int:
        """After it was logged: the whole units that were not booked, since an offer of them was chosen (S7)."""
        if self.rest != OFFER:
            return 0
        booked = Work.objects.filter(form_id=self.form_id).aggregate(total=Sum("amount"))["total"] or 0
        return self.amount - booked


def answer_and_log(
    *,
    ticket: Ticket,
    text: str,
    by: User,
    now: datetime,
    seen: int | None,
    seen_call: int | None,
    files: Sequence[NewFile] = (),
    close: bool = False,
    public_id: uuid.UUID | None = None,
    work: Done | None = None,
    place: Place | None = None,
) -> Message:
    """Answers, and logs the time that it took where that is said. Where logging is refused nothing was answered: what
    is charged is settled before the answer goes out. A ticket that nobody has placed is placed at `place`, else where
    the work is booked, before it is answered: what is closed with its answer is placed (S4).

    `seen_call` is the last call that its writer had in front of them, 0 where there was none: what somebody else said
    on the telephone meanwhile is as much an answer as what they wrote (S8).

    Raises SupportError as `answer_ticket`, `log_work` and `place_ticket`.
    """
    place = place or (Place(work.allowance) if work else None)
    with transaction.atomic():
        again = public_id is not None and Message.objects.filter(public_id=public_id).exists()
        if not again:
            ticket = locked(ticket)
            if seen_call is not None:
                refuse_unseen_calls(ticket, seen_call, by, seen_message=seen)
            if place is not None and ticket.is_unplaced and ticket.is_open:
                place_ticket(
                    ticket=ticket, placement=place.placement, allowance=place.allowance, by=by, now=now
                )
        message = answer_ticket(
            ticket=ticket,
            text=text,
            by=by,
            now=now,
            seen=seen,
            files=files,
            close=close,
            public_id=public_id,
        )
        if work is not None:
            work.log(ticket=ticket, by=by, now=now)
        return message
