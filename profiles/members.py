"""Members of a business: invited by its owner, and joining by their own press of a button."""

from datetime import datetime, timedelta

from allauth.account.models import EmailAddress
from django.core import signing
from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from base import links
from base.days import marketplace_day, start_of_day
from mail.outbox import write
from profiles.businesses import lock
from profiles.current import find_business
from profiles.errors import ProfileError
from profiles.models import Invitation, Professional, User

PURPOSE = "invitation"
INVITATION_LASTS = timedelta(days=14)
MOST_INVITATIONS = 20
# In a local day, ended ones too: who withdraws and invites again writes no more mails than who does not.
INVITED_BY_ONE_A_DAY = 20
INVITED_OF_ONE_A_DAY = 3


def invite_member(*, professional: Professional, email: str, by: User, now: datetime) -> None:
    """Invites the person with this address, if somebody with it has an account and a verified address here.

    Says nothing about whether there is one, and writes a mail only where there is: neither accounts can be
    found out nor strangers written to; nor that others have invited the same person so often today that no mail goes
    out. Invited again, the link is written again, once a day. Raises ProfileError "too_many_invitations",
    "already_here", "too_many_today".
    """
    email = email.strip().lower()
    with transaction.atomic():
        locked = lock(professional)
        if locked.owner.email == email or locked.members.filter(email=email).exists():
            raise ProfileError(
                "already_here", _("This person already works for this business."), field="email"
            )
        midnight = start_of_day(marketplace_day(now))
        mine = locked.invitations.filter(email=email)
        # One of today that was ended is opened again: the mail of the day holds its link.
        invitation = mine.filter(ended_at=None).first() or mine.filter(invited_at__gte=midnight).last()
        standing = standing_invitations(locked, now)
        opens = invitation is None or not standing.filter(pk=invitation.pk).exists()
        if opens and standing.count() >= MOST_INVITATIONS:
            raise ProfileError(
                "too_many_invitations",
                _("Up to %(most)d invitations can be open. Withdraw one to send another.")
                % {"most": MOST_INVITATIONS},
                field="email",
            )
        today = Invitation.objects.filter(invited_at__gte=midnight)
        anew = invitation is None or invitation.invited_at < midnight
        if anew and today.filter(professional=locked).count() >= INVITED_BY_ONE_A_DAY:
            raise ProfileError(
                "too_many_today",
                _("You have invited as many people today as a day allows. Go on tomorrow."),
                field="email",
            )
        busy = anew and today.filter(email=email).count() >= INVITED_OF_ONE_A_DAY
        invitation = invitation or Invitation(professional=locked, email=email)
        invitation.ended_at = None
        invitation.invited_by, invitation.invited_at = by, now
        invitation.save()
        address = EmailAddress.objects.filter(email=email, verified=True).select_related("user").first()
        if address is None or busy:
            return
        write(
            kind="profiles/invitation",
            # Of the business and the day, not of the invitation: one withdrawn and made anew writes no second mail.
            cause=f"invitation:{locked.public_id}:{marketplace_day(now)}",
            to=email,
            language=address.user.language,
            context={
                "business": locked.name,
                "inviter": str(by),
                "link": links.absolute("profiles:join", token=links.sign(PURPOSE, str(invitation.public_id))),
                "days": INVITATION_LASTS.days,
            },
            now=now,
        )


def standing_invitations(professional: Professional, now: datetime) -> QuerySet[Invitation]:
    """Those whose link still lets somebody join."""
    return professional.invitations.filter(ended_at=None, invited_at__gte=now - INVITATION_LASTS)


def open_invitation(token: str) -> Invitation:
    """The invitation that a link names. Raises ProfileError "invitation_ended" if forged, old, used or withdrawn."""
    try:
        public_id = links.unsign(PURPOSE, token, max_age=INVITATION_LASTS)
    except signing.BadSignature as error:
        raise _ended() from error
    invitation = (
        Invitation.objects.filter(public_id=public_id, ended_at=None)
        .select_related("professional", "invited_by")
        .first()
    )
    if invitation is None:
        raise _ended()
    return invitation


def join_business(*, token: str, user: User, now: datetime) -> Professional:
    """Makes `user` a member, as the invitation in `token` says; the link is used up.

    Raises ProfileError: "invitation_ended"; "other_address" if it went to somebody else; "has_business".
    """
    professional = open_invitation(token).professional
    with transaction.atomic():
        User.objects.select_for_update(no_key=True).get(
            pk=user.pk
        )  # As when opening a business: one person, one business.
        lock(professional)
        invitation = open_invitation(token)
        if not EmailAddress.objects.filter(user=user, email=invitation.email, verified=True).exists():
            raise ProfileError(
                "other_address",
                _("This invitation went to another address. Sign in with the account that it was sent to."),
            )
        standing = find_business(user)
        if standing is not None and standing.pk != professional.pk:
            raise ProfileError(
                "has_business",
                _("You already work for %(business)s here. One account works for one business.")
                % {"business": standing.name},
            )
        professional.members.add(user)
        invitation.ended_at, invitation.accepted_by = now, user
        invitation.save(update_fields=["ended_at", "accepted_by"])
    return professional


def withdraw_invitation(*, professional: Professional, email: str, now: datetime) -> None:
    """Ends the open invitation to this address; where there is none, does nothing."""
    professional.invitations.filter(email=email.strip().lower(), ended_at=None).update(ended_at=now)


def remove_member(*, professional: Professional, email: str) -> None:
    """Removes the member with this address, who sees nothing of the business any more. Nobody: does nothing."""
    with transaction.atomic():
        lock(professional)
        professional.members.remove(*professional.members.filter(email=email.strip().lower()))


def _ended() -> ProfileError:
    return ProfileError(
        "invitation_ended",
        _("This invitation has ended. Ask the owner of the business to invite you again."),
    )
