"""One form pressed many times at once, and a press that meets the job that removes (M1), on PostgreSQL."""

import random
import uuid
from datetime import timedelta

import pytest

from mail.models import OutgoingMail
from marketplace import asking
from marketplace.models import Lead
from tests import making
from tests.making import NOW
from tests.marketplace.test_at_once import lock_off, meet_before
from tests.together import together

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]


def pressing(times, form_ids):
    """The same words each time, by somebody whom nobody has counted yet: threads share what the cache counts."""
    making.make_category(), making.make_province()
    said = {
        "title": "Cambiar el calentador",
        "homeowner_email": f"{uuid.uuid4()}@example.com",
        "homeowner_phone": f"+5255{random.randint(52000000, 59999999)}",
    }
    return together(*(lambda n=n: making.ask(form_id=form_ids(n), **said) for n in range(times)))


def test_the_same_form_pressed_five_times_at_once_is_one_request_and_one_mail(monkeypatch):
    form_id = uuid.uuid4()
    # All five have found nothing yet: the worst moment.
    monkeypatch.setattr(asking, "MAILS_A_DAY", 20)
    meet_before(monkeypatch, asking, "_may_write", 5)

    results = pressing(5, lambda n: form_id)

    assert [type(result) for result in results] == [Lead] * 5
    assert {result.pk for result in results} == {Lead.objects.get().pk}
    assert OutgoingMail.objects.count() == 1


def test_without_the_forms_id_five_presses_are_five_requests(monkeypatch):
    """The negative control: they do run at once."""
    monkeypatch.setattr(asking, "MAILS_A_DAY", 20)
    meet_before(monkeypatch, asking, "_may_write", 5)

    pressing(5, lambda n: uuid.uuid4())

    assert Lead.objects.count() == OutgoingMail.objects.count() == 5


def test_the_days_limit_holds_for_many_at_once():
    results = pressing(12, lambda n: uuid.uuid4())

    assert {type(result) for result in results} == {Lead}
    assert (Lead.objects.count(), OutgoingMail.objects.count()) == (12, asking.MAILS_A_DAY)


def test_two_presses_of_confirm_at_once_confirm_once():
    lead = making.ask()
    together(*(lambda: asking.confirm_lead(lead, NOW),) * 4)
    lead.refresh_from_db()
    assert (lead.state, lead.events.count()) == (Lead.State.WAITING, 2)


def test_without_the_lock_two_presses_of_confirm_confirm_twice(monkeypatch):
    lead = making.ask()
    lock_off(monkeypatch, Lead)
    meet_before(monkeypatch, asking, "move", 2)
    together(*(lambda: asking.confirm_lead(lead, NOW),) * 2)
    assert lead.events.count() == 3


def test_a_press_in_the_last_second_and_the_job_that_removes_do_not_both_win():
    for _ in range(5):
        lead = making.ask()
        together(
            lambda lead=lead: asking.confirm_lead(lead, NOW + asking.CONFIRM_WITHIN - timedelta(seconds=1)),
            lambda: asking.remove_unconfirmed(now=NOW + asking.CONFIRM_WITHIN),
        )
        found = Lead.objects.filter(pk=lead.pk).first()
        assert found is None or found.state == Lead.State.WAITING
        Lead.objects.all().delete()


def test_two_workers_remove_each_request_once():
    for _ in range(6):
        making.ask(now=NOW - timedelta(days=8))
    results = together(*(lambda: asking.remove_unconfirmed(now=NOW, batch=2),) * 3)
    assert (sum(results), Lead.objects.count()) == (6, 0)
