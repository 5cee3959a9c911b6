"""The marketplace's office speaks each language throughout: headings, filters, actions, names (X2)."""

import pytest
from django.contrib import admin
from django.contrib.admin.utils import get_fields_from_path, label_for_field
from django.utils import translation

# Written alike in both languages.
SAME = {"es-mx": {"slug", "marketplace", "id", "origin"}, "it": {"slug", "marketplace", "id"}}


def names(model, office) -> dict[str, str]:
    found = {"name": model._meta.verbose_name, "plural": model._meta.verbose_name_plural}
    for column in office.list_display:
        if column != "__str__":
            found[f"column {column}"] = label_for_field(column, model, office)
    for each in office.list_filter:
        if isinstance(each, str):
            found[f"filter {each}"] = get_fields_from_path(model, each)[-1].verbose_name
        else:
            found[f"filter {each.__name__}"] = each.title
    for action in office.actions or ():
        found[f"action {action}"] = getattr(office, action).short_description
    for field in model._meta.fields:
        if field.editable:
            found[f"field {field.name}"] = field.verbose_name
    return {name: str(text) for name, text in found.items()}


OFFICES = {
    model._meta.label: (model, office)
    for model, office in admin.site._registry.items()
    if model._meta.app_label == "marketplace"
}


@pytest.mark.parametrize("language", SAME)
@pytest.mark.parametrize("label", OFFICES)
def test_what_the_office_calls_things_is_said_in_its_language(label, language):
    model, office = OFFICES[label]
    with translation.override("en"):
        english = names(model, office)
    with translation.override(language):
        said = names(model, office)
    # What points to the ledger is on no page.
    unsaid = {"field purchase_entry", "field return_entry"}
    left = {
        name: text
        for name, text in english.items()
        if said[name] == text and text.lower() not in SAME[language] and name not in unsaid
    }
    assert left == {}
