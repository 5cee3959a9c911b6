"""M5: contact details written into a text are masked until it is bought; harmless texts stay as they are."""

import time
from itertools import pairwise, permutations

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from marketplace.masking import HANDLE, MAIL, MARK, TELEPHONE, WEB, find, mask

# What is written, and in ⟦ ⟧ exactly what must vanish of it.
SPANISH = """
Llámame al ⟦55 1234 5678⟧, por favor
escríbeme a ⟦lucia.f@example.com⟧
Baño, WhatsApp ⟦+52 55 4567 8901⟧
⟦cinco cinco uno dos tres cuatro cinco seis siete ocho⟧
mi cel es ⟦cinco cinco, doce, treinta y cuatro, cincuenta y seis, setenta y ocho⟧ gracias
⟦cinco 5 cinco 1 dos 3 cuatro 5 seis 7⟧
marcar ⟦ocho-ocho-uno-dos-tres-cuatro-cinco-seis⟧
⟦5O l234 5O78⟧ llámame
⟦cincocincounodostrescuatrocincoseissieteocho⟧
⟦c1nc0 c1nc0 un0 d0s tr3s cu4tr0 c1nc0 s31s s13t3 0ch0⟧
⟦sinco sinco uno dos trez quatro sinco seiz siete ocho⟧
Llámame al ⟦55 y luego 12 y luego 34 y al final 5678⟧
llamame ⟦55⟧ perro ⟦12⟧ gato ⟦34⟧ casa ⟦56⟧ luna ⟦78⟧
⟦(55) 1234-5678⟧
⟦55.12.34.56.78⟧
⟦55-12-34-56-78⟧
⟦5 5 1 2 3 4 5 6 7 8⟧ por las tardes
tel ⟦555-1234⟧
Llama al ⟦５５１２３４５６７８⟧
⟦⑤⑤①②③④⑤⑥⑦⑧⟧ mi número
⟦5️⃣5️⃣1️⃣2️⃣3️⃣4️⃣5️⃣6️⃣7️⃣8️⃣⟧ (whats)
escríbeme: ⟦maria arroba gmail punto com⟧
correo ⟦maria punto lopez arroba hotmail punto com⟧
⟦m a r i a @ g m a i l . c o m⟧
⟦mаria@gmаil.com⟧ con letras de otro alfabeto
visita ⟦reformasgarcia.com.mx⟧ para ver más
mi sitio: reformas ⟦garcia punto com punto mx⟧
mi insta es ⟦@maria.rn⟧
búscame en face como ⟦Maria Lopez Reformas⟧
estoy en instagram como ⟦mariarn⟧ siempre
telegram: ⟦mariarn⟧
⟦wa.me/5215512345678⟧
whatsapp al ⟦5512 345 678⟧
"""
ITALIAN = """
chiamami al ⟦333 1234567⟧ dopo le 18
⟦tre tre otto uno due tre quattro cinque sei sette⟧
chiamami al ⟦tre tre tre, uno due tre, quattro cinque sei sette⟧
il mio numero: ⟦tre3tre 12 tre4 cinque67⟧
cell. ⟦338-12-34-567⟧
⟦+39 02 1234567⟧ ufficio
⟦0039 333 1234567⟧
telefono ⟦trentatre trentotto dodici trentaquattro cinquantasei⟧ grazie
scrivimi a ⟦maria chiocciola libero punto it⟧
scrivimi a ⟦maria.rossi (chiocciola) virgilio (punto) it⟧
mail ⟦maria[at]tiscali[dot]it⟧
il mio insta è ⟦mariarn⟧
cercami su facebook come ⟦Maria Rossi⟧
seguimi ⟦@bagni_milano⟧
guarda ⟦www.bagnimilano.it⟧ e scrivi
il sito è ⟦bagni-milano punto com⟧
telegram: ⟦mariarossi⟧
⟦3 3 3 trattino 1 2 3 trattino 4 5 6 7⟧
"""
ENGLISH = """
call me at ⟦five five five one two three four⟧
my number is ⟦double five one two three four five six seven eight⟧
text ⟦fiveFive five 12 three4⟧ anytime
call ⟦five oh five, 123 45 67⟧
⟦+44 7700 900123⟧
⟦(07700) 900123⟧ after six
phone ⟦555 dash 123 dash 4567⟧
⟦maria [at] hotmail dot com⟧
⟦maria(at)gmail(dot)com⟧
mail me: ⟦maria at gmail⟧ thanks
⟦maria @ gmail . com⟧
instagram ⟦mariarn87⟧
find me on facebook as ⟦John Smith Plumbing⟧
follow me ⟦@johnbuilds⟧
see ⟦https://bit.ly/abc123⟧, thanks
look at ⟦johnbuilds.com⟧ please
my telegram is ⟦john_builds⟧
add me on skype: ⟦live.john99⟧
⟦j-o-h-n-@-g-m-a-i-l-.-c-o-m⟧
⟦٥٥١٢٣٤٥٦٧٨⟧
"""
DETAILS = [line for text in (SPANISH, ITALIAN, ENGLISH) for line in text.strip().splitlines()]

HARMLESS = """
El baño mide 3.50 x 2.40 m y la cocina 4,20 x 3,10
120 m2
2 baños, 3 recámaras
Instalación de 220 V y 110 V
entre 8 y 10 de la mañana
Presupuesto de 15000-20000 pesos
de 10,000 a 15,000 pesos
$12,500,000.00
1.250.000,00
código postal 06700
C.P. 04100
calle 5 de Mayo 123
calle 5 de Mayo 123, 06700
Av. Insurgentes Sur 1234, 03100 CDMX
Via Roma 12, 20121 Milano
12/03/2026
2026-03-12
el 20260312 o después
del 12/03/2026 al 15/03/2026, de 9:00 a 14:00
de 10:00-14:00
dalle 9.00 alle 18.00, dal 2 al 4 marzo
Entre 2026 y 2027, de 9:00 a 14:00
2019-2020, con Windows 10, 2019-2020
dal 2010 al 2015 e dal 2018 al 2020
Boiler Rheem 189-40
norma NOM-001-SEDE-2012
ISO 9001:2015
EAN 7501234567890
RAL 9010
IVA 16%
descuentos de 10%, 15%, 20%, 25%
uno o dos días
dos tres cosas
tengo cuatro cinco ventanas
dos o tres o cuatro o cinco o seis o siete
tres metros por dos, cuatro ventanas y cinco puertas
arroba de tierra
una arroba de cal y dos de arena
punto de luz
el primer punto es pintar, y el otro punto me urge
tubo de 1/2 pulgada
tubos de 1/2, 3/4 y 1 1/2 pulgadas
€ 1.200,00
300 - 400 euro
800 mila lire
600 x 800 x 1000 mm
100x200x240
medidas 120, 80, 60, 45 cm
2.40, 3.50, 1.80 y 2.20
1, 2, 3, 4, 5, 6, 7, 8 y 9
cable calibre 12, 14, 16
3 piezas @ $50
Quiero pintar mi casa.Es grande
S.A. de C.V.
escríbeme por whatsapp
llámame por la tarde, después de las 5
vi una foto en Instagram y quiero algo parecido
lo vi en facebook como se hace
mi instagram es privado
look at the roof, at least at the front
one two-storey house, three bedrooms, two baths
sei bagni, due cucine e tre camere
between 100 and 200 and 300
Tinaco Rotoplas 1100 L, bomba 1/2 HP 127 V 60 Hz
piso 2, depto 301, torre B
llámame, vivo en calle Roma 123, 06700
a las 8 a.m. o a las 10 p.m.
del 1 al 15 de diciembre de 2026, 10:30
Casa de 1985, 2 niveles, 180 m² de construcción y 90 m² de jardín 🏡
azulejo 30x60, 45x45, 60x120
"""
PLAIN = HARMLESS.strip().splitlines()


def shown(line: str) -> tuple[str, str]:
    """What was written, and what must be shown of it."""
    written, expected = line.replace("⟦", "").replace("⟧", ""), ""
    for part in line.split("⟦"):
        _hidden, closed, rest = part.rpartition("⟧")
        expected += (MARK if closed else "") + rest
    return written, expected


def test_there_are_enough_of_each():
    assert len(DETAILS) >= 60 and len(PLAIN) >= 60


@pytest.mark.parametrize("line", DETAILS)
def test_the_detail_vanishes_and_nothing_else(line):
    written, expected = shown(line)
    assert mask(written) == expected


@pytest.mark.parametrize("text", PLAIN)
def test_a_harmless_text_stays_as_it_is_to_the_last_byte(text):
    assert mask(text) == text


def test_two_harmless_lines_make_no_number_together():
    """Every pair, one below the other."""
    pairs = [f"{above}\n{below}" for above, below in permutations(PLAIN, 2)]
    assert [text for text in pairs if mask(text) != text] == []


def test_a_whole_text_of_harmless_lines_stays_as_it_is():
    assert mask("\n\n".join(PLAIN)) == "\n\n".join(PLAIN)


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
     "maria arroba ", "a punto ", "12/03/2026 ", "h t t p ", "\u200b", "á", "•••5", "tel 5 x ", "(.)", " "],
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
