"""The pictures of requests, handed out to whoever may see them: they show somebody's home (M1, M5)."""

import uuid

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from base.access import get_visible
from base.private_files import picture_response
from marketplace.lead_photos import kept_file
from marketplace.models import Lead, LeadPhoto
from marketplace.views.private import homeowner_page


@login_required
@require_safe
def lead_photo(request: HttpRequest, public_id: uuid.UUID, part: str) -> HttpResponse:
    """To businesses that see the request, bought or not, and to staff who see requests."""
    return _response(get_visible(LeadPhoto.objects, request, public_id=public_id), part)


@require_safe
@homeowner_page
def homeowner_photo(
    request: HttpRequest, lead: Lead, token: str, public_id: uuid.UUID, part: str
) -> HttpResponse:
    """To whoever sent it, behind their link and no longer than that is good."""
    return _response(get_object_or_404(lead.photos, public_id=public_id), part)


@never_cache
@require_safe
def kept_photo(request: HttpRequest, token: str) -> HttpResponse:
    """To whoever is still filling in the form that it came with."""
    file = kept_file(token)
    if file is None:
        raise Http404
    return picture_response(file, "photo")


def _response(photo: LeadPhoto, part: str) -> HttpResponse:
    if part not in ("image", "thumbnail"):
        raise Http404
    return picture_response(getattr(photo, part), f"{photo.public_id}-{part}")
