"""The office of the guarantee: claims and their review, second looks, appeals, jobs that came later, the terms, and the
figures."""

from guarantees.admin import appeals, claims, figures, later_jobs, second_looks, terms  # noqa: F401 - they register
