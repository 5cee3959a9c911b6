"""How fast a mail that was received becomes a ticket (S10) that is acknowledged, beside the same work by hand."""

import uuid
import zlib
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from functools import partial
from itertools import cycle, islice
from typing import Any

from django.conf import settings
from django.utils import timezone

from base.locks import Of
from base.measure import Measurement, by_hand_connection, in_turn
from base.registry import measured
from mail.inbox import handle
from mail.models import IncomingMail
from profiles.models import User
from support.measures.opening import AT_ONCE, EACH, askers, eight_at_once, opened_by_hand
from support.models import Ticket

CLIENTS = 10_000
SUBJECT = "Publishing"


def received(senders: Iterator[User], number: int) -> list[int]:
    """The ids of so many mails to the desk, each of the next sender, which are due to be handled."""
    now = timezone.now()
    mails = IncomingMail.objects.bulk_create(
        IncomingMail(
            message_id=f"<{uuid.uuid4()}@example.com>",
            recipient=settings.DESK_ADDRESS.lower(),
            way=IncomingMail.Way.MAILBOX,
            received_at=now,
            stored_at=now,
            due_at=now,
            sender=sender.email,
            sender_name="Somebody",
            subject=SUBJECT,
            text="How is it published?",
            whole_text="How is it published?",
            raw="incoming/of-the-bench.eml",
            said_hash="",
            size=1_000,
        )
        for sender in islice(senders, number)
    )
    return [mail.pk for mail in mails]


def ours(mail_id: int) -> None:
    handle(mail_id, now=timezone.now())


def by_hand(raw: Any, mail_id: int) -> None:
    """The same rows locked, read and written in single statements: the attempt, and then the ticket."""
    now = timezone.now()
    with raw.cursor() as cursor:
        cursor.execute(
            "SELECT attempts FROM mail_incomingmail WHERE id = %s AND state = 'received' AND due_at <= %s "
            "FOR NO KEY UPDATE SKIP LOCKED",
            [mail_id, now],
        )
        cursor.execute(
            "UPDATE mail_incomingmail SET attempts = attempts + 1, due_at = %s WHERE id = %s",
            [now + timedelta(minutes=1), mail_id],
        )
        raw.commit()
        cursor.execute(
            "SELECT message_id, sender, sender_name, subject, text, whole_text FROM mail_incomingmail "
            "WHERE id = %s AND state = 'received' FOR NO KEY UPDATE SKIP LOCKED",
            [mail_id],
        )
        message_id, sender, *_said = cursor.fetchone()
        _lock(cursor, Of.DESK_MAIL, message_id)
        cursor.execute(
            "SELECT 1 FROM support_message m JOIN mail_incomingmail i ON i.id = m.mail_id WHERE i.message_id = %s",
            [message_id],
        )
        cursor.execute(
            "SELECT u.id, u.is_staff FROM account_emailaddress e JOIN profiles_user u ON u.id = e.user_id "
            "WHERE e.email = %s AND e.verified AND u.is_active",
            [sender],
        )
        user = cursor.fetchone()[0]
        cursor.execute(
            "SELECT c.id FROM support_client c JOIN support_clientperson p ON p.client_id = c.id "
            "WHERE p.email = %(email)s AND p.ended_on IS NULL UNION "
            "SELECT c.id FROM support_client c JOIN billing_customer u ON u.id = c.customer_id "
            "JOIN profiles_professional o ON o.id = u.professional_id "
            "WHERE o.owner_id = %(user)s AND o.closed_at IS NULL",
            {"email": sender, "user": user},
        )
        client = cursor.fetchone()[0]
        cursor.execute("SELECT 1 FROM mail_incomingattachment WHERE mail_id = %s", [mail_id])
        _lock(cursor, Of.ANSWERED_SENDER, sender)
        cursor.execute(
            "SELECT count(*) FROM mail_outgoingmail WHERE recipient = %s AND written_at > %s AND in_reply_to <> ''",
            [sender, now - timedelta(hours=6)],
        )
        public_id = str(uuid.uuid4())
        opened_by_hand(cursor, (client, user, sender), "mail", public_id, now, mail=(mail_id, message_id))
        cursor.execute(
            "UPDATE mail_incomingmail SET state = 'taken', route = 'by hand', cause = %s WHERE id = %s",
            [f"ticket:{public_id}", mail_id],
        )
        cursor.execute(
            "INSERT INTO mail_incomingmailevent (mail_id, from_state, to_state, reason, at) "
            "VALUES (%s, 'received', 'taken', '', %s)",
            [mail_id, now],
        )
    raw.commit()


def _lock(cursor: Any, what: Of, name: str) -> None:
    cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [int(what), zlib.crc32(name.encode()) - 2**31])


@measured
def desk_mails_taken_in(repeats: int) -> list[Measurement]:
    """A client opens a ticket by mail: one after the other, and eight at once."""
    each = repeats * 10
    # One after the other: of a few mails of one sender each is acknowledged, and no more.
    senders = cycle(asker for _client, asker in askers(CLIENTS))
    mails = iter(received(senders, 2 * each + 2))
    with closing(by_hand_connection()) as raw:
        one = in_turn(
            f"open a ticket by mail, {Ticket.objects.count():,} there already",
            ours=lambda: ours(next(mails)),
            by_hand=lambda: by_hand(raw, next(mails)),
            repeats=each,
            goal="ratio ≤ 3",
        )
    at_once = partial(received, senders, AT_ONCE * EACH)
    eight = eight_at_once(((at_once(), at_once()) for _ in range(repeats)), ours, by_hand)
    # Only its own: the desk's first screen is measured with one that waits for a person.
    left = IncomingMail.objects.filter(subject=SUBJECT).exclude(state=IncomingMail.State.TAKEN)
    if reasons := sorted({f"{mail.state} {mail.reason}, {mail.attempts} attempts" for mail in left[:10]}):
        raise RuntimeError(f"{left.count()} mails did not become tickets: {'; '.join(reasons)}.")
    return [one, eight]
