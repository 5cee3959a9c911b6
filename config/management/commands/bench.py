"""`manage.py bench`: how fast the product is, beside the same work done by hand in SQL."""

import dataclasses
import json
from argparse import ArgumentParser
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import connection
from django.test.utils import override_settings
from django.utils import timezone
from django.utils.module_loading import autodiscover_modules

from base.measure import Measurement, milliseconds
from base.registry import measures
from config.bulk import make_marketplace

# Pages are measured also where no styles were collected.
AS_IN_DEVELOPMENT = settings.STORAGES | {
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
}
COLUMNS = ("operation", "ours", "p95", "by hand", "ratio", "queries", "peak MB", "goal", "note")


class Command(BaseCommand):
    help = (
        "Measures the product on a large marketplace that it makes in a PostgreSQL database of its own "
        "(named after DATABASE_URL's with _bench behind) and drops afterwards."
    )

    # In a database of its own nobody is invoiced.
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--scale", type=float, default=1.0, help="1 is 1,000,000 contacts")
        parser.add_argument("--repeats", type=int, default=5)
        parser.add_argument(
            "--only", default="", help="only operations whose measuring function has this in its name"
        )
        parser.add_argument("--json", action="store_true")

    def handle(self, *, scale: float, repeats: int, only: str, **options: Any) -> None:
        if connection.vendor != "postgresql":
            raise CommandError(
                "The bench measures PostgreSQL. Set DATABASE_URL to one, for example "
                "postgres://postgres@127.0.0.1/quince"
            )
        if scale <= 0 or repeats < 1:
            raise CommandError("--scale is above 0, --repeats at least 1.")
        autodiscover_modules("measures")
        results: list[Measurement] = []
        with own_database(), override_settings(STORAGES=AS_IN_DEVELOPMENT):
            now = timezone.now()
            made = milliseconds(lambda: make_marketplace(scale=scale, now=now))
            self.stderr.write(f"Made the marketplace at scale {scale:g} in {made / 1000:.0f} s.")
            for run in measures:
                if only in run.__name__:
                    self.stderr.write(f"Measuring {run.__name__.replace('_', ' ')} …")
                    results += run(repeats)
        if options["json"]:
            self.stdout.write(
                json.dumps([dataclasses.asdict(each) | {"ratio": each.ratio} for each in results], indent=1)
            )
        else:
            for line in table(results):
                self.stdout.write(line)


@contextmanager
def own_database() -> Iterator[None]:
    """A new database beside the configured one for the length of a block; any left by a broken run is replaced."""
    name = connection.settings_dict["NAME"]
    connection.settings_dict["TEST"]["NAME"] = f"{name}_bench"
    connection.creation.create_test_db(verbosity=0, autoclobber=True, serialize=False)
    try:
        yield
    finally:
        connection.creation.destroy_test_db(name, verbosity=0)


def table(results: list[Measurement]) -> Iterator[str]:
    """The results as a Markdown table, times in milliseconds."""

    def number(value: float | None) -> str:
        if value is None:
            return ""
        return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"

    yield "| " + " | ".join(COLUMNS) + " |"
    yield "|" + "---|" * len(COLUMNS)
    for each in results:
        figures = (
            each.ours_median,
            each.ours_p95,
            each.by_hand_median,
            each.ratio,
            each.queries,
            each.peak_mb,
        )
        yield "| " + " | ".join([each.operation, *map(number, figures), each.goal, each.note]) + " |"
