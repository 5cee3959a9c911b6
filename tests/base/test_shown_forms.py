"""A form knows when it was shown and which it is, and cannot be told otherwise."""

from datetime import timedelta

import pytest

from base.shown_forms import AT_LEAST, AT_MOST, read_form, show_form
from tests.making import NOW


def test_a_form_comes_back_as_it_was_shown():
    shown = show_form("ask", NOW)
    assert read_form("ask", shown.token) == shown
    assert show_form("ask", NOW).form_id != shown.form_id


@pytest.mark.parametrize(
    "forge",
    [
        lambda token: "",
        lambda token: token[:-1],
        lambda token: token.replace(".", "0.", 1),
        lambda token: token.partition(":")[0],
        lambda token: "\x00" + token,
        lambda token: token + token,
        lambda token: "é" * 5000,
    ],
)
def test_a_forged_form_is_none(forge):
    assert read_form("ask", forge(show_form("ask", NOW).token)) is None


def test_a_form_for_something_else_is_none():
    assert read_form("link", show_form("ask", NOW).token) is None


@pytest.mark.parametrize(
    ("after", "too_fast", "too_old"),
    [
        (timedelta(0), True, False),
        (AT_LEAST - timedelta(seconds=1), True, False),
        (AT_LEAST, False, False),
        (AT_MOST, False, False),
        (AT_MOST + timedelta(seconds=1), False, True),
        (timedelta(seconds=-5), True, False),
    ],
)
def test_too_fast_and_too_old_at_their_bounds(after, too_fast, too_old):
    shown = show_form("ask", NOW)
    assert (shown.is_too_fast(NOW + after), shown.is_too_old(NOW + after)) == (too_fast, too_old)
