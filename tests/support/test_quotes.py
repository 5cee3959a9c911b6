"""Quotes made, sent and answered (S4)."""

from datetime import date

import pytest
from django.core.files.base import ContentFile

from billing.customers import customer_of
from billing.models import Customer
from mail.models import OutgoingMail
from support.agreements import Line
from support.clients import client_of, open_client
from support.errors import SupportError
from support.models import Agreement, Allowance, Quote
from support.quotes import (
    accept_quote,
    change_quote,
    decline_quote,
    record_signed_quote,
    send_quote,
    withdraw_quote,
)
from tests.making import make_user
from tests.support.making import NOW, TRAINING, WEBSITE, draft, registrar, rome, sent
from tests.together import together

LATER = rome("2026-11-10 12:00")


def told(kind):
    return sorted(OutgoingMail.objects.filter(kind=f"support/{kind}").values_list("recipient", flat=True))


def accept(quote, by, **changes):
    said = {"price_seen_cents": 250_000, "now": LATER}
    return accept_quote(quote=quote, by=by, **(said | changes))


def test_a_draft_is_seen_by_the_desk_alone(studio, anna, consultant):
    draft(studio, consultant)
    assert list(Quote.objects.visible_to(anna)) == []


def test_a_quote_that_is_sent_is_seen_and_told_to_those_who_sign(studio, anna, consultant, stranger):
    quote = sent(studio, consultant)
    assert list(Quote.objects.visible_to(anna)) == [quote]
    assert list(Quote.objects.visible_to(stranger)) == []
    assert told("quote_sent") == ["anna@example.com"]


def test_sent_twice_it_is_told_once(studio, consultant):
    quote = sent(studio, consultant)
    assert send_quote(quote=quote, by=consultant, now=LATER).sent_at == NOW
    assert told("quote_sent") == ["anna@example.com"]


def test_an_accepted_quote_is_an_agreement_that_says_the_same(studio, anna, consultant):
    agreement = accept(sent(studio, consultant), anna)
    assert (agreement.signed, agreement.signed_on, agreement.signed_by) == (
        "online",
        date(2026, 11, 10),
        "Anna Bianchi",
    )
    assert list(agreement.current.lines.values_list("what", "unit", "amount", "expires_on")) == [
        ("Website", "minutes", 600, date(2027, 11, 2)),
        ("Training", "interventions", 3, None),
    ]
    assert agreement.current.text == "Ten pages and a shop."
    assert told("agreement_signed") == ["anna@example.com"]
    assert told("quote_accepted") == ["consultant@quince.example"]


def test_accepted_twice_it_is_one_agreement(studio, anna, consultant):
    quote = sent(studio, consultant)
    assert accept(quote, anna) == accept(quote, anna)
    assert Allowance.objects.count() == 2


def test_it_can_be_accepted_on_its_last_day_and_not_after(studio, anna, consultant):
    quote = sent(studio, consultant)
    with pytest.raises(SupportError) as refusal:
        accept(quote, anna, now=rome("2026-12-01 00:01"))
    assert refusal.value.code == "quote_expired"
    assert accept(quote, anna, now=rome("2026-11-30 23:59")).signed_on == date(2026, 11, 30)


def test_only_for_the_price_that_was_seen(studio, anna, consultant):
    with pytest.raises(SupportError) as refusal:
        accept(sent(studio, consultant), anna, price_seen_cents=200_000)
    assert refusal.value.code == "quote_changed"
    assert not Agreement.objects.exists()


def test_only_by_whoever_signs_for_the_client(studio, consultant, stranger):
    quote = sent(studio, consultant)
    studio.people.create(name="Bruno", email="bruno@example.com")
    for user in (make_user("bruno@example.com"), stranger, consultant):
        for answer in (
            lambda by: accept(quote, by),
            lambda by: decline_quote(quote=quote, reason="", by=by, now=LATER),
        ):
            with pytest.raises(SupportError) as refusal:
                answer(user)
            assert refusal.value.code == "may_not_sign"
    assert not Agreement.objects.exists()


def test_whoever_made_a_quote_does_not_sign_it_for_the_client(studio, consultant):
    quote = sent(studio, consultant)
    studio.people.create(name="Me", email=consultant.email, role="signs")
    with pytest.raises(SupportError) as refusal:
        accept(quote, consultant)
    assert refusal.value.code == "own_quote"
    assert not Agreement.objects.exists()


def test_a_quote_that_nobody_would_read_is_not_sent(studio, consultant):
    quote = draft(studio, consultant)
    studio.people.update(ended_on=date(2026, 11, 1))
    with pytest.raises(SupportError) as refusal:
        send_quote(quote=quote, by=consultant, now=NOW)
    assert refusal.value.code == "nobody_signs"
    quote.refresh_from_db()
    assert quote.state == "draft"


def test_support_that_would_end_before_the_quote_does_is_refused_when_it_is_written(studio, consultant):
    ends = Line(kind="service", what="Talk", unit="minutes", amount=5, expires_on=date(2026, 11, 29))
    with pytest.raises(SupportError) as refusal:
        draft(studio, consultant, lines=[ends])
    assert refusal.value.code == "ends_before"


def test_whoever_is_invoiced_signs_where_no_business_is_behind_it(consultant):
    customer = Customer.objects.create(name="Bar Sport", email="Bar@example.com")
    client = client_of(customer, NOW)
    sent(client_of(customer, NOW), consultant)
    assert list(client.people.values_list("name", "email", "role")) == [
        ("Bar Sport", "bar@example.com", "signs")
    ]
    assert told("quote_sent") == ["bar@example.com"]


def test_a_draft_cannot_be_accepted_however_it_is_reached(studio, anna, consultant):
    with pytest.raises(SupportError) as refusal:
        accept(draft(studio, consultant), anna)
    assert refusal.value.code == "quote_not_sent"


def test_paper_is_recorded_with_who_signed_and_the_document(studio, consultant, private_files):
    agreement = record_signed_quote(
        quote=sent(studio, consultant),
        signed_on=date(2026, 11, 5),
        signed_by=" Anna Bianchi ",
        document=ContentFile(b"%PDF-1.7 %%EOF", "signed.pdf"),
        by=consultant,
        now=LATER,
    )
    assert (agreement.signed, agreement.signed_on, agreement.signed_by, agreement.recorded_by) == (
        "paper",
        date(2026, 11, 5),
        "Anna Bianchi",
        consultant,
    )
    with agreement.current.document.open() as document:
        assert document.read() == b"%PDF-1.7 %%EOF"


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"signed_by": " "}, "not_signed"),
        ({"signed_on": date(2026, 11, 1)}, "signed_before_sent"),
        ({"signed_on": date(2026, 11, 11)}, "signed_later"),
        ({"signed_on": date(2026, 12, 1), "now": rome("2026-12-02 10:00")}, "quote_expired"),
    ],
)
def test_paper_that_cannot_be_right_is_refused(studio, consultant, changes, code):
    quote = sent(studio, consultant)
    said = {"signed_on": date(2026, 11, 5), "signed_by": "Anna", "by": consultant, "now": LATER}
    with pytest.raises(SupportError) as refusal:
        record_signed_quote(quote=quote, document=ContentFile(b"%PDF-1.7 %%EOF", "a.pdf"), **(said | changes))
    assert refusal.value.code == code
    assert not Agreement.objects.exists()


def test_a_declined_quote_is_told_to_whoever_made_it_with_the_reason(studio, anna, consultant):
    quote = decline_quote(quote=sent(studio, consultant), reason="Too dear.", by=anna, now=LATER)
    assert quote.state == "declined"
    assert decline_quote(quote=quote, reason="", by=anna, now=LATER).state == "declined"
    assert told("quote_declined") == ["consultant@quince.example"]
    assert "Too dear." in OutgoingMail.objects.get(kind="support/quote_declined").text
    with pytest.raises(SupportError) as refusal:
        accept(quote, anna)
    assert refusal.value.code == "quote_ended"


def test_a_withdrawn_quote_is_told_with_its_reason(studio, anna, consultant):
    quote = sent(studio, consultant)
    with pytest.raises(SupportError) as refusal:
        withdraw_quote(quote=quote, reason=" ", by=consultant, now=LATER)
    assert (refusal.value.code, refusal.value.field) == ("no_reason", "reason")
    assert (
        withdraw_quote(quote=quote, reason="Prices changed.", by=consultant, now=LATER).state == "withdrawn"
    )
    assert told("quote_withdrawn") == ["anna@example.com"]
    with pytest.raises(SupportError) as refusal:
        accept(quote, anna)
    assert refusal.value.code == "quote_ended"


def test_a_draft_is_withdrawn_without_a_word(studio, consultant):
    withdraw_quote(quote=draft(studio, consultant), reason="", by=consultant, now=LATER)
    assert told("quote_withdrawn") == []


def test_an_accepted_quote_is_neither_declined_nor_withdrawn(studio, anna, consultant):
    quote = sent(studio, consultant)
    accept(quote, anna)
    for end in (
        lambda: decline_quote(quote=quote, reason="", by=anna, now=LATER),
        lambda: withdraw_quote(quote=quote, reason="No.", by=consultant, now=LATER),
    ):
        with pytest.raises(SupportError) as refusal:
            end()
        assert refusal.value.code == "quote_ended"


def test_what_was_sent_is_edited_no_more(studio, consultant):
    quote = sent(studio, consultant)
    said = {"title": "Other", "text": "", "price_cents": 1, "valid_until": date(2026, 12, 31), "now": LATER}
    said["by"] = consultant
    with pytest.raises(SupportError) as refusal:
        change_quote(quote=quote, lines=[TRAINING], **said)
    assert refusal.value.code == "quote_sent"
    assert quote.lines.count() == 2


def test_a_draft_is_written_anew(studio, consultant):
    quote = change_quote(
        quote=draft(studio, consultant),
        title="Training",
        text="",
        lines=[TRAINING],
        price_cents=90_000,
        valid_until=date(2026, 12, 31),
        by=consultant,
        now=LATER,
    )
    assert (quote.title, quote.price_cents, quote.number) == ("Training", 90_000, "P-2026-000001")
    changed = quote.events.get(from_state="draft", to_state="draft")
    assert (changed.actor, changed.reason.splitlines()) == (
        consultant,
        [
            "Title: Website → Training",
            "Text: Ten pages and a shop. → –",
            "What is sold: tool · Website · 10 h · 11/02/2027; service · Training · 3 interventions → "
            "service · Training · 3 interventions",
            "Price: MX$2,500.00 → MX$900.00",
            "Valid until: 11/30/2026 → 12/31/2026",
        ],
    )
    assert list(quote.lines.values_list("what", flat=True)) == ["Training"]


def written_anew(quote, **changes):
    said = {
        "title": "Training",
        "text": "",
        "lines": [TRAINING],
        "price_cents": 90_000,
        "valid_until": date(2026, 12, 31),
        "by": quote.made_by,
        "now": LATER,
    }
    return change_quote(quote=quote, **(said | changes))


def test_of_two_who_edit_a_draft_the_second_is_told_and_writes_over_nothing(studio, consultant):
    quote = draft(studio, consultant)
    assert (quote.edition, written_anew(quote, seen=1).edition) == (1, 2)
    with pytest.raises(SupportError) as refusal:
        written_anew(quote, title="Shop", seen=1)
    assert refusal.value.code == "changed_meanwhile"
    quote.refresh_from_db()
    assert (quote.title, quote.edition) == ("Training", 2)
    assert written_anew(quote, title="Shop", seen=2).edition == 3


def test_the_same_sent_twice_changes_a_draft_once(studio, consultant, private_files):
    from tests.support.office import pdf

    quote = draft(studio, consultant)
    first = written_anew(quote, document=pdf(), seen=1)
    again = written_anew(quote, document=pdf(), seen=1)
    assert (again.edition, again.document.name) == (2, first.document.name)
    with pytest.raises(SupportError):
        written_anew(quote, lines=[WEBSITE], seen=1)


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_of_two_who_save_a_draft_at_once_one_is_told(studio, consultant):
    quote = draft(studio, consultant)
    saved = together(
        *(lambda title=title: written_anew(quote, title=title, seen=1) for title in ("One", "Two"))
    )
    assert [each.code for each in saved if isinstance(each, SupportError)] == ["changed_meanwhile"]
    assert [each.title for each in saved if isinstance(each, Quote)] == [Quote.objects.get().title]


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_without_the_lock_one_would_write_over_the_other(studio, consultant, monkeypatch):
    from support import quotes
    from tests.billing.test_at_once import held_up, without_row_locks

    quote = draft(studio, consultant)
    without_row_locks(monkeypatch, Quote)
    held_up(monkeypatch, quotes, "_locked", 2)
    saved = together(
        *(lambda title=title: written_anew(quote, title=title, seen=1) for title in ("One", "Two"))
    )
    assert not [each for each in saved if getattr(each, "code", "") == "changed_meanwhile"]


def test_a_quote_whose_last_day_has_passed_is_not_sent(studio, consultant):
    with pytest.raises(SupportError) as refusal:
        sent(studio, consultant, now=rome("2026-12-01 09:00"))
    assert refusal.value.code == "quote_expired"


def test_nobody_quotes_to_a_business_that_they_belong_to(pro, consultant):
    pro.members.add(consultant)
    with pytest.raises(SupportError) as refusal:
        draft(client_of(customer_of(pro), NOW), consultant)
    assert refusal.value.code == "own_business"


def test_every_move_of_a_quote_is_in_its_table():
    assert set(Quote.MOVES) == set(Quote.State)
    assert all(moves <= set(Quote.State) for moves in Quote.MOVES.values())


def test_each_move_leaves_its_event(studio, anna, consultant):
    quote = sent(studio, consultant)
    accept(quote, anna)
    assert list(quote.events.values_list("from_state", "to_state", "actor__email")) == [
        ("", "draft", "consultant@quince.example"),
        ("draft", "sent", "consultant@quince.example"),
        ("sent", "accepted", "anna@example.com"),
    ]


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_accepted_and_withdrawn_at_once_it_is_one_of_both(studio, anna, consultant):
    quote = sent(studio, consultant)
    results = together(
        lambda: accept(quote, anna),
        lambda: withdraw_quote(quote=quote, reason="No.", by=consultant, now=LATER),
    )
    refused = [each for each in results if isinstance(each, SupportError)]
    assert [each.code for each in refused] == ["quote_ended"]
    quote.refresh_from_db()
    assert (quote.state == "accepted") == Agreement.objects.exists()


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_accepted_in_two_tabs_at_once_it_is_one_agreement(studio, anna, consultant):
    quote = sent(studio, consultant)
    results = together(*[lambda: accept(quote, anna)] * 3)
    assert len({each.pk for each in results}) == 1
    assert Allowance.objects.count() == 2


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_quotes_made_at_once_have_numbers_that_follow_each_other(studio, consultant):
    other = open_client(name="Other", email="other@example.com", language="en", now=NOW, by=registrar())
    together(*[lambda: draft(studio, consultant), lambda: draft(other, consultant, lines=[WEBSITE])] * 2)
    assert sorted(Quote.objects.values_list("sequence", flat=True)) == [1, 2, 3, 4]
