"""The end of an allowance put off for a client, and never made earlier (S4, X4)."""

from datetime import date
from uuid import uuid4

import pytest
import time_machine
from django.db import IntegrityError, transaction
from django.urls import reverse

from mail.models import OutgoingMail
from support.agreements import change_agreement, line_of
from support.allowances import open_allowance, use
from support.clients import name_person
from support.errors import SupportError
from support.extensions import extend_allowance
from support.invariants import extensions as extensions_broken
from support.models import Allowance, AllowanceExtension
from tests.making import contract
from tests.support.making import NOW, registrar, rome
from tests.support.office import cost_the_same, make_client
from tests.together import together

END, LATER_END = date(2026, 11, 30), date(2026, 12, 31)
AFTER = rome("2026-12-10 10:00")


@pytest.fixture
def training(studio):
    """Three interventions until the end of November."""
    return open_training(studio)


def open_training(client, **changes):
    said = {
        "unit": "interventions",
        "amount": 3,
        "starts_on": date(2026, 11, 2),
        "expires_on": END,
        "now": NOW,
    }
    return open_allowance(client=client, what="Training", cause=f"test:{uuid4()}", **(said | changes))


def extend(allowance, by, **changes):
    said = {"until": LATER_END, "reason": "They were ill.", "now": NOW}
    return extend_allowance(allowance=allowance, by=by, **(said | changes))


def code_of(allowance, by, **changes):
    with pytest.raises(SupportError) as refused:
        extend(allowance, by, **changes)
    return refused.value.code, refused.value.field


def test_who_put_it_off_when_why_and_from_when_to_when_is_kept(training, desk_lead):
    extension = extend(training, desk_lead)
    extension.refresh_from_db()
    assert (extension.before, extension.after, extension.reason, extension.by, extension.at) == (
        END,
        LATER_END,
        "They were ill.",
        desk_lead,
        NOW,
    )
    assert training.expires_on == Allowance.objects.get().ends_on == LATER_END
    assert list(extensions_broken()) == []


def test_what_had_ended_can_be_used_again_until_the_new_last_day(training, desk_lead, consultant):
    def one_used(moment, cause):
        return use(allowance=training, amount=1, cause=cause, today=moment.date(), now=moment, by=consultant)

    with pytest.raises(SupportError) as refusal:
        one_used(AFTER, "work:1")
    assert refusal.value.code == "ended"
    extend(training, desk_lead, now=AFTER)
    one_used(AFTER, "work:1")
    one_used(rome("2026-12-31 23:59"), "work:2")
    with pytest.raises(SupportError) as refusal:
        one_used(rome("2027-01-01 00:00"), "work:3")
    assert refusal.value.code == "ended"


def test_what_was_agreed_stays_as_it_was_and_another_version_keeps_the_new_end(studio, desk_lead):
    from support.agreements import Line, sign_agreement

    agreement = sign_agreement(
        client=studio,
        title="Training",
        text="",
        lines=[Line(kind="service", what="Training", unit="interventions", amount=3, expires_on=END)],
        signed="paper",
        by=desk_lead,
        now=NOW,
    )
    line = agreement.current.lines.get()
    extend(line.allowance, desk_lead)
    assert agreement.current.lines.get().expires_on == END
    change_agreement(
        agreement=agreement,
        text="More.",
        lines=[line_of(agreement.current.lines.get())],
        why="More.",
        by=desk_lead,
        now=NOW,
    )
    assert agreement.current.lines.get().expires_on == END
    assert Allowance.objects.get().expires_on == LATER_END


@pytest.mark.parametrize(
    ("changes", "refused"),
    [
        ({"until": END}, ("not_longer", "until")),
        ({"until": date(2026, 11, 29)}, ("not_longer", "until")),
        ({"reason": " \n"}, ("no_reason", "reason")),
        ({"until": date(2026, 12, 9), "now": AFTER}, ("over_already", "until")),
        ({"until": date(2206, 12, 31)}, ("too_long", "until")),
    ],
)
def test_what_cannot_have_been_meant_is_refused_and_nothing_changes(training, desk_lead, changes, refused):
    assert code_of(training, desk_lead, **changes) == refused
    assert Allowance.objects.get().expires_on == END
    assert not AllowanceExtension.objects.exists() and not OutgoingMail.objects.exists()


def test_it_may_be_one_day_more_and_that_day_be_today(training, desk_lead):
    assert extend(training, desk_lead, until=date(2026, 12, 1)).after == date(2026, 12, 1)
    assert extend(training, desk_lead, until=date(2026, 12, 10), now=AFTER).before == date(2026, 12, 1)
    assert list(extensions_broken()) == []


def test_what_has_no_end_and_what_ends_with_a_plan_are_not_put_off(studio, pro, desk_lead):
    endless = open_training(studio, expires_on=None)
    assert code_of(endless, desk_lead) == ("without_end", None)
    contract(pro)
    of_plan = Allowance.objects.get(period__isnull=False)
    assert code_of(of_plan, desk_lead) == ("ends_with_plan", None)


def test_nobody_puts_off_the_end_of_what_is_their_own(studio, training, desk_lead):
    name_person(client=studio, name="Me", email=desk_lead.email, role="asks", by=registrar())
    assert code_of(training, desk_lead) == ("own_business", None)


def test_everybody_who_speaks_for_the_client_is_told_once(studio, training, desk_lead):
    name_person(client=studio, name="Bruno", email="bruno@example.com", role="asks", by=registrar())
    form_id = uuid4()
    assert extend(training, desk_lead, public_id=form_id) == extend(training, desk_lead, public_id=form_id)
    mails = OutgoingMail.objects.order_by("recipient")
    assert [(mail.kind, mail.recipient) for mail in mails] == [
        ("support/allowance_extended", "anna@example.com"),
        ("support/allowance_extended", "bruno@example.com"),
    ]
    assert mails[0].subject == "Training: support until Dec. 31, 2026"
    assert "until Dec. 31, 2026, that day included, instead of Nov. 30, 2026" in mails[0].text
    assert "What is left of it: 3 interventions." in mails[0].text
    assert "They were ill." in mails[0].text


def test_the_same_form_with_another_day_is_refused(training, desk_lead):
    form_id = uuid4()
    extend(training, desk_lead, public_id=form_id)
    changes = {"public_id": form_id, "until": date(2027, 1, 31)}
    assert code_of(training, desk_lead, **changes) == ("form_used", None)


def test_the_database_refuses_to_change_what_is_recorded_and_an_earlier_end(training, desk_lead):
    extension = extend(training, desk_lead)
    with pytest.raises(Exception, match="append-only"), transaction.atomic():
        AllowanceExtension.objects.update(reason="Another.")
    for changes in ({"after": END, "before": END}, {"reason": ""}):
        said = {"before": LATER_END, "after": date(2027, 1, 1), "reason": "More."} | changes
        with pytest.raises(IntegrityError), transaction.atomic():
            AllowanceExtension.objects.create(allowance=extension.allowance, by=desk_lead, at=NOW, **said)


def test_the_books_tell_of_an_end_that_no_extension_says(training, desk_lead):
    extension = extend(training, desk_lead)
    Allowance.objects.update(expires_on=date(2027, 3, 1))
    assert list(extensions_broken()) == [
        f"allowance {training.pk} ends on 2027-03-01, its extension {extension.pk} says 2026-12-31"
    ]
    odd = AllowanceExtension.objects.create(
        allowance=training, by=desk_lead, at=NOW, reason="?", before=date(2027, 1, 1), after=date(2027, 3, 1)
    )
    assert list(extensions_broken()) == [
        f"extension {odd.pk} begins on 2027-01-01, the one before it ended on 2026-12-31"
    ]


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_put_off_by_two_at_once_each_begins_where_the_other_ended(training, desk_lead):
    together(*[lambda day=day: extend(training, desk_lead, until=date(2026, 12, day)) for day in (10, 20)])
    assert Allowance.objects.get().expires_on == date(2026, 12, 20)
    assert list(extensions_broken()) == []


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_without_the_lock_the_later_end_could_be_lost(training, desk_lead, monkeypatch):
    from support import extensions
    from tests.billing.test_at_once import held_up, without_row_locks

    without_row_locks(monkeypatch, Allowance)
    held_up(monkeypatch, extensions, "_end_before", 2)
    together(*[lambda day=day: extend(training, desk_lead, until=date(2026, 12, day)) for day in (10, 20)])
    assert list(extensions_broken()) != []


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_one_form_sent_twice_at_once_puts_it_off_once(training, desk_lead):
    form_id = uuid4()
    made = together(*[lambda: extend(training, desk_lead, public_id=form_id)] * 3)
    assert {each.pk for each in made} == {AllowanceExtension.objects.get().pk}
    assert OutgoingMail.objects.count() == 1


# In the office, and on the client's page.


@pytest.fixture
def office(client_of, desk_lead):
    with time_machine.travel(NOW, tick=False):
        yield client_of(desk_lead)


def page(allowance, name="extend"):
    return reverse(f"admin:support_allowance_{name}", args=[allowance.pk])


def said(**changes):
    return {"until": "2026-12-31", "reason": "They were ill.", "form_id": uuid4()} | changes


def test_the_desk_lead_puts_it_off_on_its_page_and_both_sides_read_it(office, anna, training, client_of):
    assert page(training) in office.get(page(training, "change")).text
    shown = office.get(page(training)).text
    assert "Nov. 30, 2026" in shown and "3 interventions" in shown
    assert office.post(page(training), said()).url == page(training, "change")
    assert "They were ill." in office.get(page(training, "change")).text
    read = " ".join(client_of(anna).get(reverse("support:agreements")).text.split())
    assert "Until Dec. 31, 2026, that day included." in read
    assert "On Nov. 2, 2026 its end was put off from Nov. 30, 2026 to Dec. 31, 2026: They were ill." in read
    client = office.get(reverse("admin:support_client_change", args=[training.client_id])).text
    assert "its end was put off from Nov. 30, 2026" in client


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"until": ""}, "until"),
        ({"until": "soon"}, "until"),
        ({"until": "2026-11-30"}, "until"),
        ({"reason": ""}, "reason"),
        ({"form_id": "x"}, "form_id"),
    ],
)
def test_what_is_wrong_is_said_beside_its_field_and_what_was_typed_is_kept(office, training, changes, field):
    response = office.post(page(training), said(**changes))
    assert response.status_code == 422
    assert list(response.context["form"].errors) == [field]
    assert "They were ill." in response.text or field == "reason"
    assert Allowance.objects.get().expires_on == END


def test_where_there_is_nothing_to_put_off_the_page_says_so(office, studio):
    endless = open_training(studio, expires_on=None)
    assert "This support has no end that could be put off." in office.get(page(endless)).text
    assert page(endless) not in office.get(page(endless, "change")).text


def test_a_consultant_reads_and_puts_off_nothing(office, training, consultant, client_of):
    browser = client_of(consultant)
    assert browser.get(page(training, "change")).status_code == 200
    assert page(training) not in browser.get(page(training, "change")).text
    for answer in (browser.get(page(training)), browser.post(page(training), said())):
        assert answer.status_code == 403
    assert Allowance.objects.get().expires_on == END


def test_that_of_ones_own_client_is_for_others(office, desk_lead):
    own = open_training(make_client("Own", desk_lead.email))
    assert office.get(page(own)).status_code == 404
    assert office.post(page(own), said()).status_code == 404


def test_the_pages_cost_the_same_with_one_extension_and_with_thirty(office, studio, training, desk_lead):
    def grow(number):
        extend(training, desk_lead, until=date(2027, 1, number + 1))

    client = reverse("admin:support_client_change", args=[studio.pk])
    cost_the_same(office, [page(training, "change"), client], grow)
