"""The form of tax ids (M14). The numbers are published examples or made by their rule."""

import pytest

from base.tax_ids import GENERIC_RFCS, normal_tax_id, tax_id_kind


@pytest.mark.parametrize(
    ("written", "kind"),
    [
        ("GODE561231GR8", "rfc"),
        ("SAT970701NN3", "rfc"),
        ("XAXX010101000", "rfc"),
        ("XEXX010101000", "rfc"),
        ("12345678Z", "nif"),
        ("00000000T", "nif"),
        ("X1234567L", "nie"),
        ("Z0000000M", "nie"),
        ("A58818501", "cif"),
        ("B12345674", "cif"),
        ("P2800000D", None),
        ("Q2818015F", "cif"),
        ("G28667152", "cif"),
        ("00743110157", "partita_iva"),
        ("01234567897", "partita_iva"),
    ],
)
def test_a_right_tax_id_is_known_by_its_form(written, kind):
    assert tax_id_kind(written) == kind


@pytest.mark.parametrize(
    "right", ["GODE561231GR8", "SAT970701NN3", "12345678Z", "X1234567L", "A58818501", "00743110157"]
)
def test_a_tax_id_with_another_last_character_is_wrong(right):
    others = {character for character in "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ" if character != right[-1]}
    # A kind of CIF may end in its digit or in the letter that stands for it.
    assert [other for other in sorted(others) if tax_id_kind(right[:-1] + other)] == []


def test_a_cif_of_a_kind_that_may_end_in_either_is_right_with_digit_or_letter():
    assert [tax_id_kind(f"G2866715{last}") for last in "2BA3"] == ["cif", "cif", None, None]
    assert [tax_id_kind(f"A5881850{last}") for last in "1A"] == ["cif", None]
    assert [tax_id_kind(f"Q2818015{last}") for last in "F6"] == ["cif", None]


@pytest.mark.parametrize(
    "wrong",
    [
        "",
        "GODE561331GR8",  # month 13
        "GODE560230GR8",  # 30 February
        "GODE56123GR8",
        "1234567Z",
        "123456789",
        "00000000000",
        "007431101570",
        "Ñ2345678Z",
        "GODE٥٦١٢٣١GR8",  # digits of another script
        "X1234567L X",
    ],
)
def test_what_cannot_be_a_tax_id_is_refused(wrong):
    assert tax_id_kind(wrong) is None


def test_29_february_is_a_birthday_in_a_leap_year_of_either_century():
    def some_rfc(date):
        return [last for last in "0123456789A" if tax_id_kind(f"ABC{date}AA{last}")]

    assert len(some_rfc("000229")) == 1
    assert len(some_rfc("040229")) == 1
    assert some_rfc("010229") == []


def test_it_is_compared_without_spaces_hyphens_case_and_prefix():
    assert normal_tax_id(" gode-561231 gr8 ") == "GODE561231GR8"
    assert normal_tax_id("IT 00743110157") == "00743110157"
    assert normal_tax_id("ES-A58818501") == "A58818501"
    # Letters of an RFC, not a prefix.
    assert normal_tax_id("ITA970701NN3") == "ITA970701NN3"
    assert all(normal_tax_id(rfc) == rfc for rfc in GENERIC_RFCS)
