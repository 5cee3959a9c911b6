"""So many turns in a window of time, also for two who come at once."""

import threading
from datetime import timedelta

from django.core.cache import cache

from base.limits import take
from tests.making import NOW

HOUR = timedelta(hours=1)


def turns(number, *, purpose="forms", who="192.0.2.1", most=3, now=NOW):
    return [take(purpose, who, most=most, window=HOUR, now=now) for _ in range(number)]


def test_there_are_so_many_turns_and_no_more():
    assert turns(5) == [True, True, True, False, False]


def test_somebody_else_something_else_and_the_next_window_have_their_own():
    turns(3)
    assert turns(1, who="192.0.2.2") == turns(1, purpose="photos") == turns(1, now=NOW + HOUR) == [True]
    assert turns(1) == [False]


def test_who_is_counted_stands_nowhere_in_the_cache(monkeypatch):
    keys = []
    for way in ("get", "add", "set"):
        monkeypatch.setattr(
            f"base.limits.cache.{way}", lambda key, *args, way=way, **kwargs: keys.append(key) or way == "add"
        )
    turns(1, who="lucia@example.com")

    assert len(keys) == 3
    assert "lucia" not in "".join(keys)


def test_a_refusal_costs_one_read(monkeypatch):
    turns(4)
    asked = []
    for way in ("get", "add", "set"):
        real = getattr(cache, way)
        monkeypatch.setattr(
            f"base.limits.cache.{way}",
            lambda *args, way=way, real=real, **kwargs: asked.append(way) or real(*args, **kwargs),
        )
    assert turns(3) == [False] * 3
    assert asked == ["get"] * 3


def test_a_lost_hint_gives_no_turn_away(monkeypatch):
    turns(2)
    monkeypatch.setattr("base.limits.cache.get", lambda key, default=None: default)
    assert turns(3) == [True, False, False]


def test_two_at_once_never_take_the_same_turn():
    taken = []
    ready = threading.Barrier(12)

    def run():
        ready.wait(timeout=20)
        taken.extend(turns(1, most=4))

    threads = [threading.Thread(target=run) for _ in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    assert sorted(taken) == [False] * 8 + [True] * 4
