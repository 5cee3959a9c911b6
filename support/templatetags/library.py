"""Filters and tags of the library's pages."""

from django import template
from django.template import Context
from django.utils.translation import get_language_info

from support import library_shown
from support.library_shown import address_of
from support.models import ArticleText

register = template.Library()


@register.filter
def article_address(text: ArticleText) -> str:
    return address_of(text)


@register.filter
def language_of(text: ArticleText) -> str:
    """The name of a text's language in that language itself."""
    return str(get_language_info(text.language)["name_local"]).capitalize()


@register.simple_tag(takes_context=True)
def readers_language(context: Context) -> str:
    """`{% readers_language as language %}`: the language of articles for whoever reads the page."""
    return library_shown.readers_language(context["request"])
