"""Days added to one business's claim window: given by staff with a reason, and proposed by looking at what cost it
time (G5).

A proposal is no row: it is worked out from the return, review, suspension or claim each time that it is asked for,
until somebody gives or declines it. It is made only where the days would help, and of a business that staff may still
wait for: one that is suspended, or whose claim is open, is looked at again when that has ended.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from django.db import models, transaction
from django.db.models import F, OuterRef, QuerySet, Subquery
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from base.days import marketplace_day
from guarantees import rules
from guarantees.concerned import concerned
from guarantees.errors import GuaranteeError, refuse
from guarantees.extra_days_letters import tell_given
from guarantees.facts import BATCH, JudgedFacts, load_facts
from guarantees.models import Claim, ClaimEvent, DeclinedExtraDays, ExtraDays
from guarantees.moves import Happened
from guarantees.own_business import why_not_own
from guarantees.wording import long_date
from marketplace.models import ReturnRequest, Review, ReviewEvent
from profiles.models import Professional, Suspension, User
from profiles.plain_text import many_lines

# So long a business may claim again after a plain rejection.
AFTER_REJECTION = timedelta(days=15)
# A window that closed so long ago is not opened again by a proposal; staff can still give days by hand.
LOOK_BACK = timedelta(days=120)
GIVE = "guarantees.add_extradays"


class Why(models.TextChoices):
    """What cost the business its time."""

    RETURN = "return", gettext_lazy("a return waited for staff")
    REVIEW = "review", gettext_lazy("a review waited for staff")
    SUSPENSION = "suspension", gettext_lazy("a suspension was lifted")
    REJECTION = "claim", gettext_lazy("a claim was rejected")


# So many days staff may take over a return or a review (M7, M12).
STAFF_MAY_TAKE = {Why.RETURN: 5, Why.REVIEW: 5}


@dataclass(frozen=True, slots=True)
class Proposal:
    """Extra days for a business because of what lasted from `began_on` to `ended_on` (local); `claim_until` is the last
    day to claim as it is without them, and `new_claim_until` with them. A rejection happened on one day, and is both.

    Days are added to C. Where the wait keeps the window open longer (`extend_for_wait`), as many are proposed as move
    the last day to claim by what was lost."""

    professional: Professional
    why: Why
    cause: str
    began_on: date
    ended_on: date
    days: int
    claim_until: date
    new_claim_until: date

    @property
    def reason(self) -> str:
        """In the active language."""
        waited = (self.ended_on - self.began_on).days
        words = {"first": long_date(self.began_on), "last": long_date(self.ended_on), "days": waited}
        match self.why:
            case Why.RETURN:
                text = ngettext(
                    "A return waited %(days)s day for staff, from %(first)s to %(last)s.",
                    "A return waited %(days)s days for staff, from %(first)s to %(last)s.",
                    waited,
                )
            case Why.REVIEW:
                text = ngettext(
                    "A review waited %(days)s day for staff, from %(first)s to %(last)s.",
                    "A review waited %(days)s days for staff, from %(first)s to %(last)s.",
                    waited,
                )
            case Why.SUSPENSION:
                text = ngettext(
                    "The profile was suspended for %(days)s day, from %(first)s to %(last)s.",
                    "The profile was suspended for %(days)s days, from %(first)s to %(last)s.",
                    waited,
                )
            case Why.REJECTION:
                text = _("The claim was rejected on %(first)s: %(days)s days to make it again.")
                words["days"] = AFTER_REJECTION.days
        return text % words


@dataclass(frozen=True, slots=True)
class _Slip:
    """What cost time, and on which dates (local)."""

    professional_id: int
    why: Why
    cause: str
    began_on: date
    ended_on: date

    @property
    def days_lost(self) -> set[date]:
        """The days that it cost. A plain rejection cost none: what is given after it is time to claim again."""
        if self.why == Why.REJECTION:
            return set()
        return _days(self.began_on + timedelta(days=STAFF_MAY_TAKE.get(self.why, 0)), self.ended_on)


def _days(first: date, end: date) -> set[date]:
    """Every day from `first` on and before `end`."""
    return {first + timedelta(days=number) for number in range((end - first).days)}


def proposals(professionals: QuerySet[Professional], today: date) -> list[Proposal]:
    """What is proposed for these businesses as of `today` (local): the window that ends soonest comes first."""
    among = concerned(today, look_back=LOOK_BACK) & professionals
    slips = _slips(among)
    causes = [slip.cause for slip in slips]
    given, declined = _causes(ExtraDays, causes), _causes(DeclinedExtraDays, causes)
    upheld = _upheld(among)
    of_each: dict[int, list[_Slip]] = defaultdict(list)
    for slip in slips:
        if slip.cause not in declined:
            of_each[slip.professional_id].append(slip)
    found: list[Proposal] = []
    ids = sorted({slip.professional_id for slip in slips if slip.cause not in given | declined})
    for start in range(0, len(ids), BATCH):
        some = ids[start : start + BATCH]
        known = load_facts(some, today)
        for pk, professional in Professional.objects.select_related("owner").in_bulk(some).items():
            found += _helpful(professional, of_each[pk], given, upheld[pk], known[pk], today)
    return sorted(found, key=lambda each: (each.claim_until, each.professional.pk, each.cause))


def give_extra_days(
    *, professional: Professional, days: int, reason: str, by: User, now: datetime, cause: str = ""
) -> ExtraDays:
    """Adds days to the business's claim window, and tells the owner the new last day to claim (G5).

    Raises GuaranteeError: no_permission, own_business, reason_needed.
    """
    reason = many_lines(reason)
    with transaction.atomic():
        professional = _locked(professional)
        _refuse(professional, by, reason)
        given = ExtraDays.objects.create(
            professional=professional, days=days, reason=reason, given_by=by, given_at=now, cause=cause
        )
        tell_given(given, why=cause.partition(":")[0], now=now)
    return given


def give_proposed(*, professional: Professional, cause: str, by: User, now: datetime) -> ExtraDays:
    """Gives the days proposed for that cause. Given already: returns them and does nothing.

    Raises GuaranteeError: no_permission, own_business, not_proposed (declined, or of no help any more).
    """
    with transaction.atomic():
        professional = _locked(professional)
        given = ExtraDays.objects.exclude(cause="").filter(professional=professional, cause=cause).first()
        if given:
            return given
        refuse(why_not_given_by(professional, by))
        proposal = _proposed(professional, cause, marketplace_day(now))
        return give_extra_days(
            professional=professional,
            days=proposal.days,
            reason=proposal.reason,
            by=by,
            now=now,
            cause=cause,
        )


def decline_proposed(
    *, professional: Professional, cause: str, reason: str, by: User, now: datetime
) -> DeclinedExtraDays:
    """The days proposed for that cause are not given, and proposed no more. Declined already: returns that.

    Raises GuaranteeError: no_permission, own_business, reason_needed, not_proposed (given, or of no help any more).
    """
    reason = many_lines(reason)
    with transaction.atomic():
        professional = _locked(professional)
        declined = DeclinedExtraDays.objects.filter(professional=professional, cause=cause).first()
        if declined:
            return declined
        _refuse(professional, by, reason)
        proposal = _proposed(professional, cause, marketplace_day(now))
        return DeclinedExtraDays.objects.create(
            professional=professional,
            cause=cause,
            days=proposal.days,
            reason=reason,
            declined_by=by,
            declined_at=now,
        )


def _slips(among: QuerySet[Professional]) -> list[_Slip]:
    return [*_returns(among), *_reviews(among), *_suspensions(among), *_rejections(among)]


def give_for_upheld_appeal(
    *, claim: Claim, decided_at: datetime, reason: str, by: User, now: datetime
) -> int:
    """Adds the days from a decision to the appeal that was upheld against it, each that was not made good before; says
    by how many the last day to claim moves (G5, G19). The business's row is locked.

    Made good are those lost to a return, a review or a suspension for which days were given, and as many as were given
    to claim again after this very rejection.
    """
    decided_on, today = marketplace_day(decided_at), marketplace_day(now)
    known = load_facts([claim.professional_id], today)[claim.professional_id]
    facts, terms = known.facts, known.terms.as_rules()
    claim_until = known.judge(today).claim_until
    assert facts.contracted_on is not None and claim_until is not None  # It has claimed.
    slips = _slips(Professional.objects.filter(pk=claim.professional_id))
    given = _causes(ExtraDays, [slip.cause for slip in slips])
    lost = _days(decided_on, today)
    for slip in slips:
        if slip.cause in given:
            lost -= slip.days_lost
    to_claim_again = ExtraDays.objects.filter(cause=_cause_of_rejection(claim.pk, decided_on)).first()
    moves = len(lost)
    if to_claim_again:
        without = replace(facts, extra_days=facts.extra_days - to_claim_again.days)
        before = rules.evaluate(without, terms, today).claim_until
        assert before is not None
        moves = max(0, moves - (claim_until - before).days)
    if moves:
        ExtraDays.objects.create(
            professional=claim.professional,
            days=_unnoticed(facts, terms, claim_until) + moves,
            reason=reason,
            given_by=by,
            given_at=now,
        )
    return moves


def _unnoticed(facts: rules.Facts, terms: rules.Terms, claim_until: date) -> int:
    """How much longer than C the wait keeps the window open (`extend_for_wait`): days of which nothing would be
    noticed."""
    assert facts.contracted_on is not None
    return (claim_until - rules.claim_window_end(facts.contracted_on, terms, facts.extra_days)).days


def _cause_of_rejection(claim: int, rejected_on: date) -> str:
    """Rejected once more after an appeal, it is rejected on another day."""
    return f"{Why.REJECTION}:{claim}:{rejected_on:%Y%m%d}"


def cause_of(suspension: Suspension) -> str:
    """By which days lost to a suspension are known."""
    return f"{Why.SUSPENSION}:{suspension.pk}"


def _locked(professional: Professional) -> Professional:
    """Two who press at once do it one after the other."""
    return (
        Professional.objects.select_for_update(no_key=True, of=("self",))
        .select_related("owner")
        .get(pk=professional.pk)
    )


def why_not_given_by(professional: Professional, by: User) -> list[GuaranteeError]:
    """Why `by` can neither give that business extra days nor decline them, as a sentence; empty: they can (G5)."""
    if not by.has_perm(GIVE):
        return [GuaranteeError("no_permission", _("Your role does not allow this."))]
    return why_not_own(professional, by)


def _refuse(professional: Professional, by: User, reason: str) -> None:
    refuse(why_not_given_by(professional, by))
    if not reason:
        raise GuaranteeError("reason_needed", _("Please write the reason."), field="reason")


def _proposed(professional: Professional, cause: str, today: date) -> Proposal:
    for each in proposals(Professional.objects.filter(pk=professional.pk), today):
        if each.cause == cause:
            return each
    raise GuaranteeError(
        "not_proposed", _("These days are not proposed any more. Please look at the list again.")
    )


def _helpful(
    professional: Professional,
    slips: Iterable[_Slip],
    given: set[str],
    made_good: set[date],
    known: JudgedFacts,
    today: date,
) -> list[Proposal]:
    """The slips as proposals, but for those of which the causes are `given`, if with all their days the business could
    still claim. A day that was lost to several is that of the first that ended, and none of those `made_good` is."""
    facts, terms = known.facts, known.terms.as_rules()
    claim_until = known.judge(today).claim_until
    if facts.contracted_on is None or claim_until is None:
        return []
    unnoticed = _unnoticed(facts, terms, claim_until)
    counted, proposed = set(made_good), []
    for slip in sorted(slips, key=lambda slip: slip.ended_on):
        # None before the guarantee began, on S.
        lost = {day for day in slip.days_lost - counted if day >= facts.contracted_on}
        counted |= lost
        days = len(lost)
        if slip.why == Why.REJECTION:
            # What the window lacks of 15 (G5, G10).
            days = (slip.ended_on + AFTER_REJECTION - claim_until).days
        if days > 0 and slip.cause not in given:
            new_claim_until = claim_until + timedelta(days=days)
            proposed.append(
                Proposal(
                    professional,
                    slip.why,
                    slip.cause,
                    slip.began_on,
                    slip.ended_on,
                    unnoticed + days,
                    claim_until,
                    new_claim_until,
                )
            )
    extra = facts.extra_days + unnoticed + sum(each.days - unnoticed for each in proposed)
    if rules.evaluate(replace(facts, extra_days=extra), terms, today).status == "no_longer":
        return []
    return proposed


def _causes(rows: type[ExtraDays] | type[DeclinedExtraDays], causes: list[str]) -> set[str]:
    """Those of the causes for which there are rows: days given, or declined."""
    found: set[str] = set()
    for start in range(0, len(causes), BATCH):
        some = causes[start : start + BATCH]
        found.update(rows.objects.filter(cause__in=some).values_list("cause", flat=True))
    return found


def _returns(among: QuerySet[Professional]) -> Iterator[_Slip]:
    """Returns that staff decided later than they promise (M7); one that was withdrawn cost nothing."""
    rows = ReturnRequest.objects.filter(
        contact__professional__in=among,
        state__in=[ReturnRequest.State.ACCEPTED, ReturnRequest.State.REFUSED],
        decided_at__gt=F("asked_at") + timedelta(days=STAFF_MAY_TAKE[Why.RETURN]),
    )
    for pk, professional, asked_at, decided_at in rows.values_list(
        "pk", "contact__professional", "asked_at", "decided_at"
    ):
        assert decided_at is not None
        yield _waited(Why.RETURN, pk, professional, asked_at, decided_at)


def _reviews(among: QuerySet[Professional]) -> Iterator[_Slip]:
    """Reviews that a moderator published or rejected later than they promise (M12)."""
    rows = ReviewEvent.objects.filter(
        review__professional__in=among,
        from_state=Review.State.WAITING,
        at__gt=F("review__written_at") + timedelta(days=STAFF_MAY_TAKE[Why.REVIEW]),
    )
    for pk, professional, written_at, decided_at in rows.values_list(
        "review", "review__professional", "review__written_at", "at"
    ):
        yield _waited(Why.REVIEW, pk, professional, written_at, decided_at)


def _waited(why: Why, pk: int, professional: int, since: datetime, until: datetime) -> _Slip:
    return _Slip(professional, why, f"{why}:{pk}", marketplace_day(since), marketplace_day(until))


def _suspensions(among: QuerySet[Professional]) -> Iterator[_Slip]:
    """The days lost to a suspension that was lifted (G19)."""
    for suspension in Suspension.objects.filter(professional__in=among, lifted_at__isnull=False):
        assert suspension.lifted_at is not None
        yield _Slip(
            suspension.professional_id,
            Why.SUSPENSION,
            cause_of(suspension),
            marketplace_day(suspension.suspended_at),
            marketplace_day(suspension.lifted_at),
        )


def _rejections(among: QuerySet[Professional]) -> Iterator[_Slip]:
    """Plain rejections (G5, G10)."""
    rows = Claim.objects.filter(professional__in=among, state=Claim.State.REJECTED)
    for pk, professional, decided_at in rows.values_list("pk", "professional", "decided_at"):
        assert decided_at is not None
        rejected_on = marketplace_day(decided_at)
        yield _Slip(
            professional,
            Why.REJECTION,
            _cause_of_rejection(pk, rejected_on),
            rejected_on,
            rejected_on,
        )


def _upheld(among: QuerySet[Professional]) -> dict[int, set[date]]:
    """Professional → the days from a decision to the appeal upheld against it, which were made good then (G19)."""
    decided_at = (
        ClaimEvent.objects.filter(
            claim=OuterRef("claim"),
            to_state__in=[Claim.State.REJECTED, Claim.State.REJECTED_AS_FALSE],
            id__lt=OuterRef("id"),
        )
        .exclude(from_state=F("to_state"))  # What only happened, and decided nothing.
        .order_by("-id")
        .values("at")[:1]
    )
    upheld = ClaimEvent.objects.filter(claim__professional__in=among, kind=Happened.APPEAL_UPHELD)
    found: dict[int, set[date]] = defaultdict(set)
    for professional, first, last in upheld.annotate(decided_at=Subquery(decided_at)).values_list(
        "claim__professional", "decided_at", "at"
    ):
        found[professional] |= _days(marketplace_day(first), marketplace_day(last))
    return found
