"""No log of the web server holds a link that works for whoever has it."""

import io
import logging
from pathlib import Path

import pytest
from django.conf import settings
from django.test import Client
from django.urls import reverse

from config.access_log import AccessLog
from config.patterns import pattern_of


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("marketplace:review_by_link", ["secret:1"]),
        ("marketplace:homeowner", ["secret:1"]),
        ("marketplace:confirm", ["secret:1"]),
        ("marketplace:stop_mails", ["secret:1"]),
        ("marketplace:homeowner_data", ["secret:1"]),
        ("profiles:join", ["secret:1"]),
        ("account_reset_password_from_key", ["1", "secret"]),
    ],
)
def test_a_page_is_logged_by_its_pattern(name, arguments):
    pattern = pattern_of(reverse(name, args=arguments))
    assert "secret" not in pattern
    assert pattern.startswith(reverse(name, args=arguments).partition("secret")[0].rpartition("/")[0])


@pytest.mark.parametrize(
    "path", ["/review/secret:1/,", "/secret", "/media/secret", "/static/secret", "secret", ""]
)
def test_what_matches_no_pattern_is_not_written_out(path):
    assert "secret" not in pattern_of(path)


def test_a_line_is_made_of_nothing_that_may_hold_a_token():
    for atom in ("%(r)s", "%(U)s", "%(q)s", "%(f)s", "{", "%(u)s"):
        assert atom not in AccessLog.line


def test_the_image_runs_the_server_with_it():
    command = (Path(settings.BASE_DIR) / "Dockerfile").read_text().partition("\nCMD ")[2]
    assert '"--logger-class=config.access_log.AccessLog"' in command


@pytest.fixture
def written(monkeypatch):
    """Everything that the product's own handlers write."""
    lines = io.StringIO()
    for handler in logging.getLogger().handlers:
        if handler.get_name() in ("happens", "wrong"):
            monkeypatch.setattr(handler, "stream", lines)
    return lines


@pytest.mark.django_db
def test_a_page_that_breaks_is_named_by_its_pattern(written, monkeypatch):
    monkeypatch.setattr("marketplace.homeowners.lead_of", lambda token: 1 / 0)
    browser = Client(raise_request_exception=False)

    assert browser.get(reverse("marketplace:homeowner", args=["secret:1"])).status_code == 500
    assert "Internal Server Error: /request/<str:token>/" in written.getvalue()
    assert "secret" not in written.getvalue()


@pytest.mark.django_db
def test_a_press_from_another_site_is_logged_by_its_pattern(written):
    browser = Client(enforce_csrf_checks=True)

    assert browser.post(reverse("marketplace:confirm", args=["secret:1"])).status_code == 403
    assert "/request/<str:token>/confirm/" in written.getvalue()
    assert "secret" not in written.getvalue()
