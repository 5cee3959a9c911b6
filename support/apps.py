from django.apps import AppConfig
from django.db.models.signals import post_migrate
from django.utils.translation import gettext_lazy as _

from base.registry import grant


class SupportConfig(AppConfig):
    name = "support"
    verbose_name = _("Support desk")

    def ready(self) -> None:
        from django.conf import settings

        from mail.letters import BY_HAND
        from mail.readers import given_to, kept_for, kept_from, withheld
        from mail.wording import WHY
        from profiles.picture_files import keeps_files
        from support import (  # noqa: F401 - importing them registers what they hold
            checks,
            credited,
            invariants,
            library_shown,
            offers,
            personal,
            plans,
        )
        from support.appeals import mails_heard, mails_not_heard
        from support.questions import mail_to_confirm
        from support.shipped_articles import load_shipped_articles

        post_migrate.connect(load_shipped_articles, sender=self, dispatch_uid="shipped articles")
        from support.attachments import OF_TICKETS
        from support.documents import OF_AGREEMENTS, OF_QUOTES
        from support.models import AgreementVersion, Attachment, Quote

        keeps_files(AgreementVersion, OF_AGREEMENTS, "document")
        keeps_files(Quote, OF_QUOTES, "document")
        keeps_files(Attachment, OF_TICKETS, "file")

        # A consultant wrote it, and whoever reads it answers them.
        BY_HAND.add("support/ticket_answered")
        WHY.update(
            question=_("its sender is no client: it became a question"),
            question_to_confirm=_(
                "its sender is no client: it is a question once they confirm their address"
            ),
            said_already=_("the same message came to another address of the desk before"),
            several_clients=_("its sender speaks for several clients: it became a question, to be linked"),
        )
        kept_for("support.handle_desk_mail", lambda: settings.DESK_ADDRESS)
        given_to("support.hear_appeal", mails_heard)
        kept_from(mails_not_heard)
        withheld(mail_to_confirm)

        seen = (
            "support.view_client",
            "support.view_clientperson",
            "support.view_agreement",
            "support.view_agreementversion",
            "support.view_allowance",
            "support.view_allowanceentry",
            "support.view_allowanceextension",
            "support.view_quote",
            "support.view_offer",
            "support.view_work",
            "support.view_plannedsession",
            "support.view_call",
            "support.view_exchangeevent",
            "support.view_insession",
            "support.view_openinghours",
            "support.view_closure",
            "support.view_checkedyear",
            "support.answer_ticket",
            "support.handle_desk_mail",
            "support.view_article",
            "support.view_articlecategory",
            "support.view_librarysearch",
        )
        grant(
            "consultant",
            *seen,
            "support.add_client",
            "support.add_quote",
            "support.change_quote",
            "support.add_offer",
            "support.change_offer",
            "support.add_plannedsession",
            "support.change_plannedsession",
        )
        grant("appeals", "support.hear_appeal")
        grant(
            "desk lead",
            *seen,
            "support.add_client",
            "support.change_client",
            "support.add_clientperson",
            "support.change_clientperson",
            "support.add_quote",
            "support.change_quote",
            "support.add_offer",
            "support.change_offer",
            "support.add_agreement",
            "support.change_agreement",
            "support.add_allowanceextension",
            "support.add_plannedsession",
            "support.change_plannedsession",
            "support.add_openinghours",
            "support.change_openinghours",
            "support.delete_openinghours",
            "support.add_closure",
            "support.change_closure",
            "support.delete_closure",
            "support.add_checkedyear",
            "support.view_figures",
            "support.view_ticket",
            "support.view_message",
            "support.view_wait",
            "support.view_ticketevent",
            "support.view_plansupport",
            "support.add_plansupport",
            "support.change_plansupport",
            # Replies that the whole desk shares; their own everybody at the desk keeps.
            "support.change_savedreply",
            "support.add_article",
            "support.change_article",
            "support.add_articlecategory",
            "support.change_articlecategory",
        )
