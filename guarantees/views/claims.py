"""The pages on which a professional prepares a claim, submits it, and sees what becomes of it (G11, G17)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.paginator import Page, Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from base.access import get_visible
from base.days import marketplace_day
from base.posting import post_or_back_to, to_top_of
from guarantees import claims, facts, rules
from guarantees.blockers import Action, Case
from guarantees.errors import GuaranteeError
from guarantees.forms import AnswerForm, AppealForm, StoryForm
from guarantees.mailed import judge_draft
from guarantees.models import Appeal, Claim, ClaimEvent, ClaimQuestion, Story
from guarantees.moves import Happened, refusals_of
from guarantees.prefill import starting_text
from guarantees.wording import title
from marketplace.diary import withheld_texts
from marketplace.models import Contact, DiaryEntry
from profiles.current import BusinessRequest, business_required, own_business_of
from profiles.models import Professional

PER_PAGE = 15


@dataclass
class Card:
    """One contact on the page of the draft."""

    number: int
    contact: Contact
    story: Story | None
    form: StoryForm
    counted: bool

    @property
    def is_told(self) -> bool:
        return claims.is_told(self.story)

    @property
    def anchor(self) -> str:
        return f"contact-{self.contact.public_id}"


def _draft(business: Professional) -> Claim | None:
    return business.claims.filter(state=Claim.State.DRAFT).first()


def _kept(business: Professional) -> Any:
    """The contacts that can have a story, in the guarantee's order, with all that their cards show."""
    return (
        Contact.objects.kept()
        .filter(professional=business)
        .select_related("lead__category", "story")
        .prefetch_related("diary")
    )


def _stories(contacts: Sequence[Contact]) -> dict[int, Story]:
    return {contact.pk: contact.story for contact in contacts if hasattr(contact, "story")}


def _cards(page: Page[Contact], counted: Sequence[int], data: Any, *, fill: bool) -> list[Card]:
    """A card for each contact of `page`; `fill`: where there is no story yet, its form begins with the diary."""
    withheld = (
        withheld_texts(DiaryEntry.objects.filter(contact__in=list(page.object_list))) if fill else set()
    )
    cards = []
    for number, contact in enumerate(page.object_list, start=page.start_index()):
        story: Story | None = getattr(contact, "story", None)
        text, ending = (story.text, story.ending) if story else ("", "")
        if fill and not text:
            text = starting_text([entry for entry in contact.diary.all() if entry.pk not in withheld])
        form = StoryForm(data, prefix=str(contact.public_id), initial={"text": text, "ending": ending})
        cards.append(Card(number, contact, story, form, contact.pk in counted))
    return cards


@business_required
@require_http_methods(["GET", "HEAD", "POST"])
def claim(request: BusinessRequest) -> HttpResponse:
    """The draft: one form for each contact, saved as one goes; before there is one, how to begin it."""
    business = request.business
    today = marketplace_day(timezone.now())
    draft = _draft(business)
    open_claim = business.claims.open().first()
    if open_claim:
        return redirect("guarantees:claim_status", public_id=open_claim.public_id)
    if draft is None:
        return render(
            request,
            "guarantees/claim_begin.html",
            {
                "business": business,
                "is_owner": business.owner_id == request.user.pk,
                "obstacles": claims.why_not_begin(business, today),
                "earlier": business.claims.exclude(submitted_at=None).order_by("-submitted_at"),
            },
        )
    judged = facts.load_facts([business.pk], today)[business.pk]
    judged_on, eligibility, by_mail = judge_draft(draft, judged, today)
    is_owner = business.owner_id == request.user.pk
    page = Paginator(_kept(business), max(PER_PAGE, judged.terms.contacts)).get_page(request.GET.get("page"))
    if request.method == "POST":
        own_business_of(request)
        cards = _cards(page, eligibility.counted, request.POST, fill=False)
        if _save(request, draft, cards):
            wanted = request.POST.get("save", "")
            # Back to the card whose button it was; after saving all, to the top, where it is said what was saved.
            anchor = next((f"#{card.anchor}" for card in cards if str(card.contact.public_id) == wanted), "")
            return redirect(f"{reverse('guarantees:claim')}?page={page.number}{anchor}")
    else:
        cards = _cards(page, eligibility.counted, None, fill=is_owner)
    return render(
        request,
        "guarantees/claim_draft.html",
        {
            "business": business,
            "claim": draft,
            "cards": cards,
            "page": page,
            "is_owner": is_owner,
            "eligibility": eligibility,
            "terms": judged.terms,
            "told": _count_told(eligibility),
            "steps": range(judged.terms.contacts),
            "least": claims.STORY_AT_LEAST,
            "obstacles": claims.unmet(eligibility),
            "mails": draft.mails.select_related("mail"),
            "judged_on": judged_on,
            "by_mail": by_mail,
            "today": today,
        },
    )


def _count_told(eligibility: rules.Eligibility) -> int:
    """How many of the counted contacts have a story that is complete."""
    return sum(map(claims.is_told, Story.objects.filter(contact__in=eligibility.counted)))


def _save(request: BusinessRequest, draft: Claim, cards: Sequence[Card]) -> bool:
    """Saves what was changed on the page, and the card whose button was pressed; False: something was refused."""
    now = timezone.now()
    wanted = request.POST.get("save", "")
    saved, fine = 0, True
    for card in cards:
        if f"{card.form.prefix}-shown" not in request.POST:
            continue  # The page was another one when it was opened.
        if not card.form.is_valid():
            fine = False
            continue
        if not card.form.was_changed("story") and str(card.contact.public_id) != wanted:
            continue
        if card.form.was_saved_elsewhere(card.story):
            fine = False
            continue
        try:
            claims.save_story(
                claim=draft,
                contact=card.contact,
                text=card.form.cleaned_data["text"],
                ending=card.form.cleaned_data["ending"],
                by=request.user,
                now=now,
            )
            saved += 1
            # Where another card is refused, the page goes on with what is kept now.
            card.form.now_shows("story", card.form.cleaned_data)
        except GuaranteeError as error:
            card.form.add_error(error.field, str(error))
            fine = False
    if saved:
        messages.success(
            request,
            ngettext("%(count)s story saved.", "%(count)s stories saved.", saved) % {"count": saved},
        )
    elif fine:
        messages.info(request, _("Nothing was changed, so there was nothing to save."))
    if not fine:
        messages.error(request, _("Something could not be saved. See below."))
    return fine


@business_required
@require_POST
def claim_begin(request: BusinessRequest) -> HttpResponse:
    """Begins the draft, or goes to the one there is."""
    try:
        claims.begin_claim(professional=own_business_of(request), by=request.user, now=timezone.now())
    except GuaranteeError as error:
        messages.error(request, str(error))
    return redirect("guarantees:claim")


@business_required
@require_http_methods(["GET", "HEAD", "POST"])
def claim_submit(request: BusinessRequest) -> HttpResponse:
    """The summary before submitting: everything that is still missing, or everything that will be sent."""
    business = own_business_of(request)
    draft = _draft(business)
    if draft is None:
        return redirect("guarantees:claim")
    now = timezone.now()
    refused: GuaranteeError | None = None
    if request.method == "POST":
        try:
            submitted = claims.submit_claim(claim=draft, by=request.user, now=now)
        except GuaranteeError as error:
            refused = error
        else:
            messages.success(request, _("Your claim has been submitted. We have sent you a mail."))
            return redirect("guarantees:claim_status", public_id=submitted.public_id)
    today = marketplace_day(now)
    judged_on, eligibility, by_mail = judge_draft(
        draft, facts.load_facts([business.pk], today)[business.pk], today
    )
    by_id = {contact.pk: contact for contact in _kept(business).filter(pk__in=eligibility.counted)}
    counted = [by_id[contact_id] for contact_id in eligibility.counted if contact_id in by_id]
    stories = _stories(counted)
    return render(
        request,
        "guarantees/claim_submit.html",
        {
            "business": business,
            "claim": draft,
            "eligibility": eligibility,
            "refused": refused,
            "obstacles": claims.unmet(eligibility),
            "missing": claims.missing_stories(counted, stories),
            "contacts": counted,
            "judged_on": judged_on,
            "by_mail": by_mail,
        },
        status=409 if refused else 200,
    )


@business_required
@post_or_back_to("guarantees:claim_status")
def claim_withdraw(request: BusinessRequest, public_id: UUID) -> HttpResponse:
    """Takes the claim back."""
    found = claim_of(request, public_id)
    own_business_of(request)
    try:
        claims.withdraw_claim(claim=found, by=request.user, now=timezone.now())
    except GuaranteeError as error:
        messages.error(request, str(error))
    else:
        messages.success(request, _("The claim has been withdrawn. Its stories stay with your contacts."))
    if found.submitted_at is None:
        return redirect("guarantees:claim")
    return redirect("guarantees:claim_status", public_id=public_id)


@business_required
@require_GET
def claim_status(request: BusinessRequest, public_id: UUID) -> HttpResponse:
    """What becomes of a claim: its state in plain words, what comes next, what is asked, and its history."""
    return status_page(request, claim_of(request, public_id), timezone.now())


@business_required
@post_or_back_to("guarantees:claim_status")
def answer(request: BusinessRequest, public_id: UUID) -> HttpResponse:
    """Answers the questions of a claim: those whose answer was written; the others go on waiting."""
    found = claim_of(request, public_id)
    own_business_of(request)
    now = timezone.now()
    asked = {
        f"question-{question.pk}": question
        for question in ClaimQuestion.objects.filter(item__claim=found).select_related(
            "item__claim__professional"
        )
    }
    sent = [key.removesuffix("-answer") for key in request.POST if key.endswith("-answer")]
    if not set(sent) <= asked.keys():
        raise Http404  # A question of another claim, or of none.
    forms = {key: AnswerForm(request.POST, prefix=key) for key in sent}
    written = [key for key in sent if forms[key].is_valid() and forms[key].cleaned_data["answer"]]
    fine = all(form.is_valid() for form in forms.values())
    for key in written:
        try:
            claims.answer_question(
                question=asked[key],
                answer=forms[key].cleaned_data["answer"],
                by=request.user,
                now=now,
            )
        except GuaranteeError as error:
            forms[key].add_error("answer" if error.field else None, str(error))
            fine = False
    if fine and written:
        messages.success(request, _("Thank you. Your answer has reached us."))
        return to_top_of("guarantees:claim_status", public_id=public_id)
    if fine:
        messages.error(request, _("Please write an answer."))
    found.refresh_from_db()
    return status_page(request, found, now, forms)


def claim_of(request: BusinessRequest, public_id: UUID) -> Claim:
    """The claim of that address, if it belongs to a business of whoever is signed in; else Http404."""
    found: Claim = get_visible(
        Claim.objects.select_related("professional", "refund_entry", "suspension"),
        request,
        public_id=public_id,
    )
    return found


# What the professional reads of the history; the verdicts and the homeowners' words are not part of it.
REASON_IS_SHOWN = (Happened.REJECTED, Happened.APPEAL_REFUSED)


@dataclass(frozen=True)
class Line:
    """One line of a claim's history, as the professional reads it."""

    event: ClaimEvent

    @property
    def words(self) -> str:
        return str(Happened(self.event.kind).label)

    @property
    def reason(self) -> str:
        if self.event.kind == Happened.PROBLEM:
            return ", ".join(
                title(rules.Requirement(code, "unmet", None, {})) for code in self.event.reason.split(",")
            )
        return self.event.reason if self.event.kind in REASON_IS_SHOWN else ""


@dataclass
class Question:
    """A question of the reviewer, with the form to answer it while it can be."""

    asked: ClaimQuestion
    form: AnswerForm | None
    settled: bool


def status_page(
    request: HttpRequest,
    found: Claim,
    now: datetime,
    forms: dict[str, AnswerForm] | None = None,
    *,
    appeal_form: AppealForm | None = None,
    status: int = 200,
) -> HttpResponse:
    """The page of one claim; `forms` and `appeal_form` are those that were sent and refused."""
    if found.state == Claim.State.DRAFT:
        return redirect("guarantees:claim")
    case = Case(found, now)
    is_owner = found.professional.owner_id == request.user.pk
    questions = []
    for item in case.items:
        for asked in item.questions.all():
            asked.item = item
            form = None
            settled = case.is_settled(asked)
            if found.is_open and asked.answered_at is None and is_owner and not settled:
                key = f"question-{asked.pk}"
                form = (forms or {}).get(key) or AnswerForm(prefix=key)
            questions.append(Question(asked, form, settled))
    return render(
        request,
        "guarantees/claim_status.html",
        {
            "claim": found,
            "items": case.items,
            "is_owner": is_owner,
            "lines": [Line(event) for event in found.events.all()],
            "questions": questions,
            "to_answer": any(question.form for question in questions),
            "false_items": case.false_items if found.state == Claim.State.REJECTED_AS_FALSE else [],
            "problems": _problems(case) if found.is_open else [],
            "today": case.today,
            "appeal": Appeal.objects.against(found).first(),
            "appeal_form": appeal_form or AppealForm(),
            "withdrawal": case.blockers(Action.WITHDRAW, request.user) if found.is_open else None,  # type: ignore[arg-type]
            "appeal_refused": refusals_of(found).last(),
        },
        status=status,
    )


def _problems(case: Case) -> list[tuple[str, Any]]:
    """What the professional was told to put right and still fails, each with its last day (G15)."""
    if not case.told:
        return []
    return [(title(each), case.told[each.code]) for each in case.failing if each.code in case.told]
