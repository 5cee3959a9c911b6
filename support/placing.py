"""Where a ticket may be placed, with what was agreed in view (S4)."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _

from support.allowance_rules import State
from support.allowances import in_words
from support.models import Agreement, AgreementLine, AgreementVersion, Allowance, Ticket
from support.shown import AllowanceShown
from support.tickets import said_then

OUTSIDE = "outside"
# What a form says, and in words.
Places = Sequence[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Place:
    """Where a ticket belongs: an allowance of its client, or, where there is none, outside."""

    allowance: Allowance | None

    @property
    def placement(self) -> Ticket.Placement:
        return Ticket.Placement.OUTSIDE if self.allowance is None else Ticket.Placement.ALLOWANCE


@dataclass(frozen=True, slots=True)
class AgreementInView:
    """An agreement of a ticket's client: what it said when the ticket was opened, and what is left of what it
    includes."""

    agreement: Agreement
    version: AgreementVersion
    lines: Sequence[AgreementLine]
    allowances: Sequence[AllowanceShown]

    @property
    def in_force(self) -> bool:
        """Whether not all that it includes has ended; what includes no support has no end."""
        return not self.allowances or any(each.state != State.ENDED for each in self.allowances)


def agreements_in_view(ticket: Ticket, allowances: Iterable[AllowanceShown]) -> Sequence[AgreementInView]:
    """All that was ever agreed with a ticket's client, the newest first; `allowances` are all of that client. Three
    queries."""
    agreements = Agreement.objects.filter(client=ticket.client_id).prefetch_related("versions__lines")
    shown = []
    for agreement in agreements if ticket.client_id else ():
        versions = sorted(agreement.versions.all(), key=lambda each: each.number)
        version = said_then(versions, ticket.asked_at)
        by_line = {line.allowance_id for each in versions for line in each.lines.all()}
        included = [
            each
            for each in allowances
            if each.allowance.pk in by_line or _of_plan(each.allowance) == agreement.subscription_id
        ]
        shown.append(AgreementInView(agreement, version, list(version.lines.all()), included))
    return shown


def _of_plan(allowance: Allowance) -> int:
    """The id of the subscription that includes it; 0 where none does."""
    return allowance.period.subscription_id if allowance.period else 0


def places(allowances: Iterable[AllowanceShown], agreements: Sequence[AgreementInView]) -> Places:
    """Each allowance with what is left of it, and of which agreement it is where there are several; and outside."""
    of = {shown.allowance.pk: each.agreement for each in agreements for shown in each.allowances}
    choices = []
    for each in allowances:
        allowance = each.allowance
        said = _("%(what)s (%(left)s left)") % {
            "what": allowance.what,
            "left": in_words(allowance.left, allowance.unit),
        }
        if each.state not in (State.USABLE, State.USED_UP):
            said = f"{allowance.what} ({each.state_said})"
        if len(agreements) > 1 and allowance.pk in of:
            said = f"{said} · {of[allowance.pk]}"
        choices.append((str(allowance.pk), said))
    return [*choices, (OUTSIDE, _("Outside the agreement"))]


def read_place(said: str) -> Place | None:
    """What was chosen of `places`, which a form has looked at; None: nothing was."""
    if not said:
        return None
    return Place(None if said == OUTSIDE else Allowance.objects.get(pk=said))
