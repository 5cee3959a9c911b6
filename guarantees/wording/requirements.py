"""Each requirement: what it is called, how it stands, and what to do next."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from guarantees import rules
from guarantees.wording.days import long_date

STATUS_WORDS = {
    "met": gettext_lazy("In order"),
    "unmet": gettext_lazy("Still missing"),
    "waiting": gettext_lazy("Waiting"),
    "lost": gettext_lazy("No longer possible"),
}


def title(requirement: rules.Requirement) -> str:
    """What is asked, in a few words, with the number of the terms that bind the professional."""
    detail = requirement.detail
    match requirement.code:
        case "contacts":
            return (
                ngettext("%(need)s contact bought", "%(need)s contacts bought", _count(detail["need"]))
                % detail
            )
        case "no_job_won":
            return _("No job won with them")
        case "bought_in_time":
            return _("Bought in time")
        case "waiting_month":
            return _("The waiting month")
        case "claim_window":
            return _("The claim window")
        case "profile":
            return _("A complete profile")
        case "contact_review":
            return (
                ngettext(
                    "%(need)s positive review from a contact",
                    "%(need)s positive reviews from contacts",
                    _count(detail["need"]),
                )
                % detail
            )
        case "earlier_reviews":
            return (
                ngettext(
                    "%(need)s review from an earlier client",
                    "%(need)s reviews from earlier clients",
                    _count(detail["need"]),
                )
                % detail
            )
        case "plan":
            return _("A plan in force")
        case "payments":
            return _("Payments up to date")
        case "returns_settled":
            return _("No return undecided")
        case "first_contact":
            return (
                ngettext(
                    "First contact within %(hours)s hour",
                    "First contact within %(hours)s hours",
                    _count(detail["hours"]),
                )
                % detail
            )
        case "not_suspended":
            return _("Not suspended")
        case _other:
            return _("The one chance")


def titles(requirements: Iterable[rules.Requirement]) -> str:
    """What the requirements are called, for a sentence."""
    return ", ".join(map(title, requirements))


def listed(words: Sequence[str]) -> str:
    """ "a, b and c". Django's own list has no space after its commas in Mexican Spanish."""
    *others, last = words
    return f"{', '.join(others)} {_('and')} {last}" if others else last


def sentence(requirement: rules.Requirement, *, paid: bool = False) -> str:
    """How the requirement stands, and what to do next; `paid`: the guarantee was, so there is nothing to be done about
    its dates."""
    if paid and (requirement.code, requirement.status) == ("claim_window", "lost"):
        return _("The guarantee has been paid to you, so the days to claim it do not matter any more.")
    return _SENTENCES[requirement.code](requirement.status, requirement.detail)


def _count(value: Any) -> int:
    """A number of a detail, for choosing between one and many."""
    return value if isinstance(value, int) else 0


def _many(value: Any) -> int:
    """How many ids or words a detail lists."""
    return len(value) if isinstance(value, tuple | list) else 0


def _contacts(status: str, detail: rules.Detail) -> str:
    need, have = _count(detail["need"]), _count(detail["have"])
    numbers = {"need": need, "have": have, "missing": need - have, "deadline": long_date(detail["deadline"])}
    if status == "met":
        return (
            ngettext(
                "You have bought the contact that the guarantee counts.",
                "You have bought all the %(need)s contacts that the guarantee counts.",
                need,
            )
            % numbers
        )
    if status == "lost":
        return (
            ngettext(
                "The time to buy ended on %(deadline)s with %(have)s of %(need)s contact bought, and nothing "
                "can make up for it. The contacts that you bought stay yours: keep following them up.",
                "The time to buy ended on %(deadline)s with %(have)s of %(need)s contacts bought, and nothing "
                "can make up for it. The contacts that you bought stay yours: keep following them up.",
                need,
            )
            % numbers
        )
    if detail["deadline"] is None:
        return (
            ngettext(
                "Contract a plan; from that day on, the first contact that you buy counts.",
                "Contract a plan; from that day on, the first %(need)s contacts that you buy count.",
                need,
            )
            % numbers
        )
    return (
        ngettext(
            "You have %(have)s of %(need)s. Buy %(missing)s more; the claim window below says by when.",
            "You have %(have)s of %(need)s. Buy %(missing)s more; the claim window below says by when.",
            need - have,
        )
        % numbers
    )


def _no_job_won(status: str, detail: rules.Detail) -> str:
    if status == "lost":
        won = _many(detail["contacts"])
        return ngettext(
            "You won a job with %(count)s of these contacts, which is what the guarantee is there for. If that was "
            "marked by mistake, correct the outcome on the contact's page.",
            "You won jobs with %(count)s of these contacts, which is what the guarantee is there for. If one was "
            "marked by mistake, correct the outcome on the contact's page.",
            won,
        ) % {"count": won}
    return _(
        "No counted contact is marked as won. Should one become a job, say so on its page: that is better still."
    )


def _bought_in_time(status: str, detail: rules.Detail) -> str:
    day = {"deadline": long_date(detail["deadline"])}
    if status == "met":
        return _("All of them were bought by %(deadline)s.") % day
    if detail["deadline"] is None:
        return _("The time to buy them begins on the day you contract a plan.")
    if status == "unmet":
        return _("Contacts bought after %(deadline)s cannot be part of a claim.") % day
    late = _many(detail["late"])
    if late:
        return ngettext(
            "%(count)s of the counted contacts was bought after %(deadline)s, the last day for it. Nothing can "
            "change that any more.",
            "%(count)s of the counted contacts were bought after %(deadline)s, the last day for it. Nothing can "
            "change that any more.",
            late,
        ) % (day | {"count": late})
    return (
        _(
            "Not all of them were bought by %(deadline)s, the last day for it. Nothing can change that any more."
        )
        % day
    )


def _waiting_month(status: str, detail: rules.Detail) -> str:
    day = {"claim_from": long_date(detail["claim_from"]), "last": long_date(detail["last_bought_on"])}
    if status == "met":
        return _("It ended on %(claim_from)s: homeowners have had their time to decide.") % day
    if status == "waiting":
        return (
            _(
                "Homeowners may need weeks to decide, so there is a wait after your last purchase, on "
                "%(last)s. It ends on %(claim_from)s; until then, follow up those who have not decided."
            )
            % day
        )
    return _("It begins when you buy the last of the counted contacts. Homeowners may need weeks to decide.")


def _claim_window(status: str, detail: rules.Detail) -> str:
    buy_by, claim_from, claim_until = detail["buy_by"], detail["claim_from"], detail["claim_until"]
    days = {
        "buy_by": long_date(buy_by),
        "claim_from": long_date(claim_from),
        "claim_until": long_date(claim_until),
        "address": settings.APPEALS_ADDRESS,
    }
    if status == "unmet" or not isinstance(buy_by, date):
        return _("It opens when you contract a plan; the dates are told on that day.")
    if status == "lost":
        match detail["reason"]:
            case "bought_after_buy_by":
                return (
                    _(
                        "The last counted contact was bought after %(buy_by)s, so its waiting month ends only on "
                        "%(claim_from)s, and the last day to claim is %(claim_until)s. If a return or a review "
                        "of yours waited for us longer than 5 days, write to %(address)s: days can be added."
                    )
                    % days
                )
            case "closed":
                return (
                    _(
                        "The last day to claim was %(claim_until)s. If a return or a review of yours waited "
                        "for us longer than 5 days, write to %(address)s: days can be added."
                    )
                    % days
                )
            case _other:
                return (
                    _(
                        "The last contact had to be bought by %(buy_by)s: bought now, its waiting month would "
                        "end after %(claim_until)s, the last day to claim. If a return or a review of yours "
                        "waited for us longer than 5 days, write to %(address)s: days can be added."
                    )
                    % days
                )
    if claim_from is None:
        return (
            _(
                "Buy the last contact by %(buy_by)s at the very latest, and better some days before: bought later, it "
                "can never be claimed. The window closes on %(claim_until)s."
            )
            % days
        )
    if claim_from == claim_until:
        return _("You can claim on one single day: %(claim_from)s.") % days
    extra = _count(detail["extra_days"])
    if extra:
        return ngettext(
            "You can claim from %(claim_from)s to %(claim_until)s, %(extra)s extra day included.",
            "You can claim from %(claim_from)s to %(claim_until)s, %(extra)s extra days included.",
            extra,
        ) % (days | {"extra": extra})
    return _("You can claim from %(claim_from)s to %(claim_until)s, both days included.") % days


def profile_pieces(requirement: rules.Requirement) -> dict[str, str]:
    """What is missing on the profile: code of each piece → what it takes, in a few words (G7)."""
    detail = requirement.detail
    missing = detail["missing"]
    words = {
        "logo": _("a logo"),
        "description": _(
            "a description of %(description_needed)s characters or more (it has %(description_length)s)"
        )
        % detail,
        "questions": _(
            "an answer to every question about your company (%(answered)s of %(questions)s so far)"
        )
        % detail,
        "project": ngettext(
            "a project with %(project_photos_needed)s photo (yours has %(project_photos)s)",
            "a project with %(project_photos_needed)s different photos (your best one has %(project_photos)s)",
            _count(detail["project_photos_needed"]),
        )
        % detail,
        "work_photos": ngettext(
            "%(work_photos_needed)s photo of finished work (you have %(work_photos)s)",
            "%(work_photos_needed)s different photos of finished work (you have %(work_photos)s)",
            _count(detail["work_photos_needed"]),
        )
        % detail,
    }
    return {code: words[code] for code in words if isinstance(missing, tuple | list) and code in missing}


def _profile(status: str, detail: rules.Detail) -> str:
    if status == "met":
        return _("Your profile has all that the guarantee asks for.")
    pieces = list(profile_pieces(rules.Requirement("profile", "unmet", None, detail)).values())
    return _("Still missing: %(pieces)s.") % {"pieces": listed(pieces)}


def _contact_review(status: str, detail: rules.Detail) -> str:
    have, need = _count(detail["have"]), _count(detail["need"])
    if status == "met":
        return _("The homeowner of a counted contact has praised how you treated them.")
    return ngettext(
        "Ask the homeowner of a counted contact for a review, also where you did not get the job: what counts is 4 "
        "or 5 of 5 for attention. %(have)s of %(need)s is published.",
        "Ask the homeowners of counted contacts for a review, also where you did not get the job: what counts is 4 "
        "or 5 of 5 for attention. %(have)s of %(need)s are published.",
        need,
    ) % {"have": have, "need": need}


def _earlier_reviews(status: str, detail: rules.Detail) -> str:
    have, need = _count(detail["have"]), _count(detail["need"])
    numbers = {"have": have, "need": need, "missing": need - have}
    if status == "met":
        return _("People who knew your work before have written about it.")
    return (
        ngettext(
            "Ask %(missing)s more person who was your client before, or knows your work: we send them a link. "
            "%(have)s of %(need)s are published.",
            "Ask %(missing)s more people who were your clients before, or know your work: we send them a link. "
            "%(have)s of %(need)s are published.",
            need - have,
        )
        % numbers
    )


def _plan(status: str, detail: rules.Detail) -> str:
    if status == "met":
        return _("Your plan is in force. It must be on the day you claim, and on the day we pay.")
    return _("No plan of yours is in force. Contract one: you need it to buy contacts and to claim.")


def _payments(status: str, detail: rules.Detail) -> str:
    if status == "met":
        return _("No invoice of yours is past due.")
    return _("An invoice is past due. Pay it: a claim needs your payments to be up to date.")


def _returns_settled(status: str, detail: rules.Detail) -> str:
    if status == "met":
        return _("No return of a counted contact is waiting for a decision.")
    pending = _many(detail["contacts"])
    return ngettext(
        "The return of %(count)s counted contact is waiting for us. We decide within 5 days; until then you can also "
        "withdraw it.",
        "The returns of %(count)s counted contacts are waiting for us. We decide within 5 days; until then you can "
        "also withdraw them.",
        pending,
    ) % {"count": pending}


def _first_contact(status: str, detail: rules.Detail) -> str:
    late, still_open = _many(detail["late"]) + _many(detail["missed"]), _many(detail["open"])
    numbers = {"hours": detail["hours"], "late": late, "open": still_open}
    if status == "lost":
        return (
            ngettext(
                "%(late)s counted contact was not reached within %(hours)s hours, and your terms require it. "
                "If you did call in time, write it in the contact's diary with the time at which it happened.",
                "%(late)s counted contacts were not reached within %(hours)s hours, and your terms require it. "
                "If you did call in time, write it in the contacts' diaries with the time at which it happened.",
                late,
            )
            % numbers
        )
    if status == "unmet":
        return (
            ngettext(
                "%(open)s contact waits for your first call. Your terms require it within %(hours)s hours of "
                "the purchase: call, and write it in the diary.",
                "%(open)s contacts wait for your first call. Your terms require it within %(hours)s hours of "
                "the purchase: call, and write it in the diary.",
                still_open,
            )
            % numbers
        )
    if detail["policy"] == "ignore":
        return _("Your terms do not ask for it, but whoever calls first wins the most jobs.")
    if still_open:
        return (
            ngettext(
                "%(open)s contact waits for your first call. Call within %(hours)s hours of the purchase, and "
                "write it in the diary.",
                "%(open)s contacts wait for your first call. Call within %(hours)s hours of the purchase, and "
                "write it in the diary.",
                still_open,
            )
            % numbers
        )
    if late:
        return (
            ngettext(
                "Your terms advise it and do not require it. %(late)s counted contact was not reached within "
                "%(hours)s hours, which whoever looks at your claim will see. Call if you have not yet.",
                "Your terms advise it and do not require it. %(late)s counted contacts were not reached within "
                "%(hours)s hours, which whoever looks at your claim will see. Call those whom you have not yet.",
                late,
            )
            % numbers
        )
    return _("No counted contact was left waiting longer than %(hours)s hours.") % numbers


def _not_suspended(status: str, detail: rules.Detail) -> str:
    if status == "met":
        return _("Your business is in good standing.")
    return _(
        "Your business is suspended, and nothing can be bought or claimed meanwhile. If you think that this is "
        "wrong, appeal on the page “Your business is suspended”, or write to %(address)s: somebody else than who "
        "decided it will look again."
    ) % {"address": settings.APPEALS_ADDRESS}


def _first_claim(status: str, detail: rules.Detail) -> str:
    match detail["reason"]:
        case "refunded":
            return _("The guarantee has been paid to you. It is paid once.")
        case "rejected_as_false":
            return _(
                "An earlier claim was rejected as false. If you think that this is wrong, appeal on the page of that "
                "claim, or write to %(address)s: somebody else than who decided it will look again."
            ) % {"address": settings.APPEALS_ADDRESS}
        case "open":
            return _("Your claim is with us. There is nothing to do here until it is decided.")
    return _("No claim of yours is open, and none was paid. The guarantee is paid once.")


_SENTENCES = {
    "contacts": _contacts,
    "no_job_won": _no_job_won,
    "bought_in_time": _bought_in_time,
    "waiting_month": _waiting_month,
    "claim_window": _claim_window,
    "profile": _profile,
    "contact_review": _contact_review,
    "earlier_reviews": _earlier_reviews,
    "plan": _plan,
    "payments": _payments,
    "returns_settled": _returns_settled,
    "first_contact": _first_contact,
    "not_suspended": _not_suspended,
    "first_claim": _first_claim,
}
