"""How numbers are said in Spanish, Italian and English; and the words around numbers that say what they are."""


def words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_UNITS = {
    "es": "cero uno dos tres cuatro cinco seis siete ocho nueve",
    "it": "zero uno due tre quattro cinque sei sette otto nove",
    "en": "zero one two three four five six seven eight nine",
    # As they are misspelt, or written so as not to be found.
    "bad": "sero unos doz trez quatro sinco seiz ciete osho nuebe",
    "worse": "zerro una duo tres kuatro zinco zeis syete hocho nuve",
}  # fmt: skip
_TEENS = {
    "es": "diez once doce trece catorce quince dieciseis diecisiete dieciocho diecinueve",
    "it": "dieci undici dodici tredici quattordici quindici sedici diciassette diciotto diciannove",
    "en": "ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen",
}
_TENS = {
    "es": "veinte treinta cuarenta cincuenta sesenta setenta ochenta noventa",
    "it": "venti trenta quaranta cinquanta sessanta settanta ottanta novanta",
    "en": "twenty thirty forty fifty sixty seventy eighty ninety",
}
_HUNDREDS = {
    "es": "ciento doscientos trescientos cuatrocientos quinientos seiscientos setecientos ochocientos novecientos",
    "it": "cento duecento trecento quattrocento cinquecento seicento settecento ottocento novecento",
}


def _numbers() -> dict[str, str]:
    said: dict[str, str] = {}
    for names in _UNITS.values():
        said |= {name: str(value) for value, name in enumerate(names.split())}
    for names in _TEENS.values():
        said |= {name: str(value) for value, name in enumerate(names.split(), start=10)}
    for names in _TENS.values():
        said |= {name: str(value) for value, name in zip(range(20, 100, 10), names.split(), strict=True)}
    units = {language: _UNITS[language].split() for language in ("es", "it")}
    for value, tens in zip(range(20, 100, 10), _TENS["it"].split(), strict=True):
        for unit in range(1, 10):  # ventuno, trentotto: the vowel is dropped before another.
            name = units["it"][unit]
            said[(tens[:-1] if name[0] in "uo" else tens) + name] = str(value + unit)
    for unit in range(1, 10):
        said["veinti" + units["es"][unit]] = str(20 + unit)
    for value, tens in zip(range(30, 100, 10), _TENS["es"].split()[1:], strict=True):
        for unit in range(1, 10):  # As it is written by ear: treintaicinco, treintaycinco.
            said |= {tens + joint + units["es"][unit]: str(value + unit) for joint in "iy"}
    return said | {"oh": "0", "nought": "0", "nil": "0"}


def _hundreds() -> dict[str, str]:
    said = {"cien": "100"}
    for names in _HUNDREDS.values():
        said |= {name: str(value) for value, name in zip(range(100, 1000, 100), names.split(), strict=True)}
    # As they are misspelt; and of what is feminine.
    said |= {"quinentos": "500", "sietecientos": "700", "nuevecientos": "900"}
    said |= {name[:-2] + "as": value for name, value in said.items() if name.endswith("ientos")}
    return said


def _italian_in_one_word() -> dict[str, str]:
    """Trecentotrentatre, centottanta, duecentuno."""
    below = [(name, digits) for name, digits in _numbers().items() if digits != "0" and len(digits) < 3]
    said: dict[str, str] = {}
    for hundred, name in enumerate(_HUNDREDS["it"].split(), start=1):
        for rest, digits in below:
            said[name + rest] = f"{hundred}{int(digits):02}"
            if rest[0] in "ou":
                said[name[:-1] + rest] = said[name + rest]
    return said


# Names of one digit or two, and of a hundred to nine hundred.
SHORT_NUMBERS, HUNDREDS = _numbers(), _hundreds()
NUMBERS = _italian_in_one_word() | HUNDREDS | SHORT_NUMBERS
# Behind a number these make hundreds of it: "five hundred", "cinco cientos", "cinque cento".
TIMES_A_HUNDRED = words("hundred cientos cientas cento")
TENS = frozenset(name for names in _TENS.values() for name in names.split())
# "Double five" is two digits.
REPEATED = {"doble": 2, "double": 2, "doppio": 2, "doppia": 2, "triple": 3, "treble": 3, "triplo": 3}

# Before a number in figures these mean "about", though one of them is a digit misspelt.
SOME = words("unos unas una uno un")

# What people write between the parts of one number.
JOINTS = words(
    """
    y e and luego despues entonces sigue siguen seguido de del di of al por final finalmente ultimo mas coma punto guion
    espacio barra menos otra vez poi dopo quindi infine trattino spazio virgola barra meno ancora then next dash
    hyphen space followed by lastly plus comma dot point slash minus again el la lada prefijo prefisso
    """
)
# Joints that stand between ordinary numbers too: "between 100 and 200".
ORDINARY_JOINTS = words("y e and de del di of al a")

# What a number that stands before it counts or measures.
MEASURES = words(
    """
    centimetro centimetros centimetri centimeters centimetres milimetros millimetri millimeters millimetres
    m mt mts ml mm cm cms km mq mc m2 m3 metro metros metri meter meters metre metres pulgada pulgadas pulg pollici
    inch inches in ft pie pies feet foot kg kgs kilo kilos chili g gr gramos l lt lts litro litros litri liter liters
    litre litres v volt volts voltios w watt watts vatios kw kwh hp cv a amp amps amperes btu btus bar psi grados gradi
    degrees hora horas ore hours hrs h hs min minutos dia dias giorni days semana semanas settimane weeks mes meses
    mesi months ano anos anni years peso pesos mxn mn euro euros eur dolar dolares dollari dollars usd lira lire libras
    pounds gbp mil mille mila miles thousand k millon millones milioni million pieza piezas pezzi pieces pz pza pzas
    x por per personas persone people nivel niveles piso pisos piani floors
    """
)
MONEY = frozenset("$€£¥")

# Before a number of few digits these say that it is to be called.
CALLING = (
    r"(?<![a-z])(?:tel|telf|tfno|telefon\w*|cel|celu|celular\w*|cell|cellulare|movil|mobile|phone|fijo|fisso|"
    r"ll?am[aeoi]\w*|marca(?:me|r|nos|le)?|contact\w*|contatta\w*|chiam\w+|scriv\w+|escrib\w*|call|text|ring|reach|"
    r"sms|what?s\w*|wh?ats?\w*app?|wa|was+ap\w*|wsp|wpp|wapp|guasap\w*|mensaje\w*|messaggi\w*|message|comunic\w*|"
    r"mi\s+(?:num\w*|nro|contacto)|mio\s+(?:num\w*|contatto)|my\s+(?:num\w*|no|contact)|digit\w*|line\s+is|"
    r"lada)(?![a-z])"
)
# Before a number these say that it is a house, a postal code, a product.
STREET = (
    r"(?<![a-z])(?:calle|c/|av|avda|avenida|calz|calzada|blvd|boulevard|paseo|camino|carretera|privada|cerrada|andador|"
    r"colonia|col|fracc\w*|manzana|mz|lote|edificio|depto|via|viale|v\.le|piazza|piazzale|corso|c\.so|largo|vicolo|"
    r"strada|street|st|road|rd|avenue|ave|lane|drive|square|zip|cp|c\.p|cap|postal)(?![a-z])"
)
PRODUCT = (
    r"(?<![a-z])(?:iso|uni|une|nom|nmx|din|astm|cei|iec|ral|ncs|pantone|modelo|model|modello|serie|serial|codigo|"
    r"codice|code|sku|ean|upc|folio|ref|referencia|articolo|art|item|norma|catalogo|pedido|orden|expediente|pratica)"
    r"(?![a-z])[^a-z]{0,4}(?:[a-z]{1,6}[^a-z]{0,3})?$"
)
# And before a round number, that it is what somebody will pay.
BUDGET = (
    r"(?<![a-z])(?:presupuesto|precio|costo|cuesta|gastar|pagar|hasta|maximo|budget|price|cost|spend|pay|up\sto|preventivo|"
    r"prezzo|costo|spesa|spendere|pagare|fino\sa|massimo)(?![a-z])[^\d\n]{0,16}$"
)

# A first name and what follows it in one word, as names of accounts are: juanperez, mariarossi.
OF_A_PERSON = (
    r"(?:juan(?!acatlan)|jose(?!fin)|pedro|carlos|luis(?!iana)|jorge|miguel|javier|fernando|francisco|alejandr[oa]|"
    r"ricardo|roberto|eduardo|maria(?!chi|n)|guadalupe|gabriel|daniel|giovanni|giuseppe|francesc[oa]|antonio|luca(?!s)|"
    r"paolo|stefano|alessandr[oa]|matteo|john|michael|david|robert|james|william)[a-z]{4,}"
)
# Words of a job, of a wish or of every day: in small letters beside the name of a network they are nobody's name.
OF_A_JOB = words(
    """
    cocina cocinas bano banos sala salas recamara recamaras cuarto cuartos comedor patio jardin terraza balcon azotea
    techo techos pared paredes muro muros piso pisos fachada fachadas puerta puertas porton ventana ventanas escalera
    escaleras closet closets mueble muebles casa casas departamento edificio obra obras remodelacion remodelaciones
    reforma reformas diseno disenos decoracion pintura pinturas plomeria electricidad carpinteria albanileria herreria
    azulejo azulejos loseta madera marmol granito vidrio tubo tubos tuberia cable cables antena router modem senal
    internet wifi boiler calentador tinaco bomba lampara lamparas luces pintar cambiar poner quitar instalar arreglar
    reparar revisar remodelar renovar construir hacer limpiar colocar impermeabilizar aplanar aplanado resanar lijar
    barnizar colores neutros terrazas vecinos compra venta ventas barato cotizar ver buscar mandar enviar llamar
    contactar reviso prefiero quisiera necesito busco tengo uso gusta hay veo llamada llamadas mensaje mensajes correo
    whatsapp telefono celular idea ideas inspiracion ejemplo ejemplos referencia referencias guia opcion opciones foto
    fotos imagen imagenes video videos tutorial tutoriales reel reels anuncio anuncios pagina perfil presupuesto precio
    precios portafolio catalogo minimalista moderno moderna modernos modernas rustico rustica sencillo sencilla grande
    pequeno bonito bonita gris ninguno ninguna nada nunca nadie tampoco debil nula mala buena bueno malo activo activa
    cliente clienta clientes usuario usuaria usuarios seguidor seguidora fan vendedor vendedora miembro grupo parte
    dueno duena amigo amiga persona personas experto experta disenador disenadora propietario propietaria solo todos
    muchos varios dos tres igual facil facilmente seguido diario conocido conocida registrado registrada cucina cucine
    bagno bagni salotto soggiorno camera camere cortile giardino terrazza balcone tetto parete pareti pavimento
    pavimenti facciata porta porte finestra finestre scala armadio mobile mobili palazzo lavori ristrutturare
    ristrutturazione arredo arredamento piastrelle legno vetro tubi cavo cavi antenna segnale caldaia lampade luci
    dipingere imbiancare cambiare mettere togliere installare riparare sistemare rifare controllare costruire pulire
    guardare cercare chiamare preferisco vorrei cerco serve chiamata chiamate messaggio messaggi cellulare idee
    ispirazione ispirazioni esempio esempi riferimento opzione opzioni immagine immagini annuncio profilo preventivo
    prezzo semplice grigio nessuno niente neanche debole attivo attiva iscritto iscritta utente membro gruppo clienti
    presente visibile visibili disponibile disponibili cognome stato stata tutti molti due tre poco molto spesso gia piu
    mai kitchen kitchens bathroom bathrooms bath living room rooms bedroom garden yard roof wall walls floor floors
    facade door doors window windows stairs furniture house home building work works remodel renovation design decor
    paint painting plumbing tile tiles brick pipe pipes signal lights change install fix repair check build clean
    renovate replace see search call prefer want need looking calls inspiration example examples reference references
    guide option options photo photos picture pictures image images tutorials profile page quote price prices modern
    simple nice none nothing nobody neither weak strong bad good active member client customer user follower group not
    only never still often rarely mostly usually all everyone
    """
)
