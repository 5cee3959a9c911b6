"""Reviews: asked for by a professional, written by whoever has the link (M12)."""

import uuid
from datetime import datetime

from django.contrib import messages
from django.core.paginator import Paginator
from django.core.signing import BadSignature, SignatureExpired
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from base import links
from base.access import get_visible
from base.days import marketplace_day
from base.errors import Refusal
from marketplace import reviews
from marketplace.directory import is_public
from marketplace.forms.reviews import AnswerForm, EarlierClientForm, ReportForm, ReviewForm
from marketplace.homeowners import refuse_outdated, without_number
from marketplace.models import Contact, Review, ReviewRequest, in_reach
from marketplace.public_profile import page_address
from marketplace.views.private import is_by_a_buyer, language_of_reader
from profiles.browsers import professional_of_browser
from profiles.current import BusinessRequest, business_required, find_business
from profiles.networks import network_key

PER_PAGE = 30
# How many homeowners the page suggests to ask.
SUGGESTED = 5


@business_required
@require_http_methods(["GET", "HEAD", "POST"])
def review_list(request: BusinessRequest) -> HttpResponse:
    """Everybody who was asked, what became of it, and the form to ask an earlier client."""
    now = timezone.now()
    business = request.business
    form = EarlierClientForm(request.POST or None, initial={"language": request.LANGUAGE_CODE})
    if request.method == "POST" and form.is_valid():
        try:
            asked = reviews.ask_earlier_client(
                professional=business, **form.cleaned_data, by=request.user, now=now
            )
        except Refusal as refusal:
            form.add_error(refusal.field, str(refusal))
        else:
            _say_asked(request, asked, now)
            return redirect("marketplace:reviews")
    asked_so_far = business.review_requests.select_related("review__contact", "contact__lead")
    page = Paginator(asked_so_far, PER_PAGE).get_page(request.GET.get("page"))
    return render(
        request,
        "marketplace/reviews.html",
        {
            "form": form,
            "link_days": reviews.LINK_LIVES.days,
            "days": reviews.MODERATED_WITHIN_DAYS,
            "cannot_ask": reviews.cannot_ask(business, marketplace_day(now)),
            "page": page,
            "to_be_asked_again": reviews.to_be_asked_again(page, now),
            "expired_before": now - reviews.LINK_LIVES,
            "published": Review.objects.filter(professional=business, state=Review.State.PUBLISHED).count(),
            "to_ask": Contact.objects.filter(
                in_reach("lead"),
                professional=business,
                returned_at=None,
                review_requests=None,
                first_contact_at__isnull=False,
            ).select_related("lead")[:SUGGESTED],
        },
    )


@business_required
@require_POST
def ask_homeowner(request: BusinessRequest, public_id: uuid.UUID) -> HttpResponse:
    """Sends the homeowner of a contact the link to write a review."""
    contact = get_visible(Contact.objects, request, public_id=public_id)
    now = timezone.now()
    try:
        asked = reviews.ask_homeowner(contact=contact, by=request.user, now=now)
    except Refusal as refusal:
        messages.error(request, str(refusal))
    else:
        _say_asked(request, asked, now)
    return redirect("marketplace:contact", public_id=contact.public_id)


def _say_asked(request: HttpRequest, asked: ReviewRequest, now: datetime) -> None:
    if asked.sent_at == now:
        messages.success(
            request,
            _("We have written to %(name)s. The link is good for %(days)d days.")
            % {"name": asked.name, "days": reviews.LINK_LIVES.days},
        )
    else:
        messages.info(
            request,
            _("%(name)s was asked before. A new link can be sent only if this one comes to nothing.")
            % {"name": asked.name},
        )


class LinkEnded(Exception):
    """A link that leads nowhere: expired, or none of ours; `args` are why, and the status of the page."""


def _asked_behind(token: str) -> ReviewRequest:
    """The request that a link was made for. Raises LinkEnded."""
    try:
        signed = links.unsign(reviews.LINK_PURPOSE, token, max_age=reviews.LINK_LIVES)
    except SignatureExpired:
        raise LinkEnded("expired", 410) from None
    except BadSignature:
        raise LinkEnded("unknown", 404) from None
    public_id, number = without_number(signed)
    asked = (
        ReviewRequest.objects.select_related("professional", "contact__lead")
        .filter(public_id=public_id)
        .first()
    )
    if asked is None:
        raise LinkEnded("unknown", 404)
    if asked.contact is not None:
        try:
            refuse_outdated(number, asked.contact.lead)
        except Refusal:
            raise LinkEnded("outdated", 410) from None
    return asked


def _ended(request: HttpRequest, why: str, status: int) -> HttpResponse:
    context = {"why": why, "sentence": reviews.ENDED.get(why, "")}
    return render(request, "marketplace/review_link_ended.html", context, status=status)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def review_by_link(request: HttpRequest, token: str) -> HttpResponse:
    """The page behind a review link. Looking at it does nothing: machines open links too (M1)."""
    try:
        asked = _asked_behind(token)
    except LinkEnded as ended:
        return _ended(request, *ended.args)
    with translation.override(language_of_reader(request, asked.language)):
        # As at the homeowner's own page: a mail that was passed on holds this link too (G2, G8).
        if asked.contact is not None and is_by_a_buyer(request, asked.contact.lead):
            return render(request, "marketplace/homeowner_not_yours.html", status=403)
        return _review_page(request, asked, token, timezone.now())


def _review_page(request: HttpRequest, asked: ReviewRequest, token: str, now: datetime) -> HttpResponse:
    if asked.used_at and request.method == "GET":
        return _ended(request, "used", 410)
    why = reviews.why_ended(asked, now)
    if why:
        return _ended(request, why, 410)
    form = ReviewForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            reviews.write_review(
                request=asked,
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
            if refusal.code.startswith("link_"):
                return _ended(request, refusal.code.removeprefix("link_"), 410)
            form.add_error(refusal.field, str(refusal))
        else:
            return redirect("marketplace:review_thanks", token=token)
    return render(
        request,
        "marketplace/review_by_link.html",
        {"form": form, "business": asked.professional, "lead": asked.contact.lead if asked.contact else None},
    )


@never_cache
@require_safe
def review_thanks(request: HttpRequest, token: str) -> HttpResponse:
    """Where whoever has written a review arrives."""
    try:
        asked = _asked_behind(token)
    except LinkEnded as ended:
        return _ended(request, *ended.args)
    if not asked.used_at:
        return redirect("marketplace:review_by_link", token=token)
    with translation.override(language_of_reader(request, asked.language)):
        context = {"business": asked.professional, "days": reviews.MODERATED_WITHIN_DAYS}
        return render(request, "marketplace/review_thanks.html", context)


@never_cache
@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
def stop_asking(request: HttpRequest, token: str) -> HttpResponse:
    """Where whoever was asked for a review says that nobody is to ask them again.

    Only a POST does it, the mail program's (RFC 8058) or that of the page's button; it brings no session and needs
    none, so a forged request can do no more than the link. Looking does nothing: machines open links too.
    """
    try:
        if request.method == "POST":
            reviews.opt_out(token=token, now=timezone.now())
        stopped = reviews.has_opted_out(token)
    except BadSignature:
        response = _ended(request, "unknown", 404)
    else:
        with translation.override(language_of_reader(request, reviews.language_of_stop_link(token))):
            response = render(request, "marketplace/stop_asking.html", {"stopped": stopped})
    response.headers["X-Robots-Tag"] = "noindex, nofollow"
    return response


@business_required
@require_http_methods(["GET", "HEAD", "POST"])
def answer(request: BusinessRequest, public_id: uuid.UUID) -> HttpResponse:
    """The business's one answer to a published review."""
    published = Review.objects.filter(state=Review.State.PUBLISHED).select_related("contact")
    review = get_object_or_404(published, professional=request.business, public_id=public_id)
    if review.answered_at is not None and request.method != "POST":
        return redirect("marketplace:reviews")
    form = AnswerForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            reviews.answer_review(
                review=review, text=form.cleaned_data["text"], by=request.user, now=timezone.now()
            )
        except Refusal as refusal:
            form.add_error(refusal.field, str(refusal))
        else:
            messages.success(request, _("Your answer stands below the review."))
            return redirect("marketplace:reviews")
    return render(request, "marketplace/review_answer.html", {"form": form, "review": review})


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def report(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """Where anybody says that a published review should not stand. Looking does nothing."""
    shown = Review.objects.filter(state=Review.State.PUBLISHED).select_related("professional", "contact")
    review = get_object_or_404(shown, public_id=public_id)
    business = find_business(request.user)
    # Strangers see here what they see on the public page, and nothing else (M13, G19).
    if review.professional != business and not (
        review.own_hand == "" and is_public(review.professional, marketplace_day(timezone.now()))
    ):
        raise Http404
    own = review.professional == business
    days = reviews.MODERATED_WITHIN_DAYS
    form = ReportForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            reviews.report_review(
                review=review,
                reason=form.cleaned_data["reason"],
                text=form.cleaned_data["text"],
                reporter=request.user if request.user.is_authenticated else None,
                network=network_key(request),
                now=timezone.now(),
            )
        except Refusal as refusal:
            form.add_error(refusal.field, str(refusal))
        else:
            return render(request, "marketplace/review_reported.html", {"own": own, "days": days})
    back = reverse("marketplace:reviews") if own else page_address(review.professional)
    context = {"form": form, "review": review, "back": back, "days": days}
    return render(request, "marketplace/review_report.html", context)
