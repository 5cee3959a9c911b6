"""What is said on a ticket: one thread, whatever way it came (S10)."""

from __future__ import annotations

import uuid
from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from base.private_files import not_public
from mail.models import IncomingMail
from support.models.tickets import Ticket
from support.models.waits import Wait


class MessageQuerySet(models.QuerySet["Message"]):
    def public(self) -> MessageQuerySet:
        """What both sides read: not the desk's own notes."""
        return self.exclude(kind=Message.Kind.NOTE)

    def news_since(self, seen: int) -> MessageQuerySet:
        """What has come to stand on its ticket after the message with the id `seen`: said there, or brought by a
        merge."""
        return self.filter(Q(pk__gt=seen) | Q(came_with__gt=seen))

    def unanswered(self) -> MessageQuerySet:
        """What was asked, needs an answer, and had none: neither since it stands on its ticket, nor on one that it came
        from. Of a question, for which nobody waits by the clock (S1)."""
        answers = Message.objects.filter(ticket=OuterRef("ticket"), kind=Message.Kind.ANSWER)
        here = answers.filter(came_with=None, pk__gt=Coalesce(OuterRef("came_with"), OuterRef("pk")))
        return self.filter(~Exists(here), kind=Message.Kind.ASKED, unneeded_at=None, answered_before=False)

    def visible_to(self, user: Any) -> MessageQuerySet:
        return self.public().filter(ticket__in=Ticket.objects.visible_to(user))


class Message(models.Model):
    """One thing said on a ticket, by its asker or by the desk. It is never edited."""

    class Kind(models.TextChoices):
        ASKED = "asked", pgettext_lazy("message", "asked")
        ANSWER = "answer", _("answer")
        # Seen by the desk alone; it answers nobody (S2).
        NOTE = "note", _("internal note")

    public_id = models.UUIDField(_("public id"), default=uuid.uuid4, unique=True, editable=False)
    ticket = models.ForeignKey(
        Ticket,
        on_delete=models.PROTECT,
        related_name="messages",
        db_index=False,  # `message_of_ticket` begins with it.
        verbose_name=_("ticket"),
    )
    kind = models.CharField(_("kind"), max_length=10, choices=Kind)
    channel = models.CharField(_("channel"), max_length=10, choices=Ticket.Channel)
    text = models.TextField(_("text"))
    # What a mail quotes, folded on the page.
    quoted = models.TextField(_("quoted text"), blank=True)
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
        verbose_name=_("author"),
    )
    name = models.CharField(_("name"), max_length=120, blank=True)
    email = models.EmailField(_("e-mail"), blank=True)
    # When it was said: a mail when it reached the mailbox.
    at = models.DateTimeField(_("at"))
    mail = models.OneToOneField(
        IncomingMail,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="desk_message",
        verbose_name=_("e-mail"),
    )
    # Of what a client asked: the wait that it began or joined. Of an answer: the wait that it ended.
    wait = models.ForeignKey(
        Wait,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="messages",
        verbose_name=_("wait"),
    )
    # Of what was said on another ticket, which was merged into this one: the desk's note of that, since which it stands
    # here. Its own number says no more in which order this ticket's readers came to see it (S8).
    came_with = models.ForeignKey(
        "self",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
        db_index=False,
        verbose_name=_("came with"),
    )
    # Of what was asked on another ticket, which was merged into this one: it was answered before it came here.
    answered_before = models.BooleanField(_("answered before it came"), default=False, db_default=False)
    # Of an answer: when it was found that it reached nobody, so that the wait which it had ended goes on (S2).
    undelivered_at = models.DateTimeField(_("found not to have arrived"), null=True, blank=True)
    # "Thanks!": a consultant says, with a reason that is counted apart, that it needs no answer (S2).
    unneeded_why = models.CharField(_("why it needs no answer"), max_length=250, blank=True)
    unneeded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
        verbose_name=_("said to need no answer by"),
    )
    unneeded_at = models.DateTimeField(_("said to need no answer"), null=True, blank=True)

    objects = MessageQuerySet.as_manager()

    class Meta:
        verbose_name = _("message")
        verbose_name_plural = _("messages")
        ordering: ClassVar = ["ticket", "at", "id"]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(unneeded_at=None, unneeded_why="")
                | (Q(unneeded_at__isnull=False, kind="asked") & ~Q(unneeded_why="")),
                name="message_unneeded_for_a_reason",
            ),
        ]
        indexes: ClassVar = [
            # A ticket's thread, in its order.
            models.Index(fields=["ticket", "at", "id"], name="message_of_ticket"),
            # The database asks it of a message that is taken out: what came by merges is little.
            models.Index(
                fields=["came_with"], name="message_came_with", condition=Q(came_with__isnull=False)
            ),
        ]

    @property
    def here_since(self) -> int:
        """The id of the message since which it stands on its ticket: its own, or that of the note of a merge."""
        return self.came_with_id or self.pk

    def __str__(self) -> str:
        return self.text[:60]


class Attachment(models.Model):
    """A file that came with a message. It is handed out to be saved, never shown by the browser."""

    public_id = models.UUIDField(_("public id"), default=uuid.uuid4, unique=True, editable=False)
    message = models.ForeignKey(
        Message, on_delete=models.PROTECT, related_name="attachments", verbose_name=_("message")
    )
    file = models.FileField(_("file"), upload_to="tickets/", storage=not_public, max_length=200)
    # As its sender named it, made harmless.
    name = models.CharField(_("name"), max_length=120)
    size = models.PositiveBigIntegerField(_("size (bytes)"))

    class Meta:
        verbose_name = _("attachment")
        verbose_name_plural = _("attachments")
        ordering: ClassVar = ["message", "id"]

    def __str__(self) -> str:
        return self.name
