"""People made by a command rather than by signing up."""

from collections.abc import Iterable

from allauth.account.models import EmailAddress
from django.contrib.auth.models import Group
from django.db import transaction

from profiles.models import User


@transaction.atomic
def make_user(
    *,
    email: str,
    password: str,
    first_name: str = "",
    last_name: str = "",
    language: str = "es-mx",
    is_staff: bool = False,
    groups: Iterable[str] = (),
) -> User:
    """The user with this address, made where there is none, with the address verified so that they can sign in.

    Somebody who exists keeps their password, name and language; missing roles are added, none is taken away.
    Raises Group.DoesNotExist for a role that there is not.
    """
    email = email.strip().lower()
    user = User.objects.filter(email=email).first() or User.objects.create_user(
        email, password, first_name=first_name, last_name=last_name, language=language, is_staff=is_staff
    )
    EmailAddress.objects.update_or_create(
        user=user,
        email=email,
        defaults={"verified": True},
        create_defaults={"verified": True, "primary": True},
    )
    user.groups.add(*(Group.objects.get(name=name) for name in groups))
    return user
