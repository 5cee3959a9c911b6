"""Staff who own or belong to a business: the office keeps from them what it would give them before others, and they
decide nothing about what their business has bought."""

from datetime import datetime
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils.translation import gettext as _

from marketplace.errors import MarketplaceError
from marketplace.models import LEAD_LIVES, Contact, Lead
from profiles.models import Professional

State = Lead.State


def has_business(user: Any) -> bool:
    """Whether `user` owns a business or belongs to one."""
    return Professional.objects.visible_to(user).exists()


def requests_of_interest(user: Any, now: datetime) -> QuerySet[Lead]:
    """Requests that a business of `user` has bought or may buy: what is not published yet, and what is live; also where
    no place is left, for a return frees one (M7). Ask `has_business` first."""
    may_buy = Q(state__in=[State.UNCONFIRMED, State.WAITING]) | Q(
        state=State.PUBLISHED, published_at__gt=now - LEAD_LIVES
    )
    return Lead.objects.filter(may_buy | Q(_bought_by(user)))


def refuse_own(lead: Lead, by: Any) -> None:
    """Raises MarketplaceError "own_business" if a business of `by` has bought `lead`."""
    if Lead.objects.filter(_bought_by(by), pk=lead.pk).exists():
        raise MarketplaceError(
            "own_business", _("Your business has bought this request, so somebody else must decide on it.")
        )


def _bought_by(user: Any) -> Exists:
    mine = Professional.objects.visible_to(user)
    return Exists(Contact.objects.filter(lead=OuterRef("pk"), professional__in=mine))
