"""The whole verdict, in one word and one sentence."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from base.money import money
from guarantees import rules

VERDICT_WORDS = {
    "eligible": gettext_lazy("Eligible"),
    "not_yet": gettext_lazy("Not yet"),
    "no_longer": gettext_lazy("No longer"),
}


@dataclass(frozen=True, slots=True)
class Verdict:
    """The whole in one word and one sentence; `badge` is the kind of badge that the word is shown in."""

    word: str
    badge: str
    sentence: str


def verdict(eligibility: rules.Eligibility) -> Verdict:
    """Where the professional is, with the amount at stake. What matters most of all is said: a claim paid or under
    way, a suspension and a job won come before the dates."""
    amount = {"amount": money(eligibility.amount_cents)}
    found = {each.code: each for each in eligibility.requirements}
    reason = found["first_claim"].detail["reason"]
    word = str(VERDICT_WORDS[eligibility.status])
    if reason == "refunded":
        return Verdict(_("Paid"), "approved", _("The guarantee has been paid to you."))
    if reason == "open":
        return Verdict(_("Claimed"), "submitted", _("Your claim for %(amount)s is being looked at.") % amount)
    if found["not_suspended"].status != "met":
        return Verdict(
            _("Suspended"), "suspended", _("Your business is suspended, so nothing can be claimed.")
        )
    if eligibility.status == "eligible":
        return Verdict(
            word, "eligible", _("You can claim: %(amount)s would go back to your balance.") % amount
        )
    if found["no_job_won"].status == "lost":
        return Verdict(
            _("Job won"),
            "won",
            _("You won a job with your first contacts: the guarantee has kept its promise."),
        )
    if eligibility.status == "no_longer":
        return Verdict(word, "no_longer", _("The guarantee can no longer be claimed."))
    if eligibility.purchase_deadline is None:
        return Verdict(word, "not_yet", _("Your guarantee begins on the day you contract your first plan."))
    if not eligibility.counted:
        return Verdict(word, "not_yet", _("Your guarantee is running, and you have bought no contact yet."))
    return Verdict(
        word,
        "not_yet",
        _("You cannot claim yet. The guarantee stands behind the %(amount)s that you have spent on contacts.")
        % amount,
    )
