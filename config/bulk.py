"""A large marketplace made in bulk, for `bench` alone: set-based SQL on an empty PostgreSQL database.

The demo world goes through the product's functions and is small; this one goes around them and is large, and
its books hold all the same (`check_books` can be run on it).
"""

from datetime import datetime

from django.conf import settings
from django.db import connection

from config.bulk_desk import make_closed, make_desk

PROFESSIONALS = 100_000
LEADS = 1_000_000
# As many as were bought by anybody: some three times each, so that many have one place left.
SOLD = 300_000
PRICE_CENTS = 10_000
# How many contacts each of ten neighbouring professionals has: ten on average, skewed.
CONTACTS_EACH = (0, 1, 2, 3, 5, 8, 12, 15, 20, 34)

_STATEMENTS = """
CREATE TEMP TABLE pro AS
  SELECT p AS id, (%(each)s::int[])[p %% 10 + 1] AS contacts,
         %(now)s::timestamptz - make_interval(days => 1 + p %% 150) AS since
  FROM generate_series(1, %(professionals)s) p;
CREATE TEMP TABLE deal AS
  SELECT row_number() OVER () AS id, pro.id AS pro, j, contacts,
         gen_random_uuid() AS top_up_id, gen_random_uuid() AS contact_id,
         since + (least(interval '80 days', %(now)s::timestamptz - since) * j / (contacts + 1)) AS bought_at
  FROM pro, generate_series(1, contacts) j;
CREATE UNIQUE INDEX ON deal (id);
ANALYZE pro; ANALYZE deal;

INSERT INTO profiles_user (id, password, is_superuser, first_name, last_name, is_staff, is_active, date_joined,
                           email, language, time_zone)
  SELECT id, '!', false, '', '', false, true, %(now)s, 'p' || id || '@example.com', '', '' FROM pro;
INSERT INTO account_emailaddress (user_id, email, verified, "primary")
  SELECT id, 'p' || id || '@example.com', true, true FROM pro;
INSERT INTO profiles_professional (id, public_id, owner_id, name, description, description_length, phone, tax_id,
                                   first_contracted_on, created_at)
  SELECT id, gen_random_uuid(), id, 'Business ' || id, repeat('a', 150 + id %% 100), 150 + id %% 100, '', '',
         (since AT TIME ZONE %(zone)s)::date, since FROM pro;
INSERT INTO profiles_question (id, text_en, text_es, text_it, position, asked_from)
  SELECT q, 'Question ' || q, '', '', q, date '2020-01-01' FROM generate_series(1, 5) q;
INSERT INTO profiles_answer (professional_id, question_id, text)
  SELECT id, q, 'Answer' FROM pro, generate_series(1, 5) q WHERE id %% 4 > 0 OR q < 4;
INSERT INTO profiles_project (id, public_id, professional_id, title, description, created_at)
  SELECT id, gen_random_uuid(), id, 'Project', '', since FROM pro;
INSERT INTO profiles_photo (public_id, professional_id, project_id, use, image, thumbnail, width, height,
                            content_hash, caption, uploaded_at)
  SELECT gen_random_uuid(), id, CASE WHEN n IN (2, 3) THEN id END,
         CASE n WHEN 1 THEN 'logo' WHEN 2 THEN 'project' WHEN 3 THEN 'project' ELSE 'work' END,
         'x.webp', 'x.webp', 1, 1, md5(id || '/' || n), '', since
  FROM pro, generate_series(1, 7) n WHERE id %% 5 > 0 OR n < 5;

INSERT INTO billing_customer (id, professional_id, name, tax_id, address, email)
  SELECT id, id, 'Business ' || id, '', '', 'p' || id || '@example.com' FROM pro;
INSERT INTO billing_plan (id, code, name_en, name_es, name_it, summary_en, summary_es, summary_it, price_cents,
                          months, offered)
  VALUES (1, 'bench', 'Bench', '', '', '', '', '', 50000, 12, 'to_everybody');
INSERT INTO billing_subscription (id, professional_id, plan_id, contracted_on, runs_until, counted_from)
  SELECT id, id, 1, (since AT TIME ZONE %(zone)s)::date,
         ((since AT TIME ZONE %(zone)s)::date + interval '1 year')::date - 1,
         (since AT TIME ZONE %(zone)s)::date FROM pro;
INSERT INTO billing_invoice (id, public_id, year, sequence, customer_id, seller_name, seller_tax_id, seller_address,
                             buyer_name, buyer_tax_id, buyer_address, description, origin, issued_on, due_on,
                             total_cents, tax_cents, tax_rate_basis_points, credited_cents, payable_cents, paid_on)
  SELECT id, gen_random_uuid(), 2020, id, id, 'Seller', '', '', 'Business ' || id, '', '', 'Plan', 'contract',
         (since AT TIME ZONE %(zone)s)::date, (since AT TIME ZONE %(zone)s)::date + 7, 50000, 6897, 1600, 0, 50000,
         CASE WHEN id %% 20 > 0 THEN (since AT TIME ZONE %(zone)s)::date END FROM pro;
INSERT INTO billing_invoicenumber (year, last) VALUES (2020, %(professionals)s);
INSERT INTO billing_banktransfer (id, reference, amount_cents)
  SELECT id, 'I' || id, 50000 FROM pro WHERE id %% 20 > 0
  UNION ALL
  SELECT %(professionals)s + id, 'T' || id, 2 * %(price)s FROM deal;
INSERT INTO billing_invoicepayment (invoice_id, amount_cents, received_on, reference, recorded_by_id, recorded_at,
                                    transfer_id, state)
  SELECT id, 50000, (since AT TIME ZONE %(zone)s)::date, 'I' || id, 1, since, id, 'standing'
  FROM pro WHERE id %% 20 > 0;
INSERT INTO billing_period (subscription_id, professional_id, starts_on, ends_on, invoice_id)
  SELECT id, id, (since AT TIME ZONE %(zone)s)::date,
         ((since AT TIME ZONE %(zone)s)::date + interval '1 year')::date - 1, id FROM pro;
INSERT INTO billing_wallet (id, professional_id, balance_cents)
  SELECT id, id, contacts * %(price)s::bigint FROM pro;
-- Every purchase follows a top-up of twice its price.
INSERT INTO billing_walletentry (id, wallet_id, amount_cents, balance_after_cents, kind, cause, at)
  SELECT 2 * d.id - 1, pro, 2 * %(price)s, (j + 1) * %(price)s::bigint, 'top_up', 'top_up:' || top_up_id,
         bought_at - interval '1 minute' FROM deal d
  UNION ALL
  SELECT 2 * d.id, pro, -%(price)s, j * %(price)s::bigint, 'purchase', 'contact:' || contact_id, bought_at FROM deal d;
INSERT INTO billing_topup (public_id, wallet_id, amount_cents, received_on, reference, recorded_by_id, recorded_at,
                           transfer_id, entry_id)
  SELECT top_up_id, pro, 2 * %(price)s, (bought_at AT TIME ZONE %(zone)s)::date, 'T' || id, 1, bought_at,
         %(professionals)s + id, 2 * id - 1 FROM deal;

INSERT INTO marketplace_category (id, slug, name_en, name_es, name_it)
  SELECT c, 'category-' || c, 'Category ' || c, '', '' FROM generate_series(1, 20) c;
INSERT INTO marketplace_province (id, slug, name)
  SELECT p, 'province-' || p, 'Province ' || p FROM generate_series(1, 32) p;
-- Ten each, another trade and another province every time.
INSERT INTO marketplace_interest (professional_id, category_id, province_id)
  SELECT id, (id + 3 * k) %% 20 + 1, (id / 20 + 7 * k) %% 32 + 1 FROM pro, generate_series(0, 9) k;
INSERT INTO marketplace_pricerule (size, price_cents) VALUES ('', %(price)s);
-- Of ten, six are written to at once and three once a day; one has a limit, which leaves room.
INSERT INTO marketplace_leadpreferences (professional_id, mails, monthly_limit_cents, digest_on, digest_until)
  SELECT id, CASE WHEN id %% 10 < 6 THEN 'at_once' WHEN id %% 10 < 9 THEN 'daily' ELSE 'never' END,
         CASE WHEN id %% 10 = 4 THEN 100 * %(price)s::bigint END,
         (%(now)s::timestamptz AT TIME ZONE %(zone)s)::date - 1, %(now)s::timestamptz - interval '1 day' FROM pro;
INSERT INTO marketplace_lead (id, public_id, category_id, province_id, town, title, description, size, timing,
                              homeowner_name, homeowner_email, homeowner_key, homeowner_phone, language, state,
                              created_at, published_at, announced_at, price_cents, places, places_taken)
  SELECT l, gen_random_uuid(), l %% 20 + 1, l / 20 %% 32 + 1, 'Town', 'Lead ' || l, 'What is wanted', 'medium', 'month',
         'Homeowner', 'h' || l || '@example.com', 'h' || l || '@example.com', '+525512345678', 'es-mx', 'published',
         %(now)s::timestamptz - interval '40 days' * (%(leads)s - l) / %(leads)s,
         %(now)s::timestamptz - interval '40 days' * (%(leads)s - l) / %(leads)s,
         %(now)s::timestamptz - interval '40 days' * (%(leads)s - l) / %(leads)s, %(price)s, 4,
         CASE WHEN l > %(unsold)s
              THEN (SELECT count(*) FROM generate_series(l - %(unsold)s, %(contacts)s, %(sold)s)) ELSE 0 END
  FROM generate_series(1, %(leads)s) l;
INSERT INTO marketplace_contact (id, public_id, professional_id, lead_id, price_cents, bought_at, bought_on,
                                 purchase_entry_id, outcome, lost_reason, first_contact_at, homeowner_word,
                                 next_step, next_step_due_at)
  SELECT id, contact_id, pro, %(unsold)s + (id - 1) %% %(sold)s + 1, %(price)s, bought_at,
         (bought_at AT TIME ZONE %(zone)s)::date, 2 * id,
         CASE id %% 40 WHEN 0 THEN 'won' WHEN 1 THEN 'lost' ELSE 'open' END,
         CASE id %% 40 WHEN 1 THEN 'price' ELSE '' END, bought_at + interval '2 hours', '',
         CASE WHEN id %% 40 > 1 THEN 'summary' ELSE '' END,
         CASE WHEN id %% 40 > 1 THEN bought_at + interval '26 hours' END
  FROM deal ORDER BY id;
INSERT INTO marketplace_diaryentry (contact_id, kind, happened_at, written_at, written_by_id, text)
  SELECT id, 'call', bought_at + interval '2 hours', bought_at + interval '3 hours', pro, '' FROM deal;
INSERT INTO marketplace_reviewrequest (id, public_id, professional_id, contact_id, name, email, author_key,
                                       language, origin, sent_at, used_at)
  SELECT id, gen_random_uuid(), pro, id, 'Homeowner', 'h' || id || '@example.com', 'h' || id || '@example.com',
         'es-mx', 'asked', bought_at, bought_at
  FROM deal WHERE j = 1 OR j = 3
  UNION ALL
  SELECT %(contacts)s + 2 * id + n, gen_random_uuid(), id, NULL, 'Client', 'c' || n || '-' || id || '@example.com',
         'c' || n || '-' || id || '@example.com', 'es-mx', 'asked', since, since
  FROM pro, generate_series(0, 1) n;
INSERT INTO marketplace_review (public_id, request_id, professional_id, contact_id, author_key, author_name, handling,
                                text, workmanship_is_open, own_hand, state, written_at, published_at, answer, network)
  SELECT gen_random_uuid(), id, professional_id, contact_id, email, name, 3 + id %% 3, 'Review', true, '', 'published',
         sent_at, sent_at, '', ''
  FROM marketplace_reviewrequest;
"""


def make_marketplace(*, scale: float, now: datetime) -> None:
    """Fills an empty, migrated PostgreSQL database: at scale 1, 100,000 professionals with 1,000,000 interests,
    1,000,000 leads, as many contacts and 2,000,000 ledger entries, and what is open at the desk of config.bulk_desk;
    every row as of `now` (aware)."""
    professionals = _professionals(scale)
    leads, sold = professionals * LEADS // PROFESSIONALS, professionals * SOLD // PROFESSIONALS
    values = {
        "now": now,
        "zone": settings.MARKETPLACE_TIME_ZONE,
        "each": list(CONTACTS_EACH),
        "price": PRICE_CENTS,
        "professionals": professionals,
        "contacts": professionals // 10 * sum(CONTACTS_EACH),
        "leads": leads,
        "sold": sold,
        "unsold": leads - sold,
    }
    with connection.cursor() as cursor:
        cursor.execute(_STATEMENTS, values)
        cursor.execute("DROP TABLE pro, deal")
    make_desk(scale=scale, professionals=professionals, now=now)
    _settle()


def make_history(*, scale: float, now: datetime) -> None:
    """Adds what the desk has done with, of which there is more every day: at scale 1, 1,000,000 tickets."""
    make_closed(scale=scale, professionals=_professionals(scale), now=now)
    _settle()


def _professionals(scale: float) -> int:
    return max(10, round(PROFESSIONALS * scale / 10) * 10)


def _settle() -> None:
    """As after some days of use: the sequences are where the rows are, and the planner knows what there is."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT c.relname, s.relname FROM pg_depend d JOIN pg_class s ON s.oid = d.objid AND s.relkind = 'S' "
            "JOIN pg_class c ON c.oid = d.refobjid WHERE c.relname ~ '^(account|profiles|billing|marketplace|support)_'"
        )
        for table, sequence in cursor.fetchall():
            cursor.execute(
                f'SELECT setval(\'"{sequence}"\', (SELECT coalesce(max(id), 0) + 1 FROM "{table}"))'
            )
    # VACUUM as autovacuum would have done by now: sets the visibility map and the planner's statistics.
    connection.close()
    connection.ensure_connection()
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")
