"""G22: the summary of what was agreed, edited by the professional, sent by us, kept in the diary."""

import uuid
from datetime import timedelta

import pytest
import time_machine
from django.urls import reverse

from mail.letters import as_message
from mail.models import OutgoingMail
from marketplace.diary import write_diary
from marketplace.errors import MarketplaceError
from marketplace.models import DiaryEntry, Lead, SummaryMail
from marketplace.summaries import SUMMARIES_A_DAY, TEXT_AT_MOST, draft_summary, send_summary
from tests.making import NOW, buy, contract, fund

pytestmark = pytest.mark.django_db
Kind = DiaryEntry.Kind
HOUR = timedelta(hours=1)
TEXT = (
    "Hola:\n\n- Azulejo blanco hasta el techo.\n- Empezamos el lunes.\n\nCotización: https://pro.example/c/12"
)


@pytest.fixture
def contact(pro):
    contract(pro)
    fund(pro)
    (contact,) = buy(pro, homeowner_email="lucia@example.com", title="Baño")
    say(contact, Kind.CALL, "Quiere azulejo blanco.\n- Visita el lunes a las 9")
    return contact


def say(contact, kind, text="", *, after=HOUR):
    return write_diary(
        contact=contact, kind=kind, happened_at=NOW + after, text=text, by=None, now=NOW + after
    )


def send(contact, *, subject="Lo que acordamos", text=TEXT, key=None, after=2 * HOUR):
    return send_summary(
        contact=contact,
        key=key or uuid.uuid4(),
        subject=subject,
        text=text,
        by=contact.professional.owner,
        now=NOW + after,
    )


def refused(contact, **said) -> tuple[str, str | None]:
    with pytest.raises(MarketplaceError) as caught:
        send(contact, **said)
    assert not OutgoingMail.objects.filter(kind="marketplace/summary").exists()
    assert not SummaryMail.objects.exists()
    return caught.value.code, caught.value.field


def test_it_is_mailed_with_replies_to_the_owner_and_kept_whole_in_the_diary(contact, pro):
    entry = send(contact)
    mail = OutgoingMail.objects.get(kind="marketplace/summary")
    assert (mail.recipient, mail.reply_to, mail.language) == ("lucia@example.com", pro.owner.email, "es-mx")
    assert mail.subject == "Lo que acordamos"
    assert mail.text.startswith(TEXT) and pro.name in mail.text.removeprefix(TEXT)
    assert (entry.kind, entry.text, entry.happened_at) == (
        Kind.MAIL,
        f"Lo que acordamos\n\n{TEXT}",
        NOW + 2 * HOUR,
    )
    assert entry.summary


def test_a_person_wrote_it_so_it_says_nothing_of_machines_and_makes_no_buttons(contact, settings):
    """RFC 3834: an answer to it, also that somebody is away, is the professional's to read."""
    send(contact, text=f"{TEXT}\n\nEntra aquí\n{settings.SITE_URL}/admin/\n\n<script>alert(1)</script>")
    message = as_message(OutgoingMail.objects.get(kind="marketplace/summary"))
    assert "Auto-Submitted" not in message.extra_headers
    assert "X-Auto-Response-Suppress" not in message.extra_headers
    html = str(message.alternatives[0][0])
    assert f'href="{settings.SITE_URL}/admin/"' not in html
    assert "<script>" not in html and "&lt;script&gt;" in html
    assert "sent automatically" not in html
    bought = as_message(OutgoingMail.objects.filter(kind="marketplace/contact_bought")[0])
    assert bought.extra_headers["Auto-Submitted"] == "auto-generated"


def test_the_same_form_sent_twice_sends_one_mail(contact):
    key = uuid.uuid4()
    assert send(contact, key=key) == send(contact, key=key, text=TEXT + " Otra vez.", after=3 * HOUR)
    assert OutgoingMail.objects.filter(kind="marketplace/summary").count() == 1


def test_the_form_of_another_contact_is_refused_and_sends_nothing(contact, pro, other_pro):
    """Of the same business, and of another: the key was spent there."""
    contract(other_pro)
    fund(other_pro)
    key = uuid.uuid4()
    send(contact, key=key)
    for other in (buy(pro)[0], buy(other_pro)[0]):
        say(other, Kind.CALL)
        with pytest.raises(MarketplaceError) as caught:
            send(other, key=key)
        assert caught.value.code == "other_form"
        assert [entry.kind for entry in other.diary.all()] == [Kind.CALL]
    assert OutgoingMail.objects.filter(kind="marketplace/summary").count() == 1


def test_thirty_days_after_sending_neither_text_nor_subject_is_kept(contact):
    """M5: a person wrote both, and may have written anything. Of our own mails the subject stays."""
    from mail import outbox

    send(contact, subject="Lucía, 55 1234 5678")
    OutgoingMail.objects.update(state=OutgoingMail.State.SENT, sent_at=NOW + 2 * HOUR)
    outbox.clear_old(now=NOW + timedelta(days=30))
    assert OutgoingMail.objects.get(kind="marketplace/summary").subject == "Lucía, 55 1234 5678"
    outbox.clear_old(now=NOW + timedelta(days=31))
    cleared = OutgoingMail.objects.get(kind="marketplace/summary")
    assert (cleared.subject, cleared.text) == ("", "")
    assert OutgoingMail.objects.filter(kind="marketplace/contact_bought").exclude(subject="").exists()


def test_a_failure_in_it_leaves_neither_the_mail_nor_the_entry(contact, monkeypatch):
    """X3: together or not at all."""
    from marketplace import summaries

    def broken(**said):
        raise OSError

    monkeypatch.setattr(summaries.outbox, "write", broken)
    with pytest.raises(OSError):
        send(contact)
    assert [entry.kind for entry in contact.diary.all()] == [Kind.CALL]
    assert not SummaryMail.objects.exists()


def test_a_day_has_a_limit_for_each_contact(contact):
    for number in range(SUMMARIES_A_DAY):
        send(contact, after=(2 + number) * HOUR)
    with pytest.raises(MarketplaceError) as caught:
        send(contact, after=9 * HOUR)
    assert caught.value.code == "too_many_today"
    assert send(contact, after=26 * HOUR)


@pytest.mark.parametrize(
    ("said", "code", "field"),
    [
        ({"subject": " \u200b "}, "subject_missing", "subject"),
        ({"subject": "x" * 151}, "too_long", "subject"),
        ({"text": "Gracias."}, "too_short", "text"),
        ({"text": "\u200b" * 200}, "too_short", "text"),
        ({"text": "x" * (TEXT_AT_MOST + 1)}, "too_long", "text"),
        ({"text": "x" * 5_000_000}, "too_long", "text"),
        ({"text": f"{TEXT}\n\n- \n"}, "unfinished", "text"),
    ],
)
def test_what_is_not_fit_to_be_sent_says_why(contact, said, code, field):
    assert refused(contact, **said) == (code, field)


def test_hostile_text_is_made_fit_to_keep(contact):
    """A header ends where a line ends: there is one line."""
    entry = send(contact, subject="Hola\r\nBcc: all@example.com", text=f"\u202e{TEXT}\x00\x07\r\n")
    mail = OutgoingMail.objects.get(kind="marketplace/summary")
    assert mail.subject == "Hola Bcc: all@example.com"
    assert not {"\x00", "\x07", "\u202e", "\r"} & set(mail.text + entry.text)


def test_without_a_talk_there_is_nothing_to_sum_up(pro):
    contract(pro)
    fund(pro)
    (contact,) = buy(pro)
    say(contact, Kind.CALL_UNANSWERED)
    assert refused(contact) == ("nothing_agreed", None)
    say(contact, Kind.INCOMING, after=2 * HOUR)
    assert send(contact, after=3 * HOUR)


@pytest.mark.parametrize("gone", ["withdrawn_at", "anonymised_at"])
def test_nobody_is_written_to_who_has_withdrawn(contact, gone):
    """M1, X5."""
    state = {"state": Lead.State.WITHDRAWN} if gone == "withdrawn_at" else {}
    Lead.objects.update(**{gone: NOW}, **state)
    contact.lead.refresh_from_db()
    assert refused(contact) == ("out_of_reach", None)


def test_nobody_writes_about_a_returned_contact(contact, moderator):
    from marketplace.returns import return_by_staff

    return_by_staff(contact=contact, by=moderator, note="bad number", now=NOW + HOUR)
    assert refused(contact) == ("returned", None)


@pytest.mark.parametrize(
    ("language", "words"), [("es-mx", "Quiere azulejo blanco."), ("en", "this is what we agreed")]
)
def test_it_begins_in_the_homeowners_language_with_the_latest_notes(contact, pro, language, words):
    contact.lead.language = language
    draft = draft_summary(contact, list(contact.diary.all()), pro.name)
    assert contact.lead.homeowner_name in draft.text and pro.name in draft.text
    assert "- Quiere azulejo blanco.\n- Visita el lunes a las 9" in draft.text
    assert words.lower() in draft.text.lower()


def test_a_draft_with_nothing_filled_in_is_not_sent(contact, pro):
    draft = draft_summary(contact, [], pro.name)
    assert refused(contact, text=draft.text) == ("unfinished", "text")


def test_an_earlier_summary_is_not_summed_up_again(contact, pro):
    send(contact)
    draft = draft_summary(contact, list(contact.diary.all()), pro.name)
    assert "Empezamos el lunes" not in draft.text


# The page


@pytest.fixture
def browser(pro, client_of):
    with time_machine.travel(NOW + 2 * HOUR, tick=False):
        yield client_of(pro)


def page(contact):
    return reverse("marketplace:summary", args=[contact.public_id])


def test_the_page_says_to_whom_from_whom_and_where_replies_go(browser, contact, pro, settings):
    shown = browser.get(page(contact))
    assert contact.lead.homeowner_email in shown.text and pro.owner.email in shown.text
    assert "hola@quince.example" in shown.text
    form = shown.context["form"]
    sent = browser.post(page(contact), {"key": form.initial["key"], "subject": "Baño", "text": TEXT})
    assert sent["Location"] == reverse("marketplace:contact", args=[contact.public_id])
    shown = browser.get(sent["Location"])
    assert "Azulejo blanco hasta el techo." in shown.text


def test_what_was_refused_stays_to_be_mended(browser, contact):
    key = uuid.uuid4()
    response = browser.post(page(contact), {"key": key, "subject": "Baño", "text": "Una línea mía."})
    assert list(response.context["form"].errors) == ["text"]
    assert "Una línea mía." in response.text and str(key) in response.text


def test_one_that_could_not_be_delivered_says_so_in_the_diary(browser, contact):
    send(contact)
    address = reverse("marketplace:contact", args=[contact.public_id])
    assert "could not be delivered" not in browser.get(address).text
    OutgoingMail.objects.filter(kind="marketplace/summary").update(state=OutgoingMail.State.FAILED)
    assert "could not be delivered" in browser.get(address).text
