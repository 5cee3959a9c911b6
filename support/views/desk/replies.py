"""Saved replies, where consultants keep them."""

import uuid

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from support.desk_forms import SavedReplyForm
from support.errors import SupportError
from support.models import SavedReply
from support.replies import remove_reply, save_reply
from support.views.desk.doors import desk_only, reader_of


@require_safe
@desk_only
def replies(request: HttpRequest) -> HttpResponse:
    """Those that the reader may use, and which of them they may change."""
    kept = set(SavedReply.objects.kept_by(request.user).values_list("pk", flat=True))
    found = SavedReply.objects.usable_by(request.user)
    return render(
        request, "support/desk/replies.html", {"replies": [(reply, reply.pk in kept) for reply in found]}
    )


@require_http_methods(["GET", "HEAD", "POST"])
@desk_only
def new_reply(request: HttpRequest) -> HttpResponse:
    return _write(request, None)


@require_http_methods(["GET", "HEAD", "POST"])
@desk_only
def reply(request: HttpRequest, public_id: str) -> HttpResponse:
    """One of them, to be changed."""
    return _write(request, _kept(request, public_id))


@require_POST
@desk_only
def remove(request: HttpRequest, public_id: str) -> HttpResponse:
    remove_reply(reply=_kept(request, public_id), by=reader_of(request))
    messages.success(request, _("Removed. Answers that were written with it stay as they are."))
    return redirect("support:replies")


def _kept(request: HttpRequest, public_id: str) -> SavedReply:
    return get_object_or_404(SavedReply.objects.kept_by(request.user), public_id=public_id)


def _write(request: HttpRequest, found: SavedReply | None) -> HttpResponse:
    by = reader_of(request)
    form = SavedReplyForm(by=by, reply=found)
    status = 200
    if request.method == "POST":
        form = SavedReplyForm(request.POST, by=by, reply=found)
        status = 422
        if form.is_valid():
            try:
                save_reply(
                    title=form.cleaned_data["title"],
                    texts=form.texts(),
                    shared=form.cleaned_data.get("shared", False),
                    by=by,
                    now=timezone.now(),
                    reply=found,
                    public_id=form.cleaned_data["form_id"] or uuid.uuid4(),
                )
            except SupportError as refusal:
                form.refuse(refusal)
                status = 409
            else:
                messages.success(request, _("Saved."))
                return redirect("support:replies")
    return render(request, "support/desk/reply.html", {"form": form, "reply": found}, status=status)
