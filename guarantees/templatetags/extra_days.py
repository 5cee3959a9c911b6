"""Extra days proposed for one business, on pages of the office: `{% load extra_days %}`."""

from typing import Any

from django import template
from django.template import Context
from django.utils import timezone

from base.days import marketplace_day
from guarantees.extra_days import proposals, why_not_given_by
from profiles.models import Professional

register = template.Library()


@register.inclusion_tag("admin/guarantees/extradays/of_one.html", takes_context=True)
def proposed_extra_days(context: Context, professional: Professional) -> dict[str, Any]:
    """`{% proposed_extra_days professional %}`: with the buttons that give or decline them, for whoever may and does
    not belong to the business (G5)."""
    request = context["request"]
    may = not why_not_given_by(professional, request.user)
    among = Professional.objects.filter(pk=professional.pk)
    return {
        "proposed": proposals(among, marketplace_day(timezone.now())) if may else [],
        "back": request.path,
        "csrf_token": context.get("csrf_token"),
    }
