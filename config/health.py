"""Whether the process is up, and whether it can do its work: for whoever watches over it."""

import time

from django.core.cache import cache
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.cache import never_cache


@never_cache
def healthz(request: HttpRequest) -> HttpResponse:
    """The process answers. Asks nobody else, so that a slow database does not get it killed."""
    return HttpResponse("ok", content_type="text/plain")


@never_cache
def readyz(request: HttpRequest) -> HttpResponse:
    """200 when pages can be served: database, cache and migrations. Else 503, and which of them it is."""
    found = {"database": _database(), "cache": _cache()}
    if found["database"] == "ok":
        found["migrations"] = _migrations.state()
    return JsonResponse(found, status=200 if set(found.values()) == {"ok"} else 503)


def _database() -> str:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError as error:
        return type(error).__name__  # What else it says may name hosts and users.
    return "ok"


def _cache() -> str:
    try:
        cache.set("readyz", "ok", timeout=10)
        return "ok" if cache.get("readyz") == "ok" else "does not keep what it is given"
    except Exception as error:  # Each kind of cache fails in its own way.
        return type(error).__name__


class Migrations:
    """Reading every migration is dear, and anybody may ask: found applied, they stay so for this process's life,
    and what is missing is looked for again after some seconds."""

    look_again_after = 5.0  # seconds

    def __init__(self) -> None:
        self.found, self.found_at = "", 0.0

    def state(self) -> str:
        fresh = self.found and time.monotonic() - self.found_at < self.look_again_after
        if self.found != "ok" and not fresh:
            executor = MigrationExecutor(connection)
            missing = executor.migration_plan(executor.loader.graph.leaf_nodes())
            self.found = f"{len(missing)} not applied" if missing else "ok"
            self.found_at = time.monotonic()
        return self.found


_migrations = Migrations()
