"""Whoever watches over the product asks two questions: is it up, and can it work."""

import pytest
from django.core.cache import cache
from django.db import OperationalError, connection
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.recorder import MigrationRecorder

from config import health


@pytest.fixture(autouse=True)
def migrations(monkeypatch):
    """As in a process that has just begun."""
    monkeypatch.setattr(health, "_migrations", health.Migrations())
    return health._migrations


def newest_of_mail() -> tuple[str, str]:
    """Nothing follows it, so that without it one migration is missing."""
    [newest] = MigrationExecutor(connection).loader.graph.leaf_nodes("mail")
    return newest


def test_the_process_is_up_whatever_else_is_not(client, django_assert_num_queries):
    response = client.get("/healthz")
    assert (response.status_code, response.content) == (200, b"ok")


@pytest.mark.django_db
def test_it_can_work_when_database_cache_and_migrations_are_there(client):
    response = client.get("/readyz")
    assert response.status_code == 200
    assert response.json() == {"database": "ok", "cache": "ok", "migrations": "ok"}
    assert "no-store" in response.headers["Cache-Control"]


@pytest.mark.django_db
def test_a_migration_that_is_missing_is_counted(client):
    MigrationRecorder(connection).record_unapplied(*newest_of_mail())
    response = client.get("/readyz")
    assert response.status_code == 503
    assert response.json() == {"database": "ok", "cache": "ok", "migrations": "1 not applied"}


@pytest.mark.django_db
def test_migrations_are_planned_once_in_a_process_and_missing_ones_some_seconds_apart(
    client, migrations, monkeypatch
):
    plans = []

    class Counted(MigrationExecutor):
        def migration_plan(self, *args, **options):
            plans.append(args)
            return super().migration_plan(*args, **options)

    monkeypatch.setattr(health, "MigrationExecutor", Counted)
    recorder = MigrationRecorder(connection)
    recorder.record_unapplied(*newest_of_mail())
    for _ in range(3):
        assert client.get("/readyz").status_code == 503
    assert len(plans) == 1
    recorder.record_applied(*newest_of_mail())
    migrations.look_again_after = 0
    for _ in range(3):
        assert client.get("/readyz").status_code == 200
    assert len(plans) == 2


@pytest.mark.django_db
def test_a_cache_that_forgets_or_fails_is_named(client, monkeypatch):
    monkeypatch.setattr(cache, "get", lambda key: None)
    response = client.get("/readyz")
    assert (response.status_code, response.json()["cache"]) == (503, "does not keep what it is given")

    def fail(*args, **options):
        raise ConnectionError("redis at secret-host")

    monkeypatch.setattr(cache, "set", fail)
    response = client.get("/readyz")
    assert (response.status_code, response.json()["cache"]) == (503, "ConnectionError")


def test_a_database_that_does_not_answer_is_named_without_what_else_the_error_says(client, monkeypatch):
    def fail():
        raise OperationalError("connection to secret-host failed")

    monkeypatch.setattr("config.health.connection.cursor", fail)
    response = client.get("/readyz")
    assert (response.status_code, response.json()) == (503, {"database": "OperationalError", "cache": "ok"})
