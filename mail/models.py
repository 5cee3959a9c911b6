"""What is sent (X3). A mail is a row written in the transaction of its cause, and sent after."""

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class OutgoingMail(models.Model):
    """One message to one recipient.

    `cause` names the row it was written for ("contact:12"); with `kind` and `recipient` it is unique, so no
    job that runs twice can write a second one; what tells apart several for one row stands behind it
    ("review_request:12:1768068000"). Bodies are cleared 30 days after sending (M5).
    """

    class State(models.TextChoices):
        QUEUED = "queued", _("waiting to be sent")
        SENDING = "sending", _("being sent")
        SENT = "sent", _("sent")
        FAILED = "failed", _("given up")

    kind = models.CharField(_("kind"), max_length=60)
    cause = models.CharField(_("cause"), max_length=80)
    recipient = models.EmailField(_("to"))
    reply_to = models.EmailField(_("reply to"), blank=True)
    # Where one press ends mails of this kind for its reader (RFC 8058); empty where nobody subscribed to them.
    unsubscribe_url = models.CharField(_("where to unsubscribe"), max_length=300, blank=True)
    language = models.CharField(_("language"), max_length=10)
    subject = models.CharField(_("subject"), max_length=250)
    # The one source: the HTML alternative is made from it when the message is sent.
    text = models.TextField(_("text"), blank=True)
    # A file for calendars that goes with it (mail.calendars); empty: none.
    calendar = models.TextField(_("date for calendars"), blank=True, default="", db_default="")
    message_id = models.CharField(_("Message-ID"), max_length=120, unique=True)
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.QUEUED)
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0)
    last_error = models.CharField(_("last error"), max_length=250, blank=True)
    written_at = models.DateTimeField(_("written"))
    due_at = models.DateTimeField(_("to be sent from"))
    claimed_at = models.DateTimeField(_("claimed by a worker"), null=True, blank=True)
    sent_at = models.DateTimeField(_("sent"), null=True, blank=True)
    cleared_at = models.DateTimeField(_("body cleared"), null=True, blank=True)

    class Meta:
        verbose_name = _("mail")
        verbose_name_plural = _("mails")
        ordering: ClassVar = ["-written_at", "-id"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["cause", "kind", "recipient"], name="one_mail_per_cause"),
        ]
        indexes: ClassVar = [
            # What is due, in the order in which it is sent.
            models.Index(fields=["due_at", "id"], name="mail_due", condition=Q(state="queued")),
            # What a dead worker left behind.
            models.Index(fields=["claimed_at"], name="mail_stuck", condition=Q(state="sending")),
            # What was written to a person, to be shown to them and forgotten with them (X5).
            models.Index(fields=["recipient"], name="mail_to_person"),
            # Where answers go to a person; cleared with the body, so they are few.
            models.Index(fields=["reply_to"], name="mail_answered_to_person", condition=~Q(reply_to="")),
            # What is to be cleared.
            models.Index(
                fields=["due_at"],
                name="mail_to_clear",
                condition=Q(state__in=["sent", "failed"], cleared_at__isnull=True),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} · {self.cause}"
