"""The evidence of a claim that holds personal data: shown to the person it is about, and erased with them; facts and
verdict stay (G13, X5)."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from django.db.models import Q
from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from base.erased import ERASED
from base.registry import HomeownerData, homeowner_data
from guarantees.models import (
    Appeal,
    Claim,
    ClaimEvent,
    ClaimItem,
    ClaimQuestion,
    HomeownerSurvey,
    LaterJobLook,
    SecondLook,
    Story,
    SurveyAnswer,
    VerdictEvent,
)
from guarantees.moves import Happened
from guarantees.survey import in_words
from mail import inbox
from mail.models import IncomingMail
from marketplace.models import Lead
from profiles.models import Suspension
from support.appeals import forget_words
from support.models import Ticket


def shown(lead: Lead) -> Iterator[tuple[str, str]]:
    """What whoever made the request was asked about the businesses that bought it, and what they answered (G14)."""
    surveys = HomeownerSurvey.objects.filter(item__contact__lead=lead, sent_at__isnull=False)
    for survey in (
        surveys.select_related("item__contact__professional").prefetch_related("answers").order_by("pk")
    ):
        business = {"business": survey.item.contact.professional.name}
        yield (
            _("Asked about %(business)s") % business,
            date_format(localtime(survey.sent_at), "DATETIME_FORMAT"),
        )
        for answer in survey.answers.all():
            yield (
                _("Answered about %(business)s, %(moment)s")
                % {**business, "moment": date_format(localtime(answer.at), "DATETIME_FORMAT")},
                in_words(answer),
            )


homeowner_data.append(HomeownerData(gettext_lazy("What we asked you about businesses"), shown))


def forget_lead(*, lead: Lead, now: datetime, **kwargs: Any) -> None:
    """Receives `lead_anonymised`: what was told and asked of its contacts. No open claim counts them any more.

    The mails to its homeowner go by their causes, with the marketplace's (`marketplace.homeowner_mails`).
    """
    of_item = {"item__contact__lead": lead}
    surveys = HomeownerSurvey.objects.filter(**of_item)
    SurveyAnswer.objects.filter(survey__in=surveys).delete()
    surveys.update(hired="", contacted="", contacted_when="", contacted_on=None)
    LaterJobLook.objects.filter(contact__lead=lead).update(note=ERASED)
    Story.objects.filter(contact__lead=lead).update(text="")
    ClaimItem.objects.filter(contact__lead=lead).update(story=ERASED, story_fingerprint="", note="")
    VerdictEvent.objects.filter(**of_item).update(reason="")
    claims = Claim.objects.filter(pk__in=ClaimItem.objects.filter(contact__lead=lead).values("claim"))
    claims.exclude(decision_reason="").update(decision_reason=ERASED)
    # What was to be put right is told by codes, of which nobody's data is part.
    events = ClaimEvent.objects.filter(claim__in=claims).exclude(reason="")
    events.exclude(kind=Happened.PROBLEM).update(reason=ERASED)
    # A suspension that came with one of them, or for it when another was lifted, may be lifted for what is known of it.
    stood_on = events.values_list("stood_on__suspension", flat=True)
    came_with = Suspension.objects.filter(
        Q(pk__in=[pk for pk in stood_on if pk], suspended_at__in=events.values("at"))
        | Q(claim__in=claims)
        | Q(
            professional__in=claims.values("professional"),
            lifted_at__in=events.filter(kind=Happened.APPEAL_UPHELD).values("at"),
        )
    )
    came_with.exclude(lift_reason="").update(lift_reason=ERASED)
    looks = SecondLook.objects.filter(decision__claim__in=claims)
    looks.exclude(note="").update(note=ERASED)
    ClaimQuestion.objects.filter(**of_item).update(text=ERASED)
    ClaimQuestion.objects.filter(**of_item, answered_at__isnull=False).update(answer=ERASED)
    # One that waits is read first: it loses its words with its answer (`appeals.answered`).
    appeals = Appeal.objects.filter(claim__items__contact__lead=lead).exclude(state=Appeal.State.WAITING)
    forget_words(Ticket.objects.filter(appeal__in=appeals), now=now)
    appeals.update(text=ERASED, answer=ERASED)
    # Whom a mail speaks of nobody can tell, so all go of whoever bought this request, but those that are looked at.
    of_buyers = Claim.objects.filter(professional__contacts__lead=lead).exclude(state__in=Claim.OPEN)
    inbox.clear(IncomingMail.objects.filter(claim_mail__claim__in=of_buyers, cleared_at=None), now=now)
