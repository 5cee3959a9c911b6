"""Quotes made, sent and answered: online, or on paper and recorded (S4)."""

import uuid
from collections.abc import Sequence
from datetime import date, datetime

from django.core.files.base import File
from django.db import transaction
from django.utils import formats
from django.utils.translation import gettext as _

from base.models import move_to
from base.money import money
from base.numbers import next_number
from profiles.models import User
from support import letters
from support.agreements import Line, line_of, refuse_line, sign_agreement
from support.allowances import in_words
from support.clients import readers_of, refuse_own, signs_for
from support.desk_calendar import desk_day
from support.documents import as_kept, same_document
from support.drafts import changes_in_words, day_in_words
from support.errors import SupportError, form_used
from support.models import Agreement, Client, Quote, QuoteEvent, QuoteLine, QuoteNumber

State = Quote.State


def make_quote(
    *,
    client: Client,
    title: str,
    text: str,
    lines: Sequence[Line],
    price_cents: int,
    valid_until: date,
    by: User,
    now: datetime,
    document: File | None = None,
    public_id: uuid.UUID | None = None,
) -> Quote:
    """A draft, seen by the desk alone. `price_cents` is the price of all of it, tax included. `public_id` is what makes
    two sendings of one form one quote: the same id again returns what stands.

    Raises SupportError: "own_business", "form_used", and as `change_quote`.
    """
    refuse_own(client, by)
    year = desk_day(now).year
    with transaction.atomic():
        if public_id:
            # Of two sendings at once the second waits here, and then sees what the first made.
            Client.objects.select_for_update(no_key=True).get(pk=client.pk)
            standing = Quote.objects.filter(public_id=public_id).first()
            if standing:
                said = (title, text, price_cents, valid_until)
                if standing.client_id != client.pk or not _says_already(standing, said, lines, document):
                    raise form_used(standing.number)
                return standing
        quote = Quote.objects.create(
            public_id=public_id or uuid.uuid4(),
            client=client,
            year=year,
            sequence=next_number(QuoteNumber, year),
            title=title,
            text=text,
            document=as_kept(document) or "",
            price_cents=price_cents,
            valid_until=valid_until,
            made_by=by,
            made_at=now,
        )
        _write_lines(quote, lines, max(desk_day(now), valid_until))
        _note(quote, "", by, now)
        return quote


def change_quote(
    *,
    quote: Quote,
    title: str,
    text: str,
    lines: Sequence[Line],
    price_cents: int,
    valid_until: date,
    by: User,
    now: datetime,
    document: File | None = None,
    seen: int | None = None,
) -> Quote:
    """Writes a draft anew; its history says who did, and what it said before and after (X4). `seen` is its edition as
    whoever changes it saw it; the same said twice is said once.

    Raises SupportError: "own_business", "quote_sent" (what was sent is edited no more), "changed_meanwhile",
    "nothing_sold", "tool_without_support", "ends_before", and as `as_kept`.
    """
    refuse_own(quote.client, by)
    with transaction.atomic():
        quote = _locked(quote)
        if quote.state != State.DRAFT:
            raise SupportError(
                "quote_sent",
                _("This quote was sent, so it is edited no more. Withdraw it and make another."),
            )
        said = (title, text, price_cents, valid_until)
        if _says_already(quote, said, lines, document):
            return quote
        _refuse_unseen(quote, seen)
        before = _in_words(quote)
        quote.title, quote.text, quote.price_cents, quote.valid_until = said
        if document is not None:
            quote.document = as_kept(document)
        quote.edition += 1
        quote.save()
        quote.lines.all().delete()
        _write_lines(quote, lines, max(desk_day(now), valid_until))
        _note(quote, quote.state, by, now, reason=changes_in_words(before, _in_words(quote)))
        return quote


def _in_words(quote: Quote) -> dict[str, str]:
    def said(line: QuoteLine) -> str:
        amount = in_words(line.amount, line.unit) if line.amount else line.no_support_reason
        parts = (line.get_kind_display(), line.what, amount, day_in_words(line.expires_on))
        return " · ".join(filter(None, parts))

    return {
        _("Title"): quote.title,
        _("Text"): quote.text,
        _("What is sold"): "; ".join(said(line) for line in quote.lines.all()),
        _("Price"): money(quote.price_cents),
        _("Valid until"): day_in_words(quote.valid_until),
        _("Document (PDF)"): quote.document.name or "",
    }


def _refuse_unseen(quote: Quote, seen: int | None) -> None:
    if seen is not None and seen != quote.edition:
        raise SupportError(
            "changed_meanwhile",
            _("Somebody else has changed this draft since you opened this page. Look at theirs first."),
        )


def _says_already(
    quote: Quote, said: tuple[str, str, int, date], lines: Sequence[Line], document: File | None
) -> bool:
    """Whether a quote says just that: a form that is sent twice makes it, or changes it, once."""
    return (
        (quote.title, quote.text, quote.price_cents, quote.valid_until) == said
        and [line_of(line) for line in quote.lines.all()] == list(lines)
        and (document is None or same_document(quote.document, document))
    )


def send_quote(*, quote: Quote, by: User, now: datetime, seen: int | None = None) -> Quote:
    """Sends a draft to those who sign for the client, in the edition that was `seen`. Sent again, nothing happens.

    Raises SupportError: "own_business", "quote_expired" (its last day has passed), "quote_ended" (withdrawn),
    "changed_meanwhile", "nobody_signs".
    """
    today = desk_day(now)
    refuse_own(quote.client, by)
    with transaction.atomic():
        quote = _locked(quote)
        if quote.sent_at is not None and quote.state != State.WITHDRAWN:
            return quote
        if quote.state != State.DRAFT:
            raise SupportError("quote_ended", _("This quote was withdrawn. Make another."))
        _refuse_unseen(quote, seen)
        if quote.valid_until < today:
            raise SupportError(
                "quote_expired",
                _("The last day of this quote has passed. Give it a later one, then send it."),
            )
        if not readers_of(quote.client, signing=True):
            raise SupportError(
                "nobody_signs",
                _(
                    "Nobody signs for %(client)s, so nobody would read this quote. Name somebody on the client's "
                    "page, then send it."
                )
                % {"client": quote.client},
            )
        for line in quote.lines.all():
            refuse_line(line_of(line), quote.valid_until)
        before = move_to(quote, State.SENT)
        quote.sent_at = now
        quote.save(update_fields=["state", "sent_at"])
        _note(quote, before, by, now)
        letters.quote_sent(quote, now)
        return quote


def accept_quote(*, quote: Quote, by: User, price_seen_cents: int, now: datetime) -> Agreement:
    """Accepted online by somebody who signs for the client: an agreement, from today on. Accepted twice, it is one.

    Raises SupportError: "own_quote" (whoever made it), "may_not_sign", "quote_changed" (not what the page showed), and
    as `_agree`.
    """
    with transaction.atomic():
        quote = _locked(quote)
        if not signs_for(quote.client, by):
            raise SupportError(
                "may_not_sign",
                _("Only whoever signs for %(client)s can accept this quote. Ask them to open this page.")
                % {"client": quote.client},
            )
        if quote.made_by_id == by.pk:
            raise SupportError("own_quote", _("You made this quote. Somebody else signs for the client."))
        if quote.price_cents != price_seen_cents:
            raise SupportError(
                "quote_changed", _("The price of this quote is not what you were shown. Look at it again.")
            )
        return _agree(
            quote, signed=Agreement.Signed.ONLINE, signed_on=desk_day(now), signed_by=str(by), by=by, now=now
        )


def record_signed_quote(
    *, quote: Quote, signed_on: date, signed_by: str, document: File, by: User, now: datetime
) -> Agreement:
    """The client signed on paper, and the desk records it with the signed document. Recorded twice, it is one.

    Raises SupportError: "own_business", "not_signed" (nobody named), "signed_before_sent", "quote_agreed" (another
    signature stands: this paper would be kept nowhere), and as `_agree`.
    """
    with transaction.atomic():
        quote = _locked(quote)
        if not signed_by.strip():
            raise SupportError("not_signed", _("Say who signed for the client."), field="signed_by")
        if quote.agreement_id is not None:
            _refuse_another_paper(quote.agreement_id, signed_on, signed_by.strip(), document)
        if quote.sent_at is not None and signed_on < desk_day(quote.sent_at):
            raise SupportError(
                "signed_before_sent",
                _("This quote was sent on %(day)s: it cannot have been signed before.")
                % {"day": formats.date_format(desk_day(quote.sent_at), "DATE_FORMAT")},
                field="signed_on",
            )
        return _agree(
            quote,
            signed=Agreement.Signed.PAPER,
            signed_on=signed_on,
            signed_by=signed_by.strip(),
            document=document,
            by=by,
            now=now,
        )


def _refuse_another_paper(agreement_id: int, signed_on: date, signed_by: str, document: File) -> None:
    agreement = Agreement.objects.get(pk=agreement_id)
    recorded = (agreement.signed, agreement.signed_on, agreement.signed_by)
    first = agreement.versions.get(number=1)
    if recorded != (Agreement.Signed.PAPER, signed_on, signed_by) or not same_document(
        first.document, document
    ):
        raise SupportError(
            "quote_agreed",
            _(
                "This quote has become %(number)s already, so this paper was not kept. Look at that agreement: "
                "where the paper says something else, record it there as another version."
            )
            % {"number": agreement.number},
        )


def _agree(
    quote: Quote,
    *,
    signed: Agreement.Signed,
    signed_on: date,
    signed_by: str,
    by: User,
    now: datetime,
    document: File | None = None,
) -> Agreement:
    """Raises SupportError: "quote_not_sent", "quote_expired" (signed after its last day), "quote_ended"."""
    if quote.agreement_id is not None:
        return Agreement.objects.get(pk=quote.agreement_id)
    if quote.state == State.DRAFT:
        raise SupportError(
            "quote_not_sent", _("This quote was not sent yet, so nobody can have accepted it.")
        )
    if quote.state != State.SENT:
        raise SupportError(
            "quote_ended",
            _("This quote was %(state)s. Ask us for another.") % {"state": quote.get_state_display()},
        )
    if signed_on > quote.valid_until:
        raise SupportError(
            "quote_expired",
            _("This quote could be accepted until %(day)s. Write to us: we will gladly make you another.")
            % {"day": formats.date_format(quote.valid_until, "DATE_FORMAT")},
        )
    agreement = sign_agreement(
        client=quote.client,
        title=quote.title,
        text=quote.text,
        document=document or quote.document or None,
        lines=[line_of(line) for line in quote.lines.all()],
        signed=signed,
        signed_on=signed_on,
        signed_by=signed_by,
        by=by,
        now=now,
    )
    before = move_to(quote, State.ACCEPTED)
    quote.agreement = agreement
    quote.save(update_fields=["state", "agreement"])
    _note(quote, before, by, now, reason=agreement.number)
    letters.agreement_signed(agreement, quote, now)
    return agreement


def decline_quote(*, quote: Quote, reason: str, by: User, now: datetime) -> Quote:
    """The client does not want it; why, they may say. Declined twice, it is once.

    Raises SupportError: "may_not_sign", "quote_ended".
    """
    with transaction.atomic():
        quote = _locked(quote)
        if quote.state == State.DECLINED:
            return quote
        if not signs_for(quote.client, by):
            raise SupportError(
                "may_not_sign",
                _("Only whoever signs for %(client)s can decline this quote. Ask them to open this page.")
                % {"client": quote.client},
            )
        _end(quote, State.DECLINED, reason, by, now)
        letters.quote_declined(quote, reason, now)
        return quote


def withdraw_quote(*, quote: Quote, reason: str, by: User, now: datetime) -> Quote:
    """The desk takes a quote back. Of one that was sent the client is told, with the reason.

    Raises SupportError: "own_business", "no_reason" (of one that was sent), "quote_ended".
    """
    refuse_own(quote.client, by)
    with transaction.atomic():
        quote = _locked(quote)
        if quote.state == State.WITHDRAWN:
            return quote
        sent = quote.state == State.SENT
        if sent and not reason.strip():
            raise SupportError(
                "no_reason", _("Say why the quote is withdrawn: the client reads it."), field="reason"
            )
        _end(quote, State.WITHDRAWN, reason, by, now)
        if sent:
            letters.quote_withdrawn(quote, reason, now)
        return quote


def _end(quote: Quote, to: Quote.State, reason: str, by: User, now: datetime) -> None:
    if to not in Quote.MOVES[State(quote.state)]:
        raise SupportError(
            "quote_ended",
            _("This quote was %(state)s already. Nothing was changed.")
            % {"state": quote.get_state_display()},
        )
    before = move_to(quote, to)
    quote.save(update_fields=["state"])
    _note(quote, before, by, now, reason=reason)


def _locked(quote: Quote) -> Quote:
    """The quote, read again under its lock, with what its client is. Not with its agreement: who waited for the lock
    would see the rows of others as they were before."""
    locked = Quote.objects.select_for_update(no_key=True, of=("self",))
    return locked.select_related("client__customer__professional").get(pk=quote.pk)


def _write_lines(quote: Quote, lines: Sequence[Line], today: date) -> None:
    if not lines:
        raise SupportError("nothing_sold", _("A quote names at least one service or tool."))
    for line in lines:
        refuse_line(line, today)
    QuoteLine.objects.bulk_create(
        QuoteLine(
            quote=quote,
            position=position,
            kind=line.kind,
            what=line.what,
            unit=line.unit,
            amount=line.amount,
            expires_on=line.expires_on,
            no_support_reason=line.no_support_reason,
        )
        for position, line in enumerate(lines, start=1)
    )


def _note(quote: Quote, before: str, by: User, now: datetime, reason: str = "") -> None:
    QuoteEvent.objects.create(
        quote=quote, actor=by, from_state=before, to_state=quote.state, reason=reason, at=now
    )
