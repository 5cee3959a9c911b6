"""Agreements signed, and what they say changed by another version (S4)."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from django.core.files.base import File
from django.db import transaction
from django.utils.translation import gettext as _

from base.numbers import next_number
from billing.models import Subscription
from profiles.models import User
from support import letters
from support.allowances import Kind, add_to, open_allowance
from support.clients import refuse_own
from support.desk_calendar import desk_day
from support.documents import as_kept, same_document
from support.errors import SupportError, form_used
from support.models import (
    Agreement,
    AgreementLine,
    AgreementNumber,
    AgreementVersion,
    Allowance,
    Client,
)
from support.models.agreements import SoldLine
from support.questions import link_at_signing

# Before that a year was mistyped.
SIGNED_WITHIN = timedelta(days=30 * 365)


@dataclass(frozen=True, slots=True)
class Line:
    """What is sold, and the support that comes with it (`SoldLine`): `amount` in whole `unit`s, or neither.

    `allowance`: the one that the line of the version before has, or that a plan's period has; without it, one is made.
    """

    kind: str
    what: str
    unit: str = ""
    amount: int | None = None
    expires_on: date | None = None
    no_support_reason: str = ""
    allowance: Allowance | None = None


def line_of(row: SoldLine) -> Line:
    """A stored line as a value. That of an agreement brings its allowance."""
    return Line(
        kind=row.kind,
        what=row.what,
        unit=row.unit,
        amount=row.amount,
        expires_on=row.expires_on,
        no_support_reason=row.no_support_reason,
        allowance=row.allowance if isinstance(row, AgreementLine) else None,
    )


def sign_agreement(
    *,
    client: Client,
    title: str,
    text: str,
    lines: Sequence[Line],
    signed: Agreement.Signed,
    now: datetime,
    signed_on: date | None = None,
    signed_by: str = "",
    document: File | None = None,
    by: User | None = None,
    subscription: Subscription | None = None,
    public_id: uuid.UUID | None = None,
) -> Agreement:
    """An agreement with its first version, its lines, and an allowance for each line that includes support.

    `signed_on` is the desk's date if nothing is said; `by` is who recorded the paper. `public_id` is what makes two
    sendings of one form one agreement: the same id again returns what stands. Call it inside the transaction of its
    cause. Raises SupportError: "nothing_sold", "signed_later" (a date that is still to come),
    "signed_long_ago", "tool_without_support"
    (S4), "ends_before", "own_business" (of a paper), "form_used", and as `as_kept`.
    """
    today = desk_day(now)
    signed_on = signed_on or today
    if signed_on < today - SIGNED_WITHIN:
        raise SupportError(
            "signed_long_ago", _("That is very long ago. Look at the year."), field="signed_on"
        )
    if signed_on > today:
        raise SupportError(
            "signed_later",
            _("An agreement cannot be signed on a day that is still to come."),
            field="signed_on",
        )
    if signed == Agreement.Signed.PAPER and by is not None:
        refuse_own(client, by)
    with transaction.atomic():
        if public_id:
            # Of two sendings at once the second waits here, and then sees what the first made.
            Client.objects.select_for_update(no_key=True).get(pk=client.pk)
            standing = Agreement.objects.filter(public_id=public_id).first()
            if standing:
                said = (client.pk, title, signed_on, signed_by, text)
                if not _says_already(standing, said, lines, document):
                    raise form_used(standing.number)
                return standing
        agreement = Agreement.objects.create(
            public_id=public_id or uuid.uuid4(),
            client=client,
            year=signed_on.year,
            sequence=next_number(AgreementNumber, signed_on.year),
            title=title,
            signed=signed,
            signed_on=signed_on,
            signed_by=signed_by,
            recorded_by=by,
            recorded_at=now,
            subscription=subscription,
        )
        _write_version(agreement, 1, text, document, lines, signed_on, now, by, why="")
        # What its people asked before, as no clients yet.
        link_at_signing(client=client, now=now)
        return agreement


def _says_already(
    agreement: Agreement, said: tuple[int, str, date, str, str], lines: Sequence[Line], document: File | None
) -> bool:
    """Whether an agreement said just that when it was signed: a form that is sent twice makes it once."""
    first = agreement.versions.get(number=1)
    signed = (agreement.client_id, agreement.title, agreement.signed_on, agreement.signed_by, first.text)
    return (
        signed == said
        and [replace(line_of(line), allowance=None) for line in first.lines.all()] == list(lines)
        and (document is None or same_document(first.document, document))
    )


def record_agreement(
    *,
    client: Client,
    title: str,
    text: str,
    lines: Sequence[Line],
    signed_on: date,
    signed_by: str,
    document: File,
    by: User,
    now: datetime,
    public_id: uuid.UUID | None = None,
) -> Agreement:
    """What was signed on paper without a quote of ours, with the signed document; the client is told. Of a quote it is
    `quotes.record_signed_quote`. Raises SupportError "own_business", and as `sign_agreement`."""
    with transaction.atomic():
        agreement = sign_agreement(
            client=client,
            title=title,
            text=text,
            lines=lines,
            signed=Agreement.Signed.PAPER,
            signed_on=signed_on,
            signed_by=signed_by,
            document=document,
            by=by,
            now=now,
            public_id=public_id,
        )
        letters.agreement_recorded(agreement, now)
        return agreement


def change_agreement(
    *,
    agreement: Agreement,
    text: str,
    lines: Sequence[Line],
    why: str,
    by: User,
    now: datetime,
    document: File | None = None,
    seen: int | None = None,
) -> AgreementVersion:
    """Another version of what an agreement says, for a reason of which the client is told. Tickets opened before keep
    theirs.

    A line that names its allowance keeps it; a larger amount is added to it. What was promised is never made less: the
    client would lose what they have been told they have. `seen` is the number of the version that is changed, as
    whoever changes it saw it. Raises SupportError: "no_reason", "less_support", "line_dropped", "changed_meanwhile",
    "own_business", "other_client", and as `sign_agreement`.
    """
    refuse_own(agreement.client, by)
    if not why.strip():
        raise SupportError(
            "no_reason", _("Say why the agreement is changed: both sides read it."), field="why"
        )
    with transaction.atomic():
        agreement = Agreement.objects.select_for_update(no_key=True).get(pk=agreement.pk)
        before = agreement.current
        if seen is not None and seen != before.number:
            raise SupportError(
                "changed_meanwhile",
                _("There is another version of this agreement since you opened this page. Look at it first."),
            )
        kept = {line.allowance.pk for line in lines if line.allowance}
        promised = {line.allowance_id for line in before.lines.all() if line.allowance_id}
        if promised - kept:
            raise SupportError(
                "line_dropped",
                _("Support that was promised cannot be taken out of an agreement. Leave its line as it is."),
            )
        version = _write_version(
            agreement,
            before.number + 1,
            text,
            document or before.document,
            lines,
            desk_day(now),
            now,
            by,
            why,
        )
        letters.agreement_changed(version, now)
        return version


def _write_version(
    agreement: Agreement,
    number: int,
    text: str,
    document: File | None,
    lines: Sequence[Line],
    starts_on: date,
    now: datetime,
    by: User | None,
    why: str,
) -> AgreementVersion:
    if not lines:
        raise SupportError("nothing_sold", _("An agreement names at least one service or tool."))
    version = AgreementVersion.objects.create(
        agreement=agreement,
        number=number,
        text=text,
        document=as_kept(document) or "",
        written_by=by,
        written_at=now,
        why=why,
    )
    for position, line in enumerate(lines, start=1):
        # Support that goes on may have ended meanwhile: it is judged by its own first day.
        refuse_line(line, line.allowance.starts_on if line.allowance else starts_on)
        AgreementLine.objects.create(
            version=version,
            position=position,
            kind=line.kind,
            what=line.what,
            unit=line.unit,
            amount=line.amount,
            expires_on=line.expires_on,
            no_support_reason=line.no_support_reason,
            allowance=_allowance_for(agreement, version, position, line, starts_on, now, by),
        )
    return version


def _allowance_for(
    agreement: Agreement,
    version: AgreementVersion,
    position: int,
    line: Line,
    starts_on: date,
    now: datetime,
    by: User | None,
) -> Allowance | None:
    cause = f"agreement_line:{version.pk}:{position}"
    if line.allowance is None:
        if line.amount is None:
            return None
        return open_allowance(
            client=agreement.client,
            what=line.what,
            unit=line.unit,
            amount=line.amount,
            starts_on=starts_on,
            expires_on=line.expires_on,
            cause=cause,
            now=now,
            by=by,
        )
    promised = (
        AgreementLine.objects.filter(version__agreement=agreement, allowance=line.allowance)
        .order_by("-version__number")
        .first()
    )
    if promised is None and line.allowance.client_id != agreement.client_id:
        raise SupportError("other_client", _("This support is another client's. Nothing was changed."))
    if promised is None:
        return line.allowance
    if (line.unit, line.expires_on) != (promised.unit, promised.expires_on) or (
        (line.amount or 0) < (promised.amount or 0)
    ):
        raise SupportError(
            "less_support",
            _(
                "Of “%(what)s” the support that was promised can only become more. Add a line for anything else."
            )
            % {"what": promised.what},
        )
    more = (line.amount or 0) - (promised.amount or 0)
    if more:
        add_to(allowance=line.allowance, amount=more, kind=Kind.AGREED, cause=cause, now=now, by=by)
    return line.allowance


def refuse_line(line: Line, starts_on: date) -> None:
    """Raises SupportError "tool_without_support" or "ends_before" for a line that nobody can have meant (S4)."""
    if line.kind == SoldLine.Kind.TOOL and not line.amount and not line.no_support_reason.strip():
        raise SupportError(
            "tool_without_support",
            _("“%(what)s” is a tool: say how much support in its use is included, or why there is none.")
            % {"what": line.what},
            field="no_support_reason",
        )
    if line.expires_on is not None and line.expires_on < starts_on:
        raise SupportError(
            "ends_before",
            _("The support for “%(what)s” would end before it begins.") % {"what": line.what},
            field="expires_on",
        )
