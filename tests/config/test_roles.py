"""Every role has exactly the permissions written here (X4); migrating makes the groups and gives them theirs."""

import pytest
from django.contrib.auth.models import Group
from django.core.management import call_command

from base.registry import roles

ROLES = {
    "moderator": {
        "mail.handle_incomingmail",
        "mail.view_incomingmail",
        "marketplace.add_category",
        "marketplace.add_lead",
        "marketplace.add_province",
        "marketplace.block_sender",
        "marketplace.change_category",
        "marketplace.change_lead",
        "marketplace.change_province",
        "marketplace.decide_return",
        "marketplace.moderate_lead",
        "marketplace.moderate_review",
        "marketplace.view_blockedsender",
        "marketplace.view_category",
        "marketplace.view_contact",
        "marketplace.view_homeowner",
        "marketplace.view_lead",
        "marketplace.view_pricerule",
        "marketplace.view_province",
        "marketplace.view_returnrequest",
        "marketplace.view_review",
        "profiles.view_answer",
        "profiles.view_photo",
        "profiles.view_professional",
        "profiles.view_project",
        "profiles.view_suspension",
    },
    "reviewer": {
        "guarantees.review_claim",
        "guarantees.view_claim",
        "guarantees.view_extradays",
        "guarantees.view_figures",
        "guarantees.view_guaranteeterms",
        "guarantees.view_secondlook",
        "mail.handle_incomingmail",
        "mail.view_incomingmail",
        "marketplace.view_contact",
        "marketplace.view_homeowner",
        "marketplace.view_homeowner_word",
        "marketplace.view_lead",
        "marketplace.view_returnrequest",
        "marketplace.view_review",
        "profiles.suspend_professional",
        "profiles.view_answer",
        "profiles.view_photo",
        "profiles.view_professional",
        "profiles.view_project",
        "profiles.view_suspension",
    },
    "appeals": {
        "guarantees.hear_appeal",
        "guarantees.view_claim",
        "guarantees.view_figures",
        "profiles.lift_suspension",
        "profiles.view_answer",
        "profiles.view_photo",
        "profiles.view_professional",
        "profiles.view_project",
        "profiles.view_suspension",
        "support.hear_appeal",
    },
    "finance": {
        "billing.add_balancecorrection",
        "billing.add_creditnote",
        "billing.add_invoice",
        "billing.add_invoicepayment",
        "billing.add_plan",
        "billing.add_topup",
        "billing.cancel_subscription",
        "billing.change_customer",
        "billing.change_plan",
        "billing.settle_gatewayevent",
        "billing.view_balancecorrection",
        "billing.view_creditnote",
        "billing.view_customer",
        "billing.view_gatewayevent",
        "billing.view_gatewaypayment",
        "billing.view_gatewaypaymentevent",
        "billing.view_invoice",
        "billing.view_invoicepayment",
        "billing.view_period",
        "billing.view_plan",
        "billing.view_prepayment",
        "billing.view_refusedwebhook",
        "billing.view_reversal",
        "billing.view_subscription",
        "billing.view_subscriptionevent",
        "billing.view_topup",
        "billing.view_wallet",
        "billing.view_walletentry",
        "guarantees.view_figures",
        "marketplace.add_pricerule",
        "marketplace.change_pricerule",
        "marketplace.delete_pricerule",
        "marketplace.view_pricerule",
        "profiles.change_professional",
        "profiles.view_answer",
        "profiles.view_photo",
        "profiles.view_professional",
        "profiles.view_project",
        "profiles.view_suspension",
    },
    "terms": {
        "guarantees.add_extradays",
        "guarantees.add_guaranteeterms",
        "guarantees.view_extradays",
        "guarantees.view_figures",
        "guarantees.view_guaranteeterms",
        "profiles.add_question",
        "profiles.change_question",
        "profiles.view_question",
    },
    "consultant": {
        "support.add_client",
        "support.add_offer",
        "support.add_plannedsession",
        "support.add_quote",
        "support.answer_ticket",
        "support.change_plannedsession",
        "support.change_offer",
        "support.change_quote",
        "support.handle_desk_mail",
        "support.view_agreement",
        "support.view_agreementversion",
        "support.view_allowance",
        "support.view_allowanceentry",
        "support.view_article",
        "support.view_articlecategory",
        "support.view_allowanceextension",
        "support.view_call",
        "support.view_checkedyear",
        "support.view_client",
        "support.view_clientperson",
        "support.view_closure",
        "support.view_librarysearch",
        "support.view_exchangeevent",
        "support.view_insession",
        "support.view_openinghours",
        "support.view_offer",
        "support.view_plannedsession",
        "support.view_quote",
        "support.view_work",
    },
    "desk lead": {
        "support.add_agreement",
        "support.add_article",
        "support.add_articlecategory",
        "support.add_allowanceextension",
        "support.add_checkedyear",
        "support.add_client",
        "support.add_clientperson",
        "support.add_closure",
        "support.add_openinghours",
        "support.add_offer",
        "support.add_plannedsession",
        "support.add_plansupport",
        "support.add_quote",
        "support.answer_ticket",
        "support.change_agreement",
        "support.change_article",
        "support.change_articlecategory",
        "support.change_client",
        "support.change_clientperson",
        "support.change_closure",
        "support.change_openinghours",
        "support.change_plannedsession",
        "support.change_plansupport",
        "support.change_offer",
        "support.change_quote",
        "support.change_savedreply",
        "support.delete_closure",
        "support.delete_openinghours",
        "support.handle_desk_mail",
        "support.view_agreement",
        "support.view_agreementversion",
        "support.view_allowance",
        "support.view_allowanceentry",
        "support.view_article",
        "support.view_articlecategory",
        "support.view_allowanceextension",
        "support.view_call",
        "support.view_checkedyear",
        "support.view_client",
        "support.view_clientperson",
        "support.view_closure",
        "support.view_librarysearch",
        "support.view_exchangeevent",
        "support.view_insession",
        "support.view_figures",
        "support.view_message",
        "support.view_openinghours",
        "support.view_offer",
        "support.view_plannedsession",
        "support.view_plansupport",
        "support.view_quote",
        "support.view_work",
        "support.view_ticket",
        "support.view_ticketevent",
        "support.view_wait",
    },
}


@pytest.mark.django_db
@pytest.mark.parametrize("role", ROLES)
def test_a_role_has_exactly_its_permissions(role):
    granted = Group.objects.filter(name=role, permissions__isnull=False).values_list(
        "permissions__content_type__app_label", "permissions__codename"
    )
    assert {".".join(permission) for permission in granted} == ROLES[role]


def test_no_app_grants_anything_to_a_role_that_is_not_one_of_the_rules():
    assert set(roles) <= set(ROLES)


@pytest.mark.django_db
def test_migrating_again_gives_back_what_a_role_must_have_and_takes_nothing_away():
    from django.contrib.auth.models import Permission

    reviewer = Group.objects.get(name="reviewer")
    extra = Permission.objects.get(codename="view_outgoingmail")
    reviewer.permissions.set([extra])
    call_command("migrate", verbosity=0)
    held = {f"{p.content_type.app_label}.{p.codename}" for p in reviewer.permissions.all()}
    assert held == ROLES["reviewer"] | {"mail.view_outgoingmail"}


def test_who_decides_about_money_reviews_no_claims_and_the_other_way_round():
    assert not {name for name in ROLES["reviewer"] if name.startswith("billing.")}
    assert "guarantees.review_claim" not in ROLES["finance"] | ROLES["moderator"] | ROLES["appeals"]


def test_only_moderators_and_reviewers_see_homeowners_details():
    """M5, and what homeowners said is the reviewer's alone (G2)."""
    assert {role for role in ROLES if "marketplace.view_homeowner" in ROLES[role]} == {
        "moderator",
        "reviewer",
    }
    assert {role for role in ROLES if "marketplace.view_homeowner_word" in ROLES[role]} == {"reviewer"}
