"""Finished jobs that a business tells of."""

from datetime import datetime, timedelta

from django.db import transaction
from django.utils.translation import gettext as _

from profiles.businesses import lock
from profiles.errors import ProfileError
from profiles.models import Professional, Project
from profiles.picture_files import forget_files
from profiles.plain_text import fit

MOST_PROJECTS = 100
TWO_CLICKS = timedelta(minutes=2)


def add_project(*, professional: Professional, title: str, description: str, now: datetime) -> Project:
    """Adds a project, without photos yet. The same words again within two minutes (two clicks) are one project.

    Raises ProfileError "too_many_projects", or for a field.
    """
    values = _read(title, description)
    with transaction.atomic():
        lock(professional)
        just_now = professional.projects.filter(created_at__gt=now - TWO_CLICKS, **values).first()
        if just_now:
            return just_now
        if professional.projects.count() >= MOST_PROJECTS:
            raise ProfileError(
                "too_many_projects",
                _("A profile shows up to %(most)d projects. Remove one to add another.")
                % {"most": MOST_PROJECTS},
            )
        return Project.objects.create(professional=professional, created_at=now, **values)


def change_project(*, project: Project, title: str, description: str) -> Project:
    """Changes what is told of a project. Raises ProfileError for a field, or "project_gone" if it was removed."""
    values = _read(title, description)
    if not Project.objects.filter(pk=project.pk).update(**values):
        raise ProfileError("project_gone", _("This project is no longer there."))
    for field, value in values.items():
        setattr(project, field, value)
    return project


def remove_project(*, project: Project) -> None:
    """Removes a project with its photos; their files go once that is certain. Gone already: does nothing."""
    with transaction.atomic():
        lock(project.professional)
        photos = list(project.photos.all())
        Project.objects.filter(pk=project.pk).delete()
        forget_files(photos)


def _read(title: str, description: str) -> dict[str, str]:
    return {
        "title": fit(title, field="title", most=120, required=True),
        "description": fit(description, field="description", most=2000, lines=True),
    }
