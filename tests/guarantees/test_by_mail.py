"""Claims by e-mail (G12): what a mail opens, what it is answered, and the day that it keeps.

S is 10 January 2026; on these terms a claim can be made from 11 February to 25 April (C).
"""

from datetime import date, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from base.days import marketplace_day
from guarantees import claims
from guarantees.models import Claim, ClaimMail, Reminder
from guarantees.reminders import due, remind_of_guarantee
from guarantees.standing import standing_of
from mail import inbox
from mail.letters import as_message
from mail.models import IncomingMail, OutgoingMail
from marketplace.anonymising import anonymise_leads
from profiles.closing import close_account
from profiles.models import Suspension
from tests import making
from tests.guarantees.claim_making import (
    approve,
    ask,
    confirm_all,
    make_claimable,
    make_false,
    make_submitted,
    refused,
    tell_story,
)
from tests.mail.messages import TEXT, make_message, take_in
from tests.mail.test_calendars import read
from tests.making import at, noon

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("books_hold")]
MARCH = at("2026-03-02 12:00")
C = at("2026-04-25 12:00")
DAY = timedelta(days=1)
ANSWER = "guarantees/claim_by_mail"


def write(sender="pro@example.com", *, number=1, now=MARCH, received_at=None, **changes) -> IncomingMail:
    raw = make_message(sender=sender, message_id=f"<{number}@example.com>", **changes)
    return take_in(raw, now=now, received_at=received_at)


def answers() -> list[OutgoingMail]:
    return list(OutgoingMail.objects.filter(kind=ANSWER).order_by("pk"))


def test_the_owners_mail_opens_a_draft_with_the_mail_and_is_answered_with_the_page(pro):
    make_claimable(pro)
    mail = write()
    claim = pro.claims.get()
    assert (claim.state, [event.kind for event in claim.events.all()]) == ("draft", ["begun", "mailed"])
    assert list(claim.mails.values_list("mail", "received_on", "submit_by")) == [
        (mail.pk, date(2026, 3, 2), date(2026, 3, 7))
    ]
    assert (mail.state, mail.cause, mail.clear_on) == ("taken", f"claim:{claim.public_id}", None)
    (answer,) = answers()
    assert (answer.recipient, answer.in_reply_to) == ("pro@example.com", "<1@example.com>")
    assert reverse("guarantees:claim") in answer.text


def reminded_of(first, last):
    """What is written from `first` to `last`: the kind, the day that it speaks of, and when."""
    for number in range((last - first).days + 1):
        remind_of_guarantee(now=noon(first + number * DAY))
    return [
        (reminder.kind, reminder.about, marketplace_day(reminder.sent_at))
        for reminder in Reminder.objects.order_by("pk")
    ]


def test_who_can_submit_only_by_the_day_of_a_mail_is_reminded_of_the_last_day_that_it_gives(pro):
    pro.owner.language = "en"
    pro.owner.save(update_fields=["language"])
    make_claimable(pro)
    write(now=C)
    last = C.date() + 5 * DAY
    assert reminded_of(C.date() + DAY, last + DAY) == [
        ("closing_far", last, C.date() + DAY),
        ("closing_near", last, last - DAY),
    ]
    mail = OutgoingMail.objects.filter(cause__startswith="reminder:").first()
    assert "can be submitted until April 30, 2026" in mail.text
    assert "You have a draft already." in mail.text
    assert read(mail.calendar)[-1]["DTSTART;VALUE=DATE"] == "20260430"


def test_nobody_is_reminded_of_a_mail_that_came_too_late_or_too_early(pro, other_pro):
    make_claimable(pro)
    write(now=C + DAY)  # The window had closed.
    # The waiting month ends on C: a mail of the day before never counts.
    make_claimable(other_pro, contacts=2)
    making.buy(other_pro, now=at("2026-03-25 12:00"))
    write("other-pro@example.com", number=2, now=C - DAY)
    assert reminded_of(C.date() + DAY, C.date() + 7 * DAY) == []


def test_many_drafts_with_a_mail_cost_as_many_queries_as_one(pro, other_pro):
    def queries():
        with CaptureQueriesContext(connection) as captured:
            (found,) = due(C.date() + DAY)
        return len(found), len(captured)

    make_claimable(pro)
    write(now=C)
    one = queries()
    for number in range(2, 5):
        business = making.make_pro()
        make_claimable(business)
        write(business.owner.email, number=number, now=C)
    assert (one[0], queries()) == (1, (4, one[1]))


@pytest.mark.parametrize("asked", [True, False])
def test_everybody_is_told_that_a_mail_answers_no_question(pro, reviewer, settings, asked):
    """Also who was asked nothing: the answer does not tell who has a claim."""
    settings.PUBLIC_LANGUAGE = "en"
    claim = make_submitted(pro)
    if asked:
        ask(claim, reviewer, 1)
    write()
    assert "a mail does not end the wait" in answers()[0].text
    assert claim.items.filter(questions__answered_at=None, questions__isnull=False).count() == int(asked)


def test_another_mail_joins_the_draft_and_then_the_open_claim(pro):
    claim = make_submitted(pro)
    write(number=1)
    write(number=2)
    assert Claim.objects.get() == claim
    assert (claim.mails.count(), claim.made_on) == (2, date(2026, 2, 20))


def test_any_verified_address_of_the_owner_will_do_in_any_case(pro):
    make_claimable(pro)
    pro.owner.emailaddress_set.create(email="taller@example.com", verified=True)
    write("Taller <TALLER@Example.com>")
    assert pro.claims.count() == 1


@pytest.fixture
def senders_of_nothing(pro, other_pro, stranger, reviewer):
    """Addresses that open nothing: nobody's, a member's, one not verified, one of who has no business, staff's, and
    one of a closed account."""
    make_claimable(pro)
    making.contract(other_pro)
    member = making.make_user("member@example.com")
    pro.members.add(member)
    pro.owner.emailaddress_set.create(email="unverified@example.com", verified=False)
    other_pro.owner.is_active = False
    other_pro.owner.save()
    return [
        "nobody@example.com",
        "member@example.com",
        "unverified@example.com",
        "stranger@example.com",
        "reviewer@quince.example",
        "other-pro@example.com",
    ]


def test_from_any_other_address_nothing_is_opened_and_the_answer_is_the_same(pro, senders_of_nothing):
    """Word for word, but for whom it goes to: whether an address is known does not show, nor in when it is sent."""
    for number, sender in enumerate(senders_of_nothing):
        mail = write(sender, number=number)
        assert (mail.state, mail.cause) == ("taken", "")
    assert Claim.objects.count() == 0
    known = write(number=99)
    assert known.cause
    shown = {
        (
            answer.subject,
            answer.text,
            answer.language,
            answer.reply_to,
            answer.due_at,
            as_message(answer).message()["Auto-Submitted"],
        )
        for answer in answers()
    }
    assert (len(answers()), len(shown)) == (7, 1)


def test_the_answer_repeats_nothing_of_what_was_written_and_names_nobody(pro):
    make_claimable(pro)
    write(subject="Compre en spam.example")
    (answer,) = answers()
    assert "spam" not in answer.subject + answer.text
    assert TEXT not in answer.text
    assert pro.name not in answer.text


def test_a_mail_that_claims_to_come_from_the_owner_and_may_not_is_parked_unanswered(pro, settings, reviewer):
    settings.MAIL_AUTHSERV_ID = "mx.quince.example"
    make_claimable(pro)
    said = "mx.quince.example; dmarc=fail header.from=example.com"
    mail = write(Authentication_Results=said)
    assert (mail.state, Claim.objects.count(), answers()) == ("parked", 0, [])
    inbox.take_in(mail=mail, by=reviewer, now=MARCH + 3 * DAY)
    assert list(ClaimMail.objects.values_list("received_on", "submit_by")) == [
        (date(2026, 3, 2), date(2026, 3, 10))
    ]
    assert len(answers()) == 1


def test_nobody_vouches_for_a_mail_of_their_own_business(pro, settings, reviewer):
    settings.MAIL_AUTHSERV_ID = "mx.quince.example"
    make_claimable(pro)
    pro.members.add(reviewer)
    mail = write(Authentication_Results="mx.quince.example; dmarc=fail header.from=example.com")
    elsewhere = write(to="hola@quince.example", number=2)
    assert (mail.state, elsewhere.state) == ("parked", "parked")
    for each in (mail, elsewhere):
        assert refused(inbox.take_in, mail=each, by=reviewer, now=MARCH) == "own_business"
        assert refused(inbox.set_aside, mail=each, reason="No.", by=reviewer, now=MARCH) == "own_business"
    mail.refresh_from_db()
    assert (mail.state, Claim.objects.count(), answers()) == ("parked", 0, [])


def test_a_mail_too_large_to_be_kept_keeps_its_day_all_the_same(pro, settings):
    """On the last day, with all the photographs: it was neither answered nor seen by anybody."""
    make_claimable(pro)
    settings.INBOX_MAX_BYTES = 2_000
    mail = write(now=C, text="x" * 3_000)
    assert (mail.state, mail.text) == ("taken", "")
    assert list(pro.claims.get().mails.values_list("mail", "received_on")) == [(mail.pk, C.date())]
    assert len(answers()) == 1


@pytest.mark.parametrize(
    "recipient", ["", "apelaciones@quince.example", "Apelaciones <apelaciones@quince.example>"]
)
def test_a_claim_that_is_sent_to_another_address_of_ours_too_keeps_its_day(pro, recipient):
    """Whoever appeals and claims in one mail: it waited for a person, and the window closed."""
    make_claimable(pro)
    raw = make_message(
        sender="pro@example.com", to="apelaciones@quince.example", Cc="Garantía <garantia@quince.example>"
    )
    for _again in range(2):
        inbox.receive(raw, recipient=recipient, received_at=C, by=IncomingMail.Way.PIPE, now=C)
        inbox.handle_due(now=C)
    assert dict(IncomingMail.objects.values_list("recipient", "state")) == {
        "apelaciones@quince.example": "parked",
        "garantia@quince.example": "taken",
    }
    assert list(pro.claims.get().mails.values_list("received_on", flat=True)) == [C.date()]
    assert len(answers()) == 1


def test_a_claim_whose_sender_cannot_be_read_waits_for_a_person(pro):
    make_claimable(pro)
    mail = write("pro@example.com, eva@example.com")
    assert (mail.state, mail.reason, mail.clear_on) == ("parked", "for_a_person", None)
    assert write("Taller, Pro <pro@example.com>", number=2).cause


@pytest.mark.parametrize("headers", [{"Auto_Submitted": "auto-replied"}, {"Return_Path": "<>"}])
def test_a_machine_of_the_owners_opens_nothing(pro, headers):
    make_claimable(pro)
    assert write(**headers).state == "not_taken"
    assert (Claim.objects.count(), answers()) == (0, [])


def test_what_is_sent_elsewhere_is_not_a_claim(pro):
    make_claimable(pro)
    assert write(to="otra@quince.example").reason == "no_route"
    assert write(number=2, to="Garantia+15@Quince.example").state == "taken"
    assert Claim.objects.count() == 1


def cannot_begin_without_a_plan(pro, reviewer):
    return "no_plan_yet"


def cannot_begin_once_refunded(pro, reviewer):
    approve(confirm_all(make_submitted(pro), reviewer), reviewer)
    return "refunded"


def cannot_begin_after_false(pro, reviewer):
    make_false(pro, reviewer)
    return "rejected_as_false"


def cannot_begin_while_suspended(pro, reviewer):
    making.contract(pro)
    Suspension.objects.create(professional=pro, reason="X", decided_by=reviewer, suspended_at=MARCH)
    return "suspended"


@pytest.mark.parametrize(
    "make",
    [
        cannot_begin_without_a_plan,
        cannot_begin_once_refunded,
        cannot_begin_after_false,
        cannot_begin_while_suspended,
    ],
)
def test_where_no_draft_can_be_begun_the_answer_leads_to_why(pro, reviewer, client_of, make):
    why = make(pro, reviewer)
    before = Claim.objects.count()
    mail = write()
    assert (mail.state, mail.cause, mail.events.last().reason) == (
        "taken",
        f"professional:{pro.public_id}",
        why,
    )
    assert (Claim.objects.count(), len(answers()), ClaimMail.objects.count()) == (before, 1, 0)
    page = client_of(pro).get(reverse("guarantees:claim"))
    assert page.context["obstacles"][0].code == why


def draft_by_mail(pro, *, received_at, answered=None) -> Claim:
    contacts = make_claimable(pro)
    write(now=answered or received_at, received_at=received_at)
    claim = pro.claims.get()
    for contact in contacts:
        tell_story(claim, contact, now=answered or received_at)
    return claim


def submit(claim, now):
    return claims.submit_claim(claim=claim, by=claim.professional.owner, now=now)


@pytest.mark.parametrize(
    ("received", "answered", "submitted", "made_on"),
    [
        # On C, in time: the fifth day after the answer is the last.
        ("2026-04-25 23:59", "2026-04-25 23:59", "2026-04-30 23:59", date(2026, 4, 25)),
        ("2026-04-25 23:59", "2026-04-25 23:59", "2026-05-01 00:00", None),
        # Counted from the answer, though we looked late; the mail reached us on C.
        ("2026-04-25 23:59", "2026-04-27 09:00", "2026-05-02 12:00", date(2026, 4, 25)),
        ("2026-04-25 23:59", "2026-04-27 09:00", "2026-05-03 00:00", None),
        # On C + 1, by one minute.
        ("2026-04-26 00:00", "2026-04-26 00:00", "2026-04-26 12:00", None),
        ("2026-04-26 00:00", "2026-04-26 00:00", "2026-04-27 12:00", None),
        # In the window, the mail's day holds while it is in time, and then today's.
        ("2026-03-02 12:00", "2026-03-02 12:00", "2026-03-07 12:00", date(2026, 3, 2)),
        ("2026-03-02 12:00", "2026-03-02 12:00", "2026-03-08 12:00", date(2026, 3, 8)),
        # On the first day of the window, and one day before: that mail takes nothing away.
        ("2026-02-11 00:00", "2026-02-11 00:00", "2026-02-12 12:00", date(2026, 2, 11)),
        ("2026-02-10 23:59", "2026-02-10 23:59", "2026-02-12 12:00", date(2026, 2, 12)),
    ],
)
def test_the_day_on_which_a_claim_by_mail_is_made(pro, received, answered, submitted, made_on):
    claim = draft_by_mail(pro, received_at=at(received), answered=at(answered))
    if made_on is None:
        assert refused(submit, claim, at(submitted)) == "not_eligible"
        return
    done = submit(claim, at(submitted))
    assert (done.state, done.made_on, done.submission_snapshot["today"]) == (
        "submitted",
        made_on,
        made_on.isoformat(),
    )
    assert marketplace_day(done.submitted_at) == at(submitted).date()


def test_without_a_mail_the_window_ends_with_c(pro):
    contacts = make_claimable(pro)
    claim = claims.begin_claim(professional=pro, by=pro.owner, now=C)
    for contact in contacts:
        tell_story(claim, contact, now=C)
    assert refused(submit, claim, C + DAY) == "not_eligible"
    assert submit(claim, C).made_on == C.date()


def test_of_several_mails_the_earliest_that_is_in_time_gives_the_day(pro):
    claim = draft_by_mail(pro, received_at=at("2026-04-20 12:00"))
    write(number=2, now=at("2026-04-23 12:00"))
    assert submit(claim, at("2026-04-27 12:00")).made_on == date(2026, 4, 23)


def test_a_mail_to_a_claim_that_was_withdrawn_gives_the_next_one_no_day(pro):
    first = draft_by_mail(pro, received_at=C)
    claims.withdraw_claim(claim=first, by=pro.owner, now=C)
    again = claims.begin_claim(professional=pro, by=pro.owner, now=C + DAY)
    assert refused(submit, again, C + DAY) == "not_eligible"


def test_the_mail_about_a_claim_by_mail_says_when_it_counts_as_made(pro):
    submit(draft_by_mail(pro, received_at=C), C + 2 * DAY)
    told = OutgoingMail.objects.get(kind="guarantees/claim_received").text
    pro.owner.refresh_from_db()
    assert "27" in told.split("\n\n")[0]
    assert "25" in told.split("\n\n")[1]


def test_the_pages_say_until_when_the_mails_day_counts(pro, client_of, time_machine_at):
    draft_by_mail(pro, received_at=C)
    browser = client_of(pro)
    time_machine_at(C + 3 * DAY)
    draft = browser.get(reverse("guarantees:claim"))
    assert (draft.context["judged_on"], draft.context["eligibility"].status) == (C.date(), "eligible")
    page = draft.content.decode()
    assert "Submit by April 30, 2026: your claim is judged as made on April 25, 2026." in page
    assert TEXT.split(":")[0] in page
    summary = browser.get(reverse("guarantees:claim_submit"))
    assert (summary.context["obstacles"], summary.context["judged_on"]) == ([], C.date())
    overview = browser.get(reverse("guarantees:overview"))
    step = overview.context["standing"].step
    assert (step.code, step.by) == ("claim", date(2026, 4, 30))
    time_machine_at(C + 6 * DAY)
    assert browser.get(reverse("guarantees:claim")).context["eligibility"].status == "no_longer"
    assert standing_of(pro, (C + 6 * DAY).date()).step.code == "go_on"


def test_what_is_supposed_of_a_claim_by_mail_is_judged_on_its_day(pro, client_of, time_machine_at):
    draft_by_mail(pro, received_at=C)
    pro.reviews.all().delete()
    browser = client_of(pro)
    time_machine_at(C + 3 * DAY)
    page = browser.get(reverse("guarantees:what_if"), {"praised": "on", "vouched_for": "on"})
    compared = page.context["compared"]
    assert (compared.now.word, compared.then.word) == ("Not yet", "Eligible")
    assert compared.answer == ("Then you could claim at once: what counts is the day of your mail.",)


@pytest.fixture
def time_machine_at():
    import time_machine

    travels = []

    def go(moment):
        travels.append(time_machine.travel(moment, tick=False))
        travels[-1].start()

    yield go
    for travel in reversed(travels):
        travel.stop()


def test_the_reviewer_reads_the_mail_on_the_claims_page_and_saves_what_it_carries(pro, reviewer, client_of):
    claim = make_submitted(pro)
    mail = write(attachments=[("foto.html", "text/html", b"<script>alert(1)</script>")])
    browser = client_of(reviewer)
    page = browser.get(reverse("admin:guarantees_claim_change", args=[claim.pk])).content.decode()
    assert TEXT in page
    address = reverse("admin:mail_incomingmail_attachment", args=[mail.pk, 1])
    assert address in page
    saved = browser.get(address)
    assert (saved.content, saved["Content-Type"], saved["X-Content-Type-Options"]) == (
        b"<script>alert(1)</script>",
        "application/octet-stream",
        "nosniff",
    )
    assert saved["Content-Disposition"] == 'attachment; filename="foto.html"'


def test_who_closes_the_account_takes_their_mails_along(pro):
    make_claimable(pro)
    mail = write()
    close_account(user=pro.owner, now=MARCH + DAY)
    mail.refresh_from_db()
    assert (mail.sender, mail.subject, mail.text, mail.raw.name) == (
        f"erased-{mail.pk}@erased.invalid",
        "—",
        "",
        "",
    )
    assert (pro.claims.get().state, ClaimMail.objects.count()) == ("withdrawn", 1)


def test_what_they_wrote_to_us_is_shown_to_them(pro):
    from guarantees.personal import shown

    make_claimable(pro)
    write()
    told = dict(shown(pro.owner))
    assert told["Mail to us, received on March 2, 2026"] == f"Garantía\n\n{TEXT}"


def test_a_homeowner_who_is_erased_goes_from_the_mails_of_who_bought_their_request(pro):
    (contact, *_rest) = make_claimable(pro)
    mail = write(text=f"{contact.lead.homeowner_name} contrató a otro.")
    claims.withdraw_claim(claim=pro.claims.get(), by=pro.owner, now=MARCH)
    anonymise_leads(now=at("2027-06-01 12:00"))
    mail.refresh_from_db()
    assert (mail.text, mail.whole_text, mail.raw.name) == ("", "", "")
