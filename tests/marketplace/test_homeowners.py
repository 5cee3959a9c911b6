"""The homeowner's link, and the one press behind it that confirms a request (M1, X5)."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from mail.models import OutgoingMail
from marketplace import asking
from marketplace.errors import MarketplaceError
from marketplace.homeowners import (
    ANEW_A_DAY,
    ANEW_A_DAY_FROM_ALL,
    ANEW_FROM_ONE_NETWORK_AN_HOUR,
    LINK_PURPOSE,
    MOST_IN_A_MAIL,
    RENEWED_A_DAY,
    lead_of,
    page_of,
    renew_link,
    send_link_anew,
    token_of,
)
from marketplace.models import Lead
from tests import making
from tests.making import NOW

State = Lead.State


@pytest.mark.django_db
def test_a_link_leads_to_its_request_and_to_no_other():
    first, second = making.make_lead(), making.make_lead()

    assert (lead_of(token_of(first)), lead_of(token_of(second))) == (first, second)


@pytest.mark.django_db
@pytest.mark.parametrize(
    "forge",
    [
        lambda lead, token: str(lead.public_id),
        lambda lead, token: token.replace(str(lead.public_id), str(making.make_lead().public_id)),
        lambda lead, token: token[:-1] + ("A" if token[-1] != "A" else "B"),
        lambda lead, token: token + ".",
        lambda lead, token: token.rpartition(":")[0],
        lambda lead, token: "",
        lambda lead, token: "\x00",
        lambda lead, token: "' OR 1=1 --",
    ],
)
def test_a_forged_link_leads_nowhere(forge):
    lead = making.make_lead()

    with pytest.raises(MarketplaceError) as refused:
        lead_of(forge(lead, token_of(lead)))
    assert refused.value.code == "link_unknown"


@pytest.mark.django_db
def test_a_link_for_something_else_is_none():
    from base import links

    lead = making.make_lead()
    with pytest.raises(MarketplaceError):
        lead_of(links.sign("review", str(lead.public_id)))


@pytest.mark.django_db
def test_a_link_ends_when_its_request_is_anonymised(client):
    lead = making.make_lead()
    Lead.objects.update(anonymised_at=NOW)

    with pytest.raises(MarketplaceError) as refused:
        lead_of(token_of(lead))
    assert refused.value.code == "link_ended"
    response = client.get(reverse("marketplace:homeowner", args=[token_of(lead)]))
    assert response.status_code == 410
    assert lead.title not in response.content.decode()


@pytest.mark.django_db
def test_one_press_confirms_once_and_says_when():
    lead = making.ask()

    asking.confirm_lead(lead, NOW + timedelta(hours=1))
    asking.confirm_lead(lead, NOW + timedelta(hours=2))

    lead.refresh_from_db()
    assert (lead.state, lead.email_verified_at) == (State.WAITING, NOW + timedelta(hours=1))
    assert [(event.from_state, event.to_state) for event in lead.events.all()][1:] == [
        ("unconfirmed", "waiting")
    ]


@pytest.mark.django_db
def test_confirming_is_refused_from_the_seventh_day_on_also_where_no_job_has_run():
    lead = making.ask()

    with pytest.raises(MarketplaceError) as refused:
        asking.confirm_lead(lead, NOW + timedelta(days=7))
    assert refused.value.code == "too_late"
    asking.confirm_lead(lead, NOW + timedelta(days=7) - timedelta(seconds=1))


@pytest.mark.django_db
def test_looking_at_the_link_confirms_nothing_and_pressing_does(client, time_machine):
    time_machine.move_to(NOW + timedelta(hours=1), tick=False)
    lead = making.ask()
    page, press = (reverse(f"marketplace:{name}", args=[token_of(lead)]) for name in ("homeowner", "confirm"))

    for address in (page, press):
        client.head(address, follow=True)
        shown = client.get(address, follow=True)
        assert f'action="{press}"' in shown.content.decode()
    lead.refresh_from_db()
    assert lead.state == State.UNCONFIRMED

    shown = client.post(press, follow=True)
    lead.refresh_from_db()
    assert lead.state == State.WAITING
    assert shown.redirect_chain == [(page, 302)]
    assert client.post(press, follow=True).status_code == 200


@pytest.mark.django_db
def test_the_pages_behind_the_link_are_not_kept_not_indexed_and_told_to_no_other_site(client):
    lead = making.make_lead()
    for token in (token_of(lead), "forged"):
        response = client.get(reverse("marketplace:homeowner", args=[token]))
        assert "no-store" in response.headers["Cache-Control"]
        assert "private" in response.headers["Cache-Control"]
        assert response.headers["X-Robots-Tag"] == "noindex, nofollow"
        assert response.headers["Referrer-Policy"] == "same-origin"
        assert '<meta name="robots" content="noindex">' in response.content.decode()


@pytest.mark.django_db
def test_the_page_speaks_the_homeowners_language_until_they_choose_another(client):
    page = reverse("marketplace:homeowner", args=[token_of(making.make_lead(language="es-mx"))])

    assert '<html lang="es-mx">' in client.get(page, headers={"accept-language": "en"}).content.decode()
    client.cookies["django_language"] = "en"
    assert '<html lang="en">' in client.get(page).content.decode()


def anew(email="lucia@example.com", *, network="192.0.2.1", now=NOW) -> None:
    send_link_anew(email=email, network=network, now=now)


@pytest.mark.django_db
def test_the_links_of_all_requests_with_an_address_are_sent_to_it_in_one_mail():
    mine = [making.ask(homeowner_email="lucia@example.com") for _ in range(2)]
    mine.append(making.make_lead(homeowner_email="lucia@example.com"))
    another = making.ask(homeowner_email="another@example.com")
    OutgoingMail.objects.all().delete()

    anew("  Lucia@Example.com ")

    [mail] = OutgoingMail.objects.all()
    assert (mail.recipient, mail.language) == ("lucia@example.com", "es-mx")
    links = [line for line in mail.text.splitlines() if line.startswith("http")]
    assert {lead_of(link.rstrip("/").rpartition("/")[2]) for link in links} == set(mine)
    assert another.title not in mail.text
    # What an unconfirmed request says was typed by somebody who may not be the reader.
    assert not any(lead.title in mail.text or lead.homeowner_name in mail.text for lead in mine)


@pytest.mark.django_db
def test_a_mail_of_links_names_the_newest_and_no_anonymised_request():
    for day in range(MOST_IN_A_MAIL + 2):
        making.make_lead(homeowner_email="lucia@example.com", now=NOW + timedelta(days=day))
    newest = Lead.objects.order_by("-created_at")
    Lead.objects.filter(pk=newest[0].pk).update(anonymised_at=NOW)
    OutgoingMail.objects.all().delete()

    anew(now=NOW + timedelta(days=40))

    [mail] = OutgoingMail.objects.all()
    named = [str(lead.public_id) for lead in newest if str(lead.public_id) in mail.text]
    assert named == [str(lead.public_id) for lead in newest[1 : MOST_IN_A_MAIL + 1]]


@pytest.mark.django_db
def test_an_unknown_address_is_sent_nothing_and_told_the_same(client):
    making.ask(homeowner_email="lucia@example.com")
    OutgoingMail.objects.all().delete()
    pages = [
        client.post(reverse("marketplace:link_anew"), {"email": email}, follow=True).content.decode()
        for email in ("nobody@example.com", "lucia@example.com")
    ]

    assert len({page.partition("csrfmiddlewaretoken")[0] for page in pages}) == 1
    assert OutgoingMail.objects.get().recipient == "lucia@example.com"


@pytest.mark.django_db
@pytest.mark.parametrize("email", ["lucia@example.com", "nobody@example.com"])
def test_links_are_sent_anew_so_often_a_day_to_known_and_unknown_alike(client, email):
    making.ask(homeowner_email="lucia@example.com")
    OutgoingMail.objects.all().delete()
    for turn in range(ANEW_A_DAY + 1):
        anew(email, now=NOW + timedelta(minutes=turn))
    known = email.startswith("lucia")
    assert OutgoingMail.objects.count() == (ANEW_A_DAY if known else 0)
    # From elsewhere, so that nobody uses up the turns of whose address it is; and there is an end to it.
    for network in range(20):
        anew(email, network=f"192.0.2.{network}", now=NOW + timedelta(minutes=30 + network))
    assert OutgoingMail.objects.count() == (ANEW_A_DAY_FROM_ALL if known else 0)
    anew(email, now=NOW + timedelta(days=1))
    assert OutgoingMail.objects.count() == (ANEW_A_DAY_FROM_ALL + 1 if known else 0)


@pytest.mark.django_db
def test_one_who_asks_too_often_sees_the_page_of_one_who_does_not(client):
    for _ in range(ANEW_A_DAY):
        anew("lucia@example.com", network="127.0.0.1")
    pages = [
        client.post(reverse("marketplace:link_anew"), {"email": email}, follow=True).content.decode()
        for email in ("nobody@example.com", "lucia@example.com")
    ]
    assert len({page.partition("csrfmiddlewaretoken")[0] for page in pages}) == 1


@pytest.mark.django_db
def test_nobody_tries_addresses_by_the_hundred():
    for turn in range(ANEW_FROM_ONE_NETWORK_AN_HOUR):
        anew(f"guess{turn}@example.com")

    with pytest.raises(MarketplaceError):
        anew("one-more@example.com")
    anew("one-more@example.com", network="192.0.2.2")


@pytest.mark.django_db
@pytest.mark.parametrize(
    "email",
    ["", "x", "a\x00b@example.com", "a@example.com\nBcc: all@example.com", "a@" + "b" * 300 + ".com"],
)
def test_what_is_no_address_is_said_beside_the_field(client, email):
    response = client.post(reverse("marketplace:link_anew"), {"email": email})
    assert response.status_code == 422
    assert "email" in response.context["form"].errors


def test_the_address_of_the_page_is_whole(settings):
    settings.SITE_URL = "https://quince.example"
    assert page_of(Lead()).startswith("https://quince.example/request/")


# Making old links useless


def press(client, token, **changes):
    return client.post(reverse("marketplace:homeowner_new_link", args=[token]), **changes)


@pytest.mark.django_db
def test_old_links_are_made_useless_and_the_page_goes_on_under_the_new_one(client, time_machine):
    time_machine.move_to(NOW, tick=False)
    lead = making.make_lead(homeowner_email="lucia@example.com", language="en")
    other = making.make_lead(homeowner_email="lucia@example.com")
    old, others = token_of(lead), token_of(other)
    OutgoingMail.objects.all().delete()

    pressed = press(client, old)
    lead.refresh_from_db()

    new = token_of(lead)
    assert (pressed.status_code, pressed["Location"]) == (302, reverse("marketplace:homeowner", args=[new]))
    assert "The old links lead nowhere any more." in client.get(pressed["Location"]).text
    [mail] = OutgoingMail.objects.all()
    assert (mail.kind, mail.recipient) == ("marketplace/link_renewed", "lucia@example.com")
    assert page_of(lead) in mail.text and old not in mail.text
    event = lead.events.latest("pk")
    assert (event.actor, event.from_state, event.to_state, event.reason) == (
        None, lead.state, lead.state, "link_version",
    )  # fmt: skip
    assert lead_of(others) == other
    for name in ("homeowner", "homeowner_data", "homeowner_copy", "homeowner_withdraw", "confirm"):
        answer = client.get(reverse(f"marketplace:{name}", args=[old]))
        assert answer.status_code == 410, name
        assert "This link is no longer valid" in answer.text and lead.title not in answer.text
        assert reverse("marketplace:link_anew") in answer.text


@pytest.mark.django_db
def test_a_useless_link_does_nothing_any_more(client):
    lead = making.make_lead()
    old = token_of(lead)
    press(client, old)
    lead.refresh_from_db()
    before = Lead.objects.values().get(pk=lead.pk)

    for name in ("homeowner_new_link", "homeowner_withdraw", "homeowner_job", "erase"):
        assert client.post(reverse(f"marketplace:{name}", args=[old])).status_code == 410
    assert Lead.objects.values().get(pk=lead.pk) == before


@pytest.mark.django_db
def test_links_from_before_they_carried_a_number_are_the_first_ones(client):
    from base import links

    lead = making.make_lead()
    first = links.sign(LINK_PURPOSE, str(lead.public_id))

    assert lead_of(first) == lead
    press(client, first)
    with pytest.raises(MarketplaceError) as refused:
        lead_of(first)
    assert refused.value.code == "link_outdated"


@pytest.mark.django_db
def test_a_link_sent_anew_leaves_the_others_as_they_are():
    lead = making.make_lead(homeowner_email="lucia@example.com")
    old = token_of(lead)
    anew()

    lead.refresh_from_db()
    assert (lead_of(old), lead.link_version) == (lead, 1)


@pytest.mark.django_db
def test_pressed_twice_at_once_it_is_done_once():
    lead = making.make_lead()
    same = Lead.objects.get(pk=lead.pk)  # What the other press came with.
    OutgoingMail.objects.all().delete()

    assert renew_link(lead=lead, now=NOW).link_version == 2
    with pytest.raises(MarketplaceError) as refused:
        renew_link(lead=same, now=NOW)
    assert refused.value.code == "link_outdated"
    assert OutgoingMail.objects.count() == 1


@pytest.mark.django_db
def test_so_many_times_a_day_and_the_page_stays_where_it_is(client):
    lead = making.make_lead(language="en")
    for _ in range(RENEWED_A_DAY):
        lead = renew_link(lead=lead, now=timezone.now())

    refused = press(client, token_of(lead), follow=True)
    assert refused.status_code == 200
    assert "You have done this 10 times today." in refused.text
    lead.refresh_from_db()
    assert lead.link_version == RENEWED_A_DAY + 1


@pytest.mark.django_db
def test_what_is_typed_in_a_request_that_nobody_has_confirmed_is_in_no_mail_of_new_links(client):
    lead = making.ask(title="Compre en tienda.example", homeowner_name="Gane dinero")
    press(client, token_of(lead))

    mail = OutgoingMail.objects.get(kind="marketplace/link_renewed")
    assert not any(said in mail.subject + mail.text for said in (lead.title, lead.homeowner_name))
