"""What whoever judges a contact had in front of them: nothing is judged over what came after it unread (G2, G16)."""

from typing import Any

from django.db.models import Count, OuterRef, Q, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce

from guarantees.contradictions import SEES_WORD
from guarantees.models import ClaimItem, SurveyAnswer, VerdictEvent
from marketplace.models import HomeownerWordEvent
from profiles.models import User


def seen_of(items: QuerySet[ClaimItem], by: User) -> dict[int, str]:
    """For each of these contacts of claims, by the id of the item, what there is to be read of it: its latest verdict,
    how many questions the professional has answered, the homeowner's latest word and answer, as "12.1.7.3". In one
    query. Whoever may not see what homeowners said does not learn here that they said something."""
    parts: dict[str, Any] = {
        "last_verdict": _latest(VerdictEvent.objects.filter(item=OuterRef("pk"))),
        "answers": Count("questions", filter=Q(questions__answered_at__isnull=False)),
        "last_word": Value(0),
        "last_said": Value(0),
    }
    if by.has_perm(SEES_WORD):
        contact = OuterRef("contact")
        parts["last_word"] = _latest(HomeownerWordEvent.objects.filter(contact=contact))
        parts["last_said"] = _latest(SurveyAnswer.objects.filter(survey__item__contact=contact))
    rows = items.order_by().annotate(**parts).values_list("pk", *parts)
    return {pk: ".".join(map(str, read)) for pk, *read in rows}


def _latest(rows: QuerySet[Any]) -> Coalesce:
    return Coalesce(Subquery(rows.order_by("-pk").values("pk")[:1]), 0)
