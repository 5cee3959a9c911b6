"""The pages of a professional's balance, plan and invoices."""

from datetime import date, timedelta
from uuid import uuid4

import pytest
import time_machine
from django.urls import reverse

from billing.forms import CustomerForm
from billing.models import Customer, Invoice, Plan, Subscription, WalletEntry
from billing.subscriptions import announce_renewals, cancel_plan
from billing.top_ups import correct_balance
from billing.wallet import credit, debit
from tests.making import NOW, at, buy, contract, fund, make_plan, make_user, pay, renew

OVERVIEW = reverse("billing:overview")
# What the page of the plan sends: the price that it showed.
SEEN = {"price_seen_cents": "49900"}


@pytest.fixture(autouse=True)
def clock():
    with time_machine.travel(NOW, tick=False) as traveller:
        yield traveller


@pytest.fixture
def browser(pro, client_of):
    return client_of(pro)


@pytest.fixture
def member(pro):
    user = make_user("member@example.com")
    pro.members.add(user)
    return user


def text_of(response):
    return " ".join(response.content.decode().split())


PAGES = [
    "billing:overview",
    "billing:plans",
    "billing:contract",
    "billing:cancel",
    "billing:invoices",
    "billing:invoice",
    "billing:details",
]


def address_of(name):
    if name == "billing:contract":
        return reverse(name, args=[make_plan().code])
    if name == "billing:invoice":
        return reverse(name, args=[Invoice.objects.first().public_id])
    return reverse(name)


@pytest.mark.parametrize("name", PAGES)
def test_signed_out_leads_to_signing_in_and_back(pro, client, name):
    contract(pro)
    address = address_of(name)
    response = client.get(address)
    assert (response.status_code, response.url) == (302, f"{reverse('account_login')}?next={address}")


@pytest.mark.parametrize("name", PAGES)
def test_without_a_business_it_leads_to_opening_one(pro, stranger, client_of, name):
    contract(pro)
    response = client_of(stranger).get(address_of(name))
    assert (response.status_code, response.url) == (302, reverse("profiles:open"))


@pytest.mark.parametrize("name", PAGES)
def test_the_owner_sees_it(pro, browser, name):
    contract(pro)
    assert browser.get(address_of(name)).status_code == 200


@pytest.mark.parametrize("name", PAGES)
def test_a_member_looks_but_only_the_owner_acts(pro, member, client_of, name):
    contract(pro)
    acts = name in ("billing:contract", "billing:cancel", "billing:details")
    assert client_of(member).get(address_of(name)).status_code == (403 if acts else 200)
    if acts:
        assert client_of(member).post(address_of(name)).status_code == 403
    page = text_of(client_of(member).get(OVERVIEW))
    assert reverse("billing:cancel") not in page
    assert client_of(member).post(reverse("billing:keep")).status_code == 403


def test_somebody_elses_invoice_is_not_there(pro, other_pro, browser):
    contract(other_pro)
    assert browser.get(reverse("billing:invoice", args=[Invoice.objects.get().public_id])).status_code == 404
    assert browser.get(reverse("billing:invoice", args=[uuid4()])).status_code == 404


def test_before_anything_the_page_says_what_to_do(browser):
    page = text_of(browser.get(OVERVIEW))
    assert "You have no plan yet." in page
    assert "Nothing has moved yet." in page
    assert "MX$0.00" in page


class TestStatement:
    def test_every_entry_says_where_it_comes_from_and_what_it_left(self, pro, browser, finance):
        wallet = fund(pro, 10_000)
        kinds = WalletEntry.Kind
        debit(wallet=wallet, amount_cents=4_000, kind=kinds.PURCHASE, cause="contact:gone", now=NOW)
        credit(wallet=wallet, amount_cents=1_500, kind=kinds.REFUND, cause="claim:gone", now=NOW)
        correct_balance(professional=pro, amount_cents=-1, reason="a secret", by=finance, now=NOW)
        response = browser.get(OVERVIEW)
        assert [entry.balance_after_cents for entry in response.context["page"]] == [
            7_499,
            7_500,
            6_000,
            10_000,
        ]
        page = text_of(response)
        for said in ("Contact bought", "Guarantee refund", "Correction"):
            assert said in page
        for said in ("MX$100.00", "−MX$40.00", "MX$60.00", "MX$15.00", "−MX$0.01", "MX$74.99", "Top-up"):
            assert said in page
        assert "a secret" not in page

    def test_it_leads_to_what_was_bought(self, pro, browser):
        contract(pro)
        fund(pro)
        (contact,) = buy(pro)
        address = reverse("marketplace:contact", args=[contact.public_id])
        words = f'<a href="{address}">Contact bought: {contact.lead.title}</a>'
        assert words in text_of(browser.get(OVERVIEW))

    def test_a_cause_without_a_page_is_no_link(self, pro, browser):
        wallet = fund(pro, 10_000)
        debit(
            wallet=wallet, amount_cents=1, kind=WalletEntry.Kind.PURCHASE, cause="contact:not-an-id", now=NOW
        )
        response = browser.get(OVERVIEW)
        assert response.status_code == 200
        assert "not-an-id" not in text_of(response)

    def test_nobody_elses_entries_are_on_it(self, pro, other_pro, browser):
        fund(other_pro, 99_999)
        fund(pro, 1)
        assert [entry.amount_cents for entry in browser.get(OVERVIEW).context["page"]] == [1]

    def test_it_is_read_in_pages_at_one_cost(self, pro, browser, django_assert_num_queries):
        contract(pro)
        wallet = fund(pro, 1_000)
        browser.get(OVERVIEW)
        with django_assert_num_queries(13):
            browser.get(OVERVIEW)
        for number in range(29):
            credit(
                wallet=wallet,
                amount_cents=1,
                kind=WalletEntry.Kind.RETURN,
                cause=f"contact:{number}",
                now=NOW,
            )
        with django_assert_num_queries(13):
            first = browser.get(OVERVIEW)
        second = browser.get(OVERVIEW, {"page": 2})
        assert [len(response.context["page"]) for response in (first, second)] == [25, 5]
        assert second.context["page"][-1].kind == "top_up"


class TestPlan:
    def test_the_catalogue_shows_what_is_offered(self, browser):
        make_plan("basic", price_cents=49_900)
        Plan.objects.create(code="old", name_en="Antique", price_cents=1, offered="no_longer")
        page = text_of(browser.get(reverse("billing:plans")))
        assert "MX$499.00" in page
        assert "Antique" not in page

    def test_members_are_not_sent_to_what_only_the_owner_does(self, browser, member, client_of):
        make_plan("basic")
        address, said = reverse("billing:contract", args=["basic"]), "Only the owner contracts a plan."
        for reader, acts in ((browser, True), (client_of(member), False)):
            page = text_of(reader.get(reverse("billing:plans")))
            assert (address in page, said in page) == (acts, not acts)

    def test_before_contracting_everything_is_said(self, browser):
        make_plan("basic", price_cents=49_900)
        page = text_of(browser.get(reverse("billing:contract", args=["basic"])))
        for said in (
            "MX$499.00",
            "Jan. 10, 2026",
            "Feb. 9, 2026",
            "within 7 days",
            "It renews by itself.",
            "3 days before",
        ):
            assert said in page
        assert "Cancel the plan" in page
        assert not Subscription.objects.exists()

    def test_contracting(self, pro, browser):
        make_plan("basic")
        response = browser.post(reverse("billing:contract", args=["basic"]), SEEN, follow=True)
        assert response.redirect_chain == [(OVERVIEW, 302)]
        page = text_of(response)
        assert "In force until Feb. 9, 2026" in page
        assert "Invoice Q-2026-000001 over MX$499.00 is to be paid by Jan. 17, 2026." in page
        assert Subscription.objects.get().professional == pro

    def test_pressing_twice_contracts_once_and_says_the_same(self, browser):
        make_plan("basic")
        address = reverse("billing:contract", args=["basic"])
        pages = [text_of(browser.post(address, SEEN, follow=True)) for _ in range(2)]
        assert all("You have contracted the plan Basic. Welcome!" in page for page in pages)
        assert Subscription.objects.count() == Invoice.objects.count() == 1

    def test_another_plan_while_one_is_in_force_is_refused_with_a_sentence(self, pro, browser):
        contract(pro)
        make_plan("other")
        response = browser.post(reverse("billing:contract", args=["other"]), SEEN)
        assert response.status_code == 409
        assert "You have a plan in force already. Nothing was contracted or invoiced." in text_of(response)
        assert Subscription.objects.count() == 1

    @pytest.mark.parametrize("seen", [SEEN, {}, {"price_seen_cents": "x"}])
    def test_a_price_that_changed_meanwhile_is_shown_and_asked_about_anew(self, browser, seen):
        make_plan("basic", price_cents=99_900)
        address = reverse("billing:contract", args=["basic"])
        response = browser.post(address, seen)
        assert response.status_code == 409
        page = text_of(response)
        assert "The price of this plan is MX$999.00, not what you were shown." in page
        assert not Subscription.objects.exists()
        assert 'name="price_seen_cents" value="99900"' in page
        assert browser.post(address, {"price_seen_cents": "99900"}).status_code == 302

    @pytest.mark.parametrize(
        ("day", "comes_back"), [("2026-02-01", True), ("2026-02-09", True), ("2026-02-10", False)]
    )
    def test_who_owes_an_earlier_plan_reads_what_to_pay_and_what_that_brings(
        self, pro, client_of, clock, day, comes_back
    ):
        contract(pro, paid=False)
        clock.move_to(at(f"{day} 12:00"))
        browser, address = client_of(pro), reverse("billing:contract", args=["basic"])
        invoice = reverse("billing:invoice", args=[Invoice.objects.get().public_id])
        for response, status in ((browser.get(address), 200), (browser.post(address, SEEN), 409)):
            page = text_of(response)
            assert response.status_code == status
            assert page.count("Q-2026-000001") == 1
            assert "Invoice Q-2026-000001 over MX$499.00 is past due since Jan. 17, 2026." in page
            assert ("Pay it and the plan is in force again, until Feb. 9, 2026." in page) is comes_back
            assert ("Once it is paid, you can contract a plan again." in page) is not comes_back
            assert f'href="{invoice}"' in page
            assert "Contract and receive the invoice" not in page
        assert Invoice.objects.count() == 1

    @pytest.mark.parametrize("code", ["old", "unknown"])
    def test_what_is_not_offered_is_not_there(self, browser, code):
        Plan.objects.create(code="old", name_en="Antique", price_cents=1, offered="no_longer")
        assert browser.post(reverse("billing:contract", args=[code])).status_code == 404

    @pytest.mark.parametrize("announced", [True, False])
    def test_past_its_last_day_before_the_job_has_run_no_past_day_is_spoken_of_as_to_come(
        self, pro, client_of, clock, announced
    ):
        """What the page says before cancelling is what cancelling does (M9)."""
        contract(pro)
        if announced:
            announce_renewals(now=at("2026-02-06 12:00"))
        clock.move_to(at("2026-02-20 12:00"))
        browser = client_of(pro)
        page, asked = (text_of(browser.get(address)) for address in (OVERVIEW, reverse("billing:cancel")))
        last_day = "March 9, 2026" if announced else "Feb. 23, 2026"
        assert f"In force until {last_day}" in page
        assert f"It stays in force until {last_day}" in asked
        for text in (page, asked):
            assert ("It was renewed on Feb. 10, 2026" in text) is announced
        done = text_of(browser.post(reverse("billing:cancel"), follow=True))
        assert f"In force until {last_day}" in done
        assert ("The period that had already begun is invoiced." in done) is announced
        assert ("Your plan is cancelled. Nothing more will be invoiced." in done) is not announced
        assert Invoice.objects.count() == 1 + announced

    def test_cancelling_asks_first_and_can_be_taken_back(self, pro, browser):
        contract(pro)
        cancel = reverse("billing:cancel")
        assert "It stays in force until Feb. 9, 2026" in text_of(browser.get(cancel))
        assert Subscription.objects.get().cancelled_on is None
        page = text_of(browser.post(cancel, follow=True))
        assert Subscription.objects.get().cancelled_on == date(2026, 1, 10)
        assert "It does not renew, and nothing more is invoiced." in page
        assert browser.get(cancel).url == OVERVIEW
        page = text_of(browser.post(reverse("billing:keep"), follow=True))
        assert "It renews on Feb. 10, 2026 for MX$499.00" in page

    def test_cancelling_again_says_that_nothing_was_changed(self, pro, browser):
        cancel_plan(subscription=contract(pro), by=pro.owner, now=NOW)
        page = text_of(browser.post(reverse("billing:cancel"), follow=True))
        assert "Your plan was cancelled before. Nothing was changed." in page

    def test_keeping_what_has_ended_is_refused_with_a_sentence(self, pro, client_of, clock):
        cancel_plan(subscription=contract(pro), by=pro.owner, now=NOW)
        clock.move_to(at("2026-02-10 12:00"))
        page = text_of(client_of(pro).post(reverse("billing:keep"), follow=True))
        assert "This plan has already ended." in page

    @pytest.mark.parametrize("name", ["billing:cancel", "billing:keep"])
    def test_without_a_plan_there_is_nothing_to_cancel(self, browser, name):
        assert browser.post(reverse(name)).status_code == 404

    def test_looking_keeps_nothing(self, browser):
        assert browser.get(reverse("billing:keep")).status_code == 405

    def test_what_is_past_due_says_when_the_plan_lapses(self, pro, browser, clock):
        contract(pro, paid=False)
        clock.move_to(at("2026-01-17 23:59"))
        assert "is past due" not in text_of(browser.get(OVERVIEW))
        clock.move_to(at("2026-01-18 00:00"))
        page = text_of(browser.get(OVERVIEW))
        assert "Invoice Q-2026-000001 over MX$499.00 is past due since Jan. 17, 2026." in page
        assert "on Feb. 1, 2026 your plan lapses" in page

    def test_lapsed_says_because_of_which_invoice_and_how_to_come_back(self, pro, client_of, clock):
        contract(pro, paid=False)
        clock.move_to(at("2026-02-01 12:00"))
        browser = client_of(pro)
        page = text_of(browser.get(OVERVIEW))
        assert (
            "The plan lapsed on Feb. 1, 2026, because invoice Q-2026-000001 was due on Jan. 17, 2026" in page
        )
        assert "Pay it and the plan is in force again, until Feb. 9, 2026." in page
        clock.move_to(at("2026-02-10 12:00"))
        assert "you can contract a plan again" in text_of(browser.get(OVERVIEW))


class TestInvoice:
    def test_it_says_all_that_an_invoice_must(self, pro, browser, settings):
        contract(pro, paid=False)
        invoice = Invoice.objects.get()
        page = text_of(browser.get(reverse("billing:invoice", args=[invoice.public_id])))
        for said in (
            "Q-2026-000001", settings.SELLER_NAME, settings.SELLER_TAX_ID, settings.SELLER_ADDRESS,
            pro.name, pro.tax_id, "Tax, 16 %", "MX$430.17", "MX$68.83", "MX$499.00", "To be paid",
            settings.BANK_ACCOUNT,
        ):  # fmt: skip
            assert said in page

    def test_a_paid_one_says_by_what_and_not_how_to_pay(self, pro, browser):
        contract(pro)
        page = text_of(browser.get(reverse("billing:invoice", args=[Invoice.objects.get().public_id])))
        assert "bank transfer SPEI-" in page
        assert "How to pay it" not in page

    def test_the_list_shows_them_all_at_one_cost(self, pro, other_pro, browser, django_assert_num_queries):
        contract(other_pro)
        contract(pro)
        address = reverse("billing:invoices")
        browser.get(address)
        with django_assert_num_queries(7):
            browser.get(address)
        day = date(2026, 2, 10)
        for _ in range(29):
            renew(now=at(f"{day} 12:00"))
            pay(
                Invoice.objects.filter(customer__professional=pro, paid_on=None).get(), now=at(f"{day} 12:00")
            )
            Invoice.objects.filter(customer__professional=other_pro).update(paid_on=day)
            day = (day + timedelta(days=32)).replace(day=10)
        with django_assert_num_queries(7):
            response = browser.get(address)
        assert len(response.context["page"]) == 25
        assert {invoice.customer.professional for invoice in response.context["page"]} == {pro}


class TestDetails:
    def test_they_are_saved_normalised_and_kept_with_their_history(self, pro, browser):
        contract(pro)
        response = browser.post(
            reverse("billing:details"),
            {
                "name": "Otra, S.A.",
                "tax_id": " sat-970701 nn3",
                "address": "Calle 2",
                "email": "b@example.com",
            },
        )
        assert response.url == reverse("billing:invoices")
        customer = Customer.objects.get()
        assert (customer.name, customer.tax_id, customer.address, customer.email) == (
            "Otra, S.A.",
            "SAT970701NN3",
            "Calle 2",
            "b@example.com",
        )
        assert [(then.name, then.history_user) for then in customer.history.all()] == [
            ("Otra, S.A.", pro.owner),
            (pro.name, None),
        ]

    def test_a_tax_id_that_cannot_be_right_is_refused_beside_its_field(self, pro, browser):
        contract(pro)
        response = browser.post(
            reverse("billing:details"),
            {"name": "Otra", "tax_id": "SAT970701NN4", "address": "", "email": "b@example.com"},
        )
        assert list(response.context["form"].errors) == ["tax_id"]
        assert Customer.objects.get().name == pro.name

    def test_what_was_not_changed_is_not_written(self, pro, browser, monkeypatch):
        """A page that is older than the row takes back nothing that it did not change itself."""
        contract(pro)
        customer = Customer.objects.get()
        said = {name: getattr(customer, name) for name in ("name", "tax_id", "address", "email")}
        is_valid = CustomerForm.is_valid

        def meanwhile(form):
            found = is_valid(form)
            Customer.objects.update(address="Calle 7")
            return found

        monkeypatch.setattr(CustomerForm, "is_valid", meanwhile)
        browser.post(reverse("billing:details"), said | {"name": "Otra, S.A."})
        customer.refresh_from_db()
        assert (customer.name, customer.address) == ("Otra, S.A.", "Calle 7")

    def test_the_first_invoice_carries_what_is_said_before_contracting(self, pro, browser):
        """It is issued with the contract, and never edited after (M14)."""
        plan = make_plan("basic")
        contract_page = reverse("billing:contract", args=["basic"])
        shown = text_of(browser.get(contract_page))
        for said in (pro.name, pro.tax_id, "without an address"):
            assert said in shown
        form = f"{reverse('billing:details')}?plan={plan.code}"
        assert form in shown
        assert f'href="{contract_page}"' in text_of(browser.get(form))
        assert not Customer.objects.exists()
        said = {
            "name": "Otra, S.A.",
            "tax_id": "SAT970701NN3",
            "address": "Calle 2",
            "email": "b@example.com",
        }
        assert browser.post(form, said).url == contract_page
        assert "Calle 2" in text_of(browser.get(contract_page))
        browser.post(contract_page, SEEN)
        assert Invoice.objects.values_list("buyer_name", "buyer_tax_id", "buyer_address").get() == (
            "Otra, S.A.",
            "SAT970701NN3",
            "Calle 2",
        )

    @pytest.mark.parametrize("plan", ["unknown", "//example.com", ""])
    def test_no_other_page_is_gone_back_to(self, pro, browser, plan):
        said = {"name": "Otra", "tax_id": pro.tax_id, "address": "", "email": "b@example.com"}
        answer = browser.post(reverse("billing:details"), said, query_params={"plan": plan})
        assert answer.url == reverse("billing:invoices")

    def test_a_tax_id_is_changed_and_not_left_out_once_there_is_one(self, pro, browser):
        contract(pro)
        said = {"name": "Otra", "tax_id": " ", "address": "", "email": "b@example.com"}
        response = browser.post(reverse("billing:details"), said)
        assert list(response.context["form"].errors) == ["tax_id"]
        Customer.objects.update(tax_id="")
        assert browser.post(reverse("billing:details"), said).status_code == 302
