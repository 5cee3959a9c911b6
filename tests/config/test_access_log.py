"""No log of the web server holds a link that works for whoever has it."""

from pathlib import Path

import pytest
from django.conf import settings
from django.urls import reverse

from config.access_log import AccessLog, pattern_of


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("marketplace:review_by_link", ["secret:1"]),
        ("marketplace:homeowner", ["secret:1"]),
        ("marketplace:confirm", ["secret:1"]),
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
