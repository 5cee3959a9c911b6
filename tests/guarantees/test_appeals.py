"""Appeals: written down on the business's page, heard by somebody else than who decided (G19)."""

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from guarantees import claims, decisions
from guarantees.appeals import appeal_claim, appeal_suspension
from guarantees.invariants import appeals_wait_for_an_answer
from guarantees.models import Appeal, Claim, ExtraDays
from guarantees.personal import shown, warnings
from mail.models import OutgoingMail
from marketplace.anonymising import erase_lead
from marketplace.withdrawal import withdraw_lead
from profiles.closing import close_account
from profiles.errors import ProfileError
from profiles.models import Professional
from profiles.suspensions import is_suspended, lift_suspension, suspend
from tests import making
from tests.guarantees.claim_making import (
    DAY,
    LATER,
    State,
    fresh,
    give,
    item_of,
    letters,
    make_false,
    make_submitted,
    refuse,
    refused,
    reject,
    reject_as_false,
    uphold,
)
from tests.together import together

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("books_hold")]

WHY = "La obra fue de otra empresa: adjunto su factura."
NEXT_DAY = LATER + DAY


@pytest.fixture
def rejected(submitted, reviewer):
    return reject(submitted, reviewer)


@pytest.fixture
def suspension(pro, reviewer):
    return suspend(professional=pro, reason="Quejas de tres vecinos.", decided_by=reviewer, now=LATER)


@pytest.fixture
def office(client_of, appeals, time_machine):
    time_machine.move_to(NEXT_DAY, tick=False)
    return client_of(appeals)


def of_claim(claim, *, text=WHY, by=None, now=NEXT_DAY):
    return appeal_claim(claim=claim, text=text, by=by or claim.professional.owner, now=now)


def of_suspension(suspension, *, text=WHY, by=None, now=NEXT_DAY):
    return appeal_suspension(
        suspension=suspension, text=text, by=by or suspension.professional.owner, now=now
    )


def see(browser, appeal, action, reason="Así es."):
    return browser.post(reverse("admin:guarantees_appeal_hear", args=[appeal.pk, action]), {"reason": reason})


def answer(browser, appeal, action, seen, **changes):
    sent = {"previewed": seen.context["outcome"].mark, **seen.context["decision"].typed, **changes}
    return browser.post(reverse("admin:guarantees_appeal_answer", args=[appeal.pk, action]), sent)


def hear(browser, appeal, action, reason="Así es."):
    """Looked at and confirmed; where there is nothing to be confirmed, the page that says so."""
    page = see(browser, appeal, action, reason)
    return answer(browser, appeal, action, page) if page.status_code == 200 else page


# Making one


def test_an_appeal_against_a_claim_is_kept_and_confirmed_and_those_who_hear_it_learn_of_it(rejected, pro):
    appeal = of_claim(rejected)
    assert (appeal.claim, appeal.suspension, appeal.state) == (rejected, None, "waiting")
    assert (appeal.decided_by, appeal.decided_at) == (rejected.decided_by, rejected.decided_at)
    assert (appeal.text, appeal.made_by, appeal.made_at) == (WHY, pro.owner, NEXT_DAY)
    (mail,) = letters("appeal_received")
    assert mail.recipient == pro.owner.email and WHY in mail.text and str(rejected.public_id) in mail.text
    (mail,) = letters("appeal_to_hear")
    assert mail.recipient == "apelaciones@quince.example"
    # What was written may name a homeowner: it stays on the page that asks who reads it (M5).
    assert WHY not in mail.text and f"/admin/guarantees/appeal/{appeal.pk}/" in mail.text


def test_the_same_again_is_one_and_another_is_refused_with_the_way_to_say_more(rejected):
    assert of_claim(rejected) == of_claim(rejected, text=f"  {WHY}\r\n")
    assert refused(of_claim, rejected, text="Y otra cosa.") == "appeal_made"
    assert (Appeal.objects.count(), OutgoingMail.objects.filter(kind__contains="appeal").count()) == (1, 2)


@pytest.mark.parametrize(
    ("text", "code"),
    [("", "nothing_written"), (" \u200b\n", "nothing_written"), ("x" * 5001, "too_long")],
)
def test_what_cannot_be_read_is_refused(text, code, rejected, suspension):
    assert refused(of_claim, rejected, text=text) == refused(of_suspension, suspension, text=text) == code
    assert not Appeal.objects.exists()


def test_hostile_text_is_kept_without_controls_and_shown_as_text(rejected, pro, client_of, office):
    text = "<script>alert(1)</script>\x00\u202eAl revés\r\nBcc: todos@example.com"
    appeal = of_claim(rejected, text=text)
    assert appeal.text == "<script>alert(1)</script>Al revés\nBcc: todos@example.com"
    page = client_of(pro).get(reverse("guarantees:claim_status", args=[rejected.public_id])).content.decode()
    in_office = office.get(reverse("admin:guarantees_appeal_change", args=[appeal.pk])).content.decode()
    for shown_there in (page, in_office):
        assert "<script>alert(1)" not in shown_there and "&lt;script&gt;alert(1)" in shown_there


def test_only_the_owner_appeals(rejected, suspension, pro, stranger):
    member = making.make_user("member@example.com")
    pro.members.add(member)
    for who in (member, stranger):
        assert (
            refused(of_claim, rejected, by=who)
            == refused(of_suspension, suspension, by=who)
            == "not_the_owner"
        )


def test_there_is_nothing_to_appeal_against_a_claim_that_is_not_rejected(submitted):
    assert refused(of_claim, submitted) == "move_not_allowed"


def test_nor_against_a_suspension_that_was_lifted(suspension, appeals):
    lift_suspension(suspension=suspension, by=appeals, reason="No era así.", now=NEXT_DAY)
    assert refused(of_suspension, suspension) == "not_suspended"


def test_against_a_suspension_that_came_with_a_claim_the_appeal_is_against_the_claim(pro, reviewer):
    claim = make_false(pro, reviewer)
    assert of_suspension(claim.suspension).claim == claim


def test_one_that_stood_before_the_claim_was_found_false_is_appealed_apart(submitted, pro, reviewer, appeals):
    """It had another cause, and outlives the appeal of the claim."""
    before = suspend(professional=pro, reason="Quejas.", decided_by=reviewer, now=LATER - DAY)
    give(item_of(submitted, 2), "false", reviewer)
    claim = reject_as_false(submitted, reviewer, without_asking="Ya lo admitió.")
    appeal = of_suspension(before)
    assert (appeal.suspension, claim.suspension) == (before, before)
    uphold(claim, appeals, NEXT_DAY)
    assert is_suspended(pro)
    appeal.refresh_from_db()
    assert appeal.state == "waiting"


@pytest.fixture
def suspended_before(submitted, pro, reviewer, appeals):
    """Suspended by a moderator's colleague for another cause, then found false by the reviewer."""
    other = making.make_staff("reviewer", email="who-suspended@quince.example")
    before = suspend(professional=pro, reason="Quejas.", decided_by=other, now=LATER - DAY)
    give(item_of(submitted, 2), "false", reviewer)
    return before, reject_as_false(submitted, reviewer, without_asking="Ya lo admitió.")


def test_where_another_suspension_is_lifted_what_was_found_false_suspends_by_itself(
    suspended_before, pro, reviewer, appeals
):
    """G16: else a business would be free whose claim stands rejected as false."""
    before, claim = suspended_before
    lift_suspension(suspension=before, by=appeals, reason="No era así.", now=NEXT_DAY)
    anew = pro.suspensions.standing().get()
    assert (anew.decided_by, anew.suspended_at) == (reviewer, NEXT_DAY)
    assert anew.reason == "A claim on the guarantee held information that our verification found to be false."
    assert fresh(claim).suspension == anew
    told = OutgoingMail.objects.filter(recipient=pro.owner.email, written_at=NEXT_DAY)
    mails = {mail.kind: mail.text for mail in told}
    assert mails.keys() == {"profiles/suspension_lifted", "profiles/suspended"}
    assert "stays suspended for another reason" in mails["profiles/suspension_lifted"]
    assert "your profile can be seen again" not in mails["profiles/suspension_lifted"]
    assert anew.reason in mails["profiles/suspended"]


def test_that_suspension_is_the_claims_own_appealed_and_lifted_with_it(suspended_before, pro, appeals):
    before, claim = suspended_before
    lift_suspension(suspension=before, by=appeals, reason="No era así.", now=NEXT_DAY)
    anew = pro.suspensions.standing().get()
    assert of_suspension(anew).claim == claim
    uphold(claim, appeals, NEXT_DAY + DAY)
    assert not is_suspended(pro)


def test_and_lifted_alone_it_restores_the_account_and_not_the_claim(suspended_before, pro, appeals):
    """G19."""
    before, claim = suspended_before
    lift_suspension(suspension=before, by=appeals, reason="No era así.", now=NEXT_DAY)
    lift_suspension(
        suspension=pro.suspensions.standing().get(), by=appeals, reason="Buena fe.", now=NEXT_DAY + DAY
    )
    assert not is_suspended(pro)
    assert fresh(claim).state == State.REJECTED_AS_FALSE


def test_whoever_lifts_or_upholds_is_told_that_the_owner_reads_the_reason(suspension, office, pro):
    """As the answer to the appeal it is part of what is kept about them (X5)."""
    appeal = of_suspension(suspension)
    lifting = office.get(reverse("admin:profiles_suspension_change", args=[suspension.pk])).content.decode()
    hearing = office.get(reverse("admin:guarantees_appeal_change", args=[appeal.pk])).content.decode()
    assert "they read this as the answer" in lifting and "The owner can read the reason" in hearing
    hear(office, appeal, "uphold_appeal", "Los vecinos se equivocaron.")
    assert "Los vecinos se equivocaron." in "".join(text for _title, text in shown(pro.owner))


def test_the_page_says_what_becomes_of_the_suspension(suspended_before, rejected_alone, pro, office, appeals):
    """Of one that stays, of one that is lifted, and of none."""
    _before, claim = suspended_before

    def said(appeal):
        page = office.get(reverse("admin:guarantees_appeal_change", args=[appeal.pk])).content.decode()
        return ["is lifted" in page, "stays suspended for another reason" in page]

    assert said(of_claim(claim)) == [False, True]
    assert said(of_claim(rejected_alone)) == [False, False]
    own = make_false(making.make_pro("La Tercera"), making.make_staff("reviewer", email="r3@quince.example"))
    assert said(of_claim(own)) == [True, False]


@pytest.fixture
def rejected_alone(other_pro, reviewer):
    return reject(make_submitted(other_pro), reviewer)


# Hearing one


def test_whoever_found_a_contact_false_does_not_hear_the_appeal_against_that(submitted, reviewer, appeals):
    """The finding is theirs, whoever pressed the last button."""
    finder = making.make_staff("reviewer", "appeals", email="finder@quince.example")
    give(item_of(submitted, 2), "false", finder)
    claim = reject_as_false(submitted, reviewer, without_asking="Ya lo admitió.")
    for hear_it in (uphold, refuse):
        assert refused(hear_it, claim, finder) == "own_finding"
    assert uphold(claim, appeals).state == "submitted"


def test_an_old_page_of_an_appeal_answers_no_decision_that_came_after_it(rejected, reviewer, appeals, office):
    first = of_claim(rejected)
    uphold(rejected, appeals, NEXT_DAY)
    reject(fresh(rejected), reviewer, now=NEXT_DAY)
    assert hear(office, first, "uphold_appeal").status_code == 302
    answer = hear(office, first, "refuse_appeal")
    assert answer.status_code == 409
    assert "This appeal was answered meanwhile. Nothing was changed." in answer.text
    assert fresh(rejected).state == "rejected"


def test_what_waits_is_read_first_and_loses_its_words_with_its_answer_where_a_homeowner_was_erased(
    rejected, appeals
):
    """X5, G19."""
    appeal = of_claim(rejected)
    lead = rejected.items.get(position=1).contact.lead
    withdraw_lead(lead=lead, now=NEXT_DAY)
    erase_lead(lead=lead, now=NEXT_DAY)
    appeal.refresh_from_db()
    assert (appeal.state, appeal.text) == ("waiting", WHY)
    refuse(rejected, appeals, NEXT_DAY)
    appeal.refresh_from_db()
    assert (appeal.state, appeal.text, appeal.answer) == ("refused", "—", "—")


def test_upheld_against_a_claim_the_claim_stands_again_and_the_appeal_says_so(rejected, office, appeals):
    appeal = of_claim(rejected)
    assert hear(office, appeal, "uphold_appeal", "Tenía razón.").status_code == 302
    appeal.refresh_from_db()
    assert (appeal.state, appeal.answer) == ("upheld", "Tenía razón.")
    assert (appeal.answered_by, appeal.answered_at) == (appeals, NEXT_DAY)
    assert fresh(rejected).state == State.SUBMITTED
    assert ExtraDays.objects.get().days == 1


def test_upheld_against_a_suspension_it_is_lifted_and_told_once(suspension, pro, office, appeals):
    appeal = of_suspension(suspension)
    for _ in range(2):  # Pressed twice.
        assert hear(office, appeal, "uphold_appeal").status_code == 302
    appeal.refresh_from_db()
    assert (appeal.state, appeal.answer, appeal.answered_by) == ("upheld", "Así es.", appeals)
    assert not is_suspended(pro)
    assert OutgoingMail.objects.filter(kind="profiles/suspension_lifted").count() == 1


def test_an_answer_is_looked_at_before_it_is_given(rejected, suspension, office):
    """As every other decision: what becomes of the claim or the profile, and which mails go out (issue 4)."""
    for appeal, words in (
        (of_claim(rejected), "The claim is “rejected” and becomes “submitted”."),
        (of_suspension(suspension), "The suspension of Reformas Hidalgo is lifted."),
    ):
        mails = OutgoingMail.objects.count()
        page = see(office, appeal, "uphold_appeal", "Tenía razón.")
        assert page.status_code == 200
        for said in ("Nothing has been done yet", words, "Tenía razón.", "Confirm: Uphold the appeal"):
            assert said in page.text, said
        assert page.context["outcome"].mails
        appeal.refresh_from_db()
        assert (appeal.state, OutgoingMail.objects.count()) == ("waiting", mails)
        assert answer(office, appeal, "uphold_appeal", page).status_code == 302
        appeal.refresh_from_db()
        assert appeal.state == "upheld"
        assert OutgoingMail.objects.count() == mails + len(page.context["outcome"].mails)


@pytest.mark.parametrize("changed", [{"previewed": ""}, {"reason": "Otra cosa."}])
@pytest.mark.parametrize("against", ["rejected", "suspension"])
def test_nothing_is_answered_that_was_not_looked_at(rejected, suspension, office, against, changed):
    appeal = of_claim(rejected) if against == "rejected" else of_suspension(suspension)
    page = see(office, appeal, "refuse_appeal", "Nada nuevo.")
    mails = OutgoingMail.objects.count()
    again = answer(office, appeal, "refuse_appeal", page, **changed)
    assert again.status_code == 409
    assert "Nothing was done yet" in again.text
    appeal.refresh_from_db()
    assert (appeal.state, OutgoingMail.objects.count()) == ("waiting", mails)
    assert answer(office, appeal, "refuse_appeal", again).status_code == 302
    appeal.refresh_from_db()
    assert (appeal.state, appeal.answer) == ("refused", changed.get("reason", "Nada nuevo."))


def test_lifting_it_by_the_list_of_suspensions_answers_the_appeal(suspension, appeals):
    appeal = of_suspension(suspension)
    lift_suspension(suspension=suspension, by=appeals, reason="No era así.", now=NEXT_DAY)
    appeal.refresh_from_db()
    assert (appeal.state, appeal.answer, appeal.answered_by) == ("upheld", "No era así.", appeals)


def test_refused_the_suspension_stands_and_the_owner_reads_why(suspension, pro, office, client_of):
    appeal = of_suspension(suspension)
    answer = hear(office, appeal, "refuse_appeal", " ")
    assert answer.status_code == 409
    (refusing,) = [each.form for each in answer.context["hearings"] if each.action == "refuse_appeal"]
    assert refusing.errors == {"reason": ["Please write the reason."]}
    for _ in range(2):
        assert hear(office, appeal, "refuse_appeal", "Los tres lo confirman.").status_code == 302
    (mail,) = letters("suspension_appeal_refused")
    assert mail.recipient == pro.owner.email and "Los tres lo confirman." in mail.text
    page = client_of(pro).get(reverse("guarantees:suspension")).content.decode()
    assert "Los tres lo confirman." in page and "<textarea" not in page
    assert is_suspended(pro)
    # It can be lifted later all the same, and what was answered stays answered.
    lift_suspension(suspension=suspension, by=appeal_officer(), reason="Nueva prueba.", now=NEXT_DAY + DAY)
    appeal.refresh_from_db()
    assert (appeal.state, appeal.answer) == ("refused", "Los tres lo confirman.")


def appeal_officer():
    return making.make_staff("appeals", email="another-appeals@quince.example")


def test_refused_against_a_claim_no_second_one_is_taken_against_the_same_decision(
    rejected, office, client_of, pro
):
    appeal = of_claim(rejected)
    assert hear(office, appeal, "refuse_appeal", "Nada nuevo.").status_code == 302
    assert refused(of_claim, rejected, text="Otra vez.") == "appeal_made"
    page = client_of(pro).get(reverse("guarantees:claim_status", args=[rejected.public_id])).content.decode()
    assert "Nada nuevo." in page and "<textarea" not in page


def test_one_refused_that_came_by_mail_is_refused_here_too(rejected, appeals):
    refuse(rejected, appeals, NEXT_DAY)
    assert refused(of_claim, rejected) == "appeal_made"


def test_rejected_once_more_it_is_another_decision_with_another_appeal(rejected, reviewer, appeals):
    of_claim(rejected)
    uphold(rejected, appeals, NEXT_DAY)
    again = reject(fresh(rejected), reviewer, NEXT_DAY + DAY)
    second = of_claim(again, now=NEXT_DAY + 2 * DAY)
    assert [each.state for each in Appeal.objects.all()] == ["upheld", "waiting"]
    assert second.decided_at == NEXT_DAY + DAY


def test_whoever_decided_hears_no_appeal_whatever_their_roles(pro, other_pro, client_of, time_machine):
    """In the function, on the page, and in the database."""
    time_machine.move_to(NEXT_DAY, tick=False)
    both = making.make_staff("reviewer", "appeals")
    claim = reject(make_submitted(pro), both)
    suspension = suspend(professional=other_pro, reason="Quejas.", decided_by=both, now=LATER)
    for appeal in (of_claim(claim), of_suspension(suspension)):
        page = client_of(both).get(reverse("admin:guarantees_appeal_change", args=[appeal.pk]))
        assert "<textarea" not in page.content.decode()
        for action in ("uphold_appeal", "refuse_appeal"):
            assert hear(client_of(both), appeal, action).status_code == 409
        with pytest.raises(IntegrityError, match="appeal_answered_by_another"), transaction.atomic():
            Appeal.objects.filter(pk=appeal.pk).update(
                state="refused", answered_by=both, answered_at=NEXT_DAY
            )
    assert refused(uphold, claim, both, NEXT_DAY) == refused(refuse, claim, both, NEXT_DAY) == "own_decision"
    said = {"suspension": suspension, "by": both, "reason": "x", "now": NEXT_DAY}
    assert refused(decisions.uphold_appeal_against_suspension, **said) == "own_decision"
    assert refused(decisions.refuse_appeal_against_suspension, **said) == "own_decision"
    with pytest.raises(ProfileError, match="Somebody else"):
        lift_suspension(**said)


def test_who_hears_it_neither_belongs_to_the_business_nor_lacks_the_role(suspension, pro, appeals, moderator):
    of_suspension(suspension)
    said = {"suspension": suspension, "reason": "x", "now": NEXT_DAY}
    assert refused(decisions.refuse_appeal_against_suspension, by=moderator, **said) == "no_permission"
    pro.members.add(appeals)
    assert refused(decisions.refuse_appeal_against_suspension, by=appeals, **said) == "own_business"


def test_an_appeal_that_waits_ends_with_the_account_which_is_said_before(rejected, pro, appeals, office):
    """X5, G19: closing warns, and nothing is left to be heard."""
    appeal = of_claim(rejected)
    assert "Your appeal has not been answered" in " ".join(warnings(pro.owner, NEXT_DAY))
    close_account(user=pro.owner, now=NEXT_DAY)
    appeal.refresh_from_db()
    assert (appeal.state, appeal.answered_by, appeal.answer) == ("withdrawn", None, "")
    assert refused(uphold, fresh(rejected), appeals) == "closed_account"
    assert fresh(rejected).state == Claim.State.REJECTED
    page = office.get(reverse("admin:guarantees_appeal_change", args=[appeal.pk]))
    assert "The account was closed before this appeal was answered" in page.content.decode()
    assert "Your appeal has not been answered" not in " ".join(warnings(pro.owner, NEXT_DAY))


def test_the_books_see_an_appeal_of_a_closed_business(rejected, pro):
    of_claim(rejected)
    Professional.objects.filter(pk=pro.pk).update(closed_at=NEXT_DAY)
    assert [line.partition(": ")[2] for line in appeals_wait_for_an_answer()] == [
        "waits, and its business has closed its account"
    ]
    Professional.objects.filter(pk=pro.pk).update(closed_at=None)


def test_a_draft_begun_while_it_waited_gives_way_and_the_closed_window_is_no_matter(rejected, pro, appeals):
    """The claim keeps its date; approval never judges dates (G15, G19)."""
    draft = claims.begin_claim(professional=pro, by=pro.owner, now=NEXT_DAY)
    of_claim(rejected)
    long_after = making.at("2026-09-01 12:00")
    claim = uphold(rejected, appeals, long_after)
    draft.refresh_from_db()
    assert (claim.state, draft.state) == (State.SUBMITTED, State.WITHDRAWN)
    assert claim.made_on == rejected.made_on


def test_lifting_alone_restores_the_account_and_the_appeal_of_the_claim_waits_on(pro, reviewer, appeals):
    claim = make_false(pro, reviewer)
    appeal = of_claim(claim)
    lift_suspension(suspension=claim.suspension, by=appeals, reason="Buena fe.", now=NEXT_DAY)
    appeal.refresh_from_db()
    assert (appeal.state, fresh(claim).state) == ("waiting", State.REJECTED_AS_FALSE)
    uphold(claim, appeals, NEXT_DAY + DAY)
    assert OutgoingMail.objects.filter(kind="profiles/suspension_lifted").count() == 1


# Pages


def test_the_page_of_a_suspension_says_why_since_when_what_it_does_and_takes_the_appeal(
    suspension, pro, client_of, time_machine
):
    time_machine.move_to(NEXT_DAY, tick=False)
    browser = client_of(pro)
    page = browser.get(reverse("guarantees:suspension")).content.decode()
    for fact in (
        "Since Feb. 23, 2026",
        "Quejas de tres vecinos.",
        "you keep your balance",
        "apelaciones@quince.example",
    ):
        assert fact in page, fact
    answer = browser.post(reverse("guarantees:suspension"), {"text": ""})
    assert answer.status_code == 409 and "This field is required." in answer.content.decode()
    assert browser.post(reverse("guarantees:suspension"), {"text": WHY}).status_code == 302
    page = browser.get(reverse("guarantees:suspension")).content.decode()
    assert WHY in page and "<textarea" not in page
    assert Appeal.objects.get().text == WHY


def test_a_member_reads_it_and_is_told_who_appeals(suspension, pro, client_of):
    member = making.make_user("member@example.com")
    pro.members.add(member)
    page = client_of(member).get(reverse("guarantees:suspension")).content.decode()
    assert "Quejas de tres vecinos." in page
    assert "Only the owner of the business can appeal." in page and "<textarea" not in page


def test_every_notice_of_a_suspension_leads_there(suspension, pro, client_of):
    making.contract(making.make_pro())
    link = f'href="{reverse("guarantees:suspension")}"'
    for address in (reverse("marketplace:feed"), reverse("guarantees:overview")):
        assert link in client_of(pro).get(address).content.decode(), address


def test_the_next_step_of_a_claim_found_false_is_its_own_page(pro, reviewer, client_of):
    claim = make_false(pro, reviewer)
    page = client_of(pro).get(reverse("guarantees:overview")).content.decode()
    assert f'href="{reverse("guarantees:claim_status", args=[claim.public_id])}"' in page


def test_the_queue_shows_what_waits_with_the_same_queries_for_one_and_for_thirty(office, appeals, reviewer):
    def appealed(number):
        pro = making.make_pro(f"Empresa {number}")
        of_suspension(suspend(professional=pro, reason="Quejas.", decided_by=reviewer, now=LATER))

    def queries():
        with CaptureQueriesContext(connection) as found:
            page = office.get(reverse("admin:guarantees_appeal_changelist")).content.decode()
        return len(found), page.count('<th class="field-business">')

    appealed(0)
    office.get(reverse("admin:guarantees_appeal_changelist"))
    one = queries()
    for number in range(1, 30):
        appealed(number)
    assert queries() == (one[0], 30)
    done = Appeal.objects.first()
    hear(office, done, "refuse_appeal")
    assert queries()[1] == 29


def test_an_appeal_is_part_of_what_is_kept_about_its_owner(rejected, pro):
    of_claim(rejected)
    told = dict(shown(pro.owner))
    assert told["Appeal of Feb. 24, 2026, waiting"] == WHY


# At once


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
class TestAtOnce:
    def _rejected(self):
        pro, reviewer = making.make_pro(), making.make_staff("reviewer")
        return reject(make_submitted(pro), reviewer)

    def _officers(self):
        return making.make_staff("appeals"), appeal_officer()

    def test_two_presses_are_one_appeal(self):
        claim = self._rejected()
        made = together(*[lambda: of_claim(claim)] * 3)
        assert {appeal.pk for appeal in made} == {Appeal.objects.get().pk}
        assert len(letters("appeal_received")) == 1

    def test_of_two_who_uphold_one_does(self):
        claim = self._rejected()
        of_claim(claim)
        one, other = self._officers()
        results = together(lambda: uphold(claim, one, NEXT_DAY), lambda: uphold(claim, other, NEXT_DAY))
        assert [getattr(each, "code", "upheld") for each in sorted(results, key=str)].count("upheld") == 1
        assert ExtraDays.objects.count() == len(letters("claim_appeal_upheld")) == 1

    def test_of_one_who_upholds_and_one_who_refuses_the_appeal_has_one_answer(self):
        claim = self._rejected()
        of_claim(claim)
        one, other = self._officers()
        together(lambda: uphold(claim, one, NEXT_DAY), lambda: refuse(claim, other, NEXT_DAY))
        appeal = Appeal.objects.get()
        # Refused first, it may be upheld all the same, and the appeal keeps its first answer.
        assert Claim.objects.get().state == State.SUBMITTED
        assert (appeal.state, len(letters("claim_appeal_refused"))) in {("upheld", 0), ("refused", 1)}

    def test_against_a_suspension_too(self):
        pro, reviewer = making.make_pro(), making.make_staff("reviewer")
        suspension = suspend(professional=pro, reason="Quejas.", decided_by=reviewer, now=LATER)
        of_suspension(suspension)
        one, other = self._officers()
        said = {"suspension": suspension, "reason": "x", "now": NEXT_DAY}
        together(
            lambda: decisions.uphold_appeal_against_suspension(by=one, **said),
            lambda: decisions.refuse_appeal_against_suspension(by=other, **said),
        )
        appeal = Appeal.objects.get()
        assert not is_suspended(pro)
        assert (appeal.state, len(letters("suspension_appeal_refused"))) in {("upheld", 0), ("refused", 1)}
