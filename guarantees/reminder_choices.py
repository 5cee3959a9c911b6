"""Which reminders of the guarantee a business wants: all, until it stops some (RFC 8058)."""

from collections.abc import Collection
from datetime import datetime

from django.core.signing import BadSignature
from django.db import transaction

from base import links
from guarantees.models import Reminder, StoppedReminder
from mail import outbox
from mail.models import OutgoingMail
from profiles.models import Professional

Topic = Reminder.Topic

LINK_PURPOSE = "stop-guarantee-reminders"


def wanted(professional: Professional) -> list[str]:
    """The topics of which the business is reminded."""
    stopped = set(professional.stopped_reminders.values_list("topic", flat=True))
    return [topic for topic in Topic.values if topic not in stopped]


def choose_reminders(*, professional: Professional, topics: Collection[str], now: datetime) -> None:
    """The business is reminded of these topics and of no others. Raises ValueError for a topic that there is not."""
    chosen = {Topic(topic) for topic in topics}
    with transaction.atomic():
        _line_up(professional)
        professional.stopped_reminders.filter(topic__in=chosen).delete()
        for topic in Topic:
            if topic not in chosen:
                _stop(professional, topic, now)


def stop_reminders(*, professional: Professional, topic: Topic, now: datetime) -> None:
    """No reminder about that topic any more, neither one that waits to be sent. Stopped already: does nothing."""
    with transaction.atomic():
        _line_up(professional)
        _stop(professional, topic, now)


def stop_link(professional: Professional, topic: str) -> str:
    """Where reminders about a topic are stopped, in one press and without an account. It does not end: whoever finds an
    old mail can still stop the new ones."""
    token = links.sign(LINK_PURPOSE, f"{professional.public_id}:{topic}")
    return links.absolute("guarantees:stop_reminders", token=token)


def whose(token: str) -> tuple[Professional, Topic] | None:
    """Whose reminders the link stops, and which; None for a business that is no more. Raises signing.BadSignature if
    forged."""
    public_id, _, topic = links.unsign(LINK_PURPOSE, token, max_age=None).partition(":")
    if topic not in Topic:
        raise BadSignature("There is no such topic any more.")
    professional = Professional.objects.filter(public_id=public_id).select_related("owner").first()
    return (professional, Topic(topic)) if professional else None


def _line_up(professional: Professional) -> None:
    """Behind a reminder that is being written, which is then taken back with the others."""
    Professional.objects.select_for_update(no_key=True, of=("self",)).only("pk").get(pk=professional.pk)


def _stop(professional: Professional, topic: Topic, now: datetime) -> None:
    _stopped, made = StoppedReminder.objects.get_or_create(
        professional=professional, topic=topic, defaults={"stopped_at": now}
    )
    if made:
        outbox.take_back(
            OutgoingMail.objects.filter(cause__in=_causes(professional, topic)), why="Not wanted any more."
        )


def _causes(professional: Professional, topic: Topic) -> list[str]:
    kinds = [kind for kind, its_topic in Reminder.TOPIC_OF.items() if its_topic == topic]
    reminders = Reminder.objects.filter(professional=professional, kind__in=kinds)
    return [cause_of(pk) for pk in reminders.values_list("pk", flat=True)]


def cause_of(reminder_id: int) -> str:
    """By which the outbox knows a reminder's mail."""
    return f"reminder:{reminder_id}"
