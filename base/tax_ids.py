"""The form of tax ids (M14): whether the letters and digits can be right, not whether the holder exists."""

import re
from datetime import date

# RFCs for a buyer who gives none, and for a foreign one: printed on invoices, of nobody in particular.
GENERIC_RFCS = frozenset({"XAXX010101000", "XEXX010101000"})

_RFC = re.compile(r"[A-ZÑ&]{3,4}([0-9]{2})([0-9]{2})([0-9]{2})[A-Z0-9]{2}[0-9A]")
_RFC_VALUES = {character: value for value, character in enumerate("0123456789ABCDEFGHIJKLMN&OPQRSTUVWXYZ Ñ")}
_NIF_LETTERS = "TRWAGMYFPDXBNJZSQVHLCKE"
_CIF_LETTERS = "JABCDEFGHI"


def normal_tax_id(text: str) -> str:
    """As it is stored and compared: capitals, without spaces, dots, hyphens, slashes or the prefix ES or IT."""
    bare = re.sub(r"[\s./\-]", "", text).upper()
    for prefix, is_right in (("ES", _is_spanish), ("IT", _is_partita_iva)):
        if bare.startswith(prefix) and is_right(bare[2:]):
            return bare[2:]
    return bare


def tax_id_kind(text: str) -> str | None:
    """ "rfc", "nif", "nie", "cif" or "partita_iva" if `text` has the right form, date and check digit; else None.

    `text` is taken as `normal_tax_id` writes it.
    """
    tax_id = normal_tax_id(text)
    if _is_rfc(tax_id):
        return "rfc"
    if _is_nif(tax_id):
        return "nif"
    if _is_nie(tax_id):
        return "nie"
    if _is_cif(tax_id):
        return "cif"
    if _is_partita_iva(tax_id):
        return "partita_iva"
    return None


def _is_rfc(tax_id: str) -> bool:
    """Mexico: 3 letters (companies) or 4 (people), a date, two characters, one check digit."""
    if tax_id in GENERIC_RFCS:
        return True
    found = _RFC.fullmatch(tax_id)
    if not found:
        return False
    year, month, day = (int(part) for part in found.groups())
    if not any(_is_date(century + year, month, day) for century in (1900, 2000)):
        return False
    values = [_RFC_VALUES[character] for character in tax_id.rjust(13)[:-1]]
    remainder = sum(value * weight for value, weight in zip(values, range(13, 1, -1), strict=True)) % 11
    return tax_id[-1] == "0A987654321"[remainder]


def _is_date(year: int, month: int, day: int) -> bool:
    try:
        date(year, month, day)
    except ValueError:
        return False
    return True


def _is_spanish(tax_id: str) -> bool:
    return _is_nif(tax_id) or _is_nie(tax_id) or _is_cif(tax_id)


def _is_nif(tax_id: str) -> bool:
    """Spain, people: 8 digits and the letter of their remainder by 23."""
    return bool(re.fullmatch(r"[0-9]{8}[A-Z]", tax_id)) and tax_id[-1] == _NIF_LETTERS[int(tax_id[:8]) % 23]


def _is_nie(tax_id: str) -> bool:
    """Spain, foreigners: X, Y or Z stands for 0, 1 or 2 before 7 digits; then as a NIF."""
    return bool(re.fullmatch(r"[XYZ][0-9]{7}[A-Z]", tax_id)) and _is_nif(
        str("XYZ".index(tax_id[0])) + tax_id[1:]
    )


def _is_cif(tax_id: str) -> bool:
    """Spain, organisations: a letter, 7 digits, and a check digit or letter by the kind of organisation."""
    if not re.fullmatch(r"[ABCDEFGHJKLMNPQRSUVW][0-9]{7}[0-9A-J]", tax_id):
        return False
    digits = [int(character) for character in tax_id[1:8]]
    doubled = sum(sum(divmod(digit * 2, 10)) for digit in digits[::2])
    check = -(doubled + sum(digits[1::2])) % 10
    as_digit, as_letter = str(check), _CIF_LETTERS[check]
    if tax_id[0] in "ABEH":
        return tax_id[-1] == as_digit
    if tax_id[0] in "KLMNPQRSW":
        return tax_id[-1] == as_letter
    return tax_id[-1] in (as_digit, as_letter)


def _is_partita_iva(tax_id: str) -> bool:
    """Italy: 11 digits, the last by Luhn's sum. All zeros has the right sum and is nobody's."""
    if not re.fullmatch(r"[0-9]{11}", tax_id) or tax_id == "0" * 11:
        return False
    digits = [int(character) for character in tax_id]
    return (sum(digits[::2]) + sum(sum(divmod(digit * 2, 10)) for digit in digits[1::2])) % 10 == 0
