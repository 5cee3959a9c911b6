"""The pages of a claim, as its owner, a member, a stranger and somebody else's browser see them."""

from datetime import timedelta

import pytest
from django.urls import reverse

from billing.models import WalletEntry
from guarantees import claims, decisions
from guarantees.models import Claim, Story
from marketplace.diary import write_diary
from tests import making
from tests.guarantees.claim_making import (
    LATER,
    STORY,
    SUBMITTED_AT,
    ask,
    balance,
    confirm_all,
    fresh,
    give,
    item_of,
    letters,
    make_claimable,
    make_draft,
    make_false,
    make_submitted,
    say_hired,
)
from tests.making import at

pytestmark = pytest.mark.django_db

CLAIM = "/guarantee/claim/"


@pytest.fixture
def clock(time_machine):
    """Stops the clock that the views read; `clock(moment)` sets it."""
    return lambda moment: time_machine.move_to(moment, tick=False)


def status_of(claim):
    return reverse("guarantees:claim_status", args=[claim.public_id])


def post_stories(browser, *, pressed="all", **changes):
    """The whole page sent as a browser sends it: what was shown, with `changes` by position."""
    page = browser.get(CLAIM)
    data = {"save": pressed}
    for card in page.context["cards"]:
        prefix = card.form.prefix
        data[f"{prefix}-shown"] = card.form["shown"].value()
        data[f"{prefix}-text"] = card.form["text"].value()
        data[f"{prefix}-ending"] = card.form["ending"].value()
        for field, value in changes.get(f"c{card.number}", {}).items():
            data[f"{prefix}-{field}"] = value
    return browser.post(CLAIM, data)


# Beginning


def test_the_page_before_a_claim_says_why_one_cannot_begin_yet(pro, client_of):
    page = client_of(pro).get(CLAIM)
    assert "The guarantee begins when you contract a plan" in page.content.decode()
    assert "Begin the claim" not in page.content.decode()


def test_looking_begins_nothing_and_pressing_begins_one(pro, client_of, clock):
    making.contract(pro)
    clock(making.NOW)
    browser = client_of(pro)
    browser.get(CLAIM)
    assert not Claim.objects.exists()
    for _ in range(2):
        assert browser.post("/guarantee/claim/begin/").url == CLAIM
    assert Claim.objects.count() == 1


def test_beginning_while_it_cannot_is_told_and_leaves_nothing(pro, client_of):
    page = client_of(pro).post("/guarantee/claim/begin/", follow=True)
    assert "The guarantee begins when you contract a plan" in page.content.decode()
    assert not Claim.objects.exists()


# Writing


def test_a_story_begins_with_the_diary_and_is_saved_only_when_saved(pro, client_of, clock):
    make_draft(pro, told=False)
    contact = pro.contacts.kept()[0]
    write_diary(
        contact=contact,
        kind="call",
        happened_at=at("2026-01-11 13:00"),
        text="Contestó.",
        by=pro.owner,
        now=LATER,
    )
    clock(LATER)
    browser = client_of(pro)
    shown = browser.get(CLAIM).context["cards"][0].form["text"].value()
    assert "Contestó." in shown
    assert "2026" in shown
    # Another card was saved; this one was not touched.
    post_stories(browser, c2={"text": STORY, "ending": "gave_up"})
    assert [story.contact_id for story in Story.objects.all()] == [pro.contacts.kept()[1].pk]
    # Its own button keeps the beginning as it is.
    post_stories(browser, pressed=str(contact.public_id))
    assert Story.objects.get(contact=contact).text == shown


def test_saving_one_contact_saves_what_was_written_at_the_others_too(pro, client_of, clock):
    """All on the page are sent together, so that pressing one button loses nothing."""
    make_draft(pro, told=False)
    clock(LATER)
    contact = pro.contacts.kept()[0]
    answer = post_stories(
        client_of(pro),
        pressed=str(contact.public_id),
        c1={"text": STORY},
        c3={"text": STORY, "ending": "other"},
    )
    assert answer.url.endswith(f"#contact-{contact.public_id}")
    assert Story.objects.count() == 2


def test_an_older_tab_does_not_overwrite_what_another_device_saved(pro, client_of, clock):
    claim = make_draft(pro)
    clock(LATER)
    browser = client_of(pro)
    page = browser.get(CLAIM)
    first = pro.contacts.kept()[0]
    claims.save_story(
        claim=claim, contact=first, text="Escrito en el teléfono.", ending="other", by=pro.owner, now=LATER
    )
    data = {"save": "all"}
    for card in page.context["cards"]:
        for field in ("shown", "text", "ending"):
            data[f"{card.form.prefix}-{field}"] = card.form[field].value()
    second = page.context["cards"][1]
    data[f"{second.form.prefix}-text"] = "Cambiado en la computadora, más largo."
    browser.post(CLAIM, data)
    assert Story.objects.get(contact=first).text == "Escrito en el teléfono."
    assert Story.objects.get(contact=second.contact).text == "Cambiado en la computadora, más largo."


def test_a_story_changed_on_two_devices_is_not_written_over_unseen(pro, client_of, clock):
    """G11: carried on from any device, and nothing that was written is lost."""
    claim = make_draft(pro)
    clock(LATER)
    browser = client_of(pro)
    page = browser.get(CLAIM)
    card = page.context["cards"][0]
    claims.save_story(
        claim=claim,
        contact=card.contact,
        text="Escrito en el teléfono.",
        ending="other",
        by=pro.owner,
        now=LATER,
    )
    data = {"save": "all", f"{card.form.prefix}-text": "Otra cosa, escrita en la computadora."}
    data |= {f"{card.form.prefix}-{field}": card.form[field].value() for field in ("shown", "ending")}
    answer = browser.post(CLAIM, data)
    assert Story.objects.get(contact=card.contact).text == "Escrito en el teléfono."
    told = answer.context["cards"][0].form
    assert "Escrito en el teléfono." in str(told.errors["text"])
    assert told["text"].value() == "Otra cosa, escrita en la computadora."
    # Whoever has read that sends it again; a second press sends the same once more.
    data |= {f"{card.form.prefix}-shown": told["shown"].value()}
    for _press in range(2):
        assert browser.post(CLAIM, data).status_code == 302
        assert Story.objects.get(contact=card.contact).text == "Otra cosa, escrita en la computadora."


def test_a_story_too_long_is_told_beside_its_field_and_kept_on_the_page(pro, client_of, clock):
    make_draft(pro, told=False)
    clock(LATER)
    answer = post_stories(client_of(pro), c1={"text": "x" * 3001}, c2={"text": STORY})
    assert answer.status_code == 200
    assert answer.context["cards"][0].form.errors["text"]
    assert "x" * 3001 in answer.content.decode()
    assert Story.objects.count() == 1  # What was fine is saved.


def test_the_page_counts_how_many_are_complete(pro, client_of, clock):
    claim = make_draft(pro, told=False)
    clock(LATER)
    contacts = list(pro.contacts.kept())
    claims.save_story(claim=claim, contact=contacts[0], text=STORY, ending="other", by=pro.owner, now=LATER)
    claims.save_story(claim=claim, contact=contacts[1], text=STORY, ending="", by=pro.owner, now=LATER)
    assert "1 of 3 stories complete" in client_of(pro).get(CLAIM).content.decode()


# Submitting


def test_the_summary_says_what_is_missing_and_sends_nothing(pro, client_of, clock):
    claim = make_draft(pro, told=False)
    clock(at("2026-02-01 12:00"))
    browser = client_of(pro)
    page = browser.get("/guarantee/claim/submit/").content.decode()
    assert "Not quite there yet" in page
    assert page.count("write what happened") == 3
    refused = browser.post("/guarantee/claim/submit/")
    assert refused.status_code == 409
    assert fresh(claim).state == Claim.State.DRAFT


def test_submitting_from_two_tabs_shows_the_one_claim_in_both(pro, client_of, clock):
    claim = make_draft(pro)
    clock(SUBMITTED_AT)
    browser = client_of(pro)
    assert "$600.00" in browser.get("/guarantee/claim/submit/").content.decode()
    first = browser.post("/guarantee/claim/submit/")
    second = browser.post("/guarantee/claim/submit/", follow=True)
    assert first.url == status_of(claim)
    assert second.redirect_chain[-1][0] == status_of(claim)
    assert len(letters("claim_received")) == 1


# Following


def test_the_homeowners_word_is_on_no_page_of_the_professional(pro, client_of, reviewer, clock):
    """G2: in whatever state the claim is, nor the verdicts."""
    claim = make_submitted(pro)
    say_hired(item_of(claim, 2), reviewer)
    give(item_of(claim, 2), "false", reviewer, note="La dueña dice que los contrató.")
    give(item_of(claim, 1), "unreachable", reviewer, note="Buzón lleno.")
    ask(claim, reviewer, 2)
    clock(LATER)
    browser = client_of(pro)

    def shows_nothing():
        page = browser.get(status_of(claim)).content.decode()
        return not any(
            words in page
            for words in ("hired this business", "contrató.", "Buzón lleno", "could not be reached")
        )

    Claim.objects.get(pk=claim.pk).items.update(story="Una historia.")
    assert shows_nothing()
    decisions.reject_claim_as_false(
        claim=claim, by=reviewer, reason="La dueña dice que los contrató.", now=at("2026-03-02 12:00")
    )
    assert shows_nothing()
    page = browser.get(status_of(claim)).content.decode()
    assert item_of(claim, 2).contact.lead.title in page
    assert "apelaciones@quince.example" in page


def test_questions_are_answered_on_the_page_and_the_last_day_is_seen(pro, client_of, reviewer, clock):
    claim = make_submitted(pro)
    one, two = ask(claim, reviewer, 1, 2, purpose="information")
    clock(LATER)
    browser = client_of(pro)
    assert browser.get(status_of(claim)).content.decode().count("March 10, 2026") >= 2
    url = reverse("guarantees:answer", args=[claim.public_id])
    assert "Please write an answer" in browser.post(url, {f"question-{one.pk}-answer": " "}).content.decode()
    browser.post(url, {f"question-{one.pk}-answer": "Fui el lunes.", f"question-{two.pk}-answer": ""})
    one.refresh_from_db()
    assert (one.answer, fresh(claim).state) == ("Fui el lunes.", Claim.State.MORE_INFORMATION)
    browser.post(url, {f"question-{two.pk}-answer": "No contestó."})
    assert fresh(claim).state == Claim.State.SUBMITTED


def test_forged_questions_are_not_found(pro, other_pro, client_of, reviewer, clock):
    """Neither another claim's through one's own address, nor one that there is not."""
    mine, theirs = make_submitted(pro), make_submitted(other_pro)
    (question,) = ask(theirs, reviewer, 1)
    clock(LATER)
    url = reverse("guarantees:answer", args=[mine.public_id])
    for key in (f"question-{question.pk}-answer", "question-999999-answer", "question-x-answer", "-answer"):
        assert client_of(pro).post(url, {key: "Sí."}).status_code == 404
    question.refresh_from_db()
    assert question.answered_at is None


def test_withdrawing_from_the_page_and_why_it_cannot_be(pro, client_of, reviewer, clock):
    claim = make_submitted(pro)
    ask(claim, reviewer, 1)
    clock(LATER)
    browser = client_of(pro)
    url = reverse("guarantees:claim_withdraw", args=[claim.public_id])
    assert "cannot be withdrawn" in browser.get(status_of(claim)).content.decode()
    assert "cannot be withdrawn" in browser.post(url, follow=True).content.decode()
    give(item_of(claim, 1), "confirmed", reviewer, now=LATER + timedelta(minutes=1))
    assert "We no longer need an answer." in browser.get(status_of(claim)).content.decode()
    assert "You have withdrawn this claim" in browser.post(url, follow=True).content.decode()


def test_what_has_to_be_put_right_is_seen_until_it_is(pro, client_of, reviewer, clock):
    from profiles.suspensions import lift_suspension, suspend

    claim = confirm_all(make_submitted(pro), reviewer)
    other = making.make_staff("reviewer", email="third@quince.example")
    suspension = suspend(professional=pro, reason="Quejas.", decided_by=other, now=LATER)
    with pytest.raises(Exception, match="Not approved"):
        decisions.approve_claim(claim=claim, by=reviewer, now=LATER)
    clock(LATER)
    browser = client_of(pro)
    assert "Please put this right" in browser.get(status_of(claim)).content.decode()
    lift_suspension(suspension=suspension, by=reviewer, reason="Resuelto.", now=LATER)
    assert "Please put this right" not in browser.get(status_of(claim)).content.decode()


# Who sees what


def test_a_member_reads_and_does_nothing(pro, stranger, client_of, reviewer, clock):
    pro.members.add(stranger)
    claim = make_draft(pro)
    clock(SUBMITTED_AT)
    browser = client_of(stranger)
    page = browser.get(CLAIM).content.decode()
    assert STORY in page
    assert "<textarea" not in page
    withdraw = reverse("guarantees:claim_withdraw", args=[claim.public_id])
    for url in (CLAIM, "/guarantee/claim/submit/", "/guarantee/claim/begin/", withdraw):
        assert browser.post(url).status_code == 403
    claims.submit_claim(claim=claim, by=pro.owner, now=SUBMITTED_AT)
    ask(claim, reviewer, 1)
    page = browser.get(status_of(claim)).content.decode()
    assert "<textarea" not in page
    assert browser.post(reverse("guarantees:answer", args=[claim.public_id])).status_code == 403
    assert fresh(claim).is_open


def test_somebody_elses_claim_is_not_found_by_its_address(pro, other_pro, client_of):
    claim = make_submitted(pro)
    making.contract(other_pro)
    browser = client_of(other_pro)
    assert browser.get(status_of(claim)).status_code == 404
    for name in ("answer", "claim_withdraw"):
        assert browser.post(reverse(f"guarantees:{name}", args=[claim.public_id])).status_code == 404


def test_signed_out_goes_to_the_sign_in_and_without_a_business_to_opening_one(
    pro, client, client_of, stranger
):
    claim = make_submitted(pro)
    for url in (CLAIM, "/guarantee/claim/submit/", status_of(claim)):
        assert client.get(url).url.startswith("/accounts/login/")
        assert client_of(stranger).get(url).url == reverse("profiles:open")


def test_the_pages_take_the_same_queries_with_three_contacts_as_with_fifteen(
    pro, other_pro, client_of, clock, django_assert_num_queries
):
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    clock(SUBMITTED_AT)
    make_draft(pro)
    contacts = make_claimable(other_pro, contacts=15)
    claim = claims.begin_claim(professional=other_pro, by=other_pro.owner, now=SUBMITTED_AT)
    for contact in contacts:
        claims.save_story(
            claim=claim, contact=contact, text=STORY, ending="other", by=other_pro.owner, now=SUBMITTED_AT
        )
    few, many = client_of(pro), client_of(other_pro)
    for url in (CLAIM, "/guarantee/claim/submit/"):
        few.get(url), many.get(url)  # Sessions and the like.
        with CaptureQueriesContext(connection) as queries:
            few.get(url)
        with django_assert_num_queries(len(queries)):
            many.get(url)


# The whole way


def test_page_mail_and_ledger_tell_the_same_at_every_step(pro, client_of, reviewer, clock):
    """One claim from draft to refund: what the page says, what was mailed, what the ledger holds."""
    browser = client_of(pro)
    claim = make_draft(pro)
    before = balance(pro)

    def seen(moment, words, mails):
        clock(moment)
        page = browser.get(CLAIM if fresh(claim).state == "draft" else status_of(claim)).content.decode()
        assert words in page
        names = ["claim_received", "claim_questions", "claim_approved", "claim_rejected"]
        assert [name for name in names for _ in letters(name)] == mails
        return page

    seen(SUBMITTED_AT, "3 of 3 stories complete", [])
    browser.post("/guarantee/claim/submit/")
    seen(SUBMITTED_AT, "We are verifying your claim", ["claim_received"])
    (question,) = ask(claim, reviewer, 1, purpose="information")
    seen(LATER, "We need to hear from you", ["claim_received", "claim_questions"])
    assert balance(pro) == before
    browser.post(
        reverse("guarantees:answer", args=[claim.public_id]), {f"question-{question.pk}-answer": "Sí."}
    )
    seen(LATER, "We are verifying your claim", ["claim_received", "claim_questions"])
    confirm_all(claim, reviewer)
    decisions.approve_claim(claim=claim, by=reviewer, now=LATER)
    page = seen(
        LATER, "Your claim has been approved", ["claim_received", "claim_questions", "claim_approved"]
    )
    entry = WalletEntry.objects.get(kind="refund")
    assert (entry.amount_cents, balance(pro)) == (60_000, before + 60_000)
    assert "$600.00" in page
    assert "$600.00" in letters("claim_approved")[0].text
    # And it can be spent.
    making.buy(pro, now=LATER)


def test_a_suspended_owner_still_sees_the_claim_and_how_to_appeal(pro, client_of, reviewer, clock):
    claim = make_false(pro, reviewer)
    clock(LATER)
    page = client_of(pro).get(status_of(claim)).content.decode()
    assert "rejected as false" in page
    assert "apelaciones@quince.example" in page
    assert "how to appeal" in client_of(pro).get(CLAIM).content.decode()
