"""What a client can say that a ticket is about: a line of an agreement, or support that was bought besides. A hint for
whoever places it; the client places nothing (S4, S7)."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import Max, OuterRef, Subquery

from support.models import Agreement, AgreementLine, AgreementVersion, Allowance, Client


@dataclass(frozen=True, slots=True)
class Topic:
    """`agreement`: none, where it was bought besides."""

    key: str
    label: str
    client_id: int
    agreement: Agreement | None


def topics_of(clients: Sequence[Client]) -> list[Topic]:
    """All of these clients, newest agreement first. Two queries."""
    newest = (
        AgreementVersion.objects.filter(agreement=OuterRef("version__agreement"))
        .order_by()
        .values("agreement")
        .annotate(newest=Max("number"))
        .values("newest")
    )
    lines = (
        AgreementLine.objects.filter(version__agreement__client__in=clients, version__number=Subquery(newest))
        .select_related("version__agreement")
        .order_by("-version__agreement__signed_on", "-version__agreement", "position", "pk")
    )
    topics = [_of_line(line) for line in lines]
    besides = Allowance.objects.filter(client__in=clients, lines=None, period=None).order_by(
        "-starts_on", "-pk"
    )
    topics += [Topic(f"allowance-{each.public_id}", str(each), each.client_id, None) for each in besides]
    return topics


def _of_line(line: AgreementLine) -> Topic:
    agreement = line.version.agreement
    return Topic(f"line-{line.pk}", f"{line.what} ({agreement.number})", agreement.client_id, agreement)
