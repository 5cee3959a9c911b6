"""Replies that are written once and used in many answers."""

from __future__ import annotations

import uuid
from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class SavedReplyQuerySet(models.QuerySet["SavedReply"]):
    def usable_by(self, user: Any) -> SavedReplyQuerySet:
        """What somebody at the desk may put into an answer: what everybody shares, and their own."""
        return self.filter(Q(owner=None) | Q(owner=user))

    def kept_by(self, user: Any) -> SavedReplyQuerySet:
        """Those that `user` may change: their own, and the shared ones who has the permission for it."""
        may = Q(owner=user)
        if user.has_perm("support.change_savedreply"):
            may |= Q(owner=None)
        return self.filter(may)


class SavedReply(models.Model):
    """A text for answers that are given often: one consultant's own, or shared by the whole desk. It is put into an
    answer and read again there; nothing is ever sent by itself."""

    public_id = models.UUIDField(_("public id"), default=uuid.uuid4, unique=True, editable=False)
    title = models.CharField(_("title"), max_length=100)
    text_en = models.TextField(_("text (English)"), blank=True)
    text_es = models.TextField(_("text (Spanish)"), blank=True)
    text_it = models.TextField(_("text (Italian)"), blank=True)
    # Nobody: the whole desk shares it.
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.CASCADE,
        related_name="+",
        verbose_name=_("whose"),
    )
    written_at = models.DateTimeField(_("written"))

    objects = SavedReplyQuerySet.as_manager()

    class Meta:
        verbose_name = _("saved reply")
        verbose_name_plural = _("saved replies")
        ordering: ClassVar = ["title", "id"]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=~Q(text_en="", text_es="", text_it=""), name="saved_reply_says_something"
            ),
        ]

    def text_in(self, language: str) -> str:
        """In the language `language` ("es-mx"), else in one of those in which it was written."""
        texts = {"en": self.text_en, "es": self.text_es, "it": self.text_it}
        return texts.get(language.split("-")[0]) or self.text_en or self.text_es or self.text_it

    def __str__(self) -> str:
        return self.title
