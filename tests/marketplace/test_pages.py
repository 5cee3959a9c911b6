"""The pages of jobs and contacts: who sees what, what they show, and what they cost."""

import re
import uuid
import zoneinfo
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from billing.models import Wallet
from mail.models import OutgoingMail
from marketplace.contacts import freeze_contacts, record_homeowner_word
from marketplace.diary import write_diary
from marketplace.models import Contact, DiaryEntry, Lead
from profiles.suspensions import suspend
from tests.making import (
    buy,
    contract,
    fund,
    make_category,
    make_lead,
    make_plan,
    make_pro,
    make_province,
    make_user,
)

pytestmark = pytest.mark.django_db
PRICE = 20_000
HOUR = timedelta(hours=1)


@pytest.fixture
def now():
    """Pages read the clock, so what they show was made today."""
    return timezone.now()


@pytest.fixture
def buyer(pro, now):
    """A business with a plan and plenty of money."""
    contract(pro, now=now - timedelta(days=3), plan=make_plan("year", months=12))
    fund(pro, now=now)
    return pro


@pytest.fixture
def browser(client_of, buyer):
    return client_of(buyer)


def text_of(response) -> str:
    return response.content.decode()


def lead_page(lead) -> str:
    return reverse("marketplace:lead", kwargs={"public_id": lead.public_id})


def contact_page(contact, name="contact") -> str:
    return reverse(f"marketplace:{name}", kwargs={"public_id": contact.public_id})


def press_buy(browser, lead, price=PRICE):
    address = reverse("marketplace:buy", kwargs={"public_id": lead.public_id})
    return browser.post(address, {"price_seen_cents": price}, follow=True)


def details(lead) -> tuple[str, ...]:
    phone = lead.homeowner_phone
    return (
        lead.homeowner_name,
        lead.homeowner_email,
        phone.as_e164,
        phone.as_national,
        phone.as_international,
    )


# Who


def test_signed_out_every_page_leads_to_the_sign_in(client, buyer, now):
    (contact,) = buy(buyer, now=now)
    pages = [reverse("marketplace:feed"), reverse("marketplace:contacts"), lead_page(contact.lead)]
    for page in [*pages, contact_page(contact)]:
        response = client.get(page)
        assert (response.status_code, response.url) == (302, f"{reverse('account_login')}?next={page}")
    for name in ("diary", "outcome"):
        assert client.post(contact_page(contact, name)).url.startswith(reverse("account_login"))


def test_without_a_business_every_page_leads_to_opening_one(client_of, stranger, now):
    lead = make_lead(now=now)
    for page in (reverse("marketplace:feed"), reverse("marketplace:contacts"), lead_page(lead)):
        assert client_of(stranger).get(page).url == reverse("profiles:open")


@pytest.mark.parametrize("name", ["contact", "diary", "outcome"])
def test_somebody_elses_contact_is_not_there(client_of, buyer, other_pro, now, name):
    (contact,) = buy(buyer, now=now)
    browser = client_of(other_pro)
    send = browser.get if name == "contact" else browser.post
    assert send(contact_page(contact, name)).status_code == 404
    assert not DiaryEntry.objects.exists()


def test_a_member_sees_and_works_on_the_contacts_of_the_business(client_of, buyer, now):
    (contact,) = buy(buyer, now=now)
    member = make_user()
    buyer.members.add(member)
    assert client_of(member).get(contact_page(contact)).status_code == 200


def test_before_buying_it_says_within_which_days_a_return_can_be_asked_for(browser, now):
    assert "Ask for a return within 7 days." in text_of(browser.get(lead_page(make_lead(now=now))))


def test_a_request_that_was_never_published_is_not_there(browser, now):
    lead = make_lead(now=now, published=False)
    assert browser.get(lead_page(lead)).status_code == 404
    assert press_buy(browser, lead).status_code == 404
    assert browser.get(reverse("marketplace:lead", args=[uuid.uuid4()])).status_code == 404


@pytest.mark.parametrize("name", ["diary", "outcome"])
def test_what_changes_something_is_sent_not_followed(browser, buyer, now, name):
    (contact,) = buy(buyer, now=now)
    assert browser.get(contact_page(contact, name)).status_code == 405
    assert browser.get(reverse("marketplace:buy", args=[contact.lead.public_id])).status_code == 405


# Before buying


def test_neither_the_feed_nor_the_request_shows_the_homeowner_to_who_has_not_bought(browser, other_pro, now):
    """M5; also when somebody else has bought it."""
    contract(other_pro, now=now)
    fund(other_pro, now=now)
    leads = [make_lead(now=now), buy(other_pro, now=now)[0].lead]
    for page in [reverse("marketplace:feed"), *(lead_page(lead) for lead in leads)]:
        shown = text_of(browser.get(page))
        for lead in leads:
            assert not any(detail in shown for detail in details(lead))
    assert all(lead.title in text_of(browser.get(reverse("marketplace:feed"))) for lead in leads)


def test_the_feed_shows_what_can_be_bought_newest_first(browser, buyer, now, settings):
    settings.LEAD_PLACES = 1
    older, newer = make_lead(now=now - HOUR, title="Older job"), make_lead(now=now, title="Newer job")
    make_lead(now=now - timedelta(days=31), title="Expired job")
    make_lead(now=now, published=False, title="Waiting job")
    buy(buyer, now=now, title="My own purchase")
    rival = make_pro()
    contract(rival, now=now)
    fund(rival, now=now)
    buy(rival, now=now, title="Sold out job")
    response = browser.get(reverse("marketplace:feed"))
    assert [lead.pk for lead in response.context["page"].rows] == [newer.pk, older.pk]
    shown = text_of(response)
    assert "Newer job" in shown and "$200.00" in shown and "0 of 1 place taken" in shown


def test_the_feed_is_narrowed_by_category_and_province(browser, now):
    here = make_lead(now=now, category=make_category("gardens"), province=make_province("jalisco"))
    make_lead(now=now, category=make_category("gardens"))
    make_lead(now=now, province=make_province("jalisco"))
    response = browser.get(reverse("marketplace:feed"), {"category": "gardens", "province": "jalisco"})
    assert [lead.pk for lead in response.context["page"].rows] == [here.pk]
    # An address with something else in it is no error.
    for query in ({"category": "x' OR 1=1"}, {"older": "not-an-id"}, {"older": str(uuid.uuid4())}):
        assert browser.get(reverse("marketplace:feed"), query).status_code == 200


def test_the_feed_is_paged_by_key_without_loss_or_repetition(browser, now):
    """Also where several were published in the same instant."""
    made = [make_lead(now=now - (number // 5) * HOUR).pk for number in range(45)]
    seen, query = [], {}
    while query is not None:
        page = browser.get(reverse("marketplace:feed"), query).context["page"]
        seen += [lead.pk for lead in page.rows]
        query = {"older": page.older} if page.older else None
    assert len(seen) == 45 and sorted(seen) == sorted(made)


def test_without_a_plan_the_feed_says_what_to_do(client_of, other_pro, now):
    lead = make_lead(now=now)
    browser = client_of(other_pro)
    assert reverse("billing:plans") in text_of(browser.get(reverse("marketplace:feed")))
    shown = text_of(browser.get(lead_page(lead)))
    assert reverse("billing:plans") in shown and "price_seen_cents" not in shown


def test_suspended_the_feed_says_why_and_bought_contacts_stay(browser, buyer, moderator, now):
    (contact,) = buy(buyer, now=now)
    lead = make_lead(now=now)
    suspend(professional=buyer, reason="Untrue answers in a claim", decided_by=moderator, now=now)
    shown = text_of(browser.get(reverse("marketplace:feed")))
    assert "Untrue answers in a claim" in shown and lead.title not in shown
    assert "price_seen_cents" not in text_of(browser.get(lead_page(lead)))
    assert contact.lead.homeowner_email in text_of(browser.get(contact_page(contact)))


def test_a_request_that_is_gone_says_so_and_offers_no_button(browser, moderator, now):
    from marketplace.leads import close_lead

    lead = make_lead(now=now)
    close_lead(lead=lead, by=moderator, reason="done", now=now)
    response = browser.get(lead_page(lead))
    assert response.status_code == 200
    assert "price_seen_cents" not in text_of(response)


# Buying


def test_buying_leads_to_the_contact_with_its_details(browser, buyer, now):
    lead = make_lead(now=now)
    response = press_buy(browser, lead)
    contact = Contact.objects.get()
    assert response.redirect_chain == [(contact_page(contact), 302)]
    shown = text_of(response)
    assert all(detail in shown for detail in (lead.homeowner_name, lead.homeowner_email))
    assert lead.homeowner_phone.as_national in shown and "tel:" in shown
    assert browser.get(lead_page(lead)).url == contact_page(contact)


def test_pressing_twice_buys_once(browser, buyer, now):
    lead = make_lead(now=now)
    assert press_buy(browser, lead).redirect_chain == press_buy(browser, lead).redirect_chain
    assert Wallet.objects.get(professional=buyer).balance_cents == 1_000_000 - PRICE
    assert OutgoingMail.objects.filter(kind="marketplace/contact_bought").count() == 1


def test_a_price_that_has_changed_is_refused_and_shown_anew(browser, now):
    lead = make_lead(now=now, price_cents=25_000)
    response = press_buy(browser, lead, price=PRICE)
    assert response.redirect_chain == [(lead_page(lead), 302)]
    assert "$250.00" in text_of(response)
    assert not Contact.objects.exists()


@pytest.mark.parametrize("price", ["", "abc", "-1", "1e9", "0"])
def test_a_price_that_is_none_buys_nothing(browser, now, price):
    lead = make_lead(now=now)
    assert press_buy(browser, lead, price=price).status_code == 200
    assert not Contact.objects.exists()


def test_the_purchase_page_tells_what_it_means_for_the_guarantee(browser, now):
    assert "number 1 of" in text_of(browser.get(lead_page(make_lead(now=now))))


# After buying


def test_the_list_is_narrowed_by_outcome(browser, buyer, now, moderator):
    from marketplace.contacts import set_outcome
    from marketplace.returns import return_by_staff

    contacts = dict(
        zip(("open", "won", "lost", "no_answer", "returned"), buy(buyer, 5, now=now), strict=True)
    )
    for outcome in ("won", "lost", "no_answer"):
        reason = "price" if outcome == "lost" else ""
        set_outcome(contact=contacts[outcome], outcome=outcome, lost_reason=reason, by=buyer.owner, now=now)
    return_by_staff(contact=contacts["returned"], by=moderator, note="bad number", now=now)

    def listed(only):
        context = browser.get(reverse("marketplace:contacts"), {"only": only}).context
        return {line["contact"].pk for line in context["overdue"] + context["today"] + context["contacts"]}

    def ids(*names):
        return {contacts[name].pk for name in names}

    assert listed("open") == ids("open")
    assert listed("won") == ids("won")
    assert listed("lost") == ids("lost", "no_answer")
    assert listed("returned") == ids("returned")
    assert listed("") == listed("anything") == ids(*contacts)


def test_the_contacts_are_paged_by_key_without_loss_or_repetition(browser, buyer, now):
    made = {contact.pk for contact in buy(buyer, 45, now=now - timedelta(days=1))}
    seen, query = [], {}
    while query is not None:
        context = browser.get(reverse("marketplace:contacts"), query).context
        seen += [line["contact"].pk for line in context["overdue"] + context["today"] + context["contacts"]]
        query = {"older": context["page"].older} if context["page"].older else None
    assert made == set(seen)


def test_the_diary_is_written_on_the_contacts_page(browser, buyer, now):
    (contact,) = buy(buyer, now=now - 2 * HOUR)
    happened = timezone.localtime(now - HOUR).replace(second=0, microsecond=0)
    said = {
        "kind": "call",
        "happened_at": happened.strftime("%Y-%m-%dT%H:%M"),
        "text": "Quiere azulejo blanco.",
    }
    response = browser.post(contact_page(contact, "diary"), said, follow=True)
    assert "Quiere azulejo blanco." in text_of(response)
    entry = DiaryEntry.objects.get()
    assert (entry.happened_at, entry.written_by) == (happened, buyer.owner)
    contact.refresh_from_db()
    assert contact.first_contact_at == happened


def test_a_call_in_the_minute_of_the_purchase_was_made_after_it(browser, buyer, now):
    """The field knows no seconds."""
    bought_at = (now - HOUR).replace(second=40, microsecond=5)
    (contact,) = buy(buyer, now=bought_at)
    typed = timezone.localtime(bought_at).strftime("%Y-%m-%dT%H:%M")
    browser.post(contact_page(contact, "diary"), {"kind": "call", "happened_at": typed})
    contact.refresh_from_db()
    assert contact.first_contact_at == bought_at


def test_what_is_typed_is_read_in_the_zone_of_who_typed_it(browser, buyer, now):
    buyer.owner.time_zone = "Europe/Rome"
    buyer.owner.save()
    (contact,) = buy(buyer, now=now - 3 * HOUR)
    in_rome = (now - HOUR).astimezone(zoneinfo.ZoneInfo("Europe/Rome")).replace(second=0, microsecond=0)
    said = {"kind": "call", "happened_at": in_rome.strftime("%Y-%m-%dT%H:%M")}
    browser.post(contact_page(contact, "diary"), said)
    assert DiaryEntry.objects.get().happened_at == in_rome


@pytest.mark.parametrize(("after", "field"), [(-2 * HOUR, "happened_at"), (5 * HOUR, "happened_at")])
def test_a_time_that_cannot_be_is_refused_beside_its_field(browser, buyer, now, after, field):
    (contact,) = buy(buyer, now=now - HOUR)
    typed = timezone.localtime(contact.bought_at + after).strftime("%Y-%m-%dT%H:%M")
    response = browser.post(
        contact_page(contact, "diary"), {"kind": "call", "happened_at": typed, "text": "Hablamos"}
    )
    assert list(response.context["diary_form"].errors) == [field]
    assert "Hablamos" in text_of(response)
    assert not DiaryEntry.objects.exists()


def test_the_outcome_is_said_and_corrected_on_the_contacts_page(browser, buyer, now):
    (contact,) = buy(buyer, now=now)
    response = browser.post(contact_page(contact, "outcome"), {"outcome": "lost"})
    assert list(response.context["outcome_form"].errors) == ["lost_reason"]
    browser.post(contact_page(contact, "outcome"), {"outcome": "lost", "lost_reason": "price"})
    response = browser.post(contact_page(contact, "outcome"), {"outcome": "won"}, follow=True)
    contact.refresh_from_db()
    assert (contact.outcome, contact.lost_reason) == ("won", "")
    assert "lost, the price" in text_of(response)


def test_a_frozen_contact_says_why_its_outcome_stays(browser, buyer, now):
    (contact,) = buy(buyer, now=now)
    freeze_contacts(contacts=[contact], now=now)
    assert "part of an open claim" in text_of(browser.get(contact_page(contact)))
    response = browser.post(contact_page(contact, "outcome"), {"outcome": "won"})
    assert response.status_code == 200
    contact.refresh_from_db()
    assert contact.outcome == "open"


def test_a_returned_contact_stays_visible_and_says_so(browser, buyer, now, moderator):
    from marketplace.returns import return_by_staff

    (contact,) = buy(buyer, now=now)
    return_by_staff(contact=contact, by=moderator, note="bad number", now=now)
    shown = text_of(browser.get(contact_page(contact)))
    assert "You returned this contact" in shown and contact.lead.homeowner_name in shown
    assert contact_page(contact, "diary") not in shown


def test_what_the_homeowner_said_is_on_no_page_of_the_professional(browser, buyer, now, reviewer):
    """G2: neither the word nor that there is one; the pages are the same before and after."""
    (contact,) = buy(buyer, now=now - HOUR - timedelta(seconds=30))
    pages = [contact_page(contact), reverse("marketplace:contacts"), reverse("guarantees:overview")]

    def shown():
        tokens = r'(name="csrfmiddlewaretoken" value|nonce)="[^"]*"'
        return [re.sub(tokens, "", text_of(browser.get(page))) for page in pages]

    before = shown()
    record_homeowner_word(contact=contact, word="hired_them", by=reviewer, now=now)
    for one, other in zip(before, shown(), strict=True):
        assert "hired this business" not in other
        assert len(one) == len(other)


def test_hostile_text_is_shown_as_text(browser, buyer, now):
    hostile = "<script>alert(1)</script>"
    lead = make_lead(now=now, title=hostile, description=hostile, town=hostile, homeowner_name=hostile)
    for page in (reverse("marketplace:feed"), lead_page(lead)):
        assert hostile not in text_of(browser.get(page))
        assert "&lt;script&gt;" in text_of(browser.get(page))
    press_buy(browser, lead)
    contact = Contact.objects.get()
    write_diary(
        contact=contact, kind="note", happened_at=contact.bought_at, text=hostile, by=None, now=timezone.now()
    )
    for page in (contact_page(contact), reverse("marketplace:contacts")):
        assert hostile not in text_of(browser.get(page))


# What they cost


def queries(browser, page) -> int:
    with CaptureQueriesContext(connection) as captured:
        assert browser.get(page).status_code == 200
    return len(captured)


def test_pages_cost_the_same_with_one_row_and_with_thirty(browser, buyer, now):
    make_lead(now=now)
    (contact,) = buy(buyer, now=now - HOUR)
    pages = [reverse("marketplace:feed"), reverse("marketplace:contacts"), contact_page(contact)]

    def write(number):
        for minute in range(number):
            moment = contact.bought_at + timedelta(minutes=minute)
            write_diary(contact=contact, kind="call", happened_at=moment, text="", by=buyer.owner, now=now)

    write(1)
    for page in pages:
        browser.get(page)
    with_one = [queries(browser, page) for page in pages]
    for _ in range(29):
        make_lead(now=now)
    buy(buyer, 29, now=now - HOUR)
    write(20)  # As many as a day allows.
    assert Lead.objects.count() == 60
    assert [queries(browser, page) for page in pages] == with_one
    assert max(with_one) <= 20


def test_buying_over_http_takes_few_statements(browser, now):
    lead = make_lead(now=now)
    address = reverse("marketplace:buy", kwargs={"public_id": lead.public_id})
    with CaptureQueriesContext(connection) as captured:
        browser.post(address, {"price_seen_cents": PRICE})
    statements = [q for q in captured if not q["sql"].startswith(("BEGIN", "COMMIT", "SAVEPOINT", "RELEASE"))]
    assert len(statements) <= 18
