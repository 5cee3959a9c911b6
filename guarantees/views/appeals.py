"""Where a business reads why it is suspended, and its owner appeals against that, or a rejected claim (G19)."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from base.posting import post_or_back_to, to_top_of
from guarantees.appeals import appeal_claim, appeal_suspension, came_with
from guarantees.errors import GuaranteeError
from guarantees.forms import AppealForm
from guarantees.models import Appeal
from guarantees.views.claims import claim_of, status_page
from profiles.current import BusinessRequest, business_required, own_business_of


@business_required
@post_or_back_to("guarantees:claim_status")
def appeal(request: BusinessRequest, public_id: UUID) -> HttpResponse:
    """Appeals against the rejection of a claim."""
    found = claim_of(request, public_id)
    own_business_of(request)
    now = timezone.now()
    form = AppealForm(request.POST)
    if form.is_valid():
        try:
            appeal_claim(claim=found, text=form.cleaned_data["text"], by=request.user, now=now)
        except GuaranteeError as error:
            _refused(request, form, error)
        else:
            _thank(request)
            return to_top_of("guarantees:claim_status", public_id=public_id)
    return status_page(request, found, now, appeal_form=form, status=409)


@business_required
@require_http_methods(["GET", "HEAD", "POST"])
def suspension(request: BusinessRequest) -> HttpResponse:
    """The suspension that stands: what, why, since when, what it does, and the appeal; members read it."""
    business = request.business
    if request.method == "POST":
        own_business_of(request)
    standing = business.suspensions.standing().first()
    if standing is None:
        return redirect("guarantees:overview")
    form = AppealForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        try:
            appeal_suspension(
                suspension=standing, text=form.cleaned_data["text"], by=request.user, now=timezone.now()
            )
        except GuaranteeError as error:
            _refused(request, form, error)
        else:
            _thank(request)
            return to_top_of("guarantees:suspension")
    claim = came_with(standing)
    return render(
        request,
        "guarantees/suspension.html",
        {
            "business": business,
            "suspension": standing,
            "claim": claim,
            "appeal": Appeal.objects.against(claim or standing).first(),
            "appeal_form": form,
            "is_owner": business.owner_id == request.user.pk,
        },
        status=409 if form.errors else 200,
    )


def _refused(request: BusinessRequest, form: AppealForm, error: GuaranteeError) -> None:
    """Beside the field that it is about; else above the page, which may not show the form any more."""
    form.add_error(error.field, str(error))
    if error.field is None:
        messages.error(request, str(error))


def _thank(request: BusinessRequest) -> None:
    messages.success(
        request, _("Your appeal has reached us. Somebody other than the person who decided will look at it.")
    )
