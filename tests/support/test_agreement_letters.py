"""What a client is told of its agreements: recorded from paper, and changed (S4, X3)."""

from datetime import date

import pytest
from django.db import transaction

from mail.models import OutgoingMail
from support.agreements import change_agreement, line_of, record_agreement
from support.clients import name_person
from support.errors import SupportError
from support.models import Agreement
from support.quotes import record_signed_quote
from tests.making import contract
from tests.support.making import NOW, TRAINING, registrar, rome, sent
from tests.support.office import pdf

LATER = rome("2026-11-20 10:00")


def mails(kind):
    return {mail.recipient: mail for mail in OutgoingMail.objects.filter(kind=f"support/{kind}")}


def record(client, by, **changes):
    said = {
        "title": "Website",
        "text": "Ten pages.",
        "lines": [TRAINING],
        "signed_on": date(2026, 11, 1),
        "signed_by": "Anna Bianchi",
        "document": pdf(),
        "now": NOW,
    }
    return record_agreement(client=client, by=by, **(said | changes))


def change(agreement, by, **changes):
    said = {
        "text": "More.",
        "lines": [line_of(line) for line in agreement.current.lines.all()],
        "why": "A page more was asked for.",
        "now": LATER,
    }
    return change_agreement(agreement=agreement, by=by, **(said | changes))


@pytest.fixture
def bruno(studio):
    """Asks and follows, and signs nothing."""
    return name_person(client=studio, name="Bruno", email="bruno@example.com", role="asks", by=registrar())


def test_of_a_paper_that_was_recorded_everybody_who_speaks_for_the_client_is_told(
    studio, bruno, desk_lead, private_files
):
    agreement = record(studio, desk_lead)
    told = mails("agreement_recorded")
    assert sorted(told) == ["anna@example.com", "bruno@example.com"]
    mail = told["bruno@example.com"]
    assert mail.subject == "Agreement A-2026-000001: Website"
    assert "that Anna Bianchi signed for Studio Bianchi on Nov. 1, 2026" in mail.text
    assert f"/support/agreements/{agreement.public_id}/" in mail.text


def test_recorded_twice_by_one_form_it_is_told_once(studio, desk_lead, private_files):
    from uuid import uuid4

    form_id = uuid4()
    assert record(studio, desk_lead, public_id=form_id) == record(studio, desk_lead, public_id=form_id)
    assert len(mails("agreement_recorded")) == 1


def test_in_the_clients_language(studio, desk_lead, private_files):
    studio.language = "es-mx"
    studio.save()
    record(studio, desk_lead)
    assert mails("agreement_recorded")["anna@example.com"].language == "es-mx"


def test_of_a_quote_that_was_signed_on_paper_they_are_told_as_of_a_quote(
    studio, desk_lead, consultant, private_files
):
    quote = sent(studio, consultant)
    record_signed_quote(
        quote=quote,
        signed_on=date(2026, 11, 2),
        signed_by="Anna",
        document=pdf(),
        by=desk_lead,
        now=NOW,
    )
    assert sorted(mails("agreement_signed")) == ["anna@example.com"]
    assert mails("agreement_recorded") == {}


def test_of_another_version_everybody_is_told_its_number_and_why(studio, bruno, agreement, desk_lead):
    change(agreement, desk_lead)
    told = mails("agreement_changed")
    assert sorted(told) == ["anna@example.com", "bruno@example.com"]
    mail = told["anna@example.com"]
    assert mail.subject == "Agreement A-2026-000001 was changed: Website"
    assert "has a new version, number 2." in mail.text
    assert "A page more was asked for." in mail.text
    assert f"/support/agreements/{agreement.public_id}/" in mail.text


def test_each_version_is_told(studio, agreement, desk_lead):
    for why in ("One.", "Two."):
        change(agreement, desk_lead, why=why)
    assert OutgoingMail.objects.filter(kind="support/agreement_changed").count() == 2


def test_the_owner_of_a_business_is_told_of_a_change_to_what_comes_with_the_plan(pro, desk_lead):
    agreement = contract(pro).agreement
    change(agreement, desk_lead)
    assert list(mails("agreement_changed")) == [pro.owner.email]


def test_what_is_refused_is_told_to_nobody(studio, agreement, desk_lead, private_files):
    for refused in (
        lambda: change(agreement, desk_lead, lines=[]),
        lambda: change(agreement, desk_lead, seen=2),
        lambda: record(studio, desk_lead, lines=[]),
        lambda: record(studio, desk_lead, signed_on=date(2026, 11, 3)),
    ):
        with pytest.raises(SupportError):
            refused()
    assert not OutgoingMail.objects.exists()


def test_what_is_rolled_back_is_told_to_nobody(studio, desk_lead, private_files):
    with transaction.atomic():
        record(studio, desk_lead)
        transaction.set_rollback(True)
    assert not Agreement.objects.exists()
    assert not OutgoingMail.objects.exists()
