"""Pages on which people open a business and show what it does."""

import hashlib

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from base.access import get_visible
from base.days import marketplace_day
from profiles import businesses, members, photos, preferences, projects
from profiles.current import BusinessRequest, business_required, find_business, own_business_of
from profiles.errors import ProfileError
from profiles.forms import (
    CaptionForm,
    InviteForm,
    LogoForm,
    NewProjectForm,
    OpenForm,
    PhotosForm,
    ProfileForm,
    ProjectForm,
    QuestionsForm,
    RefusableForm,
    SettingsForm,
)
from profiles.models import Photo, Project, Question, User
from profiles.plain_text import one_line

form_page = require_http_methods(["GET", "HEAD", "POST"])


def _posted(request: HttpRequest) -> QueryDict | None:
    """What a form is given: nothing on a visit, and on a press also when every field is empty."""
    return request.POST if request.method == "POST" else None


def _posted_email(request: HttpRequest) -> str:
    """The address that a button names; no form reads it, so it is made fit here: a database refuses a NUL."""
    return one_line(request.POST.get("email", "")[:254])


def _with(page: HttpResponse, form: RefusableForm) -> HttpResponse:
    """A page whose form was refused says so in its status too."""
    if form.is_bound and form.errors:
        page.status_code = 422
    return page


@form_page
@login_required
def open_business(request: HttpRequest) -> HttpResponse:
    """The step after signing up."""
    if find_business(request.user) is not None:
        return redirect("profiles:profile")
    assert isinstance(request.user, User)
    form = OpenForm(_posted(request))
    if form.is_valid():
        try:
            businesses.open_business(owner=request.user, now=timezone.now(), **form.cleaned_data)
        except ProfileError as refusal:
            form.refuse(refusal)
        else:
            messages.success(request, _("Your business is open. Here is what makes its profile complete."))
            return redirect("profiles:completeness")
    return _with(render(request, "profiles/open.html", {"form": form}), form)


@form_page
@business_required
def profile(request: BusinessRequest) -> HttpResponse:
    form = ProfileForm(_posted(request), business=request.business)
    if form.is_valid():
        try:
            businesses.save_profile(professional=request.business, **form.cleaned_data)
        except ProfileError as refusal:
            form.refuse(refusal)
        else:
            messages.success(request, _("Your profile is saved."))
            return redirect("profiles:profile")
    return _profile_page(request, form, LogoForm())


def _profile_page(request: BusinessRequest, form: ProfileForm, logo_form: LogoForm) -> HttpResponse:
    context = {
        "business": request.business,
        "form": form,
        "logo_form": logo_form,
        "logo": request.business.photos.filter(use=Photo.Use.LOGO).first(),
    }
    page = render(request, "profiles/profile.html", context)
    return _with(page, logo_form if logo_form.is_bound else form)


@require_POST
@business_required
def logo(request: BusinessRequest) -> HttpResponse:
    form = LogoForm(request.POST, request.FILES)
    if form.is_valid():
        try:
            photos.add_photo(
                professional=request.business,
                use=Photo.Use.LOGO,
                upload=form.cleaned_data["photo"],
                now=timezone.now(),
            )
        except ProfileError as refusal:
            form.refuse(refusal)
        else:
            messages.success(request, _("Your logo is saved."))
            return redirect("profiles:profile")
    return _profile_page(request, ProfileForm(business=request.business), form)


@require_POST
@business_required
def remove_logo(request: BusinessRequest) -> HttpResponse:
    for photo in request.business.photos.filter(use=Photo.Use.LOGO):
        photos.remove_photo(photo=photo)
    messages.success(request, _("Your logo is removed."))
    return redirect("profiles:profile")


@form_page
@business_required
def questions(request: BusinessRequest) -> HttpResponse:
    asked = Question.objects.asked_of(request.business.first_contracted_on, marketplace_day(timezone.now()))
    form = QuestionsForm(_posted(request), questions=asked, answers=request.business.answers.all())
    if form.is_valid():
        try:
            businesses.save_answers(professional=request.business, answers=form.answers())
        except ProfileError as refusal:
            form.refuse(refusal)
        else:
            messages.success(request, _("Your answers are saved."))
            return redirect("profiles:questions")
    context = {"business": request.business, "form": form}
    return _with(render(request, "profiles/questions.html", context), form)


@form_page
@business_required
def work_photos(request: BusinessRequest) -> HttpResponse:
    form = PhotosForm(_posted(request), request.FILES or None)
    if form.is_valid():
        refused = _add_photos(request, form, Photo.Use.WORK)
        if not refused:
            return redirect("profiles:photos")
        form.add_errors("photo", refused)
    context = {
        "business": request.business,
        "form": form,
        "photos": request.business.photos.filter(use=Photo.Use.WORK),
    }
    return _with(render(request, "profiles/photos.html", context), form)


def _add_photos(
    request: BusinessRequest, form: RefusableForm, use: str, project: Project | None = None
) -> list[str]:
    """Adds the files one by one: one bad file does not cost the reader the nine good ones.

    Says how many were added; returns a sentence about each that was refused, with its name.
    """
    added: set[int] = set()
    already: set[int] = set()
    refused = []
    now = timezone.now()
    seen: dict[str, Photo] = {}
    for upload in form.cleaned_data["photo"]:
        same = hashlib.file_digest(upload, "sha256").hexdigest()
        try:
            photo = seen.get(same) or photos.add_photo(
                professional=request.business, use=use, upload=upload, project=project, now=now
            )
            seen[same] = photo
        except ProfileError as refusal:
            named = {"file": one_line(upload.name)[:60], "problem": refusal}
            refused.append(_("%(file)s: %(problem)s") % named)
            if refusal.code in ("too_many_photos", "too_many_uploads"):
                break
        else:
            is_new = photo.uploaded_at == now and photo.pk not in added
            (added if is_new else already).add(photo.pk)
    if added:
        sentence = ngettext("%(count)d photo added.", "%(count)d photos added.", len(added))
        messages.success(request, sentence % {"count": len(added)})
    if already:
        sentence = ngettext(
            "%(count)d photo was already here. The same photograph counts once.",
            "%(count)d photos were already here. The same photograph counts once.",
            len(already),
        )
        messages.info(request, sentence % {"count": len(already)})
    return refused


@form_page
@business_required
def photo(request: BusinessRequest, public_id: str) -> HttpResponse:
    """One photo: its caption, and the button that removes it."""
    shown = get_visible(Photo.objects.select_related("project"), request, public_id=public_id)
    form = CaptionForm(_posted(request), initial={"caption": shown.caption})
    if form.is_valid():
        try:
            photos.change_caption(photo=shown, caption=form.cleaned_data["caption"])
        except ProfileError as refusal:
            if refusal.code == "photo_gone":
                raise  # There is no page of it any more to show the sentence on.
            form.refuse(refusal)
        else:
            messages.success(request, _("The caption is saved."))
            return redirect(_home_of(shown))
    context = {"business": request.business, "photo": shown, "form": form, "back": _home_of(shown)}
    return _with(render(request, "profiles/photo.html", context), form)


@require_POST
@business_required
def remove_photo(request: BusinessRequest, public_id: str) -> HttpResponse:
    shown = get_visible(Photo.objects.select_related("project", "professional"), request, public_id=public_id)
    photos.remove_photo(photo=shown)
    messages.success(request, _("The photo is removed."))
    return redirect(_home_of(shown))


def _home_of(photo: Photo) -> str:
    """The page on which a photo hangs."""
    if photo.project:
        return reverse("profiles:project", args=[photo.project.public_id])
    return reverse("profiles:profile" if photo.use == Photo.Use.LOGO else "profiles:photos")


@require_GET
@business_required
def project_list(request: BusinessRequest) -> HttpResponse:
    found = request.business.projects.prefetch_related("photos")
    page = Paginator(found, 12).get_page(request.GET.get("page"))
    context = {"business": request.business, "page": page, "most": projects.MOST_PROJECTS}
    return render(request, "profiles/projects.html", context)


@form_page
@business_required
def new_project(request: BusinessRequest) -> HttpResponse:
    form = NewProjectForm(_posted(request), request.FILES or None)
    if form.is_valid():
        try:
            project = projects.add_project(
                professional=request.business,
                title=form.cleaned_data["title"],
                description=form.cleaned_data["description"],
                now=timezone.now(),
            )
        except ProfileError as refusal:
            form.refuse(refusal)
        else:
            messages.success(request, _("The project is saved."))
            # The project stands, also where some of its photos were refused: the next page takes more.
            for sentence in _add_photos(request, form, Photo.Use.PROJECT, project):
                messages.error(request, sentence)
            return redirect("profiles:project", project.public_id)
    context = {"business": request.business, "form": form}
    return _with(render(request, "profiles/new_project.html", context), form)


@form_page
@business_required
def project(request: BusinessRequest, public_id: str) -> HttpResponse:
    shown = get_visible(Project.objects.all(), request, public_id=public_id)
    form = ProjectForm(_posted(request), project=shown)
    if form.is_valid():
        try:
            projects.change_project(project=shown, **form.cleaned_data)
        except ProfileError as refusal:
            if refusal.code == "project_gone":
                raise  # As with a photo: there is no page of it any more.
            form.refuse(refusal)
        else:
            messages.success(request, _("The project is saved."))
            return redirect("profiles:project", shown.public_id)
    return _project_page(request, shown, form, PhotosForm())


@require_POST
@business_required
def project_photos(request: BusinessRequest, public_id: str) -> HttpResponse:
    shown = get_visible(Project.objects.all(), request, public_id=public_id)
    form = PhotosForm(request.POST, request.FILES)
    if form.is_valid():
        refused = _add_photos(request, form, Photo.Use.PROJECT, shown)
        if not refused:
            return redirect("profiles:project", shown.public_id)
        form.add_errors("photo", refused)
    return _project_page(request, shown, ProjectForm(project=shown), form)


def _project_page(
    request: BusinessRequest, shown: Project, form: ProjectForm, photos_form: PhotosForm
) -> HttpResponse:
    context = {
        "business": request.business,
        "project": shown,
        "photos": shown.photos.all(),
        "form": form,
        "photos_form": photos_form,
    }
    page = render(request, "profiles/project.html", context)
    return _with(page, photos_form if photos_form.is_bound else form)


@require_POST
@business_required
def remove_project(request: BusinessRequest, public_id: str) -> HttpResponse:
    shown = get_visible(Project.objects.select_related("professional"), request, public_id=public_id)
    projects.remove_project(project=shown)
    messages.success(request, _("The project and its photos are removed."))
    return redirect("profiles:projects")


@require_GET
@business_required
def completeness(request: BusinessRequest) -> HttpResponse:
    """What is missing for a complete profile, piece by piece (G7)."""
    return render(request, "profiles/completeness.html", {"business": request.business})


@form_page
@business_required
def member_list(request: BusinessRequest) -> HttpResponse:
    """Who works for this business; its owner may invite and remove."""
    form = InviteForm(_posted(request))
    if request.method == "POST":
        business = own_business_of(request)
        if form.is_valid():
            try:
                members.invite_member(
                    professional=business,
                    email=form.cleaned_data["email"],
                    by=request.user,
                    now=timezone.now(),
                )
            except ProfileError as refusal:
                form.refuse(refusal)
            else:
                # The same words whether or not somebody has an account with this address.
                messages.success(
                    request,
                    _("If %(email)s has an account here, a link to join is on its way to that address.")
                    % {"email": form.cleaned_data["email"]},
                )
                return redirect("profiles:members")
    context = {
        "business": request.business,
        "is_owner": request.business.owner_id == request.user.pk,
        "members": request.business.members.order_by("first_name", "email"),
        "invitations": members.standing_invitations(request.business, timezone.now()),
        "days": members.INVITATION_LASTS.days,
        "form": form,
    }
    return _with(render(request, "profiles/members.html", context), form)


@require_POST
@business_required
def remove_member(request: BusinessRequest) -> HttpResponse:
    business = own_business_of(request)
    members.remove_member(professional=business, email=_posted_email(request))
    messages.success(request, _("This person no longer sees your business."))
    return redirect("profiles:members")


@require_POST
@business_required
def withdraw_invitation(request: BusinessRequest) -> HttpResponse:
    business = own_business_of(request)
    members.withdraw_invitation(professional=business, email=_posted_email(request), now=timezone.now())
    messages.success(request, _("The invitation is withdrawn: its link does nothing any more."))
    return redirect("profiles:members")


@require_POST
@business_required
def leave(request: BusinessRequest) -> HttpResponse:
    """A member leaves by themselves; an owner, who is no member, stays."""
    members.remove_member(professional=request.business, email=request.user.email)
    return redirect("home")


@form_page
@login_required
def join(request: HttpRequest, token: str) -> HttpResponse:
    """Following the link shows who invites; one press joins."""
    assert isinstance(request.user, User)
    if request.method == "POST":
        business = members.join_business(token=token, user=request.user, now=timezone.now())
        messages.success(request, _("You now work for %(business)s.") % {"business": business.name})
        return redirect("home")
    invitation = members.open_invitation(token)
    return render(request, "profiles/join.html", {"invitation": invitation})


@form_page
@login_required
def settings_page(request: HttpRequest) -> HttpResponse:
    """The reader's language and time zone."""
    assert isinstance(request.user, User)
    form = SettingsForm(_posted(request), user=request.user)
    if form.is_valid():
        try:
            preferences.save_preferences(user=request.user, **form.chosen())
        except ProfileError as refusal:
            form.refuse(refusal)
        else:
            with translation.override(request.user.language or translation.get_language()):
                messages.success(request, _("Your choices are saved."))
            return redirect("profiles:settings")
    return _with(render(request, "profiles/settings.html", {"form": form}), form)
