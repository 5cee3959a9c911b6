"""A stranger gets 404, for that a thing exists is already something to know; the wrong role gets 403."""

import uuid

import pytest
from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import PermissionDenied
from django.http import Http404

from base.access import get_visible
from profiles.models import Professional
from tests import making


def seen_by(rf, user, **lookup):
    request = rf.get("/")
    request.user = user
    return get_visible(Professional.objects, request, **lookup)


def test_its_owner_and_members_see_a_business(rf, pro, stranger):
    assert seen_by(rf, pro.owner, public_id=pro.public_id) == pro
    pro.members.add(stranger)
    assert seen_by(rf, stranger, public_id=pro.public_id) == pro


def test_a_member_who_also_owns_it_sees_it_once(rf, pro, stranger, other_pro):
    pro.members.add(pro.owner, stranger, other_pro.owner)
    assert seen_by(rf, pro.owner, public_id=pro.public_id) == pro


@pytest.mark.parametrize("who", ["stranger", "other_pro", "moderator", "nobody"])
def test_nobody_else_can_tell_whether_it_exists(rf, pro, who, request):
    user = AnonymousUser() if who == "nobody" else request.getfixturevalue(who)
    with pytest.raises(Http404):
        seen_by(rf, getattr(user, "owner", user), public_id=pro.public_id)
    with pytest.raises(Http404):
        seen_by(rf, getattr(user, "owner", user), public_id=uuid.uuid4())


def test_without_the_permission_it_is_forbidden(rf, pro):
    with pytest.raises(PermissionDenied):
        seen_by(rf, pro.owner, public_id=pro.public_id, permission="profiles.lift_suspension")


def test_the_permission_alone_shows_no_business_of_others(rf, pro):
    appeals = making.make_staff("appeals", email="another-appeals@quince.example")
    with pytest.raises(Http404):
        seen_by(rf, appeals, public_id=pro.public_id, permission="profiles.lift_suspension")
