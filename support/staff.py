"""Who of the staff is told what nobody in particular has taken, and who can hold a session."""

from django.db.models import QuerySet

from profiles.models import User
from support.models import Ticket


def desk_leads() -> list[User]:
    """Those who lead the desk."""
    leads = User.objects.filter(is_active=True, is_staff=True, groups__name="desk lead")
    return list(leads.order_by("pk"))


def whoever_has(ticket: Ticket) -> list[User]:
    """The consultant who has taken a ticket; where nobody has, those who lead the desk."""
    if ticket.consultant is not None and ticket.consultant.is_active:
        return [ticket.consultant]
    return desk_leads()


def who_hold_sessions() -> QuerySet[User]:
    """Those who are at the desk, as an agreement promises them."""
    at_the_desk = User.objects.filter(
        is_active=True, is_staff=True, groups__name__in=("consultant", "desk lead")
    )
    return at_the_desk.distinct().order_by("first_name", "last_name", "pk")
