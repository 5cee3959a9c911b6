"""What an operator reads about settings is what the settings read."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings

ROOT = Path(settings.BASE_DIR)
READ = set(re.findall(r'env(?:\.\w+)?\(\s*"([A-Z_]+)"', (ROOT / "config" / "settings.py").read_text()))


def test_every_setting_is_explained_and_nothing_else_is():
    explained = set()
    for row in re.findall(
        r"^\| (`[A-Z`_, ]+`) \|", (ROOT / "docs" / "settings.md").read_text(), re.MULTILINE
    ):
        explained |= set(re.findall(r"[A-Z_]+", row))
    assert explained == READ


def deployed(**environment: str) -> dict[str, object]:
    """The settings as a process reads them that has this environment, without DEBUG."""
    kept = {name: value for name, value in os.environ.items() if name not in READ}
    names = (
        "SECURE_SSL_REDIRECT", "SECURE_HSTS_SECONDS", "SECURE_PROXY_SSL_HEADER", "SESSION_COOKIE_SECURE",
        "PAYMENT_HOSTS", "SECOND_LOOK_PERCENT",
    )  # fmt: skip
    program = (
        "import json; from config import settings;"
        f"print(json.dumps({{name: getattr(settings, name, None) for name in {names}}}))"
    )
    printed = subprocess.run(
        [sys.executable, "-c", program],
        cwd=ROOT,
        env=kept | {"DEBUG": "0", "SECRET_KEY": "k" * 50, "VAR_DIR": str(settings.VAR_DIR)} | environment,
        capture_output=True,
        check=True,
    )
    return json.loads(printed.stdout)


def test_https_is_asked_for_altogether_or_not_at_all():
    found = deployed()
    assert (found["SECURE_SSL_REDIRECT"], found["SESSION_COOKIE_SECURE"]) == (True, True)
    assert found["SECURE_HSTS_SECONDS"] == 31_536_000
    found = deployed(HTTPS_ONLY="0")
    assert (found["SECURE_SSL_REDIRECT"], found["SECURE_HSTS_SECONDS"]) == (False, 0)


def test_a_proxy_is_believed_only_where_there_is_one():
    assert deployed()["SECURE_PROXY_SSL_HEADER"] is None
    said = ["HTTP_X_FORWARDED_PROTO", "https"]
    assert deployed(TRUSTED_PROXY_COUNT="1")["SECURE_PROXY_SSL_HEADER"] == said
    assert deployed(PROXY_SAYS_HTTPS="1")["SECURE_PROXY_SSL_HEADER"] == said
    assert deployed(TRUSTED_PROXY_COUNT="1", PROXY_SAYS_HTTPS="0")["SECURE_PROXY_SSL_HEADER"] is None


def test_a_form_may_be_sent_on_to_the_payment_page_of_the_gateway_that_is_configured():
    """A browser refuses what a form is sent on to unless the policy names it."""
    assert deployed()["PAYMENT_HOSTS"] == []
    assert deployed(PAYMENT_GATEWAY="stripe")["PAYMENT_HOSTS"] == ["https://checkout.stripe.com"]
    assert settings.CONTENT_SECURITY_POLICY["DIRECTIVES"]["form-action"][1:] == settings.PAYMENT_HOSTS


def test_the_share_of_second_looks_is_five_in_a_hundred_unless_another_is_said():
    assert deployed()["SECOND_LOOK_PERCENT"] == 5
    assert deployed(SECOND_LOOK_PERCENT="0")["SECOND_LOOK_PERCENT"] == 0
    assert deployed(SECOND_LOOK_PERCENT="100")["SECOND_LOOK_PERCENT"] == 100


@pytest.mark.parametrize("wrong", ["-1", "101", "5%", "some"])
def test_a_share_of_second_looks_that_is_none_stops_the_start(wrong):
    with pytest.raises(subprocess.CalledProcessError) as stopped:
        deployed(SECOND_LOOK_PERCENT=wrong)
    assert b"SECOND_LOOK_PERCENT" in stopped.value.stderr


def test_http_is_sent_on_to_https_but_for_whoever_watches(client, settings):
    settings.SECURE_SSL_REDIRECT = True
    assert client.get("/accounts/login/").url == "https://testserver/accounts/login/"
    assert client.get("/healthz").status_code == 200


def test_the_examples_name_settings_that_exist():
    example = set(re.findall(r"^([A-Z_]+)=", (ROOT / ".env.example").read_text(), re.MULTILINE))
    assert example <= READ
    compose = (ROOT / "docker-compose.yml").read_text()
    anchor = compose.split("environment: &environment")[1].split("volumes:")[0]
    assert set(re.findall(r"^    ([A-Z_]+):", anchor, re.MULTILINE)) <= READ
