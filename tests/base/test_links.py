"""Signed links cannot be guessed, changed or used for something else, and they end."""

from datetime import timedelta

import pytest
import time_machine
from django.core import signing

from base.links import absolute, sign, unsign
from tests.making import at

AGE = timedelta(days=60)


def test_a_link_says_what_was_signed():
    assert unsign("review", sign("review", "15"), max_age=AGE) == "15"


@pytest.mark.parametrize(
    "forge",
    [
        lambda token: token.replace("15:", "16:", 1),
        lambda token: token[:-1] + ("A" if token[-1] != "A" else "B"),
        lambda token: token.rpartition(":")[0],
        lambda token: "15",
        lambda token: "",
        lambda token: f"{token}:{token}",
    ],
)
def test_a_forged_link_is_refused(forge):
    with pytest.raises(signing.BadSignature):
        unsign("review", forge(sign("review", "15")), max_age=AGE)


def test_a_link_for_one_purpose_is_of_no_use_for_another():
    with pytest.raises(signing.BadSignature):
        unsign("claim", sign("review", "15"), max_age=AGE)


def test_a_link_ends():
    with time_machine.travel(at("2026-01-10 12:00"), tick=False):
        token = sign("review", "15")
    with time_machine.travel(at("2026-03-11 12:00"), tick=False):
        assert unsign("review", token, max_age=AGE) == "15"
    with time_machine.travel(at("2026-03-11 12:00:01"), tick=False), pytest.raises(signing.SignatureExpired):
        unsign("review", token, max_age=AGE)


def test_another_secret_key_makes_old_links_worthless(settings):
    token = sign("review", "15")
    settings.SECRET_KEY = "another"
    with pytest.raises(signing.BadSignature):
        unsign("review", token, max_age=AGE)


def test_mails_carry_the_whole_address(settings):
    settings.SITE_URL = "https://quince.example"
    assert absolute("home") == "https://quince.example/"
