"""Whose network a visitor is on, and how often one may do something."""

from datetime import timedelta

import pytest
from django.test import RequestFactory

from profiles.addresses import network_of
from profiles.networks import WIDE_TIMES, take_turn
from tests.making import NOW

HOUR = timedelta(hours=1)


def take(network, *, most=2):
    return take_turn(network, "forms", most=most, window=HOUR, now=NOW)


def network(**headers):
    return network_of(RequestFactory().get("/", REMOTE_ADDR="192.0.2.1", **headers))


@pytest.mark.parametrize(
    "name", ["X_FORWARDED_FOR", "X_REAL_IP", "FORWARDED", "CF_CONNECTING_IP", "CLIENT_IP"]
)
def test_without_a_proxy_of_ours_nobody_says_themselves_where_they_come_from(settings, name):
    assert settings.ALLAUTH_TRUSTED_PROXY_COUNT == 0
    assert network(**{f"HTTP_{name}": "198.51.100.7"}) == "192.0.2.1"


def test_behind_our_proxy_the_last_that_it_saw_counts_and_nothing_before_it(settings):
    settings.ALLAUTH_TRUSTED_PROXY_COUNT = 1
    assert network(HTTP_X_FORWARDED_FOR="203.0.113.5, 198.51.100.7") == "198.51.100.7"


def test_a_network_of_the_old_kind_is_one_address():
    assert [take("192.0.2.1") for _ in range(3)] == [True, True, False]
    assert take("192.0.2.2")


def test_whoever_has_a_whole_48_has_more_turns_than_one_64_and_not_one_for_each():
    taken = [take(f"2001:db8:1:{number:x}::/64") for number in range(20)]
    assert taken == [True] * 2 * WIDE_TIMES + [False] * (20 - 2 * WIDE_TIMES)
    assert [take("2001:db8:2:1::/64") for _ in range(3)] == [True, True, False]
