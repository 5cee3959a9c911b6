"""What was bought: the list of the day, and one contact with its diary and outcome."""

import uuid
from datetime import datetime
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Q
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from base.access import get_visible
from base.days import marketplace_day
from base.errors import Refusal
from base.paging import newest_first
from base.posting import to_top_of
from mail.models import OutgoingMail
from marketplace import attempts, day, returns
from marketplace.contacts import set_outcome
from marketplace.diary import withheld_texts, write_diary
from marketplace.first_contact import clock_of
from marketplace.follow_up import next_step
from marketplace.forms.contacts import DiaryForm, OutcomeForm
from marketplace.forms.homeowner import AnswerForm
from marketplace.models import Contact, ContactEvent, DiaryEntry, HomeownerQuestion, ReviewRequest
from marketplace.questions import answer_question
from marketplace.return_days import ASKED_WITHIN
from marketplace.reviews import to_be_asked_again
from marketplace.seen import note_seen
from marketplace.summaries import KIND_OF_MAIL, has_spoken
from profiles.current import BusinessRequest, business_required
from profiles.plain_text import one_line

LIST_SIZE = 20
# Of what is overdue and of what is due today, before the others.
WORK_SIZE = 20
# On each page where only those are asked for. By number, and not by key: they leave the list as they are done, and
# whoever turns the page a moment later begins at the first again.
WORK_LIST_SIZE = 100
Outcome = Contact.Outcome
FILTERS = {
    "open": Q(outcome=Outcome.OPEN, returned_at=None),
    "won": Q(outcome=Outcome.WON, returned_at=None),
    "lost": Q(outcome__in=(Outcome.LOST, Outcome.NO_ANSWER), returned_at=None),
    "returned": Q(returned_at__isnull=False),
}
WORK = {"overdue": day.overdue, "today": day.due_today}


@business_required
@require_GET
def contact_list(request: BusinessRequest) -> HttpResponse:
    """The list of the day: what is overdue first, then what is due today; below them the others, newest first (G22)."""
    now = timezone.now()
    only = request.GET.get("only", "")
    wanted = one_line(request.GET.get("q", ""))[:SEARCH_AT_MOST]
    mine = day.contacts_of(request.business)
    found = day.find(request.business, wanted) if wanted else None
    if found is not None:
        mine = mine.filter(pk__in=found.ids)
    work: dict[str, list[Contact]] = {}
    sheet = None
    if only in WORK:
        sheet = Paginator(WORK[only](mine, now), WORK_LIST_SIZE).get_page(request.GET.get("page"))
        work = {only: list(sheet)}
        others = mine.none()
    else:
        others = mine.filter(FILTERS.get(only, Q()))
        if only in ("", "open") and found is None:
            work = {name: list(due(mine, now)[: WORK_SIZE + 1]) for name, due in WORK.items()}
    more = [name for name, due in work.items() if only not in WORK and len(due) > WORK_SIZE]
    if only not in WORK:
        work = {name: due[:WORK_SIZE] for name, due in work.items()}
        others = others.exclude(pk__in=[contact.pk for due in work.values() for contact in due])
    page = newest_first(others, request, by="bought_at", size=LIST_SIZE, among=mine)
    if not page.first:
        work = {}
    lines = _lines(request, [*page.rows, *(contact for due in work.values() for contact in due)], now)
    return render(
        request,
        "marketplace/contacts.html",
        {
            "only": only if only in (*FILTERS, *WORK) else "",
            "wanted": wanted,
            "cut": found is not None and found.cut,
            "overdue": [lines[contact.pk] for contact in work.get("overdue", [])],
            "today": [lines[contact.pk] for contact in work.get("today", [])],
            "more": more,
            "sheet": sheet,
            "contacts": [lines[contact.pk] for contact in page.rows],
            "page": page,
        },
    )


# Longer than any name or title that is looked for.
SEARCH_AT_MOST = 120


def _lines(request: BusinessRequest, contacts: list[Contact], now: datetime) -> dict[int, dict[str, Any]]:
    """What each line of the list shows, by contact; in two statements for all."""
    # Where each stands among those that the guarantee counts (G1).
    kept = Contact.objects.filter(professional=request.business).kept().values_list("pk", flat=True)
    number_of = {pk: number for number, pk in enumerate(kept, start=1)}
    asked_about = day.asked_about(contacts, now)
    return {
        contact.pk: day.line_of(contact, now)
        | {"number": number_of.get(contact.pk), "asked_about": asked_about.get(contact.pk)}
        for contact in contacts
    }


def _contact(request: BusinessRequest, public_id: uuid.UUID) -> Contact:
    contacts = Contact.objects.select_related("lead__category", "lead__province", "professional")
    return get_visible(contacts, request, public_id=public_id)


@business_required
@require_GET
def contact_page(request: BusinessRequest, public_id: uuid.UUID) -> HttpResponse:
    """A contact that was bought, with the homeowner's details (M5)."""
    return _show(request, _contact(request, public_id), timezone.now())


@business_required
@require_POST
def diary(request: BusinessRequest, public_id: uuid.UUID) -> HttpResponse:
    """Writes something into the diary."""
    now = timezone.now()
    contact = _contact(request, public_id)
    form = DiaryForm(request.POST, contact=contact)
    if form.is_valid():
        try:
            write_diary(contact=contact, **form.cleaned_data, by=request.user, now=now)
        except Refusal as refusal:
            form.add_error(refusal.field, str(refusal))
        else:
            messages.success(request, _("Written in the diary."))
            return redirect("marketplace:contact", public_id=contact.public_id)
    return _show(request, contact, now, diary_form=form)


@business_required
@require_POST
def outcome(request: BusinessRequest, public_id: uuid.UUID) -> HttpResponse:
    """Says how it ended, or corrects that."""
    now = timezone.now()
    contact = _contact(request, public_id)
    form = OutcomeForm(request.POST)
    if form.is_valid():
        try:
            set_outcome(contact=contact, **form.cleaned_data, by=request.user, now=now)
        except Refusal as refusal:
            form.add_error(refusal.field, str(refusal))
        else:
            messages.success(request, _("The outcome is recorded. You can correct it here."))
            return redirect("marketplace:contact", public_id=contact.public_id)
    return _show(request, contact, now, outcome_form=form)


@business_required
@require_POST
def answer(request: BusinessRequest, public_id: uuid.UUID, question_id: uuid.UUID) -> HttpResponse:
    """Answers a question of the homeowner (G22)."""
    now = timezone.now()
    contact = _contact(request, public_id)
    question = get_object_or_404(contact.questions, public_id=question_id)
    form = AnswerForm(request.POST, auto_id=f"{question.public_id}_%s")
    if form.is_valid():
        try:
            answer_question(question=question, text=form.cleaned_data["answer"], by=request.user, now=now)
        except Refusal as refusal:
            form.add_error(refusal.field, str(refusal))
        else:
            messages.success(
                request, _("Your answer is on its way to the homeowner, and stands in the diary.")
            )
            return to_top_of("marketplace:contact", public_id=contact.public_id)
    return _show(request, contact, now, answers={question.pk: form})


def _show(
    request: BusinessRequest,
    contact: Contact,
    now: datetime,
    *,
    diary_form: DiaryForm | None = None,
    outcome_form: OutcomeForm | None = None,
    answers: dict[int, AnswerForm] | None = None,
) -> HttpResponse:
    """The contact's page; a form that was refused is shown with what was wrong."""
    if contact.lead.details_shown:
        note_seen(leads=[contact.lead], user=request.user, professional=request.business, now=now)
    entries = list(contact.diary.select_related("written_by", "summary"))
    review_request = ReviewRequest.objects.filter(contact=contact).select_related("review").first()
    asked_return = contact.returns.order_by("asked_at", "id").last()
    return render(
        request,
        "marketplace/contact.html",
        {
            "contact": contact,
            "lead": contact.lead,
            "asked_within_days": ASKED_WITHIN.days,
            "clock": clock_of(contact, now),
            "number": _number(contact),
            "next": next_step(contact, entries),
            "now": now,
            "questions": _questions(contact, answers or {}),
            "diary": entries,
            "withheld": withheld_texts(contact.diary.all()),
            "outcomes": [(event.at, _outcome_label(event)) for event in contact.events.all()],
            "diary_form": diary_form
            or DiaryForm(contact=contact, initial={"happened_at": timezone.localtime(now)}),
            "outcome_form": outcome_form
            or OutcomeForm(initial={"outcome": contact.outcome, "lost_reason": contact.lost_reason}),
            "attempts": attempts.open_attempts(contact, now),
            "reachable": contact.returned_at is None and contact.lead.details_shown,
            "ways": attempts.ways_to(contact.lead, request.business.name)
            if contact.lead.details_shown
            else {},
            "has_spoken": has_spoken(entries),
            "undelivered": _undelivered(entries),
            "today": marketplace_day(now),
            "asked_return": asked_return,
            "left": returns.days_left(contact, now) if asked_return is None else None,
            "review_request": review_request,
            "asks_again": review_request is not None and bool(to_be_asked_again([review_request], now)),
        },
    )


def _questions(
    contact: Contact, answers: dict[int, AnswerForm]
) -> list[tuple[HomeownerQuestion, AnswerForm | None]]:
    """What the homeowner asked, each with the form for its answer while it waits; nothing once they withdrew (M5)."""
    if not contact.lead.details_shown:
        return []
    questions = list(contact.questions.select_related("answered_by"))
    waiting = set(contact.questions.waiting().values_list("pk", flat=True)) if questions else set()
    return [
        (
            question,
            answers.get(question.pk)
            or (AnswerForm(auto_id=f"{question.public_id}_%s") if question.pk in waiting else None),
        )
        for question in questions
    ]


def _outcome_label(event: ContactEvent) -> str:
    label = str(Outcome(event.to_state).label)
    if event.reason:
        return f"{label}, {Contact.LostReason(event.reason).label}"
    return label


def _number(contact: Contact) -> int | None:
    """Its place among the kept contacts of its professional, in the guarantee's order (G1)."""
    if contact.returned_at is not None:
        return None
    kept = Contact.objects.filter(professional=contact.professional_id).kept()
    return kept.filter(
        Q(bought_at__lt=contact.bought_at) | Q(bought_at=contact.bought_at, pk__lte=contact.pk)
    ).count()


def _undelivered(entries: list[DiaryEntry]) -> set[int]:
    """Which of the diary's summaries could not be delivered; asked only where one was sent."""
    causes = {
        f"summary:{entry.summary.public_id}": entry.pk for entry in entries if hasattr(entry, "summary")
    }
    if not causes:
        return set()
    failed = OutgoingMail.objects.filter(kind=KIND_OF_MAIL, cause__in=causes, state=OutgoingMail.State.FAILED)
    return {causes[cause] for cause in failed.values_list("cause", flat=True)}
