"""Who was hired, as the homeowner says it; and that no professional ever learns of it (G2, M1)."""

import re
from datetime import timedelta

import pytest
from django.db import transaction
from django.test import Client
from django.urls import reverse

from mail.models import OutgoingMail
from marketplace.contacts import buy_contact
from marketplace.errors import MarketplaceError
from marketplace.hiring import close_job, say_who_was_hired, what_was_said
from marketplace.leads import close_lead
from marketplace.models import Contact, HomeownerWordEvent, Lead, LeadEvent
from marketplace.returns import accept_return, ask_return, return_by_staff
from marketplace.withdrawal import withdraw_lead
from tests.doors import WHEN, make_world
from tests.making import NOW, contract, fund, make_lead, make_pro
from tests.test_doors import DOORS

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)
LATER = NOW + DAY
OF_ALL = ("hired_other", "hired_nobody", "undecided")


@pytest.fixture
def contacts():
    """Three businesses that bought one request, in the order of their purchases."""
    lead = make_lead()
    return [bought(lead) for _ in range(3)]


def bought(lead, now=NOW) -> Contact:
    pro = make_pro()
    contract(pro)
    fund(pro)
    return buy_contact(professional=pro, lead=lead, price_seen_cents=20_000, now=now)


def say(contacts, hired=None, word="", now=LATER) -> None:
    say_who_was_hired(lead=contacts[0].lead, hired=hired, word=word, now=now)


def words(contacts) -> list[str]:
    return [Contact.objects.get(pk=contact.pk).homeowner_word for contact in contacts]


def code_of(do, *args, **kwargs) -> str:
    with pytest.raises(MarketplaceError) as refusal:
        do(*args, **kwargs)
    return refusal.value.code


def test_that_one_was_hired_means_that_for_the_others_somebody_else_was(contacts):
    say(contacts, hired=contacts[1])
    assert words(contacts) == ["hired_other", "hired_them", "hired_other"]
    events = HomeownerWordEvent.objects.order_by("contact_id")
    assert [(event.contact, event.actor, event.from_state, event.to_state, event.at) for event in events] == [
        (contacts[0], None, "", "hired_other", LATER),
        (contacts[1], None, "", "hired_them", LATER),
        (contacts[2], None, "", "hired_other", LATER),
    ]


@pytest.mark.parametrize("word", OF_ALL)
def test_what_holds_for_all_is_recorded_on_each(contacts, word):
    say(contacts, word=word)
    assert words(contacts) == [word] * 3


def test_it_is_corrected_with_its_history_and_the_same_again_changes_nothing(contacts):
    say(contacts, word="undecided")
    say(contacts, word="undecided", now=LATER + DAY)
    say(contacts, hired=contacts[0], now=LATER + DAY)
    assert words(contacts) == ["hired_them", "hired_other", "hired_other"]
    assert HomeownerWordEvent.objects.count() == 6
    assert Contact.objects.get(pk=contacts[0].pk).homeowner_word_at == LATER + DAY


def test_a_business_that_gave_the_contact_back_can_have_been_hired_all_the_same(contacts, moderator):
    """A job won with a contact that was returned as bad is for the office to know."""
    return_by_staff(contact=contacts[0], by=moderator, note="Era un duplicado.", now=NOW)
    say(contacts, hired=contacts[0])
    assert words(contacts) == ["hired_them", "hired_other", "hired_other"]


@pytest.mark.parametrize("word", ["", "hired_them", "never_contacted", "drop table"])
def test_nothing_else_can_be_said_of_all(contacts, word):
    assert code_of(say, contacts, word=word) == "unknown_word"
    assert words(contacts) == ["", "", ""]


def test_a_business_of_another_request_was_not_hired_for_this_one(contacts):
    assert code_of(say, contacts, hired=bought(make_lead())) == "unknown_word"
    assert words(contacts) == ["", "", ""]


def test_after_the_withdrawal_it_stays_as_it_was(contacts):
    say(contacts, word="undecided")
    withdraw_lead(lead=contacts[0].lead, now=LATER)
    assert code_of(say, contacts, hired=contacts[0]) == "withdrawn"
    assert words(contacts) == ["undecided"] * 3


def test_what_was_said_last_is_shown_to_the_homeowner(contacts):
    def shown():
        return what_was_said(list(Contact.objects.order_by("pk")))

    assert shown() == ""
    for word in OF_ALL:
        say(contacts, word=word)
        assert shown() == word
    say(contacts, hired=contacts[2])
    assert shown() == contacts[2]


# Closing


def test_closing_tells_each_buyer_once_whoever_closes_and_not_who_gave_it_back(contacts, moderator):
    lead = contacts[0].lead
    return_by_staff(contact=contacts[2], by=moderator, note="Era un duplicado.", now=NOW)
    close_job(lead=lead, now=LATER)
    close_job(lead=lead, now=LATER + DAY)
    close_lead(lead=lead, by=moderator, reason="Ya.", now=LATER + DAY)
    told = OutgoingMail.objects.filter(kind="marketplace/job_closed")
    assert set(told.values_list("recipient", flat=True)) == {
        contact.professional.owner.email for contact in contacts[:2]
    }
    assert told.count() == 2
    event = LeadEvent.objects.filter(to_state="closed").get()
    assert (event.actor, event.at) == (None, LATER)


def test_the_office_closes_in_the_same_words(contacts, moderator):
    def told() -> dict[str, tuple[str, str]]:
        mails = OutgoingMail.objects.filter(kind="marketplace/job_closed")
        return {mail.recipient: (mail.subject, mail.text) for mail in mails}

    with transaction.atomic():
        close_job(lead=contacts[0].lead, now=LATER)
        by_the_homeowner = told()
        transaction.set_rollback(True)
    close_lead(lead=contacts[0].lead, by=moderator, reason="Ya está hecho.", now=LATER)
    assert told() == by_the_homeowner
    assert len(by_the_homeowner) == 3


def test_a_return_that_closes_the_request_does_not_say_that_the_job_is_closed(contacts, moderator):
    wanted = ask_return(
        contact=contacts[0],
        reason="not_real",
        explanation="El número no existe.",
        by=contacts[0].professional.owner,
        now=NOW,
    )
    accept_return(return_request=wanted, by=moderator, note="", now=NOW)
    assert Lead.objects.get().state == "closed"
    close_job(lead=contacts[0].lead, now=LATER)
    assert not OutgoingMail.objects.filter(kind="marketplace/job_closed").exists()


def test_what_waits_cannot_be_closed_it_is_withdrawn():
    assert code_of(close_job, lead=make_lead(published=False), now=LATER) == "wrong_state"


# What the professional learns

# What differs from one page to the next by itself.
_BY_ITSELF = re.compile(r'name="(?:csrfmiddlewaretoken|form)" value="[^"]+"|nonce="[^"]+"')


def everything_of(owner, args) -> dict[str, str]:
    """Each page of the product as `owner` sees it, and each mail that was written to them."""
    browser = Client()
    browser.force_login(owner, "allauth.account.auth_backends.AuthenticationBackend")
    seen = {}
    for name in DOORS:
        if name == "media" or name.startswith(
            ("account_", "mfa_", "marketplace:homeowner", "marketplace:review_")
        ):
            continue
        response = browser.get(reverse(name, args=args.get(name, [])))
        if not response.streaming:
            seen[name] = _BY_ITSELF.sub("", response.content.decode(errors="replace")) + response.headers.get(
                "Location", ""
            )
    for mail in OutgoingMail.objects.filter(recipient=owner.email):
        seen[f"{mail.kind} {mail.cause}"] = f"{mail.subject}\n{mail.reply_to}\n{mail.text}"
    return seen


def test_whatever_the_homeowner_says_no_page_and_no_mail_of_the_professional_differs(time_machine):
    """G2. The world of test_doors.py: every page that there is, or will be, is looked at."""
    time_machine.move_to(WHEN, tick=False)
    world = make_world()
    owner = world.people["pro"]
    (contact_id,) = world.args["marketplace:contact"]
    contact = Contact.objects.get(public_id=contact_id)
    lead = contact.lead
    rival = make_pro()
    contract(rival)
    fund(rival)
    Lead.objects.filter(pk=lead.pk).update(published_at=WHEN)
    other = buy_contact(professional=rival, lead=lead, price_seen_cents=20_000, now=WHEN)

    def seen_after(hired, word, closes) -> dict[str, str]:
        with transaction.atomic():
            if hired or word:
                say_who_was_hired(lead=lead, hired=hired, word=word, now=WHEN)
            if closes:
                close_job(lead=lead, now=WHEN)
            seen = everything_of(owner, world.args)
            transaction.set_rollback(True)
        return seen

    said = [(contact, ""), (other, ""), *((None, word) for word in OF_ALL)]
    silent = seen_after(None, "", closes=False)
    for hired, word in said:
        assert seen_after(hired, word, closes=False) == silent
    closed = seen_after(None, "", closes=True)
    assert closed != silent
    assert seen_after(contact, "", closes=True) == closed
    assert f"marketplace/job_closed lead:{lead.public_id}" in closed
