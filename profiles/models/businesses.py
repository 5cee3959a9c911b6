"""Businesses, and what a business shows of itself."""

from __future__ import annotations

import uuid
from datetime import date
from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy
from phonenumber_field.modelfields import PhoneNumberField
from simple_history.models import HistoricalRecords

from base.models import Liftable, LiftableQuerySet
from base.translated import Translated
from profiles.models.people import User


class ProfessionalQuerySet(models.QuerySet["Professional"]):
    def visible_to(self, user: Any) -> ProfessionalQuerySet:
        """The businesses that `user` owns or is a member of."""
        if not user.is_authenticated:
            return self.none()
        # Two ways, each by its index: asked for one or the other, the database reads every business there is.
        owned = Professional.objects.filter(owner=user).values("pk")
        return self.filter(pk__in=owned.union(Professional.objects.filter(members=user).values("pk")))


class Professional(models.Model):
    """A business that contracts a plan and buys contacts: one owner, who alone claims, and members."""

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    owner = models.OneToOneField(
        settings.AUTH_USER_MODEL,
        verbose_name=_("owner"),
        on_delete=models.PROTECT,
        related_name="owned_business",
    )
    members: models.ManyToManyField[User, Any] = models.ManyToManyField(
        settings.AUTH_USER_MODEL, verbose_name=_("members"), related_name="businesses", blank=True
    )
    name = models.CharField(_("business name"), max_length=120)
    description = models.TextField(_("description"), max_length=5000, blank=True)
    # The same count as on the page, kept when the text is saved, so that many are judged without their texts (G7).
    description_length = models.PositiveIntegerField(
        _("characters in the description"), default=0, editable=False
    )
    phone = PhoneNumberField(_("telephone"), blank=True)
    tax_id = models.CharField(_("tax id"), max_length=20, blank=True)
    # S: the local date on which a plan was first ever contracted. Written once (G20).
    first_contracted_on = models.DateField(_("first contracted on"), null=True, blank=True, editable=False)
    created_at = models.DateTimeField(_("created"))
    # Its owner closed the account: what the books need is left, and nobody signs in for it (X5).
    closed_at = models.DateTimeField(pgettext_lazy("moment", "closed"), null=True, blank=True, editable=False)

    history = HistoricalRecords(excluded_fields=["description_length"])
    objects = ProfessionalQuerySet.as_manager()

    class Meta:
        verbose_name = _("professional")
        verbose_name_plural = _("professionals")
        constraints: ClassVar = [
            # One account per tax id: the chance belongs to the business (G10).
            models.UniqueConstraint(
                fields=["tax_id"], condition=~Q(tax_id=""), name="one_account_per_tax_id"
            ),
        ]
        # Who else has this telephone? Shown to staff (G10).
        indexes: ClassVar = [models.Index(fields=["phone"], name="professional_phone")]

    def __str__(self) -> str:
        return self.name

    @property
    def known_as(self) -> str:
        """Its name to somebody it has dealt with; what it is to them once its account is closed (X5)."""
        return str(_("a business that has closed its account")) if self.closed_at else self.name

    def has_person(self, user: Any) -> bool:
        """Whether `user` owns this business or belongs to it: such a user decides nothing about it."""
        return self.owner_id == user.pk or self.members.filter(pk=user.pk).exists()

    def people_ever(self) -> models.QuerySet[User]:
        """Its owner, its members, and whoever was one by invitation and is no longer."""
        ways = ({"pk": self.owner_id}, {"businesses": self}, {"accepted_invitations__professional": self})
        first, *others = (User.objects.filter(**way).values("pk") for way in ways)
        return User.objects.filter(pk__in=first.union(*others))


class Invitation(models.Model):
    """An owner's invitation to work for their business: nobody becomes a member without having agreed."""

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    professional = models.ForeignKey(Professional, on_delete=models.CASCADE, related_name="invitations")
    email = models.EmailField(_("e-mail"))
    invited_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("invited by"),
        null=True,
        on_delete=models.SET_NULL,
        related_name="+",
    )
    invited_at = models.DateTimeField(_("invited"))
    # Accepted or withdrawn: its link does nothing any more.
    ended_at = models.DateTimeField(_("ended"), null=True, blank=True)
    # Who once joined by it: kept when they leave, for a business's own people do not review it (G8).
    accepted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("accepted by"),
        null=True,
        on_delete=models.SET_NULL,
        related_name="accepted_invitations",
    )

    class Meta:
        verbose_name = _("invitation")
        verbose_name_plural = _("invitations")
        ordering: ClassVar = ["invited_at", "id"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["professional", "email"], condition=Q(ended_at=None), name="one_open_invitation"
            ),
        ]

    def __str__(self) -> str:
        return self.email


class QuestionQuerySet(models.QuerySet["Question"]):
    def asked_of(self, first_contracted_on: date | None, today: date) -> QuestionQuerySet:
        """What a professional must answer: in force on S and still asked today; before S, today's (G7)."""
        still = self.filter(asked_from__lte=today).filter(Q(asked_until=None) | Q(asked_until__gte=today))
        return still if first_contracted_on is None else still.filter(asked_from__lte=first_contracted_on)


class Question(models.Model):
    """One of the questions about the company that a complete profile answers (G7)."""

    text = Translated()
    text_en = models.CharField(_("question in English"), max_length=200)
    text_es = models.CharField(_("question in Spanish"), max_length=200, blank=True)
    text_it = models.CharField(_("question in Italian"), max_length=200, blank=True)
    position = models.PositiveSmallIntegerField(_("position"), default=0)
    asked_from = models.DateField(_("asked from"))
    asked_until = models.DateField(_("asked until"), null=True, blank=True)

    history = HistoricalRecords()
    objects = QuestionQuerySet.as_manager()

    class Meta:
        verbose_name = _("question about the company")
        verbose_name_plural = _("questions about the company")
        ordering: ClassVar = ["position", "id"]

    def __str__(self) -> str:
        return str(self.text)


class Answer(models.Model):
    """A professional's answer to a question about the company; an empty answer is no row."""

    professional = models.ForeignKey(Professional, on_delete=models.CASCADE, related_name="answers")
    question = models.ForeignKey(Question, on_delete=models.PROTECT, related_name="answers")
    text = models.TextField(_("answer"), max_length=1000)

    class Meta:
        verbose_name = _("answer")
        verbose_name_plural = _("answers")
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["professional", "question"], name="one_answer_per_question"),
            models.CheckConstraint(condition=~Q(text=""), name="answer_says_something"),
        ]

    def __str__(self) -> str:
        return str(self.question)


class ProjectQuerySet(models.QuerySet["Project"]):
    def visible_to(self, user: Any) -> ProjectQuerySet:
        return self.filter(professional__in=Professional.objects.visible_to(user))


class Project(models.Model):
    """A finished job, told with photos."""

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    professional = models.ForeignKey(Professional, on_delete=models.CASCADE, related_name="projects")
    title = models.CharField(_("title"), max_length=120)
    description = models.TextField(_("what was done"), max_length=2000, blank=True)
    created_at = models.DateTimeField(_("created"))

    objects = ProjectQuerySet.as_manager()

    class Meta:
        verbose_name = _("project")
        verbose_name_plural = _("projects")
        ordering: ClassVar = ["-created_at", "-id"]

    def __str__(self) -> str:
        return self.title


class PhotoQuerySet(models.QuerySet["Photo"]):
    def visible_to(self, user: Any) -> PhotoQuerySet:
        return self.filter(professional__in=Professional.objects.visible_to(user))


class Photo(models.Model):
    """A picture, re-encoded: no metadata of the original is kept (a photo's GPS position must not leak)."""

    class Use(models.TextChoices):
        LOGO = "logo", _("logo")
        PROJECT = "project", _("project")
        WORK = "work", _("finished work")

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    professional = models.ForeignKey(Professional, on_delete=models.CASCADE, related_name="photos")
    project = models.ForeignKey(
        Project, null=True, blank=True, on_delete=models.CASCADE, related_name="photos"
    )
    use = models.CharField(_("use"), max_length=10, choices=Use)
    image = models.ImageField(_("image"))
    thumbnail = models.ImageField(_("thumbnail"))
    width = models.PositiveIntegerField(editable=False)
    height = models.PositiveIntegerField(editable=False)
    # Of the decoded picture, so that the same photograph uploaded four times is one photograph (G7).
    content_hash = models.CharField(_("content hash"), max_length=64, editable=False)
    caption = models.CharField(_("caption"), max_length=150, blank=True)
    uploaded_at = models.DateTimeField(_("uploaded"))

    objects = PhotoQuerySet.as_manager()

    class Meta:
        verbose_name = _("photo")
        verbose_name_plural = _("photos")
        ordering: ClassVar = ["uploaded_at", "id"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["professional"], condition=Q(use="logo"), name="one_logo"),
            models.CheckConstraint(
                condition=Q(use="project", project__isnull=False)
                | (~Q(use="project") & Q(project__isnull=True)),
                name="photo_of_a_project_names_it",
            ),
        ]
        indexes: ClassVar = [
            # Different photos by use and project, for many professionals at once: read from the index alone (G7).
            models.Index(fields=["professional", "use", "project", "content_hash"], name="photo_counts"),
        ]

    def __str__(self) -> str:
        return self.caption or str(self.get_use_display())


class Suspension(Liftable):
    """A professional's suspension (G19): a row with who decided it, so that an appeal goes to somebody else."""

    professional = models.ForeignKey(Professional, on_delete=models.PROTECT, related_name="suspensions")
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name=_("decided by"), on_delete=models.PROTECT, related_name="+"
    )
    suspended_at = models.DateTimeField(_("suspended"))

    objects = LiftableQuerySet.as_manager()

    class Meta:
        verbose_name = _("suspension")
        verbose_name_plural = _("suspensions")
        ordering: ClassVar = ["-suspended_at", "-id"]
        permissions: ClassVar = [
            ("suspend_professional", _("Can suspend a business")),
            ("lift_suspension", _("Can lift a suspension")),
        ]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["professional"], condition=Q(lifted_at=None), name="one_suspension_at_a_time"
            ),
            models.CheckConstraint(
                condition=Liftable.LIFTED_BY_SOMEBODY,
                name="lifting_has_a_person",
            ),
            models.CheckConstraint(
                condition=Q(lifted_by=None) | ~Q(lifted_by=F("decided_by")), name="lifted_by_another_person"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.professional} · {self.suspended_at:%Y-%m-%d}"


class NetworkUse(models.Model):
    """A network from which a business works, by a key from which nobody reads the address: a review written from the
    same one is a signal to the moderator, no more (G8)."""

    professional = models.ForeignKey(Professional, on_delete=models.CASCADE, related_name="networks")
    key = models.CharField(_("network"), max_length=64)
    last_used_on = models.DateField(_("last used"))

    class Meta:
        verbose_name = _("network of a business")
        verbose_name_plural = _("networks of businesses")
        constraints: ClassVar = [
            # Led by what is asked for: which business works from where a review was written?
            models.UniqueConstraint(fields=["key", "professional"], name="one_network_per_business"),
        ]
        # What has not been used for so long that it is forgotten.
        indexes: ClassVar = [models.Index(fields=["last_used_on"], name="network_to_forget")]

    def __str__(self) -> str:
        return f"{self.professional} · {self.last_used_on}"
