"""What is kept about a user: shown, copied, and taken away with the account; the books stay as they were (X5)."""

import json
import uuid
from datetime import timedelta
from importlib import import_module

import pytest
from allauth.account.models import EmailAddress
from django.apps import apps
from django.core.management import call_command
from django.test import Client
from django.urls import reverse

from base.days import marketplace_day
from base.registry import personal_data
from billing.models import Customer, Invoice, Period, Subscription, Wallet, WalletEntry
from billing.subscriptions import plan_in_force, renew_plans
from guarantees.claims import begin_claim
from guarantees.errors import GuaranteeError
from guarantees.models import Claim
from mail.models import OutgoingMail
from marketplace.attempts import begin_attempt
from marketplace.diary import write_diary
from marketplace.models import (
    Attempt,
    Contact,
    DiaryEntry,
    HomeownerQuestion,
    ReturnEvent,
    ReturnRequest,
    Review,
    ReviewRequest,
)
from marketplace.questions import answer_question, ask_question
from marketplace.returns import ask_return
from marketplace.reviews import answer_review, ask_earlier_client
from marketplace.summaries import send_summary
from profiles.closing import close_account
from profiles.errors import ProfileError
from profiles.models import Invitation, Photo, Professional, User
from profiles.pictures import read_picture
from tests.guarantees.claim_making import make_submitted
from tests.making import (
    NOW,
    PASSWORD,
    at,
    buy,
    complete_profile,
    contract,
    fund,
    make_review,
    make_user,
    picture,
)

LATER = NOW + timedelta(days=3)


@pytest.fixture
def busy_pro(pro):
    """A business with something in every app."""
    contract(pro)
    fund(pro, 100_000)
    complete_profile(pro)
    contact = buy(pro, now=NOW)[0]
    write_diary(
        contact=contact, kind="call", happened_at=NOW, text="Quedamos el lunes.", by=pro.owner, now=LATER
    )
    review = make_review(pro)
    answer_review(review=review, text="Gracias por tus palabras.", by=pro.owner, now=LATER)
    ask_earlier_client(
        professional=pro, name="Eva Ruiz", email="eva@example.com", language="es-mx", by=pro.owner, now=LATER
    )
    User.objects.filter(pk=pro.owner_id).update(first_name="Hilda", last_name="Hidalgo")
    pro.refresh_from_db()
    return pro


def kept_of(user) -> str:
    """Every text that is shown to `user` of what is kept about them."""
    return "\n".join(f"{what}: {value}" for each in personal_data for what, value in each.shown(user))


def test_each_app_shows_what_it_keeps(busy_pro):
    kept = kept_of(busy_pro.owner)
    for part in (
        "Hilda Hidalgo", "pro@example.com", "Reformas Hidalgo", busy_pro.tax_id, "Renovamos baños",
        "Baño en Coyoacán", "Q-2026-000001", "$800.00", "Quedamos el lunes.", "Gracias por tus palabras.", "Eva Ruiz",
    ):  # fmt: skip
        assert part in kept, part
    # What homeowners told belongs to them.
    assert "Lucía" not in kept


def test_closing_takes_the_person_out_and_leaves_the_books_whole(busy_pro, capsys):
    owner = busy_pro.owner
    entries = list(WalletEntry.objects.values())
    invoices = list(Invoice.objects.values())

    close_account(user=owner, now=LATER)

    own = (User, Professional, Customer, EmailAddress, DiaryEntry, Review, ReviewRequest)
    for model in own:
        text = str(list(model.objects.values()))
        for personal in (
            "Hilda",
            "pro@example.com",
            "Reformas Hidalgo",
            "Quedamos",
            "Gracias por tus",
            "Eva",
        ):
            assert personal not in text, (model, personal)
    assert not OutgoingMail.objects.filter(recipient="pro@example.com").exists()
    for version in (Professional.history, Customer.history):
        assert "Hidalgo" not in str(list(version.values()))
    assert not Photo.objects.filter(professional=busy_pro).exists()
    assert list(WalletEntry.objects.values()) == entries
    assert list(Invoice.objects.values()) == invoices
    busy_pro.refresh_from_db()
    assert busy_pro.closed_at == LATER
    # One business has one guarantee: its tax id is kept, so that no second account has another chance (G10).
    assert busy_pro.tax_id
    call_command("check_books")
    assert "The books hold" in capsys.readouterr().out


def test_other_businesses_keep_nothing_of_who_they_invited(pro, other_pro):
    """Neither where the invitation is open nor where the person joined and left."""
    person = make_user("invited@example.com")
    EmailAddress.objects.create(user=person, email="else@example.com", verified=False)
    said = {"invited_by": pro.owner, "invited_at": NOW}
    joined = Invitation.objects.create(
        professional=pro, email="earlier@example.com", ended_at=NOW, accepted_by=person, **said
    )
    open_one = Invitation.objects.create(professional=other_pro, email=person.email, **said)
    # Whose it is was never shown.
    strange = Invitation.objects.create(professional=other_pro, email="else@example.com", **said)
    assert "Invited to work for: Reformas Hidalgo" in kept_of(person)
    assert f"Invited to work for: {other_pro.name}" in kept_of(person)

    close_account(user=person, now=LATER)

    for each in (joined, open_one, strange):
        each.refresh_from_db()
    assert (joined.email, joined.ended_at, joined.accepted_by) == ("", NOW, person)
    assert (open_one.email, open_one.ended_at) == ("", LATER)
    assert (strange.email, strange.ended_at) == ("else@example.com", None)
    assert person in pro.people_ever()


def test_invitations_of_accounts_that_closed_before_name_nobody(pro):
    person, member = make_user("invited@example.com"), make_user("member@example.com")
    for who in (person, member):
        Invitation.objects.create(
            professional=pro, email=who.email, invited_at=NOW, ended_at=NOW, accepted_by=who
        )
    close_account(user=person, now=NOW)
    Invitation.objects.filter(accepted_by=person).update(email="invited@example.com")
    migration = import_module("profiles.migrations.0005_invitations_of_closed_accounts")
    migration.empty_the_addresses(apps, None)
    assert set(Invitation.objects.values_list("email", flat=True)) == {"", member.email}


def test_the_plan_ends_and_nothing_is_invoiced_any_more(busy_pro):
    close_account(user=busy_pro.owner, now=LATER)
    assert not plan_in_force(busy_pro, marketplace_day(LATER))
    assert Subscription.objects.get().cancelled_on == marketplace_day(LATER)
    number = Invoice.objects.count()
    for months in range(1, 4):
        renew_plans(now=NOW + timedelta(days=31 * months))
    assert Invoice.objects.count() == number


def test_a_plan_contracted_today_ends_today(pro):
    contract(pro, now=LATER)
    close_account(user=pro.owner, now=LATER)
    period = Period.objects.get()
    assert (
        period.ends_on == period.starts_on == Subscription.objects.get().runs_until == marketplace_day(LATER)
    )


def test_closing_twice_closes_once(busy_pro):
    close_account(user=busy_pro.owner, now=LATER)
    before = list(Professional.objects.values())
    close_account(user=busy_pro.owner, now=LATER + timedelta(days=1))
    assert list(Professional.objects.values()) == before


def test_a_member_goes_and_the_business_stays(busy_pro, stranger):
    busy_pro.members.add(stranger)
    close_account(user=stranger, now=LATER)
    busy_pro.refresh_from_db()
    assert (busy_pro.name, busy_pro.closed_at, list(busy_pro.members.all())) == ("Reformas Hidalgo", None, [])
    assert plan_in_force(busy_pro, marketplace_day(LATER))


def test_a_claim_that_is_looked_at_holds_the_account_and_nothing_is_erased(pro):
    claim = make_submitted(pro)
    mails = list(OutgoingMail.objects.values())
    with pytest.raises(GuaranteeError) as refused:
        close_account(user=pro.owner, now=at("2026-03-20 12:00"))
    assert refused.value.code == "claim_open"
    pro.refresh_from_db()
    assert (pro.name, pro.owner.is_active) == ("Reformas Hidalgo", True)
    assert list(OutgoingMail.objects.values()) == mails
    claim.refresh_from_db()
    assert claim.state == Claim.State.SUBMITTED


def test_a_draft_is_withdrawn(busy_pro):
    claim = begin_claim(professional=busy_pro, by=busy_pro.owner, now=LATER)
    close_account(user=busy_pro.owner, now=LATER)
    claim.refresh_from_db()
    assert claim.state == Claim.State.WITHDRAWN


def test_an_account_of_the_office_is_not_closed_by_its_owner(finance):
    with pytest.raises(ProfileError) as refused:
        close_account(user=finance, now=LATER)
    assert refused.value.code == "staff"


# Pages


@pytest.fixture
def browser(busy_pro):
    browser = Client()
    browser.post(reverse("account_login"), {"login": busy_pro.owner.email, "password": PASSWORD})
    return browser


def test_the_page_shows_it_and_the_copy_says_the_same(browser, busy_pro):
    page = browser.get(reverse("personal_data"))
    assert "Renovamos baños" in page.text
    assert "no-store" in page.headers["Cache-Control"]
    copy = browser.get(reverse("personal_data_copy"))
    assert copy.headers["Content-Disposition"] == 'attachment; filename="quince-data.json"'
    kept = json.loads(copy.content)
    said = {row["value"] for part in kept["kept"] for row in part["data"]}
    assert {"Hilda Hidalgo", "Baño en Coyoacán. Completo."} <= said


def test_closing_says_first_what_is_lost_asks_who_it_is_and_closes(browser, busy_pro):
    page = browser.get(reverse("close_account"))
    assert page.status_code == 302  # To say the password once more.
    browser.post(reverse("account_reauthenticate"), {"password": PASSWORD})
    shown = browser.get(reverse("close_account")).text
    assert "Your balance holds MX$800.00." in shown
    assert "Your plan ends today" in shown
    assert User.objects.get(pk=busy_pro.owner_id).is_active

    closed = browser.post(reverse("close_account"))

    assert "Your account is closed" in closed.text
    assert browser.get(reverse("personal_data")).status_code == 302
    again = Client()
    again.post(reverse("account_login"), {"login": "pro@example.com", "password": PASSWORD})
    assert "_auth_user_id" not in again.session


def test_another_session_of_the_same_account_ends_too(browser, busy_pro):
    other = Client()
    other.post(reverse("account_login"), {"login": busy_pro.owner.email, "password": PASSWORD})
    close_account(user=busy_pro.owner, now=LATER)
    assert other.get(reverse("billing:overview")).status_code == 302


def test_the_wallet_keeps_what_it_held(busy_pro):
    before = Wallet.objects.values_list("balance_cents", flat=True).get(professional=busy_pro)
    close_account(user=busy_pro.owner, now=LATER)
    assert Wallet.objects.values_list("balance_cents", flat=True).get(professional=busy_pro) == before


def test_returns_answers_and_attempts_are_shown_and_erased(busy_pro, moderator, capsys):
    owner = busy_pro.owner
    contact = Contact.objects.get()
    asked = ask_return(
        contact=contact, reason="not_real", explanation="El teléfono de Hilda no entra.", by=owner, now=LATER,
        pictures=[read_picture(picture())],
    )  # fmt: skip
    question = ask_question(contact=contact, text="¿Cuándo vienes?", now=LATER)
    answer_question(question=question, text="Llego el martes, Hilda.", by=owner, now=LATER)
    begin_attempt(contact=contact, way="whatsapp", by=owner, now=LATER)
    kept = kept_of(owner)
    for part in (
        "El teléfono de Hilda no entra.",
        "Pictures with this return: 1",
        "Llego el martes",
        "WhatsApp",
    ):
        assert part in kept, part
    assert "Returns that we have not decided yet are withdrawn" in " ".join(
        line for each in personal_data for line in each.warnings(owner, LATER)
    )
    close_account(user=owner, now=LATER)
    for model in (ReturnRequest, ReturnEvent, HomeownerQuestion, Attempt, DiaryEntry):
        assert "Hilda" not in str(list(model.objects.values())), model
    asked.refresh_from_db()
    assert (asked.state, asked.evidence.count()) == ("withdrawn", 0)
    assert not Attempt.objects.filter(entry=None).exists()
    call_command("check_books")
    assert "The books hold" in capsys.readouterr().out


def test_mails_whose_answers_go_to_them_are_shown_and_lose_that(busy_pro):
    owner, contact = busy_pro.owner, Contact.objects.get()
    send_summary(
        contact=contact, key=uuid.uuid4(), subject="Lo acordado", by=owner, now=LATER,
        text="Cambiamos la regadera el lunes y el azulejo el martes.",
    )  # fmt: skip
    assert "answers go to you: Lo acordado" in kept_of(owner)
    close_account(user=owner, now=LATER)
    summary = OutgoingMail.objects.get(kind="marketplace/summary")
    assert (summary.recipient, summary.reply_to) == (contact.lead.homeowner_email, "")


def test_the_page_shows_the_beginning_of_much_and_the_copy_all_of_it(busy_pro, client_of):
    for number in range(110):
        OutgoingMail.objects.create(
            kind="account/note", cause=f"account:{number}", recipient=busy_pro.owner.email, language="en",
            subject=f"Nota {number:03d}", message_id=f"<{number}@x>", written_at=NOW, due_at=NOW,
        )  # fmt: skip
    browser = client_of(busy_pro)
    page = browser.get(reverse("personal_data")).text
    assert ("These are the first 100 entries." in page, "Nota 000" in page, "Nota 109" in page) == (
        True,
        True,
        False,
    )
    assert "Nota 109" in browser.get(reverse("personal_data_copy")).text


def test_a_copy_is_made_ten_times_a_day(busy_pro, client_of, time_machine):
    time_machine.move_to(LATER, tick=False)
    browser, copy = client_of(busy_pro), reverse("personal_data_copy")
    assert [browser.get(copy).status_code for _ in range(11)] == [200] * 10 + [302]
    assert "You have made 10 copies today" in browser.get(reverse("personal_data")).text
    time_machine.move_to(LATER + timedelta(days=1), tick=False)
    assert browser.get(copy).status_code == 200


def test_mails_are_shown_in_the_order_in_which_they_were_written(pro):
    """Whichever row was stored first."""
    contract(pro)
    later, first = (
        OutgoingMail.objects.create(
            kind="test", cause=f"test:{number}", recipient=pro.owner.email, subject=f"Subject {number}",
            text="", written_at=moment, due_at=moment, message_id=f"<{number}@quince.example>",
        )
        for number, moment in ((1, LATER), (2, NOW - timedelta(days=1)))
    )  # fmt: skip
    held = kept_of(pro.owner)
    assert held.index(first.subject) < held.index(later.subject)
