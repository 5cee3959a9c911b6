"""What billing keeps about a user, shown to them and erased with their account; the ledger and invoices stay (X5)."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from base.days import marketplace_day
from base.erased import ERASED
from base.money import money
from base.registry import PersonalData, personal_data
from billing.models import Customer, GatewayPayment, Invoice, Period, Subscription, Wallet, WalletEntry
from billing.plan_endings import close_plan
from profiles.models import Professional, User


def shown(user: User) -> Iterator[tuple[str, str]]:
    yield from _of_their_business(user)
    # Of a business of which they may be no longer.
    for payment in GatewayPayment.objects.filter(started_by=user).order_by("created_at", "pk"):
        day = date_format(localtime(payment.created_at), "DATE_FORMAT")
        yield (
            _("Payment that you began"),
            f"{money(payment.amount_cents)} · {day} · {payment.get_purpose_display()}",
        )


def _of_their_business(user: User) -> Iterator[tuple[str, str]]:
    business = Professional.objects.filter(owner=user).first()
    if business is None:
        return
    customer = Customer.objects.filter(professional=business).first()
    if customer is not None:
        yield _("Name on invoices"), customer.name
        yield _("Tax id"), customer.tax_id
        yield _("Address"), customer.address
        yield _("E-mail for invoices"), customer.email
    wallet = Wallet.objects.filter(professional=business).first()
    if wallet is not None:
        yield _("Balance"), money(wallet.balance_cents)
        yield _("Entries on the statement"), str(WalletEntry.objects.filter(wallet=wallet).count())
    for invoice in Invoice.objects.filter(customer__professional=business).order_by("issued_on", "pk"):
        yield (
            invoice.number,
            f"{money(invoice.total_cents)} · {date_format(invoice.issued_on, 'DATE_FORMAT')} · {invoice.description}",
        )
    for plan in Subscription.objects.filter(professional=business).select_related("plan").order_by("pk"):
        yield _("Plan"), f"{plan.plan} · {date_format(plan.contracted_on, 'DATE_FORMAT')}"


def warnings(user: User, now: datetime) -> Iterator[str]:
    """The balance above all: it is never paid out (M8)."""
    business = Professional.objects.filter(owner=user).first()
    if business is None:
        return
    balance = (
        Wallet.objects.filter(professional=business).values_list("balance_cents", flat=True).first() or 0
    )
    if balance:
        yield _(
            "Your balance holds %(balance)s. It is spent on contacts and never paid out: with the account it is gone."
        ) % {"balance": money(balance)}
    if Period.objects.in_force(marketplace_day(now)).filter(professional=business).exists():
        yield _("Your plan ends today, and what is left of it is not paid back.")
    owed = list(Invoice.objects.owed().filter(customer__professional=business).order_by("pk"))
    for invoice in owed:
        yield _("Of invoice %(number)s %(open)s stay owed.") % {
            "number": invoice.number, "open": money(invoice.open_cents),
        }  # fmt: skip
    yield _("Invoices are kept as they were issued, with the name and tax id on them, as the law asks.")


def erase(user: User, now: datetime) -> None:
    business = Professional.objects.select_for_update(no_key=True, of=("self",)).filter(owner=user).first()
    if business is None:
        return
    _end_plans(business, user, now)
    # As the payer read it, with the name of the business in it.
    GatewayPayment.objects.filter(professional=business).update(description=ERASED)
    customer = Customer.objects.filter(professional=business).first()
    if customer is not None:
        values = {"name": ERASED, "tax_id": "", "address": "", "email": ""}
        for field, value in values.items():
            setattr(customer, field, value)
        customer.save(update_fields=list(values))
        customer.history.update(**values)


def _end_plans(business: Professional, user: User, now: datetime) -> None:
    """No plan goes on without its business. A period that has begun ends yesterday, or today where that is all that
    there was of it; what it was invoiced stays owed."""
    today = marketplace_day(now)
    for period in Period.objects.filter(professional=business, ends_on__gte=today):
        period.ends_on = max(period.starts_on, today - timedelta(days=1))
        period.save(update_fields=["ends_on"])
    for subscription in Subscription.objects.filter(professional=business):
        runs_until = subscription.periods.latest("ends_on").ends_on
        subscription.runs_until = runs_until
        subscription.save(update_fields=["runs_until"])
        if subscription.cancelled_on is None:
            close_plan(subscription, now, by=user)


personal_data.append(PersonalData(gettext_lazy("Money"), shown, erase, warnings))
