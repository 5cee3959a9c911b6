"""Where a homeowner asks for a job without an account, and has their link sent anew (M1)."""

from collections.abc import Callable
from datetime import datetime
from functools import wraps

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from base.errors import Refusal
from base.shown_forms import ShownForm, read_form, show_form
from marketplace import lead_photos
from marketplace.asking import (
    CONFIRM_WITHIN,
    ask_for_job,
    can_ask_again,
    refuse_too_many_from,
    refuse_too_many_tries_from,
)
from marketplace.forms.asking import AskForm, LinkAnewForm
from marketplace.homeowners import send_link_anew
from marketplace.lead_photos import MOST_PHOTOS, KeptPhoto
from marketplace.models import Lead
from marketplace.views.private import homeowner_page
from profiles.addresses import network_of
from profiles.pictures import too_heavy
from profiles.plain_text import one_line
from profiles.uploads import BoundedUploads, bounded_uploads

FORM = "ask"
# Where to the mail went, for the page that says so; in the asker's own browser alone.
COOKIE = "quince_asked"
_SALT = "quince.asked"
_COOKIE_SECONDS = 3600
# Shown again no longer than this: what is far too long to be taken is not sent back whole.
LONGEST_SHOWN = 20_000


def _too_much(request: HttpRequest) -> HttpResponse:
    """A form of megabytes: nothing of it was read, so an empty one is shown."""
    form = AskForm()
    sentence = _(
        "That was more than we can take in, so nothing of it was kept. Write less, or choose fewer photos."
    )
    return _page(request, form, show_form(FORM, timezone.now()), [], status=413, refused=sentence)


def _counted(view: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Whatever is sent counts, before anything of it is read; what is one too many is answered with an empty form."""

    @wraps(view)
    def counted(request: HttpRequest) -> HttpResponse:
        now = timezone.now()
        if request.method == "POST":
            try:
                refuse_too_many_tries_from(network_of(request), now)
            except Refusal as refused:
                return _page(request, AskForm(), show_form(FORM, now), [], status=429, refused=str(refused))
        return view(request)

    return counted


@_counted
@bounded_uploads(most_files=2 * MOST_PHOTOS, too_much=_too_much)
@require_http_methods(["GET", "HEAD", "POST"])
def ask(request: HttpRequest) -> HttpResponse:
    """The form; sent, it becomes one unconfirmed request, and the asker is told to look in their mail."""
    now = timezone.now()
    if request.method != "POST":
        prefilled = {name: request.GET.get(name, "") for name in ("category", "province")}
        return _page(request, AskForm(initial=prefilled), show_form(FORM, now), [])
    typed = {name: str(value)[:LONGEST_SHOWN] for name, value in request.POST.items()}
    shown = read_form(FORM, typed.get("form", ""))
    refusal = _not_by_a_person(typed.get("leave_empty", ""), shown, now)
    typed["leave_empty"] = ""  # Whoever's browser filled it in cannot see it to empty it.
    form = AskForm(typed, request.FILES)
    if shown is None or refusal:
        if shown is None or shown.is_too_old(now):
            shown = show_form(FORM, now, form_id=shown.form_id if shown else None)
        if request.FILES:
            form.add_error("photos", _("Please choose your photos again."))
        form.add_error(None, refusal)
        return _page(request, form, shown, _kept_before(request, form, shown, now), status=422)
    kept = _kept_before(request, form, shown, now)
    network = network_of(request)
    try:
        refuse_too_many_from(network, now)
    except Refusal as refused:
        form.refuse(refused)
        return _page(request, form, shown, kept, status=429)
    kept += _new_photos(request, form, kept, network, now)
    if form.is_valid():
        try:
            lead = ask_for_job(
                form_id=shown.form_id,
                photos=kept,
                network=network,
                **form.said(),
                language=translation.get_language(),
                now=now,
            )
        except Refusal as refused:
            form.refuse(refused)
            if refused.code == "already_sent":
                # Another job has a form and pictures of its own.
                shown, kept = show_form(FORM, now), []
        else:
            return _on_to_the_mail(request, lead)
    return _page(request, form, shown, kept, status=422)


@require_safe
@homeowner_page
def ask_again(request: HttpRequest, lead: Lead, token: str) -> HttpResponse:
    """The form with what was asked for before filled in, for whoever comes by its homeowner's own link. What is
    still going on is not asked for twice."""
    now = timezone.now()
    if not can_ask_again(lead, now):
        return redirect("marketplace:homeowner", token=token)
    return _page(request, AskForm.like(lead), show_form(FORM, now), [])


def _not_by_a_person(left_empty: str, shown: ShownForm | None, now: datetime) -> str:
    """Why a form looks as if a program had sent it, in a sentence for the person who did after all; or nothing."""
    if left_empty:
        return _(
            "A field that nobody sees was filled in, as only programs do. We emptied it: send it once more."
        )
    if shown is not None and shown.is_too_fast(now):
        return _("That was very quick. Look it over once more, then send it.")
    if shown is None or shown.is_too_old(now):
        return _(
            "This form had been open for very long. All that you wrote is still here: send it once more."
        )
    return ""


def _kept_before(request: HttpRequest, form: AskForm, shown: ShownForm, now: datetime) -> list[KeptPhoto]:
    """The pictures that came with this form before, without those that the asker has taken out."""
    dropped = set(request.POST.getlist("drop"))
    before = lead_photos.unseal(request.POST.get("kept", ""), shown.form_id)
    kept = [photo for photo in before if not photo.is_gone(now)]
    if len(kept) < len(before):
        form.add_error("photos", _("Your photos were kept for some hours only. Please choose them again."))
    return [photo for photo in kept if photo.content_hash not in dropped]


def _new_photos(
    request: HttpRequest, form: AskForm, kept: list[KeptPhoto], network: str, now: datetime
) -> list[KeptPhoto]:
    """Keeps the files one by one: one bad file does not cost the asker the good ones. Says which were refused."""
    uploads: BoundedUploads = request.uploads  # type: ignore[attr-defined]
    new: list[KeptPhoto] = []
    refused = [_named(name, str(too_heavy("photos"))) for name in uploads.too_heavy]
    surplus = uploads.surplus
    for upload in request.FILES.getlist("photos"):
        if len(lead_photos.chosen([*kept, *new])) >= MOST_PHOTOS:
            surplus += 1
            continue
        try:
            new.append(lead_photos.keep_photo(upload, network=network, now=now))
        except Refusal as refusal:
            refused.append(_named(upload.name, str(refusal)))
            if refusal.code == "too_many_uploads":
                break
    if surplus:
        refused.append(
            ngettext(
                "A request holds up to %(most)d photos, so %(count)d more was left out.",
                "A request holds up to %(most)d photos, so %(count)d more were left out.",
                surplus,
            )
            % {"most": MOST_PHOTOS, "count": surplus}
        )
    form.add_errors("photos", refused)
    return new


def _named(file: str | None, problem: str) -> str:
    return _("%(file)s: %(problem)s") % {"file": one_line(file or "")[:60], "problem": problem}


def _on_to_the_mail(request: HttpRequest, lead: Lead) -> HttpResponse:
    response = redirect("marketplace:asked")
    response.set_signed_cookie(
        COOKIE,
        lead.homeowner_email,
        salt=_SALT,
        max_age=_COOKIE_SECONDS,
        path=reverse("marketplace:asked"),
        httponly=True,
        samesite="Lax",
        secure=settings.SESSION_COOKIE_SECURE,
    )
    return response


def _page(
    request: HttpRequest,
    form: AskForm,
    shown: ShownForm,
    kept: list[KeptPhoto],
    *,
    status: int = 200,
    refused: str = "",
) -> HttpResponse:
    kept = lead_photos.chosen(kept)
    context = {
        "form": form,
        "shown": shown,
        "kept": kept,
        "kept_sealed": lead_photos.seal(kept, shown.form_id) if kept else "",
        "most_photos": MOST_PHOTOS,
        "places": settings.LEAD_PLACES,
        "refused": refused,
    }
    return render(request, "marketplace/ask.html", context, status=status)


@never_cache
@require_safe
def asked(request: HttpRequest) -> HttpResponse:
    """Where whoever has asked arrives: what to do next, and where the mail went."""
    email = request.get_signed_cookie(COOKIE, default="", salt=_SALT, max_age=_COOKIE_SECONDS)
    return render(request, "marketplace/asked.html", {"email": email, "days": CONFIRM_WITHIN.days})


@require_http_methods(["GET", "HEAD", "POST"])
def link_anew(request: HttpRequest) -> HttpResponse:
    """Sends the links of somebody's requests once more. Says the same to whoever never asked for anything."""
    form = LinkAnewForm(request.POST if request.method == "POST" else None)
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                send_link_anew(network=network_of(request), now=timezone.now(), **form.cleaned_data)
            except Refusal as refused:
                form.refuse(refused)
                status = 429
            else:
                messages.success(
                    request,
                    _(
                        "If there are requests with this address, a mail with their links is on its way to it."
                    ),
                )
                return redirect("marketplace:link_anew")
    return render(request, "marketplace/link_anew.html", {"form": form}, status=status)
