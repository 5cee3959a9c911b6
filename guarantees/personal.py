"""What the guarantee keeps about a user, shown to them; a claim that is looked at holds their account (X5)."""

from collections.abc import Iterator
from datetime import datetime

from allauth.account.models import EmailAddress
from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from base.days import marketplace_day
from base.erased import ERASED
from base.money import money
from base.registry import PersonalData, personal_data
from guarantees.appeals import withdraw_appeals
from guarantees.claims import withdraw_claim
from guarantees.errors import GuaranteeError
from guarantees.models import (
    Appeal,
    Claim,
    ClaimItem,
    ClaimLook,
    ClaimQuestion,
    LaterJob,
    Reminder,
    Story,
)
from guarantees.reminder_choices import wanted
from mail import inbox
from mail.models import IncomingMail
from profiles.models import Professional, User
from support.appeals import forget_words
from support.models import Ticket


def shown(user: User) -> Iterator[tuple[str, str]]:
    for claim in Claim.objects.filter(professional__owner=user).order_by("pk"):
        yield (
            _("Claim begun on %(day)s")
            % {"day": date_format(marketplace_day(claim.begun_at), "DATE_FORMAT")},
            str(claim.get_state_display()),
        )
    for text in _stories(user):
        yield _("What happened with a contact"), text
    for question in ClaimQuestion.objects.filter(**_of_owner(user)).exclude(answer="").order_by("pk"):
        yield _("Answer to a question about a contact"), question.answer
    for job in LaterJob.objects.filter(contact__professional__owner=user).order_by("pk"):
        day = date_format(marketplace_day(job.told_at), "DATE_FORMAT")
        yield (
            _("Job that came after the refund, told on %(day)s") % {"day": day},
            _("%(amount)s taken back") % {"amount": money(job.taken_cents)},
        )
    for look in ClaimLook.objects.filter(user=user).select_related("claim__professional").order_by("pk"):
        moment = date_format(localtime(look.at), "DATETIME_FORMAT")
        yield _("Claim opened on %(moment)s") % {"moment": moment}, look.claim.professional.name
    for appeal in Appeal.objects.filter(professional__owner=user).order_by("pk"):
        day = date_format(marketplace_day(appeal.made_at), "DATE_FORMAT")
        yield (
            _("Appeal of %(day)s, %(state)s") % {"day": day, "state": appeal.get_state_display()},
            "\n\n".join(filter(None, (appeal.text, appeal.answer))),
        )
    for business in Professional.objects.filter(owner=user):
        chosen = [str(Reminder.Topic(topic).label) for topic in wanted(business)]
        yield _("Reminders of your guarantee"), "\n".join(chosen) or _("None: you have stopped them all.")
    for mail in IncomingMail.objects.from_any(_addresses(user)).order_by("pk"):
        yield (
            _("Mail to us, received on %(day)s")
            % {"day": date_format(marketplace_day(mail.received_at), "DATE_FORMAT")},
            "\n\n".join(filter(None, (mail.subject, mail.whole_text))) or "–",
        )


def _of_owner(user: User) -> dict[str, User]:
    return {"item__claim__professional__owner": user}


def _stories(user: User) -> list[str]:
    """Each once: a claim keeps the words with which it was submitted, beside what stands with the contact."""
    own = Story.objects.filter(contact__professional__owner=user).order_by("pk")
    frozen = ClaimItem.objects.filter(claim__professional__owner=user).order_by("pk")
    told = [*own.values_list("text", flat=True), *frozen.values_list("story", flat=True)]
    return [text for text in dict.fromkeys(told) if text]


def _addresses(user: User) -> set[str]:
    return {
        user.email,
        *EmailAddress.objects.filter(user=user, verified=True).values_list("email", flat=True),
    }


def warnings(user: User, now: datetime) -> Iterator[str]:
    if Appeal.objects.waiting().filter(professional__owner=user).exists():
        yield _("Your appeal has not been answered: it ends with the account, and the decision stands.")
    if Claim.objects.open().filter(professional__owner=user).exists():
        yield _("Your claim is being looked at: the account can be closed once it is decided or withdrawn.")
    elif Claim.objects.filter(professional__owner=user, state=Claim.State.APPROVED).exists():
        return
    else:
        yield _("No guarantee can be claimed any more, also not by another account of the same business.")


def erase(user: User, now: datetime) -> None:
    """Raises GuaranteeError("claim_open"): a claim is decided on with the one who made it. A draft is withdrawn."""
    ClaimLook.objects.filter(user=user).delete()
    claims = Claim.objects.filter(professional__owner=user)
    if claims.open().exists():
        raise GuaranteeError(
            "claim_open",
            _("Your claim is being looked at. Withdraw it or wait for the decision, then close the account."),
        )
    # What they wrote, and what answers them; facts and verdicts stay (G13).
    Story.objects.filter(contact__professional__owner=user).update(text="")
    ClaimItem.objects.filter(claim__professional__owner=user).update(story=ERASED, story_fingerprint="")
    ClaimQuestion.objects.filter(**_of_owner(user), answered_at__isnull=False).update(answer=ERASED)
    appeals = Appeal.objects.filter(professional__owner=user)
    appeals.update(text=ERASED)
    appeals.exclude(state=Appeal.State.WAITING).update(answer=ERASED)
    forget_words(Ticket.objects.filter(appeal__in=appeals), now=now)
    # Before anything of the business is locked: whoever handles a mail locks it first, then the business.
    inbox.forget_senders(_addresses(user), now=now)
    withdraw_appeals(owner=user, now=now)
    for draft in claims.filter(state=Claim.State.DRAFT):
        withdraw_claim(claim=draft, by=user, now=now)


personal_data.append(PersonalData(gettext_lazy("Guarantee"), shown, erase, warnings))
