"""What pages of other apps say about returns: `{% load returned %}`."""

from typing import Any

from django import template
from django.utils import timezone

from marketplace.return_shares import shares_of
from profiles.models import Professional

register = template.Library()


@register.inclusion_tag("marketplace/return_shares_admin.html")
def return_shares(professional: Professional) -> dict[str, Any]:
    """`{% return_shares professional %}`, in the office: how much of what they bought comes back (M7)."""
    return {"shares": shares_of(professional, timezone.now())}
