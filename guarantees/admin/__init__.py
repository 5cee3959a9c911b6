"""The office of the guarantee: the queue of claims, their review, jobs that came later, the terms, and the figures."""

from guarantees.admin import claims, figures, later_jobs, terms  # noqa: F401 - registering is what they are imported for
