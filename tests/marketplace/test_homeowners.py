"""The homeowner's link, and the one press behind it that confirms a request (M1, X5)."""

from datetime import timedelta

import pytest
from django.urls import reverse

from marketplace import asking
from marketplace.errors import MarketplaceError
from marketplace.homeowners import lead_of, token_of
from marketplace.models import Lead
from tests import making
from tests.making import NOW

State = Lead.State


def make_unconfirmed(**changes) -> Lead:
    lead = making.make_lead(published=False, **changes)
    Lead.objects.filter(pk=lead.pk).update(state=State.UNCONFIRMED)
    lead.refresh_from_db()
    return lead


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
    lead = make_unconfirmed()

    asking.confirm_lead(lead, NOW + timedelta(hours=1))
    asking.confirm_lead(lead, NOW + timedelta(hours=2))

    lead.refresh_from_db()
    assert (lead.state, lead.email_verified_at) == (State.WAITING, NOW + timedelta(hours=1))
    assert [(event.from_state, event.to_state) for event in lead.events.all()][1:] == [
        ("unconfirmed", "waiting")
    ]


@pytest.mark.django_db
def test_confirming_is_refused_from_the_seventh_day_on_also_where_no_job_has_run():
    lead = make_unconfirmed()

    with pytest.raises(MarketplaceError) as refused:
        asking.confirm_lead(lead, NOW + timedelta(days=7))
    assert refused.value.code == "too_late"
    asking.confirm_lead(lead, NOW + timedelta(days=7) - timedelta(seconds=1))


@pytest.mark.django_db
def test_looking_at_the_link_confirms_nothing_and_pressing_does(client, time_machine):
    time_machine.move_to(NOW + timedelta(hours=1), tick=False)
    lead = make_unconfirmed()
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
