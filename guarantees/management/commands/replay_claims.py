"""`manage.py replay_claims [PUBLIC_ID …]`: what was frozen is judged again, and must give the same verdict (G13)."""

import sys
from argparse import ArgumentParser
from typing import Any
from uuid import UUID

from django.core.management.base import BaseCommand, CommandError

from guarantees.models import Claim
from guarantees.replaying import replayed


class Command(BaseCommand):
    help = (
        "Judges submitted and decided claims again from what was frozen of them; prints each, and ends with 1 where "
        "one comes to another verdict."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "claims",
            nargs="*",
            metavar="PUBLIC_ID",
            help="these claims; without any, all that were ever submitted",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        claims = Claim.objects.all()
        if options["claims"]:
            claims = claims.filter(pk__in=[_find(public_id).pk for public_id in options["claims"]])
        count = different = 0
        for each in replayed(claims):
            count += 1
            different += bool(each.differs)
            self.stdout.write(
                f"{'DIFFERS' if each.differs else 'ok':7}  {each.claim.public_id}  {each.frozen_at}  {each.on}  "
                f"{each.status}"
            )
            for line in each.differs:
                self.stdout.write(f"         {line}")
        if different:
            self.stdout.write(
                self.style.ERROR(f"{different} of {count} verdicts differ from what was frozen.")
            )
            sys.exit(1)
        self.stdout.write(self.style.SUCCESS(f"{count} verdicts judged again, each the same as before."))


def _find(public_id: str) -> Claim:
    """The claim of that public id. Raises CommandError where there is none, or nothing of it was ever frozen."""
    try:
        claim = Claim.objects.only("submission_snapshot").get(public_id=UUID(public_id))
    except (ValueError, Claim.DoesNotExist):
        raise CommandError(f"There is no claim with the public id “{public_id}”.") from None
    if claim.submission_snapshot is None:
        raise CommandError(f"Claim {public_id} was never submitted, so nothing of it is frozen.")
    return claim
