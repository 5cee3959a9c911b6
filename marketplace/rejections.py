"""Why a request is not published, in words that its homeowner may read."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Ground(models.TextChoices):
    """What moderators choose from; the label is theirs, `TOLD` the homeowner's."""

    TOO_LITTLE = "too_little", _("says too little")
    NO_JOB = "no_job", _("not a job for a business of ours")
    DUPLICATE = "duplicate", _("asked for twice")
    SENDER = "sender", _("not asked for by the homeowner")
    CONTENT = "content", _("content that we do not publish")
    OTHER = "other", _("another reason, written below")


TOLD = {
    Ground.TOO_LITTLE: _("It does not say enough for a business to know what is to be done."),
    Ground.NO_JOB: _("It asks for something that the businesses here do not do."),
    Ground.DUPLICATE: _("You have asked for the same job before, and that request goes on."),
    Ground.SENDER: _("We could not make sure that whoever lives there has asked for it."),
    Ground.CONTENT: _("It holds something that we do not publish."),
}
