"""How the demo world comes about: everybody does what they would do on the pages, each at their own time.

Nothing is written around the product's functions.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from random import Random
from uuid import uuid4

from base.days import marketplace_day, marketplace_zone
from billing.invoices import record_invoice_payment
from billing.models import Invoice, Plan
from billing.subscriptions import contract_plan
from billing.top_ups import record_top_up
from config.demo import texts
from config.demo.pictures import logo, photograph
from guarantees.claims import begin_claim, save_story, submit_claim
from guarantees.decisions import give_verdict
from guarantees.models import Claim, ClaimItem
from marketplace.asking import ask_for_job, confirm_lead, enter_lead
from marketplace.contacts import buy_contact, record_homeowner_word, set_outcome
from marketplace.diary import write_diary
from marketplace.lead_photos import keep_photo
from marketplace.leads import publish_lead
from marketplace.models import Category, Contact, DiaryEntry, Lead, LeadPreferences, PriceRule, Province
from marketplace.preferences import save_preferences
from marketplace.reviews import ask_earlier_client, ask_homeowner, publish_review, write_review
from profiles.businesses import open_business, save_answers, save_profile
from profiles.models import Photo, Professional, Question, User
from profiles.people import make_user
from profiles.photos import add_photo
from profiles.projects import add_project

# Whence everybody in the demo writes: an address that stands for an example.
NETWORK = "192.0.2.1"
PASSWORD = "quince-demo-15"
STAFF = {
    "reviewer": ("Irene", "Castellanos", ("reviewer",)),
    "reviewer2": ("Matías", "Urrutia", ("reviewer",)),
    "moderator": ("Ximena", "Larios", ("moderator",)),
    "finance": ("Bruno", "Saldívar", ("finance",)),
    "appeals": ("Amparo", "Gallegos", ("appeals", "terms")),
    "consultant": ("Chiara", "Moretti", ("consultant",)),
    "desklead": ("Paolo", "Ferri", ("desk lead",)),
}
WAITING_HOMEOWNER = "ofelia@hogar.quince.example"
ENDINGS = ("hired_other", "gave_up", "too_expensive", "no_answer", "still_open")
LOST = {
    "hired_other": Contact.LostReason.OTHER_HIRED,
    "gave_up": Contact.LostReason.GAVE_UP,
    "too_expensive": Contact.LostReason.PRICE,
}


@dataclass(frozen=True, slots=True)
class Character:
    """A professional of the demo world, and the stage at which the reader finds them."""

    number: int
    key: str
    stage: str
    person: tuple[str, str]
    business: str
    trade: str
    province: str
    tax_id: str
    live: Callable[["World", "Character"], None]

    @property
    def email(self) -> str:
        return f"{self.key}@demo.quince.example"


class World:
    """The demo world as of `now` (aware): who is in it, and what moves it on."""

    def __init__(self, now: datetime) -> None:
        self.now = now
        self.today: date = marketplace_day(now)

    def at(self, days_ago: float, hour: int = 10, minute: int = 0) -> datetime:
        """A moment on the local date so many days ago; never after `now`."""
        day = self.today - timedelta(days=int(days_ago))
        moment = datetime.combine(day, time(hour, minute), tzinfo=marketplace_zone())
        return min(moment, self.now - timedelta(minutes=30))

    # What the operator sets up.

    def make_catalogue(self) -> None:
        for slug, (english, spanish, italian) in texts.CATEGORIES.items():
            Category.objects.get_or_create(
                slug=slug, defaults={"name_en": english, "name_es": spanish, "name_it": italian}
            )
        for slug, (name, _towns) in texts.PROVINCES.items():
            Province.objects.get_or_create(slug=slug, defaults={"name": name})
        for position, (english, spanish, italian) in enumerate(texts.QUESTIONS):
            Question.objects.get_or_create(
                text_en=english,
                defaults={
                    "text_es": spanish,
                    "text_it": italian,
                    "position": position,
                    "asked_from": date(2020, 1, 1),
                },
            )
        for size, pesos in (("small", 90), ("medium", 160), ("large", 280)):
            PriceRule.objects.get_or_create(
                category=None, province=None, size=size, defaults={"price_cents": pesos * 100}
            )
        PriceRule.objects.get_or_create(
            category=Category.objects.get(slug="kitchens"),
            province=None,
            size="large",
            defaults={"price_cents": 340_00},
        )
        for code, months, pesos, names, summaries in (
            (
                "monthly",
                1,
                349,
                ("Monthly", "Mensual", "Mensile"),
                (
                    "Month by month; cancel whenever you like.",
                    "Mes con mes; cancelas cuando quieras.",
                    "Di mese in mese; si disdice quando si vuole.",
                ),
            ),
            (
                "yearly",
                12,
                3490,
                ("Yearly", "Anual", "Annuale"),
                (
                    "Twelve months for the price of ten.",
                    "Doce meses por el precio de diez.",
                    "Dodici mesi al prezzo di dieci.",
                ),
            ),
        ):
            Plan.objects.get_or_create(
                code=code,
                defaults={
                    "months": months,
                    "price_cents": pesos * 100,
                    **dict(zip(("name_en", "name_es", "name_it"), names, strict=True)),
                    **dict(zip(("summary_en", "summary_es", "summary_it"), summaries, strict=True)),
                },
            )

    def make_staff(self) -> None:
        for key, (first, last, groups) in STAFF.items():
            make_user(
                email=f"{key}@demo.quince.example",
                password=PASSWORD,
                first_name=first,
                last_name=last,
                is_staff=True,
                groups=groups,
            )
        admin = make_user(
            email="admin@demo.quince.example",
            password=PASSWORD,
            first_name="Aurora",
            last_name="Vidal",
            is_staff=True,
        )
        if not admin.is_superuser:
            admin.is_superuser = True
            admin.save(update_fields=["is_superuser"])

    def staff(self, key: str) -> User:
        return User.objects.get(email=f"{key}@demo.quince.example")

    # What a professional does.

    def sign_up(self, character: Character, days_ago: float) -> Professional:
        first, last = character.person
        owner = make_user(email=character.email, password=PASSWORD, first_name=first, last_name=last)
        number = 1000 + character.number
        return open_business(
            owner=owner,
            name=character.business,
            phone=f"+5255{number:04d}{number:04d}",
            tax_id=character.tax_id,
            now=self.at(days_ago, 9),
        )

    def contract_only(self, pro: Professional, plan: str, now: datetime) -> None:
        """Contracts a plan, and leaves its invoice unpaid."""
        found = Plan.objects.get(code=plan)
        contract_plan(professional=pro, plan=found, price_seen_cents=found.price_cents, now=now)

    def contract(
        self, pro: Professional, days_ago: float, *, plan: str = "yearly", pesos: int = 4000
    ) -> None:
        """Contracts a plan, pays it by bank transfer two days later, and tops the balance up."""
        self.contract_only(pro, plan, self.at(days_ago, 9, 30))
        paid_at = self.at(max(0, days_ago - 2), 12)
        for invoice in Invoice.objects.filter(customer__professional=pro, paid_on=None):
            record_invoice_payment(
                invoice=invoice,
                amount_cents=invoice.total_cents,
                received_on=marketplace_day(paid_at),
                reference=f"SPEI {pro.owner.email.split('@')[0]} {invoice.number}",
                by=self.staff("finance"),
                now=paid_at,
            )
        self.top_up(pro, days_ago, pesos)

    def top_up(self, pro: Professional, days_ago: float, pesos: int) -> None:
        received_at = self.at(days_ago, 9, 45)
        record_top_up(
            professional=pro,
            amount_cents=pesos * 100,
            received_on=marketplace_day(received_at),
            reference=f"SPEI {pro.owner.email.split('@')[0]} {marketplace_day(received_at)}",
            by=self.staff("finance"),
            now=received_at,
        )

    def complete_profile(
        self, pro: Professional, character: Character, days_ago: float, *, photos: int = 4
    ) -> None:
        now, number = self.at(days_ago, 18), character.number
        town = texts.PROVINCES[character.province][1][0]
        save_profile(
            professional=pro,
            name=pro.name,
            description=texts.DESCRIPTION.format(town=town),
            phone=str(pro.phone),
            tax_id=pro.tax_id,
        )
        save_preferences(
            professional=pro,
            categories=[Category.objects.get(slug=character.trade)],
            provinces=None,
            mails=LeadPreferences.Mails.DAILY if number % 2 else LeadPreferences.Mails.AT_ONCE,
            monthly_limit_cents=None,
            now=now,
        )
        questions = Question.objects.asked_of(None, self.today)
        save_answers(
            professional=pro,
            answers={question.pk: answer for question, answer in zip(questions, texts.ANSWERS, strict=False)},
        )
        add_photo(professional=pro, use=Photo.Use.LOGO, upload=logo(pro.name, number), now=now)
        project = add_project(
            professional=pro,
            title=texts.PROJECTS[character.trade],
            description="Tres semanas de trabajo, entregado en la fecha acordada.",
            now=now,
        )
        for seed in range(2):
            add_photo(
                professional=pro,
                use=Photo.Use.PROJECT,
                project=project,
                upload=photograph(character.trade, 100 * number + seed),
                now=now,
            )
        for seed in range(2, 2 + photos):
            add_photo(
                professional=pro,
                use=Photo.Use.WORK,
                upload=photograph(character.trade, 100 * number + seed),
                now=now,
            )

    def buy(self, pro: Professional, character: Character, days_ago: Sequence[int]) -> list[Contact]:
        """Buys a contact on each of these days, calls within hours, and follows it up until it ended."""
        random = Random(character.key)
        return [
            self._work(
                self._buy_one(pro, character, self.at(ago, 9 + turn % 9, 7 * turn % 60), random), ago, turn
            )
            for turn, ago in enumerate(days_ago)
        ]

    def _buy_one(self, pro: Professional, character: Character, now: datetime, random: Random) -> Contact:
        lead = (
            Lead.objects.buyable(now)
            .filter(category__slug=character.trade, published_at__lte=now - timedelta(hours=1))
            .exclude(contacts__professional=pro)
            .order_by("-published_at")
            .first()
        ) or self.publish(character.trade, random, now - timedelta(hours=random.randint(3, 30)))
        return buy_contact(professional=pro, lead=lead, price_seen_cents=lead.price_cents or 0, now=now)

    def _work(self, contact: Contact, ago: int, turn: int) -> Contact:
        """The diary of one contact: a call first, a visit, a quote, and how it ended."""
        owner, ending = contact.professional.owner, ENDINGS[turn % len(ENDINGS)]
        steps: list[tuple[timedelta, str, str]] = [
            (
                timedelta(hours=2),
                DiaryEntry.Kind.CALL,
                "Primera llamada: me presenté y pregunté qué necesita.",
            ),
            (timedelta(days=2), DiaryEntry.Kind.VISIT, "Visita, medidas y fotos."),
            (timedelta(days=3), DiaryEntry.Kind.QUOTE, "Cotización por escrito, enviada por correo."),
            (timedelta(days=8), DiaryEntry.Kind.MESSAGE, "Pregunté si quedaron dudas."),
        ]
        if ending == "no_answer":
            steps = [
                (timedelta(hours=hours), DiaryEntry.Kind.CALL_UNANSWERED, "No contestó, dejé mensaje.")
                for hours in (1, 26, 50)
            ]
        for after, kind, text in steps:
            happened_at = contact.bought_at + after
            written_at = happened_at + timedelta(minutes=20)
            if written_at <= self.now:
                write_diary(
                    contact=contact, kind=kind, happened_at=happened_at, text=text, by=owner, now=written_at
                )
        ended_at = contact.bought_at + timedelta(days=11)
        if ended_at <= self.now and ending != "still_open":
            outcome = Contact.Outcome.NO_ANSWER if ending == "no_answer" else Contact.Outcome.LOST
            return set_outcome(
                contact=contact, outcome=outcome, lost_reason=LOST.get(ending, ""), by=owner, now=ended_at
            )
        return contact

    def collect_reviews(self, pro: Professional, contact: Contact, days_ago: float) -> None:
        """One review of a homeowner, two of earlier clients, published by the moderator."""
        asked_at, number = self.at(days_ago, 11), pro.pk % 2
        requests = [ask_homeowner(contact=contact, by=pro.owner, now=asked_at)] + [
            ask_earlier_client(
                professional=pro,
                name=name,
                email=f"{name.split()[0].lower()}.{pro.owner.email}",
                language="es-mx",
                by=pro.owner,
                now=asked_at,
            )
            for name in texts.EARLIER_CLIENTS[2 * number : 2 * number + 2]
        ]
        words = (texts.REVIEWS[number], *texts.REVIEWS[2:])
        for request, (stars, text) in zip(requests, words, strict=True):
            review = write_review(
                request=request,
                author_name=request.name,
                handling=stars,
                workmanship=stars if request.contact_id is None else None,
                text=text,
                user=None,
                browser_of=None,
                now=asked_at + timedelta(hours=20),
            )
            publish_review(
                review=review, by=self.staff("moderator"), reason="", now=asked_at + timedelta(hours=30)
            )

    def tell(
        self,
        pro: Professional,
        contacts: Sequence[Contact],
        days_ago: float,
        told: Mapping[int, str] | None = None,
    ) -> Claim:
        """Begins the claim and writes what happened with each contact; `told`: the whole text, by place."""
        now = self.at(days_ago, 20)
        claim = begin_claim(professional=pro, by=pro.owner, now=now)
        for turn, contact in enumerate(contacts):
            ending = ENDINGS[turn % len(ENDINGS)]
            job = (contact.lead.title_for_buyers, contact.bought_on, pro.owner.first_name)
            text = texts.story(ending, turn // len(ENDINGS), *job)
            save_story(
                claim=claim,
                contact=contact,
                text=(told or {}).get(turn, text),
                ending=ending,
                by=pro.owner,
                now=now + timedelta(minutes=turn),
            )
        return claim

    def ready_to_claim(
        self, character: Character, *, contracted: int, bought: Sequence[int]
    ) -> list[Contact]:
        """A professional who did their part, with fifteen contacts bought on these days."""
        pro = self.sign_up(character, contracted + 2)
        self.contract(pro, contracted)
        self.complete_profile(pro, character, contracted - 1)
        contacts = self.buy(pro, character, bought)
        self.collect_reviews(pro, contacts[1], max(2, bought[1] - 12))
        return contacts

    def submit(
        self, contacts: Sequence[Contact], days_ago: float, told: Mapping[int, str] | None = None
    ) -> Claim:
        pro = contacts[0].professional
        claim = self.tell(pro, contacts, days_ago + 1, told)
        return submit_claim(claim=claim, by=pro.owner, now=self.at(days_ago, 9))

    def verify(self, claim: Claim, days_ago: float, *, verdicts: int = 15, false: Sequence[int] = ()) -> None:
        """The reviewer calls the homeowners, writes down what they said, and gives verdicts."""
        reviewer, now = self.staff("reviewer"), self.at(days_ago, 11)
        word: str
        for item in ClaimItem.objects.filter(claim=claim).select_related("contact")[:verdicts]:
            moment = now + timedelta(minutes=4 * item.position)
            if item.position in false:
                word, verdict, note = (
                    Contact.Word.HIRED_THEM,
                    ClaimItem.Verdict.FALSE,
                    "Dice que la obra se hizo.",
                )
            elif item.ending == "no_answer":
                word, verdict, note = "", ClaimItem.Verdict.UNREACHABLE, "Dos llamadas, buzón."
            else:
                word = Contact.Word.HIRED_OTHER if item.ending == "hired_other" else Contact.Word.HIRED_NOBODY
                verdict, note = ClaimItem.Verdict.CONFIRMED, "Confirmado por teléfono."
            if word:
                record_homeowner_word(contact=item.contact, word=word, by=reviewer, now=moment)
            give_verdict(
                item=item, verdict=verdict, note=note, by=reviewer, now=moment + timedelta(minutes=1)
            )

    # What homeowners ask for.

    def publish(self, trade: str, random: Random, now: datetime) -> Lead:
        request = random.choice(texts.REQUESTS[trade])
        province = random.choice(list(texts.PROVINCES))
        name = random.choice(texts.HOMEOWNERS)
        number = Lead.objects.count() + 1
        lead = ask_for_job(
            form_id=uuid4(),
            photos=(),
            network="demo",
            category=Category.objects.get(slug=trade),
            province=Province.objects.get(slug=province),
            town=random.choice(texts.PROVINCES[province][1]),
            title=request.title,
            description=request.description,
            size=request.size,
            timing=random.choice(Lead.Timing.values),
            budget_cents=None if request.budget_pesos is None else request.budget_pesos * 100,
            homeowner_name=name,
            homeowner_email=f"casa{number}@hogar.quince.example",
            homeowner_phone=f"+5233{20000000 + number * 137}",
            language="es-mx",
            now=now - timedelta(hours=2),
        )
        confirm_lead(lead, now - timedelta(hours=1))
        return publish_lead(lead=lead, by=self.staff("moderator"), now=now)

    def fill_the_feed(self) -> None:
        """Something to buy today in every trade, and requests that wait for the moderator or for their mail."""
        if Lead.objects.filter(homeowner_email=WAITING_HOMEOWNER).exists():
            return
        random = Random("feed")
        for turn, trade in enumerate(list(texts.REQUESTS) * 3):
            self.publish(trade, random, self.at(turn // 2, 8, 3 * turn))
        request = texts.REQUESTS["painting"][3]
        told = enter_lead(
            by=self.staff("moderator"),
            category=Category.objects.get(slug="painting"),
            province=Province.objects.get(slug="puebla"),
            town="Cholula",
            title=request.title,
            description=request.description,
            size=request.size,
            timing=Lead.Timing.AT_ONCE,
            budget_cents=None,
            homeowner_name="Ofelia Ramos",
            homeowner_email=WAITING_HOMEOWNER,
            homeowner_phone="+522225550199",
            language="es-mx",
            now=self.at(0, 8),
        )
        confirm_lead(told, self.at(0, 8, 30))
        # Two who asked through the form: one has confirmed it, the other has not looked in their mail yet.
        asked = self.ask("electricity", 0, "Tomás Arriaga", self.at(1, 19), photos=2)
        confirm_lead(asked, self.at(0, 7))
        self.ask("gardening", 1, "Celia Barrón", self.at(0, 9))

    def ask(self, trade: str, number: int, name: str, now: datetime, *, photos: int = 0) -> Lead:
        """A homeowner fills in the form."""
        request = texts.REQUESTS[trade][number]
        kept = [
            keep_photo(photograph(trade, 9000 + seed), network=NETWORK, now=now) for seed in range(photos)
        ]
        return ask_for_job(
            form_id=uuid4(),
            photos=kept,
            network=NETWORK,
            category=Category.objects.get(slug=trade),
            province=Province.objects.get(slug="jalisco"),
            town=texts.PROVINCES["jalisco"][1][0],
            title=request.title,
            description=request.description,
            size=request.size,
            timing=Lead.Timing.MONTH,
            budget_cents=None if request.budget_pesos is None else request.budget_pesos * 100,
            homeowner_name=name,
            homeowner_email=f"{name.split()[0].lower()}@hogar.quince.example".replace("á", "a"),
            homeowner_phone=f"+52331555{2000 + number}",
            language="es-mx",
            now=now,
        )
