"""A plan is an agreement (S13)."""

from datetime import date, timedelta

import pytest
from django.core.management import call_command
from django.db.migrations.recorder import MigrationRecorder
from django.utils import timezone

from billing.models import Invoice, Period, Subscription
from billing.subscriptions import contract_plan
from profiles.closing import close_account
from support import plans
from support.allowances import days_at
from support.errors import SupportError
from support.invariants import plans as plans_broken
from support.models import Agreement, Allowance, Client, PlanSupport
from support.plans import sign_earlier_plans, sign_plan
from tests.making import NOW, at, contract, make_plan, make_user, noon, pay, renew
from tests.together import together


def use(allowance, by, today, cause="work:1"):
    from support.allowances import use

    return use(allowance=allowance, amount=10, cause=cause, today=today, now=noon(today), by=by)


def forget_agreements():
    """As if the plans had been contracted before there was a desk."""
    from base.append_only import lifted

    with lifted():
        for model in ("AgreementLine", "AgreementVersion", "AllowanceEntry"):
            from support import models

            getattr(models, model).objects.all().delete()
    Agreement.objects.all().delete()
    Allowance.objects.all().delete()


def test_contracting_a_plan_makes_a_client_with_the_plans_support(pro):
    PlanSupport.objects.create(plan=make_plan(), unit="minutes", amount=90)
    subscription = contract(pro)
    agreement = subscription.agreement
    assert (agreement.client.customer.professional, agreement.signed, agreement.signed_on) == (
        pro,
        "plan",
        date(2026, 1, 10),
    )
    assert list(Client.objects.signed()) == [agreement.client]
    allowance = Allowance.objects.get()
    assert (allowance.given, allowance.left, allowance.starts_on, allowance.ends_on) == (
        90,
        90,
        date(2026, 1, 10),
        date(2026, 2, 9),
    )
    assert agreement.current.lines.get().allowance == allowance


def test_the_agreement_is_written_in_the_owners_language(pro):
    pro.owner.language = "es-mx"
    pro.owner.save()
    assert contract(pro).agreement.title == "Básico"


def test_of_a_plan_of_which_nothing_is_said_an_hour_is_included(pro):
    contract(pro)
    assert (Allowance.objects.get().unit, Allowance.objects.get().given) == ("minutes", 60)


def test_a_plan_may_include_no_support_and_its_client_is_answered_all_the_same(pro):
    PlanSupport.objects.create(plan=make_plan(), amount=0)
    agreement = contract(pro).agreement
    assert not Allowance.objects.exists()
    assert agreement.current.lines.get().allowance is None
    assert list(Client.objects.signed()) == [agreement.client]


def test_where_the_agreement_cannot_be_signed_nothing_is_contracted(pro, monkeypatch):
    def refuse(**kwargs):
        raise SupportError("broken", "No.")

    monkeypatch.setattr(plans, "sign_agreement", refuse)
    plan = make_plan()
    with pytest.raises(SupportError):
        contract_plan(professional=pro, plan=plan, price_seen_cents=plan.price_cents, now=NOW)
    assert not Subscription.objects.exists()
    assert not Invoice.objects.exists()


def test_each_renewal_brings_the_support_of_its_period_and_the_old_one_ends(pro, consultant):
    subscription = contract(pro)
    first = Allowance.objects.get()
    renew(now=at("2026-02-10 09:00"))
    second = Allowance.objects.exclude(pk=first.pk).get()
    assert (second.starts_on, second.ends_on, second.left) == (date(2026, 2, 10), date(2026, 3, 9), 60)
    assert Agreement.objects.filter(subscription=subscription).count() == 1
    use(first, consultant, date(2026, 2, 9))
    with pytest.raises(SupportError) as refusal:
        use(first, consultant, date(2026, 2, 10), cause="work:2")
    assert refusal.value.code == "ended"


def test_a_later_change_of_a_plans_support_changes_nothing_that_was_promised(pro):
    contract(pro)
    PlanSupport.objects.create(plan=make_plan(), amount=30)
    assert Allowance.objects.get().left == 60
    renew(now=at("2026-02-10 09:00"))
    assert Allowance.objects.latest("starts_on").left == 30


def test_the_support_of_a_plan_that_has_lapsed_rests_until_it_is_paid(pro, consultant):
    subscription = contract(pro, paid=False)
    invoice = subscription.periods.get().invoice
    lapsed_on = invoice.due_on + timedelta(days=15)
    allowance = Allowance.objects.get()
    use(allowance, consultant, lapsed_on - timedelta(days=1))
    with pytest.raises(SupportError) as refusal:
        use(allowance, consultant, lapsed_on, cause="work:2")
    assert refusal.value.code == "unpaid"
    pay(invoice, now=noon(lapsed_on))
    use(allowance, consultant, lapsed_on, cause="work:2")


def test_the_support_ends_wherever_the_last_day_of_its_period_is_moved(pro):
    contract(pro)
    Period.objects.update(ends_on=date(2026, 2, 12))
    assert Allowance.objects.get().ends_on == date(2026, 2, 12)
    assert Allowance.objects.usable(days_at(noon(date(2026, 2, 12)))).exists()
    assert not Allowance.objects.usable(days_at(noon(date(2026, 2, 13)))).exists()


def test_plans_contracted_before_there_was_a_desk_get_their_agreements_once(pro, other_pro):
    contract(pro)
    contract(other_pro)
    forget_agreements()
    now = at("2026-01-20 09:00")
    assert sign_earlier_plans(now=now) == 2
    assert sign_earlier_plans(now=now) == 0
    assert set(Agreement.objects.values_list("signed_on", flat=True)) == {date(2026, 1, 10)}
    assert Allowance.objects.count() == 2


def test_of_an_earlier_plan_support_is_given_for_what_has_not_ended(pro):
    contract(pro)
    renew(now=at("2026-02-10 09:00"))
    forget_agreements()
    sign_earlier_plans(now=at("2026-02-20 09:00"))
    assert list(Allowance.objects.values_list("starts_on", flat=True)) == [date(2026, 2, 10)]


def test_the_command_counts_first_and_signs_then(pro, capsys):
    contract(pro)
    forget_agreements()
    call_command("sign_earlier_plans", "--dry-run")
    assert "Due: 1 agreements." in capsys.readouterr().out
    assert not Agreement.objects.exists()
    call_command("sign_earlier_plans")
    assert "Signed: 1 agreements." in capsys.readouterr().out


def test_the_agreement_says_after_how_many_minutes_help_is_no_courtesy_any_more(pro):
    assert "where it takes 10 minutes or less" in contract(pro).agreement.current.text


def desk_since(moment):
    MigrationRecorder.Migration.objects.filter(app="support", name="0001_initial").update(applied=moment)


def test_a_plan_without_an_agreement_is_told_once_the_job_has_had_its_hour(pro, capsys):
    subscription = contract(pro)
    forget_agreements()
    now = timezone.now()
    desk_since(now - timedelta(minutes=119))
    assert list(plans_broken()) == []
    desk_since(now - timedelta(minutes=121))
    assert list(plans_broken()) == [f"subscription {subscription.pk} ({subscription}) has no agreement"]
    sign_earlier_plans(now=NOW)
    assert list(plans_broken()) == []


def test_one_that_was_over_before_the_desk_was_there_gets_its_agreement_too(pro):
    contract(pro)
    forget_agreements()
    desk_since(timezone.now() - timedelta(days=1))
    sign_earlier_plans(now=at("2027-06-01 09:00"))
    assert Agreement.objects.get().current.lines.get().allowance is None
    assert list(plans_broken()) == []


def test_one_of_a_business_whose_account_was_closed_meanwhile_gets_it_too(pro):
    contract(pro)
    forget_agreements()
    close_account(user=pro.owner, now=at("2026-01-20 09:00"))
    sign_earlier_plans(now=at("2026-01-21 09:00"))
    desk_since(timezone.now() - timedelta(days=1))
    assert list(plans_broken()) == []


def test_owner_and_member_see_the_agreement_and_nobody_else_does(pro, stranger):
    member = make_user()
    pro.members.add(member)
    agreement = contract(pro).agreement
    for user, seen in ((pro.owner, [agreement]), (member, [agreement]), (stranger, [])):
        assert list(Agreement.objects.visible_to(user)) == seen


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_signed_by_two_jobs_at_once_it_is_one_agreement(pro):
    subscription = contract(pro)
    forget_agreements()
    together(*[lambda: sign_earlier_plans(now=NOW)] * 3)
    assert Agreement.objects.count() == Allowance.objects.count() == 1
    assert sign_plan(subscription, NOW) == Agreement.objects.get()
