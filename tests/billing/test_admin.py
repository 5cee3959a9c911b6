"""The office of finance: it looks, and records by forms that call the functions (X4)."""

from uuid import uuid4

import pytest
import time_machine
from django.contrib.admin import site
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission
from django.urls import reverse
from django.utils import translation
from django.utils.formats import date_format
from django.utils.functional import Promise

from billing.errors import BillingError
from billing.invoices import save_customer
from billing.models import (
    BalanceCorrection,
    Customer,
    Invoice,
    InvoicePayment,
    Plan,
    TopUp,
    Wallet,
    WalletEntry,
)
from billing.subscriptions import announce_renewals
from billing.transfers import transfer_reference
from mail.models import OutgoingMail
from tests.making import NOW, at, contract, fund, make_plan, make_pro, make_user

MODELS = [
    "customer", "plan", "subscription", "invoice", "invoicepayment", "wallet", "walletentry", "topup",
    "balancecorrection",
]  # fmt: skip


@pytest.fixture(autouse=True)
def clock():
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def office(finance, client_of):
    return client_of(finance)


def add(model):
    return reverse(f"admin:billing_{model}_add")


def change(row):
    return reverse(f"admin:billing_{row._meta.model_name}_change", args=[row.pk])


def told(response):
    return [str(message) for message in response.context["messages"]]


@pytest.mark.parametrize("model", MODELS)
def test_finance_sees_every_list_at_one_cost(pro, office, finance, model, django_assert_max_num_queries):
    def some(business):
        contract(business)
        fund(business, 100)
        office.post(add("balancecorrection"), correction_of(business))

    some(pro)
    address = reverse(f"admin:billing_{model}_changelist")
    assert office.get(address).status_code == 200
    for _ in range(5):
        some(make_pro())
    with django_assert_max_num_queries(11):
        assert office.get(address).status_code == 200


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("who", ["moderator", "reviewer", "consultant"])
def test_other_roles_see_nothing_of_it(request, client_of, who, model):
    browser = client_of(request.getfixturevalue(who))
    assert browser.get(reverse(f"admin:billing_{model}_changelist")).status_code == 403
    assert browser.get(add(model)).status_code == 403
    assert browser.post(add(model), {}).status_code == 403


@pytest.mark.parametrize("who", ["pro", "stranger"])
def test_who_is_not_staff_is_sent_to_sign_in(request, client_of, who):
    browser = client_of(request.getfixturevalue(who))
    assert browser.get(add("topup")).status_code == 302


def test_not_even_a_superuser_adds_changes_or_deletes_what_is_only_looked_at(
    pro, client_of, django_user_model
):
    contract(pro)
    fund(pro, 100)
    browser = client_of(django_user_model.objects.create_superuser("root@example.com", "x"))
    looked_at = [
        Wallet.objects.get(),
        WalletEntry.objects.get(),
        pro.subscriptions.get(),
    ]
    recorded = [Invoice.objects.get(), InvoicePayment.objects.get(), TopUp.objects.get()]
    for row in looked_at + recorded:
        name = row._meta.model_name
        assert browser.get(change(row)).status_code == 200
        assert browser.post(change(row), {"amount_cents": 1}).status_code == 403
        assert browser.get(reverse(f"admin:billing_{name}_delete", args=[row.pk])).status_code == 403
        if row in looked_at:
            assert browser.get(add(name)).status_code == 403


def top_up_of(pro, **changes):
    wallet = Wallet.objects.get_or_create(professional=pro)[0]
    said = {"wallet": wallet.pk, "amount": "123.45", "received_on": "2026-01-09", "reference": "SPEI 7"}
    return said | changes


class TestTopUp:
    def test_it_is_recorded_by_who_is_signed_in(self, pro, office, finance):
        response = office.post(add("topup"), top_up_of(pro), follow=True)
        assert response.status_code == 200
        top_up = TopUp.objects.get()
        assert (top_up.amount_cents, top_up.recorded_by, top_up.recorded_at) == (12_345, finance, NOW)
        assert Wallet.objects.get().balance_cents == 12_345
        assert LogEntry.objects.get().user == finance

    def test_the_same_transfer_twice_is_told_and_counts_once(self, pro, office):
        office.post(add("topup"), top_up_of(pro), follow=True)
        with time_machine.travel(NOW.replace(hour=13), tick=False):
            response = office.post(add("topup"), top_up_of(pro), follow=True)
        assert told(response) == ["This was recorded before, and counts once. Nothing was changed."]
        assert Wallet.objects.get().balance_cents == 12_345
        assert LogEntry.objects.count() == 1

    @pytest.mark.parametrize(
        ("changes", "field"),
        [
            ({"received_on": "2026-01-11"}, "received_on"),
            ({"amount": "0"}, "amount"),
            ({"amount": "1.234"}, "amount"),
            ({"amount": ""}, "amount"),
            ({"reference": " "}, "reference"),
            ({"wallet": ""}, "wallet"),
        ],
    )
    def test_a_refusal_is_an_error_beside_its_field(self, pro, office, changes, field):
        response = office.post(add("topup"), top_up_of(pro, **changes))
        assert response.status_code == 200
        assert list(response.context["adminform"].form.errors) == [field]
        assert not TopUp.objects.exists()

    def test_the_same_reference_for_another_business_is_an_error(self, pro, other_pro, office):
        office.post(add("topup"), top_up_of(pro))
        response = office.post(add("topup"), top_up_of(other_pro))
        errors = response.context["adminform"].form.errors["reference"]
        assert "already recorded, for the balance of Reformas Hidalgo" in errors[0]

    @pytest.mark.parametrize("digits", [12, 8])
    def test_a_balance_is_found_by_the_reference_on_a_transfer(self, pro, other_pro, office, digits):
        """Also by one of those that were shorter."""
        fund(pro, 1)
        fund(other_pro, 1)
        found = office.get(
            reverse("admin:autocomplete"),
            {
                "term": transfer_reference(pro)[: len("Q-") + digits].lower(),
                "app_label": "billing",
                "model_name": "topup",
                "field_name": "wallet",
            },
        ).json()
        assert len(transfer_reference(pro)) == len("Q-") + 12
        assert [row["text"] for row in found["results"]] == [pro.name]


class TestInvoicePayment:
    def said(self, **changes):
        return {
            "number": "Q-2026-000001",
            "amount": "499.00",
            "received_on": "2026-01-10",
            "reference": "SPEI 7",
        } | changes

    def test_an_invoice_leads_to_the_form_that_pays_it(self, pro, office, finance):
        contract(pro, paid=False)
        form = add("invoicepayment") + "?number=Q-2026-000001"
        assert form in office.get(change(Invoice.objects.get())).content.decode()
        assert 'value="Q-2026-000001"' in office.get(form).content.decode()
        office.post(add("invoicepayment"), self.said())
        payment = InvoicePayment.objects.get()
        assert (payment.invoice, payment.amount_cents, payment.recorded_by) == (
            Invoice.objects.get(),
            49_900,
            finance,
        )
        assert Invoice.objects.get().paid_on is not None
        assert form not in office.get(change(Invoice.objects.get())).content.decode()

    def test_too_little_is_an_error_with_both_said(self, pro, office):
        contract(pro, paid=False)
        response = office.post(add("invoicepayment"), self.said(amount="498.99"))
        assert "MX$499.00" in response.context["adminform"].form.errors["amount"][0]
        assert "MX$498.99" in response.context["adminform"].form.errors["amount"][0]
        assert not InvoicePayment.objects.exists()

    def test_too_much_asks_to_tick_that_the_rest_is_for_the_balance(self, pro, office):
        contract(pro, paid=False)
        more = self.said(amount="600.00")
        form = office.post(add("invoicepayment"), more).context["adminform"].form
        assert "MX$101.00 more than what is to be paid" in form.errors["rest_to_balance"][0]
        assert not InvoicePayment.objects.exists()
        office.post(add("invoicepayment"), more | {"rest_to_balance": "on"})
        assert (InvoicePayment.objects.get().amount_cents, TopUp.objects.get().amount_cents) == (
            49_900,
            10_100,
        )

    def test_an_unknown_number_is_an_error(self, office):
        response = office.post(add("invoicepayment"), self.said())
        assert list(response.context["adminform"].form.errors) == ["number"]

    def test_the_same_transfer_twice_is_told(self, pro, office):
        contract(pro, paid=False)
        office.post(add("invoicepayment"), self.said(), follow=True)
        with time_machine.travel(NOW.replace(hour=13), tick=False):
            response = office.post(add("invoicepayment"), self.said(), follow=True)
        assert told(response) == ["This was recorded before, and counts once. Nothing was changed."]


def correction_of(pro, **changes):
    wallet = Wallet.objects.get_or_create(professional=pro)[0]
    return {"wallet": wallet.pk, "amount": "-0.50", "reason": "typed twice", "form_id": uuid4()} | changes


class TestCorrection:
    def test_it_is_made_with_its_reason_once_per_form(self, pro, office, finance):
        fund(pro, 100)
        form = correction_of(pro)
        office.post(add("balancecorrection"), form)
        with time_machine.travel(NOW.replace(hour=13), tick=False):
            office.post(add("balancecorrection"), form)
        correction = BalanceCorrection.objects.get()
        assert (correction.amount_cents, correction.reason, correction.recorded_by) == (
            -50,
            "typed twice",
            finance,
        )
        assert Wallet.objects.get().balance_cents == 50

    def test_each_form_has_an_id_of_its_own(self, office):
        ids = {
            office.get(add("balancecorrection")).context["adminform"].form["form_id"].value()
            for _ in range(2)
        }
        assert len(ids) == 2

    def test_below_zero_is_an_error(self, pro, office):
        fund(pro, 49)
        response = office.post(add("balancecorrection"), correction_of(pro))
        assert list(response.context["adminform"].form.errors) == ["amount"]
        assert Wallet.objects.get().balance_cents == 49


class TestOthers:
    def test_invoices_are_filtered_by_how_they_stand_and_found_by_number(self, pro, other_pro, office):
        contract(pro, paid=False)
        contract(other_pro)
        theirs, paid = Invoice.objects.order_by("sequence")
        address = reverse("admin:billing_invoice_changelist")

        def found(**query):
            return list(office.get(address, query).context["cl"].result_list)

        assert found(state="unpaid") == [theirs]
        assert found(state="paid") == [paid]
        assert found(state="past_due") == []
        assert found(q="q-2026-2") == [paid]
        assert found(q="Hidalgo") == [theirs]
        with time_machine.travel("2026-01-18 12:00 -0600", tick=False):
            assert found(state="past_due") == [theirs]

    def test_a_plans_price_is_changed_with_its_history(self, office, finance):
        plan = make_plan()
        said = {"name_en": "Basic", "months": 1, "offered": "to_everybody", "price": "599.90"}
        assert office.post(change(plan), said).status_code == 302
        plan.refresh_from_db()
        assert plan.price_cents == 59_990
        assert plan.code == "basic"
        assert [(then.price_cents, then.history_user) for then in plan.history.all()] == [
            (59_990, finance),
            (49_900, None),
        ]

    def test_other_months_are_another_plan(self, office):
        """Who contracted it by the month was told what a month costs."""
        plan = make_plan()
        said = {"name_en": "Basic", "months": 12, "offered": "to_everybody", "price": "499"}
        assert office.post(change(plan), said).status_code == 302
        plan.refresh_from_db()
        assert plan.months == 1

    @pytest.mark.parametrize("price", ["-1", "1.001", ""])
    def test_a_plan_has_a_price(self, office, price):
        said = {"code": "new", "name_en": "New", "months": 1, "offered": "to_everybody", "price": price}
        response = office.post(add("plan"), said)
        assert list(response.context["adminform"].form.errors) == ["price"]
        assert not Plan.objects.exists()

    def test_a_plan_is_added(self, office):
        said = {"code": "new", "name_en": "New", "months": 12, "offered": "no_longer", "price": "0"}
        assert office.post(add("plan"), said).status_code == 302
        assert Plan.objects.get().price_cents == 0

    def test_nobody_mends_the_details_of_their_own_business(self, pro, office, finance):
        contract(pro)
        pro.members.add(finance)
        customer = Customer.objects.get()
        said = {"name": "Otra", "tax_id": "SAT970701NN3", "address": "", "email": "a@example.com"}
        assert office.get(change(customer)).status_code == 200
        assert office.post(change(customer), said).status_code == 403
        with pytest.raises(BillingError) as refused:
            save_customer(customer=customer, values={"name": "Otra"}, by=finance)
        assert refused.value.code == "own_business"
        customer.refresh_from_db()
        assert customer.name == pro.name

    def test_a_customers_tax_id_is_checked_here_too(self, pro, office):
        contract(pro)
        customer = Customer.objects.get()
        said = {"name": "Otra", "tax_id": "SAT970701NN4", "address": "", "email": "b@example.com"}
        assert list(office.post(change(customer), said).context["adminform"].form.errors) == ["tax_id"]
        assert office.post(change(customer), said | {"tax_id": "SAT970701NN3"}).status_code == 302
        customer.refresh_from_db()
        assert (customer.tax_id, customer.professional) == ("SAT970701NN3", pro)

    def test_a_subscription_shows_its_periods_and_its_steps(self, pro, office):
        page = office.get(change(contract(pro))).content.decode()
        assert "Q-2026-000001" in page
        assert "contracted" in page


class TestCancellingAPlan:
    """M9, X4: finance cancels for a business that asked for it otherwise, by the function of its own page."""

    REASON = "Lo pidieron por teléfono."

    @pytest.fixture
    def subscription(self, pro):
        return contract(pro)

    def address(self, subscription):
        return reverse("admin:billing_subscription_cancel", args=[subscription.pk])

    def test_it_is_cancelled_with_its_reason_and_who_and_when(self, office, finance, pro, subscription):
        page = office.get(change(subscription)).content.decode()
        assert f'href="{self.address(subscription)}"' in page
        assert "runs until Feb. 9, 2026" in office.get(self.address(subscription)).content.decode()
        answer = office.post(self.address(subscription), {"reason": f" {self.REASON} "}, follow=True)
        assert told(answer) == ["The plan is cancelled, and the business is told."]
        subscription.refresh_from_db()
        assert subscription.cancelled_on == NOW.date()
        event = subscription.events.latest("id")
        assert (event.to_state, event.actor, event.reason, event.at) == (
            "cancelled",
            finance,
            self.REASON,
            NOW,
        )
        assert self.REASON in OutgoingMail.objects.get(kind="billing/plan_cancelled").text
        page = answer.content.decode()
        assert self.REASON in page
        assert self.address(subscription) not in page

    def test_what_is_lapsed_or_has_ended_is_said_as_it_is(self, pro, finance, client_of):
        subscription = contract(pro, paid=False)
        address = self.address(subscription)
        with time_machine.travel("2026-02-03 12:00 -0600", tick=False):
            page = client_of(finance).get(address).content.decode()
        assert "is lapsed, because invoice Q-2026-000001 is not paid." in page
        assert "The owner is told by mail." in page and "runs until" not in page
        with time_machine.travel("2026-02-20 12:00 -0600", tick=False):
            office = client_of(finance)
            page = office.get(address).content.decode()
            answer = office.post(address, {"reason": self.REASON}, follow=True)
        assert "The plan Basic ended on Feb. 9, 2026." in page and "told by mail" not in page
        assert told(answer) == ["The plan is cancelled. It had ended, so the business is not told."]
        assert not OutgoingMail.objects.filter(kind="billing/plan_cancelled").exists()

    @pytest.mark.parametrize(("announced", "until"), [(False, "Feb. 16, 2026"), (True, "March 9, 2026")])
    def test_what_went_on_before_the_jobs_have_run_runs_until_the_day_that_they_will_write(
        self, finance, client_of, subscription, announced, until
    ):
        if announced:
            announce_renewals(now=at("2026-02-06 12:00"))
        with time_machine.travel("2026-02-13 12:00 -0600", tick=False):
            page = client_of(finance).get(self.address(subscription)).content.decode()
            assert f"The plan Basic runs until {until}, and no period is added after that." in page
            client_of(finance).post(self.address(subscription), {"reason": self.REASON})
        subscription.refresh_from_db()
        with translation.override("en"):
            assert date_format(subscription.runs_until, "DATE_FORMAT") == until

    @pytest.mark.parametrize("reason", ["", " \n"])
    def test_without_a_reason_nothing_is_cancelled(self, office, subscription, reason):
        answer = office.post(self.address(subscription), {"reason": reason})
        assert (answer.status_code, "Write why the plan is cancelled." in answer.content.decode()) == (
            409,
            True,
        )
        subscription.refresh_from_db()
        assert subscription.cancelled_on is None

    def test_pressed_twice_it_is_cancelled_once_and_said(self, office, subscription):
        for _ in range(2):
            answer = office.post(self.address(subscription), {"reason": self.REASON}, follow=True)
        assert told(answer) == ["The plan was cancelled before. Nothing was changed."]
        assert subscription.events.filter(to_state="cancelled").count() == 1
        assert "It was cancelled on Jan. 10, 2026." in office.get(self.address(subscription)).content.decode()

    def test_nobody_cancels_for_a_business_that_they_belong_to(self, office, finance, pro, subscription):
        pro.members.add(finance)
        assert office.post(self.address(subscription), {"reason": self.REASON}).status_code == 409
        subscription.refresh_from_db()
        assert subscription.cancelled_on is None

    def test_looking_is_not_enough(self, client_of, subscription):
        onlooker = make_user(is_staff=True)
        onlooker.user_permissions.add(Permission.objects.get(codename="view_subscription"))
        browser = client_of(onlooker)
        assert self.address(subscription) not in browser.get(change(subscription)).content.decode()
        for asked in (browser.get, browser.post):
            assert asked(self.address(subscription)).status_code == 403

    def test_what_does_not_exist_is_not_there(self, office):
        assert office.get(reverse("admin:billing_subscription_cancel", args=[999])).status_code == 404


def test_every_word_of_the_office_is_translatable():
    """Names of columns, of filters ("By year") and of what stands in a row: what Django makes up is English."""
    said = {}
    for office in (page for model, page in site._registry.items() if model._meta.app_label == "billing"):
        for model in (office.model, *(inline.model for inline in office.inlines)):
            said |= {
                f"{model.__name__}.{field.name}": field.verbose_name
                for field in model._meta.concrete_fields
                if not field.primary_key
            }
            said |= {
                f"{model.__name__}": model._meta.verbose_name,
                f"{model.__name__}, many": model._meta.verbose_name_plural,
            }
        for place in (office, *office.inlines):
            shown = [*getattr(place, "list_display", ()), *(place.readonly_fields or ())]
            made = {name: getattr(place, name, None) for name in shown if name != "__str__"}
            said |= {
                f"{place}.{name}": getattr(function, "short_description", None)
                for name, function in made.items()
                if callable(function)
            }
        said |= {str(each): each.title for each in office.list_filter if isinstance(each, type)}
    assert [name for name, words in said.items() if not isinstance(words, Promise)] == []
