"""What pages ask about the public pages."""

from typing import Any

from django import template
from django.utils.safestring import SafeString

from marketplace import structured_data
from marketplace.public_profile import page_address
from profiles.models import Professional

register = template.Library()


@register.filter
def page_of(professional: Professional) -> str:
    """The address of a professional's public page."""
    return page_address(professional)


@register.filter
def absolute(path: str) -> str:
    """An address with the site in front."""
    return structured_data.absolute(path)


@register.simple_tag
def structured(data: dict[str, Any]) -> SafeString:
    """Data for search engines, as a script that nobody runs."""
    return structured_data.as_script(data)


@register.filter
def stars(number: int) -> str:
    """Five stars, so many of them filled; say the number in words beside them."""
    return "★" * number + "☆" * (5 - number)
