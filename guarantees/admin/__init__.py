"""The office of the guarantee: claims and their review, appeals, jobs that came later, the terms, and the figures."""

from guarantees.admin import appeals, claims, figures, later_jobs, terms  # noqa: F401 - registering is what they are imported for
