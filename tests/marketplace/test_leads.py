"""M1, M2, M3: a request from its entry to its end."""

from datetime import timedelta
from itertools import product

import pytest
from django.utils import translation

from base.errors import Refusal
from mail.models import OutgoingMail
from marketplace.errors import MarketplaceError
from marketplace.leads import close_lead, correct_lead, publish_lead, reject_lead
from marketplace.masking import MARK
from marketplace.models import Lead, LeadEvent, PriceRule
from tests.making import NOW, make_category, make_lead, make_province

pytestmark = pytest.mark.django_db
LATER = NOW + timedelta(hours=1)


def refused(job, **arguments) -> str:
    """The code with which a job refuses; that it changed nothing is checked with it."""
    before = list(Lead.objects.values()), list(LeadEvent.objects.values()), OutgoingMail.objects.count()
    with pytest.raises(MarketplaceError) as caught:
        job(**arguments)
    assert before == (
        list(Lead.objects.values()),
        list(LeadEvent.objects.values()),
        OutgoingMail.objects.count(),
    )
    assert str(caught.value)
    return caught.value.code


def test_a_request_waits_for_a_moderator_with_its_places_written_down(settings):
    settings.LEAD_PLACES = 3
    lead = make_lead(published=False)
    settings.LEAD_PLACES = 9
    lead.refresh_from_db()
    assert (lead.state, lead.places, lead.places_taken, lead.price_cents) == ("waiting", 3, 0, None)
    assert list(lead.events.values_list("from_state", "to_state")) == [
        ("", "unconfirmed"),
        ("unconfirmed", "waiting"),
    ]
    assert not OutgoingMail.objects.exists()


@pytest.mark.parametrize(
    ("changes", "code", "field"),
    [
        ({"title": "  "}, "incomplete", "title"),
        ({"homeowner_name": ""}, "incomplete", "homeowner_name"),
        ({"homeowner_phone": "12"}, "bad_phone", "homeowner_phone"),
        ({"homeowner_phone": ""}, "bad_phone", "homeowner_phone"),
        ({"budget_cents": 0}, "bad_budget", "budget_cents"),
        ({"budget_cents": -1}, "bad_budget", "budget_cents"),
    ],
)
def test_a_request_that_cannot_be_right_is_not_taken_in(changes, code, field):
    with pytest.raises(Refusal) as caught:
        make_lead(published=False, **changes)
    assert (caught.value.code, caught.value.field) == (code, field)
    assert not Lead.objects.exists()


def test_publishing_freezes_the_price_and_tells_the_homeowner_in_their_language(moderator):
    lead = make_lead(price_cents=25_000, language="en", title="Paint a flat")
    PriceRule.objects.update(price_cents=99_900)
    lead.refresh_from_db()
    assert (lead.state, lead.price_cents, lead.published_at) == ("published", 25_000, NOW)
    mail = OutgoingMail.objects.get()
    assert (mail.kind, mail.recipient, mail.language) == (
        "marketplace/lead_published",
        lead.homeowner_email,
        "en",
    )
    assert "Paint a flat" in mail.subject


def test_publishing_twice_is_publishing_once(moderator):
    lead = make_lead()
    publish_lead(lead=lead, by=moderator, now=LATER)
    lead.refresh_from_db()
    assert lead.published_at == NOW
    assert (lead.events.count(), OutgoingMail.objects.count()) == (3, 1)


def test_a_request_that_no_rule_prices_cannot_be_published(moderator):
    lead = make_lead(published=False)
    PriceRule.objects.create(category=make_category("gardens"), price_cents=100)
    assert refused(publish_lead, lead=lead, by=moderator, now=NOW) == "no_price"


@pytest.mark.parametrize(
    "changes",
    [
        {"description": "Llámame al 55 1234 5678, por favor"},
        {"description": "escríbeme a lucia.f@example.com"},
        {"title": "Baño, WhatsApp +52 55 4567 8901"},
        {"town": "Coyoacán 5551234567", "homeowner_phone": "+525551234567"},
        {"description": "Mi número: 5.5.5.1.2.3.4.5.6.7", "homeowner_phone": "+525551234567"},
    ],
)
def test_a_text_that_gives_the_details_away_is_masked_until_it_is_bought(changes):
    """M5: buyers pay for what would stand here for everybody. What was written stays, for who bought it."""
    lead = make_lead(**changes)
    for field in ("title", "town", "description"):
        written, shown = getattr(lead, field), getattr(lead, f"masked_{field}")
        assert (MARK in shown) == (field in changes), field
        assert written == changes.get(field, written)
        assert not any(map(str.isdigit, shown)) or field not in changes
    assert lead.is_masked


def test_half_a_number_in_the_title_and_half_in_the_description_is_masked_in_both():
    lead = make_lead(title="Pintar la sala 55 1234", town="Centro", description="5678 es mi número")
    assert (lead.masked_title, lead.masked_town, lead.masked_description) == (
        f"Pintar la sala {MARK}",
        "Centro",
        f"{MARK} es mi número",
    )


def test_what_a_moderator_corrects_is_masked_anew(moderator):
    lead = make_lead(published=False, description="Llámame al 55 1234 5678")
    assert lead.masked_description == f"Llámame al {MARK}"
    correct_lead(lead=lead, by=moderator, now=LATER, description="Llámame.", title="Baño, 55 1234 5678")
    lead.refresh_from_db()
    assert (lead.masked_description, lead.masked_title) == ("Llámame.", f"Baño, {MARK}")


def test_what_is_shown_is_worked_out_again_when_it_is_published(moderator):
    """A request that came in before a way to write a number was known."""
    PriceRule.objects.create(price_cents=100)
    lead = make_lead(published=False, description="Llámame al 55 1234 5678")
    Lead.objects.update(description_masked="")
    publish_lead(lead=lead, by=moderator, now=LATER)
    lead.refresh_from_db()
    assert lead.masked_description == f"Llámame al {MARK}"


@pytest.mark.parametrize(
    "text",
    [
        "Son 120 m2 y el presupuesto es de 10,000 a 15,000 pesos",
        "Entre 2026 y 2027, de 9:00 a 14:00",
        "C.P. 04100",
    ],
)
def test_ordinary_numbers_in_a_text_are_no_telephone(moderator, text):
    PriceRule.objects.create(price_cents=100)
    lead = make_lead(published=False, description=text)
    assert publish_lead(lead=lead, by=moderator, now=NOW).masked_description == text


JOBS = {
    "published": lambda lead, by: publish_lead(lead=lead, by=by, now=LATER),
    "rejected": lambda lead, by: reject_lead(lead=lead, by=by, reason="spam", now=LATER),
    "closed": lambda lead, by: close_lead(lead=lead, by=by, reason="done", now=LATER),
}


@pytest.mark.parametrize(("before", "after"), list(product(Lead.State.values, JOBS)))
def test_every_move_is_in_the_table_or_refused(moderator, before, after):
    lead = make_lead(published=before in Lead.SHOWN)
    PriceRule.objects.get_or_create(category=None, province=None, size="", defaults={"price_cents": 100})
    if before != lead.state:
        Lead.objects.filter(pk=lead.pk).update(
            state=before, withdrawn_at=NOW if before == "withdrawn" else None
        )
    events = LeadEvent.objects.count()
    if before == after:
        assert JOBS[after](lead, moderator).state == after
        assert LeadEvent.objects.count() == events
    elif after in Lead.MOVES[before]:
        assert JOBS[after](lead, moderator).state == after
        assert LeadEvent.objects.latest("id").to_state == after
        assert LeadEvent.objects.latest("id").actor == moderator
    else:
        assert refused(JOBS[after], lead=lead, by=moderator) == "wrong_state"


@pytest.mark.parametrize("job", [reject_lead, close_lead])
def test_rejecting_and_closing_need_a_reason(moderator, job):
    lead = make_lead(published=job is close_lead)
    assert refused(job, lead=lead, by=moderator, reason="  ", now=NOW) == "reason_missing"


def test_a_moderator_corrects_a_waiting_request_and_it_is_kept_what_was_changed(moderator):
    lead = make_lead(published=False)
    same = {"category": lead.category, "town": lead.town}
    corrected = correct_lead(
        lead=lead, by=moderator, now=LATER, **same, size="large", province=make_province("jalisco")
    )
    assert (corrected.size, corrected.province.slug) == ("large", "jalisco")
    event = lead.events.latest("id")
    assert (event.from_state, event.to_state, event.reason, event.actor) == (
        "waiting",
        "waiting",
        "province, size",
        moderator,
    )
    correct_lead(lead=lead, by=moderator, now=LATER, size="large")
    assert lead.events.count() == 3


def test_a_published_request_is_corrected_no_more(moderator):
    lead = make_lead()
    assert refused(correct_lead, lead=lead, by=moderator, now=LATER, size="large") == "wrong_state"


def test_a_request_lives_thirty_days_by_its_date(moderator):
    lead = make_lead()
    live = Lead.objects.live
    assert live(NOW + timedelta(days=30) - timedelta(seconds=1)).get() == lead
    assert not live(NOW + timedelta(days=30)).exists()


def test_a_refusal_is_said_in_the_readers_language(moderator):
    lead = make_lead()
    with pytest.raises(MarketplaceError) as caught, translation.override("en"):
        reject_lead(lead=lead, by=moderator, reason="late", now=NOW)
    assert "published" in str(caught.value)


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"title": "\u200b \u200b"}, "incomplete"),
        ({"town": ""}, "incomplete"),
        ({"town": "n" * 81}, "too_long"),
    ],
)
def test_what_is_corrected_is_read_as_what_is_asked_for(moderator, changes, code):
    lead = make_lead(published=False)
    assert refused(correct_lead, lead=lead, by=moderator, now=LATER, **changes) == code
