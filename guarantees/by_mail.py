"""Claims by e-mail (G12): the route that takes what is sent to the claims address.

Whoever writes is answered with the same words, whether we know the address or not: the page that they lead to asks
who is there. So nobody learns from an answer, from when it comes, or from its not coming, who is a client of ours.
"""

from datetime import datetime

from allauth.account.models import EmailAddress
from django.conf import settings

from base.days import marketplace_day
from base.links import absolute
from guarantees.claims import begin_claim
from guarantees.errors import GuaranteeError, refuse
from guarantees.mailed import SUBMIT_WITHIN
from guarantees.models import ClaimMail
from guarantees.moves import Happened, note
from guarantees.own_business import why_not_own
from mail.answers import answer
from mail.inbox import Taken, without_tag
from mail.models import IncomingMail
from profiles.models import Professional, User


def take_claim_mail(mail: IncomingMail, *, by: User | None, now: datetime) -> Taken | None:
    """Takes what was sent to the claims address; None for any other.

    From an owner's verified address it opens a draft, or joins the draft or open claim there is; from any other it
    opens nothing. Where no draft can be begun, the page that the answer leads to says why.
    """
    if without_tag(mail.recipient) != settings.CLAIMS_ADDRESS.lower():
        return None
    professional = _business_of(mail.sender)
    taken = Taken(why="unknown_sender") if professional is None else _join(mail, professional, now)
    received_on = marketplace_day(mail.received_at)
    answer(
        mail,
        kind="guarantees/claim_by_mail",
        # The reader's own language would tell that we know them.
        language=settings.PUBLIC_LANGUAGE,
        context={
            "received_on": received_on,
            "submit_by": marketplace_day(now) + SUBMIT_WITHIN,
            "link": absolute("guarantees:claim"),
        },
        now=now,
    )
    return taken


def _ask_who_decides(mail: IncomingMail, *, by: User) -> None:
    """Raises GuaranteeError("own_business"): it is not for whoever belongs to a business to decide on a mail of its
    owner, wherever it was sent: neither to vouch for it nor to put it away."""
    professional = _business_of(mail.sender)
    if professional is not None:
        refuse(why_not_own(professional, by))


take_claim_mail.ask_who_decides = _ask_who_decides  # type: ignore[attr-defined]


def _business_of(sender: str) -> Professional | None:
    """The business whose owner has verified this address. A member's address is none: the owner alone claims."""
    known = EmailAddress.objects.filter(
        email=sender, verified=True, user__is_active=True, user__owned_business__closed_at=None
    )
    address = known.select_related("user__owned_business").exclude(user__owned_business=None).first()
    return address.user.owned_business if address else None


def _join(mail: IncomingMail, professional: Professional, now: datetime) -> Taken:
    """Puts the mail beside the claim that it opens or joins."""
    owner = professional.owner
    try:
        claim = begin_claim(professional=professional, by=owner, now=now)
    except GuaranteeError as refusal:
        return Taken(cause=f"professional:{professional.public_id}", why=refusal.code)
    ClaimMail.objects.create(
        claim=claim,
        mail=mail,
        received_on=marketplace_day(mail.received_at),
        submit_by=marketplace_day(now) + SUBMIT_WITHIN,
    )
    note(claim, kind=Happened.MAILED, by=owner, now=now)
    return Taken(cause=f"claim:{claim.public_id}", keep=True)
