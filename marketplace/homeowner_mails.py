"""The mails about one request: those to its homeowner, those to businesses that say what they wrote or want, and those
that the homeowner wrote to us.

Whoever withdraws is written to no more, and nobody hears of them any more (M1, M5); whoever is erased is in none.
"""

import re
from datetime import datetime

from django.db.models import Q, QuerySet

from base import links
from mail import inbox, outbox
from mail.models import IncomingMail, OutgoingMail
from marketplace.first_contact import LATE, REMINDER
from marketplace.homeowners import LINKS_ANEW
from marketplace.models import HomeownerQuestion, Lead, ReviewRequest, SummaryMail
from marketplace.preferences import DIGEST, NEW_LEAD
from profiles.addresses import proved_of

# What a homeowner is told after they have withdrawn, too: who has had their details, and the way to their page, which
# stays until they are erased.
TOLD_STILL = ("marketplace/contact_bought", LINKS_ANEW, "marketplace/link_renewed")


def to_homeowner(lead: Lead) -> QuerySet[OutgoingMail]:
    """Those to this person about this request, whatever they were written for and however often they were sent anew."""
    summaries = SummaryMail.objects.filter(entry__contact__lead=lead).values_list("public_id", flat=True)
    asked = ReviewRequest.objects.filter(contact__lead=lead).values_list("public_id", flat=True)
    rows = {
        f"lead:{lead.public_id}",
        *_of_contacts(lead),
        *_of_questions(lead),
        *(f"summary:{key}" for key in summaries),
        *(f"review_request:{key}" for key in asked),
    }
    return outbox.written_for(rows, to=[lead.homeowner_email])


def to_businesses(lead: Lead) -> QuerySet[OutgoingMail]:
    """Those that say what the homeowner wants or asks, or call for calling them. Not what became of a contact, of
    which its business is to know."""
    return OutgoingMail.objects.filter(
        Q(cause=f"lead:{lead.public_id}", kind=NEW_LEAD)
        | Q(cause__in=_of_contacts(lead), kind__in=(*REMINDER.kinds, *LATE.kinds))
        | Q(cause__in=_of_questions(lead), kind="marketplace/question_asked")
    )


def from_homeowner(lead: Lead) -> QuerySet[IncomingMail]:
    """What this person wrote to our addresses, whatever about; nothing of somebody who has an account by this address:
    that is shown, and goes, with the account."""
    if proved_of(lead.homeowner_email).exists():
        return IncomingMail.objects.none()
    return IncomingMail.objects.from_any({lead.homeowner_email})


def take_back_unsent(lead: Lead) -> None:
    """What waits to be sent and should not reach anybody once the homeowner has withdrawn is not sent (M1, M5).

    Call inside the transaction that withdraws, with the request and its contacts locked, so that nothing is being
    written meanwhile; and before it writes its own mails.
    """
    outbox.take_back(to_homeowner(lead).exclude(kind__in=TOLD_STILL))
    outbox.take_back(to_businesses(lead))
    _leave_out_of_daily_mails(lead)


def _leave_out_of_daily_mails(lead: Lead) -> None:
    """A daily mail that waits goes on telling of the other requests; one that tells of this alone is not sent."""
    address = links.absolute("marketplace:lead", public_id=lead.public_id)
    requests = re.escape(address.partition(str(lead.public_id))[0])
    telling = OutgoingMail.objects.filter(kind=DIGEST, text__contains=address)
    for mail in outbox.unsent(telling).select_for_update(no_key=True).order_by("pk"):
        left = [part for part in mail.text.split("\n\n") if address not in part]
        if any(re.search(rf"^{requests}[0-9a-f-]{{36}}/$", part, re.MULTILINE) for part in left):
            outbox.rewrite(mail, text="\n\n".join(left))
        else:
            outbox.take_back(OutgoingMail.objects.filter(pk=mail.pk))


def forget_mails(lead: Lead, now: datetime) -> None:
    """Takes the person out of all of them; while their details still stand in the row, in its transaction (X5).

    What they wrote to us may be about any of their requests: it goes with the last that is kept, or when they ask.
    """
    outbox.forget_person(to_homeowner(lead))
    # One mail holds the links of several of their requests, and was written for the newest of them.
    outbox.forget_person(outbox.written_to([lead.homeowner_email]).filter(kind=LINKS_ANEW))
    outbox.forget_text(to_businesses(lead))
    kept = Lead.objects.filter(homeowner_key=lead.homeowner_key, anonymised_at=None).exclude(pk=lead.pk)
    if (lead.erase_asked_at is not None or not kept.exists()) and from_homeowner(lead).exists():
        inbox.forget_senders({lead.homeowner_email}, now=now)


def _of_contacts(lead: Lead) -> list[str]:
    return [f"contact:{key}" for key in lead.contacts.values_list("public_id", flat=True)]


def _of_questions(lead: Lead) -> list[str]:
    questions = HomeownerQuestion.objects.filter(contact__lead=lead)
    return [f"question:{key}" for key in questions.values_list("public_id", flat=True)]
