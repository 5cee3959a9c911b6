"""Texts without contact details, which stay as they are (M5)."""

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
Ideas de Instagram: cocina blanca, piso gris
El router no da signal: revisar antena
IG: ideas para sala
Face: pintar la fachada
Inspiracion de YouTube: closet minimalista
Inspiración de YouTube: clóset minimalista
No tengo Facebook: prefiero llamada
no uso Instagram: solo llamadas
Ideas de Instagram: Cocina blanca
IG: Ideas para la sala
IG: inspiración para cocina
Instagram: fotos de referencia
Instagram: fotos adjuntas
YouTube: tutorial de plomería
youtube: videos de carpintería
Face: cambiar la puerta
Face: impermeabilizar
Facebook: ninguno
Facebook: nada
Vi en YouTube: cocina integral
Lo vi en TikTok: baño con domo
Fotos de Instagram: sala minimalista
Estilo Instagram: todo blanco
Sin Facebook: prefiero mensaje
No hay signal: revisar router
uso Instagram como inspiración
uso YouTube como guía
tomé Instagram como referencia
Quiero algo como Leroy Merlin en facebook
Quiero una cocina como las de Instagram
busco una cocina como la de Studio Munge en Instagram
trabajo como plomero en facebook
yo soy activo en facebook
no soy activa en Facebook
soy nuevo en facebook
hola soy fan de Instagram
no soy experto en Facebook
soy vendedora en Facebook
soy el dueño de la casa, no estoy en facebook
como siempre en facebook
la cocina es como la de mi hermana en facebook
Hablé con Maria Lopez en facebook
Idee da Instagram: cucina bianca, pavimento grigio
Non ho Facebook: preferisco una chiamata
Il router non ha signal: controllare antenna
Instagram: idee per il salotto
IG: idee per il bagno
Ispirazione da YouTube: armadio minimalista
Facebook: nessuno
uso Instagram come ispirazione
i lavori sono visibili su facebook
le foto sono bellissime su Instagram
ci sono molte idee su instagram
non sono su facebook
non sono più su facebook
sono iscritta su facebook
faccio come tutti su facebook
vorrei una cucina come quella di Instagram
Instagram ideas: white kitchen, grey floor
Ideas from Instagram: white kitchen, grey floor
The router has no signal: check antenna
IG: ideas for the living room
Face: paint the front wall
YouTube inspiration: minimalist closet
Inspiration from YouTube: minimalist closet
I have no Facebook: prefer a call
I don't use Facebook: call me
I'm not on Facebook
Hi, I'm looking on Facebook
hello I'm always on facebook
I'm active on Facebook
I use YouTube as a guide
I use Instagram as inspiration
I want a kitchen like the one on Instagram
as seen on Instagram
as always on facebook
my kitchen as shown on youtube
Facebook: none
Snap: fix the lock
Los encontré en facebook, soy Maria Lopez y quiero pintar
Vengo de Facebook, como siempre
lo vi en facebook, como la cocina de mi hermana
Quiero un closet como en Instagram
foto como ejemplo en Instagram
mi presupuesto como referencia en facebook
mi cocina como en la foto de Instagram
Como en Facebook: igual que la foto
la puerta como nueva, lo vi en Instagram
el muro como estaba en la foto de facebook
tipo Instagram: minimalista
WhatsApp: prefiero mensaje
no hay señal, signal: débil
Discord: no uso
Facebook: no tengo
Instagram: no tengo, Facebook: tampoco
en facebook soy nuevo
en Facebook estoy muy poco
su facebook sono poco attivo
on facebook I'm not active
Quiero cocina como las que salen en Instagram
como lo vi en Instagram, con isla al centro
Me gustan las ideas de Instagram: todo en blanco y madera
Ideas en instagram: mesa, sillas, lámpara
Instagram: estilo nórdico
Instagram, Facebook: ideas varias
En YouTube: vi cómo cambiar el herraje
Signal: sin cobertura en el sótano
Mi router pierde signal: cambiar cable
Face: aplanado y pintura
Face: aplanar y pintar
face: resanar grietas
IG: sala nórdica
Insta: colores neutros
Pinterest e Instagram: terrazas
Instagram: terraza con pergola
Facebook: grupo de vecinos
Grupo de Facebook: vecinos de la colonia
El grupo de facebook: compra y venta
pago por transferencia, no facebook
soy de Guadalajara, vi su anuncio en facebook
soy la dueña, los vi en facebook
soy mamá de dos, vi ideas en instagram
soy arquitecta y busco ideas en Instagram
soy clienta de ustedes en facebook
yo los sigo en facebook
como dicen en facebook: barato
trabajo como electricista, me anuncio en facebook
I'm a fan of Instagram kitchens
I'm new to Instagram
I'm getting ideas on instagram
We are looking on facebook for painters
as a painter on facebook told me
we're not on instagram
Come su Instagram: cucina con isola
vorrei il bagno come la foto su facebook
sono nuova su facebook
siamo in due, abbiamo visto su instagram
abbiamo visto su YouTube: come cambiare il rubinetto
Idee su Instagram: tavolo, sedie
video di YouTube: parete in cartongesso
senza facebook: meglio telefonare
non uso instagram: preferisco una chiamata
No uso Telegram: mejor llamada
No tengo WhatsApp ni Telegram: solo llamadas
Instagram - ideas de cocina
Hola, busco a un pintor en Facebook
busca ideas en Instagram
find a painter on facebook
no hay nada que buscar en Facebook
vi azulejo 30x60 en Instagram
sala de 50m2 en facebook
Escríbeme por whatsapp, Face: pintar la fachada
mándame ideas por Instagram: cocina blanca
Busca ideas en Instagram: cocina blanca
búscame en Instagram ideas
quinientos cincuenta metros
mil doscientos pesos
quinientos cincuenta metros cuadrados de piso y doscientos treinta y cuatro de muro
quinientos, seiscientos, setecientos pesos
entre quinientos y seiscientos o setecientos pesos
doscientos veinte, trescientos cuarenta y cuatrocientos diez
mil novecientos noventa y ocho, casa de dos mil tres
doscientos cincuenta y trescientos veinte y cuatrocientos diez pesos
cien por ciento, ciento veinte metros, doscientas treinta y cinco piezas
lotes de doscientos veinticinco, trescientos doce y cuatrocientos uno metros
a doscientos metros del metro, local 12347, doscientos metros adelante
presupuesto de doscientos cincuenta mil a trescientos mil pesos
modelo 12a345b67
medidas 120x240x1200
mándame DM a cualquier hora
tiktok remodelaciones
busca reformas en insta
maniobras en facebook
trecentocinquanta metri quadri
milleduecento euro
tra duecento, trecento e quattrocento euro
il muro misura trecentoventi, duecentoquaranta, centottanta
palazzo del Seicento, facciata dell'Ottocento
trecentoventicinque, duecentoquarantuno e centottantadue centimetri
costruita nel millenovecentosettantadue
cinquecento pezzi da centoventicinque grammi
five hundred fifty square feet
twelve hundred pounds, fifteen hundred at most
four hundred, five hundred and six hundred dollars
built in nineteen hundred ninety-eight, rebuilt in two thousand twelve
two hundred and thirty-four tiles, one hundred and twelve bags
one hundred percent
DM at any time
a small bit slash of paint on the wall
x como mide la pared
en x como se ve en el plano
la medida en X como en Y
misura in x come in y
the length in x as in y
mi perfil es de acero
mi perfil: aluminio blanco
mi perfil es 3x2
mi cuenta es aparte
il mio profilo è in alluminio
my profile is steel
www es lo que no entiendo
la www antigua es lenta
il www non funziona
the www is down
la signal se pierde en la sala
signal perdida en la antena
signal 2.4
una arroba de maíz en face
tengo gmail
mi correo es gmail
instagram mariachis
marianas en face
"""
PLAIN = HARMLESS.strip().splitlines()
