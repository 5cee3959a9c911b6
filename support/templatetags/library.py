"""Filters and tags of the library's pages."""

from django import template
from django.utils.translation import get_language_info

from support.library_shown import address_of
from support.models import ArticleText
from support.models.library import readers_language as language_of_reader

register = template.Library()


@register.filter
def article_address(text: ArticleText) -> str:
    return address_of(text)


@register.filter
def language_of(text: ArticleText) -> str:
    """The name of a text's language in that language itself."""
    return str(get_language_info(text.language)["name_local"]).capitalize()


@register.simple_tag
def readers_language() -> str:
    """`{% readers_language as language %}`: the language of articles for whoever reads the page."""
    return language_of_reader()
