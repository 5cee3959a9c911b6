"""The verdict of today beside the one there would be: what a professional asks of their own guarantee (G6, G23)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from base.money import money
from guarantees import rules, wording
from guarantees.assumptions import Assumption, judge_supposed
from guarantees.standing import Standing
from guarantees.wording import long_date, sentence


@dataclass(frozen=True, slots=True)
class Row:
    """A number or a date, as it is and as it would be; empty where there is none."""

    name: str
    now: str
    then: str


@dataclass(frozen=True, slots=True)
class Change:
    """A requirement that would stand otherwise: both statuses, with their words, and what would be to do."""

    title: str
    was: str
    was_word: str
    status: str
    word: str
    sentence: str


@dataclass(frozen=True, slots=True)
class Comparison:
    """Both verdicts in words, what differs, and in plain sentences what would follow."""

    now: wording.Verdict
    then: wording.Verdict
    answer: tuple[str, ...]
    rows: tuple[Row, ...]
    changes: tuple[Change, ...]


def compare(standing: Standing, assumption: Assumption, today: date) -> Comparison:
    """Where `standing` would be with that assumption, asked on `today` (local)."""
    before = standing.eligibility
    after = judge_supposed(standing.facts, standing.terms, standing.on, assumption)
    return Comparison(
        wording.verdict(before),
        wording.verdict(after),
        tuple(_answer(before, after, standing.terms, assumption, today)),
        tuple(_rows(before, after, standing.terms, assumption)),
        tuple(
            Change(
                wording.title(now),
                was.status,
                str(wording.STATUS_WORDS[was.status]),
                now.status,
                str(wording.STATUS_WORDS[now.status]),
                sentence(now),
            )
            for was, now in zip(before.requirements, after.requirements, strict=True)
            if was.status != now.status
        ),
    )


def _rows(
    before: rules.Eligibility, after: rules.Eligibility, terms: rules.Terms, assumption: Assumption
) -> list[Row]:
    at_stake = money(after.amount_cents)
    if assumption.buys:
        at_stake = ngettext(
            "%(amount)s, and what you pay for %(count)s more",
            "%(amount)s, and what you pay for %(count)s more",
            assumption.buys,
        ) % {"amount": at_stake, "count": assumption.buys}
    rows = [
        Row(_("Contacts that count"), _of(before, terms), _of(after, terms)),
        Row(_("Last day to buy them"), long_date(before.buy_by), long_date(after.buy_by)),
        Row(
            _("Bought later, they do not count"),
            long_date(before.purchase_deadline),
            long_date(after.purchase_deadline),
        ),
        Row(_("Claim from"), long_date(before.claim_from), long_date(after.claim_from)),
        Row(_("Claim until"), long_date(before.claim_until), long_date(after.claim_until)),
        Row(_("At stake"), money(before.amount_cents), at_stake),
    ]
    return [row for row in rows if row.now or row.then]


def _of(verdict: rules.Eligibility, terms: rules.Terms) -> str:
    return _("%(have)s of %(need)s") % {"have": len(verdict.counted), "need": terms.contacts}


def _answer(
    before: rules.Eligibility,
    after: rules.Eligibility,
    terms: rules.Terms,
    assumption: Assumption,
    today: date,
) -> list[str]:
    """What would follow, never a bare no (G23)."""
    told = [_("That would change nothing.")] if after == before else []
    found = {each.code: each for each in after.requirements}
    if found["first_claim"].status != "met":
        return [*told, sentence(found["first_claim"])]
    if after.status == "no_longer":
        why = {"why": _why_lost(after)}
        if before.status == "no_longer":
            return [*told, _("The guarantee can no longer be claimed, then as now. %(why)s") % why]
        told.append(_("Then you could never claim. %(why)s") % why)
        if assumption.buy_on and after.buy_by and today <= after.buy_by < assumption.buy_on:
            told.append(_("Buy the last one by %(buy_by)s instead.") % {"buy_by": long_date(after.buy_by)})
        return told
    if found["not_suspended"].status != "met":
        return [*told, sentence(found["not_suspended"])]
    if after.purchase_deadline is None or after.claim_until is None or after.buy_by is None:
        return [*told, wording.verdict(after).sentence]
    if after.claim_from is None:
        missing = terms.contacts - len(after.counted)
        # What is still missing then is bought no earlier than what is supposed to be bought.
        earliest = max(today, assumption.buy_on or today)
        told += _still_to_buy(missing, after.buy_by, after.claim_until, earliest)
    else:
        told.append(_from_when(after.claim_from, after.claim_until, today))
    unmet = [
        _inside(wording.title(each))
        for each in after.requirements
        if each.status == "unmet" and each.code not in _OF_MISSING_CONTACTS
    ]
    if unmet:
        told.append(_("Needed for it as well: %(titles)s.") % {"titles": wording.listed(unmet)})
    return told


def _inside(title: str) -> str:
    """A title inside a sentence."""
    return title[:1].lower() + title[1:]


# Unmet while contacts are missing, and said with their number.
_OF_MISSING_CONTACTS = ("contacts", "bought_in_time", "waiting_month")


def _why_lost(verdict: rules.Eligibility) -> str:
    """Of several, a job won is the best news, and the window tells most."""
    lost = {each.code: each for each in verdict.requirements if each.status == "lost"}
    return sentence(lost.get("no_job_won") or lost.get("claim_window") or next(iter(lost.values())))


def _from_when(claim_from: date, claim_until: date, today: date) -> str:
    days = {"claim_from": long_date(claim_from), "claim_until": long_date(claim_until)}
    if today > claim_until:
        # Judged as of the day of a mail (G12).
        return _("Then you could claim at once: what counts is the day of your mail.")
    if claim_from == claim_until:
        return _("Then you could claim on one single day: %(claim_from)s.") % days
    if claim_from <= today:
        return _("Then you could claim at once, until %(claim_until)s.") % days
    return _("Then you could claim from %(claim_from)s to %(claim_until)s.") % days


def _still_to_buy(missing: int, buy_by: date, claim_until: date, earliest: date) -> list[str]:
    """What is missing, and by when to have it; it can be bought from `earliest` on."""
    safe = rules.safe_buy_by(buy_by)
    told = ngettext(
        "Then %(missing)s contact would still be missing.",
        "Then %(missing)s contacts would still be missing.",
        missing,
    ) % {"missing": missing}
    by_when = (
        _(
            "Have the last one by %(safe)s to be safe, and by %(buy_by)s at the very latest. The last day to claim is "
            "%(claim_until)s."
        )
        if earliest <= safe
        else _(
            "Have the last one by %(buy_by)s: it is the very last day. The last day to claim is %(claim_until)s."
        )
    )
    days = {"safe": long_date(safe), "buy_by": long_date(buy_by), "claim_until": long_date(claim_until)}
    return [told, by_when % days]
