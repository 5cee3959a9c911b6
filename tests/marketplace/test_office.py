"""The office of requests, prices and contacts: who may see and do what there."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from marketplace.asking import confirm_lead
from marketplace.diary import write_diary
from marketplace.leads import correct_lead
from marketplace.models import Category, Contact, Lead, PriceRule
from marketplace.returns import ask_return
from tests.making import (
    NOW,
    buy,
    contract,
    fund,
    make_category,
    make_lead,
    make_province,
    make_review,
    make_staff,
)

pytestmark = pytest.mark.django_db
LIST = "admin:marketplace_lead_changelist"


@pytest.fixture
def contacts(pro):
    contract(pro)
    fund(pro)
    return buy(pro, 2)


def page(name, *args) -> str:
    return reverse(f"admin:marketplace_{name}", args=args)


def text_of(response) -> str:
    assert response.status_code == 200
    return response.content.decode()


def decide(browser, lead, decision, reason=""):
    address = page("lead_decide", lead.pk)
    return browser.post(address, {"decision": decision, "reason": reason}, follow=True)


ENTRY = {
    "town": "Coyoacán",
    "title": "Pintar una casa",
    "description": "Tres recámaras.",
    "size": "large",
    "timing": "month",
    "budget_cents": "12,500.50",
    "homeowner_name": "Lucía Fernández",
    "homeowner_email": "lucia@example.com",
    "homeowner_phone": "55 5512 3456",
    "language": "es-mx",
}


def test_a_moderator_enters_corrects_and_publishes_a_request(client_of, moderator):
    browser = client_of(moderator)
    PriceRule.objects.create(price_cents=20_000)
    places = {"category": make_category().pk, "province": make_province().pk}
    entry = ENTRY | {"budget_cents": "12500.50"}
    response = browser.post(page("lead_add"), entry | places, follow=True)
    lead = Lead.objects.get()
    assert "Entered" in text_of(response)
    assert (lead.budget_cents, str(lead.homeowner_phone), lead.state) == (
        1_250_050,
        "+525555123456",
        "unconfirmed",
    )
    assert "waiting for its mail" in decide(browser, lead, "published").text
    confirm_lead(lead, lead.created_at)
    # As money is written, with both decimals.
    assert 'value="12500.50"' in browser.get(page("lead_change", lead.pk)).text
    browser.post(page("lead_change", lead.pk), entry | places | {"size": "small"})
    assert "Published" in text_of(decide(browser, lead, "published"))
    lead.refresh_from_db()
    assert (lead.state, lead.size, lead.price_cents) == ("published", "small", 20_000)
    assert [event.actor for event in lead.events.all()] == [moderator, None, moderator, moderator]


def test_an_entry_that_is_refused_is_shown_again_with_what_was_typed(client_of, moderator):
    places = {"category": make_category().pk, "province": make_province().pk}
    typed = ENTRY | places | {"homeowner_phone": "12", "budget_cents": "-1"}
    response = client_of(moderator).post(page("lead_add"), typed)
    assert set(response.context["form"].errors) >= {"homeowner_phone"}
    assert "Pintar una casa" in text_of(response)
    assert not Lead.objects.exists()


def test_a_refusal_is_shown_and_changes_nothing(client_of, moderator):
    browser = client_of(moderator)
    lead = make_lead(published=False)
    assert "No price rule fits" in decide(browser, lead, "published").text
    assert "Write the reason" in decide(browser, lead, "rejected").text
    assert "Choose what to do" in decide(browser, lead, "sold").text
    lead.refresh_from_db()
    assert lead.state == "waiting"


def test_several_are_published_at_once_and_one_that_cannot_be_holds_up_none(client_of, moderator):
    PriceRule.objects.create(category=make_category(), price_cents=20_000)
    good = [make_lead(published=False) for _ in range(2)]
    bad = make_lead(published=False, category=make_category("gardens"))
    chosen = {"action": "publish_chosen", "_selected_action": [lead.pk for lead in [*good, bad]]}
    shown = text_of(client_of(moderator).post(reverse(LIST), chosen, follow=True))
    assert "Published: 2." in shown and "No price rule fits" in shown
    assert Lead.objects.filter(state="published").count() == 2


@pytest.mark.parametrize("role", ["reviewer", "finance", "consultant"])
def test_other_roles_publish_nothing(client_of, role):
    lead = make_lead(published=False)
    assert decide(client_of(make_staff(role)), lead, "published").status_code == 403
    lead.refresh_from_db()
    assert lead.state == "waiting"


@pytest.mark.parametrize("name", ["lead_changelist", "contact_changelist", "pricerule_changelist"])
def test_professionals_and_strangers_do_not_get_in(client, client_of, pro, stranger, name):
    for browser in (client, client_of(pro), client_of(stranger)):
        assert browser.get(page(name)).status_code in (302, 403)


def test_homeowners_details_need_their_own_permission(client_of, contacts):
    """M5: neither shown nor found by searching."""
    from django.contrib.auth.models import Permission

    lead = contacts[0].lead
    details = (lead.homeowner_name, lead.homeowner_email, lead.homeowner_phone.as_national)
    trusted = make_staff("moderator")
    limited = make_staff("finance")
    limited.user_permissions.add(
        *Permission.objects.filter(
            codename__in=["view_lead", "view_contact"], content_type__app_label="marketplace"
        )
    )
    for name, pk in (("lead_change", lead.pk), ("contact_change", contacts[0].pk)):
        assert all(detail in text_of(client_of(trusted).get(page(name, pk))) for detail in details)
        assert not any(detail in text_of(client_of(limited).get(page(name, pk))) for detail in details)
    search = {"q": lead.homeowner_email, "state": "all"}
    assert client_of(trusted).get(reverse(LIST), search).context["cl"].result_count == 1
    assert client_of(limited).get(reverse(LIST), search).context["cl"].result_count == 0


def test_a_contact_is_looked_at_and_not_edited(client_of, contacts):
    browser = client_of(make_staff("reviewer"))
    before = list(Contact.objects.values())
    response = browser.post(page("contact_change", contacts[0].pk), {"outcome": "won", "price_cents": "1"})
    assert response.status_code == 200
    assert browser.post(page("contact_delete", contacts[0].pk), {"post": "yes"}).status_code == 403
    assert browser.get(page("contact_add")).status_code == 403
    assert list(Contact.objects.values()) == before


def test_a_reviewer_records_what_the_homeowner_said_and_a_moderator_does_not_see_it(
    client_of, contacts, reviewer, moderator
):
    """G2."""
    address = page("contact_word", contacts[0].pk)
    response = client_of(reviewer).post(address, {"word": "hired_other"}, follow=True)
    assert "Recorded" in text_of(response)
    contacts[0].refresh_from_db()
    assert contacts[0].homeowner_word == "hired_other"
    seen_by = {
        who: "hired somebody else" in text_of(client_of(who).get(page("contact_change", contacts[0].pk)))
        for who in (reviewer, moderator)
    }
    assert seen_by == {reviewer: True, moderator: False}
    assert client_of(moderator).post(address, {"word": "hired_them"}).status_code == 403


def test_a_price_is_entered_as_people_write_it_and_two_alike_are_refused(client_of, finance):
    browser = client_of(finance)
    category = make_category()
    rule = {"category": category.pk, "province": "", "size": "", "price": "249.90"}
    browser.post(page("pricerule_add"), rule)
    assert PriceRule.objects.get().price_cents == 24_990
    again = browser.post(page("pricerule_add"), rule | {"price": "300"})
    assert "There is already a rule" in text_of(again)
    assert PriceRule.objects.count() == 1
    browser.post(page("pricerule_change", PriceRule.objects.get().pk), rule | {"price": "260"})
    assert PriceRule.objects.get().price_cents == 26_000
    assert PriceRule.history.count() == 2


def test_lists_cost_the_same_with_one_row_and_with_thirty(client_of, pro, moderator, finance):
    contract(pro)
    fund(pro)
    buy(pro)
    PriceRule.objects.create(category=make_category("one"), price_cents=100)
    pages = {
        reverse(LIST) + "?state=all": moderator,
        page("contact_changelist"): moderator,
        page("pricerule_changelist"): finance,
    }

    def cost(address, who):
        browser = client_of(who)
        browser.get(address)
        with CaptureQueriesContext(connection) as captured:
            assert browser.get(address).status_code == 200
        return len(captured)

    with_one = [cost(*each) for each in pages.items()]
    buy(pro, 29, now=NOW + timedelta(hours=1))
    for number in range(29):
        PriceRule.objects.create(category=make_category(f"trade-{number}"), price_cents=100)
    assert Category.objects.count() > 29
    assert [cost(*each) for each in pages.items()] == with_one


def test_a_telephone_shared_with_the_business_is_a_signal_in_the_office(client_of, contacts, pro, moderator):
    """A telephone proves nothing, so it stops no purchase (M4); who looks at the contact is told."""
    own, other = contacts
    pro.phone = own.lead.homeowner_phone
    pro.save()
    told = [
        "the business has the same telephone"
        in text_of(client_of(moderator).get(page("contact_change", each.pk)))
        for each in (own, other)
    ]
    assert told == [True, False]


WRITTEN, KEPT = "No es\x00 real.\x07\r\n\u202eNadie.  ", "No es real.\nNadie."


def test_what_the_office_types_is_made_fit_to_keep(client_of, contacts, pro, moderator):
    """PostgreSQL keeps no NUL: an address of the office sent one and was answered with an error."""
    browser, lead = client_of(moderator), make_lead(published=False)
    review = make_review(pro, published=False)
    asked = ask_return(
        contact=contacts[0], reason="duplicate", explanation="The same as last week.", by=pro.owner, now=NOW
    )
    for text, kept in (("x" * 2001, []), (WRITTEN, [KEPT])):
        decide(browser, lead, "rejected", text)
        browser.post(page("review_decide", review.pk), {"decision": "rejected", "reason": text})
        browser.post(page("returnrequest_decide", asked.pk), {"decision": "refuse", "note": text})
        for row, state in ((lead, "rejected"), (review, "rejected"), (asked, "refused")):
            assert [event.reason for event in row.events.filter(to_state=state)] == kept


def test_a_request_keeps_no_controls(moderator):
    lead = make_lead(
        published=False,
        title=" Un\x07 baño\n",
        description=WRITTEN,
        town="Coyoacán\u202e",
        homeowner_name="A\x00na",
    )
    lead.refresh_from_db()
    assert (lead.title, lead.description, lead.town, lead.homeowner_name) == (
        "Un baño", KEPT, "Coyoacán", "Ana"
    )  # fmt: skip
    correct_lead(lead=lead, by=moderator, now=NOW, description=KEPT + "\x00")
    assert lead.events.count() == 2
    correct_lead(lead=lead, by=moderator, now=NOW, title="Dos\x00 baños")
    lead.refresh_from_db()
    assert lead.title == "Dos baños"


RAW = ("5598765432", "juan@ejemplo.mx")


def test_staff_without_the_permission_read_of_contacts_and_returns_what_strangers_read(client_of, pro):
    """M5: titles, towns, descriptions, diaries and what the business wrote hold contact details too."""
    from django.contrib.auth.models import Permission

    contract(pro)
    fund(pro)
    (contact,) = buy(
        pro,
        title=f"Pintar, llamar al {RAW[0]}",
        town="Centro, juan@ejemplo.mx",
        description="Mi correo: juan@ejemplo.mx",
    )
    write_diary(contact=contact, kind="note", happened_at=NOW, text=f"Otro: {RAW[0]}", by=None, now=NOW)
    asked = ask_return(
        contact=contact, reason="duplicate", explanation=f"Ya tenemos {RAW[0]}", by=pro.owner, now=NOW
    )
    review = make_review(contact, published=False)
    clerk, trusted = make_staff("finance"), make_staff("moderator")
    codes = ["view_lead", "view_contact", "view_returnrequest", "view_review"]
    clerk.user_permissions.add(
        *Permission.objects.filter(codename__in=codes, content_type__app_label="marketplace")
    )
    pages = [
        page("contact_changelist"),
        page("contact_change", contact.pk),
        page("returnrequest_changelist"),
        page("returnrequest_change", asked.pk),
        page("review_changelist"),
        page("review_change", review.pk),
    ]
    seen = {
        who: [any(detail in text_of(client_of(who).get(each)) for detail in RAW) for each in pages]
        for who in (clerk, trusted)
    }
    assert seen == {clerk: [False] * 6, trusted: [False, True, False, True, False, False]}
    for name in ("contact_changelist", "returnrequest_changelist"):
        found = [
            client_of(who).get(page(name), {"q": query}).context["cl"].result_count
            for query in (RAW[0], contact.lead.masked_title)
            for who in (clerk, trusted)
        ]
        assert found == [0, 0, 1, 1]


def test_what_the_office_typed_is_still_there_when_it_was_refused(client_of, moderator, pro):
    """Only the messages of the gateway kept it."""
    browser = client_of(moderator)
    lead, review = make_lead(published=False), make_review(pro)
    long = "No es real. " * 200
    refused = decide(browser, lead, "rejected", long)
    assert (refused.status_code, f"{long}</textarea>" in refused.text) == (409, True)
    sent = {"reason": "Spam, otra vez.", "phone": "on"}
    with_nothing = browser.post(page("lead_block", lead.pk), {"reason": "Spam, otra vez."})
    assert (with_nothing.status_code, "Spam, otra vez.</textarea>" in with_nothing.text) == (409, True)
    too_long = browser.post(page("lead_block", lead.pk), sent | {"reason": long})
    assert 'name="phone" checked' in too_long.text and 'name="mail" checked' not in too_long.text
    again = browser.post(page("review_decide", review.pk), {"decision": "rejected", "reason": "Insulta."})
    assert (again.status_code, "Insulta.</textarea>" in again.text) == (409, True)
