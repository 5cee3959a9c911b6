"""What readers and authors of the library fill in; judged by the functions of the job."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from support.models import ArticleCategory
from support.models.library import (
    BODY_AT_MOST,
    COMMENT_AT_MOST,
    SLUG_AT_MOST,
    SUMMARY_AT_MOST,
    TITLE_AT_MOST,
    Language,
)
from support.search import SEARCH_AT_MOST


class SearchForm(forms.Form):
    # More than that is cut off, not refused: whoever pastes a page is looking for something all the same.
    q = forms.CharField(
        label=_("What are you looking for?"),
        required=False,
        strip=True,
        widget=forms.TextInput(
            attrs={"type": "search", "maxlength": SEARCH_AT_MOST, "enterkeyhint": "search"}
        ),
    )


class MissingForm(forms.Form):
    """What a reader missed in an article."""

    comment = forms.CharField(
        label=_("What was missing?"),
        help_text=_(
            "The author reads it; nobody answers it. Leave out names, addresses and telephone numbers."
        ),
        widget=forms.Textarea(attrs={"rows": 4}),
        max_length=COMMENT_AT_MOST,
        required=False,
    )


def _line(label: Any, most: int, **kwargs: Any) -> forms.CharField:
    return forms.CharField(
        label=label, max_length=most, widget=forms.TextInput(attrs={"class": "vTextField"}), **kwargs
    )


class TextForm(forms.Form):
    """An article in one language."""

    title = _line(_("Title"), TITLE_AT_MOST)
    slug = _line(
        _("Part of the address"),
        SLUG_AT_MOST,
        required=False,
        help_text=_("Left empty, it is made of the title. Once published it stays."),
    )
    summary = forms.CharField(
        label=_("Summary"),
        max_length=SUMMARY_AT_MOST,
        widget=forms.Textarea(attrs={"rows": 2, "class": "vLargeTextField"}),
        help_text=_("A sentence or two: lists, search engines and suggestions show it."),
    )
    body = forms.CharField(
        label=_("Text"),
        max_length=BODY_AT_MOST,
        widget=forms.Textarea(attrs={"rows": 24, "class": "vLargeTextField"}),
        help_text=_(
            "An empty line between paragraphs. “## ” begins a heading, “- ” or “1. ” the lines of a list, **two "
            "asterisks** make words strong, [words](library:key) link to an article, [words](/path/) to a page."
        ),
    )
    # When what is shown here was last changed; empty where there was nothing.
    seen = forms.DateTimeField(
        required=False, widget=forms.HiddenInput, input_formats=["%Y-%m-%dT%H:%M:%S.%f%z"]
    )


class ArticleForm(TextForm):
    """A new article, in its first language."""

    seen = None  # type: ignore[assignment]
    category = forms.ModelChoiceField(label=_("Category"), queryset=ArticleCategory.objects.all())
    language = forms.ChoiceField(label=_("Language"), choices=Language.choices)
    field_order = ["category", "language", "title", "slug", "summary", "body"]


class PlaceForm(forms.Form):
    category = forms.ModelChoiceField(label=_("Category"), queryset=ArticleCategory.objects.all())
    position = forms.IntegerField(
        label=_("Position"), min_value=0, max_value=32_000, help_text=_("Lower ones stand first.")
    )


class WithdrawTextForm(forms.Form):
    reason = forms.CharField(
        label=_("Why it is withdrawn"), max_length=1000, widget=forms.Textarea(attrs={"rows": 2})
    )
