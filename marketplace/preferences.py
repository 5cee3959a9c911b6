"""What a professional wants to hear of, how, and how much they spend in a month at most (M11)."""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime

from django.db import transaction
from django.db.models import Sum
from django.utils.translation import gettext_lazy as _

from base import links
from base.days import marketplace_day, month_of
from mail import outbox
from mail.models import OutgoingMail
from marketplace.errors import MarketplaceError
from marketplace.models import Category, Contact, Interest, LeadPreferences, Province
from profiles.models import Professional

Mails = LeadPreferences.Mails

# The mails about new jobs: what one stops who wants no more of them.
NEW_LEAD = "marketplace/new_lead"
DIGEST = "marketplace/new_leads"
KINDS = (NEW_LEAD, DIGEST)

LINK_PURPOSE = "stop-lead-mails"
_ANY = "any-token"


def save_preferences(
    *,
    professional: Professional,
    categories: Collection[Category],
    provinces: Collection[Province] | None,
    mails: str,
    monthly_limit_cents: int | None,
    now: datetime,
) -> LeadPreferences:
    """Sets the trades and places that a professional works in (every pair of the two; `provinces` None: all of them,
    also those that are added later), how new jobs reach them, and their monthly limit (None: no limit; 0: nothing is
    bought) (M11).

    Neither a trade nor a place: everything is shown, and nothing is sent. The daily mail begins with what is
    published from now on, the day after. Raises MarketplaceError: incomplete (one of the two is missing),
    unknown_mails, bad_limit; each with its field.
    """
    everywhere = provinces is None
    provinces = Province.objects.all() if provinces is None else provinces
    if bool(categories) != bool(everywhere or provinces):
        raise MarketplaceError(
            "incomplete",
            _("Choose a place as well: a province, or all of them.")
            if categories
            else _("Choose what you do as well: at least one category."),
            field="provinces" if categories else "categories",
        )
    if mails not in Mails.values:
        raise MarketplaceError("unknown_mails", _("Choose when we should write to you."), field="mails")
    if monthly_limit_cents is not None and monthly_limit_cents < 0:
        raise MarketplaceError(
            "bad_limit",
            _("A limit is not below zero. Leave it empty for no limit."),
            field="monthly_limit_cents",
        )
    with transaction.atomic():
        preferences = _locked(professional)
        _set_interests(professional, categories, provinces)
        preferences.monthly_limit_cents, preferences.everywhere = monthly_limit_cents, everywhere
        _set_mails(preferences, mails, now)
        return preferences


def stop_mails(*, professional: Professional, now: datetime) -> LeadPreferences:
    """No mail about new jobs any more, neither one that waits to be sent. Stopped already: changes nothing.

    Everything else that was chosen stays, so that the mails can be taken up again.
    """
    with transaction.atomic():
        preferences = _locked(professional)
        _set_mails(preferences, Mails.NEVER, now)
        return preferences


def _locked(professional: Professional) -> LeadPreferences:
    """In line behind the business's own purchases: whoever has lowered the limit knows that it holds."""
    Professional.objects.select_for_update(no_key=True, of=("self",)).only("pk").get(pk=professional.pk)
    preferences, _made = LeadPreferences.objects.get_or_create(professional=professional)
    return preferences


def _set_mails(preferences: LeadPreferences, mails: str, now: datetime) -> None:
    changed = ["mails", "monthly_limit_cents", "everywhere"]
    if mails == Mails.DAILY and preferences.mails != Mails.DAILY:
        preferences.digest_on, preferences.digest_until = marketplace_day(now), now
        # Else these are the daily mail's own: it may be marking them at this moment.
        changed += ["digest_on", "digest_until"]
    if mails == Mails.NEVER:
        owner = Professional.objects.values_list("owner__email", flat=True).get(
            pk=preferences.professional_id
        )
        outbox.take_back(OutgoingMail.objects.filter(kind__in=KINDS, recipient=owner))
    preferences.mails = mails
    preferences.save(update_fields=changed)


def _set_interests(
    professional: Professional, categories: Collection[Category], provinces: Collection[Province]
) -> None:
    wanted = {(category.pk, province.pk) for category in categories for province in provinces}
    mine = Interest.objects.filter(professional=professional)
    mine.exclude(
        category__in=[pk for pk, _province in wanted], province__in=[pk for _category, pk in wanted]
    ).delete()
    there = set(mine.values_list("category_id", "province_id"))
    Interest.objects.bulk_create(
        Interest(professional=professional, category_id=category, province_id=province)
        for category, province in sorted(wanted - there)
    )


def open_province(province: Province) -> None:
    """Gives a province that was added to whoever works in all of them. Twice is once."""
    everywhere = (
        Interest.objects.filter(professional__lead_preferences__everywhere=True)
        .order_by()
        .values_list("professional", "category")
        .distinct()
    )
    Interest.objects.bulk_create(
        (
            Interest(professional_id=professional, category_id=category, province=province)
            for professional, category in everywhere
        ),
        ignore_conflicts=True,
        batch_size=2000,
    )


@dataclass(frozen=True, slots=True)
class Limit:
    """A monthly limit and what has been spent of it in a local month, in cents."""

    limit_cents: int
    spent_cents: int

    @property
    def left_cents(self) -> int:
        return max(0, self.limit_cents - self.spent_cents)


def limit_of(professional: Professional, today: date) -> Limit | None:
    """The monthly limit and what has been spent of it in the month of `today` (local), None without one.

    For a page to show: `contacts.buy_contact` asks again, inside the buyer's lock.
    """
    month, next_month = month_of(today)
    spent = Contact.objects.spent_in_month(professional.pk, month, next_month)
    limit_cents = (
        LeadPreferences.objects.filter(professional=professional)
        .values_list("monthly_limit_cents", flat=True)
        .first()
    )
    if limit_cents is None:
        return None
    return Limit(limit_cents, spent.aggregate(sum=Sum("price_cents"))["sum"] or 0)


def stop_links(professional_public_ids: Iterable[object]) -> Iterator[str]:
    """Where each professional stops the mails about new jobs: for the mail program's button, and for the eye.

    It does not end: whoever finds an old mail can still stop the new ones.
    """
    # The address is made once: only the token in it differs.
    address = links.absolute("marketplace:stop_mails", token=_ANY)
    for public_id in professional_public_ids:
        yield address.replace(_ANY, links.sign(LINK_PURPOSE, str(public_id)))


def professional_of(token: str) -> Professional | None:
    """Whose mails the link stops; None for a business that is no more. Raises signing.BadSignature if forged."""
    public_id = links.unsign(LINK_PURPOSE, token, max_age=None)
    return Professional.objects.filter(public_id=public_id).select_related("owner").first()
