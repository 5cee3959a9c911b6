"""Asking for a job: one form is one request, confirmed by mail or removed (M1, M5, X3, X5)."""

import uuid
from datetime import timedelta
from io import StringIO

import pytest
from django.core.cache import cache
from django.core.management import call_command

from mail.models import OutgoingMail
from marketplace import asking, leads
from marketplace.errors import MarketplaceError
from marketplace.homeowners import lead_of
from marketplace.models import Lead, LeadEvent
from marketplace.tasks import remove_unconfirmed as task
from tests import making
from tests.making import NOW

pytestmark = pytest.mark.django_db
State = Lead.State
SAME = {
    "title": "Cambiar el calentador",
    "homeowner_email": "lucia@example.com",
    "homeowner_phone": "+525555212345",
}


def refused(**changes) -> tuple[str, str | None]:
    with pytest.raises(MarketplaceError) as error:
        making.ask(**changes)
    return error.value.code, error.value.field


def links_in(mail: OutgoingMail) -> list[str]:
    return [line.rstrip("/").rpartition("/")[2] for line in mail.text.splitlines() if line.startswith("http")]


def test_a_request_is_unconfirmed_and_its_mail_is_written_with_it():
    lead = making.ask(**SAME)

    assert (lead.state, lead.email_verified_at, lead.asked_by_homeowner) == (State.UNCONFIRMED, None, True)
    [mail] = OutgoingMail.objects.all()
    assert (mail.kind, mail.recipient, mail.language) == (
        "marketplace/confirm_request",
        "lucia@example.com",
        "es-mx",
    )
    assert [lead_of(token) for token in links_in(mail)] == [lead]
    assert [(event.from_state, event.to_state, event.actor) for event in LeadEvent.objects.all()] == [
        ("", "unconfirmed", None)
    ]


def test_a_request_whose_mail_cannot_be_written_is_none(monkeypatch):
    def broken(**kwargs):
        raise RuntimeError("no outbox")

    monkeypatch.setattr("marketplace.asking.outbox.write", broken)
    with pytest.raises(RuntimeError):
        making.ask()
    assert Lead.objects.count() == 0


def test_a_mail_to_an_address_that_nobody_proved_repeats_nothing_that_was_typed():
    making.ask(
        title="GANA DINERO https://evil.example",
        description="Entra a https://evil.example ya",
        town="Villa Mala",
        homeowner_name="Visita evil.example",
    )

    [mail] = OutgoingMail.objects.all()
    for typed in ("evil", "DINERO", "Villa Mala"):
        assert typed not in mail.subject + mail.text


def test_nothing_unconfirmed_is_published_rejected_or_shown_to_professionals(pro, moderator):
    lead = making.ask()
    for decide in (
        lambda: leads.publish_lead(lead=lead, by=moderator, now=NOW),
        lambda: leads.reject_lead(lead=lead, by=moderator, reason="No.", now=NOW),
    ):
        with pytest.raises(MarketplaceError) as error:
            decide()
        assert error.value.code == "wrong_state"
    assert not Lead.objects.visible_to(pro.owner).exists()
    assert Lead.MOVES[State.UNCONFIRMED] == {State.WAITING, State.WITHDRAWN}


def test_what_staff_enter_waits_for_the_homeowner_too(moderator):
    lead = asking.enter_lead(
        **SAME,
        category=making.make_category(),
        province=making.make_province(),
        town="Coyoacán",
        description="Se apaga solo.",
        size="small",
        timing="at_once",
        budget_cents=None,
        homeowner_name="Lucía Fernández",
        language="es-mx",
        by=moderator,
        now=NOW,
    )
    assert (lead.state, lead.email_verified_at, lead.asked_by_homeowner) == (State.UNCONFIRMED, None, False)
    assert OutgoingMail.objects.get().recipient == lead.homeowner_email
    confirmed = asking.confirm_lead(lead, NOW)
    assert (confirmed.state, confirmed.email_verified_at) == (State.WAITING, NOW)
    assert [event.actor for event in lead.events.all()] == [moderator, None]


def test_the_same_form_sent_again_is_the_same_request_and_no_second_mail():
    form_id = uuid.uuid4()
    first = making.ask(form_id=form_id, **SAME)
    again = making.ask(form_id=form_id, **SAME, now=NOW + timedelta(hours=1))

    assert (again.pk, Lead.objects.count(), OutgoingMail.objects.count()) == (first.pk, 1, 1)


def test_the_same_form_again_is_the_same_request_also_once_it_was_confirmed():
    form_id = uuid.uuid4()
    first = asking.confirm_lead(making.ask(form_id=form_id, **SAME), NOW)

    assert making.ask(form_id=form_id, **SAME).state == State.WAITING
    assert Lead.objects.get() == first


def test_a_form_put_right_before_it_was_confirmed_takes_the_place_of_the_first_under_a_new_link():
    form_id = uuid.uuid4()
    first = making.ask(form_id=form_id, **SAME | {"homeowner_email": "wrong@example.com"})
    [sent_first] = links_in(OutgoingMail.objects.get())

    second = making.ask(form_id=form_id, **SAME)

    assert Lead.objects.get() == second
    assert second.public_id != first.public_id
    # Whoever has the wrong address can neither see nor confirm it, and is not written to if that has not been done.
    assert OutgoingMail.objects.get().recipient == "lucia@example.com"
    with pytest.raises(MarketplaceError):
        lead_of(sent_first)


def test_a_confirmed_form_with_something_else_in_it_is_asked_about():
    form_id = uuid.uuid4()
    asking.confirm_lead(making.ask(form_id=form_id, **SAME), NOW)

    assert refused(form_id=form_id, **SAME | {"title": "Otra cosa"}) == ("already_sent", None)
    assert Lead.objects.get().title == SAME["title"]


@pytest.mark.parametrize(
    "phone",
    ["+15125550123", "+442079460018", "+34912345678", "+50255512345", "+393331234567"],
)
def test_a_telephone_of_another_country_is_refused_with_its_reason(phone):
    assert refused(homeowner_phone=phone) in (
        ("phone_abroad", "homeowner_phone"),
        ("bad_phone", "homeowner_phone"),
    )


def test_of_which_country_telephones_are_taken_is_a_setting(settings):
    settings.PHONENUMBER_DEFAULT_REGION = "ES"
    assert making.ask(homeowner_phone="+34912345678").homeowner_phone == "+34912345678"
    assert refused() == ("phone_abroad", "homeowner_phone")


@pytest.mark.parametrize(
    ("field", "text", "code"),
    [
        ("town", "", "incomplete"),
        ("title", " \u200b\u2800 ", "incomplete"),
        ("description", "\u202e\u2066", "incomplete"),
        ("homeowner_name", "\x00\x01", "incomplete"),
        # One character that becomes three when it is written composed.
        ("title", "\ufb2c" * 120, "too_long"),
        ("town", "x" * 81, "too_long"),
        ("description", "x" * 4001, "too_long"),
        ("homeowner_email", "x" * 250 + "@example.com", "too_long"),
    ],
)
def test_what_cannot_be_kept_is_refused_beside_its_field(field, text, code):
    assert refused(**{field: text}) == (code, field)


def test_controls_and_marks_that_turn_the_writing_around_are_not_kept():
    lead = making.ask(
        title="Cambiar\u202e el\x00 \x07boiler\r\nya",
        homeowner_name="Lucía\r\nBcc: all@example.com",
        description="Uno\u2067\r\n\r\n\r\n\r\nDos\x1b[31m",
    )
    assert lead.title == "Cambiar el boiler ya"
    assert lead.homeowner_name == "Lucía Bcc: all@example.com"
    assert lead.description == "Uno\n\nDos[31m"


def test_one_person_asks_so_often_a_day_however_their_address_is_written():
    addresses = [
        "lucia@gmail.com",
        "l.ucia@gmail.com",
        "lucia+1@gmail.com",
        "LUCIA@gmail.com",
        "lucia@googlemail.com",
    ]
    for address in addresses:
        making.ask(homeowner_email=address)

    assert OutgoingMail.objects.count() == asking.MAILS_A_DAY == len(addresses)
    making.ask(homeowner_email="lu.cia+2@gmail.com")
    # It is kept: the link can be had tomorrow. Nothing says that it is one too many.
    assert (Lead.objects.count(), OutgoingMail.objects.count()) == (6, 5)
    making.ask(homeowner_email="lucia@gmail.com", now=NOW + timedelta(days=1))
    assert OutgoingMail.objects.count() == 6


def test_one_telephone_is_named_so_often_a_day():
    for _ in range(asking.MAILS_A_DAY + 1):
        making.ask(homeowner_phone="+525555212345")
    assert (Lead.objects.count(), OutgoingMail.objects.count()) == (6, 5)


@pytest.mark.parametrize(
    "named", [{"homeowner_email": "lucia@example.com"}, {"homeowner_phone": "+525555212345"}]
)
def test_whoever_uses_up_what_somebody_elses_address_may_do_keeps_nobody_from_asking(named):
    for _ in range(3 * asking.MAILS_A_DAY):
        making.ask(network="198.51.100.7", **named)
    lead = making.ask(network="192.0.2.9", homeowner_name="Lucía", **named)
    assert OutgoingMail.objects.filter(cause=f"lead:{lead.public_id}").exists()


def test_all_networks_together_write_so_often_a_day_to_one_address():
    for number in range(asking.MAILS_A_DAY_FROM_ALL + 3):
        making.ask(network=f"192.0.2.{number}", homeowner_email="lucia@example.com")
    assert OutgoingMail.objects.count() == asking.MAILS_A_DAY_FROM_ALL


def test_a_retry_is_not_counted():
    form_id = uuid.uuid4()
    for _ in range(asking.MAILS_A_DAY + 1):
        making.ask(form_id=form_id, **SAME)
    for _ in range(asking.MAILS_A_DAY - 1):
        making.ask(**SAME)
    assert OutgoingMail.objects.count() == asking.MAILS_A_DAY
    making.ask(**SAME)
    assert OutgoingMail.objects.count() == asking.MAILS_A_DAY


def test_from_one_network_come_so_many_forms_an_hour():
    for _ in range(asking.FORMS_AN_HOUR):
        asking.refuse_too_many_from("192.0.2.1", NOW)
    with pytest.raises(MarketplaceError) as error:
        asking.refuse_too_many_from("192.0.2.1", NOW)
    assert error.value.code == "too_many_forms"
    asking.refuse_too_many_from("192.0.2.2", NOW)
    asking.refuse_too_many_from("192.0.2.1", NOW + timedelta(hours=1))
    cache.clear()


# The job.


def test_what_nobody_confirmed_within_7_days_is_removed_with_the_mail_that_said_whose_it_was():
    old = making.ask(now=NOW - asking.CONFIRM_WITHIN)
    young = making.ask(now=NOW - asking.CONFIRM_WITHIN + timedelta(seconds=1))
    confirmed = asking.confirm_lead(making.ask(now=NOW - timedelta(days=30)), NOW - timedelta(days=29))

    out = StringIO()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("django.utils.timezone.now", lambda: NOW)
        call_command("remove_unconfirmed", "--dry-run", stdout=out)
        assert Lead.objects.count() == 3
        call_command("remove_unconfirmed", stdout=out)
        call_command("remove_unconfirmed", stdout=out)
        task()

    assert out.getvalue().splitlines() == [
        "Due: 1 requests. Nothing was removed.",
        "Removed: 1 requests.",
        "Removed: 0 requests.",
    ]
    assert set(Lead.objects.all()) == {young, confirmed}
    assert not OutgoingMail.objects.filter(recipient=old.homeowner_email).exists()
    assert OutgoingMail.objects.count() == 2


def test_one_request_that_cannot_be_removed_holds_up_no_other(monkeypatch):
    requests = [making.ask(now=NOW - timedelta(days=8)) for _ in range(5)]
    original = asking._remove

    def broken(lead, **kwargs):
        if lead == requests[1]:
            raise RuntimeError("not this one")
        original(lead, **kwargs)

    monkeypatch.setattr(asking, "_remove", broken)
    assert asking.remove_unconfirmed(now=NOW, batch=2) == 4
    assert Lead.objects.get() == requests[1]
    monkeypatch.undo()
    assert asking.remove_unconfirmed(now=NOW, batch=2) == 1


def test_what_is_removed_is_found_by_its_index(django_assert_num_queries):
    from django.db import connection

    plan = asking.never_confirmed(NOW).order_by("created_at").explain()
    if connection.vendor == "sqlite":
        assert "lead_unconfirmed" in plan
