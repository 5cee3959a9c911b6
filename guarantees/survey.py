"""What the homeowners say of a claim: asked by mail on its submission, answered by one press, without an account (G14).

An answer is evidence and never a verdict: it becomes the homeowner's word on the contact, as if they had said it on
their own page (G2), and no page, mail or API of the professional tells of it.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, fields, replace
from datetime import date, datetime, timedelta

from django.core.signing import BadSignature
from django.db import transaction
from django.db.models import F, Q, QuerySet
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from base import links
from base.days import marketplace_day, start_of_day
from base.jobs import for_each
from guarantees.errors import GuaranteeError
from guarantees.models import Claim, ClaimItem, HomeownerSurvey, SurveyAnswer
from mail import outbox
from marketplace.contacts import record_homeowner_word
from marketplace.homeowners import numbered, refuse_outdated, without_number
from marketplace.models import Contact, Lead

Word = Contact.Word
Contacted = HomeownerSurvey.Contacted
NotAsked = HomeownerSurvey.NotAsked

# What the link in the mail is signed for; and the address of the page after the press, which is in no mail.
LINK_PURPOSE = "survey"
ANSWERED_PURPOSE = "survey answered"
LINK_LIVES = timedelta(days=60)  # M1; to the end of the last day
# Time for second thoughts, and for the details; later, the homeowner's own page has the last word.
CORRECT_WITHIN = timedelta(hours=1)
REMIND_AFTER = timedelta(days=3)
# Whoever submits, withdraws and submits again does not have homeowners written to each time.
NOT_AGAIN_WITHIN = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Said:
    """One answer: `hired` is one of `Contact.Word`, the others are those of `HomeownerSurvey`, empty where not said."""

    hired: str
    contacted: str = ""
    contacted_when: str = ""
    contacted_on: date | None = None


def ask_homeowners(*, claim: Claim, items: Sequence[ClaimItem], now: datetime) -> None:
    """Asks the homeowner of each contact, or writes down why not; in the transaction that submits the claim.

    `items` with their contacts and leads; as many statements for fifteen as for one.
    """
    asked_lately = set(
        HomeownerSurvey.objects.filter(
            item__contact__in=[item.contact_id for item in items],
            sent_at__gt=now - NOT_AGAIN_WITHIN,
            answered_at=None,
        ).values_list("item__contact_id", flat=True)
    )
    surveys = []
    for item in items:
        why_not = _why_not_ask(item.contact) or (NotAsked.RECENTLY if item.contact_id in asked_lately else "")
        surveys.append(HomeownerSurvey(item=item, not_asked=why_not, sent_at=None if why_not else now))
    HomeownerSurvey.objects.bulk_create(surveys)
    business = claim.professional.name
    outbox.write_many(
        [_letter(survey, "homeowner_survey", business) for survey in surveys if survey.sent_at], now=now
    )


def _why_not_ask(contact: Contact) -> str:
    said = contact.homeowner_word not in ("", Word.UNDECIDED)
    return _why_gone(contact.lead) or (NotAsked.SAID if said else "")


def _why_gone(lead: Lead) -> str:
    """Why whoever made this request is asked nothing any more (X5); empty: they can be."""
    if lead.anonymised_at is not None or lead.erase_asked_at is not None:
        return NotAsked.ERASED
    return "" if lead.withdrawn_at is None else NotAsked.WITHDRAWN


def cause_of(survey: HomeownerSurvey) -> str:
    """The cause of the mails of one survey; `survey` with its item and contact.

    It begins with the contact's: what is written to a homeowner is shown to them, and forgotten with them, by that.
    """
    return f"contact:{survey.item.contact.public_id}:survey:{survey.pk}"


def _letter(survey: HomeownerSurvey, name: str, business: str) -> outbox.Letter:
    contact = survey.item.contact
    assert survey.sent_at is not None  # Who is not asked is not written to.
    return outbox.Letter(
        kind=f"guarantees/{name}",
        cause=cause_of(survey),
        to=contact.lead.homeowner_email,
        language=contact.lead.language,
        context={
            "name": contact.lead.homeowner_name,
            "title": contact.lead.masked_title,
            "business": business,
            "bought_on": contact.bought_on,
            "until": last_day_of(survey),
            "link": links.absolute("guarantees:survey", token=token_of(survey)),
        },
    )


def last_day_of(survey: HomeownerSurvey) -> date:
    """The last local day on which the link is good, to its end; `survey` was sent."""
    assert survey.sent_at is not None
    return marketplace_day(survey.sent_at) + LINK_LIVES


def token_of(survey: HomeownerSurvey) -> str:
    """What the link in the mails carries. It ends by its row, so a reminder does not make it live longer."""
    return _signed(LINK_PURPOSE, survey)


def answered_token_of(survey: HomeownerSurvey) -> str:
    """What the address of the page after the press carries."""
    return _signed(ANSWERED_PURPOSE, survey)


def _signed(purpose: str, survey: HomeownerSurvey) -> str:
    """It ends, too, with the other links to the request, where its homeowner made them useless."""
    return links.sign(purpose, numbered(survey.public_id, survey.item.contact.lead))


def survey_behind(token: str, purpose: str) -> HomeownerSurvey:
    """The survey that a link was made for, with its contact, request and business.

    Raises GuaranteeError("survey_unknown"): forged, cut off, or made for something else; and MarketplaceError
    "link_outdated".
    """
    survey, number = None, 0
    with suppress(BadSignature):
        public_id, number = without_number(links.unsign(purpose, token, max_age=None))
        survey = _surveys().filter(public_id=public_id).first()
    if survey is None or survey.sent_at is None:
        raise GuaranteeError(
            "survey_unknown", _("This link leads nowhere. Open it once more from the mail, or copy it whole.")
        )
    refuse_outdated(number, survey.item.contact.lead)
    return survey


def _surveys() -> QuerySet[HomeownerSurvey]:
    return HomeownerSurvey.objects.select_related(
        "item__claim", "item__contact__lead", "item__contact__professional"
    )


def why_ended(survey: HomeownerSurvey, now: datetime) -> GuaranteeError | None:
    """Why nothing can be answered by the link any more, as a sentence; None: it can (M1)."""
    if _why_gone(survey.item.contact.lead):
        return GuaranteeError(
            "survey_withdrawn", _("You have withdrawn your data, so we ask nothing more of you.")
        )
    if survey.item.contact.professional.closed_at is not None:
        return GuaranteeError(
            "survey_closed",
            _("The business that we asked you about has closed its account. Nothing more is needed of you."),
        )
    if survey.answered_at is not None:
        return GuaranteeError(
            "survey_used", _("Your answer has reached us, and each link is good for one. Thank you.")
        )
    if survey.sent_at is None or marketplace_day(now) > last_day_of(survey):
        return GuaranteeError(
            "survey_expired",
            _("This link was good for %(days)s days, and they are over. Nothing more is needed of you.")
            % {"days": LINK_LIVES.days},
        )
    return None


def can_correct(survey: HomeownerSurvey, now: datetime) -> bool:
    """Whether details can still be added to an answer, and the answer changed: for an hour, whatever has become of the
    claim, of which the page says nothing (G14)."""
    return (
        survey.answered_at is not None
        and now - survey.answered_at <= CORRECT_WITHIN
        and not _why_gone(survey.item.contact.lead)
    )


def answer_survey(*, survey: HomeownerSurvey, hired: str, now: datetime) -> HomeownerSurvey:
    """Takes in what the homeowner pressed, one of `Contact.Word`; that uses the link up (G14, M1).

    Also after the claim was decided: then it is kept as evidence for what may follow (G24), and the decision stands.
    The same press twice is one, unless the refund came in between. Raises GuaranteeError: unknown_answer, survey_used,
    survey_expired, survey_withdrawn.
    """
    if hired not in Word.values:
        raise _unknown_answer()
    with transaction.atomic():
        survey = _locked(survey)
        if (
            survey.answered_at is not None
            and survey.hired == hired
            and now - survey.answered_at <= CORRECT_WITHIN
        ):
            if _is_said_after_the_refund(survey):
                _take_in(survey, Said(*(getattr(survey, each.name) for each in fields(Said))), now)
            return survey
        ended = why_ended(survey, now)
        if ended:
            raise ended
        survey.answered_at = now
        _take_in(survey, Said(hired, Contacted.NO if hired == Word.NEVER_CONTACTED else ""), now)
    return survey


def correct_answer(*, survey: HomeownerSurvey, said: Said, now: datetime) -> HomeownerSurvey:
    """Adds the details to an answer, or corrects it; the latest stands, and each is kept (G14).

    Who was hired may be left out where nobody was in touch; when that was, is said only where somebody was. The same
    again changes nothing, unless the refund came in between. Raises GuaranteeError: unknown_answer, not_that_day,
    survey_over.
    """
    said = _made_to_fit(said)
    with transaction.atomic():
        survey = _locked(survey)
        if not can_correct(survey, now):
            raise GuaranteeError(
                "survey_over", _("Your answer stays as it is: it can no longer be changed on this page.")
            )
        asked_on = marketplace_day(survey.item.contact.lead.created_at)
        if said.contacted_on is not None and not asked_on <= said.contacted_on <= marketplace_day(now):
            raise GuaranteeError(
                "not_that_day", _("Choose a day between your request and today."), field="contacted_on"
            )
        differs = any(getattr(survey, name) != value for name, value in asdict(said).items())
        if differs or _is_said_after_the_refund(survey):
            _take_in(survey, said, now)
    return survey


def _is_said_after_the_refund(survey: HomeownerSurvey) -> bool:
    """Whether who says once more that they hired this business says it for the first time since the guarantee paid the
    contact back: that is a word of its own, which a reviewer looks at (G24)."""
    refunded_at = survey.item.contact.refunded_at
    if survey.hired != Word.HIRED_THEM or refunded_at is None:
        return False
    return not survey.answers.filter(at__gte=refunded_at).exists()


def _made_to_fit(said: Said) -> Said:
    """Without what contradicts itself. Raises GuaranteeError("unknown_answer")."""
    if said.contacted != Contacted.YES:
        said = replace(said, contacted_when="", contacted_on=None)
    if said.hired in ("", Word.NEVER_CONTACTED):
        said = replace(said, hired=Word.NEVER_CONTACTED if said.contacted == Contacted.NO else "")
    known = (
        said.hired in Word.values
        and said.contacted in ("", *Contacted.values)
        and said.contacted_when in ("", *HomeownerSurvey.When.values)
    )
    if not known:
        raise _unknown_answer()
    return said


def _locked(survey: HomeownerSurvey) -> HomeownerSurvey:
    """The survey anew, with what it bears on locked, in the order of the house: a decision on the claim, and a verdict
    on the contact, come before the answer or after it, and never at once."""
    item = survey.item
    Contact.objects.select_for_update(no_key=True, of=("self",)).get(pk=item.contact_id)
    Claim.objects.select_for_update(no_key=True, of=("self",)).get(pk=item.claim_id)
    return _surveys().select_for_update(no_key=True, of=("self",)).get(pk=survey.pk)


def _take_in(survey: HomeownerSurvey, said: Said, now: datetime) -> None:
    # So that it is shown as what it is: an answer of which whoever gave the verdict, or decided, did not know.
    moments = (now, survey.item.verdict_at, survey.item.claim.decided_at)
    now = max(moment for moment in moments if moment is not None)
    for name, value in asdict(said).items():
        setattr(survey, name, value)
    survey.save(update_fields=["answered_at", *asdict(said)])
    SurveyAnswer.objects.create(survey=survey, **asdict(said), at=now)
    record_homeowner_word(contact=survey.item.contact, word=said.hired, by=None, now=now)


def _unknown_answer() -> GuaranteeError:
    return GuaranteeError("unknown_answer", _("Choose one of the answers."), field="hired")


def in_words(answer: SurveyAnswer) -> str:
    """An answer in one line."""
    said = [str(answer.get_hired_display())]
    if answer.contacted:
        when = [answer.get_contacted_when_display()] if answer.contacted_when else []
        if answer.contacted_on:
            when.append(date_format(answer.contacted_on, "DATE_FORMAT"))
        said.append(
            _("was contacted: %(contacted)s")
            % {"contacted": ", ".join([str(answer.get_contacted_display()), *map(str, when)])}
        )
    return " · ".join(said)


def to_remind(now: datetime) -> QuerySet[HomeownerSurvey]:
    """Asked three days ago or earlier and neither answered nor reminded, while a claim with the contact is open and the
    link is good; nobody who has said it elsewhere since, or has withdrawn."""
    said_since = ~Q(item__contact__homeowner_word__in=["", Word.UNDECIDED]) | Q(
        item__contact__homeowner_word=Word.UNDECIDED, item__contact__homeowner_word_at__gte=F("sent_at")
    )
    return HomeownerSurvey.objects.waiting().filter(
        ~said_since,
        reminded_at=None,
        sent_at__lte=now - REMIND_AFTER,
        sent_at__gte=start_of_day(marketplace_day(now) - LINK_LIVES),  # As `last_day_of`.
        item__contact__lead__withdrawn_at=None,
        item__contact__lead__anonymised_at=None,
        item__contact__lead__erase_asked_at=None,
    )


def remind_homeowners(*, now: datetime, batch: int = 200) -> int:
    """Reminds each once, by the link that they have; returns how many. May run twice, late, or on two workers."""
    return for_each(to_remind(now), lambda pk: _remind(pk, now), what="remind of", batch=batch)


def _remind(pk: int, now: datetime) -> bool:
    survey = (
        to_remind(now)
        .select_related("item__contact__lead", "item__contact__professional")
        .select_for_update(no_key=True, skip_locked=True, of=("self",))
        .filter(pk=pk)
        .first()
    )
    if survey is None:
        return False
    # The open claim's row too: while it is being decided, nobody is reminded of it.
    counting = Claim.objects.open().filter(items__contact=survey.item.contact_id)
    if counting.select_for_update(no_key=True, skip_locked=True, of=("self",)).first() is None:
        return False
    survey.reminded_at = now
    survey.save(update_fields=["reminded_at"])
    business = survey.item.contact.professional.name
    outbox.write_many([_letter(survey, "homeowner_survey_reminder", business)], now=now)
    return True
