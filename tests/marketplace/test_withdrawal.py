"""A homeowner takes their request and their data back (M1, M5, X5)."""

import re
from datetime import timedelta
from uuid import uuid4

import pytest
from django.urls import reverse

from base.erased import ERASED
from base.registry import invariants
from guarantees.claims import begin_claim
from mail.models import OutgoingMail
from marketplace.anonymising import erase_lead
from marketplace.attempts import begin_attempt
from marketplace.contacts import buy_contact
from marketplace.diary import write_diary
from marketplace.errors import MarketplaceError
from marketplace.first_contact import check_first_contacts
from marketplace.homeowners import renew_link, send_link_anew
from marketplace.lead_photos import attach, keep_photo
from marketplace.leads import close_lead, publish_lead
from marketplace.matching import announce_leads, send_digests
from marketplace.models import Contact, Lead, LeadEvent, PriceRule
from marketplace.preferences import save_preferences
from marketplace.questions import answer_question, ask_question
from marketplace.returns import accept_return, ask_return, return_by_staff
from marketplace.reviews import ask_homeowner
from marketplace.summaries import send_summary
from marketplace.withdrawal import withdraw_lead
from tests.making import (
    NOW,
    at,
    complete_profile,
    contract,
    fund,
    make_category,
    make_lead,
    make_plan,
    make_pro,
    make_province,
    picture,
)

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)
NAME, EMAIL, PHONE = "Lucía Fernández", "lucia@example.com", "+525555123456"
DESCRIPTION = "Cambiar la regadera; preguntar por la señora de la casa azul."


def asked(**changes) -> Lead:
    said = {"homeowner_name": NAME, "homeowner_email": EMAIL, "homeowner_phone": PHONE}
    return make_lead(**(said | {"title": "Renovar un baño", "description": DESCRIPTION} | changes))


def rich(pro=None, now=NOW):
    pro = pro or make_pro()
    if pro.first_contracted_on is None:
        contract(pro, now=now, plan=make_plan("year", months=12))
        fund(pro, now=now)
    return pro


def bought(lead, pro=None, now=NOW) -> Contact:
    return buy_contact(professional=rich(pro, now), lead=lead, price_seen_cents=20_000, now=now)


def withdraw(lead, now=NOW + DAY) -> Lead:
    return withdraw_lead(lead=lead, now=now)


def code_of(do, *args, **kwargs) -> str:
    with pytest.raises(MarketplaceError) as refusal:
        do(*args, **kwargs)
    return refusal.value.code


def letters(kind: str):
    return OutgoingMail.objects.filter(kind=f"marketplace/{kind}").order_by("pk")


def test_every_state_but_withdrawn_can_be_withdrawn_and_says_when():
    for state in Lead.State.values:
        lead = asked()
        if state == Lead.State.WITHDRAWN:
            continue
        Lead.objects.filter(pk=lead.pk).update(state=state)
        lead.refresh_from_db()
        done = withdraw(lead)
        assert (done.state, done.withdrawn_at, done.details_shown) == ("withdrawn", NOW + DAY, False)
        event = LeadEvent.objects.filter(lead=lead).latest("pk")
        assert (event.actor, event.from_state, event.to_state, event.at) == (
            None, state, "withdrawn", NOW + DAY,
        )  # fmt: skip


def test_withdrawing_twice_changes_nothing():
    lead = asked()
    bought(lead)
    withdraw(lead)
    assert withdraw(lead, NOW + 2 * DAY).withdrawn_at == NOW + DAY
    assert letters("request_withdrawn").count() == letters("withdrawal_done").count() == 1
    assert LeadEvent.objects.filter(to_state="withdrawn").count() == 1


def test_what_was_anonymised_holds_nothing_to_withdraw():
    lead = asked()
    Lead.objects.update(anonymised_at=NOW)
    assert code_of(withdraw, lead) == "ended"


def test_nobody_buys_a_withdrawn_request_nor_sees_it_nor_publishes_it(client_of, moderator):
    published, waiting = asked(), asked(published=False)
    buyer = rich()
    for lead in (published, waiting):
        withdraw(lead)
    purchase = {"professional": buyer, "lead": published, "price_seen_cents": 20_000, "now": NOW + DAY}
    assert code_of(buy_contact, **purchase) == "not_live"
    assert code_of(publish_lead, lead=waiting, by=moderator, now=NOW + DAY) == "wrong_state"
    assert code_of(close_lead, lead=published, by=moderator, reason="Ya.", now=NOW + DAY) == "wrong_state"
    assert "Renovar un baño" not in client_of(buyer).get(reverse("marketplace:feed")).content.decode()
    assert client_of(buyer).get(reverse("marketplace:lead", args=[published.public_id])).status_code == 410


def test_whoever_saw_it_is_told_that_it_is_over_and_nothing_else(client_of, moderator):
    """M1, M5: whether they returned its contact or only looked at it; what was never shown is not there."""
    lead, unseen = asked(), asked(published=False)
    looked, gave_back, kept = rich(), bought(lead), bought(lead)
    return_by_staff(contact=gave_back, by=moderator, note="Era un duplicado.", now=NOW)
    page = reverse("marketplace:lead", args=[lead.public_id])
    assert client_of(looked).get(page).status_code == 200
    for each in (lead, unseen):
        withdraw(each)

    over = client_of(looked).get(page)
    assert (over.status_code, over.context.get("lead")) == (410, None)
    assert "This request is no longer open" in over.text
    said = (lead.masked_title, lead.town, str(lead.category), *DETAILS, "withdr", "homeowner")
    assert not [each for each in said if each in over.text.partition("<main")[2].partition("</main")[0]]
    for contact in (gave_back, kept):
        own = client_of(contact.professional).get(page)
        assert own["Location"] == reverse("marketplace:contact", args=[contact.public_id])
    bought_now = client_of(looked).post(
        reverse("marketplace:buy", args=[lead.public_id]), {"price_seen_cents": 20_000}, follow=True
    )
    assert bought_now.status_code == 410
    assert client_of(looked).get(reverse("marketplace:lead", args=[unseen.public_id])).status_code == 404


def test_buyers_are_told_once_and_whose_seven_days_run_that_they_may_return_it(moderator):
    """M7: the seventh day after the purchase still counts, the eighth no more."""
    lead = asked(now=NOW)
    early = bought(lead, now=NOW)
    in_time = bought(lead, now=NOW + DAY)
    returned = bought(lead, now=NOW + DAY)
    return_by_staff(contact=returned, by=moderator, note="Era un duplicado.", now=NOW + DAY)
    withdraw(lead, now=at("2026-01-18 23:59"))
    told = {mail.recipient: mail for mail in letters("request_withdrawn")}
    assert set(told) == {early.professional.owner.email, in_time.professional.owner.email}
    assert "ask to return it" not in told[early.professional.owner.email].text
    assert "could not be reached" in told[early.professional.owner.email].text
    assert "until the end of Jan. 25, 2026" in told[in_time.professional.owner.email].text
    for mail in told.values():
        assert not any(
            detail in mail.text + mail.subject for detail in (NAME, EMAIL, "5555123456", "casa azul")
        )


def test_the_homeowner_is_told_that_it_is_done_and_nothing_else_is_written_to_them():
    contact = bought(asked())
    OutgoingMail.objects.all().delete()
    withdraw(contact.lead)
    (mail,) = OutgoingMail.objects.filter(recipient=EMAIL)
    assert mail.kind == "marketplace/withdrawal_done"
    assert "/data/" in mail.text
    refusal = code_of(ask_homeowner, contact=contact, by=contact.professional.owner, now=NOW + DAY)
    assert refusal == "out_of_reach"


def write_everything(**said) -> Lead:
    """A request about which every mail has been written that there is before it ends."""
    lead = asked(published=False, **said)
    PriceRule.objects.get_or_create(price_cents=20_000)
    publish_lead(lead=lead, by=None, now=NOW)
    save_preferences(
        professional=rich(), categories=[lead.category], provinces=[lead.province], mails="at_once",
        monthly_limit_cents=None, now=NOW,
    )  # fmt: skip
    announce_leads(now=NOW)
    contact, _waits, tries = bought(lead), bought(lead), bought(lead)
    begin_attempt(contact=tries, way="call", by=tries.professional.owner, now=NOW)
    pro = contact.professional
    write_diary(contact=contact, kind="call", happened_at=NOW, text="Quiere azulejo.", by=pro.owner, now=NOW)
    summary = {"subject": "La visita", "text": "Acordamos una visita el martes a las diez para medir."}
    send_summary(contact=contact, key=uuid4(), by=pro.owner, now=NOW, **summary)
    question = ask_question(contact=contact, text="Soy Lucía, ¿y el precio?", now=NOW)
    answer_question(question=question, text="Mañana lo mando.", by=pro.owner, now=NOW)
    ask_homeowner(contact=contact, by=pro.owner, now=NOW)
    check_first_contacts(now=NOW + timedelta(hours=20))
    check_first_contacts(now=NOW + timedelta(hours=25))
    send_link_anew(email=lead.homeowner_email, network="192.0.2.1", now=NOW)
    renew_link(lead=lead, now=NOW)
    lead.refresh_from_db()
    return lead


@pytest.mark.parametrize("claimed", [False, True])
def test_a_daily_mail_that_waits_tells_of_the_others_only(claimed):
    pro = rich()
    save_preferences(
        professional=pro, categories=[make_category()], provinces=[make_province()], mails="daily",
        monthly_limit_cents=None, now=NOW,
    )  # fmt: skip
    first, second = (asked(title=title, now=NOW + timedelta(hours=1)) for title in ("Un baño", "Otro baño"))
    announce_leads(now=NOW + timedelta(hours=3))
    assert send_digests(now=at("2026-01-11 07:00")) == 1
    if claimed:
        letters("new_leads").update(state="sending", claimed_at=NOW + DAY)
    before = letters("new_leads").get().text

    withdraw(first)
    mail = letters("new_leads").get()
    assert (mail.state, mail.claimed_at) == ("queued", None)
    entry = f"Un baño\nBathrooms · Coyoacán, CDMX · medium · MX$200.00\nhttp://127.0.0.1:8000/jobs/{first.public_id}/\n\n"
    assert entry in before and mail.text == before.replace(entry, "")
    assert "Otro baño" in mail.text
    withdraw(second)
    mail = letters("new_leads").get()
    assert (mail.state, mail.text) == ("failed", "")


def state_by_kind() -> dict[str, str]:
    """Of the mails of this floor; all of a kind are in the same state."""
    mails = OutgoingMail.objects.order_by("kind").filter(kind__startswith="marketplace/")
    mails = mails.values_list("kind", "state").distinct()
    assert len(mails) == len({kind for kind, _state in mails})
    return {kind.removeprefix("marketplace/"): state for kind, state in mails}


BEFORE_IT_ENDS = {
    *(
        "lead_published",
        "new_lead",
        "contact_bought",
        "first_contact_reminder",
        "first_contact_late",
        "first_contact_tried",
        "first_contact_tried_late",
        "summary",
    ),
    *("question_asked", "question_answered", "review_asked_homeowner", "links_anew", "link_renewed"),
}
TOLD_ALL_THE_SAME = {"contact_bought", "links_anew", "link_renewed"}


def test_what_waits_to_be_sent_to_or_of_them_is_taken_back_and_says_nothing_any_more():
    """M1, M5: no mail reaches them any more but who had their details, and the way to their page; and no business is
    told what they wrote or wanted, or to call them."""
    lead = write_everything()
    assert state_by_kind() == dict.fromkeys(BEFORE_IT_ENDS, "queued")
    close_lead(lead=lead, by=None, reason="Ya.", now=NOW)
    withdraw(lead)

    of_the_end = {"job_closed", "request_withdrawn", "withdrawal_done"}
    taken_back = BEFORE_IT_ENDS - TOLD_ALL_THE_SAME
    assert state_by_kind() == dict.fromkeys(taken_back, "failed") | dict.fromkeys(
        TOLD_ALL_THE_SAME | of_the_end, "queued"
    )
    assert set(OutgoingMail.objects.filter(state="failed").values_list("text", flat=True)) == {""}


def test_the_mails_of_another_request_of_theirs_go_out():
    another = asked(published=False)
    OutgoingMail.objects.all().delete()
    write_everything()
    withdraw(another)
    assert state_by_kind() == dict.fromkeys({*BEFORE_IT_ENDS, "withdrawal_done"}, "queued")


def test_a_withdrawal_that_fails_takes_nothing_back(monkeypatch):
    lead = write_everything()
    monkeypatch.setattr("marketplace.withdrawal.tell_buyers", lambda **said: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        withdraw(lead)
    assert state_by_kind() == dict.fromkeys(BEFORE_IT_ENDS, "queued")


def test_erased_they_are_in_no_mail_whomever_it_was_to():
    """X5: neither in what they were sent, nor in what businesses were told of them; what was sent stays counted."""
    lead = write_everything()
    OutgoingMail.objects.update(state="sent", sent_at=NOW)
    withdraw(lead)
    erase_lead(lead=lead, now=NOW + DAY)

    mails = OutgoingMail.objects.filter(kind__in=[f"marketplace/{kind}" for kind in BEFORE_IT_ENDS])
    assert set(mails.values_list("subject", "text", "state")) == {(ERASED, "", "sent")}
    assert not OutgoingMail.objects.filter(recipient=EMAIL).exists()


def test_its_photos_go_with_their_files(private_files, django_capture_on_commit_callbacks):
    """M5: whoever has kept the address of a picture finds nothing there."""
    lead = asked()
    attach(lead, [keep_photo(picture(1), network="192.0.2.1", now=NOW)], NOW)
    assert len([path for path in private_files.rglob("*") if path.is_file()]) == 2
    with django_capture_on_commit_callbacks(execute=True):
        withdraw(lead)
    assert not lead.photos.exists()
    assert not [path for path in private_files.rglob("*") if path.is_file()]


def test_a_contact_of_a_withdrawn_request_can_be_returned_and_its_lead_stays_withdrawn(moderator):
    contact = bought(asked())
    withdraw(contact.lead)
    wanted = ask_return(
        contact=contact, reason="withdrew", explanation="Retiró su solicitud.", by=contact.professional.owner,
        now=NOW + DAY,
    )  # fmt: skip
    accept_return(return_request=wanted, by=moderator, note="", now=NOW + DAY)
    contact.refresh_from_db()
    contact.lead.refresh_from_db()
    assert (contact.returned_at, contact.lead.state) == (NOW + DAY, "withdrawn")
    assert [line for each in invariants for line in each.broken()] == []


def test_nobody_is_reminded_to_call_somebody_who_has_withdrawn():
    """G21."""
    contact = bought(asked())
    other = bought(asked())
    withdraw(contact.lead, NOW)
    assert check_first_contacts(now=NOW + timedelta(hours=20)) == (1, 0)
    assert letters("first_contact_reminder").get().recipient == other.professional.owner.email
    assert list(Contact.objects.first_contact_open()) == [other]


# What the buyer sees


@pytest.fixture
def shown(pro, client_of, time_machine):
    """Every page of the business that bought, before and after, without what differs by itself."""
    time_machine.move_to(NOW + DAY, tick=False)
    contact = bought(asked(), pro, now=NOW)
    complete_profile(pro)
    other = bought(
        asked(title="Otra obra", homeowner_name="Otra Persona", homeowner_email="o@example.com"), pro
    )
    for each in (contact, other):
        write_diary(contact=each, kind="call", happened_at=NOW, text="Llamada.", by=pro.owner, now=NOW)
    ask_question(contact=contact, text="¿Cuándo? Soy Lucía Fernández.", now=NOW)
    browser = client_of(pro)

    def pages() -> dict[str, str]:
        from guarantees.claims import begin_claim

        begin_claim(professional=pro, by=pro.owner, now=NOW + DAY)
        names = ("home", "marketplace:contacts", "marketplace:feed", "marketplace:reviews", "guarantees:overview",
                 "guarantees:claim", "billing:overview", "billing:invoices", "profiles:profile")  # fmt: skip
        addresses = [reverse(name) for name in names]
        of_contact = ("marketplace:contact", "marketplace:return")
        addresses += [reverse(name, args=[contact.public_id]) for name in of_contact]
        addresses += [
            f"{reverse('marketplace:contacts')}?only={only}" for only in ("open", "won", "returned")
        ]
        return {address: browser.get(address).content.decode() for address in addresses}

    return contact, pages


DETAILS = (NAME, "Lucía", "Fernández", EMAIL, "55 5512 3456", "55-5512-3456", "5555123456", "casa azul")


def leaks(pages: dict[str, str]) -> set[tuple[str, str]]:
    return {(address, detail) for address, page in pages.items() for detail in DETAILS if detail in page}


def test_after_the_withdrawal_no_page_of_the_buyer_shows_who_asked(shown):
    """M5: at once, on every page; with what they were before as the control."""
    contact, pages = shown
    before = leaks(pages())
    assert {detail for _address, detail in before} >= {NAME, EMAIL, "55 5512 3456", "casa azul"}
    assert len({address for address, _detail in before}) >= 3
    withdraw(contact.lead)
    after = pages()
    assert leaks(after) == set()
    for address in (
        reverse("marketplace:contacts"),
        reverse("marketplace:contact", args=[contact.public_id]),
    ):
        assert "The homeowner withdrew on" in after[address]
    page = after[reverse("marketplace:contact", args=[contact.public_id])]
    assert "mailto:" not in page
    assert "tel:" not in page
    assert "Renovar un baño" in page
    assert "Llamada." in page


def test_a_review_that_was_asked_for_shows_the_name_no_more(shown, pro, client_of):
    contact, pages = shown
    ask_homeowner(contact=contact, by=pro.owner, now=NOW - 70 * DAY)
    assert NAME in pages()[reverse("marketplace:reviews")]
    withdraw(contact.lead)
    page = pages()[reverse("marketplace:reviews")]
    assert NAME not in page
    assert not re.search("Ask again", page)


def test_other_buyers_and_other_requests_of_the_homeowner_are_as_before(shown, other_pro, client_of):
    contact, pages = shown
    other = bought(asked(title="La cocina"), other_pro)
    withdraw(contact.lead)
    page = client_of(other_pro).get(reverse("marketplace:contact", args=[other.public_id])).content.decode()
    assert NAME in page
    assert "Otra Persona" in pages()[reverse("marketplace:contacts")]


def test_staff_with_the_permission_still_see_them(shown, moderator, client_of):
    contact, _pages = shown
    withdraw(contact.lead)
    page = client_of(moderator).get(reverse("admin:marketplace_lead_change", args=[contact.lead.pk]))
    assert EMAIL in page.content.decode()


def test_what_we_carried_to_the_homeowner_is_shown_no_more_and_own_notes_are(pro, client_of, time_machine):
    """It begins with their name, or repeats what they asked; the business's own notes stay its own (M1, M5)."""
    time_machine.move_to(NOW + DAY, tick=False)
    contact = bought(asked(), pro)
    by = pro.owner
    write_diary(contact=contact, kind="call", happened_at=NOW, text="Quedamos el lunes.", by=by, now=NOW)
    send_summary(
        contact=contact, key=uuid4(), subject="Lo acordado", by=by, now=NOW,
        text="Hola Lucía Fernández, cambiamos la regadera el lunes temprano.",
    )  # fmt: skip
    question = ask_question(contact=contact, text="¿Traen el azulejo?", now=NOW)
    answer_question(question=question, text="Sí, doña Lucía, lo traemos.", by=by, now=NOW)
    begin_claim(professional=pro, by=by, now=NOW)
    pages = [
        reverse("marketplace:contact", args=[contact.public_id]),
        reverse("guarantees:claim"),
        reverse("personal_data"),
    ]
    browser = client_of(pro)
    for page in pages:
        shown = browser.get(page).text
        assert "Hola Lucía" in shown and "doña Lucía" in shown and "Quedamos" in shown, page
    withdraw(contact.lead)
    for page in pages:
        shown = browser.get(page).text
        assert "Lucía" not in shown and "Quedamos" in shown, page
