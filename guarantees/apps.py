from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _

from base.registry import grant


class GuaranteesConfig(AppConfig):
    name = "guarantees"
    verbose_name = _("Guarantee")

    def ready(self) -> None:
        from guarantees import invariants, origins, personal  # noqa: F401 - importing them registers what they hold
        from guarantees.erasing import forget_lead  # Registers, too, what is shown to a homeowner.
        from marketplace.signals import lead_anonymised

        lead_anonymised.connect(forget_lead, dispatch_uid="guarantees.forget_lead")

        grant(
            "reviewer",
            "guarantees.review_claim",
            "guarantees.view_claim",
            "guarantees.view_guaranteeterms",
            "guarantees.view_extradays",
        )
        grant("appeals", "guarantees.hear_appeal", "guarantees.view_claim", "profiles.lift_suspension")
        grant(
            "terms",
            "guarantees.add_guaranteeterms",
            "guarantees.view_guaranteeterms",
            "guarantees.add_extradays",
            "guarantees.view_extradays",
        )
