"""Asking for reviews, writing them by link, and moderating them (G8, M12)."""

from datetime import timedelta

import pytest
import time_machine
from allauth.account.models import EmailAddress
from django.core.exceptions import PermissionDenied

from base import links
from billing.models import Customer
from mail.models import OutgoingMail
from marketplace import reviews
from marketplace.anonymising import erase_lead
from marketplace.contacts import record_homeowner_word, set_outcome
from marketplace.errors import MarketplaceError
from marketplace.models import Contact, Review
from marketplace.withdrawal import withdraw_lead
from profiles.addresses import address_key
from profiles.closing import close_account
from profiles.members import PURPOSE, invite_member, join_business, remove_member, withdraw_invitation
from tests.making import NOW, buy, contract, fund, make_plan, make_user

State = Review.State
OwnHand = Review.OwnHand
TEXT = "Llegaron a la hora y explicaron todo con paciencia."
DAY = timedelta(days=1)


@pytest.fixture
def contact(pro):
    contract(pro, plan=make_plan("year", months=12))
    fund(pro, 100_000)
    return buy(pro, now=NOW, homeowner_email="lucia@example.com", homeowner_name="Lucía Fernández")[0]


def ask_client(pro, email="ana@example.com", *, name="Ana Ruiz", language="es-mx", now=NOW):
    if pro.first_contracted_on is None:
        contract(pro, now=min(now, NOW))
    return reviews.ask_earlier_client(
        professional=pro, name=name, email=email, language=language, by=pro.owner, now=now
    )


def ask_owner(contact, *, now=NOW):
    return reviews.ask_homeowner(contact=contact, by=contact.professional.owner, now=now)


def write(
    asked, *, name="Ana", handling=5, workmanship=None, text=TEXT, user=None, browser=None, now=NOW + DAY
):
    return reviews.write_review(
        request=asked,
        author_name=name,
        handling=handling,
        workmanship=workmanship,
        text=text,
        user=user,
        browser_of=browser,
        now=now,
    )


def mails(kind):
    return OutgoingMail.objects.filter(kind=f"marketplace/{kind}")


# Who it is


@pytest.mark.parametrize(
    ("email", "key"),
    [
        ("Ana@Example.com", "ana@example.com"),
        (" ana@example.com ", "ana@example.com"),
        ("ana+quince@example.com", "ana@example.com"),
        ("a.n.a@example.com", "a.n.a@example.com"),
        ("A.n.a+x@Gmail.com", "ana@gmail.com"),
        ("a.na@googlemail.com", "ana@gmail.com"),
        ("+@example.com", "+@example.com"),
    ],
)
def test_the_same_person_has_one_key(email, key):
    assert address_key(email) == key


# Writing


def test_a_review_waits_for_a_moderator(pro):
    asked = ask_client(pro, "Ana.Ruiz@gmail.com")
    review = write(asked, handling=4, workmanship=3)
    asked.refresh_from_db()
    assert (review.state, review.handling, review.workmanship, review.own_hand, review.author_key) == (
        State.WAITING,
        4,
        3,
        "",
        "anaruiz@gmail.com",
    )
    assert asked.used_at == review.written_at == NOW + DAY
    assert list(review.events.values_list("from_state", "to_state", "actor")) == [("", "waiting", None)]
    assert not Review.objects.counting().exists()


def test_a_homeowner_s_review_is_tied_to_the_contact(contact):
    assert write(ask_owner(contact)).contact == contact


def test_the_same_review_sent_twice_is_one_and_another_is_refused(pro):
    asked = ask_client(pro)
    assert write(asked) == write(asked, now=NOW + 2 * DAY)
    with pytest.raises(MarketplaceError) as refused:
        write(asked, handling=1)
    assert refused.value.code == "link_used"
    assert Review.objects.get().handling == 5


@pytest.mark.parametrize(
    ("after", "taken"),
    [
        (timedelta(days=59), True),
        (timedelta(days=60), True),
        (timedelta(days=60, seconds=1), False),
        (timedelta(days=61), False),
    ],
)
def test_a_link_is_good_for_60_days(pro, after, taken):
    asked = ask_client(pro)
    if taken:
        assert write(asked, now=NOW + after).pk
    else:
        with pytest.raises(MarketplaceError) as refused:
            write(asked, now=NOW + after)
        assert refused.value.code == "link_expired"


@pytest.mark.parametrize(
    ("change", "code", "field"),
    [
        ({"handling": 0}, "no_rating", "handling"),
        ({"handling": 6}, "no_rating", "handling"),
        ({"workmanship": 6}, "no_rating", "workmanship"),
        ({"text": "x" * 19}, "text_too_short", "text"),
        ({"text": " " * 30}, "text_too_short", "text"),
        ({"text": "x" * 3001}, "text_too_long", "text"),
        ({"name": " "}, "name_missing", "author_name"),
    ],
)
def test_a_review_has_its_bounds(pro, change, code, field):
    asked = ask_client(pro)
    with pytest.raises(MarketplaceError) as refused:
        write(asked, **change)
    assert (refused.value.code, refused.value.field) == (code, field)
    asked.refresh_from_db()
    assert asked.used_at is None


def test_twenty_characters_are_enough(pro):
    assert write(ask_client(pro), text="x" * 20).text == "x" * 20


def test_marks_that_turn_the_writing_around_are_taken_out(pro):
    review = write(
        ask_client(pro),
        name="A\u202ena\x00\n Ruiz",
        text="Muy bien\x07 hecho,\r\n\u2066todo.\u202e 👩\u200d🔧",
    )
    assert (review.author_name, review.text) == ("Ana Ruiz", "Muy bien hecho,\ntodo. 👩\u200d🔧")


def hired(contact, moderator):
    record_homeowner_word(contact=contact, word=Contact.Word.HIRED_THEM, by=moderator, now=NOW)


def won(contact, moderator):
    set_outcome(contact=contact, outcome="won", lost_reason="", by=contact.professional.owner, now=NOW)


@pytest.mark.parametrize("happened", [None, hired, won])
def test_stars_for_the_work_are_kept_as_given_and_shown_only_where_the_job_was_won(
    contact, moderator, happened
):
    if happened:
        happened(contact, moderator)
    review = write(ask_owner(contact), workmanship=2)
    assert (review.workmanship, review.workmanship_shown) == (2, 2 if happened is won else None)


def test_stars_for_the_work_of_a_contact_that_is_not_won_are_a_sign_to_the_moderator(contact):
    review = write(ask_owner(contact), workmanship=5)
    assert "work_without_a_job" in [signal.code for signal in reviews.signals_of(review)]


# Links that have ended


def test_nothing_is_taken_in_of_a_homeowner_who_withdrew_or_was_erased(contact):
    asked = ask_owner(contact)
    withdraw_lead(lead=contact.lead, now=NOW + DAY)
    for _moment in ("withdrawn", "erased"):
        with pytest.raises(MarketplaceError) as refused:
            write(asked)
        assert refused.value.code == "link_withdrawn"
        erase_lead(lead=contact.lead, now=NOW + 2 * DAY)
    assert not Review.objects.exists()


def test_the_links_of_a_closed_business_have_ended_and_nobody_is_reminded(pro):
    asked = ask_client(pro)
    close_account(user=pro.owner, now=NOW + DAY)
    with pytest.raises(MarketplaceError) as refused:
        write(asked)
    assert refused.value.code == "link_closed"
    assert reviews.remind_of_reviews(now=NOW + 6 * DAY) == 0


def test_whom_a_closed_business_wrote_to_is_nowhere_any_more(pro, moderator):
    asked = ask_client(pro)
    review = write(asked)
    reviews.publish_review(review=review, by=moderator, reason="", now=NOW + DAY)
    close_account(user=pro.owner, now=NOW + 2 * DAY)
    review.refresh_from_db()
    assert review.author_key == f"erased:{asked.pk}"
    assert not OutgoingMail.objects.filter(recipient="ana@example.com").exists()


# By the professional's own hand (G8)


def test_a_review_from_the_own_account_is_taken_in_and_marked(pro):
    member = make_user()
    pro.members.add(member)
    by_owner = write(ask_client(pro, "a@example.com"), user=pro.owner)
    by_member = write(ask_client(pro, "b@example.com"), user=member)
    by_other = write(ask_client(pro, "c@example.com"), user=make_user())
    assert [review.own_hand for review in (by_owner, by_member, by_other)] == [OwnHand.ACCOUNT] * 2 + [""]
    assert by_owner.events.get().actor == pro.owner


def test_a_review_asked_of_what_became_an_own_address_is_marked(pro):
    asked = [ask_client(pro, f"later{number}@example.com") for number in range(2)]
    pro.members.add(make_user("later0@example.com"))
    Customer.objects.update_or_create(
        professional=pro, defaults={"name": pro.name, "email": "Later1+facturas@example.com"}
    )
    assert [write(one).own_hand for one in asked] == [OwnHand.EMAIL] * 2


def test_whoever_was_a_member_once_goes_on_being_of_the_business(pro):
    """G8: invited, removed and asked as an earlier client."""
    member = make_user("socia@example.com")
    EmailAddress.objects.create(user=member, email="socia.dos@example.com", verified=True)
    asked_before = ask_client(pro, "socia.dos@example.com")
    other = ask_client(pro, "ana@example.com")
    invite_member(professional=pro, email=member.email, by=pro.owner, now=NOW)
    token = links.sign(PURPOSE, str(pro.invitations.get().public_id))
    with time_machine.travel(NOW, tick=False):
        join_business(token=token, user=member, now=NOW)
    remove_member(professional=pro, email=member.email)
    assert not pro.has_person(member)
    with pytest.raises(MarketplaceError) as refused:
        ask_client(pro, "Socia+cliente@example.com")
    assert refused.value.code == "own_address"
    assert write(asked_before).own_hand == OwnHand.EMAIL
    assert write(other, user=member).own_hand == OwnHand.ACCOUNT


def test_an_invitation_that_was_withdrawn_makes_nobody_a_member(pro):
    make_user("socia@example.com")
    invite_member(professional=pro, email="socia@example.com", by=pro.owner, now=NOW)
    withdraw_invitation(professional=pro, email="socia@example.com", now=NOW)
    assert write(ask_client(pro, "socia@example.com")).own_hand == ""


def test_a_review_from_the_own_browser_is_marked(pro, other_pro):
    own = write(ask_client(pro, "a@example.com"), browser=pro.pk)
    other = write(ask_client(pro, "b@example.com"), browser=other_pro.pk)
    assert [own.own_hand, other.own_hand] == [OwnHand.BROWSER, ""]


def test_an_own_review_never_counts_though_it_is_published(pro, moderator):
    review = write(ask_client(pro), user=pro.owner)
    reviews.publish_review(review=review, by=moderator, reason="", now=NOW + DAY)
    assert not Review.objects.counting().exists()


def test_one_person_may_speak_as_homeowner_and_as_earlier_client(contact, moderator):
    """By the letter of G8: the one review is tied to a contact, the other to none."""
    both = [write(ask_owner(contact)), write(ask_client(contact.professional, "lucia@example.com"))]
    for review in both:
        reviews.publish_review(review=review, by=moderator, reason="", now=NOW + DAY)
    assert set(Review.objects.counting().values_list("contact", "author_key")) == {
        (contact.pk, "lucia@example.com"),
        (None, "lucia@example.com"),
    }


# Moderating


@pytest.fixture
def review(pro):
    return write(ask_client(pro))


MOVE = {
    State.PUBLISHED: reviews.publish_review,
    State.REJECTED: reviews.reject_review,
    State.TAKEN_DOWN: reviews.take_down_review,
}


def decide(review, to, by, *, reason="So we decide."):
    return MOVE[to](review=review, by=by, reason=reason, now=NOW + 2 * DAY)


@pytest.mark.parametrize("before", State.values)
@pytest.mark.parametrize("after", list(MOVE))
def test_every_move_is_as_the_table_says(review, moderator, before, after):
    way = {State.WAITING: [], State.TAKEN_DOWN: [State.PUBLISHED, State.TAKEN_DOWN]}.get(before, [before])
    for state in way:
        decide(review, state, moderator)
    if after == before or after in Review.MOVES[before]:
        assert decide(review, after, moderator).state == after
    else:
        with pytest.raises(MarketplaceError) as refused:
            decide(review, after, moderator)
        assert refused.value.code == "review_decided"
        review.refresh_from_db()
        assert review.state == before


def test_a_published_review_counts_and_the_business_is_told_once(review, moderator, pro):
    decide(review, State.PUBLISHED, moderator, reason="")
    decide(review, State.PUBLISHED, moderator)
    assert Review.objects.counting().get().published_at == NOW + 2 * DAY
    decide(review, State.TAKEN_DOWN, moderator)
    assert not Review.objects.counting().exists()
    decide(review, State.PUBLISHED, moderator)
    assert Review.objects.counting().exists()
    assert Review.objects.get().published_at == NOW + 2 * DAY
    assert mails("review_published").get().recipient == pro.owner.email
    assert mails("review_shown_again").get().recipient == pro.owner.email
    assert list(review.events.values_list("from_state", "to_state", "actor", "reason"))[1:] == [
        ("waiting", "published", moderator.pk, ""),
        ("published", "taken_down", moderator.pk, "So we decide."),
        ("taken_down", "published", moderator.pk, "So we decide."),
    ]


def test_rejecting_and_taking_down_need_a_reason(review, moderator):
    with pytest.raises(MarketplaceError) as refused:
        decide(review, State.REJECTED, moderator, reason=" ")
    assert refused.value.code == "reason_missing"
    decide(review, State.PUBLISHED, moderator)
    with pytest.raises(MarketplaceError) as refused:
        decide(review, State.TAKEN_DOWN, moderator, reason="")
    assert refused.value.code == "reason_missing"


@pytest.mark.parametrize("to", list(MOVE))
def test_only_a_moderator_of_others_decides(review, moderator, finance, pro, to):
    for nobody in (finance, pro.owner):
        with pytest.raises(PermissionDenied):
            decide(review, to, nobody)
    pro.members.add(moderator)
    with pytest.raises(MarketplaceError) as refused:
        decide(review, to, moderator)
    assert refused.value.code == "own_business"
    review.refresh_from_db()
    assert review.state == State.WAITING
