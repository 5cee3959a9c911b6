"""Who of the staff is told what nobody in particular has taken."""

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
