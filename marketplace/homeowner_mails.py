"""The mails about one request: those to its homeowner, and those to businesses that say what they wrote or want.

Whoever withdraws is written to no more, and nobody hears of them any more (M1, M5); whoever is erased is in none.
"""

from django.db.models import Q, QuerySet

from mail import outbox
from mail.models import OutgoingMail
from marketplace.first_contact import LATE, REMINDER
from marketplace.models import HomeownerQuestion, Lead, ReviewRequest, SummaryMail
from marketplace.preferences import NEW_LEAD
from marketplace.reviews.asking import cause_of

# What a homeowner is told after they have withdrawn, too: who has had their details, and the way to their page, which
# stays until they are erased.
TOLD_STILL = ("marketplace/contact_bought", "marketplace/links_anew", "marketplace/link_renewed")


def to_homeowner(lead: Lead) -> QuerySet[OutgoingMail]:
    """Those to this person about this request alone, whatever they were written for."""
    summaries = SummaryMail.objects.filter(entry__contact__lead=lead).values_list("public_id", flat=True)
    return OutgoingMail.objects.filter(
        # Each cause as a whole: of mails there are many, and their index holds what they were written for.
        cause__in=[
            f"lead:{lead.public_id}",
            *(f"lead:{lead.public_id}:link:{version}" for version in range(2, lead.link_version + 1)),
            *_of_contacts(lead),
            *_of_questions(lead),
            *(f"summary:{key}" for key in summaries),
            *(cause_of(asked) for asked in ReviewRequest.objects.filter(contact__lead=lead)),
        ],
        recipient=lead.homeowner_email,
    )


def to_businesses(lead: Lead) -> QuerySet[OutgoingMail]:
    """Those that say what the homeowner wants or asks, or call for calling them. Not what became of a contact, of
    which its business is to know."""
    return OutgoingMail.objects.filter(
        Q(cause=f"lead:{lead.public_id}", kind=NEW_LEAD)
        | Q(cause__in=_of_contacts(lead), kind__in=(REMINDER.kind, LATE.kind))
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
    # Those with several links in one mail, or with one that was sent again since: told apart by their moment.
    apart = Q(cause__startswith=f"lead:{lead.public_id}:")
    for key in ReviewRequest.objects.filter(contact__lead=lead).values_list("public_id", flat=True):
        apart |= Q(cause__startswith=f"review_request:{key}:")
    outbox.forget_person(OutgoingMail.objects.filter(apart, recipient=lead.homeowner_email))
    outbox.forget_text(to_businesses(lead))


def _of_contacts(lead: Lead) -> list[str]:
    return [f"contact:{key}" for key in lead.contacts.values_list("public_id", flat=True)]


def _of_questions(lead: Lead) -> list[str]:
    questions = HomeownerQuestion.objects.filter(contact__lead=lead)
    return [f"question:{key}" for key in questions.values_list("public_id", flat=True)]
