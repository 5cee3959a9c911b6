from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _

from base.registry import grant, public_pages


class GuaranteesConfig(AppConfig):
    name = "guarantees"
    verbose_name = _("Guarantee")

    def ready(self) -> None:
        # Importing them registers what they hold.
        from guarantees import four_eyes, invariants, origins, personal  # noqa: F401
        from guarantees.appeals import answer_by_lifting
        from guarantees.decisions.rejection import suspend_for_what_was_false
        from guarantees.erasing import forget_lead  # Registers, too, what is shown to a homeowner.
        from guarantees.verdict_moments import last_verdict_on
        from mail.wording import WHY
        from marketplace.signals import homeowner_speaks, lead_anonymised
        from profiles.signals import suspension_lifted

        WHY.update(
            unknown_sender=_("nobody's verified address: nothing was opened"),
            no_plan_yet=_("no draft was opened: the business has not contracted a plan yet"),
            refunded=_("no draft was opened: the guarantee has been paid to this business"),
            rejected_as_false=_("no draft was opened: a claim of this business was rejected as false"),
            suspended=_("no draft was opened: the profile is suspended"),
        )
        lead_anonymised.connect(forget_lead, dispatch_uid="guarantees.forget_lead")
        homeowner_speaks.connect(last_verdict_on, dispatch_uid="guarantees.last_verdict_on")
        suspension_lifted.connect(answer_by_lifting, dispatch_uid="guarantees.answer_by_lifting")
        suspension_lifted.connect(
            suspend_for_what_was_false, dispatch_uid="guarantees.suspend_for_what_was_false"
        )

        public_pages.append("guarantees:numbers")

        grant(
            "reviewer",
            "guarantees.review_claim",
            "guarantees.view_claim",
            "guarantees.view_guaranteeterms",
            "guarantees.view_extradays",
            "guarantees.view_secondlook",
        )
        grant("appeals", "guarantees.hear_appeal", "guarantees.view_claim", "profiles.lift_suspension")
        grant(
            "terms",
            "guarantees.add_guaranteeterms",
            "guarantees.view_guaranteeterms",
            "guarantees.add_extradays",
            "guarantees.view_extradays",
        )
        for role in ("reviewer", "appeals", "terms", "finance"):
            grant(role, "guarantees.view_figures")
