"""M11: no purchase passes the monthly limit, counted by the marketplace's calendar, also with two tabs at once."""

from datetime import timedelta

import pytest
from django.utils import timezone

from billing import wallet
from billing.models import Wallet
from marketplace.contacts import buy_contact, obstacle
from marketplace.errors import MarketplaceError
from marketplace.models import Contact
from marketplace.preferences import Limit, limit_of, save_preferences
from marketplace.returns import return_by_staff
from profiles.models import Professional
from tests.making import NOW, at, buy, contract, fund, make_lead, make_plan, make_pro
from tests.marketplace.test_at_once import codes, lock_off, meet_before
from tests.together import together

PRICE = 20_000
BEFORE = at("2026-01-01 12:00")


def limited(limit: int | None, pro=None, now=BEFORE) -> Professional:
    pro = pro or make_pro(now=now)
    contract(pro, now=now, plan=make_plan("year", months=12))
    fund(pro, 100 * PRICE, now=now)
    save_preferences(
        professional=pro, categories=[], provinces=[], mails="never", monthly_limit_cents=limit, now=now
    )
    return pro


def refusal(pro, now, price=PRICE) -> MarketplaceError:
    """What the purchase says, and the page before it."""
    lead = make_lead(now=now, price_cents=price)
    balance = Wallet.objects.get(professional=pro).balance_cents
    with pytest.raises(MarketplaceError) as caught:
        buy_contact(professional=pro, lead=lead, price_seen_cents=price, now=now)
    beforehand = obstacle(professional=pro, lead=lead, now=now)
    assert beforehand is not None
    assert (beforehand.code, str(beforehand)) == (caught.value.code, str(caught.value))
    lead.refresh_from_db()
    assert (lead.places_taken, Wallet.objects.get(professional=pro).balance_cents) == (0, balance)
    return caught.value


@pytest.mark.django_db
def test_the_limit_is_spent_to_the_last_cent_and_not_one_further(pro):
    limited(2 * PRICE, pro)
    buy(pro, 2)
    assert limit_of(pro, NOW.date()) == Limit(2 * PRICE, 2 * PRICE)
    said = refusal(pro, NOW, price=1)
    assert said.code == "over_monthly_limit"
    for told in ("costs MX$0.01", "limit of MX$400.00", "leaves MX$0.00", "spent MX$400.00"):
        assert told in str(said)


@pytest.mark.django_db
def test_a_contact_that_alone_passes_the_limit_is_refused_however_much_money_there_is(pro):
    limited(PRICE - 1, pro)
    assert refusal(pro, NOW).code == "over_monthly_limit"
    buy(pro, price_cents=PRICE - 1)


@pytest.mark.django_db
def test_without_a_limit_everything_is_bought_and_with_none_left_nothing_is(pro, other_pro):
    limited(None, pro)
    assert len(buy(pro, 5)) == 5
    assert limit_of(pro, NOW.date()) is None
    assert limit_of(make_pro(), NOW.date()) is None
    limited(0, other_pro)
    assert refusal(other_pro, NOW).code == "over_monthly_limit"


@pytest.mark.django_db
def test_the_limit_is_told_before_the_missing_money(pro):
    """More money would not help."""
    contract(pro)
    save_preferences(
        professional=pro, categories=[], provinces=[], mails="never", monthly_limit_cents=1, now=NOW
    )
    assert refusal(pro, NOW).code == "over_monthly_limit"


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("first", "second", "passes"),
    [
        ("2026-01-31 23:59", "2026-02-01 00:00", True),  # Both are 1 February in UTC.
        ("2026-01-31 18:00", "2026-01-31 23:59", False),  # 1 February in UTC, twice.
        ("2026-01-31 17:59", "2026-01-31 18:00", False),  # 31 January and 1 February in UTC.
        ("2026-02-01 00:00", "2026-02-28 23:59", False),
        ("2026-02-28 23:59", "2026-03-01 00:00", True),
        ("2026-12-31 23:59", "2027-01-01 00:00", True),
        ("2026-12-01 00:00", "2026-12-31 23:59", False),
    ],
)
def test_a_month_is_the_marketplaces_own(pro, first, second, passes):
    limited(PRICE, pro)
    buy(pro, now=at(first))
    if passes:
        buy(pro, now=at(second))
    else:
        assert refusal(pro, at(second)).code == "over_monthly_limit"


@pytest.mark.django_db
def test_what_is_returned_counts_no_more(pro, moderator):
    limited(PRICE, pro)
    (contact,) = buy(pro)
    assert refusal(pro, NOW).code == "over_monthly_limit"
    return_by_staff(contact=contact, by=moderator, note="…", now=NOW)
    buy(pro)


@pytest.mark.django_db
def test_the_same_purchase_sent_again_is_answered_whatever_the_limit(pro):
    limited(PRICE, pro)
    (contact,) = buy(pro)
    again = buy_contact(professional=pro, lead=contact.lead, price_seen_cents=PRICE, now=NOW)
    assert again == contact


@pytest.mark.django_db
def test_the_page_before_buying_says_what_is_left_and_where_to_change_it(client_of, pro):
    now = timezone.now()
    limited(PRICE + 1, pro, now=now)
    lead = make_lead(now=now)
    page = f"/jobs/{lead.public_id}/"
    shown = client_of(pro).get(page).content.decode()
    assert "Left of your monthly limit of MX$200.01: MX$200.01" in shown and "price_seen_cents" in shown
    buy(pro, now=now)
    shown = client_of(pro).get(page).content.decode()
    assert "leaves MX$0.01" in shown and 'href="/jobs/preferences/#limit"' in shown
    assert "price_seen_cents" not in shown
    assert "What it means for your guarantee" in shown  # G6: told all the same.


@pytest.fixture
def two_tabs():
    """A business whose limit leaves one of two purchases."""
    pro = limited(PRICE)
    leads = [make_lead(), make_lead()]

    def purchase(lead):
        return lambda: buy_contact(professional=pro, lead=lead, price_seen_cents=PRICE, now=NOW)

    return [purchase(lead) for lead in leads]


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_two_tabs_at_once_do_not_pass_the_limit(two_tabs):
    assert codes(together(*two_tabs)) == ["bought", "over_monthly_limit"]
    assert Contact.objects.count() == 1


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_without_the_buyers_lock_two_tabs_would_pass_the_limit(two_tabs, monkeypatch):
    """Negative control: both have asked what is left before either has bought."""
    lock_off(monkeypatch, Professional)
    meet_before(monkeypatch, wallet, "debit", 2)
    assert codes(together(*two_tabs)) == ["bought", "bought"]
    assert Contact.objects.count() == 2


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_a_limit_that_was_lowered_holds_for_the_purchase_that_stood_in_line(monkeypatch):
    """Whoever reads that the limit is saved knows that nothing passes it any more."""
    pro = limited(10 * PRICE)
    lead = make_lead()

    def lower():
        return save_preferences(
            professional=pro,
            categories=[],
            provinces=[],
            mails="never",
            monthly_limit_cents=0,
            now=NOW + timedelta(hours=1),
        )

    results = together(
        lower, lambda: buy_contact(professional=pro, lead=lead, price_seen_cents=PRICE, now=NOW)
    )
    assert codes(results[1:]) in (["bought"], ["over_monthly_limit"])
    with pytest.raises(MarketplaceError):
        buy_contact(professional=pro, lead=make_lead(), price_seen_cents=PRICE, now=NOW)
