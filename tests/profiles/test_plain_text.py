"""What people type, judged before it is kept."""

import pytest

from profiles.plain_text import names_an_address


@pytest.mark.parametrize(
    "name",
    [
        "Gana 5000 MXN hoy: https://shop.example/pago",
        "www.shop",
        "Entra a shop.example",
        "shop.example/pago ahora",
        "SHOP.EXAMPLE",
        "ana@shop.example",
        "shop\uff0eexample",
        "shop\u3002example",
        "shop.\u200bexample",
        "tienda.xn--p1ai",
        "\u043f\u0440\u0438\u043c\u0435\u0440.\u0440\u0444",
        "Entra a 192.0.2.1",
    ],
)
def test_an_address_in_a_name_is_seen_however_it_is_written(name):
    assert names_an_address(name)


@pytest.mark.parametrize(
    "name",
    [
        "Reformas del Valle, S.A. de C.V.",
        "Construcciones S. de R.L. de C.V.",
        "J.M. P\u00e9rez e hijos",
        "Ma. Elena Su\u00e1rez",
        "Edilizia Rossi s.r.l.",
        "Ba\u00f1os 24/7",
        "Pisos 2.5 y m\u00e1s",
        "No.1 en pintura",
        "Hecho. Y bien",
        "",
    ],
)
def test_an_ordinary_name_is_no_address(name):
    assert not names_an_address(name)
