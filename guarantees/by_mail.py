"""Claims (G12) and appeals (G19) by e-mail: the routes that take what is sent to their addresses.

Whoever writes is answered with the same words, whether we know the address or not: the page that they lead to asks
who is there. So nobody learns from an answer, from when it comes, or from its not coming, who is a client of ours.
"""

from datetime import datetime

from allauth.account.models import EmailAddress
from django.conf import settings

from base.days import marketplace_day
from base.links import absolute
from guarantees.appeals import REJECTED
from guarantees.claims import begin_claim
from guarantees.errors import GuaranteeError, refuse
from guarantees.mailed import SUBMIT_WITHIN
from guarantees.models import Appeal, Claim, ClaimMail
from guarantees.moves import Happened, note
from guarantees.own_business import why_not_own
from mail.answers import answer
from mail.inbox import Taken, without_tag
from mail.models import IncomingMail
from profiles.models import Professional, Suspension, User
from support.mailed import files_in, quoted_in
from support.messages import ask_again
from support.models import Ticket


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


def take_appeal_mail(mail: IncomingMail, *, by: User | None, now: datetime) -> Taken | None:
    """Takes what the owner of a business writes to the address of appeals about the appeal that they made: it is said
    on its ticket. None for any other, which is for somebody to read: nobody's appeal is guessed. Where something was
    decided since, it may be an appeal against that, which whoever decided it must not hear (G19)."""
    if without_tag(mail.recipient) != settings.APPEALS_ADDRESS.lower():
        return None
    professional = _business_of(mail.sender)
    made = Appeal.objects.filter(professional=professional, ticket__isnull=False) if professional else None
    appeal = made.select_related("ticket").order_by("-pk").first() if made is not None else None
    if professional is None or appeal is None or appeal.ticket is None or _decided_since(appeal):
        return None
    message = ask_again(
        ticket=appeal.ticket,
        text=mail.text or mail.subject or "…",
        quoted=quoted_in(mail),
        channel=Ticket.Channel.MAIL,
        at=mail.received_at,
        now=now,
        by=professional.owner,
        name=mail.sender_name,
        email=mail.sender,
        mail=mail,
        files=files_in(mail),
    )
    return Taken(cause=f"ticket:{message.ticket.public_id}", keep=True)


def _decided_since(appeal: Appeal) -> bool:
    """Whether something was decided against the business after it made this appeal, which it may appeal against."""
    of_business = {"professional": appeal.professional_id}
    suspended = Suspension.objects.filter(**of_business, suspended_at__gt=appeal.made_at)
    rejected = Claim.objects.filter(**of_business, state__in=REJECTED, decided_at__gt=appeal.made_at)
    return suspended.exists() or rejected.exists()


take_appeal_mail.ask_who_decides = _ask_who_decides  # type: ignore[attr-defined]
