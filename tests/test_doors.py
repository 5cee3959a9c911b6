"""Every address of the product, with every role, against one written table: who gets in, and what others are told.

A new address fails `test_every_address_is_in_the_table` until its row is here.
"""

import pytest
import time_machine
from django.contrib import admin
from django.urls import reverse

from base.pdf import can_make_pdf
from tests import making
from tests.config.test_roles import ROLES
from tests.doors import WHEN, Knocker, addresses, make_world, what_is_told
from tests.office_doors import make_office_world

# Who knocks, a column each. Staff, all roles in one person, have no business: outside the office they are
# strangers like anybody.
WHO = ("nobody", "stranger", "pro", "member", "other_pro", "staff")

# What they are told: a status; "in": to the sign-in page, and back; "open": to the page that opens a business;
# "on": done, or nothing to do here, and on to another page.
FOR_ALL = "200 200 200 200 200 200"
ALL_ON = "on on on on on on"
NOT_THERE = "404 404 404 404 404 404"
NO_VERB = "405 405 405 405 405 405"
SIGNED_IN = "in 200 200 200 200 200"
SIGNED_IN_ON = "in on on on on on"
OWN_PAGE = "in open 200 200 200 open"
OWN_THING = "in open 200 200 404 open"
# Where this machine cannot make a PDF, there is none.
PDF_OF_OWN_THING = OWN_THING if can_make_pdf() else "in open 404 404 404 open"
# Whoever has no business may be a client of the desk.
OWN_PAPER = "in 404 200 200 404 404"
# Consultants alone.
DESK_PAGE = "in 403 403 403 403 200"
OWN_NO_VERB = "in open 405 405 405 open"
# A form is sent there: who comes otherwise is led to the page that it is on.
OWN_LED_BACK = "in open on on on open"


# Of the consultants: whoever is signed in and answers no tickets is refused, and finds no ticket.
DESK = "in 403 403 403 403 200"
DESK_THING = "in 404 404 404 404 200"
DESK_LED_BACK = "in on on on on on"
DESK_EMPTY = "in 404 404 404 404 422"

# A program shows its key; who is signed in is nobody there.
BY_KEY = "401 401 401 401 401 401"

NOBODY = "nobody"

# Address: (GET, POST). POST is sent empty.
DOORS = {
    #                        nobody stranger pro member other_pro staff
    "healthz": (FOR_ALL, FOR_ALL),
    "readyz": (FOR_ALL, FOR_ALL),
    "robots": (FOR_ALL, NO_VERB),
    "home": (FOR_ALL, FOR_ALL),
    "account_login": ("200 on on on on on", "200 on on on on on"),
    "account_logout": ("on 200 200 200 200 200", ALL_ON),
    "account_inactive": (FOR_ALL, NO_VERB),
    "account_signup": ("200 on on on on on", "200 on on on on on"),
    "account_reauthenticate": (SIGNED_IN, SIGNED_IN),
    "account_email": (SIGNED_IN, SIGNED_IN_ON),
    "account_email_verification_sent": (SIGNED_IN_ON, SIGNED_IN_ON),
    "account_change_password": (SIGNED_IN, SIGNED_IN),
    "account_set_password": (SIGNED_IN_ON, SIGNED_IN_ON),
    "account_reset_password": (FOR_ALL, FOR_ALL),
    "account_confirm_login_code": (SIGNED_IN_ON, SIGNED_IN_ON),
    "account_reset_password_from_key_done": (FOR_ALL, NO_VERB),
    "account_reset_password_from_key": (FOR_ALL, FOR_ALL),
    "account_reset_password_done": (FOR_ALL, NO_VERB),
    "mfa_index": (SIGNED_IN, "in 405 405 405 405 405"),
    "mfa_authenticate": (SIGNED_IN_ON, SIGNED_IN_ON),
    "mfa_reauthenticate": (SIGNED_IN_ON, SIGNED_IN_ON),
    "mfa_activate_totp": (SIGNED_IN_ON, SIGNED_IN_ON),
    "mfa_deactivate_totp": ("in 404 404 404 404 404", "in 404 404 404 404 404"),
    "mfa_view_recovery_codes": ("in 404 404 404 404 404", "in 405 405 405 405 405"),
    "mfa_generate_recovery_codes": (SIGNED_IN_ON, SIGNED_IN_ON),
    "mfa_download_recovery_codes": ("in 404 404 404 404 404", "in 404 404 404 404 404"),
    "personal_data": (SIGNED_IN, NO_VERB),
    "personal_data_copy": (SIGNED_IN, NO_VERB),
    "close_account": (SIGNED_IN_ON, SIGNED_IN_ON),
    "set_language": (ALL_ON, ALL_ON),
    "support:home": (FOR_ALL, NO_VERB),
    "support:calls": (DESK_PAGE, NO_VERB),
    "support:log_call": (DESK_PAGE, "in 403 403 403 403 422"),
    "support:find_client": (DESK_PAGE, NO_VERB),
    "support:call": (DESK_PAGE, NO_VERB),
    "support:link_call": ("on on on on on on", "in 403 403 403 403 422"),
    "support:begin_session": (NO_VERB, "in 403 403 403 403 422"),
    "support:end_session": (NO_VERB, "in 403 403 403 403 on"),
    # Without a secret there is no exchange that could tell us anything.
    "support:exchange": (NO_VERB, NOT_THERE),
    "support:agreements": (SIGNED_IN, NO_VERB),
    "support:agreement": (OWN_PAPER, NO_VERB),
    "support:agreement_document": (OWN_PAPER, NO_VERB),
    # A mail's HTML is for the desk's people; nobody here is one.
    "support:message_html": ("in 404 404 404 404 404", NO_VERB),
    "support:quote": (OWN_PAPER, NO_VERB),
    "support:quote_document": (OWN_PAPER, NO_VERB),
    "support:accept_quote": (NO_VERB, "in 404 422 403 404 404"),
    "support:decline_quote": (NO_VERB, "in 404 on 403 404 404"),
    "support:desk": (DESK, NO_VERB),
    "support:replies": (DESK, NO_VERB),
    "support:new_reply": (DESK, "in 403 403 403 403 422"),
    # What the whole desk shares the desk lead alone changes.
    "support:reply": ("in 403 403 403 403 404", "in 403 403 403 403 404"),
    "support:remove_reply": (NO_VERB, "in 403 403 403 403 404"),
    "support:desk_ticket": (DESK_THING, NO_VERB),
    "support:desk_looking": ("in 405 405 405 405 405", DESK_THING),
    "support:desk_file": (DESK_THING, NO_VERB),
    "support:desk_mail": (DESK_THING, NO_VERB),
    "support:desk_agreement": (DESK_THING, NO_VERB),
    "support:desk_agreement_of_client": (DESK_THING, NO_VERB),
    "support:desk_answer": (DESK_LED_BACK, DESK_EMPTY),
    "support:desk_note": (DESK_LED_BACK, DESK_EMPTY),
    "support:desk_no_answer": (DESK_LED_BACK, DESK_EMPTY),
    "support:desk_make_offer": (DESK_THING, DESK_EMPTY),
    "support:desk_make_offer_for": (DESK, "in 403 403 403 403 422"),
    "support:desk_offer": (DESK_THING, DESK_EMPTY),
    # Who says nothing of what they have read has not read what was asked.
    "support:desk_send_offer": (DESK_LED_BACK, "in 404 404 404 404 409"),
    "support:desk_withdraw_offer": (DESK_LED_BACK, "in 404 404 404 404 on"),
    "support:desk_quotes": (DESK, NO_VERB),
    "support:desk_choose_quoted": (DESK, NO_VERB),
    "support:desk_make_quote": (DESK, "in 403 403 403 403 422"),
    "support:desk_quote": (DESK_THING, DESK_EMPTY),
    "support:desk_quote_document": (DESK_THING, NO_VERB),
    "support:desk_send_quote": (DESK_LED_BACK, "in 404 404 404 404 409"),
    "support:desk_withdraw_quote": (DESK_LED_BACK, "in 404 404 404 404 on"),
    # The desk lead's.
    "support:desk_record_quote": (DESK_LED_BACK, "in 404 404 404 404 403"),
    "support:desk_sessions": (DESK, NO_VERB),
    "support:desk_plan_session": (DESK, "in 403 403 403 403 on"),
    "support:desk_plan_for_ticket": (DESK_THING, DESK_EMPTY),
    "support:desk_session": (DESK_THING, NO_VERB),
    "support:desk_move_session": (DESK_LED_BACK, DESK_EMPTY),
    # It has not begun.
    "support:desk_hold_session": (DESK_LED_BACK, "in 404 404 404 404 409"),
    "support:desk_cancel_session": (DESK_LED_BACK, DESK_EMPTY),
    "support:desk_mails": (DESK, NO_VERB),
    "support:desk_incoming": (DESK_THING, NO_VERB),
    # Its HTML is among its files.
    "support:desk_incoming_html": ("in 404 404 404 404 404", NO_VERB),
    "support:desk_incoming_message": (DESK_THING, NO_VERB),
    "support:desk_incoming_file": (DESK_THING, NO_VERB),
    "support:desk_take_in": (DESK_LED_BACK, "in 404 404 404 404 on"),
    "support:desk_set_aside": (DESK_LED_BACK, DESK_EMPTY),
    "support:desk_work": (DESK_LED_BACK, DESK_EMPTY),
    "support:desk_take_back": (DESK_LED_BACK, DESK_EMPTY),
    "support:desk_take": (DESK_LED_BACK, "in 404 404 404 404 on"),
    "support:desk_hand_over": (DESK_LED_BACK, DESK_EMPTY),
    "support:desk_put_back": (DESK_LED_BACK, "in 404 404 404 404 on"),
    "support:desk_place": (DESK_LED_BACK, DESK_EMPTY),
    # Its client still waits.
    "support:desk_close": (DESK_LED_BACK, "in 404 404 404 404 409"),
    "support:desk_reopen": (DESK_LED_BACK, "in 404 404 404 404 on"),
    "support:desk_merge": ("in 404 404 404 404 on", DESK_EMPTY),
    "support:desk_link": (DESK_LED_BACK, DESK_EMPTY),
    "support:desk_unlink": (DESK_LED_BACK, DESK_EMPTY),
    "support:desk_call": (DESK_LED_BACK, DESK_EMPTY),
    # Whoever speaks for a client is led to where an answer is promised.
    "support:ask": ("200 200 on on 200 200", "422 422 on on 422 422"),
    "support:asked": (FOR_ALL, NO_VERB),
    "support:question": (FOR_ALL, NO_VERB),
    "support:confirm_question": (ALL_ON, ALL_ON),
    "support:erase_question": (FOR_ALL, FOR_ALL),
    "support:question_file": (FOR_ALL, NO_VERB),
    "support:reply_to_question": (ALL_ON, "422 422 422 422 422 422"),
    "support:tickets": (SIGNED_IN, NO_VERB),
    "support:open_ticket": ("in on 200 200 on on", "in on 422 422 on on"),
    "support:ticket": (OWN_PAPER, NO_VERB),
    "support:ticket_file": (OWN_PAPER, NO_VERB),
    "support:say_more": (ALL_ON, "in 404 422 422 404 404"),
    "support:close_ticket": (ALL_ON, "in 404 on on 404 404"),
    # Nobody has answered it yet.
    "support:rate_ticket": (ALL_ON, "in 404 409 409 404 404"),
    "support:library": (FOR_ALL, NO_VERB),
    "support:library_search": (FOR_ALL, NO_VERB),
    "support:library_topic": (FOR_ALL, NO_VERB),
    "support:article": (FOR_ALL, NO_VERB),
    # Who has said nothing yet is led to the article.
    "support:library_helpful": (ALL_ON, ALL_ON),
    "support:suggestions": (NO_VERB, FOR_ALL),
    "support:offer": (OWN_PAPER, NO_VERB),
    "support:invoice": (OWN_PAPER, NO_VERB),
    "support:invoice_pdf": (OWN_PAPER if can_make_pdf() else "in 404 404 404 404 404", NO_VERB),
    "support:accept_offer": (NO_VERB, "in 404 422 403 404 404"),
    "support:pay_offer": (NO_VERB, "in 404 409 409 404 404"),
    "support:decline_offer": (NO_VERB, "in 404 on 403 404 404"),
    # For who leads the desk: a consultant is told that it is not theirs, the rest that it is not there.
    "support:figures": ("in 404 404 404 404 403", NO_VERB),
    "support:figures_csv": ("in 404 404 404 404 403", NO_VERB),
    "profiles:profile": (OWN_PAGE, "in open 422 422 422 open"),
    "profiles:open": ("in 200 on on on 200", "in 422 on on on 422"),
    "profiles:logo": (NO_VERB, "in open 422 422 422 open"),
    "profiles:remove_logo": (NO_VERB, "in open on on on open"),
    "profiles:questions": (OWN_PAGE, "in open on on on open"),
    "profiles:photos": (OWN_PAGE, "in open 422 422 422 open"),
    "profiles:photo": (OWN_THING, "in open on on 404 open"),
    "profiles:remove_photo": (NO_VERB, "in open on on 404 open"),
    "profiles:projects": (OWN_PAGE, NO_VERB),
    "profiles:new_project": (OWN_PAGE, "in open 422 422 422 open"),
    "profiles:project": (OWN_THING, "in open 422 422 404 open"),
    "profiles:project_photos": (NO_VERB, "in open 422 422 404 open"),
    "profiles:remove_project": (NO_VERB, "in open on on 404 open"),
    "profiles:completeness": (OWN_PAGE, NO_VERB),
    "profiles:members": (OWN_PAGE, "in open 422 403 422 open"),
    "profiles:remove_member": (NO_VERB, "in open on 403 on open"),
    "profiles:withdraw_invitation": (NO_VERB, "in open on 403 on open"),
    "profiles:leave": (NO_VERB, "in open on on on open"),
    "profiles:join": (SIGNED_IN, "in 409 409 409 409 409"),
    "profiles:settings": (SIGNED_IN, "in 422 422 422 422 422"),
    "profiles:integrations": (SIGNED_IN_ON, SIGNED_IN_ON),
    "profiles:revoke_key": (NO_VERB, "in 404 on 404 404 404"),
    "billing:overview": (OWN_PAGE, NO_VERB),
    "billing:top_up": (OWN_PAGE, "in open 422 422 422 open"),
    "billing:payment": (OWN_THING, NO_VERB),
    "billing:pay": (NO_VERB, "in open 409 409 404 open"),
    "billing:plans": (OWN_PAGE, NO_VERB),
    "billing:contract": ("in open 200 403 200 open", "in open 409 403 409 open"),
    "billing:cancel": ("in open 200 403 404 open", "in open on 403 404 open"),
    "billing:keep": (NO_VERB, "in open on 403 404 open"),
    "billing:invoices": (OWN_PAGE, NO_VERB),
    "billing:invoice": (OWN_THING, NO_VERB),
    "billing:credit_note": (OWN_THING, NO_VERB),
    "billing:credit_note_pdf": (PDF_OF_OWN_THING, NO_VERB),
    "billing:invoices_csv": (OWN_PAGE, NO_VERB),
    "billing:invoice_pdf": (PDF_OF_OWN_THING, NO_VERB),
    "billing:statements": ("in open on on on open", NO_VERB),
    "billing:statement": (OWN_PAGE, NO_VERB),
    "billing:statement_csv": (OWN_PAGE, NO_VERB),
    "billing:statement_pdf": (OWN_PAGE if can_make_pdf() else "in open 404 404 404 open", NO_VERB),
    "billing:details": ("in open 200 403 200 open", "in open 200 403 200 open"),
    "marketplace:directory": (FOR_ALL, NO_VERB),
    "marketplace:directory_of_category": (FOR_ALL, NO_VERB),
    "marketplace:directory_of_pair": (FOR_ALL, NO_VERB),
    "marketplace:professional": (FOR_ALL, NO_VERB),
    "marketplace:sitemap": (FOR_ALL, NO_VERB),
    "marketplace:sitemap_section": (FOR_ALL, NO_VERB),
    "marketplace:feed": (OWN_PAGE, OWN_NO_VERB),
    "marketplace:preferences": (OWN_PAGE, "in open 422 403 422 open"),
    "marketplace:stop_mails": (FOR_ALL, FOR_ALL),
    "marketplace:lead": (OWN_PAGE, OWN_NO_VERB),
    # What is wanted is shown before it is bought; staff see all requests (M5).
    "marketplace:lead_photo": ("in 404 200 200 200 200", "in 405 405 405 405 405"),
    "marketplace:buy": (OWN_NO_VERB, "in open on on on open"),
    "marketplace:contacts": (OWN_PAGE, OWN_NO_VERB),
    "marketplace:contact": (OWN_THING, OWN_NO_VERB),
    "marketplace:diary": (OWN_NO_VERB, OWN_THING),
    "marketplace:outcome": (OWN_NO_VERB, OWN_THING),
    "marketplace:reach": (OWN_NO_VERB, "in open on on 404 open"),
    "marketplace:reached": (OWN_THING, OWN_NO_VERB),
    "marketplace:settle": (OWN_NO_VERB, "in open on on 404 open"),
    "marketplace:summary": (OWN_THING, OWN_THING),
    "marketplace:remind": (OWN_NO_VERB, "in open on on 404 open"),
    "marketplace:return": (OWN_THING, OWN_THING),
    "marketplace:add_evidence": (OWN_NO_VERB, "in open 404 404 404 open"),
    "marketplace:evidence": (OWN_THING, OWN_NO_VERB),
    "marketplace:withdraw_return": ("in open 404 404 404 open", "in open 404 404 404 open"),
    "marketplace:ask_homeowner": (OWN_NO_VERB, "in open on on 404 open"),
    "marketplace:ask": (FOR_ALL, "422 422 422 422 422 422"),
    "marketplace:asked": (FOR_ALL, NO_VERB),
    "marketplace:kept_photo": (FOR_ALL, NO_VERB),
    "marketplace:link_anew": (FOR_ALL, "422 422 422 422 422 422"),
    "marketplace:answer_question": (OWN_NO_VERB, OWN_THING),
    "marketplace:homeowner": (FOR_ALL, NO_VERB),
    # A buyer does not come in by the homeowner's link (G2).
    "marketplace:homeowner_ask": (NO_VERB, "200 200 403 403 200 200"),
    "marketplace:homeowner_copy": (FOR_ALL, NO_VERB),
    "marketplace:erase": (ALL_ON, ALL_ON),
    "marketplace:ask_again": (ALL_ON, NO_VERB),
    "marketplace:homeowner_data": (FOR_ALL, NO_VERB),
    "marketplace:homeowner_job": (NO_VERB, FOR_ALL),
    "marketplace:homeowner_new_link": (NO_VERB, ALL_ON),
    "marketplace:homeowner_photo": (FOR_ALL, NO_VERB),
    "marketplace:homeowner_review": ("on on 403 403 on on", "200 200 403 403 200 200"),
    "marketplace:homeowner_withdraw": (FOR_ALL, ALL_ON),
    "marketplace:confirm": (ALL_ON, ALL_ON),
    "marketplace:reviews": (OWN_PAGE, OWN_PAGE),
    "marketplace:answer_review": (OWN_THING, OWN_THING),
    "marketplace:report_review": (FOR_ALL, FOR_ALL),
    "marketplace:review_by_link": (FOR_ALL, FOR_ALL),
    "marketplace:review_thanks": (ALL_ON, NO_VERB),
    "marketplace:stop_asking": (FOR_ALL, FOR_ALL),
    "guarantees:overview": (OWN_PAGE, OWN_PAGE),
    "guarantees:what_if": (OWN_PAGE, OWN_NO_VERB),
    "guarantees:numbers": (FOR_ALL, NO_VERB),
    "guarantees:reminders": (OWN_PAGE, "in open on 403 on open"),
    "guarantees:stop_reminders": (FOR_ALL, FOR_ALL),
    "guarantees:claim": (OWN_PAGE, "in open on 403 200 open"),
    "guarantees:claim_begin": (OWN_NO_VERB, "in open on 403 on open"),
    "guarantees:claim_submit": ("in open 200 403 on open", "in open 409 403 on open"),
    "guarantees:claim_status": (OWN_THING, OWN_NO_VERB),
    "guarantees:answer": (OWN_LED_BACK, "in open 200 403 404 open"),
    "guarantees:claim_withdraw": (OWN_LED_BACK, "in open on 403 404 open"),
    "guarantees:appeal": (OWN_LED_BACK, "in open 409 403 404 open"),
    # Of a business that is not suspended there is nothing to say there.
    "guarantees:suspension": ("in open on on on open", "in open on 403 on open"),
    "guarantees:later_job": ("in open 200 403 404 open", "in open 409 403 404 open"),
    # The homeowner's: who bought the contact does not come in by it (G2).
    "guarantees:survey": ("200 200 403 403 200 200", "422 422 403 403 422 422"),
    "guarantees:survey_answered": (NOT_THERE, NOT_THERE),
    "mail:sent_mails": (NOT_THERE, NOT_THERE),
    "mail:sent_mail": (NOT_THERE, NOT_THERE),
    "mail:sent_mail_html": (NOT_THERE, NOT_THERE),
    # Without a gateway there is nobody to play the bank, and nobody who could tell us anything.
    "sandbox": (NOT_THERE, NOT_THERE),
    "payment_webhook": (NO_VERB, NOT_THERE),
    # Nor a provider of mail.
    "mail_webhook": (NO_VERB, NOT_THERE),
    "media": (FOR_ALL, FOR_ALL),
    "api:schema": (FOR_ALL, NO_VERB),
    "api:docs": (FOR_ALL, NO_VERB),
    "api:leads": (BY_KEY, BY_KEY),
    "api:lead": (BY_KEY, BY_KEY),
    "api:purchase": (BY_KEY, BY_KEY),
    "api:contacts": (BY_KEY, BY_KEY),
    "api:contact": (BY_KEY, BY_KEY),
    "api:outcome": (BY_KEY, BY_KEY),
    "api:diary": (BY_KEY, BY_KEY),
    "api:returns": (BY_KEY, BY_KEY),
    "api:guarantee": (BY_KEY, BY_KEY),
    "api:claims": (BY_KEY, BY_KEY),
    "api:claim": (BY_KEY, BY_KEY),
    "api:submit_claim": (BY_KEY, BY_KEY),
    "api:withdraw_claim": (BY_KEY, BY_KEY),
    "api:stories": (BY_KEY, BY_KEY),
    "api:story": (BY_KEY, BY_KEY),
    "api:statements": (BY_KEY, BY_KEY),
    "api:statement": (BY_KEY, BY_KEY),
    "api:clients": (BY_KEY, BY_KEY),
    "api:tickets": (BY_KEY, BY_KEY),
    "api:ticket": (BY_KEY, BY_KEY),
    "api:messages": (BY_KEY, BY_KEY),
    "api:agreements": (BY_KEY, BY_KEY),
    "api:allowances": (BY_KEY, BY_KEY),
    "api:articles": (FOR_ALL, NO_VERB),
    "api:search_articles": ("422 422 422 422 422 422", NO_VERB),
    "api:article": (FOR_ALL, NO_VERB),
    "api:nothing": (NOT_THERE, NOT_THERE),
}
# Has no name: sends on to the page where everybody changes a password.
NAMELESS = {"admin/password_change/"}

# The office's lists: (roles that see the list, roles that see the form to add). Nobody else does, but the
# superuser; and where the last word is "nobody", not even the superuser adds a row by hand.
AT_THE_DESK = {"consultant", "desk lead"}
OFFICE: dict[str, tuple[set[str], set[str] | str]] = {
    "mail_outgoingmail": (set(), NOBODY),
    # Each sees what comes to the addresses that are theirs.
    "mail_incomingmail": ({"moderator", "reviewer", "appeals"} | AT_THE_DESK, NOBODY),
    "profiles_professional": ({"moderator", "reviewer", "appeals", "finance"}, NOBODY),
    "profiles_question": ({"terms"}, {"terms"}),
    "profiles_suspension": ({"moderator", "reviewer", "appeals", "finance"}, NOBODY),
    "profiles_user": (set(), set()),
    "billing_customer": ({"finance"}, NOBODY),
    "billing_plan": ({"finance"}, {"finance"}),
    "billing_subscription": ({"finance"}, NOBODY),
    "billing_invoice": ({"finance"}, {"finance"}),
    "billing_invoicepayment": ({"finance"}, {"finance"}),
    "billing_creditnote": ({"finance"}, {"finance"}),
    "billing_gatewaypayment": ({"finance"}, NOBODY),
    "billing_gatewayevent": ({"finance"}, NOBODY),
    "billing_refusedwebhook": ({"finance"}, NOBODY),
    "billing_prepayment": ({"finance"}, NOBODY),
    "billing_reversal": ({"finance"}, NOBODY),
    "billing_wallet": ({"finance"}, NOBODY),
    "billing_walletentry": ({"finance"}, NOBODY),
    "billing_topup": ({"finance"}, {"finance"}),
    "billing_balancecorrection": ({"finance"}, {"finance"}),
    "marketplace_contact": ({"moderator", "reviewer"}, NOBODY),
    "marketplace_lead": ({"moderator", "reviewer"}, {"moderator"}),
    "marketplace_blockedsender": ({"moderator"}, NOBODY),
    "marketplace_category": ({"moderator"}, {"moderator"}),
    "marketplace_province": ({"moderator"}, {"moderator"}),
    "marketplace_pricerule": ({"moderator", "finance"}, {"finance"}),
    "marketplace_returnrequest": ({"moderator", "reviewer"}, {"moderator"}),
    "marketplace_review": ({"moderator", "reviewer"}, NOBODY),
    "guarantees_countedday": ({"reviewer", "appeals", "finance", "terms"}, NOBODY),
    "guarantees_claim": ({"reviewer", "appeals"}, NOBODY),
    "guarantees_appeal": ({"appeals"}, NOBODY),
    "guarantees_refundedcontact": ({"reviewer"}, NOBODY),
    "guarantees_secondlook": ({"reviewer"}, NOBODY),
    "guarantees_guaranteeterms": ({"reviewer", "terms"}, {"terms"}),
    "guarantees_extradays": ({"reviewer", "terms"}, {"terms"}),
    "support_client": (AT_THE_DESK, AT_THE_DESK),
    "support_clientperson": (AT_THE_DESK, NOBODY),
    "support_agreement": (AT_THE_DESK, {"desk lead"}),
    "support_allowance": (AT_THE_DESK, NOBODY),
    "support_quote": (AT_THE_DESK, NOBODY),
    "support_offer": (AT_THE_DESK, NOBODY),
    "support_work": (AT_THE_DESK, NOBODY),
    "support_plannedsession": (AT_THE_DESK, NOBODY),
    "support_openinghours": (AT_THE_DESK, {"desk lead"}),
    "support_closure": (AT_THE_DESK, {"desk lead"}),
    "support_checkedyear": (AT_THE_DESK, NOBODY),
    "support_call": (AT_THE_DESK, NOBODY),
    "support_exchangeevent": (AT_THE_DESK, NOBODY),
    "support_insession": (AT_THE_DESK, NOBODY),
    "support_plansupport": ({"desk lead"}, {"desk lead"}),
    "support_article": (AT_THE_DESK, {"desk lead"}),
    "support_articlecategory": (AT_THE_DESK, {"desk lead"}),
    "support_librarysearch": (AT_THE_DESK, NOBODY),
    "support_ticket": ({"desk lead"}, NOBODY),
    "auth_group": (set(), set()),
}
# The office's buttons about one thing: (GET, POST), a column for each role in the order of test_roles.py, then the
# superuser. POST is sent empty: 400 and 409 are for who may press it, and is told what is missing or why not. Who
# hears appeals sees claims, and is told in a sentence that deciding them is not theirs.
READ_BY_FINANCE = "403 403 403 200 403 403 403 200"
READ_BY_REVIEWER = "403 200 403 403 403 403 403 200"
READ_AT_THE_DESK = "403 403 403 403 403 200 200 200"
READ_BY_DESK_LEAD = "403 403 403 403 403 403 200 200"
READ_MAIL = "200 200 403 403 403 403 403 200"
NO_VERB_HERE = "405 405 405 405 405 405 405 405"
LED_BACK_HERE = "on on on on on on on on"
OFFICE_PAGES = {
    # moderator reviewer appeals finance terms consultant desk-lead chief
    "admin:billing_invoice_year": (READ_BY_FINANCE, NO_VERB_HERE),
    "admin:billing_gatewayevent_settle": (NO_VERB_HERE, "403 403 403 409 403 403 403 409"),
    "admin:billing_subscription_cancel": (READ_BY_FINANCE, "403 403 403 409 403 403 403 409"),
    "admin:guarantees_extradays_decide": (NO_VERB_HERE, "403 403 403 403 409 403 403 409"),
    "admin:guarantees_extradays_proposed": ("403 403 403 403 200 403 403 200", NO_VERB_HERE),
    "admin:guarantees_claim_contact": (NO_VERB_HERE, "403 409 409 403 403 403 403 409"),
    "admin:guarantees_claim_looking": (NO_VERB_HERE, "403 200 200 403 403 403 403 200"),
    "admin:guarantees_claim_preview": (LED_BACK_HERE, "403 409 409 403 403 403 403 409"),
    "admin:guarantees_claim_decide": (LED_BACK_HERE, "403 409 409 403 403 403 403 409"),
    "admin:guarantees_claim_review": (LED_BACK_HERE, "403 409 409 403 403 403 403 409"),
    "admin:mail_incomingmail_attachment": (READ_MAIL, NO_VERB_HERE),
    "admin:mail_incomingmail_message": (READ_MAIL, NO_VERB_HERE),
    "admin:mail_incomingmail_set_aside": (NO_VERB_HERE, "409 409 403 403 403 403 403 409"),
    "admin:mail_incomingmail_take_in": (NO_VERB_HERE, "on on 403 403 403 403 403 on"),
    "admin:guarantees_countedday_sheet": ("403 200 200 200 200 403 403 200", NO_VERB_HERE),
    "admin:guarantees_guaranteeterms_what_if": ("403 200 403 403 200 403 403 200", NO_VERB_HERE),
    "admin:guarantees_refundedcontact_look": (NO_VERB_HERE, "403 409 403 403 403 403 403 409"),
    "admin:guarantees_secondlook_record": (NO_VERB_HERE, "403 409 403 403 403 403 403 409"),
    "admin:marketplace_contact_word": (NO_VERB_HERE, "403 on 403 403 403 403 403 on"),
    "admin:marketplace_blockedsender_lift": (NO_VERB_HERE, "on 403 403 403 403 403 403 on"),
    "admin:marketplace_lead_block": (NO_VERB_HERE, "409 403 403 403 403 403 403 409"),
    "admin:marketplace_lead_verify_phone": (NO_VERB_HERE, "on 403 403 403 403 403 403 on"),
    "admin:marketplace_pricerule_preview": (
        "200 403 403 200 403 403 403 200",
        "200 403 403 200 403 403 403 200",
    ),
    "admin:marketplace_lead_decide": (NO_VERB_HERE, "409 403 403 403 403 403 403 409"),
    "admin:marketplace_returnrequest_decide": (NO_VERB_HERE, "400 403 403 403 403 403 403 400"),
    "admin:marketplace_returnrequest_evidence": ("200 403 403 403 403 403 403 200", NO_VERB_HERE),
    "admin:marketplace_review_decide": (NO_VERB_HERE, "400 403 403 403 403 403 403 400"),
    "admin:guarantees_appeal_hear": (LED_BACK_HERE, "403 403 409 403 403 403 403 409"),
    "admin:guarantees_appeal_answer": (LED_BACK_HERE, "403 403 409 403 403 403 403 409"),
    "admin:profiles_professional_suspend": (READ_BY_REVIEWER, "403 409 403 403 403 403 403 409"),
    "admin:profiles_suspension_lift": (NO_VERB_HERE, "403 403 409 403 403 403 403 409"),
    "admin:support_agreement_document": (READ_AT_THE_DESK, NO_VERB_HERE),
    "admin:support_agreement_version": (READ_BY_DESK_LEAD, "403 403 403 403 403 403 422 422"),
    "admin:support_allowance_extend": (READ_BY_DESK_LEAD, "403 403 403 403 403 403 422 422"),
    "admin:support_article_place": (NO_VERB_HERE, "403 403 403 403 403 403 422 422"),
    "admin:support_article_publish": (NO_VERB_HERE, "403 403 403 403 403 403 on on"),
    "admin:support_article_text": (READ_AT_THE_DESK, "403 403 403 403 403 403 422 422"),
    "admin:support_article_withdraw": (NO_VERB_HERE, "403 403 403 403 403 403 422 422"),
    "admin:support_checkedyear_confirm": (NO_VERB_HERE, "403 403 403 403 403 403 409 409"),
    "admin:support_client_change_person": (READ_BY_DESK_LEAD, "403 403 403 403 403 403 422 422"),
    "admin:support_client_end_person": (NO_VERB_HERE, "403 403 403 403 403 403 409 409"),
    "admin:support_client_language": (NO_VERB_HERE, "403 403 403 403 403 403 422 422"),
    "admin:support_client_person": (READ_BY_DESK_LEAD, "403 403 403 403 403 403 422 422"),
}
# Django's own frame of the office, and what each of its models has.
FRAME = {
    *("index", "login", "logout", "password_change", "password_change_done", "autocomplete", "jsi18n"),
    *("view_on_site", "app_list", "<path:object_id>/", "(?P<url>.*)$"),
}
OF_EACH_MODEL = {"changelist", "add", "change", "delete", "history", "simple_history"}


def the_offices_own() -> set[str]:
    models = {f"{model._meta.app_label}_{model._meta.model_name}" for model in admin.site._registry}
    return {f"admin:{name}" for name in FRAME} | {
        f"admin:{model}_{page}" for model in models for page in OF_EACH_MODEL
    }


def test_every_address_is_in_the_table():
    found = set(addresses()) - the_offices_own() - NAMELESS
    assert found == set(DOORS) | set(OFFICE_PAGES)


def test_every_list_of_the_office_is_in_the_table():
    assert {f"{model._meta.app_label}_{model._meta.model_name}" for model in admin.site._registry} == set(
        OFFICE
    )


@pytest.mark.django_db
def test_every_door_opens_for_whom_it_should_and_tells_the_others_what_it_should():
    with time_machine.travel(WHEN, tick=False):
        world = make_world()
        told = what_is_told(world, WHO, DOORS)
    assert told == DOORS


@pytest.mark.django_db
def test_the_office_opens_to_each_role_what_is_its_own():
    chief = making.make_user("chief@quince.example", is_staff=True, is_superuser=True)
    knockers = {role: Knocker(making.make_staff(role)) for role in ROLES} | {"chief": Knocker(chief)}
    expected, seen = {}, {}
    for model, (listed, added) in OFFICE.items():
        for page, roles in (("changelist", listed), ("add", added)):
            let_in = set() if roles == NOBODY else {*roles, "chief"}
            expected[model, page] = dict.fromkeys(knockers, "403") | dict.fromkeys(let_in, "200")
            address = reverse(f"admin:{model}_{page}")
            seen[model, page] = {role: knocker.knock(address, "GET") for role, knocker in knockers.items()}
    assert seen == expected


@pytest.mark.django_db
def test_what_staff_decide_is_decided_by_the_role_that_it_belongs_to():
    with time_machine.travel(WHEN, tick=False):
        args = make_office_world()
        knockers = [Knocker(making.make_staff(role)) for role in ROLES]
        knockers.append(Knocker(making.make_user("chief@quince.example", is_staff=True, is_superuser=True)))
        told = {}
        for name in args:
            address = reverse(name, args=args[name])
            told[name] = tuple(
                " ".join(knocker.knock(address, verb) for knocker in knockers) for verb in ("GET", "POST")
            )
    assert told == OFFICE_PAGES


@pytest.mark.django_db
def test_the_office_is_closed_to_who_is_not_staff():
    strangers = [Knocker(None), Knocker(making.make_user()), Knocker(making.make_pro().owner)]
    for page in ("admin:index", *(f"admin:{model}_changelist" for model in OFFICE)):
        told = {knocker.knock(reverse(page), "GET") for knocker in strangers}
        assert told <= {"in", "on", "403"}, page
