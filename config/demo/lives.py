"""Who is in the demo world: one professional for every stage of the guarantee.

Days are days ago; what follows from them (P, B, E, C) is the product's to work out. Every life is one transaction, so
that loading after an interruption goes on where it stopped, and loading again changes nothing.
"""

from datetime import datetime

from django.db import transaction

from billing.credit_notes import issue_credit_note
from billing.dunning import remind_of_invoices
from billing.models import Invoice
from billing.top_ups import correct_balance
from config.demo import texts
from config.demo.desk import load_desk
from config.demo.world import Character, World
from guarantees.appeals import appeal_claim
from guarantees.claims import answer_question
from guarantees.decisions import approve_claim, ask_questions, reject_claim, reject_claim_as_false
from guarantees.models import ClaimItem, ClaimQuestion
from marketplace.contacts import set_outcome
from marketplace.diary import write_diary
from marketplace.models import Contact, DiaryEntry
from marketplace.returns import accept_return, ask_return
from profiles.businesses import save_profile
from profiles.models import User


def load(now: datetime) -> list[str]:
    """Makes whatever of the demo world is not there yet, as of `now`; returns the keys of the professionals made."""
    world = World(now)
    world.make_catalogue()
    world.make_staff()
    made = []
    for character in CHARACTERS:
        with transaction.atomic():
            if not User.objects.filter(email=character.email).exists():
                character.live(world, character)
                made.append(character.key)
    with transaction.atomic():
        world.fill_the_feed()
    with transaction.atomic():
        load_desk(world)
    return made


def new(world: World, character: Character) -> None:
    pro = world.sign_up(character, 1)
    save_profile(
        professional=pro,
        name=pro.name,
        description="Instalaciones eléctricas en casas y negocios.",
        phone=str(pro.phone),
        tax_id=pro.tax_id,
    )


def seven_contacts(world: World, character: Character) -> None:
    pro = world.sign_up(character, 36)
    world.contract(pro, 35, pesos=2000)
    world.complete_profile(pro, character, 30, photos=2)
    contacts = world.buy(pro, character, (33, 29, 24, 18, 11, 5, 0))
    ask_return(
        contact=contacts[5],
        reason="wrong_details",
        explanation="El número no existe y el correo rebota. Probé dos días distintos.",
        by=pro.owner,
        now=world.at(1, 17),
    )


def in_the_trap(world: World, character: Character) -> None:
    """The fifteenth contact was bought after the last day that leaves time for the waiting month (G6)."""
    world.ready_to_claim(
        character, contracted=86, bought=(84, 80, 77, 71, 66, 60, 55, 49, 42, 37, 30, 24, 17, 9, 1)
    )


def waiting(world: World, character: Character) -> None:
    world.ready_to_claim(
        character, contracted=62, bought=(60, 58, 55, 53, 50, 46, 43, 40, 36, 33, 29, 26, 22, 18, 12)
    )


def won_for_a_day(world: World, contact: Contact, days_ago: int) -> None:
    """Marked as won, and corrected on the day after: a reviewer is told of it (G2)."""
    for day, outcome, reason in (
        (days_ago, Contact.Outcome.WON, ""),
        (days_ago - 1, Contact.Outcome.LOST, Contact.LostReason.OTHER),
    ):
        set_outcome(
            contact=contact,
            outcome=outcome,
            lost_reason=reason,
            by=contact.professional.owner,
            now=world.at(day, 18),
        )


def visited_it_says_later(world: World, contact: Contact, happened: int, written: int) -> None:
    """A visit that is written down long after it is said to have happened (G21)."""
    write_diary(
        contact=contact,
        kind=DiaryEntry.Kind.VISIT,
        happened_at=world.at(happened, 17),
        text="Segunda visita, con muestras.",
        by=contact.professional.owner,
        now=world.at(written, 21),
    )


def past_due(world: World, character: Character) -> None:
    """The invoice of the plan is past due, and was reminded of as the days went by (M9)."""
    pro = world.sign_up(character, 11)
    world.contract_only(pro, "monthly", world.at(10, 10))
    for days_ago in (5, 2):
        remind_of_invoices(now=world.at(days_ago, 10))


ENOUGH = (84, 82, 80, 77, 74, 70, 68, 65, 61, 58, 55, 51, 48, 44, 40)


def eligible(world: World, character: Character) -> None:
    world.ready_to_claim(character, contracted=86, bought=ENOUGH)


def half_written(world: World, character: Character) -> None:
    contacts = world.ready_to_claim(character, contracted=88, bought=ENOUGH)
    world.tell(contacts[0].professional, contacts[:8], 1)


def submitted(world: World, character: Character) -> None:
    contacts = world.ready_to_claim(character, contracted=90, bought=ENOUGH)
    won_for_a_day(world, contacts[5], 20)
    visited_it_says_later(world, contacts[7], 45, 6)
    claim = world.submit(contacts, 3, {2: texts.COPIED_STORY, 8: texts.COPIED_STORY})
    world.verify(claim, 1, verdicts=9)


def asked_for_more(world: World, character: Character) -> None:
    claim = world.submit(world.ready_to_claim(character, contracted=92, bought=ENOUGH), 6)
    world.verify(claim, 4, verdicts=6)
    doubts = ClaimItem.objects.filter(claim=claim, position__in=(7, 11))
    ask_questions(
        claim=claim,
        questions={
            item.pk: "Cuéntanos cuándo y cómo entregaste la cotización de este contacto." for item in doubts
        },
        purpose=ClaimQuestion.Purpose.INFORMATION,
        by=world.staff("reviewer"),
        now=world.at(3, 16),
    )
    first = ClaimQuestion.objects.filter(item__claim=claim)[0]
    answer_question(
        question=first,
        answer="La mandé por correo al tercer día; adjunto la fecha: fue el mismo jueves por la tarde.",
        by=claim.professional.owner,
        now=world.at(2, 19),
    )


def settle_differences(world: World, contact: Contact) -> None:
    """A contact returned, an invoice corrected and a slip put right: a statement with several kinds of entries."""
    pro, finance = contact.professional, world.staff("finance")
    returned = ask_return(
        contact=contact,
        reason="duplicate",
        explanation="Es el mismo trabajo que ya nos había llegado por otro lado.",
        by=pro.owner,
        now=world.at(8, 10),
    )
    accept_return(
        return_request=returned, by=world.staff("moderator"), note="Lo confirmamos.", now=world.at(7, 11)
    )
    issue_credit_note(
        invoice=Invoice.objects.filter(customer__professional=pro).latest("id"),
        reason="Descuento por un día en que el sitio no estuvo disponible.",
        by=finance,
        now=world.at(5, 12),
        amount_cents=150_00,
    )
    correct_balance(
        professional=pro,
        amount_cents=25_00,
        reason="Un contacto con precio equivocado.",
        by=finance,
        now=world.at(4, 12),
    )


def refunded(world: World, character: Character) -> None:
    bought = tuple(ago + 45 for ago in ENOUGH)
    contacts = world.ready_to_claim(character, contracted=133, bought=bought)
    # Approved all the same: somebody else is to look at it again (G25).
    won_for_a_day(world, contacts[6], 60)
    claim = world.submit(contacts, 40)
    world.verify(claim, 38)
    approve_claim(claim=claim, by=world.staff("reviewer"), now=world.at(36, 15))
    *_others, doubled = world.buy(claim.professional, character, (30, 21, 9))
    settle_differences(world, doubled)
    world.buy(claim.professional, character, (2,))


def rejected(world: World, character: Character) -> None:
    claim = world.submit(world.ready_to_claim(character, contracted=94, bought=ENOUGH), 9)
    world.verify(claim, 7)
    reject_claim(
        claim=claim,
        by=world.staff("reviewer2"),
        reason="Tres de las reseñas que pedimos comprobar eran de personas de la misma empresa, así que falta el "
        "requisito de dos opiniones de clientes anteriores.",
        now=world.at(5, 13),
    )


def suspended(world: World, character: Character) -> None:
    contacts = world.ready_to_claim(character, contracted=96, bought=tuple(ago + 4 for ago in ENOUGH))
    claim = world.submit(contacts, 12, {4: texts.COPIED_STORY})
    world.verify(claim, 10, false=(4,))
    item = ClaimItem.objects.get(claim=claim, position=4)
    ask_questions(
        claim=claim,
        questions={
            item.pk: "Nuestra verificación no coincide con lo que contaste de este contacto. ¿Cómo terminó?"
        },
        purpose=ClaimQuestion.Purpose.DOUBT,
        by=world.staff("reviewer"),
        now=world.at(9, 16),
    )
    reject_claim_as_false(
        claim=claim,
        by=world.staff("reviewer2"),
        reason="El contacto 4 terminó en una obra realizada.",
        now=world.at(2, 12),
    )
    appeal_claim(
        claim=claim,
        text="La obra del contacto 4 la hizo mi hermano, que tiene su propia empresa. Puedo mandar su factura.",
        by=claim.professional.owner,
        now=world.at(1, 10),
    )


CHARACTERS = (
    Character(1, "nuevo", "has just signed up", ("Nadia", "Ferrer"), "Luz y Norte Electricistas", "electricity",
              "nuevo-leon", "LNE190312AB8", new),
    Character(2, "siete", "seven contacts in", ("Samuel", "Ortega"), "Plomería Ortega", "plumbing",
              "ciudad-de-mexico", "OESS800214H15", seven_contacts),
    Character(3, "trampa", "bought the fifteenth too late (G6)", ("Perla", "Anaya"), "Colores Anaya", "painting",
              "puebla", "AAPP850630K20", in_the_trap),
    Character(4, "espera", "waits for the month to end", ("Esteban", "Luna"), "Jardines Luna", "gardening",
              "jalisco", "JLU150820CD0", waiting),
    Character(5, "listo", "can claim today", ("Lidia", "Manríquez"), "Cocinas Manríquez", "kitchens",
              "queretaro", "CMA120117EF8", eligible),
    Character(6, "borrador", "has a claim half written", ("Benito", "Duarte"), "Techos Duarte", "roofs",
              "estado-de-mexico", "DUBB790903J39", half_written),
    Character(7, "enviado", "has submitted a claim", ("Eva", "Rentería"), "Instalaciones Rentería", "plumbing",
              "jalisco", "REEE880411L41", submitted),
    Character(8, "preguntas", "was asked for more information", ("Pablo", "Treviño"), "Pinturas Treviño", "painting",
              "nuevo-leon", "PTR170525GH7", asked_for_more),
    Character(9, "reembolso", "was refunded, and spends it", ("Rosa", "Ibarra"), "Electricidad Ibarra", "electricity",
              "ciudad-de-mexico", "IARR830709M57", refunded),
    Character(10, "rechazo", "had a claim rejected", ("Ramiro", "Cota"), "Carpintería Cota", "kitchens",
              "puebla", "COTR760228N68", rejected),
    Character(11, "suspendido", "was suspended for false information", ("Simón", "Aceves"), "Verde Aceves",
              "gardening", "estado-de-mexico", "VAC201104JK4", suspended),
    Character(12, "vencida", "has an invoice past due", ("Viviana", "Olmos"), "Impermeabilizaciones Olmos", "roofs",
              "queretaro", "IOL170608LM8", past_due),
)  # fmt: skip
