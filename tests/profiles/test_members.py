"""Members are invited by the owner and join by their own press of a button."""

from datetime import timedelta

import pytest
import time_machine
from django.urls import reverse

from base import links
from mail.models import OutgoingMail
from profiles.current import find_business
from profiles.errors import ProfileError
from profiles.members import (
    INVITATION_LASTS,
    INVITED_BY_ONE_A_DAY,
    INVITED_OF_ONE_A_DAY,
    MOST_INVITATIONS,
    PURPOSE,
    invite_member,
    join_business,
    open_invitation,
    remove_member,
    withdraw_invitation,
)
from profiles.models import Invitation
from tests.making import NOW, make_pro, make_user


@pytest.fixture(autouse=True)
def _now():
    with time_machine.travel(NOW, tick=False):
        yield


def invite(pro, email="stranger@example.com", now=NOW):
    invite_member(professional=pro, email=email, by=pro.owner, now=now)


def token_of(pro):
    return links.sign(PURPOSE, str(pro.invitations.get(ended_at=None).public_id))


def refusal(function, *args, **kwargs):
    with pytest.raises(ProfileError) as refused:
        function(*args, **kwargs)
    return refused.value.code


def test_an_invited_person_joins_by_their_link(pro, stranger):
    invite(pro, " Stranger@Example.com ")
    mail = OutgoingMail.objects.get()
    assert (mail.kind, mail.recipient) == ("profiles/invitation", stranger.email)
    assert find_business(stranger) is None
    assert join_business(token=token_of(pro), user=stranger, now=NOW) == pro
    assert find_business(stranger) == pro
    assert pro.has_person(stranger)


def test_the_mail_holds_the_link(pro, stranger, client_of):
    invite(pro)
    address = next(word for word in OutgoingMail.objects.get().text.split() if "/join/" in word)
    page = client_of(stranger).get(address.removeprefix("http://127.0.0.1:8000"))
    assert page.status_code == 200
    assert "Reformas Hidalgo" in page.content.decode()
    assert not pro.members.exists()  # following a link never acts
    assert client_of(stranger).post(address.removeprefix("http://127.0.0.1:8000")).status_code == 302
    assert list(pro.members.all()) == [stranger]


def test_nobody_is_written_to_who_has_no_verified_address_here(pro, stranger):
    invite(pro, "nobody@example.com")
    stranger.emailaddress_set.update(verified=False)
    invite(pro)
    assert not OutgoingMail.objects.exists()
    assert Invitation.objects.count() == 2


def test_the_answer_is_the_same_whether_there_is_an_account_or_not(pro, stranger, client_of):
    said = []
    for email in (stranger.email, "nobody@example.com"):
        page = client_of(pro).post(reverse("profiles:members"), {"email": email}, follow=True)
        said.append([str(message).replace(email, "…") for message in page.context["messages"]])
        assert email in page.content.decode()
    assert said[0] == said[1] != []


def test_the_link_is_written_again_once_a_day(pro, stranger):
    for hours in (0, 1, 25):
        invite(pro, now=NOW + timedelta(hours=hours))
    assert (OutgoingMail.objects.count(), Invitation.objects.count()) == (2, 1)


def test_inviting_and_withdrawing_in_turns_writes_one_mail_a_day(pro, stranger):
    for turn in range(8):
        invite(pro, now=NOW + timedelta(minutes=turn))
        withdraw_invitation(professional=pro, email=stranger.email, now=NOW + timedelta(minutes=turn))
    assert OutgoingMail.objects.count() == 1
    invite(pro, now=NOW + timedelta(days=1))
    assert OutgoingMail.objects.count() == 2


def test_withdrawn_by_mistake_and_invited_again_the_mail_that_went_out_works_again(pro, stranger):
    invite(pro)
    token = token_of(pro)
    withdraw_invitation(professional=pro, email=stranger.email, now=NOW)
    assert refusal(open_invitation, token) == "invitation_ended"
    invite(pro, now=NOW + timedelta(minutes=1))
    assert join_business(token=token, user=stranger, now=NOW) == pro


def test_a_day_has_so_many_invitations_of_one_business_ended_ones_too(pro):
    for number in range(INVITED_BY_ONE_A_DAY):
        invite(pro, f"person{number}@example.com")
        withdraw_invitation(professional=pro, email=f"person{number}@example.com", now=NOW)
    assert refusal(invite, pro, "one-more@example.com") == "too_many_today"
    invite(pro, "one-more@example.com", now=NOW + timedelta(days=1))


def test_one_person_is_invited_so_often_a_day_by_all_businesses_together(stranger):
    """And the business that comes too late does not hear of the others."""
    pros = [make_pro(f"Business {number}") for number in range(INVITED_OF_ONE_A_DAY + 1)]
    for pro in pros:
        invite(pro)
    assert [pro.invitations.count() for pro in pros] == [1] * len(pros)
    assert OutgoingMail.objects.count() == INVITED_OF_ONE_A_DAY
    invite(pros[-1], now=NOW + timedelta(days=1))
    assert OutgoingMail.objects.count() == INVITED_OF_ONE_A_DAY + 1


def test_a_link_ends(pro, stranger):
    invite(pro)
    token = token_of(pro)
    assert refusal(open_invitation, token + "x") == "invitation_ended"
    assert refusal(open_invitation, links.sign("another purpose", token)) == "invitation_ended"
    with time_machine.travel(NOW + timedelta(days=15)):
        assert refusal(join_business, token=token, user=stranger, now=NOW) == "invitation_ended"
    withdraw_invitation(professional=pro, email=stranger.email, now=NOW)
    assert refusal(join_business, token=token, user=stranger, now=NOW) == "invitation_ended"


def test_whoever_was_removed_does_not_come_back_by_the_old_link(pro, stranger):
    invite(pro)
    token = token_of(pro)
    join_business(token=token, user=stranger, now=NOW)
    remove_member(professional=pro, email=stranger.email)
    assert find_business(stranger) is None
    assert refusal(join_business, token=token, user=stranger, now=NOW) == "invitation_ended"


def test_an_invitation_is_for_whom_it_was_sent_to(pro, stranger):
    invite(pro)
    assert refusal(join_business, token=token_of(pro), user=make_user(), now=NOW) == "other_address"


def test_one_account_works_for_one_business(pro, other_pro, stranger):
    invite(pro, other_pro.owner.email)
    assert refusal(join_business, token=token_of(pro), user=other_pro.owner, now=NOW) == "has_business"


def test_who_is_here_is_not_invited_again_and_there_are_only_so_many(pro, stranger):
    assert refusal(invite, pro, pro.owner.email) == "already_here"
    pro.members.add(stranger)
    assert refusal(invite, pro, stranger.email) == "already_here"
    for number in range(MOST_INVITATIONS):
        invite(pro, f"person{number}@example.com")
    assert refusal(invite, pro, "one-more@example.com") == "too_many_invitations"


def test_an_invitation_whose_days_are_over_takes_no_place_and_is_not_shown(pro, client_of):
    ages = [INVITATION_LASTS + timedelta(seconds=1), INVITATION_LASTS]
    for number in range(MOST_INVITATIONS):
        invite(pro, f"person{number}@example.com", now=NOW - ages[number > 0])
    invite(pro, "one-more@example.com")
    assert refusal(invite, pro, "person0@example.com") == "too_many_invitations"
    page = client_of(pro).get(reverse("profiles:members")).text
    assert "person1@example.com" in page
    assert "person0@example.com" not in page
    withdraw_invitation(professional=pro, email="person1@example.com", now=NOW)
    invite(pro, "person0@example.com")
    assert pro.invitations.get(email="person0@example.com").invited_at == NOW


def test_only_the_owner_invites_and_removes(pro, stranger, client_of):
    member = make_user("member@example.com")
    pro.members.add(stranger, member)
    for name in ("members", "remove_member", "withdraw_invitation"):
        answer = client_of(stranger).post(reverse(f"profiles:{name}"), {"email": member.email})
        assert answer.status_code == 403
    assert pro.members.count() == 2
    client_of(pro).post(reverse("profiles:remove_member"), {"email": member.email})
    assert list(pro.members.all()) == [stranger]


@pytest.mark.parametrize("email", ["a\x00b@example.com", "\x00", "x" * 100_000])
def test_a_press_that_names_nonsense_does_nothing(pro, stranger, client_of, email):
    """PostgreSQL refuses a NUL in a text."""
    pro.members.add(stranger)
    for name in ("remove_member", "withdraw_invitation"):
        answer = client_of(pro).post(reverse(f"profiles:{name}"), {"email": email})
        assert answer.status_code == 302
    assert pro.members.count() == 1


def test_an_owner_removes_nobody_of_another_business(pro, other_pro, stranger, client_of):
    other_pro.members.add(stranger)
    client_of(pro).post(reverse("profiles:remove_member"), {"email": stranger.email})
    assert list(other_pro.members.all()) == [stranger]


def test_a_member_leaves_and_the_owner_stays(pro, stranger, client_of):
    pro.members.add(stranger)
    for who in (stranger, pro):
        client_of(who).post(reverse("profiles:leave"))
    assert find_business(stranger) is None
    assert find_business(pro.owner) == pro
