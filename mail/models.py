"""What is sent and what comes in (X3). A mail to send is a row written in the transaction of its cause, and sent after;
one that came is a row before anything is done about it."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from base.models import StateEvent
from base.private_files import not_public


class OutgoingMailQuerySet(models.QuerySet["OutgoingMail"]):
    def undelivered(self) -> OutgoingMailQuerySet:
        """What was given up, or came back."""
        return self.filter(Q(state=OutgoingMail.State.FAILED) | Q(bounced_at__isnull=False))


class OutgoingMail(models.Model):
    """One message to one recipient.

    `cause` names the row it was written for ("contact:12"); with `kind` and `recipient` it is unique, so no
    job that runs twice can write a second one; what tells apart several for one row stands behind it
    ("review_request:12:1768068000"). Bodies are cleared 30 days after sending (M5).
    """

    class State(models.TextChoices):
        QUEUED = "queued", _("waiting to be sent")
        SENDING = "sending", _("being sent")
        SENT = "sent", pgettext_lazy("mail", "sent")
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
    # The Message-ID of the mail that this one answers, or what stands for it (IncomingMail.message_id).
    in_reply_to = models.CharField(_("in reply to"), max_length=250, blank=True)
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.QUEUED)
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0)
    # Of what came back: the address of whoever returned it.
    last_error = models.CharField(_("last error"), max_length=250, blank=True)
    written_at = models.DateTimeField(_("written"))
    due_at = models.DateTimeField(_("to be sent from"))
    claimed_at = models.DateTimeField(_("claimed by a worker"), null=True, blank=True)
    sent_at = models.DateTimeField(_("sent"), null=True, blank=True)
    # When its recipient's mail server told us that it did not arrive after all (mail.bounces).
    bounced_at = models.DateTimeField(_("came back"), null=True, blank=True)
    cleared_at = models.DateTimeField(_("body cleared"), null=True, blank=True)

    objects = OutgoingMailQuerySet.as_manager()

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
            # What was answered lately: no sender is answered often.
            models.Index(fields=["written_at"], name="mail_answers", condition=~Q(in_reply_to="")),
            # What reached nobody: whoever wrote it may have to be told.
            models.Index(
                fields=["written_at"],
                name="mail_undelivered",
                condition=Q(state="failed") | Q(bounced_at__isnull=False),
            ),
            # What is to be cleared.
            models.Index(
                fields=["due_at"],
                name="mail_to_clear",
                condition=Q(state__in=["sent", "failed"], cleared_at__isnull=True),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} · {self.cause}"


def sent_to(address: str) -> Q:
    """The condition that a mail was sent to an address of ours, with a part behind a + or without."""
    local, _at, domain = address.lower().rpartition("@")
    return Q(recipient=address.lower()) | Q(
        recipient__startswith=f"{local}+", recipient__endswith=f"@{domain}"
    )


class IncomingMailQuerySet(models.QuerySet["IncomingMail"]):
    def from_any(self, addresses: set[str]) -> IncomingMailQuerySet:
        """What was sent from one of these addresses."""
        return self.filter(sender__in={address.lower() for address in addresses})

    def waiting(self) -> IncomingMailQuerySet:
        """What waits for a person to say what becomes of it."""
        return self.filter(state__in=IncomingMail.WAITING)

    def sent_to(self, address: str) -> IncomingMailQuerySet:
        """What was sent to an address of ours."""
        return self.filter(sent_to(address))


class IncomingMail(models.Model):
    """One message as it reached one of our addresses, and what became of it (S10).

    The message itself is a file, whole, with its attachments in it; here stands what pages and handlers need of it.
    The same message for the same address is one row, however often and by however many ways it is delivered. What only
    bears its Message-ID, which others have seen or can guess, is another: nobody's mail is lost for it (`said_hash`).
    """

    class Way(models.TextChoices):
        PIPE = "pipe", _("handed over by the mail server")
        MAILBOX = "mailbox", _("fetched from the mailbox")
        PROVIDER = "provider", _("sent by the mail provider")

    class State(models.TextChoices):
        RECEIVED = "received", pgettext_lazy("mail", "received")
        TAKEN = "taken", _("taken in")
        PARKED = "parked", _("waiting for a person")
        NOT_TAKEN = "not_taken", _("not taken in")
        FAILED = "failed", _("given up")

    # Every allowed move; a test walks every pair. From the second on, a person makes them.
    MOVES: ClassVar[dict[str, set[str]]] = {
        State.RECEIVED: {State.TAKEN, State.PARKED, State.NOT_TAKEN, State.FAILED},
        State.PARKED: {State.TAKEN, State.NOT_TAKEN},
        State.FAILED: {State.TAKEN, State.NOT_TAKEN},
        State.NOT_TAKEN: {State.TAKEN},
        State.TAKEN: set(),
    }
    WAITING: ClassVar = (State.PARKED, State.FAILED)

    class Authentication(models.TextChoices):
        """What our own mail server said of the sender's domain (DMARC)."""

        PASSED = "passed", _("the sender is who they say")
        FAILED = "failed", _("the sender may be somebody else")
        NOT_SAID = "not_said", _("not said")

    class Reason(models.TextChoices):
        AUTOMATIC = "automatic", _("a machine wrote it")
        BOUNCE = "bounce", _("a mail of ours that did not arrive")
        NO_ROUTE = "no_route", _("no part of the product takes mail for this address")
        FOR_A_PERSON = "for_a_person", _("somebody wrote to us, and a person answers")
        # A route that knows the sender leaves it to a person.
        OURS = "ours", _("somebody who works here wrote it")
        TOO_OFTEN = "too_often", _("its sender writes more often than is answered without a person")
        TOO_MANY = "too_many", _("its sender has sent more in a day than is taken in without a person")
        SAME_NAME = "same_name", _("its sender has sent another mail with the same Message-ID")
        NO_REPLY = "no_reply", _("its sender cannot be answered")
        TOO_LARGE = "too_large", _("it is too large")
        NOT_AUTHENTIC = "not_authentic", _("the sender may be somebody else (DMARC)")
        SPAM = "spam", _("the mail provider takes it for spam")
        GAVE_UP = "gave_up", _("it could not be handled")
        SET_ASIDE = "set_aside", _("set aside by hand")

    # As the message says it, or made from what the message is where it says none (`reading.identity`).
    message_id = models.CharField(_("Message-ID"), max_length=250)
    recipient = models.CharField(_("to"), max_length=254, blank=True)
    way = models.CharField(_("how it came"), max_length=10, choices=Way)
    # When it reached the mailbox: neither its own Date nor when we looked.
    received_at = models.DateTimeField(_("received"))
    stored_at = models.DateTimeField(_("stored"))
    sender = models.CharField(_("from"), max_length=254, blank=True)
    sender_name = models.CharField(_("name of the sender"), max_length=200, blank=True)
    subject = models.CharField(_("subject"), max_length=250, blank=True)
    # What was written this time, and everything with what it quotes.
    text = models.TextField(_("text"), blank=True)
    whole_text = models.TextField(_("text with what it quotes"), blank=True)
    # Message-IDs that it answers, oldest first, one a line.
    references = models.TextField(pgettext_lazy("mail", "answers"), blank=True)
    # The sign by which it is known to be no person's, as "auto-submitted: auto-replied"; empty: a person wrote it.
    automatic_sign = models.CharField(_("sign of a machine"), max_length=120, blank=True)
    authentication = models.CharField(
        _("sender's domain"), max_length=10, choices=Authentication, default=Authentication.NOT_SAID
    )
    raw = models.FileField(_("message"), storage=not_public, max_length=200, blank=True)
    # Who says what (`inbox.hash_of_said`).
    said_hash = models.CharField(_("hash of what it says"), max_length=64, editable=False)
    size = models.PositiveBigIntegerField(_("size (bytes)"))

    state = models.CharField(_("state"), max_length=10, choices=State, default=State.RECEIVED)
    reason = models.CharField(_("reason"), max_length=15, choices=Reason, blank=True)
    # Who took it, and the row that it became part of ("claim:…").
    route = models.CharField(_("taken by"), max_length=100, blank=True)
    cause = models.CharField(_("became"), max_length=80, blank=True)
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0)
    last_error = models.CharField(_("last error"), max_length=250, blank=True)
    due_at = models.DateTimeField(_("to be handled from"))
    # The day from which message and text are cleared; none: not handled yet, or kept by what it became part of.
    clear_on = models.DateField(_("to be cleared on"), null=True, blank=True)
    cleared_at = models.DateTimeField(_("cleared"), null=True, blank=True)

    objects = IncomingMailQuerySet.as_manager()

    class Meta:
        verbose_name = _("incoming mail")
        verbose_name_plural = _("incoming mails")
        ordering: ClassVar = ["-received_at", "-id"]
        permissions: ClassVar = [("handle_incomingmail", _("Can decide what becomes of incoming mail"))]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["message_id", "recipient", "said_hash"], name="one_incoming_mail"
            ),
            models.CheckConstraint(
                condition=(Q(state="taken") & ~Q(route="")) | (~Q(state="taken") & Q(route="")),
                name="taken_by_a_route",
            ),
            models.CheckConstraint(
                condition=Q(state__in=["received", "taken"]) | ~Q(reason=""), name="not_taken_has_a_reason"
            ),
        ]
        indexes: ClassVar = [
            # What is to be handled.
            models.Index(fields=["due_at", "id"], name="incoming_due", condition=Q(state="received")),
            # What waits for a person: told where its readers work.
            models.Index(
                fields=["recipient"], name="incoming_waiting", condition=Q(state__in=["parked", "failed"])
            ),
            # What is to be cleared.
            models.Index(fields=["clear_on"], name="incoming_to_clear", condition=Q(cleared_at__isnull=True)),
            # What a person wrote, to be shown to them and forgotten with them (X5), and how much of it in a day.
            models.Index(fields=["sender", "received_at"], name="incoming_of_person"),
        ]

    def __str__(self) -> str:
        return self.subject or self.message_id

    @property
    def waits(self) -> bool:
        """Whether a person has to say what becomes of it."""
        return self.state in self.WAITING

    @property
    def is_for_a_person(self) -> bool:
        """Whether somebody answers it from their mail program: no part of the product could take it in."""
        return self.reason == self.Reason.FOR_A_PERSON

    @property
    def can_be_taken_in(self) -> bool:
        """Whether a person may let it in."""
        by_hand = self.state != self.State.RECEIVED and self.State.TAKEN in self.MOVES[self.State(self.state)]
        return by_hand and not self.is_for_a_person and self.cleared_at is None


class IncomingAttachment(models.Model):
    """What a message carries besides its text: where it stands in it, and under which harmless name it is saved."""

    mail = models.ForeignKey(IncomingMail, on_delete=models.CASCADE, related_name="attachments")
    position = models.PositiveSmallIntegerField(_("position"))
    name = models.CharField(_("name"), max_length=120)
    content_type = models.CharField(_("kind"), max_length=100)
    size = models.PositiveBigIntegerField(_("size (bytes)"))

    class Meta:
        verbose_name = _("attachment")
        verbose_name_plural = _("attachments")
        ordering: ClassVar = ["position"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["mail", "position"], name="one_attachment_per_position"),
        ]

    def __str__(self) -> str:
        return self.name


class IncomingMailEvent(StateEvent):
    """A move of an incoming mail; who made it, where a person did (X4)."""

    mail = models.ForeignKey(IncomingMail, on_delete=models.CASCADE, related_name="events")

    class Meta(StateEvent.Meta):
        verbose_name = _("incoming mail event")
        verbose_name_plural = _("incoming mail events")
