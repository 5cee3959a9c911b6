"""What beat asks for. The database is the schedule: each of these finds what is due by looking (X3)."""

from celery import shared_task
from django.utils import timezone

from marketplace import anonymising, asking, expiry, first_contact, matching, reviews


@shared_task(name="marketplace.check_first_contacts")
def check_first_contacts() -> None:
    """Once a minute: who is to be reminded of the 24 hours, and for whom they have passed (G21)."""
    first_contact.check_first_contacts(now=timezone.now())


@shared_task(name="marketplace.remind_of_reviews")
def remind_of_reviews() -> None:
    """Once an hour: who was asked for a review five days ago and has not written it (M12)."""
    reviews.remind_of_reviews(now=timezone.now())


@shared_task(name="marketplace.remove_unconfirmed")
def remove_unconfirmed() -> None:
    """Once an hour: requests that nobody confirmed within their days (M1)."""
    asking.remove_unconfirmed(now=timezone.now())


@shared_task(name="marketplace.announce_leads")
def announce_leads() -> None:
    """Every few seconds: writes about what was just published to whoever wants to hear of it at once (M11)."""
    matching.announce_leads(now=timezone.now())


@shared_task(name="marketplace.send_digests")
def send_digests() -> None:
    """Every ten minutes: the daily mail about new jobs, to whoever has not had today's (M11)."""
    matching.send_digests(now=timezone.now())


@shared_task(name="marketplace.expire_leads")
def expire_leads() -> None:
    """Every few minutes: whose thirty days are over (M2). Pages know it by the date."""
    expiry.expire_leads(now=timezone.now())


@shared_task(name="marketplace.anonymise_leads")
def anonymise_leads() -> None:
    """Once a day: requests whose twelve months are over, and those whose homeowner asked for it (X5)."""
    anonymising.anonymise_leads(now=timezone.now())
