"""The homeowner's page, behind the link in their mails (M1). Looking at it does nothing: machines open links too."""

import uuid
from dataclasses import dataclass
from datetime import datetime

from django.contrib import messages
from django.db.models import Prefetch
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from base.days import marketplace_day
from base.errors import Refusal
from base.posting import to_top_of
from marketplace import reviews
from marketplace.anonymising import GOING_ON, KEPT_MONTHS, erase_lead
from marketplace.asking import CONFIRM_WITHIN, can_ask_again, confirm_lead, is_too_late
from marketplace.directory import public
from marketplace.forms.homeowner import HiredForm, QuestionForm
from marketplace.forms.reviews import ReviewForm
from marketplace.held import held_about
from marketplace.hiring import say_and_close, what_was_said
from marketplace.homeowners import renew_link, token_of
from marketplace.leads import told_why
from marketplace.models import LEAD_LIVES, Contact, HomeownerQuestion, Lead, Review, ReviewRequest
from marketplace.public_profile import page_address
from marketplace.questions import ask_question
from marketplace.views.private import homeowner_page, link_ended
from marketplace.withdrawal import withdraw_lead
from profiles.browsers import professional_of_browser
from profiles.networks import network_key

State = Lead.State


@require_safe
@homeowner_page
def homeowner(request: HttpRequest, lead: Lead, token: str) -> HttpResponse:
    """Where a request stands; one that is not confirmed yet is shown with the button that confirms it."""
    if lead.state == Lead.State.UNCONFIRMED:
        return redirect("marketplace:confirm", token=token)
    return _show(request, lead, token, timezone.now())


@require_http_methods(["GET", "HEAD", "POST"])
@homeowner_page
def confirm(request: HttpRequest, lead: Lead, token: str) -> HttpResponse:
    """Shows what was asked for, and confirms it when the button is pressed."""
    now = timezone.now()
    if request.method == "POST":
        try:
            confirm_lead(lead, now)
        except Refusal as refusal:
            return link_ended(request, refusal)
        messages.success(request, _("Confirmed. Your request is with us now."))
        return redirect("marketplace:homeowner", token=token)
    if lead.state != Lead.State.UNCONFIRMED:
        return redirect("marketplace:homeowner", token=token)
    context = {"lead": lead, "token": token, "ends_at": lead.created_at + CONFIRM_WITHIN}
    context |= {"days": CONFIRM_WITHIN.days}
    status = 410 if is_too_late(lead, now) else 200
    return render(request, "marketplace/confirm.html", context | {"too_late": status == 410}, status=status)


@require_POST
@homeowner_page
def new_link(request: HttpRequest, lead: Lead, token: str) -> HttpResponse:
    """Makes every link useless that there is, this one too, and goes on under the new one."""
    try:
        lead = renew_link(lead=lead, now=timezone.now())
    except Refusal as refusal:
        if refusal.code != "too_many_mails":
            return link_ended(request, refusal)
        messages.error(request, str(refusal))
    else:
        messages.success(
            request,
            _(
                "The old links lead nowhere any more. You are on the new address now, and it is in your mail too."
            ),
        )
    return redirect("marketplace:homeowner", token=token_of(lead))


@require_POST
@homeowner_page
def ask(request: HttpRequest, lead: Lead, token: str, public_id: uuid.UUID) -> HttpResponse:
    """Sends a question to one of the businesses that bought the request (G22)."""
    now = timezone.now()
    contact = get_object_or_404(lead.contacts.select_related("professional"), public_id=public_id)
    form = QuestionForm(request.POST, auto_id=f"{contact.public_id}_%s")
    if form.is_valid():
        try:
            ask_question(contact=contact, text=form.cleaned_data["text"], now=now)
        except Refusal as refusal:
            form.add_error(refusal.field, str(refusal))
        else:
            messages.success(
                request,
                _("We have sent your question to %(business)s.") % {"business": contact.professional.name},
            )
            return redirect("marketplace:homeowner", token=token)
    return _show(request, lead, token, now, asking={contact.pk: form})


@require_POST
@homeowner_page
def job(request: HttpRequest, lead: Lead, token: str) -> HttpResponse:
    """Takes in who was hired, and closes the job if that was pressed: each without the other, too (M1, G2)."""
    now = timezone.now()
    contacts = list(lead.contacts.select_related("professional").order_by("bought_at", "pk"))
    form = HiredForm(request.POST, contacts=contacts)
    closes = request.POST.get("do") == "close"
    if form.is_valid():
        hired, word = form.said
        try:
            say_and_close(lead=lead, hired=hired, word=word, closes=closes, now=now)
        except Refusal as refusal:
            if refusal.field is None:  # Of the request and not of what was chosen: the form may be gone.
                messages.error(request, str(refusal))
                return redirect("marketplace:homeowner", token=token)
            form.add_error(refusal.field, str(refusal))
        else:
            messages.success(
                request,
                _("The request is closed. Thank you for telling us.")
                if closes
                else _("Saved. Thank you for telling us. The businesses do not see it."),
            )
            return to_top_of("marketplace:homeowner", token=token)
    return _show(request, lead, token, now, hired_form=form)


@require_http_methods(["GET", "HEAD", "POST"])
@homeowner_page
def review(request: HttpRequest, lead: Lead, token: str, public_id: uuid.UUID) -> HttpResponse:
    """A review of a business that bought the request, asked for or not (M12)."""
    now = timezone.now()
    contact = get_object_or_404(
        lead.contacts.select_related("professional__owner").prefetch_related(_REVIEWS), public_id=public_id
    )
    if request.method != "POST" and not _Buyer.of(contact, lead, now).can_review:
        messages.info(request, _("There is no review to be written here now."))
        return redirect("marketplace:homeowner", token=token)
    form = ReviewForm(request.POST or None, initial={"author_name": lead.homeowner_name.partition(" ")[0]})
    if request.method == "POST" and form.is_valid():
        try:
            reviews.review_from_page(
                contact=contact,
                author_name=form.cleaned_data["author_name"],
                handling=form.cleaned_data["handling"],
                workmanship=form.cleaned_data["workmanship"],
                text=form.cleaned_data["text"],
                user=request.user,
                browser_of=professional_of_browser(request),
                network=network_key(request),
                now=now,
            )
        except Refusal as refusal:
            form.add_error(refusal.field, str(refusal))
        else:
            messages.success(
                request,
                _("Thank you. Your review of %(business)s has arrived; we read it within %(days)d days.")
                % {"business": contact.professional.name, "days": reviews.MODERATED_WITHIN_DAYS},
            )
            return redirect("marketplace:homeowner", token=token)
    return render(
        request,
        "marketplace/homeowner_review.html",
        {"form": form, "business": contact.professional, "lead": lead, "token": token},
    )


@require_safe
@homeowner_page
def data(request: HttpRequest, lead: Lead, token: str) -> HttpResponse:
    """All that is held about whoever asked (X5)."""
    return render(
        request,
        "marketplace/homeowner_data.html",
        {
            "held": held_about(lead),
            "months": KEPT_MONTHS,
            "lead": lead,
            "token": token,
            "may_erase": _may_erase(lead),
        },
    )


def _may_erase(lead: Lead) -> bool:
    return lead.state not in GOING_ON and lead.erase_asked_at is None


@require_safe
@homeowner_page
def data_copy(request: HttpRequest, lead: Lead, token: str) -> HttpResponse:
    """The same as a file that programs can read."""
    held = [
        {"part": part.title, "data": [{"what": what, "value": value} for what, value in part.rows]}
        for part in held_about(lead)
    ]
    return JsonResponse(
        {"held": held},
        headers={"Content-Disposition": 'attachment; filename="quince-data.json"'},
        json_dumps_params={"ensure_ascii": False, "indent": 1},
    )


@require_http_methods(["GET", "HEAD", "POST"])
@homeowner_page
def erase(request: HttpRequest, lead: Lead, token: str) -> HttpResponse:
    """Says what erasing means, and does it when the button is pressed: at once, or as soon as no open claim or return
    needs the data (X5)."""
    if request.method != "POST":
        if not _may_erase(lead):
            return redirect("marketplace:homeowner_data", token=token)
        reviewed = Review.objects.filter(contact__lead=lead).exists()
        context = {"lead": lead, "token": token, "reviewed": reviewed}
        return render(request, "marketplace/homeowner_erase.html", context)
    try:
        erased = erase_lead(lead=lead, now=timezone.now())
    except Refusal as refusal:
        messages.error(request, str(refusal))
        return redirect("marketplace:homeowner_data", token=token)
    if erased.anonymised_at is None:
        messages.info(
            request,
            _(
                "Your wish is noted. We are still deciding on a business's return of this request or on its guarantee "
                "claim; your data is erased as soon as we have."
            ),
        )
        return redirect("marketplace:homeowner_data", token=token)
    return render(request, "marketplace/homeowner_erased.html")


@require_http_methods(["GET", "HEAD", "POST"])
@homeowner_page
def withdraw(request: HttpRequest, lead: Lead, token: str) -> HttpResponse:
    """Says what withdrawing means, and does it when the button is pressed (M1)."""
    if request.method == "POST":
        try:
            withdraw_lead(lead=lead, now=timezone.now())
        except Refusal as refusal:
            return link_ended(request, refusal)
        messages.success(request, _("Your request and your data are withdrawn."))
        return redirect("marketplace:homeowner", token=token)
    if lead.state == State.WITHDRAWN:
        return redirect("marketplace:homeowner", token=token)
    context = {
        "lead": lead,
        "token": token,
        "buyers": lead.contacts.filter(returned_at=None).count(),
        "can_close": State.CLOSED in Lead.MOVES[lead.state],
    }
    return render(request, "marketplace/homeowner_withdraw.html", context)


_REVIEWS = Prefetch("review_requests", ReviewRequest.objects.select_related("review"))


@dataclass(frozen=True, slots=True)
class _Buyer:
    """A business that bought the request, with what its homeowner may see and do."""

    contact: Contact
    review: Review | None
    can_review: bool
    questions: list[HomeownerQuestion]
    form: QuestionForm | None
    # Of its public page; empty where it has none.
    profile: str

    @property
    def anchor(self) -> str:
        return f"business-{self.contact.public_id}"

    @classmethod
    def of(cls, contact: Contact, lead: Lead, now: datetime) -> "_Buyer":
        return _buyers([contact], lead, now, {})[0]


def _buyers(
    contacts: list[Contact], lead: Lead, now: datetime, asking: dict[int, QuestionForm]
) -> list[_Buyer]:
    """Those of `contacts`; `asking` are the forms that were refused, by contact. Two queries, however many."""
    requests = {contact.pk: next(iter(contact.review_requests.all()), None) for contact in contacts}
    good = reviews.can_review_from_page([asked for asked in requests.values() if asked], now)
    businesses = [contact.professional_id for contact in contacts]
    seen = set(public(marketplace_day(now)).filter(pk__in=businesses).values_list("pk", flat=True))
    buyers = []
    for contact in contacts:
        asked = requests[contact.pk]
        gone = contact.professional.closed_at is not None
        open_to_them = lead.details_shown and contact.returned_at is None and not gone
        form = asking.get(contact.pk) or QuestionForm(auto_id=f"{contact.public_id}_%s")
        buyers.append(
            _Buyer(
                contact=contact,
                review=getattr(asked, "review", None) if asked else None,
                can_review=lead.details_shown and not gone and (asked is None or asked.pk in good),
                questions=list(contact.questions.all()),
                form=form if open_to_them or form.is_bound else None,
                profile=page_address(contact.professional) if contact.professional_id in seen else "",
            )
        )
    return buyers


def _stage(lead: Lead, now: datetime) -> str:
    """Where the request stands for its homeowner; by its dates, never by a job having run (M2)."""
    if lead.state != State.PUBLISHED:
        return "over" if lead.state == State.EXPIRED else str(lead.state)
    if lead.expires_at is not None and lead.expires_at <= now:
        return "over"
    return "open" if lead.places_left > 0 else "full"


def _show(
    request: HttpRequest,
    lead: Lead,
    token: str,
    now: datetime,
    *,
    asking: dict[int, QuestionForm] | None = None,
    hired_form: HiredForm | None = None,
) -> HttpResponse:
    """The homeowner's page; a form that was refused is shown with what was wrong. No query more for more buyers."""
    contacts = list(
        lead.contacts.select_related("professional")
        .prefetch_related("questions", _REVIEWS)
        .order_by("bought_at", "pk")
    )
    can_close = State.CLOSED in Lead.MOVES[lead.state]
    if hired_form is None and (contacts or can_close):
        said = what_was_said(contacts)
        chosen = str(said.public_id) if isinstance(said, Contact) else said
        hired_form = HiredForm(initial={"hired": chosen}, contacts=contacts)
    return render(
        request,
        "marketplace/homeowner.html",
        {
            "lead": lead,
            "token": token,
            "stage": _stage(lead, now),
            "buyers": _buyers(contacts, lead, now, asking or {}),
            "hired_form": hired_form,
            "can_close": can_close,
            "told": told_why(lead),
            "lives_days": LEAD_LIVES.days,
            "moderated_days": reviews.MODERATED_WITHIN_DAYS,
            "can_ask_again": can_ask_again(lead, now),
        },
    )
