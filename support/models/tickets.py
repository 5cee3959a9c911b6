"""Tickets: what somebody asks of the desk, and what became of it (S1, S4, S8)."""

from __future__ import annotations

import secrets
import uuid
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, ClassVar

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Exists, F, OuterRef, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy
from phonenumber_field.modelfields import PhoneNumberField

from base.models import StateEvent
from support.courtesy import COURTESY_MINUTES
from support.models.agreements import AgreementVersion
from support.models.allowances import Allowance
from support.models.clients import Client


def new_tag() -> str:
    """What makes an address of ours the address of one ticket: nobody guesses it, and no mail server folds its case."""
    return secrets.token_hex(10)


class TicketQuerySet(models.QuerySet["Ticket"]):
    def visible_to(self, user: Any) -> TicketQuerySet:
        """Those of the clients for whom `user` speaks, and what they asked themselves. An appeal is its maker's
        alone."""
        if not user.is_authenticated:
            return self.none()
        of_clients = self.model.objects.filter(client__in=Client.objects.visible_to(user)).exclude(
            kind=Ticket.Kind.APPEAL
        )
        # What somebody asked for a client for whom they speak no more is that client's; what came as a question and
        # was linked to a client is still theirs to read.
        came_as_question = TicketEvent.objects.filter(
            ticket=OuterRef("pk"), kind=TicketEvent.Kind.LINKED
        ).values("pk")
        own = self.model.objects.filter(asker=user).filter(
            Q(client=None) | Q(kind=Ticket.Kind.APPEAL) | Exists(came_as_question)
        )
        # Two ways, each by its index.
        return self.filter(pk__in=of_clients.order_by().values("pk").union(own.order_by().values("pk")))

    def at_the_desk(self, user: Any) -> TicketQuerySet:
        """Those that `user` may answer: a consultant the clients' and the questions, whoever hears appeals those with
        whose cause they had nothing to do (G19); nobody those of a client for whom they speak, or their own, nor what
        its asker has not confirmed."""
        may = Q(pk__in=[])
        if user.has_perm("support.answer_ticket"):
            may |= ~Q(kind=Ticket.Kind.APPEAL)
        if user.has_perm("support.hear_appeal"):
            may |= Q(kind=Ticket.Kind.APPEAL) & ~Q(
                pk__in=self.model.objects.filter(not_for=user).order_by().values("pk")
            )
        own = Client.objects.ids_visible_to(user)
        found = self.filter(may).exclude(asker=user).exclude(state__in=self.model.UNREAD)
        return found.exclude(client__in=own) if own else found

    def said(self) -> TicketQuerySet:
        """Those that are there for whoever asked: confirmed, and not merged into another."""
        return self.exclude(state__in=(Ticket.State.UNCONFIRMED, Ticket.State.EXPIRED, Ticket.State.MERGED))

    def open(self) -> TicketQuerySet:
        """Those with which the desk is not done."""
        return self.filter(state__in=(Ticket.State.OPEN, Ticket.State.ANSWERED))

    def unplaced(self) -> TicketQuerySet:
        """Of clients, those that nobody has placed against an allowance or outside yet, also where the desk is done
        with them (S4). An appeal is heard at no charge and placed nowhere; what was merged is placed where it goes
        on. The conditions of an index, word for word."""
        return self.filter(placement="", kind__in=Ticket.PLACED_KINDS, state__in=Ticket.PLACED_STATES)

    def to_call_back(self) -> TicketQuerySet:
        """Calls that nobody has returned yet (S3)."""
        return self.filter(kind=Ticket.Kind.CALL_BACK, state=Ticket.State.OPEN)


class Ticket(models.Model):
    """One thing that somebody asks: a request of a client, a call to return, a question of somebody who is no client,
    or an appeal. What is said stands in its messages, what is due in its waits."""

    class Kind(models.TextChoices):
        REQUEST = "request", _("request")
        CALL_BACK = "call_back", _("call to return")
        # Of somebody who is no client: answered when there is time (S1).
        QUESTION = "question", _("question")
        APPEAL = "appeal", _("appeal")

    class Channel(models.TextChoices):
        WEB = "web", _("web")
        MAIL = "mail", _("e-mail")
        PHONE = "phone", _("telephone")

    class State(models.TextChoices):
        # Nobody reads it before its asker has confirmed their address (S10).
        UNCONFIRMED = "unconfirmed", pgettext_lazy("ticket", "not confirmed")
        OPEN = "open", pgettext_lazy("ticket", "open")
        ANSWERED = "answered", pgettext_lazy("ticket", "answered")
        CLOSED = "closed", pgettext_lazy("ticket", "closed")
        MERGED = "merged", pgettext_lazy("ticket", "merged into another")
        EXPIRED = "expired", pgettext_lazy("ticket", "never confirmed")

    # Every allowed move; a test walks every pair.
    MOVES: ClassVar[dict[str, set[str]]] = {
        State.UNCONFIRMED: {State.OPEN, State.EXPIRED},
        State.OPEN: {State.ANSWERED, State.CLOSED, State.MERGED},
        State.ANSWERED: {State.OPEN, State.CLOSED, State.MERGED},
        State.CLOSED: {State.OPEN},
        State.MERGED: set(),
        State.EXPIRED: set(),
    }
    # What nobody reads, for its asker has not said that it is theirs (S10).
    UNREAD: ClassVar = (State.UNCONFIRMED, State.EXPIRED)
    # A closed one is opened again within this long; after that, what is said is a new one that follows it.
    REOPENED_WITHIN: ClassVar = timedelta(days=14)

    class Placement(models.TextChoices):
        """What a ticket is placed against (S4); empty: nobody has placed it yet."""

        ALLOWANCE = "allowance", _("an allowance")
        OUTSIDE = "outside", _("outside the agreement")

    # Which are placed (`TicketQuerySet.unplaced`).
    PLACED_KINDS: ClassVar = (Kind.REQUEST, Kind.CALL_BACK)
    PLACED_STATES: ClassVar = (State.OPEN, State.ANSWERED, State.CLOSED)

    public_id = models.UUIDField(_("public id"), default=uuid.uuid4, unique=True, editable=False)
    kind = models.CharField(_("kind"), max_length=10, choices=Kind, default=Kind.REQUEST)
    channel = models.CharField(_("channel"), max_length=10, choices=Channel)
    state = models.CharField(_("state"), max_length=12, choices=State, default=State.OPEN)
    subject = models.CharField(_("subject"), max_length=200)
    # Of what was agreed, as its asker chose it: a hint for whoever places the ticket, which places nothing (S7).
    about = models.CharField(_("about"), max_length=200, blank=True)
    language = models.CharField(_("language"), max_length=10, choices=settings.LANGUAGES, blank=True)
    # When it was asked: a mail when it reached the mailbox, a call when it came.
    asked_at = models.DateTimeField(_("asked"))
    # The part of its address that makes mails to it continue it (S10).
    tag = models.CharField(_("tag"), max_length=20, unique=True, default=new_tag, editable=False)

    # Nobody's: a question. Once linked, it is the client's.
    client = models.ForeignKey(
        Client,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="tickets",
        db_index=False,  # `ticket_of_client` begins with it.
        verbose_name=_("client"),
    )
    # Who asks: an account, where they are signed in or known by a proved address, and where they are reached.
    asker = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
        verbose_name=_("asked by"),
    )
    name = models.CharField(_("name"), max_length=120, blank=True)
    email = models.EmailField(_("e-mail"), blank=True)
    phone = PhoneNumberField(_("telephone"), blank=True)

    # Who has taken it (S8).
    consultant = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
        verbose_name=_("consultant"),
    )
    # Of an appeal: who decided what it is against, or found what it stands on, and so does not hear it (G19).
    not_for = models.ManyToManyField(
        settings.AUTH_USER_MODEL, blank=True, related_name="+", verbose_name=_("not to be heard by")
    )

    # What was agreed when it was opened: later versions leave it as it is (S4).
    agreement_version = models.ForeignKey(
        AgreementVersion,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="tickets",
        verbose_name=_("agreement"),
    )
    placement = models.CharField(_("placed against"), max_length=10, choices=Placement, blank=True)
    allowance = models.ForeignKey(
        Allowance,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="tickets",
        verbose_name=_("allowance"),
    )
    # The sum of what was logged as a courtesy, kept here so that the database itself holds the limit (S5).
    courtesy_minutes = models.PositiveSmallIntegerField(_("courtesy (minutes)"), default=0)

    closed_at = models.DateTimeField(pgettext_lazy("moment", "closed"), null=True, blank=True)
    rating = models.PositiveSmallIntegerField(
        _("rating"), null=True, blank=True, validators=[MinValueValidator(1), MaxValueValidator(5)]
    )
    rating_text = models.TextField(_("what was said with the rating"), blank=True)
    rated_at = models.DateTimeField(_("rated"), null=True, blank=True)
    # When somebody of the client's side last opened it once it was answered, to the minute: an answer whose mail never
    # arrived was read all the same.
    client_saw_at = models.DateTimeField(_("last seen by the client"), null=True, blank=True)
    # Nothing in it says any more who asked, or what (X5).
    erased_at = models.DateTimeField(_("erased"), null=True, blank=True)
    # The closed one that it carries on.
    follows = models.ForeignKey(
        "self",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="followed_by",
        verbose_name=_("follows"),
    )
    merged_into = models.ForeignKey(
        "self",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="merged",
        verbose_name=_("merged into"),
    )

    objects = TicketQuerySet.as_manager()

    class Meta:
        verbose_name = _("ticket")
        verbose_name_plural = _("tickets")
        ordering: ClassVar = ["-asked_at", "-id"]
        permissions: ClassVar = [
            ("answer_ticket", _("Can answer tickets and calls, and log what was done")),
            ("handle_desk_mail", _("Can see mail to the desk and decide what becomes of it")),
            ("hear_appeal", _("Can answer tickets that are appeals")),
            ("view_figures", _("Can see the figures of the desk")),
        ]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(placement="allowance", allowance__isnull=False)
                | (~Q(placement="allowance") & Q(allowance=None)),
                name="ticket_placed_against_what_it_names",
            ),
            models.CheckConstraint(
                condition=Q(courtesy_minutes__lte=COURTESY_MINUTES), name="ticket_courtesy_is_short"
            ),
            models.CheckConstraint(
                condition=Q(state="merged", merged_into__isnull=False)
                | (~Q(state="merged") & Q(merged_into=None)),
                name="ticket_merged_names_the_other",
            ),
            models.CheckConstraint(
                condition=~Q(merged_into=F("pk")) & ~Q(follows=F("pk")), name="ticket_is_not_its_own_other"
            ),
            # A question is nobody's; whatever else is asked, a client asks. A call that nobody knows is a question.
            models.CheckConstraint(
                condition=Q(kind="question", client=None)
                | (~Q(kind="question") & (Q(client__isnull=False) | Q(kind="appeal"))),
                name="ticket_of_a_client_or_a_question",
            ),
            models.CheckConstraint(
                condition=Q(rating=None, rated_at=None)
                | Q(rating__gte=1, rating__lte=5, rated_at__isnull=False),
                name="ticket_rated_from_one_to_five",
            ),
            models.CheckConstraint(
                condition=~Q(state="closed") | Q(closed_at__isnull=False), name="ticket_closed_at_a_time"
            ),
            # Several missed calls of one number are one call-back (S3). One that is answered counts too: where only a
            # message was left, the next missed call opens it again.
            models.UniqueConstraint(
                fields=["client", "phone"],
                condition=Q(kind="call_back", state__in=["open", "answered"]),
                name="one_open_call_back_per_number",
            ),
        ]
        indexes: ClassVar = [
            # The desk's lists: what is open without anything due (questions last, by age), and what waits for clients.
            models.Index(
                fields=["kind", "asked_at"],
                name="ticket_open",
                condition=Q(state__in=["open", "answered"]),
            ),
            # Whose they are, also those of which nothing is due.
            models.Index(
                fields=["consultant", "asked_at"],
                name="ticket_taken",
                condition=Q(state__in=["open", "answered"]),
            ),
            models.Index(fields=["client", "-asked_at"], name="ticket_of_client"),
            # What nobody has placed yet, of each kind the newest first.
            models.Index(
                fields=["kind", "-asked_at", "-id"],
                name="ticket_unplaced",
                condition=Q(
                    placement="",
                    kind__in=["request", "call_back"],
                    state__in=["open", "answered", "closed"],
                ),
            ),
            # What somebody who is no client asked, by their address: linked once they are one, and forgotten with them.
            models.Index(fields=["email"], name="ticket_of_address"),
            # Appeals, of all states, by the part of their address: whose mails are read by whom (G19).
            models.Index(fields=["tag"], name="ticket_appeal", condition=Q(kind="appeal")),
            # What was never confirmed.
            models.Index(fields=["asked_at"], name="ticket_unconfirmed", condition=Q(state="unconfirmed")),
            # Questions that are to be forgotten some time after they were closed.
            models.Index(
                fields=["closed_at"],
                name="ticket_question_closed",
                condition=Q(kind="question", state="closed", erased_at=None),
            ),
        ]

    @property
    def number(self) -> str:
        """As said on the telephone: T-000123. It opens nothing: pages and mails know a ticket by what nobody
        guesses."""
        return f"T-{self.pk:06d}"

    @property
    def is_open(self) -> bool:
        """Whether the desk is not done with it."""
        return self.state in (self.State.OPEN, self.State.ANSWERED)

    @property
    def is_unplaced(self) -> bool:
        """As `TicketQuerySet.unplaced`."""
        return not self.placement and self.kind in self.PLACED_KINDS and self.state in self.PLACED_STATES

    def family(self) -> list[int]:
        """The ids of this one and of all that were merged into it, at however many removes: what was done on them
        counts here."""
        return families([self.pk])

    def can_be_reopened(self, now: datetime) -> bool:
        """Worked out from its dates."""
        return (
            self.state == self.State.CLOSED
            and self.erased_at is None
            and self.closed_at is not None
            and now <= self.closed_at + self.REOPENED_WITHIN
        )

    def __str__(self) -> str:
        return f"{self.number} · {self.subject}"


def families(pks: Sequence[int]) -> list[int]:
    """The ids of these tickets and of all that were merged into them, at however many removes."""
    found, new = list(pks), list(pks)
    while new:
        rows = Ticket.objects.filter(merged_into__in=new).order_by("pk")
        new = list(rows.values_list("pk", flat=True))
        found += new
    return found


class TicketEvent(StateEvent):
    """What became of a ticket besides its messages: each move of its state, and who took, placed or merged it."""

    class Kind(models.TextChoices):
        OPENED = "opened", _("opened")
        CONFIRMED = "confirmed", _("confirmed by its asker")
        LINKED = "linked", _("linked to a client")
        UNLINKED = "unlinked", _("taken back from a client")
        TAKEN = "taken", _("taken")
        HANDED_OVER = "handed_over", _("handed over")
        RELEASED = "released", _("put back")
        PLACED = "placed", _("placed")
        ANSWERED = "answered", pgettext_lazy("ticket", "answered")
        ASKED = "asked", _("asked again")
        NO_ANSWER = "no_answer", _("marked as needing no answer")
        RESUMED = "resumed", _("waits again, for the answer did not arrive")
        CALLED = "called", pgettext_lazy("ticket", "called")
        CLOSED = "closed", pgettext_lazy("ticket", "closed")
        REOPENED = "reopened", _("opened again")
        MERGED = "merged", _("merged")
        RATED = "rated", _("rated")
        EXPIRED = "expired", _("never confirmed")
        ERASED = "erased", _("erased")

    ticket = models.ForeignKey(
        Ticket, on_delete=models.CASCADE, related_name="events", verbose_name=_("ticket")
    )
    kind = models.CharField(_("what happened"), max_length=12, choices=Kind)
    # To whom it was handed over, what it was placed against; of a call, and outside of what was agreed, a code that
    # `support.shown.about_in_words` reads.
    about = models.CharField(_("about"), max_length=200, blank=True)

    class Meta(StateEvent.Meta):
        verbose_name = _("ticket event")
        verbose_name_plural = _("ticket events")


class TicketLookQuerySet(models.QuerySet["TicketLook"]):
    def of_now(self, now: datetime) -> TicketLookQuerySet:
        """Those that are so recent that somebody is likely to be still looking."""
        return self.filter(at__gt=now - TicketLook.LASTS)


class TicketLook(models.Model):
    """A consultant has a ticket open, or is writing an answer: told to others who open it (S8). It keeps nobody out,
    and it goes when they no longer look."""

    LASTS: ClassVar = timedelta(minutes=5)

    ticket = models.ForeignKey(Ticket, on_delete=models.CASCADE, related_name="looks")
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+", verbose_name=_("who")
    )
    at = models.DateTimeField(_("at"))
    # Since when they write; none: they read.
    writing_at = models.DateTimeField(_("writing"), null=True, blank=True)

    objects = TicketLookQuerySet.as_manager()

    class Meta:
        verbose_name = _("look at a ticket")
        verbose_name_plural = _("looks at tickets")
        ordering: ClassVar = ["-at", "id"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["ticket", "user"], name="one_look_a_ticket_and_person"),
        ]

    def __str__(self) -> str:
        return f"{self.user}"
