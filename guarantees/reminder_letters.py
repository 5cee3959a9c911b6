"""The mails that remind of the dates of the guarantee, each with its date for a calendar."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from django.conf import settings
from django.utils import translation

from base import links
from guarantees import calendar_days, rules
from guarantees.models import Reminder
from guarantees.reminder_choices import cause_of, stop_link
from guarantees.wording import sentence
from mail import outbox

Kind = Reminder.Kind
Topic = Reminder.Topic


def letter_of(
    reminder: Reminder, verdict: rules.Eligibility, *, has_draft: bool, today: date, now: datetime
) -> outbox.Letter:
    """The mail of a reminder, to the owner, who alone claims."""
    owner = reminder.professional.owner
    topic = Reminder.TOPIC_OF[reminder.kind]
    with translation.override(owner.language or settings.LANGUAGE_CODE):
        if topic == Topic.BUY_BY:
            kind, context, calendar = _to_buy(reminder, verdict, now)
        else:
            kind, context, calendar = _to_claim(reminder, verdict, has_draft, today, now)
    return outbox.Letter(
        kind=f"guarantees/{kind}",
        cause=cause_of(reminder.pk),
        to=owner.email,
        language=owner.language,
        context={
            "business": reminder.professional.name,
            "today": today,
            "about": reminder.about,
            "left": (reminder.about - today).days,
            "overview_link": links.absolute("guarantees:overview"),
            "choices_link": links.absolute("guarantees:reminders"),
            **context,
        },
        unsubscribe_url=stop_link(reminder.professional, topic),
        calendar=calendar,
    )


def _to_buy(
    reminder: Reminder, verdict: rules.Eligibility, now: datetime
) -> tuple[str, Mapping[str, Any], str]:
    have, need = calendar_days.have_and_need(verdict)
    context = {
        "have": have,
        "need": need,
        "missing": need - have,
        "safe": rules.safe_buy_by(reminder.about),
        "jobs_link": links.absolute("marketplace:feed"),
    }
    return (
        "remind_buy_by",
        context,
        calendar_days.buying(reminder.professional, reminder.about, need - have, now=now),
    )


def _to_claim(
    reminder: Reminder, verdict: rules.Eligibility, has_draft: bool, today: date, now: datetime
) -> tuple[str, Mapping[str, Any], str]:
    assert verdict.claim_until is not None and verdict.claim_from is not None
    kind = {Kind.CAN_CLAIM: "remind_can_claim", Kind.DRAFT: "remind_draft"}.get(
        Kind(reminder.kind), "remind_closing"
    )
    context = {
        "claim_from": verdict.claim_from,
        "claim_until": verdict.claim_until,
        "days_left": (verdict.claim_until - today).days,
        "has_draft": has_draft,
        "missing": [sentence(each) for each in verdict.requirements if each.status == "unmet"],
        "amount_cents": verdict.amount_cents,
        "claim_link": links.absolute("guarantees:claim"),
    }
    return kind, context, calendar_days.claiming(reminder.professional, verdict, today, now=now)
