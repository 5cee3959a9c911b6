"""Who may have asked for the same job twice (M2): the same mail or telephone, the same category, within 30 days."""

from datetime import timedelta

from django.db.models import Exists, OuterRef, Q, QuerySet

from marketplace.models import BlockedSender, Lead

NEAR = timedelta(days=30)
# On the page of one request; a sender of hundreds is seen from the first ones.
SHOWN_AT_MOST = 6

_Leads = QuerySet[Lead]


def duplicates_of(lead: Lead) -> _Leads:
    """The likely duplicates of one request, the newest first; unconfirmed ones are nobody's request yet."""
    same = Q(homeowner_phone=lead.homeowner_phone)
    if lead.homeowner_key:
        same |= Q(homeowner_key=lead.homeowner_key)
    return (
        Lead.objects.filter(
            same,
            category=lead.category_id,
            created_at__range=(lead.created_at - NEAR, lead.created_at + NEAR),
            anonymised_at=None,
        )
        .exclude(pk=lead.pk)
        .exclude(state=Lead.State.UNCONFIRMED)
        .select_related("category", "province")
        .order_by("-created_at", "-id")
    )


def marked(leads: _Leads) -> _Leads:
    """With `is_duplicate`, `is_blocked` and `hides_details` on each, asked of the indexes in the same statement."""
    others = (
        Lead.objects.filter(
            category=OuterRef("category"),
            created_at__gte=OuterRef("created_at") - NEAR,
            created_at__lte=OuterRef("created_at") + NEAR,
            anonymised_at=None,
        )
        .exclude(pk=OuterRef("pk"))
        .exclude(state=Lead.State.UNCONFIRMED)
        .order_by()
    )
    blocks = BlockedSender.objects.standing().order_by()
    # Two questions and not one with an "or": each has its own index.
    return leads.annotate(
        is_duplicate=Q(
            Exists(others.filter(homeowner_key=OuterRef("homeowner_key")).exclude(homeowner_key=""))
        )
        | Q(Exists(others.filter(homeowner_phone=OuterRef("homeowner_phone")))),
        is_blocked=Q(Exists(blocks.filter(email_key=OuterRef("homeowner_key")).exclude(email_key="")))
        | Q(Exists(blocks.filter(phone=OuterRef("homeowner_phone")).exclude(phone=""))),
        hides_details=~Q(title_masked="", town_masked="", description_masked=""),
    )


def next_in_queue(after: Lead) -> Lead | None:
    """The request that has waited longest of those behind this one, else of all; None where none waits."""
    waiting = Lead.objects.filter(state=Lead.State.WAITING).exclude(pk=after.pk).order_by("created_at", "id")
    behind = waiting.filter(
        Q(created_at__gt=after.created_at) | Q(created_at=after.created_at, pk__gt=after.pk)
    )
    return behind.first() or waiting.first()
