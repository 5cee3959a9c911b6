from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _

from base.registry import grant


class ProfilesConfig(AppConfig):
    name = "profiles"
    verbose_name = _("Professionals")

    def ready(self) -> None:
        from profiles import invariants, personal  # noqa: F401 - registers what must hold, and what is kept of people
        from profiles.models import Photo
        from profiles.picture_files import PUBLIC_PHOTOS, keeps_files

        keeps_files(Photo, PUBLIC_PHOTOS, "image", "thumbnail")
        seen = [
            f"profiles.view_{name}" for name in ("professional", "answer", "project", "photo", "suspension")
        ]
        for role in ("moderator", "reviewer", "appeals", "finance"):
            grant(role, *seen)
        # Who finds a claim false suspends by it; other grounds for it are found by the same people.
        grant("reviewer", "profiles.suspend_professional")
        grant("appeals", "profiles.lift_suspension")
        # A tax id or a telephone that its owner cannot mend any more.
        grant("finance", "profiles.change_professional")
        # What a complete profile answers is part of what the guarantee asks.
        grant("terms", "profiles.view_question", "profiles.add_question", "profiles.change_question")
