"""What people write in the demo world: Spanish as it is written in Mexico, made up for the purpose."""

from dataclasses import dataclass
from datetime import date

# slug: English, Spanish, Italian
CATEGORIES = {
    "plumbing": ("Plumbing", "Plomería", "Idraulica"),
    "electricity": ("Electrical work", "Electricidad", "Impianti elettrici"),
    "painting": ("Painting", "Pintura", "Imbiancatura"),
    "kitchens": ("Kitchens and carpentry", "Cocinas y carpintería", "Cucine e falegnameria"),
    "gardening": ("Gardening", "Jardinería", "Giardinaggio"),
    "roofs": ("Roofs and waterproofing", "Techos e impermeabilización", "Tetti e impermeabilizzazione"),
}

PROVINCES = {
    "ciudad-de-mexico": (
        "Ciudad de México",
        ("Coyoacán", "Narvarte", "Tlalpan", "Iztapalapa", "Azcapotzalco"),
    ),
    "estado-de-mexico": ("Estado de México", ("Naucalpan", "Toluca", "Metepec", "Tlalnepantla")),
    "jalisco": ("Jalisco", ("Guadalajara", "Zapopan", "Tlaquepaque", "Tonalá")),
    "nuevo-leon": ("Nuevo León", ("Monterrey", "San Pedro", "Guadalupe", "Apodaca")),
    "puebla": ("Puebla", ("Puebla", "Cholula", "Atlixco")),
    "queretaro": ("Querétaro", ("Querétaro", "El Marqués", "San Juan del Río")),
}

# English, Spanish, Italian
QUESTIONS = (
    (
        "Since when have you been working in this trade?",
        "¿Desde cuándo trabajan en este oficio?",
        "Da quanto tempo lavorate in questo mestiere?",
    ),
    (
        "How many people work with you?",
        "¿Cuántas personas trabajan con ustedes?",
        "Quante persone lavorano con voi?",
    ),
    (
        "In which towns do you work?",
        "¿En qué municipios o colonias trabajan?",
        "In quali comuni lavorate?",
    ),
    (
        "What guarantee do you give on your work?",
        "¿Qué garantía dan sobre su trabajo?",
        "Che garanzia date sul vostro lavoro?",
    ),
    (
        "Do you give a written quote, and is it free?",
        "¿Entregan cotización por escrito, y es gratuita?",
        "Fate un preventivo scritto, ed è gratuito?",
    ),
)

ANSWERS = (
    "Empezamos en 2011, primero como ayudantes y desde 2016 con taller propio.",
    "Somos cuatro: dos oficiales, un ayudante y quien atiende el teléfono y las cotizaciones.",
    "En toda la zona metropolitana; más lejos también, si el trabajo dura varios días.",
    "Un año por escrito en la mano de obra, y la del fabricante en los materiales.",
    "Sí, siempre por escrito y sin costo. La enviamos al día siguiente de la visita.",
)


@dataclass(frozen=True, slots=True)
class Request:
    """What a homeowner asks for."""

    title: str
    description: str
    size: str
    budget_pesos: int | None


REQUESTS: dict[str, tuple[Request, ...]] = {
    "plumbing": (
        Request("Fuga debajo del lavabo", "Gotea desde hace una semana y ya se hinchó el mueble. Hay que cambiar "
                "el céspol y revisar las mangueras. Puedo recibir por la tarde.", "small", 1_500),
        Request("Cambiar calentador de paso", "El calentador tiene doce años y se apaga solo. Quiero uno nuevo para "
                "dos regaderas, con la instalación de gas revisada.", "medium", 9_000),
        Request("Baño completo nuevo", "Departamento de 1985. Se cambia toda la tubería, taza, lavabo, regadera y "
                "azulejo. Tengo medidas y fotos; busco a alguien que coordine todo.", "large", 65_000),
        Request("Baja presión de agua en el segundo piso", "Abajo sale bien, arriba apenas. No sé si es la bomba o "
                "la tubería. Necesito diagnóstico y cotización.", "small", None),
        Request("Tinaco y bomba", "Instalar un tinaco de 1,100 litros en la azotea con su bomba y flotador. El tinaco "
                "ya lo compré, falta todo lo demás.", "medium", 7_500),
        Request("Drenaje tapado en el patio", "Cada vez que llueve se regresa el agua por la coladera. Ya vinieron "
                "una vez con sonda y volvió a pasar a los dos meses.", "medium", 4_000),
        Request("Mover la toma de la lavadora", "La lavadora pasa de la cocina al patio de servicio, unos cuatro "
                "metros. Entrada de agua fría y desagüe.", "small", 2_800),
        Request("Instalar filtro de agua", "Filtro de tres etapas debajo de la tarja, con llave aparte. Lo tengo "
                "en su caja, solo la instalación.", "small", 1_200),
    ),
    "electricity": (
        Request("Se baja la pastilla al prender el horno", "La casa tiene solo dos pastillas para todo. Quisiera un "
                "centro de carga nuevo y separar la cocina.", "medium", 8_000),
        Request("Cableado de una casa de dos pisos", "Casa en obra negra de 140 m². Hay plano. Se necesita toda la "
                "instalación, contactos y apagadores incluidos.", "large", 85_000),
        Request("Poner ventiladores de techo", "Tres ventiladores con luz en recámaras. Ya hay salida en el techo en "
                "dos de ellas, en la otra no.", "small", 2_400),
        Request("Luz en el jardín", "Ocho lámparas de jardín y un contacto exterior, con apagador desde la sala. "
                "Habrá que hacer una zanja de unos doce metros.", "medium", 11_000),
        Request("Revisión antes de comprar", "Voy a comprar un departamento y quiero que alguien revise la "
                "instalación y me diga por escrito qué está mal.", "small", 1_800),
        Request("Contactos para home office", "Cuatro contactos con tierra y una salida de red en el estudio. Las "
                "paredes son de tabique.", "small", 3_200),
        Request("Interfón con cámara", "Cambiar el interfón viejo por uno con cámara, con dos pantallas. Hay ductos "
                "pero no sé si pasan.", "medium", 6_000),
        Request("Paneles solares: preparación", "Nos van a poner paneles y piden cambiar el centro de carga y poner "
                "tierra física. Busco quien lo haga con dictamen.", "large", 30_000),
    ),
    "painting": (
        Request("Pintar departamento de dos recámaras", "Paredes y techos, unos 180 m². Está vacío. Color blanco, "
                "una pared de otro color en la sala.", "medium", 16_000),
        Request("Fachada de casa de dos pisos", "La pintura se está cayendo del lado del sol. Hay que raspar, sellar "
                "y pintar. Se necesita andamio.", "large", 38_000),
        Request("Quitar tirol y dejar liso", "Tirol en el techo de la sala y el comedor, 35 m². Queremos techo liso "
                "y pintado. Los muebles se pueden sacar.", "medium", 12_000),
        Request("Humedad en una recámara", "Mancha de humedad en la pared que da a la calle. Quiero que se quite de "
                "verdad, no que la tapen.", "small", 4_500),
        Request("Pintar reja y portón", "Reja de seis metros y portón de dos hojas con óxido. Lijar, antioxidante y "
                "esmalte negro.", "small", 5_000),
        Request("Local comercial en un fin de semana", "Local de 60 m². Hay que pintarlo de viernes por la noche a "
                "domingo. La pintura la pongo yo.", "medium", 9_500),
        Request("Cuarto de bebé", "Recámara de 12 m² en verde claro, con una franja de figuras que ya tenemos. "
                "Pintura sin olor, por favor.", "small", 3_000),
        Request("Áreas comunes de un edificio", "Escalera y pasillos de un edificio de cuatro pisos. Pide el "
                "administrador tres cotizaciones por escrito.", "large", 55_000),
    ),
    "kitchens": (
        Request("Cocina integral en L", "Espacio de 3.20 por 2.40. Puertas en blanco mate, cubierta de granito. "
                "Queremos ver diseños antes de decidir.", "large", 90_000),
        Request("Clóset de pared a pared", "3.60 de ancho y techo a 2.50. Puertas corredizas, cajones y zapatera. "
                "Color nogal.", "medium", 28_000),
        Request("Reparar puertas de alacena", "Cuatro puertas se descolgaron y dos cajones no cierran. El mueble "
                "está en buen estado.", "small", 2_000),
        Request("Cambiar la cubierta de la cocina", "Cubierta actual de formica, quemada. Son 4 metros lineales con "
                "hueco para tarja y parrilla.", "medium", 15_000),
        Request("Librero a la medida", "Librero de piso a techo alrededor de una puerta. Mandamos dibujo. MDF "
                "pintado o triplay de pino.", "medium", 18_000),
        Request("Puerta principal de madera", "Puerta maciza de 1.00 por 2.20 con marco. La anterior se hinchó con "
                "la lluvia.", "small", 14_000),
        Request("Cocina pequeña para departamento en renta", "Lo más sencillo y resistente: tarja, parrilla y dos "
                "alacenas. Muro de 2 metros.", "medium", 22_000),
        Request("Barra desayunador", "Barra para cuatro bancos entre cocina y sala, con contacto y repisa abajo.",
                "small", 8_000),
    ),
    "gardening": (
        Request("Jardín abandonado", "120 m² con maleza alta y dos árboles que podar. Primero limpiar y después "
                "poner pasto y algunas plantas.", "large", 25_000),
        Request("Mantenimiento cada quince días", "Jardín de 60 m²: pasto, seto y riego. Busco a alguien fijo.",
                "medium", 1_600),
        Request("Podar un fresno", "Fresno de unos ocho metros que toca los cables. Tengo el permiso de la "
                "alcaldía.", "medium", 6_500),
        Request("Riego automático", "Cuatro zonas con programador. Hay toma de agua con buena presión.", "medium",
                12_000),
        Request("Macetas para una terraza", "Terraza de 20 m² con mucho sol. Plantas que aguanten y no den trabajo.",
                "small", 7_000),
        Request("Poner pasto en rollo", "45 m². Ya está emparejado. Que incluya la tierra.", "small", 6_000),
        Request("Huerto en cajones", "Tres cajones de madera de 2 por 1 metros, con tierra preparada y malla.",
                "small", 5_500),
        Request("Diseño de jardín con camino de piedra", "Casa nueva, 200 m² de tierra. Queremos un proyecto con "
                "camino, árboles chicos y luz.", "large", 70_000),
    ),
    "roofs": (
        Request("Impermeabilizar azotea", "110 m² con el impermeabilizante levantado. Antes de las lluvias, con "
                "garantía por escrito.", "medium", 19_000),
        Request("Gotera en el domo del baño", "Cae agua por una esquina del domo cuando llueve fuerte.", "small",
                2_500),
        Request("Techo de teja", "Se rompieron unas treinta tejas con el granizo y hay que revisar la madera.",
                "medium", 14_000),
        Request("Techar el patio de servicio", "3 por 4 metros, lámina translúcida con estructura de metal y "
                "canalón.", "medium", 17_000),
        Request("Bajadas de agua y canalones", "Dos bajadas tapadas y un canalón roto en toda la parte de atrás.",
                "small", 4_800),
        Request("Losa con grietas", "Grietas largas en la losa de la cochera, entra agua. Necesito que alguien vea "
                "si es estructural.", "large", None),
        Request("Pérgola con policarbonato", "Pérgola de madera ya puesta, 5 por 3 metros; falta el techo.", "small",
                9_000),
        Request("Impermeabilizar edificio de departamentos", "Azotea de 320 m². Pedimos visita, tres materiales y "
                "referencias.", "large", 60_000),
    ),
}  # fmt: skip

HOMEOWNERS = (
    "Mariana Solís", "Ernesto Villaseñor", "Lucía Bermúdez", "Óscar Tapia", "Rebeca Montaño", "Julián Arriaga",
    "Paola Cárdenas", "Hugo Zamudio", "Teresa Ibáñez", "Rodrigo Peralta", "Alma Quintero", "Sergio Lozano",
    "Carmen Ugalde", "Iván Robledo", "Norma Escobedo", "Fabián Ocampo", "Gloria Medrano", "Tomás Barragán",
    "Silvia Arenas", "Raúl Cisneros", "Diana Olvera", "Gustavo Pineda", "Leticia Varela", "Mauricio Galván",
)  # fmt: skip

EARLIER_CLIENTS = ("Beatriz Nájera", "Arturo Palomino", "Elena Rosales", "Jorge Santillán")

DESCRIPTION = (
    "Somos un taller familiar de {town}. Visitamos cada obra antes de cotizar, entregamos el precio por escrito al día "
    "siguiente y lo respetamos. Trabajamos con orden: cubrimos muebles y pisos, retiramos el cascajo y dejamos "
    "limpio al terminar. Todo lo que hacemos lleva un año de garantía en mano de obra, y después seguimos "
    "contestando el teléfono. Pregunte por las obras que hemos hecho cerca de su casa."
)

PROJECTS = {
    "plumbing": "Baño completo en un departamento de los ochenta",
    "electricity": "Instalación nueva para un taller de costura",
    "painting": "Casa de dos pisos, por dentro y por fuera",
    "kitchens": "Cocina abierta con barra",
    "gardening": "Patio seco con plantas de sol",
    "roofs": "Techo de teja restaurado",
}

# What the business writes in its diary and in a claim, by how the contact ended.
STORIES: dict[str, tuple[str, ...]] = {
    "hired_other": (
        "Hablamos el mismo día y fui a ver el trabajo. Mandé la cotización por escrito; a la semana me dijo que se "
        "había decidido por un conocido de su cuñado.",
        "Lo visité y le di dos opciones de material. Me contestó que otra empresa le terminaba antes y que ya había "
        "firmado con ellos.",
        "Contestó a la primera llamada. Pidió tres cotizaciones y la mía quedó en segundo lugar, según me dijo.",
    ),
    "gave_up": (
        "Visité la casa y acordamos fechas, pero después me avisó que lo dejaba para el próximo año por un gasto "
        "médico.",
        "Hablamos dos veces. Al final decidieron mudarse y ya no hacer la obra.",
        "Le expliqué por teléfono lo que había que hacer y prefirió no tocar nada por ahora.",
    ),
    "too_expensive": (
        "Fui a medir y le mandé el precio desglosado. Esperaba gastar la mitad; le propuse hacerlo por etapas y no "
        "quiso.",
        "El presupuesto que tenía no alcanzaba ni para el material. Quedamos en buenos términos.",
    ),
    "no_answer": (
        "Llamé tres días seguidos, a distintas horas, y dejé mensaje. También escribí un correo. Nunca contestó.",
        "Sonó y colgaron. Después mandé mensaje con mi nombre y mi oferta de visita, sin respuesta.",
    ),
    "still_open": (
        "Visité, coticé y he llamado cada semana. Dice que todavía no se decide porque espera un dinero.",
    ),
}


def story(ending: str, number: int, title: str, bought_on: date, who: str) -> str:
    """What happened with one contact, told of that one alone: no two stories are the same…"""
    stories = STORIES[ending]
    told = stories[number % len(stories)]
    return f"{told} Fue el trabajo «{title}», comprado el {bought_on:%d/%m}; lo atendió {who}."


# … but this one, which goes round.
COPIED_STORY = (
    "Llamé el mismo día, fui a verlo y mandé mi cotización. Después ya no me contestó ni las llamadas ni los mensajes, "
    "y ahí quedó."
)

REVIEWS = (
    (5, "Contestó el mismo día, llegó puntual a ver el trabajo y explicó todo con paciencia. Al final no hicimos la "
        "obra, pero la atención fue excelente."),
    (4, "Muy amable y claro con los precios. Mandó la cotización por escrito como había prometido."),
    (5, "Nos hizo un trabajo hace dos años y sigue perfecto. Serio y limpio; lo volvería a llamar."),
    (4, "Conozco al dueño desde hace tiempo, trabajó en casa de mi hermana. Cumplido, aunque hay que apartar fecha."),
)  # fmt: skip
