"""What the guarantee is judged by, read from the books: the same way for one professional and for a hundred thousand.

Page, mail, admin, command and jobs all come here, so that one answer is given everywhere. What is a plan in force,
an invoice past due or a review that counts is said by the floors below and only asked for here.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.db.models import (
    Aggregate,
    BooleanField,
    Count,
    Exists,
    ExpressionWrapper,
    FilteredRelation,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Sum,
)
from django.db.models.functions import Coalesce

from billing.models import Invoice, Period
from guarantees import rules
from guarantees.models import Claim, ExtraDays, GuaranteeTerms
from marketplace.models import Contact, ReturnRequest, Review
from profiles.completeness import counts_of
from profiles.models import Professional, Suspension

# So many professionals are judged at a time: enough to make queries few, little enough to keep memory small.
BATCH = 2_000
_HOUR = timedelta(hours=1)
_WON = Contact.Outcome.WON.value

# What is known of a business that has just been opened.
NOTHING_YET = rules.Facts(
    contracted_on=None,
    contacts=(),
    has_logo=False,
    description_length=0,
    questions=0,
    answered=0,
    best_project_photos=0,
    work_photos=0,
    earlier_reviews=0,
    plan_in_force=False,
    payments_current=True,
    suspended=False,
    has_open_claim=False,
    refunded=False,
    rejected_as_false=False,
)


@dataclass(frozen=True, slots=True)
class JudgedFacts:
    """The facts about one professional, with the version of the terms that binds them (G20)."""

    facts: rules.Facts
    terms: GuaranteeTerms

    def judge(self, on: date) -> rules.Eligibility:
        """The verdict on the local date `on`: by these facts, whichever date is asked about."""
        return rules.evaluate(self.facts, self.terms.as_rules(), on)


def load_facts(professional_ids: Collection[int], today: date) -> dict[int, JudgedFacts]:
    """Everything by which these professionals are judged, by row number, as things stand on `today` (local).

    At most 6 queries, however many are asked for (who asks for more than `BATCH` takes them in batches). Numbers
    of no professional are left out.
    """
    ids = list(professional_ids)
    if not ids:
        return {}
    versions = GuaranteeTerms.objects.all()
    profiles = counts_of(ids, today)
    contacts = _contacts(ids)
    loaded = {}
    for (
        pk,
        contracted_on,
        plan_in_force,
        past_due,
        suspended,
        open_claim,
        refunded,
        rejected_as_false,
        extra_days,
        earlier_reviews,
    ) in _standing(ids, today):
        profile = profiles[pk]
        facts = rules.Facts(
            contracted_on=contracted_on,
            contacts=contacts.get(pk, ()),
            has_logo=profile.has_logo,
            description_length=profile.description_length,
            questions=profile.questions,
            answered=profile.answered,
            best_project_photos=profile.best_project_photos,
            work_photos=profile.work_photos,
            earlier_reviews=earlier_reviews,
            plan_in_force=plan_in_force,
            payments_current=not past_due,
            suspended=suspended,
            has_open_claim=open_claim,
            refunded=refunded,
            rejected_as_false=rejected_as_false,
            extra_days=extra_days,
        )
        loaded[pk] = JudgedFacts(facts, versions.binding(contracted_on, today))
    return loaded


def judge(professional: Professional, today: date, *, on: date | None = None) -> rules.Eligibility:
    """The verdict on one professional: today's, or by today's facts that of another date `on`."""
    return load_facts([professional.pk], today)[professional.pk].judge(on or today)


def judge_many(ids: Collection[int], today: date) -> dict[int, rules.Eligibility]:
    """Today's verdict on each of these professionals, by row number, in a number of queries that does not grow."""
    return {pk: known.judge(today) for pk, known in load_facts(ids, today).items()}


def in_batches(batch: int = BATCH) -> Iterator[list[int]]:
    """The row numbers of all professionals in their order, a batch at a time, each once; a query for each. Nothing is
    held open between two batches, so the caller may write."""
    last = 0
    while ids := list(
        Professional.objects.filter(pk__gt=last).order_by("pk").values_list("pk", flat=True)[:batch]
    ):
        yield ids
        last = ids[-1]


def _standing(ids: list[int], today: date) -> Iterator[tuple]:
    """One row for each professional: S, then how plan, payments, suspension, claims, extra days and the reviews of
    earlier clients stand."""
    here = OuterRef("pk")
    claims = Claim.objects.filter(professional=here)
    extra_days = _of_each(ExtraDays.objects.filter(professional=here), Sum("days"))
    # By different people: one who wrote twice is counted once (G8).
    earlier_reviews = _of_each(
        Review.objects.counting().filter(professional=here, contact=None), Count("author_key", distinct=True)
    )
    return iter(
        Professional.objects.filter(pk__in=ids)
        .order_by("pk")
        .values_list(
            "pk",
            "first_contracted_on",
            _among(Period.objects.in_force(today).filter(professional__in=ids).values("professional")),
            _among(
                Invoice.objects.past_due(today)
                .filter(customer__professional__in=ids)
                .values("customer__professional")
            ),
            Exists(Suspension.objects.standing().filter(professional=here)),
            Exists(claims.open()),
            Exists(claims.filter(state=Claim.State.APPROVED)),
            Exists(claims.filter(state=Claim.State.REJECTED_AS_FALSE)),
            extra_days,
            earlier_reviews,
        )
    )


def _among(rows: QuerySet[Any, Any]) -> ExpressionWrapper:
    """Whether the row at hand is one of `rows`. Not correlated with it, so that the database finds those of the whole
    batch once; asked with Exists, it would read them of all professionals there are, or of each one apart."""
    return ExpressionWrapper(Q(pk__in=rows), BooleanField())


def _of_each(rows: QuerySet[Any], amount: Aggregate) -> Coalesce:
    """`amount` of the `rows` of the professional at hand; 0 where there is none."""
    summed = rows.order_by().values("professional").annotate(of_each=amount).values("of_each")
    return Coalesce(Subquery(summed), 0)


def _contacts(ids: list[int]) -> dict[int, list[rules.ContactFact]]:
    """Every purchase of each professional, in no order: the rules put them in theirs.

    Plain columns and no model: a million of them are read when all professionals are judged.
    """
    positive = Review.objects.counting().positive().filter(professional__in=ids, contact__isnull=False)
    bought: dict[int, list[rules.ContactFact]] = defaultdict(list)
    for professional, pk, bought_at, bought_on, price, returned_at, pending, outcome, reached_at, praised in (
        Contact.objects.filter(professional__in=ids)
        # At most one return of a contact waits for its decision, so this joins one row or none.
        .annotate(asked=FilteredRelation("returns", condition=Q(returns__state=ReturnRequest.State.ASKED)))
        .order_by()
        .values_list(
            "professional",
            "pk",
            "bought_at",
            "bought_on",
            "price_cents",
            "returned_at",
            "asked__pk",
            "outcome",
            "first_contact_at",
            _among(positive.values("contact")),
        )
    ):
        bought[professional].append(
            rules.ContactFact(
                pk,
                bought_at,
                bought_on,
                price,
                returned_at is not None,
                pending is not None,
                outcome == _WON,
                None if reached_at is None else (reached_at - bought_at) / _HOUR,
                praised,
            )
        )
    return bought
