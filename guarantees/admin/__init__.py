"""The office of the guarantee: the queue of claims, their review, and the terms."""

from guarantees.admin import claims, terms  # noqa: F401 - registering is what they are imported for
