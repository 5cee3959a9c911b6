"""M2: the queue, likely duplicates beside each other, blocked senders, rejection told, details marked (M5, X4)."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from mail.models import OutgoingMail
from marketplace.duplicates import NEAR, duplicates_of, marked, next_in_queue
from marketplace.errors import MarketplaceError
from marketplace.grounds import REJECTING, TOLD, Ground
from marketplace.leads import reject_lead
from marketplace.models import BlockedSender, Lead, PriceRule
from marketplace.senders import block_sender, lift_block
from tests.making import NOW, make_category, make_lead, make_staff

pytestmark = pytest.mark.django_db
LIST = "admin:marketplace_lead_changelist"
MAIL, PHONE = "ana.lopez@gmail.com", "+525555999999"


def page(name, *args) -> str:
    return reverse(f"admin:marketplace_{name}", args=args)


def text_of(response) -> str:
    assert response.status_code == 200
    return response.content.decode()


def waiting(**fields) -> Lead:
    return make_lead(published=False, **fields)


@pytest.mark.parametrize(
    ("changes", "likely"),
    [
        ({"homeowner_email": "Ana.Lopez+bano@gmail.com"}, True),
        ({"homeowner_email": "analopez@gmail.com"}, True),
        ({"homeowner_phone": PHONE}, True),
        ({}, False),
        ({"homeowner_email": MAIL, "category": "gardens"}, False),
        ({"homeowner_email": MAIL, "now": NOW - NEAR}, True),
        ({"homeowner_email": MAIL, "now": NOW - NEAR - timedelta(seconds=1)}, False),
        ({"homeowner_email": MAIL, "now": NOW + NEAR}, True),
        ({"homeowner_email": MAIL, "now": NOW + NEAR + timedelta(seconds=1)}, False),
    ],
)
def test_a_likely_duplicate_has_the_same_mail_or_telephone_and_category_within_thirty_days(changes, likely):
    lead = waiting(homeowner_email=MAIL, homeowner_phone=PHONE)
    if "category" in changes:
        changes = changes | {"category": make_category(changes["category"])}
    other = waiting(**changes)
    assert list(duplicates_of(lead)) == [other] * likely
    assert [each.is_duplicate for each in marked(Lead.objects.order_by("id"))] == [likely] * 2


def test_an_unconfirmed_request_is_nobodys_duplicate_and_never_in_the_queue(client_of, moderator):
    lead = waiting(homeowner_email=MAIL)
    other = waiting(homeowner_email=MAIL, title="Sin confirmar")
    Lead.objects.filter(pk=other.pk).update(state="unconfirmed")
    assert not duplicates_of(lead).exists()
    assert "Sin confirmar" not in text_of(client_of(moderator).get(reverse(LIST)))
    assert "Sin confirmar" in text_of(client_of(moderator).get(reverse(LIST), {"state": "unconfirmed"}))


def test_likely_duplicates_stand_beside_each_other_with_what_differs(client_of, moderator):
    lead = waiting(homeowner_email=MAIL, title="Un baño", description="Con regadera.")
    other = waiting(homeowner_email=MAIL, title="El baño", description="Con regadera.", town="Tlalpan")
    shown = text_of(client_of(moderator).get(page("lead_change", lead.pk)))
    assert "El baño" in shown and page("lead_change", other.pk) in shown
    assert "title, town, telephone" in shown


def test_found_details_are_marked_and_what_is_written_is_escaped(client_of, moderator):
    lead = waiting(description="<script>x</script> al 55 1234 5678 <b>ya</b>")
    shown = text_of(client_of(moderator).get(page("lead_change", lead.pk)))
    assert "&lt;script&gt;x&lt;/script&gt; al <mark>55 1234 5678</mark> &lt;b&gt;ya&lt;/b&gt;" in shown


def test_a_number_spread_over_title_and_description_is_marked_in_both(client_of, moderator):
    lead = waiting(title="Pintar la sala 55 1234", description="5678 es mi número")
    shown = text_of(client_of(moderator).get(page("lead_change", lead.pk)))
    assert "Pintar la sala <mark>55 1234</mark>" in shown and "<mark>5678</mark> es mi número" in shown


def test_the_queue_shows_the_marks_and_filters_by_them(client_of, moderator):
    twice = [waiting(homeowner_email=MAIL, title=f"Doble {number}") for number in range(2)]
    told = waiting(title="Con teléfono 55 1234 5678")
    spam = waiting(title="Molesto")
    block_sender(lead=spam, by_mail=True, by_phone=False, by=moderator, reason="Spam.", now=NOW)
    browser = client_of(moderator)
    for mark, expected in (
        ("duplicate", twice),
        ("details", [told]),
        ("blocked", [spam]),
        ("", [*twice, told, spam]),
    ):
        found = browser.get(reverse(LIST), {"mark": mark} if mark else {}).context["cl"].result_list
        assert list(found) == expected, mark


def test_the_queue_costs_the_same_with_one_row_and_with_thirty(client_of, moderator):
    browser = client_of(moderator)

    def cost(address) -> int:
        browser.get(address)
        with CaptureQueriesContext(connection) as captured:
            assert browser.get(address).status_code == 200
        return len(captured)

    lead = waiting(homeowner_email=MAIL)
    waiting(homeowner_email=MAIL)
    pages = [reverse(LIST), page("lead_change", lead.pk)]
    with_one = [cost(address) for address in pages]
    for _number in range(29):
        waiting(homeowner_email=MAIL)
    assert [cost(address) for address in pages] == with_one


def test_after_a_decision_comes_the_next_that_waits(client_of, moderator):
    PriceRule.objects.create(price_cents=100)
    first, second, third = [waiting(now=NOW + timedelta(hours=hour)) for hour in range(3)]
    assert [next_in_queue(lead) for lead in (first, second, third)] == [second, third, first]
    browser = client_of(moderator)
    for lead, following in ((second, third), (third, first), (first, first)):
        response = browser.post(page("lead_decide", lead.pk), {"decision": "published"})
        assert response.headers["Location"] == page("lead_change", following.pk)


@pytest.mark.parametrize("ground", [ground for ground in REJECTING if ground in TOLD])
def test_a_rejection_is_told_to_the_homeowner_with_its_ground(client_of, moderator, ground):
    lead = waiting(language="en")
    said = {"decision": "rejected", "ground": ground, "reason": ""}
    client_of(moderator).post(page("lead_decide", lead.pk), said)
    mail = OutgoingMail.objects.get(kind="marketplace/lead_rejected")
    assert mail.recipient == lead.homeowner_email
    assert str(TOLD[ground]) in mail.text and "ask again" in mail.text
    event = lead.events.latest("id")
    assert (event.ground, event.reason) == (ground, "")
    assert str(ground.label) in client_of(moderator).get(page("lead_change", lead.pk)).text


def test_a_rejection_with_words_tells_these_and_twice_is_once(moderator):
    lead = waiting(language="en")
    for _time in range(2):
        reject_lead(lead=lead, by=moderator, ground="no_job", reason="We do not sell.", now=NOW)
    mail = OutgoingMail.objects.get(kind="marketplace/lead_rejected")
    assert "We do not sell." in mail.text and str(TOLD[Ground.NO_JOB]) in mail.text


@pytest.mark.parametrize("ground", ["", "other", "invented"])
def test_without_a_ground_a_reason_is_needed(moderator, ground):
    with pytest.raises(MarketplaceError) as caught:
        reject_lead(lead=waiting(), by=moderator, ground=ground, reason=" ", now=NOW)
    assert caught.value.code == "reason_missing"


def test_a_blocked_senders_next_request_is_flagged_and_not_refused(client_of, moderator):
    lead = waiting(homeowner_email=MAIL)
    said = {"mail": "on", "phone": "on", "reason": "Llama para molestar."}
    client_of(moderator).post(page("lead_block", lead.pk), said)
    again = waiting(homeowner_email="ana.lopez+otra@gmail.com", title="Otra vez")
    shown = text_of(client_of(moderator).get(page("lead_change", again.pk)))
    assert "Blocked sender" in shown and "Llama para molestar." in shown
    assert again.state == "waiting"
    rows = BlockedSender.objects.order_by("id").values_list("email_key", "phone", "blocked_by", "reason")
    assert [(key, str(phone), who, why) for key, phone, who, why in rows] == [
        ("analopez@gmail.com", "", moderator.pk, "Llama para molestar."),
        ("", str(lead.homeowner_phone), moderator.pk, "Llama para molestar."),
    ]


def test_a_block_is_lifted_with_its_reason_and_the_row_stays(client_of, moderator):
    """X4: who, when, why, of both."""
    lead = waiting(homeowner_email=MAIL)
    (block,) = block_sender(lead=lead, by_mail=True, by_phone=False, by=moderator, reason="Spam.", now=NOW)
    browser, address = client_of(moderator), page("blockedsender_lift", block.pk)
    assert "Write the reason" in text_of(browser.post(address, {"reason": " "}, follow=True))
    assert "Lifted" in text_of(browser.post(address, {"reason": "Era su vecina."}, follow=True))
    block.refresh_from_db()
    assert (block.lifted_by, block.lift_reason, block.reason) == (moderator, "Era su vecina.", "Spam.")
    assert not marked(Lead.objects.all()).get().is_blocked
    lift_block(block=block, by=make_staff("moderator", email="m2@quince.example"), reason="Again.", now=NOW)
    block.refresh_from_db()
    assert block.lift_reason == "Era su vecina."
    (again,) = block_sender(lead=lead, by_mail=True, by_phone=False, by=moderator, reason="Vuelve.", now=NOW)
    assert again.pk != block.pk


@pytest.mark.parametrize(
    ("said", "code"),
    [
        ({"by_mail": False, "by_phone": False, "reason": "Spam."}, "nothing_chosen"),
        ({"by_mail": True, "by_phone": False, "reason": " "}, "reason_missing"),
    ],
)
def test_a_block_says_whom_and_why(moderator, said, code):
    with pytest.raises(MarketplaceError) as caught:
        block_sender(lead=waiting(), by=moderator, now=NOW, **said)
    assert caught.value.code == code


def test_the_database_holds_one_standing_block_per_sender(moderator):
    fields = {"reason": "Spam.", "blocked_by": moderator, "blocked_at": NOW}
    BlockedSender.objects.create(email_key=MAIL, **fields)
    for wrong in ({"email_key": MAIL}, {}, {"email_key": "x@example.com", "phone": PHONE}):
        with pytest.raises(IntegrityError), transaction.atomic():
            BlockedSender.objects.create(**wrong, **fields)


@pytest.mark.parametrize("role", ["reviewer", "finance", "consultant"])
def test_other_roles_block_nobody(client_of, role):
    lead = waiting()
    said = {"mail": "on", "reason": "x"}
    assert client_of(make_staff(role)).post(page("lead_block", lead.pk), said).status_code == 403
    assert not BlockedSender.objects.exists()


def test_staff_who_may_not_see_homeowners_read_the_mark_as_well(client_of):
    """M5: on the page, in the list, and by searching."""
    from django.contrib.auth.models import Permission

    lead = waiting(title="Baño 55 1234 5678", description="Al 55 1234 5678")
    limited = make_staff("finance")
    limited.user_permissions.add(Permission.objects.get(codename="view_lead"))
    browser = client_of(limited)
    for address in (page("lead_change", lead.pk), reverse(LIST)):
        shown = text_of(browser.get(address))
        assert "•••" in shown and "1234" not in shown
    assert browser.get(reverse(LIST), {"q": "1234"}).context["cl"].result_count == 0


def test_before_buying_a_business_reads_the_mark_and_after_it_the_words(client_of, pro):
    """M5: feed, page and title; whoever bought reads what was written."""
    from marketplace.contacts import buy_contact
    from tests.making import contract, fund

    contract(pro)
    fund(pro)
    lead = make_lead(
        title="Baño, 55 1234 5678", town="Coyoacán, escribe a a@b.com", description="Al 55 1234 5678"
    )
    browser = client_of(pro)
    import time_machine

    with time_machine.travel(NOW, tick=False):
        for address in (reverse("marketplace:feed"), reverse("marketplace:lead", args=[lead.public_id])):
            shown = text_of(browser.get(address))
            assert "•••" in shown and "1234" not in shown and "a@b.com" not in shown
        contact = buy_contact(professional=pro, lead=lead, price_seen_cents=20_000, now=NOW)
        shown = text_of(browser.get(reverse("marketplace:contact", args=[contact.public_id])))
    assert "Al 55 1234 5678" in shown and "•••" not in shown


def test_the_preview_says_which_rule_wins_with_and_without_the_one_being_written(client_of, finance):
    """M3."""
    category = make_category()
    from tests.making import make_province

    province = make_province()
    general = PriceRule.objects.create(price_cents=10_000)
    written = {"category": category.pk, "province": "", "size": "", "price": "250"}
    response = client_of(finance).post(page("pricerule_preview"), written | {"for_province": province.pk})
    seen = response.context["preview"]
    assert [(each.price_cents, each.wins) for each in seen.before] == [(10_000, True)]
    assert [(each.price_cents, each.wins, each.proposed) for each in seen.after] == [
        (25_000, True, True),
        (10_000, False, False),
    ]
    assert PriceRule.objects.get() == general
    edited = client_of(finance).post(
        page("pricerule_preview"), {"price": "90", "editing": general.pk, "for_category": category.pk}
    )
    assert [each.price_cents for each in edited.context["preview"].after] == [9_000]
    alike = client_of(finance).post(page("pricerule_preview"), {"price": "90", "for_category": category.pk})
    assert "There is already a rule" in text_of(alike)


def test_rules_that_never_win_and_what_nothing_prices_are_listed(client_of, finance):
    from tests.making import make_province

    make_province()
    PriceRule.objects.create(category=make_category("gardens"), price_cents=100)
    make_category("roofs")
    shown = client_of(finance).get(page("pricerule_preview")).context["survey"]
    assert shown.idle == [] and [category for category, _places in shown.unpriced] == ["Roofs"]
    PriceRule.objects.create(category=make_category("roofs"), price_cents=100)
    PriceRule.objects.create(price_cents=50)
    shown = client_of(finance).get(page("pricerule_preview")).context["survey"]
    assert (shown.idle, shown.unpriced) == (["*"], [])
