"""Reminders, the one answer, reports, and what speaks against a review (G8, G19, M12)."""

from datetime import timedelta

import pytest
from django.core.exceptions import PermissionDenied
from django.core.management import call_command
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse

from base.days import marketplace_day
from mail.models import OutgoingMail
from marketplace import reviews
from marketplace.anonymising import erase_lead
from marketplace.errors import MarketplaceError
from marketplace.models import Lead, Review, ReviewEvent, ReviewReport, ReviewRequest
from marketplace.public_profile import page_address
from marketplace.returns import return_by_staff
from marketplace.withdrawal import withdraw_lead
from profiles.suspensions import suspend
from tests.making import NOW, buy, contract, fund, make_plan, make_pro, make_review, make_user
from tests.together import together

State = Review.State
DAY = timedelta(days=1)
DUE = NOW + 5 * DAY
ANSWER = "Gracias, Ana. Volvimos el lunes y quedó resuelto."


def refusal(job, **arguments) -> tuple[str, str | None]:
    with pytest.raises(MarketplaceError) as refused:
        job(**arguments)
    return refused.value.code, refused.value.field


def mails(kind):
    return OutgoingMail.objects.filter(kind=f"marketplace/{kind}")


@pytest.fixture
def contact(pro):
    contract(pro, plan=make_plan("year", months=12))
    fund(pro, 1_000_000)
    return buy(pro, now=NOW)[0]


@pytest.fixture
def review(pro):
    return make_review(pro)


def ask(pro, email="ana@example.com", *, now=NOW) -> ReviewRequest:
    if pro.first_contracted_on is None:
        contract(pro, now=min(now, NOW), plan=make_plan("year", months=12))
    return reviews.ask_earlier_client(
        professional=pro, name="Ana", email=email, language="es-mx", by=pro.owner, now=now
    )


def write(asked, *, text="Llegaron a la hora y explicaron todo.", network="", now=NOW + DAY):
    return reviews.write_review(
        request=asked,
        author_name="Ana",
        handling=5,
        workmanship=None,
        text=text,
        user=None,
        browser_of=None,
        network=network,
        now=now,
    )


# Reminders


@pytest.mark.parametrize(
    ("now", "reminded"),
    [
        (DUE - timedelta(seconds=1), 0),
        (DUE, 1),
        (NOW + 20 * DAY - timedelta(seconds=1), 1),
        (NOW + 20 * DAY, 0),
    ],
)
def test_whoever_has_not_written_is_reminded_between_the_fifth_day_and_the_twentieth(pro, now, reminded):
    ask(pro)
    assert reviews.remind_of_reviews(now=now) == reminded
    assert mails("review_reminder").count() == reminded


def test_a_reminder_goes_out_once_with_the_link_that_they_have_in_their_language(pro):
    asked = ask(pro)
    assert [reviews.remind_of_reviews(now=DUE + hour * timedelta(hours=1)) for hour in range(3)] == [1, 0, 0]
    mail = mails("review_reminder").get()
    assert (mail.recipient, mail.language) == ("ana@example.com", "es-mx")
    assert f"/review/{asked.public_id}" in mail.text
    # The link keeps its end: the reminder does not make it good for longer.
    until = marketplace_day(asked.sent_at + reviews.LINK_LIVES)
    assert f"{until.day} de " in mail.text


def test_nobody_is_reminded_of_what_is_done_or_came_to_nothing(pro, other_pro, contact, moderator):
    write(ask(pro, "wrote@example.com"))
    reviews.ask_homeowner(contact=contact, by=pro.owner, now=NOW)
    return_by_staff(contact=contact, by=moderator, note="Wrong number.", now=NOW)
    withdrawn = buy(pro, now=NOW)[0]
    reviews.ask_homeowner(contact=withdrawn, by=pro.owner, now=NOW)
    Lead.objects.filter(pk=withdrawn.lead_id).update(state=Lead.State.WITHDRAWN, withdrawn_at=NOW)
    ask(other_pro, "suspended@example.com")
    suspend(professional=other_pro, reason="Dijo lo que no era.", decided_by=moderator, now=NOW)
    never = ask(pro, "never@example.com")
    OutgoingMail.objects.filter(recipient=never.email).update(state=OutgoingMail.State.FAILED)

    assert reviews.remind_of_reviews(now=DUE) == 0
    assert not mails("review_reminder").exists()


def test_a_link_sent_anew_is_reminded_of_anew(pro):
    asked = ask(pro)
    reviews.remind_of_reviews(now=DUE)
    again = NOW + reviews.LINK_LIVES + DAY
    ask(pro, now=again)
    assert reviews.remind_of_reviews(now=again + 5 * DAY) == 1
    assert mails("review_reminder").filter(recipient=asked.email).count() == 2


def test_one_that_fails_holds_up_no_other(pro, monkeypatch):
    from marketplace.reviews import reminders

    broken, whole = ask(pro, "broken@example.com"), ask(pro, "whole@example.com")
    send = reminders.send_link

    def stumble(asked, kind, now):
        if asked.pk == broken.pk:
            raise RuntimeError("stumbled")
        send(asked, kind, now)

    monkeypatch.setattr(reminders, "send_link", stumble)
    assert reviews.remind_of_reviews(now=DUE) == 1
    assert mails("review_reminder").get().recipient == whole.email
    broken.refresh_from_db()
    assert broken.reminded_at is None

    monkeypatch.setattr(reminders, "send_link", send)
    assert reviews.remind_of_reviews(now=DUE) == 1


def test_the_command_counts_what_is_due_and_writes_it(pro, time_machine, capsys):
    ask(pro)
    time_machine.move_to(DUE)
    call_command("remind_of_reviews", "--dry-run")
    assert capsys.readouterr().out == "Due: 1 reminders. Nothing was written.\n"
    call_command("remind_of_reviews")
    assert capsys.readouterr().out == "Written: 1 reminders.\n"


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_two_workers_remind_each_once(pro):
    for number in range(20):
        ask(make_pro(), f"ana{number}@example.com")
    done = together(*[lambda: reviews.remind_of_reviews(now=DUE)] * 2)
    assert sum(done) == mails("review_reminder").count() == 20


# The one answer


def test_a_business_answers_a_published_review_once_and_its_text_is_kept(review, pro):
    answered = reviews.answer_review(review=review, text=f"  {ANSWER}\r\n", by=pro.owner, now=DUE)
    assert (answered.answer, answered.answered_at) == (ANSWER, DUE)
    # A double click is the same answer; another one is refused.
    assert reviews.answer_review(review=review, text=ANSWER, by=pro.owner, now=DUE + DAY) == answered
    assert refusal(reviews.answer_review, review=review, text="Otra.", by=pro.owner, now=DUE) == (
        "answered",
        None,
    )
    event = ReviewEvent.objects.latest("id")
    assert (event.actor, event.from_state, event.to_state, event.reason) == (
        pro.owner,
        "published",
        "published",
        ANSWER,
    )


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "answer_missing"),
        (" \n\u200b ", "answer_missing"),
        ("a" * 2001, "too_long"),
        ("Escríbenos a ventas@reformas.example", "answer_has_details"),
        ("La señora Ana, tel 55 1234 5678, no pagó", "answer_has_details"),
        ("Más en www.reformas.example", "answer_has_details"),
    ],
)
def test_an_answer_has_its_bounds(review, pro, text, code):
    assert refusal(reviews.answer_review, review=review, text=text, by=pro.owner, now=DUE) == (code, "text")
    review.refresh_from_db()
    assert review.answered_at is None


def test_2000_characters_are_taken_and_controls_are_taken_out(review, pro):
    answered = reviews.answer_review(review=review, text="\u202e" + "á" * 2000, by=pro.owner, now=DUE)
    assert answered.answer == "á" * 2000


@pytest.mark.parametrize("state", [state for state in State.values if state != State.PUBLISHED])
def test_only_a_published_review_is_answered(review, pro, state):
    Review.objects.filter(pk=review.pk).update(state=state)
    assert (
        refusal(reviews.answer_review, review=review, text=ANSWER, by=pro.owner, now=DUE)[0]
        == "not_published"
    )


def test_members_answer_and_nobody_else(review, pro, other_pro, stranger):
    pro.members.add(stranger)
    with pytest.raises(PermissionDenied):
        reviews.answer_review(review=review, text=ANSWER, by=other_pro.owner, now=DUE)
    assert reviews.answer_review(review=review, text=ANSWER, by=stranger, now=DUE).answer == ANSWER


def test_staff_take_an_answer_away_and_no_other_takes_its_place(review, pro, moderator, finance):
    assert refusal(reviews.remove_answer, review=review, by=moderator, reason="x", now=DUE)[0] == "no_answer"
    reviews.answer_review(review=review, text=ANSWER, by=pro.owner, now=DUE)
    with pytest.raises(PermissionDenied):
        reviews.remove_answer(review=review, by=finance, reason="Insulta.", now=DUE)
    assert refusal(reviews.remove_answer, review=review, by=moderator, reason=" ", now=DUE) == (
        "reason_missing",
        "reason",
    )
    removed = reviews.remove_answer(review=review, by=moderator, reason="Insulta.", now=DUE)
    assert (removed.answer, removed.answered_at) == ("", DUE)
    assert reviews.remove_answer(review=review, by=moderator, reason="Insulta.", now=DUE).answer == ""
    assert refusal(reviews.answer_review, review=review, text="Otra.", by=pro.owner, now=DUE)[0] == "answered"
    assert list(review.events.values_list("reason", flat=True))[-2:] == [ANSWER, "Insulta."]


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_of_two_different_answers_at_once_one_stands(pro):
    review = make_review(pro)
    results = together(
        *[
            lambda text=text: reviews.answer_review(review=review, text=text, by=pro.owner, now=DUE)
            for text in ("Gracias.", "Lo sentimos.")
        ]
    )
    assert sorted(type(result).__name__ for result in results) == ["MarketplaceError", "Review"]


# Reports


def report(review, *, reason="untrue", text="No vino.", reporter=None, network="n1", now=DUE):
    return reviews.report_review(
        review=review, reason=reason, text=text, reporter=reporter, network=network, now=now
    )


def test_a_reported_review_stands_and_counts_until_somebody_decides(review, pro, moderator):
    report(review)
    assert list(Review.objects.counting()) == [review]
    assert list(reviews.reported_reviews(Review.objects.all())) == [review]


def test_the_same_network_reports_a_review_once(review):
    first = report(review)
    assert report(review, reason="offensive") == first
    assert report(review, network="n2") != first
    assert ReviewReport.objects.count() == 2


@pytest.mark.parametrize(
    ("change", "code", "field"),
    [({"reason": "ugly"}, "unknown_reason", "reason"), ({"text": "x" * 1001}, "too_long", "text")],
)
def test_a_report_has_its_bounds(review, change, code, field):
    assert refusal(report, review=review, **change) == (code, field)
    assert not ReviewReport.objects.exists()


@pytest.mark.parametrize("state", [state for state in State.values if state != State.PUBLISHED])
def test_only_a_published_review_is_reported(review, state):
    Review.objects.filter(pk=review.pk).update(state=state)
    assert refusal(report, review=review) == ("not_published", None)


def test_a_network_reports_ten_reviews_a_day_and_no_more(pro):
    contract(pro, plan=make_plan("year", months=12))
    fund(pro, 1_000_000)
    published = [make_review(contact) for contact in buy(pro, 11, now=NOW - timedelta(hours=1))]
    for each in published[:10]:
        report(each)
    assert refusal(report, review=published[10]) == ("too_many_today", None)
    assert report(published[10], now=DUE + DAY)


def test_taking_a_review_down_upholds_what_was_reported_and_tells_the_business(review, pro, moderator):
    reported = report(review, reporter=pro.owner)
    reviews.take_down_review(review=review, by=moderator, reason="No fue cliente.", now=DUE)
    reported.refresh_from_db()
    assert (reported.state, reported.decided_by, reported.decided_at) == ("upheld", moderator, DUE)
    mail = mails("review_taken_down").get()
    assert mail.recipient == pro.owner.email
    # The reason stays with the office.
    assert "No fue cliente" not in mail.text


def test_dismissing_leaves_the_review_and_tells_a_business_that_reported_it(review, pro, moderator):
    report(review, reporter=pro.owner)
    report(review, network="n2")
    reviews.dismiss_reports(review=review, by=moderator, reason="Es su opinión.", now=DUE)
    assert set(ReviewReport.objects.values_list("state", "decided_by")) == {("dismissed", moderator.pk)}
    assert mails("review_stays").get().recipient == pro.owner.email
    # Once more: nothing is open, so nothing happens.
    reviews.dismiss_reports(review=review, by=moderator, reason="Es su opinión.", now=DUE + DAY)
    assert mails("review_stays").count() == 1


def test_nobody_is_told_whom_it_does_not_concern(review, moderator):
    report(review, reporter=make_user())
    reviews.dismiss_reports(review=review, by=moderator, reason="Es su opinión.", now=DUE)
    assert not mails("review_stays").exists()


def test_nobody_decides_a_report_on_their_own_business(review, pro, moderator, finance):
    report(review)
    with pytest.raises(PermissionDenied):
        reviews.dismiss_reports(review=review, by=finance, reason="x", now=DUE)
    pro.members.add(moderator)
    decided = refusal(reviews.dismiss_reports, review=review, by=moderator, reason="x", now=DUE)
    assert decided[0] == "own_business"


def test_the_database_refuses_a_decided_report_without_who_decided(review):
    reported = report(review)
    with pytest.raises(IntegrityError), transaction.atomic():
        ReviewReport.objects.filter(pk=reported.pk).update(state="dismissed")


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_a_double_click_makes_one_report(pro):
    review = make_review(pro)
    first, second = together(lambda: report(review), lambda: report(review))
    assert first == second == ReviewReport.objects.get()


# Pages


def test_the_business_answers_from_its_page_and_everybody_may_report(review, pro, client_of, time_machine):
    time_machine.move_to(DUE)
    browser = client_of(pro)
    answer = reverse("marketplace:answer_review", kwargs={"public_id": review.public_id})
    assert answer in browser.get(reverse("marketplace:reviews")).text
    assert "cannot be changed later" in browser.get(answer).text
    assert "leave addresses, telephone" in browser.post(answer, {"text": "www.reformas.example"}).text
    assert browser.post(answer, {"text": ANSWER}).status_code == 302
    shown = browser.get(reverse("marketplace:reviews")).text
    assert ANSWER in shown
    assert answer not in shown
    assert browser.get(answer).status_code == 302
    assert "answered once" in browser.post(answer, {"text": "Otra."}).text

    page = reverse("marketplace:report_review", kwargs={"public_id": review.public_id})
    stranger = Client()
    assert review.text in stranger.get(page).text
    assert (
        stranger.get(page).text.count(f'href="{page_address(review.professional)}"') == 2
    )  # Where they are, and back.
    assert browser.get(page).text.count(f'href="{reverse("marketplace:reviews")}"') > 2
    assert "This field is required" in stranger.post(page, {"leave_empty": ""}).text
    assert not ReviewReport.objects.exists()
    assert "looks at it within 5 days." in stranger.get(page).text
    arrived = stranger.post(page, {"reason": "untrue", "text": "<b>No</b>"}).text
    assert "Your report has arrived. A person reads the review again within 5 days" in arrived
    filled = stranger.post(page, {"reason": "untrue", "leave_empty": "x"}, REMOTE_ADDR="203.0.113.77")
    assert "only programs fill it in" in filled.text
    reported = ReviewReport.objects.get()
    assert (reported.reporter, reported.text) == (None, "<b>No</b>")


def test_a_review_that_is_not_shown_has_no_page_to_report_it(pro, moderator, client_of):
    hidden = make_review(pro, published=False)
    page = reverse("marketplace:report_review", kwargs={"public_id": hidden.public_id})
    assert Client().get(page).status_code == 404
    shown = make_review(pro)
    page = reverse("marketplace:report_review", kwargs={"public_id": shown.public_id})
    assert Client().get(page).status_code == 200
    suspend(professional=pro, reason="Dijo lo que no era.", decided_by=moderator, now=NOW)
    assert Client().get(page).status_code == 404
    assert client_of(pro).get(page).status_code == 200


def test_another_business_cannot_answer(review, other_pro, client_of):
    address = reverse("marketplace:answer_review", kwargs={"public_id": review.public_id})
    assert client_of(other_pro).get(address).status_code == 404
    assert client_of(other_pro).post(address, {"text": ANSWER}).status_code == 404


def test_the_office_shows_reports_signals_and_answer_and_decides(
    review, pro, moderator, client_of, time_machine
):
    time_machine.move_to(DUE)
    reviews.answer_review(review=review, text=ANSWER, by=pro.owner, now=DUE)
    report(review, text="<script>no vino</script>")
    Review.objects.filter(pk=review.pk).update(written_at=review.request.sent_at)
    browser = client_of(moderator)
    queue = browser.get(reverse("admin:marketplace_review_changelist"), {"state": "reported"})
    assert list(queue.context["cl"].result_list) == [review]
    page = reverse("admin:marketplace_review_change", args=[review.pk])
    shown = browser.get(page).text
    assert "It was reported" in shown
    assert "<script>no" not in shown
    assert "within two minutes" in shown
    assert ANSWER in shown
    decide = reverse("admin:marketplace_review_decide", args=[review.pk])
    browser.post(decide, {"decision": "remove_answer", "reason": "Insulta."})
    browser.post(decide, {"decision": "dismiss", "reason": "Es su opinión."})
    review.refresh_from_db()
    assert (review.answer, review.reports.get().state) == ("", "dismissed")
    shown = browser.get(page).text
    assert "Leave it as it is" not in shown
    assert "Take the answer away" not in shown


def test_whoever_withdrew_is_not_told_why_their_review_is_not_shown(contact, moderator):
    """M1: also where it was read before, and the moderator waited for the row."""
    review = make_review(contact, published=False)
    assert review.request.contact.lead.details_shown
    withdraw_lead(lead=contact.lead, now=NOW)
    reviews.reject_review(review=review, by=moderator, reason="Insulta.", now=NOW)
    assert not mails("review_not_shown").exists()


def test_with_whom_it_signed_a_review_goes_from_the_mails_about_it(contact, moderator):
    """X5: in what the business was written the subject names them."""
    make_review(contact)
    assert "Lucía" in mails("review_published").get().subject
    withdraw_lead(lead=contact.lead, now=NOW)
    erase_lead(lead=contact.lead, now=NOW)
    told = mails("review_published").get()
    assert (told.subject, told.text, told.recipient) == ("—", "", contact.professional.owner.email)


class TestWhereItCameFrom:
    def test_written_anew_from_their_page_it_is_from_there_and_no_link_was_answered_at_once(
        self, contact, moderator
    ):
        review = make_review(contact, published=False)
        reviews.reject_review(review=review, by=moderator, reason="Insulta.", now=NOW)
        again = self.from_page(contact, now=NOW + DAY)
        assert again.request.origin == ReviewRequest.Origin.OWN_PAGE
        assert "at_once" not in {signal.code for signal in reviews.signals_of(again)}

    def test_asked_for_after_that_it_was_asked_for(self, contact, moderator):
        review = self.from_page(contact, now=NOW)
        reviews.reject_review(review=review, by=moderator, reason="Insulta.", now=NOW)
        asked = reviews.ask_homeowner(contact=contact, by=contact.professional.owner, now=NOW + DAY)
        assert (asked.pk, asked.origin) == (review.request_id, ReviewRequest.Origin.ASKED)

    def from_page(self, contact, *, now) -> Review:
        return reviews.review_from_page(
            contact=contact, author_name="Lucía", handling=4, workmanship=None,
            text="Explicaron todo, y llegaron tarde.", user=None, browser_of=None, network="", now=now,
        )  # fmt: skip
