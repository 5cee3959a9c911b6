"""What a consultant has in front of them of one ticket: what was said, what is due, what was agreed (S4)."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib.auth.models import Permission
from django.db.models import Q
from django.utils.translation import get_language

from mail.kept_files import has_html
from profiles.models import User
from support.allowances import days_at
from support.callers import Number, numbers_of
from support.calls import calls_since
from support.calls_shown import CallSaid, calls_said
from support.courtesy import COURTESY_MINUTES
from support.letters import reaches_somebody
from support.looking import looks_at
from support.merging import goes_on_in
from support.messages import news_since, unpromised
from support.models import (
    Allowance,
    ArticleText,
    Attachment,
    Message,
    Offer,
    PlannedSession,
    SavedReply,
    Ticket,
    TicketEvent,
    Wait,
    Work,
)
from support.models.allowances import Unit
from support.placing import AgreementInView, Places, agreements_in_view, places
from support.search import search, suggest
from support.sessions_shown import planned_with
from support.shown import AllowanceShown, allowances_shown, time_left, why_then
from support.ticket_shown import in_one_thread
from support.tickets import awaits_decision, followed
from support.waits import deadline_of
from support.work import proposals

# Of a client's other tickets: those that are open are few, and nobody reads more beside this one.
OTHERS_SHOWN = 20
ARTICLES_SHOWN = 5


@dataclass(frozen=True, slots=True)
class Said:
    """One message as it is shown. `fresh`: said while the reader wrote; `unanswered`: it still waits for an answer, or
    for somebody to say that it needs none; `has_html`: it came as a mail that looks otherwise than its text."""

    message: Message
    files: Sequence[Attachment]
    fresh: bool
    unanswered: bool
    has_html: bool

    @property
    def at(self) -> datetime:
        return self.message.at


@dataclass(frozen=True, slots=True)
class Thread:
    """What was said and called on a ticket, in the order of time. `seen` and `seen_call` are the ids of the last
    message and the last call in it, 0 where there is none: an answer that is sent by who has it in view crosses none
    that came after."""

    said: Sequence[Said | CallSaid]
    seen: int
    seen_call: int


@dataclass(frozen=True, slots=True)
class Due:
    """What is due: when, what the clock says of it, and why then."""

    wait: Wait
    left: str
    late: bool
    soon: bool
    why: Sequence[str]


@dataclass(frozen=True, slots=True)
class TicketShown:
    """A ticket as its consultant sees it, and of its client's other open ones (`others`) those into which it could be
    merged. `reachable`: an answer in writing could reach somebody; `closable`: it is no appeal, or one that was
    decided."""

    ticket: Ticket
    thread: Thread
    due: Due | None
    events: Sequence[TicketEvent]
    lines: Sequence[Any]
    allowances: Sequence[AllowanceShown]
    agreements: Sequence[AgreementInView]
    others: Sequence[Ticket]
    goes_on_in: Sequence[Ticket]
    work: Sequence[Any]
    numbers: Sequence[Number]
    looking: Sequence[str]
    others_may_have_it: Sequence[User]
    replies: Sequence[SavedReply]
    courtesy_minutes: int
    courtesy_left: int
    reachable: bool
    closable: bool
    carried_on_at: Ticket | None
    was_linked: bool
    offers: Iterable[Offer]
    sessions: Sequence[PlannedSession]

    @property
    def places(self) -> Places:
        return places(self.allowances, self.agreements)

    @property
    def in_force(self) -> Sequence[AgreementInView]:
        """What could be meant, where nobody has said which agreement is."""
        return [each for each in self.agreements if each.in_force]

    @property
    def used_up(self) -> bool:
        """Whether nothing is left of what the client could use: what is long is offered, then (S6)."""
        return self.ticket.client_id is not None and not any(
            each.state == "usable" for each in self.allowances
        )


def ticket_shown(
    ticket: Ticket,
    *,
    reader: User,
    now: datetime,
    had_seen: int | None = None,
    had_seen_call: int | None = None,
) -> TicketShown:
    """`had_seen` and `had_seen_call`: the last message and the last call that the reader had in front of them while
    they wrote; what came after is marked."""
    wait = Wait.objects.open().filter(ticket=ticket).first()
    version = ticket.agreement_version
    events = list(ticket.events.select_related("actor").order_by("at", "pk"))
    allowances = allowances_of(ticket, now)
    others = list(others_of(ticket, reader)[:OTHERS_SHOWN])
    return TicketShown(
        ticket=ticket,
        thread=desk_thread(ticket, reader, had_seen, had_seen_call),
        due=_due(wait, now) if wait else None,
        events=events,
        lines=list(version.lines.all()) if version else (),
        allowances=allowances,
        agreements=agreements_in_view(ticket, allowances),
        others=others,
        goes_on_in=[each for each in others if goes_on_in(ticket, each)],
        work=list(Work.objects.of_ticket(ticket)),
        numbers=[each for each in numbers_of(ticket.client) if each.phone != ticket.phone]
        if ticket.client
        else (),
        looking=looks_at([ticket.pk], reader, now).get(ticket.pk, ()),
        others_may_have_it=who_may_have(ticket),
        replies=list(SavedReply.objects.usable_by(reader)),
        courtesy_minutes=ticket.courtesy_minutes,
        courtesy_left=COURTESY_MINUTES - ticket.courtesy_minutes,
        reachable=reaches_somebody(ticket),
        closable=not awaits_decision(ticket),
        carried_on_at=followed(ticket) if ticket.merged_into_id else None,
        was_linked=ticket.client_id is not None
        and any(event.kind == TicketEvent.Kind.LINKED for event in events),
        offers=ticket.offers.all(),
        sessions=() if ticket.kind == Ticket.Kind.APPEAL else planned_with(ticket.client_id, reader),
    )


def allowances_of(ticket: Ticket, now: datetime) -> Sequence[AllowanceShown]:
    """Of its client, all that there ever were."""
    if not ticket.client_id:
        return ()
    return allowances_shown(Allowance.objects.filter(client=ticket.client_id), days_at(now))


def places_of(ticket: Ticket, now: datetime) -> Places:
    """Where a ticket may be placed, for a form that was sent."""
    allowances = allowances_of(ticket, now)
    return places(allowances, agreements_in_view(ticket, allowances))


def desk_thread(
    ticket: Ticket, reader: User, had_seen: int | None = None, had_seen_call: int | None = None
) -> Thread:
    """As `reader` has it in front of them, with what is news to them marked (see `ticket_shown`)."""
    messages = list(
        ticket.messages.select_related("author", "mail", "unneeded_by", "wait")
        .prefetch_related("attachments")
        .order_by("at", "pk")
    )
    news = None if had_seen_call is None else calls_since(ticket, had_seen_call, reader, had_seen)
    calls = calls_said(ticket.calls.all(), messages, news=news)
    waiting = _unanswered(ticket, messages)
    said = [_said(message, message.pk in waiting, had_seen, reader) for message in messages]
    return Thread(
        said=sorted([*calls, *said], key=lambda each: each.at),
        seen=max((message.pk for message in messages), default=0),
        seen_call=max((each.call.pk for each in calls), default=0),
    )


def others_of(ticket: Ticket, reader: User) -> Any:
    """What else its client (or, of a question, whoever asked it) has open, the newest first."""
    others = Ticket.objects.at_the_desk(reader).open().exclude(pk=ticket.pk).order_by("-asked_at", "-pk")
    if ticket.kind == Ticket.Kind.APPEAL:
        return others.none()
    if ticket.client_id:
        return others.filter(client=ticket.client_id).exclude(kind=Ticket.Kind.APPEAL)
    return others.filter(client=None, email=ticket.email) if ticket.email else others.none()


def two_shown(ticket: Ticket, into: Ticket) -> dict[str, Any]:
    """What is looked at before `ticket` is merged into another: of each what was said and called on it, and whether it
    could as well be the other way round."""
    both = []
    for each in (ticket, into):
        messages = list(each.messages.order_by("at", "pk"))
        calls = calls_said(each.calls.all(), messages)
        wait = Wait.objects.open().filter(ticket=each).first()
        thread = in_one_thread(calls, messages)
        both.append({"ticket": each, "thread": thread, "wait": wait})
    return {"both": both, "ticket": ticket, "into": into, "other_way": goes_on_in(into, ticket)}


def who_may_have(ticket: Ticket) -> list[User]:
    """Those to whom it can be handed over, by the permission that it asks for; whether it is of their own business is
    asked when it is."""
    codename = "hear_appeal" if ticket.kind == Ticket.Kind.APPEAL else "answer_ticket"
    permission = Permission.objects.filter(codename=codename, content_type__app_label="support")
    may = Q(groups__permissions__in=permission) | Q(user_permissions__in=permission)
    people = User.objects.filter(may, is_active=True).distinct().order_by("first_name", "last_name", "pk")
    return [each for each in people if each.pk != ticket.consultant_id]


def logs_work(ticket: Ticket) -> bool:
    """Whether what is done on it is logged: for clients, where they can see it."""
    return bool(ticket.client_id) and ticket.kind != Ticket.Kind.APPEAL and not ticket.merged_into_id


def bookable(ticket: Ticket, now: datetime) -> list[Allowance]:
    """What the form to log work proposes, first what it would take: of a ticket that is placed, that alone (S7)."""
    if not logs_work(ticket) or ticket.placement == Ticket.Placement.OUTSIDE:
        return []
    found = [each for unit in (Unit.MINUTES, Unit.INTERVENTIONS) for each in proposals(ticket, unit, now)]
    return [each for each in found if not ticket.placement or each.pk == ticket.allowance_id]


def language_of_asker(ticket: Ticket) -> str:
    """The language in which they are answered."""
    asker, client = ticket.asker, ticket.client
    said = ticket.language or (asker.language if asker else "") or (client.language if client else "")
    return said or get_language() or ""


def last_call(ticket: Ticket) -> int:
    """The id of the last call on a ticket; 0 where there is none."""
    return ticket.calls.order_by("-pk").values_list("pk", flat=True).first() or 0


def last_message(ticket: Ticket) -> int:
    """The id of the last message on a ticket; 0 where there is none."""
    return ticket.messages.order_by("-pk").values_list("pk", flat=True).first() or 0


def articles_for(ticket: Ticket, said: str = "") -> list[ArticleText]:
    """Articles of the library for an answer: those that hold what the consultant looks for, else those that may answer
    what was asked (S11)."""
    language = language_of_asker(ticket).split("-")[0]
    if said.strip():
        return search(said, language, limit=ARTICLES_SHOWN)
    first = ticket.messages.filter(kind=Message.Kind.ASKED).order_by("at", "pk").first()
    return suggest(f"{ticket.subject} {first.text if first else ''}", language, limit=ARTICLES_SHOWN)


def news_said(ticket: Ticket, seen: int, seen_call: int, reader: User) -> int:
    """How many messages and calls came since these, for a page that is open."""
    return news_since(ticket, seen, reader).count() + calls_since(ticket, seen_call, reader, seen).count()


def _unanswered(ticket: Ticket, messages: Sequence[Message]) -> set[int]:
    """The ids of those that still wait for an answer, by their wait; of a question, for which nobody waits by the
    clock, by what was said after it."""
    asked = [each for each in messages if each.kind == Message.Kind.ASKED and each.unneeded_at is None]
    if not ticket.is_open or not asked:
        return set()
    found = {each.pk for each in asked if each.wait is not None and each.wait.ended_at is None}
    if any(each.wait is None for each in asked):
        found.update(unpromised(ticket).values_list("pk", flat=True))
    return found


def _said(message: Message, unanswered: bool, had_seen: int | None, reader: User) -> Said:
    of_others = message.kind == Message.Kind.ASKED or message.author_id != reader.pk
    return Said(
        message=message,
        files=list(message.attachments.all()),
        fresh=had_seen is not None and message.here_since > had_seen and of_others,
        unanswered=unanswered,
        has_html=message.mail is not None and has_html(message.mail),
    )


def _due(wait: Wait, now: datetime) -> Due:
    return Due(
        wait=wait,
        left=time_left(wait.due_at, now),
        late=wait.due_at < now,
        soon=wait.warn_at <= now <= wait.due_at,
        why=why_then(deadline_of(wait)),
    )
