"""What ends with the links that a homeowner makes useless, and what that leaves as it was (M1, X5)."""

import pytest
from django.test import Client
from django.urls import reverse

from base import links
from mail.models import OutgoingMail
from marketplace import reviews
from marketplace.held import held_about
from marketplace.homeowners import page_of, renew_link, send_link_anew
from marketplace.leads import close_lead, reject_lead, told_why
from marketplace.models import Review
from marketplace.returns import return_by_staff
from marketplace.senders import block_sender
from tests.making import NOW, ask, buy, contract, fund, make_lead


def rejected(lead, by):
    return reject_lead(lead=lead, by=by, ground="too_little", reason="Escribe cuántos metros son.", now=NOW)


@pytest.fixture
def lead(pro, moderator):
    return rejected(make_lead(published=False, homeowner_email="lucia@example.com", language="en"), moderator)


def test_the_reason_of_a_rejection_stays_the_moderators(lead):
    before = told_why(lead)
    assert before is not None and before.note == "Escribe cuántos metros son."
    renewed = renew_link(lead=lead, now=NOW)
    assert told_why(renewed) == before
    page = Client().get(page_of(renewed))
    assert "link_version" not in page.text and "cuántos metros" in page.text


def test_their_data_names_it_for_what_it_is(lead):
    def events(of):
        return [value for part in held_about(of) for _name, value in part.rows]

    before = events(lead)
    assert before.count("rejected") == 1
    after = events(renew_link(lead=lead, now=NOW))
    assert (after.count("rejected"), after.count("old links made useless")) == (1, 1)


def test_the_office_reads_it_as_a_sentence(lead, moderator, client):
    renew_link(lead=lead, now=NOW)
    client.force_login(moderator)
    page = client.get(reverse("admin:marketplace_lead_change", args=[lead.pk]))
    assert "old links made useless" in page.text and "link_version" not in page.text


class TestReviewLink:
    @pytest.fixture(autouse=True)
    def _now(self, time_machine):
        time_machine.move_to(NOW, tick=False)

    @pytest.fixture
    def asked(self, pro):
        contract(pro)
        fund(pro)
        return reviews.ask_homeowner(contact=buy(pro, now=NOW)[0], by=pro.owner, now=NOW)

    def test_it_ends_with_the_others_and_says_so(self, asked):
        old = reverse("marketplace:review_by_link", args=[reviews.token_of(asked)])
        assert Client().get(old).status_code == 200
        asked.contact.lead = renew_link(lead=asked.contact.lead, now=NOW)
        for answer in (Client().get(old), Client().post(old, {"handling": "5", "author_name": "Ana"})):
            assert answer.status_code == 410
            assert "This link was made useless" in answer.text
        assert not Review.objects.exists()
        new = reverse("marketplace:review_by_link", args=[reviews.token_of(asked)])
        assert Client().get(new).status_code == 200

    def test_one_from_before_links_carried_a_number_is_the_first(self, asked):
        first = links.sign(reviews.LINK_PURPOSE, str(asked.public_id))
        address = reverse("marketplace:review_by_link", args=[first])
        assert Client().get(address).status_code == 200
        renew_link(lead=asked.contact.lead, now=NOW)
        assert Client().get(address).status_code == 410

    def test_an_earlier_clients_link_is_of_no_request_and_stays(self, pro):
        contract(pro)
        fund(pro)
        asked = reviews.ask_earlier_client(
            professional=pro, name="Eva", email="eva@example.com", language="en", by=pro.owner, now=NOW
        )
        assert (
            Client().get(reverse("marketplace:review_by_link", args=[reviews.token_of(asked)])).status_code
            == 200
        )


def test_what_others_typed_does_not_crowd_out_what_its_owner_confirmed(db):
    mine = make_lead(homeowner_email="lucia@example.com")
    for _number in range(12):
        ask(homeowner_email="lucia@example.com", now=NOW)
    OutgoingMail.objects.all().delete()
    send_link_anew(email="lucia@example.com", network="192.0.2.1", now=NOW)
    assert page_of(mine) in OutgoingMail.objects.get().text


@pytest.mark.parametrize(("verified_at", "told"), [(None, False), (NOW, True)])
def test_whose_telephone_is_blocked_and_why_is_told_to_those_whose_it_is(db, moderator, verified_at, told):
    """Anybody can write a neighbour's number into the form."""
    bad = make_lead(homeowner_phone="+525512345678")
    block_sender(lead=bad, by_mail=False, by_phone=True, by=moderator, reason="Amenazas.", now=NOW)
    lead = make_lead(homeowner_phone="+525512345678")
    lead.phone_verified_at = verified_at
    rows = [f"{name} {value}" for part in held_about(lead) for name, value in part.rows]
    assert any("Amenazas." in row for row in rows) is told


def test_what_is_closed_by_us_counts_those_who_kept_it(pro, moderator):
    """Who gave it back has been told to forget it."""
    contract(pro)
    fund(pro)
    contact = buy(pro, now=NOW, language="en")[0]
    return_by_staff(contact=contact, by=moderator, note="Era un duplicado.", now=NOW)
    close_lead(lead=contact.lead, by=moderator, ground="other", reason="Pidió cerrarla.", now=NOW)
    mail = OutgoingMail.objects.get(kind="marketplace/lead_closed")
    assert "may still call you" not in mail.text
