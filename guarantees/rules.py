"""The fifteen-contact guarantee as pure decisions (rules G1 to G23).

Nothing here reads a clock, a setting or the database: whoever calls collects the facts and says which day it
is, so that page, mail, admin, API and nightly job all get one answer. Every date is a local date in the
marketplace's zone, every bound is inclusive, and money is in cents of the site's currency.

The letters of the rules, as the comments below use them:

    S  first contracted on                    P  last day to buy a counted contact (G3)
    E  first day to claim (G4)                C  last day to claim (G5)
    B  last day to buy the final counted contact so that E still falls within C (G6)
"""

from calendar import monthrange
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import date, datetime, timedelta
from typing import Literal, TypeAlias

RequirementStatus: TypeAlias = Literal["met", "unmet", "waiting", "lost"]
EligibilityStatus: TypeAlias = Literal["eligible", "not_yet", "no_longer"]
DetailValue: TypeAlias = int | str | date | tuple[int, ...] | tuple[str, ...] | None
Detail: TypeAlias = Mapping[str, DetailValue]

FIRST_CONTACT_CHOICES = ("advise", "require", "ignore")
SAFE_DAYS = 7  # B leaves a single day to claim, so the product recommends a week less (G6)


@dataclass(frozen=True, slots=True)
class Terms:
    """One dated version of the guarantee's numbers (G20).

    `contacts` is how many contacts are counted; `grace_days` is the claim window after P in days;
    `description_over` is the number of characters to be exceeded; `first_contact` is one of
    `FIRST_CONTACT_CHOICES` (G21). Raises ValueError for numbers below zero, for no contacts at all, and for
    an unknown `first_contact`.
    """

    contacts: int = 15
    purchase_months: int = 3
    grace_days: int = 15
    waiting_months: int = 1
    description_over: int = 200
    project_photos: int = 2
    work_photos: int = 4
    contact_reviews: int = 1
    earlier_reviews: int = 2
    first_contact: str = "advise"
    first_contact_hours: int = 24
    extend_for_wait: bool = False

    def __post_init__(self) -> None:
        if self.first_contact not in FIRST_CONTACT_CHOICES:
            raise ValueError(
                f"first_contact must be one of {FIRST_CONTACT_CHOICES}, not {self.first_contact!r}"
            )
        for each in fields(self):
            value = getattr(self, each.name)
            if each.name != "first_contact" and value < 0:
                raise ValueError(f"{each.name} must not be below zero, not {value}")
        if self.contacts == 0:
            raise ValueError("contacts must be at least 1")


@dataclass(frozen=True, slots=True)
class ContactFact:
    """One purchase of a lead, returned or not.

    `bought_at` is the instant (aware, any zone), `bought_on` its local date; `hours_to_first_contact` is None
    while there has been none (G21); `positive_review` is a published positive review tied to it (G8); `won`
    is the professional's own outcome (G2). Raises ValueError for a naive `bought_at`: its order would depend
    on the machine.
    """

    id: int
    bought_at: datetime
    bought_on: date
    price_cents: int
    returned: bool
    return_pending: bool
    won: bool
    hours_to_first_contact: float | None
    positive_review: bool

    def __post_init__(self) -> None:
        if self.bought_at.tzinfo is None:
            raise ValueError(f"bought_at of contact {self.id} must be aware")


@dataclass(frozen=True, slots=True)
class Facts:
    """All that is known of one professional when the guarantee is judged.

    `contacts` is every purchase in any order. `description_length` is in characters as a reader counts them;
    `answered` is how many of the `questions` in force are answered; `best_project_photos` is the number of
    different photos in the project that has most; `work_photos` those outside projects (G7).
    `earlier_reviews` counts those of different people, tied to no contact (G8). `has_open_claim` is one
    submitted or with more information wanted. `extra_days` are the days added to C by staff (G5).
    """

    contracted_on: date | None
    contacts: Sequence[ContactFact]
    has_logo: bool
    description_length: int
    questions: int
    answered: int
    best_project_photos: int
    work_photos: int
    earlier_reviews: int
    plan_in_force: bool
    payments_current: bool
    suspended: bool
    has_open_claim: bool
    refunded: bool
    rejected_as_false: bool
    extra_days: int = 0


@dataclass(frozen=True, slots=True)
class Requirement:
    """How one requirement stands (G23).

    `met_on` is the day on which a *waiting* one will be met by time alone, else None. `detail` holds what a
    sentence about it needs (numbers, dates, contact ids, fixed words), never a sentence; its keys depend on
    the code alone and are named where each requirement is judged. It is a plain dict, so that a frozen copy
    kept as JSON reads the same; left out of the hash because of that.
    """

    code: str
    status: RequirementStatus
    met_on: date | None
    detail: Detail = field(hash=False)


@dataclass(frozen=True, slots=True)
class Eligibility:
    """The verdict of one day: all requirements in page order, and what the guarantee is about.

    `counted` are ids of contacts in the order of purchase; `amount_cents` is the sum of their prices whatever
    the status. The dates are P, E, the last day to claim, and B; without S all are None, and E is None while
    fewer contacts are counted than the terms ask for.
    """

    status: EligibilityStatus
    requirements: tuple[Requirement, ...]
    counted: tuple[int, ...]
    amount_cents: int
    purchase_deadline: date | None
    claim_from: date | None
    claim_until: date | None
    buy_by: date | None


def add_months(day: date, months: int) -> date:
    """`day` plus (or minus) whole calendar months, on the month's last day where the month is too short.

    Add once from the anchor, never in steps: 31 January + 3 months is 30 April (chapter G). Raises ValueError
    where the calendar ends.
    """
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    # Only the last days of a month can be too many: the rest need no look at the calendar.
    last = day.day if day.day <= 28 else min(day.day, monthrange(year, month + 1)[1])
    return date(year, month + 1, last)


def purchase_deadline(contracted_on: date, terms: Terms) -> date:
    """P, the last day on which a counted contact may be bought (G3)."""
    return add_months(contracted_on, terms.purchase_months)


def claim_window_end(contracted_on: date, terms: Terms, extra_days: int = 0) -> date:
    """C, the last day of the claim window, `extra_days` of this professional included (G5)."""
    return purchase_deadline(contracted_on, terms) + timedelta(days=terms.grace_days + extra_days)


def claim_from(last_bought_on: date, terms: Terms) -> date:
    """E, the first day to claim when the last counted contact was bought on `last_bought_on` (G4)."""
    return add_months(last_bought_on, terms.waiting_months)


def claim_until(
    contracted_on: date, terms: Terms, extra_days: int = 0, last_bought_on: date | None = None
) -> date:
    """The last day to claim: C, or under `extend_for_wait` the later of C and E + the grace days (G5, G6).

    `last_bought_on` is when the last counted contact was bought, or None while there are too few.
    """
    window_end = claim_window_end(contracted_on, terms, extra_days)
    if last_bought_on is None or not terms.extend_for_wait:
        return window_end
    return max(window_end, claim_from(last_bought_on, terms) + timedelta(days=terms.grace_days))


def buy_by(contracted_on: date, terms: Terms, extra_days: int = 0) -> date:
    """B, the latest day D <= P with D + the waiting months <= C; P itself under `extend_for_wait` (G6)."""
    deadline = purchase_deadline(contracted_on, terms)
    if terms.extend_for_wait:
        return deadline
    window_end = claim_window_end(contracted_on, terms, extra_days)
    # Going back the same months finds the day, except from the last day of a month: 28, 29, 30 and 31 January
    # all lead to 28 February, and the latest of them is wanted.
    latest = add_months(window_end, -terms.waiting_months)
    if window_end.day == monthrange(window_end.year, window_end.month)[1]:
        latest = latest.replace(day=monthrange(latest.year, latest.month)[1])
    return min(deadline, latest)


def safe_buy_by(last_day: date) -> date:
    """The day recommended instead of B (`last_day`), which leaves a single day to claim (G6)."""
    return last_day - timedelta(days=SAFE_DAYS)


def counted_contacts(contacts: Iterable[ContactFact], terms: Terms) -> list[ContactFact]:
    """The first contacts not returned, by instant of purchase, then id; as many as the terms count (G1)."""
    kept = [contact for contact in contacts if not contact.returned]
    kept.sort(key=lambda contact: (contact.bought_at, contact.id))
    return kept[: terms.contacts]


@dataclass(slots=True)
class _Case:
    """The facts with what several requirements need worked out once. Without S there are no dates."""

    facts: Facts
    terms: Terms
    today: date
    counted: list[ContactFact]
    complete: bool
    purchase_deadline: date | None = None
    claim_from: date | None = None
    claim_until: date | None = None
    buy_by: date | None = None


def _case(facts: Facts, terms: Terms, today: date) -> _Case:
    counted = counted_contacts(facts.contacts, terms)
    case = _Case(facts, terms, today, counted, complete=len(counted) == terms.contacts)
    start = facts.contracted_on
    if start is not None:
        last_bought_on = counted[-1].bought_on if case.complete else None
        case.purchase_deadline = purchase_deadline(start, terms)
        case.claim_from = None if last_bought_on is None else claim_from(last_bought_on, terms)
        case.claim_until = claim_until(start, terms, facts.extra_days, last_bought_on)
        case.buy_by = buy_by(start, terms, facts.extra_days)
    return case


# One function per requirement; where several columns of its row hold, the rightmost is meant. Each docstring
# names the keys of the detail it gives.


def _contacts(case: _Case) -> tuple[RequirementStatus, Detail]:
    """have, need: numbers of contacts; deadline: P or None (G1)."""
    deadline = case.purchase_deadline
    detail: Detail = {"have": len(case.counted), "need": case.terms.contacts, "deadline": deadline}
    if deadline is None:
        return "unmet", detail
    if case.complete:
        return "met", detail
    return ("lost" if case.today > deadline else "unmet"), detail


def _no_job_won(case: _Case) -> tuple[RequirementStatus, Detail]:
    """contacts: ids of those that were won (G2)."""
    won = tuple(contact.id for contact in case.counted if contact.won)
    return ("lost" if won else "met"), {"contacts": won}


def _bought_in_time(case: _Case) -> tuple[RequirementStatus, Detail]:
    """deadline: P or None; late: ids of counted contacts bought after it (G3)."""
    deadline = case.purchase_deadline
    if deadline is None:
        return "unmet", {"deadline": None, "late": ()}
    late = tuple(contact.id for contact in case.counted if contact.bought_on > deadline)
    detail: Detail = {"deadline": deadline, "late": late}
    if late or (not case.complete and case.today > deadline):
        return "lost", detail
    return ("met" if case.complete else "unmet"), detail


def _waiting_month(case: _Case) -> tuple[RequirementStatus, Detail]:
    """last_bought_on: date of the last counted purchase, claim_from: E; both None until E is known (G4)."""
    if case.claim_from is None:
        return "unmet", {"last_bought_on": None, "claim_from": None}
    detail: Detail = {"last_bought_on": case.counted[-1].bought_on, "claim_from": case.claim_from}
    return ("waiting" if case.today < case.claim_from else "met"), detail


def _claim_window(case: _Case) -> tuple[RequirementStatus, Detail]:
    """claim_from, claim_until, buy_by: dates or None; extra_days; reason: why it is lost, else None (G5, G6).

    The reasons: "bought_after_buy_by" (all contacts are there, the last was bought too late ever to claim),
    "closed" (the last day to claim has passed), "buy_by_passed" (contacts are missing and it is too late for
    them).
    """
    reason = None
    status: RequirementStatus = "unmet"
    if case.claim_until is not None and case.buy_by is not None:
        if case.claim_from is not None and case.claim_from > case.claim_until:
            reason = "bought_after_buy_by"
        elif case.today > case.claim_until:
            reason = "closed"
        elif not case.complete and case.today > case.buy_by:
            reason = "buy_by_passed"
        status = "met" if reason is None else "lost"
    return status, {
        "claim_from": case.claim_from,
        "claim_until": case.claim_until,
        "buy_by": case.buy_by,
        "extra_days": case.facts.extra_days,
        "reason": reason,
    }


def _profile(case: _Case) -> tuple[RequirementStatus, Detail]:
    """missing: which of logo, description, questions, project, work_photos; then have and need (G7)."""
    facts, terms = case.facts, case.terms
    complete = {
        "logo": facts.has_logo,
        "description": facts.description_length > terms.description_over,
        "questions": facts.answered >= facts.questions,
        "project": facts.best_project_photos >= terms.project_photos,
        "work_photos": facts.work_photos >= terms.work_photos,
    }
    missing = tuple(piece for piece, there in complete.items() if not there)
    return ("unmet" if missing else "met"), {
        "missing": missing,
        "description_length": facts.description_length,
        "description_needed": terms.description_over + 1,
        "answered": facts.answered,
        "questions": facts.questions,
        "project_photos": facts.best_project_photos,
        "project_photos_needed": terms.project_photos,
        "work_photos": facts.work_photos,
        "work_photos_needed": terms.work_photos,
    }


def _contact_review(case: _Case) -> tuple[RequirementStatus, Detail]:
    """have, need: numbers of counted contacts with a positive review (G8)."""
    have, need = sum(contact.positive_review for contact in case.counted), case.terms.contact_reviews
    return ("met" if have >= need else "unmet"), {"have": have, "need": need}


def _earlier_reviews(case: _Case) -> tuple[RequirementStatus, Detail]:
    """have, need: numbers of reviews (G8)."""
    have, need = case.facts.earlier_reviews, case.terms.earlier_reviews
    return ("met" if have >= need else "unmet"), {"have": have, "need": need}


def _plan(case: _Case) -> tuple[RequirementStatus, Detail]:
    """Nothing in detail (G9)."""
    return ("met" if case.facts.plan_in_force else "unmet"), {}


def _payments(case: _Case) -> tuple[RequirementStatus, Detail]:
    """Nothing in detail (G9)."""
    return ("met" if case.facts.payments_current else "unmet"), {}


def _returns_settled(case: _Case) -> tuple[RequirementStatus, Detail]:
    """contacts: ids of those with an undecided return (G13)."""
    pending = tuple(contact.id for contact in case.counted if contact.return_pending)
    return ("unmet" if pending else "met"), {"contacts": pending}


def _first_contact(case: _Case) -> tuple[RequirementStatus, Detail]:
    """policy: the terms' choice; hours: the time allowed; late, missed, open: ids of counted contacts (G21).

    Reached after the hours (late), not reached and past the last day for it (missed), not reached but still
    on a day for it (open). They are listed whatever the policy, since the product reminds of them under any.
    """
    hours = case.terms.first_contact_hours
    # A day is judged, not an instant, so the day on which the hours end counts whole: for 24 h the next one.
    last_days = timedelta(days=-(-hours // 24))
    late, missed, still_open = [], [], []
    for contact in case.counted:
        if contact.hours_to_first_contact is not None:
            if contact.hours_to_first_contact > hours:
                late.append(contact.id)
        elif case.today > contact.bought_on + last_days:
            missed.append(contact.id)
        else:
            still_open.append(contact.id)
    status: RequirementStatus = "met"
    if case.terms.first_contact == "require":
        if late or missed:
            status = "lost"
        elif still_open:
            status = "unmet"
    return status, {
        "policy": case.terms.first_contact,
        "hours": hours,
        "late": tuple(late),
        "missed": tuple(missed),
        "open": tuple(still_open),
    }


def _not_suspended(case: _Case) -> tuple[RequirementStatus, Detail]:
    """Nothing in detail (G19)."""
    return ("unmet" if case.facts.suspended else "met"), {}


def _first_claim(case: _Case) -> tuple[RequirementStatus, Detail]:
    """reason: what stands in the way, "refunded", "rejected_as_false" or "open", else None (G10)."""
    if case.facts.refunded:
        return "lost", {"reason": "refunded"}
    if case.facts.rejected_as_false:
        return "lost", {"reason": "rejected_as_false"}
    if case.facts.has_open_claim:
        return "unmet", {"reason": "open"}
    return "met", {"reason": None}


_JUDGES: dict[str, Callable[[_Case], tuple[RequirementStatus, Detail]]] = {
    "contacts": _contacts,
    "no_job_won": _no_job_won,
    "bought_in_time": _bought_in_time,
    "waiting_month": _waiting_month,
    "claim_window": _claim_window,
    "profile": _profile,
    "contact_review": _contact_review,
    "earlier_reviews": _earlier_reviews,
    "plan": _plan,
    "payments": _payments,
    "returns_settled": _returns_settled,
    "first_contact": _first_contact,
    "not_suspended": _not_suspended,
    "first_claim": _first_claim,
}
REQUIREMENT_CODES = tuple(_JUDGES)  # in page order


def evaluate(facts: Facts, terms: Terms, today: date) -> Eligibility:
    """Judge the guarantee on `today` (local) by these facts and the terms that bind the professional (G20).

    Any date may be asked about; the facts are taken as they are. All fourteen requirements are reported,
    always in the order of `REQUIREMENT_CODES`. One lost: no longer; all met: eligible; else not yet (G23).
    Raises ValueError or OverflowError only where a date leaves the calendar.
    """
    case = _case(facts, terms, today)
    requirements = []
    statuses = set()
    for code, judge in _JUDGES.items():
        status, detail = judge(case)
        # Time alone meets nothing but the waiting month, which ends on E.
        met_on = case.claim_from if status == "waiting" else None
        requirements.append(Requirement(code, status, met_on, detail))
        statuses.add(status)
    overall: EligibilityStatus = "not_yet"
    if "lost" in statuses:
        overall = "no_longer"
    elif statuses == {"met"}:
        overall = "eligible"
    return Eligibility(
        status=overall,
        requirements=tuple(requirements),
        counted=tuple(contact.id for contact in case.counted),
        amount_cents=sum(contact.price_cents for contact in case.counted),
        purchase_deadline=case.purchase_deadline,
        claim_from=case.claim_from,
        claim_until=case.claim_until,
        buy_by=case.buy_by,
    )
