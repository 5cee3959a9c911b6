"""The office of the guarantee: the queue of claims, their review, second looks, jobs that came later, the terms, and
the figures."""

from guarantees.admin import claims, figures, later_jobs, second_looks, terms  # noqa: F401 - they register
