"""How an article's plain text is read: a few signs, and nothing else gets through."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from support.article_text import Block, Span, blocks, links, plain, spans


def test_the_signs_make_blocks():
    body = "## One\nText that\ngoes on.\n\n- a\n- b\n  more\n\n1. x\n2. y\r\n\r\n### Small\n\n\n\nLast."
    assert blocks(body) == [
        Block("heading", [[Span("One")]]),
        Block("paragraph", [[Span("Text that goes on.")]]),
        Block("list", [[Span("a")], [Span("b more")]]),
        Block("numbers", [[Span("x")], [Span("y")]]),
        Block("subheading", [[Span("Small")]]),
        Block("paragraph", [[Span("Last.")]]),
    ]


def test_words_are_strong_or_lead_somewhere():
    assert spans("Be **bold** and [read](library:first-call) on.") == [
        Span("Be "),
        Span("bold", strong=True),
        Span(" and "),
        Span("read", address="library:first-call"),
        Span(" on."),
    ]


@pytest.mark.parametrize("address", ["/guarantee/", "https://example.com/a?b=1", "library:a-b"])
def test_these_addresses_are_links(address):
    assert links(f"See [it]({address}).") == [address]


@pytest.mark.parametrize(
    "address",
    [
        "javascript:alert(1)",
        "//evil.example",
        "/\\evil.example",
        "http://example.com",
        "data:text/html,x",
        "mailto:a@b.c",
    ],
)
def test_these_are_shown_as_they_are_written(address):
    body = f"See [it]({address})."
    assert links(body) == []
    assert plain(body) == body


@given(st.text(max_size=200))
def test_any_text_can_be_read(body):
    assert isinstance(plain(body), str)


@pytest.mark.parametrize("body", ["[" * 30_000, "**" * 15_000, "[a](" * 7_000, "- " * 15_000, "1. " * 10_000])
def test_a_hostile_text_is_read_in_no_time(body):
    import time

    begun = time.perf_counter()
    blocks(body)
    assert time.perf_counter() - begun < 2
