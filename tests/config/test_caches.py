"""Runs of tests beside each other, in one Redis, leave each other's keys alone."""

import pytest
from django.conf import settings
from django.core.cache import cache

from tests.caches import OwnRedisCache


@pytest.mark.skipif(not settings.REDIS_URL, reason="There is no Redis.")
def test_clearing_takes_what_this_run_wrote_alone():
    other = OwnRedisCache(settings.REDIS_URL, {"KEY_PREFIX": f"{cache.key_prefix}-other"})
    cache.set("mine", 1)
    other.set("theirs", 2)
    cache.clear()
    assert (cache.get("mine"), other.get("theirs")) == (None, 2)
    other.clear()
    assert other.get("theirs") is None
