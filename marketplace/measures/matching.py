"""How fast whoever wants to hear of a new lead is found and written to, beside one statement by hand in SQL."""

from contextlib import closing
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Q
from django.utils import timezone

from base.days import marketplace_day, month_of
from base.measure import Measurement, by_hand_connection, in_turn, milliseconds
from base.registry import measured
from mail.models import OutgoingMail
from marketplace.matching import announce_lead, send_digests, to_announce
from marketplace.models import Interest, Lead, LeadPreferences

DAILY = 5_000

# The same readers by the same rules, their mails, and the mark on the lead.
ANNOUNCE = """
WITH lead AS (SELECT * FROM marketplace_lead WHERE id = %(lead)s), readers AS (
  SELECT u.email, u.language FROM lead
    JOIN marketplace_interest i ON i.category_id = lead.category_id AND i.province_id = lead.province_id
    JOIN marketplace_leadpreferences f ON f.professional_id = i.professional_id
    JOIN profiles_professional p ON p.id = i.professional_id JOIN profiles_user u ON u.id = p.owner_id
  WHERE f.mails = 'at_once'
    AND EXISTS (SELECT FROM billing_period b JOIN billing_invoice v ON v.id = b.invoice_id
                WHERE b.professional_id = p.id AND starts_on <= %(day)s AND ends_on >= %(day)s AND NOT
                (v.due_on < %(day)s::date - 14 AND (v.paid_on IS NULL OR v.paid_on > %(day)s)))
    AND NOT EXISTS (SELECT FROM profiles_suspension s WHERE s.professional_id = p.id AND lifted_at IS NULL)
    AND NOT EXISTS (SELECT FROM marketplace_contact c WHERE c.professional_id = p.id AND c.lead_id = lead.id)
    AND NOT EXISTS (SELECT FROM account_emailaddress e
                    WHERE e.user_id = u.id AND e.verified AND lower(e.email) = lower(lead.homeowner_email))
    AND (f.monthly_limit_cents IS NULL OR f.monthly_limit_cents >= lead.price_cents +
         (SELECT coalesce(sum(c.price_cents), 0) FROM marketplace_contact c
          WHERE c.professional_id = p.id AND c.bought_on >= %(month)s AND c.returned_at IS NULL))
), written AS (
  INSERT INTO mail_outgoingmail (kind, cause, recipient, reply_to, in_reply_to, unsubscribe_url, calendar, language,
                                 subject, text, message_id, state, attempts, last_error, written_at, due_at)
    SELECT 'marketplace/new_lead', 'lead:' || lead.public_id, readers.email, '', '',
           'https://quince.example/jobs/mails/stop/' || repeat('x', 90) || '/', '', 'es-mx', 'New job: ' || lead.title,
           repeat('What everybody may know of it. ', 20), gen_random_uuid(), 'queued', 0, '', %(now)s, %(now)s
    FROM readers, lead
  ON CONFLICT DO NOTHING
)
UPDATE marketplace_lead SET announced_at = %(now)s WHERE id = %(lead)s
"""


def _announce_by_hand(raw: Any, lead: int, now: datetime) -> None:
    today = marketplace_day(now)
    with raw.cursor() as cursor:
        values = {"lead": lead, "now": now, "day": today, "month": month_of(today)[0]}
        cursor.execute(ANNOUNCE, values)
    raw.commit()


def _announce(now: datetime) -> None:
    """As the job does: the lead is found, its readers are written to, and it is marked."""
    lead = to_announce(now).first()
    assert lead is not None
    announce_lead(lead=lead, now=now)


@measured
def new_leads(repeats: int) -> list[Measurement]:
    """A lead that was just published, against everybody's interests; and the daily mails."""
    now = timezone.now()
    turns = repeats * 4
    fresh = list(
        Lead.objects.buyable(now).order_by("-published_at").values_list("pk", flat=True)[: 2 * turns + 2]
    )
    ours, by_hand = fresh[: turns + 1], iter(fresh[turns + 1 :])
    Lead.objects.filter(pk__in=ours).update(announced_at=None)
    OutgoingMail.objects.all().delete()
    with closing(by_hand_connection()) as raw:
        told = in_turn(
            f"publish a lead: write to whoever wants to hear of it, of {Interest.objects.count():,} interests",
            ours=lambda: _announce(now),
            by_hand=lambda: _announce_by_hand(raw, next(by_hand), now),
            repeats=turns,
            goal="ratio ≤ 4, ≤ 4 queries",
        )
    mails = OutgoingMail.objects.filter(kind="marketplace/new_lead").count()
    note = f"{mails / (2 * turns + 2):,.0f} mails each"
    return [Measurement(**_fields(told) | {"note": note}), _daily(now)]


def _fields(measurement: Measurement) -> dict[str, Any]:
    return {name: getattr(measurement, name) for name in measurement.__dataclass_fields__}


def _daily(now: datetime) -> Measurement:
    """The daily mails of some thousands, once, at the hour at which they go out."""
    today = marketplace_day(now)
    morning = now.astimezone().replace(hour=23)  # Late enough on that day wherever the bench runs.
    some = list(
        LeadPreferences.objects.filter(mails="daily").order_by("pk").values_list("pk", flat=True)[:DAILY]
    )
    LeadPreferences.objects.filter(~Q(pk__in=some), mails="daily").update(digest_on=today)
    # The newest leads of the bulk are sold out: a day's worth of those that are not.
    newest = Lead.objects.buyable(now).latest("published_at").published_at
    assert newest is not None
    LeadPreferences.objects.filter(pk__in=some).update(digest_until=newest - timedelta(days=1))
    written = 0

    def run() -> None:
        nonlocal written
        written = send_digests(now=morning)

    took = milliseconds(run)
    return Measurement(
        operation=f"daily mails of {len(some):,} professionals",
        ours_median=took,
        goal="batches of 200",
        note=f"{written:,} mails, {took / max(1, len(some)):.2f} ms each",
    )
