"""Why a request is not published, or closed before its days are over, in words that its homeowner may read."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Ground(models.TextChoices):
    """What moderators choose from; the label is theirs, `TOLD` the homeowner's.

    Those that close a request have the names of the reasons for which a contact is returned (M7).
    """

    TOO_LITTLE = "too_little", _("says too little")
    NO_JOB = "no_job", _("not a job for a business of ours")
    DUPLICATE = "duplicate", _("asked for twice")
    SENDER = "sender", _("not asked for by the homeowner")
    CONTENT = "content", _("content that we do not publish")
    WRONG_DETAILS = "wrong_details", _("the contact details are wrong")
    NOT_REAL = "not_real", _("it is not a real request")
    NEVER_ASKED = "never_asked", _("the homeowner never asked for it")
    OTHER = "other", _("another reason, written below")


REJECTING = (
    Ground.TOO_LITTLE,
    Ground.NO_JOB,
    Ground.DUPLICATE,
    Ground.SENDER,
    Ground.CONTENT,
    Ground.OTHER,
)
CLOSING = (Ground.WRONG_DETAILS, Ground.DUPLICATE, Ground.NOT_REAL, Ground.NEVER_ASKED, Ground.OTHER)

# Never who found it: that a business gave the contact back is nobody else's.
TOLD = {
    Ground.TOO_LITTLE: _("It does not say enough for a business to know what is to be done."),
    Ground.NO_JOB: _("It asks for something that the businesses here do not do."),
    Ground.DUPLICATE: _("You have asked for the same job before, and that request goes on."),
    Ground.SENDER: _("We could not make sure that whoever lives there has asked for it."),
    Ground.CONTENT: _("It holds something that we do not publish."),
    Ground.WRONG_DETAILS: _(
        "It seems that nobody can reach you with the telephone number or the e-mail that it holds. Look at both on "
        "your page, and ask again with the right ones."
    ),
    Ground.NOT_REAL: _(
        "From what we know, there is no job to be done, or not this one. If there is, ask again and tell a little more."
    ),
    Ground.NEVER_ASKED: _(
        "We were told that you did not ask for it yourself. If that is so, you need do nothing; if it is not, ask "
        "again, or reply to our mail."
    ),
}
