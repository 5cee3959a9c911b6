"""M5: contact details written into a text are masked until it is bought; harmless texts stay as they are."""

import time
from itertools import pairwise, permutations

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from marketplace.masking import HANDLE, MAIL, MARK, TELEPHONE, WEB, find, find_together, mask, mask_together
from tests.marketplace.harmless_texts import PLAIN
from tests.marketplace.texts_to_mask import DETAILS, shown


def test_there_are_enough_of_each():
    assert len(DETAILS) >= 300 and len(PLAIN) >= 330


@pytest.mark.parametrize("line", DETAILS)
def test_the_detail_vanishes_and_nothing_else(line):
    written, expected = shown(line)
    assert mask(written) == expected


@pytest.mark.parametrize("text", PLAIN)
def test_a_harmless_text_stays_as_it_is_to_the_last_byte(text):
    assert mask(text) == text


def test_two_harmless_lines_make_no_number_together():
    """One below the other, each below some of all kinds: every pair would take a minute."""
    pairs = [f"{above}\n{below}" for above, below in list(permutations(PLAIN, 2))[::5]]
    assert [text for text in pairs if mask(text) != text] == []


def test_a_whole_text_of_harmless_lines_stays_as_it_is():
    assert mask("\n\n".join(PLAIN)) == "\n\n".join(PLAIN)


# Fields of one form, one after the other; in ⟦ ⟧ what must vanish.
SPREAD = """
Pintar la sala ⟦55 1234⟧ | ⟦5678⟧ es mi número
Centro | Pintar la sala, llamar ⟦55 12⟧ | ⟦34 56 78⟧ por favor
⟦5678⟧ Coyoacán | Pintar la sala | Llámame al ⟦55 1234⟧
⟦55⟧ | ⟦1234⟧ | ⟦5678⟧
Baño ⟦cinco cinco doce⟧ | ⟦treinta y cuatro cincuenta y seis setenta y ocho⟧
Chiamami ⟦333 12⟧ | ⟦34 567⟧ dopo le 18
Call ⟦five five five⟧ | ⟦one two three four⟧ anytime
"""


@pytest.mark.parametrize("line", SPREAD.strip().splitlines())
def test_a_number_that_begins_in_one_field_and_ends_in_another_vanishes(line):
    fields = [shown(field) for field in line.split(" | ")]
    assert mask_together([written for written, _expected in fields]) == [expected for _, expected in fields]


def test_the_writers_own_number_vanishes_also_in_two_halves_among_other_numbers():
    title, description = "Pintar 3 cuartos, 551234", "Son 40 m2 en 2 pisos; lo que sigue es 5678. Pago 15000"
    assert mask_together([title, description], telephone="5512345678") == [
        f"Pintar 3 cuartos, {MARK}",
        f"Son 40 m2 en 2 pisos; lo que sigue es {MARK}. Pago 15000",
    ]


def test_two_harmless_fields_make_no_number_together():
    pairs = list(permutations(PLAIN, 2))[::11]
    assert [pair for pair in pairs if mask_together(pair) != [*pair]] == []


def test_fields_without_a_number_between_them_are_masked_each_by_itself():
    texts = [shown(line)[0] for line in DETAILS[:3]]
    assert find_together(texts) == [find(text) for text in texts]


@pytest.mark.parametrize(
    ("text", "kinds"),
    [
        ("55 1234 5678", [TELEPHONE]),
        ("a@example.com, 55 1234 5678", [MAIL, TELEPHONE]),
        ("www.casa.es o @casa_mx", [WEB, HANDLE]),
        ("nada", []),
    ],
)
def test_each_detail_says_what_it_is(text, kinds):
    assert [span.kind for span in find(text)] == kinds


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Somos 55-51… aparte 23 casas, 45 perros y 67", "Somos •••-•••… aparte ••• casas, ••• perros y •••"),
        ("pregunta por maria.l7 en el súper", "pregunta por ••• en el súper"),
        ("Son 5 x 5 x 5 cm", "Son 5 x 5 x 5 cm"),
    ],
)  # fmt: skip
def test_the_writers_own_details_are_masked_in_any_form(text, expected):
    assert mask(text, telephone="5551234567", email="Maria.L7@gmail.com") == expected


@pytest.mark.parametrize("unseen", ["\u200b", "\u2060", "\u00ad", "\u202e", "\ufe0f"])
def test_what_cannot_be_seen_hides_nothing(unseen):
    assert mask(f"mail {unseen.join('maria@gmail.com')} hoy") == f"mail {MARK} hoy"
    assert mask(f"Tel {unseen.join('5512345678')} hoy") == f"Tel {MARK} hoy"


PIECES = st.sampled_from(
    [
        *(shown(line)[0] for line in DETAILS),
        *PLAIN,
        " ",
        "\n",
        ". ",
        "5",
        "@",
        ".com",
        "cinco ",
        "al ",
        MARK,
        "\u200b",
    ]
)
ANYTHING = st.one_of(st.text(max_size=300), st.lists(PIECES, max_size=6).map(" ".join))


@settings(max_examples=60, deadline=None)
@given(ANYTHING)
@example("tel •••1234567")
def test_masking_twice_is_masking_once(text):
    masked = mask(text)
    assert mask(masked) == masked
    assert find(masked) == []


@settings(max_examples=60, deadline=None)
@given(ANYTHING)
def test_spans_stand_in_order_apart_and_inside_the_text(text):
    spans = find(text)
    assert all(0 <= span.start < span.end <= len(text) for span in spans)
    assert all(before.end <= after.start for before, after in pairwise(spans))


@settings(max_examples=100, deadline=None)
@example([], 0, ["1.250.000,00"])
@example([], 0, ["EAN 7501234567890", "calle 5 de Mayo 123, 06700", "120 m2"])
@given(
    st.lists(st.sampled_from(PLAIN), max_size=4),
    st.integers(0, 9_999_999),
    st.lists(st.sampled_from(PLAIN), max_size=4),
)
def test_a_number_between_harmless_lines_never_leaks(before, last, after):
    number = f"555{last:07d}"
    masked = mask("\n".join([*before, f"llámame: {number}", *after]), telephone=number)
    assert masked == "\n".join([*before, f"llámame: {MARK}", *after])


@pytest.mark.parametrize(
    "piece",
    ["5", "5 ", "1,2 ", "1.000.", "cinco ", "cinco", "a@", "@gmail", "a_", "a.", "www.", "1 o ", "insta como ",
     "a de gmail ", "a en insta ", "facebook Ma ", "soy a en ig ", "55 12, ", "maria arroba ", "a punto ",
     "como a en ig ", "no ig: a ", "ig, como a ", "12/03/2026 ", "h t t p ", "\u200b", "á", "•••5", "tel 5 x ", "(.)",
     " "],
)  # fmt: skip
def test_hostile_input_takes_no_more_than_its_length(piece):
    """Eight times the text is about eight times the time, never sixty-four."""

    def seconds(length: int) -> float:
        text = piece * (length // len(piece))
        began = time.process_time()
        mask(text, telephone="5512345678", email="maria.l7@example.com")
        return time.process_time() - began

    short = min(seconds(5_000) for _ in range(3))
    assert min(seconds(40_000) for _ in range(2)) < max(24 * short, 1.0)
