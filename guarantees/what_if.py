"""What buying one more contact, or giving one back, would mean for the guarantee (G1, G6)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from guarantees import rules
from guarantees.contact_changes import if_returned, next_purchase
from guarantees.dates import days_to_claim
from guarantees.timeline import days_of
from guarantees.wording import long_date, sentence
from marketplace.models import Contact

_BADNESS = {"met": 0, "waiting": 1, "unmet": 2, "lost": 3}


@dataclass(frozen=True, slots=True)
class Meaning:
    """What it would mean, in sentences; `warning` is one that must not be overlooked, or empty. `more`: the address
    where it can be tried out, with other things beside it; empty where that tells no more."""

    sentences: tuple[str, ...]
    warning: str = ""
    more: str = ""


def meaning_of_purchase(facts: rules.Facts, terms: rules.Terms, today: date) -> Meaning:
    """What one more contact bought on `today` would be: its number, from when it could be claimed, and the trap."""
    verdict = rules.evaluate(facts, terms, today)
    purchase = next_purchase(facts, terms, today)
    if facts.contracted_on is None:
        return Meaning(
            (
                ngettext(
                    "The guarantee begins with your first plan. This would be the contact that it counts.",
                    "The guarantee begins with your first plan. This would be the first of the %(need)s "
                    "contacts that it counts.",
                    terms.contacts,
                )
                % {"need": terms.contacts},
            )
        )
    if not purchase.counts:
        return Meaning(
            (
                ngettext(
                    "Your counted contact is bought already, so the guarantee does not count this one.",
                    "Your %(need)s counted contacts are bought already, so the guarantee does not count this one.",
                    terms.contacts,
                )
                % {"need": terms.contacts},
            )
        )
    number = ngettext(
        "This would be the contact that your guarantee counts.",
        "This would be number %(number)s of the %(need)s contacts that your guarantee counts.",
        terms.contacts,
    ) % {"number": purchase.number, "need": terms.contacts}
    if purchase.trapped:
        return Meaning((number,), _trap(facts, terms, today))
    if verdict.status == "no_longer":
        return Meaning(
            (_("Your guarantee can no longer be claimed, so this contact would be bought without it."),)
        )
    return Meaning(
        (number, *_when(facts, terms, today, last=purchase.number == terms.contacts)),
        more=reverse("guarantees:what_if", query={"buy_on": today}),
    )


def _trap(facts: rules.Facts, terms: rules.Terms, today: date) -> str:
    """Bought today, no claim can ever follow (G6)."""
    assert facts.contracted_on is not None
    days = days_of(facts, terms, today)
    if today > days.purchase_deadline:
        return _(
            "Contacts bought after %(deadline)s cannot be part of a claim. Buy it for the job, not for the guarantee."
        ) % {"deadline": long_date(days.purchase_deadline)}
    return _(
        "Bought today, your contacts can never be claimed: the waiting month would end on %(claim_from)s at the "
        "earliest, and the last day to claim is %(claim_until)s. The last day to buy was %(buy_by)s. Buy it for the "
        "job, not for the guarantee."
    ) % {
        "claim_from": long_date(rules.claim_from(today, terms)),
        "claim_until": long_date(days.claim_until),
        "buy_by": long_date(days.buy_by),
    }


def _when(facts: rules.Facts, terms: rules.Terms, today: date, *, last: bool) -> list[str]:
    assert facts.contracted_on is not None
    days = days_of(facts, terms, today)
    claim_from = rules.claim_from(today, terms)
    until = rules.claim_until(facts.contracted_on, terms, facts.extra_days, today)
    if last:
        left = (until - claim_from).days + 1
        return [
            ngettext(
                "It would be the last: you could claim from %(claim_from)s to %(claim_until)s, %(left)s day in all.",
                "It would be the last: you could claim from %(claim_from)s to %(claim_until)s, %(left)s days in all.",
                left,
            )
            % {"claim_from": long_date(claim_from), "claim_until": long_date(until), "left": left}
        ]
    told = [
        _("A claim could be made from a month after the last of them: not before %(claim_from)s.")
        % {"claim_from": long_date(claim_from)}
    ]
    left = days_to_claim(days.buy_by, days, terms)
    numbers = {"safe": long_date(days.safe_buy_by), "buy_by": long_date(days.buy_by), "left": left}
    if today <= days.safe_buy_by < days.buy_by:
        told.append(
            ngettext(
                "Have the last one by %(safe)s to be safe. %(buy_by)s is the very last day, and leaves "
                "%(left)s day to claim.",
                "Have the last one by %(safe)s to be safe. %(buy_by)s is the very last day, and leaves "
                "%(left)s days to claim.",
                left,
            )
            % numbers
        )
    else:
        told.append(
            ngettext(
                "Have the last one by %(buy_by)s: it is the very last day, and leaves %(left)s day to claim.",
                "Have the last one by %(buy_by)s: it is the very last day, and leaves %(left)s days to claim.",
                left,
            )
            % numbers
        )
    return told


def meaning_of_return(facts: rules.Facts, terms: rules.Terms, today: date, contact: Contact) -> Meaning:
    """What giving `contact` back would change: which purchase moves up, which dates, and what would be lost."""
    before = rules.evaluate(facts, terms, today)
    if contact.pk not in before.counted:
        return Meaning(
            (_("The guarantee does not count this contact, so giving it back changes nothing for it."),)
        )
    after = rules.evaluate(if_returned(facts, contact.pk), terms, today)
    more = reverse("guarantees:what_if", query={"given_back": contact.public_id})
    told = [_moves_up(before, after, terms)]
    if (
        after.claim_from != before.claim_from
        and after.claim_from is not None
        and after.claim_until is not None
    ):
        told.append(
            _("You could then claim from %(claim_from)s to %(claim_until)s.")
            % {"claim_from": long_date(after.claim_from), "claim_until": long_date(after.claim_until)}
            if after.claim_from <= after.claim_until
            else _("The waiting month would then end on %(claim_from)s.")
            % {"claim_from": long_date(after.claim_from)}
        )
    elif after.claim_from is None and before.claim_from is not None and after.buy_by is not None:
        told.append(
            _("The one that is missing then would have to be bought by %(buy_by)s.")
            % {"buy_by": long_date(after.buy_by)}
        )
    worse = [
        now
        for was, now in zip(before.requirements, after.requirements, strict=True)
        if _BADNESS[now.status] > _BADNESS[was.status]
    ]
    lost = [each for each in worse if each.status == "lost"]
    if lost and before.status != "no_longer":
        window = [each for each in lost if each.code == "claim_window"]
        return Meaning(
            tuple(told),
            _("Giving it back would end your guarantee. %(why)s") % {"why": sentence((window or lost)[0])},
            more=more,
        )
    told += [sentence(each) for each in worse if each.code == "contact_review"]
    return Meaning(tuple(told), more=more)


def _moves_up(before: rules.Eligibility, after: rules.Eligibility, terms: rules.Terms) -> str:
    """Which purchase takes the place of the one given back."""
    arrived = set(after.counted) - set(before.counted)
    if not arrived:
        return ngettext(
            "You would have %(have)s of the %(need)s contact that the guarantee counts.",
            "You would have %(have)s of the %(need)s contacts that the guarantee counts.",
            terms.contacts,
        ) % {"have": len(after.counted), "need": terms.contacts}
    moved = Contact.objects.select_related("lead").get(pk=arrived.pop())
    return _("Your next purchase, “%(title)s” of %(day)s, would be counted in its place.") % {
        "title": moved.lead.title_for_buyers,
        "day": long_date(moved.bought_on),
    }
