"""Which dates of the guarantee businesses were reminded of, and which they do not want to hear of."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from profiles.models import Professional


class Reminder(models.Model):
    """A date of the guarantee of which a business was reminded: each once; a date that moves is another date."""

    class Topic(models.TextChoices):
        """What can be turned off, each apart."""

        BUY_BY = "buy_by", _("The last day to buy the contacts that count")
        CLAIM = "claim", _("The days on which the claim can be made, and the last of them")
        DRAFT = "draft", _("A claim that was begun and not submitted")

    class Kind(models.TextChoices):
        BUY_BY_FAR = "buy_by_far", _("14 days to the last day to buy")
        BUY_BY_NEAR = "buy_by_near", _("3 days to the last day to buy")
        CAN_CLAIM = "can_claim", _("the claim can be made")
        CLOSING_FAR = "closing_far", _("7 days to the last day to claim")
        CLOSING_NEAR = "closing_near", _("1 day to the last day to claim")
        DRAFT = "draft", _("a draft lies")

    TOPIC_OF: ClassVar[dict[str, str]] = {
        Kind.BUY_BY_FAR: Topic.BUY_BY,
        Kind.BUY_BY_NEAR: Topic.BUY_BY,
        Kind.CAN_CLAIM: Topic.CLAIM,
        Kind.CLOSING_FAR: Topic.CLAIM,
        Kind.CLOSING_NEAR: Topic.CLAIM,
        Kind.DRAFT: Topic.DRAFT,
    }

    professional = models.ForeignKey(
        Professional, on_delete=models.CASCADE, related_name="guarantee_reminders"
    )
    kind = models.CharField(_("kind"), max_length=15, choices=Kind)
    # The local date that it speaks of.
    about = models.DateField(_("about"))
    sent_at = models.DateTimeField(_("written"))

    class Meta:
        verbose_name = _("reminder of the guarantee")
        verbose_name_plural = _("reminders of the guarantee")
        ordering: ClassVar = ["-sent_at", "-id"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["professional", "kind", "about"], name="one_reminder_of_kind_and_date"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.professional} · {self.kind} · {self.about}"


class StoppedReminder(models.Model):
    """A topic that a business does not want to be reminded of; without a row it is reminded."""

    professional = models.ForeignKey(Professional, on_delete=models.CASCADE, related_name="stopped_reminders")
    topic = models.CharField(_("topic"), max_length=10, choices=Reminder.Topic)
    stopped_at = models.DateTimeField(_("stopped"))

    class Meta:
        verbose_name = _("reminders stopped")
        verbose_name_plural = _("reminders stopped")
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["professional", "topic"], name="topic_stopped_once"),
        ]

    def __str__(self) -> str:
        return f"{self.professional} · {self.topic}"
