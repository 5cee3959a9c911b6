"""Networks: how often one may do something; and from which ones a business works, kept as keys and forgotten after half
a year: a signal, never a verdict (G8)."""

import ipaddress
from collections.abc import Collection
from datetime import date, datetime, timedelta

from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.crypto import salted_hmac

from base import limits
from profiles.addresses import network_of
from profiles.models import NetworkUse, Professional

KEPT = timedelta(days=180)
# Of the new kind of address a customer may have a whole /48, in which each of 65,536 networks looks like another
# visitor; but providers also put several customers into one. So it is counted too, more loosely.
_WIDE = 48
WIDE_TIMES = 4
_SALT = "quince.network"
# In the session: the day and the network that were last written down, so that a visit costs a query once a day.
_SEEN = "network_seen"


def take_turn(network: str, purpose: str, *, most: int, window: timedelta, now: datetime) -> bool:
    """Takes one of the `most` turns that a network (as `network_of` says it) has in this window; False if none is left,
    or none of the `WIDE_TIMES` as many that the customer's /48 around it has."""
    if not limits.take(purpose, network, most=most, window=window, now=now):
        return False
    address = ipaddress.ip_network(network)
    if address.version == 4:
        return True
    around = str(address.supernet(new_prefix=_WIDE))
    return limits.take(purpose, around, most=WIDE_TIMES * most, window=window, now=now)


def network_key(request: HttpRequest) -> str:
    """The network that a request comes from, by a key made with the site's secret: it can be compared, not read.

    Behind proxies it is the visitor's, as sign-in throttling counts it.
    """
    return salted_hmac(_SALT, network_of(request), algorithm="sha256").hexdigest()


def remember_network(request: HttpRequest, professional: Professional, today: date) -> None:
    """Writes down that the business works from here. Once a day and network; the same again does nothing."""
    key = network_key(request)
    seen = f"{professional.pk} {today} {key}"
    if request.session.get(_SEEN) == seen:
        return
    NetworkUse.objects.update_or_create(professional=professional, key=key, defaults={"last_used_on": today})
    request.session[_SEEN] = seen


def last_seen_on(professional: Professional, keys: Collection[str]) -> dict[str, date]:
    """Of these networks, those from which the business works, each with the day on which it was last seen there."""
    uses = professional.networks.filter(key__in={key for key in keys if key})
    return dict(uses.values_list("key", "last_used_on"))


def old_networks(today: date) -> QuerySet[NetworkUse]:
    """Those that were not used for half a year."""
    return NetworkUse.objects.filter(last_used_on__lt=today - KEPT)


def forget_networks(*, today: date) -> int:
    """Deletes them; returns how many."""
    return old_networks(today).delete()[0]
