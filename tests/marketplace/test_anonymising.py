"""A request loses its person after twelve months, or when they ask; counts and books stay; who looked is known (X5)."""

from datetime import timedelta

import pytest
from django.conf import settings
from django.core.management import call_command
from django.test import Client
from django.urls import reverse

from guarantees.models import ClaimItem, Story
from mail import inbox
from mail.models import IncomingMail, OutgoingMail
from marketplace.anonymising import anonymise_leads, erase_lead, to_anonymise
from marketplace.diary import write_diary
from marketplace.errors import MarketplaceError
from marketplace.expiry import expire_leads
from marketplace.held import held_about
from marketplace.homeowners import token_of
from marketplace.leads import close_lead, reject_lead
from marketplace.models import (
    Contact,
    DetailsSeen,
    DiaryEntry,
    HomeownerQuestion,
    Lead,
    LeadEvent,
    ReturnEvent,
    ReturnRequest,
    Review,
    ReviewRequest,
)
from marketplace.questions import ask_question
from marketplace.returns import accept_return, ask_return, reasons_open, refuse_return
from marketplace.seen import looks_at, note_seen
from marketplace.senders import block_sender, blocks_of, lift_block
from marketplace.withdrawal import withdraw_lead
from tests.guarantees.claim_making import make_submitted
from tests.mail.messages import make_message
from tests.making import NOW, at, buy, contract, fund, make_lead, make_plan, make_review
from tests.together import together

DAY = timedelta(days=1)
# A year and a day after a publication on 10 January 2026.
OVER = at("2027-01-11 00:00")
PERSONAL = ("Lucía", "lucia@example.com", "5551", "Cambiar la regadera", "Coyoacán", "Renovar un baño")


@pytest.fixture
def contact(pro, moderator):
    """A contact about which everybody has written something, and everything is decided."""
    contract(pro, plan=make_plan("year", months=12))
    fund(pro, 1_000_000)
    contact = buy(pro, now=NOW, homeowner_email="lucia@example.com")[0]
    write_diary(
        contact=contact, kind="call", happened_at=NOW, text="Lucía tiene un perro.", by=pro.owner, now=NOW
    )
    ask_question(contact=contact, text="Soy Lucía, ¿cuándo vienes?", now=NOW)
    asked = ask_return(
        contact=contact, reason="wrong_details", explanation="Lucía no contesta nunca.", by=pro.owner, now=NOW
    )
    refuse_return(return_request=asked, by=moderator, note="Lucía sí contesta.", now=NOW)
    return contact


def texts(*models) -> str:
    return "\n".join(str(list(model.objects.values())) for model in models)


@pytest.mark.parametrize(("now", "due"), [(OVER - timedelta(seconds=1), 0), (OVER, 1), (OVER + 400 * DAY, 1)])
def test_a_request_is_kept_to_the_end_of_the_day_twelve_months_after_its_publication(db, now, due):
    make_lead(now=NOW)
    assert to_anonymise(now).count() == due


def test_what_was_never_published_is_kept_as_long_from_its_entry(db):
    make_lead(now=NOW, published=False)
    assert to_anonymise(OVER - timedelta(seconds=1)).count() == 0
    assert to_anonymise(OVER).count() == 1


def test_nothing_of_the_person_is_left_and_the_counts_are(contact, pro, capsys):
    make_review(contact, now=NOW)
    note_seen(leads=[contact.lead], user=pro.owner, professional=pro, now=NOW)
    numbers = {
        model: model.objects.count()
        for model in (Lead, Contact, DiaryEntry, HomeownerQuestion, ReturnRequest, Review, ReviewRequest)
    }

    assert anonymise_leads(now=OVER) == 1

    left = texts(Lead, LeadEvent, DiaryEntry, HomeownerQuestion, ReturnRequest, ReturnEvent, ReviewRequest)
    for personal in PERSONAL:
        assert personal not in left, personal
    assert not OutgoingMail.objects.filter(recipient="lucia@example.com").exists()
    assert not DetailsSeen.objects.exists()
    assert {model: model.objects.count() for model in numbers} == numbers
    lead = Lead.objects.get()
    assert (lead.anonymised_at, lead.price_cents, lead.places_taken) == (OVER, 20_000, 1)
    call_command("check_books")
    assert "The books hold" in capsys.readouterr().out


def test_a_published_review_stays_under_the_name_that_it_was_signed_with(contact):
    review = make_review(contact, now=NOW)
    anonymise_leads(now=OVER)
    kept = Review.objects.get(pk=review.pk)
    assert (kept.text, kept.author_name, kept.state) == (review.text, review.author_name, "published")
    assert kept.author_key == f"erased:{kept.request_id}"


def test_running_again_changes_nothing(contact):
    anonymise_leads(now=OVER)
    before = texts(Lead, Contact, DiaryEntry)
    assert anonymise_leads(now=OVER + DAY) == 0
    assert texts(Lead, Contact, DiaryEntry) == before


def test_never_while_an_open_claim_counts_it(pro):
    claim = make_submitted(pro)
    counted = Contact.objects.filter(frozen_at__isnull=False)
    assert counted.count() == claim.items.count() > 0
    assert anonymise_leads(now=OVER + 400 * DAY) == Lead.objects.exclude(contacts__in=counted).count()
    assert not Lead.objects.filter(contacts__in=counted, anonymised_at__isnull=False).exists()
    assert ClaimItem.objects.filter(claim=claim, story="").count() == 0


def test_the_evidence_of_a_decided_claim_goes_with_the_person_and_its_verdicts_stay(pro):
    from guarantees.claims import withdraw_claim

    claim = make_submitted(pro)
    items = list(claim.items.values_list("contact", "price_cents", "verdict"))
    withdraw_claim(claim=claim, by=pro.owner, now=at("2026-03-20 12:00"))
    anonymise_leads(now=OVER + 400 * DAY)
    assert set(ClaimItem.objects.filter(claim=claim).values_list("story", flat=True)) == {"—"}
    assert not Story.objects.exclude(text="").exists()
    assert list(claim.items.values_list("contact", "price_cents", "verdict")) == items


def test_a_row_that_fails_holds_up_no_other(db, monkeypatch):
    from marketplace import anonymising

    broken, whole = make_lead(now=NOW), make_lead(now=NOW)
    remove = anonymising.remove_photos

    def stumble(lead):
        if lead.pk == broken.pk:
            raise RuntimeError("stumbled")
        remove(lead)

    monkeypatch.setattr(anonymising, "remove_photos", stumble)
    assert anonymise_leads(now=OVER) == 1
    broken.refresh_from_db()
    whole.refresh_from_db()
    assert (broken.anonymised_at, whole.anonymised_at) == (None, OVER)
    assert broken.homeowner_name == "Lucía Fernández"


def test_the_command_counts_what_is_due_and_does_it(db, time_machine, capsys):
    make_lead(now=NOW)
    time_machine.move_to(OVER)
    call_command("anonymise_leads", "--dry-run")
    assert capsys.readouterr().out == "Due: 1 requests. Nothing was changed.\n"
    call_command("anonymise_leads")
    assert capsys.readouterr().out == "Anonymised: 1 requests.\n"


# Asked for


def test_a_homeowner_who_withdrew_has_everything_erased_at_once(contact):
    review = make_review(contact, now=NOW)
    withdraw_lead(lead=contact.lead, now=NOW + DAY)
    erased = erase_lead(lead=contact.lead, now=NOW + 2 * DAY)
    assert erased.anonymised_at == NOW + 2 * DAY
    # They published it under a name; now they want that gone.
    assert Review.objects.get(pk=review.pk).author_name == "—"


@pytest.mark.parametrize("state", ["unconfirmed", "waiting", "published"])
def test_what_is_still_going_on_is_withdrawn_first(db, state):
    lead = make_lead(now=NOW)
    Lead.objects.filter(pk=lead.pk).update(state=state)
    with pytest.raises(MarketplaceError) as refused:
        erase_lead(lead=lead, now=NOW + DAY)
    assert refused.value.code == "withdraw_first"
    lead.refresh_from_db()
    assert (lead.anonymised_at, lead.erase_asked_at) == (None, None)


@pytest.mark.parametrize("ended", ["closed", "expired"])
def test_erasing_what_had_ended_withdraws_it_first_with_all_that_follows(contact, pro, moderator, ended):
    """Closing first takes nothing from who bought it: they are told, and may return it for that reason (M1, M7)."""
    if ended == "closed":
        close_lead(lead=contact.lead, by=moderator, reason="hecho", now=NOW + DAY)
    else:
        expire_leads(now=NOW + 31 * DAY)
        Contact.objects.update(bought_on=(NOW + 29 * DAY).date())
    erased = erase_lead(lead=contact.lead, now=NOW + 32 * DAY if ended == "expired" else NOW + 2 * DAY)
    assert (erased.state, erased.withdrawn_at) == ("withdrawn", erased.anonymised_at)
    told = OutgoingMail.objects.get(kind="marketplace/request_withdrawn")
    assert (told.recipient, told.state) == (pro.owner.email, "queued")
    contact.refresh_from_db()
    assert "withdrew" in reasons_open(contact, erased.withdrawn_at)
    asked = ask_return(
        contact=contact,
        reason="withdrew",
        explanation="Se retiró antes de la visita.",
        by=pro.owner,
        now=erased.withdrawn_at + DAY,
    )
    accept_return(return_request=asked, by=moderator, note="", now=erased.withdrawn_at + DAY)
    contact.refresh_from_db()
    assert contact.returned_at is not None


def test_what_nobody_published_is_erased_as_withdrawn(db, moderator):
    lead = make_lead(now=NOW, published=False)
    reject_lead(lead=lead, by=moderator, reason="No es un trabajo.", now=NOW)
    assert erase_lead(lead=lead, now=NOW + DAY).anonymised_at == NOW + DAY


def test_erasure_waits_while_a_return_of_it_is_undecided(contact, pro, moderator, client, time_machine):
    asked = ask_return(
        contact=contact, reason="not_real", explanation="Nadie vive ahí, dice.", by=pro.owner, now=NOW + DAY
    )
    close_lead(lead=contact.lead, by=moderator, reason="hecho", now=NOW + DAY)
    time_machine.move_to(NOW + 2 * DAY, tick=False)
    token = token_of(contact.lead)
    client.cookies[settings.LANGUAGE_COOKIE_NAME] = "en"
    page = client.post(reverse("marketplace:erase", args=[token]), follow=True)
    assert "Your wish is noted." in page.text
    lead = Lead.objects.get()
    assert (lead.anonymised_at, lead.withdrawn_at, lead.erase_asked_at) == (None, *[NOW + 2 * DAY] * 2)
    assert anonymise_leads(now=NOW + 3 * DAY) == 0
    asked.refresh_from_db()
    assert asked.explanation == "Nadie vive ahí, dice."
    refuse_return(return_request=asked, by=moderator, note="Sí vive ahí.", now=NOW + 4 * DAY)
    assert anonymise_leads(now=NOW + 5 * DAY) == 1
    asked.refresh_from_db()
    assert asked.explanation == "—"


def test_where_an_open_claim_counts_it_the_erasure_waits_for_the_decision(pro):
    from guarantees.claims import withdraw_claim

    claim = make_submitted(pro)
    lead = Contact.objects.filter(frozen_at__isnull=False)[0].lead
    withdraw_lead(lead=lead, now=at("2026-02-13 12:00"))
    waiting = erase_lead(lead=lead, now=at("2026-02-14 12:00"))
    assert (waiting.anonymised_at, waiting.erase_asked_at) == (None, at("2026-02-14 12:00"))
    assert anonymise_leads(now=at("2026-02-15 12:00")) == 0
    withdraw_claim(claim=claim, by=pro.owner, now=at("2026-02-16 12:00"))
    assert anonymise_leads(now=at("2026-02-17 12:00")) == 1


def test_the_page_of_the_data_gives_a_copy_and_erases_when_it_is_pressed(
    contact, client, time_machine, moderator
):
    time_machine.move_to(NOW + DAY)
    token = token_of(contact.lead)
    copy = client.get(reverse("marketplace:homeowner_copy", args=[token]))
    assert copy.headers["Content-Disposition"] == 'attachment; filename="quince-data.json"'
    assert "lucia@example.com" in copy.text
    assert "perro" not in copy.text  # The diary is the business's own.
    close_lead(lead=contact.lead, by=moderator, reason="hecho", now=NOW + DAY)
    erase = reverse("marketplace:erase", args=[token])
    asked_first = client.get(erase)
    assert (asked_first.status_code, Lead.objects.get().homeowner_email) == (200, "lucia@example.com")
    assert "button-danger" in asked_first.text
    assert "Lucía" in client.get(reverse("marketplace:homeowner_data", args=[token])).text
    gone = client.post(erase)
    assert (gone.status_code, Lead.objects.get().homeowner_email) == (200, "")
    assert client.get(reverse("marketplace:homeowner", args=[token])).status_code in (404, 410)


def test_a_business_that_bought_it_does_not_speak_in_the_homeowners_name(
    contact, pro, other_pro, client, client_of
):
    """Forwarded mails hold the link: whoever works for a buyer, by account or by browser, finds a closed door (G2)."""
    page = reverse("marketplace:homeowner", args=[token_of(contact.lead)])
    job = reverse("marketplace:homeowner_job", args=[token_of(contact.lead)])
    signed_in = client_of(pro)
    signed_in.get(reverse("marketplace:contacts"))
    signed_out = Client()
    signed_out.cookies["quince_browser"] = signed_in.cookies["quince_browser"].value
    for browser in (signed_in, signed_out):
        assert browser.get(page).status_code == 403
        assert browser.post(job, {"hired": "hired_nobody"}).status_code == 403
    contact.refresh_from_db()
    assert contact.homeowner_word == ""
    assert client.get(page).status_code == 200
    assert client_of(other_pro).get(page).status_code == 200


# Blocked senders (M2)


def test_a_block_is_shown_and_stays_as_long_as_it_stands(contact, moderator):
    """It protects others from abuse, and would be worth nothing if erasing ended it; its person is told so."""
    block, by_phone = block_sender(
        lead=contact.lead, by_mail=True, by_phone=True, by=moderator, reason="Pide por juego.", now=NOW
    )
    held = {row for part in held_about(contact.lead) for row in part.rows}
    said = next(value for what, value in held if what == "lucia@example.com" and "look twice" in value)
    assert "“Pide por juego.” As long as that stands we keep it, also when your data is erased" in said
    withdraw_lead(lead=contact.lead, now=NOW + DAY)
    erase_lead(lead=contact.lead, now=NOW + DAY)
    block.refresh_from_db()
    assert (block.email_key, block.reason) == ("lucia@example.com", "Pide por juego.")
    assert blocks_of(make_lead(now=NOW + 2 * DAY, homeowner_email="lucia@example.com")).get() == block
    # Nobody else knows the telephone any more.
    lifted = lift_block(block=by_phone, by=moderator, reason="Era su hermana Lucía.", now=NOW + 3 * DAY)
    assert (lifted.email_key, lifted.phone, lifted.reason, lifted.lift_reason) == (
        f"erased:{by_phone.pk}", "", "—", "—",
    )  # fmt: skip


def test_a_block_that_was_lifted_is_erased_with_its_person(contact, moderator):
    block = block_sender(
        lead=contact.lead, by_mail=True, by_phone=False, by=moderator, reason="Pide por juego.", now=NOW
    )[0]
    lifted = lift_block(block=block, by=moderator, reason="Era su hermana.", now=NOW)
    assert lifted.email_key == "lucia@example.com"
    assert "“Pide por juego.”" in str(held_about(contact.lead))
    anonymise_leads(now=OVER)
    block.refresh_from_db()
    assert (block.email_key, block.reason, block.blocked_by) == (f"erased:{block.pk}", "—", moderator)


# Who has seen them


def test_a_look_is_written_down_once_a_day_for_whom_it_was(contact, pro, moderator):
    lead = contact.lead
    for hours in (0, 1, 25):
        note_seen(leads=[lead], user=pro.owner, professional=pro, now=NOW + timedelta(hours=hours))
    note_seen(leads=[lead], user=moderator, now=NOW)
    assert [(look.day.isoformat(), look.who) for look in looks_at(lead)] == [
        ("2026-01-11", "Reformas Hidalgo"),
        ("2026-01-10", "Reformas Hidalgo"),
        ("2026-01-10", "Our own people"),
    ]


def test_the_pages_that_show_details_write_down_who_looked(contact, pro, moderator, client_of, time_machine):
    time_machine.move_to(NOW + DAY)
    lead = contact.lead
    client_of(pro).get(reverse("marketplace:contact", args=[contact.public_id]))
    client_of(moderator).get(reverse("admin:marketplace_lead_change", args=[lead.pk]))
    seen = set(DetailsSeen.objects.values_list("user", "professional"))
    assert seen == {(pro.owner_id, pro.pk), (moderator.pk, None)}
    client_of(moderator).get(reverse("admin:marketplace_contact_change", args=[contact.pk]))
    assert DetailsSeen.objects.count() == 2


def test_who_may_not_see_them_is_not_written_down(contact, finance, client_of):
    from django.contrib.auth.models import Permission

    finance.user_permissions.add(Permission.objects.get(codename="view_lead"))
    client_of(finance).get(reverse("admin:marketplace_lead_change", args=[contact.lead.pk]))
    assert not DetailsSeen.objects.exists()


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_two_workers_anonymise_each_once(db):
    for _ in range(10):
        make_lead(now=NOW)
    assert sum(together(*[lambda: anonymise_leads(now=OVER)] * 2)) == 10


# What they wrote to us


def write_to_us(sender, number=1):
    raw = make_message(
        "Soy Lucía, llámenme.", sender=sender, subject="Lucía", message_id=f"<{number}@example.com>"
    )
    (mail,) = inbox.receive(
        raw, recipient="garantia@quince.example", received_at=NOW, by="pipe", spam=True, now=NOW
    )
    return mail


def test_what_they_wrote_to_us_is_shown_to_them_and_goes_with_their_erasure(contact):
    mail = write_to_us("Lucía <lucia@example.com>")
    other = write_to_us("otra@example.com", 2)
    (shown,) = [part for part in held_about(contact.lead) if part.title == "Mails that you wrote to us"]
    assert [said for _when, said in shown.rows] == ["Lucía\n\nSoy Lucía, llámenme."]
    withdraw_lead(lead=contact.lead, now=NOW)
    erase_lead(lead=contact.lead, now=NOW)
    mail.refresh_from_db(), other.refresh_from_db()
    assert (mail.state, mail.raw, mail.text, mail.whole_text, mail.sender_name) == (
        "not_taken",
        "",
        "",
        "",
        "",
    )
    assert "lucia" not in mail.sender and mail.subject == "—"
    assert (other.state, other.sender, other.subject) == ("parked", "otra@example.com", "Lucía")


def test_after_a_year_it_goes_with_the_last_of_their_requests(contact):
    """It may be about the one that is kept; when they ask, it goes at once."""
    mail = write_to_us("lucia@example.com")
    kept = make_lead(now=NOW + 30 * DAY, homeowner_email="lucia@example.com")
    assert anonymise_leads(now=OVER) == 1
    mail.refresh_from_db()
    assert mail.sender == "lucia@example.com"
    anonymise_leads(now=OVER + 30 * DAY)
    kept.refresh_from_db(), mail.refresh_from_db()
    assert kept.anonymised_at is not None and "lucia" not in mail.sender


def test_what_somebody_with_an_account_wrote_goes_with_the_account(pro, contact):
    Lead.objects.filter(pk=contact.lead_id).update(homeowner_email=pro.owner.email)
    contact.lead.refresh_from_db()
    mail = write_to_us(pro.owner.email)
    assert "Mails that you wrote to us" not in [part.title for part in held_about(contact.lead)]
    erase_lead(lead=withdraw_lead(lead=contact.lead, now=NOW), now=NOW)
    mail.refresh_from_db()
    assert mail.sender == pro.owner.email


def test_what_failed_the_check_of_its_sender_is_not_shown(contact):
    IncomingMail.objects.filter(pk=write_to_us("lucia@example.com").pk).update(authentication="failed")
    assert "Mails that you wrote to us" not in [part.title for part in held_about(contact.lead)]
