"""What speaks against the story of a claim, from what was seen of it, and whether a decision fits to that (G25).

Never a score and never a refusal: each signal is shown to the reviewer with its numbers, and they decide. Pure: its
sentences are in `signal_words`, what it is judged from is loaded by `noticed`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any


@dataclass(frozen=True, slots=True)
class DiaryLine:
    """An entry of the diary: its kind, when it happened and when that was written down."""

    kind: str
    happened_at: datetime
    written_at: datetime


@dataclass(frozen=True, slots=True)
class Copy:
    """Where else a story stands: in the claim (its id) of another business (id and name), made on that local day, of
    the contact in that position; whether that claim was submitted before this one."""

    claim: int
    business: int
    name: str
    made_on: date
    position: int
    is_earlier: bool = True


@dataclass(frozen=True, slots=True)
class ReviewSign:
    """Something that was noticed about a review, in the words of whoever moderates it; who signed it, the local day on
    which it was written, and its id."""

    code: str
    sentence: str
    author: str
    written_on: date
    review: int = 0


@dataclass(frozen=True, slots=True)
class Homeowner:
    """What the homeowner said: their word and when; whether they were contacted ("yes", "no", "cannot_say" or empty),
    about when, and on which local day, where they said it."""

    word: str = ""
    said_at: datetime | None = None
    contacted: str = ""
    contacted_when: str = ""
    contacted_on: date | None = None


@dataclass(frozen=True, slots=True)
class ContactSeen:
    """One contact of a claim, by the id of the contact and its position in the claim."""

    id: int
    position: int
    bought_on: date
    is_won: bool = False
    # Each outcome and when it was set, the oldest first.
    outcomes: tuple[tuple[str, datetime], ...] = ()
    # "late", "never", or empty where it came in time or the terms do not ask for it (G21), and after how long.
    first_contact: str = ""
    first_contact_took: timedelta = timedelta(0)
    # Within how long the terms want it.
    first_contact_within: timedelta = timedelta(hours=24)
    # The local day of the first attempt to reach the homeowner: an unanswered call, too, which may go unnoticed.
    first_contact_on: date | None = None
    written_late: tuple[DiaryLine, ...] = ()
    # The first entry of which the homeowner must know, and its local day.
    in_touch: DiaryLine | None = None
    in_touch_on: date | None = None
    # The fingerprint of the story; empty where nothing is left of it.
    story: str = ""
    # So many letters and digits it has.
    story_length: int = 0
    copies: tuple[Copy, ...] = ()
    homeowner: Homeowner = Homeowner()
    # Stars for the work in its review, which only those are asked for who hired, and the day of that review.
    work_stars: int | None = None
    reviewed_on: date | None = None
    review: tuple[ReviewSign, ...] = ()


@dataclass(frozen=True, slots=True)
class Photos:
    """Different photos, of finished work and in the best project: how many the terms ask for, how many there were
    before the day on which the claim was made, and when it was submitted."""

    work_asked: int = 0
    project_asked: int = 0
    work_before: int = 0
    project_before: int = 0
    work: int = 0
    project: int = 0


@dataclass(frozen=True, slots=True)
class Shared:
    """Another business (id and name), and what it shares with this one: "phone", "tax_id" or "payer" (G10)."""

    business: int
    name: str
    what: str


@dataclass(frozen=True, slots=True)
class ClaimSeen:
    """A claim as far as signals are concerned, judged as made on that local day (G12)."""

    made_on: date
    contacts: Sequence[ContactSeen]
    photos: Photos = Photos()
    # Of the reviews by earlier clients that count (G8).
    earlier_reviews: tuple[ReviewSign, ...] = ()
    shared: tuple[Shared, ...] = ()


@dataclass(frozen=True, slots=True)
class Signal:
    """`code` for programs, the id of the contact it belongs to (None: to the whole claim), and the numbers, dates and
    names of its sentence."""

    code: str
    contact: int | None
    detail: Mapping[str, Any]


# What homeowners said: only for who may see their word (G2).
# Stars for the work are asked only of those who hired.
OF_HOMEOWNERS = frozenset(
    {"says_hired", "says_never_contacted", "says_contacted_otherwise", "work_rated", "work_without_a_job"}
)
# Against the story itself, each alone: an approval in spite of one is looked at again.
STRONG = frozenset(
    {
        "says_hired",
        "says_never_contacted",
        "won_earlier",
        "work_rated",
        "copied_story",
        "own_hand",
        "same_mail",
        "same_phone",
    }
)
# "He hired somebody else" is what many have to tell; nobody finds the same sixty letters and digits by themselves.
TOLD_ALIKE_BY_NOBODY = 60
# They tell of bad handling, and of the truth of a story nothing (G21).
OF_DELAY = frozenset({"first_contact_late", "never_contacted"})

# About when somebody says that they were contacted → the first day after the purchase of which they speak.
_FROM_DAY = {"within_a_week": timedelta(days=2), "later": timedelta(days=8)}
# People are mistaken by a day.
_MISTAKEN = timedelta(days=1)


def signals_of(claim: ClaimSeen) -> list[Signal]:
    """Everything that was noticed: contact by contact in their order, then of the whole claim."""
    told: dict[str, list[int]] = defaultdict(list)
    for contact in claim.contacts:
        if contact.story:
            told[contact.story].append(contact.position)
    found = [signal for contact in claim.contacts for signal in _of_contact(contact, told)]
    return [*found, *_of_claim(claim)]


def disagrees(
    decision: str, signals: Collection[Signal], found_false: Collection[int], grounds: Collection[str] = ()
) -> bool:
    """Whether the signals and the decision on a claim disagree, so that it is looked at again, whatever was drawn
    (G25). `decision` is the state that it led to; `found_false` the ids of the contacts whose verdict is *false*;
    `grounds` what a plain rejection stands on, beside its reason (`Case.grounds`).

    *Approved*: there is a strong signal against the story of a contact (see `STRONG`), also if it was settled by a
    verdict. *Rejected as false*: nothing was noticed about a contact that was found false, nor about the claim as a
    whole, but for delays. A plain rejection is about requirements, of which signals say nothing: *rejected* where none
    was found unmet, nor an answer missing, nor a contact credited already.
    """
    codes = {signal.code for signal in signals}
    if decision == "approved":
        return bool(codes & STRONG)
    if decision == "rejected_as_false":
        return not any(
            signal.contact is None or signal.contact in found_false
            for signal in signals
            if signal.code not in OF_DELAY
        )
    return decision == "rejected" and not grounds


def _of_contact(seen: ContactSeen, told: Mapping[str, list[int]]) -> Iterator[Signal]:
    def signal(code: str, **detail: Any) -> Signal:
        return Signal(code, seen.id, detail)

    if not seen.is_won:
        yield from _won_earlier(seen)
        if seen.homeowner.word == "hired_them":
            yield signal("says_hired", said_at=seen.homeowner.said_at)
        if seen.work_stars is not None:
            yield signal("work_rated", stars=seen.work_stars, day=seen.reviewed_on)
    yield from _said_otherwise(seen)
    for sign in seen.review:
        yield signal(sign.code, sentence=sign.sentence)
    if seen.written_late:
        yield signal("written_late", entries=seen.written_late)
    if seen.first_contact == "late":
        yield signal("first_contact_late", took=seen.first_contact_took, within=seen.first_contact_within)
    elif seen.first_contact == "never":
        yield signal("never_contacted")
    same = [position for position in told.get(seen.story, ()) if position != seen.position]
    if same:
        yield signal("same_story", positions=tuple(same))
    for copy in seen.copies:
        copied = copy.is_earlier and seen.story_length >= TOLD_ALIKE_BY_NOBODY
        yield signal("copied_story" if copied else "story_elsewhere", copy=copy)


def _won_earlier(seen: ContactSeen) -> Iterator[Signal]:
    """Of the last time that it was marked as won: when, and when and to what that was corrected (G2)."""
    for number in range(len(seen.outcomes) - 2, -1, -1):
        outcome, won_at = seen.outcomes[number]
        if outcome == "won":
            corrected_to, corrected_at = seen.outcomes[number + 1]
            detail = {"won_at": won_at, "corrected_to": corrected_to, "corrected_at": corrected_at}
            yield Signal("won_earlier", seen.id, detail)
            return


def _said_otherwise(seen: ContactSeen) -> Iterator[Signal]:
    """Where the homeowner's own answers disagree with the diary (G14): nobody was in touch, or on another day."""
    said = seen.homeowner
    if said.word == "never_contacted" or said.contacted == "no":
        if seen.in_touch is not None:
            yield Signal("says_never_contacted", seen.id, {"entry": seen.in_touch})
        return
    # They may have noticed any attempt, from the first on, and must know of the entry that they were in touch by.
    first, known = seen.first_contact_on, seen.in_touch_on
    on, since = said.contacted_on, _FROM_DAY.get(said.contacted_when)
    if on is not None:
        if first is not None and first - on > _MISTAKEN:
            yield _other_day(seen, on, first, exactly=True)
        elif known is not None and on - known > _MISTAKEN:
            yield _other_day(seen, on, known, exactly=True)
    elif since is not None and known is not None and seen.bought_on + since - known > _MISTAKEN:
        yield _other_day(seen, seen.bought_on + since, known, exactly=False)


def _other_day(seen: ContactSeen, said: date, diary: date, *, exactly: bool) -> Signal:
    return Signal("says_contacted_otherwise", seen.id, {"said": said, "exactly": exactly, "diary": diary})


def _of_claim(claim: ClaimSeen) -> Iterator[Signal]:
    photos = claim.photos
    if (photos.work_before < photos.work_asked and photos.work > photos.work_before) or (
        photos.project_before < photos.project_asked and photos.project > photos.project_before
    ):
        yield Signal("photos_on_claim_day", None, {"day": claim.made_on, "photos": photos})
    for sign in claim.earlier_reviews:
        detail = {
            "sentence": sign.sentence,
            "author": sign.author,
            "day": sign.written_on,
            "review": sign.review,
        }
        yield Signal(sign.code, None, detail)
    for shared in claim.shared:
        yield Signal(f"shared_{shared.what}", None, {"shared": shared})
