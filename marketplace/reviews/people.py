"""Who asks, is asked and writes: names fit to show, and the addresses of the business itself (G8)."""

from __future__ import annotations

from allauth.account.models import EmailAddress
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from base.erased import ERASED
from billing.models import Customer
from mail import outbox
from mail.models import OutgoingMail
from marketplace.errors import MarketplaceError
from marketplace.models import Review, ReviewEvent, ReviewReport, ReviewRequest
from profiles.addresses import address_key
from profiles.models import Professional
from profiles.plain_text import length_as_read, one_line

NAME_AT_LEAST = 2
NAME_AT_MOST = 100


def read_name(name: str, *, field: str) -> str:
    told = one_line(name)
    if length_as_read(told) < NAME_AT_LEAST or len(told) > NAME_AT_MOST:
        raise MarketplaceError(
            "name_missing",
            _("Write a name of %(least)d to %(most)d characters.")
            % {"least": NAME_AT_LEAST, "most": NAME_AT_MOST},
            field=field,
        )
    return told


def own_keys(professional: Professional) -> set[str]:
    """The addresses of the business itself: of its owner, of whoever is or was a member, and where invoices go.

    More than those by which a purchase is refused (`proved_keys`): nobody learns anything from being refused here.
    """
    people = professional.people_ever()
    addresses = {
        *people.values_list("email", flat=True),
        *EmailAddress.objects.filter(user__in=people).values_list("email", flat=True),
        *professional.invitations.exclude(accepted_by=None).values_list("email", flat=True),
        *Customer.objects.filter(professional=professional).values_list("email", flat=True),
    }
    return {address_key(address) for address in addresses}


def forget_in_mails(reviews: QuerySet[Review]) -> None:
    """Takes whoever signed these reviews out of what was written about them to their businesses (X5). Call inside the
    transaction that erases."""
    events = ReviewEvent.objects.filter(review__in=reviews).values_list("pk", flat=True)
    reports = ReviewReport.objects.filter(review__in=reviews).values_list("pk", flat=True)
    causes = [f"review_event:{pk}" for pk in events] + [f"review_report:{pk}" for pk in reports]
    outbox.forget_text(OutgoingMail.objects.filter(cause__in=causes))


def forget_who_was_asked(requests: QuerySet[ReviewRequest]) -> None:
    """Takes the people out of requests for a review: their name, their address, and from a review that came of it how
    to know that it was theirs; and out of the mails with its link (X5). What they published stays as they signed it.

    Call inside the transaction that erases.
    """
    for asked in requests:
        outbox.forget_person(outbox.written_for({f"review_request:{asked.public_id}"}, to=[asked.email]))
        asked.name, asked.email, asked.author_key = ERASED, "", f"erased:{asked.pk}"
        asked.save(update_fields=["name", "email", "author_key"])
        Review.objects.filter(request=asked).update(author_key=asked.author_key, network="")
