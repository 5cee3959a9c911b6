from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _

from base.registry import grant


class MarketplaceConfig(AppConfig):
    name = "marketplace"
    verbose_name = _("Marketplace")

    def ready(self) -> None:
        from mail.letters import BY_HAND
        from marketplace import invariants, origins, personal  # noqa: F401 - importing them registers what they hold
        from marketplace.evidence import EVIDENCE
        from marketplace.lead_photos import LEAD_PHOTOS
        from marketplace.models import LeadPhoto, ReturnEvidence
        from profiles.picture_files import keeps_files

        BY_HAND.add("marketplace/summary")
        keeps_files(LeadPhoto, LEAD_PHOTOS, "image", "thumbnail")
        keeps_files(ReturnEvidence, EVIDENCE, "image")

        grant(
            "moderator",
            "marketplace.view_lead",
            "marketplace.add_lead",
            "marketplace.change_lead",
            "marketplace.moderate_lead",
            "marketplace.view_blockedsender",
            "marketplace.block_sender",
            "marketplace.view_homeowner",
            "marketplace.view_contact",
            "marketplace.view_category",
            "marketplace.add_category",
            "marketplace.change_category",
            "marketplace.view_province",
            "marketplace.add_province",
            "marketplace.change_province",
            "marketplace.view_pricerule",
            "marketplace.view_returnrequest",
            "marketplace.decide_return",
            "marketplace.view_review",
            "marketplace.moderate_review",
        )
        grant(
            "reviewer",
            "marketplace.view_lead",
            "marketplace.view_contact",
            "marketplace.view_homeowner",
            "marketplace.view_homeowner_word",
            "marketplace.view_returnrequest",
            "marketplace.view_review",
        )
        grant(
            "finance",
            "marketplace.view_pricerule",
            "marketplace.add_pricerule",
            "marketplace.change_pricerule",
            "marketplace.delete_pricerule",
        )
