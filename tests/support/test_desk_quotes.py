"""Quotes at the desk: listed, made, looked through, changed, sent and withdrawn (S4)."""

import re
from datetime import date, timedelta

import pytest
import time_machine
from django.contrib.auth.models import Permission
from django.urls import reverse

from mail.models import OutgoingMail
from support import letters
from support.clients import name_person
from support.models import Quote
from support.quotes import accept_quote, decline_quote, send_quote, withdraw_quote
from tests.making import make_staff, make_user
from tests.support.desk_pages import at, text_of
from tests.support.making import opened, registrar
from tests.support.office import (
    HOURS,
    NOW,
    PDF,
    cost_the_same,
    lines,
    make_agreement,
    make_client,
    make_draft,
    pdf,
    quote_of,
)

pytestmark = pytest.mark.django_db
LIST = reverse("support:desk_quotes")
CHOOSE = reverse("support:desk_choose_quoted")
# What is pressed on a quote's page.
PRESSED = ("desk_send_quote", "desk_withdraw_quote", "desk_record_quote")


@pytest.fixture(autouse=True)
def clock(private_files):
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def client():
    return make_client()


@pytest.fixture
def make(client):
    """Where one is made for that client."""
    return at("desk_make_quote", client)


@pytest.fixture
def drafted(client, desk_lead):
    return make_draft(client, desk_lead)


@pytest.fixture
def sent(drafted, desk_lead):
    return send_quote(quote=drafted, by=desk_lead, now=NOW)


def with_permissions(*codenames):
    user = make_staff(email="some@quince.example")
    user.user_permissions.set(Permission.objects.filter(codename__in=codenames))
    return user


def listed(browser, **query):
    return [row.pk for row in browser.get(LIST, query).context["page"].object_list]


def test_a_consultant_makes_a_draft_and_looks_through_it_as_its_client_will_read_it(
    client, browser, make, consultant
):
    training = {"what": "Training", "unit": "interventions", "amount": "3", "expires_on": "2027-01-31"}
    said = quote_of(client, HOURS, training, {"what": "Logo"}, document=pdf())
    response = browser.post(make, said)
    quote = Quote.objects.get()
    assert response.url == f"{at('desk_quote', quote)}#main"
    assert (quote.client, quote.title, quote.price_cents, quote.valid_until, quote.state, quote.made_by) == (
        client, "Website", 250_000, date(2026, 11, 30), "draft", consultant,
    )  # fmt: skip
    assert [
        (line.kind, line.what, line.unit, line.amount, line.expires_on) for line in quote.lines.all()
    ] == [
        ("tool", "Website", "minutes", 150, None),
        ("service", "Training", "interventions", 3, date(2027, 1, 31)),
        ("service", "Logo", "", None, None),
    ]
    page = text_of(browser.get(response.url))
    assert all(
        said in page for said in ("is a draft. Look through it", "Ten pages.", "With 2 h 30 min of support.")
    )
    address = at("desk_quote_document", quote)
    assert f'href="{address}"' in page
    assert browser.get(address).content == PDF


def test_whom_it_is_for_is_looked_for_among_clients_and_others(client, browser, desk_lead):
    # The one has agreed to something, the other is no client yet.
    make_agreement(client, desk_lead)
    other = make_client("Bottega Bianchi", "bruno@example.com")
    assert "Studio" not in text_of(browser.get(CHOOSE))
    for query in ({"q": "bianchi"}, {"q": "bianchi", "part": "found"}):
        page = text_of(browser.get(CHOOSE, query))
        assert all(at("desk_make_quote", each) in page for each in (client, other))
    # Two of the same name are told apart.
    assert "anna@example.com</span>" in page and "bruno@example.com</span>" in page
    for said in ("nobody", "\0", "x" * 200, " "):
        assert "<li><a" not in text_of(browser.get(CHOOSE, {"q": said, "part": "found"}))


def test_one_is_made_from_a_ticket_for_whoever_asked(browser, client_of, ticket):
    assert at("desk_make_quote", ticket.client) in text_of(browser.get(at("desk_ticket", ticket)))
    question = opened(None, None, kind="question", email="eva@example.com", name="Eva")
    assert "Make a quote" not in text_of(browser.get(at("desk_ticket", question)))
    answers = client_of(with_permissions("answer_ticket"))
    assert "Make a quote" not in text_of(answers.get(at("desk_ticket", ticket)))


def test_blank_lines_and_struck_out_ones_are_none(client, browser, make):
    browser.post(make, quote_of(client, {}, HOURS, {"what": "Logo"}, **{"lines-2-DELETE": "on"}))
    assert [line.what for line in Quote.objects.get().lines.all()] == ["Website"]


@pytest.mark.parametrize(
    ("line", "field"),
    [
        ({"amount": ""}, "amount"),
        ({"amount": "soon"}, "amount"),
        ({"amount": "0"}, "amount"),
        ({"amount": "0.01"}, "amount"),
        ({"unit": ""}, "unit"),
        ({"unit": "interventions", "amount": "2:30"}, "amount"),
        ({"unit": "", "amount": ""}, "no_support_reason"),
        ({"unit": "", "amount": "", "kind": "service", "expires_on": "2027-01-01"}, "expires_on"),
        ({"expires_on": "2026-11-01"}, "expires_on"),
        ({"what": ""}, "what"),
        ({"kind": "idea"}, "kind"),
    ],
)
def test_what_is_wrong_in_a_line_is_said_beside_its_field_and_everything_is_kept(
    client, browser, make, line, field
):
    response = browser.post(make, quote_of(client, {"what": "Logo"}, HOURS | line, text="As we spoke."))
    assert response.status_code == 422
    assert list(response.context["lines"].forms[1].errors) == [field]
    assert "As we spoke." in response.text
    assert 'value="Logo"' in response.text
    assert not Quote.objects.exists()


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"title": ""}, "title"), ({"price": "-1"}, "price"),
        ({"price": "1.234"}, "price"), ({"valid_until": "soon"}, "valid_until"),
        ({"document": pdf(b"<html>")}, "document"), ({"document": pdf(b"")}, "document"), ({"form_id": "x"}, "form_id"),
    ],
)  # fmt: skip
def test_what_is_wrong_in_the_form_is_said_beside_its_field(client, browser, make, changes, field):
    response = browser.post(make, quote_of(client, **changes))
    assert response.status_code == 422
    assert list(response.context["form"].errors) == [field]
    assert 'value="2:30"' in response.text
    assert not Quote.objects.exists()


def test_a_quote_sells_something(client, browser, make):
    response = browser.post(make, quote_of(client, {}))
    assert response.status_code == 409
    assert response.context["form"].non_field_errors() == ["A quote names at least one service or tool."]


def test_a_form_without_its_count_of_lines_is_refused(client, browser, make):
    said = quote_of(client)
    del said["lines-TOTAL_FORMS"]
    assert browser.post(make, said).status_code == 422
    assert not Quote.objects.exists()


def test_lines_beyond_what_a_page_has_are_refused(client, browser, make):
    response = browser.post(make, quote_of(client) | lines(*[{"what": "Logo"}] * 51))
    assert response.status_code == 422
    assert not Quote.objects.exists()


def test_room_for_another_line_is_asked_for_without_a_script_and_nothing_is_judged_yet(
    client, browser, make, drafted
):
    half = {"title": "", "price": "soon", "valid_until": ""}
    for address, before in ((make, 0), (at("desk_quote", drafted), 1)):
        said = quote_of(client, HOURS | {"amount": "much"}, {"what": "Logo"}, **half)
        said |= {"lines-INITIAL_FORMS": before, "lines-1-DELETE": "on", "more": "1", "document": pdf()}
        response = browser.post(address, said)
        assert response.status_code == 200
        page = text_of(response)
        assert "errorlist" not in page and "Please choose them again." in page
        assert all(f'value="{kept}"' in page for kept in ("soon", "much", "Logo", "Website"))
        assert re.search(r'name="lines-1-DELETE"[^>]* checked', page)
        assert f'name="lines-INITIAL_FORMS" value="{before}"' in page
        assert 'name="lines-2-what"' in page and 'name="lines-3-what"' not in page
        assert 'id="more-lines" name="more"' in page
    assert str(said["form_id"]) in text_of(browser.post(make, said))
    assert (Quote.objects.get().title, Quote.objects.get().edition) == ("Website", 1)
    # There is no room for more than a page has.
    most = browser.post(make, quote_of(client) | lines(*[{"what": "Logo"}] * 50) | {"more": "1"})
    assert 'name="lines-49-what"' in text_of(most) and 'name="lines-50-what"' not in text_of(most)
    assert browser.post(make, {"more": "1"}).status_code == 200


def test_lines_that_were_added_are_saved_with_the_rest(client, browser, drafted):
    address = at("desk_quote", drafted)
    more = quote_of(client, HOURS, {"what": "Logo"}) | {"lines-INITIAL_FORMS": 1, "more": "1"}
    assert 'name="lines-2-what"' in text_of(browser.post(address, more))
    said = quote_of(client, HOURS, {"what": "Logo"}, {"what": "Shop"}) | {"lines-INITIAL_FORMS": 1}
    assert browser.post(address, said).status_code == 302
    assert [line.what for line in drafted.lines.all()] == ["Website", "Logo", "Shop"]
    # Struck out and saved, one that was there is there no more.
    struck = said | {"lines-INITIAL_FORMS": 3, "lines-0-DELETE": "on", "seen": 2}
    assert browser.post(address, struck).status_code == 302
    assert [line.what for line in drafted.lines.all()] == ["Logo", "Shop"]


@pytest.mark.parametrize(
    "changes",
    [
        {"title": "Shop"}, {"text": "Nine pages."}, {"price": "1.00"}, {"valid_until": "2026-12-01"},
        {"lines-0-amount": "3"}, {"document": True},
    ],
)  # fmt: skip
def test_the_form_sent_twice_makes_one_and_with_something_else_in_it_none(client, browser, make, changes):
    said = quote_of(client)
    for _twice in range(2):
        assert browser.post(make, said | {"document": pdf()}).status_code == 302
    # Whoever goes back in their browser and corrects what they wrote is told that it was not taken.
    if "document" in changes:
        changes = {"document": pdf(PDF.replace(b"%PDF-1", b"%PDF-2"))}
    refused = browser.post(make, said | changes)
    assert (refused.status_code, "This form has already made" in text_of(refused)) == (409, True)
    quote = Quote.objects.get()
    assert (quote.title, quote.text, quote.price_cents) == ("Website", "Ten pages.", 250_000)


def test_a_draft_is_changed_and_keeps_its_document(client, office, desk_lead):
    quote = make_draft(client, desk_lead, document=pdf())
    page = office.get(at("desk_quote", quote)).text
    assert 'value="2 h 30 min"' in page and 'value="2500' in page
    assert "Empty: the document stays the same." in page
    changed = quote_of(client, HOURS | {"amount": "3 h"}, {"what": "Logo"}, title="Shop")
    assert office.post(at("desk_quote", quote), changed).status_code == 302
    quote.refresh_from_db()
    assert (quote.title, [line.amount for line in quote.lines.all()]) == ("Shop", [180, None])
    assert office.get(at("desk_quote_document", quote)).content == PDF
    # What it said before stays on record, with who changed it (X4).
    assert quote.events.last().actor == desk_lead
    page = text_of(office.get(at("desk_quote", quote)))
    assert "Website → Shop" in page and "Website" not in page.partition("<h1>")[2].partition("</h1>")[0]


def test_a_draft_with_something_wrong_stays_as_it_was_and_what_was_typed_is_kept(client, browser, drafted):
    said = quote_of(client, HOURS | {"amount": "much"}, title="Shop", document=pdf())
    response = browser.post(at("desk_quote", drafted), said)
    assert response.status_code == 422
    assert list(response.context["lines"].forms[0].errors) == ["amount"]
    assert 'value="Shop"' in response.text and 'value="much"' in response.text
    assert "Please choose them again." in response.text and 'id="change" open' in response.text
    drafted.refresh_from_db()
    assert drafted.title == "Website"


def test_whoever_edits_a_draft_that_somebody_else_has_changed_is_told_and_keeps_what_was_typed(
    client, office, browser, drafted
):
    address = at("desk_quote", drafted)
    assert 'name="seen" value="1"' in office.get(address).text
    for _twice in range(2):  # The same form sent twice is no quarrel.
        assert browser.post(address, quote_of(client, title="Theirs")).status_code == 302
    refused = office.post(address, quote_of(client, title="Mine"))
    page = text_of(refused)
    assert (refused.status_code, "Somebody else has changed this draft" in page) == (409, True)
    assert 'value="Mine"' in page and "<h1>Theirs</h1>" in page
    drafted.refresh_from_db()
    assert (drafted.title, drafted.edition) == ("Theirs", 2)
    # Theirs is in view now: the same press once more writes over it.
    assert refused.context["form"]["seen"].value() == "2"
    assert office.post(address, quote_of(client, title="Mine", seen=2)).status_code == 302
    assert Quote.objects.get().title == "Mine"


def test_what_somebody_else_has_added_does_not_measure_what_one_has_typed(client, office, browser, drafted):
    address = at("desk_quote", drafted)
    logo = {"what": "Logo"}
    theirs = quote_of(client, HOURS, logo) | {"lines-INITIAL_FORMS": 1}
    assert browser.post(address, theirs).status_code == 302
    # A line left blank beside what they added is blank, and no line without a name.
    blank = quote_of(client, HOURS, {}, title="Mine") | {"lines-INITIAL_FORMS": 1}
    refused = office.post(address, blank)
    assert (refused.status_code, "Somebody else has changed this draft" in text_of(refused)) == (409, True)
    # The line that both have added is added.
    same = quote_of(client, HOURS, logo, title="Mine", seen=2) | {"lines-INITIAL_FORMS": 1}
    assert office.post(address, same).status_code == 302
    assert [line.what for line in drafted.lines.all()] == ["Website", "Logo"]


@pytest.mark.parametrize("seen", [{"seen": "1"}, {}, {"seen": "x"}, {"seen": "9" * 30}])
def test_what_its_sender_had_not_in_view_is_not_sent(client, browser, office, drafted, seen):
    browser.post(at("desk_quote", drafted), quote_of(client, title="Theirs"))
    refused = office.post(at("desk_send_quote", drafted), seen)
    page = text_of(refused)
    assert (refused.status_code, "Somebody else has changed this draft" in page) == (409, True)
    assert "<h1>Theirs</h1>" in page and not OutgoingMail.objects.exists()
    # It is shown: the same press once more sends it, and that sent twice is one.
    again = refused.context["sending"].initial
    assert again == {"seen": 2}
    for _twice in range(2):
        assert office.post(at("desk_send_quote", drafted), again).status_code == 302
    assert OutgoingMail.objects.filter(kind="support/quote_sent").count() == 1


def test_before_it_is_sent_it_says_to_whom_it_goes(client, browser, drafted):
    name_person(client=client, name="Bruno", email="bruno@example.com", role="asks", by=registrar())
    address = at("desk_quote", drafted)
    assert "It goes to anna@example.com." in text_of(browser.get(address))
    client.people.filter(role="signs").update(role="asks")
    page = text_of(browser.get(address))
    assert "Nobody signs for" in page and "It goes to" not in page


def test_it_is_sent_and_then_changed_no_more(client, browser, drafted):
    address = at("desk_quote", drafted)
    assert "Send the quote" in text_of(browser.get(address))
    assert browser.post(at("desk_send_quote", drafted), {"seen": 1}).status_code == 302
    refused = browser.post(address, quote_of(client, title="Shop"))
    assert refused.status_code == 409
    page = text_of(refused)
    assert "This quote was sent, so it is edited no more." in page and 'value="Shop"' in page
    page = text_of(browser.get(address))
    assert not any(said in page for said in ('name="title"', "Send the quote", "Change the draft"))
    assert "Withdraw the quote" in page


def test_one_whose_last_day_has_passed_is_not_sent(client, browser, desk_lead):
    quote = make_draft(client, desk_lead, valid_until=date(2026, 11, 1))
    refused = browser.post(at("desk_send_quote", quote), {"seen": 1})
    said = "The last day of this quote has passed. Give it a later one, then send it."
    assert (refused.status_code, said in text_of(refused)) == (409, True)


def test_one_that_was_sent_and_not_answered_says_when_its_last_day_has_passed(browser, sent):
    for day, said in ((sent.valid_until, False), (sent.valid_until + timedelta(days=1), True)):
        with time_machine.travel(NOW.replace(month=day.month, day=day.day), tick=False):
            browser.force_login(make_staff("consultant", email=f"on-{day}@quince.example"))
            for address in (LIST, at("desk_quote", sent)):
                assert ("its last day has passed" in text_of(browser.get(address))) is said, address


def test_one_that_was_sent_is_withdrawn_with_a_reason(browser, sent):
    refused = browser.post(at("desk_withdraw_quote", sent), {"reason": " "})
    assert refused.status_code == 409
    assert list(refused.context["withdrawing"].errors) == ["reason"]
    for _twice in range(2):
        said = {"reason": "The price was wrong."}
        assert browser.post(at("desk_withdraw_quote", sent), said).status_code == 302
    sent.refresh_from_db()
    assert sent.state == "withdrawn"
    assert "The price was wrong." in text_of(browser.get(at("desk_quote", sent)))
    assert OutgoingMail.objects.filter(kind="support/quote_withdrawn").count() == 1
    refused = browser.post(at("desk_send_quote", sent), {"seen": 1})
    assert (refused.status_code, "This quote was withdrawn." in text_of(refused)) == (409, True)


def test_what_ended_meanwhile_says_so(browser, sent):
    decline_quote(quote=sent, reason="", by=make_user("anna@example.com"), now=NOW)
    refused = browser.post(at("desk_withdraw_quote", sent), {"reason": "A mistake."})
    assert (refused.status_code, "This quote was declined already." in text_of(refused)) == (409, True)
    assert "A mistake." in text_of(refused)


@pytest.mark.parametrize("role", ["moderator", "finance", "stranger"])
def test_others_see_nothing_of_it(request, role, client_of, make, drafted):
    browser = client_of(request.getfixturevalue(role))
    assert [browser.get(each).status_code for each in (LIST, CHOOSE, make)] == [403, 403, 403]
    assert browser.get(at("desk_quote", drafted)).status_code == 404
    for name in ("desk_quote", *PRESSED):
        assert browser.post(at(name, drafted)).status_code == 404
    drafted.refresh_from_db()
    assert drafted.state == "draft"


def test_who_may_only_look_changes_nothing(client_of, client, make, drafted):
    reader = client_of(with_permissions("answer_ticket", "view_quote"))
    page = text_of(reader.get(at("desk_quote", drafted)))
    assert "Ten pages." in page and "<form" not in page.partition("<main")[2].partition("</main")[0]
    assert "Make a quote" not in text_of(reader.get(LIST))
    assert [reader.get(each).status_code for each in (CHOOSE, make)] == [403, 403]
    for address in (make, *(at(name, drafted) for name in ("desk_quote", *PRESSED))):
        assert reader.post(address, quote_of(client, reason="So.")).status_code == 403
    assert (Quote.objects.get().state, Quote.objects.get().edition) == ("draft", 1)


def test_the_quotes_to_whom_one_belongs_oneself_are_for_others(office, desk_lead, client):
    another = make_staff("desk lead", email="another-lead@quince.example")
    other, own = make_draft(client, another), make_client("Own", desk_lead.email)
    quote = make_draft(own, another)
    assert listed(office) == listed(office, q="we") == [other.pk]
    assert listed(office, q=quote.number) == []
    assert at("desk_make_quote", own) not in text_of(office.get(CHOOSE, {"q": "own"}))
    for name in ("desk_quote", "desk_quote_document"):
        assert office.get(at(name, quote)).status_code == 404
    for name in ("desk_quote", *PRESSED):
        assert office.post(at(name, quote), quote_of(own)).status_code == 404
    for method in (office.get, office.post):
        assert method(at("desk_make_quote", own), quote_of(own)).status_code == 404
    assert Quote.objects.count() == 2


def test_they_are_listed_by_what_has_become_of_them(browser, client, consultant):
    drafted, sent, accepted, declined, withdrawn = (make_draft(client, consultant) for _each in range(5))
    anna = make_user("anna@example.com")
    for quote in (sent, accepted, declined):
        send_quote(quote=quote, by=consultant, now=NOW)
    accept_quote(quote=accepted, by=anna, price_seen_cents=accepted.price_cents, now=NOW)
    decline_quote(quote=declined, reason="", by=anna, now=NOW)
    withdraw_quote(quote=withdrawn, reason="", by=consultant, now=NOW)
    of = {
        "": [withdrawn, declined, accepted, sent, drafted],
        "drafts": [drafted],
        "waiting": [sent],
        "answered": [declined, accepted],
        "withdrawn": [withdrawn],
        "none of these": [withdrawn, declined, accepted, sent, drafted],
    }
    assert {part: listed(browser, only=part) for part in of} == {
        part: [quote.pk for quote in quotes] for part, quotes in of.items()
    }
    assert f'href="{LIST}"' in text_of(browser.get(reverse("support:desk")))


def test_one_is_found_by_its_number_its_title_or_its_client(browser, client, consultant):
    first, second = make_draft(client, consultant), make_draft(client, consultant, title="A shop")
    other = make_draft(make_client("Bottega Verdi", "bruno@example.com"), consultant, title="100%_Logo")
    found = {
        first.number.lower(): [first], "shop": [second], "VERDI": [other], "bruno@": [other], "%_": [other],
        "bianchi": [second, first], "P-2026-999999": [], "nobody": [], "\0": [other, second, first],
    }  # fmt: skip
    assert {said: listed(browser, q=said) for said in found} == {
        said: [quote.pk for quote in quotes] for said, quotes in found.items()
    }
    # What is looked for stays where a part is chosen, and the other way round.
    page = text_of(browser.get(LIST, {"q": "shop", "only": "drafts"}))
    assert 'value="shop"' in page and '<input type="hidden" name="only" value="drafts">' in page
    assert "q=shop&only=waiting" in page
    assert listed(browser, q="shop", only="waiting") == []


def test_the_desks_mails_lead_to_its_own_pages(sent):
    accept_quote(quote=sent, by=make_user("anna@example.com"), price_seen_cents=sent.price_cents, now=NOW)
    mail = OutgoingMail.objects.get(kind="support/quote_accepted")
    assert at("desk_quote", sent) in mail.text
    assert "/admin/" not in letters._of_quote(sent)["desk_url"]


def test_list_and_page_cost_the_same_with_one_row_and_with_thirty(office, client, make, drafted, desk_lead):
    withdrawn = withdraw_quote(quote=make_draft(client, desk_lead), reason="", by=desk_lead, now=NOW)
    found = f"{CHOOSE}?q=example"

    def grow(number):
        make_draft(make_client(f"C{number}", f"c{number}@example.com"), desk_lead)
        drafted.lines.create(position=number + 2, kind="service", what="Logo")
        withdrawn.lines.create(position=number + 2, kind="service", what="Logo")

    pages = [LIST, found, make, at("desk_quote", drafted), at("desk_quote", withdrawn)]
    cost_the_same(office, pages, grow)
