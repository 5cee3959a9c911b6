"""Makes what tests need, through the same functions that the pages use.

Every moment is given: `at("2026-01-10 12:00")` is that time in Mexico City, and NOW is one of them.
"""

from __future__ import annotations

import io
import itertools
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

if TYPE_CHECKING:
    from billing.models import Invoice, Plan, Subscription, Wallet
    from marketplace.models import Category, Contact, Lead, Province, ReturnRequest, Review
    from profiles.models import Professional, User

MEXICO_CITY = ZoneInfo("America/Mexico_City")
PASSWORD = "una contraseña larga"
_number = itertools.count(1)


def at(text: str) -> datetime:
    """The moment at which clocks in Mexico City show `text`: "2026-01-10 12:00"."""
    return datetime.fromisoformat(text).replace(tzinfo=MEXICO_CITY)


# S of the first row of the rules' date table, at noon.
NOW = at("2026-01-10 12:00")


def noon(day: date) -> datetime:
    """Noon of `day` in Mexico City."""
    return datetime(day.year, day.month, day.day, 12, tzinfo=MEXICO_CITY)


def make_user(email: str = "", **fields: Any) -> User:
    """Somebody who can sign in with PASSWORD; the address is verified."""
    from allauth.account.models import EmailAddress

    from profiles.models import User

    user = User.objects.create_user(email or f"person{next(_number)}@example.com", PASSWORD, **fields)
    EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
    return user


def make_staff(*roles: str, email: str = "") -> User:
    """A member of staff with these roles: moderator, reviewer, appeals, finance, terms, consultant, desk lead."""
    from django.contrib.auth.models import Group

    user = make_user(email or f"{roles[0].replace(' ', '-')}@quince.example", is_staff=True)
    user.groups.add(*(Group.objects.get_or_create(name=role)[0] for role in roles))
    return user


def _staff(role: str) -> User:
    """The one member of staff who does what the factories need of that role."""
    from profiles.models import User

    email = f"{role}-of-the-factories@quince.example"
    return User.objects.filter(email=email).first() or make_staff(role, email=email)


def make_rfc(number: int) -> str:
    """The RFC of a company, another for each number, with its right check digit."""
    from base.tax_ids import tax_id_kind

    letters = "".join(chr(ord("A") + number // 26**place % 26) for place in (2, 1, 0))
    return next(rfc for digit in "0123456789A" if tax_id_kind(rfc := f"{letters}110515AA{digit}"))


def make_pro(
    name: str = "", *, email: str = "", now: datetime = NOW, members: tuple[User, ...] = ()
) -> Professional:
    """A business that has just been opened, with nothing on its profile."""
    from profiles.businesses import open_business

    number = next(_number)
    pro = open_business(
        owner=make_user(email or f"pro{number}@example.com"),
        name=name or f"Construcciones {number}",
        phone=f"+5255550{number:05d}",
        tax_id=make_rfc(number),
        now=now,
    )
    pro.members.add(*members)
    return pro


def make_plan(code: str = "basic", *, price_cents: int = 49_900, months: int = 1) -> Plan:
    """The plan of that code, made where it is missing."""
    from billing.models import Plan

    return Plan.objects.get_or_create(
        code=code,
        defaults={"name_en": "Basic", "name_es": "Básico", "price_cents": price_cents, "months": months},
    )[0]


def contract(
    pro: Professional, *, now: datetime = NOW, plan: Plan | None = None, paid: bool = True
) -> Subscription:
    """Contracts a plan (S is the local date of `now`, if it is the first) and, if `paid`, pays its invoice."""
    from billing.subscriptions import contract_plan

    plan = plan or make_plan()
    subscription = contract_plan(professional=pro, plan=plan, price_seen_cents=plan.price_cents, now=now)
    pro.refresh_from_db()
    if paid:
        pay(subscription.periods.latest("starts_on").invoice, now=now)
    return subscription


def renew(*, now: datetime, batch: int = 200) -> int:
    """What the jobs do when they run every day: each renewal is announced in time, and what is due is renewed."""
    from base.days import marketplace_day
    from billing.models import Subscription
    from billing.plan_dates import NOTICE_BEFORE
    from billing.subscriptions import announce_renewals, renew_plans

    ending = Subscription.objects.filter(cancelled_on=None, runs_until__lt=marketplace_day(now)).order_by()
    for last_day in sorted(set(ending.values_list("runs_until", flat=True))):
        announce_renewals(now=noon(last_day - NOTICE_BEFORE))
    return renew_plans(now=now, batch=batch)


def pay(invoice: Invoice, *, now: datetime = NOW, amount_cents: int | None = None) -> None:
    """A bank transfer for the whole invoice, or what is left of it, recorded by finance."""
    from base.days import marketplace_day
    from billing.invoices import record_invoice_payment

    record_invoice_payment(
        invoice=invoice,
        amount_cents=amount_cents or invoice.total_cents,
        received_on=marketplace_day(now),
        reference=f"SPEI-{next(_number)}",
        by=_staff("finance"),
        now=now,
    )


def fund(pro: Professional, cents: int = 1_000_000, *, now: datetime = NOW) -> Wallet:
    """A bank transfer onto the balance, recorded by finance."""
    from base.days import marketplace_day
    from billing.models import Wallet
    from billing.top_ups import record_top_up

    record_top_up(
        professional=pro,
        amount_cents=cents,
        received_on=marketplace_day(now),
        reference=f"SPEI-{next(_number)}",
        by=_staff("finance"),
        now=now,
    )
    return Wallet.objects.get(professional=pro)


def make_category(slug: str = "bathrooms") -> Category:
    from marketplace.models import Category

    return Category.objects.get_or_create(
        slug=slug, defaults={"name_en": slug.title(), "name_es": slug.title()}
    )[0]


def make_province(slug: str = "cdmx") -> Province:
    from marketplace.models import Province

    return Province.objects.get_or_create(slug=slug, defaults={"name": slug.upper()})[0]


def make_lead(
    *, now: datetime = NOW, published: bool = True, price_cents: int = 20_000, **changes: Any
) -> Lead:
    """A homeowner's request for a bathroom, published at `now` unless told otherwise.

    The price is that of the one rule there is for everything, which is made, or set to `price_cents`.
    """
    from mail.models import OutgoingMail
    from marketplace.asking import confirm_lead, enter_lead
    from marketplace.leads import publish_lead
    from marketplace.models import PriceRule

    number = next(_number)
    said = {
        "category": make_category(),
        "province": make_province(),
        "town": "Coyoacán",
        "title": f"Renovar un baño {number}",
        "description": "Cambiar la regadera, el lavabo y el azulejo.",
        "size": "medium",
        "timing": "month",
        "budget_cents": 4_000_000,
        "homeowner_name": "Lucía Fernández",
        "homeowner_email": f"homeowner{number}@example.com",
        "homeowner_phone": f"+5255551{number:05d}",
        "language": "es-mx",
    }
    lead = enter_lead(**(said | changes), by=_staff("moderator"), now=now)
    # Read and pressed: what a test finds in the outbox is what came of its own doing.
    OutgoingMail.objects.filter(cause=f"lead:{lead.public_id}").delete()
    lead = confirm_lead(lead, now)
    if published:
        PriceRule.objects.update_or_create(
            category=None, province=None, size="", defaults={"price_cents": price_cents}
        )
        publish_lead(lead=lead, by=_staff("moderator"), now=now)
        lead.refresh_from_db()
    return lead


def ask(*, now: datetime = NOW, form_id: Any = None, photos: Any = (), **changes: Any) -> Lead:
    """What a homeowner sent through the form, not confirmed yet."""
    from uuid import uuid4

    from marketplace.asking import ask_for_job

    number = next(_number)
    said = {
        "network": "192.0.2.1",
        "category": make_category(),
        "province": make_province(),
        "town": "Coyoacán",
        "title": f"Cambiar el calentador {number}",
        "description": "Se apaga solo y ya tiene doce años.",
        "size": "small",
        "timing": "at_once",
        "budget_cents": 900_000,
        "homeowner_name": "Lucía Fernández",
        "homeowner_email": f"asker{number}@example.com",
        "homeowner_phone": f"+5255552{number:05d}",
        "language": "es-mx",
    }
    return ask_for_job(form_id=form_id or uuid4(), photos=photos, **(said | changes), now=now)


def buy(
    pro: Professional, n: int = 1, *, now: datetime = NOW, price_cents: int = 20_000, **lead: Any
) -> list[Contact]:
    """`n` leads, made and bought a minute apart, the first at `now`. The plan and the money must be there."""
    from marketplace.contacts import buy_contact

    moments = [now + timedelta(minutes=minute) for minute in range(n)]
    return [
        buy_contact(
            professional=pro,
            lead=make_lead(now=moment, price_cents=price_cents, **lead),
            price_seen_cents=price_cents,
            now=moment,
        )
        for moment in moments
    ]


def picture(seed: int = 0, *, name: str = "photo.jpg", size: tuple[int, int] = (320, 240)) -> Any:
    """An upload of a small picture; another seed is another picture."""
    from django.core.files.uploadedfile import SimpleUploadedFile
    from PIL import Image

    content = io.BytesIO()
    image = Image.new("RGB", size, ((seed * 53) % 256, (seed * 101) % 256, (seed * 197) % 256))
    # A band whose place depends on the seed, so that two seeds differ also after they were compressed.
    image.paste(
        (255, 255, 255), (0, (seed * 17) % (size[1] - 20), size[0], (seed * 17) % (size[1] - 20) + 20)
    )
    image.save(content, "JPEG")
    return SimpleUploadedFile(name, content.getvalue(), "image/jpeg")


def complete_profile(pro: Professional, *, now: datetime = NOW) -> None:
    """Everything that G7 asks: logo, description, answers, a project with two photos, four photos of work."""
    from base.days import marketplace_day
    from profiles.businesses import save_answers, save_profile
    from profiles.models import Photo, Question
    from profiles.photos import add_photo
    from profiles.projects import add_project

    save_profile(
        professional=pro,
        name=pro.name,
        description="Renovamos baños y cocinas en la Ciudad de México desde hace quince años. " * 3,
        phone=str(pro.phone),
        tax_id=pro.tax_id,
    )
    asked = Question.objects.asked_of(pro.first_contracted_on, marketplace_day(now))
    save_answers(professional=pro, answers={question.id: "Sí, desde 2011." for question in asked})
    add_photo(professional=pro, use=Photo.Use.LOGO, upload=picture(1), now=now)
    project = add_project(professional=pro, title="Baño en Coyoacán", description="Completo.", now=now)
    for seed in (2, 3):
        add_photo(professional=pro, use=Photo.Use.PROJECT, upload=picture(seed), project=project, now=now)
    for seed in (4, 5, 6, 7):
        add_photo(professional=pro, use=Photo.Use.WORK, upload=picture(seed), now=now)
    pro.refresh_from_db()


def make_review(
    of: Contact | Professional, *, handling: int = 5, now: datetime = NOW, published: bool = True
) -> Review:
    """A review by a contact's homeowner, or by somebody who was a client of the professional before; who has not
    contracted a plan yet does so at `now`, for only then are earlier clients asked."""
    from marketplace.models import Contact
    from marketplace.reviews import ask_earlier_client, ask_homeowner, publish_review, write_review

    moderator = _staff("moderator")
    if isinstance(of, Contact):
        request = ask_homeowner(contact=of, by=of.professional.owner, now=now)
    else:
        of.refresh_from_db()
        if of.first_contracted_on is None:
            contract(of, now=now)
        number = next(_number)
        request = ask_earlier_client(
            professional=of,
            name=f"Cliente {number}",
            email=f"earlier{number}@example.com",
            language="es-mx",
            by=of.owner,
            now=now,
        )
    review = write_review(
        request=request,
        author_name=request.name,
        handling=handling,
        workmanship=None,
        text="Llegaron a la hora y explicaron todo con paciencia.",
        user=None,
        browser_of=None,
        now=now,
    )
    if published:
        publish_review(review=review, by=moderator, reason="", now=now)
        review.refresh_from_db()
    return review


def ask_return_with_picture(
    contact: Contact, *, reason: str = "duplicate", now: datetime = NOW
) -> ReturnRequest:
    """A return that its owner asks for, with one picture that shows why."""
    from marketplace.returns import ask_return
    from profiles.pictures import read_picture

    return ask_return(
        contact=contact,
        reason=reason,
        explanation="Ya la teníamos.",
        pictures=[read_picture(picture(11))],
        by=contact.professional.owner,
        now=now,
    )


def make_eligible(pro: Professional, *, now: datetime = NOW) -> list[Contact]:
    """Contracts at `now` and does all the rest that the guarantee asks; the fifteen contacts, bought a day later.

    It can be claimed from `now` + 1 day + 1 month on. Only the plan has to be kept alive (a plan of 12 months is).
    """
    contract(pro, now=now, plan=make_plan("year", months=12))
    fund(pro, now=now)
    contacts = buy(pro, 15, now=now + timedelta(days=1))
    complete_profile(pro, now=now)
    make_review(contacts[0], now=now + timedelta(days=2))
    for _ in range(2):
        make_review(pro, now=now + timedelta(days=2))
    return contacts
