"""M5: contact details written into a text are masked until it is bought; harmless texts stay as they are."""

import time
from itertools import pairwise, permutations

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from marketplace.masking import HANDLE, MAIL, MARK, TELEPHONE, WEB, find, find_together, mask, mask_together

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
escríbeme a ⟦juan.perez en gmail⟧
mi correo: ⟦jperez de gmail⟧
facebook ⟦Maria Lopez⟧
búscame en face como ⟦Maria Lopez⟧
Facebook: ⟦Maria Lopez⟧
búscame en facebook ⟦maria lopez⟧
estoy en face como ⟦maria lopez⟧
mi facebook ⟦Maria López Reformas⟧
⟦juanperez en hotmail⟧
⟦juan.perez87 de outlook punto com⟧
márcame al ⟦cinco cinco 12 treinta y cuatro 56 siete 8⟧
⟦marta arroba yahoo⟧
llámame ⟦c i n c o c i n c o u n o d o s t r e s c u a t r o c i n c o s e i s⟧
⟦5️⃣5️⃣ 1️⃣2️⃣3️⃣4️⃣ 5️⃣6️⃣7️⃣8️⃣⟧
WhatsApp ⟦５５ １２３４ ５６７８⟧
⟦55\u200b12\u200b34\u200b56\u200b78⟧ cuando quieras
⟦wa.me/525512345678⟧
entra a wa punto me/⟦525512345678⟧
wa me/⟦525512345678⟧
telegram ⟦@lopez_obras⟧
t.me: ⟦t.me/lopezobras⟧
insta: ⟦lopezobras⟧
IG ⟦lopez.obras⟧
mi ig ⟦lopezobras⟧
⟦mаriа@gmаil.com⟧
⟦lopez(arroba)gmail.com⟧
⟦lopez{at}gmail{dot}com⟧
lopez ⟦@ g m a i l⟧
⟦55 uno dos 34 cinco seis 78⟧
⟦cincuenta y cinco 12 34 56 78⟧
⟦cinco-cinco 1234 cinco6siete8⟧
tel. ⟦55*12*34*56*78⟧
⟦55/12/34/56/78⟧
⟦55_1234_5678⟧
⟦55|1234|5678⟧
⟦(5)(5)(1)(2)(3)(4)(5)(6)(7)(8⟧)
⟦5.5.1.2.3.4.5.6.7.8⟧
[⟦55] [12] [34] [56] [78⟧]
mi número al revés: ⟦8765432155⟧
whats ⟦55-uno-dos-tres-cuatro-cinco-seis-siete-ocho⟧
telegram como ⟦lopezobras⟧
tiktok ⟦lopez_obras⟧
agrégame en messenger: ⟦Maria Lopez⟧
⟦maria.lopez (en) gmail (punto) com⟧
⟦ｍａｒｉａ＠ｇｍａｉｌ．ｃｏｍ⟧
⟦𝟓𝟓𝟏𝟐𝟑𝟒𝟓𝟔𝟕𝟖⟧
⟦𝓶𝓪𝓻𝓲𝓪@𝓰𝓶𝓪𝓲𝓵.𝓬𝓸𝓶⟧
whatsapp ⟦5 5 . 1 2 3 4 . 5 6 7 8⟧
⟦maria guion bajo lopez arroba gmail punto com⟧
⟦https : // wa⟧ . me / ⟦5215512345678⟧
signal ⟦+52 55 1234 5678⟧
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
mail: ⟦maria.rossi su gmail⟧
scrivimi: ⟦mrossi di libero⟧
⟦mario.rossi chiocciola gmail⟧
⟦tre tre tre 12 34 cinque sei sette⟧
cercami su facebook ⟦Mario Rossi⟧
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
⟦john.smith on gmail⟧
write to ⟦jsmith from gmail⟧
⟦lopez AT gmail DOT com⟧
⟦three three three 12 34 five six seven⟧
find me on insta ⟦johnbuilds⟧
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
25000000 de pesos
25000000 pesos
25,000,000 de pesos
unos 12500000 de pesos
2500000 de euros
1500000 di euro
tengo 25 000 000 de pesos
25 millones de pesos
$ 25,000,000 MXN
MXN 25000000
25000000 MXN
25'000,000 pesos
2,40 x 3,60 m
2.40m x 3.60m x 2.10m
código postal 06700 y 03100
CP 11560
construida en 1985, remodelada en 2015
calle 16 de septiembre 1234
calle 16 de septiembre 1234, 06000
Avenida 20 de Noviembre 1234, colonia Centro 06000
Calle 10 número 1234 interior 5
calzada de Tlalpan 4585, piso 3
modelo WF45T6000AW
lavadora Samsung WA22A8370GV
refrigerador LG modelo 29874561
bomba Grundfos modelo 97924260
presupuesto hasta 12500000
hasta 25000000 o poco más
martes 15 de marzo de 2026 a las 10:30
15/03/2026 10:30
horario de 9:00 a 18:00 y sábados de 9:00 a 14:00
de lunes a viernes de 9 a 18, sábados de 9 a 14
tengo 3 cuartos y 2 baños
3 cuartos, 2 baños, 1 cocina, 2 pisos
de 250000 a 300000 pesos
250,000 - 300,000
entre 1200000 y 1500000 pesos
30 m2 a 450 el metro
tubería de 3/4", 1/2" y 1 1/4"
vi un anuncio en facebook de Pinturas Comex
encontré su página en Facebook Marketplace
la foto está en Instagram
no tengo Facebook ni Instagram
tengo cuenta en gmail
no uso correo de gmail
trabajo en telegram
Facebook Messenger no me funciona
quiero azulejo de Hidalgo en cocina
busco pintor en Facebook. Maria Lopez me recomendó
medidas 2400 x 1200 x 18
1,200 m2 de terreno y 350 m2 de construcción
Ral 7016, vidrio 4/16/4
cemento CPC 30R 50 kg, 120 bultos
viale Europa 15, 00144 Roma
20 marzo 2026, ore 15.30
dal 20/03 al 25/03
Samsung AR12TXHQASINEU da 12000 BTU
12000 BTU, 220 V, 60 Hz
a budget of 2500000 dollars
a budget of £25,000
built in 1985, 3 bedrooms, 2 baths, 1200 sq ft
open 9-5, Mon to Fri, 10-2 on Saturdays
4x4, 2x4 and 2x6 lumber, 8 ft
en la colonia 5 de Mayo, manzana 12, lote 34
kilómetro 23.5 carretera México-Toluca
tengo 15 ventanas de 1.20 x 1.50 y 3 puertas de 2.10 x 0.90
4 500 000 pesos
signal de humo
una señal de wifi en 2 pisos
casa de 3 niveles con 12 contactos y 8 apagadores
de 8 a 10 o de 16 a 18
son 1500 ladrillos y 2000 tabiques
vivo en la casa de Maria Lopez
presupuesto 150000 de mano de obra
el departamento está en Gmail Tower
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
    assert len(DETAILS) >= 120 and len(PLAIN) >= 120


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
    pairs = list(permutations(PLAIN, 2))[::3]
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
     "12/03/2026 ", "h t t p ", "\u200b", "á", "•••5", "tel 5 x ", "(.)", " "],
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
