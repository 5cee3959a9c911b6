"""Extra days that the product proposes, and what is done with them (G5)."""

from datetime import date, timedelta

import pytest
from django.db import IntegrityError
from django.urls import reverse

from guarantees import extra_days
from guarantees.claims import submit_claim, withdraw_claim
from guarantees.errors import GuaranteeError
from guarantees.extra_days import decline_proposed, give_extra_days, give_proposed, proposals
from guarantees.facts import judge
from guarantees.models import DeclinedExtraDays, ExtraDays, GuaranteeTerms
from guarantees.reminders import remind_of_guarantee
from mail.models import OutgoingMail
from marketplace.models import Review, ReviewEvent
from marketplace.returns import refuse_return
from marketplace.reviews import publish_review, reject_review
from profiles.models import Professional
from profiles.suspensions import lift_suspension, suspend
from tests import making
from tests.guarantees.claim_making import (
    give,
    item_of,
    make_claimable,
    make_draft,
    make_false,
    make_submitted,
    reject,
    reject_as_false,
    uphold,
)
from tests.mail.test_calendars import read
from tests.making import at

DAY = timedelta(days=1)
TODAY = date(2026, 2, 20)
NOW = at("2026-02-20 12:00")
CLOSES = date(2026, 4, 25)


@pytest.fixture
def giver(db):
    return making.make_staff("terms")


def proposed(today=TODAY, of=None):
    among = Professional.objects.filter(pk=of.pk) if of else Professional.objects.all()
    return [(each.cause, each.days, each.reason) for each in proposals(among, today)]


def late_return(pro, moderator, *, decided="2026-01-21 12:00"):
    """Of a fourth contact, asked for on 12 January."""
    (contact,) = making.buy(pro, now=at("2026-01-12 09:00"))
    asked = making.ask_return_with_picture(contact, now=at("2026-01-12 10:00"))
    return refuse_return(return_request=asked, by=moderator, note="Es real.", now=at(decided))


def suspended(pro, moderator, appeals, *, first="2026-02-01 12:00", last="2026-02-11 12:00"):
    suspension = suspend(professional=pro, reason="Dudas.", decided_by=moderator, now=at(first))
    return lift_suspension(suspension=suspension, by=appeals, reason="Aclarado.", now=at(last))


@pytest.mark.parametrize(
    ("decided", "days"),
    [
        ("2026-01-17 23:59", None),  # The fifth day is still in time.
        ("2026-01-18 00:01", 1),
        ("2026-01-21 12:00", 4),
    ],
)
def test_a_return_that_waited_longer_than_five_days(pro, moderator, private_files, decided, days):
    make_claimable(pro)
    asked = late_return(pro, moderator, decided=decided)
    found = [(cause, number) for cause, number, _reason in proposed()]
    assert found == ([] if days is None else [(f"return:{asked.pk}", days)])


def test_a_review_that_waited_longer_than_five_days_published_or_not(pro, moderator):
    make_claimable(pro)
    shown, kept = (making.make_review(pro, published=False, now=at("2026-01-12 12:00")) for _ in range(2))
    publish_review(review=shown, by=moderator, reason="", now=at("2026-01-19 12:00"))
    reject_review(review=kept, by=moderator, reason="No es cliente.", now=at("2026-01-20 12:00"))
    assert proposed() == [
        (
            f"review:{shown.pk}",
            2,
            "A review waited 7 days for staff, from Jan. 12, 2026 to Jan. 19, 2026.",
        ),
        (
            f"review:{kept.pk}",
            1,  # Of its three days two were lost to the other as well.
            "A review waited 8 days for staff, from Jan. 12, 2026 to Jan. 20, 2026.",
        ),
    ]


def test_the_days_of_a_suspension_once_it_is_lifted(pro, moderator, appeals):
    make_claimable(pro)
    suspension = suspend(professional=pro, reason="Dudas.", decided_by=moderator, now=at("2026-02-01 12:00"))
    assert proposed() == []
    lift_suspension(suspension=suspension, by=appeals, reason="Aclarado.", now=at("2026-02-11 12:00"))
    assert proposed() == [
        (
            f"suspension:{suspension.pk}",
            10,
            "The profile was suspended for 10 days, from Feb. 1, 2026 to Feb. 11, 2026.",
        )
    ]


@pytest.mark.parametrize(
    ("began", "ended", "of_review", "of_suspension"),
    [
        ("2025-12-01 12:00", "2026-01-10 23:59", [], []),  # It was over on S.
        ("2025-12-01 12:00", "2026-01-12 12:00", [2], [2]),
        ("2026-01-05 12:00", "2026-01-12 12:00", [2], [2]),  # Its fifth day is S.
        ("2026-01-06 12:00", "2026-01-12 12:00", [1], [2]),
    ],
)
def test_days_before_the_guarantee_began_are_none_of_its_days(
    pro, moderator, appeals, began, ended, of_review, of_suspension
):
    make_claimable(pro)
    review = making.make_review(pro, published=False, now=at("2026-01-12 12:00"))
    Review.objects.filter(pk=review.pk).update(written_at=at(began))
    publish_review(review=review, by=moderator, reason="", now=at(ended))
    assert [days for _cause, days, _reason in proposed()] == of_review
    ReviewEvent.objects.filter(review=review).delete()
    suspended(pro, moderator, appeals, first=began, last=ended)
    assert [days for _cause, days, _reason in proposed()] == of_suspension


def test_fifteen_days_after_a_plain_rejection_as_far_as_the_window_lacks_them(pro, reviewer):
    claim = make_submitted(pro)
    reject(claim, reviewer, at("2026-04-20 12:00"))
    assert proposed(date(2026, 4, 21)) == [
        (
            f"claim:{claim.pk}:20260420",
            10,
            "The claim was rejected on April 20, 2026: 15 days to make it again.",
        )
    ]


def test_nothing_after_a_rejection_that_leaves_time_enough(pro, reviewer):
    reject(make_submitted(pro), reviewer, at("2026-04-10 12:00"))
    assert proposed(date(2026, 4, 11)) == []


def test_nothing_after_a_rejection_as_false(pro, reviewer, appeals):
    claim = make_false(pro, reviewer)
    assert proposed(date(2026, 4, 21)) == []
    lift_suspension(suspension=claim.suspension, by=appeals, reason="Buena fe.", now=at("2026-03-01 12:00"))
    assert proposed(date(2026, 4, 21)) == []


def test_what_an_upheld_appeal_gave_is_not_proposed_again(pro, reviewer, appeals):
    claim = make_false(pro, reviewer)
    uphold(claim, appeals, at("2026-03-01 12:00"))
    assert ExtraDays.objects.get().days == 6
    withdraw_claim(claim=claim, by=pro.owner, now=at("2026-03-01 13:00"))
    assert proposed(date(2026, 3, 2)) == []


def test_each_day_is_made_good_once_where_another_suspension_outlasts_the_claim(
    pro, reviewer, appeals, moderator, giver
):
    """G19: suspended for another cause on the 21st, found false on the 23rd, upheld on 1 March, lifted on the 5th."""
    claim = make_submitted(pro)
    other = suspend(professional=pro, reason="Quejas.", decided_by=moderator, now=at("2026-02-21 12:00"))
    give(item_of(claim, 2), "false", reviewer)
    reject_as_false(claim, reviewer, without_asking="Ya lo admitió.")
    uphold(claim, appeals, at("2026-03-01 12:00"))
    assert ExtraDays.objects.get().days == 6
    lift_suspension(suspension=other, by=appeals, reason="Aclarado.", now=at("2026-03-05 12:00"))
    withdraw_claim(claim=claim, by=pro.owner, now=at("2026-03-05 13:00"))
    # Of the twelve days that it lasted, six were given.
    assert [days for _cause, days, _reason in proposed(date(2026, 3, 6))] == [6]


def test_a_day_lost_to_two_things_at_once_is_proposed_once(pro, moderator, appeals, private_files, giver):
    make_claimable(pro)
    asked = late_return(pro, moderator, decided="2026-02-05 12:00")  # From 17 January to 5 February.
    suspension = suspended(pro, moderator, appeals)  # From 1 to 11 February.
    # The two together are the 25 days from 17 January to 11 February, whichever is given first.
    days = {f"return:{asked.pk}": 19, f"suspension:{suspension.pk}": 6}
    assert {cause: number for cause, number, _reason in proposed()} == days
    for first in days:
        given = give_proposed(professional=pro, cause=first, by=giver, now=NOW)
        ((other, number, _reason),) = proposed()
        assert {first: given.days, other: number} == days
        given.delete()


def test_two_returns_of_the_same_days_are_those_days_once(pro, moderator, private_files, giver):
    """Asked and decided on the same days: which of them is first does not matter, but one is."""
    bought = make_claimable(pro)
    asked = [making.ask_return_with_picture(contact, now=at("2026-01-12 10:00")) for contact in bought[:2]]
    for each in asked:
        refuse_return(return_request=each, by=moderator, note="Es real.", now=at("2026-02-06 12:00"))
    ((cause, days, _reason),) = proposed()
    assert (cause, days) == (f"return:{asked[0].pk}", 20)
    give_proposed(professional=pro, cause=cause, by=giver, now=NOW)
    assert proposed() == []


def test_days_to_claim_again_after_a_rejection_are_not_given_again_when_the_appeal_is_upheld(
    pro, reviewer, appeals, giver
):
    """Rejected five days before the window closed, ten were given; upheld after twelve days, two more are lost."""
    claim = make_submitted(pro)
    reject(claim, reviewer, at("2026-04-20 12:00"))
    ((cause, days, _reason),) = proposed(date(2026, 4, 21))
    give_proposed(professional=pro, cause=cause, by=giver, now=at("2026-04-21 12:00"))
    uphold(claim, appeals, at("2026-05-02 12:00"))
    assert sorted(ExtraDays.objects.values_list("days", flat=True)) == [2, days] == [2, 10]


@pytest.mark.usefixtures("extended")
def test_days_of_an_upheld_appeal_move_a_window_that_the_wait_has_kept_open(pro, reviewer, appeals):
    claim = make_draft(pro)
    buy_late(pro)
    claim = submit_claim(claim=claim, by=pro.owner, now=at("2026-05-10 12:00"))
    reject(claim, reviewer, at("2026-05-12 12:00"))
    uphold(claim, appeals, at("2026-05-16 12:00"))
    assert judge(pro, date(2026, 5, 16)).claim_until == WAITED_UNTIL + 4 * DAY
    (mail,) = OutgoingMail.objects.filter(kind="guarantees/claim_appeal_upheld")
    assert "The 4 days that were lost have been added" in mail.text


def test_days_given_for_a_lifted_suspension_are_not_lost_twice(pro, reviewer, appeals, giver):
    claim = make_false(pro, reviewer)  # On 23 February.
    suspension = claim.suspension
    lift_suspension(suspension=suspension, by=appeals, reason="Buena fe.", now=at("2026-02-27 12:00"))
    give_extra_days(
        professional=pro,
        days=4,
        reason="Suspensión.",
        by=giver,
        now=NOW,
        cause=extra_days.cause_of(suspension),
    )
    uphold(claim, appeals, at("2026-03-01 12:00"))
    assert sorted(ExtraDays.objects.values_list("days", flat=True)) == [2, 4]


def test_only_what_helps_is_proposed_and_several_may_help_together(pro, moderator, appeals, private_files):
    make_claimable(pro)
    late_return(pro, moderator)  # 4 days
    suspended(pro, moderator, appeals)  # 10 days
    assert len(proposed(CLOSES + 14 * DAY)) == 2
    assert proposed(CLOSES + 15 * DAY) == []
    pro.contacts.filter(returned_at=None).update(outcome="won")
    assert proposed() == []


def test_a_window_that_closed_is_open_again_with_the_days(pro, moderator, appeals, giver):
    make_claimable(pro)
    suspension = suspended(pro, moderator, appeals)
    now = at("2026-05-01 12:00")
    assert judge(pro, now.date()).status == "no_longer"
    given = give_proposed(professional=pro, cause=f"suspension:{suspension.pk}", by=giver, now=now)
    assert (given.days, given.given_by, given.given_at) == (10, giver, now)
    verdict = judge(pro, now.date())
    assert (verdict.status, verdict.claim_until) == ("eligible", CLOSES + 10 * DAY)


# Where the wait keeps the window open: C is 25 April, but the last contact was bought on 8 April, so that it can be
# claimed until 23 May, fifteen days after the waiting month.
WAITED_UNTIL = date(2026, 5, 23)


@pytest.fixture
def extended(db):
    """Terms that count three contacts, as those of all these tests, and wait."""
    GuaranteeTerms.objects.create(
        in_force_from=date(2026, 1, 2),
        contacts=3,
        project_photos=0,
        work_photos=0,
        extend_for_wait=True,
        added_at=at("2026-01-01 12:00"),
    )


def buy_late(pro):
    last = pro.contacts.kept().last()
    pro.contacts.filter(pk=last.pk).update(bought_at=at("2026-04-08 12:00"), bought_on=date(2026, 4, 8))


@pytest.mark.usefixtures("extended")
def test_days_after_a_rejection_open_a_window_that_the_wait_has_kept_open(pro, reviewer, giver):
    claim = make_draft(pro)
    buy_late(pro)
    assert judge(pro, date(2026, 5, 10)).claim_until == WAITED_UNTIL
    now = at("2026-05-20 12:00")
    reject(submit_claim(claim=claim, by=pro.owner, now=at("2026-05-10 12:00")), reviewer, now)
    (proposal,) = proposals(Professional.objects.all(), now.date())
    assert (proposal.claim_until, proposal.new_claim_until) == (WAITED_UNTIL, date(2026, 6, 4))
    give_proposed(professional=pro, cause=proposal.cause, by=giver, now=now)
    assert judge(pro, now.date()).claim_until == date(2026, 6, 4)
    (mail,) = OutgoingMail.objects.filter(kind="guarantees/extra_days_given")
    assert "12 days were added" in mail.text and "The last day is now June 4, 2026." in mail.text
    assert proposed(now.date()) == []


@pytest.mark.usefixtures("extended")
def test_days_of_a_review_and_of_a_suspension_move_it_too_each_and_together(pro, moderator, appeals, giver):
    make_claimable(pro)
    review = making.make_review(pro, published=False, now=at("2026-01-12 12:00"))
    publish_review(review=review, by=moderator, reason="", now=at("2026-01-21 12:00"))  # 4 days
    suspension = suspended(pro, moderator, appeals)  # 10 days
    buy_late(pro)
    found = {each.cause: each for each in proposals(Professional.objects.all(), TODAY)}
    days = {cause: (each.new_claim_until - each.claim_until).days for cause, each in found.items()}
    assert days == {f"review:{review.pk}": 4, f"suspension:{suspension.pk}": 10}
    for number, cause in enumerate(days):
        give_proposed(professional=pro, cause=cause, by=giver, now=NOW + number * DAY)
    assert judge(pro, TODAY).claim_until == WAITED_UNTIL + 14 * DAY
    # And what could help is told as before: the last day on which all of them together do.
    ExtraDays.objects.all().delete()
    assert len(proposed(WAITED_UNTIL + 14 * DAY)) == 2
    assert proposed(WAITED_UNTIL + 15 * DAY) == []


@pytest.mark.usefixtures("extended")
def test_days_by_hand_that_the_wait_swallows_are_not_told(pro, giver):
    make_claimable(pro)
    buy_late(pro)
    for days, told in ((28, []), (1, ["You have 1 more day to claim your guarantee"])):
        give_extra_days(professional=pro, days=days, reason="Se quejó.", by=giver, now=NOW)
        mails = OutgoingMail.objects.filter(kind="guarantees/extra_days_given")
        assert [mail.subject for mail in mails] == told


def test_giving_tells_the_owner_with_the_date_and_is_done_once(pro, moderator, appeals, giver):
    make_claimable(pro)
    pro.owner.language = "en"
    pro.owner.save(update_fields=["language"])
    cause = f"suspension:{suspended(pro, moderator, appeals).pk}"
    first, second = (give_proposed(professional=pro, cause=cause, by=giver, now=NOW) for _ in range(2))
    assert first == second and ExtraDays.objects.count() == 1
    (mail,) = OutgoingMail.objects.filter(kind="guarantees/extra_days_given")
    assert mail.subject == "You have 10 more days to claim your guarantee"
    assert "the suspension was lifted" in mail.text and "The last day is now May 5, 2026." in mail.text
    assert read(mail.calendar)[0]["DTSTART;VALUE=DATE"] == "20260505"
    assert proposed() == []
    with pytest.raises(GuaranteeError) as caught:
        decline_proposed(professional=pro, cause=cause, reason="No.", by=giver, now=NOW)
    assert caught.value.code == "not_proposed"


def test_while_contacts_are_missing_the_last_day_to_buy_moves_in_the_calendar_too(pro, giver):
    make_claimable(pro, contacts=2)
    pro.owner.language = "en"
    pro.owner.save(update_fields=["language"])
    remind_of_guarantee(now=at("2026-03-20 12:00"))  # Five days before B.
    give_extra_days(professional=pro, days=4, reason="Tardamos.", by=giver, now=at("2026-03-20 13:00"))
    reminder, given = OutgoingMail.objects.filter(calendar__gt="").order_by("pk")
    (before,) = read(reminder.calendar)
    buy_by, until = read(given.calendar)
    assert (before["UID"], before["DTSTART;VALUE=DATE"]) == (buy_by["UID"], "20260325")
    assert (buy_by["SUMMARY"], buy_by["DTSTART;VALUE=DATE"]) == (
        "Guarantee: last day to buy 1 more contact",
        "20260329",
    )
    assert (until["SUMMARY"], until["DTSTART;VALUE=DATE"]) == (
        "Guarantee: last day to make the claim",
        "20260429",
    )
    assert "Both days are attached" in given.text and "by March 29, 2026." in given.text


def test_declining_needs_a_reason_tells_nobody_and_is_for_good(pro, moderator, appeals, giver):
    make_claimable(pro)
    cause = f"suspension:{suspended(pro, moderator, appeals).pk}"
    asked = {"professional": pro, "cause": cause, "by": giver, "now": NOW}
    with pytest.raises(GuaranteeError) as caught:
        decline_proposed(**asked, reason=" ")
    assert caught.value.code == "reason_needed"
    declined = decline_proposed(**asked, reason="No perdió nada.")
    assert decline_proposed(**asked, reason="Otra vez.") == declined
    assert (declined.days, declined.reason, declined.declined_by) == (10, "No perdió nada.", giver)
    assert proposed() == []
    with pytest.raises(GuaranteeError) as caught:
        give_proposed(**asked)
    assert caught.value.code == "not_proposed"
    assert not OutgoingMail.objects.filter(kind="guarantees/extra_days_given").exists()


def test_nobody_gives_or_declines_for_a_business_of_their_own(pro, moderator, appeals, giver):
    make_claimable(pro)
    cause = f"suspension:{suspended(pro, moderator, appeals).pk}"
    pro.members.add(giver)
    for act in (give_proposed, lambda **asked: decline_proposed(**asked, reason="No.")):
        with pytest.raises(GuaranteeError) as caught:
            act(professional=pro, cause=cause, by=giver, now=NOW)
        assert caught.value.code == "own_business"


def test_whoever_may_not_give_days_neither_gives_nor_declines_them(pro, moderator, appeals, reviewer):
    make_claimable(pro)
    cause = f"suspension:{suspended(pro, moderator, appeals).pk}"
    for act, asked in [
        (give_extra_days, {"days": 3, "reason": "Tardamos."}),
        (give_proposed, {"cause": cause}),
        (decline_proposed, {"cause": cause, "reason": "No."}),
    ]:
        with pytest.raises(GuaranteeError) as caught:
            act(professional=pro, by=reviewer, now=NOW, **asked)
        assert caught.value.code == "no_permission"
    assert not ExtraDays.objects.exists() and not DeclinedExtraDays.objects.exists()


def test_the_database_holds_that_days_are_given_once_for_a_cause(pro, giver):
    row = {"professional": pro, "days": 3, "reason": "Tardamos.", "given_by": giver, "given_at": NOW}
    ExtraDays.objects.create(**row)
    ExtraDays.objects.create(**row)
    ExtraDays.objects.create(**row, cause="return:1")
    with pytest.raises(IntegrityError):
        ExtraDays.objects.create(**row, cause="return:1")


def test_the_office_shows_what_is_proposed_and_gives_or_declines_it(
    pro, other_pro, moderator, appeals, giver, client_of, time_machine
):
    time_machine.move_to(NOW)
    make_claimable(pro)
    make_claimable(other_pro)
    mine, theirs = suspended(pro, moderator, appeals), suspended(other_pro, moderator, appeals)
    office, queue = client_of(giver), reverse("admin:guarantees_extradays_proposed")
    decide = reverse("admin:guarantees_extradays_decide")
    page = office.get(queue).content.decode()
    assert "Reformas Hidalgo" in page and "Pinturas Juárez" in page and page.count("Give 10 days") == 2

    asked = {"professional": pro.pk, "cause": f"suspension:{mine.pk}", "back": queue}
    assert office.post(decide, asked | {"press": "give"}).headers["Location"] == queue
    refused = office.post(decide, {"professional": other_pro.pk, "cause": f"suspension:{theirs.pk}"})
    assert refused.status_code == 409 and "Please write the reason." in refused.content.decode()
    office.post(
        decide,
        {
            "professional": other_pro.pk,
            "cause": f"suspension:{theirs.pk}",
            "press": "decline",
            "reason": "No.",
        },
    )
    assert (ExtraDays.objects.get().professional, DeclinedExtraDays.objects.get().professional) == (
        pro,
        other_pro,
    )
    assert "Nothing is proposed now." in office.get(queue).content.decode()
    elsewhere = office.post(decide, asked | {"press": "give", "back": "//evil.example/office/"})
    assert elsewhere.headers["Location"] == queue


def test_a_business_of_ones_own_is_not_in_the_queue(pro, moderator, appeals, giver, client_of, time_machine):
    time_machine.move_to(NOW)
    make_claimable(pro)
    suspended(pro, moderator, appeals)
    pro.members.add(giver)
    page = client_of(giver).get(reverse("admin:guarantees_extradays_proposed"))
    assert "Reformas Hidalgo" not in page.content.decode()


def test_the_page_of_a_claim_shows_them_to_whoever_may_give_them(pro, reviewer, client_of, time_machine):
    claim = make_submitted(pro)
    reject(claim, reviewer, at("2026-04-20 12:00"))
    time_machine.move_to(at("2026-04-21 12:00"))
    both = making.make_staff("reviewer", "terms", email="both@quince.example")
    change = reverse("admin:guarantees_claim_change", args=[claim.pk])
    assert "Give 10 days" in client_of(both).get(change).content.decode()
    assert "Give 10 days" not in client_of(reviewer).get(change).content.decode()
    both.groups.add(*making.make_staff("moderator", email="m2@quince.example").groups.all())
    page = client_of(both).get(reverse("admin:profiles_professional_change", args=[pro.pk]))
    assert "Give 10 days" in page.content.decode()


def test_days_given_by_hand_tell_the_owner_but_not_the_reason(pro, giver, client_of, time_machine):
    time_machine.move_to(NOW)
    make_claimable(pro)
    said = {"professional": pro.pk, "days": "4", "reason": "Se quejó por teléfono."}
    assert client_of(giver).post(reverse("admin:guarantees_extradays_add"), said).status_code == 302
    (mail,) = OutgoingMail.objects.filter(kind="guarantees/extra_days_given")
    assert "Se quejó" not in mail.text and ExtraDays.objects.get().cause == ""
