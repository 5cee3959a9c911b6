"""Whoever was asked for a review says once that nobody is to ask them again, and nobody does (M12, X5)."""

from datetime import timedelta

import pytest
from django.conf import settings
from django.urls import reverse

from base import links
from mail.letters import as_message
from mail.models import OutgoingMail
from marketplace import reviews
from marketplace.errors import MarketplaceError
from marketplace.models import ReviewOptOut
from marketplace.withdrawal import withdraw_lead
from tests.making import NOW, buy, contract, fund, make_pro

DAY = timedelta(days=1)


def ask(pro, email="Ana.Ruiz@gmail.com", *, now=NOW):
    if pro.first_contracted_on is None:
        contract(pro)
    return reviews.ask_earlier_client(
        professional=pro, name="Ana Ruiz", email=email, language="en", by=pro.owner, now=now
    )


def refused(pro, email) -> tuple:
    with pytest.raises(MarketplaceError) as refusal:
        ask(pro, email, now=NOW + DAY)
    return refusal.value.code, refusal.value.field, str(refusal.value)


@pytest.fixture
def link(pro):
    """The address in the mail to Ana, which is in its headers too."""
    ask(pro)
    mail = OutgoingMail.objects.get(kind="marketplace/review_asked_client")
    message = as_message(mail)
    assert message.extra_headers["List-Unsubscribe"] == f"<{mail.unsubscribe_url}>"
    assert mail.unsubscribe_url in message.body
    assert "ruiz" not in mail.unsubscribe_url.lower()
    return mail.unsubscribe_url.removeprefix(settings.SITE_URL)


def test_looking_does_nothing_and_one_press_is_for_all_businesses_and_every_way_to_write_it(
    pro, link, client
):
    assert "Never be asked for a review again?" in client.get(link).text
    assert not ReviewOptOut.objects.exists()
    for _ in range(2):
        assert "Nobody asks you for a review any more" in client.post(link).text
    assert "Nobody asks you" in client.get(link).text
    assert ReviewOptOut.objects.count() == 1
    for business in (make_pro(), make_pro()):
        for email in ("anaruiz@gmail.com", "a.n.a.ruiz+q@googlemail.com"):
            assert refused(business, email) == (
                "not_to_be_asked",
                "email",
                "We cannot write to this person at the moment. Ask somebody else.",
            )
    assert ask(make_pro(), "eva@example.com").pk


def test_what_waits_to_be_sent_is_not_sent(pro, link, client):
    """Two businesses a day write to one person: the third one's mail waits for the next."""
    others = [ask(make_pro(), "ana.ruiz@gmail.com") for _number in range(3)]
    eva = ask(make_pro(), "eva@example.com")
    waiting = OutgoingMail.objects.filter(kind="marketplace/review_asked_client", state="queued")
    assert waiting.count() == 1 + len(others) + 1
    client.post(link)
    assert [mail.recipient for mail in waiting] == [eva.email]
    assert set(OutgoingMail.objects.filter(state="failed").values_list("text", flat=True)) == {""}


def test_the_page_speaks_the_language_of_the_mail_unless_another_was_chosen(pro, client):
    contract(pro)
    reviews.ask_earlier_client(
        professional=pro, name="Eva", email="eva@example.com", language="es-mx", by=pro.owner, now=NOW
    )
    address = OutgoingMail.objects.get(recipient="eva@example.com").unsubscribe_url.removeprefix(
        settings.SITE_URL
    )
    assert "¿" in client.get(address, headers={"Accept-Language": "en"}).text
    client.cookies[settings.LANGUAGE_COOKIE_NAME] = "en"
    assert "Never be asked for a review again?" in client.get(address).text


def test_links_from_before_they_named_a_language_still_work(pro, link, client):
    from marketplace.reviews.opting_out import person_of

    first = links.sign(reviews.STOP_PURPOSE, person_of("anaruiz@gmail.com"))
    assert "Nobody asks you" in client.post(reverse("marketplace:stop_asking", args=[first])).text
    assert refused(make_pro(), "ana.ruiz@gmail.com")[0] == "not_to_be_asked"


def test_no_reminder_follows(pro, link, client):
    client.post(link)
    assert reviews.remind_of_reviews(now=NOW + 6 * DAY) == 0
    assert not OutgoingMail.objects.filter(kind="marketplace/review_reminder").exists()


def test_a_reminder_has_the_link_too(pro, link):
    assert reviews.remind_of_reviews(now=NOW + 6 * DAY) == 1
    reminder = OutgoingMail.objects.get(kind="marketplace/review_reminder")
    # The same but for the second in which it was signed.
    assert reminder.unsubscribe_url.rsplit(":", 2)[0] == f"{settings.SITE_URL}{link}".rsplit(":", 2)[0]


def test_nor_is_the_person_asked_as_a_homeowner(pro, link, client):
    client.post(link)
    fund(pro)
    contact = buy(pro, now=NOW, homeowner_email="ana.ruiz@gmail.com")[0]
    with pytest.raises(MarketplaceError) as refusal:
        reviews.ask_homeowner(contact=contact, by=pro.owner, now=NOW)
    assert refusal.value.code == "not_to_be_asked"


def test_whoever_took_their_request_back_is_not_asked_as_an_earlier_client(pro, other_pro):
    """In the words for anybody who cannot be asked; another business knows nothing of it and may."""
    contract(pro)
    fund(pro)
    contact = buy(pro, now=NOW, homeowner_email="ana.ruiz@gmail.com")[0]
    withdraw_lead(lead=contact.lead, now=NOW)
    assert refused(pro, "anaruiz@gmail.com")[0] == "not_to_be_asked"
    assert ask(other_pro, "anaruiz@gmail.com").pk


@pytest.mark.parametrize(
    "forged",
    ["x", "abc:1:xyz", links.sign("another purpose", "abc")],
    ids=["no link", "not signed", "of another purpose"],
)
def test_a_forged_link_does_nothing(db, client, forged):
    address = reverse("marketplace:stop_asking", args=[forged])
    assert [client.get(address).status_code, client.post(address).status_code] == [404, 404]
    assert not ReviewOptOut.objects.exists()


def test_what_is_kept_is_no_address_and_outlives_the_secret_of_the_site(pro, link, client, settings):
    client.post(link)
    assert "ana" not in ReviewOptOut.objects.get().person
    settings.SECRET_KEY = "another secret altogether"
    assert refused(make_pro(), "anaruiz@gmail.com")[0] == "not_to_be_asked"
