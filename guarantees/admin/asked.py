"""What homeowners were asked by mail about the contacts of a claim, as its reviewer sees it (G14)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from guarantees.models import Claim, HomeownerSurvey
from guarantees.survey import cause_of, in_words
from mail.models import OutgoingMail


@dataclass(frozen=True, slots=True)
class Asked:
    """One survey: its answers, oldest first, each with its words and whether it came after the decision."""

    survey: HomeownerSurvey
    of_another_claim: bool
    undelivered: bool
    answers: list[tuple[datetime, str, bool]]


def asked_about(contacts: Collection[int], claim: Claim) -> dict[int, list[Asked]]:
    """By contact, the survey of `claim` first, then those of the business's other claims. Three queries."""
    surveys = list(
        HomeownerSurvey.objects.filter(item__contact__in=contacts)
        .select_related("item__contact", "item__claim")
        .prefetch_related("answers")
        .defer("item__claim__submission_snapshot", "item__claim__decision_snapshot")
        .order_by("-pk")
    )
    causes = {cause_of(survey): survey.pk for survey in surveys if survey.sent_at}
    failed = OutgoingMail.objects.filter(cause__in=causes, state=OutgoingMail.State.FAILED)
    undelivered = {causes[cause] for cause in failed.values_list("cause", flat=True)}
    found: dict[int, list[Asked]] = defaultdict(list)
    for survey in sorted(surveys, key=lambda survey: survey.item.claim_id != claim.pk):
        decided_at = survey.item.claim.decided_at
        found[survey.item.contact_id].append(
            Asked(
                survey,
                survey.item.claim_id != claim.pk,
                survey.pk in undelivered,
                [
                    (answer.at, in_words(answer), decided_at is not None and answer.at >= decided_at)
                    for answer in survey.answers.all()
                ],
            )
        )
    return found
