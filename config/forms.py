"""How every form of the product is rendered."""

from django.forms.renderers import TemplatesSetting


class QuinceFormRenderer(TemplatesSetting):
    """Renders with the project's own templates, the error beside its field."""
