"""The office of the guarantee: the queue of claims, their review, the terms, and the figures."""

from guarantees.admin import claims, figures, terms  # noqa: F401 - registering is what they are imported for
