"""A professional's page: what it shows, what it never shows, and where it is (M13, M12, G2, G19)."""

import json
import re
from datetime import timedelta

import pytest
import time_machine
from django.core.cache import cache
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from billing.models import Wallet
from marketplace import reviews
from marketplace.contacts import record_homeowner_word, set_outcome
from marketplace.models import Contact, Review
from marketplace.returns import accept_return, ask_return
from profiles.businesses import save_answers, save_profile
from profiles.models import Photo, Professional, Question
from profiles.photos import add_photo, change_caption
from profiles.projects import add_project
from profiles.suspensions import suspend
from tests import making
from tests.making import NOW, at
from tests.marketplace.public_making import ENGLISH, PAIR, describe, make_listed, page_of, work_in

pytestmark = pytest.mark.django_db
WHEN = at("2026-02-20 12:00")
SCRIPT = re.compile(r'<script type="application/ld\+json">(.*?)</script>', re.DOTALL)


@pytest.fixture(autouse=True)
def _today():
    with time_machine.travel(WHEN, tick=False):
        yield


@pytest.fixture
def listed(db):
    return make_listed("Reformas Hidalgo")


def reviewed(pro, number: int) -> Review:
    """The review of an earlier client, the `number`th: so many may be asked in a day and no more."""
    return making.make_review(pro, now=NOW + timedelta(days=number // 10))


def shown(client, pro, **query) -> str:
    response = client.get(page_of(pro), query, headers=ENGLISH)
    assert response.status_code == 200
    return response.content.decode()


def said_to_machines(page: str) -> list[dict]:
    [script] = SCRIPT.findall(page)
    return json.loads(script)["@graph"]


# What it shows


def test_the_page_shows_what_the_profile_holds(client, listed):
    question = Question.objects.create(text_en="Since when?", asked_from=NOW.date())
    gone = Question.objects.create(text_en="Fax number?", asked_from=NOW.date())
    making.complete_profile(listed)
    save_answers(professional=listed, answers={question.pk: "Desde 2011.", gone.pk: "No tenemos."})
    gone.asked_until = NOW.date()
    gone.save()
    photo = listed.photos.filter(use=Photo.Use.WORK).first()
    change_caption(photo=photo, caption="Baño en Narvarte")
    page = shown(client, listed)
    assert "Renovamos baños y cocinas" in page and "Since when?" in page and "Desde 2011." in page
    assert "Fax number?" not in page and "No tenemos." not in page
    assert "Baño en Coyoacán" in page and 'alt="Baño en Coyoacán, photo 1"' in page
    assert 'alt="Baño en Narvarte"' in page and 'alt="Finished work by Reformas Hidalgo, photo 2"' in page
    assert 'alt="Logo of Reformas Hidalgo"' in page
    assert f'href="{PAIR}"' in page
    for each in listed.photos.all():
        assert each.thumbnail.url in page


def test_every_photo_has_words_and_a_size_and_waits_until_it_is_seen(client, listed):
    making.complete_profile(listed)
    images = re.findall(r"<img [^>]*>", shown(client, listed).split("<main")[1])
    assert len(images) == 7
    for image in images:
        assert re.search(r' alt="[^"]+"', image) and " width=" in image and " height=" in image
        assert 'loading="lazy"' in image or 'class="logo"' in image


def test_the_page_weighs_little_without_its_photos(client, listed, settings):
    """Also of a business that shows all that fits: under 150 kB with the stylesheet and the mark."""
    describe(listed, "Una frase sobre nuestro trabajo. " * 150)
    photo = add_photo(professional=listed, use=Photo.Use.WORK, upload=making.picture(1), now=NOW)
    Photo.objects.bulk_create(
        Photo(
            professional=listed,
            use=Photo.Use.WORK,
            image=photo.image.name,
            thumbnail=photo.thumbnail.name,
            width=1,
            height=1,
            content_hash=f"{number}",
            caption="Una foto con pie " * 8,
            uploaded_at=NOW,
        )
        for number in range(150)
    )
    for number in range(20):
        Review.objects.filter(pk=reviewed(listed, number).pk).update(
            text="Muy bien. " * 100, answer="Gracias. " * 50, answered_at=NOW
        )
    static = sum(
        (settings.BASE_DIR / "static" / name).stat().st_size for name in ("quince.css", "quince.svg")
    )
    assert len(shown(client, listed).encode()) + static < 150_000


def test_reviews_that_count_are_shown_with_their_answer_and_the_average_with_its_number(client, listed):
    """M12, G8."""
    for handling, author, state, own in [
        (5, "Eva Ríos", "published", ""),
        (2, "Juan Mora", "published", ""),
        (5, "Yo Mismo", "published", "browser"),
        (5, "Sin Leer", "waiting", ""),
        (1, "Grosero", "taken_down", ""),
        (1, "Rechazado", "rejected", ""),
    ]:
        review = making.make_review(listed, handling=handling)
        Review.objects.filter(pk=review.pk).update(author_name=author, state=state, own_hand=own)
    Review.objects.filter(author_name="Juan Mora").update(answer="Lo sentimos, Juan.", answered_at=NOW)
    page = shown(client, listed)
    assert "3.5 of 5 for attention and handling, 2 reviews" in page
    assert "Eva Ríos" in page and "Juan Mora" in page and "Lo sentimos, Juan." in page
    for hidden in ("Yo Mismo", "Sin Leer", "Grosero", "Rechazado"):
        assert hidden not in page
    [business, _way] = said_to_machines(page)
    assert business["aggregateRating"]["ratingValue"] == 3.5
    assert business["aggregateRating"]["reviewCount"] == 2
    assert [each["author"]["name"] for each in business["review"]] == ["Juan Mora", "Eva Ríos"]


def test_nothing_measured_shows_as_nothing(client, listed):
    page = shown(client, listed)
    [business, _way] = said_to_machines(page)
    assert "No reviews yet" in page and "of 5" not in page and "★" not in page
    assert "aggregateRating" not in business and "review" not in business


def test_a_review_stays_when_its_contact_is_given_back(client, listed):
    """A bad review is not made to go by returning the contact."""
    making.fund(listed)
    (contact,) = making.buy(listed)
    making.make_review(contact, handling=1)
    asked = ask_return(
        contact=contact,
        reason="duplicate",
        explanation="Es el mismo trabajo que ya compramos.",
        by=listed.owner,
        now=NOW,
    )
    accept_return(return_request=asked, note="Sí.", by=making.make_staff("moderator"), now=NOW)
    assert "1.0 of 5" in shown(client, listed)


def test_the_stars_for_the_work_say_nothing_of_what_the_homeowner_said(client, listed):
    """G2: of a contact, workmanship shows only where the professional marked it as won, also within the average."""
    making.fund(listed)
    told, won = making.buy(listed, 2)
    reviews = [making.make_review(told), making.make_review(won), making.make_review(listed)]
    Review.objects.filter(pk=reviews[0].pk).update(workmanship=1, workmanship_is_open=False)
    Review.objects.filter(pk=reviews[1].pk).update(workmanship=3, workmanship_is_open=True)
    Review.objects.filter(pk=reviews[2].pk).update(workmanship=5, workmanship_is_open=True)
    before = shown(client, listed)
    assert "For the work itself: 5.0 of 5, by 1 person" in before
    record_homeowner_word(
        contact=told, word=Contact.Word.HIRED_THEM, by=making.make_staff("reviewer"), now=WHEN
    )
    assert shown(client, listed) == before
    set_outcome(contact=won, outcome="won", lost_reason="", by=listed.owner, now=WHEN)
    page = shown(client, listed)
    assert "For the work itself: 4.0 of 5, by 2 people" in page
    assert page.count("the work: ") == 2 and "the work: 1 of 5" not in page


@pytest.mark.parametrize("when_written", ["open", "won", "no_answer"])
def test_pages_are_the_same_whether_or_not_the_homeowner_said_that_they_hired(client, listed, when_written):
    """G2: whatever the professional then makes of the outcome, stars, averages, counts and structured data, and the
    business's own page, are those of a homeowner who said nothing."""
    making.fund(listed)
    [contact] = making.buy(listed)
    staff, moderator = making.make_staff("reviewer"), making.make_staff("moderator", email="m@quince.example")
    own = Client(headers=ENGLISH)
    own.force_login(listed.owner)

    def pages(word):
        seen = []
        with transaction.atomic():
            if word:
                record_homeowner_word(contact=contact, word=word, by=staff, now=WHEN)
            set_outcome(contact=contact, outcome=when_written, lost_reason="", by=listed.owner, now=WHEN)
            asked = reviews.ask_homeowner(contact=contact, by=listed.owner, now=WHEN)
            review = reviews.write_review(
                request=asked,
                author_name="Ana",
                handling=4,
                workmanship=2,
                text="Llegaron a la hora y explicaron todo.",
                user=None,
                browser_of=None,
                now=WHEN,
            )
            reviews.publish_review(review=review, by=moderator, reason="", now=WHEN)
            for outcome in ("open", "won", "no_answer"):
                set_outcome(contact=contact, outcome=outcome, lost_reason="", by=listed.owner, now=WHEN)
                cache.clear()
                for browser, address in (
                    (client, page_of(listed)),
                    (client, PAIR),
                    (own, "/reviews/"),
                    (own, f"/contacts/{contact.public_id}/"),
                ):
                    page = browser.get(address)
                    assert page.status_code == 200, address
                    page = re.sub(r'(csrfmiddlewaretoken" value|nonce)="[^"]*"', "", page.content.decode())
                    seen.append(page.replace(str(review.public_id), "…"))
            transaction.set_rollback(True)
        return seen

    assert pages("") == pages(Contact.Word.HIRED_THEM)


def test_reviews_are_paged_without_loss_and_the_pages_behind_are_not_offered(client, listed):
    for number in range(25):
        Review.objects.filter(pk=reviewed(listed, number).pk).update(author_name=f"Persona {number:02}")
    pages = [shown(client, listed), shown(client, listed, page=2)]
    found = [re.findall(r"<h3[^>]*>(Persona \d\d)", page) for page in pages]
    assert [len(each) for each in found] == [20, 5]
    assert len(set(found[0] + found[1])) == 25
    assert "noindex" not in pages[0] and "noindex, follow" in pages[1]
    assert client.get(page_of(listed), {"page": 3}).status_code == 404


# What it never shows


def test_nothing_private_is_on_any_public_page(client, listed):
    """M5, M8, M9, G2, G19: everything private is set, and looked for."""
    making.complete_profile(listed)
    save_profile(
        professional=listed,
        name=listed.name,
        description=listed.description,
        phone="+525512349876",
        tax_id=listed.tax_id,
    )
    member = making.make_user(
        "secreta@example.com", first_name="Nombredemiembro", last_name="Apellidodemiembro"
    )
    listed.members.add(member)
    owner = listed.owner
    owner.first_name, owner.last_name = "Nombrededueña", "Apellidodedueña"
    owner.save()
    making.fund(listed, 1_234_567)
    (contact,) = making.buy(
        listed,
        title="Título del trabajo comprado",
        town="Pueblo Secreto",
        homeowner_name="Casera Discreta",
        homeowner_email="casera@example.com",
        homeowner_phone="+525577776666",
        price_cents=31_337,
    )
    review = making.make_review(contact)
    record_homeowner_word(
        contact=contact, word=Contact.Word.HIRED_THEM, by=making.make_staff("reviewer"), now=WHEN
    )
    set_outcome(contact=contact, outcome="lost", lost_reason="price", by=owner, now=WHEN)
    past = suspend(professional=listed, reason="Motivo de antes", decided_by=making.make_user(), now=NOW)
    past.lifted_at, past.lifted_by, past.lift_reason = NOW, making.make_user(), "Motivo de levantar"
    past.save()
    listed.refresh_from_db()
    invoice = listed.customer.invoices.first()
    private = {
        *("5512349876", "55 1234 9876", listed.tax_id, owner.email, member.email),
        *("Nombredemiembro", "Apellidodemiembro", "Nombrededueña", "Apellidodedueña"),
        *("Título del trabajo comprado", "Pueblo Secreto", "casera@example.com", "77776666", "7777 6666"),
        *(
            "12,345.67",
            "1234567",
            str(Wallet.objects.get(professional=listed).balance_cents),
            "313.37",
            "31337",
        ),
        *("Motivo de antes", "Motivo de levantar", "suspen", "hired", "lost", "Basic", "Básico"),
        *(invoice.number, str(contact.public_id), str(listed.public_id), review.author_key),
        *("guarantee", "garantía de los quince"),
    }
    page = (
        shown(client, listed).split("<main")[1].split("<footer")[0] + SCRIPT.findall(shown(client, listed))[0]
    )
    others = [
        client.get(address, headers=ENGLISH).content.decode().split("<footer")[0]
        for address in (PAIR, "/professionals/bathrooms/", "/professionals/", "/sitemap-professionals-1.xml")
    ]
    for text in (page, *others):
        assert {value for value in private if value and value in text} == set()


# Its own people see it before everybody does


@pytest.mark.parametrize("who", ["owner", "member", "stranger", "other_pro", "staff", "nobody"])
def test_a_hidden_page_is_shown_to_its_own_people_alone(client, client_of, other_pro, stranger, who):
    pro = describe(making.make_pro("Aún sin plan"), "Empezamos pronto.")
    member = making.make_user()
    pro.members.add(member)
    people = {"owner": pro.owner, "member": member, "stranger": stranger, "other_pro": other_pro}
    people["staff"] = making.make_staff("moderator", "reviewer")
    browser = client_of(people[who]) if who in people else client
    response = browser.get(page_of(pro), headers=ENGLISH)
    assert response.status_code == (200 if who in ("owner", "member") else 404)
    assert response.headers["Cache-Control"] == "private, no-store"
    if response.status_code == 200:
        page = response.content.decode()
        assert "Only you and your people see this page" in page and "You have no plan in force" in page
        assert 'name="robots" content="noindex' in page and 'rel="canonical"' not in page
        assert "You have not said which trades you work in" in page


def test_its_people_are_told_why_it_is_hidden_and_what_is_missing(client_of, listed):
    browser = client_of(listed)
    assert "This is how everybody sees your business." in shown(browser, listed)
    assert "Only you" not in shown(browser, listed)
    describe(listed, "")
    assert "Without a description it is not in the directory" in shown(browser, listed)
    suspend(professional=listed, reason="No era verdad.", decided_by=making.make_user(), now=NOW)
    page = shown(browser, listed)
    assert "Your business is suspended" in page
    assert f'href="{reverse("guarantees:suspension")}"' in page  # Why, and how to appeal.


def test_the_profile_leads_to_the_public_page(client_of, listed):
    page = client_of(listed).get(reverse("profiles:profile")).content.decode()
    assert f'href="{page_of(listed)}"' in page


# Whatever people write


HOSTILE = "</script><script>alert(1)</script>\"'><img src=x onerror=alert(2)>&amp;\u2028{{ 7|add:7 }}"


def test_whatever_people_write_is_text_on_every_page_and_ends_no_script(client, listed):
    making.complete_profile(listed)
    Professional.objects.filter(pk=listed.pk).update(name=HOSTILE[:120], description=HOSTILE)
    listed.photos.update(caption=HOSTILE[:150])
    listed.projects.update(title=HOSTILE[:120], description=HOSTILE)
    question = Question.objects.create(text_en="Why?", asked_from=NOW.date())
    save_answers(professional=listed, answers={question.pk: HOSTILE})
    review = making.make_review(listed)
    Review.objects.filter(pk=review.pk).update(
        author_name=HOSTILE[:100], text=HOSTILE, answer=HOSTILE, answered_at=NOW
    )
    listed.refresh_from_db()
    for address in (page_of(listed), PAIR):
        page = client.get(address, headers=ENGLISH).content.decode()
        assert "<script>alert" not in page and "<img src=x" not in page and "&amp;lt;" not in page
        assert page.count("<script") == page.count("</script>") == 1
        assert "{{ 7|add:7 }}" in page
    [business, _way] = said_to_machines(shown(client, listed))
    assert business["name"] == HOSTILE[:120]
    assert business["review"][0]["reviewBody"] == HOSTILE


@pytest.mark.parametrize("writing", ["شركة البناء والترميم", "上海装修公司", "🏠👨‍👩‍👧‍👦🔨", "Ångström ẞ ﬁn"])
def test_every_writing_is_shown_as_it_is_written(client, listed, writing):
    Professional.objects.filter(pk=listed.pk).update(name=writing, description=writing * 5)
    listed.refresh_from_db()
    for page in (shown(client, listed), client.get(PAIR, headers=ENGLISH).content.decode()):
        assert writing in page
    [business, way] = said_to_machines(shown(client, listed))
    assert business["name"] == way["itemListElement"][-1]["name"] == writing


def test_a_long_description_is_shown_whole_on_its_page_and_short_elsewhere(client, listed):
    describe(listed, ("Frase número uno de muchas. " * 200)[:5000].strip())
    page, card = shown(client, listed), client.get(PAIR, headers=ENGLISH).content.decode()
    assert listed.description in page and listed.description not in card
    head = re.search(r'<meta name="description" content="([^"]*)"', page)
    assert head and len(head[1]) <= 155


# What machines are told


def test_machines_are_told_the_business_and_the_way_to_it(client, listed):
    making.complete_profile(listed)
    page = shown(client, listed)
    site, [business, way] = "http://127.0.0.1:8000", said_to_machines(page)
    assert business["@type"] == "LocalBusiness" and business["name"] == "Reformas Hidalgo"
    assert business["url"] == site + page_of(listed)
    assert business["areaServed"] == [{"@type": "AdministrativeArea", "name": "CDMX"}]
    assert business["logo"].startswith(f"{site}/media/") and len(business["image"]) == 4
    assert not {"telephone", "email", "taxID", "address"} & set(business)
    assert [step["item"] for step in way["itemListElement"]] == [
        f"{site}/professionals/",
        f"{site}/professionals/bathrooms/",
        f"{site}{PAIR}",
        site + page_of(listed),
    ]
    assert f'<link rel="canonical" href="{site}{page_of(listed)}">' in page
    assert "<title>Reformas Hidalgo: Bathrooms in CDMX · Quince</title>" in page
    assert f'<meta property="og:image" content="{business["image"][0]}">' in page


@pytest.mark.parametrize(("said", "language"), [("en", "en"), ("es", "es-mx"), ("fr", "en"), (None, "es-mx")])
def test_the_page_speaks_its_readers_language_and_the_sites_own_to_machines(client, listed, said, language):
    """X2: whoever says no language, as search engines do, reads the site's own."""
    response = client.get(page_of(listed), headers={"accept-language": said} if said else {})
    assert f'<html lang="{language}">' in response.content.decode()
    assert response.headers["Content-Language"] == language


# What it costs


def queries_for(client, pro) -> int:
    shown(client, pro)
    with CaptureQueriesContext(connection) as captured:
        shown(client, pro)
    return len(captured.captured_queries)


def test_the_page_costs_the_same_with_1_of_each_thing_and_with_30(client, listed):
    def add(number):
        add_photo(professional=listed, use=Photo.Use.WORK, upload=making.picture(number), now=NOW)
        project = add_project(
            professional=listed, title=f"Baño {number}", description="", now=NOW + timedelta(hours=number)
        )
        add_photo(
            professional=listed,
            use=Photo.Use.PROJECT,
            upload=making.picture(number),
            project=project,
            now=NOW,
        )
        reviewed(listed, number)
        work_in(listed, province=making.make_province(f"province-{number}"))

    add(0)
    few = queries_for(client, listed)
    for number in range(1, 30):
        add(number)
    assert queries_for(client, listed) == few <= 10
