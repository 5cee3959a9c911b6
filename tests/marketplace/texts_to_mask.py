"""Texts with contact details, as people write them (M5)."""

from marketplace.masking import MARK

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
⟦quinientos cincuenta y uno, doscientos treinta y cuatro, cincuenta y seis setenta y ocho⟧
⟦551-doscientos treinta y cuatro-5678⟧
llámame ⟦quinientos cincuenta y uno luego 234 5678⟧
mi número: ⟦cinco cientos cincuenta y uno doscientos treinta y cuatro cincuenta y seis setenta y ocho⟧
cel ⟦cincuenta y cinco ciento veintitrés cuatrocientos cincuenta y seis setenta y ocho⟧
Baño nuevo. ⟦Quinientos cincuenta, doscientos treinta, cincuenta y seis setenta⟧ por la tarde
⟦55a1234b5678⟧ a cualquier hora
⟦551z234q5678⟧
mándame DM a ⟦lopez_obras⟧
mándame un mensaje directo a ⟦lopez.obras⟧
tiktok ⟦lopezobras⟧
busca ⟦lopezobras⟧ en insta
⟦bit ly barra 3abc⟧
mira ⟦bit punto ly barra 3aBcD⟧ y dime
⟦t me barra lopezobras⟧
escríbeme a ⟦juanperez arroba jimeil⟧
correo ⟦juan.perez en jotmeil⟧
mi correo ⟦jperez en gmeil⟧
⟦juanperez arroba jotmeil punto com⟧
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
⟦trecentotrentatré dodici trentaquattro cinquecentosessantasette⟧
⟦tre cento trentatré, centoventitré, quattrocentocinquantasei sette⟧ la sera
cell ⟦333 centoventitré quattrocentocinquantasei sette⟧
scrivi un DM a ⟦rossi_lavori⟧
tiktok ⟦rossiristrutturazioni⟧
⟦bit ly barra 3abc⟧ per le foto
scrivimi: ⟦mario.rossi su gimeil⟧
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
⟦five hundred fifty one two hundred thirty four fifty six seventy eight⟧
⟦five hundred and fifty-one, two hundred and thirty-four, fifty-six seventy-eight⟧ after six
⟦212 five hundred fifty five twelve thirty four⟧
⟦212k555m1234⟧ any time
DM to ⟦smith_builds⟧
tiktok ⟦smithremodeling⟧
⟦bit ly slash 3abc⟧ for pictures
write to ⟦john.smith on g-meil⟧
"""
# Under which name somebody is in a network.
NETWORKS = """
me encuentras como ⟦Maria Lopez⟧ en face
búscame como ⟦Maria Lopez⟧ en facebook
hola soy ⟦Maria Lopez⟧ en facebook
yo soy ⟦lopezobras⟧ en insta
find me as ⟦Mary Smith⟧ on fb
mi trovi come ⟦Maria Rossi⟧ su facebook
me encuentras como ⟦maria lopez⟧ en facebook
búscame como ⟦maria lopez⟧ en face
búscame como ⟦lopezobras⟧ en insta
hola soy ⟦maria lopez⟧ en facebook
Buenas tardes, soy ⟦Maria Lopez⟧ en Facebook
me pueden buscar como ⟦Maria de la Cruz⟧ en facebook
me puedes encontrar como ⟦Juan Pérez⟧ en messenger
aparezco como ⟦Maria Lopez⟧ en mi face
estoy como ⟦maria lopez⟧ en el face
salgo como ⟦Maria Elena Lopez⟧ en facebook
agrégame como ⟦Juan Pérez⟧ en telegram
síguenos como ⟦Casa Lopez⟧ en instagram
nos encuentran como ⟦Familia Lopez⟧ en facebook
contáctame, soy ⟦lopezobras⟧ en telegram
me llamo ⟦Maria Lopez⟧ en facebook
mi nombre es ⟦Maria Lopez⟧ en face
busca como ⟦Maria Lopez⟧ en face
me ubicas como ⟦maria lopez⟧ en facebook
ubícame como ⟦Maria Lopez⟧ en fb
soy la de la casa azul, soy ⟦Maria Lopez⟧ en facebook
pueden buscarme como ⟦Maria Lopez⟧ en Facebook
quien pregunta soy ⟦Blanca Rojas⟧ en facebook
ya saben, somos ⟦Los Lopez⟧ en face
en facebook soy ⟦Maria Lopez⟧
en insta soy ⟦lopezobras⟧
en face me llamo ⟦maria lopez⟧
Facebook: soy ⟦Maria Lopez⟧
facebook: ⟦maria lopez⟧
Facebook: ⟦Maria de la Cruz⟧
facebook: ⟦Maria lopez⟧
insta: ⟦lopezobras⟧ gracias
mi facebook: ⟦cocinas lopez⟧
búscame en facebook ⟦cocinas lopez⟧
si no contesto, telegram: ⟦mariarn⟧
si no contesto telegram: ⟦mariarn⟧
te mando fotos por instagram: ⟦lopezobras⟧
te mando las fotos en telegram: ⟦mariarn⟧
no tengo whatsapp pero sí facebook: ⟦Maria Lopez⟧
No tengo whatsapp, facebook: ⟦maria lopez⟧
vi sus fotos, búscame en facebook ⟦maria lopez⟧
vi tus fotos, mi insta: ⟦lopezobras⟧
IG: ⟦lopez_obras⟧ para ideas
Ideas en mi instagram: ⟦lopez.obras⟧
mi cuenta de insta: ⟦lopezobras⟧
mi usuario de instagram es ⟦lopezobras⟧
instagram usuario: ⟦lopezobras⟧
mi trovate come ⟦Maria Rossi⟧ su facebook
cercami come ⟦maria rossi⟧ su facebook
mi puoi trovare come ⟦Maria Rossi⟧ su fb
ciao sono ⟦Maria Rossi⟧ su facebook
io sono ⟦mariarossi⟧ su insta
mi chiamo ⟦Maria Rossi⟧ su facebook
aggiungimi come ⟦Mario Rossi⟧ su telegram
trovami come ⟦Maria De Luca⟧ su instagram
ci trovi come ⟦Famiglia Rossi⟧ su facebook
il mio nome è ⟦Maria Rossi⟧ su facebook
su facebook sono ⟦Maria Rossi⟧
se non rispondo, facebook: ⟦maria rossi⟧
Instagram: ⟦mariarossi⟧ grazie
puoi trovarmi come ⟦Maria Rossi⟧ su fb
you can find me as ⟦Mary Smith⟧ on facebook
look me up as ⟦mary smith⟧ on fb
hi I'm ⟦Mary Smith⟧ on facebook
hi, I’m ⟦johnbuilds⟧ on insta
hello i am ⟦mary smith⟧ on fb
add me as ⟦John Smith⟧ on messenger
my name is ⟦Mary Smith⟧ on facebook
we are ⟦The Smiths⟧ on facebook
on insta I'm ⟦johnbuilds⟧
search for me as ⟦Mary Smith⟧ on facebook
I go as ⟦Mary Smith⟧ on fb
Facebook: ⟦Mary Smith⟧, thanks
insta: ⟦johnbuilds⟧ or call
if I don't answer facebook: ⟦mary smith⟧
I can send photos on telegram: ⟦marysmith⟧
en face estoy como ⟦maria lopez⟧
en facebook me encuentras como ⟦Maria Lopez⟧ o por teléfono
búscame en facebook, como ⟦Maria Lopez⟧
estoy en facebook, me encuentras como ⟦maria lopez⟧
búscame como "⟦Maria Lopez⟧" en facebook
búscame en facebook como “⟦Maria Lopez⟧”
mi facebook es "⟦maria lopez⟧"
mi face con el nombre de ⟦Maria Lopez⟧
me encuentras con el nombre de ⟦Maria Lopez⟧ en facebook
su facebook mi trovi come ⟦Maria Rossi⟧
mi trovi su facebook, come ⟦Maria Rossi⟧
cercami con il nome ⟦Maria Rossi⟧ su facebook
find me under the name ⟦Mary Smith⟧ on facebook
on facebook find me as ⟦Mary Smith⟧
Telegram: ⟦mariarn⟧ si no contesto
ig: ⟦lopezobras⟧ y te mando fotos
estoy registrada como ⟦Maria Lopez⟧ en facebook
no uso whatsapp, búscame como ⟦maria lopez⟧ en face
insta: usuario ⟦lopezobras⟧
Facebook nombre: ⟦Maria Lopez⟧
telegram usuario ⟦lopez_obras⟧
Facebook: me encuentran como ⟦Maria Lopez⟧
Hola, me encuentras como ⟦Maria López⟧ en Facebook, gracias
pueden escribirme, soy ⟦Rosa Martínez⟧ en messenger
cualquier cosa búsquenme como ⟦Rosa Martinez⟧ en face
mándenme solicitud como ⟦Rosa Martinez⟧ en face
Mi nombre es Juan y me encuentras como ⟦Juan Pérez⟧ en fb
estoy en face como ⟦rosa martinez⟧, gracias
En Instagram me encuentras como ⟦lopezobras⟧
en insta nos encuentran como ⟦casalopez⟧
me pueden contactar como ⟦rosa martinez⟧ en messenger
soy ⟦rosita⟧ en tiktok
y yo soy ⟦rosita⟧ en tiktok
contacto: soy ⟦rosita mtz⟧ en face
Buscar a ⟦Rosa Martinez⟧ en Facebook
busquen a ⟦Rosa Martinez⟧ en facebook
mi face es ⟦Rosa Martinez⟧
mi perfil de facebook es ⟦rosa martinez⟧
me llamo igual en face: ⟦Rosa Martinez⟧
Facebook - ⟦Rosa Martinez⟧
Face:⟦Rosa Martinez⟧
IG:⟦rositamtz⟧
ig :⟦rositamtz⟧
insta → ⟦rositamtz⟧
mi insta -> ⟦rositamtz⟧
sono ⟦Maria Rossi⟧ su facebook
salve, sono ⟦mariarossi⟧ su instagram
potete trovarmi come ⟦Maria Rossi⟧ su facebook
mi potete contattare come ⟦Maria Rossi⟧ su fb
scrivetemi come ⟦Maria Rossi⟧ su messenger
su instagram mi chiamo ⟦mariarossi⟧
trovatemi su facebook: ⟦maria rossi⟧
il mio profilo facebook è ⟦maria rossi⟧
cercate ⟦Maria Rossi⟧ su facebook
hello, you'll find me as ⟦Mary Smith⟧ on Facebook
you can search me as ⟦mary smith⟧ on fb
i'm listed as ⟦Mary Smith⟧ on facebook
it's me, I'm ⟦marysmith⟧ on instagram
We're ⟦Smith Family⟧ on Facebook
FB: ⟦Mary Smith⟧
my fb is ⟦mary smith⟧
Azulejo de ⟦lopez30⟧ en insta
sígueme en Insta, ⟦juan_lopez⟧
seguimi su Insta, ⟦maria_rossi⟧
follow me on Insta, ⟦john_builds⟧
arroba ⟦juanlopez⟧ en ig
chiocciola ⟦mariarossi⟧ su ig
Estoy en X como ⟦juanlopez_mx⟧
sono su X come ⟦mariarossi⟧
I'm on X as ⟦johnbuilds⟧
IG 👉 ⟦juanperez⟧
IG 👉🏽 ⟦lopezcasa⟧
IG ➡️ ⟦lopezcasa⟧
mi perfil: ⟦juan_perez88⟧
il mio profilo: ⟦maria_rossi88⟧
my profile is ⟦john_builds⟧
signal ⟦juan.01⟧
⟦www juanperez com mx⟧
⟦www mariarossi it⟧
see ⟦www johnbuilds com⟧ first
⟦juanperez gmail⟧
⟦mariarossi gmail⟧
mi correo ⟦juanperez (gmail⟧)
la mia mail ⟦mariarossi (gmail⟧)
Telegram ⟦juanperez⟧
insta ⟦juanperez⟧
Telegram ⟦mariarossi⟧
insta ⟦johnbuilds⟧
"""
DETAILS = [line for text in (SPANISH, ITALIAN, ENGLISH, NETWORKS) for line in text.strip().splitlines()]


def shown(line: str) -> tuple[str, str]:
    """What was written, and what must be shown of it."""
    written, expected = line.replace("⟦", "").replace("⟧", ""), ""
    for part in line.split("⟦"):
        _hidden, closed, rest = part.rpartition("⟧")
        expected += (MARK if closed else "") + rest
    return written, expected
