"""The numbers of one version of the terms, as a reader sees them (G20)."""

from django.db.models import Field
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from guarantees import rules
from guarantees.models import GuaranteeTerms


def numbers_of(version: GuaranteeTerms) -> list[tuple[str, str]]:
    """What each number is, and the number, in the order of the terms."""
    return [(_label(version, name), _number(version, name)) for name in rules.Terms.__dataclass_fields__]


def _label(version: GuaranteeTerms, name: str) -> str:
    field = version._meta.get_field(name)
    assert isinstance(field, Field)
    return capfirst(str(field.verbose_name))


def _number(version: GuaranteeTerms, name: str) -> str:
    value = getattr(version, name)
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if name == "first_contact":
        return str(version.get_first_contact_display())
    return str(value)
