"""What a client sees of what was agreed, and how a quote is answered in a browser."""

import re

import pytest
import time_machine
from django.core.files.base import ContentFile
from django.urls import reverse

from support.allowances import use
from support.desk_calendar import desk_day
from support.models import Agreement
from tests.support.making import NOW, draft, registrar, rome, sent

LATER = rome("2026-11-10 12:00")


@pytest.fixture(autouse=True)
def _later():
    with time_machine.travel(LATER, tick=False):
        yield


@pytest.fixture
def browser(client_of, anna):
    return client_of(anna)


def text_of(response):
    return " ".join(response.content.decode().split())


def accept_of(quote):
    return reverse("support:accept_quote", args=[quote.public_id])


def test_the_list_says_what_is_agreed_what_is_left_and_what_waits(
    browser, studio, agreement, allowance, consultant
):
    use(allowance=allowance, amount=150, cause="work:1", today=desk_day(LATER), now=LATER, by=consultant)
    quote = sent(studio, consultant, title="A shop")
    page = text_of(browser.get(reverse("support:agreements")))
    assert "7 h 30 min left of 10 h" in page
    assert agreement.number in page
    assert f"Quote {quote.number} over MX$2,500.00" in page


def test_the_list_is_the_same_number_of_queries_with_one_and_with_thirty(
    browser, studio, agreement, desk_lead, django_assert_max_num_queries
):
    from support.agreements import Line, sign_agreement

    browser.get(reverse("support:agreements"))
    with django_assert_max_num_queries(20) as few:
        browser.get(reverse("support:agreements"))
    for number in range(30):
        sign_agreement(
            client=studio,
            title=f"Page {number}",
            text="",
            lines=[Line(kind="tool", what=f"Page {number}", unit="minutes", amount=60)],
            signed=Agreement.Signed.PAPER,
            by=desk_lead,
            now=NOW,
        )
    with django_assert_max_num_queries(len(few)):
        assert "Page 29" in text_of(browser.get(reverse("support:agreements")))


def test_whoever_has_no_agreement_is_told_how_one_comes_about(client_of, stranger):
    page = text_of(client_of(stranger).get(reverse("support:agreements")))
    assert "We have no agreement with you yet." in page


def test_an_agreement_shows_each_use(browser, agreement, allowance, consultant):
    use(allowance=allowance, amount=45, cause="work:1", today=desk_day(LATER), now=LATER, by=consultant)
    page = text_of(browser.get(reverse("support:agreement", args=[agreement.public_id])))
    assert "signed on Nov. 2, 2026 by Anna Bianchi." in page
    assert "−45 min" in page
    assert "9 h 15 min" in page


def test_a_stranger_finds_no_agreement_quote_or_document(client_of, stranger, studio, agreement, consultant):
    quote = sent(studio, consultant)
    browser = client_of(stranger)
    for name, args in (
        ("agreement", [agreement.public_id]),
        ("agreement_document", [agreement.public_id, 1]),
        ("quote", [quote.public_id]),
        ("quote_document", [quote.public_id]),
    ):
        assert browser.get(reverse(f"support:{name}", args=args)).status_code == 404, name
    for name in ("accept_quote", "decline_quote"):
        assert browser.post(reverse(f"support:{name}", args=[quote.public_id])).status_code == 404, name
    assert Agreement.objects.get() == agreement


def test_nobody_is_sent_to_sign_in(client, studio, consultant):
    quote = sent(studio, consultant)
    for address in (reverse("support:agreements"), reverse("support:quote", args=[quote.public_id])):
        assert client.get(address).url.startswith("/accounts/login/")


def test_a_draft_is_no_page(browser, studio, consultant):
    quote = draft(studio, consultant)
    assert browser.get(reverse("support:quote", args=[quote.public_id])).status_code == 404


def test_a_document_is_something_to_save_and_never_shown(browser, studio, consultant, private_files):
    quote = sent(studio, consultant, document=ContentFile(b"%PDF-1.7 %%EOF", "offer.pdf"))
    response = browser.get(reverse("support:quote_document", args=[quote.public_id]))
    assert response.content == b"%PDF-1.7 %%EOF"
    assert response["Content-Disposition"].startswith("attachment")
    assert (response["X-Content-Type-Options"], response["Cache-Control"]) == ("nosniff", "private, no-store")


def test_a_quote_without_a_document_has_none(browser, studio, consultant):
    quote = sent(studio, consultant)
    assert browser.get(reverse("support:quote_document", args=[quote.public_id])).status_code == 404


def test_a_quote_is_accepted_with_a_tick_and_leads_to_the_agreement(browser, studio, consultant):
    quote = sent(studio, consultant)
    page = text_of(browser.get(reverse("support:quote", args=[quote.public_id])))
    assert "With 10 h of support, to be used by Nov. 2, 2027." in page
    assert "Accept for MX$2,500.00" in page
    answer = browser.post(accept_of(quote), {"agreed": "on", "price_seen_cents": 250_000})
    assert answer.url == reverse("support:agreement", args=[Agreement.objects.get().public_id])
    assert "It is our agreement A-2026-000001" in text_of(
        browser.get(reverse("support:quote", args=[quote.public_id]))
    )


def test_without_the_tick_nothing_is_agreed_and_the_page_says_so(browser, studio, consultant):
    answer = browser.post(accept_of(sent(studio, consultant)), {"price_seen_cents": 250_000})
    assert answer.status_code == 422
    assert "Tick this to accept the quote" in text_of(answer)
    assert not Agreement.objects.exists()


def test_for_another_price_than_was_shown_nothing_is_agreed(browser, studio, consultant):
    answer = browser.post(accept_of(sent(studio, consultant)), {"agreed": "on", "price_seen_cents": 1})
    assert answer.status_code == 409
    assert "is not what you were shown" in text_of(answer)
    assert not Agreement.objects.exists()


def test_whoever_does_not_sign_reads_who_does(client_of, studio, consultant):
    from tests.making import make_user

    studio.people.create(name="Bruno", email="bruno@example.com")
    quote = sent(studio, consultant)
    browser = client_of(make_user("bruno@example.com"))
    page = text_of(browser.get(reverse("support:quote", args=[quote.public_id])))
    assert "Only whoever signs for Studio Bianchi" in page
    assert "<form" not in page.partition("<main")[2].partition("</main")[0]
    assert browser.post(accept_of(quote), {"agreed": "on", "price_seen_cents": 250_000}).status_code == 403


def test_a_quote_is_declined_with_a_reason(browser, studio, consultant):
    quote = sent(studio, consultant)
    browser.post(reverse("support:decline_quote", args=[quote.public_id]), {"reason": "Too dear."})
    page = text_of(browser.get(reverse("support:quote", args=[quote.public_id])))
    assert "This quote was declined." in page
    assert "Accept for" not in page


def test_what_somebody_wrote_into_a_quote_is_text(browser, studio, consultant):
    quote = sent(studio, consultant, text="<script>alert(1)</script>")
    page = browser.get(reverse("support:quote", args=[quote.public_id])).content.decode()
    assert "<script>alert" not in page
    assert "&lt;script&gt;" in page


def test_a_session_is_said_by_the_readers_clock_or_else_by_the_desks(browser, anna, agreement, consultant):
    from support.sessions import plan_session

    plan_session(
        agreement=agreement,
        kind="training",
        about="First steps",
        starts_at=rome("2026-11-12 15:00"),
        minutes=60,
        consultant=consultant,
        by=consultant,
        now=LATER,
    )
    address = reverse("support:agreement", args=[agreement.public_id])
    assert "Nov. 12, 2026, 3 p.m. (Europe/Rome)" in text_of(browser.get(address))
    anna.time_zone = "America/Mexico_City"
    anna.save()
    assert "Nov. 12, 2026, 8 a.m. (America/Mexico_City)" in text_of(browser.get(address))


def test_the_first_page_leads_whoever_speaks_for_a_client_to_its_agreements(browser, client_of, stranger):
    assert reverse("support:agreements") in text_of(browser.get(reverse("home"))).partition("<main")[2]
    assert "Your agreements with us" not in text_of(client_of(stranger).get(reverse("home")))


def test_whoever_speaks_for_several_reads_whose_each_allowance_and_quote_is(
    browser, studio, agreement, consultant, desk_lead
):
    from support.clients import name_person
    from tests.support.office import make_agreement, make_client

    sent(studio, consultant, title="A shop")
    page = browser.get(reverse("support:agreements"))
    assert (page.context["name_client"], "· Studio Bianchi" in text_of(page)) == (False, False)
    other = make_client("Studio Verdi", "verdi@example.com")
    make_agreement(other, desk_lead)
    name_person(client=other, name="Anna", email="anna@example.com", role="asks", by=registrar())
    page = text_of(browser.get(reverse("support:agreements")))
    assert page.count("· Studio Bianchi") == 2
    assert page.count("· Studio Verdi") == 1


def rooms_of(response):
    """What the menu at the top leads to, and which of it is where the reader is."""
    menu = response.content.decode().partition('<nav class="site-nav"')[2].partition("</nav>")[0]
    return re.findall(r'<a href="([^"]+)"( aria-current)?', menu)


@pytest.mark.parametrize(
    ("here", "current"),
    [
        ("support:tickets", "/support/tickets/"),
        ("support:open_ticket", "/support/tickets/"),
        ("support:agreements", "/support/agreements/"),
        ("support:library", "/support/library/"),
        ("account_email", None),
    ],
)
def test_a_client_without_a_business_goes_to_what_the_desk_has_for_them(browser, agreement, here, current):
    rooms = rooms_of(browser.get(reverse(here)))
    assert [(room, bool(here)) for room, here in rooms] == [
        (room, room == current) for room in ("/support/tickets/", "/support/agreements/", "/support/library/")
    ]
    assert reverse("marketplace:reviews") not in browser.get(reverse(here)).content.decode()


def test_whoever_has_a_business_or_is_no_client_has_the_rooms_of_the_marketplace(client_of, pro, stranger):
    for user in (pro.owner, stranger):
        rooms = [room for room, _here in rooms_of(client_of(user).get(reverse("support:tickets")))]
        assert rooms[0] == reverse("marketplace:feed") and rooms[-1] == reverse("support:tickets")


def test_whoever_was_only_sent_a_quote_finds_it_in_the_menu(browser, studio, consultant):
    quote = sent(studio, consultant)
    response = browser.get(reverse("support:quote", args=[quote.public_id]))
    assert ("/support/agreements/", " aria-current") in rooms_of(response)


def test_the_desks_page_tells_no_client_that_they_are_none(browser, client_of, agreement, stranger):
    assert "You are not a client" not in text_of(browser.get(reverse("support:home")))
    assert "You are not a client" in text_of(client_of(stranger).get(reverse("support:home")))
