"""The desk of the large marketplace that `bench` measures on (config.bulk): clients, what was agreed with them, and
their tickets, open ones of which nothing is due yet, and five times as many that are closed."""

from datetime import datetime

from django.db import connection

# At scale 1. Of the professionals one in five is a client.
CLIENTS_OF = 5
OPEN = 200_000
CLOSED = 1_000_000
CONSULTANTS = 20

_CLIENTS = """
INSERT INTO profiles_user (id, password, is_superuser, first_name, last_name, is_staff, is_active, date_joined,
                           email, language, time_zone)
  SELECT %(professionals)s + n, '!', false, 'Staff', n::text, true, true, %(now)s, 'staff' || n || '@example.com',
         '', ''
  FROM generate_series(1, %(consultants)s + 1) n;
INSERT INTO profiles_user_groups (user_id, group_id)
  SELECT %(professionals)s + n, (SELECT id FROM auth_group
         WHERE name = CASE WHEN n > %(consultants)s THEN 'desk lead' ELSE 'consultant' END)
  FROM generate_series(1, %(consultants)s + 1) n;

INSERT INTO support_client (id, public_id, customer_id, language, created_at)
  SELECT c, gen_random_uuid(), c, '', %(now)s::timestamptz - interval '3 years' FROM generate_series(1, %(clients)s) c;
INSERT INTO support_agreement (id, public_id, client_id, year, sequence, title, signed, signed_on, signed_by,
                               recorded_by_id, recorded_at)
  SELECT c, gen_random_uuid(), c, 2020, c, 'Website', 'paper', %(now)s::timestamptz::date - 1000, 'Somebody',
         %(lead)s, %(now)s::timestamptz - interval '3 years' FROM generate_series(1, %(clients)s) c;
INSERT INTO support_agreementnumber (year, last) VALUES (2020, %(clients)s) ON CONFLICT DO NOTHING;
INSERT INTO support_agreementversion (id, agreement_id, number, text, document, written_by_id, written_at, why)
  SELECT c, c, 1, 'Ten pages.', '', %(lead)s, %(now)s::timestamptz - interval '3 years', ''
  FROM generate_series(1, %(clients)s) c;
INSERT INTO support_allowance (id, public_id, client_id, what, unit, given, "left", starts_on)
  SELECT c, gen_random_uuid(), c, 'Website', 'minutes', 600, 600, %(now)s::timestamptz::date - 1000
  FROM generate_series(1, %(clients)s) c;
INSERT INTO support_allowanceentry (allowance_id, amount, left_after, kind, cause, by_id, at)
  SELECT c, 600, 600, 'agreed', 'agreement:' || c, %(lead)s, %(now)s::timestamptz - interval '3 years'
  FROM generate_series(1, %(clients)s) c;
INSERT INTO support_agreementline (version_id, position, kind, what, unit, amount, no_support_reason, allowance_id)
  SELECT c, 1, 'tool', 'Website', 'minutes', 600, '', c FROM generate_series(1, %(clients)s) c;
"""

# Of those that are closed one in twenty was late; each took what its number says.
_TICKETS = """
CREATE TEMP TABLE asked AS
  SELECT t AS id, %(is_open)s AS is_open, t %% %(clients)s + 1 AS client,
         (ARRAY['web', 'mail', 'phone'])[t %% 3 + 1] AS channel,
         CASE WHEN t %% 4 > 0 OR NOT %(is_open)s THEN %(professionals)s + t %% %(consultants)s + 1 END AS consultant,
         CASE WHEN %(is_open)s THEN %(now)s::timestamptz - make_interval(secs => t %% 14400)
              ELSE %(now)s::timestamptz - interval '730 days' * (t - %(first)s) / %(number)s - interval '5 days'
         END AS at,
         t %% 20 = 0 AS late, t::bigint * 7919 %% 28800 AS took
  FROM generate_series(%(first)s, %(first)s + %(number)s - 1) t;
ANALYZE asked;
INSERT INTO support_ticket (id, public_id, kind, channel, state, subject, language, asked_at, tag, client_id, asker_id,
                            name, email, phone, about, consultant_id, agreement_version_id, placement, courtesy_minutes,
                            closed_at, rating, rating_text, rated_at)
  SELECT id, gen_random_uuid(), 'request', channel, CASE WHEN is_open THEN 'open' ELSE 'closed' END,
         'Subject ' || id, '', at, 'tag' || id, client, client, 'Somebody',
         'p' || client || '@example.com', '', '', consultant, client, '', 0,
         CASE WHEN NOT is_open THEN at + interval '3 days' END, CASE WHEN NOT is_open AND id %% 10 = 0 THEN 4 END, '',
         CASE WHEN NOT is_open AND id %% 10 = 0 THEN at + interval '3 days' END
  FROM asked;
INSERT INTO support_wait (id, ticket_id, asked_at, began_at, minutes, warn_at, due_at, days_off, breached_at,
                          breach_told_at, ended_at, ending, ended_by_id, took_seconds)
  SELECT id, id, at, at, 480,
         CASE WHEN is_open THEN %(now)s::timestamptz + interval '12 hours' ELSE at + interval '18 hours' END,
         CASE WHEN is_open THEN %(now)s::timestamptz + interval '1 day' + make_interval(secs => id %% 86400)
              ELSE at + interval '1 day' END, '[]',
         CASE WHEN NOT is_open AND late THEN at + interval '25 hours' END,
         CASE WHEN NOT is_open AND late THEN at + interval '26 hours' END,
         CASE WHEN is_open THEN NULL WHEN late THEN at + interval '25 hours' ELSE at + make_interval(secs => took) END,
         CASE WHEN is_open THEN '' ELSE 'answer' END, CASE WHEN NOT is_open THEN consultant END,
         CASE WHEN is_open THEN NULL WHEN late THEN 28801 + took ELSE took END
  FROM asked;
INSERT INTO support_message (public_id, ticket_id, kind, channel, text, quoted, author_id, name, email, at, wait_id,
                             unneeded_why)
  SELECT gen_random_uuid(), id, 'asked', channel, 'How is it published?', '', client, 'Somebody',
         'p' || client || '@example.com', at, id, '' FROM asked
  UNION ALL
  SELECT gen_random_uuid(), id, 'answer', 'web', 'Press the button.', '', consultant, 'Staff', '',
         at + interval '1 hour', id, '' FROM asked WHERE NOT is_open;
INSERT INTO support_ticketevent (actor_id, from_state, to_state, reason, at, ticket_id, kind, about)
  SELECT client, '', 'open', '', at, id, 'opened', '' FROM asked
  UNION ALL
  SELECT consultant, 'open', 'closed', '', at + interval '3 days', id, 'closed', '' FROM asked WHERE NOT is_open;
DROP TABLE asked;
"""


def make_desk(*, scale: float, professionals: int, now: datetime) -> None:
    """Fills the tables of the desk, of a marketplace of so many professionals whose ids count from 1, with all that is
    open; every row as of `now` (aware). `config.bulk` sets the sequences after it."""
    with connection.cursor() as cursor:
        cursor.execute(_CLIENTS, _values(professionals, now) | {"lead": professionals + CONSULTANTS + 1})
    _make_tickets(1, max(10, round(OPEN * scale)), professionals, now, is_open=True)


def make_closed(*, scale: float, professionals: int, now: datetime) -> None:
    """Adds the tickets of two years with which that desk is done, beside whatever there is."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT greatest((SELECT max(id) FROM support_ticket), (SELECT max(id) FROM support_wait)) + 1"
        )
        first = cursor.fetchone()[0]
    _make_tickets(first, max(50, round(CLOSED * scale)), professionals, now, is_open=False)


def _make_tickets(first: int, number: int, professionals: int, now: datetime, *, is_open: bool) -> None:
    values = _values(professionals, now) | {"first": first, "number": number, "is_open": is_open}
    with connection.cursor() as cursor:
        cursor.execute(_TICKETS, values)


def _values(professionals: int, now: datetime) -> dict[str, datetime | int]:
    return {
        "now": now,
        "professionals": professionals,
        "clients": max(2, professionals // CLIENTS_OF),
        "consultants": CONSULTANTS,
    }
