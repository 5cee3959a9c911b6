"""The office of the guarantee: the queue of claims, their review, jobs that came later, and the terms."""

from guarantees.admin import claims, later_jobs, terms  # noqa: F401 - registering is what they are imported for
