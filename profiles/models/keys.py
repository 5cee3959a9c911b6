"""The keys with which programs act for people, and what each of them has asked for once."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class Scope(models.TextChoices):
    """What a key may be allowed. No key does what its owner could not do on the pages."""

    LEADS_READ = "leads:read", _("see the requests that can be bought")
    CONTACTS_BUY = "contacts:buy", _("buy contacts, which spends the balance")
    CONTACTS_READ = (
        "contacts:read",
        _("see bought contacts with their details, their diary and their returns"),
    )
    CONTACTS_WRITE = "contacts:write", _("write in the diary, say how a contact ended, ask for a return")
    GUARANTEE_READ = "guarantee:read", _("see how the guarantee stands, and claims")
    GUARANTEE_WRITE = "guarantee:write", _("begin, submit and withdraw a claim")
    STATEMENTS_READ = "statements:read", _("see the balance and its statements")
    SUPPORT_READ = "support:read", _("see tickets, agreements and what support is left")
    SUPPORT_WRITE = "support:write", _("open tickets, and write on them")


class ApiKeyQuerySet(models.QuerySet["ApiKey"]):
    def visible_to(self, user: Any) -> ApiKeyQuerySet:
        """A key is its owner's alone, not their business's."""
        return self.filter(user=user) if user.is_authenticated else self.none()

    def usable(self, now: datetime) -> ApiKeyQuerySet:
        """Neither revoked nor at their end, of somebody who can still sign in."""
        standing = Q(expires_at=None) | Q(expires_at__gt=now)
        return self.filter(standing, revoked_at=None, user__is_active=True)


class ApiKey(models.Model):
    """A key with which one program acts for one person. Only a digest of it is kept: it is shown once, when made."""

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name=_("user"), on_delete=models.CASCADE, related_name="api_keys"
    )
    name = models.CharField(pgettext_lazy("of an integration", "name"), max_length=80)
    # The part by which a key is found and told from others; it opens nothing.
    prefix = models.CharField(_("begins with"), max_length=12, unique=True, editable=False)
    digest = models.CharField(max_length=64, editable=False)
    # As OAuth writes them: separated by a space, in the order of `Scope`.
    scopes = models.CharField(_("may"), max_length=300)
    created_at = models.DateTimeField(pgettext_lazy("of a key", "made"))
    expires_at = models.DateTimeField(_("expires"), null=True, blank=True)
    revoked_at = models.DateTimeField(_("revoked"), null=True, blank=True)
    # To the day: written by the first request of each.
    last_used_on = models.DateField(_("last used"), null=True, blank=True)

    objects = ApiKeyQuerySet.as_manager()

    class Meta:
        verbose_name = _("API key")
        verbose_name_plural = _("API keys")
        ordering: ClassVar = ["-created_at", "-id"]
        constraints: ClassVar = [
            models.CheckConstraint(condition=~Q(scopes=""), name="key_may_do_something"),
        ]

    def __str__(self) -> str:
        return f"{self.name} ({self.prefix}…)"

    @property
    def scope_set(self) -> frozenset[str]:
        return frozenset(self.scopes.split())

    @property
    def may(self) -> list[str]:
        """What it may do, in words."""
        return [str(Scope(scope).label) for scope in self.scopes.split()]

    def is_usable(self, now: datetime) -> bool:
        """As `ApiKeyQuerySet.usable` says of many, but for its owner."""
        return self.revoked_at is None and (self.expires_at is None or now < self.expires_at)


class RepeatedRequest(models.Model):
    """A request with an `Idempotency-Key` that was carried out: the same one again is told the same, and does nothing.

    It names what was made, and keeps none of it: an answer may hold a homeowner's details, which are shown to whoever
    may see them at the moment of asking (M5).
    """

    key = models.ForeignKey(ApiKey, on_delete=models.CASCADE, related_name="repeated_requests")
    idempotency_key = models.CharField(max_length=100)
    # Of address and body: the same key for something else is refused.
    fingerprint = models.CharField(max_length=64)
    made = models.UUIDField()
    at = models.DateTimeField()

    class Meta:
        verbose_name = _("request that was carried out")
        verbose_name_plural = _("requests that were carried out")
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["key", "idempotency_key"], name="one_request_per_idempotency_key"
            ),
        ]
        # What is old enough to be forgotten.
        indexes: ClassVar = [models.Index(fields=["at"], name="repeated_request_to_forget")]

    def __str__(self) -> str:
        return f"{self.key_id} · {self.at:%Y-%m-%d %H:%M}"
