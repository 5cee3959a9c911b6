"""`manage.py bench`: how fast the product is, beside the same work done by hand in SQL."""

import dataclasses
import json
from argparse import ArgumentParser
from collections.abc import Callable, Iterator
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
from config.bulk import make_history, make_marketplace

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
        parser.add_argument(
            "--growth",
            action="store_true",
            help="measure twice, before and after the desk's closed tickets are added; the note says what they cost",
        )
        parser.add_argument("--json", action="store_true")

    def handle(self, *, scale: float, repeats: int, only: str, growth: bool, **options: Any) -> None:
        if connection.vendor != "postgresql":
            raise CommandError(
                "The bench measures PostgreSQL. Set DATABASE_URL to one, for example "
                "postgres://postgres@127.0.0.1/quince"
            )
        if scale <= 0 or repeats < 1:
            raise CommandError("--scale is above 0, --repeats at least 1.")
        autodiscover_modules("measures")
        with own_database(), override_settings(STORAGES=AS_IN_DEVELOPMENT):
            now = timezone.now()
            self._made("the marketplace", scale, lambda: make_marketplace(scale=scale, now=now))
            before = self._measured(only, repeats) if growth else None
            self._made("the desk's closed tickets", scale, lambda: make_history(scale=scale, now=now))
            results = self._measured(only, repeats)
        if before is not None:
            results = [grown(each, was) for each, was in zip(results, before, strict=True)]
        if options["json"]:
            self.stdout.write(
                json.dumps([dataclasses.asdict(each) | {"ratio": each.ratio} for each in results], indent=1)
            )
        else:
            for line in table(results):
                self.stdout.write(line)

    def _made(self, what: str, scale: float, make: Callable[[], None]) -> None:
        self.stderr.write(f"Made {what} at scale {scale:g} in {milliseconds(make) / 1000:.0f} s.")

    def _measured(self, only: str, repeats: int) -> list[Measurement]:
        results: list[Measurement] = []
        for run in measures:
            if only in run.__name__:
                self.stderr.write(f"Measuring {run.__name__.replace('_', ' ')} …")
                results += run(repeats)
        return results


def grown(now: Measurement, before: Measurement) -> Measurement:
    """What was measured beside closed tickets, with what it was without any. A machine that is busy with other work
    changes the times of a run and hardly the ratios."""
    if before.ours_median is None:
        return now
    ratio = f", ratio {before.ratio:.3g}" if before.ratio else ""
    said = f"without closed ones {before.ours_median:.3g} ms{ratio}"
    return dataclasses.replace(now, note="; ".join(filter(None, (said, now.note))))


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
