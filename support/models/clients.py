"""Whom the desk works for, and who speaks for them (S1)."""

from __future__ import annotations

import uuid
from typing import Any, ClassVar

from allauth.account.models import EmailAddress
from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _
from phonenumber_field.modelfields import PhoneNumberField
from simple_history.models import HistoricalRecords

from base.prepared import Prepared
from billing.models import Customer
from profiles.models import Professional, User

_OF_BUSINESS = ("customer__professional__owner__in", "customer__professional__members__in")


class ClientQuerySet(models.QuerySet["Client"]):
    def signed(self) -> ClientQuerySet:
        """Those who are clients: with at least one signed agreement, now or earlier (S1)."""
        return self.filter(agreements__isnull=False).distinct()

    def visible_to(self, user: Any) -> ClientQuerySet:
        """Those for whom `user` speaks: their own business, or one that named an address which they have proved."""
        if not user.is_authenticated:
            return self.none()
        of_business = self.model.objects.filter(
            customer__professional__in=Professional.objects.visible_to(user)
        )
        by_address = self.model.objects.filter(people__in=ClientPerson.objects.speaking().proved_by(user))
        # Two ways, each by its index.
        return self.filter(
            pk__in=of_business.order_by().values("pk").union(by_address.order_by().values("pk"))
        )

    def ids_visible_to(self, user: Any) -> list[int]:
        """The ids of those in `visible_to`: every page of the desk asks for them."""
        return [pk for (pk,) in _VISIBLE.rows(user=user.pk)] if user.is_authenticated else []

    def of_others(self, user: Any) -> ClientQuerySet:
        """Those for whom `user` does not speak: with them alone they do what the desk does."""
        return self.exclude(pk__in=self.ids_visible_to(user))

    def of_address(self, email: str) -> ClientQuerySet:
        """Those for whom whoever has the address `email` speaks. Whether they have it, somebody else has to know."""
        named = self.model.objects.filter(
            people__in=ClientPerson.objects.speaking().filter(email=email.lower())
        )
        proved = EmailAddress.objects.filter(email__iexact=email, verified=True).values("user")
        # Each way by its index.
        ways = (named, *(self.model.objects.filter(**{way: proved}) for way in _OF_BUSINESS))
        first, *others = (each.order_by().values("pk") for each in ways)
        return self.filter(pk__in=first.union(*others))


class Client(models.Model):
    """A person or business for whom the desk works, or to whom it has sent a quote.

    Whether it *is* a client is worked out from its agreements (`ClientQuerySet.signed`), never set by hand.
    """

    public_id = models.UUIDField(_("public id"), default=uuid.uuid4, unique=True, editable=False)
    customer = models.OneToOneField(
        Customer, on_delete=models.PROTECT, related_name="client", verbose_name=_("customer")
    )
    language = models.CharField(_("language"), max_length=10, choices=settings.LANGUAGES, blank=True)
    created_at = models.DateTimeField(_("created"), editable=False)

    history = HistoricalRecords()
    objects = ClientQuerySet.as_manager()

    class Meta:
        verbose_name = _("client")
        verbose_name_plural = _("clients")
        ordering: ClassVar = ["customer__name", "id"]

    def __str__(self) -> str:
        return str(self.customer)


def _visible(*, user: int) -> models.QuerySet[Client, tuple[int]]:
    return Client.objects.visible_to(User(pk=user)).order_by().values_list("pk")


_VISIBLE = Prepared(_visible)


class ClientPersonQuerySet(models.QuerySet["ClientPerson"]):
    def speaking(self) -> ClientPersonQuerySet:
        """Those who still speak for their client."""
        return self.filter(ended_on=None)

    def proved_by(self, user: Any) -> ClientPersonQuerySet:
        """Those whose address `user` has proved to be theirs."""
        proved = EmailAddress.objects.filter(user=user, verified=True).annotate(lower=Lower("email"))
        return self.filter(email__in=proved.values("lower"))


class ClientPerson(models.Model):
    """Somebody who speaks for a client, known by an address. Of a client that is a professional, its owner and its
    members speak besides, without a row.

    Who has proved that the address is theirs sees the client's pages; nobody needs to be invited.
    """

    class Role(models.TextChoices):
        ASKS = "asks", _("asks and follows")
        # Accepts quotes and offers too.
        SIGNS = "signs", _("asks, follows and signs")

    client = models.ForeignKey(
        Client, on_delete=models.PROTECT, related_name="people", verbose_name=_("client")
    )
    name = models.CharField(_("name"), max_length=120)
    email = models.EmailField(_("e-mail"))
    phone = PhoneNumberField(_("telephone"), blank=True)
    role = models.CharField(_("role"), max_length=10, choices=Role, default=Role.ASKS)
    ended_on = models.DateField(_("speaks for the client no more since"), null=True, blank=True)

    history = HistoricalRecords()
    objects = ClientPersonQuerySet.as_manager()

    class Meta:
        verbose_name = _("person of a client")
        verbose_name_plural = _("people of clients")
        ordering: ClassVar = ["name", "id"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["client", "email"],
                condition=Q(ended_on=None),
                name="one_person_per_client_and_address",
            ),
            models.CheckConstraint(
                condition=Q(email=Lower("email")), name="client_person_address_in_lower_case"
            ),
        ]
        indexes: ClassVar = [
            # Whose mail is this, and which pages are theirs? And whose call?
            models.Index(fields=["email"], name="client_person_by_email", condition=Q(ended_on=None)),
            models.Index(fields=["phone"], name="client_person_by_phone", condition=Q(ended_on=None)),
        ]

    def __str__(self) -> str:
        return f"{self.name} · {self.client}"
