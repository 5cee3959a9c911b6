"""Second looks at the decisions on a claim, on its page in the office: `{% load second_looks %}`."""

from typing import Any

from django import template
from django.template import Context

from guarantees.models import Claim, SecondLook
from guarantees.second_looks import note_for

register = template.Library()


@register.inclusion_tag("admin/guarantees/secondlook/of_claim.html", takes_context=True)
def second_looks_at(context: Context, claim: Claim) -> dict[str, Any]:
    """`{% second_looks_at claim %}`: what others found of its decisions, and the way there for who may look (G25)."""
    user = context["request"].user
    looks = SecondLook.objects.whole().filter(decision__claim=claim)
    return {
        "looks": [(look, note_for(look, user)) for look in looks],
        "may_open": user.has_perm("guarantees.view_secondlook"),
    }
