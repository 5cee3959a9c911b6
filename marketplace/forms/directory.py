"""What a homeowner looks for in the directory."""

from django import forms
from django.utils.translation import gettext_lazy as _

from marketplace.models import Category, Province


class PlaceForm(forms.Form):
    """A trade and, maybe, where."""

    category = forms.ModelChoiceField(
        Category.objects.all(), to_field_name="slug", label=_("Trade"), empty_label=_("Choose one")
    )
    province = forms.ModelChoiceField(
        Province.objects.all(),
        to_field_name="slug",
        label=_("Province"),
        required=False,
        empty_label=_("All provinces"),
    )
