"""`manage.py eligibility PRO [--on DATE] [--json]`: the same answer as the page.

The JSON is one object:

    professional   {id, public_id, name}
    on             the date that was judged, as all dates YYYY-MM-DD
    terms          {in_force_from, and the numbers as `guarantees.rules.Terms` names them}
    status         eligible | not_yet | no_longer
    sentence       the verdict in the active language
    amount_cents   sum of the prices of the counted contacts
    counted        row numbers of the counted contacts, in the order of purchase
    contracted_on, purchase_deadline, buy_by, safe_buy_by, claim_from, claim_until     dates or null
    requirements   fourteen of {code, status, met_on, detail, title, sentence}, in the order of the page; status is
                   met | unmet | waiting | lost, the keys of detail depend on the code alone
    next           {code, title, sentence, by}: the one thing to do next; by is a date or null

It exits with 1 where nobody, or more than one professional, is meant.
"""

from __future__ import annotations

import json
from argparse import ArgumentParser, RawDescriptionHelpFormatter
from dataclasses import asdict
from datetime import date
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from base.days import marketplace_day
from guarantees import rules, wording
from guarantees.dates import told_dates
from guarantees.errors import GuaranteeError
from guarantees.finding import find_professional
from guarantees.standing import Standing, standing_of
from profiles.models import Professional

MARKS = {"met": "✓", "unmet": "○", "waiting": "…", "lost": "×"}


class Command(BaseCommand):
    """Tells one professional's eligibility for the guarantee."""

    help = "Tells whether a professional can claim the guarantee, what is missing, and by when: the same as the page."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.formatter_class = RawDescriptionHelpFormatter
        parser.epilog = (__doc__ or "").partition("\n\n")[2]
        parser.add_argument("pro", help="public id, row number, owner's e-mail, or exact name")
        parser.add_argument(
            "--on",
            type=date.fromisoformat,
            metavar="DATE",
            help="judge this local date (YYYY-MM-DD) by today's facts, instead of today",
        )
        parser.add_argument("--json", action="store_true", help="as JSON, whose shape is told below")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            professional = find_professional(options["pro"])
        except GuaranteeError as refusal:
            raise CommandError(str(refusal)) from refusal
        today = marketplace_day(timezone.now())
        on: date = options["on"] or today
        standing = standing_of(professional, today, on=on)
        if options["json"]:
            self.stdout.write(json.dumps(as_json(professional, standing, on), indent=2, ensure_ascii=False))
        else:
            self.stdout.write("\n".join(as_text(professional, standing, on)))


def as_text(professional: Professional, standing: Standing, on: date) -> list[str]:
    """Lines for a reader, in the active language."""
    eligibility, step = standing.eligibility, standing.step
    verdict = wording.verdict(eligibility)
    lines = [
        f"{professional.name} · {wording.long_date(on)}",
        f"{verdict.word}: {verdict.sentence}",
        "",
        f"→ {step.title}" + (f" · {wording.long_date(step.by)}" if step.by else ""),
        f"  {step.sentence}",
        "",
    ]
    for each in eligibility.requirements:
        word = wording.STATUS_WORDS[each.status]
        lines += [
            f"{MARKS[each.status]} {wording.title(each)} ({word})",
            f"  {wording.sentence(each, paid=standing.facts.refunded)}",
        ]
    lines.append("")
    lines += [
        f"{wording.long_date(told.day)}: {told.sentence}"
        for told in told_dates(standing.facts, standing.terms, on)
    ]
    return lines


def as_json(professional: Professional, standing: Standing, on: date) -> dict[str, Any]:
    """What `--json` prints; its shape is told at the top of this file."""
    eligibility, step = standing.eligibility, standing.step
    buy_by = eligibility.buy_by
    return {
        "professional": {
            "id": professional.pk,
            "public_id": str(professional.public_id),
            "name": professional.name,
        },
        "on": _plain(on),
        "terms": {"in_force_from": _plain(standing.version.in_force_from), **asdict(standing.terms)},
        "status": eligibility.status,
        "sentence": wording.verdict(eligibility).sentence,
        "amount_cents": eligibility.amount_cents,
        "counted": list(eligibility.counted),
        "contracted_on": _plain(standing.facts.contracted_on),
        "purchase_deadline": _plain(eligibility.purchase_deadline),
        "buy_by": _plain(buy_by),
        "safe_buy_by": _plain(rules.safe_buy_by(buy_by) if buy_by else None),
        "claim_from": _plain(eligibility.claim_from),
        "claim_until": _plain(eligibility.claim_until),
        "requirements": [
            {
                "code": each.code,
                "status": each.status,
                "met_on": _plain(each.met_on),
                "detail": {key: _plain(value) for key, value in each.detail.items()},
                "title": wording.title(each),
                "sentence": wording.sentence(each, paid=standing.facts.refunded),
            }
            for each in eligibility.requirements
        ],
        "next": {"code": step.code, "title": step.title, "sentence": step.sentence, "by": _plain(step.by)},
    }


def _plain(value: Any) -> Any:
    """Dates as text, tuples as lists."""
    if isinstance(value, date):
        return value.isoformat()
    return list(value) if isinstance(value, tuple) else value
