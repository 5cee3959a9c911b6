"""The mails about one request: those to its homeowner, and those to businesses that say what they wrote or want.

Whoever withdraws is written to no more, and nobody hears of them any more (M1, M5); whoever is erased is in none.
"""

from django.db.models import Q, QuerySet

from mail import outbox
from mail.models import OutgoingMail
from marketplace.first_contact import LATE, REMINDER
from marketplace.homeowners import LINKS_ANEW
from marketplace.models import HomeownerQuestion, Lead, ReviewRequest, SummaryMail
from marketplace.preferences import NEW_LEAD

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


def take_back_unsent(lead: Lead) -> None:
    """What waits to be sent and should not reach anybody once the homeowner has withdrawn is not sent (M1, M5).

    Call inside the transaction that withdraws, with the request and its contacts locked, so that nothing is being
    written meanwhile; and before it writes its own mails.
    """
    outbox.take_back(to_homeowner(lead).exclude(kind__in=TOLD_STILL))
    outbox.take_back(to_businesses(lead))


def forget_mails(lead: Lead) -> None:
    """Takes the person out of all of them; while their details still stand in the row, in its transaction (X5)."""
    outbox.forget_person(to_homeowner(lead))
    # One mail holds the links of several of their requests, and was written for the newest of them.
    outbox.forget_person(outbox.written_to([lead.homeowner_email]).filter(kind=LINKS_ANEW))
    outbox.forget_text(to_businesses(lead))


def _of_contacts(lead: Lead) -> list[str]:
    return [f"contact:{key}" for key in lead.contacts.values_list("public_id", flat=True)]


def _of_questions(lead: Lead) -> list[str]:
    questions = HomeownerQuestion.objects.filter(contact__lead=lead)
    return [f"question:{key}" for key in questions.values_list("public_id", flat=True)]
